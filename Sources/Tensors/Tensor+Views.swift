// Rearrangements: every result is a new contiguous tensor, read through strides or offsets.

extension Tensor {
  /// The same elements under another shape.
  package func reshaped(to target: Shape) throws(TensorError) -> Tensor {
    guard target.count == count else { throw .notReshapable(shape, target.dims) }
    if target.rank == 0 { return Tensor(self[0], dtype: dtype) }
    guard let buffer else { return try Tensor(filling: target, with: self[0], dtype: dtype) }
    return target == shape ? self : Tensor(Buffer(buffer, as: target), dtype)
  }

  /// Axes in another order: `result.shape[i] = shape[order[i]]`.
  package func permuted(_ order: [Int]) throws(TensorError) -> Tensor {
    guard order.sorted() == Array(0..<rank) else { throw .notPermutation(order, shape) }
    return try picked(shape.permutation(order))
  }

  /// The last two axes exchanged; `rank` must be at least 2.
  package func transposed() throws(TensorError) -> Tensor {
    var order = Array(0..<rank)
    order.swapAt(rank - 1, rank - 2)
    return try permuted(order)
  }

  /// Stretches axes of length 1, and adds axes in front.
  package func expanded(to target: Shape) throws(TensorError) -> Tensor {
    if shape == target { return self }
    guard try shape.broadcast(with: target) == target else {
      throw .notExpandable(shape, target.dims)
    }
    return try picked(shape.stretching(to: target))
  }

  /// Whole entries of the first axis, in the order of `places`.
  package func rows(_ places: [Int]) throws(TensorError) -> Tensor {
    try picked(try shape.selection(rows: places, shape: [places.count]))
  }

  /// Of each row of so many numbers a part; the rest is 0.
  package func keeping(rowsOf columns: Int, _ part: (_ row: Int) -> Range<Int>)
    throws(TensorError) -> Tensor
  {
    func copy<E: Element>(_ out: UnsafeMutablePointer<E>) {
      out.initialize(repeating: 0, count: count)
      read(E.self) { x in
        for row in 0..<(columns == 0 ? 0 : count / columns) {
          let kept = part(row)
          let start = row * columns + kept.lowerBound
          (out + start).update(from: x + start, count: kept.count)
        }
      }
    }
    return try Tensor.make(shape, dtype) {
      copy($0)
    } float: {
      copy($0)
    }
  }

  /// Joins tensors along an axis that they already have. As in PyTorch, an empty tensor of rank 1 is
  /// skipped whatever the rank of the others.
  package static func concatenated(_ parts: [Tensor], dim: Int) throws(TensorError) -> Tensor {
    let skipsEmpty = parts.contains { $0.shape != [0] }
    let parts = skipsEmpty ? parts.filter { $0.shape != [0] } : parts
    guard let first = parts.first?.shape else { throw .nothingToJoin("concat") }
    guard first.rank > 0 else { throw .axisOutOfRange(dim, first) }
    let axis = try first.axis(dim)
    var length = 0
    for part in parts {
      let shape = part.shape
      guard shape.rank == first.rank,
        (0..<first.rank).allSatisfy({ $0 == axis || shape[$0] == first[$0] })
      else { throw .sizesDiffer(first, shape, axis: axis, operation: "concat") }
      length += shape[axis]
    }
    var dims = first.dims
    dims[axis] = length
    return try sideBySide(parts, axis, Shape(dims))
  }

  /// Joins tensors of one shape along a new axis.
  package static func stacked(_ parts: [Tensor], dim: Int) throws(TensorError) -> Tensor {
    guard let first = parts.first?.shape else { throw .nothingToJoin("stack") }
    let axis = try Shape(first.dims + [parts.count]).axis(dim)
    for part in parts where part.shape != first {
      throw .sizesDiffer(first, part.shape, axis: axis, operation: "stack")
    }
    var dims = first.dims
    dims.insert(parts.count, at: axis)
    return try sideBySide(parts, axis, Shape(dims))
  }

  /// Each row of the result, all from `axis` on, is one of the first part, one of the second and so on.
  private static func sideBySide(_ parts: [Tensor], _ axis: Int, _ shape: Shape)
    throws(TensorError) -> Tensor
  {
    var dtype = parts[0].dtype
    for part in parts { dtype = DType.promote(dtype, rank: 1, part.dtype, rank: 1) }
    var converted = parts
    for (k, part) in parts.enumerated() where part.dtype != dtype {
      converted[k] = try part.converted(to: dtype)
    }
    // Rows of nothing need no copying, however many there are.
    let rows = shape.count == 0 ? 0 : shape.extent(0..<axis)
    func copy<E: Element>(_ out: UnsafeMutablePointer<E>) {
      var start = out
      for part in converted where rows > 0 {
        let run = part.count / rows
        part.read(E.self) { x in
          for row in 0..<rows {
            (start + row * (shape.count / rows)).update(from: x + row * run, count: run)
          }
        }
        start += run
      }
    }
    let joined = try make(shape, dtype, { copy($0) }, float: { copy($0) })
    if converted.allSatisfy({ $0.isFinite(inCopyOf: shape.count) }) { joined.noteFinite() }
    return joined
  }
}

extension Shape {
  /// Axes in another order, which must be one of all.
  package func permutation(_ order: [Int]) -> Selection {
    let strides = strides
    return Selection(
      Shape(rank: order.count) { self[order[$0]] }, strides: order.map { strides[$0] }, of: self)
  }

  /// Axes of length 1 stretched, and axes added in front.
  package func stretching(to target: Shape) -> Selection {
    Selection(target, strides: strides(stretchedTo: target), of: self)
  }

  /// Whole entries of the first axis, which take its place in the shape given.
  /// - Throws: `TensorError.indexOutOfRange`
  package func selection(rows places: [Int], shape lead: Shape) throws(TensorError) -> Selection {
    let (count, width) = (self[0], extent(1..<rank))
    if let place = places.first(where: { $0 < 0 || $0 >= count }) {
      throw .indexOutOfRange(place, axis: 0, length: count)
    }
    return Selection(
      [.places(places.map { $0 * width }), .even(count: width, by: 1)], of: self,
      shape: try Shape.fitting(lead.dims + dims.dropFirst()))
  }
}
