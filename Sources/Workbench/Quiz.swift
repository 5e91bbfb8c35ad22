// Guessing a number before it is shown: two tries, a hint between them, and why.
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
    "A number, a formula, or a sign (+ - 0); two tries; ? says why, q leaves."

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
  package mutating func put(_ question: Question, telling: Bool = true) -> Bool {
    var attempt = 1
    while true {
      guard let line = ask("\(question.what) = ? ") else { return false }
      let text = line.trimmingSpace
      if text == "q" || text == "quit", number(text) == nil {
        if attempt == 2 { note(question.kind, isRight: false) }
        return false
      }
      if text.isEmpty || text == "?" {
        note(question.kind, isRight: false)
        if telling { tell(question) } else if let hint = question.hint { say("  " + hint) }
        return true
      }
      switch judge(text, question) {
      case .right(let note):
        self.note(question.kind, isRight: true)
        say("  \(mark(true))" + (telling ? " \(note)" : ""))
        return true
      case .unread:
        say("  a number, a formula over your names, or just its sign: + - 0; q leaves")
      case .wrong(let mistake) where attempt == 1:
        attempt = 2
        let said = mistake.map { "\($0). " } ?? ""
        say("  \(mark(false)) not quite. \(said)\(question.hint ?? "Once more?")")
      case .wrong(let mistake):
        note(question.kind, isRight: false)
        guard telling else {
          say("  \(mark(false))")
          return true
        }
        say(
          "  \(mark(false)) \(mistake.map { "\($0): " } ?? "")\(question.what) = \(format(question.value)), from \(question.because)"
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
    say("  it is \(format(question.value)), from \(question.because)")
    for line in question.why { say("  " + line) }
  }

  private func judge(_ text: String, _ question: Question) -> Answer {
    let told = "\(question.what) = \(format(question.value))"
    switch text {
    case "+", "-", "−", "0":
      let sign = question.value > 0 ? "+" : question.value < 0 ? "-" : "0"
      return text.replacing("−", with: "-") == sign
        ? .right("the sign is right: \(told)") : .wrong(nil)
    default:
      // What is asked for is known under its own name already.
      guard let guess = text == question.what ? nil : number(text) else { return .unread }
      return question.isMet(by: guess) ? .right(told) : .wrong(question.mistake(in: guess))
    }
  }
}

extension Question {
  static func forward(_ step: ForwardStep, _ format: NumberFormat) -> [Question] {
    guard step.value.rank == 0 else { return [] }
    let numbers = step.formula.substituted(format)
    return [
      Question(
        what: step.name, value: step.value[0], because: numbers, kind: "value",
        hint: "Its numbers put in: \(numbers)")
    ]
  }

  static func backward(_ step: BackwardStep, _ root: String, _ format: NumberFormat) -> [Question] {
    step.contributions.flatMap { c -> [Question] in
      guard let local = c.partialValue, let partial = c.partial, let upstream = c.upstream,
        c.gradient.rank == 0
      else { return [] }
      let via = c.via.map { " through \($0)" } ?? ""
      let own = derivativeName(c.step, by: c.input) + via
      let rule = Rule(step.formula, by: c.input)
      var questions = [
        Question(
          what: own, value: local, because: partial.text, kind: rule.kind, hint: rule.hint,
          why: c.via == nil ? rule.why(step, c, format) : [],
          mistakes: [(1 / local, "that is one over it")])
      ]
      if step.isRoot, c.sum == nil || c.via == nil { return questions }
      let whole = derivativeName(root, by: c.input)
      let arrives = derivativeName(root, by: c.step)
      if let parts = c.sum {
        // The last of several paths has come: now the whole gradient can be asked for.
        questions.append(
          Question(
            what: whole, value: parts.reduce(0) { $0 + $1[0] },
            because: "the sum over the paths: "
              + parts.map { format($0[0]) }.joined(separator: " + "),
            kind: "sum at a fork",
            hint: "\(parts.count) paths meet here: what does each bring, and together?",
            why: [
              "A change of \(c.input) reaches \(root) on every path at once, so what they bring adds up."
            ],
            mistakes: parts.map {
              ($0[0], "that is one path; \(parts.count) paths meet, and they add up")
            }))
      } else if !c.isPart {
        questions.append(
          Question(
            what: whole, value: c.gradient[0],
            because: "\(arrives) × \(own) = \(format(upstream)) × \(format(local))", kind: "chain",
            hint:
              "\(format(upstream)) arrives from above, as \(arrives); \(own) is the link below it.",
            why: [
              "\(c.step) changes \(format(local)) times as fast as \(c.input), and \(root) \(format(upstream)) times as fast as \(c.step): the two multiply."
            ],
            mistakes: [
              (local, "that is the local derivative alone; upstream, \(format(upstream)) arrives"),
              (
                upstream,
                "that is what arrives from upstream; the local derivative \(own) is missing"
              ),
              (upstream + local, "along a path factors multiply; you added them"),
            ]))
      }
      return questions
    }
  }
}

/// The ops between a step and one of its inputs, outermost first, and what to say of them.
private struct Rule {
  private let formula: Formula
  private let input: String
  private let ops: [(op: Op, parts: [Formula], at: Int)]

  init(_ formula: Formula, by input: String) {
    self.formula = formula
    self.input = input
    var ops: [(op: Op, parts: [Formula], at: Int)] = []
    var rest = formula
    while case .apply(let op, let parts, _) = rest,
      let at = parts.firstIndex(where: { Rule.holds($0, input) })
    {
      ops.append((op, parts, at))
      rest = parts[at]
    }
    self.ops = ops
  }

  private static func holds(_ formula: Formula, _ input: String) -> Bool {
    var found = false
    _ = formula.filled { leaf in
      if case .symbol(let symbol) = leaf, symbol.text == input { found = true }
      return nil
    }
    return found
  }

  /// Sums hand a change on as it is, so they are not what a question is about.
  private var telling: [(op: Op, parts: [Formula], at: Int)] {
    ops.filter { Rule.kind($0.op) != .sum }
  }

  /// What an op does with a change, by how it is written.
  private enum Kind { case sum, product, quotient, power, sign, call }

  private static func kind(_ op: Op) -> Kind {
    switch op.notation {
    case .infix(let symbol, _):
      switch symbol.trimmingSpace {
      case "+", "-": .sum
      case "*": .product
      case "/": .quotient
      case "^": .power
      default: .call
      }
    case .prefix: .sign
    default: .call
    }
  }

  private static func word(_ op: Op) -> String {
    let kind = kind(op)
    return kind == .call ? op.name : "\(kind)"
  }

  var kind: String {
    guard let first = telling.first else { return "sum" }
    return telling.count == 1 ? Rule.word(first.op) : "several ops"
  }

  var hint: String {
    guard let (op, parts, at) = telling.first else {
      return "A sum hands each change on: with which sign does \(input) stand in it?"
    }
    let inner = parts[at].text
    let u = inner == input ? "" : ", with u = \(inner)"
    let name = u.isEmpty ? inner : "u"
    let said: String
    switch Rule.kind(op) {
    case .product: said = "In \(formula.text), what is \(inner) multiplied by?"
    case .quotient:
      said =
        at == 0
        ? "What is \(inner) divided by?"
        : "\(inner) stands below the line: what is (1/\(name))′\(u)?"
    case .sign: said = "What does a minus do to a change?"
    case .power where at == 0:
      said = "The outer power: what is (\(name)^\(parts[1].text))′\(u)?"
    default: said = "The outer \(op.name): what is \(op.name)(\(name))′\(u)?"
    }
    guard telling.count > 1 else { return said }
    let inside = telling.dropFirst().map { Rule.word($0.op) }.joined(separator: ", then ")
    return said + " Then inside: \(inside). Slopes multiply."
  }

  /// The rule, and what nudging the input gives.
  func why(_ step: BackwardStep, _ c: Contribution, _ format: NumberFormat) -> [String] {
    var lines: [String] = []
    if let (op, parts, at) = telling.first {
      let letters = ["x", "y", "w"]
      if let rule = op.partial(at), parts.count <= 2 {
        let shown = parts.indices.map { letters[$0] }
        let whole = Formula.apply(op, parts.indices.map { .operand($0) }, Attributes())
        lines.append(
          "The rule of \(Rule.word(op)): z = \(whole.text) changes by \(rule.text) for each unit of \(shown[at])"
            + (parts[at].text == input ? "." : ", here \(parts[at].text)."))
      }
    } else {
      lines.append("A sum changes by as much as its terms do.")
    }
    var start: Double?
    func value(at x: Double) -> Double? {
      formula.evaluate { leaf in
        guard case .symbol(let symbol) = leaf, symbol.text == input else { return nil }
        return x
      }
    }
    _ = formula.filled { leaf in
      if case .symbol(let symbol) = leaf, symbol.text == input { start = symbol.value }
      return nil
    }
    guard let start, let before = value(at: start) else { return lines }
    let fine = NumberFormat(digits: 7)
    for nudge in [0.1, 0.001] {
      guard let after = value(at: start + nudge), after.isFinite else { continue }
      lines.append(
        "nudge \(input) by \(nudge): \(step.name) goes from \(fine(before)) to \(fine(after)), \(format((after - before) / nudge)) times as far"
      )
    }
    return lines
  }
}
