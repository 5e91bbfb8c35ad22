import Autograd
import Explain
import Interpreter
import Session
import Tensors
import Testing

/// A program, and the derivative of its last value that is to be explained.
struct Program: Sendable, CustomTestStringConvertible {
  let code: String
  let root: String
  let variable: String
  var offset = 0
  /// Paths from the root to the variable.
  let paths: Int
  var testDescription: String { code }
}

@Suite struct DerivationTests {
  static let programs: [Program] = [
    Program(
      code: "param w = 0.5; z = w*2 - 1; y = sigmoid(z)^2", root: "y", variable: "w", paths: 1),
    Program(code: "param a = 2; b = 3*a; d = 2*b; e = b + d", root: "e", variable: "a", paths: 2),
    Program(code: "param a = 2; y = a*a + a^3 - a/(a + 1)", root: "y", variable: "a", paths: 5),
    Program(
      code: "param a = 0.3; b = exp(a); c = sin(a)*b; d = tanh(c + b) + a", root: "d",
      variable: "a", paths: 4),
    Program(
      code: "param a = 1.5; y = relu(a - 1)*leaky_relu(-a, 0.1) + max(a, 0.2)", root: "y",
      variable: "a", paths: 3),
    Program(
      code: "param W = [[0.1, -0.2], [0.3, 0.4]]; x = [1, 2]; z = W @ x; y = sum(z^2)", root: "y",
      variable: "W", offset: 3, paths: 1),
    Program(
      code: "param w = 0.5; x = [1, 2, 3]; z = w*x; y = mean(tanh(z))", root: "y", variable: "w",
      paths: 3),
    Program(
      code:
        "param W = [[0.1, -0.2, 0.4]]; X = [[1, 2, 3], [4, 5, 6]]; z = X @ W.T; s = sigmoid(z); y = mean(s)",
      root: "y", variable: "W", offset: 1, paths: 2),
    Program(
      code: "param v = [0.2, -0.3, 0.5]; p = softmax(v); y = -log(p[1])", root: "y", variable: "v",
      offset: 0, paths: 1),
    Program(
      code: "param v = [0.2, -0.3]; m = stack([v, 2*v]); y = sum(m[1]*m[0])", root: "y",
      variable: "v", offset: 1, paths: 2),
    Program(
      code: "param v = [1, 2, 3, 4]; s = std(v); y = s*mean(v)", root: "y", variable: "v",
      offset: 2, paths: 2),
  ]

  static func graph(_ program: Program) throws -> (NamedGraph, Node) {
    let session = Session()
    let outcome = session.run(program.code) { _ in }
    #expect(outcome.errors.map(\.headline) == [])
    guard case .tensor(let root)? = session.value(program.root),
      case .tensor(let variable)? = session.value(program.variable)
    else { throw ExplainError.unrelated(program.root, program.variable) }
    let graph = try NamedGraph(session.machine.graph, root: root, rootName: program.root)
    return (graph, variable)
  }

  @Test(arguments: programs) func productsOfPathsAddUpToTheGradient(_ program: Program) throws {
    let (graph, variable) = try Self.graph(program)
    let derivation = try graph.derivation(by: TensorEntry(variable, program.offset))
    let sum = derivation.paths.reduce(0) { $0 + $1.product }
    #expect(abs(sum - derivation.total) <= 1e-9 * max(1, abs(derivation.total)))
    #expect(derivation.paths.count == program.paths)
    let check = try #require(derivation.check)
    #expect(check.agrees)
  }

