// Products of vectors and matrices.
import Tensors

extension Op {
  /// Matrix product, `z = x @ y`, for `x: [m, k]` and `y: [k, n]`; vectors and batches as in NumPy.
  package static let matmul: Op = Op(
    "matmul", ["x", "y"], family: .product,
    summary: "The matrix product: rows of `x` times columns of `y`.",
    definition: "z[i, j] = Σₖ x[i, k]*y[k, j]", example: "matmul([[1, 2]], [[3], [4]])",
    notation: .infix(" @ ", strength: Notation.strengths.product),
    derivative: .vjps([
      VJP { c throws(TensorError) in
        switch (c.x.rank, c.y.rank) {
        case (1, 1): return .dz * .y
        case (2, 1): return .call(outer, .dz, .y)
        case (_, 1): return standing(.dz, c.output, at: -1) * .y
        case (1, 2): return .call(matmul, .dz, turned(.y, c.y))
        case (1, let rank):
          let rows = Formula.call(matmul, standing(.dz, c.output, at: -2), turned(.y, c.y))
          return .apply(sum, [rows], Attributes(("dim", .ints(Array(0..<rank - 1)))))
        default: return folded(.call(matmul, .dz, turned(.y, c.y)), c, c.x)
        }
      } kernel: { c, dz throws(TensorError) in
        let (x, y, dz) = try matrices(c, dz)
        return try unbroadcast(dz.matmul(y, transposed: (false, true)), to: x.shape)
          .reshaped(to: c.x.shape)
      },
      VJP { c throws(TensorError) in
        switch (c.x.rank, c.y.rank) {
        case (1, 1): return .dz * .x
        case (1, 2): return .call(outer, .x, .dz)
        case (1, _): return .reshaped(.x, [c.x.count, 1]) * standing(.dz, c.output, at: -2)
        case (2, 1): return .call(matmul, turned(.x, c.x), .dz)
        case (let rank, 1):
          let columns = Formula.call(matmul, turned(.x, c.x), standing(.dz, c.output, at: -1))
          return .apply(
            sum, [columns], Attributes(("dim", .ints(Array(0..<rank - 2) + [rank - 1]))))
        default: return folded(.call(matmul, turned(.x, c.x), .dz), c, c.y)
        }
      } kernel: { c, dz throws(TensorError) in
        let (x, y, dz) = try matrices(c, dz)
        return try unbroadcast(x.matmul(dz, transposed: (true, false)), to: y.shape)
          .reshaped(to: c.y.shape)
      },
    ]),
    links: .entries(productLinks), sums: productSum,
    samples: {
      let shapes: [(Shape, Shape)] = [
        ([3], [3]), ([2, 3], [3]), ([3], [3, 2]), ([2, 3], [3, 2]), ([1, 3], [3, 1]),
        ([2, 2, 3], [3]), ([3], [2, 3, 2]), ([2, 2, 3], [3, 2]), ([2, 3], [2, 3, 2]),
        ([2, 2, 3], [2, 3, 2]), ([2, 1, 2, 3], [1, 2, 3, 2]), ([2, 2, 2, 3], [3]),
      ]
      return shapes.map { Sample([Sample.spread($0), Sample.positive($1)]) }
    }
  ) { c throws(TensorError) in try c.x.matmul(c.y) }

  /// The last two axes exchanged, as a formula.
  private static func turned(_ formula: Formula, _ t: Tensor) -> Formula {
    if t.rank <= 2 { return t.rank == 2 ? .transpose(formula) : formula }
    var order = Array(0..<t.rank)
    order.swapAt(t.rank - 1, t.rank - 2)
    return .apply(permute, [formula], Attributes(("_dims", .ints(order))))
  }

  /// The axis that a vector was lent, back in the gradient: -1 for a column's, -2 for a row's.
  private static func standing(_ formula: Formula, _ z: Tensor, at axis: Int) -> Formula {
    var dims = z.shape.dims
    dims.insert(1, at: dims.count + 1 + axis)
    return .reshaped(formula, dims)
  }

