// Curves over a common axis, each with its name at its end.
import Interpreter
import Rendering
import Tensors

struct CurvesDrawing: Drawing {
  private let series: [Figure.Series]
  /// Curves that there are, drawn or not.
  private let total: Int
  private let title: String
  private let isLog: Bool
  private let marks: [Figure.Mark]
  private let format: NumberFormat
  private let field: PlotField
  private let across: [Axis.Tick]
  private let up: [Axis.Tick]
  private let labels: Double

  let width = 440.0
  private static let fieldHeight = 250.0
  private static let lineHeight = 16.0
  /// Curves that are drawn.
  private static let limit = 40
  /// Columns of a name at the end of a curve.
  private static let nameColumns = 16

  init(
    _ series: [Figure.Series], _ title: String, isLog: Bool, _ marks: [Figure.Mark],
    _ format: NumberFormat
  ) {
    total = series.count
    self.series = Array(series.prefix(CurvesDrawing.limit))
    (self.title, self.isLog, self.marks, self.format) = (title, isLog, marks, format)
    let ys = self.series.flatMap { $0.y } + marks.map { $0.y }
    let xs = self.series.flatMap { $0.x } + marks.map { $0.x }
    let top = title.isEmpty ? 14.0 : 34.0
    let bottom = top + CurvesDrawing.fieldHeight
    let y = Axis(ys, isLog: isLog, from: bottom, to: top, slack: 0.03)
    up = y.ticks(5)
    let names =
      series.count > 1
      ? self.series.map {
        Picture.width(Picture.shortened($0.name, CurvesDrawing.nameColumns), .label)
      }.max() ?? 0 : 0
    labels = names > 0 ? names + 16 : 14
    let x = Axis(xs, from: max(36, PlotField.margin(up)), to: 440 - labels)
    across = x.ticks(6)
    field = PlotField(x: x, y: y)
  }

  /// What is said of each mark, in lines that fit.
  private var notes: [(mark: Int, lines: [String])] {
    marks.enumerated().map { i, mark in (i, Picture.lines(mark.name, 52)) }
  }

  var height: Double {
    let lines = notes.reduce(0) { $0 + $1.lines.count }
    return field.rect.bottom + PlotField.tickLine + 12
      + (lines == 0 ? 0 : Double(lines) * CurvesDrawing.lineHeight + 8)
  }

  private static func hue(_ i: Int) -> String { "f\(i % 5)" }
  private static func look(_ i: Int) -> String { "curve \(hue(i)) d\(i % 5)" }

  var parts: [HTML] {
    let heading =
      title.isEmpty
      ? []
      : [SVG.text(Picture.shortened(title, 54), Picture.Point(field.rect.x, 20), "heading")]
    let curves = series.enumerated().map { i, line in
      SVG.path(path(line), CurvesDrawing.look(i))
    }
    return heading + field.parts(across: across, up: up) + curves + names() + pointed()
  }

  // MARK: Curves

  /// A curve with a gap wherever a number cannot be drawn. Of many points in one column of the picture the first, the
  /// lowest, the highest and the last are kept.
  private func path(_ line: Figure.Series) -> String {
    var d = ""
    var column: [Picture.Point] = []
    var isOpen = false
    func flush() {
      let kept: [Picture.Point]
      if column.count > 4 {
        let heights = column.map { $0.y }
        let low = heights.firstIndex(of: heights.min() ?? 0) ?? 0
        let high = heights.firstIndex(of: heights.max() ?? 0) ?? 0
        kept = Set([0, low, high, column.count - 1]).sorted().map { column[$0] }
      } else {
        kept = column
      }
      for point in kept {
        d += SVG.point(isOpen ? "L" : "M", point)
        isOpen = true
      }
      column = []
    }
    /// Ends a piece of the curve; a point alone is a dot.
    func close() {
      let isDot = column.count == 1 && !isOpen
      flush()
      if isDot { d += "h0" }
      isOpen = false
    }
    for (x, y) in zip(line.x, line.y) {
      guard let point = field.place(x, y) else {
        close()
        continue
      }
      if let first = column.first, first.x.rounded() != point.x.rounded() { flush() }
      column.append(point)
    }
    close()
    return d
  }

  // MARK: Names

