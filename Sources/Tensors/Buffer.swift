// Memory for elements.
import CPlatform
import Platform
import Synchronization

/// How many bytes of tensor elements the process may hold at once.
package enum MemoryBudget {
  private static let limitBytes = Atomic<Int>(Memory.limit)

  /// Bytes that all tensors together may take.
  package static var limit: Int {
    get { limitBytes.load(ordering: .relaxed) }
    set { limitBytes.store(newValue, ordering: .relaxed) }
  }

  /// What they take, to the size of a piece of memory.
  package static var live: Int { nnrepl_allocated() }
}

/// Elements of one of the two stored types, contiguous, aligned to 64 bytes, and the lengths of their axes; uninitialised
/// at first.
package final class Buffer: @unchecked Sendable {
  let shape: Shape
  private let own: UnsafeMutableRawPointer
  /// Where the elements are copied from, until somebody needs them side by side.
  private(set) var origin: Origin?
  /// How its elements are stored: `.float32` or `.float64`. Nothing reads them as another type.
  let stored: DType
  fileprivate let bytes: Int
  /// The buffer whose memory this is, or is a part of.
  private var whole: Buffer?
  /// Whether somebody has seen that none of its elements is nan or inf.
  private(set) var isKnownFinite = false

  /// - Throws: `TensorError.tooLarge` when the budget would be passed or the system has no more.
  init(shape: Shape, of stored: DType) throws(TensorError) {
    let stride = stored == .float32 ? MemoryLayout<Float>.stride : MemoryLayout<Double>.stride
    try shape.checkSize(stride: stride)
    try Work.charge(shape.count)
    self.shape = shape
    self.stored = stored
    whole = nil
    bytes = shape.count * stride
    guard let memory = nnrepl_allocate(bytes) else {
      throw .tooLarge(shape.dims, limit: MemoryBudget.limit)
    }
    own = memory
  }

  /// A copy that is made when it is needed: whoever reads entry by entry anyway may read them at their origin.
  convenience init(shape: Shape, from origin: Origin) throws(TensorError) {
    try self.init(shape: shape, of: origin.source.stored)
    self.origin = origin
  }

  /// Elements of another buffer from one on, which stay where they are. Nobody may write them.
  convenience init(part whole: Buffer, from first: Int, _ shape: Shape) throws(TensorError) {
    try Work.charge(shape.count)
    self.init(whole, from: first, as: shape)
  }

  /// The same for elements under another shape.
  init(_ whole: Buffer, from first: Int = 0, as shape: Shape) {
    let stride = whole.stored == .float32 ? MemoryLayout<Float>.stride : MemoryLayout<Double>.stride
    self.shape = shape
    stored = whole.stored
    bytes = shape.count * stride
    own = whole.memory + first * stride
    isKnownFinite = whole.isKnownFinite
    self.whole = whole.whole ?? whole
  }

  /// Somebody has seen that none of its elements is nan or inf.
  func noteFinite() {
    isKnownFinite = true
    if let whole, whole.bytes == bytes { whole.isKnownFinite = true }
  }

  /// Whoever asked for its memory may write anything.
  func forgetFinite() { isKnownFinite = false }

  var memory: UnsafeMutableRawPointer {
    if let origin {
      self.origin = nil
      origin.copy(to: own)
    }
    return own
  }

  /// Whether its memory may be that of other buffers too: not where it is all of one that nobody else holds, as after
  /// reshaping what is not needed any more.
  var isPart: Bool {
    guard let bytesOfWhole = whole?.bytes else { return false }
    return bytesOfWhole != bytes || !isKnownUniquelyReferenced(&whole)
  }

  /// The elements, if they are stored as `E`.
  @inline(__always)
  func elements<E: Element>(_: E.Type) -> UnsafeMutablePointer<E>? {
    stored == E.stored ? memory.assumingMemoryBound(to: E.self) : nil
  }

  deinit {
    if whole != nil { return }
    nnrepl_free(own, bytes)
  }
}

/// Entries of a buffer by even steps, the last of them side by side.
final class Origin: @unchecked Sendable {
  let source: Buffer
  private let base: Int
  /// As many as there are, at most `mostAxes`.
  let axes: [nnrepl_axis]

  static let mostAxes = 4
  static let shortestRow = 64

  /// Bytes of all that origins hold besides their copies' own memory, and how many they may.
  private static let held = Atomic<Int>(0)
  private static let mostHeld = 64 << 20

  /// Nothing where too much is held already: copies that nobody asks for would keep what they are of.
  init?(_ source: Buffer, from base: Int, axes: [nnrepl_axis]) {
    guard Origin.held.load(ordering: .relaxed) + source.bytes <= Origin.mostHeld else { return nil }
    Origin.held.add(source.bytes, ordering: .relaxed)
    self.source = source
    self.base = base
    self.axes = axes
  }

  deinit { Origin.held.subtract(source.bytes, ordering: .relaxed) }

  /// The first of them.
  func start<E: Element>(_: E.Type) -> UnsafePointer<E>? {
    source.elements(E.self).map { UnsafePointer($0 + base) }
  }

  fileprivate func copy(to memory: UnsafeMutableRawPointer) {
    nnrepl_pick(
      source.stored == .float32 ? NNREPL_F32 : NNREPL_F64, Int32(axes.count), axes, base, memory,
      source.memory)
  }
}
