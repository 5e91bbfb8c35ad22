// Optimizers: each is a few assignments, written once as formulas that compute and explain.
import Autograd
import Tensors

/// One assignment of an update rule: `target ← formula`, over the parameter, its gradient, the state
/// kept between steps and the settings.
package struct UpdateRule: Sendable {
  package let target: String
  package let formula: Formula

  init(_ target: String, _ formula: Formula) {
    self.target = target
    self.formula = formula
  }
}

/// What one step did to one parameter.
package struct Update {
  package let parameter: Node
  package let assignments: [(rule: UpdateRule, before: [String: Tensor], after: Tensor)]
}

/// Updates parameters from their gradients.
package final class Optimizer {
  package let kind: String
  package private(set) var settings: [(name: String, value: Double)]
  package private(set) var parameters: [Node]
  private let rules: [UpdateRule]
  /// Values kept between steps, by parameter and name.
  private var state: [ObjectIdentifier: [String: Tensor]] = [:]
  package private(set) var lastUpdates: [Update] = []

  /// Stochastic gradient descent (Robbins and Monro 1951) with PyTorch's momentum and weight decay:
  /// `v ← momentum*v + grad`, `w ← w - lr*v`.
  package static func sgd(
    _ parameters: [Node], lr: Double, momentum: Double = 0, weightDecay: Double = 0,
    nesterov: Bool = false
  ) -> Optimizer {
    let (w, grad, v) = (name("w"), name("grad"), name("v"))
    var rules: [UpdateRule] = []
    var settings = [("lr", lr)]
    if weightDecay != 0 {
      settings.append(("weight_decay", weightDecay))
      rules.append(UpdateRule("grad", grad + name("weight_decay") * w))
    }
    var direction = grad
    if momentum != 0 {
      settings.append(("momentum", momentum))
      rules.append(UpdateRule("v", name("momentum") * v + grad))
      direction = nesterov ? grad + name("momentum") * v : v
    }
    rules.append(UpdateRule("w", w - name("lr") * direction))
    return Optimizer("sgd", parameters, settings, rules)
  }

  private static func name(_ name: String) -> Formula { .symbol(Symbol(name)) }

  private init(
    _ kind: String, _ parameters: [Node], _ settings: [(String, Double)], _ rules: [UpdateRule]
  ) {
    self.kind = kind
    self.parameters = parameters
    self.settings = settings.map { ($0.0, $0.1) }
    self.rules = rules
  }

  package subscript(setting: String) -> Double? {
    get { settings.first { $0.name == setting }?.value }
    set {
      if let i = settings.firstIndex(where: { $0.name == setting }), let newValue {
        settings[i].value = newValue
      }
    }
  }

  /// Takes over parameters that were not named when it was made.
  package func adopt(_ nodes: [Node]) { if parameters.isEmpty { parameters = nodes } }

  /// Applies the rules to every parameter that has a gradient.
  package func step(_ graph: Graph, recording: Bool = false) throws(TensorError) {
    lastUpdates = []
    for parameter in parameters {
      guard let gradient = parameter.gradient else { continue }
      var values = state[ObjectIdentifier(parameter)] ?? [:]
      let dtype = parameter.dtype
      for (name, value) in settings { values[name] = Tensor(value, dtype: dtype) }
      values["w"] = parameter.value
      values["grad"] = gradient
      var assignments: [(UpdateRule, [String: Tensor], Tensor)] = []
      for rule in rules {
        let zero = Tensor(0, dtype: dtype)
        let result = try rule.formula.evaluate(tensors: { leaf in
          switch leaf {
          case .symbol(let symbol): values[symbol.text] ?? zero
          case .number(let n): Tensor(n, dtype: dtype)
          default: nil
          }
        })
        guard let result else { continue }
        if recording { assignments.append((rule, values, result)) }
        values[rule.target] = result
      }
      if let new = values["w"] { try graph.store(new, into: parameter) }
      let kept = rules.map(\.target).filter { $0 != "w" && $0 != "grad" }
      if !kept.isEmpty {
        state[ObjectIdentifier(parameter)] = values.filter { kept.contains($0.key) }
      }
      if recording {
        lastUpdates.append(
          Update(
            parameter: parameter,
            assignments: assignments.map { (rule: $0.0, before: $0.1, after: $0.2) }))
      }
    }
  }

  package func zeroGradients() { for parameter in parameters { parameter.setGradient(nil) } }
}
