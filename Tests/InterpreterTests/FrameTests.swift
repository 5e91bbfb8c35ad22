import Interpreter
import Session
import TestSupport
import Testing

/// Code that the language runs for a verb or a question touches no variable of the functions that wait for it.
@Suite struct FrameTests {
  /// A verb 6000 calls deep; each call keeps a number that it adds afterwards.
  static func deep(_ verb: String) -> String {
    """
    seed(0); m = linear(2, 2); loss = mean(m([1, 2])^2)
    fn f(n) { if n == 0 { g(); 0 } else { a = n; b = f(n - 1); a + b } }
    fn g() { \(verb) }
    print("sum", f(6000))
    """
  }

  @Test(arguments: [
    "backward loss", "backward loss, detail=\"ops\"", "forward loss, detail=\"ops\"",
    "explain loss, detail=\"ops\"", "explain ∂loss/∂m.bias[0], detail=\"ops\"",
    "summary(m)", "m([3, 4])",
  ])
  func variablesBelowAVerbStay(_ verb: String) {
    let (output, errors) = Program.run(Self.deep(verb))
    #expect(errors.map(\.headline) == [])
    #expect(output.hasSuffix("sum 18003000\n"))
  }

  /// A learner's answer may call functions of its own while the cell waits.
  @Test func variablesBelowAnAnswerStay() {
    let session = Session()
    var (output, answers) = ("", [Double?]())
    session.machine.audience.walk = { [unowned session] _, _ in
      answers.append(session.number("h(2000)"))
      return true
    }
    let outcome = session.run(
      "fn h(n) { if n == 0 { 0 } else { c = n; d = h(n - 1); c + d } }\n"
        + Self.deep("backward loss, predict=true")
    ) { if case .text(let text) = $0 { output += text } }
    #expect(outcome.errors.map(\.headline) == [])
    #expect(answers == [2_001_000])
    #expect(output == "sum 18003000\n")
  }
}
