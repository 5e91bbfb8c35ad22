import Autograd
import Foundation
import Interpreter
import Session
import Tensors
import Testing

/// Facts about ops stand in the op table: no one else asks which op it is.
@Suite struct OpTableTests {
  /// Who may name a particular op, and why.
  static let exceptions: [String: String] = [
    "UpdateRule.swift": "it compiles the arithmetic of update rules to loops",
    "Explainer.swift": "the shapes of a matrix product's two factors are told",
    "Value.swift": "a bracket of parameters is a stack of them",
  ]

  /// Questions which op something is: by identity, by name, by pattern.
  static let questions = [
    #"\.op(?:\.name)? *(?:==|!=|===|!==)"#, #"(?:==|!=|===|!==) *Op\.[a-z]"#,
    #"switch [a-z.]*op(?:\.name)? "#, #"contains\([a-zA-Z.]*op\.name\)"#, #"case \.apply\(\.[a-z]"#,
    #"(?:^|[^.\w])op *(?:==|!=) *\.[a-z]"#,
  ]

  @Test func onlyTheTableKnowsParticularOps() throws {
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources").standardizedFileURL
    let files = try #require(
      FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    let asked = try Self.questions.map { try Regex($0) }
    var seen: Set<String> = []
    for case let file as URL in files
    where file.pathExtension == "swift" && !file.path.contains("/Autograd/") {
      let text = try String(contentsOf: file, encoding: .utf8)
      for line in text.split(separator: "\n")
      where asked.contains(where: { line.firstMatch(of: $0) != nil }) {
        if Self.exceptions[file.lastPathComponent] != nil {
          seen.insert(file.lastPathComponent)
        } else if !line.contains("builtin.op == op") && !line.contains("activation == own") {
          Issue.record("\(file.lastPathComponent): \(line)")
        }
      }
    }
    #expect(seen == Set(Self.exceptions.keys), "an exception that is none any more")
  }

  /// From one part to two hundred, each gets its own gradient.
  @Test(arguments: [1, 2, 3, 64, 65, 200], ["stack", "concat"])
  func everyPartGetsItsGradient(_ count: Int, _ name: String) throws {
    let graph = Graph()
    let op = try #require(Op.all.first { $0.name == name })
    let parts = try (0..<count).map { graph.parameter(try Tensor([Double($0), 1], shape: [2])) }
    let joined = try graph.apply(op, parts.map { .node($0) })
    let seed = try Tensor(
      (0..<2 * count).map { Double($0) }, shape: joined.shape)
    let gradients = try graph.gradients(of: joined, seed: seed)
    for (k, part) in parts.enumerated() {
      #expect(gradients(part)?.values == [Double(2 * k), Double(2 * k + 1)], "part \(k)")
    }
  }

  /// Sequences of 1 to 200 steps: the gradient of the first step's input is the difference quotient.
  @Test(arguments: [1, 2, 63, 64, 65, 66, 200], ["rnn", "lstm", "gru"])
  func everyStepGetsItsGradient(_ length: Int, _ layer: String) throws {
    let session = Session()
    try GoldenTests.run(
      session,
      """
      seed(\(length))
      m = \(layer)(2, 3, batch_first=true)
      param x = randn(1, \(length), 2)
      y = sum(m(x)[0]^2)
      y.backward()
      first = x.grad[0, 0]; last = x.grad[0, -1]
      h = 1e-4
      fn f(k, d) {
        step = zeros(1, \(length), 2)
        moved = index_put(step, d, 0, k, 0)
        sum(m(x.detach() + moved)[0]^2)
      }
      a = (f(0, h) - f(0, -h))/(2*h); b = (f(-1, h) - f(-1, -h))/(2*h)
      ok = abs(a - first[0]) < 1e-6 and abs(b - last[0]) < 1e-6
      """)
    let text = session.machine.text(of: session.value("ok") ?? .none)
    #expect(text == "true", "the gradient of a step is not its own")
  }
}
