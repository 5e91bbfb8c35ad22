// One check with a learner's functions: its cases are asked, and what came back is told.
import Diagnostics
import Interpreter
import Syntax

/// A check that was judged, with how that is told and what it took.
struct JudgedCheck {
  let record: CheckRecord
  let told: [ToldLine]
  let cost: Cost
  /// The counted functions that were called.
  let called: Set<String>

  /// With another cause: told after the example, or as the whole.
  func with(_ finding: Finding?, in lines: [ToldLine], whole: Bool = false) -> JudgedCheck {
    // What was found without the other function in mind gives way; an error stays in sight.
    let kept =
      whole ? [] : told.filter { if case .text = $0 { record.verdict == .error } else { true } }
    let all = kept + lines
    return JudgedCheck(
      record: record.with(finding, message: all.text), told: all, cost: cost, called: called)
  }
}

/// What the calls of a check took.
struct Book {
  private(set) var cost = Cost()
  private(set) var called: Set<String> = []
  private var steps = 0

  mutating func add(_ cost: Cost, _ calls: [String: Int]) {
    called.formUnion(calls.filter { $0.value > 0 }.keys)
    self.cost = self.cost.and(cost)
    steps += cost.steps
  }

  /// Whether there is fuel left for examples that are easier to read: as much as all cases may take in a
  /// script that wastes none.
  func mayGoOn(_ budgets: Budgets) -> Bool { steps / 4 < budgets.steps }

  /// The percentage of the steps that the hungriest call took.
  func load(of budgets: Budgets) -> Int {
    Int(100 * Double(cost.steps) / Double(max(1, budgets.steps)))
  }
}

extension CheckDeclaration {
  /// The points that an answer gets which is nearly right, where the check gives any.
  func credit(for finding: Finding?) -> Int {
    guard let finding, let share = shares[finding.kind.rawValue] else { return 0 }
    return Int(Double(points) * share)
  }
}

/// One check with the learner's functions ready to be called.
struct CheckRun {
  let conditions: Conditions
  let check: Check
  let reference: Reference
  let worker: any Respondent
  /// Whether a cause is looked for.
  let isExplained: Bool

  private var declaration: CheckDeclaration { check.declaration }