  /// Sums the gradient over batches that an operand was stretched over.
  private static func folded(_ formula: Formula, _ c: Call, _ operand: Tensor) -> Formula {
    let batches = c.output.shape.dims.dropLast(2)
    guard let wide = try? Shape(batches + operand.shape.dims.suffix(2)) else { return formula }
    return unbroadcastText(formula, from: wide, to: operand.shape)
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
      guard c.x.rank <= 2, c.y.rank <= 2, let inner = c.x.shape.last else { return [] }
      let n = c.y.rank == 1 ? 1 : c.y.shape[1]
      let m = c.x.rank == 1 ? 1 : c.x.shape[0]
      if operand == 0 {
        let (i, k) = (offset / max(inner, 1), offset % max(inner, 1))
        return (0..<n).map { j in (i * n + j, .entry(1, offset: k * n + j)) }
      }
      let (k, j) = (offset / max(n, 1), offset % max(n, 1))
      return (0..<m).map { i in (i * n + j, .entry(0, offset: i * inner + k)) }
    }

  /// One entry of a product written out; without batches only.
  private static let productSum: @Sendable (Call, Int) -> EntrySum? = { c, offset in
    guard c.x.rank <= 2, c.y.rank <= 2, let inner = c.x.shape.last else { return nil }
    let n = c.y.rank == 1 ? 1 : c.y.shape[1]
    let (i, j) = (offset / max(n, 1), offset % max(n, 1))
    return EntrySum(products: (0..<inner).map { k in ((0, i * inner + k), (1, k * n + j)) })
  }

  /// Inner product of two vectors, `z = Σ x*y`.
  package static let dot: Op = Op(
    "dot", ["x", "y"], family: .product,
    summary: "The sum of products of two vectors of the same length.",
    definition: "Σ x*y", example: "dot([1, 2], [3, 4])",
    derivative: .vjps([VJP(.dz * .y), VJP(.dz * .x)]),
    links: .entries { _, operand, offset in [(0, .entry(1 - operand, offset: offset))] },
    sums: { c, _ in EntrySum(products: (0..<c.x.count).map { ((0, $0), (1, $0)) }) },
    samples: { [Sample([Sample.spread([3]), Sample.positive([3])])] }
  ) { c throws(TensorError) in
    guard c.x.rank == 1, c.y.rank == 1 else {
      throw .rankNeeded("dot", 1, c.x.rank == 1 ? c.y.shape : c.x.shape)
    }
    return try c.x.matmul(c.y)
  }

  /// All products of an entry of `x` with an entry of `y`: `z[i, j] = x[i]*y[j]`.
  package static let outer: Op = Op(
    "outer", ["x", "y"], family: .product,
    summary: "All products of an entry of `x` with an entry of `y`.",
    definition: "z[i, j] = x[i]*y[j]", example: "outer([1, 2], [3, 4])",
    derivative: .vjps([
      VJP(.call(matmul, .dz, .y)), VJP(.call(matmul, .transpose(.dz), .x)),
    ]),
    links: .entries { c, operand, offset in
      let n = c.y.count
      return operand == 0
        ? (0..<n).map { (offset * n + $0, .entry(1, offset: $0)) }
        : (0..<c.x.count).map { ($0 * n + offset, .entry(0, offset: $0)) }
    },
    samples: { [Sample([Sample.spread([3]), Sample.positive([2])])] }
  ) { c throws(TensorError) in
    guard c.x.rank == 1, c.y.rank == 1 else {
      throw .rankNeeded("outer", 1, c.x.rank == 1 ? c.y.shape : c.x.shape)
    }
    return try c.x.reshaped(to: Shape([c.x.count, 1])) * c.y
  }

  package static let products: [Op] = [matmul, dot, outer]
}
