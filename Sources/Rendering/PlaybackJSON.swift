// A notebook being played, as one JSON object per line.
import Diagnostics
import Lessons
import Session

/// A script cell by cell, as lines of JSON.
package enum PlaybackJSON {
  /// One step as one JSON object.
  package static func line(_ step: PlaybackStep, in session: Session) -> String {
    let text = EventText(Style())
    switch step {
    case .prose(let title, let prose):
      return object([("event", "text"), ("title", title), ("text", prose)])
    case .code(let number, let title, let code):
      return object([("event", "code"), ("cell", "\(number)"), ("title", title), ("code", code)])
    case .event(.warning(let warning)): return diagnostic(warning, session)
    case .event(let event):
      let kind =
        switch event {
        case .text: "stream"
        case .value: "result"
        default: "display"
        }
      return object([("event", kind), ("text", text.render(event, in: session))])
    case .expectedError(let error): return diagnostic(error, session)
    case .cellEnd: return object([("event", "done")])
    }
  }

  private static func diagnostic(_ diagnostic: Diagnostic, _ session: Session) -> String {
    object([
      ("event", diagnostic.severity.rawValue), ("id", diagnostic.id.rawValue),
      ("text", DiagnosticText(Style(), sources: session.sources).render(diagnostic)),
    ])
  }

  private static func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\(quoted($0.0)):\(quoted($0.1))" }.joined(separator: ",") + "}\n"
  }

  /// A JSON string.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
