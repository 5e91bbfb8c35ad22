// Matrices as colours: one large, or several small ones on one scale.
import Interpreter
import Rendering
import Tensors

/// A matrix as colours, with its numbers while there is room.
struct HeatDrawing: Drawing {
  private let values: [Double]
  private let rows: Int
  private let columns: Int
  private let title: String
  private let format: NumberFormat
  private let colors: HeatColors?
  /// What is drawn: of a very large matrix, means over blocks.
  private let shown: (values: [Double], rows: Int, columns: Int)
  private let field: Picture.Rect

  /// Rows or columns past which neighbours are taken together.
  private static let limit = 128
  /// Cells past which they bear no numbers.
  private static let numbered = 100

  init(
    _ values: [Double], _ rows: Int, _ columns: Int, _ title: String, _ format: NumberFormat
  ) {
    (self.values, self.rows, self.columns) = (values, rows, columns)
    (self.title, self.format) = (title, format)
    shown = HeatDrawing.reduced(values, rows, columns)
    colors = HeatColors(shown.values)
    let widest = shown.columns * shown.rows <= HeatDrawing.numbered ? 58.0 : 26
    let side = min(widest, 392 / Double(max(1, shown.columns)))
    let tall = min(side, 30, 420 / Double(max(1, shown.rows)))
    let top = title.isEmpty ? 14.0 : 34.0
    field = Picture.Rect(
      34, top + 4, max(40, side * Double(shown.columns)), max(4, tall * Double(shown.rows)))
  }

  private static func reduced(_ values: [Double], _ rows: Int, _ columns: Int)
    -> (values: [Double], rows: Int, columns: Int)
  {
    let across = max(1, (columns + limit - 1) / limit), down = max(1, (rows + limit - 1) / limit)
    guard across > 1 || down > 1 else { return (values, rows, columns) }
    let (newRows, newColumns) = ((rows + down - 1) / down, (columns + across - 1) / across)
    var means: [Double] = []
    for row in 0..<newRows {
      for column in 0..<newColumns {
        var (sum, count) = (0.0, 0)
        for r in row * down..<min(rows, (row + 1) * down) {
          for c in column * across..<min(columns, (column + 1) * across) {
            sum += values[r * columns + c]
            count += 1
          }
        }
        means.append(sum / Double(max(1, count)))
      }
    }
    return (means, newRows, newColumns)
  }

  private var barWidth: Double { max(160, min(240, field.width)) }

  var width: Double {
    max(field.right + 14, field.x + barWidth + 14, 60 + Picture.width(heading, .label)).rounded(.up)
  }
  var height: Double { field.bottom + 24 + HeatColors.barHeight + 14 }

  private var heading: String { Picture.shortened(title, 56) }

  var parts: [HTML] {
    let head = title.isEmpty ? [] : [SVG.text(heading, Picture.Point(field.x, 20), "heading")]
    guard let colors else {
      return head + [SVG.text("nothing to draw", Picture.Point(field.x, field.y + 16), "note")]
    }
    let bar = colors.bar(
      Picture.Rect(field.x, field.bottom + 24, barWidth, 10), NumberFormat(digits: 3))
    return head + colors.cells(shown.values, shown.columns, in: field) + numbers(colors)
      + indices() + bar
  }

  private var cell: (width: Double, height: Double) {
    (field.width / Double(max(1, shown.columns)), field.height / Double(max(1, shown.rows)))
  }

  private func numbers(_ colors: HeatColors) -> [HTML] {
    guard shown.values.count <= HeatDrawing.numbered, cell.height >= 16 else { return [] }
    let short = NumberFormat(digits: min(3, format.digits))
    let texts = shown.values.map { short($0) }
    let room = texts.map { Picture.width($0, .label) * 0.85 }.max() ?? 0
    guard room <= cell.width - 2 else { return [] }
    return texts.enumerated().map { i, text in
      let step = colors.step(shown.values[i])
      let look = step.map { colors.isDark($0) ? "bright" : "dark" } ?? "label"
      let at = Picture.Point(
        field.x + (Double(i % shown.columns) + 0.5) * cell.width,
        field.y + (Double(i / shown.columns) + 0.5) * cell.height + 4)
      return SVG.text(text, at, "small \(look)", .middle)
    }
  }

