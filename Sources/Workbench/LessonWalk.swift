// A lesson as a place: its cells one by one, at the prompt, with whatever the learner types between them.
import Diagnostics
import Interpreter
import Lessons
import Rendering
import Session
import Syntax
import Tensors

/// Where a cell stands in a lesson, and the random numbers that the lesson draws.
package struct LessonPlace: Equatable, Sendable {
  let lesson: String
  /// In the lesson's cells, text and code.
  let index: Int
  let stream: Session.Stream
}

/// A lesson that is being walked through.
struct LessonWalk {
  let lesson: Lesson
  let notebook: Notebook
  let stream: Session.Stream
  /// The cell that comes next; it has been shown and not run.
  var next = 0
  /// Whether questions are asked.
  var asks = true
  var score = Score()

  init(_ lesson: Lesson, round: Int) {
    self.lesson = lesson
    notebook = Notebook(SourceText(id: 0, name: lesson.name, lesson.text))
    stream = Session.Stream(
      name: round == 0 ? lesson.name : "\(lesson.name).\(round)", seed: notebook.seed ?? 0)
  }

  var cells: [Notebook.Cell] { notebook.cells }

  /// The names that the cells from the next one on read.
  var reads: Set<String> {
    var names: Set<String> = []
    for cell in cells[min(next, cells.count)...] where !cell.isText && cell.tries == nil {
      let body = Parser.parse(SourceText(id: 0, name: "", notebook.code(cell))).statements
      Names.uses(of: Function(name: nil, parameters: [], body: body, isShort: false), &names)
    }
    return names
  }

  /// Code cells up to and including the next one, and all of them.
  var step: (Int, of: Int) {
    func count(_ cells: ArraySlice<Notebook.Cell>) -> Int {
      cells.filter { !$0.isText && $0.tries == nil }.count
    }
    return (count(cells[...min(next, cells.count - 1)]), count(cells[...]))
  }
}

extension Workbench {
  // MARK: Beginning and leaving

  /// `:lesson 3`, `:lesson 3 start`, `:lesson`: the one that comes next.
  func beginLesson(_ argument: String) -> Ending {
    let words = argument.split(separator: " ").map(String.init)
    guard let lesson = words.first.map({ Lesson.named($0) }) ?? progress.next ?? Lesson.all.last
    else {
      problem("there is no lesson `\(words.first ?? "")`", hint: "`:lessons` lists them")
      return .failed(2)
    }
    let round = Set(cells.compactMap { $0.place?.stream.name }.filter { $0.hasPrefix(lesson.name) })
      .count
    var walk = LessonWalk(lesson, round: round)
    if let fault = walk.notebook.problem {
      report(fault)
      return .failed(1)
    }
    let seen = progress[lesson.name]
    let resumes = words.count < 2 && seen.cells > 0 && !seen.isDone && seen.cells < walk.cells.count
    if resumes {
      walk.next = seen.cells
      walk.score = Score(right: seen.right, asked: seen.asked)
    }
    self.walk = walk
    say(heading(lesson, walk.notebook))
    if resumes {
      replayUnseen(upTo: seen.cells)
      let (step, all) = walk.step
      say(
        "You were at step \(step) of \(all); its names are here again. `:lesson \(lesson.number) start` begins anew."
      )
    }
    return showNext()
  }

  private func heading(_ lesson: Lesson, _ notebook: Notebook) -> String {
    let title = notebook.title.map { ": " + $0 } ?? ""
    return style.paint("Lesson \(lesson.number)\(title)", .bold)
  }

  /// Runs the cells that were seen before, without showing them.
  private func replayUnseen(upTo end: Int) {
    guard let walk else { return }
    let show = self.show
    self.show = { _ in }
    for index in 0..<end {
      let cell = walk.cells[index]
      if !cell.isText, cell.tries == nil { _ = run(walk.notebook.code(cell), at: place(index)) }
    }
    self.show = show
  }

  func leaveLesson() -> Ending {
    guard let walk else {
      say("no lesson is open; `:lesson 1` opens one")
      return .done
    }
    keep()
    self.walk = nil
    say(
      "left lesson \(walk.lesson.number); `:lesson \(walk.lesson.number)` goes on from here, today or another day"
    )
    return .done
  }

  private func place(_ index: Int) -> LessonPlace? {
    walk.map { LessonPlace(lesson: $0.lesson.name, index: index, stream: $0.stream) }
  }

