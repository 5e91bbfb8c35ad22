// An answer beside what was expected, rung by rung.
import Platform

/// How far an answer got. Each rung is looked at only when those before it hold.
package enum Stage: String, Coded, CaseIterable, Comparable, Sendable {
  case kind, shape, finite, zero, sign, scale, value

  package static func < (a: Stage, b: Stage) -> Bool { a.rank < b.rank }
  private var rank: Int { Stage.allCases.firstIndex(of: self) ?? 0 }
}

/// Where an answer first differs.
struct Mismatch: Equatable {
  let stage: Stage
  /// What differs, for a public check.
  let text: String
  /// How that may have come about.
  var guess: String?
}

struct Comparison {
  let rtol: Double
  let atol: Double
  /// What the answer's axes are called.
  let axes: [String]

  /// Nil when the answer is right.
  func mismatch(_ answer: PlainValue, _ expected: PlainValue) -> Mismatch? {
    switch (answer, expected) {
    case (.number, .number), (.tensor, .tensor), (.number, .tensor), (.tensor, .number):
      return shape(answer, expected) ?? numbers(answer.numbers, expected.numbers)
    case (.boolean(let a), .boolean(let b)):
      return a == b ? nil : Mismatch(stage: .value, text: "the answer is \(a), expected \(b)")
    case (.text(let a), .text(let b)):
      return a == b ? nil : Mismatch(stage: .value, text: "another text was expected")
    case (.none, .none): return nil
    case (.list(let parts), .list(let others)):
      guard parts.count == others.count else {
        return Mismatch(
          stage: .shape, text: "a list of \(others.count) was expected, not of \(parts.count)")
      }
      return zip(parts, others).enumerated().compactMap { i, pair in
        mismatch(pair.0, pair.1).map {
          Mismatch(stage: $0.stage, text: "part \(i) of the list: " + $0.text, guess: $0.guess)
        }
      }.min { $0.stage < $1.stage }
    default:
      var text = "the answer is \(answer.kind), but \(expected.kind) was expected"
      if case .none = answer { text += "; does the function end with the value?" }
      if case .list = answer, case .tensor = expected { text += "; write [a, b], without `list`" }
      return Mismatch(stage: .kind, text: text)
    }
  }

  private func numbers(_ a: [Double], _ b: [Double]) -> Mismatch? {
    let pairs = Array(zip(a, b))
    if let bad = pairs.first(where: { !$0.0.isFinite && $0.1.isFinite }) {
      return Mismatch(stage: .finite, text: "the answer holds \(PlainValue.number(bad.0).text)")
    }
    let wrong = pairs.filter { !isClose($0.0, $0.1) }
    if wrong.isEmpty { return nil }
    func count(_ n: Int) -> String { a.count == 1 ? "" : " in \(n) of \(a.count) entries" }
    let lost = wrong.filter { $0.0 == 0 && $0.1 != 0 }.count
    let added = wrong.filter { $0.0 != 0 && $0.1 == 0 }.count
    if lost + added > 0 {
      return Mismatch(
        stage: .zero,
        text: lost > 0
          ? "0, where something else was expected" + count(lost)
          : "not 0, where 0 was expected" + count(added))
    }
    let turned = wrong.filter { ($0.0 < 0) != ($0.1 < 0) }.count
    if turned > 0 {
      return Mismatch(stage: .sign, text: "the sign is wrong" + count(turned))
    }
    return Mismatch(stage: .value, text: "the value is wrong" + count(wrong.count))
  }

  /// True only for numbers within the tolerance of the expected one: never for nan or inf.
  private func isClose(_ a: Double, _ b: Double) -> Bool {
    if !b.isFinite { return a == b || (a.isNaN && b.isNaN) }
    return abs(a - b) <= atol + rtol * abs(b)
  }

  static func isNear(_ a: Double, _ b: Double, within tolerance: Double = 1e-6) -> Bool {
    abs(a - b) <= tolerance * max(abs(a), abs(b))
  }

  // MARK: Shapes

  private func shape(_ answer: PlainValue, _ expected: PlainValue) -> Mismatch? {
    func dims(_ value: PlainValue) -> [Int] {
      if case .tensor(let dims, _) = value { dims } else { [] }
    }
    let (given, wanted) = (dims(answer), dims(expected))
    if given == wanted { return nil }
    let said = wanted.isEmpty ? "a number" : named(wanted)
    let own = given.isEmpty ? "a number" : PlainValue.shapeText(given)
    return Mismatch(
      stage: .shape, text: "the answer is \(own), but \(said) was expected",
      guess: reason(given, wanted))
  }

  /// `[batch=3, out=2]`
  private func named(_ dims: [Int]) -> String {
    guard axes.count == dims.count else { return PlainValue.shapeText(dims) }
    return "[" + zip(axes, dims).map { "\($0)=\($1)" }.joined(separator: ", ") + "]"
  }

  private func reason(_ given: [Int], _ wanted: [Int]) -> String? {
    func axis(_ i: Int) -> String {
      axes.count == wanted.count ? "`\(axes[i])`" : "number \(i)"
    }
    if given == wanted.reversed() { return "it is transposed" }
    if given.count == 2, wanted.count == 1, given[0] == given[1], given[0] == wanted[0] {
      return "an axis of length 1 met another axis and both were stretched"
    }
    if given.filter({ $0 != 1 }) == wanted.filter({ $0 != 1 }) {
      return given.count > wanted.count
        ? "an axis of length 1 is too many"
        : "an axis of length 1 is missing; `unsqueeze` makes one, `keepdim=true` in a sum keeps it"
    }
    for i in wanted.indices {
      var without = wanted
      without.remove(at: i)
      if given == without { return "the axis \(axis(i)) is gone; was it summed or averaged over?" }
    }
    if given.count == wanted.count + 1 {
      for i in given.indices {
        var without = given
        without.remove(at: i)
        if without == wanted { return "axis \(i), of length \(given[i]), was to be summed over" }
      }
    }
    if given.isEmpty { return "all axes were summed or averaged over" }
    return nil
  }
}
