// Markdown as a tree, by way of cmark-gfm.
import CMarkGFM

/// A text read as GitHub's Markdown, with formulas between `$`. Raw HTML in it is text.
package struct Markdown {
  package let blocks: [Block]

  /// Lists and quotes nested deeper than this are read as plain text.
  private static let depthLimit = 32
  /// Marks what stood between two `$` while cmark reads the text.
  private static let mark: Character = "\u{f8ff}"

  package init(_ text: String) {
    cmark_gfm_core_extensions_ensure_registered()
    let marked = Markdown.marked(text)
    let bytes = marked.utf8.count
    let parser = cmark_parser_new(CMARK_OPT_DEFAULT)
    defer { cmark_parser_free(parser) }
    if let table = cmark_find_syntax_extension("table") {
      cmark_parser_attach_syntax_extension(parser, table)
    }
    marked.withCString { cmark_parser_feed(parser, $0, bytes) }
    let root = cmark_parser_finish(parser)
    defer { cmark_node_free(root) }
    blocks = Markdown.blocks(in: root, 0)
  }

  // MARK: Formulas

  /// Formulas as code with a mark, so that nothing in them is taken for Markdown. As pandoc has it, no space stands
  /// after the first `$` or before the second, and no digit after that.
  private static func marked(_ text: String) -> String {
    let plain = starred(text.filter { $0 != mark && $0 != "\0" })
    return outsideCode(plain) { i, characters in
      guard characters[i] == "$", let end = end(of: i, characters) else { return nil }
      let inner = characters[(i + 1)..<end].map { $0 == "\n" ? " " : $0 }
      return ("`\(mark)\(String(inner))\(mark)`", end + 1)
    }
  }

  /// A star between two factors is no emphasis.
  private static func starred(_ text: String) -> String {
    outsideCode(text) { i, characters in
      // What stands in a formula is left alone.
      if characters[i] == "$", let end = end(of: i, characters) {
        return (String(characters[i...end]), end + 1)
      }
      return characters[i] == "*" && multiplies(i, characters) ? ("\\*", i + 1) : nil
    }
  }

  /// The text with some of what is not code replaced.
  /// - Parameter replace: what stands in place of the text from a character on, and where it goes on.
  private static func outsideCode(
    _ text: String, _ replace: (Int, [Character]) -> (String, next: Int)?
  ) -> String {
    guard text.contains("$") || text.contains("*") else { return text }
    let characters = Array(text)
    var result = ""
    var i = 0
    // What stands four columns in, after a blank line, is code as well.
    var isAfterBlank = true
    while i < characters.count {
      if i == 0 || characters[i - 1] == "\n" {
        let line = characters[i...].prefix { $0 != "\n" }
        let isBlank = line.allSatisfy(\.isWhitespace)
        if isAfterBlank, !isBlank, line.starts(with: "    ") {
          result += String(line)
          i = line.endIndex
          continue
        }
        isAfterBlank = isBlank
      }
      if characters[i] == "`" {
        let end = endOfCode(i, characters)
        result += String(characters[i..<end])
        i = end
      } else if characters[i] == "\\", i + 1 < characters.count {
        result += String(characters[i...i + 1])
        i += 2
      } else if let (new, next) = replace(i, characters) {
        result += new
        i = next
      } else {
        result.append(characters[i])
        i += 1
      }
    }
    return result
  }

  /// Where code that begins with backticks ends; a run without its partner is itself alone.
  private static func endOfCode(_ i: Int, _ characters: [Character]) -> Int {
    let fence = characters[i...].prefix { $0 == "`" }.count
    var j = i + fence
    while j < characters.count {
      let run = characters[j...].prefix { $0 == "`" }.count
      if run == fence { return j + fence }
      j += max(1, run)
    }
    return i + fence
  }

  /// Whether a `*` stands between two factors, as in `0.5*2` and `1*-3`.
  private static func multiplies(_ i: Int, _ text: [Character]) -> Bool {
    func isPart(_ k: Int, _ more: String) -> Bool {
      text.indices.contains(k)
        && (text[k].isLetter || text[k].isNumber || text[k] == "_" || more.contains(text[k]))
    }
    let isSigned = i + 2 < text.count && text[i + 1] == "-" && text[i + 2].isNumber
    return isPart(i - 1, ")]") && (isPart(i + 1, "(") || isSigned)
  }

  /// Where a formula that begins at a `$` ends.
  private static func end(of start: Int, _ text: [Character]) -> Int? {
    guard start + 1 < text.count, !text[start + 1].isWhitespace, text[start + 1] != "$" else {
      return nil
    }
    var i = start + 1
    while i < text.count, i - start < 500 {
      if text[i] == "`" || text[i] == "\n" && i + 1 < text.count && text[i + 1] == "\n" {
        return nil
      }
      if text[i] == "$", !text[i - 1].isWhitespace,
        i + 1 == text.count || !text[i + 1].isNumber
      {
        return i
      }
      i += 1
    }
    return nil
  }

  // MARK: The tree

  private static func children(_ node: OpaquePointer?) -> [OpaquePointer] {
    var found: [OpaquePointer] = []
    var next = cmark_node_first_child(node)
    while let child = next {
      found.append(child)
      next = cmark_node_next(child)
    }
    return found
  }

  private static func kind(_ node: OpaquePointer?) -> String {
    cmark_node_get_type_string(node).map { String(cString: $0) } ?? ""
  }

  private static func literal(_ node: OpaquePointer?) -> String {
    cmark_node_get_literal(node).map { String(cString: $0) } ?? ""
  }

  private static func blocks(in node: OpaquePointer?, _ depth: Int) -> [Block] {
    guard depth < depthLimit else { return [.paragraph([.text("…")])] }
    return children(node).compactMap { block($0, depth + 1) }
  }

  private static func block(_ node: OpaquePointer, _ depth: Int) -> Block? {
    switch kind(node) {
    case "heading": .heading(level: Int(cmark_node_get_heading_level(node)), inlines(in: node, 0))
    case "paragraph": .paragraph(inlines(in: node, 0))
    case "code_block":
      .code(
        literal(node),
        language: cmark_node_get_fence_info(node).map { String(cString: $0) } ?? "")
    case "block_quote": .quote(blocks(in: node, depth))
    case "list":
      .list(
        children(node).map { blocks(in: $0, depth) },
        first: cmark_node_get_list_type(node) == CMARK_ORDERED_LIST
          ? Int(cmark_node_get_list_start(node)) : nil)
    case "thematic_break": .rule
    case "table": table(node)
    // Raw HTML.
    default: .code(literal(node), language: "")
    }
  }

  private static func table(_ node: OpaquePointer) -> Block {
    let rows = children(node).map { row in children(row).map { inlines(in: $0, 0) } }
    return .table(head: rows.first ?? [], rows: Array(rows.dropFirst()))
  }

  private static func inlines(in node: OpaquePointer?, _ depth: Int) -> [Inline] {
    guard depth < depthLimit else { return [.text("…")] }
    return children(node).flatMap { inline($0, depth + 1) }
  }

  private static func inline(_ node: OpaquePointer, _ depth: Int) -> [Inline] {
    switch kind(node) {
    case "text": return [.text(literal(node))]
    case "softbreak": return [.softBreak]
    case "linebreak": return [.lineBreak]
    case "code":
      let text = literal(node)
      return text.first == mark && text.last == mark
        ? [.math(String(text.dropFirst().dropLast()))] : [.code(text)]
    case "emph": return [.emphasis(inlines(in: node, depth))]
    case "strong": return [.strong(inlines(in: node, depth))]
    case "link":
      let url = cmark_node_get_url(node).map { String(cString: $0) } ?? ""
      let inner = inlines(in: node, depth)
      return isHarmless(url) ? [.link(inner, to: url)] : inner
    // A picture would be fetched from elsewhere: what it shows is said.
    case "image": return inlines(in: node, depth)
    default: return [.text(literal(node))]
    }
  }

  /// Whether an address is a web page, a mail address, or a place near by.
  private static func isHarmless(_ url: String) -> Bool {
    let scheme = url.prefix { $0 != ":" && $0 != "/" && $0 != "?" && $0 != "#" }
    guard scheme.count < url.count, url.dropFirst(scheme.count).first == ":" else {
      return !url.hasPrefix("//") && !url.contains { $0.isNewline }
    }
    return ["http", "https", "mailto"].contains(scheme.lowercased())
  }
}

