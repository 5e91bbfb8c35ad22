// The field's words, each in two sentences.
import EmbeddedFiles

/// A word of the field.
package struct GlossaryWord: Sendable {
  package let name: String
  /// What it is also called.
  package let others: [String]
  /// The lesson that shows it; 0 for none.
  package let lesson: Int
  package let text: String

  /// All of them, in the order of the lessons' ideas.
  package static let all: [GlossaryWord] = (EmbeddedFiles.text("help/glossary/words.txt") ?? "")
    .split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "|", maxSplits: 3, omittingEmptySubsequences: false)
        .map { $0.trimmingPrefix(while: { $0 == " " }) }
        .map { part in String(part.reversed().drop { $0 == " " }.reversed()) }
      guard parts.count == 4, let lesson = Int(parts[2]) else { return nil }
      return GlossaryWord(
        name: parts[0],
        others: parts[1].split(separator: ",").map { $0.drop { $0 == " " } }.map(String.init),
        lesson: lesson, text: parts[3])
    }

  /// `bias`, `biases`, `a bias`, `the learning rate`.
  package static func named(_ word: String) -> GlossaryWord? {
    var words = word.lowercased().split(whereSeparator: { $0 == " " || $0 == "?" }).map(String.init)
    if let first = words.first, ["a", "an", "the"].contains(first), words.count > 1 {
      words.removeFirst()
    }
    let name = words.joined(separator: " ")
    return all.first { $0.name == name } ?? all.first { $0.others.contains(name) }
  }

  /// What a question in words is about: `what is a bias`, `what does epoch mean?`, `explain overfitting`.
  package static func asked(_ question: String) -> GlossaryWord? {
    let text = question.lowercased().split(separator: " ").joined(separator: " ")
    for opening in [
      "what is ", "what are ", "what's ", "whats ", "what does ", "what do ", "what means ",
      "define ", "explain ",
      "meaning of ", "why ", "how does ", "how do ",
    ] where text.hasPrefix(opening) {
      var rest = String(text.dropFirst(opening.count))
      while let last = rest.last, last == "?" || last == " " { rest.removeLast() }
      for ending in [" mean", " for", " work", " do"] where rest.hasSuffix(ending) {
        rest = String(rest.dropLast(ending.count))
      }
      return named(rest)
    }
    return nil
  }

  /// Its page.
  package func page(_ style: Style) -> String {
    var lines = [style.paint(name, .bold)] + style.wrapped(text, indent: "  ")
    if lesson > 0 { lines.append("  lesson      \(lesson) shows it: `:lesson \(lesson)`") }
    let near = GlossaryWord.all.filter { $0.lesson == lesson && $0.name != name }.prefix(5).map({
      $0.name
    })
    if !near.isEmpty { lines.append("  see also    " + near.joined(separator: ", ")) }
    return lines.joined(separator: "\n")
  }
}
