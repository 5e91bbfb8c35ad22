import Autograd
import Foundation
import Interpreter
import Session
import Tensors
import Testing

/// Layers, optimizers, schedules and start values give PyTorch's numbers.
@Suite struct NetworkGoldenTests {
  /// Compares a session's value with a reference.
  func expect(
    _ session: Session, _ name: String, _ want: Golden.Named, _ golden: Golden,
    _ place: String = ""
  ) {
    guard let got = GoldenTests.tensors(session.value(name)).first else {
      Issue.record("\(golden.id) \(place): \(name) is missing")
      return
    }
    GoldenTests.expect(got, want, golden, "\(place): \(name)")
  }

  /// Defines inputs as data, and parameters as parameters.
  func define(_ session: Session, data: [Golden.Named], parameters: [Golden.Named] = []) throws {
    for input in data { session.define(input.name, try input.tensor, isParameter: false) }
    for input in parameters { session.define(input.name, try input.tensor, isParameter: true) }
  }

  /// `.grad` of each, beside the reference; where there is none, there is none here.
  func expectGradients(
    _ session: Session, _ owned: [(name: String, text: String)], _ wants: [Golden.Named],
    _ golden: Golden, _ place: String
  ) throws {
    for (name, text) in owned {
      try GoldenTests.run(session, "gradient = \(text).grad")
      guard let want = wants.first(where: { $0.name == name }) else {
        #expect(GoldenTests.tensors(session.value("gradient")).isEmpty, "\(place): \(text).grad")
        continue
      }
      expect(session, "gradient", want, golden, "\(place) ∂/∂\(name)")
    }
  }

  // MARK: Batch normalisation

