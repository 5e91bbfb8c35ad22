// `forward`: the recorded formulas computed again from their leaves as they are now.
import Tensors

extension Graph {
  /// All nodes below `root`, tracked or not, each after its operands; by a walk that keeps its own stack.
  package func recorded(below root: Node) -> [Node] {
    let walk = nextWalk()
    var order: [Node] = []
    var stack: [(node: Node, next: Int)] = [(root, 0)]
    root.walk = walk
    while let (node, next) = stack.last {
      guard next < node.operandCount else {
        order.append(node)
        stack.removeLast()
        continue
      }
      stack[stack.count - 1].next += 1
      if case .node(let input) = node.operand(next), input.walk != walk {
        input.walk = walk
        stack.append((input, 0))
      }
    }
    return order
  }

  /// Recomputes every value below `root`. Gradients of values that are not leaves are dropped: they
  /// belonged to the old numbers.
  package func replay(_ root: Node) throws(TensorError) {
    for node in recorded(below: root) where !node.isLeaf {
      // What nothing below has changed of stays as it is: another root may stand on it too.
      var isStale = false
      node.forEachInput { if $0.time > node.time { isStale = true } }
      if isStale { node.store(try node.op.forward(try node.call()), time: tick()) }
      node.setGradient(nil)
      node.flags.remove(.walked)
    }
  }

  /// Something looked at as it is after a forward pass; values, gradients and marks are put back afterwards.
  package func refreshed<Seen>(_ root: Node, _ look: () throws(TensorError) -> Seen)
    throws(TensorError) -> Seen
  {
    let order = recorded(below: root).filter { !$0.isLeaf }
    let saved = order.map { ($0.value, $0.time, $0.gradient, $0.flags) }
    defer {
      for (node, (value, time, gradient, flags)) in zip(order, saved) {
        node.store(value, time: time)
        node.setGradient(gradient)
        if flags.contains(.walked) { node.flags.insert(.walked) }
      }
    }
    try replay(root)
    return try look()
  }

  /// The values of `root` when the number at `offset` of `node` is set to each of `numbers` in turn.
  /// Everything is put back afterwards.
  package func trial(_ root: Node, _ node: Node, offset: Int, _ numbers: [Double])
    throws(TensorError) -> [Double]
  {
    let order = recorded(below: root)
    let saved = order.map { ($0.value, $0.time) }
    defer {
      for (other, (value, time)) in zip(order, saved) { other.store(value, time: time) }
    }
    let above = moved(order, by: node).filter { !$0.isHeld }
    let start = node.value
    var results: [Double] = []
    for number in numbers {
      var values = start.values
      values[offset] = number
      node.store(try Tensor(values, shape: start.shape, dtype: start.dtype), time: node.time)
      for other in above { other.store(try other.op.forward(other.call()), time: other.time) }
      results.append(root.value[0])
    }
    return results
  }
}

extension Graph {
  /// The values that move with a leaf. Masks and orders do; what is cut off or was computed without gradient
  /// is held where it is, as the gradient takes it, and ends the search.
  fileprivate func moved(_ order: [Node], by node: Node) -> [Node] {
    dependents(of: node, in: order) { !$0.isHeld }
  }

  /// The values of a walk that depend on one of them, in the order of the walk.
  /// - Parameter passes: whether what depends on a value depends on the first one by it.
  func dependents(of node: Node, in order: [Node], passing passes: (Node) -> Bool) -> [Node] {
    var reached: Set<ObjectIdentifier> = [ObjectIdentifier(node)]
    return order.filter { other in
      let depends = other.operands.contains { operand in
        operand.node.map { reached.contains(ObjectIdentifier($0)) } ?? false
      }
      if depends, passes(other) { reached.insert(ObjectIdentifier(other)) }
      return depends
    }
  }
}

