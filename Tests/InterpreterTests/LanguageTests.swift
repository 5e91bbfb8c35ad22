import Diagnostics
import Interpreter
import Session
import TestSupport
import Testing

@Suite struct LanguageTests {
  static let cases: [Program] = [
    Program(
      code: "fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\nfib(15)",
      output: "610\n"),
    Program(
      code: "s = 0\nfor i in range(10) { if i == 3 { continue }; if i == 6 { break }; s += i }\ns",
      output: "12\n"),
    Program(code: "fn counter() { n = 0; fn() { n = 1; n } }\ncounter()()", output: "1\n"),
    Program(code: "fn adder(k) = fn(x) = x + k\nadder(3)(4)", output: "7\n"),
    Program(code: "fn f(x, k=2) = x^k\nf(3, k=3) + f(2)", output: "31\n"),
    Program(code: "xs = list(1, \"a\", [2])\nxs[1]", output: "a\n"),
    Program(code: "a, b = 1, 2\na, b = b, a\nprint(a, b)", output: "2 1\n"),
    Program(code: "print(\"{1/3:.2f} {[1, 2]} {0.5:.0%}\")", output: "0.33 [1, 2] 50%\n"),
    Program(code: "r = record(a=1, b=2)\nr.a = 5\nr", output: "record(a=5, b=2)\n"),
    Program(code: "[[1, 2], [3, 4]].T", output: "[[1, 3],\n [2, 4]]\n"),
    Program(code: "x = [1, 2, 3]\nlen(list(x, x)) + x[-1]", output: "5\n"),
    Program(code: "param w = 3\ny = w^2\ny.backward()\nw.grad", output: "6\n"),
    Program(code: "param w = 3\nw := 4\nw -= 1\nw", output: "3\n"),
    Program(code: "param w = 3\nno_grad { y = w*2 }\ntype(y)", output: "a number\n"),
    Program(
      code:
        "layer D(n) { param W = ones(n); forward(x) { dot(W, x) } }\nm = D(3)\nm([1, 2, 3]) + len(m.parameters())",
      output: "7\n"),
    Program(
      code:
        "layer D(n) { param W = ones(n); forward(x) { dot(W, x) } }\nm = D(2)\nloss = m([1, 2])\nloss.backward()\nm.W.grad",
      output: "[1, 2]\n"),
    Program(code: "w = 1\nfn f() { w = 5; w }\nf() + w", output: "6\n"),
    Program(code: "1e-3 ~= 0.001", output: "true\n"),
    Program(code: "7 // 2 + -7 % 3", output: "5\n"),
    Program(code: "seed(0); rand(2)", output: "[0.4963, 0.7682]\n"),
    // What a derivative is taken of is recorded, however often `grad` was used before.
    Program(
      code: "param x = 2\nf = x^3\ngrad(f, x)\nprint(grad(grad(f, x), x), grad(∂f/∂x, x))",
      output: "12 12\n"),
    // Numbers that are given a type are not rounded to the default type first.
    Program(
      code:
        "set_default_dtype(\"float32\")\nfor k in range(2) { print(tensor([[0.1, 16777217]], dtype=\"float64\") - 0.1, tensor([16777217], \"int64\") % 10) }",
      output: "[[         0, 16777216.9]] [7]\n[[         0, 16777216.9]] [7]\n"),
    Program(
      code:
        "set_default_dtype(\"float32\")\nparam w = 0.5\nprint(tensor([w, 0.1], \"float64\") - 0.1, tensor([0.1], none).dtype, tensor([true], none).dtype)",
      output: "[0.4, 0] float32 bool\n"),
    Program(
      code: "fn f() { tensor([0.1], 2) }\ntensor = fn(a, b) = a.dtype\nf()", output: "float64\n"),
    // Each bracket, and each place of a gradient's entry, is compiled once.
    Program(
      code: "param W = [0, 0]\nf = sum(W*W)\nx = "
        + String(repeating: "(∂f/∂W[floor(", count: 40) + "0"
        + String(repeating: ")])", count: 40) + "\nx", output: "0\n"),
    Program(
      code: "x = " + String(repeating: "tensor([", count: 60) + "1"
        + String(repeating: "], \"float64\")", count: 60) + "\nx.rank", output: "60\n"),
    Program(code: "print(\"{-inf:.3f} {inf:e} {-0.001:.1f}\")", output: "-inf inf 0.0\n"),
    Program(code: "max([[1, 5], [7, 2]], dim=1).indices", output: "[1, 0]\n"),
    // Brackets of truth values are tensors, as in torch.tensor.
    Program(
      code: "x = [[false, true]]\nprint(type(x), x.dtype, x)",
      output: "a tensor [1, 2] bool [[false,  true]]\n"),
    Program(code: "[1, 2, 3][[true, false, true]]", output: "[1, 3]\n"),
    Program(code: "[[true, false], [1, 0]].dtype", output: "float64\n"),
    Program(
      code: "b = [1 > 2, true]\nif b[1] { print(sum(b), any(b), type([true, 2])) }",
      output: "1 true a list\n"),
    // What has no axes counts as one entry.
    Program(
      code: "print(gather(2.5, 0, 0), gather(2.5, 0, [0, 0]), gather([1, 2], 0, 1))",
      output: "2.5 [2.5, 2.5] 2\n"),
    Program(code: "param s = 2\nsum(gather(s, 0, [0, 0])).backward()\ns.grad", output: "2\n"),
    Program(
      code: "param s = 3\nprint(flatten(s), flatten(s, -1), dropout(s, 0), dropout(s, 1))",
      output: "[3] [3] 3 0\n"),
    Program(
      code: "param s = 3\nsum(flatten(s)*2).backward()\nprint(s.grad, flatten(2), dropout(0.2))",
      output: "2 flatten(start_dim=2) dropout(p=0.2)\n"),
    // An entry of a gradient; the derivative of what does not depend on a value is 0.
    Program(
      code: """
        param W = [[1, 2, 3]]; loss = sum(W*W*W)
        print(∂loss/∂W[0, 2], ∂²loss/∂W[0, 2]∂W[0, 2])
        """,
      output: "27 18\n"),
    Program(
      code: "param a = 2; param b = 3; y = a*b; z = 3*a\nprint(∂²y/∂a², ∂²y/∂a∂b, ∂²z/∂a²)",
      output: "0 1 0\n"),
    Program(
      code: "param x = [1, 3, 2]; x := [1, nan, 3]; y = median(x); y.backward(); x.grad",
      output: "[0, 1, 0]\n"),
    Program(
      code: "cross_entropy(tensor([[0, 0]], dtype=\"float32\"), [[0.3, 0.7]]).dtype",
      output: "float64\n"),
    Program(
      code: "cross_entropy(tensor([[0, 0]], dtype=\"float32\"), [1]).dtype", output: "float32\n"),
    Program(
      code: "param z = 0; print(gradcheck(sign(z), z).result, gradcheck(floor(z), z).result)",
      output: "kink kink\n"),
    Program(
      code: "print(arange(12.0).dtype, (arange(12) + 0.0).dtype)", output: "float64 float64\n"),
    Program(
      code: "buffer s = arange(3); s := [1.0, 2, 3]; print(s, s.dtype)", output: "[1, 2, 3] int64\n"
    ),
    // A stage of a network takes the axis of the classes.
    Program(
      code:
        "x = [[1, 2, 3], [0, 1, -1]]; m = sequential(log_softmax(dim=1))\nprint(all(m(x) == log_softmax(x, dim=1)))",
      output: "true\n"),
    // Whole numbers into float weights, under a float32 default.
    Program(
      code: """
        set_default_dtype("float32"); x = one_hot([0, 1, 2], 3).reshape(3, 1, 3); y = tensor(x, dtype="float32")
        for kind in list(rnn, lstm, gru) {
            seed(0); r = kind(3, 2); w = r.cells[0].weight_ih; sum(r(x)[0]^2).backward(); g = w.grad
            zero_grad(w); sum(r(y)[0]^2).backward(); print(all(g == w.grad), any(g != 0))
        }
        """, output: "true true\ntrue true\ntrue true\n"),
    // Steps longer than any tensor, and axes of length 0.
    Program(
      code: "print(arange(5)[1::9e15], arange(5)[::2], arange(5)[3:1])",
      output: "[1] [0, 2, 4] []\n"),
    Program(
      code: "print(zeros(3, 0)[1:].shape, zeros(0, 3).T.shape, zeros(0, 3).sum(dim=0))",
      output: "[2, 0] [3, 0] [0, 0, 0]\n"),
    Program(code: "print(arange(1, 1), arange(0), arange(3, 0, -1))", output: "[] [] [3, 2, 1]\n"),
    // As a method the number is PyTorch's dim; of numbers alone the function takes the larger.
    Program(
      code: "[[1, 5, 3], [2, 0, 9]].max(1)", output: "record(values=[5, 9], indices=[1, 2])\n"),
    Program(code: "[[1, 5, 3], [2, 0, 9]].min(0).indices", output: "[0, 1, 0]\n"),
    Program(code: "[[1, 5, 3], [2, 0, 9]].max(-1, true).values.shape", output: "[2, 1]\n"),
    Program(code: "tensor(3).max(0)", output: "record(values=3, indices=0)\n"),
    Program(code: "[[1, 5], [2, 0]].max([[2, 2], [3, 3]])", output: "[[2, 5],\n [3, 3]]\n"),
    Program(
      code: "param w = [[1, 5, 3], [2, 0, 9]]\nsum(w.max(1).values).backward()\nw.grad",
      output: "[[0, 1, 0],\n [0, 0, 1]]\n"),
    Program(code: "param z = -2\nprint(max(0, z), max(z, -5), min(z, 3))", output: "0 -2 -2\n"),
    Program(code: "param z = 2\nmax(0, z).backward()\nz.grad", output: "1\n"),
    Program(code: "repeat 2 { print(\"x\") }", output: "x\nx\n"),
    Program(code: "X = ones(2, 3)\nrepeat X.shape[1] { print(\"x\") }", output: "x\nx\nx\n"),
    Program(code: "n = sum([1, 1])\nrepeat n { print(\"x\") }", output: "x\nx\n"),
    Program(code: "0/0", output: "warning non-finite\nnan\n"),
    Program(code: "param p = 0\ny = log(p)", output: "warning non-finite\n-inf\n"),
    Program(code: "param w = 2\nw = w*3", output: "warning parameter-rebound\n6\n"),
    Program(code: "a = 1; b = 2;", output: ""),
    Program(code: "clamp([1, 3], 5, 1)", output: "[1, 1]\n"),
    Program(code: "tensor([1.5, -1.5], dtype=\"int64\")", output: "[1, -1]\n"),
    Program(code: "tensor([0.5, 0], dtype=\"bool\")", output: "[true, false]\n"),
    // torch.nn.functional.conv1d pads the end once more for an even kernel.
    Program(
      code: "conv1d(ones(1, 1, 5), ones(1, 1, 2), padding=\"same\")",
      output: "[[[2, 2, 2, 2, 1]]]\n"),
    Program(
      code: """
        seed(0); param k = randn(1, 1, 4, 2); x = randn(1, 1, 5, 3)
        gradcheck(sum(conv2d(x, k, padding="same")^2), k).result
        """, output: "ok\n"),
    Program(code: "zeros(1e10, 0).shape", output: "[10000000000, 0]\n"),
    Program(code: "log([0, 1])", output: "warning non-finite\n[-inf, 0]\n"),
    Program(code: "mse_loss([[1], [2]], [1, 2])", output: "warning loss-broadcast\n0.5\n"),
    Program(
      code: "gradcheck_ok = true\nparam x = [0.3, -0.4]\ny = sum(tanh(x))\ngradcheck(y, x).result",
      output: "ok\n"),
    Program(code: "param x = 0\ny = relu(x)\ngradcheck(y, x).result", output: "kink\n"),
  ]

