// Records in the formats of the systems that show marks.
import Diagnostics
import FoundationEssentials
import Glibc
import JSONText

/// The shapes in which `grade` prints its records.
package enum GradeFormat: String, CaseIterable, Sendable {
  case jsonl, csv, junit, gradescope, exercism, classroom50, prairielearn
  /// Tables as the platforms import them, made from their own exports.
  case canvas, moodle, blackboard

  /// Whether the format speaks of one submission only.
  package var isSingle: Bool {
    switch self {
    case .gradescope, .exercism, .classroom50, .prairielearn: true
    default: false
    }
  }

  /// Whether the format names learners as a roster does.
  package var needsRoster: Bool {
    switch self {
    case .canvas, .moodle, .blackboard: true
    default: false
    }
  }

  /// The records in this format, each line or file as its readers want it.
  package func text(_ records: [Record]) -> String {
    switch self {
    case .jsonl: return records.map { JSON.text(of: $0, isPretty: false) }.joined()
    case .csv, .canvas, .moodle, .blackboard: return MarkSheet(records).text
    case .junit: return JUnit.text(records)
    case .gradescope: return records.map { JSON.text(of: Gradescope($0)) }.joined()
    case .exercism: return records.map { JSON.text(of: Exercism($0)) }.joined()
    case .classroom50: return records.map { JSON.text(of: Classroom50($0)) }.joined()
    case .prairielearn: return records.map { JSON.text(of: PrairieLearn($0)) }.joined()
    }
  }
}

extension JSON {
  /// A value as the text of a file, the same each time.
  /// - Parameter isPretty: on many lines, else on one.
  package static func text(of value: some Encodable, isPretty: Bool = true) -> String {
    let json = (try? JSON(encoding: value)) ?? .object([])
    return (isPretty ? json.pretty : json.line) + "\n"
  }
}

extension Record {
  /// One line for a reader: why it has no marks, or what was printed.
  fileprivate var remark: String {
    ([message] + warnings.map { "warning: " + $0 } + [deduction?.remark ?? ""]).filter {
      !$0.isEmpty
    }.joined(separator: "\n")
  }
}

/// `/autograder/results/results.json`
private struct Gradescope: Encodable {
  struct Test: Encodable {
    let name: String
    let score: Int
    let max_score: Int
    let status: String
    let output: String
    let output_format = "text"
    let visibility: String
  }

  let score: Int
  let execution_time: Double
  let output: String
  let output_format = "text"
  /// What the script printed is shown to nobody but the instructor.
  let stdout_visibility = "hidden"
  let visibility = "visible"
  let tests: [Test]
  let extra_data: [String: String]

  init(_ record: Record) {
    score = record.mark
    execution_time = record.seconds
    output = record.remark
    tests = record.checks.map {
      Test(
        name: $0.id, score: $0.points, max_score: $0.max,
        status: $0.verdict == .pass ? "passed" : "failed", output: $0.message,
        visibility: $0.hidden ? "after_due_date" : "visible")
    }
    extra_data = [
      "submission": record.submission, "submission_hash": record.submissionHash,
      "course_hash": record.courseHash, "version": record.version, "status": record.status.rawValue,
    ]
  }
}

/// `results.json` of a test runner, version 3.
private struct Exercism: Encodable {
  struct Test: Encodable {
    let name: String
    let status: String
    let message: String?
    let output: String?
  }

  let version = 3
  let status: String
  let message: String?
  let tests: [Test]

  init(_ record: Record) {
    let script = record.checks.first { ($0.endedAtLine ?? 0) > 0 }
    let isBroken =
      record.status != .graded || script != nil
      || record.checks.allSatisfy { $0.verdict == .missing }
    status =
      isBroken ? "error" : record.checks.allSatisfy { $0.verdict == .pass } ? "pass" : "fail"
    let reason =
      script?.message ?? (record.remark.isEmpty ? "nothing was handed in" : record.remark)
    message = isBroken ? String(reason.prefix(65_535)) : nil
    tests =
      isBroken
      ? []
      : record.checks.map {
        Test(
          name: $0.id,
          status: $0.verdict == .pass ? "pass" : $0.verdict == .fail ? "fail" : "error",
          message: $0.verdict == .pass ? nil : $0.message, output: nil)
      }
  }
}

/// `result.json`, as upstream's collector and example graders have it.
private struct Classroom50: Encodable {
  struct Test: Encodable {
    let name: String
    let passed: Bool
    let score: Int
    let max: Int
    enum CodingKeys: String, CodingKey {
      case name = "test-name"
      case passed, score
      case max = "max-score"
    }
  }

