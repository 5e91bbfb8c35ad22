// The optimizers of torch.optim, as rules. Names and defaults are PyTorch's.
import Autograd
import Tensors

extension Optimizer {
  private static func name(_ name: String) -> Formula { .symbol(Symbol(name)) }
  private static let (w, grad, m, v, t) = (
    name("w"), name("grad"), name("m"), name("v"), name("t")
  )
  private static let (lr, eps) = (name("lr"), name("eps"))

  /// The gradient turned uphill, and with a pull towards 0 added, where that is asked for.
  private static func corrections(_ maximize: Bool, _ weightDecay: Double) -> [UpdateRule] {
    (maximize ? [UpdateRule("grad", -grad)] : [])
      + (weightDecay != 0 ? [UpdateRule("grad", grad + name("weight_decay") * w)] : [])
  }

  private static func decay(_ weightDecay: Double) -> [(String, Double)] {
    weightDecay != 0 ? [("weight_decay", weightDecay)] : []
  }

  /// Stochastic gradient descent (Robbins and Monro 1951), with momentum `v ← momentum*v + grad` as PyTorch
  /// has it.
  package static func sgd(
    _ parameters: [Node], lr rate: Double, momentum: Double = 0, dampening: Double = 0,
    weightDecay: Double = 0, nesterov: Bool = false, maximize: Bool = false
  ) -> Optimizer {
    let start = corrections(maximize, weightDecay)
    var settings = [("lr", rate)] + decay(weightDecay)
    guard momentum != 0 else {
      return Optimizer("sgd", parameters, settings, start + [UpdateRule("w", w - lr * grad)])
    }
    settings.append(("momentum", momentum))
    if dampening != 0 { settings.append(("dampening", dampening)) }
    let fresh = dampening != 0 ? (1 - name("dampening")) * grad : grad
    let direction = nesterov ? grad + name("momentum") * v : v
    func rules(_ velocity: Formula) -> [UpdateRule] {
      start + [UpdateRule("v", velocity), UpdateRule("w", w - lr * direction)]
    }
    return Optimizer(
      "sgd", parameters, settings, kept: [("v", 0)],
      // The first velocity is the gradient itself, undamped.
      first: dampening != 0 ? rules(grad) : nil, rules(name("momentum") * v + fresh))
  }

  /// Adam (Kingma and Ba 2015); `decoupled` is AdamW (Loshchilov and Hutter 2019), which shrinks the weights
  /// themselves instead of adding to their gradient.
  package static func adam(
    _ parameters: [Node], lr rate: Double, betas: (Double, Double), eps epsilon: Double,
    weightDecay: Double, amsgrad: Bool, maximize: Bool, decoupled: Bool
  ) -> Optimizer {
    let (b1, b2) = (name("beta1"), name("beta2"))
    var rules =
      decoupled
      ? corrections(maximize, 0)
        + (weightDecay != 0 ? [UpdateRule("w", w * (1 - lr * name("weight_decay")))] : [])
      : corrections(maximize, weightDecay)
    rules += [
      UpdateRule("m", b1 * m + (1 - b1) * grad),
      UpdateRule("v", b2 * v + (1 - b2) * grad.power(2)),
      UpdateRule("m_hat", m / (1 - b1.power(t))),
    ]
    var kept = [("m", 0.0), ("v", 0.0)]
    if amsgrad {
      rules.append(UpdateRule("v_max", .call(.maximum, name("v_max"), v)))
      kept.append(("v_max", 0))
    }
    rules += [
      UpdateRule("v_hat", (amsgrad ? name("v_max") : v) / (1 - b2.power(t))),
      UpdateRule("w", w - lr * name("m_hat") / (.call(.sqrt, name("v_hat")) + eps)),
    ]
    let settings = [
      ("lr", rate), ("beta1", betas.0), ("beta2", betas.1), ("eps", epsilon),
    ]
    let decay: Formula = weightDecay != 0 ? name("weight_decay") : 0
    let loop = UpdateLoop(numbers: [
      decoupled ? 0 : decay, decoupled ? 1 - lr * decay : 1, b1, 1 - b1, b2, 1 - b2,
      1 / (1 - b1.power(t)), 1 / (1 - b2.power(t)), lr, eps,
    ])
    return Optimizer(
      decoupled ? "adamw" : "adam", parameters, settings + Self.decay(weightDecay), kept: kept,
      loop: amsgrad || maximize ? nil : loop, rules)
  }

