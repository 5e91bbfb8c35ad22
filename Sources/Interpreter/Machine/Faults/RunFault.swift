// What can go wrong while a program is compiled and runs, and what is said of it.
import Diagnostics
import Tensors

/// The facts; their words follow below.
package enum RunFault: Facts {
  // Library
  case libraryUnreadable(name: String, error: String?)
  case libraryDefinesNothing(String)
  // Names and calls
  case unknownName(String, meant: String?)
  case givenTwice(String)
  case argumentCount(String, takes: [String], given: Int)
  case argumentMissing(String, String)
  case noParameter(String, name: String, takes: [String])
  // Statements
  case outerName(String)
  case notAssignable
  case expectation(String, values: [String], message: String?)
  // Verbs
  case verbAlone(verb: String, example: String)
  // Arithmetic
  case cannotJoin(symbol: String, left: String, right: String, mixesText: Bool)
  case grows(what: String, megabytes: Int)
  case noLabelCounts(op: String, ignored: String)
  case notFinite(op: String, operands: [String], result: String)
  case dataNotFinite(name: String, number: String, entry: String, isNaN: Bool)
  case neitherTrueNorFalse(count: Int)
  case cannotCompare(symbol: String, left: String, right: String)
  // Builtin
  case unknownArgumentRead(function: String, name: String)
  case argumentKind(function: String, name: String, wanted: String, kind: String)
  case notNumbers(String)
  case argumentNotWhole(name: String, value: String)
  case notWhole(String)
  case needed(wanted: String, kind: String)
  case notChoice(name: String, word: String, choices: [String])
  // ChangedMeaning
  case changedMeaning(of: String, headed: Int, now: Int)
  // Calls
  case tooDeep(function: String, depth: Int)
  case notCallable(String)
  case forbidden(String, within: String?)
  case noForward(layer: String)
  case measuredInTraining(String)
  // Entries
  case listAxes
  case noEntries(String)
  case placeKind
  case boundKind
  case placeNotWhole(String)
  case indexKind(String)
  case fixedEntries(name: String, isParameter: Bool)
  case temporaryEntries(isChained: Bool)
  case stringAxes
  case cannotLookFor(item: String, container: String)
  // Gradients
  case startShape(gradient: Shape, value: Shape)
  // Tensors
  case notWholeType(String)
  // Values
  case cannotNegate(String)
  case dividedByZero(left: String, symbol: String, result: String)
  case functionNotFinite(function: String, of: String, result: String)
  case parameterKind(String)
  case bufferKind(String)
  case notStored(String)
  case recordName(kind: String, value: String)
  case usedData(name: String)
  case notStorable(String)
  case wouldRound(name: String, dtype: String, value: String)
  case keepsShape(name: String, shape: Shape, new: Shape)
  case parameterRebound(String)
  case noField(kind: String, name: String, meant: String?)
  case fixedFields(String, name: String)
  case keepsParameter(place: String, shape: Shape, by: String)
  case keepsLayer(place: String, kind: String)
  case cannotLoop(over: String, isNumber: Bool)
  case nameCount(Int, found: Int?)
  case timesNotWhole(what: String, value: String)
  // Machine
  case memory(megabytes: Int)
  case steps(limit: Int)
  case interrupted
  case output(megabytes: Int)
  // Textbook
  case textbookMakesNothing(String)
  // Data
  case batchesInOrder
  // HostObjects
  case noOutput(cell: Int, known: [Int])
  // Nesting
  case nesting(kind: String, isCircle: Bool, limit: Int)
  // ValueText
  case formatKind(format: String, kind: String)
  case badFormat(String)
}

extension RunFault {
  /// Arguments that learners bring from other libraries, with what is written here.
  private static let habits: [String: String] = [
    "requires_grad": "param w = 3", "learning_rate": "lr=0.1", "unbiased": "correction=0",
    "ddof": "correction=1", "size": "shape", "n_epochs": "for epoch in range(50) { }",
    "device": "x = [1, 2]", "inplace": "x = relu(x)", "keepdims": "keepdim=true",
    "from_logits": "binary_cross_entropy_with_logits(z, y)", "units": "linear(2, 3)",
  ]

