// Moving within an entry of several lines while it is edited.

/// An entry and a place in it, counted in Unicode scalars. Its lines but the first begin behind a margin of
/// spaces, as wide as the prompt that the first stands behind.
package struct EntryLine {
  private let text: [Unicode.Scalar]
  private let cursor: Int
  private let margin: Int

  package init(_ text: String, cursor: Int, margin: Int) {
    self.text = Array(text.unicodeScalars)
    self.cursor = min(max(0, cursor), self.text.count)
    self.margin = margin
  }

  private func start(of place: Int) -> Int { (text[..<place].lastIndex(of: "\n") ?? -1) + 1 }
  private func end(of place: Int) -> Int { text[place...].firstIndex(of: "\n") ?? text.count }

  /// How far it is to the start of the line; the margin belongs to the prompt.
  package var toStart: Int {
    let start = start(of: cursor)
    guard start > 0 else { return -cursor }
    return start + spaces(from: start, atMost: margin) - cursor
  }

  /// How far it is to the end of the line.
  package var toEnd: Int { end(of: cursor) - cursor }

  /// How many scalars go up to the end of the line; at its end, the line break.
  package var killed: Int { toEnd == 0 && cursor < text.count ? 1 : toEnd }

  /// How many scalars before the cursor Backspace takes: over the margin it joins the line to the one above.
  package var erased: Int {
    let start = start(of: cursor)
    let column = cursor - start
    let isMargin = start > 0 && column <= margin && spaces(from: start, atMost: column) == column
    return isMargin ? column + 1 : min(1, cursor)
  }

  /// How far it is to the same column of the line above or below; nil if there is none.
  package func toLine(above: Bool) -> Int? {
    let start = start(of: cursor)
    let target: Int
    if above {
      guard start > 0 else { return nil }
      target = self.start(of: start - 1)
    } else {
      let end = end(of: cursor)
      guard end < text.count else { return nil }
      target = end + 1
    }
    let column = cursor - start + (start == 0 ? margin : 0) - (target == 0 ? margin : 0)
    return min(target + max(0, column), end(of: target)) - cursor
  }

  private func spaces(from place: Int, atMost most: Int) -> Int {
    text[place..<cursor].prefix(most).prefix { $0 == " " }.count
  }
}
