// What the loss compares, and what the model was given.
import Platform
import Autograd
import Interpreter
import Tensors

extension Diagnosis {
  // MARK: The loss and its targets

  var lossAndTargets: [Figure.Finding] {
    var found: [Figure.Finding] = []
    let root = loss
    if let own = root.op.applies?(), case .node(let given) = root.operand(0),
      case let scores = source(given), !scores.isLeaf, root.op.applies(again: scores.op)
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
    let root = loss
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
    } else if targets.shape.dims == [predictions.shape[0]], isLasting(targets),
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
    guard !loss.op.takesClasses, let predictions, let targets, targets.shape.count > 1,
      targets.value.isFinite, let low = targets.value.values.min(),
      let high = targets.value.values.max()
    else { return [] }
    if loss.op.applies != nil, low < -1e-9 || high > 1 + 1e-9 {
      return [
        finding(
          .bad, "targets",
          "they go from \(show(low)) to \(show(high)), but chances lie between 0 and 1",
          "targets of 0 and 1; for several classes `cross_entropy`")
      ]
    }
    let last = source(predictions)
    if !last.isLeaf, last.op.family == .activation,
      last.op.settings.contains(where: { $0.isGuess }),
      low < -1e-9 || high > 1 + 1e-9, last.value.values.allSatisfy({ $0 >= 0 && $0 <= 1 })
    {
      return [
        finding(
          .bad, "targets",
          "they go from \(show(low)) to \(show(high)), but `\(last.op.name)` at the end gives 0 to 1",
          "leave out the last activation")
      ]
    }
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
    if low == high, isLasting(targets) {
      return [
        finding(
          .bad, "targets",
          "all \(targets.shape.count) are \(show(low)): there is nothing to tell apart",
          "look at how the targets were made")
      ]
    }
    let scale = spread(targets.value.values)
    if scale > 50, !hasLearned, loss.op.applies == nil {
      return [
        finding(
          .bad, "targets",
          "they go from \(show(low)) to \(show(high)): a network starts near 0 and moves in small steps",
          "bring them to a mean of 0 and a spread of 1, and the predictions back afterwards")
      ]
    }
    return []
  }

  /// Whether these targets are those of every pass: of a batch of its own, or made for one pass, all may be alike.
  private func isLasting(_ targets: Node) -> Bool {
    targets.shape.count > 7
      && (history.passes > 1 ? targets.time < history.start : graph.label(of: targets) != nil)
  }

  private func spread(_ values: [Double]) -> Double {
    (values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))).squareRoot()
  }

  /// The activation that made the predictions, if nothing but another shape lies between.
  private func bounded(_ node: Node) -> Node? {
    let node = source(node)
    return !node.isLeaf && node.op.family == .activation && node.op.bounds != nil ? node : nil
  }

  /// What the loss compares: predictions and targets; of a loss written out, the two sides of its difference.
  var predictions: Node? { compared?.0 }
  var targets: Node? { compared?.1 }

  private var compared: (Node, Node)? {
    var node = loss
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
      guard let next = node.operands.compactMap({ $0.node }).first(where: { $0.isTracked }) else {
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
    for node in nodes where !node.isLeaf && isWeighted(node) {
      let operands = node.operands.compactMap { $0.node }
      for operand in operands.prefix(2) where !operand.isTracked && operand.shape.rank > 0 {
        if operand.dtype.isFloat || operand.isLeaf, !found.contains(where: { $0 === operand }) {
          found.append(operand)
        }
      }
    }
    return found
  }

  /// Whether an op multiplies by weights: a product, a layer, a convolution, `k*x`.
  private func isWeighted(_ node: Node) -> Bool {
    let isProduct: Bool =
      switch node.op.family {
      case .product, .layer, .window: true
      default:
        if case .infix(let symbol, _) = node.op.notation { symbol.contains("*") } else { false }
      }
    return isProduct && !node.op.name.includes("norm")
      && node.operands.contains { $0.node.map(isWeight) ?? false }
  }

  /// A parameter, or one in another shape: `W.T`.
  func isWeight(_ node: Node) -> Bool {
    let node = source(node)
    return node.isParameter
  }

  /// Whether what is made of an input is brought to scale at once.
  private func isNormalized(_ input: Node) -> Bool {
    let users = nodes.filter { node in node.operands.contains { $0.node === input } }
    return nodes.contains { node in
      node.op.name.includes("norm")
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
    let name = called(input, "the batch")
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
}
