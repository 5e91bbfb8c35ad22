// What a run may use, and what it has used.
import CPlatform
import Platform

/// What a run may use.
package struct Limits: Sendable {
  package var steps = Int.max
  package var depth = 20_000
  package var liveBytes = Memory.limit
  package var outputBytes = 64 << 20
  package init() {}
}

/// The books of a run. Its steps, that is turns, calls and work on tensors, are counted down in a meter that
/// every loop and kernel holds; it is filled up again every few thousand of them, which is when the other
/// budgets are looked at.
package struct Budget {
  package var limits = Limits()
  /// Stops the run as Ctrl-C would, after so many steps: a replay ends where the run did.
  package var stopsAfter: Int?
  /// Steps that were used before the meter was filled, and what it was filled with.
  private var (usedBefore, filled) = (0, 0)
  private var outputBytes = 0
  private var looks = 0
  /// What the process held when the run began: the budget is for what the run takes.
  private var memoryBefore = 0

  /// Steps between two looks.
  static let tick = 4096

  mutating func begin(_ meter: inout nnrepl_meter) {
    (usedBefore, outputBytes) = (0, 0)
    memoryBefore = Memory.resident
    fill(&meter)
  }

  /// Steps that the run has used.
  func used(_ meter: nnrepl_meter) -> Int { usedBefore + filled - meter.fuel }

  /// Fills the meter up when it has run out.
  mutating func fillUp(_ meter: inout nnrepl_meter) {
    usedBefore = used(meter)
    fill(&meter)
    looks &+= 1
  }

  /// Fuel for a tick, and what is left beyond it.
  private mutating func fill(_ meter: inout nnrepl_meter) {
    // A replay ends as soon as it has used what the run had used when it was stopped.
    let end = min(limits.steps, stopsAfter.map { $0 - 1 } ?? .max)
    let left = end - usedBefore
    filled = max(0, min(Budget.tick, left))
    meter = nnrepl_meter(fuel: filled, reserve: left - filled)
  }

  /// Whether the run holds more than it may; asking the system takes long, so not at every look.
  var isOverMemory: Bool {
    looks % 16 == 0 && bytesHeld > limits.liveBytes
  }

  /// What the process holds more than when the run began.
  var bytesHeld: Int { Memory.resident - memoryBefore }

  /// Counts what is printed; false if it is too much.
  mutating func prints(_ bytes: Int) -> Bool {
    outputBytes += bytes
    return outputBytes <= limits.outputBytes
  }
}
