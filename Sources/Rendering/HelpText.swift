// Help pages, made from the tables they document.
import Platform
import Autograd
import Builtins
import Diagnostics
import EmbeddedFiles
import Explain
import Interpreter
import Lessons
import Session
import Syntax
import Tensors

/// What `help` shows.
package enum HelpText {
  /// The page on a topic, or the nearest topics.
  package static func page(_ topic: String, _ style: Style) -> Result<String, Missing> {
    content(topic, style).map { page in
      page.split(separator: "\n", omittingEmptySubsequences: false)
        .flatMap { fitted(String($0), style.width) }.joined(separator: "\n")
    }
  }

  /// A line that fits the screen; what is too long goes on below, under its last column.
  private static func fitted(_ line: String, _ width: Int) -> [String] {
    guard line.columns > width, width >= 40 else { return [line] }
    let characters = Array(line)
    let gap = characters.indices.dropFirst(3).last { i in
      characters[i] != " " && characters[i - 1] == " " && characters[i - 2] == " "
    }
    let start = characters.firstIndex { $0 != " " } ?? 0
    let column = gap.map { $0 < width * 3 / 5 ? $0 : start + 2 } ?? start + 2
    let hanging = String(repeating: " ", count: column)
    var lines: [String] = []
    for word in line.split(separator: " ", omittingEmptySubsequences: false) {
      guard let last = lines.last else {
        lines.append(String(word))
        continue
      }
      if last.columns + 1 + String(word).columns <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        while lines[lines.count - 1].hasSuffix(" ") { lines[lines.count - 1].removeLast() }
        lines.append(hanging + word)
      }
    }
    return lines
  }

  private static func content(_ topic: String, _ style: Style) -> Result<String, Missing> {
    let method = Builtin.methods.first { $0.name == topic }
    if let builtin = Builtin.named(topic), Verb(rawValue: topic) == nil {
      let also = method.map { "\n\n" + page($0, style) } ?? ""
      return .success(page(builtin, style) + also)
    }
    if let method, Verb(rawValue: topic) == nil, topic != "repeat" {
      return .success(page(method, style))
    }
    if let page = written(topic.isEmpty ? "guide" : topic) { return .success(page) }
    if topic == "functions" { return .success(functions(style)) }
    if let topic = Builtin.Topic(rawValue: topic) { return .success(page(topic, style)) }
    if let page = carried("errors/" + topic) {
      let lines = page.split(separator: "\n").flatMap { style.wrapped(String($0), indent: "  ") }
      return .success(([style.paint(topic, .bold)] + lines).joined(separator: "\n"))
    }
    if topic == "glossary" { return .success(glossary(style)) }
    if let word = GlossaryWord.named(topic) ?? GlossaryWord.asked(topic) {
      return .success(word.page(style))
    }
    return .failure(Missing(topic: topic, near: Suggest.close(to: topic, among: topics)))
  }

  /// All words of the field.
  private static func glossary(_ style: Style) -> String {
    ([style.paint("The words of the field", .bold) + "; `help WORD` explains one"]
      + style.wrapped(GlossaryWord.all.map { $0.name }.joined(separator: ", "), indent: "  "))
      .joined(separator: "\n")
  }

  /// A topic that has no page, and those that may have been meant.
  package struct Missing: Error {
    package let topic: String
    package let near: [String]
  }

  /// Everything that has a page.
  package static var topics: [String] {
    pages + ["functions", "glossary"] + GlossaryWord.all.map { $0.name }
      + Builtin.Topic.allCases.map { $0.rawValue } + Builtin.names
      + Builtin.methods.map { $0.name }.filter { Builtin.named($0) == nil && !pages.contains($0) }
      + Diagnostic.Identifier.allCases.map { $0.rawValue }
  }

  /// What has a page of its own in the folder `Pages`.
  package static let pages: [String] = EmbeddedFiles.names.compactMap { name in
    let path = name.split(separator: "/")
    return path.count == 2 && path[0] == "help" ? String(path[1].dropLast(4)) : nil
  }

  /// A page as it stands in the folder.
  private static func carried(_ topic: String) -> Substring? {
    EmbeddedFiles.text("help/\(topic).txt")?.dropLast()
  }

  /// A page as its author wrote it, with the examples run. Verbs name each other.
  private static func written(_ topic: String) -> String? {
    guard let text = carried(topic) else { return nil }
    let prompt = "nn> "
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
      $0.hasPrefix(prompt) ? example(String($0.dropFirst(prompt.count))) : [String($0)]
    }
    if Verb(rawValue: topic) != nil {
      lines += seeAlso(Verb.allCases.map { $0.rawValue }.filter { $0 != topic })
    }
    return lines.joined(separator: "\n")
  }

  private static func page(_ builtin: Builtin, _ style: Style) -> String {
    let page = FunctionPage(builtin)
    var lines =
      [style.paint(page.signature, .bold)] + style.wrapped(page.summary, indent: "  ")
    if let atOnce = page.applied { lines.append("  with tensors \(atOnce) applies at once") }
    if let layer = page.layer { lines.append("  as a layer  \(layer)") }
    if let definition = page.definition { lines.append("  formula     z = \(definition)") }
    for derivative in page.derivatives {
      switch derivative {
      case .partial(let name, let formula):
        lines.append("  derivative  ∂z/∂\(name) = \(formula.text)")
      case .gradient(let name, let formula, let isMean):
        // What dz means is said once.
        let note =
          lines.contains { $0.hasPrefix("  gradient") } ? "" : ", where dz is the gradient of z"
        let text =
          formula.text.with(".T", replacedBy: "ᵀ") + (isMean ? ", over n for the mean" : "")
        lines.append("  gradient    of \(name): \(text)\(note)")
        lines += formula.definitions.map { "              where \($0.name) = \($0.formula.text)" }
      case .none(let reason): lines.append("  derivative  none: \(reason)")
      }
    }
    if !page.example.isEmpty { lines += example(page.example) }
    lines += seeAlso(page.neighbours)
    if page.hasSource { lines.append("  source      ??\(builtin.name)") }
    return lines.joined(separator: "\n")
  }

  private static func seeAlso(_ names: [String]) -> [String] {
    names.isEmpty ? [] : ["  see also    " + names.joined(separator: ", ")]
  }

  /// The example as a session would show it.
  private static func example(_ code: String) -> [String] {
    let session = Session()
    var output = ""
    // It stands beside a margin of 14.
    var style = Style()
    style.width -= 14
    let events = EventText(style)
    _ = session.run(code) { output += events.render($0, in: session) }
    return ["  example     nn> \(code)"]
      + output.split(separator: "\n").map { "              \($0)" }
  }

  /// Every function, by topic.
  private static func functions(_ style: Style) -> String {
    Builtin.Topic.allCases.map { topic in
      let names = Builtin.documented.filter { $0.topic == topic }.map { $0.name }
      return topic.rawValue.padded(13) + fold(names, indent: 13, width: style.width)
    }.joined(separator: "\n") + "\nA topic has its page too, as in `help losses`."
  }

  /// The functions of a topic, each with its first line.
  private static func page(_ topic: Builtin.Topic, _ style: Style) -> String {
    Builtin.documented.filter { $0.topic == topic }.flatMap { builtin in
      [style.paint(builtin.signature, .bold)] + style.wrapped(builtin.summary, indent: "  ")
    }.joined(separator: "\n")
  }

  private static func fold(_ words: [String], indent: Int, width: Int) -> String {
    var lines = [""]
    for word in words {
      if lines[lines.count - 1].count + word.count + 1 > width - indent { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
    }
    return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
  }
}
