// The value: a shape, an element type, and elements in row-major order.
import CPlatform

/// An immutable array of numbers of rank 0 and up. A single number needs no buffer.
package struct Tensor: Sendable {
  // Three words: what is larger is copied to be read.
  /// The element of a tensor of rank 0.
  private let number: Double
  /// The elements of any other, and its shape.
  private(set) var buffer: Buffer?
  package let dtype: DType

  /// A tensor of rank 0.
  package init(_ number: Double, dtype: DType = .float64) {
    self.init(exactly: dtype.rounded(number), dtype)
  }

  package init(_ values: [Double], shape: Shape, dtype: DType = .float64) throws(TensorError) {
    guard values.count == shape.count else { throw .notReshapable([values.count], shape.dims) }
    self = try Tensor.make(shape, dtype) { (out: UnsafeMutablePointer<Double>) in
      out.update(from: values, count: values.count)
    } float: { out in
      nnrepl_convert(NNREPL_F32, values.count, out, values)
    }
  }

  package init(filling shape: Shape, with number: Double, dtype: DType = .float64)
    throws(TensorError)
  {
    let (count, number) = (shape.count, dtype.rounded(number))
    self = try Tensor.make(shape, dtype) {
      $0.fill(with: number, count)
    } float: {
      $0.fill(with: Float(number), count)
    }
    if dtype == .float32 ? Float(number).isFinite : number.isFinite { noteFinite() }
  }

  /// A number that this type has.
  private init(exactly number: Double, _ dtype: DType) {
    self.dtype = dtype
    self.number = number
    buffer = nil
  }

  /// Elements that are stored as this type has them.
  init(_ buffer: Buffer, _ dtype: DType) {
    self.dtype = dtype
    self.buffer = buffer
    number = 0
  }

  package var shape: Shape { lent { $0?.shape ?? .scalar } }
  package var count: Int { shape.count }
  package var rank: Int { shape.rank }

  /// The number at `offset` in row-major order.
  package subscript(offset: Int) -> Double {
    lent { buffer in
      guard let buffer else { return number }
      if let doubles = buffer.elements(Double.self) { return doubles[offset] }
      return Double(buffer.memory.assumingMemoryBound(to: Float.self)[offset])
    }
  }

  /// Shows `body` the elements' buffer without counting a reference to it: this tensor holds it.
  @inline(__always)
  func lent<Result>(_ body: (Buffer?) -> Result) -> Result {
    guard let buffer else { return body(nil) }
    return Unmanaged.passUnretained(buffer)._withUnsafeGuaranteedRef { body($0) }
  }

  /// The only number of a tensor of one element.
  package var item: Double? { count == 1 ? self[0] : nil }

  /// Its numbers in row-major order.
  package var values: [Double] {
    read(Double.self) { Array(UnsafeBufferPointer(start: $0, count: count)) }
  }

  /// The same numbers in another type; fractions are cut off towards 0 for int64, as in torch.
  package func converted(to target: DType) throws(TensorError) -> Tensor {
    if target == dtype { return self }
    guard let buffer else { return Tensor(number, dtype: target) }
    if target < dtype, !target.isFloat {
      let wide = try converted(to: .float64)
      return try target == .bool
        ? wide.zip(Tensor(0), Kernel.notEqual, result: .bool)
        : wide.map(Kernel.truncate, result: .int64)
    }
    if target.stored == dtype.stored {
      return Tensor(buffer, target)
    }
    return try Tensor.make(shape, target) { out in
      read(Float.self) { nnrepl_convert(NNREPL_F64, count, out, $0) }
    } float: { out in
      read(Double.self) { nnrepl_convert(NNREPL_F32, count, out, $0) }
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
      return Tensor(exactly: Double(number), dtype)
    }
    let draft = try Draft<E>(shape)
    body(draft.elements)
    if shape.count >= Work.many { try Work.look() }
    return try draft.finished(dtype)
  }

  /// The elements as `E`. Where they are stored as the other type, `body` sees converted ones: no kernel can
  /// read a buffer as what it is not.
  @inline(__always)
  package func read<E: Element, Result>(_: E.Type, _ body: (UnsafePointer<E>) -> Result) -> Result {
    lent { buffer in
      guard let buffer else { return withUnsafePointer(to: E(number), body) }
      if let elements = buffer.elements(E.self) { return body(UnsafePointer(elements)) }
      return readConverted(buffer, body)
    }
  }

  /// The elements as they are stored.
  @inline(__always)
  func read<Result>(_ body: (UnsafeRawPointer) -> Result) -> Result {
    lent { buffer in
      if let buffer { return body(buffer.memory) }
      if dtype == .float32 { return withUnsafePointer(to: Float(number)) { body($0) } }
      return withUnsafePointer(to: number) { body($0) }
    }
  }

  /// How they are stored, for CPlatform's loops.
  var layout: nnrepl_type { dtype == .float32 ? NNREPL_F32 : NNREPL_F64 }

  /// A new tensor whose elements, as `dtype` stores them, `body` writes.
  @inline(__always)
  static func made(_ shape: Shape, _ dtype: DType, _ body: (UnsafeMutableRawPointer) -> Void)
    throws(TensorError) -> Tensor
  {
    dtype == .float32
      ? try fill(shape, dtype) { (out: UnsafeMutablePointer<Float>) in body(out) }
      : try fill(shape, dtype) { (out: UnsafeMutablePointer<Double>) in body(out) }
  }

  @inline(never)
  private func readConverted<E: Element, Result>(
    _ buffer: Buffer, _ body: (UnsafePointer<E>) -> Result
  ) -> Result {
    var copy = [E](repeating: 0, count: count)
    if let floats = buffer.elements(Float.self) { for i in 0..<count { copy[i] = E(floats[i]) } }
    if let doubles = buffer.elements(Double.self) { for i in 0..<count { copy[i] = E(doubles[i]) } }
    return body(copy)
  }

  /// For kernels that meet another tensor by offset: it must have just so many elements.
  func mustHold(_ elements: Int) throws(TensorError) {
    guard count == elements else { throw .notReshapable(shape, [elements]) }
  }

  /// The elements, to be changed in place while the tensor is kept; a buffer that others hold too is copied
  /// first, and so is one of the other type. A single number has no buffer.
  package mutating func pointer<E: Element>(_: E.Type) throws(TensorError)
    -> UnsafeMutablePointer<E>?
  {
    if lent({ $0 != nil && $0?.stored != E.stored }) { self = try converted(to: E.stored) }
    return try mutablePointer()?.assumingMemoryBound(to: E.self)
  }

  /// The same, of the type that they have.
  mutating func mutablePointer() throws(TensorError) -> UnsafeMutableRawPointer? {
    let isShared = !isKnownUniquelyReferenced(&buffer)
    if isShared || lent({ $0?.isPart == true }) {
      guard let old = buffer else { return nil }
      let copy = try Buffer(shape: shape, of: old.stored)
      copy.memory.copyMemory(
        from: old.memory, byteCount: shape.count * (old.stored == .float32 ? 4 : 8))
      buffer = copy
    }
    return lent { buffer in
      buffer?.forgetFinite()
      return buffer?.memory
    }
  }

  /// `self += other`, which has the same shape and type, in place while nobody else holds these numbers.
  package mutating func add(_ other: Tensor) throws(TensorError) {
    guard let own = try mutablePointer(), shape == other.shape, dtype == other.dtype else {
      self = try self + other
      return
    }
    try Work.charge(count)
    let (layout, count) = (layout, count)
    let areFinite = other.read { nnrepl_zip(layout, NNREPL_ADD, count, own, own, 1, $0, 1) != 0 }
    if areFinite { noteFinite() }
  }

  /// Whether no element is nan or inf; looked at once.
  package var isFinite: Bool {
    // Truth values always are; a product of many whole numbers need not be.
    if dtype == .bool { return true }
    if isKnownFinite { return true }
    let isFinite = dtype == .float32 ? isFinite(Float.self) : isFinite(Double.self)
    if isFinite { noteFinite() }
    return isFinite
  }

  /// Whether somebody has seen that no element is nan or inf.
  var isKnownFinite: Bool {
    lent { $0?.isKnownFinite ?? number.isFinite }
  }

  /// Whether a copy of its elements, `count` of them, holds none that is nan or inf. They are looked at here, once for all
  /// copies, where they are not many more than the copy's.
  func isFinite(inCopyOf count: Int) -> Bool {
    isKnownFinite || self.count / 4 <= count && isFinite
  }

  /// Keeps in mind that no element is nan or inf.
  func noteFinite() {
    lent { $0?.noteFinite() }
  }

  private func isFinite<E: Element>(_: E.Type) -> Bool {
    let count = shape.count
    return read(E.self) { E.areFinite($0, count) }
  }
}

/// A tensor in the making: elements of one type that its maker may still write.
struct Draft<E: Element> {
  private let buffer: Buffer
  let elements: UnsafeMutablePointer<E>

  /// Uninitialised elements.
  init(_ shape: Shape) throws(TensorError) {
    buffer = try Buffer(shape: shape, of: E.stored)
    elements = buffer.memory.assumingMemoryBound(to: E.self)
  }

  init(zeros shape: Shape) throws(TensorError) {
    try self.init(shape)
    elements.fill(with: 0, shape.count)
  }

  /// The tensor of these elements, which nobody may write from now on.
  consuming func finished(_ dtype: DType) throws(TensorError) -> Tensor {
    let made = Tensor(buffer, dtype.stored == E.stored ? dtype : E.stored)
    return made.dtype == dtype ? made : try made.converted(to: dtype)
  }
}

extension UnsafeMutablePointer where Pointee: Element {
  /// The same number everywhere; 0 by its bytes, which is faster.
  fileprivate func fill(with number: Pointee, _ count: Int) {
    if number == 0, number.sign == .plus {
      let bytes = count * MemoryLayout<Pointee>.stride
      UnsafeMutableRawPointer(self).initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    } else {
      initialize(repeating: number, count: count)
    }
  }
}
