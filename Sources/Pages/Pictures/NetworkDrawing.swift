// The plan of a network: columns of units, joined by weights.
import Interpreter
import Rendering
import Tensors

struct NetworkDrawing: Drawing {
  private let columns: [Figure.Column]
  private let format: NumberFormat
  /// The middle of each column.
  private let xs: [Double]
  private let rows: Int

  private static let radius = 8.0
  private static let step = 27.0
  private static let top = 62.0
  /// Units of a column that are drawn; of more, the first and the last of them.
  private static let shown = 9
  private static let stepColumns = 22

  init(_ columns: [Figure.Column], _ format: NumberFormat) {
    (self.columns, self.format) = (columns, format)
    rows = columns.map { min($0.units, NetworkDrawing.shown) }.max() ?? 1
    func half(_ column: Figure.Column) -> Double {
      let words = [Picture.shortened(column.title, 16), NetworkDrawing.units(column)]
      return max(14, (words.map { Picture.width($0, .label) }.max() ?? 0) / 2)
    }
    var xs: [Double] = []
    for (i, column) in columns.enumerated() {
      guard i > 0, let last = xs.last else {
        xs.append(16 + half(column))
        continue
      }
      let words =
        NetworkDrawing.between(columns[i - 1]).map { Picture.width($0, .label) }.max() ?? 0
      let isSide = half(columns[i - 1]) + half(column) + 16
      xs.append(last + max(96, words + 22, isSide))
    }
    self.xs = xs
  }

  private static func units(_ column: Figure.Column) -> String {
    Picture.count(column.units, "unit")
  }

  /// What stands between a column and the next: the steps, and how many numbers they learn.
  private static func between(_ column: Figure.Column) -> [String] {
    let steps = column.steps.map { Picture.shortened($0, stepColumns) }
    let folded = steps.count > 3 ? Array(steps.prefix(2)) + ["…"] : steps
    return folded + (column.parameters > 0 ? [Picture.count(column.parameters, "number")] : [])
  }

  private var hasWeights: Bool { columns.contains { !$0.weights.isEmpty } }
  private var lowest: Double {
    NetworkDrawing.top + Double(max(0, rows - 1)) * NetworkDrawing.step + NetworkDrawing.radius
  }
  private var wordLines: Int {
    columns.dropLast().map { NetworkDrawing.between($0).count }.max() ?? 0
  }

  var width: Double {
    let last =
      columns.last.map {
        max(
          14, Picture.width(NetworkDrawing.units($0), .label) / 2,
          Picture.width(Picture.shortened($0.title, 16), .label) / 2)
      } ?? 0
    return max((xs.last ?? 0) + last + 16, hasWeights ? 300 : 100).rounded(.up)
  }
  var height: Double { lowest + 26 + Double(wordLines) * 16 + (hasWeights ? 26 : 4) }

  /// Where the drawn units of a column stand, each with its number; nil in the place of those left out.
  private func places(_ i: Int) -> [(unit: Int?, at: Picture.Point)] {
    let count = columns[i].units
    let shown = min(count, NetworkDrawing.shown)
    let first =
      NetworkDrawing.top + Double(rows - shown) / 2 * NetworkDrawing.step
    return (0..<shown).map { k in
      let isFolded = count > shown
      let unit = !isFolded ? k : k < 5 ? k : k == 5 ? nil : count - (shown - k)
      return (unit, Picture.Point(xs[i], first + Double(k) * NetworkDrawing.step))
    }
  }

