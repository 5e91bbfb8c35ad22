// Losses: how wrong the predictions are, as one number.
import Tensors

extension Op {
  package static let losses: [Op] = [
    mseLoss, l1Loss, smoothL1Loss, huberLoss, binaryCrossEntropy, binaryCrossEntropyWithLogits,
    nllLoss, crossEntropy,
  ]

  // MARK: Elementwise losses

  /// A loss of each prediction and its target, then their mean, their sum, or neither.
  /// - Parameters:
  ///   - weights: operands besides, numbers that weigh each element.
  ///   - value: the loss of one element.
  ///   - slopes: its derivative by prediction and target.
  ///   - computed: the same in fewer steps, where it is computed otherwise than it reads best.
  ///   - like: the operand whose type PyTorch's loss has, where that is not the common one.
  private static func elementwiseLoss(
    _ name: String, weights: [String] = [], settings: [Setting] = [], _ summary: String,
    _ definition: String, example: String, value: @escaping @Sendable (Call) -> Formula,
    slopes: @escaping @Sendable (Call) -> [Formula],
    computed: (@Sendable (Call) -> [Formula])? = nil,
    check: @escaping @Sendable (Call) throws(TensorError) -> Void = { _ throws(TensorError) in },
    like: Int? = nil, applies: (@Sendable () -> Op)? = nil,
    samples: (@Sendable () -> [Sample])? = nil, tried: [(String, Attribute)] = []
  ) -> Op {
    @Sendable func slope(_ c: Call, _ k: Int, _ slopes: (Call) -> [Formula]) -> Formula {
      let slopes = slopes(c)
      return k < slopes.count ? slopes[k].divided(by: Double(divisor(c))) : 0
    }
    let vjps = (0..<2).map { k in
      VJP { c throws(TensorError) in
        unbroadcastText(.dz * slope(c, k, slopes), from: wide(c), to: c.inputs[k].shape)
      } kernel: { c, dz throws(TensorError) in
        let gradient = try Formula.call(.mul, .dz, slope(c, k, computed ?? slopes)).pulled(c, dz)
        return try unbroadcast(gradient.expanded(to: wide(c)), to: c.inputs[k].shape)
      }
    }
    return Op(
      name,
      ["input", "target"] + weights.map { Operand($0, .weight, absence: .number(1)) },
      settings: settings + [.reduction], family: .loss, summary: summary, definition: definition,
      example: example, promotion: .expanded(like: like), derivative: .vjps(vjps),
      links: .entries { c, operand, offset in
        guard c.x.shape == c.y.shape, operand < 2 else { return [] }
        guard c.inputs.dropFirst(2).allSatisfy({ $0.rank == 0 || $0.shape == c.x.shape }) else {
          return []
        }
        let formula = slope(c, operand, slopes).filled { leaf in
          guard case .operand(let i) = leaf else { return nil }
          return .entry(i, offset: c.inputs[i].rank == 0 ? 0 : offset)
        }
        return [(c.output.rank == 0 ? 0 : offset, formula)]
      }, applies: applies, samples: { varied(samples?() ?? pairs(), tried) }
    ) { c throws(TensorError) in
      try check(c)
      if reduction(c) != "none",
        let sum = try value(c).total(over: wide(c), { c.leaf($0, c.x.dtype) })
      {
        return reduction(c) == "sum"
          ? sum : try sum / Tensor(Double(wide(c).count), dtype: sum.dtype)
      }
      let each = try value(c).evaluate(over: wide(c)) { c.leaf($0, c.x.dtype) }
      return try reduced(each.expanded(to: wide(c)), c)
    }
  }

  private static let pairs: @Sendable () -> [Sample] = {
    Sample.shapes.map { Sample([Sample.spread($0, -2.1, 1.9), Sample.spread($0, 0.12, 0.9)]) }
      + [Sample([Sample.spread([2, 3]), Sample.positive([3])])]
  }

  /// Each way to reduce, and each setting left out and given.
  private static func varied(_ samples: [Sample], _ tried: [(String, Attribute)]) -> [Sample] {
    let given = tried.flatMap { name, value in samples.map { $0.with(name, value) } }
    return (samples + given).flatMap { sample in
      [
        sample, sample.with("reduction", .text("sum")), sample.with("reduction", .text("none")),
      ]
    }
  }

