import Autograd
import Foundation
import Runtime
import Tensors
import Testing

/// The language gives PyTorch's numbers for PyTorch's own expressions.
@Suite struct GoldenTests {
  /// PyTorch's expression in nn: module names fall away, constants are spelled small.
  static func translated(_ torch: String) -> String {
    var text = torch
    for (from, to) in [
      ("torch.linalg.vector_norm", "norm"), ("torch.cat(", "concat("), ("torch.", ""), ("F.", ""),
      ("True", "true"), ("False", "false"), ("None", "none"), ("(8,)", "[8]"),
      ("2**27", "134217728"), ("(h, c)", "list(h, c)"),
    ] { text = text.replacingOccurrences(of: from, with: to) }
    return text
  }

  struct Failure: Error { let text: String }

  static func run(_ session: Session, _ code: String) throws {
    let outcome = session.run(code) { _ in }
    if let error = outcome.errors.first {
      throw Failure(text: "\(code): \(error.headline) \(error.reason ?? "")")
    }
  }

  static func session(_ golden: Golden) throws -> Session {
    let session = Session()
    for input in golden.inputs + golden.params {
      let isFixed = input.dtype != "f64" || golden.nograd?.contains(input.name) == true
      session.define(input.name, try input.tensor, isParameter: !isFixed)
    }
    return session
  }

  static func nodes(_ value: Value?) -> [Node] {
    switch value {
    case .tensor(let node): [node]
    case .record(let record): record.fields.flatMap { nodes($0.value) }
    case .list(let list): list.items.flatMap { nodes($0) }
    default: []
    }
  }

  static func tensors(_ value: Value?) -> [Tensor] {
    switch value {
    case .number(let n): [Tensor(n)]
    case .bool(let on): [Tensor(on ? 1 : 0)]
    case .record(let record): record.fields.flatMap { tensors($0.value) }
    case .list(let list): list.items.flatMap { tensors($0) }
    default: nodes(value).map(\.value)
    }
  }

  static let expressions = Golden.all.filter {
    Golden.families.contains($0.family) || Golden.operations.contains($0.op)
  }

  @Test(arguments: expressions) func expressionsGiveTheReferenceNumbers(_ golden: Golden) throws {
    let session = try Self.session(golden)
    let code = "out = " + Self.translated(golden.torch)
    if golden.error != nil {
      #expect(throws: Failure.self, "\(code) must be refused") { try Self.run(session, code) }
      return
    }
    try Self.run(session, code)
    let value = session.value("out")
    let got = Self.tensors(value)
    #expect(got.count == golden.outputs.count)
    for (got, want) in zip(got, golden.outputs) {
      #expect(got.shape.dims == want.shape, "\(code)")
      guard got.count == want.data.count else { continue }
      for (a, b) in zip(got.values, want.data) {
        #expect(golden.matches(a, b), "\(code): \(a) is not \(b)")
      }
    }
    try checkGradients(golden, session, Self.nodes(value))
  }

  /// Gradients of Σ output·cotangent, added up over the outputs.
  func checkGradients(_ golden: Golden, _ session: Session, _ outputs: [Node]) throws {
    for want in golden.grads {
      guard case .tensor(let leaf)? = session.value(want.name) else {
        Issue.record("\(want.name) is no leaf")
        continue
      }
      var total = [Double](repeating: 0, count: want.data.count)
      for (output, cotangent) in zip(outputs, golden.cotangents) where output.isTracked {
        let seed = try cotangent.tensor
        guard let part = try session.machine.graph.gradients(of: output, seed: seed)(leaf) else {
          continue
        }
        for i in total.indices { total[i] += part[i] }
      }
      for (a, b) in zip(total, want.data) {
        #expect(golden.matches(a, b), "∂/∂\(want.name): \(a) is not \(b)")
      }
    }
  }

  static let programs = Golden.all.filter { $0.op == "program" }

