// Built-ins that train: optimizers, schedules, clipping.
import Autograd
import Diagnostics
import Networks
import Tensors

extension Builtin {
  static let optimizers: [Builtin] = [
    optimizer(
      "sgd(params=none, lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=false, maximize=false)",
      "Stochastic gradient descent: `w ← w - lr*grad`."
    ) { call, parameters throws(Diagnostic) in
      let (momentum, dampening) = (try call.rate(2, or: 0), try call.double(3, or: 0))
      let nesterov = try call.flag(5)
      if nesterov, momentum == 0 || dampening != 0 {
        throw Diagnostic(
          .badArgument, "`nesterov` needs a momentum above 0 and no dampening", at: call.span)
      }
      return .sgd(
        parameters, lr: try call.rate(1, or: 1e-3), momentum: momentum, dampening: dampening,
        weightDecay: try call.rate(4, or: 0), nesterov: nesterov, maximize: try call.flag(6))
    },
    adam(
      "adam", decay: 0,
      "Adam: steps along a running mean of the gradient, each weight at its own pace."),
    adam("adamw", decay: 0.01, "Adam with weight decay apart from the gradient."),
    optimizer(
      "rmsprop(params=none, lr=0.01, alpha=0.99, eps=1e-08, weight_decay=0, momentum=0, centered=false, maximize=false)",
      "RMSprop: the gradient over a running root mean square of itself."
    ) { call, parameters throws(Diagnostic) in
      .rmsprop(
        parameters, lr: try call.rate(1, or: 0.01), alpha: try call.rate(2, or: 0.99),
        eps: try call.rate(3, or: 1e-8), weightDecay: try call.rate(4, or: 0),
        momentum: try call.rate(5, or: 0), centered: try call.flag(6), maximize: try call.flag(7))
    },
    optimizer(
      "adagrad(params=none, lr=0.01, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, maximize=false)",
      "Adagrad: the gradient over the root of the sum of its squares so far."
    ) { call, parameters throws(Diagnostic) in
      .adagrad(
        parameters, lr: try call.rate(1, or: 0.01), lrDecay: try call.rate(2, or: 0),
        weightDecay: try call.rate(3, or: 0), initialAccumulator: try call.rate(4, or: 0),
        eps: try call.rate(5, or: 1e-10), maximize: try call.flag(6))
    },
    Builtin(
      "step(opt, metric=none)", .optimizers,
      "One update of every parameter that an optimizer holds, or of a schedule's learning rate.",
      example: "param w = 3; y = w^2; y.backward(); opt = sgd(w, lr=0.1); opt.step(); w"
    ) { call throws(Diagnostic) in
      switch call.value(0) {
      case .optimizer(let optimizer):
        optimizer.adopt(call.machine.reached)
        try call.tensors { () throws(TensorError) in try optimizer.step(call.graph) }
      case .thing(let thing):
        guard let schedule = thing as? ScheduleObject else { throw call.wrong(0, "an optimizer") }
        try schedule.step(call.has(1) ? try call.double(1) : nil, call.span)
      default: throw call.wrong(0, "an optimizer")
      }
      return .none
    },
    Builtin(
      "clip_grad_norm(params, max_norm, norm_type=2)", .optimizers,
      "Shrinks all gradients together so that their joint norm is at most `max_norm`; gives the norm before.",
      example: "param w = 3; y = w^2; y.backward(); print(clip_grad_norm(w, 1)); w.grad"
    ) { call throws(Diagnostic) in
      let parameters = try call.parameters(0)
      let (limit, p) = (try call.double(1), try call.double(2, or: 2))
      return .number(
        try call.tensors { () throws(TensorError) in
          try clipNorm(parameters, limit: limit, p: p)
        })
    },
    Builtin(
      "clip_grad_value(params, clip_value)", .optimizers,
      "Holds each gradient entry between `-clip_value` and `clip_value`.",
      example: "param w = 3; y = w^2; y.backward(); clip_grad_value(w, 1); w.grad"
    ) { call throws(Diagnostic) in
      let (parameters, limit) = (try call.parameters(0), try call.double(1))
      try call.tensors { () throws(TensorError) in
        for node in parameters {
          node.setGradient(try node.gradient?.map(Kernel.Clamp(-limit, limit)))
        }
      }
      return .none
    },
  ]

  private static func optimizer(
    _ signature: String, _ summary: String,
    _ make: @escaping @Sendable (BuiltinCall, [Node]) throws(Diagnostic) -> Optimizer
  ) -> Builtin {
    let name = signature.prefix { $0 != "(" }
    return Builtin(
      signature, .optimizers, summary,
      example: "param w = 3; y = w^2; y.backward(); opt = \(name)(w, lr=0.1); opt.step(); w"
    ) { call throws(Diagnostic) in
      let parameters = call.has(0) ? try call.parameters(0) : []
      return .optimizer(try make(call, parameters))
    }
  }

