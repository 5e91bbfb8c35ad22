// What there is to say of a function, made from the tables that define it.
import Autograd
import Builtins
import Interpreter
import Tensors

/// A function with its formula, its derivatives and an example.
package struct FunctionPage {
  package let name: String
  package let signature: String
  package let summary: String
  /// Of a function of optimizers and the like, what it is with tensors in place.
  package let applied: String?
  /// How it stands among layers.
  package let layer: String?
  /// `1/(1 + e^(-x))`
  package let definition: String?
  package let derivatives: [Derivative]
  /// A line to type.
  package let example: String
  /// Functions beside it in its topic.
  package let neighbours: [String]
  /// Whether its code can be looked at.
  package let hasSource: Bool

  /// What goes back to one operand.
  package enum Derivative {
    /// `∂z/∂` the operand of that name.
    case partial(String, Formula)
    /// The gradient of the operand of that name, in terms of that of z; for the mean it is over n.
    case gradient(String, Formula, isMean: Bool)
    /// Why there is none.
    case none(String)
  }

  package init(_ builtin: Builtin) {
    name = builtin.name
    signature = builtin.signature
    summary = builtin.summary
    applied = builtin.function?.signature
    let settings = builtin.parameters.dropFirst().map { "\($0.name)=\($0.fallback ?? "none")" }
    layer =
      builtin.isActivation ? "\(builtin.name)(\(settings.joined(separator: ", ")))" : nil
    definition = builtin.op.flatMap { $0.definition.isEmpty ? nil : $0.definition }
    derivatives = builtin.op.map(FunctionPage.derivatives) ?? []
    example = builtin.example
    neighbours = FunctionPage.neighbours(of: builtin)
    hasSource = Library.source(builtin.name) != nil || builtin.topic == .optimizers
  }

  private static func derivatives(_ op: Op) -> [Derivative] {
    var found: [Derivative] = []
    let isMean = op.settings.contains { $0.name == "reduction" }
    for (i, operand) in op.operands.enumerated() {
      if let partial = op.partial(i) {
        if partial.number != 0 { found.append(.partial(operand.name, op.named(partial))) }
      } else if let gradient = gradient(i, op, isMean) {
        found.append(.gradient(operand.name, gradient, isMean: isMean))
      }
    }
    if case .none(let reason) = op.derivative { found.append(.none(reason)) }
    return found
  }

  /// A vjp, stated for matrices.
  private static func gradient(_ k: Int, _ op: Op, _ isMean: Bool) -> Formula? {
    // Stated for a sum, which has no count in it.
    let fitting = op.samples.filter { sample in
      !isMean || sample.attributes.word("reduction") == "sum"
    }
    guard let sample = fitting.first(where: { $0.inputs[0].rank == 2 }) ?? fitting.first,
      k < sample.inputs.count, let call = try? op.applied(sample.inputs, sample.attributes),
      op.reaches(k, call.inputs), let formula = try? op.pullback(k, call)
    else { return nil }
    // Operands that were left out stand in by their number.
    let filled = formula.filled { leaf in
      guard case .operand(let i) = leaf, i >= sample.inputs.count,
        case .number(let n)? = op.operand(i)?.absence
      else { return nil }
      return .number(n)
    }
    return op.named(filled)
  }

  /// The functions that stand beside one in its topic.
  private static func neighbours(of builtin: Builtin) -> [String] {
    let names = Builtin.documented.filter { $0.topic == builtin.topic }.map { $0.name }
    guard let i = names.firstIndex(of: builtin.name) else { return [] }
    let near = names[max(0, i - 2)..<min(names.count, i + 3)]
    return near.filter { $0 != builtin.name }
  }
}
