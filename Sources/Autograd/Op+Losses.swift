// Losses: how wrong the predictions are, as one number.
import Tensors

extension Op {
  package static let losses: [Op] = [
    mseLoss,
    elementwiseLoss(
      "l1_loss", "The mean distance between predictions and targets.", "mean of |input - target|",
      value: { _ in .call("abs", .x - .y) },
      slopes: { _ in [.call("sign", .x - .y), -.call("sign", .x - .y)] }),
    elementwiseLoss(
      "smooth_l1_loss", settings: [Setting("beta", .number(1))],
      "Squared where the error is under `beta`, straight beyond: outliers pull no harder than others.",
      "mean of 0.5*d^2/beta if |d| < beta else |d| - 0.5*beta, d = input - target",
      value: { c in
        let (d, beta) = (Formula.x - .y, Formula.attribute("beta"))
        if c.attributes.number("beta") == 0 { return .call("abs", d) }
        return .where_(
          "lt", .call("abs", d), beta, 0.5 * d.power(2) / beta, .call("abs", d) - 0.5 * beta)
      },
      slopes: { c in
        let (d, beta) = (Formula.x - .y, Formula.attribute("beta"))
        let slope =
          c.attributes.number("beta") == 0
          ? .call("sign", d)
          : Formula.where_("lt", .call("abs", d), beta, d / beta, .call("sign", d))
        return [slope, -slope]
      },
      check: { c throws(TensorError) in
        let beta = c.attributes.number("beta") ?? 1
        guard beta >= 0 else {
          throw .setting("smooth_l1_loss", "`beta` must not be negative", beta)
        }
      }),
    elementwiseLoss(
      "huber_loss", settings: [Setting("delta", .number(1))],
      "Squared where the error is under `delta`, straight beyond (Huber 1964).",
      "mean of 0.5*d^2 if |d| < delta else delta*(|d| - 0.5*delta), d = input - target",
      value: { _ in
        let (d, delta) = (Formula.x - .y, Formula.attribute("delta"))
        return .where_(
          "lt", .call("abs", d), delta, 0.5 * d.power(2),
          delta * (.call("abs", d) - 0.5 * delta))
      },
      slopes: { _ in
        let (d, delta) = (Formula.x - .y, Formula.attribute("delta"))
        let slope = Formula.where_("lt", .call("abs", d), delta, d, delta * .call("sign", d))
        return [slope, -slope]
      },
      check: { c throws(TensorError) in
        let delta = c.attributes.number("delta") ?? 1
        guard delta > 0 else { throw .setting("huber_loss", "`delta` must be positive", delta) }
      }),
    binaryCrossEntropy, binaryCrossEntropyWithLogits, nllLoss, crossEntropy,
  ]

  // MARK: Elementwise losses

  /// A loss of each prediction and its target, then their mean, their sum, or neither.
  /// - Parameters:
  ///   - more: operands besides, numbers that weigh each element.
  ///   - value: the loss of one element.
  ///   - slopes: its derivative by each operand that has one.
  private static func elementwiseLoss(
    _ name: String, more: [String] = [], settings: [Setting] = [], _ summary: String,
    _ definition: String, value: @escaping @Sendable (Call) -> Formula,
    slopes: @escaping @Sendable (Call) -> [Formula],
    check: @escaping @Sendable (Call) throws(TensorError) -> Void = { _ throws(TensorError) in }
  ) -> Op {
    @Sendable func slope(_ c: Call, _ k: Int) -> Formula {
      let slopes = slopes(c)
      return k < slopes.count ? slopes[k] : 0
    }
    let vjps = (0..<2 + more.count).map { k in
      VJP(text: { c in
        unbroadcastText(
          .dz * slope(c, k).shared(among: divisor(c)), from: wide(c), to: c.inputs[k].shape)
      }) { c, dz throws(TensorError) in
        let formula = slope(c, k).shared(among: divisor(c))
        guard let gradient = try formula.evaluate(tensors: { c.leaf($0, dz.dtype) }) else {
          throw .noRule(name, operand: k)
        }
        return try unbroadcast((dz * gradient).expanded(to: wide(c)), to: c.inputs[k].shape)
      }
    }
    return Op(
      name, ["input", "target"] + more, optional: more.count,
      settings: settings + [Setting("reduction", .text("mean"))], summary: summary,
      definition: definition, derivative: .vjps(vjps),
      links: .entries { c, operand, offset in
        guard c.x.shape == c.y.shape, operand < 2 else { return [] }
        let formula = slope(c, operand).shared(among: divisor(c)).filled { leaf in
          guard case .operand(let i) = leaf else { return nil }
          return .entry(i, offset: c.inputs[i].rank == 0 ? 0 : offset)
        }
        guard c.inputs.dropFirst(2).allSatisfy({ $0.rank == 0 || $0.shape == c.x.shape }) else {
          return []
        }
        return [(c.output.rank == 0 ? 0 : offset, formula)]
      }
    ) { c throws(TensorError) in
      try check(c)
      let dtype = c.x.dtype.floating
      guard let each = try value(c).evaluate(tensors: { c.leaf($0, dtype) }) else {
        throw .noRule(name, operand: 0)
      }
      return try reduced(each.expanded(to: c.x.shape.broadcast(with: c.y.shape)), c)
    }
  }

