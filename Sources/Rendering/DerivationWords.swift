// Sentences about a derivation: what its check found, and why it is 0.
import Autograd
import Explain
import Tensors

/// What is said of a derivation beside its numbers.
package struct DerivationWords {
  private let format: NumberFormat
  private let short: ShortNames

  /// With all names as they are.
  package init(_ format: NumberFormat) { self.init(format, ShortNames()) }

  init(_ format: NumberFormat, _ short: ShortNames) {
    self.format = format
    self.short = short
  }

  /// What the numeric check found, and whether that is something to look at.
  package func check(_ d: Derivation) -> (text: String, isDoubtful: Bool)? {
    guard let check = d.check else { return nil }
    if check.verdict == .notFinite || !check.numeric.isFinite {
      return ("numerically \(format(check.numeric))", true)
    }
    if check.isKink { return ("numerically a kink: the slopes left and right differ", true) }
    if abs(check.analytic) < 1e-12, check.agrees {
      let found =
        check.numeric == 0
        ? "numerically 0 too" : "numerically 0 but for rounding, \(format(check.numeric))"
      return (found, false)
    }
    let error = NumberFormat(digits: 1)(check.relativeError)
    let holding =
      d.held.isEmpty ? "" : ", with \(d.held.map { "`\($0)`" }.joined(separator: ", ")) held"
    return ("numerically \(format(check.numeric)), relative error \(error)\(holding)", false)
  }

  /// Why it is 0.
  package func reason(_ reason: ZeroReason) -> String {
    switch reason {
    case .flat(let op, let input, let at, let result):
      let place = "`\(op.name)` at \(input)" + (input == format(at) ? "" : " = \(format(at))")
      guard let bounds = op.bounds else {
        return op.operands.count > 1
          ? "0 because `\(op.name)` passes nothing of \(input) on here"
          : "0 because \(place) is flat: its slope there is 0"
      }
      return bounds.high == nil
        ? "0 because \(place) is closed: it gives \(format(result)) there and nearby"
        : "0 because \(place) is saturated: it gives \(format(result)) there and nearby"
    case .factor(let formula, let top, let bottom, let via):
      if let via { return "0 on the way through \(short(via)) because \(formula) is 0" }
      let link = derivativeName(short(top), by: short(bottom))
      return formula == "0"
        ? "0 because \(link) is 0" : "0 because \(formula) is 0"
    case .underflow(let count):
      return
        "0 because the product of \(count) factors, none of them 0, is smaller than a number can be"
    case .noPath:
      return "0 because no path leads to it: it is not used here, or not chosen"
    case .cut(.op(let op)): return "0 because `\(op.name)` on the way has no slope"
    case .cut(.detached): return "0 because `detach` on the way cuts it off"
    case .cut: return "0 because what lies on the way was not recorded (`no_grad`)"
    case .cancels: return "0 because the paths cancel: none of them is 0 alone"
    }
  }
}