  /// The shape of the losses before they are reduced.
  private static func wide(_ c: Call) -> Shape {
    (try? c.x.shape.broadcast(with: c.y.shape)) ?? c.x.shape
  }

  static func reduction(_ c: Call) -> String { c.attributes.word("reduction") ?? "mean" }

  private static func reduced(_ losses: Tensor, _ c: Call) throws(TensorError) -> Tensor {
    switch reduction(c) {
    case "none": return losses
    case "sum": return try losses.sum(Array(0..<losses.rank))
    default:
      return try losses.sum(Array(0..<losses.rank))
        / Tensor(Double(losses.count), dtype: losses.dtype)
    }
  }

  /// What the loss divides by.
  private static func divisor(_ c: Call) -> Int { reduction(c) == "mean" ? wide(c).count : 1 }

  /// Mean squared error, predictions first.
  package static let mseLoss: Op = elementwiseLoss(
    "mse_loss", "The mean of the squared differences between predictions and targets.",
    "Σ (input - target)² / n", example: "mse_loss([1, 2], [0, 4])",
    value: { _ in (Formula.x - .y).power(2) }, slopes: { _ in [2 * (.x - .y), 2 * (.y - .x)] })

  private static let l1Loss: Op = elementwiseLoss(
    "l1_loss", "The mean distance between predictions and targets.", "mean of |input - target|",
    example: "l1_loss([1, 2], [0, 4])", value: { _ in .call(abs, .x - .y) },
    slopes: { _ in [.call(sign, .x - .y), -.call(sign, .x - .y)] })

  private static let smoothL1Loss: Op = elementwiseLoss(
    "smooth_l1_loss", settings: [.number("beta", 1)],
    "Squared where the error is under `beta`, straight beyond: outliers pull no harder than others.",
    "mean of 0.5*d^2/beta if |d| < beta else |d| - 0.5*beta, d = input - target",
    example: "smooth_l1_loss([1, 2], [0, 4])",
    value: { c in
      let (d, beta) = (Formula.x - .y, Formula.attribute("beta"))
      if c.number("beta") == 0 { return .call(abs, d) }
      return .where_(lt, .call(abs, d), beta, 0.5 * d.power(2) / beta, .call(abs, d) - 0.5 * beta)
    },
    slopes: { c in
      let (d, beta) = (Formula.x - .y, Formula.attribute("beta"))
      let slope =
        c.number("beta") == 0
        ? .call(sign, d) : Formula.where_(ge, .call(abs, d), beta, .call(sign, d), d / beta)
      return [slope, -slope]
    },
    computed: { c in
      let beta = c.number("beta")
      if beta == 0 { return [.call(sign, .x - .y), .call(sign, .y - .x)] }
      return [held((.x - .y) / .number(beta), 1), held((.y - .x) / .number(beta), 1)]
    },
    check: { c throws(TensorError) in
      guard c.number("beta") >= 0 else {
        throw .setting("smooth_l1_loss", "`beta` must not be negative", c.number("beta"))
      }
    }, tried: [("beta", .number(0.5)), ("beta", .number(0))])

  /// Held between -bound and bound.
  private static func held(_ x: Formula, _ bound: Double) -> Formula {
    .apply(clamp, [x], Attributes(("min", .number(-bound)), ("max", .number(bound))))
  }

  /// The huber loss of one error.
  private static let huber: Op = elementwise(
    "huber", ["d"], settings: [.number("delta", 1)], family: .adjoint,
    "Half the square of an error, straight from `delta` on.",
    "0.5*d^2 if |d| < delta else delta*(|d| - 0.5*delta)", partials: [],
    loop: { Kernel.huber($0.number("delta") ?? 1).loop }
  ) { c throws(TensorError) in try c.x.map(Kernel.huber(c.number("delta"))) }

