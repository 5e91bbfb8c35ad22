// The instructor's commands about submissions: grade, merge, regrade.
import ArgumentParser
import CSupport
import Foundation
import Grading
import Interpreter
import Session

/// What `grade` and `regrade` need to know.
struct GradeOptions: ParsableArguments {
  @OptionGroup var course: CourseOptions

  @Option(help: "The instructor's folder with hidden checks; COURSE/private by default.")
  var secret: String?

  @Option(help: "Only this exercise; then a submission may be a file NAME.nn.")
  var exercise: String?

  @Option(
    help: ArgumentHelp(
      "What each learner's inputs are drawn from, together with their name.",
      discussion: "By default the file `key` in the instructor's folder, else the course itself."))
  var seed: String?

  @Option(help: "How many submissions are graded at a time.")
  var jobs = 1

  @Option(help: "A file for the records, one line each, written as they come.")
  var out: String?

  @Flag(help: "Go on with the records in --out: what is graded already is kept.")
  var resume = false

  @Flag(help: "Grade even where the kernel does not close the scripts' processes off.")
  var unconfined = false

  @Option(help: "\(GradeFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: GradeFormat = .jsonl

  func validate() throws {
    guard (1...256).contains(jobs) else { throw ValidationError("--jobs is from 1 to 256") }
    if resume, out == nil {
      throw ValidationError("--resume needs --out, the records to go on with")
    }
  }

  var setup: GraderSetup {
    GraderSetup(
      course: course.course, secret: secret, exercise: exercise, key: seed, isUnconfined: unconfined
    )
  }
}

extension GradeFormat: ExpressibleByArgument {}

/// What a grading process is told at its start.
struct GraderSetup: Codable {
  let course: String?
  let secret: String?
  let exercise: String?
  let key: String?
  let isUnconfined: Bool

  func grader() throws -> Grader {
    var options = CourseOptions()
    options.course = course
    let course = try options.load(secret: secret)
    if let exercise, course.exercise(exercise) == nil {
      throw UsageFault(
        text:
          "there is no exercise `\(exercise)`; the course has \(course.exercises.map(\.id).joined(separator: ", "))"
      )
    }
    if let secret, Files.isFolder(secret) == false {
      throw UsageFault(text: "`\(secret)` is no folder: hidden checks would be left out")
    }
    let mustBeConfined = !isUnconfined
    let forkServer = ForkServer()
    return Grader(
      course, exercise: exercise, key: try key ?? keyFile() ?? course.hash,
      version: Main.version
    ) { budgets throws(ScriptFault) in
      try WorkerProcess(budgets, from: forkServer, mustBeConfined: mustBeConfined)
    }
  }
}

extension GraderSetup {
  /// The secret in the instructor's folder, whatever bytes it is made of.
  private func keyFile() throws -> String? {
    guard let folder = secret ?? course.map({ $0 + "/private" }),
      case .success(let bytes) = FileAccess.open.read(folder + "/key")
    else { return nil }
    guard !bytes.isEmpty else { throw UsageFault(text: "`\(folder)/key` is empty") }
    return bytes.map(String.init).joined(separator: " ")
  }
}

/// Grades submissions that another process hands to it, one line each. Nobody types this command.
struct ServeGrader: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "grader", shouldDisplay: false)

  func run() throws {
    nnrepl_follow_parent()
    let channel = Channel(STDIN_FILENO)
    guard case .line(let line) = channel.line(), let setup = Wire.message(GraderSetup.self, line)
    else { return }
    let grader = try setup.grader()
    BigStack.run { _ in serve(grader, channel) }
  }

  private func serve(_ grader: Grader, _ channel: Channel) {
    while case .line(let line) = channel.line() {
      guard let submission = Wire.message(Submission.self, line) else { return }
      let start = Machine.now
      var record = grader.record(submission)
      record.seconds = Machine.now - start
      guard channel.send(record) else { return }
    }
  }
}

