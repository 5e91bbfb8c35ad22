// What a derivative says: an expression that can be evaluated, printed, and printed with its numbers.
import Tensors

/// A value that a formula may refer to as it is; the graph's nodes are such.
package protocol RecordedValue: AnyObject {
  var value: Tensor { get }
}

/// An expression over the ops of the table. Local derivatives, vector-Jacobian products and the formulas
/// that a learner wrote are all of this type. One that carries values of a graph stays on its thread.
package indirect enum Formula: @unchecked Sendable {
  case number(Double)
  /// A whole operand of the op that states this formula: `x`, `y`.
  case operand(Int)
  /// One entry of an operand, by its row-major offset: `x[0, 2]`.
  case entry(Int, offset: Int)
  /// The op's own result, `z`.
  case result
  /// The gradient with respect to the op's result, `dz`.
  case cotangent
  /// An attribute of the op that is a number, such as `negative_slope`.
  case attribute(String)
  /// Something with a name and, if it is a single number, a value.
  case symbol(Symbol)
  case apply(Op, [Formula], Attributes)
  /// A tensor that is the same whatever the operands are, by the text that makes it: `eye(3)`.
  case constant(String, Tensor)
  /// A value on the graph, in a formula that is recorded itself.
  case recorded(any RecordedValue)
  /// A part that is written by a short name, and told apart: `x̂` where `x̂ = (x - μ)/σ`.
  case named(String, Formula)
}

/// A name in a formula, with its number for substitution.
package struct Symbol: Sendable {
  package let text: String
  package let value: Double?

  package init(_ text: String, value: Double? = nil) {
    self.text = text
    self.value = value
  }
}

// MARK: - Building, with the arithmetic of 0 and 1 done at once

