// What the program did with the parameters: held, cleared, stepped, cut off.
import Autograd
import Interpreter
import Tensors
import Training

extension Diagnosis {
  // MARK: Numbers that are none

  /// A nan or inf that came with the data.
  var spoiledData: [Figure.Finding] {
    if let input = inputs.first(where: { !$0.value.isFinite }) {
      return [
        finding(
          .bad, "data", "\(called(input, "the batch")) holds nan or inf",
          "leave such samples out, or put a number in their place")
      ]
    }
    if let targets, !targets.isTracked, !targets.value.isFinite {
      return [finding(.bad, "data", "the targets hold nan or inf", "leave such samples out")]
    }
    return []
  }

  /// A loss that grew, or became no number.
  var divergence: [Figure.Finding] {
    if root.value.isFinite {
      let (first, steps) = (history.firstLoss, history.steps)
      guard steps >= 5, first > 0, first.isFinite, root.isScalar, !hasLearned else { return [] }
      let hint = "start afresh with a smaller learning rate"
      if root.number > 2 * first, root.number > 4 * max(history.lowestLoss, 0) {
        return [
          finding(
            .bad, "diverged",
            "the loss has grown from \(show(first)) to \(show(root.number)) in \(steps) steps", hint
          )
        ]
      }
      if let guess, history.highestLoss > 10 * max(first, guess.loss) {
        return [
          finding(
            .bad, "diverged",
            "the loss leapt from \(show(first)) to \(show(history.highestLoss)) on the way", hint)
        ]
      }
      return []
    }
    let born = nodes.first { node in
      !node.isLeaf && !node.value.isFinite && node.operands.allSatisfy { $0.value.isFinite }
    }
    let spoiled = parameters.first { !$0.node.value.isFinite }
    // A loss that was fine in the pass before did not grow.
    let before = history.lastFinite
    let atOnce =
      "a nan or inf came at once, with the data or from an op at the edge of where it is defined"
    let edges =
      "look for nan in the batches, and for log(0), sqrt at 0, 0/0: `clamp` keeps away from these"
    if history.steps > 0, !history.firstLoss.isFinite, spoiled != nil {
      return [
        finding(
          .bad, "not a number",
          "the loss was \(show(history.firstLoss)) in the very first pass: \(atOnce)", edges)
      ]
    }
    if history.steps > 0, before.isFinite, !isHuge(born),
      abs(before) <= 10 * max(abs(history.firstLoss), abs(history.lowestLoss))
    {
      return [
        finding(
          .bad, "not a number", "the loss was \(show(before)) in the last good pass: \(atOnce)",
          edges)
      ]
    }
    if history.steps > 0, history.firstLoss.isFinite, spoiled != nil || isHuge(born) {
      let from = show(history.firstLoss)
      return [
        finding(
          .bad, "diverged",
          "the loss went from \(from) to \(show(root.value[0])) in \(history.steps) steps",
          "start afresh with a smaller learning rate; `clip_grad_norm(model, 1)` before each step helps too"
        )
      ]
    }
    if let spoiled {
      return [
        finding(
          .bad, "weights", "\(spoiled.name) holds nan or inf",
          "start afresh, with other start values")
      ]
    }
    guard let born else { return [] }
    let given = born.operands.map { $0.value }
      .filter { $0.count > 0 }.map { values in
        let (low, high) = (values.values.min() ?? 0, values.values.max() ?? 0)
        return values.count == 1 || low == high
          ? show(low) : "numbers from \(show(low)) to \(show(high))"
      }
    return [
      finding(
        .bad, "not a number",
        "\(called(born, "a value")) is born as nan or inf in `\(born.op.name)` of \(given.joined(separator: " and "))",
        "keep what `\(born.op.name)` is given where it is defined, for instance with `clamp`")
    ]
  }

  private func isHuge(_ born: Node?) -> Bool {
    born?.operands.contains { operand in operand.value.values.contains { abs($0) > 1e30 } } == true
  }

  func called(_ node: Node, _ other: String) -> String {
    graph.label(of: node).map { "`\($0)`" } ?? other
  }

  // MARK: What the program did

  var program: [Figure.Finding] {
    var found: [Figure.Finding] = []
    let isForeign = holder
    if let isForeign { found.append(isForeign) }
    if let unreached { found.append(unreached) }
    if history.clearedBeforeStep {
      found.append(
        finding(
          .bad, "zero_grad",
          "gradients are cleared after `backward` and before the step that needs them",
          "`opt.zero_grad()` before `loss.backward()`, `opt.step()` after it"))
    } else if isForeign == nil, accumulates {
      found.append(
        finding(
          .bad, "zero_grad", "the gradients are sums of several passes",
          "`opt.zero_grad()` before each `loss.backward()`"))
    }
    // Steps may be made by hand, `w := w - 0.1*w.grad`; of several optimizers each counts its own.
    let isStill = parameters.allSatisfy { $0.node.time <= history.start }
    let never = optimizer.map { $0.stepCount == 0 && $0.clearCount >= 5 } ?? false
    let isMissing =
      history.steps == 0 ? isStill : history.lost >= 5 && !history.clearedBeforeStep
    if never || history.passes >= 5 && isMissing {
      let steps =
        history.steps == 0 ? "no step" : "\(history.steps) step\(history.steps == 1 ? "" : "s")"
      found.append(
        finding(
          .bad, "step", "\(history.passes) backward passes, and \(steps)",
          "`opt.step()` after each `loss.backward()`"
        ))
    }
    // A layer that does the same in both modes is told of only as the whole that was put there.
    let asleep = layers.filter { !$0.isTraining && $0.modeChanged < history.backward }
    let telling = asleep.filter { part in
      part === layers.first || part.type.hasPrefix("dropout") || part.type.hasPrefix("batchnorm")
    }
    if let part = telling.first {
      let what = part === layers.first ? "the model" : "`\(part.name ?? part.type)`"
      found.append(
        finding(
          .bad, "mode", "\(what) was in eval mode in the last backward pass",
          "`model.train()` before the training loop, and after each `model.eval()`"))
    }
    return found + settings
  }

