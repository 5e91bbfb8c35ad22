// Guessing a number before it is shown: two tries, a hint between them, and why.
import Platform
import Autograd
import Explain
import Rendering
import Tensors

/// How many guesses were right.
package struct Score: Equatable, Sendable {
  package var right = 0
  package var asked = 0

  package init(right: Int = 0, asked: Int = 0) {
    self.right = right
    self.asked = asked
  }
}

/// One number to guess, and what wrong guesses give away.
package struct Question {
  package let what: String
  package let value: Double
  /// The formula that it comes from.
  package let because: String
  /// What kind of number it is, for the score: "a sigmoid", "a product".
  package let kind: String
  /// After a first wrong answer.
  package let hint: String?
  /// What `?` tells: the rule, and the number found by nudging.
  package let why: [String]
  /// Numbers that a mistake would give, with the mistake.
  package var mistakes: [(value: Double, text: String)] = []

  package init(
    what: String, value: Double, because: String, kind: String, hint: String?, why: [String] = [],
    mistakes: [(value: Double, text: String)] = []
  ) {
    self.what = what
    self.value = value
    self.because = because
    self.kind = kind
    self.hint = hint
    self.why = why
    self.mistakes = mistakes
  }

  /// Whether a guess is right to 1 %.
  func isMet(by guess: Double) -> Bool { Question.near(guess, value) }

  private static func near(_ a: Double, _ b: Double) -> Bool {
    abs(a - b) <= max(0.01 * abs(b), 5e-5)
  }

  /// What a wrong guess gives away.
  func mistake(in guess: Double) -> String? {
    if value != 0, Question.near(guess, -value) { return "the sign is wrong" }
    return mistakes.first { $0.value.isFinite && Question.near(guess, $0.value) }?.text
  }
}

/// Asks questions and keeps the score.
package struct Quiz {
  /// What may be typed.
  package static let keys =
    "A number, a formula, a sign (+ - 0); two tries; ? helps, then tells; q leaves"

  private let ask: (String) -> String?
  private let say: (String) -> Void
  private let number: (String) -> Double?
  private let format: NumberFormat
  private let style: Style
  private var kinds: [(kind: String, score: Score)] = []

  /// - Parameter number: what arithmetic over the learner's names comes to.
  package init(
    ask: @escaping (String) -> String?, say: @escaping (String) -> Void,
    number: @escaping (String) -> Double?, format: NumberFormat = NumberFormat(), style: Style
  ) {
    self.ask = ask
    self.say = say
    self.number = number
    self.format = format
    self.style = style
  }

  init(_ bench: Workbench) {
    self.init(
      ask: { bench.ask?($0) }, say: { bench.say($0) },
      number: { Double($0) ?? bench.session.number($0) }, format: bench.session.machine.format,
      style: bench.style)
  }

  /// All kinds together.
  package var score: Score {
    kinds.reduce(Score()) {
      Score(right: $0.right + $1.score.right, asked: $0.asked + $1.score.asked)
    }
  }

  /// `3 of 5 right: slope of sigmoid 0/1, square 1/1, chain 2/3`; nil if nothing was asked.
  package var summary: String? {
    guard score.asked > 0 else { return nil }
    let parts = kinds.map { "\($0.kind) \($0.score.right)/\($0.score.asked)" }
    return "\(score.right) of \(score.asked) right"
      + (kinds.count > 1 ? ": " + parts.joined(separator: ", ") : "")
  }

  /// How an answer went.
  private enum Answer { case right(String), wrong(String?), unread }

  /// Asks for a number, twice if need be.
  /// - Returns: false when the learner leaves.
  package mutating func put(_ question: Question) -> Bool {
    var attempt = 1
    while true {
      guard let line = ask("\(question.what) = ? ") else { return false }
      let text = line.trimmingSpace
      if text == "q" || text == "quit", number(text) == nil {
        if attempt == 2 { note(question.kind, isRight: false) }
        return false
      }
      if text == "?", attempt == 1, let hint = question.hint {
        attempt = 2
        say("  " + hint)
        continue
      }
      if text.isEmpty || text == "?" {
        note(question.kind, isRight: false)
        tell(question)
        return true
      }
      if text.hasPrefix(":") {
        say("  a question first: q leaves it, then \(text)")
        continue
      }
      switch judge(text, question) {
      case .right(let note):
        self.note(question.kind, isRight: true)
        say("  \(mark(true)) \(note)")
        return true
      case .unread:
        say("  a number, a formula over your names, or just its sign: + - 0; q leaves")
      case .wrong(let mistake) where attempt == 1:
        attempt = 2
        let said = [
          mistake.map { $0 + "." }, question.hint ?? (mistake == nil ? "once more?" : nil),
        ]
        .compactMap { $0 }
        say("  \(mark(false)) not quite: \(said.joined(separator: " "))")
      case .wrong(let mistake):
        note(question.kind, isRight: false)
        let source = question.because.isEmpty ? "" : ", from \(question.because)"
        say(
          "  \(mark(false)) \(mistake.map { "\($0): " } ?? "")\(question.what) = \(format(question.value))\(source)"
        )
        return true
      }
    }
  }

  private func mark(_ isRight: Bool) -> String {
    style.isASCII
      ? (isRight ? "+" : "x") : style.paint(isRight ? "✓" : "✗", isRight ? .green : .red)
  }

  private mutating func note(_ kind: String, isRight: Bool) {
    let place = kinds.firstIndex { $0.kind == kind } ?? kinds.count
    if place == kinds.count { kinds.append((kind, Score())) }
    kinds[place].score.asked += 1
    if isRight { kinds[place].score.right += 1 }
  }

  private func tell(_ question: Question) {
    let source = question.because.isEmpty ? "" : ", from \(question.because)"
    say("  it is \(format(question.value))\(source)")
    for line in question.why { say("  " + line) }
  }

  private func judge(_ text: String, _ question: Question) -> Answer {
    let told = "\(question.what) = \(format(question.value))"
    switch text {
    case "+", "-", "−", "0":
      let sign = question.value > 0 ? "+" : question.value < 0 ? "-" : "0"
      return text.with("−", replacedBy: "-") == sign
        ? .right("the sign is right: \(told)") : .wrong(nil)
    default:
      // What is asked for is known under its own name already.
      guard let guess = text == question.what ? nil : number(text) else { return .unread }
      return question.isMet(by: guess) ? .right(told) : .wrong(question.mistake(in: guess))
    }
  }
}
