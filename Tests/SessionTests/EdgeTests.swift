import Interpreter
import Session
import Tensors
import Testing

/// Values and gradients where numbers end: at nan, inf and 0; for single numbers, no axes and images smaller than a
/// window. The numbers are torch 2.13's.
@Suite struct EdgeTests {
  private static let (nan, inf) = (Double.nan, Double.infinity)

  private static func same(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count
      && zip(a, b).allSatisfy { a, b in
        a == b || a.isNaN && b.isNaN || abs(a - b) <= 1e-6 * max(1, abs(b))
      }
  }

  private static func check(_ code: String, _ expected: [Double], _ session: Session) throws {
    try GoldenTests.run(session, "out = \(code)")
    let got = TypeTests.numbers(session, "out")
    #expect(same(got, expected), "\(code): \(got), not \(expected)")
  }

  @Test(arguments: [DType.float32, .float64]) func valuesArePyTorchs(_ dtype: DType) throws {
    let (nan, inf) = (Self.nan, Self.inf)
    let session = Session(dtype: dtype)
    let cases: [(String, [Double])] = [
      ("relu6([nan, -1, 9])", [nan, 0, 6]),
      ("hardswish([nan, inf, -3])", [nan, inf, 0]),
      ("acosh([0.5, -3e38, 1, nan])", [nan, nan, 0, nan]),
      ("log2([0, -1, inf])", [-inf, nan, inf]),
      ("[-inf, 4, 0]^[0.5, 0.5, 0.5]", [inf, 2, 0]),
      ("[-inf, 4, 0]^(-0.5)", [nan, 0.5, inf]),
      ("hypot([inf, nan, 3, 0], [nan, inf, 4, 0])", [inf, inf, 5, 0]),
      ("lerp([inf, 1, 1], [0, inf, 3], 0.75)", [inf, nan, 2.5]),
      ("logaddexp([inf, -inf, nan], [0, -inf, 0])", [inf, -inf, nan]),
      ("unique([2, nan, 1, nan, 2])", [1, 2, nan, nan]),
      ("unique([2, nan, 1, nan, 2], return_inverse=true)[1]", [1, 2, 0, 3, 1]),
      ("unique([2, nan, 1, nan, 2], return_counts=true)[1]", [1, 2, 1, 1]),
      ("norm([3, -0.5, 2], -inf)", [0.5]),
      ("hinge_embedding_loss([0.5, nan, 3], [1, -1, -1], reduction=\"none\")", [0.5, nan, 0]),
      ("max_pool1d([[[nan, 1, nan, 5]]], 3, 1)", [nan, nan]),
      ("cosine_similarity([[1, 2], [3, 4]], 2)", [0.9486833, 0.9899495]),
      ("cross_entropy(zeros(3, 0), [-100, -100, -100])", [nan]),
      ("cross_entropy([[1e17, 1e17, 1e17]], [1])", [1.0986123]),
      ("cross_entropy([[inf, 1, 2], [-inf, 1, 2]], [1, 2], reduction=\"none\")", [nan, 0.3132617]),
      ("std([1e30, -1e30, 1e30])", [1.1547005e30]),
    ]
    for (code, expected) in cases { try Self.check(code, expected, session) }
    if dtype == .float64 {
      try Self.check("hypot([3e200, 3e-200], 0)*[1e-200, 1e200]", [3, 3], session)
    }
  }

