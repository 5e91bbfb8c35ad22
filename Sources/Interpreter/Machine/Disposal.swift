// What is freed when a session ends, though it refers to itself.

/// What may be part of a cycle: compiled code refers to its machine, which holds it as a value of a name, and
/// a variable may hold the function that closes over it.
protocol Disposable: AnyObject {
  /// Lets go of everything.
  func dispose()
}

/// What a machine must dispose of in the end; nothing is kept alive by it.
package struct Disposal {
  private struct Known {
    weak var object: (any Disposable)?
  }

  private var known: [Known] = []
  private var limit = 1024

  mutating func add(_ object: some Disposable) {
    if known.count == limit {
      known.removeAll { $0.object == nil }
      limit = max(limit, 2 * known.count)
    }
    known.append(Known(object: object))
  }

  mutating func dispose() {
    for case let object? in known.map(\.object) { object.dispose() }
    known = []
  }
}
