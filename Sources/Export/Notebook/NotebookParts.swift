// A script cut where its cells begin, so that it can be put together again to the byte.
import Diagnostics
import JSONText
import Session
import Typesetting

/// The text of a notebook in parts: what stands before its cells, and each cell with its marker.
struct NotebookParts {
  /// The header, and whatever else stands before the first cell.
  let lead: String
  let cells: [Part]

  struct Part {
    let cell: Notebook.Cell
    /// With the line that begins it.
    let text: String
    /// What a reader of a notebook sees: prose without its `#`, code as it stands.
    let content: String
  }

  init(_ notebook: Notebook) {
    let source = notebook.source
    func text(_ start: Int, _ end: Int) -> String {
      source.text(Span(source: source.id, start: start, end: max(start, end)))
    }
    guard let first = notebook.cells.first else {
      (lead, cells) = (text(0, source.bytes.count), [])
      return
    }
    // The marker is the line before the cell.
    var start = first.range.lowerBound
    if start > 0 {
      var line = start - 1
      while line > 0, source.bytes[line - 1] != UInt8(ascii: "\n") { line -= 1 }
      let marker = text(line, start)
      if marker.hasPrefix("# %%") || marker.hasPrefix("#%%") { start = line }
    }
    lead = text(0, start)
    var parts: [Part] = []
    for (i, cell) in notebook.cells.enumerated() {
      let end =
        i == notebook.cells.count - 1 ? source.bytes.count : cell.range.upperBound
      let content =
        cell.isText
        ? notebook.prose(cell)
        : NotebookParts.trimmed(text(cell.range.lowerBound, cell.range.upperBound))
      parts.append(Part(cell: cell, text: text(start, end), content: content))
      start = end
    }
    cells = parts
  }

  private static func trimmed(_ text: String) -> String {
    var text = text[...]
    while text.last?.isNewline == true { text.removeLast() }
    return String(text)
  }

  /// What a cell's content looks like elsewhere: characters that turn the direction of text, and of texts what is more
  /// than text, are spelled out.
  static func shown(isText: Bool, _ content: String) -> String {
    var result = ""
    for scalar in content.unicodeScalars {
      if scalar.turnsDirection {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return isText ? Markdown.shared(result) : result
  }

  /// A cell as this program writes it.
  static func written(isText: Bool, title: String, _ content: String) -> String {
    let marker = "# %%" + (title.isEmpty ? "" : " " + title) + (isText ? " [markdown]" : "")
    guard isText else { return marker + "\n" + content + "\n" }
    let lines = content.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.isEmpty ? "#" : "# " + $0
    }
    return ([marker] + lines).joined(separator: "\n") + "\n"
  }
}