  package var words: Words {
    switch self {
    case .libraryUnreadable(let name, let error):
      Words(
        .internalFault, "the library's `\(name)` cannot be read", reason: error,
        noHint: "a bug in nnrepl")
    case .libraryDefinesNothing(let name):
      Words(.internalFault, "`\(name)` defines nothing", noHint: "a bug in nnrepl")
    case .unknownName(let name, let meant):
      Words(
        .unknownName, "there is no `\(name)` here",
        hint: meant ?? "give it a value first: `\(name) = …`")
    case .givenTwice(let name):
      Words(.wrongArguments, "`\(name)` is given twice", hint: "give it once")
    case .argumentCount(let function, let takes, let given):
      Words(
        .wrongArguments,
        "`\(function)` takes \(takes.isEmpty ? "no arguments" : "(\(takes.joined(separator: ", ")))"), but \(given) were given",
        hint: function == "train"
          ? "`m.eval()` is the other mode, `m.train()` this one"
          : takes.isEmpty
            ? "write `\(function)()`" : "write `\(function)(\(takes.joined(separator: ", ")))`")
    case .argumentMissing(let function, let name):
      Words(
        .wrongArguments, "`\(function)` needs a value for `\(name)`",
        hint: "see `help \(function)`")
    case .noParameter(let function, let name, let takes):
      Words(
        .wrongArguments, "`\(function)` has no argument `\(name)`",
        reason: takes.isEmpty ? nil : "It takes \(takes.joined(separator: ", ")).",
        hint: RunFault.habits[name].map { "write `\($0)`" }
          ?? Suggest.close(to: name, among: takes).first.map { "did you mean `\($0)`?" }
          ?? "leave `\(name)` out")
    case .keepsParameter(let place, let shape, let kind):
      Words(
        .wrongKind, "`\(place)` is a parameter; `=` would put \(kind) in its place",
        reason: "The layer would go on without the parameter, and nothing would train.",
        hint:
          "store \(shape.rank == 0 ? "a number" : "numbers of shape \(shape)") in it with `\(place) := …`"
      )
    case .outerName(let name):
      Words(
        .misplaced, "`\(name)` belongs to the outside of this function",
        reason: "Assignment inside a function is local, and there is no local `\(name)` yet.",
        hint: "return the new value instead, or make a local `\(name) = …` first")
    case .notAssignable:
      Words(
        .unexpected, "this cannot be assigned",
        hint: "assign to a name, a field or an entry, as in `x = 1`")
    case .expectation(let condition, let values, let message):
      Words(
        .expectFailed, "expected \(condition)", label: values.joined(separator: ", "),
        reason: message,
        noHint: "what is claimed is the program's own; the values are shown")
    case .verbAlone(let verb, let example):
      Words(.unexpected, "`\(verb)` needs something to work on", hint: "write `\(example)`")
    case .cannotJoin(let symbol, let left, let right, let mixesText):
      Words(
        .wrongKind, "`\(symbol)` cannot join \(left) and \(right)",
        hint: mixesText && symbol == "+"
          ? "put the value into the string: \"text {value}\""
          : "use numbers and tensors on both sides of `\(symbol)`")
    case .grows(let what, let megabytes):
      Words(
        .memoryLimit, "the \(what) would take \(megabytes) MB",
        hint: "check for a \(what) that doubles in a loop")
    case .noLabelCounts(let op, let ignored):
      Words(
        warning: .emptyBatch, "`\(op)` was given no label that counts",
        reason: "Every label is \(ignored), the `ignore_index`; the mean of nothing is nan.",
        hint: "check the labels with `sum(y != \(ignored))`")
    case .notFinite(let op, let operands, let result):
      Words(
        warning: .nonFinite, "`\(op)` of \(operands.joined(separator: " and ")) gave \(result)",
        reason: "What is computed from it may be nan or inf too.",
        hint: "keep its operands in range, for instance with `clamp(x, 1e-6, 1e6)`")
    case .dataNotFinite(let name, let number, let entry, let isNaN):
      Words(
        warning: .badData, "`\(name)` holds \(number)\(entry.isEmpty ? "" : " at [\(entry)]")",
        reason: "Everything that is computed from it becomes nan or inf too.",
        hint: isNaN
          ? "leave the row out, or fill it: `masked_fill(x, x != x, 0)`"
          : "leave the row out, or bound it: `clamp(x, -1e6, 1e6)`")
    case .neitherTrueNorFalse(let count):
      Words(
        .wrongKind, "a tensor of \(count) numbers is neither true nor false",
        hint: "choose entry by entry with `where(…)`, or reduce it with `any(…)` or `all(…)`")
    case .cannotCompare(let symbol, let left, let right):
      Words(
        .wrongKind, "`\(symbol)` cannot compare \(left) and \(right)",
        hint: "compare numbers with numbers and texts with texts; `==` takes any two values")
    case .unknownArgumentRead(let function, let name):
      Words(
        warning: .internalFault, "`\(function)` reads an argument `\(name)` that it does not take",
        noHint: "a bug in nnrepl")
    case .argumentKind(let function, let name, let wanted, let kind):
      Words(
        .wrongKind, "`\(function)` needs \(wanted) for `\(name)`, not \(kind)",
        hint: "see `help \(function)`")
    case .notNumbers(let kind):
      Words(
        .wrongKind, "a tensor holds numbers, not \(kind)",
        hint: "give numbers or brackets of them, as in `[[1, 2], [3, 4]]`; `list(…)` holds anything"
      )
    case .argumentNotWhole(let name, let value):
      Words(
        .wholeNumber, "`\(name)` must be a whole number, not \(value)", hint: "round it: `floor(x)`"
      )
    case .notWhole(let number):
      Words(.wholeNumber, "\(number) is not a whole number", hint: "round it: `floor(x)`")
    case .needed(let wanted, let kind):
      Words(
        .wrongKind, "\(wanted) are needed, not \(kind)",
        hint: "write them in brackets, as in `[1, 2]`")
    case .notChoice(let name, let word, let choices):
      Words(
        .badArgument, "`\(name)` is \"\(word)\"",
        hint: "use " + choices.map { "\"\($0)\"" }.joined(separator: ", "))
    case .changedMeaning(let what, let headed, let now):
      Words(
        warning: .changedMeaning,
        "this script is headed `# nn: \(headed)`; some things mean something else since",
        reason: "Here: \(what). CHANGELOG lists all.",
        hint: "when its numbers are as you want them, head it `# nn: \(now)`")
    case .tooDeep(let function, let depth):
      Words(
        .depthLimit, "`\(function)` is \(depth) calls deep",
        hint: "check that the recursion reaches its end")
    case .forbidden(let name, let function):
      Words(
        .forbidden,
        "`\(name)` is used \(function.map { "when `\($0)` runs" } ?? "as an answer"); this exercise is to be done without it",
        hint: "write the formula out; at the top level you may call `\(name)` to compare")
    case .notCallable(let kind):
      Words(
        .notCallable, "this is \(kind); it cannot be called",
        hint: "multiplication is written with `*`")
    case .noForward(let layer):
      Words(
        .notCallable, "the layer `\(layer)` has no `forward`",
        hint: "declare `forward(x) { … }` in it")
    case .measuredInTraining(let differs):
      Words(
        warning: .trainingMode, "the model is measured while in training mode",
        reason: differs,
        hint: "call `model.eval()` before, and `model.train()` before training goes on")
    case .listAxes:
      Words(.badIndex, "a list has one axis", hint: "write x[i][j]")
    case .noEntries(let kind):
      Words(
        .badIndex, "\(kind) has no entries",
        hint: kind == "a record"
          ? "its parts have names, as in `max(x, dim=0).values` and `.indices`"
          : "entries are of tensors, lists and strings: `[1, 2][0]`")
    case .placeKind:
      Words(.badIndex, "a place is a whole number", hint: "write x[0] or x[-1]")
    case .boundKind:
      Words(.badIndex, "the bounds of a range are whole numbers", hint: "write x[1:3]")
    case .placeNotWhole(let number):
      Words(.badIndex, "\(number) is not a place", hint: "places are whole numbers, from 0")
    case .indexKind(let kind):
      Words(
        .badIndex, "\(kind) cannot be an index", hint: "write x[0], x[1:3], x[[0, 2]] or x[x > 0]")
    case .fixedEntries(let name, let isParameter):
      Words(
        .immutable,
        isParameter
          ? "`\(name)` is a parameter: `=` would not store into it"
          : "`\(name)` was computed from a parameter, so its entries follow from that",
        hint: isParameter
          ? "store with `:=`, as in `\(name)[0] := 1`"
          : "build a new one, as in `where(mask, new, \(name))` or `index_put(\(name), added, 0)`")
    case .temporaryEntries(let isChained):
      Words(
        .immutable, "what stands before this bracket is a copy, and would be lost",
        hint: isChained
          ? "write one pair of brackets, as in `x[0, 1] = 5`"
          : "give it a name first, as in `y = x.T`, then `y[0] = 5`")
    case .stringAxes:
      Words(.badIndex, "a string has one axis", hint: "write `text[1]` or `text[1:3]`")
    case .cannotLookFor(let item, let container):
      Words(
        .wrongKind, "`in` cannot look for \(item) in \(container)",
        hint: "look in a list, a tensor or a string, as in `2 in [1, 2]`")
    case .startShape(let gradient, let value):
      Words(
        .shapeMismatch, "the gradient to start from is \(gradient), but the value is \(value)",
        hint: "give it the shape of the value, as in `gradient=ones(\(value))`")
    case .notWholeType(let number):
      Words(
        .badArgument, "an int64 holds whole numbers, not \(number)",
        hint: "leave `dtype` out: a float64 holds it")
    case .cannotNegate(let kind):
      Words(
        .wrongKind, "`-` has no meaning for \(kind)", hint: "take it of a number or a tensor: `-2`")
    case .dividedByZero(let left, let symbol, let result):
      Words(
        warning: .nonFinite, "\(left)\(symbol)0 gave \(result)",
        reason: "As in PyTorch, division by 0 goes on with inf or nan.",
        hint: "keep the divisor from 0, as in `x/(n + 1e-8)`")
    case .functionNotFinite(let function, let operand, let result):
      Words(
        warning: .nonFinite, "`\(function)` of \(operand) gave \(result)",
        hint: "keep its operand in range, for instance with `clamp(x, 1e-6, 1e6)`")
    case .parameterKind(let kind):
      Words(
        .wrongKind, "a parameter is a number or a tensor, not \(kind)",
        hint: "for several, write `param` once for each")
    case .bufferKind(let kind):
      Words(
        .wrongKind, "a buffer is a number or a tensor, not \(kind)",
        hint: "write for instance `buffer b = 0`")
    case .recordName(let kind, let value):
      Words(
        .wrongKind, "the names of a record are strings; this is \(kind)",
        hint: kind == "a number"
          ? "write `\"\(value)\"`; by number a list finds what it holds, as in `xs[\(value)]`"
          : "write a string, as in `{\"a\": 1}`")
    case .notStored(let kind):
      Words(
        .wrongKind, "`:=` stores into a parameter or a buffer; this is \(kind)",
        hint: "for an ordinary name write `=`")
    case .usedData(let name):
      Words(
        .immutable, "`\(name)` is data, and something was computed from it",
        reason:
          "What was computed would keep the old numbers: only what follows a `param` or a `buffer` is recorded.",
        hint: "declare it as `buffer \(name) = …`, or give the name new data with `=`")
    case .notStorable(let kind):
      Words(
        .wrongKind, "\(kind) cannot be stored in a parameter",
        hint: "store a number or a tensor, as in `w := 0.5`")
    case .wouldRound(let name, let dtype, let value):
      Words(
        .wholeNumber, "`\(name)` holds \(dtype); \(value) would be rounded",
        hint: "declare it with fractions: `buffer \(name) = 1.0*(…)`")
    case .keepsShape(let name, let shape, let new):
      Words(
        .shapeMismatch, "`\(name)` is \(shape); a value \(new) cannot be stored in it",
        hint:
          "a parameter keeps its shape; store \(shape.rank == 0 ? "a number" : "numbers of shape \(shape)")"
      )
    case .parameterRebound(let name):
      Words(
        warning: .parameterRebound,
        "`\(name)` was a parameter; now it is an ordinary value computed from it",
        reason: "An optimizer would no longer find it under this name.",
        hint: "write `\(name) := …` to give the parameter a new value")
    case .noField(let kind, let name, let meant):
      Words(.unknownField, "\(kind) has no `\(name)`", hint: meant ?? "`help` lists what there is")
    case .fixedFields(let kind, let name):
      Words(
        .immutable, "\(kind) has no fields that can be set",
        hint: name == "requires_grad"
          ? "what should stay as it is, is left out of the optimizer: `sgd(list(w), lr=0.1)`"
          : name == "grad"
            ? "`zero_grad(w)` forgets a gradient"
            : "fields can be set of records, layers and optimizers: `opt.lr = 0.01`")
    case .keepsLayer(let place, let kind):
      Words(
        .wrongKind, "`\(place)` is a layer; \(kind) cannot take its place",
        hint: "give it a layer or a function, as in `\(place) = relu`")
    case .cannotLoop(let kind, let isNumber):
      Words(
        .wrongKind, "\(kind) cannot be looped over",
        hint: isNumber
          ? "write `range(…)`"
          : "loop over a list, a tensor or a range, as in `for i in range(3) { … }`")
    case .nameCount(let count, let found):
      Words(
        .wrongArguments,
        "\(count) names cannot take \(found.map { "\($0)" } ?? "more than \(count)") values",
        hint: "write as many names as there are values")
    case .timesNotWhole(let what, let value):
      Words(
        .wholeNumber, "`\(what)` needs a whole number from 0, not \(value)",
        hint: "write `\(what) 3 { … }`")
    case .memory(let megabytes):
      Words(
        .memoryLimit, "the values need more than \(megabytes) MB",
        hint: "check for a list that grows in an endless loop")
    case .steps(let limit):
      Words(
        .stepLimit, "the run used up its \(limit) steps",
        hint: "check that the loop's condition can become false")
    case .interrupted:
      Words(.interrupted, "stopped by Ctrl-C", noHint: "the learner stopped it")
    case .output(let megabytes):
      Words(
        .outputLimit, "the run printed more than \(megabytes) MB",
        hint: "print less: every tenth turn of a loop with `if i % 10 == 0 { print(i) }`")
    case .textbookMakesNothing(let name):
      Words(.internalFault, "`\(name)` makes no tensor", noHint: "a bug in nnrepl")
    case .batchesInOrder:
      Words(
        .badIndex, "batches are visited from the first",
        hint: "write `for xb, yb in batches(…) { … }`")
    case .noOutput(let cell, let known):
      Words(
        .badIndex, "cell \(cell) has no value",
        hint: known.isEmpty
          ? "run a cell that shows a value first"
          : "cells with values: \(known.map(String.init).joined(separator: ", "))")
    case .nesting(let kind, let isCircle, let limit):
      Words(
        .badArgument,
        isCircle
          ? "\(kind) cannot be put into itself" : "\(kind) nests at most \(limit) deep",
        hint: "keep the parts side by side, as in `xs = list(); append(xs, part)`")
    case .formatKind(let format, let kind):
      Words(
        .wrongKind, "the format `\(format)` is for numbers, not for \(kind)",
        hint: "leave the format out: `{x}`")
    case .badFormat(let format):
      Words(
        .badArgument, "`\(format)` is not a format",
        hint: "use .4f for four decimals, .3g for three digits, .1% for percent, >8 for width")
    }
  }
}
