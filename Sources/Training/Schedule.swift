// Learning-rate schedules of torch.optim.lr_scheduler.
import Platform

/// Changes an optimizer's learning rate from step to step.
package final class Schedule {
  package let kind: String
  package let optimizer: Optimizer
  /// Steps taken so far.
  package private(set) var steps = 0
  private let rule: Rule

  /// How the rate follows from the number of steps, or from a metric.
  package enum Rule {
    /// The settings after `step` steps, from the step alone: exact however many there are.
    case byStep((_ step: Int) throws(ScheduleError) -> [(setting: String, value: Double)])
    /// A factor on the first rate that is handed over at each step.
    case byFactor(first: Double)
    /// From a measurement that is handed over at each step.
    case byMetric(Plateau)
  }

  /// Why a schedule cannot step.
  package enum ScheduleError: Error {
    case finished(total: Int)
    case metricNeeded
  }

  package init(_ kind: String, _ optimizer: Optimizer, _ rule: Rule) throws(ScheduleError) {
    self.kind = kind
    self.optimizer = optimizer
    self.rule = rule
    if case .byStep(let settings) = rule { apply(try settings(0)) }
  }

  /// - Parameter metric: what `reduce_lr_on_plateau` watches, such as the validation loss.
  package func step(metric: Double?) throws(ScheduleError) {
    steps += 1
    switch rule {
    case .byStep(let settings): apply(try settings(steps))
    case .byFactor: setFactor(metric ?? 1)
    case .byMetric(let plateau):
      guard let metric else { throw .metricNeeded }
      if plateau.isStuck(after: metric) {
        let lr = optimizer["lr"] ?? 0
        let lower = max(lr * plateau.factor, plateau.lowest)
        if lr - lower > plateau.eps { optimizer["lr"] = lower }
      }
    }
  }

  /// Sets the rate to a part of the first one, if it is one that follows a factor.
  package func setFactor(_ factor: Double) {
    if case .byFactor(let first) = rule { optimizer["lr"] = first * factor }
  }

  private func apply(_ settings: [(setting: String, value: Double)]) {
    for (name, value) in settings { optimizer[name] = value }
  }
}

/// Watches a number that ought to improve.
package final class Plateau {
  let factor: Double
  let lowest: Double
  /// A smaller change of the rate than this is left undone.
  let eps: Double
  private let patience: Int
  private let cooldown: Int
  private let threshold: Double
  /// Whether `threshold` is a share of the best number, or a number itself.
  private let isRelative: Bool
  private let isMaximum: Bool
  private var best: Double
  private var waited = 0
  private var cooling = 0

  package init(
    factor: Double, patience: Int, threshold: Double, isRelative: Bool, cooldown: Int,
    lowest: Double, eps: Double, isMaximum: Bool
  ) {
    (self.factor, self.patience, self.cooldown) = (factor, patience, cooldown)
    (self.threshold, self.isRelative) = (threshold, isRelative)
    (self.lowest, self.eps, self.isMaximum) = (lowest, eps, isMaximum)
    best = isMaximum ? -.infinity : .infinity
  }

  func isStuck(after metric: Double) -> Bool {
    if isBetter(metric) {
      best = metric
      waited = 0
    } else {
      waited += 1
    }
    if cooling > 0 {
      cooling -= 1
      waited = 0
    }
    guard waited > patience else { return false }
    cooling = cooldown
    waited = 0
    return true
  }

  /// A nan is never better, so that a run of them counts as stuck.
  private func isBetter(_ metric: Double) -> Bool {
    switch (isMaximum, isRelative) {
    case (false, true): metric < best * (1 - threshold)
    case (false, false): metric < best - threshold
    case (true, true): metric > best * (1 + threshold)
    case (true, false): metric > best + threshold
    }
  }
}

extension Schedule {
  /// A factor on the first learning rate, from the step.
  package static func factor(
    _ kind: String, _ optimizer: Optimizer, _ factor: @escaping (Int) -> Double
  ) throws(ScheduleError) -> Schedule {
    let base = optimizer["lr"] ?? 0
    return try Schedule(
      kind, optimizer, .byStep { step throws(ScheduleError) in [("lr", base * factor(step))] })
  }

  /// From the first rate down to `lowest` along half a cosine of `period` steps, and up again (Loshchilov
  /// and Hutter 2017).
  package static func cosine(_ optimizer: Optimizer, period: Int, lowest: Double)
    throws(ScheduleError) -> Schedule
  {
    let base = optimizer["lr"] ?? 0
    return try Schedule(
      "cosine_annealing_lr", optimizer,
      .byStep { step throws(ScheduleError) in
        let phase = Double(step) / Double(max(1, period))
        return [("lr", lowest + (base - lowest) * (1 + Elementary.cos(.pi * phase)) / 2)]
      })
  }

  /// One cycle up and down (Smith and Topin 2018), momentum going the other way.
  package static func oneCycle(
    _ optimizer: Optimizer, highest: Double, total: Int, rise: Double, isCosine: Bool,
    threePhase: Bool, divide: Double, finalDivide: Double, momentum: (low: Double, high: Double)?
  ) throws(ScheduleError) -> Schedule {
    let first = highest / divide
    let last = first / finalDivide
    let peak = rise * Double(total) - 1
    var phases: [(end: Double, from: Double, to: Double, isRise: Bool)] = [
      (peak, first, highest, true)
    ]
    if threePhase {
      phases.append((2 * rise * Double(total) - 2, highest, first, false))
      phases.append((Double(total) - 1, first, last, false))
    } else {
      phases.append((Double(total) - 1, highest, last, false))
    }
    let fixed = phases
    func between(_ a: Double, _ b: Double, _ share: Double) -> Double {
      isCosine ? b + (a - b) / 2 * (1 + Elementary.cos(.pi * share)) : (b - a) * share + a
    }
    let name = optimizer["beta1"] != nil ? "beta1" : "momentum"
    return try Schedule(
      "one_cycle_lr", optimizer,
      .byStep { step throws(ScheduleError) in
        guard step <= total else { throw .finished(total: total) }
        var start = 0.0
        for (i, phase) in fixed.enumerated() {
          if Double(step) > phase.end, i < fixed.count - 1 {
            start = phase.end
            continue
          }
          let share = (Double(step) - start) / (phase.end - start)
          var settings = [("lr", between(phase.from, phase.to, share))]
          if let momentum {
            let ends =
              i == 0
              ? (momentum.high, momentum.low)
              : i == 1 ? (momentum.low, momentum.high) : (momentum.high, momentum.high)
            settings.append((name, between(ends.0, ends.1, share)))
          }
          return settings.map { (setting: $0.0, value: $0.1) }
        }
        return []
      })
  }
}
