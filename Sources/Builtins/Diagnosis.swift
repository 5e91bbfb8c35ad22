// What a backward pass says about a model's health.
import Interpreter
import Autograd
import Diagnostics
import Training
import Tensors

extension BuiltinCall {
  func findings() throws(Diagnostic) -> [Figure.Finding] {
    let model = try layer("model")
    var optimizer: Optimizer?
    if case .optimizer(let given) = value("opt") { optimizer = given }
    guard let root = graph.lastRoot else {
      throw BuiltinFault.noBackwardYet.at(span)
    }
    let nodes = graph.recorded(below: root)
    let names = Dictionary(
      model.state.map { (ObjectIdentifier($0.node), $0.name) },
      uniquingKeysWith: { first, _ in first })
    let parameters = model.parameters.map { node in
      (name: graph.label(of: node) ?? names[ObjectIdentifier(node)] ?? "a parameter", node: node)
    }
    guard parameters.contains(where: { p in nodes.contains { $0 === p.node } }) else {
      throw BuiltinFault.backwardOfAnother.at(span)
    }
    var found = [loss(root)]
    found += mistakes(root, nodes, model)
    if !root.number.isFinite { return found }
    found += gradients(parameters, root)
    found += copies(parameters)
    found += units(nodes)
    if let optimizer { found += try updates(parameters, optimizer) }
    return found
  }

  private func finding(
    _ verdict: Figure.Finding.Verdict, _ title: String, _ text: String, _ hint: String? = nil
  ) -> Figure.Finding {
    Figure.Finding(verdict: verdict, title: title, text: text, hint: hint)
  }

  private func show(_ x: Double) -> String { NumberFormat(digits: 3)(x) }

  // MARK: The loss

  /// A model that knows nothing gives each of C classes the same chance: its cross entropy is ln C.
  private func loss(_ root: Node) -> Figure.Finding {
    let value = root.value[0]
    guard value.isFinite else {
      return finding(
        .bad, "loss", "\(show(value)): nothing can be learned from it",
        "a smaller learning rate, and look for log(0) or 0/0")
    }
    guard root.op.takesClasses, root.op.applies != nil,
      case .node(let scores) = root.operand(0),
      scores.shape.rank > 1
    else { return finding(.good, "loss", show(value)) }
    let classes = scores.shape[1]
    let chance = Double.log(Double(classes))
    let beside = "guessing among \(classes) classes gives ln \(classes) = \(show(chance))"
    if value > 1.5 * chance {
      return finding(
        .bad, "loss", "\(show(value)), but \(beside): worse than not knowing",
        "smaller start values for the last layer, or a smaller learning rate")
    }
    if value > 0.95 * chance {
      return finding(.look, "loss", "\(show(value)); \(beside): nothing learned yet")
    }
    return finding(.good, "loss", "\(show(value)); \(beside)")
  }

  // MARK: Mistakes

  private func mistakes(_ root: Node, _ nodes: [Node], _ model: LayerObject) -> [Figure.Finding] {
    var found: [Figure.Finding] = []
    if !model.isTraining {
      found.append(
        finding(
          .bad, "mode", "the model is in eval mode while it is trained",
          "`model.train()` before the training loop"))
    }
    if let own = root.op.applies?(), case .node(let scores) = root.operand(0),
      root.op.applies(again: scores.op)
    {
      found.append(
        finding(
          .bad, "softmax twice", "`\(root.op.name)` was given the result of `\(scores.op.name)`",
          "leave out `\(scores.op.name)`; the loss applies \(own.name) itself"))
    }
    if root.op.family == .loss, root.operandCount > 1,
      case .node(let predictions) = root.operand(0), case .node(let targets) = root.operand(1),
      !root.op.takesClasses, predictions.shape != targets.shape
    {
      found.append(
        finding(
          .bad, "shapes in the loss",
          "predictions \(predictions.shape) meet targets \(targets.shape): each with each",
          "`.squeeze(1)` on the predictions"))
    }
    if accumulates(root, model) {
      found.append(
        finding(
          .bad, "zero_grad", "the gradients are sums of several passes",
          "`opt.zero_grad()` before each `loss.backward()`"))
    }
    return found
  }

  /// Whether what is stored is more than the last pass brought.
  private func accumulates(_ root: Node, _ model: LayerObject) -> Bool {
    guard let fresh = try? graph.gradients(of: root) else { return false }
    return model.parameters.contains { parameter in
      guard let stored = parameter.gradient, let own = fresh(parameter) else { return false }
      // A gradient that was clipped is shorter than the pass's own; a sum of several is not.
      let (a, b) = (stored.values, own.values)
      let dot = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
      let (size, fresh) = (a.reduce(0) { $0 + $1 * $1 }, b.reduce(0) { $0 + $1 * $1 })
      let isScaled = dot > 0 && dot * dot > 0.999999 * size * fresh && size < fresh * 1.000001
      guard !isScaled else { return false }
      return zip(a, b).contains { abs($0 - $1) > 1e-6 * max(abs($0), abs($1), 1e-12) }
    }
  }

  // MARK: Gradients

