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
    return Optimizer(
      decoupled ? "adamw" : "adam", parameters, settings + decay(weightDecay), kept: kept, rules)
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
