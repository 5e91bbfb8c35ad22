// What a learner gets back: their marks with the reasons, as text and as a page.
import Grading

/// One learner's feedback, written. Of hidden checks it tells no more than that they failed.
package struct FeedbackText {
  private let record: Record
  private let style: Style

  package init(_ record: Record, _ style: Style) { (self.record, self.style) = (record, style) }

  private var head: String {
    switch record.status {
    case .graded: "\(record.mark) of \(record.max) points"
    case .rejected: "not graded: \(record.message)"
    case .fault: "could not be graded, through no fault of yours; no attempt is counted"
    }
  }

  private var notes: [String] {
    (record.handedIn.map { ["handed in \($0)"] } ?? [])
      + (record.deduction.map { [$0.remark] } ?? [])
      + (record.warnings.map { "warning: " + $0 })
  }

  private func points(_ exercise: String) -> String {
    let own = record.checks.filter { $0.exercise == exercise }
    return "\(own.reduce(0) { $0 + $1.points }) of \(own.reduce(0) { $0 + $1.max })"
  }

  private func mark(_ check: CheckRecord) -> String {
    let passed = check.verdict == .pass
    return style.isASCII ? passed ? "+" : "x" : passed ? "✓" : "✗"
  }

  /// As lines of text.
  package var text: String {
    var lines = ["\(record.submission)   \(head)"] + notes.map { "  " + $0 }
    guard record.status == .graded else { return lines.joined(separator: "\n") + "\n" }
    for exercise in record.exercises {
      lines += ["", "\(exercise)   \(points(exercise))"]
      for check in record.checks where check.exercise == exercise {
        lines.append("  \(mark(check)) \(check.name) \(check.points)/\(check.max)")
        lines += check.message.split(separator: "\n").map { "      " + $0 }
        if let edit = check.edit { lines.append("      " + edit) }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// As a page of HTML that needs nothing else.
  package var page: String {
    var body = [HTML("h1", [], record.submission), HTML("p", [], head)]
    body += notes.map { HTML("p", [("class", "faint")], $0) }
    for exercise in record.status == .graded ? record.exercises : [] {
      body += [
        HTML("h2", [], "\(exercise): \(points(exercise)) points"),
        CheckPage.table(record.checks.filter { $0.exercise == exercise }),
      ]
    }
    return HTML.page("\(record.submission): feedback", body)
  }
}
