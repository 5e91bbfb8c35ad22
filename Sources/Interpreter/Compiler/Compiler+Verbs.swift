// The verbs, compiled: what they work on and how they are told.
import Autograd
import Diagnostics
import Explain
import Training
import Syntax
import Tensors

extension Compiler {
  func verb(
    _ verb: Verb, _ subject: Expression?, _ options: [Expression.Argument], _ span: Span
  ) throws(Diagnostic) -> Action {
    for option in options where !verb.options.contains(option.name ?? "") {
      throw RunFault.noParameter(verb.rawValue, name: option.name ?? "", takes: verb.options).at(
        option.value.span)
    }
    guard let subject else {
      let examples: [Verb: String] = [
        .forward: "forward loss", .backward: "backward loss", .step: "step sgd(lr=0.1)",
        .explain: "explain ∂loss/∂w",
      ]
      throw RunFault.verbAlone(verb: verb.rawValue, example: examples[verb] ?? "").at(span)
    }
    var detail: Code?
    var pause: Test?
    var predict: Test?
    for option in options {
      switch option.name {
      case "detail": detail = try code(option.value)
      case "pause": pause = try test(option.value)
      default: predict = try test(option.value)
      }
    }
    let verbRun = VerbRun(
      machine: machine, detail: detail, pause: pause, predict: predict, name: subject.text,
      span: subject.span, top: scope.top)
    switch verb {
    case .forward:
      let value = try code(subject)
      return Action { f throws(Diagnostic) in
        try verbRun.forward(try value.run(f), f)
        return .normal
      }
    case .backward:
      let value = try code(subject)
      return Action { f throws(Diagnostic) in
        try verbRun.backward(try value.run(f), f)
        return .normal
      }
    case .step:
      let value = try code(subject)
      return Action { f throws(Diagnostic) in
        try verbRun.step(try value.run(f), f)
        return .normal
      }
    case .explain: return try explanation(subject, verbRun)
    }
  }

  /// `explain ∂loss/∂w`, `explain ∂loss/∂W[0, 2]`, `explain z`, `explain opt`.
  private func explanation(_ subject: Expression, _ verbRun: VerbRun) throws(Diagnostic) -> Action {
    guard case .gradient(let of, let by) = subject.asDerivative.kind else {
      if case .index(let base, let entries) = subject.kind {
        let (whole, parts) = (try code(base), try indexParts(entries))
        let value = try code(subject)
        return Action { f throws(Diagnostic) in
          let tensor = try whole.run(f)
          if try !verbRun.explain(entry: tensor, base.text, try parts(f), f) {
            try verbRun.explain(try value.run(f), f)
          }
          return .normal
        }
      }
      let value = try code(subject)
      return Action { f throws(Diagnostic) in
        try verbRun.explain(try value.run(f), f)
        return .normal
      }
    }
    let root = try differentiable(of)
    if case .index(let base, let entries) = by.kind {
      let (variable, parts) = (try code(base), try indexParts(entries))
      return Action { f throws(Diagnostic) in
        try verbRun.explain(
          try root.run(f), named: of, by: try variable.run(f), base, parts: try parts(f), f)
        return .normal
      }
    }
    let variable = try code(by)
    return Action { f throws(Diagnostic) in
      try verbRun.explain(try root.run(f), named: of, by: try variable.run(f), by, parts: nil, f)
      return .normal
    }
  }
}
