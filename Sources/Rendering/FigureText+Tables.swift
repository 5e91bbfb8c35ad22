// Tables, trees, reports and networks as text.
import Interpreter

extension FigureText {
  func table(_ head: [String], _ rows: [[String]], _ foot: String) -> [String] {
    var widths = head.map { $0.columns }
    for row in rows {
      for (k, cell) in row.enumerated() where k < widths.count {
        widths[k] = max(widths[k], cell.columns)
      }
    }
    func line(_ cells: [String]) -> String {
      "  "
        + cells.enumerated().map { k, cell in
          let pad = String(repeating: " ", count: max(0, widths[k] - cell.columns))
          // Numbers stand at the right of their column.
          return k > 0 && Double(cell) != nil ? pad + cell : cell + pad
        }.joined(separator: "   ")
    }
    let rule = String(
      repeating: mark("─", "-"), count: widths.reduce(0, +) + 3 * max(0, widths.count - 1))
    var lines = [style.paint(line(head), .bold), "  " + rule] + rows.map(line)
    if !foot.isEmpty { lines += ["  " + rule, "  " + foot] }
    return lines
  }

  func tree(_ branches: [Figure.Branch]) -> [String] {
    branches.enumerated().map { i, branch in
      guard branch.depth > 0 else { return "  " + branch.text }
      // A vertical goes on at a depth as long as a later branch of that depth belongs to the same stem.
      func continues(_ depth: Int) -> Bool {
        for next in branches[(i + 1)...] {
          if next.depth == depth { return true }
          if next.depth < depth { return false }
        }
        return false
      }
      let stems = (1..<branch.depth).map { continues($0) ? mark("│  ", "|  ") : "   " }.joined()
      let joint = continues(branch.depth) ? mark("├─ ", "|- ") : mark("└─ ", "`- ")
      let line = "  " + stems + joint + branch.text
      return line.columns > style.width
        ? String(line.prefix(style.width - 1)) + mark("…", "~") : line
    }
  }

  func report(_ findings: [Figure.Finding]) -> [String] {
    let margin = findings.map { $0.title.columns }.max() ?? 0
    return findings.flatMap { finding -> [String] in
      let (sign, ink): (String, Style.Ink) =
        switch finding.verdict {
        case .good: (mark("✓", "ok"), .green)
        case .look: (mark("!", "? "), .yellow)
        case .bad: (mark("✗", "x "), .red)
        }
      let head = "  " + style.paint(sign, ink) + " " + finding.title.padded(margin) + "  "
      let indent = String(repeating: " ", count: margin + 6)
      let width = max(30, min(style.width, 100) - margin - 8)
      let text = Style.filled(finding.text, width)
      let hint = finding.hint.map { Style.filled("Try: " + $0, width) } ?? []
      return [head + (text.first ?? "")] + (text.dropFirst() + hint).map { indent + $0 }
    }
  }

  // MARK: Networks