  /// A part without a name that is used twice, and its parts again, is not written out 2ⁿ times.
  @Test func sharedPartsAreNotWrittenOutWithoutEnd() throws {
    let program = Program(
      code: "fn twice(x) = x + x; param w = 1; "
        + "y = " + String(repeating: "twice(", count: 40) + "w" + String(repeating: ")", count: 40),
      root: "y", variable: "w", paths: 1)
    let (graph, variable) = try Self.graph(program)
    #expect(graph.steps.count > 4)
    for step in graph.steps { #expect(graph.formula(of: step).text.count < 2_000) }
    #expect(try graph.derivation(by: TensorEntry(variable, 0)).total == 1_099_511_627_776)
  }

  /// A rate pushed from the front is the gradient that comes from the back, and each step's terms are its rate.
  @Test(arguments: programs + mixed) func forwardModeFindsTheGradient(_ program: Program) throws {
    let (graph, variable) = try Self.graph(program)
    let pass = try graph.forwardMode(by: TensorEntry(variable, program.offset))
    let last = try #require(pass.steps.last)
    #expect(last.name == program.root)
    #expect(abs(last.rate[0] - pass.reverse) <= 1e-9 * max(1, abs(pass.reverse)))
    for step in pass.steps where !step.terms.isEmpty {
      let sum = step.terms.reduce(0) { $0 + $1.local * $1.rate }
      #expect(abs(sum - step.rate[0]) <= 1e-9 * max(1, abs(sum)), "\(step.name)")
    }
    #expect(pass.products.forward <= pass.products.all)
  }

  /// Single numbers that are reached through tensors too, and values that no gradient passes.
  static let mixed: [Program] = [
    Program(
      code: "param a = 1.3; v = [1.0, -2, 3]; u = v*a; l = sum(u) + a^2", root: "l", variable: "a",
      paths: 0),
    Program(
      code: "param v = [1.0, -2, 3]; y = v*v; z = 2*v[0]; t = y[0] + z; l = t^2", root: "l",
      variable: "v", paths: 0),
    Program(
      code: "param a = 2; h = 2*a; no_grad { g = h*a }; l = g*h", root: "l", variable: "a", paths: 0
    ),
    Program(
      code: "param a = 2; l = sin(a)*sin(a) + a/a; ", root: "l", variable: "a", paths: 0),
    Program(
      code: "param W = [[1.0, 2], [3, 4]]; s = softmax(W @ W, dim=1); l = -log(s[0, 1])", root: "l",
      variable: "W", offset: 1, paths: 0),
  ]

  /// What stands in a formula in several places has a label of its own in each.
  @Test(arguments: [
    "sin(a)*sin(a)", "(a + 1)*(a + 1)", "a^2 + a^2", "sigmoid(a)*(1 - sigmoid(a))", "a*a + a*a*a",
    "exp(a)/exp(a) + a",
  ]) func usesHaveNamesOfTheirOwn(_ formula: String) throws {
    let (graph, variable) = try Self.graph(
      Program(code: "param a = 2; l = \(formula)", root: "l", variable: "a", paths: 0))
    let derivation = try graph.derivation(by: TensorEntry(variable))
    let labels = derivation.paths.map { path in path.between.map(\.text) }
    #expect(Set(labels).count == labels.count && labels.count > 1, "\(labels)")
    let sum = derivation.paths.reduce(0) { $0 + $1.product }
    #expect(abs(sum - derivation.total) < 1e-12 * max(1, abs(sum)))
  }

  @Test(arguments: programs) func eachFactorIsItsFormulasValue(_ program: Program) throws {
    let (graph, variable) = try Self.graph(program)
    let derivation = try graph.derivation(by: TensorEntry(variable, program.offset))
    for factor in derivation.paths.flatMap(\.factors) {
      let value: Double? = factor.formula.evaluate { _ -> Double? in nil }
      #expect(value == factor.value, "\(factor.formula.text)")
      #expect(factor.value.isFinite)
    }
  }

  @Test(arguments: programs) func contributionsOfABackwardPassAddUp(_ program: Program) throws {
    let (graph, variable) = try Self.graph(program)
    let gradients = try graph.graph.gradients(of: graph.root)
    let pass = try graph.backward(gradients, old: [:])
    let parts = pass.steps.flatMap(\.contributions).filter { $0.input == program.variable }
    let total = parts.reduce(0) { $0 + $1.gradient[program.offset] }
    let want = try #require(gradients(variable))[program.offset]
    #expect(abs(total - want) <= 1e-12 * max(1, abs(want)))
  }

  @Test func manyPathsAreCutToOneStep() throws {
    let code = "param x = 1; y = x; for i in range(30) { a = y; b = 2*y; y = a*1 + b }"
    let program = Program(code: code, root: "y", variable: "x", paths: 0)
    let (graph, variable) = try Self.graph(program)
    let derivation = try graph.derivation(by: TensorEntry(variable))
    #expect(derivation.isOneStep)
    #expect(derivation.pathCount > 1 << 20)
    let sum = derivation.paths.reduce(0) { $0 + $1.product }
    #expect(abs(sum - derivation.total) <= 1e-9 * abs(derivation.total))
  }

  /// What arrives over one hop is taken as known: its formula is its own name, with its number.
  @Test func aKnownFactorIsWhatItSays() throws {
    let program = Program(
      code: "param w = 3; x = 2; z = w*x; s = tanh(z/9); y = s^2", root: "y", variable: "w",
      paths: 1)
    let (graph, variable) = try Self.graph(program)
    let derivation = try graph.derivation(by: TensorEntry(variable), isOneHop: true)
    let known = try #require(derivation.paths.first?.factors.first)
    #expect(known.isKnown && known.formula.text == "∂y/∂z")
    guard case .symbol(let symbol) = known.formula else {
      Issue.record("no name")
      return
    }
    #expect(symbol.value == known.value && known.value != 1)
  }

  @Test func stepsWithoutANameAreFoundAsTheyAreWritten() throws {
    let program = Program(
      code: "param w = 3; x = 2; y = (w*x + 1)^2 + w*w*x", root: "y", variable: "w", paths: 3)
    let (graph, _) = try Self.graph(program)
    let open = try NamedGraph(graph.graph, root: graph.root, rootName: "y", unfolds: true)
    #expect(open.step(written: "w*x+1")?.value.item == 7)
    #expect(open.step(written: "w*w")?.value.item == 9)
    #expect(open.step(written: "w*y") == nil)
  }
}