  @Test(arguments: cases) func programsPrintWhatTheyShould(_ sample: Program) {
    let (output, errors) = Program.run(sample.code)
    #expect(errors.map(\.headline) == [])
    #expect(output == sample.output)
  }

  struct ScriptFault: Sendable, CustomTestStringConvertible {
    let code: String
    let id: Diagnostic.Identifier
    var testDescription: String { String(code.prefix(60)) }
  }

  static let faults: [ScriptFault] = [
    ScriptFault(code: "losss", id: .unknownName), ScriptFault(code: "1 + \"a\"", id: .wrongKind),
    ScriptFault(code: "x = 3\nx(2)", id: .notCallable),
    ScriptFault(code: "sigmoid(1, 2)", id: .wrongArguments),
    ScriptFault(code: "softmax([1], dims=0)", id: .wrongArguments),
    ScriptFault(code: "[1, 2] @ [1, 2, 3]", id: .shapeMismatch),
    ScriptFault(code: "[1, 2] + [1, 2, 3]", id: .shapeMismatch),
    ScriptFault(code: "[[1, 2], [3]]", id: .ragged),
    ScriptFault(code: "[1, 2][5]", id: .indexOutOfRange),
    ScriptFault(code: "x = [1, 2]\nx[1e300]", id: .badIndex),
    ScriptFault(code: "x = list(1)\nx[1e300]", id: .badIndex),
    ScriptFault(code: "x = [1, 2]\nx[0.5]", id: .badIndex),
    ScriptFault(code: "param x = [1, 2]\nx[0] = 3", id: .immutable),
    ScriptFault(code: "zeros(1000000000)", id: .memoryLimit),
    ScriptFault(code: "zeros(1e300)", id: .wholeNumber),
    ScriptFault(code: "zeros(-1)", id: .badArgument),
    ScriptFault(code: "sum([1, 2], dim=3)", id: .badAxis),
    ScriptFault(code: "max([])", id: .emptyReduction),
    ScriptFault(code: "fn f(n) { f(n + 1) }\nf(0)", id: .depthLimit),
    ScriptFault(code: "y = 3\ny.backward()", id: .notTracked),
    ScriptFault(code: "backward 3", id: .notTracked),
    ScriptFault(code: "param w = [1, 2]\nbackward w*2", id: .notScalar),
    ScriptFault(code: "param w = 1\ny = w*2\nw := 3\nbackward y", id: .staleGraph),
    ScriptFault(code: "param w = 1\ny = w*2\ny.backward(); y.backward()", id: .graphUsed),
    ScriptFault(code: "param w = 1\nparam v = 2\ny = w*2\nexplain ∂y/∂v", id: .notTracked),
    ScriptFault(code: "explain 3", id: .nothingToExplain),
    ScriptFault(code: "step sgd(lr=0.1)", id: .noGradient),
    ScriptFault(code: "expect 1 > 2, \"no\"", id: .expectFailed),
    ScriptFault(code: "todo(\"write it\")", id: .todo),
    ScriptFault(code: "x = 1\nx.foo", id: .unknownField),
    ScriptFault(code: "for i in 3 { }", id: .wrongKind),
    ScriptFault(code: "fn f() { n += 1 }\nn = 0\nf()", id: .misplaced),
    ScriptFault(code: "seed(0.5)", id: .wholeNumber),
    ScriptFault(code: "\"{1:q}\"", id: .badArgument),
    ScriptFault(code: "[1, 2] > 1 and true", id: .wrongKind),
    ScriptFault(code: "x[1]", id: .unknownName),
    ScriptFault(code: "param w = \"a\"", id: .wrongKind),
    ScriptFault(code: "sgd(3)", id: .wrongKind),
    ScriptFault(code: "range(0, 1, 0)", id: .badArgument),
    ScriptFault(code: "range(1e300)", id: .badArgument),
    ScriptFault(code: "reshape([1, 2, 3], 2, 2)", id: .shapeMismatch),
    ScriptFault(code: "forward", id: .unexpected),
    ScriptFault(code: "digits(0)", id: .badArgument),
    ScriptFault(code: "a, b = [1, 2, 3]", id: .wrongArguments),
    // Values that would lie in themselves, or too deep for what reads them.
    ScriptFault(code: "l = list(1); append(l, l)", id: .badArgument),
    ScriptFault(code: "l = list(1); m = list(l); l[0] = m", id: .badArgument),
    ScriptFault(code: "r = record(a=1); r.a = list(r)", id: .badArgument),
    ScriptFault(code: "q = linear(2, 3); q.bias = q", id: .badArgument),
    ScriptFault(code: "q = sequential(relu); repeat 200 { q = sequential(q) }", id: .badArgument),
    // Sizes beyond what memory holds, each on another way.
    ScriptFault(code: "one_hot(1e10)", id: .memoryLimit),
    ScriptFault(code: "tolist(zeros(1e10, 0))", id: .memoryLimit),
    ScriptFault(code: "blobs(features=1e9)", id: .memoryLimit),
    ScriptFault(code: "blobs(centers=1e9)", id: .memoryLimit),
    ScriptFault(code: "adaptive_avg_pool2d(ones(1, 1, 5), 1e6)", id: .memoryLimit),
    ScriptFault(code: "conv2d(ones(1, 1, 5, 5), ones(2, 1, 3, 3), padding=1e9)", id: .memoryLimit),
    ScriptFault(code: "conv2d(1, 2, 2147483648)", id: .memoryLimit),
    ScriptFault(code: "kaiming_uniform([1, 4294967296, 4294967296])", id: .memoryLimit),
    ScriptFault(code: "smooth_l1_loss([1], [0], beta=-1)", id: .badArgument),
    ScriptFault(code: "param w = 1; step_lr(sgd(w, lr=0.1), 0)", id: .badArgument),
    ScriptFault(code: "conv1d(3, 4, 3, groups=2)", id: .badArgument),
    ScriptFault(code: "conv2d(1, 1, [1, 2, 3])", id: .badArgument),
    ScriptFault(code: "dropout(1.5)", id: .badArgument),
    ScriptFault(code: "record(1)", id: .wrongArguments),
    ScriptFault(code: "param w = 1; one_cycle_lr(sgd(w, lr=0.1), 0.1, 0)", id: .badArgument),
    ScriptFault(code: "tensor(nan, dtype=\"int64\")", id: .badArgument),
    ScriptFault(code: "arange(3) // 0", id: .badArgument),
    ScriptFault(code: "arange(3) % 0", id: .badArgument),
    // Beside an axis of length 0 the others are limited too.
    ScriptFault(code: "zeros(0, 1e10, 1e10) + 1", id: .memoryLimit),
    ScriptFault(code: "ones(1e9, 1e9, 0)[0]", id: .memoryLimit),
    ScriptFault(code: "xavier_normal(arange(24))", id: .memoryLimit),
    // One axis is one axis.
    ScriptFault(code: "softmax([[4, 2], [3, 5]], dim=[0, 1])", id: .badAxis),
    ScriptFault(code: "softmax([4, 2], dim=[])", id: .badAxis),
    ScriptFault(code: "log_softmax(dim=[0, 1])([[4, 2], [3, 5]])", id: .badAxis),
    ScriptFault(code: "min([[4, 2], [3, 5]], dim=[0, 1])", id: .badAxis),
    ScriptFault(code: "cumsum([[4, 2]], dim=[0, 1])", id: .badAxis),
    ScriptFault(code: "argsort([[4, 2]], dim=[0, 1])", id: .badAxis),
    ScriptFault(code: "gather([[4, 2]], [0, 1], [[0]])", id: .badAxis),
    // Weights have no gradient.
    ScriptFault(
      code: "param w = [1, 2]; cross_entropy([[0.3, 0.7], [1, 0]], [0, 1], weight=w)",
      id: .notTracked),
    ScriptFault(code: "param w = [1, 2]; nll_loss([[0.3, 0.7]], [0], weight=w)", id: .notTracked),
    ScriptFault(
      code: "param w = 2; binary_cross_entropy_with_logits([0.3], [1], pos_weight=w)",
      id: .notTracked),
    ScriptFault(
      code: "buffer s = arange(3); s := 0.9*s + 0.1*[1.5, 2, 3]", id: .wholeNumber),
    ScriptFault(code: "param 3", id: .unexpected),
    ScriptFault(code: "list(1).shape", id: .unknownField),
    ScriptFault(code: "param s = 2; y = 3*s; explain ∂²y/∂s²", id: .notTracked),
    ScriptFault(code: "conv1d(3, 4, 3, groups=0)", id: .badArgument),
    ScriptFault(code: "conv2d(3, 4, 3, groups=2)", id: .badArgument),
    ScriptFault(code: "with no_grad() { 1 }", id: .otherLanguage),
    ScriptFault(code: "index_select([1, 2], 0, [-1])", id: .indexOutOfRange),
    ScriptFault(code: "gather(2.5, 0, true)", id: .indexOutOfRange),
    ScriptFault(code: "hist([1e308, -1e308])", id: .badArgument),
    ScriptFault(code: "arange(1, 0)", id: .badArgument),
    ScriptFault(code: "arange(-3)", id: .badArgument),
    ScriptFault(code: "arange(0, 1, -1)", id: .badArgument),
    ScriptFault(code: "arange(0, nan)", id: .badArgument),
    ScriptFault(code: "arange(0, inf)", id: .badArgument),
    ScriptFault(code: "arange(0, 0, 0)", id: .badArgument),
    ScriptFault(code: "gather(2.5, 0, 1)", id: .indexOutOfRange),
    ScriptFault(code: "gather(2.5, 1, 0)", id: .badAxis),
    ScriptFault(code: "gather([[1, 2]], 0, 1)", id: .shapeMismatch),
    ScriptFault(code: "gather(2.5, 0, [[0]])", id: .shapeMismatch),
    ScriptFault(code: "param s = 3; flatten(s, 1)", id: .badAxis),
    ScriptFault(code: "binary_cross_entropy([nan], [1])", id: .badArgument),
    ScriptFault(code: "binary_cross_entropy([0.5], [nan])", id: .badArgument),
    ScriptFault(code: "binary_cross_entropy([0.5], [1.5])", id: .badArgument),
    ScriptFault(code: "max([1, 5], 1)", id: .wrongArguments),
    ScriptFault(code: "min(0, [1, 5])", id: .wrongArguments),
    ScriptFault(code: "[1, 5].max(1)", id: .badAxis),
    ScriptFault(code: "[1, 5].max(0.5)", id: .wholeNumber),
    ScriptFault(code: "[1, 5].max(0, dim=0)", id: .wrongArguments),
    ScriptFault(
      code: "conv1d(ones(1, 1, 5), ones(1, 1, 2), padding=0, padding=3)", id: .wrongArguments),
  ]

