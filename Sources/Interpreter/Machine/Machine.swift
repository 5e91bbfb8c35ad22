// The state of a run: value stack, budgets, output; and the executable form of a program.
import Autograd
import CMeter
import CSupport
import Diagnostics
import Explain
import Glibc
import Tensors

/// An expression, compiled. A struct around the closure: stored bare in a container, a closure would be
/// called through two more.
package struct Code {
  package let run: (Frame) throws(Diagnostic) -> Value
}

/// A condition, compiled.
package struct Test {
  let run: (Frame) throws(Diagnostic) -> Bool
}

/// A statement, compiled.
package struct Action {
  package let run: (Frame) throws(Diagnostic) -> Completion
}

/// Giving a value to a name, compiled.
package struct Store {
  let run: (Frame, Value) -> Void
}

package enum Completion {
  case normal
  case breakLoop
  case continueLoop
  case returned(Value)
}

/// Where a function's slots are. Two words, passed in registers.
package struct Frame {
  let base: UnsafeMutablePointer<Value>
  let state: UnsafeMutablePointer<State>
}

/// What every closure may need, behind one pointer: no reference counts, no exclusivity checks.
package struct State {
  /// Steps until the next look at the interrupt flag and the budgets; tensors charge it too.
  var meter: nnrepl_meter
  var depth = 0
  var globals: UnsafeMutablePointer<Value>
  let stackEnd: UnsafeMutablePointer<Value>
  /// The lowest address that the native stack may reach.
  var nativeLimit: UInt
  unowned(unsafe) let machine: Machine
}

/// What a run may use.
package struct Limits: Sendable {
  package var steps = Int.max
  package var depth = 20_000
  package var liveBytes = 4 << 30
  package var outputBytes = 64 << 20
  package init() {}
}

/// What a run shows, in order.
package enum Event {
  case text(String)
  /// The value of a cell's last statement, with the name it was given.
  case value(name: String?, Value)
  /// What a verb tells; all of it, or as much as a reader can take in.
  case narration(Narration, isWhole: Bool)
  case warning(Diagnostic)
  /// How far a long loop is; nil when it has ended.
  case progress(Progress?)
}

/// How far the outermost loop of a cell is.
package struct Progress {
  package let done: Int
  package let count: Int
  /// The values that `loss` had at the end of each turn.
  package let losses: [Double]
  package let seconds: Double
}

