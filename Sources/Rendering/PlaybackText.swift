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
      return isQuiet ? "" : heading(cell.title) + wrapped(text) + "\n\n"
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
    title.isEmpty ? "" : rule(title) + "\n"
  }

  private func rule(_ title: String) -> String {
    let line = String(repeating: "─", count: max(3, min(style.width, 80) - title.columns - 4))
    return style.paint("── \(title) \(line)", .bold, .blue)
  }

  /// Words of a line; code between backticks stays together.
  private static func words(_ line: Substring) -> [Substring] {
    var words: [Substring] = []
    var start = line.startIndex
    var inCode = false
    for i in line.indices {
      if line[i] == "`" { inCode.toggle() }
      guard line[i] == " ", !inCode else { continue }
      if start < i { words.append(line[start..<i]) }
      start = line.index(after: i)
    }
    if start < line.endIndex { words.append(line[start...]) }
    return words
  }

  /// Paragraphs filled to the width; lists, tables and code keep their lines.
  private func wrapped(_ text: String) -> String {
    var lines: [String] = []
    var paragraph: [Substring] = []
    func fill() {
      lines += Style.filled(paragraph.joined(separator: " "), min(style.width, 80))
      paragraph = []
    }
    var isCode = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        fill()
        isCode.toggle()
        continue
      }
      if isCode {
        lines.append("    " + line)
        continue
      }
      let isFixed =
        line.isEmpty || line.hasPrefix(" ") || line.hasPrefix("- ") || line.hasPrefix("|")
        || line.hasPrefix("#") || line.drop(while: \.isNumber).hasPrefix(". ")
      if isFixed {
        fill()
        lines.append(
          line.hasPrefix("#") ? rule(String(line.drop { $0 == "#" || $0 == " " })) : String(line))
      } else {
        paragraph += PlaybackText.words(line)
      }
    }
    fill()
    return lines.joined(separator: "\n")
  }
}