  var parts: [HTML] {
    var parts: [HTML] = []
    for i in columns.indices.dropLast() { parts += edges(i) }
    for (i, column) in columns.enumerated() {
      for (unit, at) in places(i) {
        parts.append(
          unit == nil
            ? SVG.text("⋮", Picture.Point(at.x, at.y + 5), "label", .middle)
            : SVG.path(Marker.path(0, [at], NetworkDrawing.radius), "unit"))
      }
      let title = Picture.shortened(column.title, 16)
      parts.append(SVG.text(title, Picture.Point(xs[i], 20), "heading", .middle))
      parts.append(
        SVG.text(NetworkDrawing.units(column), Picture.Point(xs[i], 37), "note", .middle))
    }
    for i in columns.indices.dropLast() {
      for (k, line) in NetworkDrawing.between(columns[i]).enumerated() {
        let isNumbers = k >= columns[i].steps.count || line.hasSuffix(" numbers")
        parts.append(
          SVG.text(
            line,
            Picture.Point((xs[i] + xs[i + 1]) / 2, lowest + 26 + Double(k) * 16),
            isNumbers ? "note" : "label", .middle))
      }
    }
    return parts + legend
  }

  private func edges(_ i: Int) -> [HTML] {
    let (column, radius) = (columns[i], NetworkDrawing.radius)
    let (left, right) = (places(i), places(i + 1))
    guard !column.weights.isEmpty else {
      // Not every unit is joined to every one, or too many are: an arrow for all.
      let y = NetworkDrawing.top + Double(rows - 1) / 2 * NetworkDrawing.step
      let (a, b) = (xs[i] + radius + 10, xs[i + 1] - radius - 10)
      return [
        SVG.line(Picture.Point(a, y), Picture.Point(b - 6, y), "axis"),
        SVG.group(
          "wire",
          [
            SVG.path(
              SVG.point("M", Picture.Point(b - 8, y - 4)) + SVG.point("L", Picture.Point(b, y))
                + SVG.point("L", Picture.Point(b - 8, y + 4)) + "z", "tip")
          ]),
      ]
    }
    // Many edges are drawn finer, and small weights step back.
    let widest = left.count * right.count > 40 ? 1.7 : 3.5
    let most = column.weights.flatMap { $0 }.filter { $0.isDrawable }.map(abs).max() ?? 0
    return right.flatMap { end -> [HTML] in
      left.compactMap { start -> HTML? in
        guard let to = end.unit, let from = start.unit, to < column.weights.count,
          from < column.weights[to].count
        else { return nil }
        let weight = column.weights[to][from]
        let share = weight.isDrawable && most > 0 ? abs(weight) / most : 0
        return HTML(
          "line",
          [
            ("class", weight < 0 ? "minus" : "plus"), ("x1", SVG.number(start.at.x + radius)),
            ("y1", SVG.number(start.at.y)), ("x2", SVG.number(end.at.x - radius)),
            ("y2", SVG.number(end.at.y)), ("stroke-width", SVG.number(0.4 + widest * share)),
            ("stroke-opacity", SVG.number(0.5 + 0.5 * share)),
          ])
      }
    }
  }

  private var legend: [HTML] {
    guard hasWeights else { return [] }
    let y = height - 12
    return [
      SVG.line(Picture.Point(16, y - 4), Picture.Point(42, y - 4), "plus"),
      SVG.text("above 0", Picture.Point(48, y), "note"),
      SVG.line(Picture.Point(108, y - 4), Picture.Point(134, y - 4), "minus"),
      SVG.text("below 0", Picture.Point(140, y), "note"),
      SVG.text("thick: large", Picture.Point(200, y), "note"),
    ]
  }

  // MARK: Words

  var name: String { "The plan of a network" }

  var words: String {
    let told = columns.enumerated().map { i, column -> String in
      let head = "\(Picture.shortened(column.title, 40)): \(NetworkDrawing.units(column))"
      guard i < columns.count - 1 else { return head }
      let steps = column.steps.isEmpty ? "" : ", then " + column.steps.joined(separator: ", ")
      let numbers =
        column.parameters > 0 ? " with \(Picture.count(column.parameters, "number"))" : ""
      let weights = column.weights.flatMap { $0 }.filter { $0.isDrawable }
      let range =
        weights.isEmpty
        ? ""
        : "; weights \(format(weights.min() ?? 0)) to \(format(weights.max() ?? 0))"
      return head + steps + numbers + range
    }
    return told.joined(separator: ". ") + "."
  }
}
