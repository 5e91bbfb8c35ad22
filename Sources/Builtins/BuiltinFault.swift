// What can go wrong in a built-in, and what is said of it.
import Diagnostics
import Interpreter
import Tensors
import Training

/// The facts; their words follow below.
package enum BuiltinFault: Facts {
  // Data
  case samplesAndTargets(x: Shape, y: Shape)
  case digitCount(Int)
  case notText(String)
  case unwritableTensors
  case cannotWrite(path: String, why: String)
  case notSafetensors(path: String, why: String)
  case cannotSplit(samples: Int, first: String)
  case notPositive(name: String, n: Int)
  case cannotRead(path: String, why: String)
  case notSavable(name: String, kind: String)
  case unknownTensor(path: String, name: String)
  case savedShape(name: String, saved: Shape, path: String, here: Shape)
  case savedTwice(path: String, first: String, second: String)
  case missingTensor(path: String, name: String, has: [String])
  case tooFewToScale(Shape)
  // Figures
  case table(DataTable.ReadFault, name: String)
  case nothingToPlot
  case labelCount(curves: Int, labels: Int)
  case axisLength(axis: Int, curve: Int)
  case axisCount(axes: Int, curves: Int)
  case notTwoFeatures(Shape)
  case notMatrix(Shape)
  case tooManyBins(Int)
  case nothingToCount
  case notPlottable(String)
  case tooManyFeatures(Shape)
  case notPoints(Shape)
  case pointsDiffer(x: Shape, y: Shape)
  case scoresMissing(points: Int)
  // General
  case notCountable(String)
  case placeBelowZero(String)
  case notJoinable(function: String, kind: String)
  case nothingToClear(in: String)
  case notOneNumber(Int)
  case endlessRange
  case fieldsWithoutNames
  case cannotAppend(kind: String, isTensor: Bool)
  case gap(String)
  case unlikeSizes([Int], length: Int, axis: Int)
  case cannotDraw(samples: Int, from: Int)
  case emptyBounds(String, String)
  case windowNumbers([Int])
  case windowSize(size: Int, step: Int, length: Int)
  case repeatCounts([Int], length: Int)
  case paddingCount(Int, axes: Int)
  case frameTooWide(mode: String, padding: Int, length: Int)
  case badEquation(String, why: String)
  // Sequences and texts
  case nothingToGoThrough
  case unlikeToSort(String, String)
  case notOrdered(String)
  case emptyText(name: String)
  case notOneCharacter(Int)
  case noCharacter(Int)
  case notNumeral(String)
  // Layers
  case notProbability(String)
  case runningStatisticsMissing
  case notStage(String)
  case unfit(message: String, remedy: String)
  case paddingRow(place: Int, rows: Int)
  case tooFewAxes(String)
  // Looking
  case inputUnknown(function: String)
  case tooManySteps(String)
  // Making
  case emptyRange(low: Int, high: Int)
  case uncountable(start: String, end: String, step: String, turned: String?)
  // Ops
  case numberBeside(
    function: String, pair: String, x: String, shape: Shape, number: String, isFirst: Bool,
    isAxis: Bool)
  case guessedAxis(op: String, setting: String, axis: Int, shape: Shape)
  case plainNumberOnly(function: String, setting: String, given: String?)
  case appliedTwice(op: String, function: String, applies: String)
  case noSamples(op: String, shape: Shape)
  case oneClass(op: String, shape: Shape)
  case notLogProbabilities(op: String, largest: String)
  case scheduleFirst
  case negativeNorm(String)
  case broadcastTargets(predictions: Shape, targets: Shape, common: Shape)
  case crossed(op: String, n: Int)
  // Training
  case nesterovAlone
  case normNotFinite(String, isNaN: Bool)
  case badBetas(String)
  case cycleLengthMissing
  case factorTooLarge(String)
  case noParameters(for: String, in: String)
  case negative(name: String, value: String)
  // Diagnosis
  case noBackwardYet
  case backwardOfAnother
}

