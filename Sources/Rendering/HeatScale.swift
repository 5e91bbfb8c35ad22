// Numbers as shades, or as colours where there are some.
import Interpreter
import Tensors

/// From the smallest number to the largest, in shades; with colour two rows share a line of half blocks.
struct HeatScale {
  private let low: Double
  private let high: Double
  private let style: Style

  /// From dark blue to yellow, evenly in lightness.
  private static let rising = [17, 18, 24, 31, 37, 36, 35, 71, 107, 143, 179, 221, 228]
  /// Below 0 blue, above 0 orange, and grey between.
  private static let parting = [25, 32, 38, 74, 110, 146, 250, 223, 216, 209, 208, 202, 166]

  init(_ low: Double, _ high: Double, _ style: Style) {
    (self.low, self.high, self.style) = (low, high, style)
  }

  private var isColored: Bool { style.hasColor && !style.isASCII }
  private var ramp: [String] { Array(style.isASCII ? " .:-=+*#%@" : " ░▒▓█").map(String.init) }

  /// The text of a matrix, each number `width` columns wide.
  func rows(_ cells: [[Double]], width: Int) -> [String] {
    guard isColored else {
      return cells.map { row in
        row.map { x in String(repeating: x.isDrawable ? shade(x) : "?", count: width) }.joined()
      }
    }
    return stride(from: 0, to: cells.count, by: 2).map { top in
      let below = top + 1 < cells.count ? cells[top + 1] : nil
      let blocks = cells[top].indices.map { column -> String in
        let upper = "38;5;\(color(cells[top][column]))"
        let lower = below.map { ";48;5;\(color($0[column]))" } ?? ""
        return "\u{1b}[\(upper)\(lower)m" + String(repeating: "▀", count: width) + "\u{1b}[0m"
      }
      return blocks.joined()
    }
  }

  private func share(_ x: Double) -> Double { high > low ? (x - low) / (high - low) : 0 }

  private func shade(_ x: Double) -> String {
    ramp[min(ramp.count - 1, Int(share(x) * Double(ramp.count)))]
  }

  private func color(_ x: Double) -> Int {
    guard x.isDrawable else { return 196 }
    guard low < 0, high > 0 else {
      return HeatScale.rising[min(12, Int(share(x) * 13))]
    }
    // 0 is in the middle, whatever the ends are.
    let reach = max(-low, high)
    return HeatScale.parting[min(12, Int((x / reach + 1) / 2 * 13))]
  }

  /// What the ends stand for.
  func legend(_ format: NumberFormat) -> String {
    if isColored {
      func block(_ x: Double) -> String { "\u{1b}[38;5;\(color(x))m█\u{1b}[0m" }
      let middle = low < 0 && high > 0 ? ", \(block(0)) 0" : ""
      return "from \(block(low)) \(format(low))\(middle) to \(block(high)) \(format(high))"
    }
    return "from \(format(low)) (\(ramp[0] == " " ? "blank" : ramp[0])) to "
      + "\(format(high)) (\(ramp[ramp.count - 1]))"
  }
}
