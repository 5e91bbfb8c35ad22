// How many numbers fall into each bin, as bars.
import Interpreter
import Rendering
import Tensors

struct BinsDrawing: Drawing {
  private let counts: [Int]
  private let low: Double
  private let high: Double
  private let title: String
  private let format: NumberFormat
  private let field: PlotField
  private let across: [Axis.Tick]
  private let up: [Axis.Tick]

  let width = 440.0

  init(_ counts: [Int], _ low: Double, _ high: Double, _ title: String, _ format: NumberFormat) {
    (self.counts, self.low, self.high) = (counts, low, high)
    (self.title, self.format) = (title, format)
    let top = title.isEmpty ? 24.0 : 44.0
    let y = Axis([0, Double(max(1, counts.max() ?? 1))], from: top + 210, to: top)
    // Counts are whole.
    up = y.ticks(4).filter { $0.value == $0.value.rounded() }
    let x = Axis([low, high], from: max(36, PlotField.margin(up)), to: 422)
    across = x.ticks(6)
    field = PlotField(x: x, y: y)
  }

  var height: Double { field.rect.bottom + PlotField.tickLine + 12 }

  var parts: [HTML] {
    let r = field.rect
    let head =
      title.isEmpty
      ? [] : [SVG.text(Picture.shortened(title, 54), Picture.Point(r.x, 20), "heading")]
    let width = r.width / Double(max(1, counts.count))
    let gap = min(2, width * 0.15)
    let bars = counts.enumerated().compactMap { i, count -> HTML? in
      guard count > 0, let top = field.y.place(Double(count)) else { return nil }
      // One number among thousands is still seen.
      let height = max(1, r.bottom - top)
      return SVG.rect(
        Picture.Rect(
          r.x + Double(i) * width + gap / 2, r.bottom - height, width - gap, height), "bar")
    }
    let isNumbered = width >= 26
    let numbers =
      isNumbered
      ? counts.enumerated().compactMap { i, count -> HTML? in
        guard count > 0, let top = field.y.place(Double(count)) else { return nil }
        return SVG.text(
          "\(count)", Picture.Point(r.x + (Double(i) + 0.5) * width, min(top, r.bottom - 1) - 5),
          "tick", .middle)
      } : []
    return head + field.parts(across: across, up: up) + bars + numbers
  }

  var name: String { Picture.name("A histogram", title) }

  var words: String {
    let width = (high - low) / Double(max(1, counts.count))
    func range(_ i: Int) -> String {
      "\(format(low + Double(i) * width)) to \(format(low + Double(i + 1) * width))"
    }
    let total = counts.reduce(0, +)
    let most = counts.indices.max { counts[$0] < counts[$1] }
    let all =
      counts.count <= 24
      ? " " + counts.indices.map { "\(range($0)): \(counts[$0])" }.joined(separator: "; ") + "."
      : ""
    return
      "\(Picture.count(total, "number")) from \(format(low)) to \(format(high)) in \(Picture.count(counts.count, "bin"))."
      + (most.map { " Most, \(counts[$0]), in \(range($0))." } ?? "") + all
  }
}
