import Diagnostics
import Synchronization
import TestSupport
import Testing

@testable import Interpreter
@testable import Session

/// What belongs to a layer, and how often it counts. The numbers are torch 2.13's.
@Suite struct PartsTests {
  static let programs: [Program] = [
    // A constructor argument that holds layers is a part, as `self.inner = inner` registers it.
    Program(
      code: """
        layer Wrap(inner) { forward(x) { inner(x) } }
        w = Wrap(linear(2, 1))
        print(len(w.parameters()), w.inner.weight.shape)
        """, output: "2 [1, 2]\n"),
    Program(
      code: """
        layer Chain(blocks) { forward(x) { for b in blocks { x = b(x) }; x } }
        print(len(Chain(list(linear(2, 3), list(linear(3, 1)))).parameters()))
        """, output: "4\n"),
    Program(
      code: """
        layer Keep(inner) { body = inner; forward(x) { body(inner(x)) } }
        print(len(Keep(linear(2, 2)).parameters()))
        """, output: "2\n"),
    Program(
      code: """
        layer Scale(s, k) { param first = 2*s; forward(x) { s*k*first*x } }
        layer Start(s) { param own = 2*s; forward(x) { own*x } }
        param s = 3
        print(len(Scale(s, 2).parameters()), len(Start(s).parameters()))
        """, output: "2 1\n"),
    // An optimizer moves what was handed in, and the mode reaches it.
    Program(
      code: """
        layer Wrap(inner) { forward(x) { inner(x) } }
        w = Wrap(linear(1, 1)); w.inner.weight := [[2]]; w.inner.bias := [0]
        loss = sum(w([[3]])); loss.backward(); opt = sgd(w, lr=0.1); opt.step(); w.eval()
        print(w.inner.weight, w.inner.bias, w.inner.training)
        """, output: "[[1.7]] [-0.1] false\n"),
    // A shared layer is one: one step, one part of the norm.
    Program(
      code: """
        l = linear(1, 1); l.weight := [[2]]; l.bias := [1]
        m = sequential(l, relu, l)
        loss = sum(m([[3]])); loss.backward()
        print(len(m.parameters()), l.weight.grad, l.bias.grad, clip_grad_norm(m, 100))
        opt = sgd(m, lr=0.1); opt.step()
        print(l.weight, l.bias)
        """, output: "2 [[13]] [3] 13.34\n[[0.7]] [0.7]\n"),
    Program(
      code: """
        l = linear(1, 1); m = sequential(l, relu, l); p = list(m, l)
        print(len(sgd(p, lr=0.1).parameters))
        """, output: "2\n"),
    // Tied weights likewise.
    Program(
      code: """
        e = embedding(2, 2); h = linear(2, 2, bias=false)
        e.weight := [[1, 2], [3, 4]]
        h.weight = e.weight
        m = sequential(e, h)
        loss = sum(m([0])); loss.backward(); opt = adam(m, lr=0.1); opt.step()
        print(len(m.parameters()), e.weight.grad)
        print(h.weight)
        """, output: "1 [[5, 8],\n [1, 2]]\n[[0.9, 1.9],\n [2.9, 3.9]]\n"),
    // state names every place, as state_dict does.
    Program(
      code: "l = linear(1, 1); m = sequential(l, l); for name in m.state() { print(name) }",
      output: "0.weight\n0.bias\n1.weight\n1.bias\n"),
    // What may take a field's place.
    Program(
      code: "m = linear(2, 2); m.bias = none; print(len(m.parameters()), m([0, 0]))",
      output: "1 [0, 0]\n"),
    Program(
      code: "m = sequential(linear(1, 1)); m.eval(); b = batchnorm1d(2); b.running_mean = [1, 2]\n"
        + "print(b.state().running_mean)", output: "[1, 2]\n"),
  ]

  @Test(arguments: programs) func partsCountAsInPyTorch(_ sample: Program) {
    let (output, errors) = Program.run(sample.code)
    #expect(errors.map(\.headline) == [])
    #expect(output == sample.output)
  }

