// What grading leaves behind: one record for each submission, one entry for each check.
import Platform

/// What became of one check of one learner.
package struct CheckRecord: Coded, Equatable, Sendable {
  /// How a check ended.
  package enum Verdict: String, Coded, Sendable {
    case pass, fail
    /// The script or a call ended in an error or a limit.
    case error
    /// There is nothing to judge.
    case missing
  }

  /// `ex03.dw`
  package let id: String
  package let verdict: Verdict
  package private(set) var points: Int
  package let max: Int
  /// The rung that failed, or the error's id; empty for a pass.
  package let category: String
  package let message: String
  package let hidden: Bool
  /// The line at which the script itself ended, so that nothing could be checked; 0 if it is not known. Records
  /// of 0.1.0 do not say.
  package let endedAtLine: Int?
  /// What is wrong, as data; nil for a pass, and where nothing is known but that.
  package let finding: Finding?
  /// How near the hungriest call came to its budget of steps, in percent.
  package let load: Int?
  /// What an instructor has changed; it survives `regrade`.
  package private(set) var edited: Edited?

  /// A mark that was given by hand.
  package struct Edited: Coded, Equatable, Sendable {
    /// What grading gave.
    package let points: Int
    package let note: String
  }

  /// Gives it a mark by hand.
  package mutating func edit(_ points: Int, note: String) {
    edited = Edited(points: edited?.points ?? self.points, note: note)
    self.points = points
  }

  /// - Parameter endedAtLine: for a script that ended before anything could be checked.
  package init(
    _ check: Check, _ verdict: Verdict, points: Int = 0, category: String = "",
    message: String = "", finding: Finding? = nil, load: Int? = nil, endedAtLine: Int? = nil
  ) {
    self.endedAtLine = endedAtLine
    self.finding = finding
    self.load = load
    id = check.id
    self.verdict = verdict
    self.points = points
    max = check.declaration.points
    self.category = category
    self.message = message
    hidden = check.isHidden
  }
}

extension CheckRecord {
  /// `ex03`
  package var exercise: String { id.split(separator: ".").first.map(String.init) ?? id }

  /// The same with another cause.
  func with(_ finding: Finding?, message: String) -> CheckRecord {
    CheckRecord(copy: self, message: message, finding: finding)
  }

  private init(copy: CheckRecord, message: String, finding: Finding?) {
    (id, verdict, points, max) = (copy.id, copy.verdict, copy.points, copy.max)
    (category, hidden, endedAtLine, load) = (
      copy.category, copy.hidden, copy.endedAtLine, copy.load
    )
    (self.message, self.finding) = (message, finding)
  }
}

/// What became of one learner's exercises.
package struct Record: Coded, Equatable, Sendable {
  /// Whether there was anything to grade.
  package enum Status: String, Coded, Sendable {
    case graded
    /// It was not even looked at; the message says why.
    case rejected
    /// Our fault or the course's: no attempt is counted.
    case fault
  }

  package static let schema = "nnrepl/record/1"

  package var schema = Record.schema
  package var submission: String
  package var course: String
  package var courseHash: String
  package var submissionHash: String
  /// From which the inputs were drawn, in hexadecimal.
  package var seed: String
  package var version: String
  package var status: Status
  package var message: String
  package var score: Int
  package var max: Int
  package var checks: [CheckRecord]
  package var warnings: [String]
  /// What the scripts printed at their top level, harmless and cut.
  package var output: String
  package var seconds: Double
  /// The scripts that were graded; records of 0.1.0 do not say.
  package var files: [FileNote]?
  /// When it was handed in (ISO 8601), if that was told.
  package var handedIn: String?
  /// What was taken off for being late.
  package var deduction: Deduction?

  /// Points that are taken off the whole.
  package struct Deduction: Coded, Equatable, Sendable {
    package let points: Int
    package let reason: String
  }

  /// What it is worth: the checks' points without what is taken off.
  package var mark: Int { Swift.max(0, score - (deduction?.points ?? 0)) }

  /// Whether it can have come from grading: marks within their bounds, and their sum.
  package var isSound: Bool {
    schema == Record.schema && checks.allSatisfy { (0...Swift.max(0, $0.max)).contains($0.points) }
      && (status != .graded || score == checks.reduce(0) { $0 &+ $1.points })
  }

  /// For comparing two gradings of the same submission.
  package var withoutTime: Record {
    var record = self
    record.seconds = 0
    return record
  }
}
