// Notebooks of Jupyter, read back into scripts.
import Diagnostics
import FoundationEssentials
import JSONText
import Session

/// Why a notebook could not be read.
package enum ImportFault: Error {
  case notJSON
  case noCells
  /// An older form: `worksheets`.
  case tooOld
  /// The text of a cell, counted from 1, cannot be read.
  case noText(cell: Int)
}

extension ImportFault {
  /// In a sentence, after the file's name.
  package var text: String {
    switch self {
    case .notJSON: "is no notebook: it is not JSON"
    case .noCells: "is no notebook: it has no list of cells"
    case .noText(let cell): "is a notebook whose cell \(cell) has no text that can be read"
    case .tooOld: "is a notebook of an older format; open it in Jupyter and save it once"
    }
  }
}

/// A notebook of Jupyter as a script.
package struct ImportedNotebook {
  /// The script.
  package let text: String

  private struct File: Decodable {
    let cells: [Cell]?
    let worksheets: [Ignored]?
  }

  private struct Ignored: Decodable {}

  private struct Cell: Decodable {
    let kind: String
    /// Nil if it cannot be read.
    let source: String?
    /// The cell as it stood in the script that was exported, where the notebook cannot say it.
    let original: String?

    enum Key: String, CodingKey { case cell_type, source, metadata }
    private struct Metadata: Decodable {
      struct Own: Decodable { let text: String? }
      let nnrepl: Own?
    }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: Key.self)
      kind = try members.decode(String.self, forKey: .cell_type)
      if let lines = try? members.decode([String].self, forKey: .source) {
        source = lines.joined()
      } else {
        source = try? members.decode(String.self, forKey: .source)
      }
      original = (try? members.decode(Metadata.self, forKey: .metadata))?.nnrepl?.text
    }
  }

  /// Whether a text looks like a notebook and not like a script.
  package static func isNotebook(_ text: String) -> Bool {
    let start = text.drop { $0.isWhitespace || $0 == "\u{feff}" }
    return start.first == "{" && start.prefix(100_000).contains("\"cells\"")
      || start.first == "{" && text.contains("\"nbformat\"")
  }

  package init(_ json: String) throws(ImportFault) {
    var json = json[...]
    if json.first == "\u{feff}" { json.removeFirst() }
    let file: File
    do { file = try JSONDecoder().decode(File.self, from: Data(json.utf8)) } catch {
      let isJSON = (try? JSONDecoder().decode(JSON.self, from: Data(json.utf8))) != nil
      throw isJSON ? .noCells : .notJSON
    }
    guard let cells = file.cells else { throw file.worksheets == nil ? .noCells : .tooOld }
    var text = ""
    for (i, cell) in cells.enumerated() {
      // What is neither code nor a header is for readers.
      let isText = cell.kind != "code"
      guard let source = cell.source else { throw .noText(cell: i + 1) }
      if i == 0, cell.kind == "raw", ImportedNotebook.isLead(source) {
        text += ImportedNotebook.ended(source)
        continue
      }
      text +=
        cell.original.flatMap { ImportedNotebook.says($0, isText, source) ? $0 : nil }
        ?? NotebookParts.written(isText: isText, title: "", source)
    }
    self.text = text
  }

  /// Whether a cell is still the one that was exported.
  private static func says(_ original: String, _ isText: Bool, _ source: String) -> Bool {
    let parts = NotebookParts(Notebook(SourceText(id: 0, name: "", original)))
    guard parts.cells.count == 1, let part = parts.cells.first else { return false }
    return part.cell.isText == isText
      && NotebookParts.shown(isText: isText, part.content) == source
  }

  /// Whether a text can stand before all cells: comments alone.
  private static func isLead(_ text: String) -> Bool {
    text.split(separator: "\n").allSatisfy {
      $0.hasPrefix("#") || $0.allSatisfy { $0.isWhitespace }
    }
  }

  private static func ended(_ text: String) -> String {
    text.isEmpty || text.hasSuffix("\n") ? text : text + "\n"
  }
}
