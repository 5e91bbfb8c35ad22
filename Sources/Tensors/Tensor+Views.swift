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

  /// The elements read by `strides` from `offset`: slices, permutations and stretching alike.
  package func strided(_ target: Shape, strides: [Int], offset: Int = 0) throws(TensorError)
    -> Tensor
  {
    dtype == .float32
      ? try strided(target, strides, offset, Float.self)
      : try strided(target, strides, offset, Double.self)
  }

  private func strided<E: Element>(
    _ target: Shape, _ strides: [Int], _ offset: Int, _: E.Type
  ) throws(TensorError) -> Tensor {
    let none = [Int](repeating: 0, count: target.rank)
    return try Tensor.fill(target, dtype) { (out: UnsafeMutablePointer<E>) in
      read(E.self) { x in
        Tensor.walk(target, strides, none) { base, length, start, step, _, _ in
          for i in 0..<length { out[base + i] = x[offset + start + i * step] }
        }
      }
    }
  }

  /// Axes in another order: `result.shape[i] = shape[order[i]]`.
  package func permuted(_ order: [Int]) throws(TensorError) -> Tensor {
    guard order.sorted() == Array(0..<rank) else { throw .notPermutation(order, shape) }
    let strides = shape.strides
    return try strided(
      Shape(trusted: order.map { shape[$0] }), strides: order.map { strides[$0] })
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
    return try strided(target, strides: shape.strides(stretchedTo: target))
  }

  /// Whole entries of the first axis, in the order of `places`.
  package func rows(_ places: [Int]) throws(TensorError) -> Tensor {
    for place in places where place < 0 || place >= shape[0] {
      throw .indexOutOfRange(place, axis: 0, length: shape[0])
    }
    let target = try Shape([places.count] + shape.dims.dropFirst())
    let width = shape.dims.dropFirst().reduce(1, *)
    func copy<E: Element>(_ out: UnsafeMutablePointer<E>) {
      read(E.self) { x in
        for (i, place) in places.enumerated() {
          (out + i * width).update(from: x + place * width, count: width)
        }
      }
    }
    return try Tensor.make(target, dtype) {
      copy($0)
    } float: {
      copy($0)
    }
  }

  /// `result[i] = self[offsets[i]]`.
  /// - Throws: `TensorError.indexOutOfRange` for an offset past the end.
  package func gathered(_ offsets: [Int], shape target: Shape) throws(TensorError) -> Tensor {
    guard offsets.count == target.count else { throw .notReshapable([offsets.count], target.dims) }
    try Tensor.check(offsets, below: count)
    return try Tensor.make(target, dtype) { out in
      read(Double.self) { x in for i in 0..<offsets.count { out[i] = x[offsets[i]] } }
    } float: { out in
      read(Float.self) { x in for i in 0..<offsets.count { out[i] = x[offsets[i]] } }
    }
  }

  /// The inverse of `gathered`: `result[offsets[i]] += self[i]`, zero elsewhere.
  package func scattered(_ offsets: [Int], into target: Shape) throws(TensorError) -> Tensor {
    try mustHold(offsets.count)
    try Tensor.check(offsets, below: target.count)
    return try Tensor.make(target, dtype) { out in
      out.initialize(repeating: 0, count: target.count)
      read(Double.self) { x in for i in 0..<offsets.count { out[offsets[i]] += x[i] } }
    } float: { out in
      out.initialize(repeating: 0, count: target.count)
      read(Float.self) { x in for i in 0..<offsets.count { out[offsets[i]] += x[i] } }
    }
  }

  /// `self[offsets[i]] = part[i]`, in place while nobody else holds these numbers.
  /// - Throws: `TensorError.indexOutOfRange` for an offset past the end.
  package mutating func set(_ part: Tensor, at offsets: [Int]) throws(TensorError) {
    try part.mustHold(offsets.count)
    try Tensor.check(offsets, below: count)
    try Work.charge(offsets.count)
    if dtype == .float32 {
      guard let own = try pointer(Float.self) else { throw .notReshapable(shape, [offsets.count]) }
      part.read(Float.self) { x in for i in 0..<offsets.count { own[offsets[i]] = x[i] } }
    } else {
      guard let own = try pointer(Double.self) else { throw .notReshapable(shape, [offsets.count]) }
      part.read(Double.self) { x in for i in 0..<offsets.count { own[offsets[i]] = x[i] } }
    }
  }

  /// `self[offsets[i]] += part[i]`, in place while nobody else holds these numbers.
  /// - Throws: `TensorError.indexOutOfRange` for an offset past the end.
  package mutating func add(_ part: Tensor, at offsets: [Int]) throws(TensorError) {
    try part.mustHold(offsets.count)
    try Tensor.check(offsets, below: count)
    try Work.charge(offsets.count)
    if dtype == .float32 {
      guard let sum = try pointer(Float.self) else { throw .notReshapable(shape, [offsets.count]) }
      part.read(Float.self) { x in for i in 0..<offsets.count { sum[offsets[i]] += x[i] } }
    } else {
      guard let sum = try pointer(Double.self) else { throw .notReshapable(shape, [offsets.count]) }
      part.read(Double.self) { x in for i in 0..<offsets.count { sum[offsets[i]] += x[i] } }
    }
  }

  private static func check(_ offsets: [Int], below count: Int) throws(TensorError) {
    // A sign bit says that one is out of range; which one is looked for then.
    var signs = 0
    for offset in offsets { signs |= offset | (count - 1 &- offset) }
    guard signs < 0, let offset = offsets.first(where: { $0 < 0 || $0 >= count }) else { return }
    throw .indexOutOfRange(offset, axis: 0, length: count)
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
    return try make(target, dtype, { copy($0) }, float: { copy($0) })
  }
}
