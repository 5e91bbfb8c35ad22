// Backpropagation: one loop over the reachable nodes, youngest first.
import Tensors

/// Why a gradient cannot be had. It carries nodes, which never leave the thread of their session.
package enum GradientError: Error, @unchecked Sendable {
  /// The root is not a single number.
  case notScalar(Node)
  /// The root does not depend on any parameter.
  case untracked(Node)
  /// The value was computed before its operand changed.
  case stale(Node, changed: Node)
  /// The same recorded values were walked already.
  case walked(Node)
  case tensor(TensorError, Node)
}

/// The gradients of one root with respect to everything it was computed from.
package struct Gradients {
  /// The nodes that gradients reached, youngest first; the root leads.
  package let nodes: [Node]
  fileprivate var scalars: [Double]
  fileprivate var tensors: [Tensor?]

  /// `∂root/∂node`, or nil if the root does not depend on it.
  package func callAsFunction(_ node: Node) -> Tensor? {
    guard let i = index(of: node) else { return nil }
    return node.isScalar ? Tensor(scalars[i]) : tensors[i]
  }

  private func index(of node: Node) -> Int? {
    let place = Int(node.place)
    if place < nodes.count, nodes[place] === node { return place }
    return nodes.firstIndex { $0 === node }
  }
}

extension Graph {
  /// The tracked nodes below `root`, youngest first, each with its place in `Node.place`.
  package func reachable(from root: Node) throws(GradientError) -> [Node] {
    let walk = nextWalk()
    var found: [Unmanaged<Node>] = []
    var stale: (Node, Node)?
    var oldest = root.time
    root.walk = walk
    found.append(Unmanaged.passUnretained(root))
    var next = 0
    while next < found.count {
      found[next]._withUnsafeGuaranteedRef { node in
        if node.time < oldest { oldest = node.time }
        node.forEachInput { input in
          if input.time > node.time { stale = (node, input) }
          guard input.isTracked, input.walk != walk else { return }
          input.walk = walk
          found.append(Unmanaged.passUnretained(input))
        }
      }
      next += 1
    }
    if let (node, changed) = stale { throw .stale(node, changed: changed) }
    return sorted(found, oldest: oldest, youngest: root.time)
  }

  /// By falling time. Times of one computation lie close together, so each node is put at its place in a
  /// table; only where they do not is there anything to sort.
  private func sorted(_ found: [Unmanaged<Node>], oldest: Int, youngest: Int) -> [Node] {
    var nodes: [Node] = []
    nodes.reserveCapacity(found.count)
    let range = youngest - oldest + 1
    if range <= 8 * found.count + 64 {
      var table = [Unmanaged<Node>?](repeating: nil, count: range)
      for node in found { table[youngest - node._withUnsafeGuaranteedRef(\.time)] = node }
      for case let node? in table { nodes.append(node.takeUnretainedValue()) }
    } else {
      nodes = found.map { $0.takeUnretainedValue() }.sorted { $0.time > $1.time }
    }
    for i in 0..<nodes.count { nodes[i].place = UInt32(i) }
    return nodes
  }

  /// Gradients of `root` without touching anything that is stored.
  /// - Parameter seed: the gradient to start from; 1 when nil, and then `root` must be a single number.
  package func gradients(of root: Node, seed: Tensor? = nil) throws(GradientError) -> Gradients {
    guard root.isTracked else { throw .untracked(root) }
    guard seed != nil || root.shape.count == 1 else { throw .notScalar(root) }
    let nodes = try reachable(from: root)
    var gradients = Gradients(
      nodes: nodes, scalars: [Double](repeating: 0, count: nodes.count), tensors: [])
    let allScalar = nodes.allSatisfy(\.isScalar)
    if !allScalar { gradients.tensors = [Tensor?](repeating: nil, count: nodes.count) }
    do throws(TensorError) {
      let one = try Tensor(filling: root.shape, with: 1, dtype: root.dtype)
      let seed = seed ?? one
      if root.isScalar { gradients.scalars[0] = seed[0] } else { gradients.tensors[0] = seed }
    } catch {
      throw .tensor(error, root)
    }
    for i in 0..<nodes.count {
      let node = nodes[i]
      if node.isLeaf { continue }
      if node.isScalar, let slopes = node.op.slopes, node.pullScalar(slopes, i, &gradients.scalars) {
        continue
      }
      do throws(TensorError) {
        try node.pull(i, &gradients)
      } catch {
        throw .tensor(error, node)
      }
    }
    return gradients
  }

