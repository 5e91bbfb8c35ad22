// Help pages, made from the tables they document.
import Autograd
import Builtins
import Diagnostics
import Explain
import Interpreter
import Lessons
import Session
import Syntax
import Tensors

package enum HelpText {
  /// The page on a topic, or the nearest topics.
  package static func page(_ topic: String, _ style: Style) -> Result<String, Missing> {
    if topic.isEmpty { return .success(guide(style)) }
    if let verb = verbs[topic] {
      let others = Verb.allCases.map(\.rawValue).filter { $0 != topic }
      return .success(
        ([verb] + example(verbExamples[topic] ?? "") + seeAlso(others)).joined(separator: "\n"))
    }
    if let builtin = Builtin.named(topic) { return .success(page(builtin, style)) }
    if let statement = statements[topic] { return .success(statement) }
    if topic == "functions" { return .success(functions(style)) }
    if let topic = Builtin.Topic(rawValue: topic) { return .success(page(topic, style)) }
    if let id = Diagnostic.Identifier(rawValue: topic) {
      return .success(style.paint(topic, .bold) + "\n  " + id.page)
    }
    return .failure(Missing(topic: topic, near: Suggest.close(to: topic, among: topics)))
  }

  package struct Missing: Error {
    package let topic: String
    package let near: [String]
  }

  package static var topics: [String] {
    verbs.keys.sorted() + statements.keys.sorted() + ["functions"]
      + Builtin.Topic.allCases.map(\.rawValue) + Builtin.names
      + Diagnostic.Identifier.allCases.map(\.rawValue)
  }

  private static func page(_ builtin: Builtin, _ style: Style) -> String {
    var lines =
      [style.paint(builtin.signature, .bold)] + style.wrapped(builtin.summary, indent: "  ")
    if let function = builtin.function {
      lines.append("  with tensors \(function.signature) applies at once")
    }
    if builtin.isActivation {
      let settings = builtin.parameters.dropFirst().map { "\($0.name)=\($0.fallback ?? "none")" }
      lines.append("  as a layer  \(builtin.name)(\(settings.joined(separator: ", ")))")
    }
    if let op = builtin.op {
      if !op.definition.isEmpty { lines.append("  formula     z = \(op.definition)") }
      for (i, operand) in op.operands.enumerated() {
        let name = operand.name
        if let partial = op.partial(i) {
          if partial.number != 0 {
            lines.append("  derivative  ∂z/∂\(name) = \(renamed(partial, op))")
          }
        } else if let gradient = gradient(i, op) {
          // What dz means is said once.
          let note =
            lines.contains { $0.hasPrefix("  gradient") } ? "" : ", where dz is the gradient of z"
          lines.append("  gradient    of \(name): \(gradient.text)\(note)")
          for part in gradient.parts { lines.append("              where \(part)") }
        }
      }
      if case .none(let reason) = op.derivative {
        lines.append("  derivative  none: \(reason)")
      }
    }
    if !builtin.example.isEmpty { lines += example(builtin.example) }
    lines += seeAlso(neighbours(of: builtin))
    if Library.source(builtin.name) != nil || builtin.topic == .optimizers {
      lines.append("  source      ??\(builtin.name)")
    }
    return lines.joined(separator: "\n")
  }

  private static func seeAlso(_ names: [String]) -> [String] {
    names.isEmpty ? [] : ["  see also    " + names.joined(separator: ", ")]
  }

  /// The functions that stand beside one in its topic.
  private static func neighbours(of builtin: Builtin) -> [String] {
    let names = Builtin.all.filter { $0.topic == builtin.topic }.map(\.name)
    guard let i = names.firstIndex(of: builtin.name) else { return [] }
    let near = names[max(0, i - 2)..<min(names.count, i + 3)]
    return near.filter { $0 != builtin.name }
  }

  /// The example as a session would show it.
  private static func example(_ code: String) -> [String] {
    let session = Session()
    var output = ""
    let events = EventText(Style())
    _ = session.run(code) { output += events.render($0, in: session) }
    return ["  example     nn> \(code)"]
      + output.split(separator: "\n").map { "              \($0)" }
  }

  private static func renamed(_ formula: Formula, _ op: Op) -> String {
    formula.written { leaf in
      if case .operand(let i) = leaf { return op.operand(i)?.name }
      return nil
    }
  }

  /// A vjp as text, stated for matrices, with its named parts.
  private static func gradient(_ k: Int, _ op: Op) -> (text: String, parts: [String])? {
    // Stated for a sum, which has no count in it.
    let isMean = op.settings.contains { $0.name == "reduction" }
    let fitting = op.samples.filter { sample in
      !isMean || sample.attributes.word("reduction") == "sum"
    }
    guard let sample = fitting.first(where: { $0.inputs[0].rank == 2 }) ?? fitting.first,
      k < sample.inputs.count, let call = try? op.applied(sample.inputs, sample.attributes),
      op.reaches(k, call.inputs), let formula = try? op.pullback(k, call)
    else { return nil }
    // Operands that were left out stand in by their number.
    let filled = formula.filled { leaf in
      guard case .operand(let i) = leaf, i >= sample.inputs.count,
        case .number(let n)? = op.operand(i)?.absence
      else { return nil }
      return .number(n)
    }
    let text = renamed(filled, op).replacing(".T", with: "ᵀ")
    return (
      text + (isMean ? ", over n for the mean" : ""),
      filled.definitions.map { "\($0.name) = \(renamed($0.formula, op))" }
    )
  }

  private static func guide(_ style: Style) -> String {
    """
    nnrepl shows how neural networks learn, one chain rule at a time.

      x = 2                      a name and its value
      param w = 0.5              a number that can learn
      out = sigmoid(w*x)         everything computed from it is remembered
      loss = (out - 1)^2
      forward loss               compute again, and tell each step
      backward loss              every gradient, by the chain rule
      explain ∂loss/∂w           one gradient, factor by factor, checked numerically
      step sgd(lr=0.5)           change w against its gradient

    Lessons   nnrepl run lesson01.nn, and on to lesson09.nn
    Exercises nnrepl exercises, then nnrepl check ex01 (help exercises)
    Verbs     \(Verb.allCases.map(\.rawValue).joined(separator: " "))
    Pages     help WORD, for a verb, a function or the name of an error
              help functions, all of them; help keys; help commands; help json
    """
  }

  /// Every function, by topic.
  private static func functions(_ style: Style) -> String {
    Builtin.Topic.allCases.map { topic in
      let names = Builtin.all.filter { $0.topic == topic }.map(\.name)
      return topic.rawValue.padded(13) + fold(names, indent: 13, width: style.width)
    }.joined(separator: "\n") + "\nA topic has its page too, as in `help losses`."
  }

  /// The functions of a topic, each with its first line.
  private static func page(_ topic: Builtin.Topic, _ style: Style) -> String {
    Builtin.all.filter { $0.topic == topic }.flatMap { builtin in
      [style.paint(builtin.signature, .bold)] + style.wrapped(builtin.summary, indent: "  ")
    }.joined(separator: "\n")
  }

  private static func fold(_ words: [String], indent: Int, width: Int) -> String {
    var lines = [""]
    for word in words {
      if lines[lines.count - 1].count + word.count + 1 > width - indent { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
    }
    return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
  }

  private static let verbs: [String: String] = [
    "forward": """
    forward VALUE [, detail="ops" | "all"] [, pause=true] [, predict=true]
      Computes every value below VALUE again from its leaves as they are now, and tells each
      step: formula, numbers, result, and what it was before. Masks, places and what has no gradient
      (detach, no_grad) are computed again too; what it cannot follow is named with its line.
      Silent form: loss.forward()
    """,
    "backward": """
    backward LOSS [, detail="ops" | "all"] [, pause=true] [, predict=true]
      Backpropagation: from the loss down to every parameter, each local derivative and its link
      in the chain. Gradients are added to each parameter's `.grad`. detail="ops" makes every op a step and
      opens layers through their textbook definition. In a session pause=true goes step by step, and
      predict=true asks for each factor first.
      Silent form: loss.backward()
    """,
    "step": """
    step OPTIMIZER
      Moves each parameter against its gradient and shows the sum. Without a list of parameters
      the optimizer takes those that the last `backward` reached.
      Silent form: opt.step()
    """,
    "explain": """
    explain ∂LOSS/∂W    explain ∂LOSS/∂W[0, 2]    explain ∂²LOSS/∂W∂B    explain VALUE
    explain OPTIMIZER
      The chain rule for one gradient: every path from the loss to the parameter, each factor by
      name, by formula and by number, and the result beside a numeric estimate.
      For a tensor without an index: the matrix form. For a value: how it was computed. A derivative
      of a derivative is one too: ∂²LOSS/∂W², grad(grad(LOSS, W), B).
    """,
  ]

  private static let verbExamples: [String: String] = [
    "forward": "param w = 3; loss = (2*w - 1)^2; w := 1; forward loss",
    "backward": "param w = 3; out = 2*w; loss = (out - 1)^2; backward loss",
    "step": "param w = 3; loss = (w - 1)^2; loss.backward(); step sgd(lr=0.5)",
    "explain": "param w = 3; out = 2*w; loss = (out - 1)^2; explain ∂loss/∂w",
  ]

  private static let statements: [String: String] = [
    "param": """
    param NAME = VALUE
      A trainable number or tensor. All that is computed from it is recorded, so that gradients
      can flow back. Change it with `NAME := …` or with an optimizer.
    """,
    "layer": """
    layer Name(sizes) { param W = …; forward(x) { … } }
      A layer of your own: its parameters and its forward step. `model = Name(3, 2)` makes one,
      `model(x)` runs it, `model.parameters()` lists what it learns.
    """,
    "fn": """
    fn name(x, k=2) { … }     fn name(x) = x^2     fn(x) = x^2
      A function. The last expression is the result; `return` works too.
    """,
    "exercises": """
    nnrepl check ex03
      The first time it writes a file to start from; then edit that and check again. Each check calls your
      functions with fresh inputs. A wrong answer is compared with the factors of the right one and with
      known mistakes, and a failing case that is easy to follow is shown.
      nnrepl exercises            the list, with what you have passed
      nnrepl watch ex03           checks each time you save
      nnrepl hint ex03            the next hint; --all shows again those you have seen
      nnrepl predict ex03         asks for each factor of the gradient before it shows it
      nnrepl solution ex03        a solution, once yours has passed
      nnrepl reset ex03           the file to start from again; yours is kept
    """,
    "checks": """
    exercise NAME "Title" points 10 needs OTHER
      A check file of a course: nn with these statements. `forbid NAME, …` names built-ins that the learner's
      functions may not use; `hint 1 "…"` is shown when asked for; functions of its own serve as references.
    check NAME points 3 cases 20 { … }
      draw x, w in [-2, 2]; draw t in {0, 1}; draw X in [-1, 1] shape [n, 3]    fresh inputs
      call f(x, w)                          runs beside the learner's script; a block { … } may stand here
      expect EXPRESSION where a = … rtol 1e-6 atol 1e-12
      gradient LOSS by w                    shown beside autograd and central differences
      factors outer: a - t, input: x        whose product the answer is; terms: whose sum it is
      misconception "x is forgotten": …     a wrong formula, told when it gives the learner's answers
      uses f at most 1; axes batch, out; partial
    """,
    "json": """
    nnrepl --json
      A session for editors and notebooks: requests on standard input and events on standard output, each
      one JSON object on one line. Every event carries the `id` of its request.
      {"op": "execute", "id": 1, "code": "x = 2"}          runs a cell or a command
      {"op": "is_complete", "id": 2, "code": "f("}         whether it needs more lines
      {"op": "complete", "id": 3, "code": "sig", "cursor": 3}   what may come next
      {"op": "inspect", "id": 4, "name": "sigmoid"}        what `?sigmoid` shows
      {"op": "interrupt"}                                  stops the cell that runs
      Events: `stream` (what was printed), `result` (the value of the last statement), `display` (what a
      verb told, a figure), `error` (with `severity` and `diagnostic`), and at the end `done`, with
      `status` ok, error, incomplete or interrupted after `execute`, `complete` after `is_complete`,
      `start` and `matches` after `complete`, `found` and `text` after `inspect`.
    """,
    "keys": """
    Keys of a session
      Return         runs the entry, or goes on in a new line while it is not complete
      Alt-Return     a new line in any case
      Up, Down       lines of the entry, then earlier entries, each as a whole
      Ctrl-R         looks for an earlier entry
      Tab            completes names, fields, arguments, files and \\sigma; twice lists what there is
      Ctrl-A Ctrl-E  start and end of the line; Ctrl-K deletes up to the end
      Ctrl-C         drops the entry, or stops what runs; all names are kept
      Ctrl-Z         suspends; `fg` comes back
      Ctrl-D         leaves
    At a step      Return or n next, p back, w NAME shows a value, c runs on, q leaves
    At a question  a number, a formula over your names, or just its sign: + - 0
    """,
    "commands": """
    Commands of a session begin with a colon and may be cut short: :vars :cells :graph :time :save :load
    :undo :reset :help :quit. `:help` lists them; `?name` shows a page, `??name` a source.
    """,
    "no_grad":
      "no_grad { … }\n  What is computed inside has no gradient. `forward` computes it again.",
    "expect":
      "expect CONDITION, \"what it means\"\n  A check: the cell fails if the condition does not hold.",
    "for":
      "for x in SEQUENCE { … }     for x, y in PAIRS { … }\n  Runs the block for each element of a list, range or tensor.",
    "while": "while CONDITION { … }\n  Runs the block as long as the condition holds.",
    "repeat": "repeat COUNT { … }\n  Runs the block COUNT times.",
    "if": "if CONDITION { … } else if CONDITION { … } else { … }",
  ]
}
