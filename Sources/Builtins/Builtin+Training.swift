// Built-ins that train: optimizers, schedules, clipping.
import Interpreter
import Autograd
import Diagnostics
import Training
import Tensors

extension Builtin {
  static let optimizers: [Builtin] = [
    optimizer(
      "sgd(params=none, lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=false, maximize=false)",
      "Stochastic gradient descent: `w ← w - lr*grad`."
    ) { call, parameters throws(Diagnostic) in
      let (momentum, dampening) = (try call.rate("momentum"), try call.double("dampening"))
      let nesterov = try call.flag("nesterov")
      if nesterov, momentum == 0 || dampening != 0 {
        throw BuiltinFault.nesterovAlone.at(call.span)
      }
      return .sgd(
        parameters, lr: try call.rate("lr"), momentum: momentum, dampening: dampening,
        weightDecay: try call.rate("weight_decay"), nesterov: nesterov,
        maximize: try call.flag("maximize"))
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
        parameters, lr: try call.rate("lr"), alpha: try call.rate("alpha"),
        eps: try call.rate("eps"), weightDecay: try call.rate("weight_decay"),
        momentum: try call.rate("momentum"), centered: try call.flag("centered"),
        maximize: try call.flag("maximize"))
    },
    optimizer(
      "adagrad(params=none, lr=0.01, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, maximize=false)",
      "Adagrad: the gradient over the root of the sum of its squares so far."
    ) { call, parameters throws(Diagnostic) in
      .adagrad(
        parameters, lr: try call.rate("lr"), lrDecay: try call.rate("lr_decay"),
        weightDecay: try call.rate("weight_decay"),
        initialAccumulator: try call.rate("initial_accumulator_value"),
        eps: try call.rate("eps"), maximize: try call.flag("maximize"))
    },
    optimizer(
      "adadelta(params=none, lr=1, rho=0.9, eps=1e-06, weight_decay=0, maximize=false)",
      "Adadelta: steps as long as those before, over gradients as long as those before."
    ) { call, parameters throws(Diagnostic) in
      .adadelta(
        parameters, lr: try call.rate("lr"), rho: try call.rate("rho"), eps: try call.rate("eps"),
        weightDecay: try call.rate("weight_decay"), maximize: try call.flag("maximize"))
    },
    optimizer(
      "adamax(params=none, lr=0.002, betas=[0.9, 0.999], eps=1e-08, weight_decay=0, maximize=false)",
      "Adamax: Adam with the largest gradient so far, fading, in place of the mean square."
    ) { call, parameters throws(Diagnostic) in
      .adamax(
        parameters, lr: try call.rate("lr"), betas: try call.betas(), eps: try call.rate("eps"),
        weightDecay: try call.rate("weight_decay"), maximize: try call.flag("maximize"))
    },
    optimizer(
      "nadam(params=none, lr=0.002, betas=[0.9, 0.999], eps=1e-08, weight_decay=0, momentum_decay=0.004, decoupled_weight_decay=false, maximize=false)",
      "NAdam: Adam that looks ahead, as Nesterov's momentum does."
    ) { call, parameters throws(Diagnostic) in
      .nadam(
        parameters, lr: try call.rate("lr"), betas: try call.betas(), eps: try call.rate("eps"),
        weightDecay: try call.rate("weight_decay"),
        momentumDecay: try call.rate("momentum_decay"),
        decoupled: try call.flag("decoupled_weight_decay"), maximize: try call.flag("maximize"))
    },
    optimizer(
      "radam(params=none, lr=0.001, betas=[0.9, 0.999], eps=1e-08, weight_decay=0, decoupled_weight_decay=false, maximize=false)",
      "RAdam: Adam that waits with its own paces until it has seen enough to know them."
    ) { call, parameters throws(Diagnostic) in
      .radam(
        parameters, lr: try call.rate("lr"), betas: try call.betas(), eps: try call.rate("eps"),
        weightDecay: try call.rate("weight_decay"),
        decoupled: try call.flag("decoupled_weight_decay"), maximize: try call.flag("maximize"))
    },
    Builtin(
      "step(opt, metric=none)", .optimizers,
      "One update of every parameter that an optimizer holds, or of a schedule's learning rate.",
      example: "param w = 3; y = w^2; y.backward(); opt = sgd(w, lr=0.1); opt.step(); w"
    ) { call throws(Diagnostic) in
      switch call.value("opt") {
      case .optimizer(let optimizer):
        try call.machine.step(optimizer, call.span)
        call.machine.warnNonFinite(stepOf: optimizer, call.span)
      case .host(let object):
        guard let schedule = object as? ScheduleObject else {
          throw call.wrong("opt", "an optimizer")
        }
        if schedule.isAhead { call.machine.warn(BuiltinFault.scheduleFirst.at(call.span)) }
        try schedule.step(
          call.has("metric") ? try call.double("metric") : nil, call.machine, call.frame, call.span)
      default: throw call.wrong("opt", "an optimizer")
      }
      return .none
    },
    Builtin(
      "clip_grad_norm(params, max_norm, norm_type=2)", .optimizers,
      "Shrinks all gradients together so that their joint norm is at most `max_norm`; gives the norm before.",
      example: "param w = 3; y = w^2; y.backward(); print(clip_grad_norm(w, 1)); w.grad"
    ) { call throws(Diagnostic) in
      let parameters = try call.parameters("params")
      let (limit, p) = (try call.double("max_norm"), try call.double("norm_type"))
      guard !(limit < 0) else {
        throw BuiltinFault.negativeNorm(call.machine.format(limit)).at(call.span)
      }
      let norm = try call.tensors { () throws(TensorError) in
        try clipNorm(parameters, limit: limit, p: p)
      }
      if !norm.isFinite, call.machine.tellsFirst(call.span) {
        call.machine.warn(
          BuiltinFault.normNotFinite(call.machine.format(norm), isNaN: norm.isNaN).at(call.span))
      }
      return .number(norm)
    },
    Builtin(
      "clip_grad_value(params, clip_value)", .optimizers,
      "Holds each gradient entry between `-clip_value` and `clip_value`.",
      example: "param w = 3; y = w^2; y.backward(); clip_grad_value(w, 1); w.grad"
    ) { call throws(Diagnostic) in
      let (parameters, limit) = (try call.parameters("params"), try call.double("clip_value"))
      try call.tensors { () throws(TensorError) in
        for node in parameters {
          node.setGradient(try node.gradient?.map(Kernel.clamp(-limit, limit)))
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
      let parameters = call.has("params") ? try call.parameters("params") : []
      return .optimizer(try make(call, parameters))
    }
  }

  private static func adam(_ name: String, decay: Double, _ summary: String) -> Builtin {
    optimizer(
      "\(name)(params=none, lr=0.001, betas=[0.9, 0.999], eps=1e-08, weight_decay=\(NumberFormat()(decay)), amsgrad=false, maximize=false)",
      summary
    ) { call, parameters throws(Diagnostic) in
      .adam(
        parameters, lr: try call.rate("lr"), betas: try call.betas(), eps: try call.rate("eps"),
        weightDecay: try call.rate("weight_decay"), amsgrad: try call.flag("amsgrad"),
        maximize: try call.flag("maximize"), decoupled: name == "adamw")
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
      let (size, gamma) = (try call.positive("step_size"), try call.double("gamma"))
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .factor("step_lr", optimizer) { power(gamma, $0 / size) }
      }
    },
    schedule(
      "multi_step_lr(opt, milestones, gamma=0.1)",
      "Multiplies the rate by `gamma` at each of the steps named.", "multi_step_lr(opt, [2, 3])"
    ) { call, optimizer throws(Diagnostic) in
      let (places, gamma) = (try call.ints("milestones"), try call.double("gamma"))
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
      let gamma = try call.double("gamma")
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .factor("exponential_lr", optimizer) { power(gamma, $0) }
      }
    },
    schedule(
      "linear_lr(opt, start_factor=0.3333333333333333, end_factor=1, total_iters=5)",
      "From a part of the rate to the whole of it in even steps: a warm-up.",
      "linear_lr(opt, 0.5, total_iters=2)"
    ) { call, optimizer throws(Diagnostic) in
      let (from, to) = (try call.double("start_factor"), try call.double("end_factor"))
      let total = max(1, try call.int("total_iters"))
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .factor("linear_lr", optimizer) { step in
          from + (to - from) * Double(min(step, total)) / Double(total)
        }
      }
    },
    schedule(
      "constant_lr(opt, factor=0.3333333333333333, total_iters=5)",
      "A part of the rate for some steps, then all of it.",
      "constant_lr(opt, 0.5, total_iters=2)"
    ) { call, optimizer throws(Diagnostic) in
      let (factor, total) = (try call.double("factor"), try call.int("total_iters"))
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .factor("constant_lr", optimizer) { $0 < total ? factor : 1 }
      }
    },
    schedule(
      "polynomial_lr(opt, total_iters=5, power=1)",
      "Down to 0 in `total_iters` steps, along a power of what is left of them.",
      "polynomial_lr(opt, 4, power=2)"
    ) { call, optimizer throws(Diagnostic) in
      let (total, power) = (try call.positive("total_iters"), try call.double("power"))
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .factor("polynomial_lr", optimizer) { step in
          Double.pow(1 - Double(min(step, total)) / Double(total), power)
        }
      }
    },
    Builtin(
      "lambda_lr(opt, lr_lambda)", .schedules,
      "The first rate times what a function gives for the number of steps.",
      example:
        "param w = 1; opt = sgd(w, lr=0.1); s = lambda_lr(opt, fn(step) = 0.5^step); s.step(); opt.lr"
    ) { call throws(Diagnostic) in
      guard case .optimizer(let optimizer) = call.value("opt") else {
        throw call.wrong("opt", "an optimizer")
      }
      let schedule = try call.schedule { () throws(Schedule.ScheduleError) in
        try Schedule("lambda_lr", optimizer, .byFactor(first: optimizer["lr"] ?? 0))
      }
      let object = ScheduleObject(schedule, factor: call.value("lr_lambda"))
      try object.begin(call.machine, call.frame, call.span)
      return .host(object)
    },
    schedule(
      "cosine_annealing_warm_restarts(opt, T_0, T_mult=1, eta_min=0)",
      "Down along half a cosine in `T_0` steps, then from the top again, each time `T_mult` as long.",
      "cosine_annealing_warm_restarts(opt, 2)"
    ) { call, optimizer throws(Diagnostic) in
      let (first, times, lowest) = (
        try call.positive("T_0"), try call.positive("T_mult"), try call.double("eta_min")
      )
      let base = optimizer["lr"] ?? 0
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try Schedule(
          "cosine_annealing_warm_restarts", optimizer,
          .byStep { step throws(Schedule.ScheduleError) in
            var (left, period) = (step, first)
            if times == 1 { left = step % first }
            while left >= period {
              left -= period
              period *= times
            }
            let phase = Double(left) / Double(period)
            return [("lr", lowest + (base - lowest) * (1 + Double.cos(.pi * phase)) / 2)]
          })
      }
    },
    schedule(
      "cosine_annealing_lr(opt, T_max, eta_min=0)",
      "Down to `eta_min` along half a cosine, in `T_max` steps.", "cosine_annealing_lr(opt, 2)"
    ) { call, optimizer throws(Diagnostic) in
      let (period, lowest) = (try call.positive("T_max"), try call.double("eta_min"))
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .cosine(optimizer, period: period, lowest: lowest)
      }
    },
    schedule(
      "one_cycle_lr(opt, max_lr, total_steps=none, epochs=none, steps_per_epoch=none, pct_start=0.3, anneal_strategy=\"cos\", cycle_momentum=true, base_momentum=0.85, max_momentum=0.95, div_factor=25, final_div_factor=10000, three_phase=false)",
      "One cycle: up to `max_lr`, then far down; momentum goes the other way.",
      "one_cycle_lr(opt, 1, total_steps=10)"
    ) { call, optimizer throws(Diagnostic) in
      guard call.has("total_steps") || (call.has("epochs") && call.has("steps_per_epoch")) else {
        throw BuiltinFault.cycleLengthMissing.at(call.span)
      }
      let total: Int
      if call.has("total_steps") {
        total = try call.positive("total_steps")
      } else {
        let (epochs, steps) = (try call.positive("epochs"), try call.positive("steps_per_epoch"))
        total = epochs.multipliedReportingOverflow(by: steps).overflow ? .max : epochs * steps
      }
      let (highest, rise) = (try call.double("max_lr"), try call.double("pct_start"))
      let shape = try call.choice("anneal_strategy", ["cos", "linear"])
      let cycles = try call.flag("cycle_momentum")
      let momenta = (low: try call.double("base_momentum"), high: try call.double("max_momentum"))
      let (divide, final) = (try call.double("div_factor"), try call.double("final_div_factor"))
      let threePhase = try call.flag("three_phase")
      let hasMomentum = optimizer["momentum"] != nil || optimizer["beta1"] != nil
      return try call.schedule { () throws(Schedule.ScheduleError) in
        try .oneCycle(
          optimizer, highest: highest, total: total, rise: rise, isCosine: shape == "cos",
          threePhase: threePhase, divide: divide, finalDivide: final,
          momentum: cycles && hasMomentum ? momenta : nil)
      }
    },
    schedule(
      "reduce_lr_on_plateau(opt, mode=\"min\", factor=0.1, patience=10, threshold=0.0001, threshold_mode=\"rel\", cooldown=0, min_lr=0, eps=1e-8)",
      "Lowers the rate when the number given to `step` has stopped improving.",
      "reduce_lr_on_plateau(opt, patience=2)"
    ) { call, optimizer throws(Diagnostic) in
      let factor = try call.double("factor")
      guard factor < 1 else {
        throw BuiltinFault.factorTooLarge(call.machine.format(factor)).at(call.span)
      }
      let plateau = Plateau(
        factor: factor, patience: try call.int("patience"),
        threshold: try call.double("threshold"),
        isRelative: try call.choice("threshold_mode", ["rel", "abs"]) == "rel",
        cooldown: try call.int("cooldown"), lowest: try call.double("min_lr"),
        eps: try call.double("eps"),
        isMaximum: try call.choice("mode", ["min", "max"]) == "max")
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
      guard case .optimizer(let optimizer) = call.value("opt") else {
        throw call.wrong("opt", "an optimizer")
      }
      return .host(ScheduleObject(try make(call, optimizer)))
    }
  }
}

