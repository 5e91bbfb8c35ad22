// The state of a run: value stack, budgets, output; and the executable form of a program.
import Autograd
import CPlatform
import Diagnostics
import Explain
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

/// How a statement ended.
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
  var depthLimit = 0
  var globals: UnsafeMutablePointer<Value>
  let stackEnd: UnsafeMutablePointer<Value>
  /// The lowest address that the native stack may reach.
  var nativeLimit: UInt
  unowned(unsafe) let machine: Machine
}

/// What a run shows, in order.
package enum Event {
  case text(String)
  /// The value of a cell's last statement, with the name it was given.
  case value(name: String?, Value)
  /// What a verb tells; all of it, or as much as a reader can take in. The graph is there for an audience that keeps
  /// graphs.
  case narration(Narration, isWhole: Bool, graph: StepGraph?)
  case warning(Diagnostic)
  /// A figure that takes the place of one that was shown just before.
  case frame(FigureObject, over: FigureObject)
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

/// Runs compiled programs: what a session keeps from one cell to the next, part by part.
package final class Machine {
  package let graph: Graph
  /// The names that the language itself has.
  package let vocabulary: Vocabulary

  // What compiled code works on.
  var state: UnsafeMutablePointer<State>
  private let stack: UnsafeMutablePointer<Value>
  private(set) var globals = Globals()

  package var budget = Budget()
  package var sink: (Event) -> Void = { _ in }
  var told = Findings()
  /// The version of the language that the script was written for.
  package var scriptVersion = Machine.version

  // What calls begin with.
  package var generator = Generator(seed: 0)
  /// How numbers are written just now.
  package var format = NumberFormat()
  /// What the run may do with files; nothing unless it is told.
  package var files = FileAccess.none
  /// The float type of new numbers.
  package var dtype: DType {
    get { graph.dtype }
    set { graph.dtype = newValue }
  }

  /// The library's definitions that have been compiled.
  var library: [String: Value] = [:]
  /// The learner's call inside which library code runs.
  var librarySpan: Span?

  package var training = TrainingMemory()
  package var audience = Audience()
  /// What `animate` has drawn.
  var animation = Animation()
  package var probe = Probe()
  /// Where `summary` gathers what each layer made, while it looks.
  package var trace: [LayerTrace]?
  /// What comprehensions under way have gathered, the innermost last.
  var gathered: [Value] = []
  /// What refers to this machine though it may hold it.
  var disposal = Disposal()

  static let stackSlots = 1 << 20

  package init(graph: Graph, vocabulary: Vocabulary) {
    self.graph = graph
    self.vocabulary = vocabulary
    stack = .allocate(capacity: Machine.stackSlots)
    stack.initialize(repeating: .unset, count: 64)
    state = .allocate(capacity: 1)
    state.initialize(
      to: State(
        meter: nnrepl_meter(fuel: Budget.tick, reserve: 0), globals: globals.room(),
        stackEnd: stack + Machine.stackSlots - 1024,
        nativeLimit: 0, machine: self))
  }

  /// Frees what the session's names hold; nothing runs here any more.
  package func dispose() {
    for slot in globals.names.indices { state.pointee.globals[slot] = .unset }
    library = [:]
    disposal.dispose()
  }

  deinit {
    state.pointee.globals.deinitialize(count: globals.names.count)
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
    if let slot = globals[name] { return slot }
    let constant = Vocabulary.constants[name].map { Value.number($0) }
    let start = vocabulary[name].map { Value.builtin($0) } ?? constant ?? .unset
    return globals.add(name, start, to: &state.pointee.globals)
  }

  /// What a top-level name means; nil if it has no value.
  package subscript(name: String) -> Value? {
    get {
      guard let slot = globals[name] else { return nil }
      let value = state.pointee.globals[slot]
      if case .unset = value { return nil }
      return value
    }
    set { state.pointee.globals[slot(name)] = newValue ?? .unset }
  }

  /// Whether a name still means the built-in that has it.
  func isBuiltin(_ name: String) -> Bool {
    switch self[name] {
    case nil: vocabulary[name] != nil
    case .builtin(let builtin)?: builtin === vocabulary[name]
    default: false
    }
  }

  /// The learner's names, with their values.
  package var variables: [(name: String, value: Value)] {
    globals.names.enumerated().compactMap { slot, name in
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
    state.pointee.depthLimit = budget.limits.depth
    budget.begin(&state.pointee.meter)
    told.beginRun()
    graph.isRecording = true
    librarySpan = nil
    probe.begin()
    let outer = nnrepl_current_meter()
    withUnsafeMutablePointer(to: &state.pointee.meter) { nnrepl_set_meter($0) }
    defer { nnrepl_set_meter(outer) }
    body()
  }

  /// Steps that the run has used: turns, calls, and work on tensors.
  package var stepsUsed: Int { budget.used(state.pointee.meter) }

  /// What the process holds more than when the run began, in bytes.
  package var bytesHeld: Int { budget.bytesHeld }

  /// Reached when the fuel runs out: every few thousand loop turns or calls, or after much work on tensors.
  @inline(never)
  func refuel(_ span: Span) throws(Diagnostic) {
    if Work.mustStop { throw stopped(at: span) }
    budget.fillUp(&state.pointee.meter)
    if budget.isOverMemory {
      throw RunFault.memory(megabytes: budget.limits.liveBytes >> 20).at(span)
    }
  }

  /// What to say of an error. Work on tensors knows that it is to end, not why.
  package func explained(_ error: Diagnostic) -> Diagnostic {
    if error.id == .interrupted, let span = error.span { stopped(at: span) } else { error }
  }

  /// Why a run is broken off.
  private func stopped(at span: Span) -> Diagnostic {
    if nnrepl_take_interrupt() == 0, budget.stopsAfter == nil, stepsUsed > budget.limits.steps {
      return RunFault.steps(limit: budget.limits.steps).at(span)
    }
    return RunFault.interrupted.at(span)
  }

  // MARK: Output

  /// Shows something; what is printed counts against the budget.
  package func emit(_ event: Event, at span: Span?) throws(Diagnostic) {
    if case .text(let text) = event, !budget.prints(text.utf8.count) {
      throw RunFault.output(megabytes: budget.limits.outputBytes >> 20).at(span)
    }
    animation.shown = nil
    sink(event)
  }

  /// Shows a warning once for each place.
  /// - Parameter isBirth: whether it is of a nan or inf that a forward step made. One is told in a run: what
  ///   follows from it is no news.
  package func warn(_ warning: Diagnostic, isBirth: Bool = false) {
    if let span = warning.span, shown(span) != span {
      return warn(warning.moved(to: shown(span)), isBirth: isBirth)
    }
    guard told.isNews(warning, isBirth: isBirth) else { return }
    animation.shown = nil
    sink(.warning(warning))
  }
}

extension Frame {
  /// A frame that begins where this one's slots in use end.
  @inline(__always)
  func above(_ slot: Int) -> Frame { Frame(base: base + slot, state: state) }

  /// One loop turn or call.
  @inline(__always)
  package func step(_ span: Span) throws(Diagnostic) {
    state.pointee.meter.fuel &-= 1
    if state.pointee.meter.fuel < 0 { try state.pointee.machine.refuel(span) }
  }

  @inline(__always)
  func set(_ slot: Int, _ value: Value) { (base + slot).set(value) }
}