  /// Gradients as they are computed, and as they are recorded.
  @Test(arguments: [DType.float32, .float64]) func gradientsArePyTorchs(_ dtype: DType) throws {
    let (nan, inf) = (Self.nan, Self.inf)
    let session = Session(dtype: dtype)
    let cases: [(String, x: String, y: String, dx: [Double], dy: [Double]?)] = [
      ("hardswish(x)", "[-inf, -3, 3, inf, 0]", "0", [0, 0, 1, 1, 0.5], nil),
      ("margin_ranking_loss(x, y, [1])", "[1]", "[1]", [-1], [1]),
      ("softsign(x)", "[inf, 1]", "0", [nan, 0.25], nil),
      ("relu(x)*y", "[-1, 0, nan]", "[inf, nan, 1]", [0, 0, 1], nil),
      ("clamp(x, -1, 1)*y", "[-2, 0.5, nan]", "[inf, nan, 1]", [0, nan, 0], nil),
      ("hardtanh(x)*y", "[-2, 0.5, 1]", "[inf, nan, inf]", [0, nan, 0], nil),
      ("relu6(x)*y", "[-2, 7, 1]", "[inf, nan, 3]", [0, 0, 3], nil),
      ("hardsigmoid(x)*y", "[-4, 4, 0]", "[inf, nan, 6]", [0, 0, 1], nil),
      ("hardswish(x)*y", "[-4, -3, 4]", "[inf, nan, 6]", [0, 0, 6], nil),
      ("softshrink(x)*y + hardshrink(x)*y", "[0.1, 2, 0]", "[inf, 1, nan]", [0, 2, 0], nil),
      ("floor(x)*y + sign(x)*y", "[0.5, 2]", "[inf, nan]", [0, 0], nil),
      ("where(x > 0, x, 0)*y", "[-1, 2]", "[inf, inf]", [0, inf], nil),
      ("masked_fill(x, x > 0, 1)*y", "[-1, 2]", "[3, inf]", [3, 0], nil),
      ("x^y", "[0, nan, 0, 0]", "[0, 0, 2, -1]", [0, 0, 0, -inf], [0, nan, 0, -inf]),
      ("maximum(x, y)", "[nan, 1, 2]", "[1, nan, 2]", [1, 1, 0.5], [1, 1, 0.5]),
      ("atan2(x, y)", "[0, 0, 1]", "[0, -0.0, 1]", [0, 0, 0.5], [0, 0, -0.5]),
      ("xlogy(x, y)", "[0, 0, 0, 2]", "[0, -1, nan, 1]", [0, 0, nan, 0], [nan, 0, nan, 2]),
      ("logaddexp(x, y)", "[inf, 1, -inf]", "[0, 1, 0]", [1, 0.5, 0], [0, 0.5, 1]),
      ("logcumsumexp(x, 0)", "[-1000, 1000]", "0", [1, 1], nil),
      ("norm(x, 0.5)", "[0, 1, 4]", "0", [0, 3, 1.5], nil),
      ("norm(x, -inf)", "[3, -0.5, 2]", "0", [0, -1, 0], nil),
      ("max_pool1d(reshape(x, 1, 1, 4), 3, 1)", "[nan, 1, nan, 5]", "0", [0, 0, 2, 0], nil),
      (
        "cross_entropy(reshape(x, 2, 2), [-100, 1])", "[nan, 1, 0, 0]", "0", [nan, nan, 0.5, -0.5],
        nil
      ),
    ]
    for (code, x, y, dx, dy) in cases {
      try GoldenTests.run(session, "param x = \(x)\nparam y = \(y)\nz = sum(\(code))")
      for option in ["", ", create_graph=true"] {
        try Self.check("grad(z, x\(option))", dx, session)
        if let dy { try Self.check("grad(z, y\(option))", dy, session) }
        try GoldenTests.run(session, "z = sum(\(code))")
      }
    }
  }

  @Test func singleNumbersHaveAnAxis() throws {
    let session = Session()
    try GoldenTests.run(session, "param x = 2.5")
    for code in [
      "topk(x, 1, 0).values", "topk(x, 1).values", "cummax(x, 0).values", "cummin(x, -1).values",
      "index_select(x, 0, [0])", "sort(x, 0).values", "transpose(x, 0, -1)", "logcumsumexp(x, -1)",
    ] { try Self.check(code, [2.5], session) }
    try Self.check("topk(x, 1).indices", [0], session)
    try Self.check("grad(cummax(x, 0).values*2, x)", [2], session)
    for code in [
      "topk(x, 2)", "topk(x, 1, 1)", "cummax(x, 1)", "index_select(x, 0, [1])", "sort(x, 1)",
      "transpose(x, 0, 1)", "logcumsumexp(x, 1)",
    ] {
      #expect(throws: (any Error).self, "\(code)") { try GoldenTests.run(session, code) }
    }
  }

