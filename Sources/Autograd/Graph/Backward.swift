// Backpropagation: one loop over the reachable nodes, youngest first.
import Tensors

/// Why a gradient cannot be had. It carries nodes, which never leave the thread of their session.
package enum GradientError: Error, @unchecked Sendable {
  /// The root is not a single number.
  case notScalar(Node)
  /// The root does not depend on any parameter.
  case untracked(Node)
  /// The value was computed before its operand changed; what was computed after the change goes on from `carried`.
  case stale(Node, changed: Node, carried: (old: Node, gathers: Bool)?)
  /// The same recorded values were walked already.
  case walked(Node)
  case tensor(TensorError, Node)
}

/// The gradients of one root with respect to everything it was computed from.
package struct Gradients {
  /// Keeps the whole graph alive.
  private let root: Node
  /// The nodes that gradients reached, each at its `Node.place`; the root leads.
  fileprivate var nodes: [Unmanaged<Node>] = []
  fileprivate var scalars: [Double] = []
  fileprivate var tensors: [Tensor?] = []

  /// - Parameter room: how many nodes it may well be.
  fileprivate init(_ root: Node, room: Int) {
    self.root = root
    nodes.reserveCapacity(room)
    scalars.reserveCapacity(room)
  }

  /// `∂root/∂node`, or nil if the root does not depend on it.
  package func callAsFunction(_ node: Node) -> Tensor? {
    guard let i = index(of: node) else { return nil }
    return node.isScalar ? Tensor(scalars[i]) : tensors[i]
  }

  private func index(of node: Node) -> Int? {
    let place = Int(node.place)
    let id = Unmanaged.passUnretained(node).toOpaque()
    if place < nodes.count, nodes[place].toOpaque() == id { return place }
    return nodes.firstIndex { $0.toOpaque() == id }
  }

  /// A place for a node that a gradient reaches for the first time.
  @inline(__always)
  fileprivate mutating func admit(_ node: Node, _ walk: UInt32) {
    node.walk = walk
    node.place = UInt32(truncatingIfNeeded: nodes.count)
    nodes.append(Unmanaged.passUnretained(node))
    scalars.append(0)
    if !node.isScalar || !tensors.isEmpty {
      if tensors.isEmpty { tensors.reserveCapacity(nodes.capacity) }
      while tensors.count < nodes.count { tensors.append(nil) }
    }
  }
}

extension Graph {
  /// Gradients of `root` without touching anything that is stored.
  ///
  /// One pass along the ring, from the root to older values: operands were recorded before results, so a
  /// value's gradient is complete when the pass comes to it. The pass ends with the last value that a
  /// gradient has reached.
  /// - Parameter seed: the gradient to start from; 1 when nil, and then `root` must be a single number.
  package func gradients(of root: Node, seed: Tensor? = nil) throws(GradientError) -> Gradients {
    guard root.isTracked else { throw .untracked(root) }
    guard seed != nil || root.shape.count == 1 else { throw .notScalar(root) }
    let walk = nextWalk()
    var gradients = Gradients(root, room: reached)
    gradients.admit(root, walk)
    do throws(TensorError) {
      let seed =
        if let seed {
          try seed.converted(to: root.dtype)
        } else {
          try Tensor(filling: root.shape, with: 1, dtype: root.dtype)
        }
      if root.isScalar { gradients.scalars[0] = seed[0] } else { gradients.tensors[0] = seed }
    } catch {
      throw .tensor(error, root)
    }
    var waiting = root.isLeaf ? 0 : 1
    var next: Unmanaged<Node>? = Unmanaged.passUnretained(root)
    while waiting > 0, let current = next {
      var isOdd = false
      next = current._withUnsafeGuaranteedRef { node in
        guard node.walk == walk else { return node.older }
        waiting -= 1
        node.forEachInput { input in
          if input.time > node.time { isOdd = true }
          guard input.walk != walk, input.isTracked else { return }
          gradients.admit(input, walk)
          if !input.isLeaf { waiting += 1 }
        }
        if !isOdd { isOdd = !node.pullScalar(&gradients.scalars) }
        return node.older
      }
      if isOdd { try pull(current.takeUnretainedValue(), &gradients, below: root) }
    }
    reached = gradients.nodes.count
    return gradients
  }

