// What is asked at the steps of a forward or backward pass.
import Autograd
import Explain
import Tensors

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
