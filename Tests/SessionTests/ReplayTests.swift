import Autograd
import Interpreter
import Session
import Tensors
import Testing

/// `forward` computes everything below the root again from its leaves, as a fresh run would.
@Suite struct ReplayTests {
  /// Programs over parameters w [3] and s, data d [3] and a buffer b, that end in a number `loss`.
  static let programs = [
    "z = 2*w; h = where(z > 0, z, 0); loss = sum((h - 1)^2)",
    "loss = sum(w*(w > 0.3))", "loss = sum(w[w > 0]^2)", "loss = w[argmax(w)] + s",
    "p = argmin(w); loss = sum(w*one_hot(p, 3))", "q = sort(w); loss = sum(q.values*d)",
    "q = sort(w, descending=true); loss = sum(gather(w*2, 0, q.indices)*d)",
    "loss = sum(max(stack(list(w, d)), dim=0).values*d)",
    "loss = sum(max(stack(list(w, d)), dim=0).indices*w)", "loss = median(w)*s",
    "u = w.detach(); loss = sum(w*u)", "st = (round(w) - w).detach() + w; loss = sum(st*d)",
    "no_grad { t = w*3 + 1 }; loss = sum((w - t)^2)",
    "no_grad { t = mean(w > 0) }; loss = s*t", "loss = sum(w)*any(w > 1) + s*all(w > 0)",
    "loss = sum(w/b)", "c = 2*b; loss = s*c", "loss = sum(sign(w)*w) + floor(s)*s",
    "mask = (w > 0) + (w < -1); loss = sum(masked_fill(w, mask > 0, 0.5))",
    "loss = cross_entropy(stack(list(w, -w)), argmax(stack(list(w, d)), dim=1))",
    "t = 0; for i in range(3) { t = t + w[i]*(w[i] > 0) }; loss = t*s",
    "loss = s*(s > 0)", "loss = where(s > 0, s, -2*s)", "m = s > 0; loss = s*m + w[0]",
    "n = w % 2; loss = sum(n*(n > 0.5)*d)", "loss = sum(tril(outer(w, w) > 0)*outer(w, d))",
    "x = clamp(w, -1, 1); loss = sum(x == w) + sum(x)", "loss = norm(w)*sum(w != 0)",
  ]

  static let values = [("[1.5, -2, 0.5]", "0.7", "2"), ("[-1, 2.5, -0.2]", "-1.3", "0.5")]

  private func run(_ code: String, _ session: Session) throws { try GoldenTests.run(session, code) }

  private func loss(_ session: Session) throws -> Double {
    guard case .tensor(let node)? = session.value("loss") else { return .nan }
    return node.value[0]
  }

  @Test(arguments: programs) func replayEqualsAFreshRun(_ program: String) throws {
    func declared(_ i: Int) -> String {
      let (w, s, b) = Self.values[i]
      return "d = [0.3, -1.1, 2]; param w = \(w); param s = \(s); buffer b = \(b)"
    }
    let replayed = Session()
    try run(declared(0), replayed)
    try run(program, replayed)
    let (w, s, b) = Self.values[1]
    try run("w := \(w); s := \(s); b := \(b); loss.forward()", replayed)
    let fresh = Session()
    try run(declared(1), fresh)
    try run(program, fresh)
    #expect(try loss(replayed) == loss(fresh))
    for session in [replayed, fresh] { try run("loss.backward()", session) }
    for name in ["w", "s"] {
      guard case .tensor(let a)? = replayed.value(name),
        case .tensor(let b)? = fresh.value(name)
      else { return }
      #expect(a.gradient?.values == b.gradient?.values, "\(name)")
    }
  }

  /// Every op, by existing: what it recorded is computed again.
  @Test(arguments: Op.all.filter { $0.name != "leaf" }) func everyOpIsReplayed(_ op: Op) throws {
    for sample in op.samples + (op.samples.isEmpty ? Self.plain(op) : []) {
      let graph = Graph()
      let leaves = sample.inputs.map { input in
        input.dtype.isFloat ? graph.parameter(input) : graph.constant(input)
      }
      let isTracked = { (k: Int) in leaves[k].isParameter && op.operand(k)?.role != .weight }
      let operands = leaves.indices.map { k in
        Node.Operand.node(isTracked(k) ? leaves[k] : graph.buffer(sample.inputs[k]))
      }
      let node = try graph.apply(op, operands, sample.attributes)
      var changed = sample.inputs
      for k in leaves.indices where isTracked(k) {
        changed[k] = try changed[k] * Tensor(0.9, dtype: changed[k].dtype)
        try graph.store(changed[k], into: leaves[k])
      }
      try graph.replay(node)
      let fresh = try op.applied(changed, sample.attributes).output
      #expect(node.value.values == fresh.values, "\(op.name) \(sample.attributes.text)")
    }
  }