extension Node {
  /// Whether its gradient is taken as if it did not depend on anything: it is cut off, or could have a gradient
  /// and was computed where none is recorded.
  /// What is computed from masks alone has no gradient anywhere, and moves with them.
  fileprivate var isHeld: Bool {
    isFollowed
      && (op.isCut || op.isDifferentiable && operands.contains { $0.isTracked })
  }
}

/// One gradient entry beside its central difference.
package struct NumericCheck {
  package let analytic: Double
  package let numeric: Double
  /// Where the slopes to the left and to the right differ, neither is *the* derivative.
  package let isKink: Bool
  /// How far apart the two may lie: what rounding does to a difference quotient.
  let tolerance: Double
  /// What depends on the number and was held at its present value, as the gradient holds it.
  package let held: [Node]

  /// How far two numbers for one gradient agree.
  package enum Verdict: Sendable {
    /// By the usual scale: under 1e-5, or tiny in absolute terms.
    case agrees
    /// The slopes left and right differ; neither is the derivative.
    case kink
    /// One of the two is nan or inf.
    case notFinite
    case disagrees
  }

  /// Judged by the rounding that a difference quotient has in its float type.
  package var verdict: Verdict {
    if !analytic.isFinite || !numeric.isFinite { return analytic == numeric ? .agrees : .notFinite }
    if isKink { return .kink }
    let gap = abs(analytic - numeric)
    return gap <= max(tolerance * max(abs(analytic), abs(numeric)), tolerance / 100)
      ? .agrees : .disagrees
  }

  /// Their difference over the larger of them.
  package var relativeError: Double {
    let scale = max(abs(analytic), abs(numeric))
    return scale == 0 ? 0 : abs(analytic - numeric) / scale
  }

  /// Whether both agree.
  package var agrees: Bool { verdict == .agrees }
}

extension Graph {
  /// `(f(x + h) - f(x - h)) / 2h` with h = 1e-5 scaled to x, whose error falls with h².
  package func numericCheck(
    of root: Node, at node: Node, offset: Int, analytic: Double
  ) throws(TensorError) -> NumericCheck {
    let x = node.value[offset]
    let h = (node.dtype == .float32 ? 1e-2 : 1e-5) * max(1, abs(x))
    let f = try trial(root, node, offset: offset, [x - h, x + h, x])
    let numeric = (f[1] - f[0]) / (2 * h)
    let (left, right) = ((f[2] - f[0]) / h, (f[1] - f[2]) / h)
    // Curvature makes the two differ by h·f''; a kink makes them differ by as much as themselves.
    // What rounding alone can do to a slope sets the floor.
    let unit = node.dtype == .float32 ? 0x1p-23 : 0x1p-52
    let noise = 16 * unit * max(abs(f[0]), abs(f[1]), abs(f[2])) / h
    let gap = abs(right - left)
    var isKink = gap > 1e-3 * max(abs(left), abs(right)) && gap > max(1e-6, noise)
    if isKink || abs(numeric - analytic) > 1e-3 * abs(numeric) {
      // Half the step halves what curvature does, as at the bottom of a parabola, and leaves a kink as it is;
      // a jump is as high as before.
      let near = try trial(root, node, offset: offset, [x - h / 2, x + h / 2])
      let nearGap = abs((near[1] - f[2]) - (f[2] - near[0])) / (h / 2)
      let jump = abs(f[1] - f[0])
      isKink =
        isKink && nearGap > 0.75 * gap
        || abs(near[1] - near[0]) > 0.75 * jump && jump > noise * h
    }
    let held = moved(recorded(below: root), by: node).filter { $0.isHeld }
    // In float32 the quotient's own rounding error is what the values' noise becomes over the step.
    let tolerance = node.dtype == .float32 ? max(1e-2, noise / max(abs(numeric), 1)) : 1e-5
    return NumericCheck(
      analytic: analytic, numeric: numeric, isKink: isKink, tolerance: tolerance, held: held)
  }
}
