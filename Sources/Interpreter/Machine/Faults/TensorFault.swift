// What can go wrong with tensors and schedules, put into the learner's words.
import Diagnostics
import Tensors
import Training

/// A fault that tensors found.
package struct TensorFault: Facts {
  package let error: TensorError
  /// What the source calls the tensor.
  package let name: String?

  package init(_ error: TensorError, name: String? = nil) {
    (self.error, self.name) = (error, name)
  }

  package var words: Words {
    let subject = name.map { "`\($0)`" } ?? "the tensor"
    switch error {
    case .notBroadcastable(let x, let y):
      return Words(
        .shapeMismatch, "shapes \(x) and \(y) do not match", reason: TensorFault.mismatch(x, y),
        hint: "make the axes equal, or one of them 1 with `unsqueeze`")
    case .notMultipliable(let x, let y):
      return Words(
        .shapeMismatch, "shapes \(x) and \(y) cannot be multiplied",
        reason: "The last axis of the left side must be as long as the first of the right side.",
        hint: "transpose one side with `.T`, or check the sizes of the layers")
    case .scalarProduct:
      return Words(
        .shapeMismatch, "a matrix product needs at least one axis on each side",
        hint: "multiply by a single number with `*`")
    case .axisOutOfRange(let dim, let shape):
      return Words(
        .badAxis, "there is no axis \(dim) in a tensor \(shape)",
        hint: shape.rank == 0
          ? "a single number has no axes" : "use \(-shape.rank) to \(shape.rank - 1)")
    case .repeatedAxis(let dim):
      return Words(.badAxis, "axis \(dim) is named twice", hint: "name each axis once")
    case .notReshapable(let shape, let dims):
      return Words(
        .shapeMismatch, "\(shape.count) numbers cannot be arranged as \(list(dims))",
        reason: "The tensor is \(shape).",
        hint: "the product of the new lengths must be \(shape.count)")
    case .notExpandable(let shape, let dims):
      return Words(
        .shapeMismatch, "a tensor \(shape) cannot be stretched to \(list(dims))",
        reason: "Only axes of length 1 stretch.",
        hint: "keep the other lengths, or make an axis of length 1 with `unsqueeze`")
    case .notPermutation(let order, let shape):
      return Words(
        .badAxis, "\(list(order)) does not name each axis of \(shape) once",
        hint: "name them all, as in `\(list(Array((0..<shape.rank).reversed())))`")
    case .indexOutOfRange(let index, let axis, let length):
      return Words(
        .indexOutOfRange, "there is no place \(index)",
        reason: length == 0
          ? "Axis \(axis) is empty." : "Axis \(axis) has \(length) places, 0 to \(length - 1).",
        hint: length == 0
          ? "look at what it was made from: something left nothing over"
          : "the last place is \(length - 1), or -1")
    case .tooManyIndices(let count, let shape):
      return Words(
        .badIndex, "\(count) indices are too many for \(subject), which is \(shape)",
        hint: shape.rank == 0
          ? "leave the index out: it is a single number" : "write at most \(shape.rank)")
    case .stepNotPositive(let step):
      return Words(
        .badIndex, "the step of a range is \(step); it must be positive",
        hint: "turn the order round with `flip(x, 0)`")
    case .maskShape(let mask, let shape):
      return Words(
        .shapeMismatch, "a mask \(mask) does not fit \(subject), which is \(shape)",
        hint: "make the mask from the tensor itself, as in `x[x > 0]`")
    case .sizesDiffer(let a, let b, let axis, let operation):
      guard operation == "[…]" else {
        return Words(
          .shapeMismatch,
          "`\(operation)` needs equal shapes except on axis \(axis), but has \(a) and \(b)",
          hint: "join along another axis with `dim=`, or `reshape` one of them")
      }
      return a.rank != b.rank
        ? Words(
          .ragged, "this bracket mixes numbers and rows",
          hint: "make every entry a number, or every entry a row; `list(…)` holds anything")
        : Words(
          .ragged, "the rows of this tensor differ: \(a) and \(b)",
          hint: "write `list(…)` for parts of different shape")
    case .nothingToJoin(let operation):
      return Words(
        .badArgument, "`\(operation)` has nothing to join",
        hint: "give it at least one tensor, as in `\(operation)(list([1, 2], [3, 4]))`")
    case .emptyReduction(let operation):
      return Words(
        .emptyReduction, "`\(operation)` of no elements does not exist",
        hint: "look at the size before: `len(x)`")
    case .tooLarge(let dims, let limit):
      return Words(
        .memoryLimit, "a tensor \(list(dims)) would need more memory than the run may use",
        reason: "The limit is \(limit >> 20) MB.", hint: "use smaller sizes")
    case .negativeAxis(let dims):
      return Words(
        .badArgument, "a shape \(list(dims)) has a negative length", hint: "lengths are 0 or more")
    case .tooManyAxes(let count, let most):
      return Words(
        .badArgument, "a tensor has at most \(most) axes, not \(count)",
        hint: "join axes: `flatten(x)`")
    case .rankNeeded(let operation, let rank, let shape):
      return Words(
        .shapeMismatch,
        "`\(operation)` needs \(rank == 1 ? "vectors" : "rank \(rank)"), not \(shape)",
        hint: operation == "dot"
          ? "for matrices write `@`"
          : shape.rank < rank
            ? "add an axis with `unsqueeze(x, 0)`" : "take a part of it, as in `x[0]`")
    case .wholeNumbersNeeded(let what):
      return Words(
        .wholeNumber, "\(what) must hold whole numbers", hint: "round them first: `floor(x)`")
    case .windowTooLarge(let size, let image, let padding):
      return Words(
        .shapeMismatch,
        "a window \(list(size)) does not fit into \(list(image)) with padding \(list(padding))",
        hint: "use a smaller kernel, or more padding")
    case .layerInput(let layer, let given, let expected):
      return Words(
        .shapeMismatch, "`\(layer)` was given \(given)", reason: "It needs \(expected).",
        hint: "look at `x.shape`; `reshape` or `unsqueeze` makes it fit")
    case .labelOutOfRange(let label, let row, let classes):
      return Words(
        .labelOutOfRange, "the label of sample \(row) is \(NumberFormat()(label))",
        reason:
          "There are \(classes) classes, so labels are whole numbers from 0 to \(classes - 1).",
        hint: label == Double(classes)
          ? "count labels from 0: `y - 1`, or give the model one more output"
          : "check the labels with `min(y)` and `max(y)`")
    case .oneSample(let layer, let shape):
      return Words(
        .oneSample, "`\(layer)` in training was given one sample, \(shape)",
        reason: "The spread of a single number is 0, so there is nothing to divide by.",
        hint: "use a larger batch (or `drop_last=true`), or `model.eval()` to predict")
    case .noRule(let operation, let operand):
      return Words(
        .notTracked, "`\(operation)` states no gradient for its operand `\(operand)`",
        reason: "It is differentiable in its other operands only.",
        hint: "cut that operand off with `.detach()`")
    case .noGradient(let operation, let operand):
      return Words(
        .notTracked,
        "`\(operation)` has no gradient for `\(operand)`, which depends on a parameter",
        reason:
          "As in PyTorch, it is differentiable in what it judges, not in what it is weighed by.",
        hint: "cut it off: `\(operand)=….detach()`")
    case .oneAxis(let operation, let setting, let axes):
      return Words(
        .badAxis, "`\(operation)` goes along one axis, not \(list(axes))",
        hint: "name one: `\(setting)=-1` is the last")
    case .settingMissing(let operation, let setting):
      return Words(
        .wrongArguments, "`\(operation)` needs `\(setting)`",
        hint: "write `\(operation)(…, \(setting)=…)`")
    case .wholeDivisionByZero:
      return Words(
        .badArgument, "whole numbers are divided by 0",
        reason: "As in PyTorch that is an error: an int64 holds no inf and no nan.",
        hint: "divide by a float, which gives inf or nan: `0.0`")
    case .stopped: return RunFault.interrupted.words
    case .noValue(let formula):
      return Words(
        .internalFault, "the formula `\(formula)` has no value", noHint: "a bug in nnrepl")
    case .setting(let operation, let rule, let value):
      return Words(
        .badArgument, "`\(operation)`: \(rule), not \(NumberFormat()(value))",
        hint: "see `help \(operation)`")
    }
  }

  /// Which axes, matched from the last, differ.
  static func mismatch(_ x: Shape, _ y: Shape) -> String {
    for back in 1...max(1, min(x.rank, y.rank)) where back <= x.rank && back <= y.rank {
      let (a, b) = (x[x.rank - back], y[y.rank - back])
      if a != b && a != 1 && b != 1 {
        let which = back == 1 ? "last axes" : "axes number \(back) from the end"
        return "Axes are matched from the last. Here the \(which) are \(a) and \(b)."
      }
    }
    return "Axes are matched from the last; each pair must be equal, or one of them 1."
  }

  private func list(_ dims: [Int]) -> String {
    "[" + dims.map(String.init).joined(separator: ", ") + "]"
  }
}

