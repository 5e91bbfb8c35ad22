// The part of the language that is written in itself: layers, cells, and textbook definitions.
import CSupport
import Diagnostics
import Syntax

/// A function or layer of the language defined in nn.
package struct Definition: Sendable {
  package let name: String
  /// `linear(in_features, out_features, bias=true)`
  package let signature: String
  /// The comment above it: a sentence or two.
  package let summary: String
  /// A statement or two whose output shows what it does.
  package let example: String
  /// Its text, without the comment.
  package let text: String
}

package enum Library {
  static let layersID = -2
  static let textbookID = -3
  /// What a check runs beside a learner's script: the language's own names keep their meaning in it.
  package static let callID = -4

  /// Whether a source belongs to the language rather than to the learner.
  static func isLibrary(_ source: Int) -> Bool { source == layersID || source == textbookID }

  /// Layers and functions, in the order of their file.
  package static let definitions = read("layers.nn")
  /// What fused ops do, step by step, by the op's name.
  package static let textbook = Dictionary(
    uniqueKeysWithValues: read("textbook.nn").map { ($0.name, $0) })

  /// The source of a name: its textbook definition if it is fused, else its definition in nn.
  package static func source(_ name: String) -> String? {
    let own = definitions.first { $0.name == name }?.text
    let steps = textbook[name]?.text
    return own.map { own in steps.map { own + "\n\n" + $0 } ?? own } ?? steps
  }

  /// What a name means in the library's own code: a built-in, or a helper that learners do not see.
  static func value(_ name: String) -> Value? {
    (helpers[name] ?? Builtin.named(name)).map { .builtin($0) }
      ?? Builtin.constants[name].map { .number($0) }
  }

  /// Definitions whose name starts with `_`.
  private static let helpers = Dictionary(
    uniqueKeysWithValues: definitions.filter { $0.name.hasPrefix("_") }.map {
      ($0.name, Builtin($0, .rest))
    } + Builtin.helpers.map { ($0.name, $0) })

  /// Cuts a file into its definitions: each begins at the left margin and ends with a brace there, or with
  /// its line.
  private static func read(_ file: String) -> [Definition] {
    var found: [Definition] = []
    var comment: [Substring] = []
    var body: [Substring] = []
    let text = Carried.text("library/" + file) ?? ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if body.isEmpty, line.hasPrefix("#") {
        comment.append(line.dropFirst().drop { $0 == " " })
        continue
      }
      if body.isEmpty, !line.hasPrefix("fn "), !line.hasPrefix("layer ") {
        comment = []
        continue
      }
      body.append(line)
      guard line == "}" || (body.count == 1 && !line.hasSuffix("{")) else { continue }
      found.append(definition(body.joined(separator: "\n"), comment))
      (comment, body) = ([], [])
    }
    return found
  }

  private static func definition(_ text: String, _ comment: [Substring]) -> Definition {
    let head = text.drop { $0 != " " }.dropFirst()
    let end = head.firstIndex(of: ")") ?? head.startIndex
    let example = comment.filter { $0.hasPrefix("example: ") }.map { $0.dropFirst(9) }
    return Definition(
      name: String(head.prefix { $0 != "(" }), signature: String(head[...end]),
      summary: comment.filter { !$0.hasPrefix("example: ") }.joined(separator: " "),
      example: example.joined(separator: "\n"), text: text)
  }
}

/// Files that travel inside the program.
package enum Carried {
  package static let files: [(name: String, text: String)] = (0..<nnrepl_file_count()).compactMap {
    guard let file = nnrepl_file_at($0)?.pointee else { return nil }
    let bytes = UnsafeBufferPointer(start: file.bytes, count: file.size)
    return (String(cString: file.name), String(decoding: bytes, as: UTF8.self))
  }

  package static func text(_ name: String) -> String? {
    for i in 0..<nnrepl_file_count() {
      guard let file = nnrepl_file_at(i)?.pointee, String(cString: file.name) == name else {
        continue
      }
      return String(
        decoding: UnsafeBufferPointer(start: file.bytes, count: file.size), as: UTF8.self)
    }
    return nil
  }

  package static var names: [String] {
    (0..<nnrepl_file_count()).compactMap {
      nnrepl_file_at($0).map { String(cString: $0.pointee.name) }
    }
  }
}

extension Machine {
  /// A definition of the library, compiled on first use.
  func compiled(_ definition: Definition, textbook: Bool = false) throws(Diagnostic) -> Value {
    let key = (textbook ? "textbook " : "") + definition.name
    if let known = library[key] { return known }
    let source = SourceText(
      id: textbook ? Library.textbookID : Library.layersID, name: "library", definition.text)
    let parsed = Parser.parse(source, in: 0..<source.bytes.count)
    guard let statement = parsed.statements.first, parsed.diagnostics.isEmpty else {
      throw Diagnostic(
        .internalFault, "the library's `\(definition.name)` cannot be read", at: nil,
        reason: parsed.diagnostics.first?.headline)
    }
    let compiler = Compiler(self, source, Scope(parent: nil, parameters: [], body: [statement]))
    let code: Code
    switch statement.kind {
    case .function(let function): code = try compiler.closure(function, statement.span)
    case .layer(let layer): code = try compiler.declaration(layer)
    default: throw Diagnostic(.internalFault, "`\(definition.name)` defines nothing", at: nil)
    }
    let value = try code.run(frame)
    library[key] = value
    return value
  }

  /// Runs library code for a call in the learner's source: faults inside it are told at that call.
  func inLibrary<Result>(
    _ span: Span, _ what: @autoclosure () -> String?, _ body: () throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    let outer = librarySpan
    if outer == nil, !Library.isLibrary(Int(span.source)) { librarySpan = span }
    defer { librarySpan = outer }
    do throws(Diagnostic) { return try body() } catch {
      guard let place = error.span, Library.isLibrary(Int(place.source)), let librarySpan else {
        throw error
      }
      let reasons = [error.reason, what()].compactMap { $0 }
      throw Diagnostic(
        error.id, error.headline, at: librarySpan,
        reason: reasons.isEmpty ? nil : reasons.joined(separator: " "), hint: error.hint)
    }
  }

  /// Where a fault at `span` is told: in the learner's own source.
  func shown(_ span: Span) -> Span {
    Library.isLibrary(Int(span.source)) ? librarySpan ?? span : span
  }
}