  private static func adam(_ name: String, decay: Double, _ summary: String) -> Builtin {
    optimizer(
      "\(name)(params=none, lr=0.001, betas=[0.9, 0.999], eps=1e-08, weight_decay=\(NumberFormat()(decay)), amsgrad=false, maximize=false)",
      summary
    ) { call, parameters throws(Diagnostic) in
      var betas = (0.9, 0.999)
      if call.has(2) {
        let given = try call.numbers(2)
        guard given.count == 2, given.allSatisfy({ $0 >= 0 && $0 < 1 }) else {
          throw Diagnostic(
            .badArgument,
            "`betas` are two numbers from 0 to below 1, not "
              + call.machine.text(of: call.value(2)), at: call.span,
            hint: "write `betas=[0.9, 0.999]`")
        }
        betas = (given[0], given[1])
      }
      return .adam(
        parameters, lr: try call.rate(1, or: 1e-3), betas: betas, eps: try call.rate(3, or: 1e-8),
        weightDecay: try call.rate(4, or: decay), amsgrad: try call.flag(5),
        maximize: try call.flag(6), decoupled: name == "adamw")
    }
  }

  /// torch.nn.utils.clip_grad_norm_
  private static func clipNorm(_ parameters: [Node], limit: Double, p: Double)
    throws(TensorError) -> Double
  {
    var norms: [Double] = []
    for node in parameters {
      guard let gradient = node.gradient else { continue }
      norms.append(try gradient.norm(Array(0..<gradient.rank), p: p)[0])
    }
    let total = try Tensor(norms, shape: Shape([norms.count])).norm([0], p: p)[0]
    let share = limit / (total + 1e-6)
    let scale = share > 1 ? 1 : share
    for node in parameters {
      guard let gradient = node.gradient else { continue }
      node.setGradient(try gradient * Tensor(scale, dtype: gradient.dtype))
    }
    return total
  }

  // MARK: Schedules

  static let schedules: [Builtin] = [
    schedule(
      "step_lr(opt, step_size, gamma=0.1)",
      "Multiplies the rate by `gamma` every `step_size` steps.",
      "step_lr(opt, 2)"
    ) { call, optimizer throws(Diagnostic) in
      let (size, gamma) = (try call.positive(1, or: 1), try call.double(2, or: 0.1))
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .factor("step_lr", optimizer) { power(gamma, $0 / size) }
      }
    },
    schedule(
      "multi_step_lr(opt, milestones, gamma=0.1)",
      "Multiplies the rate by `gamma` at each of the steps named.", "multi_step_lr(opt, [2, 3])"
    ) { call, optimizer throws(Diagnostic) in
      let (places, gamma) = (try call.ints(call.value(1)), try call.double(2, or: 0.1))
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .factor("multi_step_lr", optimizer) { step in
          power(gamma, places.filter { $0 <= step }.count)
        }
      }
    },
    schedule(
      "exponential_lr(opt, gamma)", "Multiplies the rate by `gamma` at every step.",
      "exponential_lr(opt, 0.5)"
    ) { call, optimizer throws(Diagnostic) in
      let gamma = try call.double(1)
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .factor("exponential_lr", optimizer) { power(gamma, $0) }
      }
    },
    schedule(
      "linear_lr(opt, start_factor=0.3333333333333333, end_factor=1, total_iters=5)",
      "From a part of the rate to the whole of it in even steps: a warm-up.",
      "linear_lr(opt, 0.5, total_iters=2)"
    ) { call, optimizer throws(Diagnostic) in
      let (from, to) = (try call.double(1, or: 1 / 3), try call.double(2, or: 1))
      let total = max(1, try call.int(3, or: 5))
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .factor("linear_lr", optimizer) { step in
          from + (to - from) * Double(min(step, total)) / Double(total)
        }
      }
    },
    schedule(
      "cosine_annealing_lr(opt, T_max, eta_min=0)",
      "Down to `eta_min` along half a cosine, in `T_max` steps.", "cosine_annealing_lr(opt, 2)"
    ) { call, optimizer throws(Diagnostic) in
      let (period, lowest) = (try call.positive(1, or: 1), try call.double(2, or: 0))
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .cosine(optimizer, period: period, lowest: lowest)
      }
    },
    schedule(
      "one_cycle_lr(opt, max_lr, total_steps=none, epochs=none, steps_per_epoch=none, pct_start=0.3, anneal_strategy=\"cos\", cycle_momentum=true, base_momentum=0.85, max_momentum=0.95, div_factor=25, final_div_factor=10000, three_phase=false)",
      "One cycle: up to `max_lr`, then far down; momentum goes the other way.",
      "one_cycle_lr(opt, 1, total_steps=10)"
    ) { call, optimizer throws(Diagnostic) in
      guard call.has(2) || (call.has(3) && call.has(4)) else {
        throw Diagnostic(
          .wrongArguments, "`one_cycle_lr` needs `total_steps`, or `epochs` and `steps_per_epoch`",
          at: call.span)
      }
      let total = call.has(2) ? try call.int(2) : try call.int(3) * call.int(4)
      let (highest, rise) = (try call.double(1), try call.double(5, or: 0.3))
      let shape = try call.choice(6, or: "cos", ["cos", "linear"])
      let cycles = call.has(7) ? try call.flag(7) : true
      let momenta = (low: try call.double(8, or: 0.85), high: try call.double(9, or: 0.95))
      let (divide, final) = (try call.double(10, or: 25), try call.double(11, or: 1e4))
      let threePhase = try call.flag(12)
      let hasMomentum = optimizer["momentum"] != nil || optimizer["beta1"] != nil
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .oneCycle(
          optimizer, highest: highest, total: max(1, total), rise: rise, isCosine: shape == "cos",
          threePhase: threePhase, divide: divide, finalDivide: final,
          momentum: cycles && hasMomentum ? momenta : nil)
      }
    },
    schedule(
      "reduce_lr_on_plateau(opt, mode=\"min\", factor=0.1, patience=10, threshold=0.0001, cooldown=0, min_lr=0)",
      "Lowers the rate when the number given to `step` has stopped improving.",
      "reduce_lr_on_plateau(opt, patience=2)"
    ) { call, optimizer throws(Diagnostic) in
      let plateau = Plateau(
        factor: try call.double(2, or: 0.1), patience: try call.int(3, or: 10),
        threshold: try call.double(4, or: 1e-4), cooldown: try call.int(5, or: 0),
        lowest: try call.double(6, or: 0),
        isMaximum: try call.choice(1, or: "min", ["min", "max"]) == "max")
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try Schedule("reduce_lr_on_plateau", optimizer, .byMetric(plateau))
      }
    },
  ]

  private static func power(_ x: Double, _ n: Int) -> Double { Double.pow(x, Double(n)) }

  private static func schedule(
    _ signature: String, _ summary: String, _ example: String,
    _ make: @escaping @Sendable (BuiltinCall, Optimizer) throws(Diagnostic) -> Schedule
  ) -> Builtin {
    Builtin(
      signature, .schedules, summary,
      example:
        "param w = 1; opt = sgd(w, lr=0.1, momentum=0.9); s = \(example); \(signature.hasPrefix("reduce") ? "s.step(5)" : "s.step(); s.step()"); opt.lr"
    ) { call throws(Diagnostic) in
      guard case .optimizer(let optimizer) = call.value(0) else {
        throw call.wrong(0, "an optimizer")
      }
      return .thing(ScheduleObject(try make(call, optimizer)))
    }
  }
}