package final class Machine {
  /// The version of the language that the script was written for.
  package var scriptVersion = Machine.version
  var toldChange = false
  /// Places that have told of a nan once.
  var toldPlaces: Set<UInt64> = []
  package let graph: Graph
  package let vocabulary: Vocabulary
  package var limits = Limits()
  var state: UnsafeMutablePointer<State>
  private let stack: UnsafeMutablePointer<Value>
  private var globalCapacity = 4096
  private(set) var globalNames: [String] = []
  private var globalSlots: [String: Int] = [:]
  private var outputBytes = 0
  package var sink: (Event) -> Void = { _ in }
  /// What the run may do with files; nothing unless it is told.
  package var files = FileAccess.none
  package var generator = Generator(seed: 0)
  /// The float type of new numbers.
  package var dtype: DType {
    get { graph.dtype }
    set { graph.dtype = newValue }
  }
  /// How numbers are written just now.
  package var format = NumberFormat()
  /// Whether a nan or inf has been told of in this run: what follows from it is no news.
  private(set) var toldNonFinite = false
  /// Places that have warned already.
  private var warned: Set<String> = []
  /// The library's definitions that have been compiled.
  var library: [String: Value] = [:]
  /// Takes a learner through a narration step by step; false if no one is there to be asked.
  package var walk: ((Narration, _ predicts: Bool) -> Bool)?
  /// Stops the run as Ctrl-C would, after so many steps: a replay ends where the run did.
  package var stopsAfter: Int?
  /// Steps that the run had used when its fuel was filled up.
  private var usedBefore = 0
  private var filled = 0
  /// Steps that the run has used: turns, calls, and work on tensors.
  package var stepsUsed: Int { usedBefore + filled - state.pointee.meter.fuel }

  /// Whether someone watches: then long loops tell how far they are.
  package var showsProgress = false
  var meter: Meter?

  struct Meter {
    let start = Machine.now
    var shown = 0.0
    var losses: [Double] = []
  }

  /// For which different arguments functions with these names were called; others are not counted.
  package var calls: [String: Set<[UInt64]>] = [:]

  /// Names that mean the script's own functions even in text that is otherwise sealed against it.
  package var unsealed: Set<String> = []

  /// Where `summary` gathers what each layer made, while it looks.
  package var trace: [LayerTrace]?
  /// The learner's call inside which library code runs.
  var librarySpan: Span?
  /// Parameters that the last backward pass reached, for `step` without a list.
  var reached: [Node] = []
  /// Parameters whose gradient is the sum of one that was stepped along and a new one, and where it was added.
  var summed: [(parameter: Node, span: Span)] = []
  /// When the last backward pass was, on the graph's clock.
  var lastBackward = 0

  static let stackSlots = 1 << 20
  static let tick = 4096

  package init(graph: Graph, vocabulary: Vocabulary) {
    self.graph = graph
    self.vocabulary = vocabulary
    stack = .allocate(capacity: Machine.stackSlots)
    stack.initialize(repeating: .unset, count: 64)
    let globals = UnsafeMutablePointer<Value>.allocate(capacity: globalCapacity)
    state = .allocate(capacity: 1)
    state.initialize(
      to: State(
        meter: nnrepl_meter(fuel: Machine.tick, reserve: 0), globals: globals,
        stackEnd: stack + Machine.stackSlots - 1024,
        nativeLimit: 0, machine: self))
  }

  /// What refers to this machine though it may hold it.
  var disposal = Disposal()

  /// Frees what the session's names hold; nothing runs here any more.
  package func dispose() {
    for slot in globalNames.indices { state.pointee.globals[slot] = .unset }
    library = [:]
    disposal.dispose()
  }

  deinit {
    state.pointee.globals.deinitialize(count: globalNames.count)
    state.pointee.globals.deallocate()
    state.deallocate()
    stack.deallocate()
  }

  /// The bottom of the stack, for code that runs while nothing else does.
  package var frame: Frame { Frame(base: stack, state: state) }
  /// The first slots that a cell leaves free while it waits for a learner.
  package var free: Frame?

  // MARK: Globals

  /// The slot of a top-level name, made on first use; a built-in's name starts with the built-in.
  func slot(_ name: String) -> Int {
    if let slot = globalSlots[name] { return slot }
    let slot = globalNames.count
    if slot == globalCapacity {
      let grown = UnsafeMutablePointer<Value>.allocate(capacity: 2 * globalCapacity)
      grown.moveInitialize(from: state.pointee.globals, count: slot)
      state.pointee.globals.deallocate()
      state.pointee.globals = grown
      globalCapacity *= 2
    }
    globalNames.append(name)
    globalSlots[name] = slot
    let constant = Vocabulary.constants[name].map { Value.number($0) }
    let start = vocabulary[name].map { Value.builtin($0) } ?? constant ?? .unset
    (state.pointee.globals + slot).initialize(to: start)
    return slot
  }

  package subscript(name: String) -> Value? {
    get {
      guard let slot = globalSlots[name] else { return nil }
      let value = state.pointee.globals[slot]
      if case .unset = value { return nil }
      return value
    }
    set { state.pointee.globals[slot(name)] = newValue ?? .unset }
  }

  /// The learner's names, with their values.
  package var variables: [(name: String, value: Value)] {
    globalNames.enumerated().compactMap { slot, name in
      let value = state.pointee.globals[slot]
      if case .unset = value { return nil }
      if case .builtin(let builtin) = value, builtin.name == name { return nil }
      if case .number(let n) = value, let constant = Vocabulary.constants[name],
        n == constant || n.isNaN
      {
        return nil
      }
      return (name, value)
    }
  }

  // MARK: Budgets

  /// A run: its budgets are whole, and work on this thread is charged to it.
  package func run(nativeLimit: UInt, _ body: () -> Void) {
    state.pointee.nativeLimit = nativeLimit
    state.pointee.depth = 0
    usedBefore = 0
    outputBytes = 0
    toldNonFinite = false
    memoryBefore = nnrepl_resident_bytes()
    fillUp()
    graph.isRecording = true
    librarySpan = nil
    let outer = nnrepl_current_meter()
    withUnsafeMutablePointer(to: &state.pointee.meter) { nnrepl_set_meter($0) }
    defer { nnrepl_set_meter(outer) }
    body()
  }

  /// Fuel for a tick, and what is left beyond it.
  private func fillUp() {
    // A replay ends as soon as it has used what the run had used when it was stopped.
    let end = min(limits.steps, stopsAfter.map { $0 - 1 } ?? .max)
    let left = end - usedBefore
    filled = max(0, min(Machine.tick, left))
    state.pointee.meter = nnrepl_meter(fuel: filled, reserve: left - filled)
  }

  private var ticks = 0
  /// What the process held when the run began: the budget is for what the run takes.
  private var memoryBefore = 0

  /// Reached when the fuel runs out: every few thousand loop turns or calls, or after much work on tensors.
  @inline(never)
  func refuel(_ span: Span) throws(Diagnostic) {
    if Work.mustStop { throw stopped(at: span) }
    usedBefore = stepsUsed
    fillUp()
    ticks &+= 1
    if ticks % 16 == 0, nnrepl_resident_bytes() > memoryBefore + limits.liveBytes {
      throw RunFault.memory(megabytes: limits.liveBytes >> 20).at(span)
    }
  }

  /// What to say of an error. Work on tensors knows that it is to end, not why.
  package func explained(_ error: Diagnostic) -> Diagnostic {
    if error.id == .interrupted, let span = error.span { stopped(at: span) } else { error }
  }

  /// Why a run is broken off.
  private func stopped(at span: Span) -> Diagnostic {
    if nnrepl_take_interrupt() == 0, stopsAfter == nil, stepsUsed > limits.steps {
      return RunFault.steps(limit: limits.steps).at(span)
    }
    return RunFault.interrupted.at(span)
  }

  // MARK: Output

  package func emit(_ event: Event, at span: Span?) throws(Diagnostic) {
    if case .text(let text) = event {
      outputBytes += text.utf8.count
      if outputBytes > limits.outputBytes {
        throw RunFault.output(megabytes: limits.outputBytes >> 20).at(span)
      }
    }
    sink(event)
  }

  /// Shows a warning once for each place.
  /// - Parameter isBirth: whether it is of a nan or inf that a forward step made. One is told in a run: what
  ///   follows from it is no news.
  package func warn(_ warning: Diagnostic, isBirth: Bool = false) {
    if let span = warning.span, shown(span) != span {
      return warn(warning.moved(to: shown(span)), isBirth: isBirth)
    }
    let key = "\(warning.id.rawValue) \(warning.span.map { "\($0.source):\($0.start)" } ?? "")"
    if isBirth {
      if toldNonFinite { return }
      toldNonFinite = true
    }
    if warned.insert(key).inserted { sink(.warning(warning)) }
  }
}

extension Frame {
  /// A frame that begins where this one's slots in use end.
  @inline(__always)
  func above(_ slot: Int) -> Frame { Frame(base: base + slot, state: state) }

  /// One loop turn or call.
  @inline(__always)
  func step(_ span: Span) throws(Diagnostic) {
    state.pointee.meter.fuel &-= 1
    if state.pointee.meter.fuel < 0 { try state.pointee.machine.refuel(span) }
  }

  /// Writes a slot; most slots hold plain numbers, which need no release.
  @inline(__always)
  func set(_ slot: Int, _ value: Value) {
    let place = base + slot
    if place.pointee.isObject { place.pointee = value } else { place.initialize(to: value) }
  }
}
