// Targets of a classification, in every form that PyTorch's losses take them.
import Tensors

/// The targets of a classification as a weight for each class of each sample, so that every variant is one
/// formula: `loss_i = -Σ_c T[i, c]*logp[i, c]`.
struct ClassTargets {
  let samples: Int
  let classes: Int
  /// Row-major `[samples, classes]`.
  private var weights: [Double]
  private var isIgnored: [Bool]
  /// What a mean divides by.
  private var total = 0.0
  /// Offsets between a sample's classes, and between samples, in the input.
  private let inner: Int

  init(_ name: String, _ c: Call) throws(TensorError) {
    let shape = c.x.shape
    guard shape.rank > 0 else { throw .layerInput(name, shape, expected: "[batch, classes]") }
    let axis = shape.rank > 1 ? 1 : 0
    classes = shape[axis]
    inner = shape.dims[(axis + 1)...].reduce(1, *)
    samples = classes == 0 ? 0 : c.x.count / classes
    weights = [Double](repeating: 0, count: samples * classes)
    isIgnored = [Bool](repeating: false, count: samples)
    let byClass = c.inputs[2]
    guard byClass.rank == 0 || byClass.shape.dims == [classes] else {
      throw .layerInput(name, byClass.shape, expected: "class weights [\(classes)]")
    }
    func weight(_ k: Int) -> Double { byClass.rank == 0 ? byClass[0] : byClass[k] }
    let smoothing = c.attributes.number("label_smoothing") ?? 0
    guard smoothing >= 0, smoothing <= 1 else {
      throw .setting(name, "`label_smoothing` lies between 0 and 1", smoothing)
    }
    if c.y.dtype.isFloat, c.y.shape == shape, name == "cross_entropy" {
      for i in 0..<samples {
        for k in 0..<classes {
          let p = c.y[offset(i, k)] * (1 - smoothing) + smoothing / Double(classes)
          weights[i * classes + k] = weight(k) * p
        }
      }
      total = Double(samples)
      return
    }
    var expected = shape.dims
    expected.remove(at: axis)
    guard c.y.shape.dims == expected else {
      throw .layerInput(name, c.y.shape, expected: "one class number per sample, \(expected)")
    }
    let ignored = c.attributes.number("ignore_index") ?? -100
    for i in 0..<samples {
      let label = c.y[i]
      if label == ignored {
        isIgnored[i] = true
        continue
      }
      guard let k = Int(exactly: label), k >= 0, k < classes else {
        throw .labelOutOfRange(label, row: i, classes: classes)
      }
      if smoothing > 0 {
        for other in 0..<classes {
          weights[i * classes + other] = smoothing / Double(classes) * weight(other)
        }
      }
      weights[i * classes + k] += (1 - smoothing) * weight(k)
      total += weight(k)
    }
  }

  private func offset(_ i: Int, _ k: Int) -> Int {
    inner == 1 ? i * classes + k : (i / inner * classes + k) * inner + i % inner
  }

  /// Log probabilities of one sample.
  private func logs(_ x: Tensor, _ i: Int, fromLogits: Bool, into row: inout [Double]) {
    for k in 0..<classes { row[k] = x[offset(i, k)] }
    guard fromLogits else { return }
    let top = row.max() ?? 0
    let shift = top.isInfinite ? 0 : top
    let sum = row.reduce(0) { $0 + Double.exp($1 - shift) }
    let log = shift + Double.log(sum)
    for k in 0..<classes { row[k] -= log }
  }

  func loss(_ c: Call, fromLogits: Bool) throws(TensorError) -> Tensor {
    var losses = [Double](repeating: 0, count: samples)
    var row = [Double](repeating: 0, count: classes)
    for i in 0..<samples {
      logs(c.x, i, fromLogits: fromLogits, into: &row)
      for k in 0..<classes where weights[i * classes + k] != 0 {
        losses[i] -= weights[i * classes + k] * row[k]
      }
    }
    let dtype = c.x.dtype.floating
    switch c.attributes.word("reduction") ?? "mean" {
    case "none":
      var dims = c.x.shape.dims
      dims.remove(at: dims.count > 1 ? 1 : 0)
      return try Tensor(losses, shape: Shape(dims), dtype: dtype)
    case "sum": return Tensor(losses.reduce(0, +), dtype: dtype)
    default: return Tensor(losses.reduce(0, +) / total, dtype: dtype)
    }
  }

  func gradient(_ c: Call, _ dz: Tensor, fromLogits: Bool) throws(TensorError) -> Tensor {
    var gradient = [Double](repeating: 0, count: c.x.count)
    var row = [Double](repeating: 0, count: classes)
    let reduction = c.attributes.word("reduction") ?? "mean"
    for i in 0..<samples {
      let upstream = reduction == "none" ? dz[i] : reduction == "sum" ? dz[0] : dz[0] / total
      // A sample that does not count has no say, even where nothing counts and the mean is nan.
      if isIgnored[i] { continue }
      let sum = (0..<classes).reduce(0) { $0 + weights[i * classes + $1] }
      if fromLogits { logs(c.x, i, fromLogits: true, into: &row) }
      for k in 0..<classes {
        let target = weights[i * classes + k]
        gradient[offset(i, k)] =
          upstream * (fromLogits ? Double.exp(row[k]) * sum - target : -target)
      }
    }
    return try Tensor(gradient, shape: c.x.shape, dtype: c.x.dtype)
  }
}
