// Where source text is kept: spans point into it, diagnostics quote it.

/// A part of a source, in bytes.
package struct Span: Hashable, Sendable {
  package var source: Int32
  package var start: Int32
  package var end: Int32

  package init(source: Int, start: Int, end: Int) {
    self.source = Int32(source)
    self.start = Int32(start)
    self.end = Int32(end)
  }

  /// From the start of this span to the end of another.
  package func to(_ other: Span) -> Span {
    Span(source: Int(source), start: Int(start), end: max(Int(end), Int(other.end)))
  }
}

/// One text that was read: a file, or an entry at the prompt.
package struct SourceText: Sendable {
  package let id: Int
  package let name: String
  package let bytes: [UInt8]
  private let lineStarts: [Int]

  package init(id: Int, name: String, _ text: String) {
    self.id = id
    self.name = name
    bytes = Array(text.utf8)
    var starts = [0]
    for (i, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(i + 1) }
    lineStarts = starts
  }

  /// Larger sources are refused, in bytes.
  package static let sizeLimit = 4 << 20

  package var whole: Span { Span(source: id, start: 0, end: bytes.count) }

  /// What stands in a span.
  package func text(_ span: Span) -> String {
    let end = min(Int(span.end), bytes.count)
    return String(decoding: bytes[min(Int(span.start), end)..<end], as: UTF8.self)
  }

  /// The line that holds a byte, from 1.
  package func line(at offset: Int) -> Int {
    var (low, high) = (0, lineStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// A line without its end, counted from 1.
  package func text(line: Int) -> String {
    let start = lineStarts[line - 1]
    let end = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
    return String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
  }

  /// The column of a byte in characters, from 0.
  package func column(at offset: Int) -> Int {
    let start = lineStarts[line(at: offset) - 1]
    return String(decoding: bytes[start..<min(max(offset, start), bytes.count)], as: UTF8.self)
      .count
  }
}
