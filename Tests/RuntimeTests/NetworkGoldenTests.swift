import Autograd
import Foundation
import Runtime
import Tensors
import Testing

/// Layers, optimizers, schedules and start values give PyTorch's numbers.
@Suite struct NetworkGoldenTests {
  static let families: Set<String> = [
    "batchnorm", "optimizers", "schedulers", "clip", "init", "recurrent", "attention",
  ]
  static let cases = Golden.all.filter {
    families.contains($0.family) && !Golden.operations.contains($0.op)
  }

  static func cases(_ families: String...) -> [Golden] {
    cases.filter { families.contains($0.family) }
  }

  /// Compares a session's value with a reference.
  func expect(
    _ session: Session, _ name: String, _ want: Golden.Named, _ golden: Golden,
    _ place: String = ""
  ) {
    let got = GoldenTests.tensors(session.value(name)).first
    guard let got, got.count == want.data.count else {
      Issue.record("\(golden.id) \(place): \(name) is missing or of another size")
      return
    }
    #expect(got.shape.dims == want.shape, "\(golden.id) \(place): \(name)")
    for (a, b) in zip(got.values, want.data) {
      #expect(golden.matches(a, b), "\(golden.id) \(place): \(name): \(a) is not \(b)")
    }
  }

  /// Defines inputs as data, and parameters as parameters.
  func define(_ session: Session, data: [Golden.Named], parameters: [Golden.Named] = []) throws {
    for input in data { session.define(input.name, try input.tensor, isParameter: false) }
    for input in parameters { session.define(input.name, try input.tensor, isParameter: true) }
  }