struct Grade: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Grade a folder of submissions: a folder for each learner, with ex01.nn and so on.")

  @Argument(help: "The folder.")
  var folder: String

  @Flag(help: "The folder is one submission.")
  var single = false

  @Option(help: "Whose submission a --single folder is; by default its name.")
  var learner: String?

  @OptionGroup var options: GradeOptions

  func validate() throws {
    guard options.format.isSingle, !single else { return }
    throw ValidationError(
      "--format \(options.format.rawValue) tells of one submission; give --single and its folder")
  }

  func run() throws {
    try withCourse {
      let grader = try options.setup.grader()
      let name = learner ?? URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent
      if single, let fault = Submission.fault(inName: Array(name.utf8)) {
        throw UsageFault(text: "`\(Escaped.line(name))` cannot be a learner: \(fault)")
      }
      let submissions =
        single
        ? [try SubmissionFolder.one(folder, named: name, grader)]
        : try SubmissionFolder.all(in: folder, grader)
      let batch = try Batch(options, grader)
      let records = try batch.run(submissions)
      Console.emit(options.format.text(records))
      return batch.hasLost || records.contains { $0.status == .fault }
        ? CheckStatus.course : CheckStatus.passed
    }
  }
}

struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Join the records of several runs, as of the shards of a class.")

  @Argument(help: "Files of records.")
  var files: [String]

  @Option(
    help: "\(GradeFormat.allCases.filter { !$0.isSingle }.map(\.rawValue).joined(separator: ", "))."
  )
  var format: GradeFormat = .jsonl

  func validate() throws {
    if files.isEmpty { throw ValidationError("name the files to join") }
    if format.isSingle {
      throw ValidationError("--format \(format.rawValue) tells of one submission")
    }
  }

  func run() throws {
    try withCourse {
      var joined: [String: Record] = [:]
      for path in files {
        for record in try Records.file(path) {
          if let other = joined[record.submission], other.withoutTime != record.withoutTime {
            throw UsageFault(
              text:
                "two different records of `\(record.submission)`, the second in `\(path)`; grade it again"
            )
          }
          if let other = joined.values.first, other.courseHash != record.courseHash {
            throw UsageFault(
              text: "`\(path)` has records of another course, or of another version of it")
          }
          joined[record.submission] = joined[record.submission] ?? record
        }
      }
      Console.emit(format.text(joined.values.sorted { $0.submission < $1.submission }))
      return CheckStatus.passed
    }
  }
}

struct Regrade: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Grade the submissions of old records again, and print whose marks changed.")

  @Argument(help: "The old records.")
  var old: String

  @Argument(help: "The folder of submissions.")
  var folder: String

  @OptionGroup var options: GradeOptions

  func run() throws {
    try withCourse {
      let before = try Records.file(old)
      let grader = try options.setup.grader()
      let names = Set(before.map(\.submission))
      let submissions = try SubmissionFolder.all(in: folder, grader).filter {
        names.contains($0.name)
      }
      let after = Dictionary(
        try Batch(options, grader).run(submissions).map { ($0.submission, $0) }
      ) { first, _ in first }
      var changed = 0
      for record in before {
        guard let new = after[record.submission] else {
          Console.emit("\(Escaped.line(record.submission)): no longer there, was \(record.score)\n")
          continue
        }
        let points = Dictionary(record.checks.map { ($0.id, $0.points) }) { first, _ in first }
        let moved = new.checks.filter { points[$0.id] != $0.points }
        guard new.score != record.score || !moved.isEmpty else { continue }
        changed += 1
        let parts = moved.map {
          "\($0.id) \(points[$0.id].map(String.init) ?? "new") → \($0.points)"
        }
        Console.emit(
          "\(Escaped.line(record.submission)): \(record.score) → \(new.score)   \(parts.joined(separator: ", "))\n"
        )
      }
      Console.emit("\(changed) of \(before.count) changed\n")
      return after.values.contains { $0.status == .fault } ? CheckStatus.course : CheckStatus.passed
    }
  }
}
