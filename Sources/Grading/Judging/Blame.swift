// Why an answer is wrong: what the answers of all cases have in common with the right ones.
import Syntax

/// A case with what was answered and expected.
struct Trial {
  let inputs: Case
  let answer: PlainValue
  let expected: PlainValue
  let mismatch: Mismatch?
  /// What the call printed.
  let printed: String

  /// Whether the answer is the right list the other way round.
  var isReversed: Bool { answer.reversed.map { Blame.same($0, expected) } ?? false }

  /// The numbers of the answer, each beside the right one.
  var pairs: [(answer: Double, expected: Double)] {
    zip(answer.numbers, expected.numbers).map { ($0, $1) }
  }

  /// How much there is to read in it; where one side or all inputs are zeros there is little to learn.
  var size: Double {
    let isEmpty = [answer, expected].contains { value in !value.numbers.contains { $0 != 0 } }
    let numbers = inputs.inputs.flatMap { $0.value.numbers }
    let isNothing = !numbers.isEmpty && !numbers.contains { $0 != 0 }
    return inputs.size + (isEmpty ? 40 : 0) + (isNothing ? 40 : 0)
  }
}

/// Finds what a wrong answer has in common with the right one over all cases.
struct Blame {
  let reference: Reference
  let trials: [Trial]
  /// The case that is shown.
  let shown: Trial
  /// Other cases, with what the learner's script answers there; asked only to tell coincidences apart.
  let more: () throws(CourseProblem) -> [(inputs: Case, answer: PlainValue)]

  var declaration: CheckDeclaration { reference.check.declaration }

  /// The best explanation, the most specific that fits every case; nil if nothing does.
  func explanation() throws(CourseProblem) -> Explanation? {
    // What is right but for the last digits tells of no formula.
    if trials.allSatisfy({ Blame.same($0.answer, $0.expected) }) {
      return Explanation(
        .precision,
        "nearly right: less than a millionth is missing, as in a number that is rounded or measured"
      )
    }
    if let found = try misconception() { return found }
    guard let stage = shown.mismatch?.stage, stage > .kind else { return kind() }
    if let found = constant() { return found }
    if stage > .finite, let found = try formula() {
      return found
    }
    let variant = try variant()
    guard stage > .finite else { return variant ?? kind() }
    if let found = try scaled() { return variant.map { found.because($0) } ?? found }
    if let found = variant ?? transposed() { return found }
    return try scaledSummand() ?? offset()
  }

  /// What the declared parts tell.
  private func formula() throws(CourseProblem) -> Explanation? {
    if let found = swapped() { return found }
    if let found = try factors() { return found }
    if let found = try terms() { return found }
    return try combinedTerms()
  }

  /// A kind, a shape or nan explains itself.
  private func kind() -> Explanation? {
    guard let mismatch = shown.mismatch else { return nil }
    switch mismatch.stage {
    case .kind: return Explanation(.kind, "a value of another kind", text: "")
    case .shape where trials.allSatisfy({ $0.isReversed }):
      return Explanation(.transpose, "the parts of the list have changed places")
    case .shape: return Explanation(.shape, mismatch.guess ?? "another shape", text: "")
    case .finite: return Explanation(.finite, "nan or inf", text: "")
    default: return nil
    }
  }

  /// One answer for all inputs, where many were expected.
  private func constant() -> Explanation? {
    guard trials.count > 2, trials.contains(where: { $0.expected != trials[0].expected }),
      trials.allSatisfy({ $0.answer == trials[0].answer })
    else { return nil }
    return Explanation(.constant, "your answer is the same whatever the inputs are")
  }

  /// Yes for no, and no for yes.
  private func swapped() -> Explanation? {
    let pairs = trials.map { ($0.answer.numbers, $0.expected.numbers) }
    guard trials.count > 2,
      pairs.allSatisfy({ a, b in
        a.count == 1 && b.count == 1 && (b[0] == 0 || b[0] == 1) && a[0] == 1 - b[0]
      })
    else { return nil }
    return Explanation(
      .swapped, "yes and no are swapped: 1 where 0 was expected, and 0 where 1 was")
  }

  // MARK: Formulas

  /// A wrong formula that gives the learner's answers in every case.
  private func misconception() throws(CourseProblem) -> Explanation? {
    for wrong in declaration.misconceptions {
      // A formula that cannot be evaluated for a case says nothing about it.
      let fits = trials.allSatisfy { trial in
        (try? reference.value(wrong, trial.inputs)).map { Blame.same(trial.answer, $0) } ?? false
      }
      if fits { return explained(.misconception, wrong.name) }
    }
    return nil
  }

