// A course as a folder of pages for any static host: lessons, exercises, the reference.
import Pages
import Documents
import EmbeddedFiles
import Grading
import Rendering
import Session
import Typesetting

/// Pages that link to each other and to nothing else.
package struct Site {
  /// A lesson with what comes after it.
  package struct Chapter {
    package let document: Document
    package let minutes: Int

    package init(_ document: Document, minutes: Int) {
      self.document = document
      self.minutes = minutes
    }
  }

  let title: String
  private let chapters: [Chapter]
  private let exercises: [ExerciseText]
  /// What runs the cells of all lessons, and its file.
  private let engine: (engine: PageEngine, text: String)?

  /// - Parameters:
  ///   - title: of the course.
  ///   - engine: runs the lessons' cells; without one the pages are to be read.
  package init(
    title: String, _ chapters: [Chapter], _ course: Course?, engine: PageEngine? = nil
  ) {
    self.title = title
    self.engine = engine?.shared(at: "engine.js")
    self.chapters = chapters
    exercises = course.map { course in course.exercises.map { ExerciseText($0, course) } } ?? []
  }

  /// All files, by their paths in the folder.
  package var files: [(path: String, text: String)] {
    [("index.html", index)]
      + chapters.indices.map { ("\(chapters[$0].document.name).html", chapter($0)) }
      + exercises.map { ("\($0.exercise.id).html", exercise($0)) }
      + (engine.map {
        [
          ("engine.js", $0.text), ("playground.html", playground($0.engine)),
          ("cell.html", cell($0.engine)), ("embed.js", EmbeddedFiles.text("page/embed.js") ?? ""),
        ]
      } ?? [])
      + Reference().files.map { ("reference/" + $0.path, $0.text) }
  }

  /// The file that all live pages share.
  var engineFile: String? { engine == nil ? nil : "engine.js" }

  /// Lessons, each with its exercises, and the other exercises: their pages, titles, and whether they have a score.
  var contents: [(name: String, title: String, isScored: Bool)] {
    let scored = exercises.map { $0.exercise }
    let all = chapters.flatMap { chapter -> [(name: String, title: String, isScored: Bool)] in
      let document = chapter.document
      return [(document.name, Site.plain(document), false)]
        + scored.filter { $0.lesson == document.name }.map { ($0.id, $0.title, engine != nil) }
    }
    return all
      + scored.filter { exercise in !all.contains { $0.name == exercise.id } }
      .map { ($0.id, $0.title, engine != nil) }
  }

  // MARK: Pages

  /// A page for programs of one's own, with some to begin with.
  private func playground(_ engine: PageEngine) -> String {
    let starts = EmbeddedFiles.names.filter { $0.hasPrefix("playground/") }.sorted()
      .compactMap { EmbeddedFiles.text($0).map { LiveCells.Start($0) } }
    return page(
      "Playground", starts.first?.code ?? "", lead: [navigation(before: nil)], engine,
      for: .playground(starts))
  }

  /// The page that stands in somebody else's: its address holds the program.
  private func cell(_ engine: PageEngine) -> String {
    page("A program that runs", "x = 2\n", lead: [], engine, for: .frame)
  }

  /// A page of one cell.
  private func page(
    _ title: String, _ code: String, lead: [HTML], _ engine: PageEngine,
    for purpose: LiveCells.Purpose
  ) -> String {
    let session = Session()
    let source = session.add(
      source: "# ---\n# title: \(title)\n# ---\n# %%\n" + code, name: "playground.nn")
    return DocumentPage(Document(playing: Notebook(source), in: session), lead: lead)
      .html(engine: engine, for: purpose)
  }

  private var index: String {
    let total = chapters.reduce(0) { $0 + $1.minutes }
    var body = [
      HTML("h1", [], title),
      HTML(
        "p", [],
        [
          HTML(
            "Every step forward, backward and downhill, with the learner's own names and real numbers. "
          ),
          HTML(
            "\(Site.counted(chapters.count, "lesson")), about \(total) minutes, and \(Site.counted(exercises.count, "exercise")). "
          ),
          HTML("a", [("href", "reference/index.html")], "The reference"),
          HTML(" has every function with its formula and its derivative."),
        ]),
    ]
    if let first = chapters.first?.document {
      body.append(
        HTML(
          "p", [],
          [
            HTML("a", [("href", "\(first.name).html")], "Begin with \(Site.plain(first))"),
            HTML(
              engine == nil
                ? "."
                : ": nothing is installed, and what you change stays in this browser. Exercises are checked in their pages, and marked here once they have passed."
            ),
          ]))
    }
    if engine != nil {
      body.append(
        HTML(
          "p", [],
          [
            HTML("a", [("href", "playground.html")], "The playground"),
            HTML(
              " runs programs of your own, and every cell of the lessons can be changed and run."),
          ]))
    }
    body += [
      HTML("h2", [], "Lessons")
    ]
    body.append(
      HTML(
        "ol", [("data-course", title)],
        chapters.map { chapter in
          let document = chapter.document
          var parts = [
            HTML("a", [("href", "\(document.name).html")], Site.plain(document)),
            HTML("span", [("class", "faint")], " \(chapter.minutes) min"),
          ]
          for text in exercises where text.exercise.lesson == document.name {
            parts.append(HTML("span", [("class", "faint")], ", then "))
            parts.append(link(text.exercise))
          }
          return HTML("li", [], parts)
        }))
    let rest = exercises.map { $0.exercise }.filter { exercise in
      !chapters.contains { $0.document.name == exercise.lesson }
    }
    if !rest.isEmpty {
      body += [
        HTML("h2", [], "More exercises"),
        HTML(
          "ul", [("data-course", title)],
          rest.map { exercise in
            HTML(
              "li", [],
              [
                link(exercise), HTML("span", [("class", "faint")], " \(exercise.points) points"),
              ])
          }),
      ]
    }
    return PageFrame.page(title, body, isWalked: false, tellsProgress: engine != nil)
  }

  private func link(_ exercise: Exercise) -> HTML {
    HTML(
      "a", [("href", "\(exercise.id).html"), ("data-exercise", exercise.id)], exercise.title)
  }

  private func chapter(_ i: Int) -> String {
    let document = chapters[i].document
    var next: [HTML] = exercises.map { $0.exercise }.filter { $0.lesson == document.name }.map {
      HTML("a", [("href", "\($0.id).html")], "Exercise: \($0.title)")
    }
    if i + 1 < chapters.count {
      let following = chapters[i + 1].document
      next.append(HTML("a", [("href", "\(following.name).html")], "Next: \(Site.plain(following))"))
    }
    let foot = HTML("nav", [("aria-label", "What comes next")], next)
    return DocumentPage(
      document, lead: [navigation(before: i == 0 ? nil : chapters[i - 1].document)],
      foot: next.isEmpty ? [] : [HTML(void: "hr"), foot]
    ).html(engine: engine?.engine)
  }

  private func navigation(before: Document?) -> HTML {
    HTML(
      "nav", [("aria-label", "The course")],
      [HTML("a", [("href", "index.html")], title)]
        + (before.map {
          [HTML("a", [("href", "\($0.name).html")], "Before: \(Site.plain($0))")]
        } ?? []) + [HTML("a", [("href", "reference/index.html")], "Reference")])
  }

  private func exercise(_ text: ExerciseText) -> String {
    let exercise = text.exercise
    var body = [navigation(before: nil)] + text.body
    if let i = chapters.firstIndex(where: { $0.document.name == exercise.lesson }) {
      var links = [
        HTML(
          "a", [("href", "\(chapters[i].document.name).html")],
          "Lesson: \(Site.plain(chapters[i].document))")
      ]
      if i + 1 < chapters.count {
        let next = chapters[i + 1].document
        links.append(HTML("a", [("href", "\(next.name).html")], "Next: \(Site.plain(next))"))
      }
      body += [HTML(void: "hr"), HTML("nav", [("aria-label", "What comes next")], links)]
    }
    body += text.live(engine?.engine)
    return PageFrame.page(
      exercise.title, body, isWalked: engine != nil, engine: engine?.engine, for: text.purpose)
  }

  // MARK: Words

  static func plain(_ document: Document) -> String {
    document.title ?? document.name
  }

  static func counted(_ n: Int, _ noun: String) -> String { "\(n) \(noun)\(n == 1 ? "" : "s")" }
}
