// What a backward pass says about a model's health: causes before consequences.
import Platform
import Autograd
import Diagnostics
import Interpreter
import Tensors
import Training

extension BuiltinCall {
  func diagnosis() throws(Diagnostic) -> Diagnosis {
    var optimizer: Optimizer?
    if case .optimizer(let given) = value("opt") { optimizer = given }
    let model = value("model")
    var layer: LayerObject?
    if case .layer(let object) = model { layer = object }
    let nodes = Value.parameters(in: model)
    var layers: [LayerObject] = []
    func collect(_ value: Value) {
      switch value {
      case .layer(let layer): layers += layer.allLayers
      case .list(let list): list.items.forEach(collect)
      default: break
      }
    }
    collect(model)
    guard layer != nil || !nodes.isEmpty else {
      throw wrong("model", "a layer or a list of parameters")
    }
    guard let root = machine.training.root.flatMap(graph.node(recordedAt:)) else {
      throw BuiltinFault.noBackwardYet.at(span)
    }
    let names = Dictionary(
      firstOf: layer?.state.map { (ObjectIdentifier($0.node), $0.name) } ?? [])
    let parameters = nodes.map { node in
      (name: graph.label(of: node) ?? names[ObjectIdentifier(node)] ?? "a parameter", node: node)
    }
    let below = graph.recorded(below: root)
    guard parameters.contains(where: { p in below.contains { $0 === p.node } }) else {
      throw BuiltinFault.backwardOfAnother.at(span)
    }
    return Diagnosis(
      graph: graph, root: root, nodes: below, parameters: parameters, layers: layers,
      optimizer: optimizer, training: machine.training)
  }
}

/// A look at one model after its last backward pass.
///
/// Facts come first: what the program did with the parameters, the data and the loss. Where one of them is amiss, what
/// follows from it is still told, but without advice of its own.
struct Diagnosis {
  let graph: Graph
  let root: Node
  /// Everything below the root, oldest first.
  let nodes: [Node]
  let parameters: [(name: String, node: Node)]
  /// The layers that are looked at, and all inside them.
  let layers: [LayerObject]
  let optimizer: Optimizer?
  let training: TrainingMemory
  private let known = Known()

  /// What many findings ask for and is found once.
  private final class Known {
    var guess: (loss: Double, zero: Double, words: String)??
    var fresh: Gradients??
    var ratios: [(name: String, ratio: Double)]?
  }

  var history: TrainingHistory { training.history }

  var findings: [Figure.Finding] {
    var facts = spoiledData + program + lossAndTargets + data + structure
    // A run that goes off is a cause of what follows, and a consequence of what came before.
    let isCaused = facts.contains { $0.verdict == .bad }
    facts += divergence.map { isCaused ? finding(.bad, $0.title, $0.text) : $0 }
    if !facts.contains(where: { $0.verdict == .bad }) { facts += straight }
    let isExplained = facts.contains { $0.verdict == .bad }
    let level = level
    var found = [level] + facts
    if root.value.isFinite {
      var advised = isExplained || isWorseThanGuess
      // Units that do not answer are why gradients are small, not the other way.
      let units = units
      let stuck = units.filter { $0.verdict == .bad }
      for symptom in stuck + gradientSizes + units.filter({ $0.verdict != .bad }) + updates {
        // Of symptoms, the first that is bad is advised on: the others follow from it.
        found.append(
          advised ? finding(symptom.verdict, symptom.title, symptom.text) : symptom)
        advised = advised || symptom.verdict == .bad
      }
    }
    // A cause stands before the loss that comes of it.
    let cause = found.indices.dropFirst().last { i in
      found[i].verdict == .bad && (i <= facts.count || !isExplained && !isWorseThanGuess)
    }
    if let cause, level.verdict != .good {
      found.insert(finding(level.verdict, level.title, level.text), at: cause + 1)
      found.removeFirst()
    }
    guard !found.contains(where: { $0.verdict == .bad }) else { return found }
    return found + [
      finding(
        .good, "all in all",
        (found.contains { $0.verdict == .look && $0.title != "loss" }
          ? "no fault that I can see, though what is marked ! is worth a look; I looked at "
          : "nothing wrong that I can see; I looked at ") + looked)
    ]
  }