  private var comparison: Comparison {
    Comparison(
      rtol: declaration.rtol ?? conditions.tolerances.rtol,
      atol: declaration.atol ?? conditions.tolerances.atol, axes: declaration.axes)
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

  func judged(_ seed: UInt64) throws(CourseProblem) -> JudgedCheck {
    var book = Book()
    var trials: [Trial] = []
    for inputs in try reference.cases(seed: seed) {
      switch try trial(inputs, &book) {
      case .success(let trial): trials.append(trial)
      case .failure(let refusal): return try refused(refusal, seed, &book)
      }
    }
    guard !trials.isEmpty else {
      throw GradingFault.noCases(check: check.id).problem
    }
    guard let first = smallest(trials) else {
      return JudgedCheck(
        record: CheckRecord(
          check, .pass, points: declaration.points, load: book.load(of: conditions.budgets)),
        told: [], cost: book.cost, called: book.called)
    }
    return try failure(first, trials, seed, &book)
  }

  private func refused(
    _ first: Refusal, _ seed: UInt64, _ book: inout Book
  ) throws(CourseProblem) -> JudgedCheck {
    let refusal = try smaller(than: first, seed, &book)
    // Of a hidden check it is not even told which error: that could be chosen by the inputs.
    let isSecret =
      check.isHidden && refusal.isError && !ScriptFault.ofProcesses.contains(refusal.category)
    let category = isSecret ? "error" : refusal.category
    let kind: Finding.Kind =
      refusal.isError
      ? refusal.category == Diagnostic.Identifier.todo.rawValue ? .missing : .error : .calls
    var told = [ToldLine.text(CheckRun.rationale(refusal.category))]
    if !check.isHidden {
      told = refusal.text.split(separator: "\n").map { .text(String($0)) }
      if refusal.showsInputs { told.append(.text("with " + CheckRun.text(refusal.inputs))) }
    }
    return JudgedCheck(
      record: CheckRecord(
        check, refusal.isError ? .error : .fail, category: category, message: told.text,
        finding: Finding(kind, refusal.category), load: book.load(of: conditions.budgets)),
      told: told, cost: book.cost, called: book.called)
  }

  private func trial(
    _ inputs: Case, _ book: inout Book
  ) throws(CourseProblem) -> Result<Trial, Refusal> {
    let expected = try reference.expected(inputs)
    let reply: Reply
    do throws(ScriptFault) {
      reply = try worker.ask(.call(inputs.inputs.map { $0.value }, limit: CheckRun.limit(expected)))
    } catch {
      return .failure(
        Refusal(category: error.id, inputs: inputs, isLimit: error.isLimit, text: error.text))
    }
    switch reply {
    case .value(let answer, let calls, let printed, let cost):
      book.add(cost, calls)
      for (function, limit) in declaration.uses where calls[function, default: 0] > limit {
        return .failure(
          Refusal(
            category: "calls", inputs: inputs, isError: false,
            text:
              "\(function == Probe.any ? "one function" : "`\(function)`") was asked for \(calls[function, default: 0]) different inputs to give one answer, where \(limit) would do: compute the derivative, do not measure it",
            showsInputs: false))
      }
      return .success(
        Trial(
          inputs: inputs, answer: answer, expected: expected,
          mismatch: comparison.mismatch(answer, expected), printed: printed))
    case .fault(let fault):
      let isGap = fault.id == Diagnostic.Identifier.todo.rawValue
      return .failure(
        Refusal(
          category: fault.id, inputs: inputs, isLimit: fault.isLimit,
          text: fault.text + (isGap ? "" : fault.hint.map { "\nTry: " + $0 } ?? ""),
          showsInputs: !isGap && fault.id != ScriptFault.undefined))
    case .ready:
      return .failure(
        Refusal(category: ScriptFault.ended, inputs: inputs, text: ScriptFault.nonsense.text))
    }
  }

  /// The failing case with the least to read, among those that fail soonest.
  private func smallest(_ trials: [Trial]) -> Trial? {
    let failing = trials.filter { $0.mismatch != nil }
    let stage = failing.compactMap { $0.mismatch?.stage }.min()
    return failing.filter { $0.mismatch?.stage == stage }.min { $0.size < $1.size }
  }

  private func failure(
    _ first: Trial, _ trials: [Trial], _ seed: UInt64, _ book: inout Book
  ) throws(CourseProblem) -> JudgedCheck {
    let load = book.load(of: conditions.budgets)
    let shown = check.isHidden ? first : try smaller(than: first, seed, &book)
    let blame = Blame(reference: reference, trials: trials, shown: shown) {
      () throws(CourseProblem) in
      try fresh(seed)
    }
    // What is paid for what is nearly right rests on the cause.
    let isWanted = isExplained || !declaration.shares.isEmpty
    let explanation = isWanted ? try blame.explanation() : nil
    let stage = first.mismatch?.stage ?? .value
    let category = explanation?.finding.kind == .scale ? Stage.scale : stage
    func judged(_ told: [ToldLine]) -> JudgedCheck {
      JudgedCheck(
        record: CheckRecord(
          check, .fail, points: declaration.credit(for: explanation?.finding),
          category: category.rawValue, message: told.text, finding: explanation?.finding,
          load: load),
        told: told, cost: book.cost, called: book.called)
    }
    guard !check.isHidden else { return judged([.text(CheckRun.rationale(category.rawValue))]) }
    var told = CheckRun.told(shown)
    let words = [explanation?.text ?? blame.share() ?? ""].filter { !$0.isEmpty }
    if let mismatch = shown.mismatch, stage <= .finite || shown.expected.numbers.count > 1 {
      told.append(
        .text(mismatch.text + (words.isEmpty ? mismatch.guess.map { ": " + $0 } ?? "" : "")))
    }
    told += words.map { .text($0) }
    if stage > .finite, let both = try gradients(shown) { told.append(.text(both)) }
    return judged(told + CheckRun.quoted(shown.printed))
  }

  /// Cases that the verdict does not rest on, with the script's answers.
  private func fresh(
    _ seed: UInt64
  ) throws(CourseProblem) -> [(inputs: Case, answer: PlainValue)] {
    var book = Book()
    return try reference.cases(seed: seed &+ 1).compactMap { inputs in
      answered(inputs, &book).map { (inputs, $0.answer) }
    }
  }

  /// Nil where no value can be judged.
  private func answered(_ inputs: Case, _ book: inout Book) -> Trial? {
    guard case .success(let trial)? = try? trial(inputs, &book) else { return nil }
    return trial
  }

  /// The case with the least to read that ends in the same error.
  private func smaller(
    than first: Refusal, _ seed: UInt64, _ book: inout Book
  ) throws(CourseProblem) -> Refusal {
    guard !check.isHidden, first.showsInputs, !first.isLimit else { return first }
    for inputs in try reference.cases(seed: ~seed).sorted(by: { $0.size < $1.size })
    where inputs.size < first.inputs.size && book.mayGoOn(conditions.budgets) {
      if case .failure(let refusal) = try trial(inputs, &book),
        refusal.category == first.category
      {
        return refusal
      }
    }
    return first
  }

  /// A failing case that a hand can follow: other whole numbers, then zeros and ones where they still fail.
  private func smaller(
    than first: Trial, _ seed: UInt64, _ book: inout Book
  ) throws(CourseProblem) -> Trial {
    var best = first
    func consider(_ inputs: Case) -> Bool {
      guard inputs.size < best.size, book.mayGoOn(conditions.budgets),
        let tried = answered(inputs, &book), tried.size < best.size,
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
  private func gradients(_ shown: Trial) throws(CourseProblem) -> String? {
    guard declaration.gradient != nil, case .number = shown.expected else { return nil }
    let found = try reference.gradients(shown.inputs)
    guard found.isSmooth else { return "here is a kink: central differences do not tell" }
    return
      "by hand \(shown.answer.text), autograd \(found.automatic.text), central difference \(found.numeric.text)"
  }

  // MARK: Words

  /// How large an answer is read, in numbers; what is larger is of another shape.
  static func limit(_ expected: PlainValue) -> Int { max(10_000, 4 * expected.numbers.count) }

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
  private static func quoted(_ printed: String) -> [ToldLine] {
    let lines = Escaped.block(printed).split(separator: "\n")
    let shown = lines.prefix(4).map { ToldLine.text("it printed: " + $0.prefix(70)) }
    return lines.count > 4 ? shown + [.text("it printed \(lines.count - 4) lines more")] : shown
  }

  static func text(_ inputs: Case) -> String {
    inputs.inputs.map { "\($0.name)=\(oneLine($0.value))" }.joined(separator: " ")
  }

  private static func oneLine(_ value: PlainValue, digits: Int = 4) -> String {
    value.text(digits: digits).split(separator: "\n").map { $0.drop { $0 == " " } }
      .joined(separator: " ")
  }

  /// The example: on one line if it fits, else one line for each part. Of lists, the first part that differs.
  private static func told(_ trial: Trial) -> [ToldLine] {
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
    if line.count <= 66 { return [.example(line)] }
    var rows = trial.inputs.inputs.map { ("\($0.name) = ", $0.value.text) }
    rows += [
      ("you\(place)      ", answer.text(digits: digits)),
      ("expected\(place) ", expected.text(digits: digits)),
    ]
    return rows.flatMap { head, text -> [ToldLine] in
      let margin = String(repeating: " ", count: head.count)
      return text.split(separator: "\n").enumerated().map { i, line in
        ToldLine.row((i == 0 ? head : margin) + line)
      }
    }
  }
}
