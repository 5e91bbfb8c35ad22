// Parts of the machine that hold what one role needs.
import Autograd
import Diagnostics
import Explain

/// Who sits there.
package struct Audience {
  /// Takes a learner through a narration step by step; false if no one is there to be asked.
  package var walk: ((Narration, _ predicts: Bool) -> Bool)?
  /// Whether someone watches: then long loops tell how far they are.
  package var showsProgress = false
  /// The outermost loop of the cell.
  var loop: WatchedLoop?
}

struct WatchedLoop {
  /// On the machine's clock, in seconds.
  let start: Double
  var shown = 0.0
  var losses: [Double] = []
}

/// What is remembered from one training step to the next.
struct TrainingMemory {
  /// Parameters that the last backward pass reached, for `step` without a list.
  var reached: [Node] = []
  /// Parameters whose gradient is the sum of one that was stepped along and a new one, and where it was added.
  var summed: [(parameter: Node, span: Span)] = []
  /// When the last backward pass was, on the graph's clock.
  var lastBackward = 0
}

/// What the checks of an exercise look at.
package struct Probe {
  /// For which different arguments functions with these names were called; others are not counted.
  package var calls: [String: Set<[UInt64]>] = [:]
  /// Names that mean the script's own functions even in text that is otherwise sealed against it.
  package var unsealed: Set<String> = []
}
