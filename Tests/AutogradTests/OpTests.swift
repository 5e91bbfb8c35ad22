import Autograd
import Tensors
import Testing

/// Operands on which an op is smooth, and the settings to try it with.
struct Trial: Sendable, CustomTestStringConvertible {
  let op: Op
  let inputs: [Tensor]
  let attributes: Attributes
  let note: String
  var testDescription: String { op.name + note }

  static func tensor(_ values: [Double], _ shape: Shape) -> Tensor {
    (try? Tensor(values, shape: shape)) ?? Tensor(0)
  }

  /// Distinct numbers from 0.3 to 1.6: positive, off every kink, no ties.
  static let positive = tensor([0.31, 1.27, 0.74, 1.58, 0.46, 0.93], [2, 3])
  static let mixed = tensor([-1.31, 0.27, 0.74, -0.58, 1.46, -0.13], [2, 3])
  static let row = tensor([1.2, 0.35, 0.81], [3])
  static let square = tensor([0.4, -1.1, 0.9, 1.3, 0.2, -0.7, 0.5, 1.7, -0.3], [3, 3])

  /// Ops that are smooth only where their operand is positive.
  static let positiveOnly: Set<String> = ["log", "log1p", "sqrt", "rsqrt", "pow"]
  static let byDim = [
    Attributes(), Attributes(("dim", .ints([1]))), Attributes(("dim", .ints([0]))),
  ]