  /// What the fast path leaves: tensors, and operands that changed after they were used.
  private func pull(_ node: Node, _ gradients: inout Gradients, below root: Node)
    throws(GradientError)
  {
    var changed: Node?
    node.forEachInput { if $0.time > node.time { changed = $0 } }
    if let changed {
      throw .stale(node, changed: changed, carried: carriedOver(below: root, change: changed.time))
    }
    do throws(TensorError) {
      try node.pull(&gradients)
      try Work.look()
    } catch {
      throw .tensor(error, node)
    }
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
    var gradients = try gradients(of: root, seed: seed)
    if root.flags.contains(.walked), !again { throw .walked(root) }
    var parameters: [Node] = []
    for i in gradients.nodes.indices {
      let current = gradients.nodes[i]
      let isDone = current._withUnsafeGuaranteedRef { node in
        if node.isParameter { parameters.append(node) }
        return node.keepScalar(gradients.scalars[i])
      }
      if isDone { continue }
      guard let fresh = gradients.tensors[i].take() else { continue }
      do throws(TensorError) {
        try current.takeUnretainedValue().keep(fresh)
      } catch {
        throw .tensor(error, current.takeUnretainedValue())
      }
    }
    if !retain { root.flags.insert(.walked) }
    return parameters.sorted { $0.time < $1.time }
  }
}

extension Node {
  /// Hands the gradient of a scalar op on; false if the op or an operand is not of that kind.
  @inline(__always)
  fileprivate func pullScalar(_ gradients: inout [Double]) -> Bool {
    guard isScalar, let slopes = op.slopes else { return false }
    var (x, y) = (constant, constant)
    if let first {
      guard first._withUnsafeGuaranteedRef({ $0.isScalar }) else { return false }
      x = first._withUnsafeGuaranteedRef { $0.number }
    }
    if let second {
      guard second._withUnsafeGuaranteedRef({ $0.isScalar }) else { return false }
      y = second._withUnsafeGuaranteedRef { $0.number }
    }
    let (z, dz) = (number, gradients[Int(place)])
    first?._withUnsafeGuaranteedRef {
      if $0.isTracked { gradients[Int($0.place)] += dz * slopes.x(x, y, z) }
    }
    second?._withUnsafeGuaranteedRef {
      if $0.isTracked { gradients[Int($0.place)] += dz * slopes.y(x, y, z) }
    }
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

  /// Stores a pass's gradient in a tensor.
  fileprivate func keep(_ gradient: consuming Tensor) throws(TensorError) {
    if isParameter {
      if let old = self.gradient { gradient = try old + gradient }
      // Whoever has a parameter's gradient reads it, and it should not keep what it was taken from.
      gradient.settle()
    }
    setGradient(gradient)
  }

  /// Hands the gradient of any op on, operand by operand.
  fileprivate func pull(_ gradients: inout Gradients) throws(TensorError) {
    // Held once, not by each that asks.
    let op = op
    let dz: Tensor
    let i = Int(place)
    if isScalar {
      dz = Tensor(gradients.scalars[i])
    } else if let tensor = gradients.tensors[i] {
      dz = tensor
    } else {
      return
    }
    let call = try call(saved: saved)
    var together: [Tensor?] = []
    // Only what is computed together asks for it; of more operands each is handed its own.
    let asks = (op.joint != nil || op.addition != nil) && operandCount <= Op.Wanted.most
    var wanted = Op.Wanted()
    if asks { for k in 0..<operandCount { wanted[k] = input(k)?.isTracked ?? false } }
    // Nobody else may hold a sum while it changes, or it would be copied: it is taken, and put back.
    if asks, let addition = op.addition {
      for k in 0..<operandCount where wanted[k] {
        guard let place = input(k)?.place, var sum = gradients.tensors[place].take() else {
          continue
        }
        if try addition(call, dz, k, &sum) { wanted[k] = false }
        gradients.tensors[place] = sum
      }
    }
    if asks, let joint = op.joint { together = try joint(call, dz, wanted) }
    for k in call.inputs.indices {
      guard k < operandCount, let input = input(k),
        asks ? wanted[k] : input.isTracked, op.reaches(k, call.inputs)
      else { continue }
      let place = input.place
      // A row of many: the gradient of the whole is not made anew for each.
      if k == 0, 2 * dz.count < input.count, case .copies(let selection) = op.links,
        var sum = gradients.tensors[place].take()
      {
        let selection = try selection(call)
        try sum.add(dz, at: selection)
        gradients.tensors[place] = sum
        continue
      }
      let handed = k < together.count ? together[k].take() : nil
      let gradient: Tensor
      if let handed {
        gradient = try handed.converted(to: input.dtype)
      } else {
        gradient = try op.pulled(k, call, dz).converted(to: input.dtype)
      }
      if input.isScalar {
        gradients.scalars[place] += gradient[0]
      } else if var sum = gradients.tensors[place].take() {
        try sum.add(gradient)
        gradients.tensors[place] = sum
      } else {
        gradients.tensors[place] = gradient
      }
    }
  }
}
