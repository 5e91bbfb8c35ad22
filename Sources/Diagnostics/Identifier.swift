// Every diagnostic there is.

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
}
