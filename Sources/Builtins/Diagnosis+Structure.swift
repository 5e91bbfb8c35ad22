// How the model is built: units that are copies, layers without a bend.
import Platform
import Autograd
import Interpreter
import Tensors

extension Diagnosis {
  // MARK: The structure

  var structure: [Figure.Finding] { copies + bends + silenced }

  private var linears: [Node] { nodes.filter(isLinear) }

  private func isLinear(_ node: Node) -> Bool {
    guard !node.isLeaf, [.product, .layer, .window].contains(node.op.family) else { return false }
    return node.operands.dropFirst().prefix(1).contains { $0.node.map(isWeight) ?? false }
      && !node.op.name.includes("norm")
  }

  /// What is left to say where all else is sound and nothing is learned.
  var straight: [Figure.Finding] {
    // Of a relation buried in noise a line may take a few per cent: then it does follow.
    guard linears.count == 1, history.steps >= 100, !isTooShort, loss.shape.rank == 0, let guess,
      min(loss.number, history.meanLoss) > 0.98 * guess.loss,
      !nodes.contains(where: {
        !$0.isLeaf && $0.isTracked && $0.shape.rank > 0 && $0.op.family == .elementwise
      })
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
      /// But for the rounding of some steps.
      func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-9 * max(abs(a), abs(b)) }
      guard units > 1 else { return nil }
      let same = (1..<units).allSatisfy { unit in
        isRight
          ? (0..<rows).allSatisfy { near(values[$0 * width + unit], values[$0 * width]) }
          : (0..<width).allSatisfy { near(values[unit * width + $0], values[$0]) }
      }
      guard same, staysSame(node, isRight, units),
        isHidden(node) || values.contains(where: { $0 != 0 })
      else { return nil }
      return finding(
        .bad, "copies", "\(name): all \(units) units are equal, and will stay so",
        "start values that differ, such as kaiming_uniform")
    }
  }

  /// Whether the units' gradients are alike too; where what follows differs, they part.
  private func staysSame(_ weight: Node, _ isRight: Bool, _ units: Int) -> Bool {
    guard let gradient = gradient(weight) else { return true }
    let (width, values) = (weight.shape[1], gradient.values)
    let largest = values.map(abs).max() ?? 0
    func entry(_ unit: Int, _ k: Int) -> Double {
      isRight ? values[k * width + unit] : values[unit * width + k]
    }
    return (1..<units).allSatisfy { unit in
      (0..<(values.count / units)).allSatisfy {
        abs(entry(unit, $0) - entry(0, $0)) <= 1e-9 * largest
      }
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
    /// Through sums with a bias, other shapes, dropout and norms, to what a layer was given.
    func layer(before node: Node) -> Node? {
      var node = node
      while !node.isLeaf, !isLinear(node) {
        let isSum: Bool =
          if case .infix(let symbol, _) = node.op.notation { symbol.contains("+") } else { false }
        guard [.shape, .layer].contains(node.op.family) || isSum,
          let next = node.operands.compactMap({ $0.node }).first(where: {
            !$0.isLeaf && $0.isTracked
          })
        else { return nil }
        node = next
      }
      return isLinear(node) ? node : nil
    }
    for next in linears {
      guard case .node(let input) = next.operand(0), let before = layer(before: input),
        // What attention gives out is a product of softmaxes and values: its last layer is no second one.
        graph.label(of: before)?.includes("out_proj") != true
      else { continue }
      let inner = input.shape.last ?? 0
      let outer = min(next.shape.last ?? 0, inputWidth(before))
      // Through a narrow waist two maps are not what one would be.
      guard inner >= outer else { continue }
      return [
        finding(
          .bad, "no bend",
          "\(called(before, "one layer")) goes into the next layer as it is: two linear layers in a row are one",
          "an activation between them, such as `relu()`")
      ]
    }
    return []
  }

  private func inputWidth(_ layer: Node) -> Int {
    guard case .node(let input) = layer.operand(0) else { return 0 }
    return input.shape.last ?? 0
  }

  /// Dropout that leaves next to nothing.
  private var silenced: [Figure.Finding] {
    nodes.compactMap { node in
      guard !node.isLeaf, let k = node.op.operands.firstIndex(where: { $0.role == .mask }),
        case .node(let mask) = node.operand(k), mask.shape.count > 15
      else { return nil }
      let share = Double(mask.value.values.filter { $0 == 0 }.count) / Double(mask.shape.count)
      guard share >= 0.8 else { return nil }
      return finding(
        hasLearned ? .look : .bad, "dropout",
        "\(show(100 * share))% of the units were silenced in the last pass",
        "a probability of 0.5 or less")
    }
  }
}
