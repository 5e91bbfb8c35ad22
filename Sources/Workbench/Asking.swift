// Questions in words, answered with the field's word for it and a number of the learner's own.
import Autograd
import Diagnostics
import Interpreter
import Rendering
import Session
import Syntax
import Tensors
import Training

extension Workbench {
  /// `what is a bias`, `explain sigmoid`: nil if it is an entry like any other.
  func asked(_ text: String) -> Ending? {
    let words = text.split(separator: " ").map(String.init)
    let plain = text.lowercased().filter { $0.isLetter || $0 == " " }
    if [
      "help me", "how do i start", "how to start", "what can you do", "what can i do", "hello",
      "hi",
    ]
    .contains(plain), session.value(words[0]) == nil {
      return help("")
    }
    guard words.count > 1, !text.contains("\n"), !text.contains("=") else { return nil }
    // A verb with a value of the learner's own is what it always was.
    if Verb(rawValue: words[0]) != nil {
      guard words[0] == "explain" else { return nil }
      if words.count > 2 { return GlossaryWord.asked(text) == nil ? nil : help(text) }
      switch session.value(words[1]) {
      case .builtin?: return help(words[1])
      case .function?, .layer?: return question("??" + words[1])
      case nil where GlossaryWord.named(words[1]) != nil: return help(words[1])
      default: return nil
      }
    }
    guard session.value(words[0]) == nil, GlossaryWord.asked(text) != nil else { return nil }
    return help(text)
  }

  /// A number of this session that shows what a word means; nil if it has none.
  func example(of word: GlossaryWord) -> String? {
    let variables = session.machine.variables.filter { $0.name != "_" && $0.name != "Out" }
    func first(_ pick: (String, Value) -> String?) -> String? {
      for (name, value) in variables { if let found = pick(name, value) { return found } }
      return nil
    }
    func parameter(_ pick: (String, Node) -> String?) -> String? {
      first { name, value in
        if case .tensor(let node) = value, node.isParameter { pick(name, node) } else { nil }
      }
    }
    func layer(_ pick: (String, LayerObject) -> String?) -> String? {
      first { name, value in if case .layer(let layer) = value { pick(name, layer) } else { nil } }
    }
    let format = session.machine.format
    switch word.name {
    case "loss":
      guard let loss = session.number("loss") else { return nil }
      return "`loss` is \(format(loss))"
    case "gradient", "backward", "derivative":
      return parameter { name, node in
        node.gradient.map { "`\(name).grad` is \(format.brief($0))" }
      }
    case "parameter", "weight":
      return parameter { name, node in "`\(name)` is \(format.brief(node.value))" }
        ?? layer { name, layer in
          "`\(name)` has \(layer.parameters.reduce(0) { $0 + $1.shape.count }) of them"
        }
    case "bias":
      return first { name, value in
        guard case .tensor(let node) = value, node.isParameter, name == "b" || name == "bias" else {
          return nil
        }
        return "`\(name)` is \(format.brief(node.value))"
      }
        ?? layer { name, layer in
          layer.parameters.first { session.machine.graph.label(of: $0)?.hasSuffix("bias") == true }
            .map { "that of `\(name)` has \($0.shape.count) numbers" }
        }
    case "learning rate", "optimizer":
      return first { name, value in
        guard case .optimizer(let optimizer) = value,
          let rate = optimizer.settings.first(where: { $0.name == "lr" })
        else { return nil }
        return "`\(name).lr` is \(format(rate.value))"
      }
    case "shape", "tensor", "matrix":
      return first { name, value in
        guard case .tensor(let node) = value, node.shape.rank > 0 else { return nil }
        return "`\(name).shape` is \(node.shape)"
      }
    case "layer", "mlp", "hidden layer", "linear layer":
      return layer { name, layer in
        "`\(name)` is a \(layer.type) with \(layer.parameters.reduce(0) { $0 + $1.shape.count }) numbers to learn"
      }
    case "train mode", "dropout", "batch norm":
      return layer { name, layer in "`\(name)` is in \(layer.isTraining ? "train" : "eval") mode" }
    case "output", "activation", "sigmoid":
      guard let out = session.number("out") else { return nil }
      return "`out` is \(format(out))"
    case "weighted sum":
      guard let z = session.number("z") else { return nil }
      return "`z` is \(format(z))"
    case "accuracy":
      guard let accuracy = session.number("acc") else { return nil }
      return "`acc` is \(format(accuracy))"
    default: return nil
    }
  }

  /// What `loss.backward()` did, where someone sits: it prints nothing of its own.
  func tellOfPass(_ text: String) {
    let source = SourceText(id: 0, name: "", text)
    guard case .expression(let last)? = Parser.parse(source).statements.last?.kind,
      case .call(let callee, _) = last.kind, case .field(let root, "backward", _) = callee.kind
    else { return }
    let count = session.machine.lastPass
    say(
      style.paint(
        "\(count) gradient\(count == 1 ? "" : "s"); `backward \(root.text)` tells the steps, `explain ∂\(root.text)/∂…` one of them",
        .faint))
  }
}
