import Testing
import Workbench

/// Keys that move within an entry of several lines; `|` is where the cursor stands.
@Suite struct EntryLineTests {
  private static let margin = 3

  /// The entry with its cursor, and where a distance leads.
  private func line(_ text: String) -> EntryLine {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false)
    return EntryLine(
      parts.joined(), cursor: parts[0].unicodeScalars.count, margin: Self.margin)
  }

  private func moved(_ text: String, by distance: Int) -> String {
    var scalars = Array(text.unicodeScalars)
    guard let cursor = scalars.firstIndex(of: "|") else { return text }
    scalars.remove(at: cursor)
    scalars.insert("|", at: cursor + distance)
    return String(String.UnicodeScalarView(scalars))
  }

  @Test(arguments: [
    ("ab|c", "|abc", "abc|"), ("a\n   b|c", "a\n   |bc", "a\n   bc|"),
    ("a\n  | bc", "a\n  | bc", "a\n   bc|"), ("ŷ😀|z\nb", "|ŷ😀z\nb", "ŷ😀z|\nb"), ("|", "|", "|"),
  ])
  func homeAndEndStayInTheLine(_ text: String, _ start: String, _ end: String) {
    #expect(moved(text, by: line(text).toStart) == start)
    #expect(moved(text, by: line(text).toEnd) == end)
  }

  @Test(arguments: [
    // The first line stands behind the prompt, the others behind their margin.
    ("abc\n   d|ef", "a|bc\n   def"), ("a\n   def|", "a|\n   def"),
    ("ab\n   cd\n   e|f", "ab\n   c|d\n   ef"), ("ab\n | cd", "|ab\n  cd"),
  ])
  func upGoesToTheSameColumn(_ text: String, _ up: String) throws {
    #expect(moved(text, by: try #require(line(text).toLine(above: true))) == up)
  }

  @Test(arguments: [("a|bc\n   def", "abc\n   d|ef"), ("abcdef|\n   g", "abcdef\n   g|")])
  func downGoesToTheSameColumn(_ text: String, _ down: String) throws {
    #expect(moved(text, by: try #require(line(text).toLine(above: false))) == down)
  }

  @Test func thereIsNoLineAboveTheFirstOrBelowTheLast() {
    #expect(line("a|b\n   c").toLine(above: true) == nil)
    #expect(line("ab\n   c|").toLine(above: false) == nil)
  }

  @Test(arguments: [
    ("a|", 1), ("|a", 0), ("a\n   |b", 4), ("a\n  | b", 3), ("a\n    |b", 1), ("a\n   b|", 1),
  ])
  func backspaceJoinsLinesOverTheMargin(_ text: String, _ count: Int) {
    #expect(line(text).erased == count)
  }

  @Test(arguments: [("a|bc\nd", 2), ("abc|\nd", 1), ("abc|", 0)])
  func killGoesToTheEndOfTheLine(_ text: String, _ count: Int) {
    #expect(line(text).killed == count)
  }
}
