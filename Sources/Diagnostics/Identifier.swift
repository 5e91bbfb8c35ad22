// Every diagnostic there is, with its help page.

extension Diagnostic {
  /// The stable ids.
  package enum Identifier: String, Sendable, CaseIterable {
    // Reading
    case unreadableCharacter = "unreadable-character"
    case unclosed = "unclosed"
    case unclosedString = "unclosed-string"
    case unexpected = "unexpected"
    case badNumber = "bad-number"
    case tooDeep = "too-deep"
    case sourceTooLarge = "source-too-large"
    case notUTF8 = "not-utf8"
    case otherLanguage = "other-language"
    case misplaced = "misplaced"
    case badCell = "bad-cell"
    case lookAlike = "look-alike"
    // Names and calls
    case unknownName = "unknown-name"
    case unknownField = "unknown-field"
    case notCallable = "not-callable"
    case wrongArguments = "wrong-arguments"
    case wrongKind = "wrong-kind"
    case badArgument = "bad-argument"
    // Values
    case shapeMismatch = "shape-mismatch"
    case indexOutOfRange = "index-out-of-range"
    case badIndex = "bad-index"
    case badAxis = "bad-axis"
    case ragged = "ragged"
    case immutable = "immutable"
    case wholeNumber = "whole-number"
    case emptyReduction = "empty-reduction"
    case nonFinite = "non-finite"
    case implicitAxis = "implicit-axis"
    case labelOutOfRange = "label-out-of-range"
    case oneSample = "one-sample"
    case emptyBatch = "empty-batch"
    case doubleSoftmax = "double-softmax"
    case trainingMode = "training-mode"
    case badData = "bad-data"
    case unreadableFile = "unreadable-file"
    // Gradients
    case notScalar = "not-scalar"
    case noGradient = "no-gradient"
    case notTracked = "not-tracked"
    case staleGraph = "stale-graph"
    case graphUsed = "graph-used"
    case gradientAccumulates = "gradient-accumulates"
    case parameterRebound = "parameter-rebound"
    case lossBroadcast = "loss-broadcast"
    case nothingToExplain = "nothing-to-explain"
    case contradiction = "contradiction"
    case changedMeaning = "changed-meaning"
    case tooLargeToTell = "too-large-to-tell"
    // Lessons
    case expectFailed = "expect-failed"
    case todo = "todo"
    case expectedError = "expected-error"
    // Exercises
    case badCheck = "bad-check"
    case badCourse = "bad-course"
    case forbidden = "forbidden"
    case reservedName = "reserved-name"
    // Limits
    case stepLimit = "step-limit"
    case depthLimit = "depth-limit"
    case memoryLimit = "memory-limit"
    case outputLimit = "output-limit"
    case interrupted = "interrupted"
    // Ours
    case internalFault = "internal-fault"
  }
}

extension Diagnostic.Identifier {
  /// Whether a budget or the learner stopped the run; the exit status tells these apart.
  package var isLimit: Bool {
    switch self {
    case .stepLimit, .depthLimit, .memoryLimit, .outputLimit, .sourceTooLarge, .tooDeep: true
    default: false
    }
  }

