// A notebook being played, as one JSON object per line.
import Diagnostics
import JSONText
import Lessons
import Session

/// A script cell by cell, as lines of JSON.
package enum PlaybackJSON {
  /// One step as one JSON object.
  package static func line(_ step: PlaybackStep, in session: Session) -> String {
    let text = EventText(Style())
    switch step {
    case .prose(let title, let prose):
      return object([("event", "text"), ("title", .string(title)), ("text", .string(prose))])
    case .code(let number, let title, let code):
      return object([
        ("event", "code"), ("cell", "\(number)"), ("title", .string(title)),
        ("code", .string(code)),
      ])
    case .event(.warning(let warning)): return diagnostic(warning, session)
    case .event(let event):
      let kind =
        switch event {
        case .text: "stream"
        case .value: "result"
        default: "display"
        }
      return object([("event", .string(kind)), ("text", .string(text.render(event, in: session)))])
    case .expectedError(let error): return diagnostic(error, session)
    case .cellEnd: return object([("event", "done")])
    }
  }

  private static func diagnostic(_ diagnostic: Diagnostic, _ session: Session) -> String {
    object([
      ("event", .string(diagnostic.severity.rawValue)), ("id", .string(diagnostic.id.rawValue)),
      ("text", .string(DiagnosticText(Style(), sources: session.sources).render(diagnostic))),
    ])
  }

  private static func object(_ fields: [(String, JSON)]) -> String {
    JSON.object(fields).line + "\n"
  }
}