extension BuiltinFault {
  package var words: Words {
    switch self {
    case .samplesAndTargets(let x, let y):
      Words(
        .shapeMismatch, "X is \(x), but y is \(y)",
        reason: "Each sample needs one target, so the first axes must be equal.",
        hint: "cut the longer one, as in `y[0:\(min(x.dims.first ?? 0, y.dims.first ?? 0))]`")
    case .unlikeSizes(let sizes, let length, let axis):
      Words(
        .badArgument,
        "the sizes \(sizes) add up to \(sizes.reduce(0) { $0 &+ $1 }), but axis \(axis) has \(length)",
        hint: "give sizes of 0 and more that add up to \(length), or one size for all")
    case .cannotDraw(let samples, let places):
      Words(
        .badArgument,
        "\(samples) places cannot be drawn from \(places) with a weight above 0",
        reason: "Weights are numbers from 0 up, and some must not be 0.",
        hint: "give `softmax(logits, dim=-1)` as weights, and draw again with `replacement=true`")
    case .emptyBounds(let low, let high):
      Words(
        .badArgument, "nothing can be drawn between \(low) and \(high)",
        hint: "let `a` be below `b`, and `std` above 0")
    case .windowNumbers(let list):
      Words(
        .badArgument, "\(list) are no sizes of a window",
        hint: "give one whole number from 0 to 16383 for all axes, or one for each")
    case .windowSize(let size, let step, let length):
      Words(
        .badArgument, "a window of \(size) in steps of \(step) does not fit an axis of \(length)",
        hint: "take a window of at most \(length), and steps of 1 or more")
    case .repeatCounts(let repeats, let length):
      Words(
        .badArgument, "\(repeats.count) counts \(repeats) do not fit \(length) entries",
        hint: "give one count, or one of 0 or more for each entry")
    case .paddingCount(let count, let axes):
      Words(
        .badArgument, "`pad` has \(count) numbers; the tensor has \(axes) axes",
        hint:
          "give two numbers for each of the last axes: `[left, right]`, `[left, right, top, bottom]`"
      )
    case .frameTooWide(let mode, let padding, let length):
      Words(
        .badArgument, "a \(mode) frame of \(padding) is too wide for an axis of \(length)",
        hint: "take a narrower one, or `mode=\"constant\"`")
    case .badEquation(let equation, let why):
      Words(
        .badArgument, "`\(equation)` does not fit: \(why)",
        hint: "write a letter for each axis, as in `einsum(\"ij,jk->ik\", a, b)`")
    case .nothingToGoThrough:
      Words(
        .badArgument, "`map` has nothing to go through",
        hint: "give it a sequence too, as in `map(fn(x) = x^2, [1, 2, 3])`")
    case .unlikeToSort(let kind, let other):
      Words(
        .wrongKind, "\(kind) and \(other) have no order between them",
        hint: "sort by one kind of thing, as in `sorted(xs, key=str)`")
    case .notOrdered(let kind):
      Words(
        .wrongKind, "\(kind) has no place in an order",
        hint: "name what to order by, as in `sorted(xs, key=fn(x) = x[0])`")
    case .emptyText(let name):
      Words(.badArgument, "`\(name)` is an empty text", hint: "name at least one character")
    case .notOneCharacter(let count):
      Words(
        .badArgument, "`ord` takes one character, not \(count)",
        hint: "go through them, as in `[ord(c) for c in text]`")
    case .noCharacter(let n):
      Words(
        .badArgument, "there is no character \(n)", hint: "write for instance `chr(97)`, an a")
    case .notNumeral(let text):
      Words(
        .badArgument, "`\(text)` is not a number", hint: "write it like `float(\"1.5e-3\")`")
    case .digitCount(let n):
      Words(.badArgument, "digits from 1 to 17 make sense, not \(n)", hint: "write `digits(6)`")
    case .notText(let path):
      Words(.badData, "`\(path)` is not UTF-8 text", hint: "save the file again as UTF-8")
    case .unwritableTensors:
      Words(
        .unreadableFile, "these tensors cannot be written",
        noHint: "it cannot happen: every tensor has a shape and a dtype that the format knows")
    case .cannotWrite(let path, let why):
      Words(
        .unreadableFile, "cannot write `\(path)`: \(why)",
        hint:
          "name a file in a folder that is there and has room, as in `save(model, \"model.safetensors\")`"
      )
    case .notSafetensors(let path, let why):
      Words(
        .badData, "`\(path)` is no safetensors file: \(why)",
        hint: "write it anew, with `save(model, \"\(path)\")` or in Python with `save_file`")
    case .cannotSplit(let samples, let first):
      Words(
        .badArgument, "\(samples) samples cannot be split with \(first) for the first part",
        hint: "give a share such as 0.8, or a number of samples below \(samples)")
    case .notPositive(let name, let n):
      Words(
        .badArgument, "`\(name)` must be at least 1, not \(n)", hint: "write `\(name)=1` or more")
    case .cannotRead(let path, let why):
      Words(
        .unreadableFile, "cannot read `\(path)`: \(why)",
        hint: why == FileAccess.FileFault.closed.reason
          ? "leave out what reads files while this runs; `iris()` and `digits()` need none"
          : "paths begin at the folder where nnrepl was started; `iris()` and `digits()` need no file"
      )
    case .notSavable(let name, let kind):
      Words(
        .wrongKind, "`\(name)` is \(kind), not a tensor",
        hint: "make it one, as in `tensor([1, 2])`, or leave it out")
    case .unknownTensor(let path, let name):
      Words(
        .badData, "`\(path)` has `\(name)`, which the layer has not",
        hint: "make the same layers as when it was saved; `load(\"\(path)\")` shows what it holds")
    case .savedShape(let name, let saved, let path, let here):
      Words(
        .shapeMismatch, "`\(name)` is \(saved) in `\(path)`, but \(here) here",
        hint: "make the layers of the sizes that were saved; `load(\"\(path)\")` shows them")
    case .savedTwice(let path, let first, let second):
      Words(
        .badData, "`\(path)` has other numbers for `\(first)` than for `\(second)`",
        reason: "In the layer they are one and the same tensor.",
        hint: "save the layer anew, or load it into one where they are not tied")
    case .missingTensor(let path, let name, let has):
      Words(
        .badData, "`\(path)` has no `\(name)`",
        reason: "It has " + has.prefix(6).map { "`\($0)`" }.joined(separator: ", ")
          + (has.count > 6 ? " and \(has.count - 6) more." : "."),
        hint: "make the same layers as when it was saved")
    case .tooFewToScale(let shape):
      Words(
        .shapeMismatch, "`standardize` needs at least two samples, not \(shape)",
        hint: "give all samples at once, one in each row")
    case .nothingToPlot:
      Words(
        .wrongArguments, "`plot` needs numbers to draw",
        hint: "give the numbers, as in `plot([3, 2, 1])`")
    case .table(let fault, let name): fault.words(name)
    case .labelCount(let curves, let labels):
      Words(
        .wrongArguments, "there are \(curves) curves, but \(labels) labels",
        hint: "give one label for each curve; their common axis is `x=…`")
    case .axisLength(let axis, let curve):
      Words(
        .shapeMismatch, "`x` has \(axis) numbers, but a curve has \(curve)",
        hint: "give `x` one number for each point, as in `x=arange(\(curve))`")
    case .axisCount(let axes, let curves):
      Words(
        .wrongArguments,
        "`x` has \(axes == 1 ? "one axis" : "\(axes) axes") in a list, but there are \(curves) curves",
        hint: "give one axis for all, or a list with one for each curve")
    case .notTwoFeatures(let shape):
      Words(
        .shapeMismatch, "`boundary` draws data of two features; this has X \(shape)",
        hint: "train on two columns: `dataset(data.X[:, 0:2], data.y)`")
    case .notMatrix(let shape):
      Words(
        .shapeMismatch, "`heatmap` draws matrices, not \(shape)",
        hint: "pick one, as in `heatmap(x[0])`")
    case .tooManyBins(let bins):
      Words(.badArgument, "`bins` is \(bins); at most 200 fit", hint: "write `bins=20`")
    case .nothingToCount:
      Words(
        .badArgument, "there are no finite numbers to count",
        hint: "look at the numbers: `x`; nan and inf are not counted")
    case .notPlottable(let kind):
      Words(
        .wrongKind, "`plot` draws numbers, not \(kind)",
        hint: "give numbers, a tensor or a list of them, as in `plot([3, 2, 1])`")
    case .tooManyFeatures(let shape):
      Words(
        .shapeMismatch, "`scatter` draws two features; this data has X \(shape)",
        hint: "pick two columns: `scatter(data.X[:, 0:2], data.y)`")
    case .notPoints(let shape):
      Words(
        .shapeMismatch, "`scatter` needs points [n, 2], or two vectors", label: "\(shape)",
        hint: "pick two columns, as in `scatter(X[:, 0], X[:, 1])`")
    case .pointsDiffer(let x, let y):
      Words(
        .shapeMismatch, "`scatter` was given \(x) and \(y)",
        hint: "give points [n, 2] with n labels, or two vectors of the same length")
    case .scoresMissing(let points):
      Words(
        .shapeMismatch, "the model should give one row for each of \(points) points",
        hint: "a model takes X [n, 2] and gives scores [n, classes]")
    case .notCountable(let name):
      Words(.badArgument, "`\(name)` must be positive", hint: "write `\(name)=1` or more")
    case .placeBelowZero(let place):
      Words(
        .indexOutOfRange, "`index_select` was given the place \(place)",
        hint: "count from 0; `x[[-1]]` counts from the end")
    case .notJoinable(let function, let kind):
      Words(
        .wrongKind, "`\(function)` joins tensors, not \(kind)",
        hint: "give numbers and tensors, as in `\(function)(list([1, 2], [3, 4]))`")
    case .nothingToClear(let kind):
      Words(
        .wrongKind, "there are no parameters in \(kind)",
        hint: "give a parameter, a list of them, a layer or an optimizer")
    case .notOneNumber(let count):
      Words(
        .shapeMismatch, "`item` needs one number, but there are \(count)",
        hint: "use `tolist()` for many")
    case .endlessRange:
      Words(
        .badArgument, "a range with these bounds never ends",
        hint: "count towards the end, as in `range(0, 10, 2)` or `range(10, 0, -1)`")
    case .fieldsWithoutNames:
      Words(.wrongArguments, "the fields of a record have names", hint: "write `record(a=1, b=2)`")
    case .cannotAppend(let kind, let isTensor):
      Words(
        .wrongKind, "`append` adds to a list, not to \(kind)",
        hint: isTensor
          ? "start with `list()`; join tensors with `concat`" : "start with `xs = list()`")
    case .gap(let toDo):
      Words(.todo, "a gap to fill", reason: toDo, hint: "replace todo(…) by your own code")
    case .notProbability(let value):
      Words(.badArgument, "`p` is a probability from 0 to 1, not \(value)", hint: "write `p=0.5`")
    case .runningStatisticsMissing:
      Words(
        .wrongArguments, "`batch_norm` outside training needs running statistics",
        hint: "give `running_mean` and `running_var`, or `training=true`")
    case .notStage(let kind):
      Words(
        .wrongKind, "a stage is a layer or a function, not \(kind)",
        reason: "A function stands there by its name, or with its settings alone and by name.",
        hint: "write for instance `sequential(linear(2, 8), relu, softmax(dim=1))`")
    case .unfit(let message, let remedy):
      Words(.badArgument, message, hint: remedy)
    case .paddingRow(let place, let rows):
      Words(
        .badArgument, "`padding_idx` is \(place), but the table has \(rows) rows",
        hint: rows > 0
          ? "name a row from 0 to \(rows - 1), or from the end from -1 to -\(rows)"
          : "leave `padding_idx` out")
    case .tooFewAxes(let function):
      Words(
        .badArgument, "`\(function)` needs at least two axes, [outputs, inputs]",
        hint: "write `\(function)([8, 4])`")
    case .inputUnknown(let function):
      Words(
        .wrongArguments, "`\(function)` cannot tell what this model takes",
        hint: "give a batch to try: `\(function)(model, x)`")
    case .tooManySteps(let name):
      Words(
        .tooLargeToTell, "`\(name)` was computed in more steps than anyone could read",
        hint: "ask about a part of it, or use a smaller batch")
    case .emptyRange(let low, let high):
      Words(
        .badArgument, "there is no whole number from \(low) to \(high - 1)",
        hint: "the upper bound is left out: `randint(\(low), \(low + 1))` draws \(low) alone")
    case .uncountable(let start, let end, let step, let turned):
      Words(
        .badArgument, "`arange` cannot count from \(start) to \(end) in steps of \(step)",
        hint: turned.map { "count the other way: `arange(\(start), \(end), \($0))`" }
          ?? "give a last number and steps towards it, as in `arange(0, 1, 0.25)`")
    case .numberBeside(
      let function, let pair, let x, let shape, let number, let isFirst, let isAxis):
      Words(
        .wrongArguments, "`\(function)` was given a tensor \(shape) and the number \(number)",
        reason: isAxis
          ? "That could mean each element against \(number), or the elements along axis \(number)."
          : "Element by element that is `\(pair)`.",
        hint: (isFirst ? "`\(pair)(\(x), \(number))`" : "`\(pair)(\(number), \(x))`")
          + (isAxis ? ", or `\(function)(\(x), dim=\(number))`" : ""))
    case .guessedAxis(let op, let setting, let axis, let shape):
      Words(
        warning: .implicitAxis,
        "`\(op)` was not told its axis; it took `\(setting)=\(axis)`, as PyTorch does",
        reason: "x is \(shape).", hint: "say which: `\(op)(x, \(setting)=-1)` for the last axis")
    case .plainNumberOnly(let function, let setting, let given):
      Words(
        .notTracked, "`\(function)` takes `\(setting)` as a plain number",
        reason: "The gradient of \(given.map { "`\($0)`" } ?? "this") would be lost.",
        hint: "write `.item()` if that is meant; bounds with a gradient are `minimum` and `maximum`"
      )
    case .appliedTwice(let op, let function, let applies):
      Words(
        warning: .doubleSoftmax, "`\(op)` was given the result of `\(function)`",
        reason: "It applies \(applies) itself, so the gradient would be squeezed twice.",
        hint: "give it the scores before `\(function)`")
    case .noSamples(let op, let shape):
      Words(
        warning: .emptyBatch, "`\(op)` was given no samples, \(shape)",
        reason: "The mean of nothing is nan.",
        hint: "check the bounds of the batch, or the size of the data set")
    case .oneClass(let op, let shape):
      Words(
        warning: .badArgument, "`\(op)` chooses among one class: its input is \(shape)",
        reason:
          "The only class has all the probability, whatever its score: nothing can be learned.",
        hint: "use one output for each class, or for yes and no `binary_cross_entropy_with_logits`")
    case .notLogProbabilities(let op, let largest):
      Words(
        warning: .badArgument,
        "`\(op)` was given \(largest); logarithms of probabilities are at most 0",
        reason: "Of scores it can be pushed down for ever, and of probabilities it learns badly.",
        hint: "give it `log_softmax(scores, dim=1)`, or the scores to `cross_entropy`")
    case .scheduleFirst:
      Words(
        warning: .badArgument, "the schedule was stepped before the optimizer",
        reason: "So the first step is made with the second learning rate.",
        hint: "call `opt.step()` first, then the schedule's `step()`")
    case .negativeNorm(let norm):
      Words(
        .badArgument, "the gradients' norm cannot be held at \(norm), which is below 0",
        hint: "give a limit above 0, as in `clip_grad_norm(params, 1)`")
    case .broadcastTargets(let predictions, let targets, let common):
      Words(
        warning: .lossBroadcast,
        "predictions \(predictions) and targets \(targets) broadcast to \(common)",
        reason: "Every prediction is compared with every target.",
        hint: "give both the same shape, for instance with `.squeeze(1)`")
    case .crossed(let op, let n):
      Words(
        warning: .lossBroadcast, "`\(op)` folds [\(n), \(n)]: a [\(n), 1] met a [\(n)] before",
        reason: "Each of one was taken with every one of the other.",
        hint: "give both the same shape before they meet, for instance with `.squeeze(1)`")
    case .nesterovAlone:
      Words(
        .badArgument, "`nesterov` needs a momentum above 0 and no dampening",
        hint: "write `sgd(params, nesterov=true, momentum=0.9)`")
    case .normNotFinite(let norm, let isNaN):
      Words(
        warning: .nonFinite, "the joint norm of the gradients is \(norm)",
        reason: isNaN
          ? "What is scaled by it is nan." : "What is scaled by it is 0, or nan where it was inf.",
        hint: "`backward` names the step that made it; a smaller learning rate often helps")
    case .badBetas(let betas):
      Words(
        .badArgument, "`betas` are two numbers from 0 to below 1, not \(betas)",
        hint: "write `betas=[0.9, 0.999]`")
    case .cycleLengthMissing:
      Words(
        .wrongArguments, "`one_cycle_lr` needs `total_steps`, or `epochs` and `steps_per_epoch`",
        hint: "write `one_cycle_lr(opt, 0.1, total_steps=100)`")
    case .factorTooLarge(let factor):
      Words(
        .badArgument, "`factor` is \(factor)", reason: "The rate is multiplied by it.",
        hint: "write a factor below 1, such as `factor=0.1`")
    case .noParameters(let function, let kind):
      Words(
        .wrongKind, "`\(function)` works on parameters; there are none in \(kind)",
        hint: "declare what should be learned with `param`, or give a layer or a list of parameters"
      )
    case .negative(let name, let value):
      Words(
        .badArgument, "`\(name)` is \(value); it must not be negative",
        hint: "write `\(name)=0` or more")
    case .noBackwardYet:
      Words(
        .noGradient, "there is no backward pass to look at",
        reason: "A loss inside a function is gone when the function ends.",
        hint: "compute a loss, `loss.backward()`, then `diagnose(model)` while `loss` is there")
    case .backwardOfAnother:
      Words(
        .noGradient, "the last backward pass did not come from this model",
        hint: "compute a loss from its output and call `loss.backward()` first")
    }
  }
}