  /// What happened, why, and what to do about it, for `help ID`.
  package var page: String {
    switch self {
    case .unreadableCharacter:
      "A character that the language has no use for. Text copied from a web page or a PDF often brings such characters; typing the line again helps."
    case .unclosed:
      "A bracket was opened and never closed. Inside ( and [ a statement may run over many lines, so the mistake is often far above the end of the text."
    case .unclosedString:
      "A string must end with \" on the line where it began. Write \\n for a line break, \\\" for a quote and \\{ for a brace."
    case .unexpected:
      "The text does not form a statement at this place. The marked word is the first one that does not fit; the mistake may stand just before it."
    case .badNumber:
      "Numbers look like 1, 1.5, 1e-3 or 1_000. A name cannot begin with a digit."
    case .tooDeep:
      "Brackets or operators are nested deeper than any real formula needs. Give parts of it names."
    case .sourceTooLarge:
      "A source may have 4 MB. Data belongs in a file of its own, read with load_csv."
    case .notUTF8: "Sources are UTF-8 text. Save the file again with that encoding."
    case .otherLanguage:
      "This is how PyTorch or Python write it. nn has the same idea under a shorter name: layers, losses and functions need no `nn.`, `F.` or `torch.` before them, and functions are written `fn(x) = …`."
    case .misplaced:
      "The statement is right but stands where it has no meaning, such as `break` outside a loop."
    case .badCell:
      "A notebook file has cells that start with a line `# %% Title` or `# %% [markdown]`; the first lines of a code cell may be options such as `#| expect: error shape-mismatch`."
    case .lookAlike:
      "Two names look the same on screen but are made of different characters, for instance a Latin a and a Cyrillic а. They are different names."
    case .unknownName:
      "No value has this name here. A name exists from its first assignment on; names assigned inside a function end with it."
    case .unknownField: "The value has no field and there is no function of this name."
    case .notCallable: "Only functions, layers and built-ins can be called with ( )."
    case .wrongArguments:
      "The call gives too many or too few arguments, or a named argument that the function does not have."
    case .wrongKind: "The operation has no meaning for values of this kind."
    case .badArgument: "An argument has the right kind but a value that makes no sense here."
    case .shapeMismatch:
      """
      Two tensors do not fit together. Elementwise operations match axes from the last: lengths must be equal, or one of them 1. A matrix product `x @ y` needs the last axis of x to be as long as the next-to-last axis of y.
      Look at the shapes with `x.shape`; a transpose is written `x.T`, a new axis `x.unsqueeze(0)`.
      """
    case .indexOutOfRange:
      "Counting starts at 0, so the last place is length - 1, which can also be written -1."
    case .badIndex:
      "An index is a whole number, a range such as 1:3, a list of whole numbers or a mask."
    case .badAxis: "`dim` counts axes from 0; -1 is the last. A tensor of rank 2 has axes 0 and 1."
    case .ragged:
      "The rows of a bracket literal differ in length. A tensor is rectangular; list(…) holds anything."
    case .immutable:
      "Tensors never change in place; every operation makes a new one. A parameter is updated with `w := …` or by an optimizer."
    case .wholeNumber: "Counts, sizes and positions are whole numbers."
    case .emptyReduction: "The largest or smallest of no elements does not exist."
    case .nonFinite:
      "A result became nan (not a number) or inf. The message names the first operation that made one from ordinary numbers; everything computed from it is lost too. Typical causes: log of 0, division by 0, exp of a large number, a learning rate that is too high."
    case .implicitAxis:
      "`softmax` without `dim` takes PyTorch's old choice: the first axis for ranks 0, 1 and 3, else the second. PyTorch warns, because the right axis is rarely obvious: write `softmax(x, dim=1)` for classes along axis 1."
    case .labelOutOfRange:
      "Class labels are whole numbers that count the classes from 0. A model with 3 outputs knows the labels 0, 1 and 2."
    case .oneSample:
      "Batch normalisation in training divides by the spread of the batch, and one sample has none. Larger batches help, and so does `batches(…, drop_last=true)`, which leaves out a last batch that is too small. To predict, call `model.eval()` first."
    case .emptyBatch:
      "A loss was computed over no samples at all, so its mean is 0/0. A slice that starts past the end, a split of size 0 or a filter that keeps nothing is the usual reason."
    case .doubleSoftmax:
      "cross_entropy and the losses with logits apply softmax or sigmoid themselves, because together they can be computed without loss of digits. Give them the scores as the last layer makes them. Applied twice, softmax flattens the probabilities, and learning becomes very slow."
    case .trainingMode:
      "The model is in training mode: dropout silences units at random, and batch norm uses the statistics of this one batch. Call `model.eval()` before measuring or predicting, and `model.train()` before training goes on."
    case .badData:
      "A data file has rows of numbers separated by commas, with the names of its columns in the first line. The message names the row (counted as lines of the file) and the column."
    case .unreadableFile:
      "The file cannot be read or written from here. Paths are relative to the folder where nnrepl was started."
    case .notScalar:
      "backward starts from one number, the loss. Reduce first: mean(x) or sum(x). Or give the gradient to start from: y.backward(gradient=…)."
    case .noGradient: "The value has no gradient yet. Gradients are made by `backward`."
    case .notTracked:
      "No parameter was used to compute this value, so there is nothing to differentiate. Declare one with `param w = …`."
    case .staleGraph:
      "A parameter changed after this value was computed from it, so the recorded numbers no longer belong together. `forward loss` computes them again; so does running the formula again."
    case .graphUsed:
      "As in PyTorch, `loss.backward()` uses a recorded computation once. Compute the loss again (or `forward loss`), or ask for more with `loss.backward(retain_graph=true)`."
    case .gradientAccumulates:
      "backward adds to the gradients that are there: grad = old + new. Between training steps call `opt.zero_grad()` or `zero_grad(w)`, unless adding up is what you want."
    case .parameterRebound:
      "After `w = w - …` the name w no longer means the parameter but an ordinary value computed from it. To change the parameter itself write `w := …` or `w -= …`."
    case .lossBroadcast:
      "Predictions [n, 1] and targets [n] broadcast to [n, n]: every prediction is compared with every target. Give both the same shape, for instance with `.squeeze(1)`."
    case .nothingToExplain:
      "Only values that were computed from a parameter remember how they were computed."
    case .contradiction:
      "nnrepl holds a gradient three times: as it tells it, as it accumulates it, and as a difference quotient. Here they do not agree. A nan often comes from a branch that was not taken: `where(a < 0, exp(a), a)` multiplies an infinite slope by 0; keep the operand in range before, as in `exp(clamp(a, max=0))`. In float32 a difference quotient has about three digits. Anything else is a bug in nnrepl; please report it."
    case .changedMeaning:
      "The script's header says which version of the language it was written for, and it uses something that means something else now. It is told once in a run. CHANGELOG lists every changed meaning."
    case .tooLargeToTell:
      "The value was computed in more steps than anyone could read. The silent forms of the verbs do the same work without telling it; `explain` can still be asked about a part of the computation."
    case .expectFailed: "`expect` checks a claim; this one does not hold for the values at hand."
    case .todo: "A gap for the learner to fill: replace todo(…) by your own code."
    case .expectedError:
      "The cell announces an error with `#| expect: error ID`, but ran without it."
    case .badCheck:
      "A check file of a course cannot be used as it is. This is its author's to mend; no attempt is counted."
    case .badCourse:
      "A course has a file `course.json` and a folder `exercises`. Something in it is missing, or does not agree with its checksum. `nnrepl course check` lists what is wrong."
    case .forbidden:
      "The exercise asks you to do by hand what this function does for you. You may call it at the top level of your script, to compare; your functions may not use it."
    case .reservedName:
      "Scripts that are checked may not give these names a meaning of their own: they belong to the checks."
    case .stepLimit: "The run used up its steps. A loop that never ends is the usual reason."
    case .depthLimit:
      "Functions called each other too deeply. A recursion that never reaches its end is the usual reason."
    case .memoryLimit: "The values would need more memory than the session may use."
    case .outputLimit: "The run printed more than its limit."
    case .interrupted: "Ctrl-C stopped the cell. All names keep their values."
    case .internalFault: "This is a bug in nnrepl. Please report the input that led to it."
    }
  }
}
