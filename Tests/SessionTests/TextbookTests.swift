import Platform
import Autograd
import Builtins
import Diagnostics
import Foundation
import Interpreter
import Training
import Session
import Tensors
import Testing

/// What `??name` shows is what the fused form computes.
@Suite struct TextbookTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let code: String
    var testDescription: String { code }
  }

  /// Programs over parameters p [4, 3], q [3, 3], r [3], image [2, 2, 5, 5], kernels [4, 2, 3, 3], bias [4], gates [4, 12].
  static let cases: [Case] = [
    "linear(p, q, r)", "linear(p, q)", "linear(r, q, r)",
    "batch_norm(p, none, none, r, r, training=true)", "batch_norm(p, training=true)",
    "batch_norm(p, [0.1, 0.2, 0.3], [1, 2, 3], r, r)",
    "layer_norm(p, 3, r, r)", "layer_norm(p, 3)", "layer_norm(image, [5, 5])",
    "batch_norm(image, none, none, bias[0:2], bias[2:4], training=true)",
    "batch_norm(image[:, :, 0], [0.1, 0.2], [1, 2], bias[0:2], bias[2:4])",
    "seed(1); dropout(p, 0.4)", "embedding([2, 0, 2], q)",
    "conv2d(image, kernels, bias)", "conv2d(image, kernels, stride=2, padding=1)",
    "conv2d(image, kernels, bias, dilation=2)", "conv2d(image, kernels, padding=\"same\")",
    "conv2d(image, kernels[:, 0:1], bias, groups=2)",
    "conv1d(image[:, :, 0], kernels[:, :, 0], bias)",
    "conv1d(image[:, :, 0], kernels[:, :, 0], stride=2, padding=1)",
    "max_pool2d(image, 2)", "max_pool2d(image, 3, stride=1, padding=1)",
    "avg_pool2d(image, 2)", "avg_pool2d(image, [3, 2], stride=2, padding=1)",
    "lstm_memory(gates, p)", "lstm_memory(gates[0], r)", "lstm_output(gates, p)",
    "lstm_output(gates, lstm_memory(gates, p))",
    "mse_loss(p, t)", "mse_loss(p, t, reduction=\"sum\")", "mse_loss(p, t, reduction=\"none\")",
    "l1_loss(p, t)", "smooth_l1_loss(p, t, beta=0.7)", "huber_loss(p, t, delta=0.6)",
    "binary_cross_entropy(sigmoid(p), yes)",
    "binary_cross_entropy(sigmoid(p), yes, weight=[1, 2, 3])",
    "binary_cross_entropy_with_logits(p, yes)",
    "binary_cross_entropy_with_logits(p, yes, pos_weight=[1, 2, 3], reduction=\"sum\")",
    "cross_entropy(p, [0, 2, 1, 1])", "cross_entropy(p, [0, 2, 1, 1], weight=[1, 2, 3])",
    "cross_entropy(p, [0, 2, -100, 1], label_smoothing=0.2)",
    "cross_entropy(p, [0, 2, 1, 1], weight=[1, 2, 3], label_smoothing=0.1, reduction=\"none\")",
    "cross_entropy(p, softmax(t, dim=1), label_smoothing=0.1)",
    "nll_loss(log_softmax(p, dim=1), [0, 2, 1, 1], weight=[1, 2, 3])",
    "nll_loss(log_softmax(p, dim=1), [0, 2, -100, 1], reduction=\"sum\")",
  ].map(Case.init)

  static func session() throws -> Session {
    let session = Session()
    try GoldenTests.run(
      session,
      """
      seed(3)
      param p = randn(4, 3); param q = randn(3, 3); param r = rand(3) + 0.5
      param image = randn(2, 2, 5, 5); param kernels = randn(4, 2, 3, 3); param bias = randn(4)
      t = randn(4, 3); yes = rand(4, 3)
      param gates = randn(4, 12)
      """)
    return session
  }

  @Test(arguments: cases) func definitionEqualsTheFusedForm(_ sample: Case) throws {
    let session = try Self.session()
    let parts = sample.code.components(separatedBy: "; ")
    for part in parts.dropLast() { try GoldenTests.run(session, part) }
    try GoldenTests.run(session, "z = \(parts[parts.count - 1])")
    let machine = session.machine
    let root = try #require(GoldenTests.nodes(session.value("z")).first)
    let fused = Set((Op.layers + Op.recurrence + Op.windows + Op.losses).map(\.name))
    #expect(fused.contains(root.op.name))
    let span = Span(source: 0, start: 0, end: 0)
    var opened: Node?
    try session.onBigStack { () throws(Diagnostic) in opened = try machine.opened(root, span) }
    let steps = try #require(opened)
    #expect(!fused.contains(steps.op.name) || steps.op.name == "dropout")
    #expect(steps.shape == root.shape)
    func close(_ a: Tensor, _ b: Tensor, _ what: String) {
      for (x, y) in zip(a.values, b.values) {
        #expect(abs(x - y) <= 1e-10 * max(1, abs(x)), "\(what): \(x) is not \(y)")
      }
    }
    close(root.value, steps.value, "value")
    let seed = try Tensor(
      (0..<root.shape.count).map { 0.7 - 0.31 * Double(($0 * 5) % 7) }, shape: root.shape)
    let graph = machine.graph
    let (mine, theirs) = (
      try graph.gradients(of: root, seed: seed), try graph.gradients(of: steps, seed: seed)
    )
    for name in ["p", "q", "r", "image", "kernels", "bias", "gates"] {
      let leaf = try #require(GoldenTests.nodes(session.value(name)).first)
      guard let a = mine(leaf) else { continue }
      close(a, try #require(theirs(leaf)), "∂/∂\(name)")
    }
  }

  /// Elementwise functions and folds whose textbook is shown by `??` as well.
  static let formulas = [
    "sigmoid(p)", "tanh(p)", "silu(p)", "gelu(p)", "softplus(p, beta=2)", "logsigmoid(p)",
    "softmax(p, dim=1)", "log_softmax(p, dim=0)", "logsumexp(p, dim=1)", "mean(p, dim=0)",
    "mean(p)", "var(p, dim=1)", "var(p, correction=0)",
  ]

  @Test(arguments: formulas) func shownDefinitionGivesTheSameNumbers(_ code: String) throws {
    let session = try Self.session()
    let name = String(code.prefix { $0 != "(" })
    let text = try #require(Library.textbook[name]?.text)
    try GoldenTests.run(session, "a = \(code)")
    try GoldenTests.run(session, "ga = grad(sum(a*a), p)")
    // The definition runs as a learner's own function.
    try GoldenTests.run(session, text.replacingOccurrences(of: "fn \(name)(", with: "fn own("))
    try GoldenTests.run(session, "b = own(\(code.dropFirst(name.count + 1))")
    try GoldenTests.run(session, "gb = grad(sum(b*b), p)")
    for (x, y) in [("a", "b"), ("ga", "gb")] {
      let (a, b) = (
        GoldenTests.tensors(session.value(x))[0], GoldenTests.tensors(session.value(y))[0]
      )
      #expect(a.shape == b.shape)
      for (m, n) in zip(a.values, b.values) { #expect(abs(m - n) <= 1e-10 * max(1, abs(m))) }
    }
  }

  static let optimizers = [
    "sgd(w, lr=0.1)", "sgd(w, lr=0.1, momentum=0.9, nesterov=true, weight_decay=0.1)",
    "sgd(w, lr=0.1, momentum=0.9, maximize=true)", "adam(w, lr=0.1, weight_decay=0.01)",
    "adam(w, amsgrad=true)", "adamw(w, lr=0.1)", "rmsprop(w, centered=true, momentum=0.5)",
    "adagrad(w, lr_decay=0.1)",
  ]

  /// The printed update, run by the language, gives the weights that the optimizer's own program gives.
  @Test(arguments: optimizers) func printedUpdateIsTheUpdate(_ maker: String) throws {
    let session = Session()
    try GoldenTests.run(session, "param w = [1, -2, 0.5]; target = [0.3, 0.1, -1]; opt = \(maker)")
    guard case .optimizer(let optimizer)? = session.value("opt") else {
      Issue.record("no optimizer")
      return
    }
    try GoldenTests.run(session, optimizer.textbook)
    let kept = optimizer.textbook.split(separator: "\n").last { $0.contains("list(") }.map {
      $0.drop { $0 != "(" }.dropFirst().dropLast().components(separatedBy: ", ").dropFirst()
    }
    let names = Array(try #require(kept))
    for name in names { try GoldenTests.run(session, "s_\(name) = zeros(3)") }
    for (setting, value) in optimizer.settings {
      try GoldenTests.run(session, "k_\(setting) = \(value)")
    }
    try GoldenTests.run(session, "mine = w.detach()")
    for step in 1...4 {
      try GoldenTests.run(
        session,
        "opt.zero_grad(); loss = sum((w - target)^2); loss.backward(); g = w.grad; opt.step()")
      let arguments =
        ["mine", "g"] + names.map { "s_\($0)" } + ["\(step)"]
        + optimizer.settings.map { "k_\($0.name)" }
      try GoldenTests.run(
        session, "result = \(optimizer.kind)(\(arguments.joined(separator: ", ")))")
      try GoldenTests.run(session, "mine = result[0]")
      for (i, name) in names.enumerated() {
        try GoldenTests.run(session, "s_\(name) = result[\(i + 1)]")
      }
      let (a, b) = (
        GoldenTests.tensors(session.value("w"))[0], GoldenTests.tensors(session.value("mine"))[0]
      )
      for (x, y) in zip(a.values, b.values) { #expect(abs(x - y) <= 1e-12, "step \(step)") }
    }
  }
}
