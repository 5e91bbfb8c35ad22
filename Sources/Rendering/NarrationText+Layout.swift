// Rows that fit the screen, and columns under each other.

extension NarrationText {
  /// A row that fits the screen; a longer one goes on below, broken before an operator or at a space.
  func fitted(_ row: String) -> [String] {
    guard row.columns > room else { return [row] }
    let margin = row.prefix { $0 == " " }.count
    let hanging = String(repeating: " ", count: min(margin + 4, room / 2))
    // What stands apart from a line, such as its shapes, goes below as a whole.
    if let (head, tail) = NarrationText.parted(row), head.columns > margin,
      hanging.columns + tail.columns <= room
    {
      return fitted(head) + [hanging + tail]
    }
    var lines = [String(repeating: " ", count: margin)]
    /// Puts a piece on the line, or on the next; one that is too long for any goes word by word.
    func put(_ piece: String, _ parts: (String) -> [String]) {
      let last = lines[lines.count - 1]
      let isFirst = last.allSatisfy { $0 == " " }
      let longer = isFirst ? last + piece : last + " " + piece
      if longer.columns <= room {
        lines[lines.count - 1] = longer
      } else if hanging.columns + piece.columns > room, parts(piece).count > 1 {
        for part in parts(piece) { put(part) { [$0] } }
      } else if isFirst {
        lines[lines.count - 1] = longer
      } else {
        while lines[lines.count - 1].hasSuffix(" ") { lines[lines.count - 1].removeLast() }
        lines.append(hanging + piece)
      }
    }
    for piece in NarrationText.pieces(row.dropFirst(margin)) {
      put(piece, NarrationText.words)
    }
    return lines
  }

  /// A piece's words; an index, `[0, 2]`, is not broken.
  private static func words(_ piece: String) -> [String] {
    var words: [String] = []
    var isOpen = false
    for word in piece.split(separator: " ").map(String.init) {
      if isOpen { words[words.count - 1] += " " + word } else { words.append(word) }
      let plain = words[words.count - 1].withoutCodes
      isOpen = plain.count(where: { $0 == "[" }) > plain.count(where: { $0 == "]" })
    }
    return words
  }

  /// What stands before and after the last wide gap of a line.
  static func parted(_ row: String) -> (head: String, tail: String)? {
    let characters = Array(row)
    guard
      let gap = characters.indices.dropFirst(2).last(where: { i in
        characters[i - 2...i].allSatisfy { $0 == " " }
      })
    else { return nil }
    let head = characters[...gap].reversed().drop { $0 == " " }.reversed()
    return (String(head), String(characters[(gap + 1)...]))
  }

  /// A line's words, those in brackets together, an operator with what follows it.
  static func pieces(_ text: some StringProtocol) -> [String] {
    var pieces: [String] = []
    var depth = 0
    var joins = false
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if joins, !pieces.isEmpty {
        pieces[pieces.count - 1] += " " + word
      } else {
        pieces.append(String(word))
      }
      let plain = String(word).withoutCodes
      for character in plain {
        depth += "([".contains(character) ? 1 : ")]".contains(character) ? -1 : 0
      }
      joins = depth > 0 || ["×", "=", "+", "-", "⟵", "@", "←", "where", "through"].contains(plain)
    }
    return pieces
  }

  /// Columns that a line may have beside the margin.
  var room: Int { max(style.width, 20) - 2 }

  /// Cells of rows padded to common widths, as long as the rows stay on one line; else each cell below
  /// the one before.
  func aligned(_ rows: [[String]]) -> [String] {
    let count = rows.map { $0.count }.max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count - 1 ? $0[column].columns : 0 }.max() ?? 0
    }
    let lines = rows.map { row in
      row.enumerated().map { i, cell in i == row.count - 1 ? cell : cell.padded(widths[i]) }
        .joined(separator: " ")
    }
    if lines.allSatisfy({ $0.columns <= room }) { return lines }
    return rows.flatMap { row -> [String] in
      let joined = row.joined(separator: " ")
      guard joined.columns > room, row.count > 2 else { return [joined] }
      let margin = String(repeating: " ", count: row[0].columns + 1)
      return [row[0] + " " + row[1]] + row.dropFirst(2).map { margin + $0 }
    }
  }
}
