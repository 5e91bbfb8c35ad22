// Figures as text: dots of Braille, shades, box drawing; or plain characters where these are missing.
import Runtime
import Tensors

package struct FigureText {
  let style: Style
  let format: NumberFormat

  package init(_ style: Style, _ format: NumberFormat) {
    self.style = style
    self.format = format
  }

  package func render(_ figure: Figure) -> String {
    let lines: [String] =
      switch figure {
      case .lines(let series, let title, let isLog, let rows):
        titled(title, curves(series, isLog, max(2, rows)))
      case .points(let points, let classes, let title):
        titled(title, scatter(points, classes, over: nil))
      case .regions(let labels, let columns, let box, let points, let classes, let title):
        titled(title, scatter(points, classes, over: (labels, columns, box)))
      case .cells(let values, let rows, let columns, let title):
        titled(title, shades(values, rows, columns))
      case .bins(let counts, let low, let high, let title):
        titled(title, histogram(counts, low, high))
      case .table(let head, let rows, let foot): table(head, rows, foot)
      case .network(let columns): network(columns)
      case .tree(let branches): tree(branches)
      case .report(let findings): report(findings)
      }
    return lines.map(\.trimmedRight).joined(separator: "\n")
  }

  private func titled(_ title: String, _ lines: [String]) -> [String] {
    title.isEmpty ? lines : ["  " + style.paint(title, .bold)] + lines
  }

  /// Characters for what plain terminals cannot show.
  private func mark(_ fancy: String, _ plain: String) -> String { style.isASCII ? plain : fancy }

  private static let inks: [Style.Ink] = [.blue, .yellow, .green, .red, .cyan]
  private func ink(_ i: Int) -> Style.Ink { FigureText.inks[i % FigureText.inks.count] }

  // MARK: Curves

  private func curves(_ series: [Figure.Series], _ isLog: Bool, _ rows: Int) -> [String] {
    let columns = max(20, min(64, style.width - 16))
    func scaled(_ y: Double) -> Double { isLog ? Double.log(y) / Double.log(10) : y }
    let ys = series.flatMap(\.y).map(scaled).filter(\.isFinite)
    let xs = series.flatMap(\.x).filter(\.isFinite)
    guard let low = ys.min(), let high = ys.max(), let left = xs.min(), let right = xs.max() else {
      return ["  (nothing to draw)"]
    }
    let (height, width) = (high > low ? high - low : 1, right > left ? right - left : 1)
    var canvas = Canvas(columns: columns, rows: rows, isASCII: style.isASCII)
    for (i, line) in series.enumerated() {
      var last: (Int, Int)?
      for (x, y) in zip(line.x, line.y) {
        let level = scaled(y)
        guard level.isFinite, x.isFinite else {
          last = nil
          continue
        }
        let dot = (
          Int(((x - left) / width * Double(canvas.width - 1)).rounded()),
          Int(((high - level) / height * Double(canvas.height - 1)).rounded())
        )
        canvas.line(from: last ?? dot, to: dot, series: i)
        last = dot
      }
    }
    let top = isLog ? Double.pow(10, high) : high
    let bottom = isLog ? Double.pow(10, low) : low
    let labels = [0: format(top), rows - 1: format(bottom)]
    let margin = max(labels.values.map(\.count).max() ?? 0, 4)
    // Where each curve ends, its name stands.
    var ends: [Int: [String]] = [:]
    if series.count > 1 {
      for (i, line) in series.enumerated() {
        guard let y = line.y.last(where: \.isFinite) else { continue }
        var row = Int(((high - scaled(y)) / height * Double(rows - 1)).rounded())
        while ends[row] != nil, row < rows - 1 { row += 1 }
        ends[row, default: []].append(style.paint(line.name, ink(i)))
      }
    }
    var lines = (0..<rows).map { row -> String in
      let label = labels[row] ?? ""
      let axis = mark(labels[row] == nil ? "│" : "┤", "|")
      let names = (ends[row] ?? []).joined(separator: " ")
      return String(repeating: " ", count: margin - label.count) + label + " " + axis
        + canvas.text(row) { text, series in self.style.paint(text, self.ink(series)) } + " "
        + names
    }
    let pad = String(repeating: " ", count: margin + 1)
    lines.append(
      pad + mark("└", "+") + String(repeating: mark("─", "-"), count: columns))
    let (first, final) = (format(left), format(right))
    let gap = String(repeating: " ", count: max(1, columns - first.count - final.count))
    lines.append(pad + " " + first + gap + final)
    return lines
  }

  // MARK: Points and regions

  private func scatter(
    _ points: [Figure.Point], _ classes: [String], over regions: ([Int], Int, Figure.Box)?
  ) -> [String] {
    let columns = regions?.1 ?? 56
    let rows = regions.map { $0.0.count / max(1, $0.1) } ?? 18
    let marks = style.isASCII ? ["o", "x", "+", "*", "#", "@"] : ["○", "●", "△", "▲", "□", "■"]
    let grounds = style.isASCII ? [" ", ".", ":", "-", "=", "~"] : [" ", "░", "▒", "·", "▓", "-"]
    let xs = points.map(\.x), ys = points.map(\.y)
    let box =
      regions?.2
      ?? Figure.Box(
        left: xs.min() ?? 0, right: xs.max() ?? 1, bottom: ys.min() ?? 0, top: ys.max() ?? 1)
    var cells = [(String, Int?)](repeating: (" ", nil), count: columns * rows)
    if let (labels, _, _) = regions {
      for (i, label) in labels.enumerated() { cells[i] = (grounds[label % grounds.count], label) }
    }
    let width = box.right > box.left ? box.right - box.left : 1
    let height = box.top > box.bottom ? box.top - box.bottom : 1
    for point in points where point.x.isFinite && point.y.isFinite {
      let column = Int(((point.x - box.left) / width * Double(columns - 1)).rounded())
      let row = Int(((box.top - point.y) / height * Double(rows - 1)).rounded())
      guard (0..<columns).contains(column), (0..<rows).contains(row) else { continue }
      cells[row * columns + column] = (marks[point.label % marks.count], point.label)
    }
    let labels = [0: format(box.top), rows - 1: format(box.bottom)]
    let margin = max(labels.values.map(\.count).max() ?? 0, 4)
    var lines = (0..<rows).map { row -> String in
      let label = labels[row] ?? ""
      let body = (0..<columns).map { column -> String in
        let (text, label) = cells[row * columns + column]
        return label.map { style.paint(text, ink($0)) } ?? text
      }.joined()
      return String(repeating: " ", count: margin - label.count) + label + " "
        + mark(labels[row] == nil ? "│" : "┤", "|") + body
    }
    let pad = String(repeating: " ", count: margin + 1)
    lines.append(pad + mark("└", "+") + String(repeating: mark("─", "-"), count: columns))
    let (first, final) = (format(box.left), format(box.right))
    lines.append(
      pad + " " + first
        + String(repeating: " ", count: max(1, columns - first.count - final.count)) + final)
    if classes.count > 1 {
      let legend = classes.enumerated().map { i, name in
        style.paint(marks[i % marks.count], ink(i)) + " " + name
          + (regions == nil || i == 0
            ? "" : ", where the model says so " + grounds[i % grounds.count])
      }
      lines.append(pad + " " + legend.joined(separator: "   "))
    }
    return lines
  }

  // MARK: Shades and bars

  private func shades(_ values: [Double], _ rows: Int, _ columns: Int) -> [String] {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return ["  (nothing to draw)"] }
    let ramp = Array(style.isASCII ? " .:-=+*#%@" : " ░▒▓█").map(String.init)
    let wide = columns * 2 <= style.width - 6
    let shownColumns = min(columns, wide ? columns : style.width - 6)
    var lines = (0..<rows).map { row -> String in
      "  "
        + (0..<shownColumns).map { column in
          let x = values[row * columns + column]
          guard x.isFinite else { return wide ? "??" : "?" }
          let share = high > low ? (x - low) / (high - low) : 0
          let shade = ramp[min(ramp.count - 1, Int(share * Double(ramp.count)))]
          return wide ? shade + shade : shade
        }.joined()
    }
    lines.append(
      "  "
        + style.paint(
          "from \(format(low)) (\(ramp[0] == " " ? "blank" : ramp[0])) to "
            + "\(format(high)) (\(ramp[ramp.count - 1]))"
            + (shownColumns < columns ? ", \(columns - shownColumns) more columns" : ""), .faint))
    return lines
  }

  private func histogram(_ counts: [Int], _ low: Double, _ high: Double) -> [String] {
    let most = max(1, counts.max() ?? 1)
    let width = (high - low) / Double(max(1, counts.count))
    let labels = counts.indices.map { i in
      "\(format(low + Double(i) * width)) to \(format(low + Double(i + 1) * width))"
    }
    let margin = labels.map(\.count).max() ?? 0
    return counts.enumerated().map { i, count in
      let length = Double(count) / Double(most) * 40
      let bar = String(repeating: mark("█", "#"), count: Int(length.rounded()))
      let tip = bar.isEmpty && count > 0 ? mark("▏", "|") : ""
      return "  " + String(repeating: " ", count: margin - labels[i].count) + labels[i] + "  "
        + style.paint(bar + tip, .blue) + " \(count)"
    }
  }

  // MARK: Tables and trees

  private func table(_ head: [String], _ rows: [[String]], _ foot: String) -> [String] {
    var widths = head.map(\.columns)
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

  private func tree(_ branches: [Figure.Branch]) -> [String] {
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
      return "  " + stems + joint + branch.text
    }
  }

  private func report(_ findings: [Figure.Finding]) -> [String] {
    let margin = findings.map(\.title.columns).max() ?? 0
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
      let text = filled(finding.text, width)
      let hint = finding.hint.map { filled("Try: " + $0, width) } ?? []
      return [head + (text.first ?? "")] + (text.dropFirst() + hint).map { indent + $0 }
    }
  }

  /// Words in lines of at most `width` columns.
  private func filled(_ text: String, _ width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.columns + 1 + String(word).columns <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  // MARK: Networks

  /// Columns of circles, at most eight to a column, with what lies between them above the arrows.
  private func network(_ columns: [Figure.Column]) -> [String] {
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
      let width = cells.map(\.columns).max() ?? 1
      blocks.append(cells.map { centred($0, width) })
      guard i < columns.count - 1 else { break }
      // The steps stand over the arrow, one to a line.
      let steps = column.steps
      let arrow = rows / 2
      let inner = max(7, steps.map(\.columns).max() ?? 0)
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
      let wide = max(inner, link.map(\.columns).max() ?? 0)
      link[arrow + 1] = String(repeating: mark("─", "-"), count: wide - 1) + mark("▶", ">")
      blocks.append(link.map { centred($0, wide) })
    }
    return (0..<rows + 2).map { row in "  " + blocks.map { $0[row] }.joined(separator: "  ") }
  }

  private func centred(_ text: String, _ width: Int) -> String {
    let space = max(0, width - text.columns)
    return String(repeating: " ", count: space / 2) + text
      + String(repeating: " ", count: space - space / 2)
  }
}

