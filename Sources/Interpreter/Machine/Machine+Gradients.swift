// Gradients on request: backward passes, single derivatives, numeric checks.
import Autograd
import Diagnostics
import Explain
import Training
import Tensors

extension Machine {
  /// The recorded value behind a learner's value, or why there is none.
  /// - Parameter name: nil if it has none.
  package func tracked(_ value: Value, _ name: String?, _ span: Span) throws(Diagnostic) -> Node {
    if case .tensor(let node) = value, node.isTracked { return node }
    switch value {
    case .tensor(let node): throw untracked(name, graph.cut(below: node), span)
    case .number: throw untracked(name, graph.lastNumberTaken, span)
    default:
      throw GradientFault.noGradients(of: name, kind: value.kind).at(span)
    }
  }

  /// That a value has no gradient, with the place at which it was cut off.
  private func untracked(_ name: String?, _ cut: Cut?, _ span: Span) -> Diagnostic {
    let cutter = cut.map { GradientFault.Cutter(name: $0.name, cause: $0.reason) }
    let site = cut.map { graph.sites[Int($0.site)] }
    let place = site.map { Span(source: $0.source, start: $0.start, end: $0.end) }
    let label = cutter.flatMap { cutter in place.map { ($0, cutter.label) } }
    return GradientFault.untracked(name: name, cut: cutter).at(
      span, also: [label].compactMap { $0 })
  }

  /// How many parameters the last backward pass reached.
  package var lastPass: Int { training.reached.count }

  /// A step on the way to a value, by the name that it was given there, the last one of that name.
  func step(named name: String, below root: Value) -> Node? {
    guard case .tensor(let node) = root else { return nil }
    var seen: Set<ObjectIdentifier> = []
    var waiting = [node]
    while let next = waiting.popLast(), seen.count < 10_000 {
      guard seen.insert(ObjectIdentifier(next)).inserted else { continue }
      if graph.label(of: next) == name { return next }
      waiting += next.operands.compactMap({ $0.node })
    }
    return nil
  }

  /// `loss.backward()`: adds gradients to all parameters below a value, and tells what is amiss.
  package func backward(
    _ value: Value, seed: Tensor?, retain: Bool, again: Bool = false, _ span: Span, name: String?
  ) throws(Diagnostic) {
    let root = try tracked(value, name, span)
    if let seed, seed.shape != root.shape {
      throw RunFault.startShape(gradient: seed.shape, value: root.shape).at(span)
    }
    let label = graph.label(of: root) ?? name
    // A parameter that was stepped along its gradient and still has it.
    let stale = training.reached.filter { $0.time > training.lastBackward && $0.hasGradient }
    training.summed.removeAll { !$0.parameter.hasGradient }
    defer {
      training.lastBackward = graph.clock
      training.root = root.time
      if !again {
        for parameter in stale
        where training.reached.contains(where: { $0 === parameter })
          && !training.summed.contains(where: { $0.parameter === parameter })
        {
          training.summed.append((parameter, span))
        }
      }
    }
    do throws(GradientError) {
      let reached = try graph.backward(from: root, seed: seed, retain: retain, again: again)
      training.history.meetsBackward(
        root.isScalar ? root.number : .nan, at: root.time,
        isSame: reached.first === training.reached.first)
      training.reached = reached
    } catch {
      throw GradientFault(error, graph, name: label).at(span)
    }
    if let spoiled = training.reached.first(where: { $0.gradient?.isFinite == false }),
      let gradient = spoiled.gradient
    {
      warnNonFinite(gradient, of: spoiled, root, seed, span)
    }
  }

  /// A nan or inf that is born on the way back: the values are finite, a slope is not.
  private func warnNonFinite(
    _ gradient: Tensor, of variable: Node, _ root: Node, _ seed: Tensor?, _ span: Span
  ) {
    // A value that is not finite has been told of, and so has a gradient that is handed in.
    guard root.value.isFinite || !told.birth, seed?.isFinite != false, tellsFirst(span),
      let gradients = try? graph.gradients(of: root, seed: seed)
    else { return }
    let name = graph.label(of: variable) ?? "a parameter"
    let number = gradient.values.first { !$0.isFinite } ?? .nan
    let birth = graph.birthOfNonFinite(gradients, below: root)
    let values = birth?.operands.map { text(of: Value(graph.constant($0.value))) } ?? []
    warn(
      GradientFault.gradientNotFinite(
        name: name, number: format(number),
        born: birth.map { .init(op: $0.op.name, operands: values) }
      ).at(span))
  }

  /// A step that leaves a number no float can hold; a gradient that is not finite was told of already.
  package func warnNonFinite(stepOf optimizer: Optimizer, _ span: Span) {
    guard let parameter = optimizer.spoiled, parameter.gradient?.isFinite != false,
      tellsFirst(span)
    else { return }
    let number = parameter.value.values.first { !$0.isFinite } ?? .nan
    warn(
      GradientFault.stepNotFinite(parameter: graph.label(of: parameter), number: format(number)).at(
        span))
  }

  /// Whether a place has not told its finding yet; in a loop the first time is enough.
  package func tellsFirst(_ span: Span) -> Bool {
    told.isFirst(span)
  }

  /// Gradients that do not agree are an event, not a remark at the end of a line.
  func warn(_ derivation: Derivation, _ span: Span) {
    guard let disagreement = derivation.disagreement else { return }
    let name = derivativeName(derivation.root.text, by: derivation.variable.text)
    let doubt: GradientFault.Doubt =
      switch disagreement {
      case .notFinite(let step): .notFinite(step: step)
      case .narrated(let sum): .narrated(sum: format(sum))
      case .numeric(let numeric, let isFloat32): .numeric(format(numeric), isFloat32: isFloat32)
      }
    warn(
      GradientFault.contradiction(derivative: name, total: format(derivation.total), doubt).at(span)
    )
  }

