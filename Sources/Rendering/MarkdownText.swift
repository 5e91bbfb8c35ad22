// Texts of a lesson on the terminal.
import Diagnostics
import Platform
import Typesetting

/// Markdown as lines that fit the screen.
package struct MarkdownText {
  private let style: Style
  private let width: Int

  package init(_ style: Style) {
    self.style = style
    width = min(style.width, 80)
  }

  /// Markdown, set.
  package func render(_ text: String) -> String {
    lines(Markdown(text).blocks, width).joined(separator: "\n")
  }

  /// A heading with a line to the end of the row.
  func rule(_ title: String) -> String {
    let line = String(
      repeating: style.isASCII ? "-" : "─", count: max(3, width - title.columns - 4))
    return style.paint((style.isASCII ? "-- " : "── ") + "\(title) \(line)", .bold, .blue)
  }

  private func lines(_ blocks: [Block], _ width: Int, isTight: Bool = false) -> [String] {
    var lines: [String] = []
    for (i, block) in blocks.enumerated() {
      if i > 0, !isTight, !blocks[i - 1].isHeading { lines.append("") }
      lines += self.lines(block, width)
    }
    return lines
  }

  private func lines(_ block: Block, _ width: Int) -> [String] {
    switch block {
    case .heading(_, let inner): return [rule(inner.plain)]
    case .paragraph(let inner): return filled(inner, width)
    case .code(let code, _):
      var lines = code.split(separator: "\n", omittingEmptySubsequences: false)
      if lines.last == "" { lines.removeLast() }
      return lines.map { $0.isEmpty ? "" : "    " + String($0).visible }
    case .list(let items, let first):
      return items.enumerated().flatMap { i, item in
        let mark = first.map { "\($0 + i). " } ?? "- "
        let margin = String(repeating: " ", count: mark.count)
        let inner = lines(item, max(20, width - mark.count), isTight: true)
        return inner.enumerated().map { k, line in
          k == 0 ? mark + line : line.isEmpty ? line : margin + line
        }
      }
    case .quote(let inner):
      return lines(inner, max(20, width - 2)).map { (style.isASCII ? "| " : "│ ") + $0 }
    case .table(let head, let rows): return table([head] + rows)
    case .rule: return [String(repeating: style.isASCII ? "-" : "─", count: width)]
    }
  }

  private func table(_ rows: [[[Inline]]]) -> [String] {
    let cells = rows.map { $0.map { text($0) } }
    let count = cells.map { $0.count }.max() ?? 0
    let widths = (0..<count).map { k in
      cells.map { k < $0.count ? $0[k].columns : 0 }.max() ?? 0
    }
    var lines = cells.map { row -> String in
      var line =
        "  " + row.enumerated().map { $1.padded(widths[$0]) }.joined(separator: "   ")
      while line.last == " " { line.removeLast() }
      return line
    }
    if !lines.isEmpty {
      let dash = style.isASCII ? "-" : "─"
      lines.insert(
        "  " + widths.map { String(repeating: dash, count: $0) }.joined(separator: "   "), at: 1)
    }
    return lines
  }

  /// Words filled to the width; code stays together.
  private func filled(_ inner: [Inline], _ width: Int) -> [String] {
    let parts = text(inner).split(separator: "\n", omittingEmptySubsequences: false)
    return parts.flatMap { Style.filled(String($0), width) }.map {
      $0.with(Self.joint, replacedBy: " ")
    }
  }

  /// A space within code, which no line is broken at.
  private static let joint = "\u{a0}"

  private func text(_ inner: [Inline]) -> String {
    inner.map { inline in
      switch inline {
      case .text(let text): return text.visible
      case .code(let code): return "`\(code.visible.with(" ", replacedBy: Self.joint))`"
      case .emphasis(let inner):
        return style.hasColor ? style.paint(text(inner), .bold) : text(inner)
      case .strong(let inner): return style.hasColor ? style.paint(text(inner), .bold) : text(inner)
      case .link(let inner, let to):
        let words = text(inner)
        return words == to.visible ? words : "\(words) (\(to.visible))"
      case .math(let latex):
        return Math(latex: latex).plain.visible.with(" ", replacedBy: Self.joint)
      case .softBreak: return " "
      case .lineBreak: return "\n"
      }
    }.joined()
  }
}

extension Block {
  fileprivate var isHeading: Bool { if case .heading = self { true } else { false } }
}
