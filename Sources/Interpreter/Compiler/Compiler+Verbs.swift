// The verbs, compiled: what they work on and how they are told.
import Autograd
import Diagnostics
import Explain
import Training
import Syntax
import Tensors

extension Compiler {
  func verb(
    _ verb: Verb, _ asked: Expression?, _ options: [Expression.Argument], _ span: Span
  ) throws(Diagnostic) -> Action {
    for option in options where !verb.options.contains(option.name ?? "") {
      throw RunFault.noParameter(verb.rawValue, name: option.name ?? "", takes: verb.options).at(
        option.value.span)
    }
    guard var subject = asked else {
      let examples: [Verb: String] = [
        .forward: "forward loss", .backward: "backward loss", .step: "step sgd(lr=0.1)",
        .explain: "explain ∂loss/∂w",
      ]
      throw RunFault.verbAlone(verb: verb.rawValue, example: examples[verb] ?? "").at(span)
    }
    var run = VerbRun.Options()
    for option in options {
      switch option.name {
      case "detail": run.detail = try code(option.value)
      case "view": run.view = try code(option.value)
      case "mode": run.mode = try code(option.value)
      case "pause": run.pause = try test(option.value)
      case "predict": run.predict = try test(option.value)
      default:
        // `explain loss, wrt=x` is `explain ∂loss/∂x`.
        subject = Expression(kind: .gradient(subject, option.value), span: subject.span)
      }
    }
    if run.mode != nil || run.view != nil, stored(subject) == nil {
      guard case .gradient = spelled(subject).kind else {
        throw GradientFault.wantsVariable(subject.text).at(subject.span)
      }
    }
    let verbRun = VerbRun(
      machine: machine, options: run, name: subject.text, span: subject.span, top: scope.top)
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

  /// `explain ∂loss/∂w`, `explain ∂loss/∂W[0, 2]`, `explain z`, `explain opt`; and what else means a derivative:
  /// `w.grad`, `dloss/dw`, `grad(loss, w)`.
  private func explanation(_ subject: Expression, _ verbRun: VerbRun) throws(Diagnostic) -> Action {
    if let (leaf, entries) = stored(subject) {
      return try explanationOfStored(leaf, entries, subject, verbRun)
    }
    guard case .gradient(let of, let by) = spelled(subject).kind else {
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
      let (variable, parts) = (try found(base), try indexParts(entries))
      return Action { f throws(Diagnostic) in
        let value = try root.run(f)
        try verbRun.explain(
          value, named: of, by: try variable(value, f), base, parts: try parts(f), f)
        return .normal
      }
    }
    let variable = try found(by)
    return Action { f throws(Diagnostic) in
      let value = try root.run(f)
      try verbRun.explain(value, named: of, by: try variable(value, f), by, parts: nil, f)
      return .normal
    }
  }

  /// What is differentiated by; a name that is none here may be one that a function or a layer gave on the way to the
  /// root, as the narration shows it: `z`, `model[0].out`.
  private func found(_ by: Expression) throws(Diagnostic)
    -> (_ root: Value, Frame) throws(Diagnostic) -> Value
  {
    let variable = try code(by)
    let (machine, name) = (machine, by.text)
    return { root, f throws(Diagnostic) in
      do throws(Diagnostic) { return try variable.run(f) } catch {
        switch error.facts(as: RunFault.self) {
        case .unknownName, .noField: break
        default: throw error
        }
        guard let node = machine.step(named: name, below: root) else { throw error }
        return .tensor(node)
      }
    }
  }

  /// `w.grad`, `W.grad[0, 2]`
  private func stored(_ subject: Expression) -> (
    leaf: Expression, entries: [Expression.IndexEntry]?
  )? {
    switch subject.kind {
    case .field(let leaf, "grad", _): (leaf, nil)
    case .index(let base, let entries):
      if case .field(let leaf, "grad", _) = base.kind { (leaf, entries) } else { nil }
    default: nil
    }
  }

  /// A gradient that is kept: of what the last backward pass began at.
  private func explanationOfStored(
    _ leaf: Expression, _ entries: [Expression.IndexEntry]?, _ subject: Expression,
    _ verbRun: VerbRun
  ) throws(Diagnostic) -> Action {
    let variable = try code(leaf)
    let parts = try entries.map { e throws(Diagnostic) in try indexParts(e) }
    let machine = machine
    return Action { f throws(Diagnostic) in
      let value = try variable.run(f)
      guard let root = machine.training.root.flatMap(machine.graph.node(recordedAt:)) else {
        throw GradientFault.noPass(leaf.text).at(subject.span)
      }
      let of = Expression(
        kind: .name(machine.graph.label(of: root) ?? "loss"), span: subject.span)
      let chosen = try parts.map { p throws(Diagnostic) in try p(f) }
      try verbRun.explain(.tensor(root), named: of, by: value, leaf, parts: chosen, f)
      return .normal
    }
  }

  /// `dloss/dw` means `∂loss/∂w` where no one has given `dloss` and `dw` a value.
  private func spelled(_ subject: Expression) -> Expression {
    guard case .binary(.divide, let above, let below, _) = subject.kind,
      let of = spelled(part: above), let by = spelled(part: below)
    else { return subject.asDerivative }
    return Expression(kind: .gradient(of, by), span: subject.span)
  }

  private func spelled(part: Expression) -> Expression? {
    switch part.kind {
    case .name(let name):
      let rest = String(name.dropFirst())
      guard name.first == "d", !rest.isEmpty, case .global = scope.place(name),
        machine[name] == nil
      else { return nil }
      return Expression(kind: .name(rest), span: part.span)
    case .index(let base, let entries):
      return spelled(part: base).map { Expression(kind: .index($0, entries), span: part.span) }
    case .field(let base, let name, let span):
      return spelled(part: base).map {
        Expression(kind: .field($0, name, nameSpan: span), span: part.span)
      }
    default: return nil
    }
  }
}
