// Formulas, derivatives and names as mathematics.
import Autograd
import Explain
import Tensors
import Typesetting

/// Sets formulas: as they are, or with numbers put in.
package struct FormulaMath {
  let format: NumberFormat
  /// Whether names that have a number are replaced by it.
  let putsIn: Bool

  package init(_ format: NumberFormat, putsIn: Bool = false) {
    self.format = format
    self.putsIn = putsIn
  }

  /// How tightly a part is bound, from the loosest.
  private enum Bond: Int, Comparable {
    case loose, sum, product, unary, power, atom
    static func < (a: Bond, b: Bond) -> Bool { a.rawValue < b.rawValue }
  }

  package func callAsFunction(_ formula: Formula) -> Math { set(formula, .loose) }

  private func set(_ formula: Formula, _ bond: Bond) -> Math {
    switch formula {
    case .apply(let op, let arguments, let attributes):
      return apply(op, arguments, attributes, formula, bond)
    case .symbol(let symbol):
      if putsIn, let value = symbol.value { return number(format(value), bond) }
      let math = Math(naming: symbol.text)
      return bond == .atom && symbol.text.hasPrefix("∂") ? .bracketed(math) : math
    default: return number(formula.text, bond)
    }
  }

  /// A negative number is bracketed behind a sign and below an exponent.
  private func number(_ text: String, _ bond: Bond) -> Math {
    let math = Math(naming: text)
    let isSigned = text.hasPrefix("-") && bond >= .product
    // A power of ten is more than one thing.
    let isPower = text.first?.isNumber == true && text.contains("e") && bond >= .power
    return isSigned || isPower ? .bracketed(math) : math
  }

  private func apply(
    _ op: Op, _ arguments: [Formula], _ attributes: Attributes, _ whole: Formula, _ bond: Bond
  ) -> Math {
    switch op.notation {
    case .infix("/", _):
      let math = Math.fraction(set(arguments[0], .loose), set(arguments[1], .loose))
      return bond >= .power ? .bracketed(math) : math
    case .infix("^", _):
      let math = Math.above(set(arguments[0], .power), set(arguments[1], .loose))
      return bond >= .power ? .bracketed(math) : math
    case .infix(let sign, let strength):
      let own: Bond =
        strength >= Notation.strengths.product
        ? .product : strength == Notation.strengths.sum ? .sum : .loose
      // A minus that leads needs no brackets.
      let leads = bond <= .sum && FormulaMath.isNegation(arguments[0])
      let left = set(arguments[0], leads ? min(own, .sum) : own)
      // Behind a plus a sum needs no brackets.
      let isPlus = sign.contains("+")
      let right = set(arguments[1], isPlus ? own : FormulaMath.tighter(own))
      let inner = Math.row([left, .sign(FormulaMath.sign(sign)), signed(right)])
      return own < bond ? .bracketed(inner) : inner
    case .prefix(let sign):
      let own: Bond = arguments[0].carriesSign ? .product : .unary
      let inner = Math.row([.sign(FormulaMath.sign(sign)), set(arguments[0], own)])
      return bond > .sum ? .bracketed(inner) : inner
    case .suffix(".T"):
      let math = Math.above(set(arguments[0], .power), .name("T"))
      return bond >= .power ? .bracketed(math) : math
    case .call: return call(op, arguments, attributes)
    default:
      // As the language writes it.
      return number(putsIn ? whole.substituted(format) : whole.text, bond)
    }
  }

  private func call(_ op: Op, _ arguments: [Formula], _ attributes: Attributes) -> Math {
    if arguments.count == 1, let form = FormulaMath.forms[op.name] {
      return form(set(arguments[0], .loose))
    }
    var parts: [Math] = []
    for (i, argument) in arguments.enumerated() {
      if i > 0 { parts.append(.sign(", ")) }
      parts.append(set(argument, .loose))
    }
    if !attributes.text.isEmpty {
      if !parts.isEmpty { parts.append(.sign(", ")) }
      parts.append(.text(attributes.text))
    }
    return .row([.function(op.name), .bracketed(parts.count == 1 ? parts[0] : .row(parts))])
  }

  /// Functions that print has signs for.
  private static let forms: [String: @Sendable (Math) -> Math] = [
    "sqrt": { .root($0) }, "abs": { .row([.sign("|"), $0, .sign("|")]) },
  ]

  /// A number below 0 behind a sign.
  private func signed(_ math: Math) -> Math {
    let text = math.plain
    return text.hasPrefix("-") || text.hasPrefix("−") ? .bracketed(math) : math
  }

  private static func isNegation(_ formula: Formula) -> Bool {
    guard case .apply(let op, _, _) = formula, case .prefix = op.notation else { return false }
    return true
  }

  private static func tighter(_ bond: Bond) -> Bond { Bond(rawValue: bond.rawValue + 1) ?? .atom }

  private static func sign(_ text: String) -> String {
    switch text {
    case "*": "·"
    case "-", " - ": "−"
    default: String(text.filter { $0 != " " })
    }
  }
}

extension Math {
  /// What a name, a number or a derivative looks like: `w1`, `-1.74`, `∂loss/∂w1`, `x[0, 2]`.
  package init(naming text: String) {
    if let line = Math.line(of: text) {
      self = .fraction(
        Math(differential: String(text[..<line])),
        Math(differential: String(text[text.index(after: line)...])))
    } else if let first = text.first, first.isNumber || "-+".contains(first) && text.count > 1 {
      self = Math(numeral: text)
    } else {
      self = .name(text)
    }
  }

  /// `2e-10` as a power of ten, with a true minus.
  private init(numeral text: String) {
    let parts = text.split(separator: "e", maxSplits: 1)
    guard parts.count == 2, Int(parts[1]) != nil else {
      self =
        text.hasPrefix("-") ? .row([.sign("−"), .number(String(text.dropFirst()))]) : .number(text)
      return
    }
    self = .row([
      Math(numeral: String(parts[0])), .sign("·"),
      .above(.number("10"), Math(numeral: String(Int(parts[1]) ?? 0))),
    ])
  }

  /// `∂loss`, `∂²t`: the sign and the name.
  private init(differential text: String) {
    self = .row([.sign("∂"), .name(String(text.dropFirst()))])
  }

  /// Where the line of a fraction of differentials stands: the first stroke outside all brackets.
  private static func line(of text: String) -> String.Index? {
    guard text.hasPrefix("∂") else { return nil }
    var depth = 0
    for i in text.indices {
      if "([".contains(text[i]) { depth += 1 }
      if ")]".contains(text[i]) { depth -= 1 }
      if text[i] == "/", depth == 0 { return i }
    }
    return nil
  }
}
