// Objects of the host: schedules of a learning rate, and what the cells so far gave.
import Tensors
import Diagnostics
import Training

/// A learning-rate schedule as a value.
package final class ScheduleObject: HostObject {
  private let schedule: Schedule
  /// The function that gives the factor for the number of steps, if there is one.
  private let factor: Value

  package init(_ schedule: Schedule, factor: Value = .none) {
    self.schedule = schedule
    self.factor = factor
  }

  package override var kind: String { "a schedule" }
  package override var fieldNames: [String] { ["lr", "steps"] }

  package override func text(_ machine: Machine) -> String {
    "\(schedule.kind)(lr=\(machine.format(schedule.optimizer["lr"] ?? 0)) after \(schedule.steps) step\(schedule.steps == 1 ? "" : "s"))"
  }

  package override func field(_ name: String, _ machine: Machine) -> Value? {
    switch name {
    case "lr": .number(schedule.optimizer["lr"] ?? 0)
    case "steps": .number(Double(schedule.steps))
    default: nil
    }
  }

  /// Whether it would move before its optimizer has made a step.
  package var isAhead: Bool { schedule.steps == 0 && schedule.optimizer.stepCount == 0 }

  /// Moves the learning rate on; a plateau wants the number that it watches.
  package func step(_ metric: Double?, _ machine: Machine, _ frame: Frame, _ span: Span)
    throws(Diagnostic)
  {
    let metric = try factor(after: schedule.steps + 1, machine, frame, span) ?? metric
    do throws(Schedule.ScheduleError) { try schedule.step(metric: metric) } catch {
      throw ScheduleFault(error, schedule.kind).at(span)
    }
  }
}

extension ScheduleObject {
  /// Sets the rate of the beginning.
  package func begin(_ machine: Machine, _ frame: Frame, _ span: Span) throws(Diagnostic) {
    if let factor = try factor(after: 0, machine, frame, span) { schedule.setFactor(factor) }
  }

  private func factor(after steps: Int, _ machine: Machine, _ frame: Frame, _ span: Span)
    throws(Diagnostic) -> Double?
  {
    if case .none = factor { return nil }
    let value = try machine.call(
      factor, Arguments([.number(Double(steps))]), at: span, span, 0, frame)
    switch value {
    case .number(let n): return n
    case .tensor(let node) where node.shape.count == 1: return node.value[0]
    default: throw RunFault.needed(wanted: "a number", kind: value.kind).at(span)
    }
  }
}

/// A stream of random numbers of its own.
package final class GeneratorObject: HostObject {
  package var generator: Generator
  package init(seed: UInt64) { generator = Generator(seed: seed) }
  package override var kind: String { "a generator" }
}

/// The values of the cells so far: `Out[3]`.
package final class OutputsObject: HostObject {
  private var values: [Int: Value] = [:]

  package override init() { super.init() }

  package override var kind: String { "the values of the cells" }
  package override var count: Int? { (values.keys.max() ?? 0) + 1 }

  /// What a cell gave.
  package subscript(number: Int) -> Value? {
    get { values[number] }
    set { values[number] = newValue }
  }

  package override func element(_ i: Int, _ machine: Machine, _ span: Span) throws(Diagnostic)
    -> Value
  {
    if let value = values[i] { return value }
    throw RunFault.noOutput(cell: i, known: values.keys.sorted()).at(span)
  }

  package override func text(_ machine: Machine) -> String {
    values.keys.sorted().map { "[\($0)] \(values[$0].map { machine.text(of: $0) } ?? "")" }
      .joined(separator: "\n")
  }
}

/// Several sequences gone through together: each element is the list of theirs.
package final class ZippedObject: HostObject {
  private let sequences: [Value]
  package init(_ sequences: [Value]) { self.sequences = sequences }

  package override var kind: String { "a zip" }

  package override var count: Int? { sequences.compactMap { $0.length }.min() ?? 0 }

  override func element(_ i: Int, _ machine: Machine, _ span: Span) throws(Diagnostic) -> Value {
    var parts: [Value] = []
    for sequence in sequences {
      guard let part = try machine.next(of: sequence, i, span) else { return .none }
      parts.append(part)
    }
    return .list(ListObject(parts))
  }

  override func text(_ machine: Machine) -> String {
    "zip of \(sequences.map { $0.kind }.joined(separator: ", ")); `list(…)` makes a list of it"
  }
}