  /// The shape of the losses before they are reduced.
  private static func wide(_ c: Call) -> Shape {
    (try? c.x.shape.broadcast(with: c.y.shape)) ?? c.x.shape
  }

  private static func reduction(_ c: Call) -> String { c.attributes.word("reduction") ?? "mean" }

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
  package static let mseLoss = elementwiseLoss(
    "mse_loss", "The mean of the squared differences between predictions and targets.",
    "Σ (input - target)² / n", value: { _ in (Formula.x - .y).power(2) },
    slopes: { _ in [2 * (.x - .y), 2 * (.y - .x)] })

  /// Cross entropy of probabilities for two classes; logarithms are held above -100, as in PyTorch.
  private static let binaryCrossEntropy = elementwiseLoss(
    "binary_cross_entropy", more: ["weight"],
    "Cross entropy of a probability in [0, 1] for yes-or-no targets.",
    "mean of -(target*ln input + (1 - target)*ln(1 - input))",
    value: { _ in
      func held(_ log: Formula) -> Formula {
        .apply("clamp", [log], Attributes(("min", .number(-100))))
      }
      return -.operand(2)
        * (.y * held(.call("log", .x)) + (1 - .y) * held(.call("log1p", -.x)))
    },
    slopes: { _ in
      [
        .operand(2)
          * ((.x - .y)
            / .apply("clamp", [.x * (1 - .x)], Attributes(("min", .number(1e-12))))),
        .operand(2) * (.call("log1p", -.x) - .call("log", .x)),
      ]
    },
    check: { c throws(TensorError) in
      try sameShapes("binary_cross_entropy", c)
      for i in 0..<c.x.count where !(c.x[i] >= 0 && c.x[i] <= 1) && !c.x[i].isNaN {
        throw .setting("binary_cross_entropy", "predictions are probabilities from 0 to 1", c.x[i])
      }
    })

  /// Cross entropy for two classes straight from the score before the sigmoid: no overflow, no lost digits.
  private static let binaryCrossEntropyWithLogits = elementwiseLoss(
    "binary_cross_entropy_with_logits", more: ["weight", "pos_weight"],
    "Cross entropy for yes-or-no targets, from scores before the sigmoid.",
    "mean of -(target*ln sigmoid(input) + (1 - target)*ln(1 - sigmoid(input)))",
    value: { c in
      let positive = isOne(c.inputs[3]) ? 1 : (.operand(3) - 1) * .y + 1
      return .operand(2) * ((1 - .y) * .x - positive * .call("logsigmoid", .x))
    },
    slopes: { c in
      if isOne(c.inputs[3]) {
        return [.operand(2) * (.call("sigmoid", .x) - .y), .operand(2) * -.x]
      }
      let positive = (.operand(3) - 1) * .y + 1
      return [
        .operand(2) * (1 - .y - positive * .call("sigmoid", -.x)),
        .operand(2) * (-.x - (.operand(3) - 1) * .call("logsigmoid", .x)),
      ]
    },
    check: { c throws(TensorError) in
      try sameShapes("binary_cross_entropy_with_logits", c)
    })

  private static func isOne(_ t: Tensor) -> Bool { t.rank == 0 && t[0] == 1 }

