// A check that has been judged.

/// What became of one check, for a reader.
package struct CheckOutcome: Sendable {
  package let record: CheckRecord
  /// What stopped the script itself, before anything could be called.
  package var scriptFault: ScriptFault?
  package var warnings: [String] = []
  /// What the script printed at its top level.
  package var printed = ""
  /// The learner's functions that the check calls.
  var called: Set<String> = []
}
