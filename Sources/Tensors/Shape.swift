// The lengths of a tensor's axes, and the arithmetic of broadcasting.
import CPlatform

/// The lengths of a tensor's axes, outermost first; no axes for a single number. Up to four usual lengths are held in
/// place, so that a tensor's shape costs no memory of its own; others are kept once for as long as the program runs.
package struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The number of elements.
  package let count: Int
  /// Two lengths of 32 bits each, or where all lengths are kept: their number and they.
  private let low: UInt64
  private let high: UInt64
  /// The number of axes, or `isKept`.
  private let mark: UInt8

  private static let isKept: UInt8 = 255

  /// - Parameters:
  ///   - count: the product of the lengths.
  ///   - length: that of each axis.
  @inline(__always)
  private init(rank: Int, count: Int, _ length: (Int) -> Int) {
    var (low, high): (UInt64, UInt64) = (0, 0)
    var fits = rank <= 4
    if fits {
      for axis in 0..<rank {
        let part = UInt64(truncatingIfNeeded: length(axis))
        fits = fits && part >> 32 == 0
        if axis < 2 {
          low |= part << (32 &* UInt64(axis))
        } else {
          high |= part << (32 &* UInt64(axis - 2))
        }
      }
    }
    if fits {
      (self.count, self.low, self.high, mark) = (count, low, high, UInt8(truncatingIfNeeded: rank))
    } else {
      let kept = (0..<rank).map(length).withUnsafeBufferPointer {
        nnrepl_keep($0.baseAddress, rank)
      }
      // Without memory for its lengths it has nothing.
      self.count = kept == nil ? 0 : count
      (self.low, self.high, mark) = (UInt64(UInt(bitPattern: kept)), 0, Shape.isKept)
    }
  }

  /// Of lengths whose product is known to fit.
  @inline(__always)
  package init(rank: Int, _ length: (Int) -> Int) {
    var count = 1
    for axis in 0..<rank { count *= length(axis) }
    self.init(rank: rank, count: count, length)
  }

  /// As many as PyTorch's operations take.
  private static let mostAxes = 64

  /// - Throws: `TensorError.tooLarge` if the element count does not fit, `.negativeAxis`, `.tooManyAxes`. Beside an axis of
  ///   length 0 the others are limited too, since strides are products of them.
  package init(_ dims: [Int]) throws(TensorError) {
    guard dims.count <= Shape.mostAxes else {
      throw .tooManyAxes(dims.count, most: Shape.mostAxes)
    }
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
    self.init(rank: dims.count, count: isEmpty ? 0 : extent) { dims[$0] }
  }

  /// `[rows, columns]`.
  /// - Throws: `TensorError.tooLarge` if the element count does not fit.
  package static func matrix(_ rows: Int, _ columns: Int) throws(TensorError) -> Shape {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    if overflow { return try Shape([rows, columns]) }
    return Shape(rank: 2, count: count) { $0 == 0 ? rows : columns }
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
    guard count <= max(0, limit - MemoryBudget.live) / stride else {
      throw .tooLarge(dims, limit: limit)
    }
  }

  package init(arrayLiteral elements: Int...) { self.init(trusted: elements) }

  /// For axes that are known to be a rearrangement or a part of an existing shape.
  init(trusted dims: [Int]) { self.init(rank: dims.count) { dims[$0] } }

  package static let scalar: Shape = []

  package var rank: Int { mark == Shape.isKept ? kept?[0] ?? 0 : Int(mark) }

  private var kept: UnsafePointer<Int>? { UnsafePointer(bitPattern: UInt(truncatingIfNeeded: low)) }

  /// The length of an axis, which there must be.
  @inline(__always)
  package subscript(axis: Int) -> Int {
    if mark == Shape.isKept { return kept?[1 + axis] ?? 0 }
    assert((0..<Int(mark)).contains(axis))
    let word = axis < 2 ? low : high
    return Int(truncatingIfNeeded: (word >> (32 &* UInt64(axis & 1))) & 0xffff_ffff)
  }

  /// The lengths as a list, which is made anew each time.
  package var dims: [Int] { (0..<rank).map { self[$0] } }

  /// The length of the innermost axis; nil if there is none.
  package var last: Int? { rank == 0 ? nil : self[rank - 1] }

  /// The product of the lengths of some axes.
  package func extent(_ axes: Range<Int>) -> Int {
    var extent = 1
    for axis in axes { extent *= self[axis] }
    return extent
  }

  package var description: String { "[" + dims.map(String.init).joined(separator: ", ") + "]" }

  /// Steps between neighbours along each axis in row-major order.
  package var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * self[axis + 1]
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

  /// Whether each of its axes, matched from the last, has the other's length or 1.
  private func stretches(to other: Shape) -> Bool {
    let extra = other.rank - rank
    guard extra >= 0 else { return false }
    for axis in 0..<rank where self[axis] != 1 && self[axis] != other[axis + extra] { return false }
    return true
  }

  /// The shape of an elementwise result: axes are matched from the last, and length 1 stretches.
  package func broadcast(with other: Shape) throws(TensorError) -> Shape {
    if self == other || other.rank == 0 || other.stretches(to: self) { return self }
    if rank == 0 || stretches(to: other) { return other }
    var result = [Int](repeating: 1, count: max(rank, other.rank))
    for back in 1...result.count {
      let a = back <= rank ? self[rank - back] : 1
      let b = back <= other.rank ? other[other.rank - back] : 1
      guard a == b || a == 1 || b == 1 else { throw .notBroadcastable(self, other) }
      result[result.count - back] = a == 1 ? b : a
    }
    return try Shape(result)
  }

  /// Strides that read a tensor of this shape as if it had been stretched to `target`.
  package func strides(stretchedTo target: Shape) -> [Int] {
    [Int](unsafeUninitializedCapacity: target.rank) { strides, filled in
      if let strides = strides.baseAddress { writeStrides(stretchedTo: target, to: strides) }
      filled = target.rank
    }
  }

  func writeStrides(stretchedTo target: Shape, to strides: UnsafeMutablePointer<Int>) {
    let extra = target.rank - rank
    var step = 1
    for axis in stride(from: target.rank - 1, through: 0, by: -1) {
      let mine = axis - extra
      strides[axis] = mine < 0 || (self[mine] == 1 && target[axis] != 1) ? 0 : step
      if mine >= 0 { step *= self[mine] }
    }
  }
}
