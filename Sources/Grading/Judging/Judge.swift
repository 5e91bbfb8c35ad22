// Judges one check: fresh inputs, a process of its own, plain values back, a verdict and the reason for it.
import Platform
import Diagnostics
import Syntax

/// Asks a script for answers and says what became of each check.
package struct Judge {
  /// A new process for a script, or what stands for one.
  package typealias Start = (Budgets) throws(ScriptFault) -> any Respondent

  private let conditions: Conditions
  private let start: Start

  package init(_ conditions: Conditions, start: @escaping Start) {
    self.conditions = conditions
    self.start = start
  }

  /// Judges all checks of an exercise.
  /// - Parameters:
  ///   - key: the course's secret; the learner's inputs follow from it.
  ///   - show: is told each outcome as it comes.
  package func judge(
    _ exercise: Exercise, script: String, learner: String, key: String,
    only isWanted: (Check) -> Bool = { _ in true }, show: (CheckOutcome) -> Void = { _ in }
  ) throws(CourseProblem) -> [CheckOutcome] {
    var outcomes: [CheckOutcome] = []
    // The learner's functions that a failed check calls.
    var failing: Set<String> = []
    for check in exercise.checks where isWanted(check) {
      // A script that stops by itself stops for every check alike.
      if let fault = outcomes.last?.scriptFault, fault.stopsAll {
        outcomes.append(ended(check, fault))
      } else {
        let seed = Digest.seed(key: key, learner: learner, check: check.id)
        let question = CheckQuestion(
          check: check, exercise: exercise, script: script, seed: seed, failing: failing)
        var outcome = try judge(question)
        if ScriptFault.ofProcesses.contains(outcome.record.category) {
          // A process may be ended from outside. What the script does, it does again.
          outcome = try judge(question)
        }
        if outcome.record.verdict != .pass { failing.formUnion(outcome.called) }
        outcomes.append(outcome)
      }
      show(outcomes[outcomes.count - 1])
    }
    return outcomes
  }

  /// Judges the public checks. Each version of a script gets inputs of its own, the same each time.
  package func judge(
    _ exercise: Exercise, script: String
  ) throws(CourseProblem) -> [CheckOutcome] {
    try judge(
      exercise, script: script, learner: Digest.sha256(script), key: "public",
      only: { !$0.isHidden })
  }

  /// A check that is to be judged, with what was found before it.
  private struct CheckQuestion {
    let check: Check
    let exercise: Exercise
    let script: String
    let seed: UInt64
    /// The learner's functions that a failed check calls.
    let failing: Set<String>
  }

  private func ended(_ check: Check, _ fault: ScriptFault) -> CheckOutcome {
    let place = fault.line.map {
      (fault.stopsAll ? "the script ended at line \($0): " : "line \($0): ")
    }
    var lines = [(place ?? "") + fault.headline]
    if let hint = fault.hint { lines.append("Try: " + hint) }
    // A breach is of the functions that a check calls: of a hidden check that is not told.
    let isSecret =
      check.isHidden && !fault.stopsAll && !ScriptFault.ofProcesses.contains(fault.id)
    if isSecret { lines = [CheckRun.rationale("error")] }
    let told = lines.map { ToldLine.text($0) }
    return CheckOutcome(
      record: CheckRecord(
        check, .error, category: isSecret ? "error" : fault.id, message: told.text,
        finding: Finding(.error, fault.id), endedAtLine: fault.stopsAll ? fault.line ?? 0 : nil),
      scriptFault: fault, told: told)
  }

  /// A script that ran to its end, ready to be called.
  private struct Running {
    let worker: any Respondent
    let warnings: [String]
    let printed: String
    let uses: Uses
    let cost: Cost
  }

  /// - Parameter mended: functions that take the place of the script's own.
  private func run(_ question: CheckQuestion, mended: [String] = []) throws(ScriptFault) -> Running
  {
    let declaration = question.check.declaration
    let job = Job(
      script: question.script, call: declaration.call,
      parameters: declaration.draws.flatMap { $0.names },
      own: question.exercise.names,
      counted: declaration.uses.map { $0.function } + question.failing.sorted(),
      forbidden: question.exercise.forbidden,
      mended: mended, budgets: conditions.budgets)
    let worker = try start(conditions.budgets)
    switch try worker.ask(.run(job)) {
    case .ready(let warnings, let printed, let uses, let cost):
      return Running(
        worker: worker, warnings: warnings, printed: printed, uses: uses, cost: cost)
    case .fault(let fault): throw fault
    case .value: throw .nonsense
    }
  }

  private func judge(_ question: CheckQuestion) throws(CourseProblem) -> CheckOutcome {
    let reference = try Reference(question.check)
    let running: Running
    do throws(ScriptFault) { running = try run(question) } catch {
      return ended(question.check, error)
    }
    func found(
      _ worker: any Respondent, isExplained: Bool = true
    ) throws(CourseProblem) -> JudgedCheck {
      try CheckRun(
        conditions: conditions, check: question.check, reference: reference, worker: worker,
        isExplained: isExplained
      ).judged(question.seed)
    }
    let reached = question.failing.intersection(running.uses.reached)
      .subtracting(running.uses.called)
    // Of a hidden check the cause is news only where no public one has told it.
    let isHidden = question.check.isHidden
    let isNews =
      isHidden ? question.failing.isDisjoint(with: running.uses.reached) : reached.isEmpty
    var judged = try found(running.worker, isExplained: isNews)
    if judged.record.verdict != .pass, !reached.isEmpty, !isHidden {
      // What the text mentions need not have been called; an error may have come before the call.
      let suspects =
        judged.record.verdict == .error
        ? reached
        : reached.filter { judged.called.contains($0) || running.uses.layers.contains($0) }
      judged =
        suspects.isEmpty
        ? try found(running.worker)
        : try cleared(judged, of: suspects.sorted(), question) { worker throws(CourseProblem) in
          try found(worker)
        }
    }
    return CheckOutcome(
      record: judged.record,
      scriptFault: judged.record.category == ScriptFault.unusable
        ? ScriptFault(id: ScriptFault.unusable, headline: "its process was killed from outside")
        : nil,
      warnings: running.warnings, printed: Escaped.block(running.printed), told: judged.told,
      cost: judged.cost.and(running.cost), called: running.uses.called)
  }

  /// What a failed check shows of its own, apart from functions that it rests on and that are known to be
  /// wrong: it is asked again with right ones in their place, as far as public checks say what is right. The
  /// marks stay what they are.
  private func cleared(
    _ judged: JudgedCheck, of suspects: [String], _ question: CheckQuestion,
    _ ask: (any Respondent) throws(CourseProblem) -> JudgedCheck
  ) throws(CourseProblem) -> JudgedCheck {
    let names = suspects.map { "`\($0)`" }.joined(separator: " and ")
    let finding = Finding(.dependency, "it uses \(names)", factor: suspects[0])
    let rests = "this uses your \(names), found wrong above: mend that first"
    let mends = suspects.compactMap { question.exercise.mend($0) }
    guard mends.count == suspects.count,
      let running = try? run(question, mended: mends)
    else { return judged.with(finding, in: [.text(rests)]) }
    let own = try ask(running.worker)
    if own.record.verdict == .pass || ScriptFault.ofProcesses.contains(own.record.category) {
      return judged.with(finding, in: [.text(rests)])
    }
    let apart = "with a right \(names) in the place of yours, found wrong above, it is still wrong:"
    return judged.with(own.record.finding, in: [.text(apart)] + own.told, whole: true)
  }
}

