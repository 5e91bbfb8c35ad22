// Products of vectors and matrices.
import Tensors

extension Op {
  /// Matrix product, `z = x @ y`, for `x: [m, k]` and `y: [k, n]`; vectors and batches as in NumPy.
  package static let matmul = Op(
    "matmul", ["x", "y"],
    summary: "The matrix product: rows of `x` times columns of `y`.",
    definition: "z[i, j] = Σₖ x[i, k]*y[k, j]",
    notation: .infix(" @ ", strength: Notation.strengths.product),
    derivative: .vjps([
      VJP(text: { c in
        c.x.rank == 1 && c.y.rank == 1
          ? .dz * .y
          : c.y.rank == 1
            ? .call("outer", .dz, .y) : folded(.call("matmul", .dz, turned(.y, c.y)), c, to: c.x)
      }) { c, dz throws(TensorError) in
        let (x, y, dz) = try matrices(c, dz)
        return try unbroadcast(dz.matmul(y.transposed()), to: x.shape).reshaped(to: c.x.shape)
      },
      VJP(text: { c in
        c.x.rank == 1 && c.y.rank == 1
          ? .dz * .x
          : c.x.rank == 1
            ? .call("outer", .x, .dz) : folded(.call("matmul", turned(.x, c.x), .dz), c, to: c.y)
      }) { c, dz throws(TensorError) in
        let (x, y, dz) = try matrices(c, dz)
        return try unbroadcast(x.transposed().matmul(dz), to: y.shape).reshaped(to: c.y.shape)
      },
    ]),
    links: .entries(productLinks)
  ) { c throws(TensorError) in try c.x.matmul(c.y) }

  /// The last two axes exchanged, as a formula.
  private static func turned(_ formula: Formula, _ t: Tensor) -> Formula {
    if t.rank <= 2 { return t.rank == 2 ? .transpose(formula) : formula }
    var order = Array(0..<t.rank)
    order.swapAt(t.rank - 1, t.rank - 2)
    return .apply("permute", [formula], Attributes(("_dims", .ints(order))))
  }

  /// Sums the gradient over batches that an operand was stretched over.
  private static func folded(_ formula: Formula, _ c: Call, to operand: Tensor) -> Formula {
    let batches = c.output.rank - operand.rank
    guard batches > 0, c.x.rank > 1, c.y.rank > 1 else { return formula }
    return .apply("sum", [formula], Attributes(("dim", .ints(Array(0..<batches)))))
  }

  /// Operands and gradient with the axes that vectors were lent.
  private static func matrices(_ c: Call, _ dz: Tensor) throws(TensorError)
    -> (Tensor, Tensor, Tensor)
  {
    let x = c.x.rank == 1 ? try c.x.reshaped(to: Shape([1, c.x.count])) : c.x
    let y = c.y.rank == 1 ? try c.y.reshaped(to: Shape([c.y.count, 1])) : c.y
    var dims = dz.shape.dims
    if c.x.rank == 1 { dims.insert(1, at: dims.count - (c.y.rank == 1 ? 0 : 1)) }
    if c.y.rank == 1 { dims.append(1) }
    return (x, y, try dz.reshaped(to: Shape(dims)))
  }

  /// `x[i, k]` reaches `z[i, j]` by `y[k, j]`, for every j; without batches only.
  private static let productLinks: @Sendable (Call, Int, Int) -> [(offset: Int, partial: Formula)] =
    {
      c, operand, offset in
      guard c.x.rank <= 2, c.y.rank <= 2, let inner = c.x.shape.dims.last else { return [] }
      let n = c.y.rank == 1 ? 1 : c.y.shape[1]
      let m = c.x.rank == 1 ? 1 : c.x.shape[0]
      if operand == 0 {
        let (i, k) = (offset / max(inner, 1), offset % max(inner, 1))
        return (0..<n).map { j in (i * n + j, .entry(1, offset: k * n + j)) }
      }
      let (k, j) = (offset / max(n, 1), offset % max(n, 1))
      return (0..<m).map { i in (i * n + j, .entry(0, offset: i * inner + k)) }
    }

  /// Inner product of two vectors, `z = Σ x*y`.
  package static let dot = Op(
    "dot", ["x", "y"], summary: "The sum of products of two vectors of the same length.",
    definition: "Σ x*y",
    derivative: .vjps([
      VJP(.dz * .y) { c, dz throws(TensorError) in try dz * c.y },
      VJP(.dz * .x) { c, dz throws(TensorError) in try dz * c.x },
    ]),
    links: .entries { _, operand, offset in [(0, .entry(1 - operand, offset: offset))] }
  ) { c throws(TensorError) in
    guard c.x.rank == 1, c.y.rank == 1 else {
      throw .rankNeeded("dot", 1, c.x.rank == 1 ? c.y.shape : c.x.shape)
    }
    return try c.x.matmul(c.y)
  }

  /// All products of an entry of `x` with an entry of `y`: `z[i, j] = x[i]*y[j]`.
  package static let outer = Op(
    "outer", ["x", "y"], summary: "All products of an entry of `x` with an entry of `y`.",
    definition: "z[i, j] = x[i]*y[j]",
    derivative: .vjps([
      VJP(.call("matmul", .dz, .y)) { c, dz throws(TensorError) in try dz.matmul(c.y) },
      VJP(.call("matmul", .transpose(.dz), .x)) { c, dz throws(TensorError) in
        try dz.transposed().matmul(c.x)
      },
    ]),
    links: .entries { c, operand, offset in
      let n = c.y.count
      return operand == 0
        ? (0..<n).map { (offset * n + $0, .entry(1, offset: $0)) }
        : (0..<c.x.count).map { ($0 * n + offset, .entry(0, offset: $0)) }
    }
  ) { c throws(TensorError) in
    guard c.x.rank == 1, c.y.rank == 1 else {
      throw .rankNeeded("outer", 1, c.x.rank == 1 ? c.y.shape : c.x.shape)
    }
    return try c.x.reshaped(to: Shape([c.x.count, 1])) * c.y
  }

  package static let products: [Op] = [matmul, dot, outer]
}