  private var looked: String {
    let parts = [
      "the loss beside a guess", "the data", "what was cleared and stepped", "gradients", "units",
    ]
    return optimizer == nil
      ? parts.joined(separator: ", ")
        + "; with an optimizer, `diagnose(model, opt)`, at its next step too"
      : (parts + ["the optimizer's next step"]).joined(separator: ", ")
  }

  func finding(
    _ verdict: Figure.Finding.Verdict, _ title: String, _ text: String, _ hint: String? = nil
  ) -> Figure.Finding {
    Figure.Finding(verdict: verdict, title: title, text: text, hint: hint)
  }

  func show(_ x: Double) -> String { NumberFormat(digits: 3)(x) }

  /// Some names, and how many more.
  func list(_ names: [String]) -> String {
    names.count <= 4
      ? names.joined(separator: ", ")
      : names.prefix(3).joined(separator: ", ") + " and \(names.count - 3) more"
  }

  // MARK: The loss

  /// What a model that knows nothing would lose.
  var guess: (loss: Double, zero: Double, words: String)? {
    if let found = known.guess { return found }
    let found = Guess(self).best
    known.guess = .some(found)
    return found
  }

  /// Whether the loss is well below a guess: then what looks odd does no harm.
  var hasLearned: Bool {
    guard loss.shape.rank == 0 else { return false }
    guard let guess, guess.loss > 0 else {
      return history.steps > 0 && history.firstLoss > 0
        && history.meanLoss < 0.5 * history.firstLoss
    }
    return min(loss.number, history.meanLoss) < 0.5 * guess.loss
  }

  /// The library's loss, below sums, factors and penalties; the root where there is none.
  var loss: Node { Diagnosis.core(root) ?? root }

  private static func core(_ root: Node) -> Node? {
    var waiting = [root]
    while !waiting.isEmpty {
      let node = waiting.removeFirst()
      if node.isLeaf || node.shape.rank > 0 { continue }
      if node.op.family == .loss { return node }
      if node.op.family == .arithmetic { waiting += node.operands.compactMap({ $0.node }) }
    }
    return nil
  }

  /// What made a value, if nothing but another shape lies between.
  func source(_ node: Node) -> Node {
    var node = node
    while !node.isLeaf, node.op.family == .shape, case .node(let input) = node.operand(0) {
      node = input
    }
    return node
  }

  /// Start values, not a fault in learning: then gradients and units follow from it.
  private var isWorseThanGuess: Bool {
    guard loss.shape.rank == 0, history.steps < 20, let guess, guess.loss > 0 else { return false }
    return loss.number > 1.5 * max(guess.loss, guess.zero)
  }

  private var level: Figure.Finding {
    let value = loss.value[0]
    guard value.isFinite else {
      return finding(
        .bad, "loss", "\(show(value)): nothing can be learned from it", "look for its cause below")
    }
    let steps = history.steps
    guard let (guess, zero, words) = guess, guess > 0 else {
      return finding(.good, "loss", show(value))
    }
    if value < 0, loss.op.takesClasses {
      return finding(.look, "loss", "\(show(value)), below 0, where no such loss should be")
    }
    if value > 1.5 * max(guess, zero) {
      return finding(
        .bad, "loss", "\(show(value)), but \(words): worse than not knowing",
        "smaller start values for the last layer, or a smaller learning rate")
    }
    if value > 0.95 * guess {
      // Of batches, the last few together count.
      guard steps >= 100, history.meanLoss > 0.95 * guess else {
        return finding(.look, "loss", "\(show(value)); \(words): nothing learned yet")
      }
      return finding(
        .bad, "loss", "\(show(value)) after \(steps) steps; \(words): nothing learned",
        "another seed, more hidden units, or a larger learning rate")
    }
    return finding(.good, "loss", "\(show(value)); \(words)")
  }

  // MARK: Gradients

