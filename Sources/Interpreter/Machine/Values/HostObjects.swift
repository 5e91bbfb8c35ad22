// Objects of the host: schedules of a learning rate, and what the cells so far gave.
import Tensors
import Diagnostics
import Training

/// A learning-rate schedule as a value.
package final class ScheduleObject: HostObject {
  private let schedule: Schedule
  package init(_ schedule: Schedule) { self.schedule = schedule }

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
  package func step(_ metric: Double?, _ span: Span) throws(Diagnostic) {
    do throws(Schedule.ScheduleError) { try schedule.step(metric: metric) } catch {
      throw ScheduleFault(error, schedule.kind).at(span)
    }
  }
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
