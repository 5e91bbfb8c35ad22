// Entries of several lines: what stands before them on screen, and what comes with them from elsewhere.

/// The spaces that stand under the prompt, before every line of an entry but the first.
package enum Margin {
  /// Takes the margin off all lines but the first.
  package static func stripped(_ text: String, _ margin: Int) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.enumerated().map { i, line in
      guard i > 0 else { return line }
      let spaces = line.prefix(margin).prefix { $0 == " " }.count
      return line.dropFirst(spaces)
    }.joined(separator: "\n")
  }

  /// Puts the margin before all lines but the first.
  package static func added(_ text: String, _ margin: Int) -> String {
    let body = text.hasSuffix("\n") ? text.dropLast() : text[...]
    return body.split(separator: "\n", omittingEmptySubsequences: false)
      .joined(separator: "\n" + String(repeating: " ", count: margin))
  }
}

/// What is pasted, without the prompts and outputs of a session it was copied from.
package enum Paste {
  /// Keeps what was typed, without prompts and outputs.
  package static func cleaned(_ text: String) -> String {
    var text = text
    while text.hasSuffix("\n") { text.removeLast() }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.contains(where: { prompt($0) > 0 }) else { return text }
    var kept: [Substring] = []
    var margin = 0
    for line in lines {
      let width = prompt(line)
      if width > 0 {
        margin = width
        kept.append(line.dropFirst(width))
      } else if margin > 0, line.count > margin, line.prefix(margin).allSatisfy({ $0 == " " }) {
        kept.append(line.dropFirst(margin))
      } else {
        margin = 0
      }
    }
    return kept.joined(separator: "\n")
  }

  /// How many characters of a line are `nn[3]> `; 0 if it has no prompt.
  private static func prompt(_ line: Substring) -> Int {
    let body = line.drop { $0 == " " }
    let indent = line.count - body.count
    guard body.hasPrefix("nn[") else { return 0 }
    let digits = body.dropFirst(3).prefix { $0.isNumber }
    guard !digits.isEmpty, body.dropFirst(3 + digits.count).hasPrefix("]> ") else { return 0 }
    return indent + 3 + digits.count + 3
  }
}
