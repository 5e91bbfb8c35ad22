// What became of an exercise's checks, as a page and as Markdown.
import Diagnostics
import Grading

/// A learner's script with what its checks found.
package struct CheckPage {
  private let exercise: Exercise
  private let outcomes: [CheckOutcome]
  private let script: String

  package init(_ exercise: Exercise, _ outcomes: [CheckOutcome], script: String) {
    self.exercise = exercise
    self.outcomes = outcomes
    self.script = script
  }

  private var score: String { "\(outcomes.points) of \(exercise.points) points (public checks)" }
  private var warnings: [String] { outcomes.first?.warnings ?? [] }
  private var printed: String { outcomes.first?.printed ?? "" }

  /// A page of HTML that needs nothing else.
  package var html: String {
    let title = "\(exercise.id): \(exercise.title)"
    return HTML.page(
      title,
      [HTML("h1", [], title)] + results + [HTML("h2", [], "The script"), HTML("pre", [], script)])
  }

  /// The score and each check, with what the script printed.
  package var results: [HTML] {
    var body = [HTML("p", [], score)]
    body += warnings.map { HTML("p", [("class", "faint")], "warning: " + $0) }
    body.append(CheckPage.table(outcomes.map { $0.record }))
    if !printed.isEmpty { body += [HTML("h2", [], "It printed"), HTML("pre", [], printed)] }
    return body
  }

  /// As GitHub's Markdown.
  package var markdown: String {
    var parts = ["# \(exercise.id): \(exercise.title)", score]
    parts += warnings.map { "warning: " + CheckPage.plain($0) }
    for outcome in outcomes {
      let record = outcome.record
      let mark = record.verdict == .pass ? "✓" : "✗"
      parts.append("## \(mark) \(record.name): \(record.points) of \(record.max)")
      if !record.message.isEmpty { parts.append(CheckPage.fenced(record.message, "")) }
    }
    parts += ["## The script", CheckPage.fenced(script, "nn")]
    if !printed.isEmpty { parts += ["## It printed", CheckPage.fenced(printed, "")] }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private static func plain(_ text: String) -> String {
    text.map { "<>[]`*_&".contains($0) ? "\\\($0)" : String($0) }.joined()
  }

  /// A block of code that nothing in it ends.
  package static func fenced(_ text: String, _ language: String) -> String {
    var (longest, run) = (0, 0)
    for character in text {
      run = character == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    var inner = Escaped.block(text)
    while inner.last == "\n" { inner.removeLast() }
    return fence + language + "\n" + inner + "\n" + fence
  }

  /// Each check with its verdict, its points and what was found.
  static func table(_ checks: [CheckRecord]) -> HTML {
    let rows = checks.map { check in
      let passed = check.verdict == .pass
      return HTML(
        "tr", [],
        [
          HTML("td", [("class", passed ? "pass" : "fail")], passed ? "✓ passed" : "✗ failed"),
          HTML("td", [], [HTML("code", [], check.name)]),
          HTML("td", [("class", "n")], "\(check.points) of \(check.max)"),
          HTML(
            "td", [],
            (check.message.isEmpty ? [] : [HTML("pre", [], check.message)])
              + (check.edit.map { [HTML("p", [], $0)] } ?? [])),
        ])
    }
    let head =
      [HTML("td", [], "")]
      + [("check", ""), ("points", "n"), ("what was found", "")].map {
        HTML("th", [("scope", "col")] + ($1.isEmpty ? [] : [("class", $1)]), $0)
      }
    return HTML(
      "div",
      [
        ("class", "wide"), ("tabindex", "0"), ("role", "group"),
        ("aria-label", "What the checks found"),
      ],
      [HTML("table", [], [HTML("thead", [], [HTML("tr", [], head)]), HTML("tbody", [], rows)])])
  }
}

extension CheckRecord {
  /// What a person changed.
  var edit: String? {
    edited.map {
      "mark given by hand instead of \($0.points)" + ($0.note.isEmpty ? "" : ": " + $0.note)
    }
  }

  /// Its name without the exercise's.
  var name: String { String(id.dropFirst(exercise.count + 1)) + (hidden ? " (hidden)" : "") }
}