  @Test func windowsAndAxesThatPyTorchTakes() throws {
    let session = Session()
    let cases: [(String, [Double])] = [
      ("flip([1, 2, 3], [])", [1, 2, 3]),
      ("max_pool2d(ones(1, 1, 2, 2), 3, 2, ceil_mode=true)", [1]),
      ("avg_pool2d(ones(1, 1, 2, 2), 3, 2, ceil_mode=true)", [1]),
      ("max_pool1d([[[1, 2]]], 4, 3, ceil_mode=true)", [2]),
      (
        "conv_transpose1d([[[1, 2, 3]]], [[[1, 10]]], output_padding=1, dilation=2)",
        [1, 2, 13, 20, 30, 0]
      ),
      (
        "conv_transpose1d([[[1, 2, 3]]], [[[1, 10, 5]]], padding=1, output_padding=2, dilation=3)",
        [2, 3, 10, 20, 30, 5, 10, 15, 0]
      ),
      (
        "conv_transpose2d([[[[1, 2], [3, 4]]]], ones(1, 1, 2, 2), stride=list(1, 2), padding=list(1, 0), output_padding=list(1, 1), dilation=list(2, 1))",
        [3, 3, 4, 4, 0, 1, 1, 2, 2, 0, 3, 3, 4, 4, 0]
      ),
    ]
    for (code, expected) in cases { try Self.check(code, expected, session) }
    for code in [
      "max_pool1d([[[1, 2]]], 4, 2, ceil_mode=true)", "max_pool1d([[[1, 2]]], 4, 3)",
      "conv_transpose1d([[[1, 2, 3]]], [[[1, 10]]], output_padding=2, dilation=2)",
    ] {
      #expect(throws: (any Error).self, "\(code)") { try GoldenTests.run(session, code) }
    }
  }

  /// The type of a loss of two float types, and the gradient that comes of it.
  @Test func lossesHavePyTorchsTypes() throws {
    let session = Session()
    try GoldenTests.run(
      session,
      """
      param a = tensor([0.5], dtype="float32"); param b = tensor([0.25], dtype="float64")
      t = tensor([1], dtype="float32")
      """)
    let cases: [(String, DType)] = [
      ("mse_loss(a, b)", .float64), ("smooth_l1_loss(a, b)", .float64),
      ("binary_cross_entropy_with_logits(a, b)", .float64),
      ("binary_cross_entropy_with_logits(b, t)", .float32),
      ("binary_cross_entropy_with_logits(b, t, weight=b.detach())", .float32),
      ("binary_cross_entropy(a, t, weight=b.detach())", .float32),
    ]
    for (code, dtype) in cases {
      try GoldenTests.run(session, "out = \(code)")
      #expect(GoldenTests.tensors(session.value("out")).first?.dtype == dtype, "\(code)")
    }
    try Self.check("grad(binary_cross_entropy_with_logits(b, t), b)", [-0.437_823_5], session)
    try Self.check("grad(binary_cross_entropy(a, t, weight=b.detach()), a)", [-0.5], session)
  }

  /// The gradient of a product holds after an entry has become 0.
  @Test func recordedProductsFollowZeros() throws {
    let session = Session()
    try GoldenTests.run(
      session,
      """
      param a = [1, 2, 3]; y = prod(a); g = grad(y, a, create_graph=true); l = sum(g)
      a := [0, 2, 3]; l.forward(); h = grad(l, a)
      param m = [[1, 2], [3, 4]]
      g2 = grad(sum(prod(m, dim=0)*[2, 3]), m, create_graph=true); k = grad(sum(g2^2), m)
      """)
    try Self.check("g", [6, 0, 0], session)
    try Self.check("h", [5, 3, 2], session)
    try Self.check("k", [8, 36, 24, 72], session)
  }

  /// A gradient that does not depend on what it was taken by is told as that.
  @Test func aConstantGradientIsNamed() {
    let session = Session()
    let outcome = session.run(
      """
      param a = [1, 2]; y = sum(3*a); g = grad(y, a, create_graph=true)
      grad(sum(g), a)
      """
    ) { _ in }
    #expect(outcome.errors.first?.headline == "the value does not depend on `a`")
    #expect(outcome.errors.first?.reason == nil)
  }
}
