// What is to be said of one local derivative: its rule, a hint, a nudge.
import Autograd
import Explain
import Tensors

/// The ops between a step and one of its inputs, outermost first, and what to say of them.
struct Rule {
  private let formula: Formula
  private let input: String
  private let ops: [(op: Op, parts: [Formula], at: Int)]

  init(_ formula: Formula, by input: String) {
    self.formula = formula
    self.input = input
    var ops: [(op: Op, parts: [Formula], at: Int)] = []
    var rest = formula
    while case .apply(let op, let parts, _) = rest,
      let at = parts.firstIndex(where: { Rule.holds($0, input) })
    {
      ops.append((op, parts, at))
      rest = parts[at]
    }
    self.ops = ops
  }

  private static func holds(_ formula: Formula, _ input: String) -> Bool {
    var found = false
    _ = formula.filled { leaf in
      if case .symbol(let symbol) = leaf, symbol.text == input { found = true }
      return nil
    }
    return found
  }

  /// Sums hand a change on as it is, so they are not what a question is about.
  private var telling: [(op: Op, parts: [Formula], at: Int)] {
    ops.filter { Rule.kind($0.op) != .sum }
  }

  /// What an op does with a change, by how it is written.
  private enum Kind { case sum, product, quotient, power, sign, call }

  private static func kind(_ op: Op) -> Kind {
    switch op.notation {
    case .infix(let symbol, _):
      switch symbol.trimmingSpace {
      case "+", "-": .sum
      case "*": .product
      case "/": .quotient
      case "^": .power
      default: .call
      }
    case .prefix: .sign
    default: .call
    }
  }

  private static func word(_ op: Op) -> String {
    let kind = kind(op)
    return kind == .call ? op.name : "\(kind)"
  }

  var kind: String {
    guard let first = telling.first else { return "sum" }
    return telling.count == 1 ? Rule.word(first.op) : "several ops"
  }

  var hint: String {
    guard let (op, parts, at) = telling.first else {
      return "A sum hands each change on: with which sign does \(input) stand in it?"
    }
    let inner = parts[at].text
    let u = inner == input ? "" : ", with u = \(inner)"
    let name = u.isEmpty ? inner : "u"
    let said: String
    switch Rule.kind(op) {
    case .product: said = "In \(formula.text), what is \(inner) multiplied by?"
    case .quotient:
      said =
        at == 0
        ? "What is \(inner) divided by?"
        : "\(inner) stands below the line: what is (1/\(name))′\(u)?"
    case .sign: said = "What does a minus do to a change?"
    case .power where at == 0:
      said = "The outer power: what is (\(name)^\(parts[1].text))′\(u)?"
    default: said = "The outer \(op.name): what is \(op.name)(\(name))′\(u)?"
    }
    guard telling.count > 1 else { return said }
    let inside = telling.dropFirst().map { Rule.word($0.op) }.joined(separator: ", then ")
    return said + " Then inside: \(inside). Slopes multiply."
  }

  /// The rule, and what nudging the input gives.
  func why(_ step: BackwardStep, _ c: Contribution, _ format: NumberFormat) -> [String] {
    /// The result is called f here: z is a name of many programs.
    func named(_ rule: Formula) -> String {
      rule.written { leaf in if case .result = leaf { "f" } else { nil } }
    }
    var lines: [String] = []
    if let (op, parts, at) = telling.first {
      let letters = ["x", "y", "w"]
      if let rule = op.partial(at), parts.count <= 2 {
        let shown = parts.indices.map { letters[$0] }
        let whole = Formula.apply(op, parts.indices.map { .operand($0) }, Attributes())
        lines.append(
          "The rule of \(Rule.word(op)): f = \(whole.text) changes by \(named(rule)) for each unit of \(shown[at])"
            + (parts[at].text == input ? "." : ", here \(parts[at].text)."))
      }
    } else {
      lines.append("A sum changes by as much as its terms do.")
    }
    var start: Double?
    func value(at x: Double) -> Double? {
      formula.evaluate { leaf in
        guard case .symbol(let symbol) = leaf, symbol.text == input else { return nil }
        return x
      }
    }
    _ = formula.filled { leaf in
      if case .symbol(let symbol) = leaf, symbol.text == input { start = symbol.value }
      return nil
    }
    guard let start, let before = value(at: start) else { return lines }
    let fine = NumberFormat(digits: 7)
    for nudge in [0.1, 0.001] {
      guard let after = value(at: start + nudge), after.isFinite else { continue }
      lines.append(
        "nudge \(input) by \(nudge): \(step.name) goes from \(fine(before)) to \(fine(after)), \(format((after - before) / nudge)) times as far"
      )
    }
    return lines
  }
}
