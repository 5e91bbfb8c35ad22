// Texts of strangers, shown so that they can do no harm.

/// Text from a stranger, made harmless for a terminal and for a line of a record.
package enum Escaped {
  /// One line: control characters, and those that turn the direction of text, are spelled out.
  package static func line(_ text: String) -> String { escape(text, keeping: []) }

  /// Lines stay lines.
  package static func block(_ text: String) -> String { escape(text, keeping: ["\n"]) }

  private static func escape(_ text: String, keeping: Set<Unicode.Scalar>) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if keeping.contains(scalar) || !isUnsafe(scalar) {
        result.unicodeScalars.append(scalar)
      } else if scalar == "\n" {
        result += "\\n"
      } else {
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      }
    }
    return result
  }

  /// Text or an attribute of HTML or XML: nothing in it is markup.
  /// - Parameter unsafe: what stands for a character that is neither seen nor a space.
  package static func markup(_ text: String, unsafe: (Unicode.Scalar) -> String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case _ where isUnsafe(scalar): result += unsafe(scalar)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Whether it is neither seen nor a space.
  package static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
    // Direction marks, joiners, tags; U+FEFF.
    case .format: true
    default: scalar.value == 0xfffe || scalar.value == 0xffff
    }
  }
}