  /// One step of an optimizer.
  /// - Parameter tellsIdle: whether a step along nothing is told.
  package func step(_ optimizer: Optimizer, _ span: Span, tellsIdle: Bool = true)
    throws(Diagnostic)
  {
    optimizer.adopt(training.reached)
    warnSummed(optimizer)
    if tellsIdle, !optimizer.movesByItself, optimizer.parameters.allSatisfy({ $0.gradient == nil })
    {
      warn(GradientFault.idleStep.at(shown(span)))
    }
    training.history.meetsStep()
    do throws(TensorError) { try optimizer.step(graph) } catch {
      throw TensorFault(error).at(span)
    }
  }

  /// Told when the sum is stepped along: until then it may still be cleared, as a GAN's two optimizers do.
  private func warnSummed(_ optimizer: Optimizer) {
    guard
      let (parameter, span) = training.summed.first(where: { sum in
        sum.parameter.hasGradient && optimizer.parameters.contains { $0 === sum.parameter }
      })
    else { return }
    warn(
      GradientFault.summed(parameter: graph.label(of: parameter)).at(span))
  }

  /// `∂y/∂x` as a value; nothing is stored.
  /// - Parameters:
  ///   - isRecorded: whether the gradient has gradients itself.
  ///   - orZero: whether what does not depend on `x` has the gradient 0, as a derivative of `3*x` has.
  package func gradient(
    _ y: Value, by x: Value, _ span: Span, _ ySpan: Span, _ xSpan: Span, isRecorded: Bool = false,
    orZero: Bool = false
  ) throws(Diagnostic) -> Value {
    let name = sourceName(y)
    if case .list(let list) = x {
      var parts: [Value] = []
      for item in list.items {
        parts.append(
          try gradient(
            y, by: item, span, ySpan, xSpan, isRecorded: isRecorded, orZero: orZero))
      }
      return .list(ListObject(parts))
    }
    let variable = try tracked(x, sourceName(x), xSpan)
    func zero() throws(Diagnostic) -> Value {
      Value(
        try make(span) { () throws(TensorError) in
          try Tensor(filling: variable.shape, with: 0, dtype: variable.dtype)
        })
    }
    if orZero, !y.isTracked { return try zero() }
    // A gradient that is the same everywhere knows what it was taken by, and does not depend on it.
    if case .tensor(let node) = y, !node.isTracked, graph.cut(below: node) == nil,
      graph.recorded(below: node).contains(where: { $0 === variable })
    {
      throw GradientFault.independent(of: name, by: sourceName(x)).at(xSpan)
    }
    let root = try tracked(y, name, ySpan)
    var gradient: Node?
    do throws(GradientError) {
      gradient =
        isRecorded
        ? try graph.recordedGradient(of: root, by: variable)
        : try graph.gradients(of: root)(variable).map { graph.constant($0) }
    } catch {
      throw GradientFault(error, graph, name: name).at(span)
    }
    guard let gradient else {
      if orZero { return try zero() }
      throw GradientFault.independent(of: name, by: sourceName(x)).at(xSpan)
    }
    if !gradient.value.isFinite { warnNonFinite(gradient.value, of: variable, root, nil, span) }
    return Value(gradient)
  }

  func sourceName(_ value: Value) -> String? {
    if case .tensor(let node) = value { graph.label(of: node) } else { nil }
  }

  /// A record of the largest disagreement between gradients and central differences.
  package func gradcheck(_ y: Value, _ x: Value, _ span: Span) throws(Diagnostic) -> Value {
    let root = try tracked(y, sourceName(y), span)
    let variable = try tracked(x, sourceName(x), span)
    guard case .tensor(let gradient) = try tensorValue(gradient(y, by: x, span, span, span)) else {
      return .none
    }
    var worst = 0.0
    var kinks: [Value] = []
    var wrong: [Value] = []
    var isFinite = true
    for offset in 0..<variable.shape.count {
      let check: NumericCheck
      do throws(TensorError) {
        check = try graph.numericCheck(
          of: root, at: variable, offset: offset, analytic: gradient.value[offset])
      } catch {
        throw TensorFault(error).at(span)
      }
      let place = Value(
        "[" + variable.shape.indices(at: offset).map(String.init).joined(separator: ", ") + "]")
      switch check.verdict {
      case .kink: kinks.append(place)
      case .notFinite:
        wrong.append(place)
        isFinite = false
      case .disagrees:
        wrong.append(place)
        worst = max(worst, check.relativeError)
      // Where both are next to nothing their ratio says nothing.
      case .agrees: worst = max(worst, check.relativeError > 1e-5 ? 0 : check.relativeError)
      }
    }
    return .record(
      RecordObject([
        (
          "result",
          Value(
            !isFinite ? "not finite" : !wrong.isEmpty ? "wrong" : kinks.isEmpty ? "ok" : "kink")
        ),
        ("max_relative_error", .number(worst)), ("checked", .number(Double(variable.shape.count))),
        ("kinks", .list(ListObject(kinks))), ("wrong", .list(ListObject(wrong))),
      ]))
  }

  private func tensorValue(_ value: Value) -> Value {
    if case .number(let n) = value { .tensor(graph.constant(Tensor(n))) } else { value }
  }
}

extension Node {
  /// Whether there is a gradient to go along: cleared ones are missing, or all 0.
  fileprivate var hasGradient: Bool {
    gradient.map { $0.values.contains { $0 != 0 } } ?? false
  }
}