  /// RMSprop (Hinton 2012): the gradient over a running root mean square of itself.
  package static func rmsprop(
    _ parameters: [Node], lr rate: Double, alpha: Double, eps epsilon: Double, weightDecay: Double,
    momentum: Double, centered: Bool, maximize: Bool
  ) -> Optimizer {
    let (a, mean, step) = (name("alpha"), name("mean"), name("step"))
    var rules = corrections(maximize, weightDecay)
    rules.append(UpdateRule("v", a * v + (1 - a) * grad.power(2)))
    var kept = [("v", 0.0)]
    var spread = v
    if centered {
      kept.append(("mean", 0))
      rules.append(UpdateRule("mean", a * mean + (1 - a) * grad))
      spread = v - mean.power(2)
    }
    let direction = grad / (.call(.sqrt, spread) + eps)
    var settings = [("lr", rate), ("alpha", alpha), ("eps", epsilon)] + decay(weightDecay)
    if momentum != 0 {
      settings.append(("momentum", momentum))
      kept.append(("step", 0))
      rules += [
        UpdateRule("step", name("momentum") * step + direction), UpdateRule("w", w - lr * step),
      ]
    } else {
      rules.append(UpdateRule("w", w - lr * direction))
    }
    return Optimizer("rmsprop", parameters, settings, kept: kept, rules)
  }

  /// Adadelta (Zeiler 2012): steps as long as the steps before, over gradients as long as those before.
  package static func adadelta(
    _ parameters: [Node], lr rate: Double, rho: Double, eps epsilon: Double, weightDecay: Double,
    maximize: Bool
  ) -> Optimizer {
    let (rho_, moved, delta) = (name("rho"), name("moved"), name("delta"))
    return Optimizer(
      "adadelta", parameters,
      [("lr", rate), ("rho", rho), ("eps", epsilon)] + decay(weightDecay),
      kept: [("v", 0), ("moved", 0)],
      corrections(maximize, weightDecay) + [
        UpdateRule("v", rho_ * v + (1 - rho_) * grad.power(2)),
        UpdateRule("delta", .call(.sqrt, moved + eps) / .call(.sqrt, v + eps) * grad),
        UpdateRule("moved", rho_ * moved + (1 - rho_) * delta.power(2)),
        UpdateRule("w", w - lr * delta),
      ])
  }

  private static func beta(_ betas: (Double, Double), _ rate: Double, _ epsilon: Double)
    -> [(String, Double)]
  {
    [("lr", rate), ("beta1", betas.0), ("beta2", betas.1), ("eps", epsilon)]
  }

  /// Adamax (Kingma and Ba 2015): Adam with the largest gradient so far, fading, in place of the mean square.
  package static func adamax(
    _ parameters: [Node], lr rate: Double, betas: (Double, Double), eps epsilon: Double,
    weightDecay: Double, maximize: Bool
  ) -> Optimizer {
    let (b1, b2, u) = (name("beta1"), name("beta2"), name("u"))
    return Optimizer(
      "adamax", parameters, beta(betas, rate, epsilon) + decay(weightDecay),
      kept: [("m", 0), ("u", 0)],
      corrections(maximize, weightDecay) + [
        UpdateRule("m", b1 * m + (1 - b1) * grad),
        // |grad| is the larger of the gradient and its opposite.
        UpdateRule("size", .call(.maximum, grad, -grad) + eps),
        UpdateRule("u", .call(.maximum, b2 * u, name("size"))),
        UpdateRule("m_hat", m / (1 - b1.power(t))),
        UpdateRule("w", w - lr * name("m_hat") / u),
      ])
  }

