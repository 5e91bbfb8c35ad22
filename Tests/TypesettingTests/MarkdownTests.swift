import Testing
import Typesetting

@Suite struct MarkdownTests {
  /// A tree in one line: what became of each part.
  private func shape(_ text: String) -> String {
    func inline(_ parts: [Inline]) -> String {
      parts.map { part in
        switch part {
        case .text(let text): text
        case .code(let text): "<code>\(text)"
        case .emphasis(let inner): "<em>\(inline(inner))"
        case .strong(let inner): "<strong>\(inline(inner))"
        case .link(let inner, let to): "<\(to)>\(inline(inner))"
        case .math(let text): "<math>\(text)"
        case .softBreak: " "
        case .lineBreak: "<br>"
        }
      }.joined(separator: "|")
    }
    func named(_ block: Block) -> String {
      switch block {
      case .heading(let level, let inner): "h\(level):\(inline(inner))"
      case .paragraph(let inner): "p:\(inline(inner))"
      case .code(let text, let language): "code \(language):\(text)"
      case .list(let items, let first):
        "list \(first.map(String.init) ?? "-")["
          + items.map { $0.map(named).joined(separator: ";") }.joined(separator: ",") + "]"
      case .quote(let inner): "quote[" + inner.map(named).joined(separator: ";") + "]"
      case .table(let head, let rows):
        "table "
          + ([head] + rows).map { $0.map(inline).joined(separator: "/") }
          .joined(separator: ",")
      case .rule: "rule"
      }
    }
    return Markdown(text).blocks.map(named).joined(separator: "\n")
  }

  @Test(arguments: [
    ("# A *b*", "h1:A |<em>b"), ("- a\n- b", "list -[p:a,p:b]"), ("3. a", "list 3[p:a]"),
    ("> a", "quote[p:a]"), ("a\n\n---", "p:a\nrule"),
    ("|a|b|\n|-|-|\n|1|2|", "table a/b,1/2"), ("[a](b.html)", "p:<b.html>a"),
    ("```nn\nx = 1\n```", "code nn:x = 1\n"), ("a  \nb", "p:a|<br>|b"), ("**a**", "p:<strong>a"),
  ]) func blocksAndInlines(_ text: String, _ expected: String) { #expect(shape(text) == expected) }

  /// A star between two factors multiplies; what stands between words is emphasis.
  @Test(arguments: [
    ("0.5*2 and 1*-3", "p:0.5*2 and 1*-3"), ("w1*x1 + w2*x2", "p:w1*x1 + w2*x2"),
    ("2*(out - 1)*x", "p:2*(out - 1)*x"), ("an *old* word", "p:an |<em>old| word"),
    ("`a*b*c`", "p:<code>a*b*c"),
  ]) func starsMultiply(_ text: String, _ expected: String) { #expect(shape(text) == expected) }

  @Test(arguments: [
    ("so $a_i$ is", "p:so |<math>a_i| is"), ("5$ and 6$", "p:5$ and 6$"),
    ("$ a$", "p:$ a$"), ("$a*b*c$", "p:<math>a*b*c"), ("`$a$`", "p:<code>$a$"),
    ("costs $5 or $6", "p:costs $5 or $6"), ("\\$a\\$", "p:$a$"),
  ]) func formulas(_ text: String, _ expected: String) { #expect(shape(text) == expected) }

  /// Nothing of a text becomes more than text and harmless links.
  @Test(arguments: [
    ("<script>alert(1)</script>", "code :<script>alert(1)</script>\n"),
    ("a <b onclick=x>", "p:a |<b onclick=x>"), ("[a](javascript:alert)", "p:a"),
    ("[a](JaVaScRiPt:alert)", "p:a"), ("![a](http://x/y.png)", "p:a"), ("[a](//evil)", "p:a"),
    ("[a](data:text/html,x)", "p:a"),
  ]) func htmlIsText(_ text: String, _ expected: String) { #expect(shape(text) == expected) }

  @Test(arguments: [
    "<b>", "a <script>x</script>", "[a](javascript:x)", "![a](b.png)", "<!-- -->",
    "$\\href{javascript:x}{y}$",
  ])
  func sharedTextsAreInert(_ text: String) {
    let shared = Markdown.shared(text)
    #expect(shared != text)
    // Read as Markdown again it is plain text.
    for block in Markdown(shared).blocks {
      guard case .paragraph(let inner) = block else {
        Issue.record("\(shared) is more than a paragraph")
        continue
      }
      for part in inner { if case .text = part {} else { Issue.record("\(shared): \(part)") } }
    }
  }

  @Test(arguments: ["plain *words*", "`a < b`", "a < b and c", "[a](b.html)"])
  func otherTextsAreSharedAsTheyAre(_ text: String) { #expect(Markdown.shared(text) == text) }

  @Test func deepNestingEnds() {
    let deep = String(repeating: "> ", count: 5_000) + "a"
    #expect(Markdown(deep).blocks.count == 1)
    _ = Markdown(String(repeating: "*a ", count: 20_000))
    _ = Math(latex: String(repeating: "{", count: 20_000))
    _ = Math(latex: String(repeating: "\\frac", count: 5_000))
  }
}

@Suite struct MathTests {
  /// What is written between `$` as text, and as LaTeX again.
  @Test(arguments: [
    ("\\frac{1}{n}", "1/n", "\\frac{1}{n}"), ("x^2", "x²", "{x}^{2}"), ("w_i", "wᵢ", "{w}_{i}"),
    ("\\partial loss", "∂loss", "\\partial \\mathit{loss}"), ("e^(-x)", "e^(−x)", "{e}^{-x}"),
    ("\\sqrt{a+b}", "√(a + b)", "\\sqrt{a+b}"), ("\\alpha \\cdot x", "α · x", "\\alpha \\cdot x"),
    ("\\sum_{i} x_i", "∑_i xᵢ", "\\sum _{i}{x}_{i}"), ("\\text{so}", "so", "\\text{so}"),
    ("\\text{γ_1 ^}", "γ_1 ^", "\\text{γ\\_1 \\textasciicircum{}}"),
    ("\\unknown{x}", "\\unknownx", "\\text{\\textbackslash{}unknown}x"),
    ("sin(x)", "sin(x)", "\\sin(x)"),
    ("10^-3", "10^−3", "{10}^{-}3"),
  ]) func reads(_ latex: String, _ plain: String, _ again: String) {
    let math = Math(latex: latex)
    #expect(math.plain == plain)
    #expect(math.latex == again)
  }
}