  @Test(arguments: faults) func mistakesGetTheirDiagnostic(_ fault: ScriptFault) {
    let (_, errors) = Program.run(fault.code)
    #expect(errors.first?.id == fault.id, "\(errors.first?.headline ?? "no error")")
    #expect(errors.first?.span != nil)
  }

  /// What `max` of a tensor and a number may have meant can be run as it stands.
  @Test(arguments: [
    ("x = [[1, 5, 3], [2, 0, 9]]", "max(x, 1)", "`maximum(x, 1)`, or `max(x, dim=1)`"),
    ("h = [1, 5, 3]", "max(h, 0.5)", "`maximum(h, 0.5)`"),
    ("h = [1, 5, 3]", "min(h, 1)", "`minimum(h, 1)`"),
    ("h = [1, 5, 3]", "max(0, h)", "`maximum(0, h)`"),
  ]) func aNumberBesideATensorIsAskedAbout(_ start: String, _ call: String, _ hint: String) {
    #expect(Program.run(start + "\n" + call).errors.first?.hint == hint)
    for way in hint.split(separator: "`").filter({ $0.contains("(") }) {
      #expect(Program.run(start + "\n" + way).errors.map(\.headline) == [])
    }
  }

  @Test func budgetsEndEndlessRuns() {
    var limits = Limits()
    limits.steps = 100_000
    #expect(Program.run("while true { }", limits: limits).errors.first?.id == .stepLimit)
    limits.outputBytes = 1000
    #expect(
      Program.run("while true { print(\"x\") }", limits: limits).errors.first?.id == .outputLimit)
  }

  @Test(arguments: ["(", "[", "-", "not ", "f(", "2^"]) func nestingHasALimit(_ opener: String) {
    #expect(
      Program.run(String(repeating: opener, count: 100_000) + "1").errors.first?.id == .tooDeep)
  }

  @Test func longChainsHaveALimit() {
    let chain = "1" + String(repeating: " + 1", count: 40_000)
    #expect(Program.run(chain).errors.first?.id == .tooDeep)
    #expect(Program.run("1" + String(repeating: " + 1", count: 900)).output == "901\n")
  }

  @Test func whatDoublesIsStoppedInTime() {
    #expect(Program.run("s = \"a\"\nwhile true { s = s + s }").errors.first?.id == .memoryLimit)
    #expect(Program.run("s = list(1)\nwhile true { s = s + s }").errors.first?.id == .memoryLimit)
  }

  @Test func hugeGraphsAreNotTold() {
    let code = "param x = 1\ny = x\nfor i in range(30000) { y = y*2 }\nbackward y"
    #expect(Program.run(code).errors.first?.id == .tooLargeToTell)
  }

  @Test func hugeSourcesAreRefused() {
    let text = String(repeating: "x = 1\n", count: 800_000)
    #expect(Program.run(text).errors.first?.id == .sourceTooLarge)
  }

  @Test func anErrorKeepsTheNames() {
    let session = Session()
    _ = session.run("x = 5\ny = x + nope") { _ in }
    var shown = ""
    _ = session.run("x") {
      if case .value(_, let value) = $0 { shown = session.machine.text(of: value) }
    }
    #expect(shown == "5")
  }

  @Test func deepListsAreReleased() {
    let (_, errors) = Program.run(
      """
      top = list(); xs = top
      for i in range(100000) { inner = list(); append(xs, inner); xs = inner }
      top = 0; xs = 0
      """)
    #expect(errors.map(\.headline) == [])
  }
}
