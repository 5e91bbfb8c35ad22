// The lessons with what has been seen of them.
import Diagnostics
import Lessons
import Session

/// The list of lessons, as text.
package enum LessonList {
  /// One line for each lesson: its title, how long it takes, how far the learner is; and what comes next.
  package static func text(_ progress: LessonProgress, _ style: Style) -> String {
    let next = progress.next
    var lines: [String] = []
    for lesson in Lesson.all {
      let notebook = Notebook(SourceText(id: 0, name: lesson.name, lesson.text))
      let place = progress[lesson.name]
      let sign =
        place.isDone
        ? style.paint(style.isASCII ? "+" : "✓", .green)
        : lesson.name == next?.name ? style.paint(style.isASCII ? ">" : "▸", .cyan) : " "
      var notes: [String] = []
      if !place.isDone, place.cells > 0, !notebook.cells.isEmpty {
        notes.append("\(100*place.cells/notebook.cells.count) %")
      }
      if place.asked > 0 { notes.append("\(place.right) of \(place.asked) right") }
      var line =
        "  \(sign) \("\(lesson.number)".padded(2))  " + (notebook.title ?? "").padded(37)
        + "\(lesson.minutes) min".padded(8) + notes.joined(separator: ", ")
      while line.last == " " { line.removeLast() }
      lines.append(line)
    }
    if let next {
      lines.append("next: `nnrepl lesson \(next.number)`, or `:lesson \(next.number)` in a session")
    }
    return lines.joined(separator: "\n")
  }
}
