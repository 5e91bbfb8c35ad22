// An exercise as a page: what it asks for, and what checks an answer.
import Grading
import JSONText
import Pages
import Platform
import Rendering
import Typesetting

/// What an exercise asks for, as a page has it.
package struct ExerciseText {
  let exercise: Exercise
  private let course: Course

  package init(_ exercise: Exercise, _ course: Course) {
    (self.exercise, self.course) = (exercise, course)
  }

  /// A page of its own.
  /// - Parameter engine: runs what a reader writes.
  package func html(engine: PageEngine?) -> String {
    PageFrame.page(
      exercise.title, body + live(engine), isWalked: engine != nil, engine: engine, for: purpose)
  }

  /// What makes the starter a cell at work, which is saved as the file that is checked.
  package func live(_ engine: PageEngine?) -> [HTML] {
    guard let engine else { return [] }
    let starter = exercise.starter
    let place = starter.firstPlace(of: ExerciseText.parts(starter).code)?.lowerBound
    let (before, code) = (
      starter[..<(place ?? starter.endIndex)], starter[(place ?? starter.endIndex)...]
    )
    return LiveCells(
      name: exercise.id, before: String(before), code: String(code), id: "c1",
      for: purpose
    ).parts(engine: engine)
  }

  /// What judges an answer: the public checks, under the course's conditions. Hidden ones never leave the program.
  var purpose: LiveCells.Purpose {
    let file = exercise.checks.first { !$0.isHidden }?.source
    return .exercise(
      .object([
        ("id", .string(exercise.id)), ("course", .string(course.list.title)),
        ("points", .int(exercise.points)), ("starter", .string(exercise.starter)),
        ("checks", .string(file.map { String(decoding: $0.bytes, as: UTF8.self) } ?? "")),
        ("conditions", .string(course.conditions.line)),
      ]))
  }

  /// What is to be done, what to begin with, and how to have it checked.
  package var body: [HTML] {
    let (lead, code) = ExerciseText.parts(exercise.starter)
    let blocks = Markdown(lead).blocks
    var body: [HTML] = []
    if blocks.title == nil { body.append(HTML("h1", [], exercise.title)) }
    body += TextHTML(firstLevel: 1).render(blocks)
    body += [
      HTML("h2", [], "Begin with this"),
      HTML(
        "div", [("class", "code-cell"), ("id", "c1")],
        [TextHTML.code(code, "What to begin with", kind: "code")]),
      HTML(
        "p", [],
        [
          HTML("code", [], "nnrepl check \(exercise.id)"), HTML(" writes the file and checks it; "),
          HTML("code", [], "nnrepl hint \(exercise.id)"),
          HTML(
            " helps. \(Site.counted(exercise.checks.count { !$0.isHidden }, "check")), \(exercise.points) points."
          ),
        ]),
    ]
    if !exercise.hints.isEmpty {
      body.append(HTML("h2", [], "Hints"))
      body += exercise.hints.enumerated().map { i, hint in
        HTML(
          "details", [],
          [HTML("summary", [], "hint \(i + 1)"), HTML("p", [], HTML.prose(hint))])
      }
    }
    return body
  }

  /// A line whose parts stand in columns keeps its end, and has its parts listed.
  private static func aligned(_ line: Substring) -> String {
    var parts: [String] = [""]
    var blanks = 0
    for character in line {
      if character == " " {
        blanks += 1
        continue
      }
      if blanks > 2 {
        parts.append("")
      } else {
        parts[parts.count - 1] += String(repeating: " ", count: blanks)
      }
      blanks = 0
      parts[parts.count - 1].append(character)
    }
    guard parts.count > 1 else { return String(line) }
    return parts.dropFirst().reduce(parts[0]) { $0 + ($0.hasSuffix(":") ? " " : ", ") + $1 } + "  "
  }

  /// The comment at the head of the starter, and its code.
  private static func parts(_ starter: String) -> (lead: String, code: String) {
    let lines = starter.split(separator: "\n", omittingEmptySubsequences: false)
    let head = lines.prefix { $0.hasPrefix("#") }
    var text: [String] = []
    var isApart = false
    for (i, line) in head.enumerated() {
      var words = line.drop { $0 == "#" }
      let indent = words.prefix { $0 == " " }.count
      words = words.drop { $0 == " " }
      if i == 0 {
        text.append("# \(words)")
      } else {
        // Formulas that stand apart are set in from the margin.
        if (indent > 1) != isApart {
          text.append("```")
          isApart.toggle()
        }
        text.append(isApart ? String(words) : ExerciseText.aligned(words))
      }
    }
    if isApart { text.append("```") }
    var code = lines.dropFirst(head.count)
    while code.first?.allSatisfy({ $0.isWhitespace }) == true { code.removeFirst() }
    while code.last?.allSatisfy({ $0.isWhitespace }) == true { code.removeLast() }
    return (text.joined(separator: "\n"), code.joined(separator: "\n"))
  }
}
