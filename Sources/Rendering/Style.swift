// Colour and width, or their absence.

/// How text is dressed for where it goes.
package struct Style: Sendable {
  package var hasColor = false
  package var width = 80
  /// Whether the terminal shows plain characters only.
  package var isASCII = false
  package init() {}

  /// What colours and weights stand for; the raw value is the escape code. The colours are of a middle lightness, which
  /// reads on dark and on light, and apart for colour-blind eyes.
  package enum Ink: String {
    case bold = "1"
    case faint = "2"
    case red = "38;5;167"
    case green = "38;5;29"
    case yellow = "38;5;136"
    case blue = "38;5;33"
    case cyan = "38;5;31"
  }

  /// Colours that tell the factors of a product apart: blue, vermilion, bluish green, purple, amber.
  private static let factors = [33, 166, 29, 134, 136]

  /// A factor of a product in its own colour, the same in every line about it.
  package func paint(_ text: String, factor: Int) -> String {
    guard hasColor, !text.isEmpty else { return text }
    return "\u{1b}[38;5;\(Style.factors[factor % Style.factors.count])m\(text)\u{1b}[0m"
  }

  /// A text in these inks, where there is colour.
  package func paint(_ text: String, _ inks: Ink...) -> String {
    guard hasColor, !text.isEmpty else { return text }
    return "\u{1b}[\(inks.map { $0.rawValue }.joined(separator: ";"))m\(text)\u{1b}[0m"
  }
}

extension Style {

  /// Lines that are too long for the terminal, broken between words.
  package func wrapped(_ text: String, indent: String = "") -> [String] {
    var lines: [String] = []
    for whole in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let room = min(max(60, width), 100)
      guard indent.count + String(whole).columns > room else {
        lines.append(indent + whole)
        continue
      }
      lines += Style.filled(whole, room - indent.columns).map { indent + $0 }
    }
    return lines
  }

  /// Words in lines of at most `width` columns.
  static func filled(_ text: some StringProtocol, _ width: Int) -> [String] {
    var lines: [String] = []
    var shape = ""
    for word in text.split(separator: " ") {
      // A shape, `[150, 4]`, is one word.
      shape += (shape.isEmpty ? "" : " ") + word
      let plain = shape.withoutCodes
      let isOpen = plain.contains("[") && !plain.contains("]") && plain.count < 24
      if isOpen { continue }
      if let last = lines.last, last.columns + 1 + shape.columns <= width {
        lines[lines.count - 1] = last + " " + shape
      } else {
        lines.append(shape)
      }
      shape = ""
    }
    return shape.isEmpty ? lines : lines + [shape]
  }
}

extension String {
  /// Columns on a terminal: wide characters take two, marks and the codes of colours none.
  package var columns: Int {
    var isCode = false
    return unicodeScalars.reduce(0) { width, scalar in
      if isCode || scalar == "\u{1b}" {
        isCode = scalar != "m"
        return width
      }
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark, .format: return width
      default: break
      }
      switch scalar.value {
      case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff,
        0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff,
        0x1f900...0x1f9ff, 0x20000...0x3fffd:
        return width + 2
      default: return width + 1
      }
    }
  }

  /// Without the codes of colours.
  var withoutCodes: String {
    var isCode = false
    return String(
      String.UnicodeScalarView(
        unicodeScalars.filter { scalar in
          if !isCode, scalar != "\u{1b}" { return true }
          isCode = scalar != "m"
          return false
        }))
  }

  func repeated(_ count: Int) -> String { String(repeating: self, count: max(0, count)) }

  func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - columns))
  }

  func indented(_ by: Int) -> String {
    let margin = String(repeating: " ", count: by)
    return split(separator: "\n", omittingEmptySubsequences: false).map { margin + $0 }
      .joined(separator: "\n")
  }
}
