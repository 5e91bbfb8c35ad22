// Which part is wrong: the answers of all cases are tried against the factors and terms that a check declares.
import Syntax

/// One number of an answer, beside the right one and what it is tried against.
struct PartialAnswer {
  let answer: Double
  let expected: Double
  /// The parts, at this place.
  let parts: [Double]
  /// Counts of the case, by which a formula may be off: `n`, `X.shape[0]`.
  let counts: [Double]
}

/// By how much something is too large: a small number, times or over a count.
struct Share {
  let number: Double
  let count: String
  /// Whether the count is divided by.
  let isOver: Bool

  var text: String {
    let number = PlainValue.number(self.number).text
    if isOver { return "\(number)/\(count)" }
    return self.number == 1 ? count : "\(number)*\(count)"
  }
}

/// Numbers of all cases.
struct PartialAnswers {
  let all: [PartialAnswer]
  /// What the counts are called.
  let counts: [String]

  private static let numbers: [Double] = [1, 2, 0.5, -1]

  /// Whether the answers are the right ones with other shares of some terms.
  func fits(_ shares: [(term: Int, share: Double)]) -> Bool {
    all.allSatisfy { entry in
      let change = shares.reduce(0) { $0 + ($1.share - 1) * entry.parts[$1.term] }
      let size = shares.map { abs(entry.parts[$0.term]) }.max() ?? 0
      return abs(entry.expected + change - entry.answer)
        <= 1e-6 * max(abs(entry.expected), size, 1e-6)
    }
  }

  /// What one quantity is of another, if it is the same share everywhere; what is 0 on both sides is no evidence.
  func share(
    _ part: (PartialAnswer) -> Double, of whole: (PartialAnswer) -> Double
  ) -> Share? {
    let pairs = all.map { (part($0), whole($0), $0.counts) }
    guard pairs.filter({ $0.0 != 0 && $0.1 != 0 }).count > 2 else { return nil }
    for i in counts.indices {
      // A count that never changes is a number.
      guard Set(pairs.map { $0.2[i] }).count > 1 else { continue }
      for power in [1, -1] {
        for number in PartialAnswers.numbers {
          let fits = pairs.allSatisfy { part, whole, counts in
            let factor = power > 0 ? counts[i] : 1 / counts[i]
            return part == whole * number * factor
              || Comparison.isNear(part, whole * number * factor)
          }
          if fits { return Share(number: number, count: counts[i], isOver: power < 0) }
        }
      }
    }
    return nil
  }
}

extension Blame {
  /// All numbers of all cases, with the parts stretched to the answer's shape.
  func entries(_ parts: [CheckDeclaration.Binding]) throws(CourseProblem) -> PartialAnswers {
    let counts = reference.counts(beside: trials)
    var entries: [PartialAnswer] = []
    for trial in trials {
      let (answer, expected) = (trial.answer.numbers, trial.expected.numbers)
      guard answer.count == expected.count else { return PartialAnswers(all: [], counts: []) }
      let values = try parts.map { part throws(CourseProblem) in
        stretched(try reference.value(part, trial.inputs), to: trial.expected)
      }
      let sizes = counts.map { $0.value(trial.inputs) }
      for i in answer.indices where answer[i].isFinite {
        entries.append(
          PartialAnswer(
            answer: answer[i], expected: expected[i], parts: values.map { $0[i] }, counts: sizes))
      }
    }
    return PartialAnswers(all: entries, counts: counts.map { $0.name })
  }

