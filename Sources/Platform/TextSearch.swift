// Parts of texts found and replaced: what the standard library leaves to one that a page does not have.

extension StringProtocol {
  /// Whether a text that is not empty occurs in this one.
  package func includes(_ part: String) -> Bool { firstPlace(of: part, from: startIndex) != nil }

  /// The same text with another one wherever `part`, which is not empty, occurs.
  package func with(_ part: String, replacedBy other: String) -> String {
    var result = ""
    var start = startIndex
    while let place = firstPlace(of: part, from: start) {
      result += self[start..<place.lowerBound]
      result += other
      start = place.upperBound
    }
    return start == startIndex ? String(self) : result + self[start...]
  }

  /// Where a text occurs first.
  package func firstPlace(of part: String, from start: Index? = nil) -> Range<Index>? {
    let (text, wanted) = (utf8, part.utf8)
    guard let first = wanted.first else { return nil }
    var at = start ?? startIndex
    while let found = text[at...].firstIndex(of: first) {
      var (place, rest) = (found, wanted.startIndex)
      while rest != wanted.endIndex, place != text.endIndex, text[place] == wanted[rest] {
        place = text.index(after: place)
        rest = wanted.index(after: rest)
      }
      if rest == wanted.endIndex { return found..<place }
      at = text.index(after: found)
    }
    return nil
  }
}

extension StringProtocol {
  /// Without space at either end.
  package var trimmingSpace: String {
    var part = self[...]
    while part.first?.isWhitespace == true { part.removeFirst() }
    while part.last?.isWhitespace == true { part.removeLast() }
    return String(part)
  }
}