  func refuses(_ golden: Golden, _ session: Session, _ code: String) {
    #expect(throws: GoldenTests.Failure.self, "\(code) must be refused") {
      try GoldenTests.run(session, code)
    }
  }

  // MARK: Batch normalisation

  @Test(arguments: cases("batchnorm")) func batchNorm(_ golden: Golden) throws {
    let session = Session()
    var settings = ["num_features=\(Int(golden.attrs.number("num_features") ?? 0))"]
    for name in ["eps", "affine", "track_running_stats", "momentum"] {
      if let value = golden.attrs.all[name] { settings.append("\(name)=\(value.text)") }
    }
    if golden.attrs.all["momentum_none"] != nil { settings.append("momentum=none") }
    try GoldenTests.run(session, "m = batchnorm1d(\(settings.joined(separator: ", ")))")
    guard let steps = golden.steps, golden.op == "batch_norm1d" else {
      try define(session, data: golden.inputs)
      if golden.error != nil { return refuses(golden, session, "m(x)") }
      let mode = golden.torch.contains("eval") ? "m.eval(); " : ""
      try GoldenTests.run(session, mode + "out = m(x)")
      return expect(session, "out", golden.outputs[0], golden)
    }
    for parameter in golden.params + (golden.buffers ?? []) {
      session.define(parameter.name, try parameter.tensor, isParameter: false)
      try GoldenTests.run(session, "m.\(parameter.name) := \(parameter.name)")
    }
    for (i, step) in steps.enumerated() {
      try define(session, data: [], parameters: step.inputs ?? [])
      let seed = try #require(step.cotangents?.first)
      session.define("dz", try seed.tensor, isParameter: false)
      try GoldenTests.run(
        session,
        "m.\(step.mode == "train" ? "train" : "eval")(); m.zero_grad(); out = m(x); out.backward(gradient=dz)"
      )
      expect(session, "out", try #require(step.outputs?.first), golden, "step \(i)")
      for want in step.grads ?? [] {
        let owner = want.name == "x" ? "x" : "m." + want.name
        try GoldenTests.run(session, "g = \(owner).grad")
        expect(session, "g", want, golden, "step \(i) ∂/∂\(want.name)")
      }
      for want in step.buffers ?? [] {
        try GoldenTests.run(session, "g = m.\(want.name)")
        expect(session, "g", want, golden, "step \(i) \(want.name)")
      }
    }
  }

  // MARK: Optimizers

  @Test(arguments: cases("optimizers")) func optimizers(_ golden: Golden) throws {
    let session = Session()
    let settings = golden.attrs.all.filter {
      !["problem", "beta1", "beta2"].contains($0.key)
    }.map { "\($0.key)=\($0.value.text)" }.sorted()
    var list = settings
    if let beta1 = golden.attrs.number("beta1"), let beta2 = golden.attrs.number("beta2") {
      list.append("betas=[\(beta1), \(beta2)]")
    }
    if golden.error != nil {
      return refuses(
        golden, session, "param p = [0]; \(golden.op)(p, \(list.joined(separator: ", ")))")
    }
    try define(session, data: golden.inputs, parameters: golden.params)
    let names = golden.params.map(\.name)
    let problem = golden.attrs.word("problem") ?? ""
    let loss =
      problem.hasPrefix("quadratic")
      ? "0.5*dot(w, A @ w) - dot(b, w)"
      : problem.hasPrefix("mlp")
        ? "mse_loss(linear(tanh(linear(x, w1, b1)), w2, b2), target)"
        : problem.contains("sum(0*z)") ? "sum(w^2) + sum(0*z)" : "sum(g*w)"
    try GoldenTests.run(
      session,
      "opt = \(golden.op)(list(\(names.joined(separator: ", "))), \(list.joined(separator: ", ")))")
    if problem.contains("StepLR") {
      try GoldenTests.run(session, "s = step_lr(opt, 2, gamma=0.1)")
    }
    for (i, step) in (golden.steps ?? []).enumerated() {
      try GoldenTests.run(session, "opt.zero_grad(); loss = \(loss); loss.backward(); lr = opt.lr")
      for want in step.values ?? [] { expect(session, want.name, want, golden, "step \(i)") }
      for want in step.grads ?? [] {
        try GoldenTests.run(session, "gradient = \(want.name).grad")
        expect(session, "gradient", want, golden, "step \(i)")
      }
      try GoldenTests.run(session, "opt.step()")
      for want in step.params ?? [] { expect(session, want.name, want, golden, "step \(i)") }
      if problem.contains("StepLR") { try GoldenTests.run(session, "s.step()") }
    }
  }

  // MARK: Schedules and clipping

  @Test(arguments: cases("schedulers")) func schedules(_ golden: Golden) throws {
    let session = Session()
    let names = [
      "step_lr": "step_lr", "cosine_annealing": "cosine_annealing_lr", "one_cycle": "one_cycle_lr",
      "exponential": "exponential_lr", "multi_step": "multi_step_lr", "linear_lr": "linear_lr",
      "reduce_on_plateau": "reduce_lr_on_plateau",
    ]
    let settings = golden.attrs.all.filter {
      !["base_lr", "steps", "optimizer"].contains($0.key)
    }.map { "\($0.key)=\($0.value.text)" }.sorted().joined(separator: ", ")
    let isAdam = golden.attrs.word("optimizer") == "adam"
    let lr = golden.attrs.number("base_lr") ?? 0.1
    let name = try #require(names[golden.op])
    try GoldenTests.run(
      session,
      "param p = 1; opt = \(isAdam ? "adam(p, lr=\(lr))" : "sgd(p, lr=\(lr), momentum=0.9)"); s = \(name)(opt, \(settings))"
    )
    if golden.error != nil {
      return refuses(
        golden, session, "repeat \(Int(golden.attrs.number("steps") ?? 0)) { s.step() }")
    }
    let metrics = golden.inputs.first { $0.name == "metrics" }?.data
    for want in golden.outputs {
      try GoldenTests.run(session, "opt.lr = \(lr)")
      let field = want.name == "momentum" ? isAdam ? "beta1" : "momentum" : "lr"
      try GoldenTests.run(
        session,
        "opt = \(isAdam ? "adam(p, lr=\(lr))" : "sgd(p, lr=\(lr), momentum=0.9)"); s = \(name)(opt, \(settings))"
      )
      for (k, value) in want.data.enumerated() {
        if k > 0 {
          try GoldenTests.run(session, "s.step(\(metrics.map { "\($0[k - 1])" } ?? ""))")
        }
        try GoldenTests.run(session, "now = opt.\(field)")
        let now = try #require(GoldenTests.tensors(session.value("now")).first?.item)
        #expect(
          golden.matches(now, value), "\(golden.id) \(want.name)[\(k)]: \(now) is not \(value)")
      }
    }
  }

  @Test(arguments: cases("clip")) func clipping(_ golden: Golden) throws {
    let session = Session()
    try define(session, data: golden.inputs)
    let names = golden.inputs.map(\.name)
    for name in names {
      try GoldenTests.run(
        session,
        "param p_\(name) = zeros_like(\(name)); loss = sum(p_\(name)*\(name)); loss.backward()")
    }
    let list = "list(" + names.map { "p_\($0)" }.joined(separator: ", ") + ")"
    if golden.op == "clip_grad_norm" {
      let p = golden.attrs.number("norm_type").map { "\($0)" } ?? "inf"
      try GoldenTests.run(
        session,
        "total_norm = clip_grad_norm(\(list), \(golden.attrs.number("max_norm") ?? 0), norm_type=\(p))"
      )
    } else {
      try GoldenTests.run(
        session, "clip_grad_value(\(list), \(golden.attrs.number("clip_value") ?? 0))")
    }
    for want in golden.outputs {
      if names.contains(want.name) {
        try GoldenTests.run(session, "\(want.name)_after = p_\(want.name).grad")
        expect(session, want.name + "_after", want, golden)
      } else {
        expect(session, want.name, want, golden)
      }
    }
  }

  // MARK: Start values

  @Test(arguments: cases("init")) func startValues(_ golden: Golden) throws {
    let session = Session()
    func output(_ name: String) -> Double? {
      golden.outputs.first { $0.name == name }?.data.first
    }
    if golden.op == "calculate_gain" {
      let word = try #require(golden.attrs.word("nonlinearity"))
      let slope = golden.attrs.number("param").map { ", \($0)" } ?? ""
      try GoldenTests.run(session, "gain = calculate_gain(\"\(word)\"\(slope))")
      return expect(session, "gain", golden.outputs[0], golden)
    }
    if golden.op == "module_default" { return try moduleDefaults(golden, session) }
    let settings = golden.attrs.all.map { "\($0.key)=\($0.value.text)" }.sorted()
    // The same draws, without their scale: the quotient is the bound or the spread.
    let isUniform = golden.op.hasSuffix("uniform")
    try GoldenTests.run(
      session,
      """
      seed(7); drawn = \(golden.op)(\(settings.joined(separator: ", ")))
      seed(7); plain = \(isUniform ? "2*rand" : "randn")(drawn.shape)\(isUniform ? " - 1" : "")
      i = argmax(abs(flatten(plain)))
      scale = flatten(drawn)[i]/flatten(plain)[i]
      """)
    let scale = try #require(GoldenTests.tensors(session.value("scale")).first?.item)
    let want = try #require(isUniform ? output("bound") : output("std"))
    #expect(abs(scale - want) <= 1e-6 * want, "\(golden.id): \(scale) is not \(want)")
  }

  private func moduleDefaults(_ golden: Golden, _ session: Session) throws {
    func number(_ name: String) -> Int { Int(golden.attrs.number(name) ?? 0) }
    let kernel = golden.attrs.all["kernel_size"]?.text ?? ""
    let recurrent = "(\(number("input_size")), \(number("hidden_size"))).cells[0]"
    let makers = [
      "Linear": "linear(\(number("in_features")), \(number("out_features")))",
      "Conv1d": "conv1d(\(number("in_channels")), \(number("out_channels")), \(kernel))",
      "Conv2d": "conv2d(\(number("in_channels")), \(number("out_channels")), \(kernel))",
      "RNNCell": "rnn" + recurrent, "LSTMCell": "lstm" + recurrent, "GRUCell": "gru" + recurrent,
      "Embedding": "embedding(\(number("num_embeddings")), \(number("embedding_dim")))",
      "LayerNorm": "layernorm(\(golden.attrs.all["normalized_shape"]?.text ?? ""))",
      "BatchNorm1d": "batchnorm1d(\(number("num_features")))",
      "MultiheadAttention": "multihead_attention(\(number("embed_dim")), \(number("num_heads")))",
    ]
    let maker = try #require(makers[golden.attrs.word("module") ?? ""])
    try GoldenTests.run(session, "seed(0); m = \(maker)")
    for output in golden.outputs {
      let parts = output.name.split(separator: ".")
      let want = output.data[0]
      try GoldenTests.run(session, "v = m.\(parts.dropLast().joined(separator: "."))")
      let values = try #require(GoldenTests.tensors(session.value("v")).first).values
      switch parts.last {
      case "constant": #expect(values.allSatisfy { $0 == want }, "\(golden.id) \(output.name)")
      case "uniform":
        // All within the bound, and n draws come near it: the largest is below 1 - 10/n about e^-10 of the time.
        let largest = values.map(abs).max() ?? 0
        #expect(largest <= want * (1 + 1e-6), "\(golden.id) \(output.name)")
        #expect(largest >= want * (1 - 10 / Double(values.count)), "\(golden.id) \(output.name)")
      default:
        let spread = (values.map { $0 * $0 }.reduce(0, +) / Double(values.count)).squareRoot()
        #expect(abs(spread - want) < 0.1, "\(golden.id) \(output.name)")
      }
    }
  }

  // MARK: Recurrent layers and attention

  @Test(arguments: cases("recurrent")) func recurrentLayers(_ golden: Golden) throws {
    let session = try GoldenTests.session(golden)
    let hasBias = golden.params.contains { $0.name == "b_ih" }
    let weights = hasBias ? "w_ih, w_hh, b_ih, b_hh" : "w_ih, w_hh"
    let unrolled = [
      "unroll_rnn":
        "h = rnn_\(golden.attrs.word("nonlinearity") ?? "tanh")_cell(x[t], h, \(weights))",
      "unroll_gru": "h = gru_cell(x[t], h, \(weights))",
      "unroll_lstm": "h, c = lstm_cell(x[t], list(h, c), \(weights))",
    ]
    let names: [String]
    if let step = unrolled[golden.op] {
      let isLong = golden.op == "unroll_lstm"
      try GoldenTests.run(
        session,
        "h = h0\(isLong ? "; c = c0" : ""); steps = list(); for t in range(len(x)) { \(step); append(steps, h) }; hs = stack(steps); h_last = h\(isLong ? "; c_last = c" : "")"
      )
      names = golden.outputs.map(\.name)
    } else {
      let kind = golden.op.replacingOccurrences(of: "nn_", with: "")
      let sizes = ["input_size", "hidden_size", "num_layers"].map {
        "\(Int(golden.attrs.number($0) ?? 1))"
      }
      // The layer's own weights are replaced by the parameters of the case.
      try GoldenTests.run(session, "m = \(kind)(\(sizes.joined(separator: ", ")))")
      for parameter in golden.params {
        let name = parameter.name
        let level = name.last.map(String.init) ?? "0"
        try GoldenTests.run(session, "m.cells[\(level)].\(name.dropLast(3)) = \(name)")
      }
      let state = kind == "lstm" ? "list(h0, c0)" : "h0"
      try GoldenTests.run(
        session,
        kind == "lstm" ? "out, s = m(x, \(state)); h_n, c_n = s" : "out, h_n = m(x, \(state))")
      names = golden.outputs.map(\.name)
    }
    for want in golden.outputs { expect(session, want.name, want, golden) }
    try GoldenTests().checkGradients(
      golden, session, names.flatMap { GoldenTests.nodes(session.value($0)) })
  }

  @Test(arguments: cases("attention")) func attention(_ golden: Golden) throws {
    let session = try GoldenTests.session(golden)
    let settings = ["embed_dim", "num_heads"].map {
      "\(Int(golden.attrs.number($0) ?? 0))"
    }
    let bias = golden.attrs.all["bias"]?.text ?? "true"
    let maker =
      "m = multihead_attention(\(settings.joined(separator: ", ")), bias=\(bias), batch_first=true)"
    if golden.error != nil { return refuses(golden, session, maker) }
    try GoldenTests.run(session, maker)
    for parameter in golden.params {
      let owner = parameter.name.hasPrefix("out_proj") ? "m.out_proj" : "m"
      let field = parameter.name.replacingOccurrences(of: "out_proj_", with: "")
      try GoldenTests.run(session, "\(owner).\(field) = \(parameter.name)")
    }
    let given = golden.inputs.map(\.name)
    var call = given.contains("x") ? ["x", "x", "x"] : ["query", "key", "value"]
    for name in ["attn_mask", "key_padding_mask"] where given.contains(name) {
      call.append("\(name)=\(name)")
    }
    for name in ["need_weights", "average_attn_weights"] {
      if let value = golden.attrs.all[name] { call.append("\(name)=\(value.text)") }
    }
    try GoldenTests.run(session, "out, attn = m(\(call.joined(separator: ", ")))")
    for want in golden.outputs { expect(session, want.name, want, golden) }
    try GoldenTests().checkGradients(
      golden, session,
      golden.cotangents.flatMap { GoldenTests.nodes(session.value($0.name)) })
  }
}