extension Formula: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(integerLiteral value: Int) { self = .number(Double(value)) }

  package static let x = Formula.operand(0)
  package static let y = Formula.operand(1)
  package static let z = Formula.result
  package static let dz = Formula.cotangent

  /// An op applied to formulas.
  package static func call(_ op: Op, _ arguments: Formula...) -> Formula {
    .apply(op, arguments, Attributes())
  }

  /// `a` where the condition holds, else `b`, element by element.
  package static func where_(
    _ relation: Op, _ a: Formula, _ b: Formula, _ yes: Formula, _ no: Formula
  ) -> Formula {
    .call(.chosen, .call(relation, a, b), yes, no)
  }

  /// The same elements under another shape.
  static func reshaped(_ formula: Formula, _ dims: [Int]) -> Formula {
    formula.number != nil
      ? formula : .apply(.reshape, [formula], Attributes(("_shape", .ints(dims))))
  }

  package var number: Double? { if case .number(let n) = self { n } else { nil } }

  package static func + (a: Formula, b: Formula) -> Formula {
    if a.number == 0 { return b }
    if b.number == 0 { return a }
    if let x = a.number, let y = b.number { return .number(x + y) }
    let (m, p) = a.scaled
    let (n, q) = b.scaled
    if p.matches(q) { return .number(m + n) * p }
    if n < 0 { return a - .number(-n) * q }
    return .call(.add, a, b)
  }

  package static func - (a: Formula, b: Formula) -> Formula {
    if b.number == 0 { return a }
    if a.number == 0 { return -b }
    if let x = a.number, let y = b.number { return .number(x - y) }
    return .call(.sub, a, b)
  }

  package static func * (a: Formula, b: Formula) -> Formula {
    if a.number == 0 || b.number == 0 { return 0 }
    if a.number == 1 { return b }
    if b.number == 1 { return a }
    if let x = a.number, let y = b.number { return .number(x * y) }
    // Numbers come first and signs outermost: `2*x`, `-(x*y)` as `-x*y`.
    let (m, p) = a.scaled
    let (n, q) = b.scaled
    if m != 1 || n != 1 {
      let factor = m * n
      if factor == 1 { return p * q }
      return factor == -1 ? -(p * q) : .call(.mul, .number(factor), p * q)
    }
    return .call(.mul, a, b)
  }

  package static func / (a: Formula, b: Formula) -> Formula {
    if a.number == 0 { return 0 }
    if b.number == 1 { return a }
    if let x = a.number, let y = b.number, y != 0 { return .number(x / y) }
    return .call(.div, a, b)
  }

  package static prefix func - (a: Formula) -> Formula {
    if let n = a.number { return .number(-n) }
    if case .apply(.neg, let inner, _) = a { return inner[0] }
    return .call(.neg, a)
  }

  /// This to an exponent; powers of powers and the exponents 0 and 1 are simplified.
  package func power(_ exponent: Formula) -> Formula {
    if exponent.number == 1 { return self }
    if exponent.number == 0 { return 1 }
    return .call(.pow, self, exponent)
  }

  /// A factor where that is a short decimal (`0.5*…`), a quotient where it is not (`…/32`).
  func divided(by divisor: Double) -> Formula {
    guard divisor != 1, divisor != 0 else { return self }
    let (factor, rest) = scaled
    let share = factor / divisor
    if "\(abs(share))".count <= 4 || rest.number != nil { return .number(share) * rest }
    return self / .number(divisor)
  }

  /// Whether two formulas are the same expression.
  func matches(_ other: Formula) -> Bool {
    switch (self, other) {
    case (.number(let a), .number(let b)): a == b
    case (.operand(let a), .operand(let b)): a == b
    case (.entry(let a, let i), .entry(let b, let j)): a == b && i == j
    case (.recorded(let a), .recorded(let b)): a === b
    case (.result, .result), (.cotangent, .cotangent): true
    case (.attribute(let a), .attribute(let b)): a == b
    case (.symbol(let a), .symbol(let b)): a.text == b.text
    case (.named(let a, let x), .named(let b, let y)): a == b && x.matches(y)
    case (.constant(let a, _), .constant(let b, _)): a == b
    case (.apply(let f, let a, let p), .apply(let g, let b, let q)):
      f == g && a.count == b.count && p.text == q.text && zip(a, b).allSatisfy { $0.matches($1) }
    default: false
    }
  }

  /// The formula as a number times a rest.
  private var scaled: (Double, Formula) {
    switch self {
    case .number(let n): (n, 1)
    case .apply(.neg, let inner, _):
      { (-$0.0, $0.1) }(inner[0].scaled)
    case .apply(.mul, let factors, _):
      if let n = factors[0].number { (n, factors[1]) } else { (1, self) }
    default: (1, self)
    }
  }

  /// The formula with its open places filled, simplified on the way.
  package func filled(_ fill: (Formula) -> Formula?) -> Formula {
    if let replacement = fill(self) { return replacement }
    if case .named(let name, let inner) = self { return .named(name, inner.filled(fill)) }
    guard case .apply(let op, let arguments, let attributes) = self else { return self }
    let parts = arguments.map { $0.filled(fill) }
    switch op {
    case .add: return parts[0] + parts[1]
    case .sub: return parts[0] - parts[1]
    case .mul: return parts[0] * parts[1]
    case .div: return parts[0] / parts[1]
    case .neg: return -parts[0]
    case .pow: return parts[0].power(parts[1])
    case .transpose: return Formula.transpose(parts[0])
    // A number is the same number wherever it is repeated.
    case .expandAs, .reshape, .index:
      return parts[0].number != nil ? parts[0] : .apply(op, parts, attributes)
    default: return .apply(op, parts, attributes)
    }
  }

  /// The same with a number behind a name where it stands for several parts: `x̂`, `x̂₂`.
  package var toldApart: Formula {
    var parts: [String: [Formula]] = [:]
    func told(_ formula: Formula) -> Formula {
      switch formula {
      case .apply(let op, let arguments, let attributes):
        return .apply(op, arguments.map(told), attributes)
      case .named(let name, let inner):
        let inner = told(inner)
        let known = parts[name, default: []]
        let place = known.firstIndex { $0.matches(inner) } ?? known.count
        if place == known.count { parts[name, default: []].append(inner) }
        return .named(place == 0 ? name : name + Formula.subscripted(place + 1), inner)
      default: return formula
      }
    }
    return told(self)
  }

  /// A number in small figures below the line: `₁₂`.
  package static func subscripted(_ n: Int) -> String {
    String(
      String(n).map { Character(Unicode.Scalar(0x2080 + UInt32($0.wholeNumberValue ?? 0)) ?? "?") })
  }

  /// The parts that are written by name, each before those that it is made of.
  package var definitions: [(name: String, formula: Formula)] {
    var found: [(name: String, formula: Formula)] = []
    func visit(_ formula: Formula) {
      switch formula {
      case .apply(_, let arguments, _): arguments.forEach(visit)
      case .named(let name, let inner):
        guard !found.contains(where: { $0.name == name }) else { return }
        visit(inner)
        found.append((name, inner))
      default: return
      }
    }
    visit(self)
    return found.reversed()
  }

  /// The ops that are applied in it, each after those of its operands: the last is that of the whole.
  package var ops: [Op] {
    switch self {
    case .apply(let op, let arguments, _): arguments.flatMap { $0.ops } + [op]
    case .named(_, let inner): inner.ops
    default: []
    }
  }

  /// `(a @ b)ᵀ` is `bᵀ @ aᵀ`, and two transpositions cancel.
  package static func transpose(_ a: Formula) -> Formula {
    switch a {
    case .apply(.transpose, let inner, _): inner[0]
    case .apply(.matmul, let factors, _):
      .call(.matmul, transpose(factors[1]), transpose(factors[0]))
    case .apply(.outer, let factors, _): .call(.outer, factors[1], factors[0])
    default: .call(.transpose, a)
    }
  }
}
