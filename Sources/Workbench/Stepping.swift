// Walking through a narration step by step.
import Autograd
import Diagnostics
import Explain
import Interpreter
import Rendering
import Session
import Tensors

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
          predicts ? Question.forward(step, format) : []
        )
      }
    case .backward(let pass):
      steps = pass.steps.map { step in
        (
          text.render(.backward(pass.only(step)), isWhole: true),
          given(step.name, step.formula),
          predicts ? Question.backward(step, pass.root, format) : []
        )
      }
    default:
      show(.text(text.render(narration, isWhole: true) + "\n"))
      return
    }
    var quiz = Quiz(self)
    if predicts { say(style.paint(Quiz.keys, .faint)) }
    var seen = 0
    var runsOn = false
    var place = 0
    while place < steps.count {
      if place >= seen, !runsOn {
        if !steps[place].questions.isEmpty {
          say(style.paint(steps[place].given + "      (? helps, q leaves)", .faint))
        }
        for question in steps[place].questions {
          guard quiz.put(question) else { return say(quiz.summary ?? "") }
        }
      }
      show(.text(steps[place].text + "\n"))
      seen = max(seen, place + 1)
      // Where questions were asked there is no pause besides.
      if runsOn || predicts && !steps[place].questions.isEmpty {
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
    if let summary = quiz.summary { say(summary) }
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
}