  @Test func summaryCountsWhatIsSharedOnce() throws {
    let session = Session()
    _ = session.run("l = linear(1, 1); s = summary(sequential(l, relu, l))") { _ in }
    guard case .host(let object)? = session.value("s"), let figure = object as? FigureObject,
      case .table(_, let rows, let foot) = figure.figure
    else {
      Issue.record("no table")
      return
    }
    #expect(rows.map(\.last) == ["2", "", "as above"])
    #expect(foot.hasPrefix("2 numbers to learn"))
  }

  /// A file that is kept in memory.
  private final class File: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    func run(_ code: String) -> (text: String, faults: [Diagnostic]) {
      let session = Session()
      session.machine.files = FileAccess(
        read: { _ in .success(self.bytes.withLock { $0 }) },
        write: { _, new in
          self.bytes.withLock { $0 = new }
          return .success(())
        })
      var text = ""
      let outcome = session.run(code) { if case .text(let part) = $0 { text += part } }
      return (text, outcome.errors)
    }
  }

  /// One tensor is written once, as safetensors' `save_model` does, and read under any of its names.
  @Test func filesKeepWhatIsSharedOnce() {
    let file = File()
    let model = "l = linear(1, 1); m = sequential(l, relu, l)\n"
    let (names, faults) = file.run(
      model + "l.weight := [[7]]; save(m, \"f\"); for n in load(\"f\") { print(n) }")
    #expect(faults.map(\.headline) == [])
    #expect(names == "0.weight\n0.bias\n")
    #expect(file.run(model + "load(m, \"f\"); print(l.weight)").text == "[[7]]\n")
  }

  /// A file may have both names, as PyTorch's `state_dict` has, with the same numbers.
  @Test(arguments: [("[[4]]", "[[4]]\n"), ("[[5]]", "")])
  func namesOfOneTensorAgree(_ second: String, _ wanted: String) {
    let (text, faults) = File().run(
      """
      r = record()
      r["0.weight"] = [[4]]; r["0.bias"] = [1]; r["2.weight"] = \(second); r["2.bias"] = [1]
      save(r, "f")
      l = linear(1, 1); m = sequential(l, relu, l)
      load(m, "f"); print(l.weight)
      """)
    #expect(text == wanted)
    #expect(faults.first?.id == (wanted.isEmpty ? .badData : nil))
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let code: String
    let hint: String
    /// The program with the hint followed.
    let mended: String
    var testDescription: String { code }
  }

  static let refusals: [Refusal] = [
    Refusal(
      code: "m = linear(2, 1)\nm.weight = zeros(1, 2)",
      hint: "store numbers of shape [1, 2] in it with `m.weight := …`",
      mended: "m = linear(2, 1)\nm.weight := zeros(1, 2); len(m.parameters())"),
    Refusal(
      code: "m = linear(2, 1)\nm.weight = 3",
      hint: "store numbers of shape [1, 2] in it with `m.weight := …`",
      mended: "m = linear(2, 1)\nm.weight := 3*ones(1, 2); len(m.parameters())"),
    Refusal(
      code: "layer L() { param w = 3; forward(x) { w*x } }\nm = list(L())\nm[0].w = 4",
      hint: "store a number in it with `m[0].w := …`",
      mended:
        "layer L() { param w = 3; forward(x) { w*x } }\nm = list(L())\nm[0].w := 4\n1 + len(m[0].parameters())"
    ),
    Refusal(
      code: "layer L() { f = relu; g = linear(1, 1); forward(x) { f(g(x)) } }\nm = L()\nm.g = 1",
      hint: "give it a layer or a function, as in `m.g = relu`",
      mended:
        "layer L() { f = relu; g = linear(1, 1); forward(x) { f(g(x)) } }\nm = L()\nm.g = relu\nm(2)"
    ),
  ]

  @Test(arguments: refusals) func aParameterIsNotLostUnnoticed(_ sample: Refusal) {
    let (_, errors) = Program.run(sample.code)
    #expect(errors.first?.hint ?? "" == sample.hint)
    #expect(errors.first?.span != nil)
    let (output, rest) = Program.run(sample.mended)
    #expect(rest.map(\.headline) == [])
    #expect(output == "2\n")
  }
}
