// Walking through a narration step by step, and guessing each factor before it is shown.
import Autograd
import Diagnostics
import Explain
import Interpreter
import Rendering
import Session
import Tensors

/// How many guesses were right.
package struct Score: Equatable {
  package var right = 0
  package var asked = 0
}

extension Workbench {
  /// Takes the learner through a forward or backward pass. Returns when it has been seen or left.
  func walk(_ narration: Narration, predicts: Bool) {
    let text = NarrationText(style, session.machine.format, session.sources)
    /// A step as it is told, what is asked before that, and what one needs to know to answer.
    let steps: [(text: String, given: String, questions: [Question])]
    let format = session.machine.format
    func given(_ name: String, _ formula: Formula) -> String {
      let (text, numbers) = (formula.text, formula.substituted(format))
      return "  \(name) = \(text)" + (text == numbers ? "" : " = \(numbers)")
    }
    switch narration {
    case .forward(let pass):
      steps = pass.steps.map { step in
        (
          text.render(.forward(ForwardPass(steps: [step])), isWhole: true),
          given(step.name, step.formula),
          predicts ? Question.forward(step) : []
        )
      }
    case .backward(let pass):
      steps = pass.steps.map { step in
        (
          text.render(.backward(pass.only(step)), isWhole: true),
          given(step.name, step.formula),
          predicts ? Question.backward(step, pass.root) : []
        )
      }
    default:
      show(.text(text.render(narration, isWhole: true) + "\n"))
      return
    }
    if predicts {
      say(
        style.paint(
          "Answer with a number, a formula, or a sign (+ - 0); ? tells, q leaves.", .faint))
    }
    var seen = 0
    var runsOn = false
    var place = 0
    while place < steps.count {
      if place >= seen, !runsOn {
        if !steps[place].questions.isEmpty { say(style.paint(steps[place].given, .faint)) }
        for question in steps[place].questions {
          guard put(question) else { return tell(predicts) }
        }
      }
      show(.text(steps[place].text + "\n"))
      seen = max(seen, place + 1)
      if runsOn {
        place += 1
        continue
      }
      switch answer(place, steps.count) {
      case .next: place += 1
      case .back: place = max(0, place - 1)
      case .runOn:
        runsOn = true
        place += 1
      case .leave: place = steps.count
      }
    }
    tell(predicts)
  }

  private func tell(_ predicts: Bool) {
    if predicts, score.asked > 0 { say("\(score.right) of \(score.asked) right") }
  }

  private enum Move { case next, back, runOn, leave }

  /// Reads what to do at a step; names are shown on the way.
  private func answer(_ place: Int, _ count: Int) -> Move {
    while true {
      guard let line = ask?("step \(place + 1)/\(count)> ") else { return .leave }
      let words = line.split { $0 == " " || $0 == "\n" }.map(String.init)
      switch words.first ?? "n" {
      case "n", "next": return .next
      case "p", "back":
        if place == 0 { say("this is the first step") } else { return .back }
      case "c", "continue": return .runOn
      case "q", "quit": return .leave
      case "w", "show":
        guard words.count > 1 else {
          say("w NAME shows a value, for instance `w loss`")
          continue
        }
        for name in words.dropFirst() { reveal(name) }
      default:
        // A bare name is shown as well.
        if words.count == 1, session.value(words[0]) != nil {
          reveal(words[0])
        } else {
          say("Enter or n next, p back, w NAME show, c run on, q leave")
        }
      }
    }
  }

  private func reveal(_ path: String) {
    let parts = path.split(separator: ".").map(String.init)
    guard let name = parts.first, var value = session.value(name) else {
      say("there is no `\(path)`")
      return
    }
    for part in parts.dropFirst() {
      guard let next = session.machine.part(part, of: value) else {
        say("there is no `\(path)`")
        return
      }
      value = next
    }
    say(EventText(style).value(value, named: path, in: session))
  }

  // MARK: Guessing