/// A field of dots, two by four to a Braille character, or one to a plain one.
private struct Canvas {
  let columns: Int
  let rows: Int
  private let isASCII: Bool
  private var dots: [UInt8]
  private var owner: [Int]

  init(columns: Int, rows: Int, isASCII: Bool) {
    (self.columns, self.rows, self.isASCII) = (columns, rows, isASCII)
    dots = [UInt8](repeating: 0, count: columns * rows)
    owner = [Int](repeating: 0, count: columns * rows)
  }

  var width: Int { isASCII ? columns : 2 * columns }
  var height: Int { isASCII ? rows : 4 * rows }

  /// Bits of a Braille cell, by row and column of the dot.
  private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  private mutating func dot(_ x: Int, _ y: Int, _ series: Int) {
    guard x >= 0, x < width, y >= 0, y < height else { return }
    let cell = isASCII ? y * columns + x : y / 4 * columns + x / 2
    dots[cell] |= isASCII ? 1 : Canvas.bits[y % 4][x % 2]
    owner[cell] = series
  }

  /// Bresenham's line.
  mutating func line(from a: (Int, Int), to b: (Int, Int), series: Int) {
    var (x, y) = a
    let (dx, dy) = (abs(b.0 - x), -abs(b.1 - y))
    let (stepX, stepY) = (x < b.0 ? 1 : -1, y < b.1 ? 1 : -1)
    var error = dx + dy
    while true {
      dot(x, y, series)
      if (x, y) == b { return }
      let twice = 2 * error
      if twice >= dy {
        error += dy
        x += stepX
      }
      if twice <= dx {
        error += dx
        y += stepY
      }
    }
  }

  func text(_ row: Int, _ paint: (String, Int) -> String) -> String {
    (0..<columns).map { column in
      let cell = row * columns + column
      guard dots[cell] != 0 else { return " " }
      if isASCII { return paint("*", owner[cell]) }
      let scalar = Unicode.Scalar(0x2800 + UInt32(dots[cell])) ?? " "
      return paint(String(Character(scalar)), owner[cell])
    }.joined()
  }
}

/// A row of bars of eight heights.
package enum Sparkline {
  package static func text(_ values: [Double], width: Int, isASCII: Bool) -> String {
    let finite = values.suffix(width).filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return "" }
    let bars = Array(isASCII ? "_.-~^" : "▁▂▃▄▅▆▇█")
    return String(
      finite.map { x in
        let share = high > low ? (x - low) / (high - low) : 0
        return bars[min(bars.count - 1, Int(share * Double(bars.count)))]
      })
  }
}

extension String {
  fileprivate var trimmedRight: String {
    var end = endIndex
    while end > startIndex, self[index(before: end)] == " " { end = index(before: end) }
    return String(self[..<end])
  }
}
