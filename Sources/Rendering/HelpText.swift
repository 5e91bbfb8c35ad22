// Help pages, made from the tables they document.
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
    if let builtin = Builtin.named(topic), Verb(rawValue: topic) == nil {
      return .success(page(builtin, style))
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
      + style.wrapped(GlossaryWord.all.map(\.name).joined(separator: ", "), indent: "  "))
      .joined(separator: "\n")
  }

  /// A topic that has no page, and those that may have been meant.
  package struct Missing: Error {
    package let topic: String
    package let near: [String]
  }

  /// Everything that has a page.
  package static var topics: [String] {
    words + ["functions", "glossary"] + GlossaryWord.all.map(\.name)
      + Builtin.Topic.allCases.map(\.rawValue) + Builtin.names
      + Diagnostic.Identifier.allCases.map(\.rawValue)
  }

  /// What has a page of its own in the folder `Pages`.
  private static let words: [String] = EmbeddedFiles.names.compactMap { name in
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
      lines += seeAlso(Verb.allCases.map(\.rawValue).filter { $0 != topic })
    }
    return lines.joined(separator: "\n")
  }

  private static func page(_ builtin: Builtin, _ style: Style) -> String {
    var lines =
      [style.paint(builtin.signature, .bold)] + style.wrapped(builtin.summary, indent: "  ")
    if let function = builtin.function {
      lines.append("  with tensors \(function.signature) applies at once")
    }
    if builtin.isActivation {
      let settings = builtin.parameters.dropFirst().map { "\($0.name)=\($0.fallback ?? "none")" }
      lines.append("  as a layer  \(builtin.name)(\(settings.joined(separator: ", ")))")
    }
    if let op = builtin.op {
      if !op.definition.isEmpty { lines.append("  formula     z = \(op.definition)") }
      for (i, operand) in op.operands.enumerated() {
        let name = operand.name
        if let partial = op.partial(i) {
          if partial.number != 0 {
            lines.append("  derivative  ∂z/∂\(name) = \(renamed(partial, op))")
          }
        } else if let gradient = gradient(i, op) {
          // What dz means is said once.
          let note =
            lines.contains { $0.hasPrefix("  gradient") } ? "" : ", where dz is the gradient of z"
          lines.append("  gradient    of \(name): \(gradient.text)\(note)")
          for part in gradient.parts { lines.append("              where \(part)") }
        }
      }
      if case .none(let reason) = op.derivative {
        lines.append("  derivative  none: \(reason)")
      }
    }
    if !builtin.example.isEmpty { lines += example(builtin.example) }
    lines += seeAlso(neighbours(of: builtin))
    if Library.source(builtin.name) != nil || builtin.topic == .optimizers {
      lines.append("  source      ??\(builtin.name)")
    }
    return lines.joined(separator: "\n")
  }

  private static func seeAlso(_ names: [String]) -> [String] {
    names.isEmpty ? [] : ["  see also    " + names.joined(separator: ", ")]
  }

  /// The functions that stand beside one in its topic.
  private static func neighbours(of builtin: Builtin) -> [String] {
    let names = Builtin.all.filter { $0.topic == builtin.topic }.map(\.name)
    guard let i = names.firstIndex(of: builtin.name) else { return [] }
    let near = names[max(0, i - 2)..<min(names.count, i + 3)]
    return near.filter { $0 != builtin.name }
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

  private static func renamed(_ formula: Formula, _ op: Op) -> String {
    formula.written { leaf in
      if case .operand(let i) = leaf { return op.operand(i)?.name }
      return nil
    }
  }

  /// A vjp as text, stated for matrices, with its named parts.
  private static func gradient(_ k: Int, _ op: Op) -> (text: String, parts: [String])? {
    // Stated for a sum, which has no count in it.
    let isMean = op.settings.contains { $0.name == "reduction" }
    let fitting = op.samples.filter { sample in
      !isMean || sample.attributes.word("reduction") == "sum"
    }
    guard let sample = fitting.first(where: { $0.inputs[0].rank == 2 }) ?? fitting.first,
      k < sample.inputs.count, let call = try? op.applied(sample.inputs, sample.attributes),
      op.reaches(k, call.inputs), let formula = try? op.pullback(k, call)
    else { return nil }
    // Operands that were left out stand in by their number.
    let filled = formula.filled { leaf in
      guard case .operand(let i) = leaf, i >= sample.inputs.count,
        case .number(let n)? = op.operand(i)?.absence
      else { return nil }
      return .number(n)
    }
    let text = renamed(filled, op).replacing(".T", with: "ᵀ")
    return (
      text + (isMean ? ", over n for the mean" : ""),
      filled.definitions.map { "\($0.name) = \(renamed($0.formula, op))" }
    )
  }

  /// Every function, by topic.
  private static func functions(_ style: Style) -> String {
    Builtin.Topic.allCases.map { topic in
      let names = Builtin.all.filter { $0.topic == topic }.map(\.name)
      return topic.rawValue.padded(13) + fold(names, indent: 13, width: style.width)
    }.joined(separator: "\n") + "\nA topic has its page too, as in `help losses`."
  }

  /// The functions of a topic, each with its first line.
  private static func page(_ topic: Builtin.Topic, _ style: Style) -> String {
    Builtin.all.filter { $0.topic == topic }.flatMap { builtin in
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