  private static func sameShapes(_ name: String, _ c: Call) throws(TensorError) {
    guard c.x.shape == c.y.shape else {
      throw .layerInput(name, c.y.shape, expected: "targets \(c.x.shape), as the predictions are")
    }
  }

  // MARK: Classes

  private static let classSettings = [
    Setting("reduction", .text("mean")), Setting("ignore_index", .number(-100)),
  ]

  /// Negative log likelihood: minus the log probability of the right class.
  private static let nllLoss = classLoss(
    "nll_loss", settings: classSettings,
    "Minus the logarithm of the probability given to the right class; takes log probabilities.",
    "mean of -input[i, target[i]]", fromLogits: false)

  /// Softmax and negative log likelihood in one: the loss of classification.
  package static let crossEntropy = classLoss(
    "cross_entropy", settings: classSettings + [Setting("label_smoothing", .number(0))],
    "The loss of classification: minus the log of the probability that softmax gives the right class.",
    "mean of -ln softmax(input)[i, target[i]]", fromLogits: true)

  private static func classLoss(
    _ name: String, settings: [Setting], _ summary: String, _ definition: String,
    fromLogits: Bool
  ) -> Op {
    Op(
      name, ["input", "target", "weight"], optional: 1, settings: settings, summary: summary,
      definition: definition,
      derivative: .vjps([
        VJP(text: { c in classSlope(c, fromLogits: fromLogits) }) { c, dz throws(TensorError) in
          try ClassTargets(name, c).gradient(c, dz, fromLogits: fromLogits)
        },
        VJP(0) { c, _ throws(TensorError) in try Tensor(filling: c.y.shape, with: 0) },
        VJP(0) { c, _ throws(TensorError) in try Tensor(filling: c.inputs[2].shape, with: 0) },
      ]),
      links: .entries { c, operand, offset in
        operand == 0 ? classEntry(c, offset, fromLogits: fromLogits) : []
      }
    ) { c throws(TensorError) in
      try ClassTargets(name, c).loss(c, fromLogits: fromLogits)
    }
  }

  /// `(softmax(input) - onehot(target))/n`, for the plain case; weighted targets have no short formula.
  private static func classSlope(_ c: Call, fromLogits: Bool) -> Formula {
    let axis = c.x.rank > 1 ? 1 : 0
    let classes = c.x.shape.dims.isEmpty ? 1 : c.x.shape[axis]
    let rows = reduction(c) == "mean" ? c.x.count / max(1, classes) : 1
    let onehot: Formula =
      c.y.dtype.isFloat && c.y.shape == c.x.shape
      ? .y : .apply("one_hot", [.y], Attributes(("_classes", .ints([classes]))))
    let softmax = Formula.apply("softmax", [.x], Attributes(("dim", .ints([axis]))))
    return .dz * (fromLogits ? softmax - onehot : -onehot).shared(among: rows)
  }

  /// The slope of one score of one sample, written out: `(e^x₁/(e^x₀ + e^x₁ + e^x₂) - 1)/n`. For the plain
  /// mean or sum over a few classes; empty otherwise.
  private static func classEntry(_ c: Call, _ offset: Int, fromLogits: Bool)
    -> [(offset: Int, partial: Formula)]
  {
    guard c.x.rank == 2, c.x.shape[1] <= 6, c.inputs[2].rank == 0, c.inputs[2][0] == 1,
      c.y.rank == 1, reduction(c) != "none", (c.attributes.number("label_smoothing") ?? 0) == 0
    else { return [] }
    let (rows, classes) = (c.x.shape[0], c.x.shape[1])
    let (row, k) = (offset / classes, offset % classes)
    let ignored = c.attributes.number("ignore_index") ?? -100
    guard !c.y.values.contains(ignored) else { return [] }
    let isRight: Formula = c.y[row] == Double(k) ? 1 : 0
    let exponentials = (0..<classes).map {
      Formula.call("exp", .entry(0, offset: row * classes + $0))
    }
    let sum = exponentials.dropFirst().reduce(exponentials[0]) { $0 + $1 }
    let slope = fromLogits ? exponentials[k] / sum - isRight : -isRight
    return [(0, slope.shared(among: reduction(c) == "mean" ? rows : 1))]
  }
}
