// Rearrangements: every result is a new contiguous tensor, read through strides or offsets.

extension Tensor {
  /// The same elements under another shape.
  package func reshaped(to target: Shape) throws(TensorError) -> Tensor {
    guard target.count == count else { throw .notReshapable(shape, target.dims) }
    if target.rank == 0 { return Tensor(self[0], dtype: dtype) }
    if case .scalar(let number) = storage {
      return try Tensor(filling: target, with: number, dtype: dtype)
    }
    return Tensor(shape: target, dtype: dtype, storage: storage)
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
    guard let first = parts.first else { throw .nothingToJoin("concat") }
    guard first.rank > 0 else { throw .axisOutOfRange(dim, first.shape) }
    let axis = try first.shape.axis(dim)
    var dims = first.shape.dims
    dims[axis] = 0
    var dtype = first.dtype
    for part in parts {
      var expected = part.shape.dims
      if part.rank == first.rank { expected[axis] = 0 }
      var own = first.shape.dims
      own[axis] = 0
      guard expected == own else {
        throw .sizesDiffer(first.shape, part.shape, axis: axis, operation: "concat")
      }
      dims[axis] += part.shape[axis]
      dtype = DType.promote(dtype, rank: 1, part.dtype, rank: 1)
    }
    let target = try Shape(dims)
    let inner = dims[(axis + 1)...].reduce(1, *)
    // Rows of nothing need no copying, however many there are.
    let outer = target.count == 0 ? 0 : dims[..<axis].reduce(1, *)
    var offsets: [(Tensor, start: Int)] = []
    var start = 0
    for part in parts {
      offsets.append((try part.converted(to: dtype), start))
      start += part.shape[axis] * inner
    }
    func copy<E: Element>(_ out: UnsafeMutablePointer<E>) {
      for (part, start) in offsets {
        let run = part.shape[axis] * inner
        part.read(E.self) { x in
          for row in 0..<outer {
            (out + row * dims[axis] * inner + start).update(from: x + row * run, count: run)
          }
        }
      }
    }
    let joined = try make(target, dtype, { copy($0) }, float: { copy($0) })
    if offsets.allSatisfy({ $0.0.isKnownFinite }) { joined.noteFinite() }
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
