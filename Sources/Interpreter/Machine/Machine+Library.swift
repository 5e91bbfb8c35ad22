// The part of the language that is written in itself, as the machine runs it.
import Platform
import Diagnostics
import Syntax

/// A function or layer of the language defined in nn.
package struct Definition: Sendable {
  package let name: String
  /// `linear(in_features, out_features, bias=true)`
  package let signature: String
  /// The comment above it: a sentence or two.
  package let summary: String
  /// A statement or two whose output shows what it does.
  package let example: String
  /// What else the comment says of it, as in `# takes: [2, in_features]`.
  package let notes: [Note: String]
  /// Its text, without the comment.
  package let text: String

  /// What the program must know of a layer that its code does not say.
  package enum Note: String, Sendable {
    /// The shape of an input that it could be tried with, of numbers and its own settings.
    case takes
    /// What it does in training only; such a model is not to be measured.
    case training
    /// What it is about, for one that is no layer.
    case topic
    /// `normalises`: it goes with the layer before it in a picture.
    case role
  }

  package init(
    name: String, signature: String, summary: String, example: String, notes: [Note: String],
    text: String
  ) {
    self.notes = notes
    self.name = name
    self.signature = signature
    self.summary = summary
    self.example = example
    self.text = text
  }
}

/// Sources that are not the learner's, by their number.
package enum SourceID {
  static let layers = -2
  static let textbook = -3
  /// What a check runs beside a learner's script: the language's own names keep their meaning in it.
  package static let call = -4

  /// Whether a source belongs to the language rather than to the learner.
  package static func isLibrary(_ source: Int) -> Bool { source == layers || source == textbook }
}

/// What a machine knows without anyone defining it.
package struct Vocabulary: Sendable {
  package let builtins: [Builtin]
  /// What the library's own code may call besides.
  private let helpers: @Sendable () -> [String: Builtin]
  /// What fused ops do, step by step, by the op's name.
  let textbook: @Sendable () -> [String: Definition]
  /// Makes a value of a definition.
  let compile: Compile
  private let table: [String: Builtin]
  /// What is called as `x.name(…)` of tensors only.
  package let methods: [String: Builtin]
  /// All that learners may write.
  package let names: [String]

  /// Makes a value of a definition, for the machine that is to run it.
  package typealias Compile =
    @Sendable (Definition, _ textbook: Bool, Machine) throws(Diagnostic) -> Value

  /// - Parameters:
  ///   - helpers: asked for when library code runs, as `textbook` is when an op is opened.
  package init(
    _ builtins: [Builtin], methods: [Builtin], helpers: @escaping @Sendable () -> [String: Builtin],
    textbook: @escaping @Sendable () -> [String: Definition], compile: @escaping Compile
  ) {
    self.compile = compile
    self.builtins = builtins
    self.helpers = helpers
    self.textbook = textbook
    table = Dictionary(firstOf: builtins.map { ($0.name, $0) })
    self.methods = Dictionary(firstOf: methods.map { ($0.name, $0) })
    names = builtins.map { $0.name } + Vocabulary.constants.keys.sorted()
  }

  package subscript(name: String) -> Builtin? { table[name] }

  /// Names that start with a number.
  static let constants: [String: Double] = ["pi": .pi, "inf": .infinity, "nan": .nan]

  /// What a name means in the library's own code: a built-in, or a helper that learners do not see.
  func inLibrary(_ name: String) -> Value? {
    (helpers()[name] ?? table[name]).map { .builtin($0) }
      ?? Vocabulary.constants[name].map { .number($0) }
  }
}

extension Machine {
  /// A definition of the library, compiled on first use.
  func compiled(_ definition: Definition, textbook: Bool = false) throws(Diagnostic) -> Value {
    let key = (textbook ? "textbook " : "") + definition.name
    if let known = library[key] { return known }
    let value = try vocabulary.compile(definition, textbook, self)
    library[key] = value
    return value
  }

  /// Runs library code for a call in the learner's source: faults inside it are told at that call.
  func inLibrary<Result>(
    _ span: Span, _ what: @autoclosure () -> String?, _ body: () throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    let outer = librarySpan
    if outer == nil, !SourceID.isLibrary(Int(span.source)) { librarySpan = span }
    defer { librarySpan = outer }
    do throws(Diagnostic) { return try body() } catch {
      guard let place = error.span, SourceID.isLibrary(Int(place.source)), let librarySpan else {
        throw error
      }
      throw error.moved(to: librarySpan, adding: what())
    }
  }

  /// Where a fault at `span` is told: in the learner's own source.
  func shown(_ span: Span) -> Span {
    SourceID.isLibrary(Int(span.source)) ? librarySpan ?? span : span
  }
}
