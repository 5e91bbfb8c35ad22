// Which factor is wrong: the answers of all cases are tried against the parts that the check declares.
import Syntax

/// A case with what was answered and expected.
struct Trial {
  let inputs: Case
  let answer: PlainValue
  let expected: PlainValue
  let mismatch: Mismatch?
  /// What the call printed.
  let printed: String

  /// The numbers of the answer, each beside the right one.
  var pairs: [(answer: Double, expected: Double)] {
    zip(answer.numbers, expected.numbers).map { ($0, $1) }
  }

  /// How much there is to read in it; where one side is all zeros there is little to learn.
  var size: Double {
    let isEmpty = [answer, expected].contains { value in !value.numbers.contains { $0 != 0 } }
    return inputs.size + (isEmpty ? 40 : 0)
  }
}

/// Finds what a wrong answer has in common with the right one over all cases.
struct Blame {
  let reference: Reference
  let trials: [Trial]
  /// The case that is shown.
  let shown: Trial

  private var declaration: CheckDeclaration { reference.check.declaration }

  /// The best explanation, the most specific that fits every case.
  func findings() throws -> [String] {
    if let found = try misconception() { return [found] }
    if let found = constant() { return [found] }
    // Kinds, shapes and nan explain themselves.
    guard let stage = shown.mismatch?.stage, stage > .finite else { return [] }
    if let found = try swapped() ?? factors() ?? terms() { return [found] }
    return [transposed() ?? general()].compactMap { $0 }
  }

  /// One answer for all inputs, where many were expected.
  private func constant() -> String? {
    guard trials.count > 2, trials.contains(where: { $0.expected != trials[0].expected }),
      trials.allSatisfy({ $0.answer == trials[0].answer })
    else { return nil }
    return "your answer is the same whatever the inputs are"
  }

  /// Yes for no, and no for yes.
  private func swapped() -> String? {
    let pairs = trials.map { ($0.answer.numbers, $0.expected.numbers) }
    guard trials.count > 2,
      pairs.allSatisfy({ a, b in
        a.count == 1 && b.count == 1 && (b[0] == 0 || b[0] == 1) && a[0] == 1 - b[0]
      })
    else { return nil }
    return "yes and no are swapped: 1 where 0 was expected, and 0 where 1 was"
  }

  // MARK: Misconceptions

  /// A wrong formula that gives the learner's answers in every case.
  private func misconception() throws -> String? {
    for wrong in declaration.misconceptions {
      var tells = false
      var fits = true
      for trial in trials {
        // A formula that cannot be evaluated for a case says nothing about it.
        guard let value = try? reference.value(wrong, trial.inputs) else {
          fits = false
          break
        }
        if !Blame.same(trial.answer, value) {
          fits = false
          break
        }
        if trial.mismatch != nil { tells = true }
      }
      if fits, tells {
        return "your \(Blame.short(shown.answer)) is what you get if \(wrong.name)"
      }
    }
    return nil
  }

  private static func short(_ value: PlainValue) -> String {
    if case .number = value { value.text } else { "answer" }
  }

  static func same(_ a: PlainValue, _ b: PlainValue) -> Bool {
    Comparison(rtol: 1e-6, atol: 1e-12, axes: []).mismatch(a, b) == nil
  }

  // MARK: Factors

  /// One number of an answer, beside the right one and the parts there.
  private struct PartialAnswer {
    let answer: Double
    let expected: Double
    let parts: [Double]
  }

  /// All numbers of all cases, with the parts stretched to the answer's shape.
  private func entries(_ parts: [CheckDeclaration.Binding]) throws -> [PartialAnswer] {
    var entries: [PartialAnswer] = []
    for trial in trials {
      let (answer, expected) = (trial.answer.numbers, trial.expected.numbers)
      guard answer.count == expected.count else { return [] }
      let values = try parts.map {
        try stretched(reference.value($0, trial.inputs), to: trial.expected)
      }
      for i in answer.indices where answer[i].isFinite {
        entries.append(
          PartialAnswer(answer: answer[i], expected: expected[i], parts: values.map { $0[i] }))
      }
    }
    return entries
  }

  /// A part's numbers, one for each number of the answer, as broadcasting pairs them.
  private func stretched(_ part: PlainValue, to answer: PlainValue) throws -> [Double] {
    let numbers = part.numbers
    guard case .tensor(let target, let values) = answer else {
      return [Double](repeating: numbers.first ?? .nan, count: answer.numbers.count)
    }
    guard case .tensor(let dims, _) = part else {
      return [Double](repeating: numbers.first ?? .nan, count: values.count)
    }
    let padded = [Int](repeating: 1, count: max(0, target.count - dims.count)) + dims
    return values.indices.map { offset in
      var (rest, place, stride) = (offset, 0, 1)
      for axis in target.indices.reversed() {
        let position = rest % max(1, target[axis])
        rest /= max(1, target[axis])
        let length = padded.count == target.count ? padded[axis] : 1
        guard length == 1 || length == target[axis] else { return .nan }
        place += length == 1 ? 0 : position * stride
        stride *= length
      }
      return place < numbers.count ? numbers[place] : .nan
    }
  }

  /// The answer as a multiple of the right one: a factor missing, there twice, or with its sign turned. It must
  /// be so in every case; what is 0 on both sides is no evidence.
  private func factors() throws -> String? {
    let entries = try entries(declaration.factors)
    guard entries.contains(where: { !Comparison.isNear($0.answer, $0.expected) }) else {
      return nil
    }
    for sign in [1.0, -1] {
      for powers in Blame.powers(declaration.factors.count) {
        if sign == 1, powers.allSatisfy({ $0 == 0 }) { continue }
        var evidence = 0
        let fits = entries.allSatisfy { entry in
          // answer / expected = product, without dividing.
          var (left, right) = (entry.answer, sign * entry.expected)
          for (part, power) in zip(entry.parts, powers) {
            if power < 0 { left *= part }
            if power > 0 { right *= part }
          }
          if left != 0, right != 0 { evidence += 1 }
          return left == right || Comparison.isNear(left, right)
        }
        if fits, evidence > 2 { return said(sign, powers, evidence) }
      }
    }
    return nil
  }

