// Ops that move entries around: each result entry copies one entry of an operand.
import Tensors

extension Op {
  private static func identity(_ c: Call) -> [Int] { Array(0..<c.x.count) }

  /// The offsets that reading by `strides` visits, in order.
  private static func visited(_ shape: Shape, _ strides: [Int]) -> [Int] {
    (0..<shape.count).map { zip(shape.indices(at: $0), strides).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  private static func order(_ c: Call) throws(TensorError) -> [Int] {
    guard let dims = c.attributes.ints("_dims") else { return Array((0..<c.x.rank).reversed()) }
    var order: [Int] = []
    for dim in dims { order.append(try c.x.shape.axis(dim)) }
    return order
  }

  private static func permutedOffsets(_ c: Call) throws(TensorError) -> [Int] {
    let order = try order(c)
    let strides = c.x.shape.strides
    return visited(try Shape(order.map { c.x.shape[$0] }), order.map { strides[$0] })
  }

  private static let unpermute: @Sendable (Call, Tensor) throws(TensorError) -> Tensor = {
    c, dz throws(TensorError) in
    let order = try order(c)
    return try dz.permuted((0..<order.count).map { order.firstIndex(of: $0) ?? $0 })
  }

  /// The transpose: axes in reverse order.
  package static let transpose = rearranging(
    "transpose", "The transpose: rows become columns.", "z[i, j] = x[j, i]",
    notation: .suffix(".T"),
    back: { _ in Formula.transpose(.dz) }, offsets: permutedOffsets, vjp: unpermute
  ) { c throws(TensorError) in try c.x.permuted(try order(c)) }

  /// Axes in another order.
  package static let permute = rearranging(
    "permute", settings: [Setting("_dims", nil)], "Puts the axes in another order.",
    "z.shape[i] = x.shape[dims[i]]",
    back: { c in
      let order = (try? order(c)) ?? []
      let inverse = (0..<order.count).map { order.firstIndex(of: $0) ?? $0 }
      return .apply("permute", [.dz], Attributes(("_dims", .ints(inverse))))
    },
    offsets: permutedOffsets, vjp: unpermute
  ) { c throws(TensorError) in try c.x.permuted(try order(c)) }

  /// The same elements under another shape; one length may be -1 and is worked out.
  package static let reshape = rearranging(
    "reshape", settings: [Setting("_shape", nil)],
    "The same elements under another shape; -1 stands for the length that fits.",
    "row-major order kept",
    back: { .apply("reshape", [.dz], Attributes(("_shape", .ints($0.x.shape.dims)))) },
    offsets: { c in identity(c) },
    vjp: { c, dz throws(TensorError) in try dz.reshaped(to: c.x.shape) }
  ) { c throws(TensorError) in
    var dims = c.attributes.ints("_shape") ?? []
    if let hole = dims.firstIndex(of: -1) {
      let others = dims.enumerated().reduce(1) { $1.offset == hole ? $0 : $0 &* $1.element }
      guard others > 0, c.x.count % others == 0 else { throw .notReshapable(c.x.shape, dims) }
      dims[hole] = c.x.count / others
    }
    guard dims.allSatisfy({ $0 >= 0 }) else { throw .notReshapable(c.x.shape, dims) }
    return try c.x.reshaped(to: Shape(dims))
  }

  /// Stretches axes of length 1; -1 keeps a length.
  package static let expand = rearranging(
    "expand", settings: [Setting("_shape", nil)],
    "Repeats along axes of length 1; -1 keeps a length.", "z[i, j] = x[0, j]",
    back: { unbroadcastText(.dz, from: $0.output.shape, to: $0.x.shape) },
    offsets: { c throws(TensorError) in
      visited(c.output.shape, c.x.shape.strides(stretchedTo: c.output.shape))
    },
    vjp: { c, dz throws(TensorError) in try unbroadcast(dz, to: c.x.shape) }
  ) { c throws(TensorError) in
    let wanted = c.attributes.ints("_shape") ?? []
    let extra = wanted.count - c.x.rank
    guard extra >= 0 else { throw .notExpandable(c.x.shape, wanted) }
    let dims = wanted.enumerated().map { axis, length in
      length == -1 && axis >= extra ? c.x.shape[axis - extra] : length
    }
    return try c.x.expanded(to: Shape(dims))
  }

  /// Picks entries by index, as in NumPy; entries picked twice collect both gradients.
  package static let index = rearranging(
    "index", settings: [Setting("index", nil)], "Picks entries by position, range, list or mask.",
    "x[…]", notation: .index,
    back: { .apply("index_put", [.call("zeros_like", .x), .dz], $0.attributes) },
    offsets: { c throws(TensorError) in try selection(c).offsets }
  ) { c throws(TensorError) in
    let picked = try selection(c)
    return try c.x.gathered(picked.offsets, shape: picked.shape)
  }

  private static func selection(_ c: Call) throws(TensorError) -> Selection {
    guard case .index(let items, _)? = c.attributes["index"] else {
      return Selection(offsets: [], shape: [0])
    }
    return try c.x.shape.selection(items)
  }

  /// Entries along one axis by a tensor of places: `z[i, j] = x[i, index[i, j]]` for `dim=1`.
  package static let gather = Op(
    "gather", ["x", "index"], settings: [Setting("dim", nil)],
    summary: "Picks entries along one axis by a tensor of places.",
    definition: "z[i, j] = x[i, index[i, j]] for dim=1",
    derivative: .vjps([
      VJP(text: { .apply("scatter_add", [.dz, .y], $0.attributes) }) { c, dz throws(TensorError) in
        try dz.scattered(gatherOffsets(c), into: c.x.shape)
      },
      VJP(0) { c, _ throws(TensorError) in try Tensor(filling: c.y.shape, with: 0) },
    ]),
    links: .copies { c throws(TensorError) in try gatherOffsets(c) }
  ) { c throws(TensorError) in try c.x.gathered(gatherOffsets(c), shape: c.y.shape) }

  private static func gatherOffsets(_ c: Call) throws(TensorError) -> [Int] {
    let axis = try c.x.shape.axis(c.attributes.dims.first ?? 0)
    guard c.x.rank > 0 else { throw .rankNeeded("gather", 1, c.x.shape) }
    guard c.y.rank == c.x.rank else { throw .rankNeeded("gather", c.x.rank, c.y.shape) }
    for other in 0..<c.x.rank where other != axis && c.y.shape[other] > c.x.shape[other] {
      throw .sizesDiffer(c.x.shape, c.y.shape, axis: axis, operation: "gather")
    }
    var offsets: [Int] = []
    for i in 0..<c.y.count {
      guard let place = Int(exactly: c.y[i]) else { throw .wholeNumbersNeeded("gather's index") }
      guard place >= 0, place < c.x.shape[axis] else {
        throw .indexOutOfRange(place, axis: axis, length: c.x.shape[axis])
      }
      var position = c.y.shape.indices(at: i)
      position[axis] = place
      offsets.append(c.x.shape.offset(of: position))
    }
    return offsets
  }

  /// Joins along an axis that all have.
  package static let concat = joining(
    "concat", "Joins tensors along an axis they have.", "[x | y | …]"
  ) { c throws(TensorError) in
    try Tensor.concatenated(c.inputs, dim: c.attributes.dims.first ?? 0)
  } part: { c, k throws(TensorError) in
    // PyTorch skips an empty tensor of rank 1, so it takes no room here either.
    let first = c.inputs.first { $0.shape != [0] } ?? c.inputs[0]
    let axis = try first.shape.axis(c.attributes.dims.first ?? 0)
    let start = c.inputs[..<k].reduce(0) { $0 + ($1.shape == [0] ? 0 : $1.shape[axis]) }
    let length = c.inputs[k].shape == [0] ? 0 : c.inputs[k].shape[axis]
    return [IndexItem](repeating: .slice(start: nil, stop: nil, step: 1), count: axis)
      + [.slice(start: start, stop: start + length, step: 1)]
  }

  /// Joins along a new axis.
  package static let stack = joining(
    "stack", "Joins tensors of one shape along a new axis.", "[x, y, …]"
  ) { c throws(TensorError) in
    guard let first = c.inputs.first else { throw .nothingToJoin("stack") }
    let (grown, axis) = try grownShape(c)
    for part in c.inputs where part.shape != first.shape {
      throw .sizesDiffer(first.shape, part.shape, axis: axis, operation: "stack")
    }
    var parts: [Tensor] = []
    for part in c.inputs { parts.append(try part.reshaped(to: grown)) }
    return try Tensor.concatenated(parts, dim: axis)
  } part: { c, k throws(TensorError) in
    let (_, axis) = try grownShape(c)
    return [IndexItem](repeating: .slice(start: nil, stop: nil, step: 1), count: axis) + [.at(k)]
  }

  private static func grownShape(_ c: Call) throws(TensorError) -> (Shape, Int) {
    let first = c.inputs[0].shape
    let dim = c.attributes.dims.first ?? 0
    guard dim >= -(first.rank + 1), dim <= first.rank else { throw .axisOutOfRange(dim, first) }
    let axis = dim < 0 ? dim + first.rank + 1 : dim
    return (try Shape(Array(first.dims[..<axis]) + [1] + Array(first.dims[axis...])), axis)
  }

  private static func joining(
    _ name: String, _ summary: String, _ definition: String, _ forward: @escaping Forward,
    part: @escaping @Sendable (Call, Int) throws(TensorError) -> [IndexItem]
  ) -> Op {
    Op(
      name, ["x", "y"], settings: [Setting("dim", .ints([0]))], summary: summary,
      definition: definition, derivative: .each { k in joined(k, part) },
      links: .entries { c, k, offset in
        guard let items = try? part(c, k), let picked = try? c.output.shape.selection(items)
        else { return [] }
        return [(picked.offsets[offset], 1)]
      }, forward: forward)
  }

  /// The part of the gradient that belongs to the k-th operand.
  private static func joined(
    _ k: Int, _ part: @escaping @Sendable (Call, Int) throws(TensorError) -> [IndexItem]
  ) -> VJP {
    VJP(text: { c in
      let items = (try? part(c, k)) ?? []
      return .apply("index", [.dz], Attributes(("index", .index(items, indexText(items)))))
    }) { c, dz throws(TensorError) in
      let picked = try dz.shape.selection(try part(c, k))
      return try dz.gathered(picked.offsets, shape: picked.shape).reshaped(to: c.inputs[k].shape)
    }
  }

  /// An index as the learner would write it.
  package static func indexText(_ items: [IndexItem]) -> String {
    items.map { item in
      switch item {
      case .at(let i): "\(i)"
      case .slice(let start, let stop, let step):
        (start.map(String.init) ?? "") + ":" + (stop.map(String.init) ?? "")
          + (step == 1 ? "" : ":\(step)")
      case .ellipsis: "..."
      case .newAxis: "none"
      case .list(let t): t.text()
      case .mask: "mask"
      }
    }.joined(separator: ", ")
  }

  /// Keeps a triangle of each matrix and sets the rest to 0.
  private static func triangle(
    _ name: String, _ word: String, _ keeps: @escaping @Sendable (Int, Int, Int) -> Bool
  ) -> Op {
    let cut: @Sendable (Call, Tensor) throws(TensorError) -> Tensor = { c, t throws(TensorError) in
      guard t.rank >= 2 else { throw .rankNeeded(name, 2, t.shape) }
      let diagonal = c.attributes.number("diagonal").flatMap(Int.init(exactly:)) ?? 0
      let (rows, columns) = (t.shape[t.rank - 2], t.shape[t.rank - 1])
      var values = t.values
      for i in 0..<t.count where !keeps(i / columns % rows, i % columns, diagonal) { values[i] = 0 }
      return try Tensor(values, shape: t.shape, dtype: t.dtype)
    }
    return Op(
      name, ["x"], settings: [Setting("diagonal", .number(0))],
      summary: "Keeps the \(word) triangle of each matrix; the rest becomes 0.",
      definition: "x on the \(word) triangle, else 0",
      derivative: .vjps([VJP(text: { .apply(name, [.dz], $0.attributes) }, apply: cut)])
    ) { c throws(TensorError) in try cut(c, c.x) }
  }

  /// Like `expand`, to the shape of another tensor.
  package static let expandAs = Op(
    "expand_as", ["x", "y"], summary: "Repeats `x` over the shape of `y`.", definition: "x over y",
    derivative: .vjps([
      VJP(text: { unbroadcastText(.dz, from: $0.y.shape, to: $0.x.shape) }) {
        c, dz throws(TensorError) in try unbroadcast(dz, to: c.x.shape)
      },
      VJP(0) { c, _ throws(TensorError) in try Tensor(filling: c.y.shape, with: 0) },
    ])
  ) { c throws(TensorError) in try c.x.expanded(to: c.y.shape) }

  package static let tril = triangle("tril", "lower") { row, column, d in column - row <= d }
  package static let triu = triangle("triu", "upper") { row, column, d in column - row >= d }

  package static let views: [Op] = [
    transpose, permute, reshape, expand, expandAs, index, gather, concat, stack, tril, triu,
  ]
}