  static func trials(_ op: Op) -> [Trial] {
    func trial(_ inputs: [Tensor], _ attributes: Attributes = Attributes(), _ note: String = "")
      -> Trial
    {
      Trial(op: op, inputs: inputs, attributes: attributes, note: note)
    }
    let x = positiveOnly.contains(op.name) ? positive : mixed
    switch op.name {
    case "add", "sub", "mul", "div", "pow", "maximum", "minimum", "remainder":
      return [
        trial([x, row], Attributes(), " row"), trial([row, positive], Attributes(), " first"),
        trial([positive, Tensor(0.7)], Attributes(), " number"),
      ]
    case "where": return [trial([tensor([1, 0, 1], [3]), mixed, row])]
    case "clamp": return [trial([x], Attributes(("min", .number(-0.5)), ("max", .number(1))))]
    case "leaky_relu": return [trial([x], Attributes(("negative_slope", .number(0.1))))]
    case "elu": return [trial([x], Attributes(("alpha", .number(1.5))))]
    case "softplus":
      return [trial([x], Attributes(("beta", .number(2)), ("threshold", .number(20))))]
    case "softmax", "log_softmax", "cumsum":
      return [0, 1].map { trial([x], Attributes(("dim", .ints([$0]))), " dim \($0)") }
    case "sum", "mean", "prod", "amax", "amin", "logsumexp", "norm", "var", "std":
      return byDim.map { trial([x], $0, " \($0.text)") }
    case "matmul":
      return [
        trial([x, square]), trial([x, row], Attributes(), " vector"),
        trial([row, square], Attributes(), " vector first"),
        trial([row, row], Attributes(), " vectors"),
        trial(
          [tensor((0..<12).map { 0.1 * Double($0) - 0.5 }, [2, 2, 3]), square], Attributes(),
          " batch"),
      ]
    case "dot", "outer": return [trial([row, tensor([0.4, -1.1, 0.9], [3])])]
    case "permute": return [trial([x], Attributes(("_dims", .ints([1, 0]))))]
    case "reshape": return [trial([x], Attributes(("_shape", .ints([3, -1]))))]
    case "expand": return [trial([row], Attributes(("_shape", .ints([2, 3]))))]
    case "expand_as": return [trial([row, x])]
    case "index":
      let rows = tensor([1, 1], [2])
      return [
        trial([x], Attributes(("index", .index([.at(1)], "1")))),
        trial(
          [x],
          Attributes(("index", .index([.list(rows), .slice(start: 0, stop: 2, step: 1)], ""))),
          " twice"),
      ]
    case "gather": return [trial([x, tensor([2, 0], [2, 1])], Attributes(("dim", .ints([1]))))]
    case "concat", "stack": return [trial([x, positive, x], Attributes(("dim", .ints([1]))))]
    case "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss":
      return ["mean", "sum", "none"].map {
        trial(
          [x, positive],
          Attributes(("reduction", .text($0)), ("beta", .number(0.8)), ("delta", .number(0.9))),
          " \($0)")
      }
    case "binary_cross_entropy":
      let probabilities = tensor([0.41, 0.47, 0.64, 0.58, 0.46, 0.53], [2, 3])
      return [
        trial([probabilities, positive, Tensor(1)]),
        trial(
          [probabilities, positive, row], Attributes(("reduction", .text("sum"))), " weighted"),
      ]
    case "binary_cross_entropy_with_logits":
      return [
        trial([x, positive, Tensor(1), Tensor(1)]),
        trial([x, positive, row, row], Attributes(), " weighted"),
      ]
    case "cross_entropy", "nll_loss":
      let labels = tensor([2, 0], [2])
      return [
        trial([x, labels, Tensor(1)]),
        trial([x, labels, Tensor(1)], Attributes(("reduction", .text("sum"))), " sum"),
        trial(
          [x, labels, row],
          Attributes(("label_smoothing", .number(op.name == "nll_loss" ? 0 : 0.1))), " weighted"),
      ]
    case "linear":
      let deep = tensor((0..<12).map { 0.1 * Double($0) - 0.5 }, [2, 2, 3])
      return [
        trial([x, square, row]), trial([row, square], Attributes(), " vector"),
        trial([deep, square, row], Attributes(), " batch"),
      ]
    case "batch_norm":
      let wide = tensor([0.4, -1.1, 0.9, 1.3, 0.2, -0.7, 0.5, 1.7, -0.3, 0.8, -0.6, 1.1], [4, 3])
      let deep = tensor(
        [0.4, -1.1, 0.9, 1.3, 0.2, -0.7, 0.5, 1.7, -0.3, 0.8, -0.6, 1.1], [2, 3, 2])
      let eps = Attributes(("eps", .number(1e-5)))
      return [
        trial([wide, row, row], eps), trial([deep, row, row], eps, " length"),
        trial([wide, Tensor(1), Tensor(0)], eps, " plain"),
        trial([wide, row, row, tensor([0.1, 0.2, 0.3], [3]), row], eps, " eval"),
        trial([deep, row, row, tensor([0.1, 0.2, 0.3], [3]), row], eps, " eval length"),
      ]
    case "layer_norm":
      let eps = Attributes(("dims", .number(1)), ("eps", .number(1e-5)))
      let all = Attributes(("dims", .number(2)), ("eps", .number(1e-5)))
      return [
        trial([x, row, row], eps), trial([x, Tensor(1), Tensor(0)], eps, " plain"),
        trial([x, positive, mixed], all, " two axes"),
      ]
    case "dropout": return [trial([x, tensor([0, 2, 2, 0, 2, 0], [2, 3])])]
    case "embedding":
      return [trial([tensor([1, 0, 1], [3]), square])]
    case "conv1d", "conv2d":
      let line = tensor((0..<20).map { 0.1 * Double(($0 * 7) % 20) - 0.9 }, [2, 2, 5])
      let image = tensor((0..<32).map { 0.1 * Double(($0 * 11) % 32) - 1.5 }, [1, 2, 4, 4])
      let kernels =
        op.name == "conv1d"
        ? tensor((0..<12).map { 0.1 * Double($0) - 0.5 }, [3, 2, 2])
        : tensor((0..<24).map { 0.1 * Double($0) - 1.2 }, [3, 2, 2, 2])
      let x = op.name == "conv1d" ? line : image
      let grouped =
        op.name == "conv1d"
        ? tensor((0..<8).map { 0.1 * Double($0) - 0.3 }, [4, 1, 2])
        : tensor((0..<16).map { 0.1 * Double($0) - 0.7 }, [4, 1, 2, 2])
      return [
        trial([x, kernels, row]),
        trial(
          [x, kernels],
          Attributes(("stride", .ints([2])), ("padding", .ints([1])), ("dilation", .ints([2]))),
          " stride"),
        trial([x, grouped], Attributes(("groups", .number(2))), " groups"),
      ]
    case "max_pool1d", "avg_pool1d":
      return [
        trial(
          [tensor([0.4, -1.1, 0.9, 1.3, 0.2, -0.7], [1, 1, 6])],
          Attributes(("kernel_size", .ints([3])), ("stride", .ints([2]))))
      ]
    case "max_pool2d", "avg_pool2d":
      return [
        trial(
          [tensor((0..<16).map { 0.1 * Double(($0 * 7) % 16) }, [1, 1, 4, 4])],
          Attributes(("kernel_size", .ints([3])), ("stride", .ints([1])), ("padding", .ints([1]))))
      ]
    case "adaptive_avg_pool2d":
      return [
        trial(
          [tensor((0..<20).map { 0.1 * Double(($0 * 7) % 20) }, [1, 1, 4, 5])],
          Attributes(("output_size", .ints([2, 2]))))
      ]
    default: return [trial(op.operands.count == 2 ? [x, row] : [x])]
    }
  }

  static let all = Op.all.filter(\.isDifferentiable).flatMap(trials)