  private static let huberLoss: Op = elementwiseLoss(
    "huber_loss", settings: [.number("delta", 1)],
    "Squared where the error is under `delta`, straight beyond (Huber 1964).",
    "mean of 0.5*d^2 if |d| < delta else delta*(|d| - 0.5*delta), d = input - target",
    example: "huber_loss([1, 2], [0, 4])",
    value: { c in .apply(huber, [.x - .y], Attributes(("delta", .number(c.number("delta"))))) },
    slopes: { _ in
      let (d, delta) = (Formula.x - .y, Formula.attribute("delta"))
      // So asked, nan stays nan.
      let slope = Formula.where_(ge, .call(abs, d), delta, delta * .call(sign, d), d)
      return [slope, -slope]
    }, computed: { c in [held(.x - .y, c.number("delta")), held(.y - .x, c.number("delta"))] },
    check: { c throws(TensorError) in
      guard c.number("delta") > 0 else {
        throw .setting("huber_loss", "`delta` must be positive", c.number("delta"))
      }
    }, tried: [("delta", .number(0.5))])

  private static let chances: @Sendable () -> [Sample] = {
    Sample.shapes.flatMap { shape in
      let pair = [Sample.chances(shape), Sample.spread(shape, 0.07, 0.95)]
      return [
        Sample(pair), Sample(pair + [Sample.positive(shape)]), Sample(pair + [Tensor(0.4)]),
      ]
    }
  }

  /// Cross entropy of probabilities for two classes; logarithms are held above -100, as in PyTorch.
  package static let binaryCrossEntropy: Op = elementwiseLoss(
    "binary_cross_entropy", weights: ["weight"],
    "Cross entropy of a probability in [0, 1] for yes-or-no targets.",
    "mean of -(target*ln input + (1 - target)*ln(1 - input))",
    example: "binary_cross_entropy([0.9, 0.2], [1, 0])",
    value: { _ in
      func held(_ log: Formula) -> Formula {
        .apply(clamp, [log], Attributes(("min", .number(-100))))
      }
      return -.operand(2) * (.y * held(.call(log, .x)) + (1 - .y) * held(.call(log1p, -.x)))
    },
    slopes: { _ in
      [
        .operand(2)
          * ((.x - .y) / .apply(clamp, [.x * (1 - .x)], Attributes(("min", .number(1e-12))))),
        .operand(2) * (.call(log1p, -.x) - .call(log, .x)),
      ]
    },
    check: { c throws(TensorError) in
      try sameShapes("binary_cross_entropy", c)
      if let odd = noChance(c.x) {
        throw .setting("binary_cross_entropy", "predictions are probabilities from 0 to 1", odd)
      }
      if let odd = noChance(c.y) {
        throw .setting("binary_cross_entropy", "targets are probabilities from 0 to 1", odd)
      }
    }, like: 0, samples: chances)

  /// The first number that is no probability.
  private static func noChance(_ x: Tensor) -> Double? {
    if x.smallest >= 0, x.largest <= 1 { return nil }
    return x.values.first { !($0 >= 0 && $0 <= 1) }
  }

  /// Cross entropy for two classes straight from the score before the sigmoid: no overflow, no lost digits.
  package static let binaryCrossEntropyWithLogits: Op = elementwiseLoss(
    "binary_cross_entropy_with_logits", weights: ["weight", "pos_weight"],
    "Cross entropy for yes-or-no targets, from scores before the sigmoid.",
    "mean of -(target*ln sigmoid(input) + (1 - target)*ln(1 - sigmoid(input)))",
    example: "binary_cross_entropy_with_logits([2, -1], [1, 0])",
    value: { c in
      let positive = isOne(c.inputs[3]) ? 1 : (.operand(3) - 1) * .y + 1
      return .operand(2) * ((1 - .y) * .x - positive * .call(logsigmoid, .x))
    },
    slopes: { c in
      if isOne(c.inputs[3]) {
        return [.operand(2) * (.call(sigmoid, .x) - .y), .operand(2) * -.x]
      }
      let positive = (.operand(3) - 1) * .y + 1
      return [
        .operand(2) * (1 - .y - positive * .call(sigmoid, -.x)),
        .operand(2) * (-.x - (.operand(3) - 1) * .call(logsigmoid, .x)),
      ]
    },
    check: { c throws(TensorError) in try sameShapes("binary_cross_entropy_with_logits", c) },
    like: 1, applies: { sigmoid },
    samples: {
      chances().flatMap { sample -> [Sample] in
        let inputs = [Sample.spread(sample.inputs[0].shape)] + sample.inputs.dropFirst()
        guard inputs.count > 2 else { return [Sample(inputs)] }
        return [Sample(inputs), Sample(inputs + [Tensor(2.5)])]
      }
    })

