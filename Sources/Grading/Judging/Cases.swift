// The inputs of a check, drawn afresh for each learner, and what is expected of them.
import Autograd
import Diagnostics
import Interpreter
import Session
import Syntax
import Tensors

/// One call's inputs, by the names that the check draws.
package struct Case: Equatable, Sendable {
  package var inputs: [(name: String, value: PlainValue)]

  /// By what was drawn: the same inputs are the same case.
  package static func == (a: Case, b: Case) -> Bool {
    a.inputs.map { $0.value } == b.inputs.map { $0.value }
  }

  /// How much there is to read in it.
  var size: Double { inputs.reduce(0) { $0 + $1.value.size } }
}

/// Random numbers of a check: nobody else draws from them. SplitMix64 (Steele, Lea and Flood 2014).
struct CaseGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func chance(_ p: Double) -> Bool { Double.random(in: 0..<1, using: &self) < p }
}

/// The grader's side of a check: draws inputs, knows the answers.
package final class Reference {
  let check: Check
  private let session = Session()

  /// - Throws: `CourseProblem`
  package init(_ check: Check) throws {
    self.check = check
    // Budgets hold for references too: a course may be a stranger's.
    session.machine.budget.limits.steps = 50_000_000
    _ = session.add(source: "", name: "")
    try guarded { try session.define(check.file.definitions, in: check.source) }
  }

  private func guarded<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let problem as CourseProblem { throw problem } catch {
      let diagnostic =
        error as? Diagnostic
        ?? GradingFault.cannotEvaluate(check: check.id, error: "\(error)").at(nil)
      throw CourseProblem(
        diagnostic: diagnostic.located(at: check.declaration.span), source: check.source)
    }
  }

  private func bind(_ inputs: [(name: String, value: PlainValue)]) throws {
    for (name, value) in inputs { session.machine[name] = try value.value(in: session) }
  }

  private func evaluate(_ expression: Expression) throws -> PlainValue {
    PlainValue(try session.value(of: expression, in: check.source))
  }

  // MARK: Inputs

  /// How the numbers of a case look.
  private enum Manner: CaseIterable { case whole, any, withZeros, repeated }

  /// The cases of one run, in random order: whole numbers that a hand can follow, any numbers, zeros and
  /// repeats among them.
  func cases(seed: UInt64) throws -> [Case] {
    var generator = CaseGenerator(seed: seed)
    var cases: [Case] = []
    for i in 0..<check.declaration.cases {
      let manner = Manner.allCases[i % Manner.allCases.count]
      cases.append(try guarded { try draw(manner, &generator) })
    }
    return cases.shuffled(using: &generator)
  }

  private func draw(_ manner: Manner, _ generator: inout CaseGenerator) throws -> Case {
    var drawn = Case(inputs: [])
    for draw in check.declaration.draws {
      for name in draw.names {
        try bind(drawn.inputs)
        drawn.inputs.append((name, try one(draw, manner, &generator)))
      }
    }
    return drawn
  }

  private func one(_ draw: Draw, _ manner: Manner, _ generator: inout CaseGenerator) throws
    -> PlainValue
  {
    let pick: (inout CaseGenerator) -> Double
    switch draw.range {
    case .choice(let choices):
      let values = try choices.map { try evaluate($0) }
      guard draw.shape != nil else { return values.randomElement(using: &generator) ?? .none }
      let numbers = values.flatMap { $0.numbers }
      pick = { numbers.randomElement(using: &$0) ?? 0 }
    case .interval(let low, let high):
      guard let a = try evaluate(low).numbers.first, let b = try evaluate(high).numbers.first,
        a < b,
        max(abs(a), abs(b)) <= 1e9
      else {
        throw GradingFault.rangeToDraw.at(draw.span)
      }
      pick = { Reference.number(a, b, manner, &$0) }
    }
    guard let shape = draw.shape else { return .number(pick(&generator)) }
    let lengths = try evaluate(shape).numbers
    let dims = lengths.compactMap { Int(exactly: $0) }
    let count = lengths.reduce(1, *)
    guard dims.count == lengths.count, dims.allSatisfy({ $0 >= 0 }), count <= 100_000 else {
      throw GradingFault.shapeToDraw(PlainValue.list(lengths.map { .number($0) }).text).at(
        draw.span)
    }
    let first = pick(&generator)
    let repeats = manner == .repeated
    let values = (0..<Int(count)).map { _ in
      repeats && generator.chance(0.7) ? first : pick(&generator)
    }
    return .tensor(shape: dims, values)
  }

  private static func number(
    _ a: Double, _ b: Double, _ manner: Manner, _ generator: inout CaseGenerator
  ) -> Double {
    let drawn = Double.random(in: a...b, using: &generator)
    // Whole numbers where there are a few between the ends, else tenths of the range.
    let step = b.rounded(.down) - a.rounded(.up) >= 2 ? 1 : (b - a) / 10
    let low = (a / step).rounded(.up)
    let high = (b / step).rounded(.down)
    switch manner {
    case .whole, .repeated:
      guard low <= high else { return drawn }
      return Double(Int.random(in: Int(low)...Int(high), using: &generator)) * step
    case .withZeros: return a <= 0 && b >= 0 && generator.chance(0.25) ? 0 : drawn
    case .any: return drawn
    }
  }

  // MARK: Answers

  /// What the check expects; also what its parts are worth, for feedback.
  func expected(_ inputs: Case) throws -> PlainValue {
    try guarded {
      try prepare(inputs)
      let value =
        try check.declaration.expected.map { try evaluate($0) } ?? gradients(inputs).automatic
      // Nothing, or nan, would be matched by an answer that shows nothing.
      guard value.isAnswer else {
        throw GradingFault.notExpectable(check: check.id, value: value.text).at(
          check.declaration.span)
      }
      return value
    }
  }

  /// The value of a factor, a term or a misconception.
  func value(_ part: CheckDeclaration.Binding, _ inputs: Case) throws -> PlainValue {
    try guarded {
      try prepare(inputs)
      return try evaluate(part.value)
    }
  }

  /// Parts put together by an operator; nil if they do not fit together.
  func combined(_ parts: [CheckDeclaration.Binding], _ sign: String, _ inputs: Case) throws
    -> PlainValue?
  {
    guard let first = parts.first else { return nil }
    let operation: BinaryOperator = sign == "*" ? .multiply : .add
    let whole = parts.dropFirst().reduce(first.value) {
      Expression(kind: .binary(operation, $0, $1.value, operatorSpan: $1.value.span), span: $0.span)
    }
    return try? guarded {
      try prepare(inputs)
      return try evaluate(whole)
    }
  }

  /// The values of lines, each of which may use those before it.
  func values(of lines: [CheckDeclaration.Binding], _ inputs: Case) throws
    -> [(name: String, value: PlainValue)]
  {
    try bind(inputs.inputs)
    return try lines.map { line in
      let value = try session.value(of: line.value, in: check.source)
      if !line.name.isEmpty { session.machine[line.name] = value }
      return (line.name, PlainValue(value))
    }
  }

  /// The value of somebody else's expression over a case's inputs.
  func value(of expression: Expression, in source: SourceText, _ inputs: Case) throws -> PlainValue
  {
    try bind(inputs.inputs)
    return PlainValue(try session.value(of: expression, in: source))
  }

  private func prepare(_ inputs: Case) throws {
    try bind(inputs.inputs)
    for definition in check.declaration.definitions {
      session.machine[definition.name] = try session.value(of: definition.value, in: check.source)
    }
  }

  /// A gradient that the check declares, by backpropagation and by central differences.
  /// - Returns: with whether the two may be compared: not where the function has a kink.
  func gradients(_ inputs: Case) throws -> (
    automatic: PlainValue, numeric: PlainValue, isSmooth: Bool
  ) {
    try guarded { try derived(inputs) }
  }

  private func derived(_ inputs: Case) throws -> (
    automatic: PlainValue, numeric: PlainValue, isSmooth: Bool
  ) {
    guard let (loss, name) = check.declaration.gradient,
      let input = inputs.inputs.first(where: { $0.name == name })?.value
    else { return (.none, .none, false) }
    try bind(inputs.inputs)
    let tensor: Tensor
    switch input {
    case .number(let number): tensor = Tensor(number)
    case .tensor(let dims, let values): tensor = try Tensor(values, shape: Shape(dims))
    default:
      throw GradingFault.notDifferentiable(name: name, kind: input.kind).at(check.declaration.span)
    }
    session.define(name, tensor, isParameter: true)
    for definition in check.declaration.definitions {
      session.machine[definition.name] = try session.value(of: definition.value, in: check.source)
    }
    let value = try session.value(of: loss, in: check.source)
    guard case .tensor(let root) = value, case .tensor(let leaf)? = session.machine[name],
      let gradient = try session.machine.graph.gradients(of: root)(leaf)
    else {
      throw GradingFault.noGradient(loss: loss.text, name: name).at(check.declaration.span)
    }
    var numeric: [Double] = []
    var isSmooth = true
    for offset in 0..<gradient.count {
      let found = try session.machine.graph.numericCheck(
        of: root, at: leaf, offset: offset, analytic: gradient[offset])
      isSmooth = isSmooth && !found.isKink
      numeric.append(found.numeric)
    }
    let dims = gradient.shape.dims
    return dims.isEmpty
      ? (.number(gradient[0]), .number(numeric[0]), isSmooth)
      : (.tensor(shape: dims, gradient.values), .tensor(shape: dims, numeric), isSmooth)
  }

  func text(_ expression: Expression) -> String { check.source.text(expression.span) }
}

extension Reference {
  /// Simpler values for one input of a case, as far as they may be drawn.
  func simpler(than inputs: Case, at i: Int) throws -> [PlainValue] {
    guard case .number(let now) = inputs.inputs[i].value,
      let draw = check.declaration.draws.first(where: { $0.names.contains(inputs.inputs[i].name) }),
      case .interval(let low, let high) = draw.range,
      // A number that decides on a shape stays.
      !check.declaration.draws.contains(where: {
        $0.shape.map { text($0).contains(inputs.inputs[i].name) } ?? false
      })
    else { return [] }
    let ends = try [low, high].map {
      try value(CheckDeclaration.Binding(name: "", value: $0), inputs)
    }
    guard let a = ends[0].numbers.first, let b = ends[1].numbers.first else { return [] }
    return [0, 1, 2, -1].filter { $0 >= a && $0 <= b && $0 != now }.map { .number($0) }
  }
}
