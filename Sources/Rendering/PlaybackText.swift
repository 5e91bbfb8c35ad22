// A notebook being played, as text: prose, numbered code, output.
import Diagnostics
import Lessons
import Session

/// A script cell by cell, as text.
package struct PlaybackText {
  let style: Style
  let isQuiet: Bool
  private let events: EventText

  /// - Parameter isQuiet: outputs only.
  package init(_ style: Style, isQuiet: Bool = false) {
    self.style = style
    self.isQuiet = isQuiet
    events = EventText(style)
  }

  /// What one step shows.
  package func render(_ step: PlaybackStep, in session: Session) -> String {
    switch step {
    case .prose(let cell, let text):
      return isQuiet ? "" : heading(cell.title) + MarkdownText(style).render(text) + "\n\n"
    case .code(let number, let cell, let code):
      if isQuiet || !cell.echoes { return "" }
      let prompt = "nn[\(number)]> "
      let margin = "\n" + String(repeating: " ", count: prompt.count)
      let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
      return heading(cell.title) + style.paint(prompt, .bold, .green)
        + lines.joined(separator: margin)
        + "\n"
    case .event(let event): return events.render(event, in: session)
    case .expectedError(let error):
      return DiagnosticText(style, sources: session.sources).render(error) + "\n"
    case .cellEnd: return isQuiet ? "" : "\n"
    }
  }

  /// Code that waits to be run.
  package func waiting(_ code: String) -> String {
    let mark = style.isASCII ? "  > " : "  ▸ "
    let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
    return style.paint(mark, .bold, .green) + lines.joined(separator: "\n    ")
  }

  private func heading(_ title: String) -> String {
    title.isEmpty ? "" : MarkdownText(style).rule(title) + "\n"
  }
}
