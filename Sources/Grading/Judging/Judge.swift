// Judges one check: fresh inputs, a process of its own, plain values back, a verdict and the reason for it.
import Diagnostics
import Syntax

/// Asks a script for answers and says what became of each check.
package struct Judge {
  /// A new process for a script, or what stands for one.
  package typealias Start = (Budgets) throws(ScriptFault) -> any Respondent

  private let course: Course
  private let start: Start

  package init(_ course: Course, start: @escaping Start) {
    self.course = course
    self.start = start
  }

  /// Judges all checks of an exercise.
  /// - Parameters:
  ///   - key: the course's secret; the learner's inputs follow from it.
  ///   - show: is told each outcome as it comes.
  /// - Throws: `CourseProblem`
  package func judge(
    _ exercise: Exercise, script: String, learner: String, key: String,
    only isWanted: (Check) -> Bool = { _ in true }, show: (CheckOutcome) -> Void = { _ in }
  ) throws -> [CheckOutcome] {
    var outcomes: [CheckOutcome] = []
    // The learner's functions that a failed check calls.
    var failing: Set<String> = []
    for check in exercise.checks where isWanted(check) {
      // A script that stops by itself stops for every check alike.
      if let fault = outcomes.last?.scriptFault, !fault.isOfProcess {
        outcomes.append(ended(check, fault))
      } else {
        let seed = Digest.seed(key: key, learner: learner, check: check.id)
        var outcome = try judge(check, of: exercise, script, seed, failing: failing)
        if [ScriptFault.ended, ScriptFault.unusable].contains(outcome.record.category) {
          // A process may be ended from outside. What the script does, it does again.
          outcome = try judge(check, of: exercise, script, seed, failing: failing)
        }
        if outcome.record.verdict != .pass { failing.formUnion(outcome.called) }
        outcomes.append(outcome)
      }
      show(outcomes[outcomes.count - 1])
    }
    return outcomes
  }

  private func ended(_ check: Check, _ fault: ScriptFault) -> CheckOutcome {
    let place = fault.line.map { "the script ended at line \($0): " } ?? ""
    let hint = fault.hint.map { "\nTry: " + $0 } ?? ""
    return CheckOutcome(
      record: CheckRecord(
        check, .error, category: fault.id, message: place + fault.headline + hint,
        endedAtLine: fault.line ?? 0),
      scriptFault: fault)
  }

  private func judge(
    _ check: Check, of exercise: Exercise, _ script: String, _ seed: UInt64, failing: Set<String>
  ) throws -> CheckOutcome {
    let reference = try Reference(check)
    let worker: any Respondent
    let declaration = check.declaration
    let job = Job(
      script: script, call: declaration.call, parameters: declaration.draws.flatMap(\.names),
      own: Rules.definitions(exercise.starter),
      counted: declaration.uses.map(\.function), forbidden: exercise.forbidden,
      budgets: course.list.budgets)
    var warnings: [String] = []
    var printed = ""
    var uses = Uses()
    do throws(ScriptFault) {
      worker = try start(course.list.budgets)
      switch try worker.ask(.run(job)) {
      case .ready(let told, let text, let found): (warnings, printed, uses) = (told, text, found)
      case .fault(let fault): return ended(check, fault)
      case .value: return ended(check, .nonsense)
      }
    } catch {
      return ended(check, error)
    }
    let suspects = failing.intersection(uses.reached).subtracting(uses.called).sorted()
    let checkRun = CheckRun(
      course: course, check: check, reference: reference, worker: worker,
      suspects: suspects.map { "`\($0)`" }.joined(separator: " and "))
    let record = try checkRun.record(seed)
    return CheckOutcome(
      record: record,
      scriptFault: record.category == ScriptFault.unusable
        ? ScriptFault(id: ScriptFault.unusable, headline: "its process was killed from outside")
        : nil,
      warnings: warnings, printed: Escaped.block(printed), called: uses.called)
  }
}

extension ScriptFault {
  /// The process ended without an answer.
  package static let ended = "process-ended"

  /// Whether it is about the process rather than the script.
  var isOfProcess: Bool { id == ScriptFault.ended || id == ScriptFault.unusable }

  static let nonsense = ScriptFault(id: ended, headline: "the process answered something else")
}

/// One check with the learner's functions ready to be called.
struct CheckRun {
  let course: Course
  let check: Check
  let reference: Reference
  let worker: any Respondent
  /// The learner's functions that this check rests on and that failed a check before: `neuron`.
  let suspects: String

