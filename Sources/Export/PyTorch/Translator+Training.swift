// Forward, backward, step: the verbs, what they work on, and training by several processes.
import Explain
import Interpreter
import Syntax

extension Translator {
  // MARK: What was computed

  /// Notes an assignment at the top level.
  func note(_ bound: [String], _ written: [String], _ value: Expression, _ kind: ValueKind) {
    guard scope.isTop else { return }
    var uses: Set<String> = []
    Walk.visit(value) {
      if case .name(let name) = $0.kind { uses.insert(name) }
      if let function = $0.innerFunction { Names.uses(of: function, &uses) }
    }
    var isImpure = Effects.isImpure([Statement(kind: .expression(value), span: value.span)])
    var seen: Set<String> = []
    var open = uses
    while let name = open.popFirst() {
      guard seen.insert(name).inserted, case .callable(let callees)? = self.kind(of: name) else {
        continue
      }
      for case .written(let place) in callees {
        let facts = functionFacts(place)
        isImpure = isImpure || facts.isImpure || facts.type != nil
        open.formUnion(facts.uses)
        uses.formUnion(facts.uses)
      }
    }
    let isValue =
      kind.isTensor || kind == .any || { if case .list = kind { true } else { false } }()
    history.add(
      bound, written, uses: uses, isPlain: !isImpure && !written.isEmpty,
      canBeTracked: isValue && unrecorded == 0)
    if kind.isModule {
      for name in bound { history.addLeaf(name, "*\(names[name]).parameters()") }
    }
  }

  /// `forward loss`: the formulas once more.
  func replay(_ subject: Expression?, _ whole: Expression, step: [ForwardStep] = [])
    throws(Uncarried)
  {
    guard let subject, case .name(let name) = subject.kind, scope.isTop, !lost.contains(name),
      let formulas = history.formulas(of: name)
    else {
      throw Uncarried("PyTorch keeps no formulas to go through again: run the lines that made it")
    }
    guard !formulas.isEmpty else {
      return comment("Nothing below \(name) has changed.")
    }
    for formula in formulas {
      let start = lines.count
      for line in formula.lines { emit(line) }
      if let name = formula.names.first, formula.names.count == 1,
        let told = step.first(where: { $0.name == name }), told.value.count == 1
      {
        annotate("\(name) = \(NumberText.short(told.value[0]))", at: start)
      }
    }
  }

  // MARK: Verbs

  func verb(_ verb: Verb, _ subject: Expression?, _ statement: Statement) throws(Uncarried) {
    guard let subject else { throw Uncarried("`\(verb.rawValue)` stands alone") }
    let narration = scope.isTop && loopDepth == 0 ? narrations.next() : nil
    switch verb {
    case .forward:
      var steps: [ForwardStep] = []
      if case .forward(let pass)? = narration { steps = pass.steps }
      try replay(subject, subject, step: steps)
    case .backward:
      let call = BoundCall(
        NameRow("backward", "backward", "y:t gradient:t retain_graph:v"),
        [Expression.Argument(name: nil, value: subject)], isMethod: true)
      emit(try backward(call).text)
      if case .backward(let pass)? = narration { tell(pass) }
    case .step: try step(subject)
    case .explain: try explain(subject, narration)
    }
  }

  func backward(_ call: BoundCall) throws(Uncarried) -> Piece {
    let subject = try first(call)
    var options: [String] = []
    if let gradient = call["gradient"] { options.append(floats(try piece(gradient))) }
    if call.has("retain_graph") || isKept(subject) { options.append("retain_graph=True") }
    if scope.isTop {
      var used: Set<String> = []
      Walk.visit(subject) { if case .name(let name) = $0.kind { used.insert(name) } }
      history.reach(from: used)
    }
    return Piece(
      "\(try piece(subject).bound(9)).backward(\(options.joined(separator: ", ")))", .none)
  }

  /// Whether the graph may be asked for again. In a loop that computes it anew it is not.
  private func isKept(_ subject: Expression) -> Bool {
    guard case .name(let name) = subject.kind, loopDepth > 0 || functionDepth > 0 else {
      return true
    }
    var isMadeHere = false
    var asks = 0
    Walk.statements(in: block) { statement in
      if case .assign(let targets, .assign, _) = statement.kind,
        targets.contains(where: { if case .name(name) = $0.kind { true } else { false } })
      {
        isMadeHere = true
      }
    }
    Walk.expressions(in: block) { expression in
      switch expression.kind {
      case .gradient(let of, _): if case .name(name) = of.kind { asks += 1 }
      case .call:
        if let call = expression.calledBuiltin, ["backward", "grad"].contains(call.name),
          case .name(name)? = call.subject?.kind
        {
          asks += 1
        }
      default: break
      }
    } function: { _ in
    }
    if functionDepth > 0, loopDepth == 0, let last = block.last {
      if case .expression(let value) = last.kind, case .name(name) = value.kind { return true }
      if case .returnValue = last.kind { return true }
    }
    return !isMadeHere || asks > 1
  }

  /// The gradients of what learns, where they are single numbers.
  private func tell(_ pass: BackwardPass) {
    var totals: [String: Double] = [:]
    for contribution in pass.steps.flatMap({ $0.contributions })
    where contribution.gradient.count == 1 {
      if let parts = contribution.sum {
        totals[contribution.input] = parts.reduce(0) { $0 + $1[0] }
      } else if !contribution.isPart {
        totals[contribution.input] = contribution.gradient[0]
      }
    }
    let told = history.reached.compactMap { name in
      totals[name].map { "∂\(pass.root)/∂\(name) = \(NumberText.short($0))" }
    }
    if !told.isEmpty { comment(told.joined(separator: ", ")) }
  }

