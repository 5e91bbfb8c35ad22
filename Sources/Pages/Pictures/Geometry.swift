// Points and boxes of a picture, in its own units: y grows downwards.
import Rendering
import Tensors

extension Picture {
  /// A place in a picture.
  package struct Point: Equatable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
  }

  /// A part of a picture.
  package struct Rect: Equatable {
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double

    package init(_ x: Double, _ y: Double, _ width: Double, _ height: Double) {
      (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }

    package var right: Double { x + width }
    package var bottom: Double { y + height }
    package var middle: Point { Point(x + width / 2, y + height / 2) }

    /// Whether the two share more than an edge.
    package func overlaps(_ other: Rect) -> Bool {
      x < other.right && other.x < right && y < other.bottom && other.y < bottom
    }

    /// Whether the point lies inside, not on the edge.
    package func contains(_ point: Point) -> Bool {
      point.x > x && point.x < right && point.y > y && point.y < bottom
    }
  }

  /// How wide a text is at most, in one of the two fonts.
  static func width(_ text: String, _ font: Font) -> Double {
    Double(text.columns) * font.advance
  }

  /// A text cut to a number of columns.
  static func shortened(_ text: String, _ columns: Int) -> String {
    guard text.columns > columns else { return text }
    var kept = ""
    var width = 1
    for character in text {
      width += String(character).columns
      guard width <= columns else { break }
      kept.append(character)
    }
    return kept + "…"
  }

  /// Words in lines of at most so many columns.
  static func lines(_ text: String, _ columns: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      let word = shortened(String(word), columns)
      if let last = lines.last, last.columns + 1 + word.columns <= columns {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(word)
      }
    }
    return lines
  }

  /// The fonts of pictures, with the widest advance that the usual ones have.
  enum Font {
    /// Numbers and formulas in graphs.
    case code
    /// Labels.
    case label

    var advance: Double {
      switch self {
      case .code: 7.3
      case .label: 7.4
      }
    }
  }

  /// Places moved as little as possible, in squares, so that each is at least as far after the one before as asked.
  /// - Parameters:
  ///   - wanted: where each would be alone, in their order.
  ///   - weights: how much each wants it.
  ///   - gaps: between each and the next.
  static func spread(_ wanted: [Double], weights: [Double], gaps: [Double]) -> [Double] {
    var offsets = [0.0]
    for gap in gaps.prefix(max(0, wanted.count - 1)) {
      offsets.append(offsets[offsets.count - 1] + gap)
    }
    var blocks: [(sum: Double, weight: Double, count: Int)] = []
    for i in wanted.indices {
      blocks.append((weights[i] * (wanted[i] - offsets[i]), weights[i], 1))
      while blocks.count > 1 {
        let (a, b) = (blocks[blocks.count - 2], blocks[blocks.count - 1])
        guard a.sum / a.weight > b.sum / b.weight else { break }
        blocks.removeLast(2)
        blocks.append((a.sum + b.sum, a.weight + b.weight, a.count + b.count))
      }
    }
    var places: [Double] = []
    for block in blocks {
      for _ in 0..<block.count { places.append(block.sum / block.weight + offsets[places.count]) }
    }
    return places
  }
}