  /// Keeps how far the lesson is.
  private func keep(isDone: Bool = false) {
    guard let walk else { return }
    var place = progress[walk.lesson.name]
    place.cells = walk.next
    place.isDone = place.isDone || isDone
    (place.right, place.asked) = (walk.score.right, walk.score.asked)
    progress[walk.lesson.name] = place
    keepProgress?(progress)
  }

  // MARK: Going on

  /// Shows what comes next: text, and the code that Return will run.
  private func showNext() -> Ending {
    let pages = PlaybackText(style)
    while let walk, walk.next < walk.cells.count {
      let cell = walk.cells[walk.next]
      if cell.isText {
        show(.text(pages.render(.prose(cell, walk.notebook.prose(cell)), in: session)))
        self.walk?.next += 1
        continue
      }
      if let what = cell.tries {
        let all = walk.cells.filter { $0.tries != nil }
        let number = all.firstIndex { $0.id == cell.id }.map { $0 + 1 } ?? 1
        say(style.paint("Try \(number) of \(all.count)", .bold))
        for line in style.wrapped(what, indent: "  ") { say(line) }
        say(style.paint("Return checks it · :hint · :skip goes on · :leave", .faint))
      } else {
        say(pages.waiting(walk.notebook.code(cell)))
        let (step, count) = walk.step
        say(
          style.paint(
            "\(step)/\(count)  Return runs it · or type what you like · :back :again :skip :leave",
            .faint))
      }
      keep()
      return .done
    }
    return finish()
  }

  private func finish() -> Ending {
    guard let walk else { return .done }
    keep(isDone: true)
    self.walk = nil
    let score =
      walk.score.asked > 0 ? " \(walk.score.right) of \(walk.score.asked) questions right." : ""
    say(style.paint("That was lesson \(walk.lesson.number).", .bold) + score)
    if let next = Lesson.all.first(where: { $0.number == walk.lesson.number + 1 }) {
      say(
        "All its names are still here. `:lesson \(next.number)` is next; `:check` sets the exercise that goes with this one."
      )
      exercise = nil
    }
    return .done
  }

  /// Return at the prompt: runs the cell that is shown.
  func goOn() -> Ending {
    guard let walk, walk.next < walk.cells.count else { return .done }
    let cell = walk.cells[walk.next]
    if cell.tries != nil { return judgeTry(cell) }
    var code = walk.notebook.code(cell)
    if isChanged { code = LessonWalk.withoutClaims(code) }
    let ending = predicted(cell, walk) ? runAfterGuess(cell, code) : run(code, at: place(walk.next))
    if case .failed = ending,
      cell.expectedError == nil || cells.last?.error?.id != cell.expectedError
    {
      say(
        ending == .failed(130)
          ? "Stopped. All names are here; Return runs it again, :skip goes on without it."
          : "The lesson waits here: :restore puts back what was changed, :skip goes on without this cell."
      )
      return ending
    }
    self.walk?.next += 1
    say("")
    return showNext()
  }

  func skipCell() -> Ending {
    guard walk != nil else { return leaveLesson() }
    walk?.next += 1
    return showNext()
  }

  /// Shows the text before the next cell, and that cell, again.
  func showAgain() -> Ending {
    guard var walk else { return leaveLesson() }
    while walk.next > 0, walk.cells[walk.next - 1].isText { walk.next -= 1 }
    self.walk = walk
    return showNext()
  }

  /// Takes back the lesson's last cell, with all that was typed after it.
  func goBack() -> Ending {
    guard walk != nil else { return leaveLesson() }
    guard let last = cells.lastIndex(where: { $0.place?.stream == walk?.stream }),
      let place = cells[last].place
    else {
      say("this is where the lesson begins")
      return showAgain()
    }
    let typed = cells.count - last - 1
    takeBack { $0.removeSubrange(last...) }
    walk?.next = place.index
    if typed > 0 { say("took back \(typed) of your own cells with it") }
    return showAgain()
  }

  /// After `:undo`: a lesson's cell that was taken back comes next again.
  func reopen(_ cell: Cell) {
    guard let place = cell.place, place.stream == walk?.stream else { return }
    walk?.next = place.index
    _ = showNext()
  }

  // MARK: Detours

  /// Whether something of the learner's has changed what the lesson goes on with.
  private var isChanged: Bool { cells.contains { !$0.changes.isEmpty } }

  /// The lesson's names that are still to be read, with what marks their values.
  var lessonMarks: [String: [UInt64]] {
    guard let walk, cells.contains(where: { $0.place != nil }) else { return [:] }
    var marks: [String: [UInt64]] = [:]
    for name in walk.reads {
      guard let value = session.machine[name] else { continue }
      if case .builtin = value { continue }
      marks[name] = Workbench.mark(value, session)
    }
    return marks
  }

