// Axes with round numbers.
import Platform
import Interpreter
import Rendering
import Tensors

/// A range of numbers along an edge of a picture.
struct Axis {
  /// A number that is marked.
  struct Tick {
    let value: Double
    let text: String
  }

  let low: Double
  let high: Double
  let isLog: Bool
  /// Where the ends are, in units of the picture.
  let start: Double
  let end: Double

  /// - Parameter values: what has to be seen; those that cannot be drawn are left out.
  /// - Parameter slack: the part of the range that is left free at each end.
  init(
    _ values: [Double], isLog: Bool = false, from start: Double, to end: Double,
    slack: Double = 0
  ) {
    let shown = values.filter { $0.isDrawable && (!isLog || $0 > 0) }
      .map { isLog ? Axis.log10($0) : $0 }
    let (least, most) = (shown.min() ?? 0, shown.max() ?? 1)
    var reach = most - least
    // All the same: some room around it, of the number's own size.
    if reach <= 1e-12 * max(abs(least), abs(most)) { reach = isLog || least == 0 ? 1 : abs(least) }
    let isFlat = most - least < reach
    self.isLog = isLog
    (self.start, self.end) = (start, end)
    low = isFlat ? least - reach / 2 : least - slack * reach
    high = isFlat ? most + reach / 2 : most + slack * reach
  }

  static func log10(_ x: Double) -> Double { Double.log(x) / Double.log(10) }

  /// Where a number is; nil if it cannot be drawn.
  func place(_ value: Double) -> Double? {
    guard value.isDrawable, !isLog || value > 0 else { return nil }
    let share = ((isLog ? Axis.log10(value) : value) - low) / (high - low)
    guard share.isFinite, share >= -0.001, share <= 1.001 else { return nil }
    return start + share * (end - start)
  }

  /// About so many round numbers.
  func ticks(_ count: Int) -> [Tick] {
    let powers =
      (low - 1e-9).rounded(.up)...max((low - 1e-9).rounded(.up), (high + 1e-9).rounded(.down))
    guard isLog, powers.upperBound <= high + 1e-9, powers.upperBound > powers.lowerBound else {
      return isLog ? narrowTicks(count) : evenTicks(count)
    }
    let step = max(1, ((powers.upperBound - powers.lowerBound) / Double(count)).rounded(.up))
    return stride(from: powers.lowerBound, through: powers.upperBound, by: step).map {
      let value = Double.pow(10, $0)
      return Tick(value: value, text: NumberFormat(digits: 3)(value))
    }
  }

  /// Steps of 1, 2 or 5 times a power of ten.
  private func evenTicks(_ count: Int) -> [Tick] {
    let rough = (high - low) / Double(max(1, count))
    guard rough > 0, rough.isFinite else { return [] }
    let exponent = Axis.log10(rough).rounded(.down)
    let power = Double.pow(10, exponent)
    let step = ([1, 2, 5].first { $0 * power >= rough * 0.999 } ?? 10) * power
    guard step > 0, (low / step).magnitude < 1e9 else { return [] }
    let decimals = step >= 10 * power ? -exponent - 1 : -exponent
    let (first, last) = (
      Int((low / step - 1e-9).rounded(.up)), Int((high / step + 1e-9).rounded(.down))
    )
    guard first <= last else { return [] }
    return (first...last).map { k in
      let value = Double(k) * step
      let isPlain = decimals <= 5 && max(abs(low), abs(high)) < 1e7
      let text =
        k == 0
        ? "0"
        : isPlain
          ? Printed.fixed(value, Int(max(0, decimals))) : NumberFormat(digits: 4)(value)
      return Tick(value: value, text: text)
    }
  }

  /// On an axis of less than two powers of ten: 1, 2 and 5 times these.
  private func narrowTicks(_ count: Int) -> [Tick] {
    let base = low.rounded(.down)
    let ticks = (0...2).flatMap { k in
      [1.0, 2, 5].map { $0 * Double.pow(10, base + Double(k)) }
    }.filter { Axis.log10($0) >= low - 1e-9 && Axis.log10($0) <= high + 1e-9 }
    guard ticks.count < 2 else {
      return ticks.map { Tick(value: $0, text: NumberFormat(digits: 3)($0)) }
    }
    return [low, high].map {
      let value = Double.pow(10, $0)
      return Tick(value: value, text: NumberFormat(digits: 3)(value))
    }
  }
}

/// The field of a plot between its axes.
struct PlotField {
  let x: Axis
  let y: Axis

  func place(_ x: Double, _ y: Double) -> Picture.Point? {
    guard let x = self.x.place(x), let y = self.y.place(y) else { return nil }
    return Picture.Point(x, y)
  }

  var rect: Picture.Rect { Picture.Rect(x.start, y.end, x.end - x.start, y.start - y.end) }

  /// The width of the numbers beside an axis from `low` to `high`.
  static func margin(_ ticks: [Axis.Tick]) -> Double {
    (ticks.map { Picture.width($0.text, .label) * 0.92 }.max() ?? 0).rounded(.up) + 12
  }

  static let tickLine = 16.0

  /// Lines of the grid with their numbers.
  func parts(across: [Axis.Tick], up: [Axis.Tick], hasGrid: Bool = true) -> [HTML] {
    let r = rect
    var parts: [HTML] = []
    for tick in up {
      guard let y = y.place(tick.value) else { continue }
      if hasGrid {
        parts.append(SVG.line(Picture.Point(r.x, y), Picture.Point(r.right, y), "grid"))
      }
      parts.append(SVG.text(tick.text, Picture.Point(r.x - 7, y + 4), "tick", .end))
    }
    for tick in across {
      guard let x = x.place(tick.value) else { continue }
      parts.append(
        SVG.line(Picture.Point(x, r.bottom), Picture.Point(x, r.bottom + 4), "axis"))
      parts.append(
        SVG.text(tick.text, Picture.Point(x, r.bottom + PlotField.tickLine + 2), "tick", .middle))
    }
    parts.append(
      SVG.line(Picture.Point(r.x, r.bottom), Picture.Point(r.right, r.bottom), "axis"))
    return parts
  }
}
