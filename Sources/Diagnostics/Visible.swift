// Text from files and names, safe to show.

extension StringProtocol {
  /// The text with control characters written out, as in `\\u{1b}`: what comes from a file or a name must not
  /// steer the terminal. Line breaks stay.
  package var visible: String {
    guard unicodeScalars.contains(where: { $0.isControl }) else { return String(self) }
    return unicodeScalars.map { scalar in
      scalar.isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }.joined()
  }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool {
    properties.generalCategory == .control && self != "\n" && self != "\t"
  }
}