  private func step(_ subject: Expression) throws(Uncarried) {
    let inner = try piece(subject)
    if case .name = subject.kind { return emit("\(inner.text).step()") }
    let name = names.own("optimizer")
    emit("\(name) = \(inner.text)")
    emit("\(name).step()")
  }

  private func explain(_ subject: Expression, _ narration: Narration?) throws(Uncarried) {
    let inner = try piece(subject)
    if inner.kind == .optimizer {
      return emit("print(\(inner.text))  # nnrepl tells each step of its last update")
    }
    emit("print(\(inner.text))")
    switch narration {
    case .derivative(let derivation): annotate(derivation.sentence)
    case .value(let step, _) where step.value.count == 1:
      annotate("\(step.name) = \(step.formula.text) = \(NumberText.short(step.value[0]))")
    default: break
    }
  }

  /// `zero_grad(w)`
  func clearGradients(_ subject: Expression?) throws(Uncarried) {
    guard let subject else {
      for name in history.reached {
        emit(
          kind(of: name)?.isModule == true
            ? "\(names[name]).zero_grad()" : "\(names[name]).grad = None")
      }
      if history.reached.isEmpty { throw Uncarried("no backward pass has been made") }
      return
    }
    let inner = try piece(subject)
    switch inner.kind {
    case .parameter: emit("\(inner.bound(9)).grad = None")
    case .module, .optimizer: emit("\(inner.bound(9)).zero_grad()")
    case .list(.parameter):
      emit("for p in \(inner.text):")
      emit("    p.grad = None")
    default:
      need("clear_gradients")
      emit("clear_gradients(\(inner.text))")
    }
  }

  // MARK: Several processes

  /// `loss = cross_entropy(model(x), y)` in a training loop.
  private func trained(_ value: Expression) -> (
    row: NameRow, model: String, input: Expression, call: BoundCall
  )? {
    guard case .call(let callee, let arguments) = value.kind,
      case .name(let function) = callee.kind,
      let row = NameRow.byName[function], row.isMean, arguments.count >= 2,
      arguments.dropFirst(2).allSatisfy({ ["delta", "beta", "label_smoothing"].contains($0.name) }),
      arguments.prefix(2).allSatisfy({ $0.name == nil }),
      case .call(let model, let inputs) = arguments[0].value.kind, inputs.count == 1,
      inputs[0].name == nil, case .name(let name) = model.kind
    else { return nil }
    return (row, name, inputs[0].value, BoundCall(row, arguments, isMethod: false))
  }

  func sharedLoss(_ name: String, _ value: Expression) throws(Uncarried) -> String? {
    guard isDistributed, unrecorded == 0, let found = trained(value),
      kind(of: found.row.name) == nil,
      let parallel = scope.parallel[found.model], loopDepth > 0,
      !crossesRows || found.row.name.hasSuffix("entropy") || found.row.name == "nll_loss"
    else { return nil }
    var isLearned = false
    Walk.statements(in: block) { statement in
      if case .expression(let call) = statement.kind, let called = call.calledBuiltin,
        called.name == "backward", case .name(name)? = called.subject?.kind
      {
        isLearned = true
      }
    }
    guard isLearned else { return nil }
    var parts = try arguments(of: found.call)
    let input = floats(try piece(found.input))
    guard parts.count > 1, !parts[0].hasPrefix("*") else { return nil }
    let target = parts[1]
    parts[0] = "\(parallel)(x)"
    parts[1] = "y"
    need("shared_loss")
    return
      "shared_loss(lambda x, y: \(found.row.target)(\(parts.joined(separator: ", "))), "
      + "\(input), \(target))"
  }

  /// Before a loop that trains a model: from here on its gradients are averaged.
  func replicate(trainedIn body: [Statement]) {
    guard isDistributed, unrecorded == 0 else { return }
    var made: Set<String> = []
    Names.assigned(in: body, &made)
    var steps = false
    Walk.expressions(in: body) {
      if $0.calledBuiltin?.name == "step" { steps = true }
    } function: { _ in
    }
    guard steps else { return }
    Walk.statements(in: body) { statement in
      guard case .assign(_, .assign, let value) = statement.kind, let model = trained(value)?.model,
        !made.contains(model), scope.parallel[model] == nil,
        case .module(_, true)? = scope.kinds[model] ?? (scope.isTop ? nil : kind(of: model))
      else { return }
      need("parallel")
      let name = names.own("parallel_" + names[model])
      emit("\(name) = parallel(\(written(model)))")
      scope.parallel[model] = name
    }
  }
}

extension Derivation {
  /// The chain rule in one line: factors, and what they come to.
  var sentence: String {
    let name = "∂\(root.text)/∂\(variable.text)"
    let isShort = !paths.isEmpty && paths.count <= 3 && paths.allSatisfy { $0.factors.count <= 5 }
    let terms = paths.map { path in
      path.factors.map { factor in
        let text = factor.formula.text
        return text.contains(" ") && path.factors.count > 1 ? "(\(text))" : text
      }.joined(separator: " × ")
    }
    return (isShort && !isOneStep ? "\(name) = \(terms.joined(separator: " + "))" : name)
      + " = \(NumberText.short(total))"
  }
}
