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
  /// Keeps the whole graph alive.
  private let root: Node
  /// The nodes that gradients reached, youngest first; the root leads.
  fileprivate let order: [Unmanaged<Node>]
  fileprivate var scalars: [Double]
  fileprivate var tensors: [Tensor?]

  fileprivate init(_ root: Node, _ order: [Unmanaged<Node>]) {
    self.root = root
    self.order = order
    scalars = [Double](repeating: 0, count: order.count)
    tensors = []
  }

  package var nodes: [Node] { order.map { $0.takeUnretainedValue() } }

  /// `∂root/∂node`, or nil if the root does not depend on it.
  package func callAsFunction(_ node: Node) -> Tensor? {
    guard let i = index(of: node) else { return nil }
    return node.isScalar ? Tensor(scalars[i]) : tensors[i]
  }

  private func index(of node: Node) -> Int? {
    let place = Int(node.place)
    let id = Unmanaged.passUnretained(node).toOpaque()
    if place < order.count, order[place].toOpaque() == id { return place }
    return order.firstIndex { $0.toOpaque() == id }
  }
}

extension Graph {
  /// The tracked nodes below `root`, youngest first, each with its place in `Node.place`.
  private func reachable(from root: Node) throws(GradientError) -> [Unmanaged<Node>] {
    let walk = nextWalk()
    var found: [Unmanaged<Node>] = [Unmanaged.passUnretained(root)]
    var stale: (Unmanaged<Node>, Unmanaged<Node>)?
    var oldest = root.time
    root.walk = walk
    var next = 0
    while next < found.count {
      let current = found[next]
      current._withUnsafeGuaranteedRef { node in
        let time = node.time
        if time < oldest { oldest = time }
        node.forEachInput { input in
          if input.time > time { stale = (current, Unmanaged.passUnretained(input)) }
          guard input.walk != walk, input.isTracked else { return }
          input.walk = walk
          found.append(Unmanaged.passUnretained(input))
        }
      }
      next += 1
    }
    if let (node, changed) = stale {
      throw .stale(node.takeUnretainedValue(), changed: changed.takeUnretainedValue())
    }
    return sorted(found, oldest: oldest, youngest: root.time)
  }

  /// By falling time. Times of one computation lie close together, so each node is put at its place in a
  /// table; only where they do not is there anything to sort.
  private func sorted(_ found: [Unmanaged<Node>], oldest: Int, youngest: Int) -> [Unmanaged<Node>] {
    var nodes = found
    let range = youngest - oldest + 1
    if range <= 8 * found.count + 64 {
      var table = [Unmanaged<Node>?](repeating: nil, count: range)
      for node in found { table[youngest - node._withUnsafeGuaranteedRef(\.time)] = node }
      var next = 0
      for case let node? in table {
        nodes[next] = node
        node._withUnsafeGuaranteedRef { $0.place = UInt32(truncatingIfNeeded: next) }
        next += 1
      }
      return nodes
    }
    nodes.sort { $0._withUnsafeGuaranteedRef(\.time) > $1._withUnsafeGuaranteedRef(\.time) }
    for (i, node) in nodes.enumerated() {
      node._withUnsafeGuaranteedRef { $0.place = UInt32(truncatingIfNeeded: i) }
    }
    return nodes
  }

  /// Gradients of `root` without touching anything that is stored.
  /// - Parameter seed: the gradient to start from; 1 when nil, and then `root` must be a single number.
  package func gradients(of root: Node, seed: Tensor? = nil) throws(GradientError) -> Gradients {
    guard root.isTracked else { throw .untracked(root) }
    guard seed != nil || root.shape.count == 1 else { throw .notScalar(root) }
    let order = try reachable(from: root)
    var gradients = Gradients(root, order)
    if !order.allSatisfy({ $0._withUnsafeGuaranteedRef(\.isScalar) }) {
      gradients.tensors = [Tensor?](repeating: nil, count: order.count)
    }
    do throws(TensorError) {
      let one = try Tensor(filling: root.shape, with: 1, dtype: root.dtype)
      let seed = seed ?? one
      if root.isScalar { gradients.scalars[0] = seed[0] } else { gradients.tensors[0] = seed }
    } catch {
      throw .tensor(error, root)
    }
    for i in 0..<order.count {
      let done = order[i]._withUnsafeGuaranteedRef { $0.pullScalar(i, &gradients.scalars) }
      if done { continue }
      let node = order[i].takeUnretainedValue()
      do throws(TensorError) { try node.pull(i, &gradients) } catch { throw .tensor(error, node) }
    }
    return gradients
  }

  /// The backward pass: parameters accumulate their gradient, other values keep this pass's.
  /// - Parameters:
  ///   - retain: allows another pass over the same recorded values.
  ///   - again: makes this pass even if there was one that did not allow it.
  /// - Returns: the parameters that gradients reached, oldest first.
  @discardableResult
  package func backward(
    from root: Node, seed: Tensor? = nil, retain: Bool = false, again: Bool = false
  ) throws(GradientError) -> [Node] {
    let gradients = try gradients(of: root, seed: seed)
    if root.flags.contains(.walked), !again { throw .walked(root) }
    var parameters: [Node] = []
    for i in 0..<gradients.order.count {
      let isDone = gradients.order[i]._withUnsafeGuaranteedRef { node in
        if node.isParameter { parameters.append(node) }
        return node.keepScalar(gradients.scalars[i])
      }
      if isDone { continue }
      let node = gradients.order[i].takeUnretainedValue()
      guard let fresh = gradients.tensors[i] else { continue }
      do throws(TensorError) {
        let old = node.isParameter ? node.gradient : nil
        node.setGradient(try old.map { old throws(TensorError) in try old + fresh } ?? fresh)
      } catch {
        throw .tensor(error, node)
      }
    }
    if !retain { root.flags.insert(.walked) }
    return parameters.reversed()
  }
}

extension Node {
  /// Hands the gradient of a scalar op on; false if the op or an operand is not of that kind.
  @inline(__always)
  fileprivate func pullScalar(_ i: Int, _ gradients: inout [Double]) -> Bool {
    if isLeaf { return true }
    guard isScalar, let slopes = op.slopes else { return false }
    var (x, y) = (constant, constant)
    if let first {
      guard first._withUnsafeGuaranteedRef(\.isScalar) else { return false }
      x = first._withUnsafeGuaranteedRef(\.number)
    }
    if let second {
      guard second._withUnsafeGuaranteedRef(\.isScalar) else { return false }
      y = second._withUnsafeGuaranteedRef(\.number)
    }
    let (dx, dy) = slopes(x, y, number)
    let dz = gradients[i]
    first?._withUnsafeGuaranteedRef { if $0.isTracked { gradients[Int($0.place)] += dz * dx } }
    second?._withUnsafeGuaranteedRef { if $0.isTracked { gradients[Int($0.place)] += dz * dy } }
    return true
  }

  /// Stores a pass's gradient in a single number; false for tensors.
  @inline(__always)
  fileprivate func keepScalar(_ gradient: Double) -> Bool {
    guard isScalar else { return false }
    slope = isParameter ? slope + gradient : gradient
    flags.insert(.hasGradient)
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
    guard let partial = op.partial(k) else {
      return try Tensor(filling: call.inputs[k].shape, with: 0)
    }
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
