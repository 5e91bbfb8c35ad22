// Forward mode: the rate of one input, pushed through the graph from the leaves to the root.
import Autograd
import Tensors

/// One step of forward mode: what its inputs' rates come to.
package struct RateStep {
  package let name: String
  package let formula: Formula
  /// Of single numbers, each use of an input that changes: its local derivative and its rate.
  package let terms: [(input: String, partial: Formula, local: Double, rate: Double)]
  /// `∂step/∂variable`.
  package let rate: Tensor
  /// `∂root/∂step`, as a backward pass finds it.
  package let reverse: Tensor?
}

/// How fast everything changes as one number does, beside what a backward pass knows.
package struct ForwardMode {
  package let root: String
  package let variable: String
  package let steps: [RateStep]
  /// `∂root/∂variable` as the backward pass has it.
  package let reverse: Double
  /// Products of a rate and a local derivative: for this input, for each parameter in a pass of its own, and of the
  /// one backward pass that serves all of them.
  package let products: (forward: Int, all: Int, reverse: Int)
  /// Numbers in parameters, each of which needs a forward pass.
  package let inputs: Int
}

extension NamedGraph {
  /// Results of one op past which its rates, found one by one, would keep a reader waiting.
  private static let rateLimit = 4_096

  /// Pushes the rate of one entry through the graph.
  package func forwardMode(by variable: TensorEntry) throws(ExplainError) -> ForwardMode {
    let gradients: Gradients
    do throws(GradientError) { gradients = try graph.gradients(of: root) } catch {
      throw .gradient(error)
    }
    guard name(variable.node) != nil, nodes.contains(where: { $0 === variable.node }) else {
      throw .unrelated(name(root) ?? "", graph.label(of: variable.node) ?? "")
    }
    var seed = [Double](repeating: 0, count: variable.node.shape.count)
    seed[variable.offset] = 1
    var rates: [ObjectIdentifier: Tensor] = [:]
    do throws(TensorError) {
      rates[ObjectIdentifier(variable.node)] = try Tensor(
        seed, shape: variable.node.shape, dtype: variable.node.dtype)
      var told: [RateStep] = []
      for step in steps where step !== variable.node {
        let moving = inputs(of: step).filter { rates[ObjectIdentifier($0)] != nil }
        guard !moving.isEmpty else { continue }
        let rate = try rate(of: step, rates)
        rates[ObjectIdentifier(step)] = rate
        // Where a rate comes through tensors too, its terms are no sum of single numbers.
        let areNumbers = moving.allSatisfy { !scalarUses(of: step, by: $0).isEmpty }
        let terms = (areNumbers ? moving : []).flatMap { input in
          scalarUses(of: step, by: input).map { use in
            (
              input: name(input) ?? "", partial: use.partial,
              local: use.partial.evaluate(number: { _ in nil }) ?? .nan,
              rate: rates[ObjectIdentifier(input)]?[0] ?? 0
            )
          }
        }
        told.append(
          RateStep(
            name: name(step) ?? "", formula: formula(of: step), terms: terms, rate: rate,
            reverse: gradients(step)))
      }
      let parameters = nodes.filter { $0.isParameter }
      return ForwardMode(
        root: name(root) ?? "", variable: name(variable), steps: told,
        reverse: gradients(variable.node)?[variable.offset] ?? 0,
        products: (
          links(from: variable.node),
          parameters.reduce(0) { $0 + $1.shape.count * links(from: $1) }, links(from: nil)
        ), inputs: parameters.reduce(0) { $0 + $1.shape.count })
    } catch { throw .tensor(error) }
  }

  /// A step's rate from those of its inputs, through the unnamed ops that it folds in.
  private func rate(of step: Node, _ known: [ObjectIdentifier: Tensor]) throws(TensorError)
    -> Tensor
  {
    var rates = known
    for node in interior(of: step) {
      var total = try Tensor(filling: node.shape, with: 0)
      for k in 0..<node.operandCount {
        guard case .node(let input) = node.operand(k), passes(node, k),
          let rate = rates[ObjectIdentifier(input)]
        else { continue }
        total = try total + pushed(rate, through: node, k)
      }
      rates[ObjectIdentifier(node)] = total
    }
    if let rate = rates[ObjectIdentifier(step)] { return rate }
    return try Tensor(filling: step.shape, with: 0)
  }

  /// The Jacobian of one op by one operand, times a rate.
  private func pushed(_ rate: Tensor, through node: Node, _ k: Int) throws(TensorError) -> Tensor {
    let call = call(node)
    if case .elementwise = node.op.links, rate.shape == node.shape {
      return try node.op.pulled(k, call, Tensor(filling: node.shape, with: 1)) * rate
    }
    guard node.shape.count <= NamedGraph.rateLimit else {
      throw .tooLarge(node.shape.dims, limit: NamedGraph.rateLimit)
    }
    var results = [Double](repeating: 0, count: node.shape.count)
    for i in results.indices {
      var unit = [Double](repeating: 0, count: node.shape.count)
      unit[i] = 1
      let upstream = try Tensor(unit, shape: node.shape, dtype: node.dtype)
      let row = try node.op.pulled(k, call, upstream)
      results[i] = zip(row.values, rate.values).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return try Tensor(results, shape: node.shape, dtype: node.dtype)
  }

  /// Links between steps: those above one value, or all.
  private func links(from start: Node?) -> Int {
    var moving: Set<ObjectIdentifier> = Set([start].compactMap { $0.map { ObjectIdentifier($0) } })
    var count = 0
    for step in steps {
      let found = inputs(of: step).filter { start == nil || moving.contains(ObjectIdentifier($0)) }
      if !found.isEmpty { moving.insert(ObjectIdentifier(step)) }
      count += found.reduce(0) { $0 + max(1, scalarUses(of: step, by: $1).count) }
    }
    return count
  }
}
