// Verdicts as text.
import Diagnostics
import Grading
import Tensors

/// What became of the checks of an exercise, as text.
package struct CheckText {
  let style: Style
  /// What commands need besides to mean this course: ` --course mine`.
  let suffix: String

  /// - Parameter course: the folder of the course; nil for the one that the program carries.
  package init(_ style: Style, course: String? = nil) {
    self.style = style
    suffix = course.map { " --course " + $0 } ?? ""
  }

  /// What a run of an exercise's public checks found.
  /// - Parameter isStarter: nothing was changed yet: then it would be too early to say what is wrong.
  package func report(
    _ exercise: Exercise, _ outcomes: [CheckOutcome], script: String, isStarter: Bool
  ) -> String {
    let score = "\(outcomes.points)/\(exercise.points) (public checks)"
    var lines = [head(exercise, score)]
    for warning in outcomes.first?.warnings ?? [] {
      lines.append("  " + style.paint("warning:", .yellow) + " " + warning)
    }
    if let fault = outcomes.first?.scriptFault, fault.stopsAll {
      lines += self.fault(fault, outcomes[0].record.message, script)
    } else {
      for outcome in outcomes { lines += check(outcome, isBrief: isStarter) }
      if let printed = outcomes.first?.printed, !printed.isEmpty {
        let told = printed.split(separator: "\n")
        lines.append("your script printed:")
        lines += told.prefix(10).map { "  " + $0.prefix(style.width - 2) }
        if told.count > 11 { lines.append("  … \(told.count - 10) lines more") }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func head(_ exercise: Exercise, _ score: String) -> String {
    let title = "\(exercise.id)  \(exercise.title)"
    return style.paint(title, .bold) + String(repeating: " ", count: max(2, 52 - title.columns))
      + score
  }

  func mark(_ passed: Bool) -> String {
    passed
      ? style.paint(style.isASCII ? "+" : "✓", .green)
      : style.paint(style.isASCII ? "x" : "✗", .red)
  }

  private func check(_ outcome: CheckOutcome, isBrief: Bool) -> [String] {
    let record = outcome.record
    let name = record.id.split(separator: ".").last.map(String.init) ?? record.id
    let head = "  \(mark(record.verdict == .pass)) \(name) \(record.points)/\(record.max)"
    guard let first = outcome.told.first,
      !isBrief || record.category == Diagnostic.Identifier.todo.rawValue
    else { return [head] }
    // An example that fits stands beside the name, as one line does that is all there is to say.
    let stands = if case .example = first { true } else { outcome.told.count == 1 }
    if stands, first.text.columns < 70 {
      return [head + "   " + first.text] + body(outcome.told.dropFirst())
    }
    return [head] + body(outcome.told[...])
  }

  private func body(_ lines: ArraySlice<ToldLine>) -> [String] {
    lines.flatMap { line in
      if case .row(let row) = line {
        ["      " + row]
      } else {
        style.wrapped(line.text, indent: "      ")
      }
    }
  }

  private func fault(_ fault: ScriptFault, _ message: String, _ script: String) -> [String] {
    let told = message.split(separator: "\n").map(String.init)
    let head = style.wrapped(told.first ?? fault.headline, indent: "    ")
    var lines = ["  \(mark(false)) " + head[0].dropFirst(4)] + head.dropFirst()
    let text = script.split(separator: "\n", omittingEmptySubsequences: false)
    if let line = fault.line, line <= text.count {
      lines.append(
        "      " + style.paint("\(line) │", .blue) + " "
          + Escaped.line(String(text[line - 1].prefix(70))))
    }
    return lines + told.dropFirst().flatMap { style.wrapped($0, indent: "      ") }
  }
}

extension CheckText {
  /// What a prediction is about.
  package func head(_ prediction: Prediction) -> String {
    let given =
      prediction.given.isEmpty ? "" : "   where " + prediction.given.joined(separator: ", ")
    let lines =
      style.wrapped("with \(prediction.inputs)\(given)", indent: "  ")
      + (prediction.loss.map { ["  loss = \($0)"] } ?? [])
    return style.paint("\(prediction.check)   \(prediction.call)", .bold) + "\n"
      + lines.joined(separator: "\n") + "\n"
  }
}