/// A learning-rate schedule as a value.
final class ScheduleObject: Thing {
  private let schedule: Schedule
  init(_ schedule: Schedule) { self.schedule = schedule }

  override var kind: String { "a schedule" }
  override var fieldNames: [String] { ["lr", "steps"] }

  override func text(_ machine: Machine) -> String {
    "\(schedule.kind)(lr=\(machine.format(schedule.optimizer["lr"] ?? 0)) after \(schedule.steps) step\(schedule.steps == 1 ? "" : "s"))"
  }

  override func field(_ name: String, _ machine: Machine) -> Value? {
    switch name {
    case "lr": .number(schedule.optimizer["lr"] ?? 0)
    case "steps": .number(Double(schedule.steps))
    default: nil
    }
  }

  func step(_ metric: Double?, _ span: Span) throws(Diagnostic) {
    do throws(Schedule.ScheduleError) { try schedule.step(metric: metric) } catch {
      throw Faults.schedule(error, schedule.kind, span)
    }
  }
}

extension BuiltinCall {
  /// The parameters in an argument; there must be some.
  func parameters(_ i: Int) throws(Diagnostic) -> [Node] {
    let found = Value.parameters(in: values[i])
    guard found.isEmpty else { return found }
    throw Diagnostic(
      .wrongKind,
      "`\(builtin.name)` works on parameters; there are none in \(values[i].kind)", at: span,
      hint: "declare what should be learned with `param`, or give a layer or a list of parameters")
  }

  /// A number that must not be negative.
  fileprivate func rate(_ i: Int, or fallback: Double) throws(Diagnostic) -> Double {
    let value = try double(i, or: fallback)
    guard value >= 0 else {
      throw Diagnostic(
        .badArgument,
        "`\(builtin.parameters[i].name)` is \(machine.format(value)); it must not be negative",
        at: span)
    }
    return value
  }

  /// Numbers in a bracket or list.
  func numbers(_ i: Int) throws(Diagnostic) -> [Double] { try node(i).value.values }

  fileprivate func schedule(_ make: () throws(Schedule.ScheduleError) -> Schedule)
    throws(Diagnostic) -> Schedule
  {
    do throws(Schedule.ScheduleError) { return try make() } catch {
      throw Faults.schedule(error, builtin.name, span)
    }
  }
}

extension Faults {
  fileprivate static func schedule(
    _ error: Schedule.ScheduleError, _ name: String, _ span: Span
  ) -> Diagnostic {
    switch error {
    case .finished(let total):
      Diagnostic(
        .badArgument, "`\(name)` was made for \(total) steps; they are over", at: span,
        hint: "give a larger `total_steps`")
    case .metricNeeded:
      Diagnostic(
        .wrongArguments, "`\(name)` watches a number, and was given none", at: span,
        hint: "write `schedule.step(loss)`")
    }
  }
}