  /// Operands for ops without gradient.
  private static func plain(_ op: Op) -> [Sample] {
    let x = (try? Tensor([0.4, -1.2, 2.3, -0.1, 1.1, 0.9], shape: [2, 3])) ?? Tensor(0)
    if op.operands.count == 2 {
      let y = (try? Tensor([0.9, -1, 0.5], shape: [3])) ?? Tensor(0)
      return [Sample([x, y])]
    }
    if op.operand(0)?.role == .indices {
      return [Sample([(try? Tensor([2, 0], shape: [2], dtype: .int64)) ?? Tensor(0)])]
    }
    if op.family == .adjoint, op.settings.contains(where: { $0.name == "kernel_size" }) {
      let image = (try? x.reshaped(to: op.name.contains("1d") ? [1, 2, 3] : [1, 1, 2, 3])) ?? x
      return [Sample([image], ("kernel_size", .ints([2])))]
    }
    return [Sample([x])]
  }

  /// What `detach` and `no_grad` drop in a loop is dropped: the number of recorded values stays what it is after
  /// a few steps.
  @Test(arguments: [
    // Accuracy, summed as a tensor.
    "correct = correct + mean((x*w > 0) == (x > 0))",
    // A state carried by detach.
    "h = tanh(w*h + x).detach()",
    // Weights averaged under no_grad.
    "no_grad { average = 0.9*average + 0.1*w }",
    // Losses kept in a list.
    "append(kept, (w*x).detach())",
  ]) func loopsHoldNoHistory(_ step: String) throws {
    func count(_ steps: Int) throws -> Int {
      let session = Session()
      try run(
        """
        param w = [0.5, -1, 2]; x = [1.0, 2, -1]
        correct = 0; h = zeros(3); average = zeros(3); kept = list()
        for i in range(\(steps)) { \(step); w := w*0.999 }
        """, session)
      return session.machine.graph.recordedCount
    }
    #expect(try count(10_000) == count(10))
  }

  /// Numbers and their derivatives by PyTorch 2.13.
  @Test(arguments: [
    ("y = (s + t)*s*s; found = ∂²y/∂s²", 22.0), ("y = s^2*t; found = grad(grad(y, s), t)", 6),
    ("y = s^2*t; g = grad(y, s, create_graph=true); t := 5; g.forward(); found = g", 30),
    ("y = s^2*t + 0*s*t; found = ∂²y/∂s∂t", 6), ("y = s^2*t; found = ∂³y/∂s²∂t", 2),
    (
      "h = [1.0, 2]*s; y = sum(h)*t*t; g = grad(y, s, create_graph=true); found = grad(g^2, t)", 288
    ),
    ("l = sum(list(s*s, s)) + s; found = grad(l, s)", 8),
    ("l = mse_loss(list(s, t), list(t*2, s)); found = grad(l, t)", 1),
    ("u = s*2; y = u^2; z = u^3; forward z; found = grad(y, s)", 24),
    ("u = s*2; y = u^2; z = u^3; s := 1; y.forward(); z.forward(); found = grad(y, s)", 8),
  ]) func scalarsOfAProgramStayInItsGradients(_ program: String, _ wanted: Double) throws {
    let session = Session()
    try run("param s = 3.0; param t = 2.0; \(program)", session)
    let found = try #require(GoldenTests.tensors(session.value("found")).first)
    #expect(abs(found[0] - wanted) < 1e-9)
  }

  /// What a numeric check holds is what the gradient holds.
  @Test(arguments: [
    ("y = w*w.detach()", "ok"), ("y = (round(w) - w).detach() + w", "ok"),
    ("no_grad { t = 3*w + 1 }; y = (w - t)^2", "ok"),
    // A kink that only a mask shows.
    ("y = where(w > 0.6, w, 0)", "kink"), ("y = w*(w > 0.6)", "kink"),
    ("y = w*(1 - (w > 0.6))", "kink"), ("m = (w > 0.6)*2 + 1; y = w*m", "kink"),
  ]) func numericChecksHoldWhatGradientsHold(_ program: String, _ result: String) throws {
    let session = Session()
    try run("param w = 0.6; \(program); found = gradcheck(y, w).result", session)
    guard case .string(let found)? = session.value("found") else { return }
    #expect(found.text == result)
  }
}
