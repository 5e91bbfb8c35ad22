import Foundation
import JSONText
import Testing

/// Held against Foundation's writer and reader.
@Suite struct JSONTests {
  private struct Sample: Codable, Equatable {
    enum Kind: String, Codable { case first, second }
    enum Choice: Codable, Equatable {
      case nothing
      case number(Double)
      case pair(name: String, [Int])
    }
    var text = "a\"b\\c\n\r\t\u{1}\u{8}\u{c}/ŷ😀\u{2028}"
    var (whole, large) = (-7, UInt64.max)
    var (tiny, half, third) = (1e-12, 0.5, 1.0 / 3)
    var single: Float = 0.1
    var (on, none) = (true, Int?.none)
    var list = [1.0, 2, 3.25]
    var empty: [Int] = []
    var lists = [["x": [true]], [:]]
    var kind = Kind.second
    var choices: [Choice] = [.nothing, .number(2), .pair(name: "n", [1, 2])]
  }

  @Test func itIsFoundationsText() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = try JSON(encoding: Sample()).line
    #expect(text == String(decoding: try encoder.encode(Sample()), as: UTF8.self))
    encoder.outputFormatting.insert(.prettyPrinted)
    var filled = Sample()
    (filled.empty, filled.lists) = ([1], [["x": [true]]])
    let pretty = try JSON(encoding: filled).pretty
    #expect(
      pretty.replacing("{\n      }", with: "{\n\n      }")
        == String(decoding: try encoder.encode(filled), as: UTF8.self))
    let back = try JSONDecoder().decode(Sample.self, from: Data(text.utf8))
    #expect(back == Sample())
  }

  /// Any text comes back, whatever it holds.
  @Test func everyCharacterComesBack() throws {
    let scalars = (UInt32(0)..<0x3000).compactMap { Unicode.Scalar($0) }
    let text = String(String.UnicodeScalarView(scalars)) + "😀"
    let line = JSON.array([.string(text)]).line
    #expect(try JSONDecoder().decode([String].self, from: Data(line.utf8)) == [text])
    #expect(!line.contains("\n"))
  }

  @Test(arguments: [
    0, -0.0, 1, -1, 0.1, 1e21, 1e-7, 123456789.125, .pi, .leastNonzeroMagnitude,
    1.7976931348623157e308, 1e15, 1e16,
  ]) func numbersKeepAllDigits(_ n: Double) throws {
    let line = JSON.array([.number(n)]).line
    #expect(try JSONDecoder().decode([Double].self, from: Data(line.utf8)) == [n])
  }

  @Test func whatJSONHasNotIsText() {
    let line = JSON.array([.number(.nan), .number(.infinity), .number(-.infinity), .null]).line
    #expect(line == #"["nan","inf","-inf",null]"#)
  }

  @Test func membersStayInTheirOrder() {
    let object = JSON.object([("b", .int(1)), ("a", "x"), ("c", .bool(false)), ("d", .array([]))])
    #expect(object.line == #"{"b":1,"a":"x","c":false,"d":[]}"#)
  }
}