  /// The size of each layer's weight gradient for one weight; along a healthy network it changes little.
  private func gradients(_ parameters: [(name: String, node: Node)], _ root: Node)
    -> [Figure.Finding]
  {
    let weights = parameters.filter { $0.node.shape.rank > 1 }
    let shown = weights.isEmpty ? parameters : weights
    var sizes: [(name: String, size: Double)] = []
    var silent: [String] = []
    for (name, node) in shown {
      guard let gradient = node.gradient else {
        silent.append(name)
        continue
      }
      let sum = gradient.values.reduce(0) { $0 + $1 * $1 }
      sizes.append((name, (sum / Double(max(1, gradient.count))).squareRoot()))
    }
    var found: [Figure.Finding] = []
    if !silent.isEmpty {
      found.append(
        finding(
          .bad, "no gradient", silent.joined(separator: ", "),
          "check that the layer is used, and not inside `no_grad` or behind `detach`"))
    }
    guard let first = sizes.first, let last = sizes.last else { return found }
    let parts = sizes.map { "\($0.name) \(show($0.size))" }
    let line = (parts.count > 5 ? parts.prefix(2) + ["…"] + parts.suffix(2) : parts[...])
      .joined(separator: ", ")
    let largest = sizes.map(\.size).max() ?? 0
    if largest > 100 {
      found.append(
        finding(
          .bad, "gradient by layer", "exploding: " + line,
          "`clip_grad_norm(model, 1)`, smaller start values or a smaller learning rate"))
    } else if largest == 0 {
      found.append(
        finding(
          .bad, "gradient by layer", "all zero: " + line, "look at the units below, and at the loss"
        ))
    } else if sizes.count > 1, first.size < 1e-3 * last.size {
      found.append(
        finding(
          .bad, "gradient by layer",
          "vanishing: the first layer's is \(show(first.size / last.size)) of the last one's: "
            + line,
          "relu instead of sigmoid, kaiming start values, batch norm, or fewer layers"))
    } else {
      found.append(finding(.good, "gradient by layer", line))
    }
    return found
  }

  /// Units that start equal get equal gradients and stay equal for ever.
  private func copies(_ parameters: [(name: String, node: Node)]) -> [Figure.Finding] {
    parameters.compactMap { name, node in
      guard node.shape.rank == 2, node.shape[0] > 1 else { return nil }
      let (rows, width) = (node.shape[0], node.shape[1])
      let values = node.value.values
      let first = values[..<width]
      let same = (0..<rows).filter {
        Array(values[($0 * width)..<(($0 + 1) * width)]) == Array(first)
      }
      .count
      guard same == rows else { return nil }
      return finding(
        .bad, "copies", "\(name): all \(rows) units are equal, and will stay so",
        "start values that differ, such as kaiming_uniform")
    }
  }

  // MARK: Units

  /// Rectifiers that are 0 for the whole batch learn nothing from it; saturated units next to nothing.
  private func units(_ nodes: [Node]) -> [Figure.Finding] {
    var found: [Figure.Finding] = []
    for node in nodes where !node.isLeaf && node.shape.rank > 1 {
      let (rows, width) = (node.shape[0], node.shape.dims.dropFirst().reduce(1, *))
      guard rows > 1, width > 0 else { continue }
      let values = node.value.values
      let name = graph.label(of: node) ?? node.op.name
      switch (node.op.bounds?.low, node.op.bounds?.high) {
      case (let low?, nil):
        let dead = (0..<width).filter { k in (0..<rows).allSatisfy { values[$0 * width + k] == low }
        }
        .count
        let text = "\(name): \(dead) of \(width) are 0 for the whole batch"
        if dead * 2 > width {
          found.append(
            finding(
              .bad, "dead relu", text,
              "a smaller learning rate, kaiming start values, or leaky_relu"))
        } else if dead * 5 > width {
          found.append(finding(.look, "dead relu", text))
        } else {
          found.append(finding(.good, "relu units", text))
        }
      case (let low?, let high?):
        let margin = 0.005 * (high - low)
        let stuck = values.filter { $0 > high - margin || $0 < low + margin }.count
        let share = Double(stuck) / Double(values.count)
        let text =
          "\(name): \(show(100 * share))% of the outputs are at an end, where the slope is near 0"
        if share > 0.5 {
          found.append(
            finding(
              .bad, "saturated", text, "smaller start values, or inputs put through `standardize`"))
        } else if share > 0.2 {
          found.append(finding(.look, "saturated", text))
        }
      default: break
      }
    }
    return found
  }

  // MARK: Updates

  /// How far the next step moves each weight, as a share of its size; about 1e-3 is usual.
  private func updates(
    _ parameters: [(name: String, node: Node)], _ optimizer: Optimizer
  ) throws(Diagnostic) -> [Figure.Finding] {
    var ratios: [(name: String, ratio: Double)] = []
    for (name, node) in parameters where node.shape.rank > 1 {
      let next = try tensors { () throws(TensorError) in try optimizer.preview(node) }
      guard let next else { continue }
      let old = node.value.values
      let moved = zip(next.values, old).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      let size = old.reduce(0) { $0 + $1 * $1 }
      if size > 0 { ratios.append((name, (moved / size).squareRoot())) }
    }
    guard let most = ratios.map(\.ratio).max() else { return [] }
    let line = ratios.map { "\($0.name) \(show($0.ratio))" }.joined(separator: ", ")
    let usual = "an update of about 0.001 of the weights is usual"
    if most > 0.5 {
      return [
        finding(
          .bad, "update/weight", "large: " + line, "a smaller learning rate; \(usual)")
      ]
    }
    if most > 0.1 {
      return [finding(.look, "update/weight", "large, but usual for a first step of sgd: " + line)]
    }
    if most < 1e-5 {
      return [
        finding(
          .look, "update/weight", "tiny: " + line, "a larger learning rate; \(usual)")
      ]
    }
    return [finding(.good, "update/weight", line)]
  }
}