  @Test(arguments: programs) func scalarProgramsGiveTheReferenceNumbers(_ golden: Golden) throws {
    let session = try Self.session(golden)
    let program = try #require(golden.attrs.program)
    let output = try #require(golden.attrs.output)
    try Self.run(session, program.joined(separator: "\n"))
    let value = Self.tensors(session.value(output)).first
    #expect(golden.matches(try #require(value?.item), golden.outputs[0].data[0]))
    if !Self.nodes(session.value(output)).isEmpty { try Self.run(session, "\(output).backward()") }
    for want in golden.grads {
      let leaf = try #require(Self.nodes(session.value(want.name)).first)
      #expect(golden.matches(leaf.gradient?.item ?? 0, want.data[0]), "∂/∂\(want.name)")
    }
    for node in golden.nodes ?? [] {
      guard let mine = Self.nodes(session.value(node.name)).first, !mine.isLeaf else { continue }
      #expect(golden.matches(mine.number, node.value), "\(node.name)")
      if let grad = node.grad {
        #expect(golden.matches(mine.gradient?.item ?? 0, grad), "∂/∂\(node.name)")
      }
    }
  }

  static let engine: [String: String] = [
    "x_used_twice": "out = x * x + x", "detach": "out = x * x.detach()",
    "backward_twice_error": "y = exp(x); y.backward(); y.backward()",
    "backward_nonscalar_error": "(x * 2).backward()",
    "backward_no_grad_error": "tensor(1.0).backward()",
    "accumulate": "out = x*x; out.backward(retain_graph=true); out.backward()",
    "deep_chain_5000": "y = x; for i in range(5000) { y = y*a + b }; out = y",
    "deep_chain_20000": "y = x; for i in range(20000) { y = y*a + b }; out = y",
    "fan_doubling": "y = x; for i in range(40) { y = y + y }; out = y",
  ]

  @Test(arguments: Golden.all.filter { $0.family == "scalar_engine" && $0.op != "program" })
  func engineRulesAreThoseOfPyTorch(_ golden: Golden) throws {
    let session = try Self.session(golden)
    let name = String(golden.id.dropFirst("scalar_engine/".count))
    let code = try #require(Self.engine[name], "no program for \(name)")
    if golden.error != nil {
      #expect(throws: Failure.self) { try Self.run(session, code) }
      return
    }
    try Self.run(session, code)
    let output = try #require(Self.nodes(session.value("out")).first)
    for (got, want) in zip(output.value.values, golden.outputs.first?.data ?? []) {
      #expect(golden.matches(got, want))
    }
    if name == "accumulate" {
      for want in golden.grads {
        let leaf = try #require(Self.nodes(session.value(want.name)).first)
        let gradient = try #require(leaf.gradient)
        for (a, b) in zip(gradient.values, want.data) { #expect(golden.matches(a, b)) }
      }
    } else {
      try checkGradients(golden, session, [output])
    }
  }

  @Test(arguments: Golden.all.filter { $0.family == "rng" })
  func randomStreamsArePyTorchs(_ golden: Golden) throws {
    var generator = Generator(seed: try #require(golden.attrs.seed))
    let stream: DType = golden.attrs.dtype == "f32" ? .float32 : .float64
    var outputs: [[Double]] = []
    switch golden.op {
    case "rng_raw27", "rng_randint":
      let high: UInt64 = golden.op == "rng_raw27" ? 1 << 27 : 10
      outputs = [(0..<8).map { _ in Double(generator.below(high)) }]
    case "rng_rand": outputs = [(0..<6).map { _ in generator.uniform(stream) }]
    case "rng_randn": outputs = [generator.normals(golden.outputs[0].data.count, stream)]
    case "rng_randperm": outputs = [generator.permutation(10).map(Double.init)]
    case "rng_linear":
      let bound = (1.0 / 3.0).squareRoot()
      outputs = [6, 2].map { count in
        (0..<count).map { _ in generator.uniform(-bound, bound, stream) }
      }
    case "rng_dropout":
      outputs = [(0..<10).map { _ in generator.uniform(.float64) < 0.5 ? 2 : 0 }]
    default: Issue.record("unknown \(golden.op)")
    }
    for (got, want) in zip(outputs, golden.outputs) {
      #expect(got.count == want.data.count)
      for (a, b) in zip(got, want.data) {
        // Normals of the float stream pass through the C library's float functions: one unit in the last place.
        let slack = stream == .float32 && golden.op == "rng_randn" ? 3e-7 * abs(b) : 0
        #expect(abs(a - b) <= slack || golden.matches(a, b), "\(a) is not \(b)")
      }
    }
  }

  @Test func noCaseIsLeftOut() {
    let tried =
      Self.expressions.count
      + Golden.all.filter { ["scalar_engine", "rng"].contains($0.family) }.count
      + NetworkGoldenTests.cases.count
    #expect(tried == Golden.all.count)
    #expect(tried >= 910, "only \(tried) cases were found")
  }
}
