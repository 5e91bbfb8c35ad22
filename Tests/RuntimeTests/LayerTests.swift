import Diagnostics
import Runtime
import Testing

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

  static let programs: [LanguageTests.Case] = [
    LanguageTests.Case(
      code: passes("batchnorm2d(2, momentum=none)", images),
      output: "2 [95.5, 215.5] [12390, 36047.143] [-0.85796134, -0.84897745, -0.82202579]\n"),
    LanguageTests.Case(
      code: passes("batchnorm2d(2, affine=false)", images),
      output:
        "0 [18.625, 42.025] [2454.03, 7138.1443] [-0.37597273, -0.35578628, -0.29522691]\n"),
    LanguageTests.Case(
      code: passes("batchnorm2d(2, track_running_stats=false)", images),
      output: "2 none none [-1.020091, -0.99861543, -0.93418863]\n"),
    LanguageTests.Case(
      code: passes("batchnorm1d(2, momentum=none)", rows),
      output: "2 [8.5, 40.5] [65, 500] [-0.93026044, -1.3640015, -0.68219099]\n"),
    LanguageTests.Case(
      code: passes("batchnorm1d(2, affine=false)", rows),
      output: "0 [1.66, 7.9] [13.68, 99.81] [-0.1784435, 0.21019977, 0.36229437]\n"),
    LanguageTests.Case(
      code: passes("batchnorm1d(2, momentum=none, track_running_stats=false)", rows),
      output: "2 none none [-1.0190487, -1.2247448, -0.33968291]\n"),
    LanguageTests.Case(
      code: "for name in batchnorm2d(2, affine=false).state() { print(name) }",
      output: "running_mean\nrunning_var\nnum_batches_tracked\n"),
    LanguageTests.Case(
      code: """
        seed(0); m = multihead_attention(4, 2)
        for p in m.parameters() { print(p.shape, reshape(p, -1)[:2]) }
        """,
      output: "[12, 4] [0.2224, 0.5085]\n[12] [0, 0]\n[4, 4] [-0.003743, 0.2682]\n[4] [0, 0]\n"),
    LanguageTests.Case(
      code: """
        seed(0); e = embedding(4, 2, padding_idx=-1)
        print(e.weight[3]); sum(e([3, 1, 0, 3])^2).backward(); print(e.weight.grad)
        """,
      output:
        "[0, 0]\n[[  3.082, -0.5869],\n [ -4.358,   1.137],\n [      0,       0],\n [      0,       0]]\n"
    ),
    LanguageTests.Case(
      code: """
        param w = ones(4, 2); sum(embedding([3, 1], w, padding_idx=-1)).backward(); print(w.grad)
        """, output: "[[0, 0],\n [1, 1],\n [0, 0],\n [0, 0]]\n"),
  ]

  @Test(arguments: programs) func optionsMeanWhatTheyMeanInPyTorch(_ sample: LanguageTests.Case) {
    let (output, errors) = LanguageTests.run(sample.code)
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
    #expect(LanguageTests.run(code).errors.first?.id == id)
  }
}