  /// The right formula with one thing changed, where it gives the learner's answers in every case, and in cases
  /// that were never looked at before.
  private func variant() throws(CourseProblem) -> Explanation? {
    guard trials.count > 2 else { return nil }
    let variants = try reference.variants(beside: trials)
    let fitting = variants.filter { variant in
      trials.allSatisfy { trial in
        reference.value(of: variant, trial.inputs).map { Blame.same(trial.answer, $0) } ?? false
      }
    }
    guard !fitting.isEmpty else { return nil }
    let others = try more()
    // Those that still fit are one and the same function: the first is as true as the others, and the simplest.
    let change = fitting.first { variant in
      others.allSatisfy { inputs, answer in
        reference.value(of: variant, inputs).map { Blame.same(answer, $0) } ?? false
      }
    }?.change
    return change.map { explained(.variant, $0.said, factor: $0.part) }
  }

  private func explained(_ kind: Finding.Kind, _ name: String, factor: String? = nil)
    -> Explanation
  {
    let answer = if case .number = shown.answer { shown.answer.text } else { "answer" }
    return Explanation(
      kind, name, factor: factor, text: "your \(answer) is what you get if \(name)")
  }

  /// Whether two values are the same, as far as numbers that were computed in two ways can be.
  static func same(_ a: PlainValue, _ b: PlainValue) -> Bool {
    if case .list(let parts) = a, case .list(let others) = b {
      return parts.count == others.count && zip(parts, others).allSatisfy { same($0, $1) }
    }
    return Comparison(rtol: 1e-6, atol: 1e-12, axes: []).mismatch(a, b) == nil
  }

  // MARK: Without declared parts

  /// The number that all right answers were multiplied with, if there is one.
  private static func ratio(_ trials: [Trial]) -> Double? {
    let pairs = trials.flatMap { $0.pairs }
    guard let first = pairs.first(where: { $0.1 != 0 }), pairs.filter({ $0.1 != 0 }).count > 2,
      trials.contains(where: { $0.expected != trials[0].expected })
    else { return nil }
    let ratio = first.0 / first.1
    let fits = pairs.allSatisfy { $0 == ratio * $1 || Comparison.isNear($0, ratio * $1) }
    // Beyond a thousand times it is no slip in a formula.
    guard (1e-3...1e3).contains(abs(ratio)) else { return nil }
    return fits && ratio != 0 && !Comparison.isNear(ratio, 1) ? ratio : nil
  }

  private func transposed() -> Explanation? {
    let squares = trials.filter {
      if case .tensor(let dims, _) = $0.expected {
        dims.count == 2 && dims[0] == dims[1] && dims[0] > 1
      } else {
        false
      }
    }
    guard !squares.isEmpty else { return nil }
    let fits = squares.allSatisfy { trial in
      guard case .tensor(let dims, let values) = trial.expected else { return false }
      let n = dims[0]
      let turned = values.indices.map { values[$0 % n * n + $0 / n] }
      return Blame.same(trial.answer, .tensor(shape: dims, turned))
    }
    return fits ? Explanation(.transpose, "it is the transpose of the answer") : nil
  }

  /// One multiple of the right answer, or one that goes with a count.
  private func scaled() throws(CourseProblem) -> Explanation? {
    if let ratio = Blame.ratio(trials) {
      if Comparison.isNear(ratio, -1) {
        return Explanation(.sign, "the sign is turned on every case")
      }
      return Explanation(
        ratio < 0 ? .sign : .scale,
        "always \(PlainValue.number(ratio).text) times the right answer")
    }
    let numbers = try entries([])
    guard let share = numbers.share({ $0.answer }, of: { $0.expected }) else { return nil }
    return Explanation(
      .scale, "always `\(share.text)` times the right answer", factor: share.text)
  }

  private func offset() -> Explanation? {
    let shifts = trials.flatMap { $0.pairs }.map { $0.answer - $0.expected }
    guard shifts.count > 2, let first = shifts.first, first != 0,
      shifts.allSatisfy({ Comparison.isNear($0, first) })
    else { return nil }
    return Explanation(
      .offset,
      "always \(PlainValue.number(abs(first)).text) too \(first > 0 ? "large" : "small")")
  }

  /// How many cases are wrong, and in what way most of them are.
  func share() -> String? {
    let wrong = trials.compactMap { $0.mismatch }
    // Of an answer of many numbers it is said already how many are wrong.
    guard let stage = shown.mismatch?.stage, trials.count > 1,
      trials.allSatisfy({ $0.expected.numbers.count == 1 })
    else { return nil }
    let alike = wrong.filter { $0.stage == stage }.count
    // Of yes and no it is no news which it was.
    let isYesOrNo = trials.allSatisfy { [0, 1].contains($0.expected.numbers[0]) }
    let how =
      switch stage {
      case _ where isYesOrNo: ""
      case .zero: "a zero is out of place"
      case .sign: "the sign is wrong"
      default: ""
      }
    let many = "wrong in \(wrong.count) of \(trials.count) cases"
    // What is so in a few of them only is not the point.
    return how.isEmpty || 2 * alike < wrong.count ? many : many + "; in \(alike) of them \(how)"
  }
}
