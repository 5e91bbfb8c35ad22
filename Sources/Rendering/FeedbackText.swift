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

  private func edit(_ check: CheckRecord) -> String? {
    check.edited.map {
      "mark given by hand instead of \($0.points)" + ($0.note.isEmpty ? "" : ": " + $0.note)
    }
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
        let name = check.id.dropFirst(exercise.count + 1) + (check.hidden ? " (hidden)" : "")
        lines.append("  \(mark(check)) \(name) \(check.points)/\(check.max)")
        lines += check.message.split(separator: "\n").map { "      " + $0 }
        if let edit = edit(check) { lines.append("      " + edit) }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// As a page of HTML that needs nothing else.
  package var page: String {
    var body = [HTML("h1", [], record.submission), HTML("p", [], head)]
    body += notes.map { HTML("p", [("class", "faint")], $0) }
    for exercise in record.status == .graded ? record.exercises : [] {
      let rows = record.checks.filter { $0.exercise == exercise }.map { check in
        let passed = check.verdict == .pass
        let name = check.id.dropFirst(exercise.count + 1) + (check.hidden ? " (hidden)" : "")
        return HTML(
          "tr", [],
          [
            HTML("td", [("class", passed ? "pass" : "fail")], passed ? "✓ passed" : "✗ failed"),
            HTML("td", [], [HTML("code", [], String(name))]),
            HTML("td", [("class", "n")], "\(check.points) of \(check.max)"),
            HTML(
              "td", [],
              (check.message.isEmpty ? [] : [HTML("pre", [], check.message)])
                + (edit(check).map { [HTML("p", [], $0)] } ?? [])),
          ])
      }
      let head = [("", ""), ("check", ""), ("points", "n"), ("what was found", "")].map {
        HTML("th", [("scope", "col")] + ($1.isEmpty ? [] : [("class", $1)]), $0)
      }
      body += [
        HTML("h2", [], "\(exercise): \(points(exercise)) points"),
        HTML(
          "div", [("class", "wide")],
          [
            HTML(
              "table", [],
              [HTML("thead", [], [HTML("tr", [], head)]), HTML("tbody", [], rows)])
          ]),
      ]
    }
    return HTML.page("\(record.submission): feedback", body)
  }
}
