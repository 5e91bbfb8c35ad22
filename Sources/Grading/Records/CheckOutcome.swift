// A check that has been judged.

/// A line of what is told of a check.
package enum ToldLine: Equatable, Sendable {
  /// An example that fits on a line; it can stand beside the check's name.
  case example(String)
  /// A row of an example, whose columns stand under those of its neighbours.
  case row(String)
  case text(String)

  /// The line itself.
  package var text: String {
    switch self {
    case .example(let text), .row(let text), .text(let text): text
    }
  }
}

extension [ToldLine] {
  /// All lines as one text.
  var text: String { map { $0.text }.joined(separator: "\n") }
}

/// What became of one check, for a reader.
package struct CheckOutcome: Sendable {
  package let record: CheckRecord
  /// What stopped the script itself, before anything could be called.
  package var scriptFault: ScriptFault?
  package var warnings: [String] = []
  /// What the script printed at its top level.
  package var printed = ""
  /// The record's message, line by line.
  package var told: [ToldLine] = []
  /// What the hungriest call took.
  package var cost = Cost()
  /// The learner's functions that the check calls.
  var called: Set<String> = []
}

extension [CheckOutcome] {
  package var points: Int { reduce(0) { $0 + $1.record.points } }

  /// Whether there were checks, and each passed.
  package var allPass: Bool { !isEmpty && allSatisfy { $0.record.verdict == .pass } }
}
