// A notebook being played, as one JSON object per line.
import Diagnostics
import Documents
import Interpreter
import JSONText
import Lessons
import Session

/// A script cell by cell, as lines of JSON.
package struct PlaybackJSON {
  /// The number of the cell that runs.
  private var number: Int?

  package init() {}

  /// The first line: what the notebook says of itself.
  package static func header(_ notebook: Notebook) -> String {
    let header = Document.header(
      name: notebook.source.name, title: notebook.title, seed: notebook.seed,
      dtype: notebook.dtype, version: notebook.version)
    return (["event": "header"] + header).line + "\n"
  }

  /// One step as one JSON object.
  package mutating func line(_ step: PlaybackStep, in session: Session) -> String {
    let told = ToldJSON(session.sources)
    func place(_ cell: Notebook.Cell) -> JSON? {
      told.range(source: 0, start: cell.range.lowerBound, end: cell.range.upperBound).map {
        ["id": .string(cell.id), "range": $0]
      }
    }
    let json: JSON
    switch step {
    case .prose(let cell, let prose):
      json =
        ["event": "text", "title": .string(cell.title), "text": .string(prose)] + place(cell)
    case .code(let number, let cell, let code):
      self.number = number
      json =
        [
          "event": "code", "cell": .int(number), "title": .string(cell.title),
          "code": .string(code), "shown": .bool(cell.echoes),
        ] + place(cell)
    case .event(let event): json = PlaybackJSON.object(event, in: session)
    case .expectedError(let error): json = PlaybackJSON.object(error, in: session)
    case .cellEnd: json = ["event": "done"] + number.map { ["cell": .int($0)] }
    }
    return json.line + "\n"
  }

  /// An event: its kind, its text as a terminal shows it, and what it says as data.
  package static func object(_ event: Event, in session: Session) -> JSON {
    if case .warning(let warning) = event { return object(warning, in: session) }
    let told = Told(event, in: session)
    let kind =
      switch told {
      case .stream: "stream"
      case .value: "result"
      default: "display"
      }
    let text = EventText(Style()).render(told, session.machine.format, session.sources)
    return [
      "event": .string(kind), "text": .string(text), "data": ToldJSON(session.sources).data(told),
    ]
  }

  /// What went wrong: its text as a terminal shows it, and what it says as data.
  package static func object(_ diagnostic: Diagnostic, in session: Session) -> JSON {
    let text = DiagnosticText(Style(), sources: session.sources).render(diagnostic)
    return [
      "event": .string(diagnostic.severity.rawValue), "id": .string(diagnostic.id.rawValue),
      "text": .string(text),
      "data": ToldJSON(session.sources).data(.diagnostic(diagnostic)),
    ]
  }
}