  /// A part's numbers, one for each number of the answer, as broadcasting pairs them.
  private func stretched(_ part: PlainValue, to answer: PlainValue) -> [Double] {
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

  // MARK: Factors

  /// The answer as a multiple of the right one: a factor missing, there twice, or with its sign turned, a small
  /// constant beside it. It must be so in every case; what is 0 on both sides is no evidence.
  func factors() throws(CourseProblem) -> Explanation? {
    let entries = try entries(declaration.factors)
    guard entries.all.contains(where: { !Comparison.isNear($0.answer, $0.expected) }) else {
      return nil
    }
    for constant in [1.0, -1, 2, 0.5, -2, -0.5] {
      for powers in Blame.powers(declaration.factors.count) {
        let count = powers.filter { $0 != 0 }.count
        // A constant alone is told in other words, and one beside two factors is far-fetched.
        if count == 0, constant != -1 { continue }
        if abs(constant) != 1, count != 1 { continue }
        var evidence = 0
        let fits = entries.all.allSatisfy { entry in
          // The product with a factor left out or there twice; where one of the others is 0 it says nothing.
          let product = zip(entry.parts, powers).reduce(constant) { product, pair in
            pair.1 < 0 ? product : product * pair.0 * (pair.1 > 0 ? pair.0 : 1)
          }
          if entry.answer != 0, product != 0, entry.expected != 0 { evidence += 1 }
          return entry.answer == product || Comparison.isNear(entry.answer, product)
            || abs(entry.answer - product) < 1e-12
        }
        if fits, evidence > 2 { return said(constant, powers, evidence) }
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

  private func said(_ constant: Double, _ powers: [Int], _ evidence: Int) -> Explanation {
    let parts = zip(declaration.factors, powers).filter { $0.1 != 0 }
    let formula = { (part: CheckDeclaration.Binding) in reference.text(part.value) }
    let pairs = ([shown] + trials).flatMap { $0.pairs }
    let ratio = pairs.first { $0 != 0 && $1 != 0 }.map { PlainValue.number($0 / $1).text } ?? "?"
    let on = counted(evidence)
    if parts.isEmpty {
      return Explanation(.sign, "the sign is turned", text: "the sign is turned, \(on)")
    }
    let product = parts.map { part, power in
      (power < 0 ? "1/" : "") + "(" + formula(part) + ")"
    }.joined(separator: " × ")
    var looks = parts.map { part, power in
      "the factor `\(part.name)` looks \(power < 0 ? "missing" : "doubled")"
    }.joined(separator: " and ")
    if constant < 0 { looks += ", and the sign turned" }
    let size = PlainValue.number(abs(constant)).text
    if abs(constant) != 1 { looks += ", and the answer is \(size) times what is left" }
    let head = (constant < 0 ? "-" : "") + (abs(constant) == 1 ? "" : size + " × ")
    return Explanation(
      parts.count == 1 && constant == 1 ? .factor : .factors, looks, factor: parts[0].0.name,
      text: "ratio \(ratio) = \(head)\(product) \(on): \(looks)")
  }

  /// On how many numbers an explanation rests; cases of one number each are called cases.
  private func counted(_ evidence: Int) -> String {
    let isScalar = trials.allSatisfy { $0.expected.numbers.count == 1 }
    let what = isScalar ? "cases" : "entries"
    let total = trials.reduce(0) { $0 + $1.expected.numbers.count }
    return "on all \(evidence) \(what)" + (evidence < total ? " that are not 0" : "")
  }

  // MARK: Terms

  /// The answer as the right one with other shares of its terms: one missing, there twice, turned, off by a
  /// count; or two missing.
  func terms() throws(CourseProblem) -> Explanation? {
    let parts = declaration.terms
    guard !parts.isEmpty else { return nil }
    let entries = try entries(parts)
    guard entries.all.count >= 3 else { return nil }
    for i in parts.indices {
      let name = "the term `\(parts[i].name)`"
      let evidence = counted(entries.all.filter { $0.parts[i] != 0 }.count)
      func told(_ what: String) -> Explanation {
        Explanation(
          .term, "\(name) \(what)", factor: parts[i].name,
          text: "\(name), \(reference.text(parts[i].value)), \(what), \(evidence)")
      }
      for (share, verb) in [
        (0.0, "is missing"), (2, "is there twice"), (-1, "has its sign turned"),
      ]
      where entries.fits([(i, share)]) {
        return told(verb)
      }
      for share in [0.5, -2, 3, 4] where entries.fits([(i, share)]) {
        return told("is \(PlainValue.number(share).text) times what it should be")
      }
      let share = entries.share({ $0.answer - $0.expected + $0.parts[i] }, of: { $0.parts[i] })
      if let share { return told("is `\(share.text)` times what it should be") }
    }
    return nil
  }

  /// Two terms that are missing, or one missing and the other there twice. What more there could be is far-fetched.
  func combinedTerms() throws(CourseProblem) -> Explanation? {
    let parts = declaration.terms
    guard parts.count > 1 else { return nil }
    let entries = try entries(parts)
    guard entries.all.count >= 3 else { return nil }
    let shares = [(0.0, "is missing"), (2, "is there twice")]
    for i in parts.indices {
      for j in parts.indices where j > i {
        for (first, verb) in shares {
          for (second, other) in shares
          where first * second == 0 && entries.fits([(i, first), (j, second)]) {
            let said =
              first == second
              ? "the terms `\(parts[i].name)` and `\(parts[j].name)`: each is missing"
              : "the term `\(parts[i].name)` \(verb), and `\(parts[j].name)` \(other)"
            return Explanation(.terms, said, factor: parts[i].name)
          }
        }
      }
    }
    return nil
  }

  /// A sum that nobody took apart: what changes is compared with what should, as in `w - lr*g` where the 2 or
  /// the n of the gradient is lost.
  func scaledSummand() throws(CourseProblem) -> Explanation? {
    guard declaration.terms.isEmpty, let expected = declaration.expected,
      case .binary(let sign, let a, let b, _) = expected.kind, sign == .add || sign == .subtract
    else { return nil }
    for part in [b, a] {
      let entries = try entries([CheckDeclaration.Binding(name: part.text, value: part)])
      let turn = sign == .subtract && part.span == b.span ? -1.0 : 1
      let change = { (entry: PartialAnswer) in
        entry.answer - entry.expected + turn * entry.parts[0]
      }
      let whole = { (entry: PartialAnswer) in turn * entry.parts[0] }
      let pairs = entries.all.map { (change($0), whole($0)) }
      var share = entries.share(change, of: whole)?.text
      if share == nil, let largest = pairs.max(by: { abs($0.1) < abs($1.1) }), largest.1 != 0 {
        let ratio = largest.0 / largest.1
        let isSame = pairs.allSatisfy {
          abs($0.0 - ratio * $0.1) <= 1e-6 * max(abs($0.1), abs(ratio * $0.1), 1e-6)
        }
        if isSame, pairs.count > 2, abs(ratio) > 1e-9 { share = PlainValue.number(ratio).text }
      }
      if let share {
        let said = "`\(part.text)` is `\(share)` times what it should be"
        return Explanation(.term, said, factor: part.text)
      }
    }
    return nil
  }
}
