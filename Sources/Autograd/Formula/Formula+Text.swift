// Formulas as text, with brackets only where precedence asks for them.
import Platform
import Tensors

/// How an op is written.
package enum Notation: Sendable {
  /// `sigmoid(x)`, with attributes that differ from their default.
  case call
  /// `x + y`; spaced or tight, binding as tightly as `strength`.
  case infix(String, strength: Int)
  case prefix(String)
  /// `x.T`
  case suffix(String)
  /// `x[0, 2]`
  case index
  /// `x.reshape(2, 3)`
  case method
  /// As the function of that name is called, where its arguments stand in another order.
  case spelled(@Sendable ([String], Attributes) -> String)

  /// How tightly operators bind, from the loosest.
  package static let strengths = (comparison: 0, sum: 1, product: 2, unary: 3, power: 4, atom: 5)
}

extension Formula {
  package var text: String { written { _ in nil } }

  /// Whether it is written with an operator that binds as loosely as a sum.
  package var isSum: Bool {
    guard case .apply(let op, _, _) = self, case .infix(_, let strength) = op.notation else {
      return false
    }
    return strength == Notation.strengths.sum
  }

  /// Whether a minus before it is one before its first part: of a product, not of a remainder.
  package var carriesSign: Bool {
    guard case .apply(let op, _, _) = self, case .infix(let sign, _) = op.notation else {
      return true
    }
    return !sign.contains("%") && !sign.includes("//")
  }

  /// Whether it is written with an operator, so that a name next to it needs brackets.
  package var isOperation: Bool {
    guard case .apply(let op, _, _) = self else { return false }
    switch op.notation {
    case .infix, .prefix: return true
    default: return false
    }
  }

  /// Whether it is more than a number, a name or a multiple of one.
  package var isCompound: Bool {
    guard case .apply(_, let arguments, _) = self else { return false }
    return arguments.contains { if case .apply = $0 { true } else { false } }
  }

  /// The formula with each symbol that has a number replaced by it.
  package func substituted(_ format: NumberFormat) -> String {
    written { leaf in
      guard case .symbol(let symbol) = leaf, let value = symbol.value else { return nil }
      return format(value)
    }
  }

  /// Text in which `leaf` may write a leaf its own way.
  package func written(_ leaf: (Formula) -> String?) -> String {
    write(strength: 0, opens: true, leaf)
  }

  /// - Parameter opens: whether nothing stands before this in its brackets; else a leading minus is
  ///   bracketed, as in `2*(-3)`.
  private func write(strength: Int, opens: Bool, _ leaf: (Formula) -> String?) -> String {
    if let own = leaf(self) { return Formula.signed(own, strength, opens) }
    switch self {
    case .number(let n): return Formula.signed(Formula.literal(n), strength, opens)
    case .operand(let i): return i < 3 ? ["x", "y", "w"][i] : "x\(i)"
    case .entry(let i, let offset): return "\(["x", "y", "w"][min(i, 2)])[\(offset)]"
    case .result: return "z"
    case .cotangent: return "dz"
    case .attribute(let name): return name
    case .named(let name, _): return name
    case .constant(let text, _): return text
    case .recorded: return "a value"
    case .symbol(let symbol):
      // A derivative before brackets or a dot: `(∂loss/∂h)[0]`.
      let isDerivative = strength == Notation.strengths.atom && symbol.text.hasPrefix("∂")
      return isDerivative
        ? "(\(symbol.text))" : Formula.signed(symbol.text, strength, opens)
    case .apply(let op, let arguments, let attributes):
      return apply(op, arguments, attributes, strength, opens, leaf)
    }
  }

  /// A number as the learner wrote it, if that is short.
  private static func literal(_ n: Double) -> String {
    let exact = "\(n)"
    guard n != n.rounded(), exact.count <= 10, !exact.contains("e") else {
      return NumberFormat(digits: 6)(n)
    }
    return exact
  }

  private static func signed(_ text: String, _ strength: Int, _ opens: Bool) -> String {
    guard text.hasPrefix("-") else { return text }
    return opens && strength < Notation.strengths.power ? text : "(\(text))"
  }

  private func apply(
    _ op: Op, _ arguments: [Formula], _ attributes: Attributes, _ strength: Int,
    _ opens: Bool,
    _ leaf: (Formula) -> String?
  ) -> String {
    func inside(_ formula: Formula) -> String { formula.write(strength: 0, opens: true, leaf) }
    /// Of some arguments only the shape counts.
    func argument(_ k: Int) -> String {
      guard case .shape? = op.operand(k)?.role else { return inside(arguments[k]) }
      return arguments[k].write(strength: Notation.strengths.atom, opens: false, leaf) + ".shape"
    }
    let atom = Notation.strengths.atom
    switch op.notation {
    case .infix(let symbol, let own) where arguments.count == 2:
      let brackets = own < strength
      let power = own == Notation.strengths.power
      let left = arguments[0].write(
        strength: power ? own + 1 : own, opens: brackets || opens, leaf)
      let right = arguments[1].write(
        strength: power ? Notation.strengths.unary : own + 1, opens: false, leaf)
      return brackets ? "(\(left)\(symbol)\(right))" : "\(left)\(symbol)\(right)"
    case .prefix(let symbol) where arguments.count == 1:
      let own = Notation.strengths.unary
      let brackets = own < strength || !opens
      let inner = arguments[0].write(
        strength: arguments[0].carriesSign ? Notation.strengths.product : own, opens: false, leaf)
      return brackets ? "(\(symbol)\(inner))" : symbol + inner
    case .suffix(let symbol) where arguments.count == 1:
      return arguments[0].write(strength: atom, opens: false, leaf) + symbol
    case .index:
      return arguments[0].write(strength: atom, opens: false, leaf)
        + "[\(attributes.indexText(arguments.dropFirst().map(inside)))]"
    case .method where arguments.count == 1:
      return arguments[0].write(strength: atom, opens: false, leaf)
        + ".\(op.name)(\(attributes.text))"
    case .spelled(let spell): return spell(arguments.map(inside), attributes)
    default:
      let shown =
        arguments.indices.map(argument) + (attributes.text.isEmpty ? [] : [attributes.text])
      return "\(op.name)(\(shown.joined(separator: ", ")))"
    }
  }
}