extension Exercise {
  /// A function as a public check expects it, if one calls nothing but that.
  func mend(_ name: String) -> String? {
    for check in checks where !check.isHidden {
      guard let expected = check.declaration.expected,
        case .expression(let call)? = Parser.parse(
          SourceText(id: 0, name: "call", check.declaration.call)
        ).statements.first?.kind, case .call(let callee, let arguments) = call.kind,
        case .name(name) = callee.kind
      else { continue }
      let names = arguments.compactMap {
        if case .name(let drawn) = $0.value.kind, $0.name == nil { drawn } else { nil }
      }
      // What is drawn besides may only have made the shapes.
      var used: Set<String> = []
      for part in check.declaration.definitions.map({ $0.value }) + [expected] {
        Walk.visit(part) { if case .name(let name) = $0.kind { used.insert(name) } }
      }
      let drawn = Set(check.declaration.draws.flatMap { $0.names })
      guard names.count == arguments.count, Set(names).count == names.count,
        Set(names).isSuperset(of: used.intersection(drawn))
      else { continue }
      let lines =
        check.file.definitions.map { $0.text }
        + check.declaration.definitions.map { "\($0.name) = \($0.value.text)" } + [expected.text]
      return "fn \(name)(\(names.joined(separator: ", "))) {\n"
        + lines.joined(separator: "\n") + "\n}"
    }
    return nil
  }
}

extension ScriptFault {
  /// The process ended without an answer.
  package static let ended = "process-ended"
  /// No process could be had: our own fault, not the script's.
  package static let unusable = "worker-unusable"
  /// It took longer than its steps explain.
  package static let tooLong = "time-limit"

  /// What may come from the machine rather than from the script.
  static let ofProcesses: Set<String> = [ended, unusable, tooLong]

  /// Whether no check can be judged after it.
  package var stopsAll: Bool {
    !ScriptFault.ofProcesses.contains(id) && id != Diagnostic.Identifier.forbidden.rawValue
  }

  static let nonsense = ScriptFault(id: ended, headline: "the process answered something else")
}