  @Test(arguments: Golden.cases(.batchNorm)) func batchNorm(_ golden: Golden) throws {
    let session = Session()
    var settings = golden.attrs.settings(without: "momentum_none")
    if golden.attrs.all["momentum_none"] != nil { settings.append("momentum=none") }
    let maker = "m = batchnorm1d(\(settings.joined(separator: ", ")))"
    guard golden.op == "batch_norm1d" else {
      let isEval = golden.torch.contains("eval")
      try define(session, data: [], parameters: golden.inputs)
      let code = "\(maker); \(isEval ? "m.eval(); " : "")out = m(x)"
      if golden.error != nil { return GoldenTests.refuses(session, code) }
      try GoldenTests.run(session, code)
      expect(session, "out", golden.outputs[0], golden)
      return try GoldenTests().checkGradients(
        golden, session, GoldenTests.nodes(session.value("out")))
    }
    try GoldenTests.run(session, maker)
    for parameter in golden.params + (golden.buffers ?? []) {
      session.define(parameter.name, try parameter.tensor, isParameter: false)
      try GoldenTests.run(session, "m.\(parameter.name) := \(parameter.name)")
    }
    for (i, step) in (golden.steps ?? []).enumerated() {
      try define(session, data: [], parameters: step.inputs ?? [])
      let seed = try #require(step.cotangents?.first)
      let mode = try #require(step.mode)
      session.define("dz", try seed.tensor, isParameter: false)
      try GoldenTests.run(
        session, "m.\(mode)(); m.zero_grad(); out = m(x); out.backward(gradient=dz)")
      expect(session, "out", try #require(step.outputs?.first), golden, "step \(i)")
      let owned = golden.params.map { (name: $0.name, text: "m.\($0.name)") }
      try expectGradients(
        session, [(name: "x", text: "x")] + owned, step.grads ?? [], golden, "step \(i)")
      for want in step.buffers ?? [] {
        try GoldenTests.run(session, "g = m.\(want.name)")
        expect(session, "g", want, golden, "step \(i) \(want.name)")
      }
    }
  }

  // MARK: Optimizers

  /// The loss that a problem names, in nn.
  static func loss(_ problem: String) throws -> String {
    if problem.hasPrefix("quadratic") { return "0.5*dot(w, A @ w) - dot(b, w)" }
    if problem.hasPrefix("mlp") {
      return "mse_loss(linear(tanh(linear(x, w1, b1)), w2, b2), target)"
    }
    guard let found = problem.firstMatch(of: #/^loss = ([^;]+)/#) else {
      throw Golden.Unreadable(text: problem)
    }
    return String(found.output.1)
  }

  @Test(arguments: Golden.cases(.optimizer)) func optimizers(_ golden: Golden) throws {
    let session = Session()
    var settings = golden.attrs.settings(without: "problem", "beta1", "beta2")
    let betas = ["beta1", "beta2"].map { golden.attrs.number($0) }
    if betas.contains(where: { $0 != nil }) {
      settings.append("betas=[\(betas[0] ?? 0.9), \(betas[1] ?? 0.999)]")
    }
    let list = settings.joined(separator: ", ")
    if golden.error != nil {
      return GoldenTests.refuses(session, "param p = [0]; \(golden.op)(p, \(list))")
    }
    try define(session, data: golden.inputs, parameters: golden.params)
    let names = golden.params.map(\.name)
    let problem = try #require(golden.attrs.word("problem"))
    let loss = try Self.loss(problem)
    try GoldenTests.run(
      session, "opt = \(golden.op)(list(\(names.joined(separator: ", "))), \(list))")
    let schedule = problem.firstMatch(of: #/StepLR\(([^)]*)\)/#)?.output.1
    if let schedule { try GoldenTests.run(session, "s = step_lr(opt, \(schedule))") }
    for (i, step) in (golden.steps ?? []).enumerated() {
      try GoldenTests.run(session, "opt.zero_grad(); loss = \(loss); loss.backward(); lr = opt.lr")
      for want in step.values ?? [] { expect(session, want.name, want, golden, "step \(i)") }
      try expectGradients(
        session, names.map { ($0, $0) }, step.grads ?? [], golden, "step \(i)")
      try GoldenTests.run(session, "opt.step()\(schedule == nil ? "" : "; s.step()")")
      for want in step.params ?? [] { expect(session, want.name, want, golden, "step \(i)") }
    }
  }

  // MARK: Schedules and clipping

  @Test(arguments: Golden.cases(.schedule)) func schedules(_ golden: Golden) throws {
    let session = Session()
    let names = [
      "step_lr": "step_lr", "cosine_annealing": "cosine_annealing_lr", "one_cycle": "one_cycle_lr",
      "exponential": "exponential_lr", "multi_step": "multi_step_lr", "linear_lr": "linear_lr",
      "reduce_on_plateau": "reduce_lr_on_plateau",
    ]
    let lr = golden.attrs.number("base_lr") ?? 0.1
    let optimizers = ["sgd": "sgd(p, lr=\(lr), momentum=0.9)", "adam": "adam(p, lr=\(lr))"]
    let optimizer = golden.attrs.word("optimizer") ?? "sgd"
    let opt = try #require(optimizers[optimizer], "\(optimizer)")
    let settings = golden.attrs.settings(without: "base_lr", "steps", "optimizer")
    let list = (["opt"] + settings).joined(separator: ", ")
    let maker = "s = \(try #require(names[golden.op], "\(golden.op)"))(\(list))"
    try GoldenTests.run(session, "param p = 1; opt = \(opt)")
    let metrics = golden.inputs.first { $0.name == "metrics" }?.data
    if golden.error != nil {
      let steps = Int(golden.attrs.number("steps") ?? 0)
      return GoldenTests.refuses(session, "\(maker); repeat \(steps) { s.step() }")
    }
    for want in golden.outputs {
      try GoldenTests.run(session, "opt = \(opt); \(maker)")
      let field = want.name == "momentum" && optimizer == "adam" ? "beta1" : want.name
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

  @Test(arguments: Golden.cases(.clipping)) func clipping(_ golden: Golden) throws {
    let session = Session()
    try define(session, data: golden.inputs)
    let names = golden.inputs.map(\.name)
    for name in names {
      try GoldenTests.run(
        session,
        "param p_\(name) = zeros_like(\(name)); loss = sum(p_\(name)*\(name)); loss.backward()")
    }
    let list = "list(" + names.map { "p_\($0)" }.joined(separator: ", ") + ")"
    let settings = golden.attrs.settings().joined(separator: ", ")
    let code = "total_norm = \(golden.op)(\(list), \(settings))"
    if golden.error != nil { return GoldenTests.refuses(session, code) }
    try GoldenTests.run(session, code)
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

  @Test(arguments: Golden.cases(.startValue)) func startValues(_ golden: Golden) throws {
    if golden.op == "module_default" { return try moduleDefaults(golden) }
    let list = golden.attrs.settings().joined(separator: ", ")
    let code = "\(golden.op)(\(list))"
    if golden.error != nil { return GoldenTests.refuses(Session(), code) }
    for want in golden.outputs {
      let got = try startValue(want.name, of: code, golden)
      // Draws are rounded to float32: what is measured on them is right to some 10^-7.
      let slack = want.name == "gain" ? 0 : 5e-7 * want.data[0]
      #expect(
        abs(got - want.data[0]) <= slack || golden.matches(got, want.data[0]),
        "\(golden.id) \(want.name): \(got) is not \(want.data)")
    }
  }

  /// A number that describes start values, as nn has it.
  private func startValue(_ name: String, of code: String, _ golden: Golden) throws -> Double {
    func setting(_ name: String) throws -> String {
      try #require(golden.attrs.all[name], "\(name)").text
    }
    switch name {
    case "bound": return try scale(of: code)
    case "std": return try scale(of: code) / (code.contains("uniform") ? 3.squareRoot() : 1)
    case "fan_in", "fan_out":
      let spread = try scale(
        of: "kaiming_normal(\(setting("shape")), mode=\"\(name)\", nonlinearity=\"linear\")")
      return 1 / (spread * spread)
    case "gain" where golden.op == "calculate_gain": return try number(code, in: Session())
    case "gain":
      return try number(
        "calculate_gain(\(setting("nonlinearity")), \(setting("a")))", in: Session())
    default: throw Golden.Unreadable(text: name)
    }
  }

  /// By how much draws are wider than plain ones of the same seed.
  private func scale(of code: String) throws -> Double {
    let session = Session()
    let plain = code.contains("uniform") ? "2*rand(drawn.shape) - 1" : "randn(drawn.shape)"
    try GoldenTests.run(
      session,
      "seed(7); drawn = \(code); seed(7); plain = \(plain); i = argmax(abs(flatten(plain)))")
    return try number("flatten(drawn)[i]/flatten(plain)[i]", in: session)
  }

  private func number(_ code: String, in session: Session) throws -> Double {
    try GoldenTests.run(session, "number = \(code)")
    return try #require(GoldenTests.tensors(session.value("number")).first?.item)
  }

  /// PyTorch's modules in nn; a cell is the first of a layer's.
  static let modules = [
    "Linear": "linear", "Conv1d": "conv1d", "Conv2d": "conv2d", "RNNCell": "rnn",
    "LSTMCell": "lstm", "GRUCell": "gru", "Embedding": "embedding", "LayerNorm": "layernorm",
    "BatchNorm1d": "batchnorm1d", "BatchNorm2d": "batchnorm2d",
    "MultiheadAttention": "multihead_attention",
  ]

  /// How often a module's few start values are drawn, to know their spread.
  private static let draws = 200

  private func moduleDefaults(_ golden: Golden) throws {
    let session = Session()
    let module = try #require(golden.attrs.word("module"))
    let name = try #require(Self.modules[module], "\(module)")
    let settings = golden.attrs.settings(without: "module").joined(separator: ", ")
    let made = "\(name)(\(settings))\(module.hasSuffix("Cell") ? ".cells[0]" : "")"
    if golden.error != nil { return GoldenTests.refuses(session, made) }
    try GoldenTests.run(
      session, "models = list(); for i in range(\(Self.draws)) { seed(i); append(models, \(made)) }"
    )
    for output in golden.outputs {
      let parts = output.name.split(separator: ".")
      let want = output.data[0]
      let field = parts.dropLast().joined(separator: ".")
      try GoldenTests.run(
        session, "v = list(); for m in models { append(v, flatten(m.\(field))) }; v = concat(v)")
      let values = try #require(GoldenTests.tensors(session.value("v")).first).values
      let count = Double(values.count)
      switch parts.last {
      case "constant": #expect(values.allSatisfy { $0 == want }, "\(golden.id) \(output.name)")
      case "uniform":
        // All within the bound, and n draws come near it: the largest is below 1 - 10/n about e^-10 of the time.
        let largest = values.map(abs).max() ?? 0
        #expect(largest <= want * (1 + 1e-6), "\(golden.id) \(output.name)")
        #expect(largest >= want * (1 - 10 / count), "\(golden.id) \(output.name)")
      case "normal":
        // The spread of n draws is off by one part in √2n; by five times that, once in two million.
        let spread = (values.map { $0 * $0 }.reduce(0, +) / count).squareRoot()
        let slack = 5 * want / (2 * count).squareRoot()
        #expect(abs(spread - want) < slack, "\(golden.id) \(output.name)")
      default: Issue.record("\(golden.id): what is \(output.name)?")
      }
    }
  }

  // MARK: Recurrent layers and attention

  @Test(arguments: Golden.cases(.recurrent)) func recurrentLayers(_ golden: Golden) throws {
    let session = try GoldenTests.session(golden)
    let code =
      golden.op.hasPrefix("unroll_") ? try unrolled(golden) : try recurrentLayer(golden)
    if golden.error != nil { return GoldenTests.refuses(session, code) }
    try GoldenTests.run(session, code)
    for want in golden.outputs { expect(session, want.name, want, golden) }
    try GoldenTests().checkGradients(
      golden, session, golden.outputs.flatMap { GoldenTests.nodes(session.value($0.name)) })
  }

  /// A cell over the steps of `x`, by hand.
  private func unrolled(_ golden: Golden) throws -> String {
    let weights = golden.params.map(\.name).joined(separator: ", ")
    let word = golden.attrs.word("nonlinearity") ?? "tanh"
    let steps = [
      "unroll_rnn": "h = rnn_\(word)_cell(x[t], h, \(weights))",
      "unroll_gru": "h = gru_cell(x[t], h, \(weights))",
      "unroll_lstm": "h, c = lstm_cell(x[t], list(h, c), \(weights))",
    ]
    let step = try #require(steps[golden.op], "\(golden.op)")
    return """
      h = h0; c = \(golden.op == "unroll_lstm" ? "c0" : "none")
      steps = list(); for t in range(len(x)) { \(step); append(steps, h) }
      hs = stack(steps); h_last = h; c_last = c
      """
  }

  /// A layer whose own weights are replaced by the parameters of the case.
  private func recurrentLayer(_ golden: Golden) throws -> String {
    let kind = golden.op.replacingOccurrences(of: "nn_", with: "")
    // Saying that a layer runs one way only is saying nothing; anything else is for the layer to refuse.
    let oneWay = if case .flag(false)? = golden.attrs.all["bidirectional"] { true } else { false }
    var settings =
      oneWay ? golden.attrs.settings(without: "bidirectional") : golden.attrs.settings()
    if golden.attrs.all["bias"] == nil {
      settings.append("bias=\(golden.params.contains { $0.name.hasPrefix("bias") })")
    }
    var lines = ["m = \(kind)(\(settings.joined(separator: ", ")))"]
    for parameter in golden.params {
      let found = try #require(parameter.name.firstMatch(of: #/^(\w+)_l(\d+)$/#))
      lines.append("m.cells[\(found.output.2)].\(found.output.1) = \(parameter.name)")
    }
    lines.append(
      kind == "lstm" ? "out, s = m(x, list(h0, c0)); h_n, c_n = s" : "out, h_n = m(x, h0)")
    return lines.joined(separator: "\n")
  }

  @Test(arguments: Golden.cases(.attention)) func attention(_ golden: Golden) throws {
    let session = try GoldenTests.session(golden)
    let atCall = ["need_weights", "average_attn_weights", "is_causal"]
    let settings = golden.attrs.settings(
      without: "need_weights", "average_attn_weights", "is_causal")
    var lines = ["m = multihead_attention(\(settings.joined(separator: ", ")))"]
    for parameter in golden.params {
      let owner = parameter.name.hasPrefix("out_proj") ? "m.out_proj" : "m"
      let field = parameter.name.replacingOccurrences(of: "out_proj_", with: "")
      lines.append("\(owner).\(field) = \(parameter.name)")
    }
    let given = golden.inputs.map(\.name)
    var call = given.contains("x") ? ["x", "x", "x"] : ["query", "key", "value"]
    for name in ["attn_mask", "key_padding_mask"] where given.contains(name) {
      call.append("\(name)=\(name)")
    }
    for name in atCall {
      if let value = golden.attrs.all[name] { call.append("\(name)=\(value.text)") }
    }
    if !given.isEmpty { lines.append("out, attn = m(\(call.joined(separator: ", ")))") }
    let code = lines.joined(separator: "\n")
    if golden.error != nil { return GoldenTests.refuses(session, code) }
    try GoldenTests.run(session, code)
    for want in golden.outputs { expect(session, want.name, want, golden) }
    try GoldenTests().checkGradients(
      golden, session, golden.outputs.flatMap { GoldenTests.nodes(session.value($0.name)) })
  }
}
