// What grading leaves behind: one record for each submission, one entry for each check.

/// What became of one check of one learner.
package struct CheckRecord: Codable, Equatable, Sendable {
  /// How a check ended.
  package enum Verdict: String, Codable, Sendable {
    case pass, fail
    /// The script or a call ended in an error or a limit.
    case error
    /// There is nothing to judge.
    case missing
  }

  /// `ex03.dw`
  package let id: String
  package let verdict: Verdict
  package let points: Int
  package let max: Int
  /// The rung that failed, or the error's id; empty for a pass.
  package let category: String
  package let message: String
  package let hidden: Bool
  /// The line at which the script itself ended, so that nothing could be checked; 0 if it is not known. Records
  /// of 0.1.0 do not say.
  package let endedAtLine: Int?

  /// - Parameter endedAtLine: for a script that ended before anything could be checked.
  package init(
    _ check: Check, _ verdict: Verdict, points: Int = 0, category: String = "",
    message: String = "", endedAtLine: Int? = nil
  ) {
    self.endedAtLine = endedAtLine
    id = check.id
    self.verdict = verdict
    self.points = points
    max = check.declaration.points
    self.category = category
    self.message = message
    hidden = check.isHidden
  }
}

/// What became of one learner's exercises.
package struct Record: Codable, Equatable, Sendable {
  /// Whether there was anything to grade.
  package enum Status: String, Codable, Sendable {
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
