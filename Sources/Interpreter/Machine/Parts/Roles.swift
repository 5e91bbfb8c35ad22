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
  /// Whether what is told is to be drawn: then the graph that it is about is kept with it.
  package var keepsGraphs = false
  /// The outermost loop of the cell.
  var loop: WatchedLoop?
}

struct WatchedLoop {
  /// On the machine's clock, in seconds.
  let start: Double
  var shown = 0.0
  var losses: [Double] = []
}

/// What has happened to gradients, as a count of such events goes on.
package struct TrainingHistory {
  /// Backward passes, steps and clearings so far.
  package var events = 0
  package var backward = 0
  package var step = 0
  package var cleared = 0
  /// Whether gradients were cleared between a backward pass and the step that should have used them.
  package var clearedBeforeStep = false
  /// Passes over the same parameters, one after another, and their losses.
  package var passes = 0
  package var firstLoss = 0.0
  package var lowestLoss = 0.0
  package var highestLoss = 0.0
  /// The last loss that was a number, and the mean of the last ten or so.
  package var lastFinite = Double.nan
  package var meanLoss = 0.0
  /// When the first of these passes began, on the graph's clock: what is older was there before.
  package var start = 0
  /// Of these passes, those whose gradients were forgotten before any step went along them.
  package var lost = 0
  /// Steps since these passes began.
  package var steps = 0

  mutating func meetsBackward(_ loss: Double, at time: Int, isSame: Bool) {
    events += 1
    backward = events
    if !isSame {
      (passes, steps, lost) = (0, 0, 0)
      (firstLoss, lowestLoss, highestLoss) = (loss, loss, loss)
      (lastFinite, meanLoss, start) = (.nan, loss, time)
    }
    if loss.isFinite { lastFinite = loss }
    meanLoss += 0.1 * (loss - meanLoss)
    passes += 1
    lowestLoss = min(lowestLoss, loss)
    highestLoss = max(highestLoss, loss)
  }

  mutating func meetsStep() {
    events += 1
    clearedBeforeStep = cleared > backward && backward > step
    step = events
    steps += 1
  }

  /// Gradients of a parameter, a layer or an optimizer were forgotten.
  package mutating func meetsClearing() {
    events += 1
    if backward > step, backward > cleared { lost += 1 }
    cleared = events
  }
}

/// What is remembered from one training step to the next.
package struct TrainingMemory {
  package var history = TrainingHistory()
  /// Parameters that the last backward pass reached, for `step` without a list.
  package internal(set) var reached: [Node] = []
  /// Parameters whose gradient is the sum of one that was stepped along and a new one, and where it was added.
  var summed: [(parameter: Node, span: Span)] = []
  /// Whether a parameter was stepped along a sum of gradients that should have been apart.
  package func isSummed(_ parameter: Node) -> Bool {
    summed.contains { $0.parameter === parameter }
  }

  /// When the value was recorded at which the last backward pass began.
  package internal(set) var root: Int?
  /// When the last backward pass was, on the graph's clock.
  var lastBackward = 0
}

/// What the checks of an exercise look at.
package struct Probe {
  /// For which different arguments functions with these names were called; others are not counted.
  package var calls: [String: Set<[UInt64]>] = [:]
  /// Counts all functions of the script, each for itself under a name that begins so.
  package static let any = "any"
  /// Names that mean the script's own functions even in text that is otherwise sealed against it.
  package var unsealed: Set<String> = []
  /// Functions and layers that the script's own functions may not use, neither by name nor by what they call.
  package var forbidden: Set<String> = []
  /// Whether the script is being asked: then its layers may not be of the forbidden kinds either.
  package var isAsking = false
  /// When that began, on the graph's clock.
  package var began = 0
  /// Whether it is kept which functions of the script are running.
  package var isFollowing = false
  /// The functions of the script that are running, the innermost last.
  private(set) var running: [String] = []
  /// The most that ran at a time.
  package private(set) var deepest = 0

  /// The function of the script that runs.
  var innermost: String? { running.last }

  mutating func begin() {
    running = []
    deepest = 0
  }

  mutating func enter(_ name: String) {
    running.append(name)
    deepest = max(deepest, running.count)
  }

  mutating func leave() { _ = running.popLast() }

  /// Whether anything is forbidden: then calls are looked at as they are made.
  var isGuarding: Bool { !forbidden.isEmpty }

  /// The breach that a call would be.
  @inline(never)
  func breach(_ name: String, isLayer: Bool) -> RunFault? {
    guard forbidden.contains(name), !running.isEmpty || isLayer && isAsking else { return nil }
    return .forbidden(name, within: running.last)
  }
}
