// Recorded numbers, for a reader's eye and for a claim.
import Tensors

/// Numbers of a tensor as text.
enum NumberText {
  static func short(_ n: Double) -> String { NumberFormat()(n) }

  /// For a comment: the numbers if they are few, else the shape.
  static func short(_ tensor: Tensor) -> String {
    tensor.count <= 12 && tensor.count > 0
      ? nested(tensor) { NumberFormat()($0) } : "a tensor \(tensor.shape)"
  }

  /// As Python reads it back.
  static func exact(_ tensor: Tensor) -> String {
    nested(tensor) { n in
      n.isNaN
        ? "float(\"nan\")"
        : n.isInfinite ? "float(\"\(n < 0 ? "-" : "")inf\")" : PythonText.number(n)
    }
  }

  static func measures(_ tensor: Tensor) -> (sum: String, norm: String) {
    let values = tensor.values
    let sum = values.reduce(0, +)
    let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    func text(_ n: Double) -> String { n.isFinite ? PythonText.number(n) : "float(\"\(n)\")" }
    return (text(sum), text(norm))
  }

  private static func nested(_ tensor: Tensor, _ text: (Double) -> String) -> String {
    func part(_ axis: Int, _ offset: Int) -> String {
      guard axis < tensor.rank else { return text(tensor[offset]) }
      let step = tensor.shape.dims[(axis + 1)...].reduce(1, *)
      let items = (0..<tensor.shape[axis]).map { part(axis + 1, offset + $0 * step) }
      return "[" + items.joined(separator: ", ") + "]"
    }
    return part(0, 0)
  }
}
