// Markdown as a tree, by way of cmark-gfm.
import CMarkGFM

/// A part of a text that stands on lines of its own.
package indirect enum Block {
  case heading(level: Int, [Inline])
  case paragraph([Inline])
  /// Code as it stands, with the word after its fence.
  case code(String, language: String)
  case list([[Block]], first: Int?)
  case quote([Block])
  case table(head: [[Inline]], rows: [[[Inline]]])
  case rule
}

/// A part of a line.
package indirect enum Inline {
  case text(String)
  case code(String)
  case emphasis([Inline])
  case strong([Inline])
  case link([Inline], to: String)
  /// What stood between two `$`.
  case math(String)
  /// Where the author began a new line.
  case softBreak
  case lineBreak
}

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

  /// Formulas as code with a mark, so that nothing in them is taken for Markdown, and `*` that multiplies as itself.
  /// As pandoc has it, no space stands after the first `$` or before the second, and no digit after that.
  private static func marked(_ text: String) -> String {
    let characters = Array(text.filter { $0 != mark && $0 != "\0" })
    guard characters.contains("$") || characters.contains("*") else { return String(characters) }
    var result = ""
    var i = 0
    while i < characters.count {
      if characters[i] == "`" {
        // Code is left alone.
        let fence = characters[i...].prefix { $0 == "`" }.count
        var j = i + fence
        while j < characters.count {
          let run = characters[j...].prefix { $0 == "`" }.count
          if run == fence { break }
          j += max(1, run)
        }
        let end = j < characters.count ? j + fence : i + fence
        result += String(characters[i..<end])
        i = end
      } else if characters[i] == "\\", i + 1 < characters.count {
        result += String(characters[i...i + 1])
        i += 2
      } else if characters[i] == "$", let end = Markdown.end(of: i, characters) {
        let inner = characters[(i + 1)..<end].map { $0 == "\n" ? " " : $0 }
        result += "`\(mark)\(String(inner))\(mark)`"
        i = end + 1
      } else if characters[i] == "*", Markdown.multiplies(i, characters) {
        result += "\\*"
        i += 1
      } else {
        result.append(characters[i])
        i += 1
      }
    }
    return result
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

extension [Inline] {
  /// Without its dress: code, names and formulas as they stand.
  package var plain: String {
    map { inline in
      switch inline {
      case .text(let text), .code(let text), .math(let text): text
      case .emphasis(let inner), .strong(let inner), .link(let inner, _): inner.plain
      case .softBreak, .lineBreak: " "
      }
    }.joined()
  }
}
