import Diagnostics
import Testing

@Suite struct SourceTextTests {
  private let source = SourceText(id: 3, name: "s", "ab\nŷ😀c\n\nlast")

  @Test func linesAreCountedFromOne() {
    #expect([0, 2, 3, 10, 11, 12, 13, 16].map { source.line(at: $0) } == [1, 1, 2, 2, 3, 4, 4, 4])
    #expect((1...4).map { source.text(line: $0) } == ["ab", "ŷ😀c", "", "last"])
  }

  /// Columns are characters, spans are bytes.
  @Test func columnsAreCharacters() {
    #expect(source.column(at: 1) == 1)
    #expect(source.column(at: 3 + "ŷ😀".utf8.count) == 2)
    let span = Span(source: 3, start: 3, end: 3 + "ŷ😀".utf8.count)
    #expect(source.text(span) == "ŷ😀")
    #expect(source.text(Span(source: 3, start: 12, end: 99)) == "last")
    #expect(source.text(Span(source: 3, start: 98, end: 99)) == "")
  }

  @Test func spansJoin() {
    let joined = Span(source: 3, start: 2, end: 4).to(Span(source: 3, start: 7, end: 9))
    #expect(joined == Span(source: 3, start: 2, end: 9))
  }
}

@Suite struct SuggestTests {
  @Test(arguments: [
    ("sigmod", ["sigmoid", "sign", "sum"], ["sigmoid"]), ("x", ["y", "z"], []),
    ("LOSS", ["loss", "boss"], ["loss"]), ("weigth", ["weight", "height", "w"], ["weight"]),
    ("loss", ["loss"], []),
  ]) func closeNamesAreFound(_ name: String, _ known: [String], _ found: [String]) {
    #expect(Suggest.close(to: name, among: known) == found)
  }

  @Test func namesFromElsewhereAndDerivativesAreKnown() {
    #expect(Suggest.meant(by: "nil", []) == "write `none`")
    #expect(
      Suggest.meant(by: "dloss", ["loss"])
        == "a derivative is written `∂loss/∂w`, or `grad(loss, w)`")
    #expect(Suggest.meant(by: "lss", ["loss"]) == "did you mean `loss`?")
    #expect(Suggest.meant(by: "qqqq", ["loss"]) == nil)
  }
}

@Suite struct VisibleTests {
  @Test func controlCharactersAreWrittenOut() {
    #expect("a\u{1b}[31mb\u{7}".visible == "a\\u{1b}[31mb\\u{7}")
    #expect("ŷ\n\t😀".visible == "ŷ\n\t😀")
  }
}
