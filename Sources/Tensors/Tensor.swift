// The value: a shape, an element type, and elements in row-major order.

/// An immutable array of numbers of rank 0 and up. A single number needs no buffer.
package struct Tensor: Sendable {
  package let shape: Shape
  package let dtype: DType
  private(set) var storage: Storage

  enum Storage: Sendable {
    case scalar(Double)
    case buffer(Buffer)
  }

  /// A tensor of rank 0.
  package init(_ number: Double, dtype: DType = .float64) {
    shape = .scalar
    self.dtype = dtype
    storage = .scalar(dtype.rounded(number))
  }

  package init(_ values: [Double], shape: Shape, dtype: DType = .float64) throws(TensorError) {
    guard values.count == shape.count else { throw .notReshapable([values.count], shape.dims) }
    self = try Tensor.make(shape, dtype) { (out: UnsafeMutablePointer<Double>) in
      for i in 0..<values.count { out[i] = values[i] }
    } float: { out in
      for i in 0..<values.count { out[i] = Float(values[i]) }
    }
  }

  package init(filling shape: Shape, with number: Double, dtype: DType = .float64)
    throws(TensorError)
  {
    let count = shape.count
    self = try Tensor.make(shape, dtype) {
      $0.initialize(repeating: number, count: count)
    } float: {
      $0.initialize(repeating: Float(number), count: count)
    }
  }

  init(shape: Shape, dtype: DType, storage: Storage) {
    self.shape = shape
    self.dtype = dtype
    self.storage = storage
  }

  package var count: Int { shape.count }
  package var rank: Int { shape.rank }

  /// The number at `offset` in row-major order.
  package subscript(offset: Int) -> Double {
    switch storage {
    case .scalar(let number): number
    case .buffer(let buffer):
      dtype == .float32
        ? Double(buffer.memory.assumingMemoryBound(to: Float.self)[offset])
        : buffer.memory.assumingMemoryBound(to: Double.self)[offset]
    }
  }

  /// The only number of a tensor of one element.
  package var item: Double? { count == 1 ? self[0] : nil }

  package var values: [Double] {
    dtype == .float32
      ? read(Float.self) { UnsafeBufferPointer(start: $0, count: count).map(Double.init) }
      : read(Double.self) { Array(UnsafeBufferPointer(start: $0, count: count)) }
  }

  package func converted(to target: DType) throws(TensorError) -> Tensor {
    if target == dtype { return self }
    if case .scalar(let number) = storage { return Tensor(number, dtype: target) }
    if target < dtype, !target.isFloat {
      return try Tensor(values.map(target.rounded), shape: shape, dtype: target)
    }
    let sameStorage = (target == .float32) == (dtype == .float32)
    if sameStorage { return Tensor(shape: shape, dtype: target, storage: storage) }
    return try Tensor.make(shape, target) { out in
      read(Float.self) { x in for i in 0..<count { out[i] = Double(x[i]) } }
    } float: { out in
      read(Double.self) { x in for i in 0..<count { out[i] = Float(x[i]) } }
    }
  }
}

// MARK: - Reading and writing elements by type

extension Tensor {
  /// A new tensor whose elements `body` writes: into doubles, or into floats for `.float32`.
  static func make(
    _ shape: Shape, _ dtype: DType, _ body: (UnsafeMutablePointer<Double>) -> Void,
    float: (UnsafeMutablePointer<Float>) -> Void
  ) throws(TensorError) -> Tensor {
    dtype == .float32
      ? try fill(shape, dtype, float) : try fill(shape, dtype, body)
  }

  /// A new tensor whose elements, of type `E`, `body` writes.
  @inline(__always)
  static func fill<E: Element>(
    _ shape: Shape, _ dtype: DType, _ body: (UnsafeMutablePointer<E>) -> Void
  ) throws(TensorError) -> Tensor {
    if shape.rank == 0 {
      var number: E = 0
      withUnsafeMutablePointer(to: &number, body)
      return Tensor(shape: shape, dtype: dtype, storage: .scalar(Double(number)))
    }
    let buffer = try Buffer(shape: shape, stride: MemoryLayout<E>.stride)
    body(buffer.memory.assumingMemoryBound(to: E.self))
    return Tensor(shape: shape, dtype: dtype, storage: .buffer(buffer))
  }

  /// The elements as `E`, which must be the type this tensor stores.
  @inline(__always)
  package func read<E: Element, Result>(_: E.Type, _ body: (UnsafePointer<E>) -> Result) -> Result {
    switch storage {
    case .scalar(let number):
      return withUnsafePointer(to: E(number), body)
    case .buffer(let buffer):
      return withExtendedLifetime(buffer) {
        body(UnsafePointer(buffer.memory.assumingMemoryBound(to: E.self)))
      }
    }
  }

  /// The elements of a tensor that its maker has not given away yet, for filling in several passes.
  @inline(__always)
  func write<E: Element>(_: E.Type, _ body: (UnsafeMutablePointer<E>) -> Void) {
    guard case .buffer(let buffer) = storage else { return }
    body(buffer.memory.assumingMemoryBound(to: E.self))
  }

  /// The elements, to be changed in place while the tensor is kept; a buffer that others hold too is copied
  /// first. A single number has no buffer.
  package mutating func pointer<E: Element>(_: E.Type) throws(TensorError)
    -> UnsafeMutablePointer<E>?
  {
    guard case .buffer(var buffer) = storage else { return nil }
    storage = .scalar(0)
    defer { storage = .buffer(buffer) }
    if !isKnownUniquelyReferenced(&buffer) {
      let copy = try Buffer(shape: shape, stride: MemoryLayout<E>.stride)
      copy.memory.copyMemory(
        from: buffer.memory, byteCount: shape.count * MemoryLayout<E>.stride)
      buffer = copy
    }
    return buffer.memory.assumingMemoryBound(to: E.self)
  }

  /// Whether no element is nan or inf.
  package var isFinite: Bool {
    if case .scalar(let number) = storage { return number.isFinite }
    return dtype == .float32 ? isFinite(Float.self) : isFinite(Double.self)
  }

  /// A number times 0 is 0 unless it is nan or inf; sums of such products run at the speed of memory.
  private func isFinite<E: Element>(_: E.Type) -> Bool {
    read(E.self) { x in
      var lanes = SIMD8<E>(repeating: 0)
      var i = 0
      while i + 8 <= count {
        var block = SIMD8<E>(repeating: 0)
        for lane in 0..<8 { block[lane] = x[i + lane] }
        lanes += block * 0
        i += 8
      }
      var sum = lanes.sum()
      while i < count {
        sum += x[i] * 0
        i += 1
      }
      return sum == 0
    }
  }
}