  /// Columns of circles, at most eight to a column, with what lies between them above the arrows.
  func network(_ columns: [Figure.Column]) -> [String] {
    let shown = 8
    let unit = mark("○", "o")
    let heights = columns.map { min($0.units, shown) }
    let rows = heights.max() ?? 1
    var blocks: [[String]] = []
    for (i, column) in columns.enumerated() {
      let height = heights[i]
      let start = (rows - height) / 2
      var cells = (0..<rows).map { row -> String in
        guard row >= start, row < start + height else { return "" }
        let isGap = column.units > shown && row == start + height - 2
        return isGap ? mark("⋮", ":") : unit
      }
      cells = [column.title] + cells + [column.units == 1 ? "1 unit" : "\(column.units) units"]
      let width = cells.map { $0.columns }.max() ?? 1
      blocks.append(cells.map { centred($0, width) })
      guard i < columns.count - 1 else { break }
      // The steps stand over the arrow, one to a line.
      let steps = column.steps
      let arrow = rows / 2
      let inner = max(7, steps.map { $0.columns }.max() ?? 0)
      var link = [String](repeating: "", count: rows + 2)
      link[arrow + 1] = String(repeating: mark("─", "-"), count: inner - 1) + mark("▶", ">")
      var row = arrow
      for step in steps.reversed() where row > 0 {
        link[row] = step
        row -= 1
      }
      let overflow = steps.count - arrow
      if overflow > 0 { link[0] = steps.prefix(overflow).joined(separator: ", ") }
      if column.parameters > 0 { link[arrow + 2] = "\(column.parameters) numbers" }
      let wide = max(inner, link.map({ $0.columns }).max() ?? 0)
      link[arrow + 1] = String(repeating: mark("─", "-"), count: wide - 1) + mark("▶", ">")
      if let edges = edges(column, columns[i + 1], rows) {
        // Between units there are edges in place of an arrow: what the layer is stands above and below.
        let named = steps.joined(separator: ", ")
        let count = column.parameters > 0 ? "\(column.parameters) numbers" : ""
        let room = max(edges.width, named.columns, count.columns)
        blocks.append(
          [centred(named, room)] + edges.rows.map { centred($0, room) } + [centred(count, room)])
        continue
      }
      blocks.append(link.map { centred($0, wide) })
    }
    let drawn = (0..<rows + 2).map { row in "  " + blocks.map { $0[row] }.joined(separator: "  ") }
    let fits = drawn.allSatisfy { $0.columns <= style.width }
    guard columns.contains(where: { hasEdges($0) }), fits else {
      // Where edges do not fit, arrows may; and where these do not, one column below the other.
      if columns.contains(where: { hasEdges($0) }) {
        return network(columns.map { $0.withoutWeights })
      }
      return fits ? drawn : stacked(columns)
    }
    let legend = mark(
      "lines: weights above a third of the largest; dotted below 0",
      "lines: weights above a third of the largest")
    return drawn + ["  " + style.paint(legend, .faint)]
  }

  /// A network from top to bottom, a line for each column and each way between two.
  private func stacked(_ columns: [Figure.Column]) -> [String] {
    let margin = columns.map { $0.title.columns }.max() ?? 0
    return columns.enumerated().flatMap { i, column -> [String] in
      let units = column.units == 1 ? "1 unit" : "\(column.units) units"
      let row =
        mark("○", "o").repeated(min(column.units, 20))
        + (column.units > 20 ? mark(" …", " ..") : "")
      let line = "  " + column.title.padded(margin) + "  \(units)".padded(12) + row
      guard i < columns.count - 1 else { return [line] }
      let steps = column.steps.joined(separator: ", ")
      let numbers = column.parameters > 0 ? "   \(column.parameters) numbers" : ""
      return [
        line, "  " + "".padded(margin) + "  " + mark("│", "|") + " " + steps + numbers,
      ]
    }
  }

  private func hasEdges(_ column: Figure.Column) -> Bool {
    !style.isASCII && !column.weights.isEmpty && column.units <= 8 && column.weights.count <= 8
      && column.weights.allSatisfy { $0.count == column.units }
  }

  /// The weights between two columns as lines: those that count, dotted where they are negative.
  private func edges(_ from: Figure.Column, _ to: Figure.Column, _ rows: Int) -> (
    rows: [String], width: Int
  )? {
    guard hasEdges(from), from.weights.count == to.units else { return nil }
    let width = 12
    var canvas = Canvas(columns: width, rows: rows, isASCII: false)
    let largest = from.weights.flatMap { $0 }.map(abs).max() ?? 0
    func height(_ unit: Int, of count: Int) -> Int { 4 * ((rows - count) / 2 + unit) + 1 }
    for (j, row) in from.weights.enumerated() {
      for (i, weight) in row.enumerated() where abs(weight) > largest / 3 {
        canvas.line(
          from: (0, height(i, of: from.units)), to: (2 * width - 1, height(j, of: to.units)),
          series: weight < 0 ? 1 : 0, isDotted: weight < 0)
      }
    }
    let lines = (0..<rows).map { row in
      canvas.text(row) { text, series in style.paint(text, factor: series) }
    }
    return (lines, width)
  }

  private func centred(_ text: String, _ width: Int) -> String {
    let space = max(0, width - text.columns)
    return String(repeating: " ", count: space / 2) + text
      + String(repeating: " ", count: space - space / 2)
  }
}
