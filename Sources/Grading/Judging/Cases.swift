// The inputs of a check, drawn afresh for each learner, and what is expected of them.
import Autograd
import Diagnostics
import Interpreter
import Platform
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

  // In 64 bits, so that a page draws what the program draws.

  mutating func one<Element>(of list: [Element]) -> Element? {
    list.isEmpty ? nil : list[place(below: list.count)]
  }

  mutating func shuffle<Element>(_ list: inout [Element]) {
    for start in list.indices.dropLast() {
      list.swapAt(start, start + place(below: list.count - start))
    }
  }

  private mutating func place(below count: Int) -> Int {
    Int(Int64.random(in: 0..<Int64(count), using: &self))
  }
}

/// The grader's side of a check: draws inputs, knows the answers.
package final class Reference {
  package let check: Check
  private let session = Session()

  package init(_ check: Check) throws(CourseProblem) {
    self.check = check
    // Budgets hold for references too: a course may be a stranger's.
    session.machine.budget.limits.steps = 50_000_000
    _ = session.add(source: "", name: "")
    try guarded { () throws(Diagnostic) in
      try session.define(check.file.definitions, in: check.source)
    }
  }

  /// What fails here is the course's fault.
  func guarded<Result>(
    _ body: () throws(Diagnostic) -> Result
  ) throws(CourseProblem) -> Result {
    do throws(Diagnostic) { return try body() } catch {
      throw CourseProblem(
        diagnostic: error.located(at: check.declaration.span), source: check.source)
    }
  }

  private func tensors<Result>(
    _ body: () throws(TensorError) -> Result
  ) throws(Diagnostic) -> Result {
    do throws(TensorError) { return try body() } catch {
      throw TensorFault(error).at(check.declaration.span)
    }
  }

  private func bind(_ inputs: [(name: String, value: PlainValue)]) throws(Diagnostic) {
    for (name, value) in inputs {
      session.machine[name] = try tensors { () throws(TensorError) in
        try value.value(in: session)
      }
    }
  }

  private func evaluate(_ expression: Expression) throws(Diagnostic) -> PlainValue {
    PlainValue(try session.value(of: expression, in: check.source))
  }

  // MARK: Inputs

  /// How the numbers of a case look.
  private enum Manner: CaseIterable { case whole, any, withZeros, repeated }

  /// The cases of one run, in random order: whole numbers that a hand can follow, any numbers, zeros and
  /// repeats among them.
  func cases(seed: UInt64) throws(CourseProblem) -> [Case] {
    var generator = CaseGenerator(seed: seed)
    var cases: [Case] = []
    for i in 0..<check.declaration.cases {
      let manner = Manner.allCases[i % Manner.allCases.count]
      cases.append(
        try guarded { () throws(Diagnostic) in try draw(manner, &generator) })
    }
    generator.shuffle(&cases)
    return cases
  }

  private func draw(
    _ manner: Manner, _ generator: inout CaseGenerator
  ) throws(Diagnostic) -> Case {
    var drawn = Case(inputs: [])
    for draw in check.declaration.draws {
      for name in draw.names {
        try bind(drawn.inputs)
        drawn.inputs.append((name, try one(draw, manner, &generator)))
      }
    }
    return drawn
  }

  private func one(
    _ draw: Draw, _ manner: Manner, _ generator: inout CaseGenerator
  ) throws(Diagnostic) -> PlainValue {
    let pick: (inout CaseGenerator) -> Double
    switch draw.range {
    case .choice(let choices):
      let values = try choices.map { choice throws(Diagnostic) in try evaluate(choice) }
      guard draw.shape != nil else { return generator.one(of: values) ?? .none }
      let numbers = values.flatMap { $0.numbers }
      pick = { $0.one(of: numbers) ?? 0 }
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
      return Double(Int64.random(in: Int64(low)...Int64(high), using: &generator)) * step
    case .withZeros: return a <= 0 && b >= 0 && generator.chance(0.25) ? 0 : drawn
    case .any: return drawn
    }
  }

  // MARK: Answers

  /// What the check expects; also what its parts are worth, for feedback.
  func expected(_ inputs: Case) throws(CourseProblem) -> PlainValue {
    try guarded { () throws(Diagnostic) in
      try prepare(inputs)
      let value =
        if let expected = check.declaration.expected {
          try evaluate(expected)
        } else {
          try derived(inputs).automatic
        }
      // Nothing, or nan, would be matched by an answer that shows nothing.
      guard value.isAnswer else {
        throw GradingFault.notExpectable(check: check.id, value: value.text).at(
          check.declaration.span)
      }
      return value
    }
  }

  /// The value of a factor, a term or a misconception.
  func value(
    _ part: CheckDeclaration.Binding, _ inputs: Case
  ) throws(CourseProblem) -> PlainValue {
    try guarded { () throws(Diagnostic) in
      try prepare(inputs)
      return try evaluate(part.value)
    }
  }

  /// Parts put together by an operator; nil if they do not fit together.
  func combined(
    _ parts: [CheckDeclaration.Binding], _ sign: String, _ inputs: Case
  ) -> PlainValue? {
    guard let first = parts.first else { return nil }
    let operation: BinaryOperator = sign == "*" ? .multiply : .add
    let whole = parts.dropFirst().reduce(first.value) {
      Expression(kind: .binary(operation, $0, $1.value, operatorSpan: $1.value.span), span: $0.span)
    }
    return try? guarded { () throws(Diagnostic) in
      try prepare(inputs)
      return try evaluate(whole)
    }
  }

  /// The values of lines, each of which may use those before it.
  func values(
    of lines: [CheckDeclaration.Binding], _ inputs: Case
  ) throws(Diagnostic) -> [(name: String, value: PlainValue)] {
    try bind(inputs.inputs)
    return try lines.map { line throws(Diagnostic) in
      let value = try session.value(of: line.value, in: check.source)
      if !line.name.isEmpty { session.machine[line.name] = value }
      return (line.name, PlainValue(value))
    }
  }

  /// The value of somebody else's expression over a case's inputs.
  func value(
    of expression: Expression, in source: SourceText, _ inputs: Case
  ) throws(Diagnostic) -> PlainValue {
    try bind(inputs.inputs)
    return PlainValue(try session.value(of: expression, in: source))
  }

  private func prepare(_ inputs: Case) throws(Diagnostic) {
    try bind(inputs.inputs)
    for definition in check.declaration.definitions {
      session.machine[definition.name] = try session.value(of: definition.value, in: check.source)
    }
  }

  /// A gradient that the check declares, by backpropagation and by central differences.
  /// - Returns: with whether the two may be compared: not where the function has a kink.
  func gradients(_ inputs: Case) throws(CourseProblem) -> BothGradients {
    try guarded { () throws(Diagnostic) in try derived(inputs) }
  }

  typealias BothGradients = (automatic: PlainValue, numeric: PlainValue, isSmooth: Bool)

  private func derived(_ inputs: Case) throws(Diagnostic) -> BothGradients {
    guard let (loss, name) = check.declaration.gradient,
      let input = inputs.inputs.first(where: { $0.name == name })?.value
    else { return (.none, .none, false) }
    try bind(inputs.inputs)
    let tensor: Tensor
    switch input {
    case .number(let number): tensor = Tensor(number)
    case .tensor(let dims, let values):
      tensor = try tensors { () throws(TensorError) in try Tensor(values, shape: Shape(dims)) }
    default:
      throw GradingFault.notDifferentiable(name: name, kind: input.kind).at(check.declaration.span)
    }
    session.define(name, tensor, isParameter: true)
    for definition in check.declaration.definitions {
      session.machine[definition.name] = try session.value(of: definition.value, in: check.source)
    }
    let value = try session.value(of: loss, in: check.source)
    let graph = session.machine.graph
    guard case .tensor(let root) = value, case .tensor(let leaf)? = session.machine[name],
      let gradient = try gradients(of: root, loss.text)(leaf)
    else {
      throw GradingFault.noGradient(loss: loss.text, name: name).at(check.declaration.span)
    }
    var numeric: [Double] = []
    var isSmooth = true
    for offset in 0..<gradient.count {
      let found = try tensors { () throws(TensorError) in
        try graph.numericCheck(
          of: root, at: leaf, offset: offset, analytic: gradient[offset])
      }
      isSmooth = isSmooth && !found.isKink
      numeric.append(found.numeric)
    }
    let dims = gradient.shape.dims
    return dims.isEmpty
      ? (.number(gradient[0]), .number(numeric[0]), isSmooth)
      : (.tensor(shape: dims, gradient.values), .tensor(shape: dims, numeric), isSmooth)
  }

  private func gradients(of root: Node, _ name: String) throws(Diagnostic) -> Gradients {
    let graph = session.machine.graph
    do throws(GradientError) { return try graph.gradients(of: root) } catch {
      throw GradientFault(error, graph, name: name).at(check.declaration.span)
    }
  }

  func text(_ expression: Expression) -> String { check.source.text(expression.span) }
}

extension Reference {
  /// Simpler values for one input of a case, as far as they may be drawn.
  func simpler(than inputs: Case, at i: Int) throws(CourseProblem) -> [PlainValue] {
    guard case .number(let now) = inputs.inputs[i].value,
      let draw = check.declaration.draws.first(where: { $0.names.contains(inputs.inputs[i].name) }),
      case .interval(let low, let high) = draw.range,
      // A number that decides on a shape stays.
      !check.declaration.draws.contains(where: {
        $0.shape.map { text($0).includes(inputs.inputs[i].name) } ?? false
      })
    else { return [] }
    let ends = try [low, high].map { end throws(CourseProblem) in
      try value(CheckDeclaration.Binding(name: "", value: end), inputs)
    }
    guard let a = ends[0].numbers.first, let b = ends[1].numbers.first else { return [] }
    return [0, 1, 2, -1].filter { $0 >= a && $0 <= b && $0 != now }.map { .number($0) }
  }
}
