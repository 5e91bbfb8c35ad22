// Values that are made once, when they are first asked for.

#if !arch(wasm32)
  import Synchronization
#endif

/// A value that is made when it is first asked for: the formulas of two ops may name each other.
package final class Once<Value: Sendable>: @unchecked Sendable {
  #if !arch(wasm32)
    private let isMade = Atomic(false)
    private let lock = Mutex(())
  #endif
  /// Written once, under the lock, before `isMade` says so.
  private var made: Value?
  private let make: @Sendable () -> Value

  package init(_ make: @escaping @Sendable () -> Value) { self.make = make }

  /// The value, made now if nobody has asked before.
  package var value: Value {
    #if arch(wasm32)
      if let made { return made }
      let new = make()
      made = new
      return new
    #else
      if isMade.load(ordering: .acquiring), let made { return made }
      // Outside the lock: to make it may ask for others.
      let new = make()
      return lock.withLock { _ in
        if let made { return made }
        made = new
        isMade.store(true, ordering: .releasing)
        return new
      }
    #endif
  }
}