  /// - Returns: false when the learner leaves.
  private func put(_ question: Question) -> Bool {
    guard let line = ask?("\(question.what) = ? ") else { return false }
    let text = line.trimmingSpace
    if text == "q" || text == "quit", session.value(text) == nil { return false }
    if text.isEmpty || text == "?" {
      say("  it is \(session.machine.format(question.value)), from \(question.because)")
      score.asked += 1
      return true
    }
    let verdict: (isRight: Bool, text: String)
    switch text {
    case "+", "-", "0":
      let sign = question.value > 0 ? "+" : question.value < 0 ? "-" : "0"
      verdict =
        text == sign
        ? (true, "the sign is right; it is \(session.machine.format(question.value))")
        : (false, "it is \(session.machine.format(question.value)): \(question.because)")
    default:
      guard let guess = Double(text) ?? session.number(text) else {
        say("  a number, a formula over your names, or just its sign: + - 0; q leaves")
        return put(question)
      }
      verdict = question.judge(guess, session.machine.format)
    }
    score.asked += 1
    if verdict.isRight { score.right += 1 }
    say((verdict.isRight ? "  ✓ " : "  ✗ ") + verdict.text)
    return true
  }
}

/// One number to guess, and what wrong guesses give away.
struct Question {
  let what: String
  let value: Double
  let because: String
  /// Numbers that a mistake would give, with the mistake.
  let mistakes: [(value: Double, text: String)]

  static func forward(_ step: ForwardStep) -> [Question] {
    guard step.value.rank == 0 else { return [] }
    return [
      Question(
        what: step.name, value: step.value[0],
        because: "\(step.formula.substituted(NumberFormat()))", mistakes: [])
    ]
  }

  static func backward(_ step: BackwardStep, _ root: String) -> [Question] {
    step.contributions.flatMap { c -> [Question] in
      guard let local = c.partialValue, let partial = c.partial, let upstream = c.upstream,
        c.gradient.rank == 0
      else { return [] }
      let own = derivativeName(c.step, by: c.input)
      var questions = [
        Question(
          what: own, value: local, because: partial.text,
          mistakes: [(1 / local, "that is one over it; the local derivative is \(partial.text)")])
      ]
      if !step.isRoot {
        let whole = derivativeName(root, by: c.input)
        let gradient = c.gradient[0]
        var mistakes = [
          (
            local,
            "that is the local derivative alone; upstream, \(NumberFormat()(upstream)) arrives"
          ),
          (upstream, "that is what arrives from upstream; the local derivative \(own) is missing"),
          (upstream + local, "along a path factors multiply; you added them"),
        ]
        var value = gradient
        var because =
          "\(derivativeName(root, by: c.step)) × \(own) = \(NumberFormat()(upstream)) × \(NumberFormat()(local))"
        if let parts = c.sum {
          // The last of several paths has come: now the whole gradient can be asked for.
          value = parts.reduce(0) { $0 + $1[0] }
          because =
            "the sum over the paths: "
            + parts.map { NumberFormat()($0[0]) }.joined(separator: " + ")
          let paths = parts.map {
            ($0[0], "that is one path; \(parts.count) paths meet, and they add up")
          }
          mistakes = paths + mistakes
        } else if c.isPart {
          return questions
        }
        questions.append(
          Question(what: whole, value: value, because: because, mistakes: mistakes))
      }
      return questions
    }
  }

  /// Whether a guess is right to 1 %, and if not, which part of it is wrong.
  func judge(_ guess: Double, _ format: NumberFormat) -> (isRight: Bool, text: String) {
    func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= max(0.01 * abs(b), 5e-5) }
    if near(guess, value) { return (true, "\(what) = \(format(value))") }
    let told = "\(what) = \(format(value)), from \(because)"
    if value != 0, near(guess, -value) { return (false, "the sign is wrong: \(told)") }
    if let mistake = mistakes.first(where: { $0.value.isFinite && near(guess, $0.value) }) {
      return (false, "\(mistake.text): \(told)")
    }
    return (false, told)
  }
}