  /// The gradient of the last pass: as it is kept, or computed again where it has been cleared since.
  func gradient(_ node: Node) -> Tensor? { node.gradient ?? fresh?(node) }

  var fresh: Gradients? {
    if let found = known.fresh { return found }
    let found = try? graph.gradients(of: root)
    known.fresh = .some(found)
    return found
  }

  /// The size of each layer's weight gradient for one weight; along a healthy network it changes little.
  private var gradientSizes: [Figure.Finding] {
    let weights = parameters.filter { $0.node.shape.rank > 1 }
    let shown = weights.isEmpty ? parameters : weights
    let fresh = fresh
    let sizes = shown.compactMap { name, node -> (name: String, size: Double)? in
      guard let gradient = node.gradient ?? fresh?(node) else { return nil }
      let sum = gradient.values.reduce(0) { $0 + $1 * $1 }
      return (name, (sum / Double(max(1, gradient.count))).squareRoot())
    }
    guard let first = sizes.first, let last = sizes.last else { return [] }
    let parts = sizes.map { "\($0.name) \(show($0.size))" }
    let line = (parts.count > 5 ? parts.prefix(2) + ["…"] + parts.suffix(2) : parts[...])
      .joined(separator: ", ")
    let largest = sizes.map { $0.size }.max() ?? 0
    // A loss that is a sum is as many times larger as it has samples.
    let isSum = loss.op.family == .loss && loss.attributes.word("reduction") == "sum"
    let samples = isSum ? Double(max(1, predictions?.shape.dims.first ?? 1)) : 1
    if largest / samples > 100, !hasLearned, isFast {
      return [
        finding(
          .bad, "gradient by layer", "exploding: " + line,
          "`clip_grad_norm(model, 1)`, smaller start values or a smaller learning rate")
      ]
    }
    if largest == 0 {
      return [
        finding(
          .bad, "gradient by layer", "all zero: " + line, "look at the units below, and at the loss"
        )
      ]
    }
    if sizes.count > 1, first.size < 1e-2 * last.size, !hasLearned {
      return [
        finding(
          .bad, "gradient by layer",
          "vanishing: the first layer's is \(show(first.size / last.size)) of the last one's: "
            + line,
          "relu instead of sigmoid, kaiming start values, batch norm, or fewer layers")
      ]
    }
    // Where nothing is learned at all, the last layer's gradient has gone to 0 as well.
    let bent = nodes.filter { $0.op.bounds?.high != nil && !$0.isLeaf && $0.isTracked }.count
    if bent >= 3, largest < 1e-3, first.size < 1e-4, !hasLearned {
      return [
        finding(
          .bad, "gradient by layer", "vanishing through \(bent) activations: " + line,
          "relu instead of sigmoid, kaiming start values, batch norm, or fewer layers")
      ]
    }
    return [finding(.good, "gradient by layer", line)]
  }

  /// Whether the next step is long; without an optimizer no one knows.
  private var isFast: Bool { ratios.map { $0.ratio }.max().map { $0 > 0.1 } ?? true }

  // MARK: Units

  /// Rectifiers that are 0 for the whole batch learn nothing from it; saturated units next to nothing.
  private var units: [Figure.Finding] {
    nodes.compactMap { node in
      guard !node.isLeaf, node.shape.rank > 1 else { return nil }
      let (rows, width) = (node.shape[0], node.shape.dims.dropFirst().reduce(1, *))
      guard rows > 1, width > 0 else { return nil }
      let name = graph.label(of: node) ?? node.op.name
      switch (node.op.bounds?.low ?? floor(node), node.op.bounds?.high) {
      case (let low?, nil): return rectifiers(node.value.values, low, rows, width, name)
      case (let low?, let high?): return ends(node.value.values, low, high, name)
      default: return nil
      }
    }
  }

  /// The number that an op such as `maximum(0, x)` does not go below.
  private func floor(_ node: Node) -> Double? {
    guard node.isTracked, node.op.family == .elementwise, node.operandCount == 2,
      case .call = node.op.notation,
      let number = node.operands.first(where: {
        $0.node.map { !$0.isTracked && $0.shape.rank == 0 } ?? true
      })?
      .value[0]
    else { return nil }
    return node.value.values.min() == number ? number : nil
  }

