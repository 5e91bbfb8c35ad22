import Autograd
import Interpreter
import Session
import Tensors
import Testing

/// Operands of several types meet as in PyTorch; the numbers are torch 2.13's.
@Suite struct TypeTests {
  static func numbers(_ session: Session, _ name: String) -> [Double] {
    GoldenTests.tensors(session.value(name)).first?.values ?? []
  }

  func close(_ a: [Double], _ b: [Double], _ tolerance: Double = 1e-6) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
  }

  @Test func linearTakesOperandsOfTwoFloatTypes() throws {
    let session = Session()
    try GoldenTests.run(
      session,
      """
      x = tensor([[1, 2], [3, 4]], dtype="float32"); param w = [[0.5, -0.3], [0.25, 0.7]]
      sum(linear(x, w)).backward(); g = w.grad
      m = linear(300, 4); sum(m(ones(400, 300, dtype="float32"))).backward(); h = m.weight.grad
      """)
    #expect(Self.numbers(session, "g") == [4, 6, 4, 6])
    #expect(Self.numbers(session, "h") == [Double](repeating: 400, count: 1200))
  }

  @Test func wholeNumbersIntoLayersUnderFloat32() throws {
    let session = Session(dtype: .float32)
    try GoldenTests.run(
      session,
      """
      seed(0); param w = rand(2, 2); x = one_hot([0, 1], 2)
      sum(linear(x, w)^2).backward(); g = w.grad
      """)
    // torch.manual_seed(0); w = torch.rand(2, 2)
    #expect(
      close(Self.numbers(session, "g"), [0.99251318, 1.53644359, 0.17695487, 0.26406097], 1e-5))
  }

  @Test func batchNormOfMixedAndWholeInput() throws {
    let session = Session()
    try GoldenTests.run(
      session,
      """
      y = batch_norm(tensor([[1, 2], [3, 5]], dtype="float32"), weight=[1, 1], bias=[0, 0], training=true)
      bn = batchnorm1d(1); bn(reshape(arange(4), 4, 1)); a = bn.running_mean; b = bn.running_var
      """)
    #expect(close(Self.numbers(session, "y"), [-1, -1, 1, 1], 1e-5))
    #expect(close(Self.numbers(session, "a"), [0.15]))
    #expect(close(Self.numbers(session, "b"), [1.0666667]))
  }

  /// Under float32 as the default; torch refuses the last three for whole numbers.
  static let fractions = [
    "arange(4)/2", "arange(4) % 3.5", "0.7^arange(4)", "arange(4)^0.5", "arange(4)*0.5",
    "exp(arange(3))", "sigmoid(arange(3))", "softmax(arange(3))", "arange(4)/arange(1, 5)",
    "arange(1, 4)^-1", "mean(arange(3))", "layer_norm(arange(3), 3)",
  ]

  @Test(arguments: fractions) func wholeNumbersBecomeTheDefaultFloatType(_ code: String) throws {
    for dtype in [DType.float32, .float64] {
      let session = Session(dtype: dtype)
      try GoldenTests.run(
        session, "t = (\(code)).dtype == \"\(dtype.name)\"; n = 0; if t { n = [1] }")
      #expect(Self.numbers(session, "n") == [1], "\(code)")
    }
  }

  static let whole = [
    "arange(4) + 1", "-arange(4)", "abs(arange(4))", "arange(4)^2", "relu(arange(4))",
  ]

  @Test(arguments: whole) func wholeNumbersStayWhole(_ code: String) throws {
    let session = Session()
    try GoldenTests.run(session, "n = 0; if (\(code)).dtype == \"int64\" { n = [1] }")
    #expect(Self.numbers(session, "n") == [1], "\(code)")
  }

  /// No kernel reads a buffer as what it is not, whatever its caller believes.
  @Test func readingAsTheOtherTypeConverts() throws {
    let floats = try Tensor([1, 2, 3], shape: [3], dtype: .float32)
    let doubles = try Tensor([1, 2, 3], shape: [3])
    let (asDoubles, asFloats) = (
      floats.read(Double.self) { [$0[0], $0[1], $0[2]] },
      doubles.read(Float.self) { [$0[0], $0[1], $0[2]] }
    )
    #expect(asDoubles == [1, 2, 3])
    #expect(asFloats == [1, 2, 3])
    // Places past the end, and places of a tensor of another size.
    let four = try Selection(offsets: [3], of: [4], shape: [1])
    let (past, outside) = (
      try? Selection(offsets: [3], of: floats.shape, shape: [1]).offsets,
      try? floats.picked(four)
    )
    #expect(past?.count == nil)
    #expect(outside?.count == nil)
  }

  @Test func sharedLayersAndTiedWeightsCountOnce() throws {
    let session = Session()
    try GoldenTests.run(
      session,
      """
      l = linear(1, 1); m = sequential(l, relu, l); n = [len(m.parameters())]
      """)
    #expect(Self.numbers(session, "n") == [2])
  }

  @Test func softmaxWithoutAnAxisHasOneForValueAndGradient() throws {
    let session = Session()
    try GoldenTests.run(
      session,
      """
      param x = [[1, 2], [3, 5]]
      s = grad(sum(softmax(x)^2), x); l = grad(sum(log_softmax(x)^2), x)
      """)
    // torch: the same with dim=1
    #expect(
      close(Self.numbers(session, "s"), [-0.1817155, 0.1817155, -0.1599250, 0.1599250], 1e-6))
    #expect(
      close(Self.numbers(session, "l"), [-1.7516444, 1.7516444, -3.7165238, 3.7165238], 1e-6))
  }

  @Test func bracketsOfAnyLengthHandEachEntryItsOwnGradient() throws {
    let session = Session()
    try GoldenTests.run(
      session,
      """
      param v = ones(200); parts = list()
      for i in range(200) { append(parts, v[i]*i) }
      s = sum(stack(parts)*arange(200)); g = grad(s, v)
      c = list(); for i in range(100) { append(c, v[i:i + 2]) }
      h = grad(sum(concat(c)*arange(200)), v)
      """)
    #expect(Self.numbers(session, "g") == (0..<200).map { Double($0 * $0) })
    // The i-th pair puts v[i] at place 2i and v[i + 1] at 2i + 1.
    var expected = [Double](repeating: 0, count: 200)
    for i in 0..<100 {
      expected[i] += Double(2 * i)
      expected[i + 1] += Double(2 * i + 1)
    }
    #expect(Self.numbers(session, "h") == expected)
  }
}
