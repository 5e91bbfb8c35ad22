// A course with what a learner has done in it, and hints, as text.
import Grading

extension CheckText {
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