  private func rectifiers(
    _ values: [Double], _ low: Double, _ rows: Int, _ width: Int, _ name: String
  ) -> Figure.Finding {
    let dead = (0..<width).filter { k in (0..<rows).allSatisfy { values[$0 * width + k] == low } }
      .count
    let text = "\(name): \(dead) of \(width) are 0 for the whole batch"
    if dead * 2 > width, !hasLearned {
      return finding(
        .bad, "dead relu", text, "kaiming start values, leaky_relu, or a smaller learning rate")
    }
    return dead * 5 > width
      ? finding(.look, "dead relu", text) : finding(.good, "relu units", text)
  }

  private func ends(_ values: [Double], _ low: Double, _ high: Double, _ name: String)
    -> Figure.Finding?
  {
    let margin = 0.005 * (high - low)
    let stuck = values.filter { $0 > high - margin || $0 < low + margin }.count
    let share = Double(stuck) / Double(values.count)
    let text =
      "\(name): \(show(100 * share))% of the outputs are at an end, where the slope is near 0"
    if share > 0.5, !hasLearned {
      return finding(
        .bad, "saturated", text, "smaller start values, or inputs put through `standardize`")
    }
    return share > 0.2 ? finding(.look, "saturated", text) : nil
  }

  // MARK: Updates

  /// Whether the steps, not the gradients, are why nothing moves.
  var isTooShort: Bool {
    guard let share, share < 1e-5, history.steps >= 20,
      history.meanLoss > 0.9 * history.firstLoss
    else { return false }
    return parameters.contains { _, node in
      gradient(node)?.values.contains { abs($0) > 1e-3 } ?? false
    }
  }

  /// How far the next step moves all parameters together.
  private var share: Double? {
    guard let optimizer else { return nil }
    var (moved, size) = (0.0, 0.0)
    for (_, node) in parameters {
      guard let next = try? optimizer.preview(node) else { continue }
      let old = node.value.values
      moved += zip(next.values, old).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      size += old.reduce(0) { $0 + $1 * $1 }
    }
    return size > 0 ? (moved / size).squareRoot() : nil
  }

  private var ratios: [(name: String, ratio: Double)] {
    guard let optimizer else { return [] }
    if let found = known.ratios { return found }
    let weights = parameters.filter { $0.node.shape.rank > 1 }
    let found = (weights.isEmpty ? parameters : weights).compactMap {
      name, node -> (name: String, ratio: Double)? in
      guard let next = try? optimizer.preview(node) else { return nil }
      let old = node.value.values
      let moved = zip(next.values, old).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      let size = old.reduce(0) { $0 + $1 * $1 }
      return size > 0 ? (name, (moved / size).squareRoot()) : nil
    }
    known.ratios = found
    return found
  }

  /// How far the next step moves each weight, as a share of its size; about 1e-3 is usual.
  private var updates: [Figure.Finding] {
    guard let optimizer else { return [] }
    let ratios = ratios
    guard let most = ratios.map({ $0.ratio }).max() else { return [] }
    let line = ratios.map { "\($0.name) \(show($0.ratio))" }.joined(separator: ", ")
    let usual = "an update of about 0.001 of the weights is usual"
    if most > 0.5 {
      return [
        finding(.bad, "update/weight", "large: " + line, "a smaller learning rate; \(usual)")
      ]
    }
    if most > 0.1, optimizer.stepCount > 3, !hasLearned {
      return [finding(.look, "update/weight", "large: " + line, usual)]
    }
    if most < 1e-5 || isTooShort, !hasLearned {
      // Where nothing moves after some time, the steps are too short; at the start it is worth a look.
      let stays = isTooShort
      return [
        finding(
          stays ? .bad : .look, "update/weight", "tiny: " + line,
          "a larger learning rate; \(usual)")
      ]
    }
    return [finding(.good, "update/weight", line)]
  }
}
