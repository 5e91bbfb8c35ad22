// A notebook that was played: what its cells say, and what each of them told.
import Autograd
import Diagnostics
import Explain
import Interpreter
import Lessons
import Session
import Tensors

/// A notebook with all that it told.
package struct Document {
  /// `lesson03`
  package let name: String
  package let title: String?
  package let seed: UInt64?
  package let dtype: String?
  /// The version of the language.
  package let version: Int?
  /// Texts that spans point into; the notebook's own is the first.
  package private(set) var sources: [SourceText]
  package private(set) var cells: [Cell] = []
  /// What stopped it; empty if all cells did what they should.
  package private(set) var errors: [Diagnostic] = []

  /// A part of a document.
  package struct Cell {
    /// What tells it from others in its document.
    package let id: String
    package let title: String
    /// Bytes of the notebook's source.
    package let range: Range<Int>
    package var body: Body
  }

  /// What a cell holds.
  package enum Body {
    /// Markdown.
    case text(String)
    case code(Code)
    /// What a reader is to try, and the claims that check it.
    case attempt(Attempt)
  }

  /// Code with what it told.
  package struct Code {
    package let number: Int
    package let source: String
    /// Where it begins, in bytes of the notebook.
    package let start: Int
    /// Whether a reader sees the code, and not what it told alone.
    package let isShown: Bool
    /// The name whose value a reader is asked for first, and what helps.
    package let predicts: String?
    package let hint: String?
    package fileprivate(set) var outputs: [Output] = []
    /// The error that stopped it, expected or not.
    package fileprivate(set) var error: Diagnostic?
    /// What the names that it assigned stand for at its end, where that is numbers.
    package fileprivate(set) var values: [(name: String, tensor: Tensor)] = []
  }

  /// What was told, and how numbers were written then.
  package struct Output {
    package let told: Told
    package let format: NumberFormat

    package init(told: Told, format: NumberFormat) { (self.told, self.format) = (told, format) }
  }

  /// What a reader is to try, a hint, and the code that checks it.
  package struct Attempt {
    package let what: String
    package let hint: String?
    package let check: String
  }

  /// Plays a notebook in a session made for it, and keeps what it tells.
  package init(playing notebook: Notebook, in session: Session) {
    name = Document.plain(notebook.source.name)
    (title, seed, dtype) = (notebook.title, notebook.seed, notebook.dtype)
    version = notebook.version
    sources = []
    session.machine.audience.keepsGraphs = true
    defer { session.machine.audience.keepsGraphs = false }
    var number = 0
    for cell in notebook.cells {
      let body: Body
      if cell.isText {
        body = .text(notebook.prose(cell))
      } else if let what = cell.tries {
        body = .attempt(Attempt(what: what, hint: cell.hint, check: notebook.code(cell)))
      } else {
        number += 1
        body = .code(
          Code(
            number: number, source: notebook.code(cell), start: notebook.codeStart(cell),
            isShown: cell.echoes,
            predicts: cell.predicts, hint: cell.hint))
      }
      cells.append(Cell(id: cell.id, title: cell.title, range: cell.range, body: body))
    }
    let codes = cells.indices.filter { if case .code = cells[$0].body { true } else { false } }
    var next = 0
    var played = cells
    /// Changes the cell that runs.
    func update(_ change: (inout Code) -> Void) {
      guard next < codes.count, case .code(var code) = played[codes[next]].body else { return }
      change(&code)
      played[codes[next]].body = .code(code)
    }
    var told = OutputList()
    func close() { update { $0.outputs += told.take() } }
    errors = Playback.run(notebook, in: session) { step in
      switch step {
      case .prose, .code: break
      case .event(let event): told.add(event, in: session)
      case .expectedError(let error):
        close()
        update { $0.error = error }
      case .cellEnd:
        close()
        update { $0.values = Document.values(assignedIn: $0.source, session) }
        next += 1
      }
    }
    close()
    if let error = errors.first { update { $0.error = error } }
    cells = played
    sources = session.sources
  }

  /// Without its folder and its ending.
  private static func plain(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.hasSuffix(".nn") ? String(name.dropLast(3)) : name
  }
}

/// Outputs of a cell, as they come.
package struct OutputList {
  private var outputs: [Document.Output] = []
  /// What is printed bit by bit is one text.
  private var printed: (text: String, format: NumberFormat)?

  package init() {}

  /// What an event tells, after what came before.
  package mutating func add(_ event: Event, in session: Session) {
    switch event {
    case .progress: break
    case .text(let text):
      if printed == nil { printed = ("", session.machine.format) }
      printed?.text += text
    default:
      close()
      outputs.append(
        Document.Output(told: Told(event, in: session), format: session.machine.format))
    }
  }

  package var last: Document.Output? { outputs.last }

  /// Takes back the figure that came last.
  package mutating func dropLast() { _ = outputs.popLast() }

  /// All that came since the last time.
  package mutating func take() -> [Document.Output] {
    close()
    defer { outputs = [] }
    return outputs
  }

  private mutating func close() {
    guard let (text, format) = printed else { return }
    printed = nil
    outputs.append(Document.Output(told: .stream(text), format: format))
  }
}
