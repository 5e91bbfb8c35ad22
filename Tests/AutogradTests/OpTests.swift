import Autograd
import Tensors
import Testing

/// An op at operands and settings where it is smooth, as its table entry says.
struct Trial: Sendable, CustomTestStringConvertible {
  let op: Op
  let sample: Sample

  var testDescription: String {
    let shapes = sample.inputs.map { "\($0.shape)" }.joined(separator: " ")
    return "\(op.name) \(shapes) \(sample.attributes.text)"
  }

  static let all = Op.all.filter(\.isDifferentiable).flatMap { op in
    op.samples.map { Trial(op: op, sample: $0) }
  }

  /// A cotangent without symmetry.
  func cotangent(_ shape: Shape, _ dtype: DType = .float64) throws -> Tensor {
    try Tensor(
      (0..<shape.count).map { 0.7 - 0.31 * Double(($0 * 5) % 7) }, shape: shape, dtype: dtype)
  }

  /// ⟨cotangent, op(inputs)⟩
  func value(_ inputs: [Tensor]) throws -> Double {
    let output = try op.applied(inputs, sample.attributes).output
    return zip(output.values, try cotangent(output.shape).values).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The operands that gradients reach.
  var reached: [Int] {
    sample.inputs.indices.filter { op.reaches($0, sample.inputs) }
  }
}

@Suite struct OpTests {
  @Test func everyDifferentiableOpHasSamples() {
    for op in Op.all where op.isDifferentiable {
      #expect(!op.samples.isEmpty, "\(op.name)")
      // Each operand that has a gradient is tried, each setting given and, where it may be, left out.
      for (k, operand) in op.operands.enumerated() where operand.role == .value {
        #expect(
          op.samples.contains { $0.inputs.count > k && op.reaches(k, $0.inputs) },
          "\(op.name) \(operand.name)")
      }
      for setting in op.settings {
        #expect(
          op.samples.contains { $0.attributes[setting.name] != nil }, "\(op.name) \(setting.name)")
        if case .required = setting.fallback { continue }
        #expect(
          op.samples.contains { $0.attributes[setting.name] == nil },
          "\(op.name) without \(setting.name)")
      }
    }
  }

  @Test(arguments: Trial.all) func vjpAgreesWithCentralDifferences(_ trial: Trial) throws {
    let inputs = trial.sample.inputs
    let gradients = try recorded(trial, inputs)
    for k in trial.reached {
      let gradient = try #require(gradients[k])
      #expect(gradient.shape == inputs[k].shape)
      for i in 0..<inputs[k].count {
        // Richardson's extrapolation of two central differences: the error falls with h⁴.
        func difference(_ h: Double) throws -> Double {
          var (up, down) = (inputs, inputs)
          var values = inputs[k].values
          values[i] += h
          up[k] = try Tensor(values, shape: inputs[k].shape)
          values[i] -= 2 * h
          down[k] = try Tensor(values, shape: inputs[k].shape)
          return try (trial.value(up) - trial.value(down)) / (2 * h)
        }
        if let padding = trial.sample.attributes.number("padding_idx"),
          i / inputs[k].shape[1] == Int(padding)
        {
          // What stands for nothing learns nothing, by definition.
          #expect(gradient[i] == 0)
          continue
        }
        let numeric = try (4 * difference(5e-4) - difference(1e-3)) / 3
        let scale = max(abs(numeric), 1e-2)
        #expect(abs(gradient[i] - numeric) <= 1e-7 * scale, "operand \(k), entry \(i)")
      }
    }
  }

  /// Gradients by the graph, with every operand that can have one a parameter.
  private func recorded(_ trial: Trial, _ inputs: [Tensor]) throws -> [Int: Tensor] {
    let graph = Graph()
    let leaves = inputs.enumerated().map { k, input in
      trial.reached.contains(k) ? graph.parameter(input) : graph.constant(input)
    }
    let node = try graph.apply(trial.op, leaves.map { .node($0) }, trial.sample.attributes)
    let gradients = try graph.gradients(of: node, seed: trial.cotangent(node.shape, node.dtype))
    return Dictionary(
      uniqueKeysWithValues: trial.reached.compactMap { k in gradients(leaves[k]).map { (k, $0) } })
  }

  /// The formula that is printed, the loops that stand in for it and the gradients computed together.
  @Test(arguments: Trial.all) func theFormulaIsTheGradient(_ trial: Trial) throws {
    let call = try trial.op.applied(trial.sample.inputs, trial.sample.attributes)
    let dz = try trial.cotangent(call.output.shape)
    var wanted = Op.Wanted()
    for k in call.inputs.indices { wanted[k] = true }
    let together = try trial.op.joint?(call, dz, wanted)
    for k in trial.reached {
      let formula = try trial.op.pullback(k, call)
      let shown = try formula.evaluate { leaf in
        if case .cotangent = leaf { return dz }
        return call.leaf(leaf, .float64)
      }
      let told = try shown.expanded(to: call.inputs[k].shape)
      for used in [try trial.op.pulled(k, call, dz), together?[k]].compactMap({ $0 }) {
        #expect(used.shape == call.inputs[k].shape)
        for i in 0..<used.count {
          #expect(abs(told[i] - used[i]) <= 1e-11 * max(1, abs(used[i])), "\(k): \(formula.text)")
        }
      }
    }
  }

  /// Gradients of gradients: the recorded form of every rule, differentiated by every operand, against central
  /// differences of the gradient itself.
  @Test(arguments: Trial.all) func recordedGradientsHaveGradients(_ trial: Trial) throws {
    let inputs = trial.sample.inputs
    for k in trial.reached {
      let graph = Graph()
      let leaves = inputs.indices.map { i in
        trial.reached.contains(i) ? graph.parameter(inputs[i]) : graph.constant(inputs[i])
      }
      let value = try graph.apply(trial.op, leaves.map { .node($0) }, trial.sample.attributes)
      let weights = graph.constant(try trial.cotangent(value.shape))
      let weighted = try graph.apply(.mul, [.node(value), .node(weights)])
      let root = try graph.apply(.sum, [.node(weighted)])
      let gradient = try #require(try graph.recordedGradient(of: root, by: leaves[k]))
      let first = try #require(try recorded(trial, inputs)[k])
      #expect(gradient.shape == first.shape)
      for i in 0..<first.count {
        #expect(abs(gradient.value[i] - first[i]) <= 1e-10 * max(1, abs(first[i])))
      }
      // Some gradients do not depend on anything: those of sums, of copies.
      guard gradient.isTracked else { continue }
      let second = try graph.gradients(of: gradient, seed: trial.cotangent(gradient.shape))
      for j in trial.reached {
        for i in 0..<inputs[j].count {
          func along(_ h: Double) throws -> Double {
            var moved = inputs
            var values = inputs[j].values
            values[i] += h
            moved[j] = try Tensor(values, shape: inputs[j].shape)
            let gradient = try #require(try recorded(trial, moved)[k])
            return zip(gradient.values, try trial.cotangent(gradient.shape).values)
              .reduce(0) { $0 + $1.0 * $1.1 }
          }
          let numeric =
            try (8 * (along(1e-3) - along(-1e-3)) - (along(2e-3) - along(-2e-3))) / 12e-3
          let exact = second(leaves[j])?[i] ?? 0
          #expect(
            abs(exact - numeric) <= 1e-6 * max(1, abs(numeric)),
            "∂ of operand \(k) by operand \(j), entry \(i)")
        }
      }
    }
  }

  @Test(arguments: Trial.all) func float32StaysFloat32AndIsClose(_ trial: Trial) throws {
    let inputs = trial.sample.inputs
    let narrow = try inputs.map { try $0.dtype.isFloat ? $0.converted(to: .float32) : $0 }
    let (wide, single) = (try recorded(trial, inputs), try recorded(trial, narrow))
    for k in trial.reached {
      let (a, b) = (try #require(wide[k]), try #require(single[k]))
      #expect(b.dtype == .float32)
      let size = max(1, a.values.map(abs).max() ?? 1)
      for i in 0..<a.count { #expect(abs(a[i] - b[i]) <= 1e-3 * size, "operand \(k), entry \(i)") }
    }
  }

  @Test(arguments: Op.all.filter { $0.slopes != nil })
  func slopesOfNumbersEqualTheFormulas(_ op: Op) throws {
    for (x, y) in [(0.4, 1.7), (1.3, 0.6), (2.1, 3.0)] {
      guard let scalar = op.scalar, let slope = op.slopes else { continue }
      let z = scalar(x, y)
      let slopes = slope(x, y, z)
      for (k, slope) in [slopes.0, slopes.1].enumerated() {
        guard let partial = op.partial(k) else { continue }
        let value = partial.evaluate(number: { leaf -> Double? in
          switch leaf {
          case .operand(let i): return i == 0 ? x : y
          case .result: return z
          default: return nil
          }
        })
        let number = try #require(value)
        #expect(abs(number - slope) < 1e-12)
      }
    }
  }

  @Test func opsWithoutGradientSayWhy() {
    for op in Op.all {
      if case .none(let reason) = op.derivative { #expect(reason.count > 10, "\(op.name)") }
    }
  }
}

@Suite struct GraphTests {
  @Test func aMillionOpsAreBuiltDifferentiatedAndFreed() throws {
    let graph = Graph()
    let x = graph.parameter(Tensor(1))
    var y = x
    for _ in 0..<1_000_000 {
      y = graph.scalar(.add, y.number + 1e-6, y, nil, constant: 1e-6, site: 0)
    }
    try graph.backward(from: y)
    #expect(x.gradient?.item == 1)
    y = x
  }

  @Test func staleLeavesAreNoticed() throws {
    let graph = Graph()
    let w = graph.parameter(Tensor(3))
    let y = try graph.apply(.mul, [.node(w), .node(w)])
    try graph.store(Tensor(4), into: w)
    #expect(throws: GradientError.self) { try graph.backward(from: y) }
    try graph.replay(y)
    #expect(y.number == 16)
    try graph.backward(from: y)
    #expect(w.gradient?.item == 8)
  }

  @Test func leavesAccumulateAndOtherValuesKeepTheLastPass() throws {
    let graph = Graph()
    let w = graph.parameter(Tensor(3))
    let square = try graph.apply(.mul, [.node(w), .node(w)])
    let y = try graph.apply(.mul, [.node(square), .number(2)])
    try graph.backward(from: y, retain: true)
    try graph.backward(from: y)
    #expect(w.gradient?.item == 24)
    #expect(square.gradient?.item == 2)
    #expect(throws: GradientError.self) { try graph.backward(from: y) }
  }

  @Test func gradientsOnRequestTouchNothing() throws {
    let graph = Graph()
    let w = graph.parameter(Tensor(3))
    let y = try graph.apply(.mul, [.node(w), .node(w)])
    let gradient = try graph.gradients(of: y)(w)
    #expect(gradient?.item == 6)
    #expect(w.gradient == nil)
  }

  @Test func noRecordingLeavesNoTrace() throws {
    let graph = Graph()
    let w = graph.parameter(Tensor(3))
    graph.isRecording = false
    let y = try graph.apply(.mul, [.node(w), .number(2)])
    #expect(!y.isTracked)
  }

  @Test func kinksAreCalledKinks() throws {
    let graph = Graph()
    let w = graph.parameter(Tensor(0))
    let y = try graph.apply(.relu, [.node(w)])
    let check = try graph.numericCheck(of: y, at: w, offset: 0, analytic: 0)
    #expect(check.isKink)
  }
}

@Suite struct FormulaTests {
  @Test func signsAndBracketsFollowPrecedence() {
    let a = Formula.symbol(Symbol("a", value: -2))
    let b = Formula.symbol(Symbol("b", value: 3))
    #expect((a * (b - 1)).text == "a*(b - 1)")
    #expect(Formula.call(.add, b, .call(.mul, a, b)).substituted(NumberFormat()) == "3 + (-2)*3")
    #expect(Formula.call(.pow, a, 2).substituted(NumberFormat()) == "(-2)^2")
    #expect((a + a).text == "2*a")
    #expect((-(a * b)).text == "-a*b")
    #expect((a.power(1) * 1 + 0).text == "a")
  }

  @Test func transposesOfProductsTurnRound() {
    let product = Formula.call(.matmul, .transpose(.x), .dz)
    #expect(Formula.transpose(product).text == "dz.T @ x")
  }
}