// MARK: - Texts for other readers of Markdown

extension Markdown {
  /// The text for other readers of Markdown: inert, and with stars that multiply as they stand.
  package static func shared(_ text: String) -> String { inert(starred(text)) }

  /// Commands of LaTeX that do more than set a formula, where a reader of formulas knows them.
  private static let commands = [
    "\\href", "\\url", "\\html", "\\class", "\\style", "\\cssId", "\\data", "\\include",
    "\\require", "\\def", "\\newcommand", "\\let",
  ]

  /// The text as it is, if no reader of Markdown can make more of it than text and harmless links; else with what
  /// could be more than text spelled out.
  private static func inert(_ text: String) -> String {
    let hasCommands = commands.contains { text.contains($0) }
    guard hasCommands || !isHarmless(text: text) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case "[": result += "&#91;"
      case "$" where hasCommands: result += "&#36;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Whether there is no HTML in it, no picture, and no link but to pages.
  private static func isHarmless(text: String) -> Bool {
    let bytes = text.utf8.count
    let root = text.withCString { cmark_parse_document($0, bytes, CMARK_OPT_DEFAULT) }
    defer { cmark_node_free(root) }
    let iterator = cmark_iter_new(root)
    defer { cmark_iter_free(iterator) }
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { return true }
      guard event == CMARK_EVENT_ENTER else { continue }
      let node = cmark_iter_get_node(iterator)
      switch kind(node) {
      case "html_block", "html_inline", "image": return false
      case "link":
        let url = cmark_node_get_url(node).map { String(cString: $0) } ?? ""
        if !isHarmless(url) { return false }
      default: break
      }
    }
  }
}