  /// Whether the optimizer holds what is trained.
  private var holder: Figure.Finding? {
    guard let optimizer, !optimizer.parameters.isEmpty else { return nil }
    let held = Set(optimizer.parameters.map(ObjectIdentifier.init))
    // What has moved all the same is held by another one.
    let missing = parameters.filter { _, node in
      !held.contains(ObjectIdentifier(node)) && (history.passes < 2 || node.time <= history.start)
    }
    guard !missing.isEmpty else { return nil }
    if missing.count == parameters.count {
      return finding(
        .bad, "optimizer", "it holds none of these parameters, so its steps move others",
        "make it from this model, after the model: `opt = \(optimizer.kind)(model, lr=\(show(optimizer["lr"] ?? 0.1)))`"
      )
    }
    return finding(
      .bad, "optimizer", "it does not hold \(list(missing.map { $0.name })): they never move",
      "give it the whole model: `\(optimizer.kind)(model, lr=\(show(optimizer["lr"] ?? 0.1)))`")
  }

  private var settings: [Figure.Finding] {
    var found: [Figure.Finding] = []
    // What is added to a loss by hand.
    let added = root.value[0] - loss.value[0]
    if root !== loss, loss.shape.rank == 0, added > 2 * abs(loss.number), !hasLearned {
      found.append(
        finding(
          .bad, "weight_decay",
          "what is added to the loss is \(show(added)), the loss itself \(show(loss.number)): it is the penalty that is learned",
          "a penalty with a factor such as 1e-4"))
    }
    guard let optimizer else { return found }
    if optimizer.climbs {
      found.append(
        finding(
          .bad, "optimizer", "`maximize=true`: its steps make the loss larger",
          "leave `maximize` out"))
    }
    if let rate = optimizer["lr"], abs(rate) < 1e-12, !hasLearned {
      found.append(
        finding(
          .bad, "learning rate", "it is \(show(rate)): nothing moves",
          "a rate such as 0.1 for sgd or 1e-3 for adam; a schedule may have brought it down"))
    }
    if let decay = optimizer["weight_decay"], decay > 0, !hasLearned {
      let pulls = parameters.filter { _, node in
        guard let gradient = gradient(node) else { return false }
        let pull = decay * size(node.value)
        return node.shape.rank > 1 && pull > 2 * size(gradient)
      }
      let weights = parameters.filter { $0.node.shape.rank > 1 }
      if decay >= 0.1, !weights.isEmpty, pulls.count * 2 > weights.count {
        found.append(
          finding(
            .bad, "weight_decay",
            "\(show(decay)) pulls \(list(pulls.map { $0.name })) to 0 harder than the loss pulls elsewhere",
            "a weight_decay such as 1e-4"))
      }
    }
    return found
  }

  private func size(_ tensor: Tensor) -> Double {
    tensor.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// Whether what is stored is more than the last pass brought, or was when a step went along it.
  private var accumulates: Bool {
    // An optimizer that forgets before each step holds what a GAN's other pass added only till then.
    if let optimizer, optimizer.stepCount > 1, optimizer.clearCount >= optimizer.stepCount {
      return false
    }
    if parameters.contains(where: { training.isSummed($0.node) }) { return true }
    guard let fresh else { return false }
    return parameters.contains { _, parameter in
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

  /// Parameters that the last pass did not reach, and what cut them off.
  private var unreached: Figure.Finding? {
    let reached = Set(training.reached.map(ObjectIdentifier.init))
    // Another pass may have reached it: then it has a gradient.
    let missing = parameters.filter { _, node in
      !reached.contains(ObjectIdentifier(node)) && node.gradient == nil
    }
    guard !missing.isEmpty, missing.count < parameters.count || !training.reached.isEmpty else {
      return nil
    }
    let names = list(missing.map { $0.name })
    let isBelow = missing.contains { p in nodes.contains { $0 === p.node } }
    guard isBelow, let cut = graph.cut(below: root) else {
      return finding(
        .bad, "no gradient", "\(names): the loss was not computed from them",
        "use the layer in the model's `forward`, or leave it out; what `no_grad` computes counts as data"
      )
    }
    let (what, hint) = words(cut)
    return finding(.bad, "no gradient", "\(names): \(what)", hint)
  }

  private func words(_ cut: Cut) -> (String, String) {
    let name = cut.name.map { "`\($0)` " } ?? "a value on the way "
    return switch cut.reason {
    case .op(let op):
      (name + "comes from `\(op.name)`, which has no slope", "leave `\(op.name)` out of the way")
    case .detached:
      (name + "was cut off by `detach`", "leave out `.detach()` where gradients should pass")
    case .noGrad: (name + "was computed inside `no_grad`", "compute it outside of `no_grad`")
    case .number: (name + "was taken out as a number", "keep the value itself")
    }
  }
}