  /// NAdam (Dozat 2016): Adam that looks ahead, as Nesterov's momentum does.
  package static func nadam(
    _ parameters: [Node], lr rate: Double, betas: (Double, Double), eps epsilon: Double,
    weightDecay: Double, momentumDecay: Double, decoupled: Bool, maximize: Bool
  ) -> Optimizer {
    let (b1, b2, product) = (name("beta1"), name("beta2"), name("mu_product"))
    func momentum(_ step: Formula) -> Formula {
      b1 * (1 - 0.5 * Formula.number(0.96).power(step * name("momentum_decay")))
    }
    return Optimizer(
      "nadam", parameters,
      beta(betas, rate, epsilon) + [("momentum_decay", momentumDecay)] + decay(weightDecay),
      kept: [("m", 0), ("v", 0), ("mu_product", 1)],
      shrinking(maximize, weightDecay, decoupled) + [
        UpdateRule("mu", momentum(t)), UpdateRule("mu_next", momentum(t + 1)),
        UpdateRule("mu_product", product * name("mu")),
        UpdateRule("m", b1 * m + (1 - b1) * grad),
        UpdateRule("v", b2 * v + (1 - b2) * grad.power(2)),
        UpdateRule("size", .call(.sqrt, v / (1 - b2.power(t))) + eps),
        UpdateRule("w", w - lr * (1 - name("mu")) / (1 - product) * grad / name("size")),
        UpdateRule(
          "w", w - lr * name("mu_next") / (1 - product * name("mu_next")) * m / name("size")),
      ])
  }

  /// RAdam (Liu et al. 2020): Adam that waits with its own paces until it has seen enough to know them.
  package static func radam(
    _ parameters: [Node], lr rate: Double, betas: (Double, Double), eps epsilon: Double,
    weightDecay: Double, decoupled: Bool, maximize: Bool
  ) -> Optimizer {
    let (b1, b2, rho) = (name("beta1"), name("beta2"), name("rho"))
    let most = name("rho_max")
    let trust: Formula =
      (rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)
    return Optimizer(
      "radam", parameters, beta(betas, rate, epsilon) + decay(weightDecay),
      kept: [("m", 0), ("v", 0)],
      shrinking(maximize, weightDecay, decoupled) + [
        UpdateRule("m", b1 * m + (1 - b1) * grad),
        UpdateRule("v", b2 * v + (1 - b2) * grad.power(2)),
        UpdateRule("m_hat", m / (1 - b1.power(t))),
        UpdateRule("rho_max", 2 / (1 - b2) - 1),
        UpdateRule("rho", most - 2 * t * b2.power(t) / (1 - b2.power(t))),
        // How far the mean square is to be trusted; below 5 not at all, and the step is that of momentum.
        UpdateRule("trust", .where_(.gt, rho, 5, .call(.sqrt, .call(.maximum, trust, 0)), 0)),
        UpdateRule("plain", .where_(.gt, rho, 5, 0, 1)),
        UpdateRule(
          "pace",
          name("plain")
            + name("trust") * .call(.sqrt, 1 - b2.power(t)) / (.call(.sqrt, v) + eps)),
        UpdateRule("w", w - lr * name("m_hat") * name("pace")),
      ])
  }

  /// Corrections of the gradient, or with `decoupled` a pull on the weights themselves.
  private static func shrinking(_ maximize: Bool, _ weightDecay: Double, _ decoupled: Bool)
    -> [UpdateRule]
  {
    guard decoupled, weightDecay != 0 else { return corrections(maximize, weightDecay) }
    return corrections(maximize, 0)
      + [UpdateRule("w", w * (1 - lr * name("weight_decay")))]
  }

  /// Adagrad (Duchi et al. 2011): the gradient over the root of the sum of its squares so far.
  package static func adagrad(
    _ parameters: [Node], lr rate: Double, lrDecay: Double, weightDecay: Double,
    initialAccumulator: Double, eps epsilon: Double, maximize: Bool
  ) -> Optimizer {
    let sum = name("sum")
    var settings = [("lr", rate), ("eps", epsilon)] + decay(weightDecay)
    var rate = lr
    if lrDecay != 0 {
      settings.append(("lr_decay", lrDecay))
      rate = lr / (1 + (t - 1) * name("lr_decay"))
    }
    return Optimizer(
      "adagrad", parameters, settings, kept: [("sum", initialAccumulator)],
      corrections(maximize, weightDecay) + [
        UpdateRule("sum", sum + grad.power(2)),
        UpdateRule("w", w - rate * grad / (.call(.sqrt, sum) + eps)),
      ])
  }
}
