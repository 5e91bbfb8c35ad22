// Texts of a notebook for a page.
import Rendering
import Typesetting

/// Markdown as HTML.
package struct TextHTML {
  /// Headings begin at this level.
  let firstLevel: Int

  package init(firstLevel: Int) { self.firstLevel = firstLevel }

  package func render(_ blocks: [Block]) -> [HTML] { blocks.map(render) }

  private func render(_ block: Block) -> HTML {
    switch block {
    case .heading(let level, let inner):
      HTML("h\(min(6, max(firstLevel, level)))", [], inline(inner))
    case .paragraph(let inner): HTML("p", [], inline(inner))
    case .code(let text, _): TextHTML.code(text, "Code")
    case .list(let items, let first):
      HTML(
        first == nil ? "ul" : "ol",
        first.map { $0 == 1 ? [] : [("start", "\($0)")] } ?? [],
        items.map { HTML("li", [], item($0)) })
    case .quote(let inner): HTML("blockquote", [], render(inner))
    case .table(let head, let rows):
      HTML.table("Table", head.map(inline), rows.map { $0.map(inline) })
    case .rule: HTML(void: "hr")
    }
  }

  /// A paragraph alone in an item needs no frame.
  private func item(_ blocks: [Block]) -> [HTML] {
    guard case .paragraph(let inner)? = blocks.first else { return render(blocks) }
    return inline(inner) + render(Array(blocks.dropFirst()))
  }

  /// Parts of a line.
  package func inline(_ parts: [Inline]) -> [HTML] {
    parts.map { part in
      switch part {
      case .text(let text): HTML(text)
      case .code(let text): HTML("code", [], text)
      case .emphasis(let inner): HTML("em", [], inline(inner))
      case .strong(let inner): HTML("strong", [], inline(inner))
      case .link(let inner, let to): HTML("a", [("href", to)], inline(inner))
      case .math(let latex): HTML(Math(latex: latex))
      case .softBreak: HTML("\n")
      case .lineBreak: HTML(void: "br")
      }
    }
  }

  /// Text as it stands, which may be scrolled by key.
  package static func code(_ text: String, _ label: String, kind: String = "block") -> HTML {
    HTML.scrolled(HTML(text), label, kind: kind, tag: "pre")
  }
}
