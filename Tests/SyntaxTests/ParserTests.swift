import Diagnostics
import Syntax
import Testing

@Suite struct ParserTests {
  static func parse(_ text: String) -> Parsed {
    Parser.parse(SourceText(id: 0, name: "test", text))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let source: String
    let canonical: String
    var testDescription: String { source }
  }

  static let cases: [Case] = [
    Case(source: "y=-a**2", canonical: "y = -a^2"),
    Case(source: "2 ** -b", canonical: "2^-b"),
    Case(source: "a ** b ** 0.5", canonical: "a^b^0.5"),
    Case(source: "(a^b)^c", canonical: "(a^b)^c"),
    Case(source: "a - (b - c)", canonical: "a - (b - c)"),
    Case(source: "not a == b and c or d", canonical: "not a == b and c or d"),
    Case(source: "x @ W.T + b", canonical: "x @ W.T + b"),
    Case(source: "W[:, 1:3, ..., -1]", canonical: "W[:, 1:3, ..., -1]"),
    Case(source: "explain ∂loss/∂W[0, 2]", canonical: "explain ∂loss/∂W[0, 2]"),
    Case(source: "w₁ × 2 − ŷ ≤ 3", canonical: "w₁*2 - ŷ <= 3"),
    Case(source: "fn f(x, k=2) = x^k", canonical: "fn f(x, k=2) = x^k"),
    Case(source: "backward loss, detail=\"ops\"", canonical: "backward loss, detail=\"ops\""),
    Case(source: "\"epoch {e + 1}: {loss:.4f}\"", canonical: "\"epoch {e + 1}: {loss:.4f}\""),
    Case(
      source: "for a, b in zip { repeat 3 { x += 1 } }",
      canonical: "for a, b in zip {\n  repeat 3 {\n    x += 1\n  }\n}"),
    Case(
      source: "layer D(i) { param W = zeros(i)\n forward(x) { x @ W } }",
      canonical: "layer D(i) {\n  param W = zeros(i)\n  forward(x) {\n    x @ W\n  }\n}"),
    Case(source: "f(1)(2).g[0]", canonical: "f(1)(2).g[0]"),
    Case(source: "x.if", canonical: "x.if"),
  ]

  @Test(arguments: cases) func textBecomesItsCanonicalForm(_ sample: Case) {
    let parsed = Self.parse(sample.source)
    #expect(parsed.diagnostics.map(\.headline) == [])
    let text = parsed.statements.map(\.text).joined(separator: "\n")
    #expect(text == sample.canonical)
    #expect(Self.parse(text).statements.map(\.text).joined(separator: "\n") == text)
  }

  @Test func openBracketsAskForMore() {
    #expect(Self.parse("fn f(x) {\n  x").isIncomplete)
    #expect(Self.parse("x = [1, 2").isIncomplete)
    #expect(!Self.parse("x = 1 )").isIncomplete)
  }

  struct ScriptFault: Sendable, CustomTestStringConvertible {
    let source: String
    let id: Diagnostic.Identifier
    var testDescription: String { source }
  }

  static let faults: [ScriptFault] = [
    ScriptFault(source: "x = “a”", id: .unreadableCharacter),
    ScriptFault(source: "\"abc", id: .unclosedString),
    ScriptFault(source: "2x", id: .badNumber), ScriptFault(source: "if x = 1 { }", id: .unexpected),
    ScriptFault(source: "break", id: .misplaced), ScriptFault(source: "return 1", id: .misplaced),
    ScriptFault(source: "nn.Linear(2, 3)", id: .otherLanguage),
    ScriptFault(source: "lambda x: x", id: .otherLanguage),
    ScriptFault(source: "def f(x)", id: .otherLanguage),
    ScriptFault(source: "1 = x", id: .unexpected), ScriptFault(source: "x[]", id: .unexpected),
    ScriptFault(source: "∂loss/w", id: .unexpected),
    ScriptFault(source: "fn f(a, a) = a", id: .unexpected),
  ]

  @Test(arguments: faults) func mistakesAreNamed(_ fault: ScriptFault) {
    #expect(Self.parse(fault.source).diagnostics.first?.id == fault.id)
  }

  @Test func oneMistakeDoesNotHideTheNext() {
    #expect(Self.parse("x = )\ny = 1\nz = ]").diagnostics.count == 2)
  }
}
