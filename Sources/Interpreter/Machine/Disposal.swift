// What is freed when a session ends, though it refers to itself.
import Platform

/// What may be part of a cycle: compiled code refers to its machine, which holds it as a value of a name, and
/// a variable may hold the function that closes over it.
package class Disposable {
  /// Lets go of everything.
  func dispose() {}

  #if arch(wasm32)
    deinit { Mortality.end(of: self) }
  #endif
}

/// What a machine must dispose of in the end; nothing is kept alive by it.
package struct Disposal {
  private var known: [Weak<Disposable>] = []
  private var limit = 1024

  mutating func add(_ object: Disposable) {
    if known.count == limit {
      known.removeAll { $0.object == nil }
      limit = max(limit, 2 * known.count)
    }
    known.append(Weak(object))
  }

  mutating func dispose() {
    for case let object? in known.map({ $0.object }) { object.dispose() }
    known = []
  }
}