  private var declaration: CheckDeclaration { check.declaration }

  private var comparison: Comparison {
    Comparison(
      rtol: declaration.rtol ?? course.list.tolerances.rtol,
      atol: declaration.atol ?? course.list.tolerances.atol, axes: declaration.axes)
  }

  /// Why no value can be judged.
  private struct Refusal: Error {
    let category: String
    let inputs: Case
    var isError = true
    var isLimit = false
    let text: String
    var showsInputs = true
  }

  func record(_ seed: UInt64) throws -> CheckRecord {
    var trials: [Trial] = []
    do {
      for inputs in try reference.cases(seed: seed) { trials.append(try trial(inputs)) }
      guard !trials.isEmpty else {
        throw GradingFault.noCases(check: check.id).problem
      }
      guard let first = smallest(trials) else {
        return CheckRecord(check, .pass, points: declaration.points)
      }
      return try failure(first, trials, seed)
    } catch let first as Refusal {
      let refusal = try smaller(than: first, seed)
      // Of a hidden check it is not even told which error: that could be chosen by the inputs.
      let isSecret =
        check.isHidden && refusal.isError
        && ![ScriptFault.ended, ScriptFault.unusable].contains(refusal.category)
      return CheckRecord(
        check, refusal.isError ? .error : .fail, category: isSecret ? "error" : refusal.category,
        message: check.isHidden
          ? CheckRun.rationale(refusal.category)
          : refusal.text + (refusal.showsInputs ? "\nwith " + CheckRun.text(refusal.inputs) : ""))
    }
  }

  private func trial(_ inputs: Case) throws -> Trial {
    let expected = try reference.expected(inputs)
    let reply: Reply
    do throws(ScriptFault) { reply = try worker.ask(.call(inputs.inputs.map(\.value))) } catch {
      throw Refusal(category: error.id, inputs: inputs, isLimit: error.isLimit, text: error.text)
    }
    switch reply {
    case .value(let answer, let calls, let printed):
      for (function, limit) in declaration.uses where calls[function, default: 0] > limit {
        throw Refusal(
          category: "calls", inputs: inputs, isError: false,
          text:
            "`\(function)` was asked for \(calls[function, default: 0]) different inputs to give one answer, where \(limit) would do: compute the derivative, do not measure it",
          showsInputs: false)
      }
      return Trial(
        inputs: inputs, answer: answer, expected: expected,
        mismatch: comparison.mismatch(answer, expected), printed: printed)
    case .fault(let fault):
      let isGap = fault.id == Diagnostic.Identifier.todo.rawValue
      throw Refusal(
        category: fault.id, inputs: inputs, isLimit: fault.isLimit,
        text: fault.text + (isGap ? "" : fault.hint.map { "\nTry: " + $0 } ?? ""),
        showsInputs: !isGap && fault.id != ScriptFault.undefined)
    case .ready:
      throw Refusal(category: ScriptFault.ended, inputs: inputs, text: ScriptFault.nonsense.text)
    }
  }

  /// The failing case with the least to read, among those that fail soonest.
  private func smallest(_ trials: [Trial]) -> Trial? {
    let failing = trials.filter { $0.mismatch != nil }
    let stage = failing.compactMap { $0.mismatch?.stage }.min()
    return failing.filter { $0.mismatch?.stage == stage }.min { $0.size < $1.size }
  }

  private func failure(_ first: Trial, _ trials: [Trial], _ seed: UInt64) throws -> CheckRecord {
    let stage = Blame.isScale(trials) ? .scale : first.mismatch?.stage ?? .value
    let credit = declaration.isPartial ? Int(Double(declaration.points) * stage.credit) : 0
    guard !check.isHidden else {
      return CheckRecord(
        check, .fail, points: credit, category: stage.rawValue,
        message: CheckRun.rationale(stage.rawValue))
    }
    let shown = try smaller(than: first, seed)
    var lines = [CheckRun.text(shown)]
    let findings =
      try suspects.isEmpty
      ? Blame(reference: reference, trials: trials, shown: shown).findings()
      : ["this uses your \(suspects), found wrong above: mend that first"]
    if let mismatch = shown.mismatch, stage <= .finite || shown.expected.numbers.count > 1 {
      lines.append(mismatch.text + (findings.isEmpty ? mismatch.guess.map { ": " + $0 } ?? "" : ""))
    }
    lines += findings
    if stage > .finite, suspects.isEmpty, let both = try gradients(shown) { lines.append(both) }
    lines += CheckRun.quoted(shown.printed)
    return CheckRecord(
      check, .fail, points: credit, category: stage.rawValue, message: lines.joined(separator: "\n")
    )
  }