  /// Numbers of rows and columns, as many as fit.
  private func indices() -> [HTML] {
    let scale = (
      rows: max(1, rows / max(1, shown.rows)), columns: max(1, columns / max(1, shown.columns))
    )
    func places(_ count: Int, _ size: Double) -> [Int] {
      guard size > 0 else { return [] }
      let step = [1, 2, 5, 10, 20, 50, 100].first { Double($0) * size >= 22 } ?? 200
      return Array(stride(from: 0, to: count, by: step))
    }
    return places(shown.rows, cell.height).map { row in
      SVG.text(
        "\(row * scale.rows)",
        Picture.Point(field.x - 6, field.y + (Double(row) + 0.5) * cell.height + 4), "tick", .end)
    }
      + places(shown.columns, cell.width).map { column in
        SVG.text(
          "\(column * scale.columns)",
          Picture.Point(field.x + (Double(column) + 0.5) * cell.width, field.bottom + 14), "tick",
          .middle)
      }
  }

  // MARK: Words

  var name: String { Picture.name("A matrix as colours", title) }

  var words: String {
    let drawn = values.indices.filter { values[$0].isDrawable }
    let size = "\(Picture.count(rows, "row")), \(Picture.count(columns, "column"))"
    guard columns > 0, let least = drawn.min(by: { values[$0] < values[$1] }),
      let most = drawn.max(by: { values[$0] < values[$1] })
    else { return "\(size). No number that can be drawn." }
    func place(_ i: Int) -> String { "[\(i / columns), \(i % columns)]" }
    let missing = values.count - drawn.count
    let all =
      values.count <= 24
      ? " Row by row: "
        + (0..<rows).map { row in
          (0..<columns).map { format(values[row * columns + $0]) }.joined(separator: ", ")
        }.joined(separator: "; ") + "."
      : ""
    return
      "\(size). Least \(format(values[least])) at \(place(least)), most \(format(values[most])) at \(place(most))."
      + all + (missing > 0 ? " \(Picture.count(missing, "number")) not drawn." : "")
  }
}

/// Small fields side by side, all on one scale.
struct PanelsDrawing: Drawing {
  private let units: [(title: String, values: [Double])]
  private let columns: Int
  private let title: String
  private let format: NumberFormat
  private let colors: HeatColors?
  private let across: Int

  private static let size = (width: 92.0, height: 64.0)
  private static let gap = 14.0
  private static let head = 18.0
  private static let limit = 48

  init(
    _ units: [(title: String, values: [Double])], _ columns: Int, _ title: String,
    _ format: NumberFormat
  ) {
    self.units = Array(units.prefix(PanelsDrawing.limit))
    (self.columns, self.title, self.format) = (columns, title, format)
    colors = HeatColors(units.flatMap { $0.values })
    across = min(4, max(1, self.units.count))
  }

  private var top: Double { title.isEmpty ? 8 : 34 }
  private var left: Double { 14 }
  private var step: (x: Double, y: Double) {
    let (size, gap) = (PanelsDrawing.size, PanelsDrawing.gap)
    return (size.width + gap, size.height + gap + PanelsDrawing.head)
  }
  private var bottom: Double { top + Double((units.count + across - 1) / across) * step.y }

  private var heading: String { Picture.shortened(title, 54) }

  var width: Double {
    max(
      left * 2 + Double(across) * step.x - PanelsDrawing.gap, 200,
      left * 2 + Picture.width(heading, .label)
    ).rounded(.up)
  }
  var height: Double { bottom + 4 + HeatColors.barHeight + 8 }

  var parts: [HTML] {
    let head = title.isEmpty ? [] : [SVG.text(heading, Picture.Point(left, 20), "heading")]
    guard let colors else {
      return head + [SVG.text("nothing to draw", Picture.Point(left, top + 16), "note")]
    }
    let fields = units.enumerated().flatMap { i, unit -> [HTML] in
      let x = left + Double(i % across) * step.x
      let y = top + Double(i / across) * step.y
      let rect = Picture.Rect(
        x, y + PanelsDrawing.head, PanelsDrawing.size.width, PanelsDrawing.size.height)
      return [SVG.text(Picture.shortened(unit.title, 14), Picture.Point(x, y + 12), "tick")]
        + colors.cells(unit.values, columns, in: rect)
    }
    let bar = colors.bar(Picture.Rect(left, bottom + 4, 160, 10), NumberFormat(digits: 3))
    return head + fields + bar
  }

  var name: String { Picture.name("Fields of colour", title) }

  var words: String {
    let told = units.map { unit -> String in
      let drawn = unit.values.filter { $0.isDrawable }
      guard let low = drawn.min(), let high = drawn.max() else { return "\(unit.title): nothing" }
      let mean = drawn.reduce(0) { $0 + $1 / Double(drawn.count) }
      return
        "\(Picture.shortened(unit.title, 40)): \(format(low)) to \(format(high)), mean \(format(mean))"
    }
    return "\(Picture.count(units.count, "field")). " + told.joined(separator: "; ") + "."
  }
}
