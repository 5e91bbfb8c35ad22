// Gradients on request: backward passes, single derivatives, numeric checks.
import Autograd
import Diagnostics
import Tensors

extension Machine {
  /// The recorded value behind a learner's value, or why there is none.
  func tracked(_ value: Value, _ name: String, _ span: Span) throws(Diagnostic) -> Node {
    if case .tensor(let node) = value, node.isTracked { return node }
    switch value {
    case .tensor, .number:
      throw Diagnostic(
        .notTracked, "`\(name)` does not depend on any parameter", at: span,
        reason:
          "Only what is computed from a `param` is recorded; `no_grad`, `.detach()` and `.item()` cut it off.",
        hint: "declare what should be learned, as in `param w = 0.5`, and compute it again")
    default:
      throw Diagnostic(
        .wrongKind, "`\(name)` is \(value.kind); gradients are of numbers and tensors", at: span)
    }
  }

  func backward(
    _ value: Value, seed: Tensor?, retain: Bool, again: Bool = false, _ span: Span, name: String
  ) throws(Diagnostic) {
    let root = try tracked(value, name, span)
    if let seed, seed.shape != root.shape {
      throw Diagnostic(
        .shapeMismatch,
        "the gradient to start from is \(seed.shape), but the value is \(root.shape)",
        at: span)
    }
    let label = graph.label(of: root) ?? name
    // A parameter that was stepped along its gradient and still has it will be stepped along the sum.
    let forgotten = reached.filter { $0.gradient != nil && $0.time > lastBackward }
    defer {
      lastBackward = graph.clock
      if !again, let first = reached.first(where: { p in forgotten.contains { $0 === p } }) {
        warnForgotten(first, span)
      }
    }
    do throws(GradientError) {
      reached = try graph.backward(from: root, seed: seed, retain: retain, again: again)
    } catch {
      throw Faults.gradient(error, graph, span, name: label)
    }
  }

  private func warnForgotten(_ parameter: Node, _ span: Span) {
    warn(
      Diagnostic(
        .gradientAccumulates, severity: .warning,
        "`\(graph.label(of: parameter) ?? "w")` still had the gradient of the step before",
        at: span,
        reason: "`backward` added to it, so the next step goes along the sum of both.",
        hint: "call `opt.zero_grad()` before each `backward()`"))
  }

  /// `∂y/∂x` as a value; nothing is stored.
  /// - Parameter isRecorded: whether the gradient has gradients itself.
  func gradient(
    _ y: Value, by x: Value, _ span: Span, _ ySpan: Span, _ xSpan: Span, isRecorded: Bool = false
  ) throws(Diagnostic) -> Value {
    let name = sourceName(y) ?? "the value"
    let root = try tracked(y, name, ySpan)
    if case .list(let list) = x {
      var parts: [Value] = []
      for item in list.items {
        parts.append(
          try gradient(y, by: item, span, ySpan, xSpan, isRecorded: isRecorded))
      }
      return .list(ListObject(parts))
    }
    let variable = try tracked(x, sourceName(x) ?? "the variable", xSpan)
    var gradient: Node?
    do throws(GradientError) {
      gradient =
        isRecorded
        ? try graph.recordedGradient(of: root, by: variable)
        : try graph.gradients(of: root)(variable).map { graph.constant($0) }
    } catch {
      throw Faults.gradient(error, graph, span, name: name)
    }
    guard let gradient else {
      throw Diagnostic(
        .notTracked, "`\(name)` does not depend on `\(sourceName(x) ?? "this")`", at: xSpan)
    }
    return Value(gradient)
  }

  func sourceName(_ value: Value) -> String? {
    if case .tensor(let node) = value { graph.label(of: node) } else { nil }
  }

  /// A record of the largest disagreement between gradients and central differences.
  func gradcheck(_ y: Value, _ x: Value, _ span: Span) throws(Diagnostic) -> Value {
    let root = try tracked(y, sourceName(y) ?? "the value", span)
    let variable = try tracked(x, sourceName(x) ?? "the variable", span)
    guard case .tensor(let gradient) = try tensorValue(gradient(y, by: x, span, span, span)) else {
      return .none
    }
    var worst = 0.0
    var kinks: [Value] = []
    var wrong: [Value] = []
    for offset in 0..<variable.shape.count {
      let check: NumericCheck
      do throws(TensorError) {
        check = try graph.numericCheck(
          of: root, at: variable, offset: offset, analytic: gradient.value[offset])
      } catch {
        throw Faults.tensor(error, span, names: [])
      }
      let place = Value(
        "[" + variable.shape.indices(at: offset).map(String.init).joined(separator: ", ") + "]")
      if check.isKink {
        kinks.append(place)
      } else {
        if !check.agrees { wrong.append(place) }
        worst = max(worst, check.agrees && check.relativeError > 1e-5 ? 0 : check.relativeError)
      }
    }
    return .record(
      RecordObject([
        ("result", Value(wrong.isEmpty ? (kinks.isEmpty ? "ok" : "kink") : "wrong")),
        ("max_relative_error", .number(worst)), ("checked", .number(Double(variable.shape.count))),
        ("kinks", .list(ListObject(kinks))), ("wrong", .list(ListObject(wrong))),
      ]))
  }

  private func tensorValue(_ value: Value) -> Value {
    if case .number(let n) = value { .tensor(graph.constant(Tensor(n))) } else { value }
  }
}
