// Which factor is wrong: the answers of all cases are tried against the parts that the check declares.
import Syntax

/// A case with what was answered and expected.
struct Trial {
  let inputs: Case
  let answer: PlainValue
  let expected: PlainValue
  let mismatch: Mismatch?
}

/// Finds what a wrong answer has in common with the right one over all cases.
struct Blame {
  let reference: Reference
  let trials: [Trial]
  /// The case that is shown.
  let shown: Trial

  private var declaration: CheckDeclaration { reference.check.declaration }

  /// The best explanations, most specific first.
  func findings() throws -> [String] {
    if shown.mismatch.map({ $0.stage <= .finite }) ?? true {
      // Kinds, shapes and nan explain themselves; a known mistake may still be behind them.
      return try misconception().map { [$0] } ?? []
    }
    if let found = try misconception() { return [found] }
    if let found = try factors() { return [found] }
    if let found = try terms() { return [found] }
    return [transposed() ?? general()].compactMap { $0 }
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

  private static func same(_ a: PlainValue, _ b: PlainValue) -> Bool {
    Comparison(rtol: 1e-6, atol: 1e-12, axes: []).mismatch(a, b) == nil
  }

  // MARK: Factors

  /// One number of an answer, beside the right one and the parts there.
  private struct Entry {
    let answer: Double
    let expected: Double
    let parts: [Double]
  }

  /// All numbers of all cases, with the parts stretched to the answer's shape.
  private func entries(_ parts: [CheckDeclaration.Binding]) throws -> [Entry] {
    var entries: [Entry] = []
    for trial in trials {
      let (answer, expected) = (trial.answer.numbers, trial.expected.numbers)
      guard answer.count == expected.count else { return [] }
      let values = try parts.map {
        try stretched(reference.value($0, trial.inputs), to: trial.expected)
      }
      for i in answer.indices where answer[i].isFinite {
        entries.append(Entry(answer: answer[i], expected: expected[i], parts: values.map { $0[i] }))
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

  /// The answer as a multiple of the right one: a factor missing, there twice, or with its sign turned.
  private func factors() throws -> String? {
    let parts = declaration.factors
    let entries = try entries(parts).filter { $0.expected != 0 && $0.answer != 0 }
    let wrong = entries.filter { !Comparison.isNear($0.answer, $0.expected) }
    guard entries.count >= 3, !wrong.isEmpty else { return nil }
    for sign in [1.0, -1] {
      for powers in Blame.powers(parts.count) {
        if sign == 1, powers.allSatisfy({ $0 == 0 }) { continue }
        let fits = entries.filter { entry in
          var product = sign
          for (part, power) in zip(entry.parts, powers) where power != 0 {
            product *= power > 0 ? part : 1 / part
          }
          return Comparison.isNear(entry.answer / entry.expected, product)
        }.count
        // A few entries may be off for another reason, such as a kink.
        guard Double(fits) >= 0.9 * Double(entries.count) else { continue }
        return said(sign, powers, fits, entries.count)
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

  private func said(_ sign: Double, _ powers: [Int], _ fits: Int, _ count: Int) -> String {
    let parts = zip(declaration.factors, powers).filter { $0.1 != 0 }
    let formula = { (part: CheckDeclaration.Binding) in reference.text(part.value) }
    let ratio =
      zip(shown.answer.numbers, shown.expected.numbers).first { $0 != 0 && $1 != 0 }
      .map { PlainValue.number($0 / $1).text } ?? ""
    let on = counted(fits, count)
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

  /// How many numbers an explanation fits; cases of one number each are called cases.
  private func counted(_ fits: Int, _ count: Int) -> String {
    let isScalar = trials.allSatisfy { $0.expected.numbers.count == 1 }
    return "on \(fits) of \(count) \(isScalar ? "cases" : "entries")"
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
        let fits = entries.filter {
          abs($0.expected + factor * $0.parts[i] - $0.answer)
            <= 1e-6 * max(abs($0.expected), abs($0.parts[i]), 1e-6)
        }.count
        guard Double(fits) >= 0.9 * Double(entries.count) else { continue }
        let formula = reference.text(part.value)
        return "the term `\(part.name)`, \(formula), \(verb), \(counted(fits, entries.count))"
      }
    }
    return nil
  }

  // MARK: Without declared parts

  /// Whether all answers are one and the same multiple of the right ones.
  static func isScale(_ trials: [Trial]) -> Bool {
    guard trials.allSatisfy({ $0.mismatch.map { $0.stage >= .scale } ?? true }) else {
      return false
    }
    let pairs = trials.flatMap { zip($0.answer.numbers, $0.expected.numbers) }.filter { $0.1 != 0 }
    guard pairs.count >= 3, let first = pairs.first else { return false }
    return pairs.allSatisfy { Comparison.isNear($0.0 / $0.1, first.0 / first.1) }
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
    let entries = trials.flatMap { zip($0.answer.numbers, $0.expected.numbers) }
      .filter { $0 != 0 && $1 != 0 }
    guard entries.count >= 3, let first = entries.first else { return share() }
    let ratio = first.0 / first.1
    guard entries.allSatisfy({ Comparison.isNear($0.0 / $0.1, ratio) }),
      !Comparison.isNear(ratio, 1)
    else {
      let shift = first.0 - first.1
      if entries.allSatisfy({ Comparison.isNear($0.0 - $0.1, shift) }), shift != 0 {
        return "always \(PlainValue.number(abs(shift)).text) too \(shift > 0 ? "large" : "small")"
      }
      return share()
    }
    if Comparison.isNear(ratio, -1) { return "the sign is turned on every case" }
    return "always \(PlainValue.number(ratio).text) times the right answer"
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