  /// Operands that gradients do not concern: conditions and places.
  func isFixed(_ operand: Int) -> Bool {
    let fixed: [String: Set<Int>] = [
      "where": [0], "gather": [1], "expand_as": [1], "embedding": [0], "dropout": [1],
      "cross_entropy": [1, 2], "nll_loss": [1, 2], "binary_cross_entropy": [2],
      "binary_cross_entropy_with_logits": [2, 3], "batch_norm": [3, 4],
    ]
    return fixed[op.name]?.contains(operand) == true
  }

  /// A cotangent without symmetry.
  func cotangent(_ shape: Shape) -> Tensor {
    Trial.tensor((0..<shape.count).map { 0.7 - 0.31 * Double(($0 * 5) % 7) }, shape)
  }
}

@Suite struct OpTests {
  /// ⟨cotangent, op(inputs)⟩
  func value(_ trial: Trial, _ inputs: [Tensor]) throws -> Double {
    let output = try trial.op.forward(Call(inputs: inputs, attributes: trial.attributes))
    return zip(output.values, trial.cotangent(output.shape).values).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test(arguments: Trial.all) func vjpAgreesWithCentralDifferences(_ trial: Trial) throws {
    let graph = Graph()
    let leaves = trial.inputs.map { graph.parameter($0) }
    let node = try graph.apply(trial.op, leaves.map { .node($0) }, trial.attributes)
    let gradients = try graph.gradients(of: node, seed: trial.cotangent(node.shape))
    for (k, input) in trial.inputs.enumerated() where !trial.isFixed(k) {
      let gradient = try #require(gradients(leaves[k]))
      #expect(gradient.shape == input.shape)
      for i in 0..<input.count {
        // Richardson's extrapolation of two central differences: the error falls with h⁴.
        func difference(_ h: Double) throws -> Double {
          var (up, down) = (trial.inputs, trial.inputs)
          var values = input.values
          values[i] += h
          up[k] = try Tensor(values, shape: input.shape)
          values[i] -= 2 * h
          down[k] = try Tensor(values, shape: input.shape)
          return try (value(trial, up) - value(trial, down)) / (2 * h)
        }
        let numeric = try (4 * difference(5e-4) - difference(1e-3)) / 3
        let scale = max(abs(numeric), 1e-3)
        #expect(abs(gradient[i] - numeric) <= 1e-7 * scale, "operand \(k), entry \(i)")
      }
    }
  }

  /// Vjps whose formula uses a function of PyTorch's that is no op here; their numbers are checked above.
  static let wordedOnly: Set<String> = [
    "index", "gather", "cumsum", "embedding", "conv1d", "conv2d", "max_pool1d", "max_pool2d",
    "avg_pool1d", "avg_pool2d", "adaptive_avg_pool2d", "cross_entropy", "nll_loss",
  ]

  @Test(arguments: Trial.all.filter { !wordedOnly.contains($0.op.name) })
  func displayedFormulaEvaluatesToTheGradientThatIsUsed(_ trial: Trial) throws {
    let graph = Graph()
    let leaves = trial.inputs.map { graph.parameter($0) }
    let node = try graph.apply(trial.op, leaves.map { .node($0) }, trial.attributes)
    let call = try node.call()
    let dz = trial.cotangent(node.shape)
    for k in trial.inputs.indices where !trial.isFixed(k) {
      let used = try node.vjp(k, call, dz)
      let text = trial.op.partial(k).map { .dz * $0 } ?? trial.op.vjp(k)?.text(call)
      let formula = try #require(text)
      let evaluated = try formula.evaluate(tensors: { leaf in
        if case .cotangent = leaf { return dz }
        return call.leaf(leaf, .float64)
      })
      let shown = try #require(evaluated, "\(formula.text)")
      // A formula that simplified to a number stands for that number everywhere.
      let whole = shown.rank == 0 && used.rank > 0 ? try shown.expanded(to: dz.shape) : shown
      let folded = try unbroadcast(whole, to: call.inputs[k].shape)
      for i in 0..<used.count {
        #expect(abs(folded[i] - used[i]) <= 1e-12 * max(1, abs(used[i])), "\(formula.text)")
      }
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
        let value = partial.evaluate { leaf -> Double? in
          switch leaf {
          case .operand(let i): return i == 0 ? x : y
          case .result: return z
          default: return nil
          }
        }
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
    #expect(Formula.call("add", b, .call("mul", a, b)).substituted(NumberFormat()) == "3 + (-2)*3")
    #expect(Formula.call("pow", a, 2).substituted(NumberFormat()) == "(-2)^2")
    #expect((a + a).text == "2*a")
    #expect((-(a * b)).text == "-a*b")
    #expect((a.power(1) * 1 + 0).text == "a")
  }

  @Test func transposesOfProductsTurnRound() {
    let product = Formula.call("matmul", .transpose(.x), .dz)
    #expect(Formula.transpose(product).text == "dz.T @ x")
  }
}
