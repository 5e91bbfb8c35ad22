// Exercises, verdicts and hints as text.
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

  private func mark(_ passed: Bool) -> String {
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

  /// What to do now.
  package func next(
    _ exercise: Exercise, _ outcomes: [CheckOutcome], _ progress: CourseProgress, in course: Course
  )
    -> String
  {
    let seen = progress[exercise.id].hints
    guard outcomes.allPass else {
      if progress[exercise.id].passed {
        return "it had passed: nnrepl solution \(exercise.id)\(suffix)\n"
      }
      if seen < exercise.hints.count {
        return "hint \(seen + 1) of \(exercise.hints.count): nnrepl hint \(exercise.id)\(suffix)\n"
      }
      return exercise.hints.isEmpty
        ? ""
        : "hints again: nnrepl hint \(exercise.id)\(suffix) --all; the solution: nnrepl solution \(exercise.id)\(suffix) --give-up\n"
    }
    let solution = "One way to write it: nnrepl solution \(exercise.id)\(suffix)\n"
    guard let next = progress.next(in: course, after: exercise.id) else {
      return style.paint("All public checks passed, and with them the course.", .green) + "\n"
        + solution
    }
    return style.paint("All public checks passed.", .green)
      + " \(solution)next: nnrepl check \(next.id)\(suffix)   \(next.title)\n"
  }

  /// The course's exercises with what the learner has done.
  package func list(_ course: Course, _ progress: CourseProgress) -> String {
    let passed = course.exercises.filter { progress[$0.id].passed }.count
    let points = course.exercises.reduce(0) { $0 + progress[$1.id].best }
    let most = course.exercises.reduce(0) { $0 + $1.points }
    let next = progress.next(in: course)
    var lines = [
      style.paint(course.list.title, .bold)
        + "   \(passed) of \(course.exercises.count) passed, \(points) of \(most) points"
    ]
    for exercise in course.exercises {
      let entry = progress[exercise.id]
      let sign =
        entry.passed
        ? mark(true) : exercise.id == next?.id ? style.paint(style.isASCII ? ">" : "▸", .cyan) : " "
      let score =
        entry.attempts == 0 ? "\(exercise.points) points" : "\(entry.best)/\(exercise.points)"
      var notes = exercise.lesson.map { [$0] } ?? []
      if entry.attempts > 0 { notes.append(counted(entry.attempts, "attempt")) }
      if entry.hints > 0 { notes.append(counted(entry.hints, "hint")) }
      if entry.gaveUp { notes.append("solution read first") }
      var line = "  \(sign) " + exercise.id.padded(6) + exercise.title.padded(37) + score.padded(11)
      line += notes.joined(separator: ", ")
      while line.last == " " { line.removeLast() }
      lines.append(line)
    }
    lines.append(next.map { "next: nnrepl check \($0.id)\(suffix)" } ?? "All done.")
    return lines.joined(separator: "\n") + "\n"
  }

  private func counted(_ n: Int, _ what: String) -> String { "\(n) \(what)\(n == 1 ? "" : "s")" }

  /// Hints up to a number, the last of them new.
  package func hints(_ exercise: Exercise, from first: Int, to last: Int) -> String {
    (first...last).map { number in
      let head = "hint \(number) of \(exercise.hints.count)  "
      let text = style.wrapped(
        exercise.hints[number - 1], indent: String(repeating: " ", count: head.count))
      return style.paint(head, .bold) + text.joined(separator: "\n").dropFirst(head.count)
    }.joined(separator: "\n") + "\n"
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
