// Facts from the tensor and gradient layers, put into the learner's words.
import Autograd
import Diagnostics
import Training
import Tensors

package enum Faults {
  static func binary(
    _ error: TensorError, _ symbol: String, _ site: OperatorSite, _ a: Node.Operand,
    _ b: Node.Operand
  ) -> Diagnostic {
    func shape(_ operand: Node.Operand) -> Shape {
      if case .node(let node) = operand { node.shape } else { .scalar }
    }
    let labels = [(site.left, "\(shape(a))"), (site.right, "\(shape(b))")]
    switch error {
    case .notMultipliable(let x, let y):
      let inner = y.rank == 1 ? y[0] : y[y.rank - 2]
      let fits = y.rank >= 2 && y[y.rank - 1] == x[x.rank - 1]
      return Diagnostic(
        .shapeMismatch, "`@` cannot multiply these shapes", at: site.span, also: labels,
        reason: "The last axis of the left side is \(x[x.rank - 1]), but the first axis of the "
          + "right side is \(inner).",
        hint: fits
          ? "transpose the right side: `.T` makes it \(Shape(reversing: y))"
          : "give the right side a first axis of \(x[x.rank - 1]), or check the layer's input size")
    case .notBroadcastable(let x, let y):
      return Diagnostic(
        .shapeMismatch, "`\(symbol)` cannot match these shapes", at: site.span, also: labels,
        reason: mismatch(x, y), hint: "make the axes equal, or one of them 1 with `unsqueeze`")
    case .scalarProduct:
      return Diagnostic(
        .shapeMismatch, "`@` needs tensors with at least one axis", at: site.span, also: labels,
        hint: "multiply by a single number with `*`")
    default: return tensor(error, site.span, names: [])
    }
  }

  /// A parameter of a layer was given something else by plain `=`.
  static func replaced(_ place: String, _ shape: Shape, by new: Value, _ span: Span) -> Diagnostic {
    Diagnostic(
      .wrongKind, "`\(place)` is a parameter; `=` would put \(new.kind) in its place", at: span,
      reason: "The layer would go on without the parameter, and nothing would train.",
      hint: "store \(shape.rank == 0 ? "a number" : "numbers of shape \(shape)") in it with "
        + "`\(place) := …`")
  }

  /// Which axes, matched from the last, differ.
  private static func mismatch(_ x: Shape, _ y: Shape) -> String {
    for back in 1...max(1, min(x.rank, y.rank)) where back <= x.rank && back <= y.rank {
      let (a, b) = (x[x.rank - back], y[y.rank - back])
      if a != b && a != 1 && b != 1 {
        let which = back == 1 ? "last axes" : "axes number \(back) from the end"
        return "Axes are matched from the last. Here the \(which) are \(a) and \(b)."
      }
    }
    return "Axes are matched from the last; each pair must be equal, or one of them 1."
  }

  package static func tensor(
    _ error: TensorError, _ span: Span, names: [String?], shapes: [Shape] = []
  ) -> Diagnostic {
    let name = names.first.flatMap { $0 }.map { "`\($0)`" } ?? "the tensor"
    switch error {
    case .notBroadcastable(let x, let y):
      return Diagnostic(
        .shapeMismatch, "shapes \(x) and \(y) do not match", at: span, reason: mismatch(x, y))
    case .notMultipliable(let x, let y):
      return Diagnostic(
        .shapeMismatch, "shapes \(x) and \(y) cannot be multiplied", at: span,
        reason: "The last axis of the left side must be as long as the first of the right side.")
    case .scalarProduct:
      return Diagnostic(
        .shapeMismatch, "a matrix product needs at least one axis on each side", at: span)
    case .axisOutOfRange(let dim, let shape):
      return Diagnostic(
        .badAxis, "there is no axis \(dim) in a tensor \(shape)", at: span,
        hint: shape.rank == 0
          ? "a single number has no axes"
          : "use \(-shape.rank) to \(shape.rank - 1)")
    case .repeatedAxis(let dim):
      return Diagnostic(.badAxis, "axis \(dim) is named twice", at: span)
    case .notReshapable(let shape, let dims):
      return Diagnostic(
        .shapeMismatch, "\(shape.count) numbers cannot be arranged as \(list(dims))", at: span,
        reason: "The tensor is \(shape).",
        hint: "the product of the new lengths must be \(shape.count)")
    case .notExpandable(let shape, let dims):
      return Diagnostic(
        .shapeMismatch, "a tensor \(shape) cannot be stretched to \(list(dims))", at: span,
        reason: "Only axes of length 1 stretch.")
    case .notPermutation(let order, let shape):
      return Diagnostic(
        .badAxis, "\(list(order)) does not name each axis of \(shape) once", at: span)
    case .indexOutOfRange(let index, let axis, let length):
      return Diagnostic(
        .indexOutOfRange, "there is no place \(index)", at: span,
        reason: length == 0
          ? "Axis \(axis) is empty." : "Axis \(axis) has \(length) places, 0 to \(length - 1).",
        hint: length > 0 && index == length ? "the last place is \(length - 1), or -1" : nil)
    case .tooManyIndices(let count, let shape):
      return Diagnostic(
        .badIndex, "\(count) indices are too many for \(name), which is \(shape)", at: span)
    case .stepNotPositive(let step):
      return Diagnostic(
        .badIndex, "the step of a range is \(step); it must be positive", at: span)
    case .maskShape(let mask, let shape):
      return Diagnostic(
        .shapeMismatch, "a mask \(mask) does not fit \(name), which is \(shape)", at: span)
    case .sizesDiffer(let a, let b, let axis, let operation):
      let isLiteral = operation == "[…]"
      if isLiteral, a.rank != b.rank {
        return Diagnostic(
          .ragged, "this bracket mixes numbers and rows", at: span,
          hint: "make every entry a number, or every entry a row; `list(…)` holds anything")
      }
      return Diagnostic(
        isLiteral ? .ragged : .shapeMismatch,
        isLiteral
          ? "the rows of this tensor differ: \(a) and \(b)"
          : "`\(operation)` needs equal shapes except on axis \(axis), but has \(a) and \(b)",
        at: span, hint: isLiteral ? "write `list(…)` for parts of different shape" : nil)
    case .nothingToJoin(let operation):
      return Diagnostic(.badArgument, "`\(operation)` has nothing to join", at: span)
    case .emptyReduction(let operation):
      return Diagnostic(
        .emptyReduction, "`\(operation)` of no elements does not exist", at: span)
    case .tooLarge(let dims, let limit):
      return Diagnostic(
        .memoryLimit, "a tensor \(list(dims)) would need more memory than the run may use",
        at: span, reason: "The limit is \(limit >> 20) MB.", hint: "use smaller sizes")
    case .negativeAxis(let dims):
      return Diagnostic(.badArgument, "a shape \(list(dims)) has a negative length", at: span)
    case .ragged: return Diagnostic(.ragged, "the rows of this tensor differ in length", at: span)
    case .rankNeeded(let operation, let rank, let shape):
      return Diagnostic(
        .shapeMismatch,
        "`\(operation)` needs \(rank == 1 ? "vectors" : "rank \(rank)"), not \(shape)",
        at: span, hint: operation == "dot" ? "for matrices write `@`" : nil)
    case .wholeNumbersNeeded(let what):
      return Diagnostic(.wholeNumber, "\(what) must hold whole numbers", at: span)
    case .windowTooLarge(let size, let image, let padding):
      return Diagnostic(
        .shapeMismatch,
        "a window \(list(size)) does not fit into \(list(image)) with padding \(list(padding))",
        at: span, hint: "use a smaller kernel, or more padding")
    case .layerInput(let layer, let given, let expected):
      return Diagnostic(
        .shapeMismatch, "`\(layer)` was given \(given)", at: span,
        reason: "It needs \(expected).")
    case .labelOutOfRange(let label, let row, let classes):
      return Diagnostic(
        .labelOutOfRange, "the label of sample \(row) is \(NumberFormat()(label))", at: span,
        reason:
          "There are \(classes) classes, so labels are whole numbers from 0 to \(classes - 1).",
        hint: label == Double(classes)
          ? "count labels from 0: `y - 1`, or give the model one more output"
          : "check the labels with `min(y)` and `max(y)`")
    case .oneSample(let layer, let shape):
      return Diagnostic(
        .oneSample, "`\(layer)` in training was given one sample, \(shape)", at: span,
        reason: "The spread of a single number is 0, so there is nothing to divide by.",
        hint: "use a larger batch (or `drop_last=true`), or `model.eval()` to predict")
    case .noRule(let operation, let operand):
      return Diagnostic(
        .notTracked, "`\(operation)` states no gradient for its operand `\(operand)`", at: span,
        reason: "It is differentiable in its other operands only.",
        hint: "cut that operand off with `.detach()`")
    case .noGradient(let operation, let operand):
      return Diagnostic(
        .notTracked,
        "`\(operation)` has no gradient for `\(operand)`, which depends on a parameter", at: span,
        reason:
          "As in PyTorch, it is differentiable in what it judges, not in what it is weighed by.",
        hint: "cut it off: `\(operand)=….detach()`")
    case .oneAxis(let operation, let setting, let axes):
      return Diagnostic(
        .badAxis, "`\(operation)` goes along one axis, not \(list(axes))", at: span,
        hint: "name one: `\(setting)=-1` is the last")
    case .settingMissing(let operation, let setting):
      return Diagnostic(
        .wrongArguments, "`\(operation)` needs `\(setting)`", at: span,
        hint: "write `\(operation)(…, \(setting)=…)`")
    case .wholeDivisionByZero:
      return Diagnostic(
        .badArgument, "whole numbers are divided by 0", at: span,
        reason: "As in PyTorch that is an error: an int64 holds no inf and no nan.",
        hint: "divide by a float, which gives inf or nan: `0.0`")
    case .stopped: return Diagnostic(.interrupted, "stopped by Ctrl-C", at: span)
    case .noValue(let formula):
      return Diagnostic(.internalFault, "the formula `\(formula)` has no value", at: span)
    case .setting(let operation, let rule, let value):
      return Diagnostic(
        .badArgument, "`\(operation)`: \(rule), not \(NumberFormat()(value))", at: span)
    }
  }

  private static func list(_ dims: [Int]) -> String {
    "[" + dims.map(String.init).joined(separator: ", ") + "]"
  }

  static func gradient(_ error: GradientError, _ graph: Graph, _ span: Span, name: String?)
    -> Diagnostic
  {
    let subject = subject(name)
    let again = name ?? "loss"
    switch error {
    case .notScalar(let node):
      return Diagnostic(
        .notScalar, "\(subject) has \(node.shape.count) numbers; backward starts from one",
        at: span,
        label: "\(node.shape)",
        hint: name.map { "reduce it to a loss with `mean(\($0))` or `sum(\($0))`" }
          ?? "reduce it to one number first, with `sum(…)` or `mean(…)`")
    case .untracked:
      return Diagnostic(
        .notTracked, "\(subject) does not depend on any parameter", at: span,
        reason: "Gradients flow to values declared with `param`.",
        hint: "declare what should be learned: `param w = …`")
    case .stale(let node, let changed):
      let leaf = graph.label(of: changed) ?? "a parameter"
      let user = graph.label(of: node) ?? again
      return Diagnostic(
        .staleGraph, "`\(leaf)` has changed since `\(user)` was computed from it", at: span,
        reason: "The recorded values no longer belong together.",
        hint: "run `forward \(again)` first, or compute \(subject) again")
    case .walked:
      return Diagnostic(
        .graphUsed, "\(subject) has been used for a backward pass already", at: span,
        reason: "As in PyTorch, one computed loss serves one backward pass.",
        hint:
          "compute \(subject) again, run `forward \(again)`, or write `backward(retain_graph=true)`"
      )
    case .tensor(let error, _): return tensor(error, span, names: [])
    }
  }

  /// A value by its name, if it has one.
  static func subject(_ name: String?) -> String { name.map { "`\($0)`" } ?? "the value" }

  // MARK: Calls

  package static func twice(_ name: String, _ span: Span) -> Diagnostic {
    Diagnostic(.wrongArguments, "`\(name)` is given twice", at: span, hint: "give it once")
  }

  static func count(_ function: String, _ names: [String], _ given: Int, _ span: Span) -> Diagnostic
  {
    let takes = names.isEmpty ? "no arguments" : "(\(names.joined(separator: ", ")))"
    return Diagnostic(
      .wrongArguments, "`\(function)` takes \(takes), but \(given) were given", at: span)
  }

  static func missing(_ function: String, _ name: String, _ span: Span) -> Diagnostic {
    Diagnostic(
      .wrongArguments, "`\(function)` needs a value for `\(name)`", at: span,
      hint: "see `help \(function)`")
  }

  static func noParameter(_ function: String, _ name: String, _ known: [String], _ span: Span)
    -> Diagnostic
  {
    // NumPy's word for PyTorch's.
    let near =
      name == "axis" && known.contains("dim") ? ["dim"] : Suggest.close(to: name, among: known)
    return Diagnostic(
      .wrongArguments, "`\(function)` has no argument `\(name)`", at: span,
      reason: known.isEmpty ? nil : "It takes \(known.joined(separator: ", ")).",
      hint: near.first.map { "did you mean `\($0)`?" })
  }

  // MARK: Schedules

  package static func schedule(
    _ error: Schedule.ScheduleError, _ name: String, _ span: Span
  ) -> Diagnostic {
    switch error {
    case .finished(let total):
      Diagnostic(
        .badArgument, "`\(name)` was made for \(total) steps; they are over", at: span,
        hint: "give a larger `total_steps`")
    case .metricNeeded:
      Diagnostic(
        .wrongArguments, "`\(name)` watches a number, and was given none", at: span,
        hint: "write `schedule.step(loss)`")
    }
  }
}

extension Shape {
  /// The shape of the transpose.
  fileprivate init(reversing shape: Shape) {
    self = (try? Shape(shape.dims.reversed())) ?? shape
  }
}
