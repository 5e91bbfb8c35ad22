// Where the values of one gradient do not agree, and why, as far as that can be known.
import Tensors

extension Graph {
  /// The value in whose backward step the first nan or inf was made out of finite numbers.
  package func birthOfNonFinite(_ gradients: Gradients, below root: Node) -> Node? {
    for node in recorded(below: root).reversed() where node.isTracked && !node.isLeaf {
      guard let dz = gradients(node), dz.isFinite, let call = try? node.call() else { continue }
      for k in 0..<node.operandCount where node.operand(k).isTracked {
        guard node.op.reaches(k, call.inputs), let handed = try? node.op.pulled(k, call, dz) else {
          continue
        }
        if !handed.isFinite { return node }
      }
    }
    return nil
  }
}
