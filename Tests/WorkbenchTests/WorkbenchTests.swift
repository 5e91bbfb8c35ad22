import Diagnostics
import Foundation
import Interpreter
import Lessons
import Rendering
import Session
import Tensors
import Testing
import Workbench

/// A workbench whose files live in a dictionary, with what it showed.
final class Bench {
  let bench: Workbench
  private(set) var output = ""
  private(set) var problems = ""
  let store = Store()

  final class Store: @unchecked Sendable {
    var files: [String: [UInt8]] = [:]
    var reads = 0
  }

  init(seed: UInt64 = 0) {
    var settings = Workbench.Settings(seed: seed)
    let store = store
    settings.files = FileAccess(
      read: { path in
        store.reads += 1
        return store.files[path].map { .success($0) }
          ?? .failure(FileAccess.FileFault(reason: "no such file"))
      },
      write: { path, bytes in
        store.files[path] = bytes
        return .success(())
      })
    bench = Workbench(settings, Style())
  }

  @discardableResult func enter(_ text: String) -> Workbench.Ending {
    bench.enter(text) { [self] part in
      switch part {
      case .text(let text, _, _): output += text
      case .problem(let text, _): problems += text
      case .progress: break
      }
    }
  }

  func take() -> String {
    defer { (output, problems) = ("", "") }
    return output + problems
  }

  /// Names, values, gradients and the next random numbers.
  var state: String {
    var text = ""
    let names = bench.session.machine.variables.sorted { $0.name < $1.name }
    for (name, value) in names where name != "Out" {
      text += "\(name) = \(bench.session.machine.text(of: value))\n"
      if case .tensor(let node) = value, let gradient = node.gradient {
        text += "\(name).grad = \(gradient.text())\n"
      }
    }
    return text
  }
}

/// Sessions made up from pieces, the same for the same seed.
struct Scenario: Sendable, CustomTestStringConvertible {
  let seed: UInt64
  var testDescription: String { "session \(seed)" }

  static let pieces = [
    "x = 2", "x = x + 1", "x^2", "y = [1, 2, 3]*x", "y", "print(\"x is {x}\")", "rand(2)",
    "z = randn(3)", "param w = 0.5", "param v = [1, -2]", "l = (w*x - 1)^2", "backward l",
    "forward l", "l.forward(); zero_grad(w); l.backward()", "step sgd(w, lr=0.1)", "w.grad",
    "explain ∂l/∂w", "fn f(a) = a*x", "f(3)", "w := w + 1", "nonsense", "q = 1; nonsense2",
    "for i in range(3) { x = i; if i == 2 { nothing_here } }", "xs = list(1)", "append(xs, x); xs",
    "m = linear(2, 1)", "m([1, 2])", "m.weight", "_", "Out[1]", "s = \"text\"; s", "x = 5;",
    "no_grad { k = w*2 }", "if x > 2 { print(\"big\") } else { print(\"small\") }",
    "[1, 2] + [1, 2, 3]",
    "seed(3); rand(1)", "opt = adam(list(w), lr=0.1)", "opt.step(); w", "plot([3, 2, 1])", "1/0",
    "layer D(n) { param W = ones(n); forward(x) { dot(W, x) } }", "d = D(2); d([1, 2])",
    "dropout(ones(4), 0.5)", "while x < 10 { x = x + 3 }; x", "repeat 2 { print(x) }",
    "expect x > 100",
  ]

  var cells: [String] {
    var generator = Generator(seed: seed)
    return (0..<12).map { _ in Self.pieces[Int(generator.below(UInt64(Self.pieces.count)))] }
  }
}

@Suite struct WorkbenchTests {
  static let scenarios = (0..<60).map { Scenario(seed: UInt64($0)) }

