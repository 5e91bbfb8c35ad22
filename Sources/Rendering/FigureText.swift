// Figures as text: dots of Braille, shades, box drawing; or plain characters where these are missing.
import Diagnostics
import Interpreter
import Tensors

/// Figures in Braille and shades, or in ASCII.
package struct FigureText {
  let style: Style
  let format: NumberFormat

  package init(_ style: Style, _ format: NumberFormat) {
    self.style = style
    self.format = format
  }

  /// The figure in lines no wider than the style.
  package func render(_ figure: Figure) -> String {
    let lines: [String] =
      switch figure {
      case .lines(let series, let title, let isLog, let rows, let marks):
        titled(title, curves(series, isLog, max(2, rows), marks))
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
      case .graph(_, let wires, let branches): circuit(wires) ?? tree(branches)
      case .panels(let units, let columns, let title): titled(title, panels(units, columns))
      case .report(let findings): report(findings)
      }
    return lines.map { $0.trimmedRight }.joined(separator: "\n")
  }

  private func titled(_ title: String, _ lines: [String]) -> [String] {
    title.isEmpty ? lines : ["  " + style.paint(title.visible, .bold)] + lines
  }

  /// Characters for what plain terminals cannot show.
  func mark(_ fancy: String, _ plain: String) -> String { style.isASCII ? plain : fancy }

  /// Rows of a heat map past these are counted only.
  private static let heatRows = 40

  private static let inks: [Style.Ink] = [.blue, .yellow, .green, .red, .cyan]
  private func ink(_ i: Int) -> Style.Ink { FigureText.inks[i % FigureText.inks.count] }

  /// Which of the cells along an axis a share of its length lies in; none outside of it, or for nan.
  private func cell(_ share: Double, of count: Int) -> Int? {
    let place = (share * Double(count - 1)).rounded()
    return place >= 0 && place <= Double(count - 1) ? Int(place) : nil
  }

  // MARK: Curves

  private func curves(
    _ series: [Figure.Series], _ isLog: Bool, _ rows: Int, _ pointed: [Figure.Mark] = []
  ) -> [String] {
    // A curve's name stands at its end.
    let names = series.count > 1 ? series.map { $0.name.columns }.max() ?? 0 : 0
    let columns = max(20, min(64, style.width - 14 - names))
    func scaled(_ y: Double) -> Double { isLog ? Double.log(y) / Double.log(10) : y }
    let ys = (series.flatMap { $0.y } + pointed.map { $0.y }).map(scaled).filter { $0.isDrawable }
    let xs = (series.flatMap { $0.x } + pointed.map { $0.x }).filter { $0.isDrawable }
    guard let low = ys.min(), let high = ys.max(), let left = xs.min(), let right = xs.max() else {
      return ["  (nothing to draw)"]
    }
    let (height, width) = (high > low ? high - low : 1, right > left ? right - left : 1)
    var canvas = Canvas(columns: columns, rows: rows, isASCII: style.isASCII)
    for (i, line) in series.enumerated() {
      var last: (Int, Int)?
      for (x, y) in zip(line.x, line.y) {
        let level = scaled(y)
        guard let column = cell((x - left) / width, of: canvas.width),
          let row = cell((high - level) / height, of: canvas.height)
        else {
          last = nil
          continue
        }
        let dot = (column, row)
        canvas.line(from: last ?? dot, to: dot, series: i)
        last = dot
      }
    }
    let signs = style.isASCII ? ["o", "x", "+"] : ["●", "◆", "▲"]
    for (i, place) in pointed.enumerated() {
      if let column = cell((place.x - left) / width, of: columns),
        let row = cell((high - scaled(place.y)) / height, of: rows)
      {
        canvas.put(signs[i % signs.count], column, row, series: series.count + i)
      }
    }
    let top = isLog ? Double.pow(10, high) : high
    let bottom = isLog ? Double.pow(10, low) : low
    let labels = [0: format(top), rows - 1: format(bottom)]
    let margin = max(labels.values.map { $0.count }.max() ?? 0, 4)
    // Where each curve ends, its name stands; if that row is taken, in the next free one below, or above.
    var ends: [Int: [String]] = [:]
    if series.count > 1 {
      for (i, line) in series.enumerated() {
        guard let y = line.y.map(scaled).last(where: { $0.isDrawable }),
          let end = cell((high - y) / height, of: rows)
        else { continue }
        let row = (Array(end..<rows) + (0..<end).reversed()).first { ends[$0] == nil } ?? end
        ends[row, default: []].append(style.paint(line.name.visible, ink(i)))
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
    for (i, place) in pointed.enumerated() {
      lines.append(
        pad + " " + style.paint(signs[i % signs.count], ink(series.count + i)) + " "
          + place.name.visible)
    }
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
    let xs = points.map { $0.x }.filter { $0.isDrawable },
      ys = points.map { $0.y }.filter { $0.isDrawable }
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
    for point in points {
      guard let column = cell((point.x - box.left) / width, of: columns),
        let row = cell((box.top - point.y) / height, of: rows)
      else { continue }
      cells[row * columns + column] = (marks[point.label % marks.count], point.label)
    }
    let labels = [0: format(box.top), rows - 1: format(box.bottom)]
    let margin = max(labels.values.map { $0.count }.max() ?? 0, 4)
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
        style.paint(marks[i % marks.count], ink(i)) + " " + name.visible
          + (regions == nil || i == 0
            ? "" : ", where the model says so " + grounds[i % grounds.count])
      }
      lines.append(pad + " " + legend.joined(separator: "   "))
    }
    return lines
  }

  // MARK: Shades and bars

  private func shades(_ values: [Double], _ rows: Int, _ columns: Int) -> [String] {
    let finite = values.filter { $0.isDrawable }
    guard let low = finite.min(), let high = finite.max() else { return ["  (nothing to draw)"] }
    let wide = columns * 2 <= style.width - 6
    let shown = min(columns, wide ? columns : style.width - 6)
    let scale = HeatScale(low, high, style)
    let cells = (0..<min(rows, FigureText.heatRows)).map { row in
      (0..<shown).map { values[row * columns + $0] }
    }
    let more = [
      shown < columns ? ", \(columns - shown) more columns" : "",
      cells.count < rows ? ", \(rows - cells.count) more rows" : "",
    ].joined()
    return scale.rows(cells, width: wide ? 2 : 1).map { "  " + $0 } + [
      "  "
        + style.paint(
          scale.legend(format) + more, .faint)
    ]
  }

  /// Small fields side by side, as many as fit the screen, all on one scale.
  private func panels(_ units: [(title: String, values: [Double])], _ columns: Int) -> [String] {
    let finite = units.flatMap { $0.values }.filter { $0.isDrawable }
    guard columns > 0, let low = finite.min(), let high = finite.max() else {
      return ["  (nothing to draw)"]
    }
    let scale = HeatScale(low, high, style)
    let across = max(1, (style.width - 2 + 2) / (columns + 2))
    var lines: [String] = []
    for start in stride(from: 0, to: units.count, by: across) {
      let group = units[start..<min(start + across, units.count)]
      let fields = group.map { unit -> [String] in
        let rows = unit.values.count / columns
        let cells = (0..<rows).map { row in Array(unit.values[row * columns..<(row + 1) * columns])
        }
        return [unit.title.padded(columns)] + scale.rows(cells, width: 1)
      }
      for row in 0..<(fields.map({ $0.count }).max() ?? 0) {
        lines.append("  " + fields.map { row < $0.count ? $0[row] : "" }.joined(separator: "  "))
      }
    }
    return lines + ["  " + style.paint(scale.legend(format), .faint)]
  }

  private func histogram(_ counts: [Int], _ low: Double, _ high: Double) -> [String] {
    let most = max(1, counts.max() ?? 1)
    let width = (high - low) / Double(max(1, counts.count))
    let labels = counts.indices.map { i in
      "\(format(low + Double(i) * width)) to \(format(low + Double(i + 1) * width))"
    }
    let margin = labels.map { $0.count }.max() ?? 0
    return counts.enumerated().map { i, count in
      let length = Double(count) / Double(most) * 40
      let bar = String(repeating: mark("█", "#"), count: Int(length.rounded()))
      let tip = bar.isEmpty && count > 0 ? mark("▏", "|") : ""
      return "  " + String(repeating: " ", count: margin - labels[i].count) + labels[i] + "  "
        + style.paint(bar + tip, .blue) + " \(count)"
    }
  }
}

/// A row of bars of eight heights.
package enum Sparkline {
  /// A curve one line high.
  package static func text(_ values: [Double], width: Int, isASCII: Bool) -> String {
    let finite = values.suffix(width).filter { $0.isDrawable }
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
