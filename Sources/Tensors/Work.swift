// Work is counted where it is done, and broken off where it takes long.
import CPlatform

/// What tensors cost a run, and whether it should end.
package enum Work {
  /// From so many numbers on, an op looks whether it should end.
  package static let many = 1 << 16
  /// Below so many numbers, nothing that is put off pays.
  static let few = 1 << 12

  /// Whether the run is to be broken off: after Ctrl-C, or when it has used up its budget.
  package static var mustStop: Bool { nnrepl_must_stop() != 0 }

  /// Takes the fuel for `count` numbers read or written.
  /// - Throws: `TensorError.stopped`, looked for when they are many.
  @inline(__always)
  package static func charge(_ count: Int) throws(TensorError) {
    nnrepl_charge(count)
    if count >= many { try look() }
  }

  /// - Throws: `TensorError.stopped` if the run is to be broken off.
  package static func look() throws(TensorError) {
    if mustStop { throw .stopped }
  }

  /// Calls `body` for parts of `0..<count`, and for none once the run is to be broken off: who asked for the
  /// whole looks afterwards.
  @inline(__always)
  static func inParts(_ count: Int, of size: Int = 64 * many, _ body: (Range<Int>) -> Void) {
    var start = 0
    while start < count {
      let end = min(count, start + size)
      body(start..<end)
      start = end
      if start < count, mustStop { return }
    }
  }
}
