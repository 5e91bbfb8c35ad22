// Points in a plane, alone or over the regions that a model makes of it.
import Platform
import Interpreter
import Rendering
import Tensors

struct PlaneDrawing: Drawing {
  /// What a model says of each place of a grid, row by row from the top.
  struct Regions {
    let labels: [Int]
    let columns: Int
    let box: Figure.Box

    var rows: Int { columns > 0 ? labels.count / columns : 0 }
  }

  private let points: [Figure.Point]
  private let classes: [String]
  private let title: String
  private let regions: Regions?
  private let format: NumberFormat
  private let field: PlotField
  private let across: [Axis.Tick]
  private let up: [Axis.Tick]

  let width = 440.0
  private static let fieldHeight = 280.0
  private static let legendLine = 20.0

  init(
    _ points: [Figure.Point], _ classes: [String], _ title: String, _ regions: Regions?,
    _ format: NumberFormat
  ) {
    (self.points, self.classes, self.title) = (points, classes, title)
    (self.regions, self.format) = (regions, format)
    let xs = regions.map { [$0.box.left, $0.box.right] } ?? points.map { $0.x }
    let ys = regions.map { [$0.box.bottom, $0.box.top] } ?? points.map { $0.y }
    let slack = regions == nil ? 0.05 : 0
    let top = title.isEmpty ? 14.0 : 34.0
    let y = Axis(ys, from: top + PlaneDrawing.fieldHeight, to: top, slack: slack)
    up = y.ticks(5)
    let x = Axis(xs, from: max(36, PlotField.margin(up)), to: 426, slack: slack)
    across = x.ticks(6)
    field = PlotField(x: x, y: y)
  }

  private static func hue(_ label: Int) -> String { "f\(max(0, label) % 5)" }

  /// Entries of the legend with their places, in rows that fit.
  private var legend: [(label: Int, at: Picture.Point)] {
    guard classes.count > 1 else { return [] }
    var entries: [(label: Int, at: Picture.Point)] = []
    let left = field.rect.x + 6
    var at = Picture.Point(left, field.rect.bottom + PlotField.tickLine + 26)
    for (label, name) in classes.enumerated().prefix(20) {
      let wide = Picture.width(shown(name), .label) + 34
      if at.x > left, at.x + wide > width {
        at = Picture.Point(left, at.y + PlaneDrawing.legendLine)
      }
      entries.append((label, at))
      at.x += wide
    }
    return entries
  }

  /// What the shading means, below the classes.
  private var note: Picture.Point? {
    guard regions != nil, let last = legend.last else { return nil }
    return Picture.Point(field.rect.x, last.at.y + PlaneDrawing.legendLine)
  }

  private func shown(_ name: String) -> String { Picture.shortened(name, 24) }

  var height: Double {
    (note?.y ?? legend.last?.at.y ?? field.rect.bottom + PlotField.tickLine) + 14
  }

  var parts: [HTML] {
    let heading =
      title.isEmpty
      ? []
      : [SVG.text(Picture.shortened(title, 54), Picture.Point(field.rect.x, 20), "heading")]
    let named = legend.flatMap { label, at in
      [
        SVG.path(
          Marker.path(label, [Picture.Point(at.x, at.y - 4)], 4.5), "dot \(PlaneDrawing.hue(label))"
        ),
        SVG.text(shown(classes[label]), Picture.Point(at.x + 12, at.y), "label"),
      ]
    }
    return heading + areas()
      + field.parts(across: across, up: up, hasGrid: regions == nil) + dots() + named
      + (note.map { [SVG.text("the ground: what the model says", $0, "note")] } ?? [])
  }

  /// A path for each class, without points that would hide each other.
  private func dots() -> [HTML] {
    let size = points.count > 600 ? 2.5 : points.count > 150 ? 3.5 : 4.5
    let labels = Set(points.map { $0.label }).sorted()
    return labels.map { label in
      var seen: Set<[Int]> = []
      let places = points.filter { $0.label == label }.compactMap { field.place($0.x, $0.y) }
        .filter { seen.insert([Int(($0.x * 2).rounded()), Int(($0.y * 2).rounded())]).inserted }
      return SVG.path(Marker.path(label, places, size), "dot \(PlaneDrawing.hue(label))")
    }
  }

  // MARK: Regions

  /// A soft fill for each class, and lines where classes meet.
  private func areas() -> [HTML] {
    guard let regions else { return [] }
    let shapes = RegionShapes(regions.labels, columns: regions.columns, in: field.rect)
    let fills = shapes.fills.keys.sorted().map { label in
      SVG.path(
        shapes.fills[label] ?? "", "area \(PlaneDrawing.hue(label))",
        [("shape-rendering", "crispEdges")])
    }
    return fills + (shapes.border.isEmpty ? [] : [SVG.path(shapes.border, "border")])
  }

  // MARK: Words

  var name: String { Picture.name(regions == nil ? "Points" : "Points over regions", title) }

  var words: String {
    let drawn = points.filter { $0.x.isDrawable && $0.y.isDrawable }
    var counts: [Int: Int] = [:]
    for point in points { counts[point.label, default: 0] += 1 }
    let names = counts.keys.sorted().prefix(20).map { label in
      let name = label < classes.count ? Picture.shortened(classes[label], 40) : "class \(label)"
      return "\(counts[label] ?? 0) of \(name)"
    }
    func range(_ values: [Double]) -> String {
      "\(format(values.min() ?? 0)) to \(format(values.max() ?? 0))"
    }
    var text = Picture.count(points.count, "point")
    if classes.count > 1 { text += ": " + names.joined(separator: ", ") }
    text += "."
    if !drawn.isEmpty {
      text += " x from \(range(drawn.map { $0.x })), y from \(range(drawn.map { $0.y }))."
    }
    return text + regionWords
  }

  /// The share of the plane that each class has, and how many points lie in a region of their own class.
  private var regionWords: String {
    guard let regions, !regions.labels.isEmpty else { return "" }
    var counts: [Int: Int] = [:]
    for label in regions.labels { counts[label, default: 0] += 1 }
    let shares = counts.keys.sorted().map { label in
      let share = Double(counts[label] ?? 0) / Double(regions.labels.count) * 100
      let name = label < classes.count ? Picture.shortened(classes[label], 40) : "class \(label)"
      return "\(Printed.fixed(share, 0))% \(name)"
    }
    let r = field.rect
    let right = points.count { point in
      guard let place = field.place(point.x, point.y), regions.rows > 0 else { return false }
      let column = min(
        regions.columns - 1, Int((place.x - r.x) / r.width * Double(regions.columns)))
      let row = min(regions.rows - 1, Int((place.y - r.y) / r.height * Double(regions.rows)))
      return regions.labels[max(0, row) * regions.columns + max(0, column)] == point.label
    }
    return " The model gives \(shares.joined(separator: ", ")) of this part of the plane; "
      + "\(right) of \(Picture.count(points.count, "point")) lie in the region of their class."
  }
}