  /// The backward pass: parameters accumulate their gradient, other values keep this pass's.
  /// - Parameters:
  ///   - retain: allows another pass over the same recorded values.
  ///   - again: makes this pass even if there was one that did not allow it.
  /// - Returns: the nodes that gradients reached, youngest first.
  @discardableResult
  package func backward(
    from root: Node, seed: Tensor? = nil, retain: Bool = false, again: Bool = false
  ) throws(GradientError) -> [Node] {
    if root.flags.contains(.walked), !again { throw .walked(root) }
    let gradients = try gradients(of: root, seed: seed)
    do throws(TensorError) {
      for (i, node) in gradients.nodes.enumerated() {
        if node.isScalar {
          let old = node.isParameter ? node.slope : 0
          node.slope = old + gradients.scalars[i]
          node.flags.insert(.hasGradient)
        } else if let fresh = gradients.tensors[i] {
          let old = node.isParameter ? node.gradient : nil
          node.setGradient(try old.map { old throws(TensorError) in try old + fresh } ?? fresh)
        }
      }
    } catch {
      throw .tensor(error, root)
    }
    if !retain { root.flags.insert(.walked) }
    return gradients.nodes
  }
}

extension Node {
  /// Hands the gradient of a scalar op on; false if an operand is not a scalar.
  @inline(__always)
  fileprivate func pullScalar(_ slopes: Op.Slopes, _ i: Int, _ gradients: inout [Double]) -> Bool {
    let x = first?.number ?? constant
    let y = second?.number ?? constant
    if let first, !first.isScalar { return false }
    if let second, !second.isScalar { return false }
    let (dx, dy) = slopes(x, y, number)
    let dz = gradients[i]
    if let first, first.isTracked { gradients[Int(first.place)] += dz * dx }
    if let second, second.isTracked { gradients[Int(second.place)] += dz * dy }
    return true
  }

  /// Hands the gradient of any op on, operand by operand.
  fileprivate func pull(_ i: Int, _ gradients: inout Gradients) throws(TensorError) {
    let dz: Tensor
    if isScalar {
      dz = Tensor(gradients.scalars[i])
    } else if let tensor = gradients.tensors[i] {
      dz = tensor
    } else {
      return
    }
    let call = call
    for k in 0..<operandCount {
      guard case .node(let input) = operand(k), input.isTracked else { continue }
      let gradient = try vjp(k, call, dz)
      let place = Int(input.place)
      if input.isScalar {
        gradients.scalars[place] += gradient[0]
      } else if let old = gradients.tensors[place] {
        gradients.tensors[place] = try old + gradient
      } else {
        gradients.tensors[place] = try gradient.converted(to: input.dtype)
      }
    }
  }

  /// The gradient that reaches operand `k` when `dz` has reached this value.
  package func vjp(_ k: Int, _ call: Call, _ dz: Tensor) throws(TensorError) -> Tensor {
    if let fused = op.fused, k < fused.count {
      return try unbroadcast(fused[k].apply(call, dz), to: call.inputs[k].shape)
    }
    if let vjp = op.vjp(k) { return try vjp.apply(call, dz) }
    guard let partial = op.partial(k) else { return try Tensor(filling: call.inputs[k].shape, with: 0) }
    if partial.number == 1 { return try unbroadcast(dz, to: call.inputs[k].shape) }
    let slope = try partial.evaluate(tensors: { call.leaf($0, dz.dtype) }) ?? Tensor(0)
    return try unbroadcast(dz * slope, to: call.inputs[k].shape)
  }
}

extension Call {
  /// The tensor that a leaf of this op's formulas stands for.
  package func leaf(_ leaf: Formula, _ dtype: DType) -> Tensor? {
    switch leaf {
    case .operand(let i): i < inputs.count ? inputs[i] : nil
    case .result: output
    case .number(let n): Tensor(n, dtype: dtype)
    case .attribute(let name): Tensor(setting(name), dtype: dtype)
    case .entry(let i, let offset): Tensor(inputs[i][offset])
    default: nil
    }
  }

  /// A numeric setting: bounds that were not given lie at infinity.
  package func setting(_ name: String) -> Double {
    attributes.number(name) ?? (name == "min" ? -.infinity : name == "max" ? .infinity : 0)
  }
}
