// The part of the language that is written in itself: layers, cells, and textbook definitions.
import Platform
import EmbeddedFiles
import Interpreter

/// The files `layers.nn`, `functions.nn` and `textbook.nn`, read.
package enum Library {
  /// Layers and functions, in the order of their file.
  package static let definitions = read("layers.nn") + read("functions.nn")
  /// What fused ops do, step by step, by the op's name.
  package static let textbook = Dictionary(
    firstOf: read("textbook.nn").map { ($0.name, $0) })

  /// The source of a name: its textbook definition if it is fused, else its definition in nn.
  package static func source(_ name: String) -> String? {
    let own = definitions.first { $0.name == name }?.text
    let steps = textbook[name]?.text
    return own.map { own in steps.map { own + "\n\n" + $0 } ?? own } ?? steps
  }

  /// Helpers that learners do not see: definitions whose name starts with `_`, and what is written in Swift.
  static let helpers = Dictionary(
    firstOf: (definitions.filter { $0.name.hasPrefix("_") }.map { Builtin($0, .rest) }
      + Builtin.helpers).map { ($0.name, $0) })

  /// Cuts a file into its definitions: each begins at the left margin and ends with a brace there, or with
  /// its line.
  private static func read(_ file: String) -> [Definition] {
    var found: [Definition] = []
    var comment: [Substring] = []
    var start: String.Index?
    let text = EmbeddedFiles.text("library/" + file) ?? ""
    // Bytes are far quicker to walk than characters, and every session waits for this.
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let begin = start ?? line.startIndex
      if start == nil {
        if line.first == UInt8(ascii: "#") {
          comment.append(Substring(line.dropFirst().drop { $0 == UInt8(ascii: " ") }))
          continue
        }
        guard line.starts(with: "fn ".utf8) || line.starts(with: "layer ".utf8) else {
          comment = []
          continue
        }
        start = begin
      }
      let isWhole = begin == line.startIndex && line.last != UInt8(ascii: "{")
      guard isWhole || line.elementsEqual("}".utf8) else { continue }
      found.append(definition(String(text[begin..<line.endIndex]), comment))
      (comment, start) = ([], nil)
    }
    return found
  }

  private static func definition(_ text: String, _ comment: [Substring]) -> Definition {
    let head = text.utf8.drop { $0 != UInt8(ascii: " ") }.dropFirst()
    let end = head.firstIndex(of: UInt8(ascii: ")")) ?? head.startIndex
    var (summary, example): ([Substring], [Substring]) = ([], [])
    var notes: [Definition.Note: String] = [:]
    for line in comment {
      let colon = line.firstPlace(of: ": ")
      let (key, rest) = colon.map { (line[..<$0.lowerBound], line[$0.upperBound...]) } ?? ("", "")
      if key == "example" {
        example.append(rest)
      } else if let note = Definition.Note(rawValue: String(key)) {
        notes[note] = String(rest)
      } else {
        summary.append(line)
      }
    }
    return Definition(
      name: String(Substring(head.prefix { $0 != UInt8(ascii: "(") })),
      signature: String(Substring(head[...end])),
      summary: summary.joined(separator: " "), example: example.joined(separator: "\n"),
      notes: notes, text: text)
  }
}
