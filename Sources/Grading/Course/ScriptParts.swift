// A script that holds several exercises, each begun by a line `# exercise ex03`.
import Platform
import Diagnostics
import Syntax

/// The parts of a script, by exercise.
package struct ScriptParts {
  private let text: String
  private let lines: [Substring]
  /// For each line, the exercise that it belongs to; nil for what stands before the first.
  private let owners: [String?]

  package init(_ text: String) {
    self.text = text
    // A carriage return before a line's end is one character with it.
    lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    var owner: String?
    owners = lines.map { line in
      owner = ScriptParts.exercise(begunBy: line) ?? owner
      return owner
    }
  }

  /// How the names of scripts end: our own, and notebooks of Jupyter.
  package static let endings = [".nn", ".ipynb"]

  /// A file's name without its ending.
  package static func plain(_ name: String) -> String {
    endings.first(where: name.hasSuffix).map { String(name.dropLast($0.count)) } ?? name
  }

  /// The exercises that it says it holds.
  package var exercises: Set<String> { Set(owners.compactMap { $0 }) }

  /// What is graded as an exercise: its own part and what all share before the first, each line where it was; the
  /// whole where the script speaks of no exercises. Nil if it speaks of others only.
  package func text(of exercise: String) -> String? {
    let known = exercises
    if known.isEmpty { return text }
    guard known.contains(exercise) else { return nil }
    return zip(lines, owners).map { line, owner in
      owner == nil || owner == exercise ? String(line) : ""
    }.joined(separator: "\n")
  }

  /// `# exercise ex03`, `# %% exercise ex03`, and as a heading of a text, `# ## exercise ex03`
  private static func exercise(begunBy line: Substring) -> String? {
    guard line.first == "#" else { return nil }
    let words = line.dropFirst().split { " \t\r%#".contains($0) }
    // A sentence that begins so is a comment like any other.
    guard words.count == 2, words[0] == "exercise",
      words[1].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
    else { return nil }
    return String(words[1])
  }
}

/// What is kept of a script that was handed in, so that the same script is known again.
package struct FileNote: Coded, Equatable, Sendable {
  package let exercise: String
  /// Of its text.
  package let sha256: String
  /// Of its tokens with the learner's own names numbered: the same for a script that was only renamed, laid out
  /// or commented anew.
  package let shape: String
  /// How many tokens it has.
  package let tokens: Int
  /// Whether it is the starter, but for names, spaces and comments.
  package let isStarter: Bool

  init(_ exercise: Exercise, _ text: String) {
    self.exercise = exercise.id
    sha256 = Digest.sha256(text)
    let own = FileNote.shape(text)
    (shape, tokens) = (Digest.sha256(own.joined(separator: " ")), own.count)
    isStarter = own == FileNote.shape(exercise.starter)
  }

  /// The tokens of a script; names that it gives a meaning to are told by their order alone.
  private static func shape(_ text: String) -> [String] {
    let source = SourceText(id: 0, name: "", text)
    guard let tokens = try? Lexer.tokens(of: source, in: 0..<source.bytes.count) else {
      return text.split { $0.isWhitespace }.map(String.init)
    }
    var numbers: [String: Int] = [:]
    return tokens.compactMap { token in
      switch token.token {
      case .newline, .end: return nil
      case .name(let name):
        numbers[name] = numbers[name] ?? numbers.count
        return "n\(numbers[name] ?? 0)"
      default: return source.text(token.span)
      }
    }
  }
}