  /// The case with the least to read that ends in the same error.
  private func smaller(than first: Refusal, _ seed: UInt64) throws -> Refusal {
    guard !check.isHidden, first.showsInputs, !first.isLimit else { return first }
    for inputs in try reference.cases(seed: ~seed).sorted(by: { $0.size < $1.size })
    where inputs.size < first.inputs.size {
      do { _ = try trial(inputs) } catch let refusal as Refusal
        where refusal.category == first.category
      {
        return refusal
      }
    }
    return first
  }

  /// A failing case that a hand can follow: other whole numbers, then zeros and ones where they still fail.
  private func smaller(than first: Trial, _ seed: UInt64) throws -> Trial {
    var best = first
    func consider(_ inputs: Case) -> Bool {
      guard inputs.size < best.size, let tried = try? trial(inputs), tried.size < best.size,
        tried.mismatch?.stage == first.mismatch?.stage
      else { return false }
      best = tried
      return true
    }
    for inputs in try reference.cases(seed: ~seed) { _ = consider(inputs) }
    for i in best.inputs.inputs.indices {
      for value in try reference.simpler(than: best.inputs, at: i) {
        var inputs = best.inputs
        inputs.inputs[i].value = value
        if consider(inputs) { break }
      }
    }
    return best
  }

  /// Where the check names a gradient: what backpropagation and central differences say.
  private func gradients(_ shown: Trial) throws -> String? {
    guard declaration.gradient != nil, case .number = shown.expected else { return nil }
    let found = try reference.gradients(shown.inputs)
    guard found.isSmooth else { return "here is a kink: central differences do not tell" }
    return
      "by hand \(shown.answer.text), autograd \(found.automatic.text), central difference \(found.numeric.text)"
  }

  // MARK: Words

  /// All that is told of a hidden check.
  static func rationale(_ category: String) -> String {
    switch category {
    case "kind": "a hidden check got a value of another kind than expected"
    case "shape": "a hidden check got another shape than expected"
    case "finite": "a hidden check got nan or inf"
    case "zero", "sign", "scale", "value": "a hidden check got a wrong value"
    case "calls": "a hidden check counted more calls than allowed"
    default: "a hidden check ended in an error"
    }
  }

  /// What the call printed, as a quotation.
  private static func quoted(_ printed: String) -> [String] {
    let lines = Escaped.block(printed).split(separator: "\n")
    let shown = lines.prefix(4).map { "it printed: " + $0.prefix(70) }
    return lines.count > 4 ? shown + ["it printed \(lines.count - 4) lines more"] : shown
  }

  static func text(_ inputs: Case) -> String {
    inputs.inputs.map { "\($0.name)=\(oneLine($0.value))" }.joined(separator: " ")
  }

  private static func oneLine(_ value: PlainValue, digits: Int = 4) -> String {
    value.text(digits: digits).split(separator: "\n").map { $0.drop { $0 == " " } }
      .joined(separator: " ")
  }

  /// The example: on one line if it fits, else one line for each part. Of lists, the first part that differs.
  private static func text(_ trial: Trial) -> String {
    var (answer, expected, place) = (trial.answer, trial.expected, "")
    if case .list(let parts) = answer, case .list(let others) = expected,
      parts.count == others.count,
      let i = parts.indices.first(where: { !Blame.same(parts[$0], others[$0]) })
    {
      (answer, expected, place) = (parts[i], others[i], "[\(i)]")
    }
    // As many digits as it takes to see a difference.
    let digits =
      [4, 8, 17].first { oneLine(answer, digits: $0) != oneLine(expected, digits: $0) } ?? 4
    let (you, wanted) = (oneLine(answer, digits: digits), oneLine(expected, digits: digits))
    let line = "\(text(trial.inputs)):  you\(place) \(you)   expected\(place) \(wanted)"
    if line.count <= 66 { return line }
    var rows = trial.inputs.inputs.map { ("\($0.name) = ", $0.value.text) }
    rows += [
      ("you\(place)      ", answer.text(digits: digits)),
      ("expected\(place) ", expected.text(digits: digits)),
    ]
    return rows.map { head, text in
      let margin = String(repeating: " ", count: head.count)
      return head + text.split(separator: "\n").joined(separator: "\n" + margin)
    }.joined(separator: "\n")
  }
}
