// Offsets into a text are bytes of UTF-8 everywhere in this program; others count otherwise.

/// What a program counts when it states a place in a text.
package enum OffsetUnit: String, CaseIterable, Sendable {
  case utf8 = "utf-8"
  /// As editors do (the Language Server Protocol, JavaScript).
  case utf16 = "utf-16"
  /// As Jupyter does: Unicode scalars.
  case codePoints = "code-points"

  /// The bytes before a place; a place within a character counts as its beginning, one past the end as the end.
  package func bytes(before offset: Int, in text: String) -> Int {
    guard offset > 0 else { return 0 }
    let scalars = text.unicodeScalars
    var (left, bytes) = (offset, 0)
    for scalar in scalars {
      let size = self.size(scalar)
      guard size <= left else { return bytes }
      left -= size
      bytes += UTF8.width(scalar)
    }
    return bytes
  }

  /// The place that some bytes come to.
  package func offset(ofBytes bytes: Int, in text: String) -> Int {
    var (left, offset) = (bytes, 0)
    for scalar in text.unicodeScalars {
      guard UTF8.width(scalar) <= left else { return offset }
      left -= UTF8.width(scalar)
      offset += size(scalar)
    }
    return offset
  }

  private func size(_ scalar: Unicode.Scalar) -> Int {
    switch self {
    case .utf8: UTF8.width(scalar)
    case .utf16: UTF16.width(scalar)
    case .codePoints: 1
    }
  }
}
