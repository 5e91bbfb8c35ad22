// JSON as the program writes it, everywhere. It needs no Foundation.

/// A JSON value (RFC 8259).
package enum JSON: Sendable {
  case null
  case bool(Bool)
  /// A whole number of any size, in decimal digits.
  case whole(String)
  case number(Double)
  case string(String)
  case array([JSON])
  /// Members in the order in which they are written.
  case object([(String, JSON)])

  package static func int(_ n: Int) -> JSON { .whole("\(n)") }

  /// On one line.
  package var line: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// On many lines, two spaces for each level.
  package var pretty: String {
    var text = ""
    write(to: &text, indent: 0)
    return text
  }

  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let on): text += on ? "true" : "false"
    case .whole(let digits): text += digits
    case .number(let n): text += JSON.text(of: n)
    case .string(let string): JSON.quote(string, in: &text)
    case .array(let items):
      JSON.list(items, "[", "]", in: &text, indent) { item, text, indent in
        item.write(to: &text, indent: indent)
      }
    case .object(let members):
      JSON.list(members, "{", "}", in: &text, indent) { member, text, indent in
        JSON.quote(member.0, in: &text)
        text += indent == nil ? ":" : " : "
        member.1.write(to: &text, indent: indent)
      }
    }
  }

  private static func list<Item>(
    _ items: [Item], _ open: String, _ close: String, in text: inout String, _ indent: Int?,
    _ write: (Item, inout String, Int?) -> Void
  ) {
    text += open
    let inner = indent.map { $0 + 1 }
    for (i, item) in items.enumerated() {
      if i > 0 { text += "," }
      if let inner { text += "\n" + String(repeating: "  ", count: inner) }
      write(item, &text, inner)
    }
    if let indent { text += "\n" + String(repeating: "  ", count: indent) }
    text += close
  }

  /// All digits that tell a double from its neighbours. JSON has no nan and no inf: they are texts.
  private static func text(of n: Double) -> String {
    if n.isNaN { return "\"nan\"" }
    if n.isInfinite { return n < 0 ? "\"-inf\"" : "\"inf\"" }
    let text = "\(n)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func quote(_ string: String, in text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{c}": text += "\\f"
      // What turns the direction of text must not make a file look like another.
      case _ where scalar.value < 0x20 || scalar.turnsDirection:
        let hex = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self = .string(text) }
}

/// Members in the order in which they are written.
extension JSON: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral members: (String, JSON)...) { self = .object(members) }

  /// An object with more members; without others it stays as it is.
  package static func + (json: JSON, more: JSON?) -> JSON {
    guard case .object(let members) = json, case .object(let others)? = more else { return json }
    return .object(members + others)
  }
}

extension Unicode.Scalar {
  /// Whether it turns the direction of text, and so can make a text look like another.
  package var turnsDirection: Bool {
    switch value {
    case 0x61c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
