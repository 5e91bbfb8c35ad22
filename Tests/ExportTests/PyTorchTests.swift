import Documents
import Export
import Testing

@Suite struct PyTorchTests {
  private func program(_ text: String, _ change: (inout PyTorchProgram.Options) -> Void = { _ in })
    -> PyTorchProgram
  {
    var options = PyTorchProgram.Options()
    change(&options)
    return PyTorchProgram(played(text).0, options)
  }

  /// A statement of ours, and what it is in PyTorch.
  @Test(arguments: [
    ("param w = 0.5", "w = torch.tensor(0.5, requires_grad=True)"),
    ("x = [[1, 2], [3, 4]]", "torch.tensor([[1"),
    ("param w = 1; w := 2", "w.fill_(2)"),
    ("fn f(a, b=2) { a*b }", "def f(a, b=2):"),
    ("for i in range(3) { print(i) }", "for i in range(3):"),
    ("param w = 2; loss = w^2; backward loss", "loss.backward("),
    ("m = sequential(linear(2, 3), relu, linear(3, 1))", "nn.Sequential("),
    ("m = linear(2, 1); opt = adam(m, lr=0.1)", "torch.optim.Adam(m.parameters(), lr=0.1)"),
    (
      "layer Twice(n) { inner = linear(n, n)\n forward(x) { inner(inner(x)) } }",
      "class Twice(nn.Module):"
    ),
    ("expect 1 + 1 == 2, \"sums\"", "assert "),
    ("x = 3; print(\"{x:.2f}\")", ":.2f}"),
    ("no_grad { x = 1 }", "with torch.no_grad():"),
    ("param w = 2; loss = w^3; explain ∂loss/∂w", "torch.autograd.grad(loss, w"),
    ("yield = 2", "yield_ = 2"),
  ]) func speaksPyTorch(_ ours: String, _ theirs: String) {
    let script = program(ours).script
    #expect(script.contains(theirs), "\(script)")
  }

  @Test func numbersAreCommentsOrClaims() {
    let text = "param w = 0.5\nz = w*2 - 1.9\n"
    #expect(program(text).script.contains("# z = -0.9"))
    let claims = program(text) { $0.asserts = true }.script
    #expect(claims.contains("check(\"z\", z, -0.89"), "\(claims)")
  }

  /// What cannot be carried over is told, with its line, and leaves a comment.
  @Test func whatIsLeftOutIsTold() {
    let left = program("param w = 2\nloss = w*w\ngraph(loss)\n")
    #expect(left.remarks.count == 1 && left.remarks[0].contains("3"), "\(left.remarks)")
    #expect(left.script.contains("# "))
  }

  /// Text of strangers stays a comment or a string.
  @Test func strangersTextIsInert() {
    let script = program(PageTests.hostile).script
    #expect(!script.contains("\u{202e}") && !script.contains("\u{7}"))
    // Every line that has a tag in it is a comment or within quotes.
    for line in script.split(separator: "\n") where line.contains("<script") {
      let trimmed = line.drop { $0 == " " }
      #expect(trimmed.hasPrefix("#") || trimmed.contains("\""), "\(line)")
    }
  }

  @Test func aDistributedProgramIsStartedByTorchrun() {
    let script = program(
      """
      seed(0)
      model = mlp(2, [4], 2); opt = sgd(model, lr=0.1)
      X = randn(8, 2); y = [0, 1, 0, 1, 0, 1, 0, 1]
      for k in range(2) { loss = cross_entropy(model(X), y); opt.zero_grad(); loss.backward(); opt.step() }
      """
    ) { $0.isDistributed = true }.script
    for word in ["init_process_group", "DistributedDataParallel", "destroy_process_group"] {
      #expect(script.contains(word), "\(word)")
    }
  }
}