  private static func isOne(_ t: Tensor) -> Bool { t.rank == 0 && t[0] == 1 }

  private static func sameShapes(_ name: String, _ c: Call) throws(TensorError) {
    guard c.x.shape == c.y.shape else {
      throw .layerInput(name, c.y.shape, expected: "targets \(c.x.shape), as the predictions are")
    }
  }

  // MARK: Classes

  private static let ignoring = [Setting.reduction, .whole("ignore_index", -100)]

  /// Negative log likelihood: minus the log probability of the right class.
  package static let nllLoss: Op = classLoss(
    "nll_loss", Operand("target", .indices), settings: ignoring,
    "Minus the logarithm of the probability given to the right class; takes log probabilities.",
    "mean of -input[i, target[i]]", example: "nll_loss(log_softmax([[2, 1]], dim=1), [0])",
    fromLogits: false)

  /// Softmax and negative log likelihood in one: the loss of classification.
  package static let crossEntropy: Op = classLoss(
    "cross_entropy", Operand("target", .labels),
    settings: ignoring + [.number("label_smoothing", 0)],
    "The loss of classification: minus the log of the probability that softmax gives the right class.",
    "mean of -ln softmax(input)[i, target[i]]", example: "cross_entropy([[2, 1, 0]], [0])",
    fromLogits: true)

  private static func classLoss(
    _ name: String, _ target: Operand, settings: [Setting], _ summary: String,
    _ definition: String, example: String, fromLogits: Bool
  ) -> Op {
    var vjps = [
      VJP { c throws(TensorError) in
        try ClassTargets(name, c, takesChances: fromLogits).slope(c, fromLogits: fromLogits)
      } kernel: { c, dz throws(TensorError) in
        try ClassTargets(name, c, takesChances: fromLogits).gradient(c, dz, fromLogits: fromLogits)
      }
    ]
    var applied: (@Sendable () -> Op)?
    if fromLogits {
      applied = { softmax }
      // Probabilities as targets have a gradient of their own.
      vjps.append(
        VJP { c throws(TensorError) in
          try ClassTargets(name, c, takesChances: fromLogits).targetSlope(c)
        })
    }
    let activation = applied
    return Op(
      name, ["input", target, Operand("weight", .weight, absence: .number(1))],
      settings: settings, family: .loss, summary: summary, definition: definition, example: example,
      promotion: .floating, derivative: .vjps(vjps),
      links: .entries { c, operand, offset in
        guard operand == 0, let targets = try? ClassTargets(name, c, takesChances: fromLogits)
        else { return [] }
        return targets.entry(c, offset, fromLogits: fromLogits)
      }, saves: fromLogits, applies: activation, samples: { classSamples(fromLogits: fromLogits) }
    ) { c throws(TensorError) in
      try ClassTargets(name, c, takesChances: fromLogits).loss(c, fromLogits: fromLogits)
    }
  }

  /// Labels and probabilities, one sample and several, with and without axes behind the classes; class weights,
  /// smoothing and ignored labels given and left out.
  private static func classSamples(fromLogits: Bool) -> [Sample] {
    let shapes: [(Shape, Shape, [Double])] = [
      ([3], [], [1]), ([2, 3], [2], [2, 0]), ([2, 3, 2], [2, 2], [2, 0, 1, 1]),
      ([1, 3, 2, 1], [1, 2, 1], [2, 0]),
    ]
    let weight = Sample.positive([3])
    var found: [Sample] = []
    for (shape, target, labels) in shapes {
      let (x, y) = (Sample.spread(shape), Sample.whole(labels, target))
      var group = [Sample([x, y]), Sample([x, y, weight])]
      if labels.count > 1 {
        group += group.map { $0.with("ignore_index", .number(0)) }
      }
      if fromLogits {
        let chances = Sample.chances(shape)
        group += [Sample([x, chances]), Sample([x, chances, weight])]
        group += group.map { $0.with("label_smoothing", .number(0.2)) }
      }
      found += group
    }
    return varied(found, [])
  }
}
