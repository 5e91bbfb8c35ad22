// Parts of texts found and replaced, beside Foundation's.
import Foundation
import Platform
import Testing

struct TextSearchTests {
  private static let texts = [
    "", "a", "aa", "aaa", "abab", "ŷ = ∂loss/∂ŷ", "a\nb\r\nc", "é́é", "🙂🙂", "∂∂/∂", "abcabcab",
  ]
  private static let parts = ["a", "aa", "ab", "abc", "∂", "ŷ", "🙂", "\n", "zz", "/∂"]

  @Test func asFoundationFindsThem() {
    for text in Self.texts {
      for part in Self.parts {
        let place = text.range(of: part, options: .literal)
        #expect(text.includes(part) == (place != nil), "\(part) in \(text)")
        #expect(text.firstPlace(of: part)?.lowerBound == place?.lowerBound)
        #expect(
          text.with(part, replacedBy: "<>")
            == text.replacingOccurrences(of: part, with: "<>", options: .literal))
      }
    }
    // What is empty occurs nowhere.
    #expect(!"abc".includes("") && "abc".with("", replacedBy: "x") == "abc")
  }

  @Test func wholeNumbersOfDoubles() {
    #expect(Int(whole: 3) == 3 && Int(whole: -0.0) == 0 && Int(whole: -7) == -7)
    #expect(Int(whole: 0.5) == nil && Int(whole: .nan) == nil && Int(whole: .infinity) == nil)
    #expect(Int(whole: 0x1p62) == 1 << 62 && Int(whole: 0x1p63) == nil)
  }

  @Test func theFirstOfEqualKeysCounts() {
    let table = Dictionary(firstOf: [("a", 1), ("b", 2), ("a", 3)])
    #expect(table == ["a": 1, "b": 2])
  }

  @Test func numbersAsCPrintsThem() {
    for x in [0, 1, -1.5, 1e21, 1e-7, 123456.789, .pi] as [Double] {
      #expect(Printed.fixed(x, 3) == String(format: "%.3f", x))
      #expect(Printed.scientific(x, 4) == String(format: "%.4e", x))
      #expect(Printed.general(x, 6) == String(format: "%.6g", x))
    }
  }
}
