// What lies at hand before any symptom: what was held, cleared, stepped, given.
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
          .bad, "data", "\(name(input, "the batch")) holds nan or inf",
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
        "\(name(born, "a value")) is born as nan or inf in `\(born.op.name)` of \(given.joined(separator: " and "))",
        "keep what `\(born.op.name)` is given where it is defined, for instance with `clamp`")
    ]
  }

  private func isHuge(_ born: Node?) -> Bool {
    born?.operands.contains { operand in operand.value.values.contains { abs($0) > 1e30 } } == true
  }

  private func name(_ node: Node, _ other: String) -> String {
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
    if history.passes >= 5, history.steps == 0 || history.lost >= 5 && !history.clearedBeforeStep {
      let steps =
        history.steps == 0 ? "no step" : "\(history.steps) step\(history.steps == 1 ? "" : "s")"
      found.append(
        finding(
          .bad, "step", "\(history.passes) backward passes, and \(steps)",
          "`opt.step()` after each `loss.backward()`"
        ))
    }
    if let layer, !layer.isTraining, layer.modeChanged < history.backward {
      found.append(
        finding(
          .bad, "mode", "the model was in eval mode in the last backward pass",
          "`model.train()` before the training loop"))
    }
    return found + settings
  }

  /// Whether the optimizer holds what is trained.
  private var holder: Figure.Finding? {
    guard let optimizer, !optimizer.parameters.isEmpty else { return nil }
    let held = Set(optimizer.parameters.map(ObjectIdentifier.init))
    let missing = parameters.filter { !held.contains(ObjectIdentifier($0.node)) }
    guard !missing.isEmpty else { return nil }
    if missing.count == parameters.count {
      return finding(
        .bad, "optimizer", "it holds none of these parameters, so its steps move others",
        "make it from this model, after the model: `opt = \(optimizer.kind)(model, lr=\(show(optimizer["lr"] ?? 0.1)))`"
      )
    }
    return finding(
      .bad, "optimizer", "it does not hold \(list(missing.map(\.name))): they never move",
      "give it the whole model: `\(optimizer.kind)(model, lr=\(show(optimizer["lr"] ?? 0.1)))`")
  }

  private var settings: [Figure.Finding] {
    guard let optimizer else { return [] }
    var found: [Figure.Finding] = []
    if optimizer.climbs {
      found.append(
        finding(
          .bad, "optimizer", "`maximize=true`: its steps make the loss larger",
          "leave `maximize` out"))
    }
    if let rate = optimizer["lr"], abs(rate) < 1e-12 {
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
            "\(show(decay)) pulls \(list(pulls.map(\.name))) to 0 harder than the loss pulls elsewhere",
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
    if parameters.contains(where: { training.isSummed($0.node) }) { return true }
    guard let fresh = try? graph.gradients(of: root) else { return false }
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
    let missing = parameters.filter { !reached.contains(ObjectIdentifier($0.node)) }
    guard !missing.isEmpty, missing.count < parameters.count || !training.reached.isEmpty else {
      return nil
    }
    let names = list(missing.map(\.name))
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

  // MARK: The loss and its targets

  var lossAndTargets: [Figure.Finding] {
    var found: [Figure.Finding] = []
    if let own = root.op.applies?(), case .node(let scores) = root.operand(0),
      root.op.applies(again: scores.op)
    {
      found.append(
        finding(
          .bad, "softmax twice", "`\(root.op.name)` was given the result of `\(scores.op.name)`",
          "leave out `\(scores.op.name)`; the loss applies \(own.name) itself"))
    }
    if let table = nodes.first(where: { $0.flags.contains(.crossed) }) {
      found.append(
        finding(
          .bad, "shapes in the loss", "a column met a row: \(table.shape), each with each",
          "`.squeeze(1)` on the predictions"))
    } else if let predictions, let targets, root.op.family == .loss, !root.op.takesClasses,
      predictions.shape != targets.shape
    {
      found.append(
        finding(
          .bad, "shapes in the loss",
          "predictions \(predictions.shape) meet targets \(targets.shape): each with each",
          "`.squeeze(1)` on the predictions"))
    }
    if root.op.takesClasses { found += classes }
    found += reach
    return found
  }

  private var classes: [Figure.Finding] {
    guard let predictions, predictions.shape.rank > 1, let targets else { return [] }
    var found: [Figure.Finding] = []
    if root.op.applies == nil, let largest = predictions.value.values.max(), largest > 1e-6 {
      found.append(
        finding(
          .bad, "scores in the loss",
          "`\(root.op.name)` was given numbers up to \(show(largest)), and logarithms of probabilities are at most 0",
          "`log_softmax(scores, dim=1)` before it, or `cross_entropy` on the scores"))
    }
    if predictions.shape[1] == 1 {
      found.append(
        finding(
          .bad, "one class", "the scores have one column: the only class is always right",
          "one output for each class, or `binary_cross_entropy_with_logits`"))
    } else if targets.shape.dims == [predictions.shape[0]], targets.shape.count > 7,
      Set(targets.value.values).count == 1
    {
      found.append(
        finding(
          .bad, "targets",
          "all \(targets.shape.count) are of class \(show(targets.value[0])): there is nothing to tell apart",
          "shuffle the data before it is split or cut into batches"))
    }
    return found
  }

  /// Targets that the last activation cannot give, or that say nothing.
  private var reach: [Figure.Finding] {
    guard !root.op.takesClasses, let predictions, let targets, targets.shape.count > 1,
      targets.value.isFinite, let low = targets.value.values.min(),
      let high = targets.value.values.max()
    else { return [] }
    if let source = bounded(predictions), let bounds = source.op.bounds,
      low < bounds.low - 1e-9 || high > (bounds.high ?? .infinity) + 1e-9
    {
      let range =
        bounds.high.map { "\(show(bounds.low)) to \(show($0))" } ?? "\(show(bounds.low)) and more"
      return [
        finding(
          .bad, "targets",
          "they go from \(show(low)) to \(show(high)), but `\(source.op.name)` at the end gives \(range)",
          "leave out the last activation, or bring the targets into its range")
      ]
    }
    if low == high, targets.shape.count > 7 {
      return [
        finding(
          .bad, "targets",
          "all \(targets.shape.count) are \(show(low)): there is nothing to tell apart",
          "look at how the targets were made")
      ]
    }
    let scale = spread(targets.value.values)
    if scale > 50, !hasLearned, root.op.applies == nil {
      return [
        finding(
          .bad, "targets",
          "they go from \(show(low)) to \(show(high)): a network starts near 0 and moves in small steps",
          "bring them to a mean of 0 and a spread of 1, and the predictions back afterwards")
      ]
    }
    return []
  }

  private func spread(_ values: [Double]) -> Double {
    (values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))).squareRoot()
  }

  /// The activation that made the predictions, if nothing but another shape lies between.
  private func bounded(_ node: Node) -> Node? {
    var node = node
    while !node.isLeaf, node.op.family == .shape, case .node(let input) = node.operand(0) {
      node = input
    }
    return !node.isLeaf && node.op.family == .activation && node.op.bounds != nil ? node : nil
  }

  /// What the loss compares: predictions and targets; of a loss written out, the two sides of its difference.
  var predictions: Node? { compared?.0 }
  var targets: Node? { compared?.1 }

  private var compared: (Node, Node)? {
    var node = root
    while !node.isLeaf {
      if node.op.family == .loss {
        guard node.operandCount > 1, case .node(let a) = node.operand(0),
          case .node(let b) = node.operand(1)
        else { return nil }
        return (a, b)
      }
      if node.operandCount == 2, case .node(let a) = node.operand(0),
        case .node(let b) = node.operand(1), a.isTracked != b.isTracked,
        case .infix(let symbol, _) = node.op.notation, symbol.contains("-")
      {
        return a.isTracked ? (a, b) : (b, a)
      }
      guard let next = node.operands.compactMap(\.node).first(where: \.isTracked) else {
        return nil
      }
      node = next
    }
    return nil
  }

  // MARK: The data

  /// What is multiplied by parameters and is none itself.
  var inputs: [Node] {
    var found: [Node] = []
    for node in nodes where !node.isLeaf && (node.op.family == .product || node.op.family == .layer)
    {
      let operands = node.operands.compactMap(\.node)
      guard operands.contains(where: { $0.isParameter && $0.shape.rank > 1 }) else { continue }
      for operand in operands.prefix(2) where !operand.isTracked && operand.shape.rank > 1 {
        if operand.dtype.isFloat || operand.isLeaf, !found.contains(where: { $0 === operand }) {
          found.append(operand)
        }
      }
    }
    return found
  }

  /// Whether what is made of an input is brought to scale at once.
  private func isNormalized(_ input: Node) -> Bool {
    let users = nodes.filter { node in node.operands.contains { $0.node === input } }
    return nodes.contains { node in
      node.op.name.contains("norm")
        && node.operands.contains { operand in users.contains { $0 === operand.node } }
    }
  }

  var data: [Figure.Finding] {
    guard let input = inputs.first, input.value.isFinite, input.shape.count > 1,
      !isNormalized(input)
    else { return [] }
    let values = input.value.values
    let (rows, width) = (input.shape[0], input.shape.dims.dropFirst().reduce(1, *))
    guard let low = values.min(), let high = values.max(), width > 0 else { return [] }
    let name = name(input, "the batch")
    let range = "\(name) goes from \(show(low)) to \(show(high))"
    let scale = spread(values)
    let verdict: Figure.Finding.Verdict = hasLearned ? .look : .bad
    if rows > 3,
      (1..<rows).allSatisfy({ row in
        values[row * width..<(row + 1) * width].elementsEqual(values[..<width])
      })
    {
      return [
        finding(
          .bad, "data", "all \(rows) rows of \(name) are the same", "look at how the batch was made"
        )
      ]
    }
    if scale > 30 {
      return [
        finding(
          verdict, "data",
          range + ": units saturate, and steps that suit one weight are too long for another",
          "`train, test = standardize(train, test)`, or (X - mean(X, dim=0))/std(X, dim=0)")
      ]
    }
    if scale < 1e-3 {
      return [
        finding(
          verdict, "data", range + ": next to nothing arrives at the first layer",
          "bring it to a spread of 1, as `standardize` does")
      ]
    }
    let columns = (0..<width).map { column in
      spread(stride(from: column, to: values.count, by: width).map { values[$0] })
    }.filter { $0 > 0 }
    if input.shape.rank == 2, let least = columns.min(), let most = columns.max(),
      most > 1_000 * least,
      most > 5
    {
      return [
        finding(
          verdict, "data", "columns of \(name) differ by a factor of \(show(most / least)) in size",
          "`train, test = standardize(train, test)`")
      ]
    }
    return []
  }

  // MARK: The structure

  var structure: [Figure.Finding] { copies + bends + silenced }

  private var layers: [Node] { nodes.filter(isLinear) }

  private func isLinear(_ node: Node) -> Bool {
    guard !node.isLeaf, node.op.family == .product || node.op.family == .layer else { return false }
    return node.operands.dropFirst().contains { operand in
      operand.node.map { $0.isParameter && $0.shape.rank > 1 } ?? false
    }
  }

  /// What is left to say where all else is sound and nothing is learned.
  var straight: [Figure.Finding] {
    guard layers.count == 1, history.steps >= 100, root.isScalar, let guess,
      root.number > 0.9 * guess.loss
    else { return [] }
    return [
      finding(
        .bad, "no bend",
        "one linear layer: it can draw a straight line only, and the data do not follow one",
        "a hidden layer with an activation: `mlp(2, [8], 1)`")
    ]
  }

  /// Units that start equal get equal gradients and stay equal for ever.
  private var copies: [Figure.Finding] {
    parameters.compactMap { name, node in
      guard node.shape.rank == 2, node.shape[0] > 1, node.shape[1] > 0 else { return nil }
      let (rows, width) = (node.shape[0], node.shape[1])
      let values = node.value.values
      // A weight that is multiplied from the right has its units in columns.
      let isRight = nodes.contains { user in
        user.op.family == .product && user.operandCount > 1 && user.operand(1).node === node
      }
      let units = isRight ? width : rows
      guard units > 1 else { return nil }
      let same = (1..<units).allSatisfy { unit in
        isRight
          ? (0..<rows).allSatisfy { values[$0 * width + unit] == values[$0 * width] }
          : values[unit * width..<(unit + 1) * width].elementsEqual(values[..<width])
      }
      guard same, isHidden(node) || values.contains(where: { $0 != 0 }) else { return nil }
      return finding(
        .bad, "copies", "\(name): all \(units) units are equal, and will stay so",
        "start values that differ, such as kaiming_uniform")
    }
  }

  /// Whether other weights come after this one.
  private func isHidden(_ weight: Node) -> Bool {
    guard let user = nodes.firstIndex(where: { $0.operands.contains { $0.node === weight } }) else {
      return false
    }
    return nodes[(user + 1)...].contains { later in
      later.operands.contains { operand in
        operand.node.map { $0.isParameter && $0.shape.rank > 1 && $0 !== weight } ?? false
      }
    }
  }

  /// A linear map of a linear map is one linear map.
  private var bends: [Figure.Finding] {
    guard !hasLearned else { return [] }
    /// Through sums with a bias and other shapes, to what a layer was given.
    func source(_ node: Node) -> Node? {
      var node = node
      while !node.isLeaf, !isLinear(node) {
        let isSum: Bool =
          if case .infix(let symbol, _) = node.op.notation { symbol.contains("+") } else { false }
        guard node.op.family == .shape || isSum,
          let next = node.operands.compactMap(\.node).first(where: { !$0.isLeaf && $0.isTracked })
        else { return nil }
        node = next
      }
      return isLinear(node) ? node : nil
    }
    for layer in layers {
      guard case .node(let input) = layer.operand(0), let before = source(input) else { continue }
      let inner = input.shape.dims.last ?? 0
      let outer = min(layer.shape.dims.last ?? 0, inputWidth(before))
      // Through a narrow waist two maps are not what one would be.
      guard inner >= outer else { continue }
      return [
        finding(
          .bad, "no bend",
          "\(name(before, "one layer")) goes into the next layer as it is: two linear layers in a row are one",
          "an activation between them, such as `relu()`")
      ]
    }
    return []
  }

  private func inputWidth(_ layer: Node) -> Int {
    guard case .node(let input) = layer.operand(0) else { return 0 }
    return input.shape.dims.last ?? 0
  }

  /// Dropout that leaves next to nothing.
  private var silenced: [Figure.Finding] {
    guard let layer else { return [] }
    return layer.allLayers.compactMap { part in
      guard part.type.hasPrefix("dropout"), case .number(let p)? = part.arguments.first?.value,
        p >= 0.8
      else {
        return nil
      }
      return finding(
        hasLearned ? .look : .bad, "dropout",
        "\(show(100 * p))% of the units are silenced in each pass",
        "a probability of 0.5 or less")
    }
  }
}
