// Comma-separated values (RFC 4180), row by row.

/// The rows of a text. Fields are separated by what the first line has most of: commas, semicolons or tabs; blanks
/// around a field are none of it, unless it is quoted.
struct CSVRows {
  private let bytes: [UInt8]
  private var at = 0
  private let separator: UInt8

  init(_ text: String) {
    bytes = Array(text.utf8)
    separator = CSVRows.separator(of: bytes)
  }

  /// What stands between the fields, where it is no comma.
  var oddSeparator: String? {
    switch separator {
    case UInt8(ascii: ";"): "semicolons"
    case UInt8(ascii: "\t"): "tabs"
    default: nil
    }
  }

  /// The next row; nil at the end. A line without anything has one empty field.
  /// - Throws: `DataTable.ReadFault.unreadable` where something follows a quoted field.
  mutating func next() throws(DataTable.ReadFault) -> [String]? {
    guard at < bytes.count else { return nil }
    var fields: [String] = []
    while true {
      fields.append(try field())
      guard at < bytes.count, bytes[at] == separator else { break }
      at += 1
    }
    skipLineEnd()
    return fields
  }

  private mutating func field() throws(DataTable.ReadFault) -> String {
    skipBlanks()
    if at < bytes.count, bytes[at] == UInt8(ascii: "\"") { return try quoted() }
    let start = at
    while at < bytes.count, bytes[at] != separator, !isLineEnd { at += 1 }
    var end = at
    while end > start, CSVRows.isBlank(bytes[end - 1]) { end -= 1 }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// A field in quotes, in which two stand for one.
  private mutating func quoted() throws(DataTable.ReadFault) -> String {
    var text: [UInt8] = []
    at += 1
    while true {
      guard at < bytes.count else { throw CSVRows.openQuote }
      if bytes[at] != UInt8(ascii: "\"") {
        text.append(bytes[at])
      } else if at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "\"") {
        text.append(bytes[at])
        at += 1
      } else {
        break
      }
      at += 1
    }
    at += 1
    skipBlanks()
    guard at == bytes.count || bytes[at] == separator || isLineEnd else {
      throw CSVRows.openQuote
    }
    return String(decoding: text, as: UTF8.self)
  }

  private var isLineEnd: Bool { bytes[at] == UInt8(ascii: "\n") || bytes[at] == UInt8(ascii: "\r") }

  private mutating func skipLineEnd() {
    if at < bytes.count, bytes[at] == UInt8(ascii: "\r") { at += 1 }
    if at < bytes.count, bytes[at] == UInt8(ascii: "\n") { at += 1 }
  }

  private mutating func skipBlanks() {
    while at < bytes.count, CSVRows.isBlank(bytes[at]), bytes[at] != separator { at += 1 }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  private static let openQuote = DataTable.ReadFault.unreadable(
    "A quoted field must end with its quote, and a comma or the line's end follow.")

  /// What the first line has most of, outside quotes.
  private static func separator(of bytes: [UInt8]) -> UInt8 {
    let known = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
    var counts = [0, 0, 0]
    var isQuoted = false
    for byte in bytes {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard !isQuoted else { continue }
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { break }
      if let k = known.firstIndex(of: byte) { counts[k] += 1 }
    }
    let most = counts.max() ?? 0
    return known[counts.firstIndex(of: most) ?? 0]
  }
}
