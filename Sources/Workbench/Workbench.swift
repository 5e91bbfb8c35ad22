// A session at work: entries in, output out. It reads and writes nothing itself.
import Platform
import Diagnostics
import Documents
import Interpreter
import Lessons
import Rendering
import Session
import Syntax
import Tensors

/// What a workbench has to show.
package enum Output {
  /// Results, for standard output: as a terminal shows them, and, of what a cell told, as data.
  case text(String, Kind = .display, Told? = nil)
  /// Diagnostics, for standard error.
  case problem(String, Diagnostic?)
  /// A moving line; nil when it is done with.
  case progress(Progress?)

  /// What a text is: printed, the value of a cell, or anything else to look at.
  package enum Kind: String { case stream, result, display }
}

/// A session with its cells, its commands and its memory of how it came about.
package final class Workbench {
  /// How a session is to behave.
  package struct Settings: Sendable {
    package var seed: UInt64
    package var isFloat32: Bool
    package var limits = Limits()
    package var files: FileAccess?
    package var showsProgress = false
    /// Whether what cells tell is to be drawn.
    package var keepsGraphs = false

    package init(seed: UInt64 = 0, isFloat32: Bool = false) {
      self.seed = seed
      self.isFloat32 = isFloat32
    }
  }

  /// One entry that ran.
  package struct Cell {
    package let source: String
    /// The error that stopped it, if one did.
    package let error: Diagnostic?
    /// Ticks of the budget after which Ctrl-C stopped it: replaying stops it there too.
    let stoppedAfter: Int?
    /// Whether it left anything behind; one that did not is forgotten.
    let hasEffect: Bool
    package let seconds: Double
    /// For a cell of a lesson, where it stands in there.
    let place: LessonPlace?
    /// The random numbers that it draws, where they are not the session's own.
    let stream: Session.Stream?
    /// Names of the lesson that a cell of the learner's own changed.
    let changes: Set<String>
  }

  /// How an entry ended.
  package enum Ending: Equatable {
    case done
    /// The entry needs more lines.
    case incomplete
    case failed(Int32)
    case quit
  }

  /// The session, if it has run the cells.
  private var current: Session?
  /// The session after its cells; where some were taken back, it is made anew when it is asked for.
  package var session: Session {
    if current == nil { _ = catchUp() }
    return current ?? Workbench.session(settings)
  }
  package private(set) var cells: [Cell] = []
  package var style: Style
  let settings: Settings
  var show: (Output) -> Void = { _ in }
  /// Asks the learner for a line; nil at the end of input or at Ctrl-C. Without it nothing pauses.
  package var ask: ((_ prompt: String) -> String?)?
  /// The files whose path begins with what is typed.
  package var listFolder: ((String) -> [String])?
  /// The lesson that is being walked through.
  var walk: LessonWalk?
  /// How far the lessons are, and who keeps it.
  package var progress = LessonProgress()
  package var keepProgress: ((LessonProgress) -> Void)?
  /// Runs a command of the program; nil where there is none.
  package var shell: ((_ words: [String]) -> Int32)?
  /// The exercise that was checked last.
  var exercise: String?

  package init(_ settings: Settings, _ style: Style) {
    self.settings = settings
    self.style = style
  }

  private static func session(_ settings: Settings) -> Session {
    let session = Session(
      limits: settings.limits, dtype: settings.isFloat32 ? .float32 : .float64,
      seed: settings.seed)
    if let files = settings.files { session.machine.files = files }
    return session
  }

  /// The number that the next cell gets.
  package var number: Int { cells.count + 1 }

  // MARK: Entries

  /// Runs what was typed: a command, a question, or a cell.
  package func enter(_ text: String, show: @escaping (Output) -> Void) -> Ending {
    self.show = show
    let trimmed = text.trimmingSpace
    if !Command.takesBack(trimmed), !catchUp() {
      say("stopped; what is typed next runs the cells again")
      return .failed(130)
    }
    if trimmed.isEmpty { return walk == nil ? .done : goOn() }
    if trimmed.hasPrefix(":") { return command(trimmed.dropFirst()) }
    if trimmed.hasPrefix("?") { return question(trimmed) }
    if trimmed == "help" || trimmed.hasPrefix("help ") {
      let topic = String(trimmed.dropFirst(4)).trimmingSpace
      return help(topic == "me" ? "" : topic)
    }
    // As in Python, with or without quotes.
    if trimmed.hasPrefix("help("), trimmed.hasSuffix(")"), session.value("help") == nil {
      let topic = trimmed.dropFirst(5).dropLast().filter { !"\"' ".contains($0) }
      if topic.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) { return help(topic) }
    }
    if ["exit", "quit", "exit()", "quit()"].contains(trimmed), session.value(trimmed) == nil {
      return .quit
    }
    if let ending = spelledAsInShell(trimmed) { return ending }
    if let ending = asked(trimmed) { return ending }
    return run(text)
  }

  /// Whether an entry can run as it stands.
  package func isComplete(_ text: String) -> Bool {
    let trimmed = text.trimmingSpace
    if trimmed.isEmpty || trimmed.hasPrefix(":") || trimmed.hasPrefix("?") { return true }
    let source = SourceText(id: 0, name: "entry", text)
    return !Parser.parse(source, in: 0..<source.bytes.count).isIncomplete
  }

  /// Runs a text as the next cell.
  /// - Parameters:
  ///   - place: where it stands, if it is a lesson's.
  ///   - stream: the random numbers that it draws, if they are not the session's own.
  package func run(
    _ text: String, at place: LessonPlace? = nil, stream: Session.Stream? = nil
  ) -> Ending {
    let stream = place?.stream ?? stream
    let before = session.machine.footprint
    let marks = place == nil ? lessonMarks : [:]
    let start = session.machine.seconds
    let events = EventText(style)
    var printed = false
    let outcome = session.drawing(from: stream) {
      session.run(text, name: "cell \(number)", number: number) { [show] event in
        if case .progress(let progress) = event { return show(.progress(progress)) }
        let told = Told(event, in: self.session)
        let text = events.render(told, self.session.machine.format, self.session.sources)
        if case .diagnostic(let warning) = told {
          show(.problem(text, warning))
        } else if !text.isEmpty {
          printed = true
          let kind: Output.Kind =
            switch told {
            case .stream: .stream
            case .value: .result
            default: .display
            }
          show(.text(text, kind, told))
        }
      }
    }
    if outcome.isIncomplete { return .incomplete }
    for error in outcome.errors { report(error) }
    let error = outcome.errors.first
    let cell = Cell(
      source: text, error: error,
      stoppedAfter: error?.id == .interrupted ? session.machine.stepsUsed : nil,
      hasEffect: error == nil || printed || session.machine.footprint != before,
      seconds: session.machine.seconds - start, place: place, stream: stream,
      changes: place == nil ? Set(lessonMarks.filter { marks[$0.key] != $0.value }.keys) : [])
    lastSeconds = cell.seconds
    if cell.hasEffect || place != nil { cells.append(cell) }
    if !cell.changes.isEmpty { tellOfChanges(cell.changes) }
    if error == nil, place == nil, ask != nil { tellOfPass(text) }
    guard let error else { return .done }
    return .failed(error.id == .interrupted ? 130 : error.id.isLimit ? 3 : 1)
  }

  var lastSeconds: Double?

  func report(_ error: Diagnostic) {
    show(.problem(DiagnosticText(style, sources: session.sources).render(error) + "\n", error))
  }

  // MARK: Going back

  /// Goes back to the session that ran fewer cells. It is made when something asks for it, so that taking
  /// back one cell after another runs nothing in between.
  func takeBack(_ change: (inout [Cell]) -> Void) {
    change(&cells)
    current = nil
  }

  /// Runs the cells without showing them, if that is still to be done. Everything is deterministic: values,
  /// gradients and random numbers come out as they were.
  /// - Returns: false if Ctrl-C stopped it.
  private func catchUp() -> Bool {
    if current != nil { return true }
    let seconds = cells.reduce(0) { $0 + $1.seconds }
    if seconds > 2 { say("running the cells again, some \(Int(seconds.rounded())) s") }
    let session = Workbench.session(settings)
    // What was written stays written; nothing is written twice.
    if let files = settings.files {
      session.machine.files = FileAccess(read: files.read, write: { _, _ in .success(()) })
    }
    var isWhole = true
    // On one stack: a new one for each cell would take longer than most cells.
    BigStack.run { [cells] _ in
      for (i, cell) in cells.enumerated() where isWhole {
        session.machine.budget.stopsAfter = cell.stoppedAfter
        let outcome = session.drawing(from: cell.stream) {
          session.run(cell.source, name: "cell \(i + 1)", number: i + 1) { _ in }
        }
        session.machine.budget.stopsAfter = nil
        isWhole = outcome.errors.first?.id != .interrupted || cell.error?.id == .interrupted
      }
    }
    guard isWhole else { return false }
    if let files = settings.files { session.machine.files = files }
    session.machine.audience.showsProgress = settings.showsProgress
    session.machine.audience.keepsGraphs = settings.keepsGraphs
    session.machine.audience.walk = { [unowned self] narration, predicts in
      guard self.ask != nil else { return false }
      self.walk(narration, predicts: predicts)
      return true
    }
    current = session
    return true
  }
}