  private static func mark(_ value: Value, _ session: Session) -> [UInt64] {
    switch value {
    case .tensor(let node):
      return node.value.values.map { $0.bitPattern } + [UInt64.max]
        + (node.gradient?.values.map { $0.bitPattern } ?? [])
    case .layer(let layer):
      return layer.parameters.flatMap { mark(.tensor($0), session) }
    default:
      return session.machine.text(of: value).utf8.map(UInt64.init)
    }
  }

  func tellOfChanges(_ names: Set<String>) {
    let list = names.sorted().map { "`\($0)`" }.joined(separator: ", ")
    say(
      style.paint(
        "The lesson goes on with \(list), which you changed: its numbers may be others now. `:restore` puts back what it had.",
        .faint))
  }

  /// Puts back what the lesson goes on with: the cells that changed it are taken back, all others stay.
  func restore() -> Ending {
    guard walk != nil, isChanged else {
      say("nothing that a lesson goes on with has changed")
      return .done
    }
    let names = cells.reduce(into: Set<String>()) { $0.formUnion($1.changes) }
    takeBack { $0.removeAll { !$0.changes.isEmpty } }
    say("\(names.sorted().map { "`\($0)`" }.joined(separator: ", ")) as the lesson had it")
    return showAgain()
  }

  // MARK: Questions

  private func predicted(_ cell: Notebook.Cell, _ walk: LessonWalk) -> Bool {
    cell.predicts != nil && walk.asks && ask != nil
  }

  /// Runs a cell, asks what a name will be, and shows what the cell showed.
  private func runAfterGuess(_ cell: Notebook.Cell, _ code: String) -> Ending {
    guard let walk, let name = cell.predicts else { return .done }
    let show = self.show
    var shown: [Output] = []
    self.show = { shown.append($0) }
    let ending = run(code, at: place(walk.next))
    self.show = show
    if let value = session.number(name) {
      guess(name, value, cell.hint)
      keep()
    }
    for output in shown { show(output) }
    return ending
  }

  private func guess(_ name: String, _ value: Double, _ hint: String?) {
    say(
      style.paint(
        "What will \(name) be? A number, a formula, or + - 0; ? helps, q stops asking.",
        .faint))
    // The cell has run, so its own name would tell.
    var quiz = Quiz(
      ask: { [unowned self] in ask?($0) }, say: { [unowned self] in say($0) },
      number: { [unowned self] text in
        text.contains(name) ? Double(text) : Double(text) ?? session.number(text)
      }, format: session.machine.format, style: style)
    let question = Question(
      what: name, value: value, because: "", kind: "value", hint: hint)
    if !quiz.put(question), quiz.score.asked == 0 { walk?.asks = false }
    walk?.score.right += quiz.score.right
    walk?.score.asked += quiz.score.asked
  }

  /// Whether what the learner was to try is done.
  private func judgeTry(_ cell: Notebook.Cell) -> Ending {
    guard let walk else { return .done }
    let outcome = session.run(walk.notebook.code(cell), name: "check") { _ in }
    guard let error = outcome.errors.first else {
      say(style.isASCII ? "+ that is it" : style.paint("✓ that is it", .green))
      self.walk?.next += 1
      return showNext()
    }
    // What the lesson says of a claim is for the learner; the claim itself is its own affair.
    let said = error.id == .expectFailed ? error.reason : nil
    say("not yet: \(said ?? error.headline)")
    return .done
  }

  func lessonHint() -> Ending {
    guard let walk, walk.next < walk.cells.count, let hint = walk.cells[walk.next].hint else {
      say("there is no hint here; Return goes on")
      return .done
    }
    say(hint)
    return .done
  }

  // MARK: The list

  func listLessons() -> Ending {
    show(.text(LessonList.text(progress, style) + "\n"))
    return .done
  }
}

extension LessonWalk {
  /// A cell without its `expect` statements: what they claim is of the lesson's own numbers.
  static func withoutClaims(_ code: String) -> String {
    let source = SourceText(id: 0, name: "", code)
    var bytes = source.bytes
    for statement in Parser.parse(source).statements {
      guard case .expect = statement.kind else { continue }
      for i in Int(statement.span.start)..<min(Int(statement.span.end), bytes.count)
      where bytes[i] != UInt8(ascii: "\n") {
        bytes[i] = UInt8(ascii: " ")
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