  let schema = "classroom50/result/v1"
  let classroom: String
  let assignment: String
  let submission: String
  let commit: String
  let release: String
  let review: String
  let datetime: String
  let score: Int
  let max: Int
  let tests: [Test]

  enum CodingKeys: String, CodingKey {
    case schema, classroom, assignment, submission, commit, release, review, datetime
    case score
    case max = "max-score"
    case tests
  }

  init(_ record: Record) {
    // The runner tells these, and stamps the owner itself; none may be empty.
    func told(_ name: String, or other: String) -> String {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? other
    }
    let exercises = Set(record.checks.compactMap { $0.id.split(separator: ".").first })
    let exercise = exercises.count == 1 ? exercises.first.map(String.init) : nil
    classroom = told("CLASSROOM", or: record.course)
    assignment = told("ASSIGNMENT", or: exercise ?? record.course)
    submission = told("SUBMISSION_TAG", or: record.submission)
    commit = told("COMMIT_URL", or: submission)
    release = told("RELEASE_URL", or: submission)
    review = told("REVIEW_URL", or: commit)
    datetime = Date().formatted(.iso8601)
    score = record.mark
    max = record.max
    tests = record.checks.map {
      Test(name: $0.id, passed: $0.verdict == .pass, score: $0.points, max: $0.max)
    }
  }
}

/// `results.json` of an external grader.
private struct PrairieLearn: Encodable {
  struct Test: Encodable {
    let name: String
    let description: String
    let points: Int
    let max_points: Int
    let message: String
    let output = ""
  }

  let gradable: Bool
  /// From 0 to 1.
  let score: Double
  let message: String
  let output: String
  let tests: [Test]

  init(_ record: Record) {
    // What is not the learner's fault costs no attempt.
    gradable = record.status == .graded
    score = record.max == 0 ? 0 : Double(record.mark) / Double(record.max)
    message = record.remark
    output = record.output
    tests = record.checks.map {
      Test(
        name: $0.id, description: $0.hidden ? "hidden" : "", points: $0.points, max_points: $0.max,
        message: $0.message)
    }
  }
}

/// One suite for each submission; points are properties, as the format has none.
private enum JUnit {
  static func text(_ records: [Record]) -> String {
    func total(_ verdicts: CheckRecord.Verdict..., in records: [Record]) -> Int {
      records.reduce(0) { $0 + $1.checks.filter { verdicts.contains($0.verdict) }.count }
    }
    let tests = records.reduce(0) { $0 + $1.checks.count }
    var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    xml +=
      "<testsuites name=\"nnrepl\" tests=\"\(tests)\" failures=\"\(total(.fail, .missing, in: records))\" errors=\"\(total(.error, in: records))\">\n"
    for record in records {
      xml +=
        "  <testsuite name=\"\(escaped(record.submission))\" tests=\"\(record.checks.count)\" failures=\"\(total(.fail, .missing, in: [record]))\" errors=\"\(total(.error, in: [record]))\" skipped=\"0\" time=\"\(seconds(record.seconds))\">\n"
      xml += "    <properties>\n"
      for (name, value) in [
        ("score", "\(record.score)"), ("max", "\(record.max)"), ("status", record.status.rawValue),
        ("message", record.message),
      ] {
        xml += "      <property name=\"\(name)\" value=\"\(escaped(value))\"/>\n"
      }
      xml += "    </properties>\n"
      for check in record.checks { xml += testcase(check) }
      if !record.output.isEmpty {
        xml += "    <system-out>\(escaped(record.output))</system-out>\n"
      }
      xml += "  </testsuite>\n"
    }
    return xml + "</testsuites>\n"
  }

  private static func testcase(_ check: CheckRecord) -> String {
    let head =
      "    <testcase name=\"\(escaped(check.id))\" classname=\"\(escaped(check.exercise))\""
    let element = check.verdict == .error ? "error" : "failure"
    guard check.verdict != .pass else { return head + "/>\n" }
    return head
      + ">\n      <\(element) message=\"\(escaped(check.message.split(separator: "\n").first.map(String.init) ?? ""))\" type=\"\(escaped(check.shownCategory))\">\(escaped(check.message))</\(element)>\n    </testcase>\n"
  }

  private static func seconds(_ time: Double) -> String { String((time * 1000).rounded() / 1000) }

  /// Text or an attribute of XML 1.0, which has no control characters.
  private static func escaped(_ text: String) -> String {
    Escaped.markup(text) { _ in "\u{fffd}" }
  }
}
