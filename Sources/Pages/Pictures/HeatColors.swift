// Numbers as colours.
import Interpreter
import Rendering
import Tensors

/// Colours from the least number to the largest, even in lightness; around 0 where both signs occur.
struct HeatColors {
  let low: Double
  let high: Double
  private let isParted: Bool

  private typealias RGB = (red: Double, green: Double, blue: Double)

  /// From dark blue to yellow.
  private static let rising: [RGB] = [
    (37, 52, 110), (33, 95, 143), (36, 137, 142), (66, 171, 122), (155, 205, 83), (250, 231, 90),
  ]
  /// Below 0 blue, above 0 orange, and nearly white between.
  private static let parting: [RGB] = [
    (17, 79, 147), (78, 143, 199), (166, 204, 230), (247, 247, 247), (249, 196, 151),
    (227, 125, 58), (157, 67, 5),
  ]

  /// Those of the values that can be drawn give the ends; nil if none can.
  init?(_ values: [Double]) {
    let drawn = values.filter { $0.isDrawable }
    guard let low = drawn.min(), let high = drawn.max() else { return nil }
    isParted = low < 0 && high > 0
    let reach = max(-low, high)
    (self.low, self.high) = isParted ? (-reach, reach) : (low, high)
  }

  /// Where a number lies between the ends, in 32 steps, so that neighbours can share a piece.
  func step(_ x: Double) -> Int? {
    guard x.isDrawable else { return nil }
    guard high > low else { return 16 }
    return Int(((x / high.scaled(by: low) - low / high.scaled(by: low)) / span * 32).rounded())
  }

  /// The distance of the ends, in units in which it is finite.
  private var span: Double {
    high / high.scaled(by: low) - low / high.scaled(by: low)
  }

  private func color(_ step: Int) -> RGB {
    let stops = isParted ? HeatColors.parting : HeatColors.rising
    let place = Double(min(max(step, 0), 32)) / 32 * Double(stops.count - 1)
    let i = min(stops.count - 2, Int(place))
    let share = place - Double(i)
    let (a, b) = (stops[i], stops[i + 1])
    return (
      a.red + (b.red - a.red) * share, a.green + (b.green - a.green) * share,
      a.blue + (b.blue - a.blue) * share
    )
  }

  /// `#214f93`
  func text(_ step: Int) -> String {
    let (red, green, blue) = color(step)
    return "#"
      + [red, green, blue].map { part in
        let digits = String(Int(part.rounded()), radix: 16)
        return digits.count < 2 ? "0" + digits : digits
      }.joined()
  }

  /// Whether white is legible on it, rather than black.
  func isDark(_ step: Int) -> Bool {
    let (red, green, blue) = color(step)
    func linear(_ part: Double) -> Double { Double.pow(part / 255, 2.2) }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) < 0.18
  }

  /// A bar of the colours with the numbers at its ends, and 0 between where it is.
  func bar(_ rect: Picture.Rect, _ format: NumberFormat) -> [HTML] {
    let part = rect.width / 33
    let steps = (0...32).map { step in
      SVG.rect(
        Picture.Rect(rect.x + Double(step) * part, rect.y, part + 0.3, rect.height), "cell",
        [("fill", text(step))])
    }
    let below = rect.bottom + 14
    let ends = [
      SVG.text(format(low), Picture.Point(rect.x, below), "tick"),
      SVG.text(format(high), Picture.Point(rect.right, below), "tick", .end),
    ]
    let middle =
      isParted ? [SVG.text("0", Picture.Point(rect.middle.x, below), "tick", .middle)] : []
    return [SVG.group("cells", steps), SVG.rect(rect, "frame")] + ends + middle
  }

  static let barHeight = 30.0

  /// Rows of cells in a field: neighbours of one colour are one piece, what is no number is crossed out.
  func cells(_ values: [Double], _ columns: Int, in rect: Picture.Rect) -> [HTML] {
    guard columns > 0 else { return [] }
    let rows = values.count / columns
    let (width, height) = (rect.width / Double(columns), rect.height / Double(max(1, rows)))
    var pieces: [HTML] = []
    var crosses = ""
    for row in 0..<rows {
      let steps = values[row * columns..<(row + 1) * columns].map(step)
      let y = rect.y + Double(row) * height
      var start = 0
      for column in 1...columns where column == columns || steps[column] != steps[start] {
        let x = rect.x + Double(start) * width
        let piece = Picture.Rect(x, y, Double(column - start) * width, height).snapped
        if let step = steps[start] {
          pieces.append(SVG.rect(piece, "cell", [("fill", text(step))]))
        } else {
          for k in start..<column {
            let x = rect.x + Double(k) * width
            let (dx, dy) = (width * 0.3, height * 0.3)
            crosses +=
              SVG.point("M", Picture.Point(x + dx, y + dy))
              + SVG.point("L", Picture.Point(x + width - dx, y + height - dy))
              + SVG.point("M", Picture.Point(x + width - dx, y + dy))
              + SVG.point("L", Picture.Point(x + dx, y + height - dy))
          }
        }
        start = column
      }
    }
    return [SVG.group("cells", pieces)]
      + (crosses.isEmpty ? [] : [SVG.path(crosses, "missing")])
      + [SVG.rect(rect, "frame")]
  }
}

extension Picture.Rect {
  /// With its edges on tenths, so that what meets it has no gap.
  fileprivate var snapped: Picture.Rect {
    func tenth(_ x: Double) -> Double { (x * 10).rounded() / 10 }
    let (left, top) = (tenth(x), tenth(y))
    return Picture.Rect(left, top, tenth(right) - left, tenth(bottom) - top)
  }
}

extension Double {
  /// A unit in which it and another number are at most 1.
  fileprivate func scaled(by other: Double) -> Double { Swift.max(abs(self), abs(other), 1e-300) }
}
