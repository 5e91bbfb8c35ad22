import Diagnostics
import TestSupport
import Testing

@testable import Builtins
@testable import Interpreter

/// Layers with options that the golden files leave out. The numbers are torch 2.13's.
@Suite struct LayerTests {
  /// Two batches in training, then one in eval mode: how many parameters, what was gathered, what comes out.
  static func passes(_ layer: String, _ batch: String) -> String {
    """
    digits(8); x = \(batch); b = \(layer)
    b(x); b(x*3 + 1); b.eval()
    print(len(b.parameters()), b.running_mean, b.running_var, reshape(b(x), -1)[:3])
    """
  }
  static let images = "reshape(arange(16), 2, 2, 2, 2)^2"
  static let rows = "[[1, 10], [3, 30], [8, 20]]"

  static let programs: [Program] = [
    Program(
      code: passes("batchnorm2d(2, momentum=none)", images),
      output: "2 [95.5, 215.5] [12390, 36047.143] [-0.85796134, -0.84897745, -0.82202579]\n"),
    Program(
      code: passes("batchnorm2d(2, affine=false)", images),
      output:
        "0 [18.625, 42.025] [2454.03, 7138.1443] [-0.37597273, -0.35578628, -0.29522691]\n"),
    Program(
      code: passes("batchnorm2d(2, track_running_stats=false)", images),
      output: "2 none none [-1.020091, -0.99861543, -0.93418863]\n"),
    Program(
      code: passes("batchnorm1d(2, momentum=none)", rows),
      output: "2 [8.5, 40.5] [65, 500] [-0.93026044, -1.3640015, -0.68219099]\n"),
    Program(
      code: passes("batchnorm1d(2, affine=false)", rows),
      output: "0 [1.66, 7.9] [13.68, 99.81] [-0.1784435, 0.21019977, 0.36229437]\n"),
    Program(
      code: passes("batchnorm1d(2, momentum=none, track_running_stats=false)", rows),
      output: "2 none none [-1.0190487, -1.2247448, -0.33968291]\n"),
    Program(
      code: "for name in batchnorm2d(2, affine=false).state() { print(name) }",
      output: "running_mean\nrunning_var\nnum_batches_tracked\n"),
    Program(
      code: """
        seed(0); m = multihead_attention(4, 2)
        for p in m.parameters() { print(p.shape, reshape(p, -1)[:2]) }
        """,
      output: "[12, 4] [0.2224, 0.5085]\n[12] [0, 0]\n[4, 4] [-0.003743, 0.2682]\n[4] [0, 0]\n"),
    Program(
      code: """
        seed(0); e = embedding(4, 2, padding_idx=-1)
        print(e.weight[3]); sum(e([3, 1, 0, 3])^2).backward(); print(e.weight.grad)
        """,
      output:
        "[0, 0]\n[[  3.082, -0.5869],\n [ -4.358,   1.137],\n [      0,       0],\n [      0,       0]]\n"
    ),
    Program(
      code: """
        param w = ones(4, 2); sum(embedding([3, 1], w, padding_idx=-1)).backward(); print(w.grad)
        """, output: "[[0, 0],\n [1, 1],\n [0, 0],\n [0, 0]]\n"),
  ]

  @Test(arguments: programs) func optionsMeanWhatTheyMeanInPyTorch(_ sample: Program) {
    let (output, errors) = Program.run(sample.code)
    #expect(errors.map(\.headline) == [])
    #expect(output == sample.output)
  }

  @Test(arguments: [
    ("embedding(4, 2, padding_idx=4)", Diagnostic.Identifier.badArgument),
    ("embedding([1], ones(4, 2), padding_idx=-5)", .badArgument),
    ("embedding([1], zeros(0, 2), padding_idx=0)", .badArgument),
    ("embedding(4, 2, padding_idx=0.5)", .wholeNumber),
    ("embedding(4, 2, padding_idx=\"last\")", .wrongKind),
  ]) func paddingIsARow(_ code: String, _ id: Diagnostic.Identifier) {
    #expect(Program.run(code).errors.first?.id == id)
  }

  /// Without what it works on, an activation is a layer of the same function, as `nn.ReLU()` is.
  @Test(arguments: Builtin.all.filter(\.isActivation).map(\.name))
  func activationsAreLayersToo(_ name: String) {
    let x = "[[-1.5, 0.5, 2], [3, -0.2, 0]]"
    let code = """
      param x = \(x); m = sequential(\(name)())
      y = m(x); z = \(name)(x)
      sum(y*[1, 2, 3]).backward(); g = x.grad; zero_grad(x); sum(z*[1, 2, 3]).backward()
      print(all(y == z), all(g == x.grad), len(m.parameters()))
      """
    let (output, errors) = Program.run(code)
    #expect(errors.map(\.headline) == [])
    // Of softmax without an axis there is a warning besides.
    #expect(output.hasSuffix("true true 0\n"))
  }

  @Test(arguments: [
    ("softmax(dim=1)", "[[0.2689, 0.7311],\n [0.1192, 0.8808]]\n"),
    ("softmax(dim=0)", "[[ 0.1192, 0.04743],\n [ 0.8808,  0.9526]]\n"),
    ("leaky_relu(negative_slope=0.5)", "[[1, 2],\n [3, 5]]\n"),
    ("flatten()", "[[1, 2],\n [3, 5]]\n"),
    ("softplus(beta=2)", "[[1.063, 2.009],\n [3.001, 5.000]]\n"),
  ]) func settingsStayWithTheLayer(_ layer: String, _ result: String) {
    let (output, errors) = Program.run("print(sequential(\(layer))([[1, 2], [3, 5]]))")
    #expect(errors.map(\.headline) == [])
    #expect(output == result)
  }

  /// What a hint says of PyTorch's spelling can be put in its place.
  @Test(arguments: [
    ("nn.Softmax(dim=1)", "softmax(dim=1)"), ("nn.Softmax(-1)", "softmax(dim=-1)"),
    ("torch.nn.LogSoftmax(dim=1)", "log_softmax(dim=1)"), ("nn.ReLU()", "relu()"),
    ("nn.ReLU(inplace=True)", "relu()"), ("nn.ReLU", "relu"),
    ("nn.LeakyReLU(0.2)", "leaky_relu(negative_slope=0.2)"),
    ("nn.GELU(approximate='tanh')", "gelu(approximate=\"tanh\")"),
    ("nn.Flatten()", "flatten()"), ("nn.Dropout(0.5)", "dropout(0.5)"),
    ("nn.Linear(3, 4, bias=False)", "linear(3, 4, bias=false)"), ("nn.SiLU()", "silu()"),
  ]) func hintsForPyTorchsLayersWork(_ theirs: String, _ ours: String) {
    let hint = Program.run("m = sequential(linear(2, 3), \(theirs))").errors.first?.hint
    #expect(hint == "`\(ours)`")
    let (_, errors) = Program.run("sequential(linear(2, 3), \(ours))(ones(2, 2))")
    #expect(errors.map(\.headline) == [])
  }
}