/// Two sides of an operator that do not fit together; the shapes are marked under each.
struct OperandFault: Facts {
  let error: TensorError
  let symbol: String

  var words: Words {
    switch error {
    case .notMultipliable(let x, let y):
      let inner = y.rank == 1 ? y[0] : y[y.rank - 2]
      let fits = y.rank >= 2 && y[y.rank - 1] == x[x.rank - 1]
      let turned = (try? Shape(y.dims.reversed())) ?? y
      return Words(
        .shapeMismatch, "`@` cannot multiply these shapes",
        reason: "The last axis of the left side is \(x[x.rank - 1]), but the first axis of the "
          + "right side is \(inner).",
        hint: fits
          ? "transpose the right side: `.T` makes it \(turned)"
          : "give the right side a first axis of \(x[x.rank - 1]), or check the layer's input size")
    case .notBroadcastable(let x, let y):
      return Words(
        .shapeMismatch, "`\(symbol)` cannot match these shapes",
        reason: TensorFault.mismatch(x, y),
        hint: "make the axes equal, or one of them 1 with `unsqueeze`")
    case .scalarProduct:
      return Words(
        .shapeMismatch, "`@` needs tensors with at least one axis",
        hint: "multiply by a single number with `*`")
    default: return TensorFault(error).words
    }
  }

  /// Whether it is about the shapes of both sides.
  var isOfShapes: Bool {
    switch error {
    case .notMultipliable, .notBroadcastable, .scalarProduct: true
    default: false
    }
  }
}

/// A schedule that cannot step.
package struct ScheduleFault: Facts {
  package let error: Schedule.ScheduleError
  package let name: String

  package init(_ error: Schedule.ScheduleError, _ name: String) {
    (self.error, self.name) = (error, name)
  }

  package var words: Words {
    switch error {
    case .finished(let total):
      Words(
        .badArgument, "`\(name)` was made for \(total) steps; they are over",
        hint: "give a larger `total_steps`")
    case .metricNeeded:
      Words(
        .wrongArguments, "`\(name)` watches a number, and was given none",
        hint: "write `schedule.step(loss)`")
    }
  }
}
