// What a learner handed in, and what it is worth.
import Diagnostics

/// Files as they were handed in. Nothing in them is trusted, their names included.
package struct Submission: Codable, Sendable {
  /// What was found where an exercise's script should be.
  package enum File: Codable, Sendable {
    case text(String)
    /// It is not there.
    /// - Parameter others: scripts that are.
    case missing(others: [String])
    /// Why it was not read: a symbolic link, a folder, no text.
    case refused(id: String, String)
  }

  /// The name of the folder or file, made harmless.
  package let name: String
  /// Whose it is: the name without `.nn`.
  package let learner: String
  /// By exercise.
  package let files: [String: File]
  /// Why it is not looked at at all.
  package var rejection: String?
  /// What was odd about its names.
  package var warnings: [String] = []
  /// When it was handed in, as the platform tells it (ISO 8601).
  package var handedIn: String?

  package init(name: String, learner: String, files: [String: File], rejection: String? = nil) {
    self.name = name
    self.learner = learner
    self.files = files
    self.rejection = rejection
  }

  /// The SHA-256 of the texts, by which identical hand-ins are known.
  package var hash: String {
    let parts = files.sorted { $0.key < $1.key }.map { id, file in
      switch file {
      case .text(let text): "\(id)\u{0}text\u{0}\(text)"
      case .missing: "\(id)\u{0}missing"
      case .refused(let reason, let words): "\(id)\u{0}\(reason)\u{0}\(words)"
      }
    }
    return Digest.sha256(([name, learner] + parts).joined(separator: "\u{0}\u{0}"))
  }

  /// Why a name cannot be a learner's; nil if it can.
  package static func fault(inName bytes: [UInt8]) -> String? {
    guard let name = String(validating: bytes, as: UTF8.self) else {
      return "its name is not UTF-8"
    }
    if bytes.count > 100 { return "its name is longer than 100 bytes" }
    if name.hasPrefix("-") { return "its name begins with `-`, as an option does" }
    let isPlain = name.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0.properties.generalCategory == .nonspacingMark
        || ("0"..."9").contains($0) || "._@+-,'()&=!# ".unicodeScalars.contains($0)
    }
    return isPlain
      ? nil : "its name holds other characters than letters, digits and . _ @ + - , ' ( ) & = ! #"
  }

  /// A name as it can stand in a record, whatever its bytes.
  package static func harmless(_ bytes: [UInt8]) -> String {
    if let name = String(validating: bytes, as: UTF8.self) { return Escaped.line(name) }
    return bytes.map {
      (0x20..<0x7f).contains($0)
        ? String(UnicodeScalar($0)) : "\\x" + Digest.hex([$0])
    }.joined()
  }
}

/// Grades submissions, one record each.
package struct Grader {
  package let course: Course
  package let exercises: [Exercise]
  /// The course's secret.
  private let key: String
  private let judge: Judge
  private let version: String

  /// - Parameter exercise: the only one to grade; nil for all.
  package init(
    _ course: Course, exercise: String?, key: String, version: String, start: @escaping Judge.Start
  ) {
    self.course = course
    self.key = key
    self.version = version
    exercises = course.exercises.filter { $0.id == exercise || exercise == nil }
    judge = Judge(course.conditions, start: start)
  }

  /// What can be known without running anything; the marks are none.
  package func blank(_ submission: Submission) -> Record {
    let checks = exercises.flatMap { $0.checks }
    return Record(
      submission: submission.name, course: course.list.name, courseHash: course.hash,
      submissionHash: submission.hash,
      seed: String(Digest.hmac(key: key, submission.learner).prefix(16)), version: version,
      status: submission.rejection == nil ? .graded : .rejected,
      message: submission.rejection ?? "", score: 0,
      max: checks.reduce(0) { $0 + $1.declaration.points },
      checks: checks.map {
        CheckRecord(
          $0, .missing, category: "missing",
          message: submission.rejection ?? "nothing was handed in",
          finding: Finding(.missing, "nothing was handed in"))
      }, warnings: submission.warnings, output: "", seconds: 0, files: [],
      handedIn: submission.handedIn)
  }

  /// Grades a submission. Whatever happens, there is a record with each check of the course.
  package func record(_ submission: Submission) -> Record {
    var record = blank(submission)
    guard submission.rejection == nil else { return record }
    record.checks = []
    for exercise in exercises {
      switch submission.files[exercise.id] ?? .missing(others: []) {
      case .missing(let others):
        var message = "\(exercise.id).nn was not handed in"
        if !others.isEmpty {
          message += "; there is " + others.map { "`\($0)`" }.joined(separator: ", ")
        }
        record.checks += exercise.checks.map {
          CheckRecord(
            $0, .missing, category: "missing", message: message,
            finding: Finding(.missing, "nothing was handed in"))
        }
      case .refused(let id, let words):
        record.checks += exercise.checks.map {
          CheckRecord($0, .error, category: id, message: words, finding: Finding(.error, id))
        }
      case .text(let script):
        record.files?.append(FileNote(exercise, script))
        do throws(CourseProblem) {
          let outcomes = try judge.judge(
            exercise, script: script, learner: submission.learner, key: key)
          if let fault = outcomes.lazy.compactMap({ $0.scriptFault }).first(where: {
            $0.id == ScriptFault.unusable
          }) {
            return failed(submission, fault.headline)
          }
          // What its steps do not explain is no mark: another machine would be faster.
          if let late = outcomes.first(where: { $0.record.category == ScriptFault.tooLong }) {
            return failed(
              submission,
              "\(late.record.id): a call took longer than its steps explain; grade it alone, or on a faster machine"
            )
          }
          record.checks += outcomes.map { $0.record }
          record.warnings += (outcomes.first?.warnings ?? []).map { "\(exercise.id): \($0)" }
          record.output += String((outcomes.first?.printed ?? "").prefix(500))
        } catch {
          let place = error.source.map { $0.name + ": " } ?? ""
          return failed(submission, "the course is at fault: " + place + error.diagnostic.headline)
        }
      }
    }
    record.score = record.checks.reduce(0) { $0 + $1.points }
    return record
  }

  /// The record of a submission that could not be graded through no fault of its own.
  package func failed(_ submission: Submission, _ message: String) -> Record {
    var record = blank(submission)
    record.status = .fault
    record.message = message
    record.checks = exercises.flatMap { $0.checks }.map {
      CheckRecord(
        $0, .missing, category: "fault", message: "it could not be graded; no attempt is counted")
    }
    return record
  }
}
