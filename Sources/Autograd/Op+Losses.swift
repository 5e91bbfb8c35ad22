// Losses: how wrong the predictions are, as one number.
import Tensors

extension Op {
  /// Mean squared error over all elements (or their sum), predictions first.
  package static let mseLoss = Op(
    "mse_loss", ["input", "target"], settings: [Setting("reduction", .text("mean"))],
    summary: "The mean of the squared differences between predictions and targets.",
    definition: "Σ (input - target)² / n",
    derivative: .vjps([
      VJP(text: { .dz * ((.x - .y) * share($0)) }) { c, dz throws(TensorError) in
        try unbroadcast(errorSlope(c, dz), to: c.x.shape)
      },
      VJP(text: { .dz * ((.y - .x) * share($0)) }) { c, dz throws(TensorError) in
        try -unbroadcast(errorSlope(c, dz), to: c.y.shape)
      },
    ]),
    links: .entries { c, operand, offset in
      guard c.x.shape == c.y.shape else { return [] }
      let (mine, other) = (
        Formula.entry(operand, offset: offset), Formula.entry(1 - operand, offset: offset)
      )
      return [(c.output.rank == 0 ? 0 : offset, share(c) * (mine - other))]
    }
  ) { c throws(TensorError) in
    let error = try c.x - c.y
    let squares = try error * error
    switch c.attributes.word("reduction") ?? "mean" {
    case "none": return squares
    case "sum": return try squares.sum(Array(0..<squares.rank))
    default:
      return try squares.sum(Array(0..<squares.rank))
        / Tensor(Double(squares.count), dtype: squares.dtype)
    }
  }

  /// 2 over the count that the loss divides by.
  private static func share(_ c: Call) -> Formula {
    let count = (try? c.x.shape.broadcast(with: c.y.shape).count) ?? 1
    return (c.attributes.word("reduction") ?? "mean") == "mean" ? .number(2 / Double(count)) : 2
  }

  private static func errorSlope(_ c: Call, _ dz: Tensor) throws(TensorError) -> Tensor {
    try dz * ((c.x - c.y) * Tensor(share(c).number ?? 2, dtype: dz.dtype))
  }

  package static let losses: [Op] = [mseLoss]
}
