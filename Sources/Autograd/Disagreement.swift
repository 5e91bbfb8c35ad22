// Where the values of one gradient do not agree, and why, as far as that can be known.
import Tensors

extension Graph {
  /// The step of a backward pass that made the first nan or inf out of finite numbers: the value whose op it
  /// was, and the operand that was handed it.
  package func birthOfNonFinite(_ gradients: Gradients, below root: Node) -> (
    node: Node, operand: Int
  )? {
    for node in recorded(below: root).reversed() where node.isTracked && !node.isLeaf {
      guard let dz = gradients(node), dz.isFinite, let call = try? node.call() else { continue }
      for k in 0..<node.operandCount where node.operand(k).isTracked {
        guard node.op.reaches(k, call.inputs), let handed = try? node.op.pulled(k, call, dz) else {
          continue
        }
        if !handed.isFinite { return (node, k) }
      }
    }
    return nil
  }
}