  /// Names beside the ends of curves, moved apart, with a thin line where one had to go far.
  private func names() -> [HTML] {
    guard series.count > 1 else { return [] }
    let r = field.rect
    let ends = series.enumerated().compactMap { i, line -> (curve: Int, end: Picture.Point)? in
      let last = zip(line.x, line.y).reversed().lazy.compactMap { field.place($0.0, $0.1) }.first
      return last.map { (i, $0) }
    }.sorted { ($0.end.y, $0.curve) < ($1.end.y, $1.curve) }
    let fitting = Array(ends.prefix(Int(r.height / 15)))
    let gaps = [Double](repeating: 15, count: fitting.count)
    var places = Picture.spread(
      fitting.map { $0.end.y }, weights: [Double](repeating: 1, count: fitting.count), gaps: gaps)
    // Within the field from its top to its bottom.
    if let last = places.last, last > r.bottom { places = places.map { $0 - (last - r.bottom) } }
    if let first = places.first, first < r.y { places = places.map { $0 + (r.y - first) } }
    return zip(fitting, places).flatMap { item, y -> [HTML] in
      let name = Picture.shortened(series[item.curve].name, CurvesDrawing.nameColumns)
      let text = SVG.text(
        name, Picture.Point(r.right + 10, y + 4), CurvesDrawing.hue(item.curve))
      let isFar = abs(item.end.y - y) > 4 || r.right - item.end.x > 6
      guard isFar else { return [text] }
      let leader = SVG.line(
        Picture.Point(item.end.x + 3, item.end.y), Picture.Point(r.right + 7, y), "leader")
      return [leader, text]
    }
  }

  private func pointed() -> [HTML] {
    var parts: [HTML] = []
    var y = field.rect.bottom + PlotField.tickLine + 26
    for (i, lines) in notes {
      let hue = CurvesDrawing.hue(series.count + i)
      if let place = field.place(marks[i].x, marks[i].y) {
        parts.append(SVG.path(Marker.path(i, [place], 5), "dot \(hue)"))
      }
      parts.append(
        SVG.path(Marker.path(i, [Picture.Point(field.rect.x + 5, y - 4)], 5), "dot \(hue)"))
      parts.append(
        SVG.text(
          lines: lines, Picture.Point(field.rect.x + 16, y), "label",
          height: CurvesDrawing.lineHeight))
      y += Double(lines.count) * CurvesDrawing.lineHeight
    }
    return parts
  }

  // MARK: Words

  var name: String { Picture.name("Curves", title) }

  var words: String {
    let curves = series.prefix(8).map { line -> String in
      let drawn = zip(line.x, line.y).filter { $0.0.isDrawable && $0.1.isDrawable }
      let name = series.count > 1 ? "\(Picture.shortened(line.name, 40)): " : ""
      guard let first = drawn.first, let last = drawn.last,
        let least = drawn.min(by: { $0.1 < $1.1 }), let most = drawn.max(by: { $0.1 < $1.1 })
      else { return name + "nothing to draw" }
      let missing = line.y.count - drawn.count
      func at(_ point: (Double, Double)) -> String { "\(format(point.1)) at \(format(point.0))" }
      return name + "\(at(first)), \(at(last)); least \(at(least)), most \(at(most))"
        + (missing > 0 ? "; \(Picture.count(missing, "number")) not drawn" : "")
    }
    let scale = isLog ? " on a scale of powers of ten" : ""
    let more = total > 8 ? " And \(total - 8) more." : ""
    let marks = marks.map { " Marked: \($0.name)." }.joined()
    return "\(Picture.count(total, "curve"))\(scale). " + curves.joined(separator: ". ")
      + "." + more + marks
  }
}

/// Shapes of points, one for each class, apart without colour.
enum Marker {
  static let count = 6

  /// Shapes at several places, as one path.
  static func path(_ kind: Int, _ places: [Picture.Point], _ size: Double) -> String {
    let s = SVG.number(size)
    let twice = SVG.number(2 * size)
    let half = SVG.number(size / 2)
    return places.map { p -> String in
      switch kind % count {
      case 0:
        return SVG.point("M", Picture.Point(p.x - size, p.y))
          + "a\(s) \(s) 0 1 0 \(twice) 0a\(s) \(s) 0 1 0 -\(twice) 0z"
      case 1:
        return SVG.point("M", Picture.Point(p.x, p.y - size * 1.25))
          + SVG.point("L", Picture.Point(p.x + size * 1.25, p.y))
          + SVG.point("L", Picture.Point(p.x, p.y + size * 1.25))
          + SVG.point("L", Picture.Point(p.x - size * 1.25, p.y)) + "z"
      case 2:
        return SVG.point("M", Picture.Point(p.x, p.y - size * 1.15))
          + SVG.point("L", Picture.Point(p.x + size * 1.15, p.y + size * 0.85))
          + SVG.point("L", Picture.Point(p.x - size * 1.15, p.y + size * 0.85)) + "z"
      case 3:
        let side = size * 0.9
        return SVG.point("M", Picture.Point(p.x - side, p.y - side))
          + "h\(SVG.number(2 * side))v\(SVG.number(2 * side))h-\(SVG.number(2 * side))z"
      case 4:
        return SVG.point("M", Picture.Point(p.x - size / 4, p.y - size * 1.25))
          + "h\(half)v\(s)h\(s)v\(half)h-\(s)v\(s)h-\(half)v-\(s)h-\(s)v-\(half)h\(s)z"
      default:
        return SVG.point("M", Picture.Point(p.x, p.y + size * 1.15))
          + SVG.point("L", Picture.Point(p.x + size * 1.15, p.y - size * 0.85))
          + SVG.point("L", Picture.Point(p.x - size * 1.15, p.y - size * 0.85)) + "z"
      }
    }.joined()
  }
}
