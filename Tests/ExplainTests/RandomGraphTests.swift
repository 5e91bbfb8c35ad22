import Autograd
import Explain
import Interpreter
import Session
import Tensors
import Testing

/// Random graphs of named steps: what is told, what is accumulated, what is asked for and what the textbook says
/// is one gradient.
@Suite struct RandomGraphTests {
  /// A generator of its own, so that a seed means the same everywhere.
  struct Dice {
    var state: UInt64
    mutating func next(_ n: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(n))
    }
    mutating func pick<T>(_ list: [T]) -> T { list[next(list.count)] }
  }

  /// A program over parameters a, b (numbers), v [3] and W [3, 3], and data d [3], that ends in a number `loss`.
  static func program(_ seed: Int) -> String {
    var dice = Dice(state: UInt64(seed) &* 7919 &+ 17)
    var lines = [
      "seed(\(seed)); d = randn(3)", "param a = 0.7; param b = -1.2", "param v = randn(3)",
      "param W = randn(3, 3)",
    ]
    var (numbers, vectors) = (["a", "b"], ["v", "d"])
    for i in 0..<6 {
      let (x, y) = (dice.pick(numbers), dice.pick(numbers))
      let (p, q) = (dice.pick(vectors), dice.pick(vectors))
      if dice.next(2) == 0 {
        let made = dice.pick([
          "\(x)*\(y)", "\(x) + 2*\(y)", "tanh(\(x)) - \(y)", "sigmoid(\(x)*\(y))", "sum(\(p)*\(q))",
          "mean(\(p)^2)", "\(x)/(1 + \(y)^2)", "max(\(p))", "\(p)[1]*\(x)",
          "where(\(x) > 0, \(x), \(y))",
          "exp(-\(x)^2)", "mse_loss(\(p), \(q))", "norm(\(p) + 1)", "logsumexp(\(p), dim=0)",
        ])
        lines.append("s\(i) = \(made)")
        numbers.append("s\(i)")
      } else {
        let made = dice.pick([
          "\(p)*\(q)", "\(p) + \(x)", "W @ \(p)", "tanh(\(p))", "softmax(\(p), dim=0)",
          "relu(\(p))",
          "\(p)[[2, 0, 1]]", "cumsum(\(p), dim=0)", "stack(list(\(x), \(y), \(x)))",
          "\(p)*(\(q) > 0)",
          "linear(\(p), W, \(q))", "layer_norm(\(p), 3)", "concat(list(\(p)[0:1], \(q)[1:]))",
          "log_softmax(\(p), dim=0)*\(q)", "outer(\(p), \(q)) @ \(p)",
        ])
        lines.append("u\(i) = \(made)")
        vectors.append("u\(i)")
      }
    }
    lines.append(
      "loss = (\(numbers.suffix(2).joined(separator: " + ")))^2 + mean(\(vectors.last ?? "v")*v)")
    return lines.joined(separator: "\n")
  }

  static func isClose(_ a: Double, _ b: Double) -> Bool {
    abs(a - b) <= 1e-9 * max(1, abs(a), abs(b)) || a.isNaN && b.isNaN
  }

  @Test(arguments: 0..<60) func allFormsOfAGradientAgree(_ seed: Int) throws {
    let session = Session()
    let outcome = session.run(Self.program(seed)) { _ in }
    #expect(outcome.errors.map(\.headline) == [], "\(Self.program(seed))")
    guard case .tensor(let root)? = session.value("loss") else { return }
    let graph = session.machine.graph
    let leaves = ["a", "b", "v", "W"].compactMap { name -> (String, Node)? in
      guard case .tensor(let node)? = session.value(name) else { return nil }
      return (name, node)
    }
    let asked = try graph.gradients(of: root)
    try graph.backward(from: root, retain: true)
    let names = try NamedGraph(graph, root: root, rootName: "loss")
    for (name, leaf) in leaves {
      guard let gradient = asked(leaf) else { continue }
      #expect(leaf.gradient?.values == gradient.values, "accumulated and asked for: \(name)")
      if let recorded = try graph.recordedGradient(of: root, by: leaf) {
        for i in 0..<gradient.count {
          #expect(Self.isClose(recorded.value[i], gradient[i]), "recorded: \(name)[\(i)]")
        }
      }
      for offset in 0..<min(leaf.shape.count, 2) {
        let told = try names.derivation(by: TensorEntry(leaf, offset))
        let sum = told.paths.reduce(0) { $0 + $1.product }
        #expect(
          Self.isClose(sum, gradient[offset]), "told: \(name)[\(offset)]\n\(Self.program(seed))")
        #expect(told.disagreement == nil, "\(name)[\(offset)]\n\(Self.program(seed))")
      }
    }
    let twin = try session.machine.opened(root, .init(source: 0, start: 0, end: 0))
    #expect(Self.isClose(twin.value[0], root.value[0]))
    let textbook = try graph.gradients(of: twin)
    for (name, leaf) in leaves {
      guard let gradient = asked(leaf) else { continue }
      for i in 0..<gradient.count {
        #expect(Self.isClose(textbook(leaf)?[i] ?? 0, gradient[i]), "textbook: \(name)[\(i)]")
      }
    }
  }
}