  /// A saved session, run as a script, prints what the session printed.
  @Test(arguments: scenarios) func savedSessionPrintsTheSame(_ scenario: Scenario) throws {
    let bench = Bench()
    for cell in scenario.cells { bench.enter(cell) }
    let printed = bench.output
    bench.enter(":save s.nn")
    let text = String(decoding: try #require(bench.store.files["s.nn"]), as: UTF8.self)
    let session = Session(seed: Notebook(SourceText(id: 0, name: "s", text)).seed ?? 99)
    let notebook = Notebook(session.add(source: text, name: "s.nn"))
    let events = EventText(Style())
    var output = ""
    let errors = Playback.run(notebook, in: session) { step in
      guard case .event(let event) = step else { return }
      if case .warning = event { return }
      output += events.render(event, in: session)
    }
    #expect(errors.map(\.headline) == [])
    #expect(output == printed)
  }

  /// Taking the last cell back restores values, gradients and random numbers exactly.
  /// Cells are run again once, when something asks for what they left.
  @Test func undoRunsNothingUntilItIsAskedFor() {
    let bench = Bench()
    bench.store.files["d.csv"] = Array("a,b\n1,2\n".utf8)
    for cell in ["d = load_csv(\"d.csv\")", "x = 1", "y = 2", "z = 3"] { bench.enter(cell) }
    #expect(bench.store.reads == 1)
    for _ in 0..<3 { bench.enter(":undo") }
    #expect(bench.store.reads == 1)
    bench.enter("x = 5")
    bench.enter("x + 1")
    #expect(bench.store.reads == 2)
    bench.enter("y")
    #expect(bench.take().contains("there is no `y`"), "y was taken back")
  }

  @Test(arguments: scenarios) func undoRestoresEverything(_ scenario: Scenario) {
    let bench = Bench()
    var before = bench.state
    var count = bench.bench.cells.count
    for cell in scenario.cells {
      (before, count) = (bench.state, bench.bench.cells.count)
      bench.enter(cell)
    }
    let changed = bench.bench.cells.count > count
    if changed { bench.enter(":undo") }
    #expect(bench.state == before)
    // The same numbers come next, as in a session that never had the cell.
    let other = Bench()
    for cell in scenario.cells.dropLast() { other.enter(cell) }
    bench.enter("drawn = randn(5)")
    other.enter("drawn = randn(5)")
    #expect(bench.state == other.state)
  }

  /// What names and files hold cannot steer the terminal, wherever it is drawn.
  @Test func figuresShowControlCharacters() {
    let bench = Bench()
    bench.enter("plot([1, 2], [2, 1], labels=list(\"a\u{1b}[31m\", \"b\"), title=\"t\u{7}\")")
    bench.enter("hist([1, 2], title=\"h\u{1b}]0;x\u{7}\")")
    let controls = bench.output.unicodeScalars.filter { $0.value < 32 && $0 != "\n" }
    #expect(bench.output.contains("\\u{1b}[31m") && controls.isEmpty)
  }

  @Test func numbersCountTheCellsThatAreKept() {
    let bench = Bench()
    bench.enter("x = 2")
    bench.enter("losss")
    #expect(bench.bench.number == 2)
    bench.enter("x*3")
    bench.enter("Out[2] + _")
    #expect(bench.take().hasSuffix("6\n12\n") == false)
    #expect(bench.bench.number == 4)
  }

  @Test func commandsMayBeCutShort() {
    let bench = Bench()
    bench.enter("x = 2")
    bench.enter("param w = [1, 2]; l = sum(w^2); l.backward()")
    _ = bench.take()
    bench.enter(":v")
    #expect(
      bench.take() == """
          name   kind        shape   value    gradient
          ──────────────────────────────────────────────
          x      number                   2
          w      parameter   [2]     [1, 2]   norm 4.472
          l      computed                 5            1

        """)
    bench.enter(":c")
    #expect(
      bench.take() == "  [1] x = 2\n  [2] param w = [1, 2]; l = sum(w^2); l.backward()\n")
    bench.enter(":nope")
    #expect(bench.take().contains("there is no command `:nope`"))
    #expect(bench.enter(":q") == .quit)
    // What cannot be taken back is written out.
    bench.enter(":rese")
    #expect(bench.take().contains("there is no command `:rese`"))
    bench.enter(":reset")
    #expect(bench.take() == "forgot 2 cells\n")
    bench.enter(":load 3")
    #expect(bench.take().contains("∂loss/∂w1"))
    bench.enter(":time 1 + 1")
    #expect(bench.take().hasPrefix("2\n"))
  }

  @Test func questionsAreAnswered() {
    let bench = Bench()
    bench.enter("?sigmoid")
    #expect(bench.take().contains("z*(1 - z)"))
    bench.enter("??linear")
    #expect(bench.take().contains("param weight = kaiming_uniform"))
    bench.enter("??cross_entropy")
    #expect(bench.take().contains("log_softmax"))
    bench.enter("??adam")
    #expect(bench.take().contains("m = beta1*m + (1 - beta1)*grad"))
    bench.enter("fn double(x) = 2*x")
    bench.enter("??double")
    #expect(bench.take().contains("fn double(x) = 2*x"))
    bench.enter("?sigmiod")
    #expect(bench.take().contains("did you mean `sigmoid`?"))
    bench.enter("??print")
    #expect(bench.take().contains("written in Swift"))
  }

  // MARK: Completion

  struct Tab: Sendable, CustomTestStringConvertible {
    let typed: String
    let candidates: [String]
    var testDescription: String { typed }
  }

  static let tabs: [Tab] = [
    Tab(typed: "sigm", candidates: ["sigmoid"]),
    Tab(typed: "2 + my_v", candidates: ["my_value", "my_values"]),
    Tab(typed: "my_record.fi", candidates: ["first"]),
    Tab(typed: "model[0].wei", candidates: ["weight"]),
    Tab(typed: "opt.mom", candidates: ["momentum"]),
    Tab(typed: "my_value.req", candidates: ["requires_grad"]),
    Tab(typed: "sgd(model, mom", candidates: ["momentum="]),
    Tab(typed: "area(wid", candidates: ["width="]),
    Tab(typed: "\\sigma", candidates: ["σ"]), Tab(typed: "\\partial", candidates: ["∂"]),
    Tab(typed: "w\\_1", candidates: ["₁"]), Tab(typed: "\\part", candidates: ["\\partial"]),
    Tab(typed: ":und", candidates: ["undo"]), Tab(typed: "?softm", candidates: ["softmax"]),
    Tab(typed: "backw", candidates: ["backward"]), Tab(typed: "nothing_like_it", candidates: []),
    Tab(typed: "ŷ_h", candidates: ["ŷ_hat"]),
    Tab(typed: "backward my_value, pa", candidates: ["pause="]),
    Tab(typed: "area(", candidates: ["width=", "height="]),
    Tab(typed: ":load lesson03", candidates: ["lesson03.nn"]),
  ]

  @Test(arguments: tabs) func completion(_ tab: Tab) {
    let bench = Bench()
    bench.enter(
      """
      my_value = [1]; my_values = 2; ŷ_hat = 3
      my_record = record(first=1, second=2)
      model = sequential(linear(2, 3)); opt = sgd(model, lr=0.1, momentum=0.9)
      fn area(width, height) = width*height
      """)
    #expect(bench.bench.completion(tab.typed).candidates == tab.candidates)
  }

  @Test func aSpaceIsNotEatenByCompletion() {
    let found = Bench().bench.completion(":load ")
    #expect(found.start == 0)
    #expect(found.candidates.first == "lesson01.nn")
  }

  @Test func theValuesOfTheCellsHoldNotThemselves() {
    let bench = Bench()
    for entry in ["1", "Out", "list(Out)", "_", "Out", "Out[1]"] { bench.enter(entry) }
    #expect(bench.problems == "")
    #expect(bench.output.hasSuffix("Out = [1] 1\n1\n"))
  }

  @Test(arguments: [
    "scatter([0, 1], [inf, 1])", "scatter([0, 1], [nan, 1])", "plot([1e308, -1e308])",
    "heatmap([1e308, -1e308])", "hist([5e-324, 0])", "plot([inf, 1])",
    "scatter(dataset([[1, 2], [3, 4]], [1e9, 0]))",
    "boundary(linear(2, 1), dataset([[1, inf], [0, 0]], [0, 1]))",
  ]) func figuresOfWildNumbersAreDrawn(_ code: String) {
    let bench = Bench()
    #expect(bench.enter(code) == .done)
    // A data set that holds inf is told of.
    #expect(bench.problems == "" || bench.problems.hasPrefix("warning[bad-data]"))
    #expect(bench.output != "")
  }

  /// What a file or a name holds does not steer the terminal; what is printed is the learner's own.
  @Test(arguments: [
    "\"a\u{1b}[31mb\"", "list(\"\u{7}\", \"q\\\"\\n\")", "record(a=\"\u{1b}]0;t\u{7}\")",
    "dropout(1)[\"\u{1b}\"]", "load_csv(\"\u{1b}[2J\")",
  ]) func controlCharactersAreWrittenOut(_ code: String) {
    let bench = Bench()
    _ = bench.enter(code)
    let shown = bench.output + bench.problems
    #expect(shown != "")
    #expect(!shown.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
  }

  @Test(arguments: [
    "# ---\n# seed: 1e30\n# ---\n1", "# ---\n# nn: 7\n# ---\n1", "# ---\n# title: T\nx = 1",
  ]) func headersThatCannotBeReadAreTold(_ script: String) {
    let bench = Bench()
    #expect(bench.bench.play(script, "s.nn", whole: true) { _ in } != .done)
  }

  @Test func candidatesAgreeOnACommonBeginning() {
    let completion = Completion(start: 2, candidates: ["my_value", "my_values", "my_vat"])
    #expect(completion.common == "my_va")
  }

  // MARK: Stepping

  func walk(_ answers: [String], _ entry: String) -> String {
    let bench = Bench()
    bench.enter("x = 2; param w = 0.5; z = w*x; out = sigmoid(z); loss = (out - 1)^2;")
    _ = bench.take()
    var left = answers
    var asked = ""
    bench.bench.ask = { prompt in
      asked += prompt
      return left.isEmpty ? nil : left.removeFirst()
    }
    bench.enter(entry)
    return asked + "\n" + bench.take()
  }

  @Test func stepsGoForwardsAndBack() {
    let text = walk(["", "p", "n", "w w.grad", "c"], "backward loss, pause=true")
    #expect(text.hasPrefix("step 1/3> step 2/3> step 1/3> step 2/3> step 2/3> "))
    #expect(text.contains("w.grad = -0.2115"))
    #expect(text.components(separatedBy: "loss = (out - 1)^2").count == 3)
  }

  @Test func leavingEndsTheWalk() {
    let text = walk(["q"], "forward loss, pause=true")
    #expect(text.contains("step 1/3> "))
    #expect(!text.contains("step 2/3"))
  }

  @Test func wrongGuessesAreNamed() {
    // ∂loss/∂out, then ∂out/∂z and ∂loss/∂z, then ∂z/∂w and ∂loss/∂w; a wrong answer has a second try.
    let text = walk(
      [
        "2*(out - 1)", "out*(1 - out)", "0.1966", "-0.1058", "2", "+0.2115", "0.2115",
      ],
      "backward loss, predict=true")
    #expect(text.contains("✓ ∂loss/∂out"))
    #expect(text.contains("✓ ∂out/∂z = 0.1966"))
    #expect(text.contains("not quite: that is the local derivative alone"))
    #expect(text.contains("the sign is wrong: ∂loss/∂w = -0.2115"))
    #expect(text.contains("4 of 5 right: power 1/1, sigmoid 1/1, chain 1/2, product 1/1"))
  }

  @Test func aHintIsAboutTheFactorAndAQuestionMarkSaysWhy() {
    let text = walk(["7", "?", "?", "?", "?", "?", "q"], "backward loss, predict=true")
      .replacing(/\s+/, with: " ")
    #expect(text.contains("not quite: The outer power: what is (u^2)′, with u = out - 1?"))
    #expect(
      text.contains(
        "The rule of power: f = x^y changes by y*x^(y - 1) for each unit of x, here out - 1."))
    #expect(text.contains("nudge out by 0.001: loss goes from"))
    #expect(text.contains("0 of 3 right: power 0/1, sigmoid 0/1, chain 0/1"))
  }

  @Test func aMissingPathIsNamed() {
    let bench = Bench()
    bench.enter("param a = 2; b = 3*a; d = 2*b; e = b + d;")
    var answers = ["1", "1", "2", "1", "3", "3", "9"]
    bench.bench.ask = { _ in answers.isEmpty ? nil : answers.removeFirst() }
    bench.enter("backward e, predict=true")
    #expect(bench.take().contains("paths meet, and they add up"))
  }

  @Test func withoutAnyoneToAskItTellsStraightThrough() {
    let bench = Bench()
    bench.enter("param w = 3; y = w^2;")
    bench.enter("backward y, pause=true")
    #expect(bench.take().contains("∂y/∂w = 2*w = 6"))
  }

  // MARK: Pasting

  @Test func pastedPromptsAreStripped() {
    let copied = "nn[1]> x = 2\nnn[2]> fn f(a) {\n       a^2\n       }\nnn[3]> f(x)\n4\n"
    #expect(Paste.cleaned(copied) == "x = 2\nfn f(a) {\na^2\n}\nf(x)")
    #expect(Paste.cleaned("a = 1\nb = 2\n") == "a = 1\nb = 2")
  }

  @Test func marginsComeAndGo() {
    let entry = "fn f(a) {\n    a^2\n}"
    let shown = Margin.added(entry, 7)
    #expect(shown == "fn f(a) {\n           a^2\n       }")
    #expect(Margin.stripped(shown, 7) == entry)
  }

  @Test func completeEntriesAreTold() {
    let bench = Bench().bench
    for (text, isComplete) in [
      ("x = 2", true), ("f(", false), ("y = [1,", false), ("fn f(x) {", false), ("x = ", false),
      ("2 +", false), ("if x { 1 }", true), ("if x { 1 } else", false), (")", true),
      (":vars", true),
      ("\"open", true), ("", true), ("a = [1,\n 2]", true),
    ] {
      #expect(bench.isComplete(text) == isComplete, "\(text)")
    }
  }
}
