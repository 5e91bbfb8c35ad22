// Optimizers: settings, what is kept between steps, and the rules that update a parameter.
import Autograd
import Tensors

/// Updates parameters from their gradients.
package final class Optimizer {
  package let kind: String
  package private(set) var settings: [(name: String, value: Double)]
  package private(set) var parameters: [Node]
  /// The assignments of the first step, and of every later one.
  package let rules: (first: [UpdateRule], later: [UpdateRule])
  private let programs: (first: UpdateProgram, later: UpdateProgram)
  /// The rules in one loop of their own, where there is one.
  private let loop: UpdateLoop?
  private var numbers: (first: StepNumbers, later: StepNumbers)
  /// Names of what is kept for each parameter, with their values at the start.
  private let kept: [(name: String, start: Double)]
  private var states: [State] = []

  private struct State {
    var steps = 0
    var kept: [Tensor] = []
    /// The entry that the ledger follows: the one with the largest gradient at the first step.
    var entry = 0
    /// That entry of every vector as it was before the last step.
    var before: [Double] = []
    var settings: [Double] = []
  }

  init(
    _ kind: String, _ parameters: [Node], _ settings: [(String, Double)],
    kept: [(String, Double)] = [], first: [UpdateRule]? = nil, loop: UpdateLoop? = nil,
    _ rules: [UpdateRule]
  ) {
    self.kind = kind
    self.parameters = parameters
    self.settings = settings.map { ($0.0, $0.1) }
    self.kept = kept.map { ($0.0, $0.1) }
    self.rules = (first ?? rules, rules)
    let names = kept.map { $0.0 }
    programs = (UpdateProgram(first ?? rules, kept: names), UpdateProgram(rules, kept: names))
    self.loop = loop
    let settingNames = settings.map { $0.0 }
    numbers = (
      StepNumbers(programs.first.scalars, names: settingNames),
      StepNumbers(loop?.numbers ?? programs.later.scalars, names: settingNames)
    )
  }

  /// A setting such as `lr`; nil if this kind of optimizer has none of that name.
  package subscript(setting: String) -> Double? {
    get { settings.first { $0.name == setting }?.value }
    set {
      if let i = settings.firstIndex(where: { $0.name == setting }), let newValue {
        settings[i].value = newValue
      }
    }
  }

  /// Whether it goes up: `maximize=true`.
  package var climbs: Bool {
    rules.later.contains { $0.target == "grad" && $0.formula.text == "-grad" }
  }

  /// Takes over parameters that were not named when it was made.
  package func adopt(_ nodes: [Node]) { if parameters.isEmpty { parameters = nodes } }

  /// Forgets the gradients of all its parameters.
  package func zeroGradients() {
    clearCount += 1
    for parameter in parameters { parameter.setGradient(nil) }
  }

  // MARK: Steps

  /// How often it has forgotten gradients.
  package private(set) var clearCount = 0

  /// Steps that it has made.
  package private(set) var stepCount = 0

  /// A parameter that the last step left with a nan or inf.
  package private(set) var spoiled: Node?

  /// Whether a step along gradients of 0 moves what it holds: by decay, or by what it keeps of gradients before.
  package var movesByItself: Bool {
    (self["weight_decay"] ?? 0) != 0 && parameters.contains { $0.gradient != nil }
      || !kept.isEmpty && stepCount > 0 && parameters.contains { $0.gradient != nil }
  }

  /// Applies the rules to every parameter that has a gradient.
  /// - Throws: `TensorError.stopped` if the run is to be broken off, before anything has changed.
  package func step(_ graph: Graph) throws(TensorError) {
    try Work.charge(
      parameters.reduce(0) { $0 + ($1.flags.contains(.hasGradient) ? $1.shape.count : 0) })
    spoiled = nil
    stepCount += 1
    while states.count < parameters.count { states.append(State()) }
    let settings = settings.map { $0.value }
    for i in parameters.indices {
      guard let gradient = parameters[i].gradient else { continue }
      if states[i].settings != settings { states[i].settings = settings }
      try update(parameters[i], gradient, &states[i], graph)
    }
  }

  private func update(
    _ parameter: Node, _ gradient: Tensor, _ state: inout State, _ graph: Graph
  ) throws(TensorError) {
    if state.kept.isEmpty {
      for (_, start) in kept {
        state.kept.append(
          try Tensor(filling: parameter.shape, with: start, dtype: parameter.dtype))
      }
    }
    state.steps += 1
    let isFirst = state.steps == 1
    let values =
      isFirst && loop == nil ? numbers.first.values(state) : numbers.later.values(state)
    guard gradient.count > 0 else { return }
    if isFirst {
      let sizes = gradient.values.map(abs)
      state.entry = sizes.firstIndex(of: sizes.max() ?? 0) ?? 0
    }
    state.before.removeAll(keepingCapacity: true)
    state.before.append(parameter.value[state.entry])
    state.before.append(gradient[state.entry])
    for vector in state.kept { state.before.append(vector[state.entry]) }
    let isFloat = parameter.dtype == .float32
    var isFinite = true
    try graph.update(parameter) { weights throws(TensorError) in
      isFinite =
        isFloat
        ? try run(isFirst, values, Float.self, &weights, gradient, &state.kept)
        : try run(isFirst, values, Double.self, &weights, gradient, &state.kept)
    }
    if !isFinite, spoiled == nil { spoiled = parameter }
  }

  /// Runs a step's program over a parameter, its gradient and what is kept for it; tells whether the parameter is finite
  /// then.
  private func run<E: Element>(
    _ isFirst: Bool, _ numbers: [Double], _: E.Type, _ weights: inout Tensor, _ gradient: Tensor,
    _ kept: inout [Tensor]
  ) throws(TensorError) -> Bool {
    let count = weights.count
    func run(
      _ memory: UnsafeMutableBufferPointer<UnsafeMutablePointer<E>>, count: Int
    ) -> Bool {
      if let loop { return loop.run(memory, numbers, count: count) }
      return (isFirst ? programs.first : programs.later).run(memory, numbers, count: count)
    }
    guard let first = try weights.pointer(E.self) else {
      // A single number has no memory of its own; it is worked on beside its tensor.
      var cells = [E(weights[0]), E(gradient[0])] + kept.map { E($0[0]) }
      var isFinite = true
      cells.withUnsafeMutableBufferPointer { cells in
        guard let base = cells.baseAddress else { return }
        var memory = cells.indices.map { base + $0 }
        memory.withUnsafeMutableBufferPointer { isFinite = run($0, count: 1) }
      }
      weights = Tensor(Double(cells[0]), dtype: weights.dtype)
      for k in kept.indices { kept[k] = Tensor(Double(cells[2 + k]), dtype: weights.dtype) }
      return isFinite
    }
    return try withUnsafeTemporaryAllocation(
      of: UnsafeMutablePointer<E>.self, capacity: 2 + kept.count
    ) { memory throws(TensorError) in
      memory.initialize(repeating: first)
      for k in kept.indices {
        // What is kept has the parameter's shape, and so it has memory too.
        guard let pointer = try kept[k].pointer(E.self) else { return true }
        memory[2 + k] = pointer
      }
      return gradient.read(E.self) { gradient in
        // No rule writes to the gradient itself.
        memory[1] = UnsafeMutablePointer(mutating: gradient)
        return run(memory, count: count)
      }
    }
  }

  /// Parts of the rules that are one number for the whole step: the same for all parameters of the same age, and most
  /// of them from step to step.
  private struct StepNumbers {
    private let formulas: [Formula]
    private let names: [String]
    private let isTimed: [Bool]
    private var known: (steps: Int, settings: [Double], values: [Double]) = (0, [], [])

    /// - Parameter names: of the settings.
    init(_ formulas: [Formula], names: [String]) {
      (self.formulas, self.names) = (formulas, names)
      isTimed = formulas.map { formula in formula.mentions { $0 == "t" } }
    }

    mutating func values(_ state: State) -> [Double] {
      if known.steps == state.steps, known.settings == state.settings { return known.values }
      let isSame = known.settings == state.settings && !known.values.isEmpty
      if !isSame { known.values = [Double](repeating: 0, count: formulas.count) }
      for k in formulas.indices where isTimed[k] || !isSame {
        known.values[k] = value(of: formulas[k], state)
      }
      (known.steps, known.settings) = (state.steps, state.settings)
      return known.values
    }

    private func value(of formula: Formula, _ state: State) -> Double {
      let value = formula.evaluate(number: { leaf in
        guard case .symbol(let symbol) = leaf else { return nil }
        if symbol.text == "t" { return Double(state.steps) }
        return names.firstIndex(of: symbol.text).map { state.settings[$0] }
      })
      return value ?? .nan
    }
  }

  /// What the next step would make of a parameter, without making it.
  package func preview(_ parameter: Node) throws(TensorError) -> Tensor? {
    guard let i = parameters.firstIndex(where: { $0 === parameter }),
      let gradient = parameter.gradient
    else { return nil }
    let dtype = parameter.dtype
    var state = i < states.count ? states[i] : State()
    state.steps += 1
    state.settings = settings.map { $0.value }
    var values = [
      "w": parameter.value, "grad": gradient, "t": Tensor(Double(state.steps), dtype: dtype),
    ]
    for (name, value) in settings { values[name] = Tensor(value, dtype: dtype) }
    for (k, (name, start)) in kept.enumerated() {
      values[name] =
        k < state.kept.count
        ? state.kept[k] : try Tensor(filling: parameter.shape, with: start, dtype: dtype)
    }
    for rule in state.steps == 1 ? rules.first : rules.later {
      let known = values
      values[rule.target] = try rule.formula.evaluate({ leaf in
        switch leaf {
        case .symbol(let symbol): known[symbol.text]
        case .number(let n): Tensor(n, dtype: dtype)
        default: nil
        }
      })
    }
    return values["w"]
  }

  // MARK: The ledger

  /// One assignment of the last step, for one number of a parameter.
  package struct Assignment {
    package let rule: UpdateRule
    /// The numbers that names in the formula had.
    package let numbers: [String: Double]
    package let result: Double
    /// The whole vector as it is now, if it lasts.
    package let vector: Tensor?
  }

  /// What the last step did, parameter by parameter; parameters it did not touch are left out.
  package var ledger: [(parameter: Node, entry: Int, assignments: [Assignment])] {
    zip(parameters, states).compactMap { parameter, state in
      guard state.steps > 0, !state.before.isEmpty else { return nil }
      var numbers = ["t": Double(state.steps)]
      for (setting, value) in zip(settings, state.settings) { numbers[setting.name] = value }
      for (name, value) in zip(["w", "grad"] + kept.map({ $0.name }), state.before) {
        numbers[name] = value
      }
      var assignments: [Assignment] = []
      for rule in state.steps == 1 ? rules.first : rules.later {
        let known = numbers
        let result =
          rule.formula.evaluate { leaf in
            if case .symbol(let symbol) = leaf { known[symbol.text] } else { nil }
          } ?? .nan
        let place = kept.firstIndex { $0.name == rule.target }
        assignments.append(
          Assignment(
            rule: rule, numbers: known, result: result,
            vector: rule.target == "w" ? parameter.value : place.map { state.kept[$0] }))
        numbers[rule.target] = result
      }
      return (parameter, state.entry, assignments)
    }
  }

  /// The update as a definition in nn: what `??adam` shows. Made from the rules that run.
  package var textbook: String {
    let names = ["w", "grad"] + kept.map { $0.name } + ["t"] + settings.map { $0.name }
    var lines = ["fn \(kind)(\(names.joined(separator: ", "))) {"]
    for rule in rules.later { lines.append("    \(rule.target) = \(rule.formula.text)") }
    lines.append("    list(\((["w"] + kept.map { $0.name }).joined(separator: ", ")))")
    return (lines + ["}"]).joined(separator: "\n")
  }
}