extension BuiltinCall {
  /// The parameters in an argument; there must be some.
  func parameters(_ name: String) throws(Diagnostic) -> [Node] {
    let found = Value.parameters(in: value(name))
    guard found.isEmpty else { return found }
    throw BuiltinFault.noParameters(for: builtin.name, in: value(name).kind).at(span)
  }

  /// A number that must not be negative.
  fileprivate func rate(_ name: String) throws(Diagnostic) -> Double {
    let value = try double(name)
    guard value >= 0 else {
      throw BuiltinFault.negative(name: name, value: machine.format(value)).at(span)
    }
    return value
  }

  /// Numbers in a bracket or list, as they were written: a bracket under a float32 default has rounded them.
  func numbers(_ name: String) throws(Diagnostic) -> [Double] {
    if case .tensor(let node) = value(name), node.dtype == .float32 {
      return node.value.values.map { Double("\(Float($0))") ?? $0 }
    }
    switch value(name) {
    case .list: return try numbers(in: value(name))
    case .range(let range): return (0..<range.count).map { range.start + Double($0) * range.step }
    default: return try node(name).value.values
    }
  }

  /// Two decay rates below 1.
  fileprivate func betas() throws(Diagnostic) -> (Double, Double) {
    let betas = try numbers("betas")
    guard betas.count == 2, betas.allSatisfy({ $0 >= 0 && $0 < 1 }) else {
      throw BuiltinFault.badBetas(machine.text(of: value("betas"))).at(span)
    }
    return (betas[0], betas[1])
  }

  fileprivate func schedule(_ make: () throws(Schedule.ScheduleError) -> Schedule)
    throws(Diagnostic) -> Schedule
  {
    do throws(Schedule.ScheduleError) { return try make() } catch {
      throw ScheduleFault(error, builtin.name).at(span)
    }
  }
}