  /// Exponents -1, 0, 1 for each part, the simplest first; at most two parts at a time.
  private static func powers(_ count: Int) -> [[Int]] {
    var all = [[Int](repeating: 0, count: count)]
    for i in 0..<count {
      for power in [-1, 1] {
        var one = all[0]
        one[i] = power
        all.append(one)
      }
    }
    for i in 0..<count {
      for j in (i + 1)..<max(count, i + 1) {
        for (a, b) in [(-1, -1), (-1, 1), (1, -1)] {
          var two = all[0]
          (two[i], two[j]) = (a, b)
          all.append(two)
        }
      }
    }
    return all
  }

  private func said(_ sign: Double, _ powers: [Int], _ evidence: Int) -> String {
    let parts = zip(declaration.factors, powers).filter { $0.1 != 0 }
    let formula = { (part: CheckDeclaration.Binding) in reference.text(part.value) }
    let pairs = ([shown] + trials).flatMap(\.pairs)
    let ratio = pairs.first { $0 != 0 && $1 != 0 }.map { PlainValue.number($0 / $1).text } ?? "?"
    let on = counted(evidence)
    if parts.isEmpty { return "the sign is turned, \(on)" }
    let product = parts.map { part, power in
      (power < 0 ? "1/" : "") + "(" + formula(part) + ")"
    }.joined(separator: " × ")
    let looks = parts.map { part, power in
      "the factor `\(part.name)` looks \(power < 0 ? "missing" : "doubled")"
    }.joined(separator: " and ")
    let turned = sign < 0 ? ", and the sign turned" : ""
    return "ratio \(ratio) = \(sign < 0 ? "-" : "")\(product) \(on): \(looks)\(turned)"
  }

  /// On how many numbers an explanation rests; cases of one number each are called cases.
  private func counted(_ evidence: Int) -> String {
    let isScalar = trials.allSatisfy { $0.expected.numbers.count == 1 }
    let what = isScalar ? "cases" : "entries"
    let total = trials.reduce(0) { $0 + $1.expected.numbers.count }
    return "on all \(evidence) \(what)" + (evidence < total ? " that are not 0" : "")
  }

  // MARK: Terms

  /// The answer as the right one plus or minus a part of the sum.
  private func terms() throws -> String? {
    let parts = declaration.terms
    let entries = try entries(parts)
    guard entries.count >= 3, !parts.isEmpty else { return nil }
    let kinds: [(Double, String)] = [
      (-1, "is missing"), (1, "is there twice"), (-2, "has its sign turned"),
    ]
    for (i, part) in parts.enumerated() {
      for (factor, verb) in kinds {
        let fits = entries.allSatisfy {
          abs($0.expected + factor * $0.parts[i] - $0.answer)
            <= 1e-6 * max(abs($0.expected), abs($0.parts[i]), 1e-6)
        }
        guard fits else { continue }
        let formula = reference.text(part.value)
        let evidence = entries.filter { $0.parts[i] != 0 }.count
        return "the term `\(part.name)`, \(formula), \(verb), \(counted(evidence))"
      }
    }
    return nil
  }

  // MARK: Without declared parts

  /// The number that all right answers were multiplied with, if there is one.
  private static func ratio(_ trials: [Trial]) -> Double? {
    let pairs = trials.flatMap(\.pairs)
    guard let first = pairs.first(where: { $0.1 != 0 }), pairs.filter({ $0.1 != 0 }).count > 2
    else { return nil }
    let ratio = first.0 / first.1
    let fits = pairs.allSatisfy { $0 == ratio * $1 || Comparison.isNear($0, ratio * $1) }
    return fits && ratio != 0 && !Comparison.isNear(ratio, 1) ? ratio : nil
  }

  /// Whether all answers are one and the same multiple of the right ones.
  static func isScale(_ trials: [Trial]) -> Bool {
    trials.allSatisfy { $0.mismatch.map { $0.stage > .sign } ?? true } && ratio(trials) != nil
  }

  private func transposed() -> String? {
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
    return fits ? "it is the transpose of the answer" : nil
  }

  private func general() -> String? {
    if let ratio = Blame.ratio(trials) {
      return Comparison.isNear(ratio, -1)
        ? "the sign is turned on every case"
        : "always \(PlainValue.number(ratio).text) times the right answer"
    }
    let shifts = trials.flatMap(\.pairs).map { $0.answer - $0.expected }
    if shifts.count > 2, let first = shifts.first,
      shifts.allSatisfy({ Comparison.isNear($0, first) })
    {
      return "always \(PlainValue.number(abs(first)).text) too \(first > 0 ? "large" : "small")"
    }
    return share()
  }

  /// How many cases are wrong, and in what way most of them are.
  private func share() -> String? {
    let wrong = trials.compactMap(\.mismatch)
    // Of an answer of many numbers it is said already how many are wrong.
    guard let stage = shown.mismatch?.stage, trials.count > 1,
      trials.allSatisfy({ $0.expected.numbers.count == 1 })
    else { return nil }
    let alike = wrong.filter { $0.stage == stage }.count
    let how =
      switch stage {
      case .zero: "a zero is out of place"
      case .sign: "the sign is wrong"
      default: ""
      }
    let many = "wrong in \(wrong.count) of \(trials.count) cases"
    return how.isEmpty ? many : many + "; in \(alike) of them \(how)"
  }
}
