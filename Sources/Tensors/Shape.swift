// The lengths of a tensor's axes, and the arithmetic of broadcasting.

/// The lengths of a tensor's axes, outermost first; no axes for a single number.
package struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  package let dims: [Int]
  /// The number of elements.
  package let count: Int

  /// - Throws: `TensorError.tooLarge` if the element count does not fit, `.negativeAxis`. Beside an axis of
  ///   length 0 the others are limited too, since strides are products of them.
  package init(_ dims: [Int]) throws(TensorError) {
    var extent = 1
    var isEmpty = false
    for length in dims {
      if length < 0 { throw .negativeAxis(dims) }
      if length == 0 {
        isEmpty = true
        continue
      }
      let (product, overflow) = extent.multipliedReportingOverflow(by: length)
      if overflow { throw .tooLarge(dims, limit: MemoryBudget.limit) }
      extent = product
    }
    // A page's whole numbers have 32 bits.
    if isEmpty, Double(extent) > 0x1p40 {
      throw .tooLarge(dims, limit: MemoryBudget.limit)
    }
    self.dims = dims
    count = isEmpty ? 0 : extent
  }

  /// A shape whose elements, of `stride` bytes each, are within what memory may hold.
  package static func fitting(_ dims: [Int], stride: Int = 8) throws(TensorError) -> Shape {
    let shape = try Shape(dims)
    try shape.checkSize(stride: stride)
    return shape
  }

  @inline(__always)
  func checkSize(stride: Int) throws(TensorError) {
    let limit = MemoryBudget.limit
    guard count <= (limit - MemoryBudget.live) / stride else { throw .tooLarge(dims, limit: limit) }
  }

  package init(arrayLiteral elements: Int...) {
    dims = elements
    count = elements.reduce(1, *)
  }

  /// For axes that are known to be a rearrangement or a part of an existing shape.
  init(trusted dims: [Int]) {
    self.dims = dims
    count = dims.reduce(1, *)
  }

  package static let scalar: Shape = []
  package var rank: Int { dims.count }
  package subscript(axis: Int) -> Int { dims[axis] }
  package var description: String { "[" + dims.map(String.init).joined(separator: ", ") + "]" }

  /// Steps between neighbours along each axis in row-major order.
  package var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * dims[axis + 1]
    }
    return strides
  }

  /// The position on each axis of the element at `offset`.
  package func indices(at offset: Int) -> [Int] {
    zip(strides, dims).map { stride, length in length == 0 ? 0 : offset / stride % length }
  }

  /// The place of an entry in row-major order; the indices must be in range.
  package func offset(of indices: [Int]) -> Int {
    zip(strides, indices).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The axis that a learner's `dim` names, negative counting from the end.
  package func axis(_ dim: Int) throws(TensorError) -> Int {
    let limit = max(rank, 1)
    guard dim >= -limit, dim < limit else { throw .axisOutOfRange(dim, self) }
    return dim < 0 ? dim + limit : dim
  }

  /// The shape of an elementwise result: axes are matched from the last, and length 1 stretches.
  package func broadcast(with other: Shape) throws(TensorError) -> Shape {
    if self == other || other.rank == 0 { return self }
    if rank == 0 { return other }
    var result = [Int](repeating: 1, count: max(rank, other.rank))
    for back in 1...result.count {
      let a = back <= rank ? dims[rank - back] : 1
      let b = back <= other.rank ? other.dims[other.rank - back] : 1
      guard a == b || a == 1 || b == 1 else { throw .notBroadcastable(self, other) }
      result[result.count - back] = a == 1 ? b : a
    }
    return try Shape(result)
  }

  /// Strides that read a tensor of this shape as if it had been stretched to `target`.
  package func strides(stretchedTo target: Shape) -> [Int] {
    let own = strides
    return (0..<target.rank).map { axis in
      let mine = axis - (target.rank - rank)
      return mine < 0 || (dims[mine] == 1 && target.dims[axis] != 1) ? 0 : own[mine]
    }
  }
}
