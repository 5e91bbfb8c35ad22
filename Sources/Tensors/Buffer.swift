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

/// Uninitialised elements of one of the two stored types, contiguous, aligned to 64 bytes.
package final class Buffer: @unchecked Sendable {
  let memory: UnsafeMutableRawPointer
  /// How its elements are stored: `.float32` or `.float64`. Nothing reads them as another type.
  let stored: DType
  private let bytes: Int
  /// The buffer whose memory a part of it is.
  private let whole: Buffer?
  /// Whether somebody has seen that none of its elements is nan or inf.
  var isKnownFinite = false

  /// - Throws: `TensorError.tooLarge` when the budget would be passed or the system has no more.
  init(shape: Shape, of stored: DType) throws(TensorError) {
    let stride = stored == .float32 ? MemoryLayout<Float>.stride : MemoryLayout<Double>.stride
    try shape.checkSize(stride: stride)
    try Work.charge(shape.count)
    self.stored = stored
    whole = nil
    bytes = shape.count * stride
    guard let memory = nnrepl_allocate(bytes) else {
      throw .tooLarge(shape.dims, limit: MemoryBudget.limit)
    }
    self.memory = memory
  }

  /// Elements of another buffer from one on, which stay where they are. Nobody may write them.
  init(part whole: Buffer, from first: Int, count: Int) throws(TensorError) {
    try Work.charge(count)
    let stride = whole.stored == .float32 ? MemoryLayout<Float>.stride : MemoryLayout<Double>.stride
    stored = whole.stored
    bytes = count * stride
    memory = whole.memory + first * stride
    isKnownFinite = whole.isKnownFinite
    self.whole = whole
  }

  /// Whether its memory is that of another buffer too.
  var isPart: Bool { whole != nil }

  /// The elements, if they are stored as `E`.
  @inline(__always)
  func elements<E: Element>(_: E.Type) -> UnsafeMutablePointer<E>? {
    stored == E.stored ? memory.assumingMemoryBound(to: E.self) : nil
  }

  deinit {
    if isPart { return }
    nnrepl_free(memory, bytes)
  }
}
