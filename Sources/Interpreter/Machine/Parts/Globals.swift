// The names of the top level.

/// Which slot each top-level name has. The slots themselves stand behind `State.globals`, where compiled code
/// finds them.
struct Globals {
  private(set) var names: [String] = []
  private var slots: [String: Int] = [:]
  private var capacity = 4096

  /// Room for the first slots.
  func room() -> UnsafeMutablePointer<Value> { .allocate(capacity: capacity) }

  subscript(name: String) -> Int? { slots[name] }

  /// Gives a name a slot.
  /// - Parameter values: the slots, which move when they outgrow their room.
  mutating func add(
    _ name: String, _ start: Value, to values: inout UnsafeMutablePointer<Value>
  ) -> Int {
    let slot = names.count
    if slot == capacity {
      capacity *= 2
      let grown = room()
      grown.moveInitialize(from: values, count: slot)
      values.deallocate()
      values = grown
    }
    names.append(name)
    slots[name] = slot
    (values + slot).initialize(to: start)
    return slot
  }
}
