import Autograd
import Diagnostics
import Foundation
import Interpreter
import Session
import Tensors
import Testing

/// The language gives PyTorch's numbers for PyTorch's own expressions.
@Suite struct GoldenTests {
  /// PyTorch's expression in nn: module names fall away, constants are spelled small, tuples are brackets.
  static func translated(_ torch: String) -> String {
    var text = torch.replacing(#/dtype=torch\.(\w+)/#) { "dtype=\"\($0.output.1)\"" }
    for (from, to) in [
      ("torch.linalg.vector_norm", "norm"), ("torch.cat(", "concat("), ("nn.Linear(", "linear("),
      ("torch.", ""), ("F.", ""), ("True", "true"), ("False", "false"), ("None", "none"),
      ("(h, c)", "list(h, c)"),
    ] { text = text.replacingOccurrences(of: from, with: to) }
    return text.replacing(#/([(,=] ?)\((-?\d+,(?: ?-?\d+,?)*)\)/#) { found in
      "\(found.output.1)[\(found.output.2.trimmingSuffix(","))]"
    }
  }

  struct Failure: Error {
    let identifier: Diagnostic.Identifier
    let text: String
  }

  static func run(_ session: Session, _ code: String) throws {
    let outcome = session.run(code) { _ in }
    if let error = outcome.errors.first {
      throw Failure(
        identifier: error.id, text: "\(code): \(error.headline) \(error.reason ?? "")")
    }
  }

  /// What nn says of code that it does not understand: no refusal of the case, but a fault of this harness.
  static let misunderstood: Set<Diagnostic.Identifier> = [
    .unexpected, .unclosed, .unclosedString, .badNumber, .otherLanguage, .unknownName,
    .unknownField, .notCallable, .wrongArguments, .internalFault,
  ]

  /// PyTorch refuses the case; so must nn.
  static func refuses(_ session: Session, _ code: String) {
    do {
      try run(session, code)
      Issue.record("\(code) must be refused")
    } catch let failure as Failure {
      #expect(!misunderstood.contains(failure.identifier), "\(failure.text)")
    } catch { Issue.record(error) }
  }

  static func session(_ golden: Golden) throws -> Session {
    let session = Session()
    for input in golden.inputs + golden.params {
      let isFixed = try !input.kind.isFloat || golden.nograd?.contains(input.name) == true
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

  /// A tensor's shape and numbers are the reference's.
  static func expect(
    _ got: Tensor, _ want: Golden.Named, _ golden: Golden, _ place: @autoclosure () -> String
  ) {
    #expect(got.shape.dims == want.shape, "\(golden.id) \(place())")
    #expect(got.count == want.data.count, "\(golden.id) \(place())")
    for (a, b) in zip(got.values, want.data) {
      #expect(golden.matches(a, b), "\(golden.id) \(place()): \(a) is not \(b)")
    }
  }

  @Test(arguments: Golden.cases(.expression))
  func expressionsGiveTheReferenceNumbers(_ golden: Golden) throws {
    let session = try Self.session(golden)
    let code = "out = " + Self.translated(golden.torch)
    if golden.error != nil { return Self.refuses(session, code) }
    try Self.run(session, code)
    let value = session.value("out")
    let got = Self.tensors(value)
    #expect(got.count == golden.outputs.count)
    for (got, want) in zip(got, golden.outputs) { Self.expect(got, want, golden, code) }
    for (node, want) in zip(Self.nodes(value), golden.outputs) {
      #expect(try node.value.dtype == want.kind, "\(code)")
    }
    try checkGradients(golden, session, Self.nodes(value))
  }

  /// Gradients of Σ output·cotangent, added up over the outputs; what is not connected has none.
  func checkGradients(_ golden: Golden, _ session: Session, _ outputs: [Node]) throws {
    let wanted = Dictionary(uniqueKeysWithValues: golden.grads.map { ($0.name, $0) })
    let seeds = Dictionary(uniqueKeysWithValues: golden.cotangents.map { ($0.name, $0) })
    for input in golden.inputs + golden.params {
      guard case .tensor(let leaf)? = session.value(input.name), leaf.isTracked else {
        #expect(wanted[input.name] == nil, "\(input.name) is no leaf")
        continue
      }
      var total = [Double](repeating: 0, count: input.data.count)
      for (output, name) in zip(outputs, golden.outputs.map(\.name)) where output.isTracked {
        guard let seed = try seeds[name]?.tensor,
          let part = try session.machine.graph.gradients(of: output, seed: seed)(leaf)
        else { continue }
        for i in total.indices { total[i] += part[i] }
      }
      let want = wanted[input.name]?.data ?? [Double](repeating: 0, count: total.count)
      for (a, b) in zip(total, want) {
        #expect(golden.matches(a, b), "\(golden.id) ∂/∂\(input.name): \(a) is not \(b)")
      }
    }
  }

  @Test(arguments: Golden.cases(.program))
  func scalarProgramsGiveTheReferenceNumbers(_ golden: Golden) throws {
    let session = try Self.session(golden)
    let code = try #require(golden.attrs.program).joined(separator: "\n")
    if golden.error != nil { return Self.refuses(session, code) }
    try Self.run(session, code)
    let output = try #require(golden.attrs.word("output"))
    let value = try #require(Self.tensors(session.value(output)).first)
    Self.expect(value, golden.outputs[0], golden, output)
    if !Self.nodes(session.value(output)).isEmpty { try Self.run(session, "\(output).backward()") }
    for want in golden.grads {
      let leaf = try #require(Self.nodes(session.value(want.name)).first)
      #expect(golden.matches(leaf.gradient?.item ?? 0, want.data[0]), "∂/∂\(want.name)")
    }
    try checkNodes(golden)
  }

  /// The program again, one operation at a time: each value, and each gradient of the output.
  func checkNodes(_ golden: Golden) throws {
    guard let wanted = golden.nodes else { return }
    let signs = ["add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^", "neg": "-"]
    let session = try Self.session(golden)
    let made = try wanted.map { node in
      let args = node.args.map { "(\($0))" }
      let sign = signs[node.op]
      let isInfix = sign != nil && args.count == 2
      let call = (sign ?? node.op) + "(" + node.args.joined(separator: ", ") + ")"
      try Self.run(
        session, "\(node.name) = " + (isInfix ? args.joined(separator: sign ?? "") : call))
      return try #require(Self.nodes(session.value(node.name)).first)
    }
    try Self.run(session, "\(try #require(golden.attrs.word("output"))).backward()")
    for (mine, want) in zip(made, wanted) {
      #expect(golden.matches(mine.number, want.value), "\(golden.id) \(want.name)")
      guard let grad = want.grad else { continue }
      #expect(golden.matches(mine.gradient?.item ?? 0, grad), "\(golden.id) ∂/∂\(want.name)")
    }
  }

  /// What an engine case does, in nn.
  static func engine(_ golden: Golden) throws -> String {
    func repeated(_ statement: String) throws -> String {
      let n = Int(try #require(golden.attrs.number("n")))
      return "y = x; for i in range(\(n)) { \(statement) }; out = y"
    }
    switch golden.op {
    case "engine", "engine_detach", "engine_backward_nonscalar", "engine_backward_constant":
      return "out = " + translated(golden.torch)
    case "engine_backward_twice": return "y = exp(x); y.backward(); y.backward()"
    case "engine_accumulate":
      return "out = x*x; out.backward(retain_graph=true); out.backward()"
    case "deep_chain": return try repeated("y = y*a + b")
    case "fan_doubling": return try repeated("y = y + y")
    default: throw Golden.Unreadable(text: golden.op)
    }
  }

  @Test(arguments: Golden.cases(.engine))
  func engineRulesAreThoseOfPyTorch(_ golden: Golden) throws {
    let session = try Self.session(golden)
    let code = try Self.engine(golden)
    if golden.error != nil { return Self.refuses(session, code) }
    try Self.run(session, code)
    let output = try #require(Self.nodes(session.value("out")).first)
    Self.expect(output.value, golden.outputs[0], golden, code)
    guard golden.op == "engine_accumulate" else {
      return try checkGradients(golden, session, [output])
    }
    for want in golden.grads {
      let leaf = try #require(Self.nodes(session.value(want.name)).first)
      Self.expect(try #require(leaf.gradient), want, golden, "∂/∂\(want.name)")
    }
  }

  /// What the language draws; its numbers are those of torch's float32 stream, whatever their dtype.
  static func drawn(_ golden: Golden) throws -> [[Double]] {
    let session = Session()
    let single = golden.attrs.word("dtype") == "f32" ? "set_default_dtype(\"float32\"); " : ""
    let code = translated(golden.torch)
    let isLayer = golden.op == "rng_linear"
    let made = isLayer ? code.replacing(#/, dtype="\w+"/#, with: "") : code
    let seed = try #require(golden.attrs.seed)
    try run(session, "\(single)seed(\(seed)); out = \(made)")
    return try golden.outputs.map { want in
      try run(session, "drawn = out\(isLayer ? ".\(want.name)" : "")")
      let tensor = try #require(tensors(session.value("drawn")).first)
      #expect(tensor.shape.dims == want.shape, "\(code)")
      return tensor.values
    }
  }

  /// torch's float64 stream, which only the generator knows.
  static func drawnInDouble(_ golden: Golden) throws -> [[Double]] {
    var generator = Generator(seed: try #require(golden.attrs.seed))
    let bound = golden.attrs.number("in_features").map { 1 / $0.squareRoot() } ?? 0
    return try golden.outputs.map { want in
      let count = want.data.count
      switch golden.op {
      case "rng_rand": return (0..<count).map { _ in generator.uniform(.float64) }
      case "rng_randn": return generator.normals(count, .float64)
      case "rng_linear": return (0..<count).map { _ in generator.uniform(-bound, bound, .float64) }
      default: throw Golden.Unreadable(text: golden.op)
      }
    }
  }

  @Test(arguments: Golden.cases(.random))
  func randomStreamsArePyTorchs(_ golden: Golden) throws {
    // A dropout mask comes from doubles in either dtype.
    let isDouble = golden.attrs.word("dtype") == "f64" && golden.op != "rng_dropout"
    let outputs = try isDouble ? Self.drawnInDouble(golden) : Self.drawn(golden)
    for (got, want) in zip(outputs, golden.outputs) {
      #expect(got.count == want.data.count)
      for (a, b) in zip(got, want.data) {
        #expect(golden.matches(a, b), "\(golden.torch): \(a) is not \(b)")
      }
    }
  }

  @Test func noCaseIsLeftOut() {
    #expect(Golden.faults.isEmpty)
    #expect(Golden.all.count >= (Golden.elsewhere == nil ? 924 : 1))
    for golden in Golden.all {
      #expect(golden.kind != nil, "nothing here runs \(golden.id)")
      let isEmpty = golden.outputs.isEmpty && (golden.steps ?? []).isEmpty
      #expect(golden.error != nil || !isEmpty, "\(golden.id) says nothing")
    }
  }
}

extension Substring {
  fileprivate func trimmingSuffix(_ end: Character) -> Substring {
    hasSuffix(String(end)) ? dropLast() : self
  }
}