extension DataTable.ReadFault {
  fileprivate func words(_ name: String) -> Words {
    switch self {
    case .unreadable(let reason):
      Words(
        .badData, "`\(name)` cannot be read as CSV", reason: reason,
        hint: "write one sample in each line, its numbers separated by commas")
    case .noRows:
      Words(
        .badData, "`\(name)` has no rows",
        hint: "the first line names the columns, the samples follow")
    case .noColumn(let column, let known):
      Words(
        .badData, "`\(name)` has no column `\(column)`",
        reason: "It has \(known.joined(separator: ", ")).",
        hint: Suggest.question(Suggest.close(to: column, among: known))
          ?? "name one of these, or leave `target` out")
    case .missing(let line, let column):
      Words(
        .badData, "line \(line) of `\(name)` has nothing in column `\(column)`",
        hint: "fill the gap in the file, or take the line out")
    case .notNumber(let text, let line, let column):
      Words(
        .badData, "line \(line) of `\(name)` has \"\(text)\" in column `\(column)`",
        reason: "Features are finite numbers in decimal digits.",
        hint: "replace words by numbers, or drop the column")
    case .stopped: RunFault.interrupted.words
    case .fieldCount(let count, let expected, let line):
      Words(
        .badData, "line \(line) of `\(name)` has \(count) fields",
        reason: "The first line names \(expected) columns.",
        hint: "give the line \(expected) fields, or quote a field that holds a separator")
    }
  }
}
