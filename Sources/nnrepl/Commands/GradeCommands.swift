// The instructor's commands about submissions: grade, merge, regrade.
import Diagnostics
import Platform
import ArgumentParser
import CSupport
@preconcurrency import Glibc
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

  @Flag(help: "Grade anew what --out has with another seed or of another version of the course.")
  var replace = false

  @Flag(help: "Grade even where the kernel does not close the scripts' processes off.")
  var unconfined = false

  @Option(help: "\(GradeFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: GradeFormat = .jsonl

  func validate() throws {
    guard (1...256).contains(jobs) else { throw ValidationError("--jobs is from 1 to 256") }
    if replace, out == nil {
      throw ValidationError("--replace needs --out, the records to replace")
    }
    if resume, out == nil {
      throw ValidationError("--resume needs --out, the records to go on with")
    }
  }

  /// Says what would make marks other than an instructor expects.
  func warn(of grader: Grader) {
    let without = grader.course.exercisesWithoutHiddenChecks
    let folder = secret ?? course.course.map { $0 + "/private" } ?? "private"
    if !without.isEmpty {
      Console.tell(
        "no hidden checks of \(without.joined(separator: ", ")) in `\(folder)`, though the course has some: marks are without them"
      )
    } else if !grader.course.exercises.contains(where: { $0.checks.contains(where: \.isHidden) }) {
      Console.tell("no hidden checks in `\(folder)`: only public checks are graded")
    }
    if seed == nil, !setup.hasKey {
      Console.tell(
        "no key in `\(folder)` and no --seed: each learner's inputs follow from the course's own files"
      )
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
  var hasKey: Bool { (try? keyFile()) != nil }

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
    commandName: "grade",
    abstract: "Grade a folder of submissions: a folder for each learner, with ex01.nn and so on.")

  @Argument(help: "The folder.")
  var folder: String

  @Flag(help: "The folder is one submission.")
  var single = false

  @Option(help: "Whose submission a --single folder is; by default its name.")
  var learner: String?

  @Option(help: "When a --single folder was handed in (ISO 8601), as the platform tells it.")
  var handedIn: String?

  @OptionGroup var options: GradeOptions
  @OptionGroup var sheet: SheetOptions

  func validate() throws {
    if let handedIn, HandIn.seconds(handedIn) == nil {
      throw ValidationError("--handed-in is a time as 2026-11-30T23:59:00Z, not `\(handedIn)`")
    }
    if !single, learner != nil || handedIn != nil {
      throw ValidationError("--learner and --handed-in are of one submission; give --single too")
    }
    if learner?.isEmpty == true { throw ValidationError("--learner is empty") }
    if options.format.needsRoster, sheet.roster == nil {
      throw ValidationError(
        "--format \(options.format.rawValue) needs --roster, the platform's own export")
    }
    guard options.format.isSingle, !single else { return }
    throw ValidationError(
      "--format \(options.format.rawValue) tells of one submission; give --single and its folder")
  }

  func run() throws {
    try withCourse {
      let grader = try options.setup.grader()
      options.warn(of: grader)
      let submissions = try submissions(grader)
      let batch = try Batch(options, grader)
      let records = try batch.run(submissions)
      Console.emit(try sheet.text(records, options.format))
      return batch.hasLost || records.contains { $0.status == .fault }
        ? CheckStatus.course : CheckStatus.passed
    }
  }

  private func submissions(_ grader: Grader) throws -> [Submission] {
    guard single else { return try SubmissionFolder.all(in: folder, grader, note: Console.tell) }
    let name = learner ?? Files.name(folder)
    var one: Submission
    if let fault = Submission.fault(inName: Array(name.utf8)) {
      // The platform waits for a result, whatever its learners are called.
      let harmless = Submission.harmless(Array(name.utf8))
      one = Submission(name: harmless, learner: harmless, files: [:], rejection: fault)
    } else {
      one = try SubmissionFolder.one(folder, named: name, grader)
    }
    one.handedIn = handedIn
    return [one]
  }
}

struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Join records: the shards of a class, the weeks of a course, several hand-ins.")

  @Argument(help: "Files of records.")
  var files: [String]

  @Option(
    help: "\(GradeFormat.allCases.filter { !$0.isSingle }.map(\.rawValue).joined(separator: ", "))."
  )
  var format: GradeFormat = .jsonl

  @Option(help: "Which of several hand-ins of an exercise counts: best or last.")
  var attempts: Attempt?

  @OptionGroup var late: LateOptions
  @OptionGroup var sheet: SheetOptions

  func validate() throws {
    if files.isEmpty { throw ValidationError("name the files to join") }
    if format.isSingle {
      throw ValidationError("--format \(format.rawValue) tells of one submission")
    }
  }

  func run() throws {
    try withCourse {
      var count = 0
      let book = try Records.book(files, attempts) { record in
        count += 1
        return late.applied(to: record)
      }
      var told = "\(count) records in \(files.count) files: \(book.learners) learners"
      if book.joined > 0 { told += ", \(book.joined) of them joined from several records" }
      if book.doubles > 0 { told += ", \(book.doubles) records were there twice" }
      if book.superseded > 0 { told += ", \(book.superseded) hand-ins gave way to another" }
      Console.tell(told)
      Console.emit(try sheet.text(book.records, format))
      return CheckStatus.passed
    }
  }
}

extension Attempt: ExpressibleByArgument {}

struct Regrade: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regrade",
    abstract: "Grade the submissions of old records again, and print whose marks changed.")

  @Argument(help: "The old records.")
  var old: String

  @Argument(help: "The folder of submissions.")
  var folder: String

  @OptionGroup var options: GradeOptions

  func run() throws {
    try withCourse {
      let before = try Records.file(old)
      var options = options
      // Records of one exercise are graded as such.
      let exercises = Set(before.flatMap(\.exercises))
      if options.exercise == nil, exercises.count == 1 { options.exercise = exercises.first }
      let grader = try options.setup.grader()
      options.warn(of: grader)
      if let first = before.first {
        let learner = Record.learner(of: first.submission)
        let blank = grader.blank(Submission(name: first.submission, learner: learner, files: [:]))
        if blank.seed != first.seed {
          Console.tell("the old records were graded with another seed or key, so with other inputs")
        }
      }
      let names = Set(before.map(\.submission))
      let all = try SubmissionFolder.all(in: folder, grader, note: Console.tell)
      let submissions = all.filter { names.contains($0.name) }
      let new = all.count - submissions.count
      let graded = try Batch(options, grader).run(submissions, keepingEditsOf: before)
      let after = Dictionary(graded.map { ($0.key, $0) }) { first, _ in first }
      var changed = 0
      var reworded = 0
      for record in before {
        let name = Escaped.line(record.submission)
        guard
          let new = after[record.key] ?? graded.first(where: { $0.submission == record.submission })
        else {
          Console.emit("\(name): no longer there, was \(record.score)\n")
          continue
        }
        let points = Dictionary(record.checks.map { ($0.id, $0) }) { first, _ in first }
        let moved = new.checks.filter { points[$0.id]?.points != $0.points }
        if moved.isEmpty, new.score == record.score {
          if new.checks.contains(where: { points[$0.id]?.message != $0.message }) { reworded += 1 }
          continue
        }
        changed += 1
        let parts = moved.map {
          "\($0.id) \(points[$0.id].map { String($0.points) } ?? "new") → \($0.points)"
        }
        Console.emit("\(name): \(record.score) → \(new.score)   \(parts.joined(separator: ", "))\n")
      }
      let edited = graded.filter { $0.checks.contains { $0.edited != nil } }.count
      if edited > 0 { Console.tell("\(edited) records have marks by hand, which stay") }
      if reworded > 0 { Console.tell("\(reworded) records have the same marks in other words") }
      if new > 0 { Console.tell("\(new) submissions have no old record and are left out") }
      Console.emit("\(changed) of \(before.count) changed\n")
      return graded.contains { $0.status == .fault } ? CheckStatus.course : CheckStatus.passed
    }
  }
}

struct Mark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mark",
    abstract: "Give a check of a record a mark by hand; it survives regrade and shows as edited.")

  @Argument(help: "A file of records.")
  var file: String

  @Argument(help: "The submission's name.")
  var submission: String

  @Argument(help: "The check, as ex03.dw.")
  var check: String

  @Argument(help: "Its points, a whole number.")
  var points: String

  @Option(help: "Why.")
  var note = ""

  func run() throws {
    try withCourse {
      let lock = try FileLock(of: file, waits: true)
      defer { withExtendedLifetime(lock) {} }
      var records = try Records.file(file)
      guard
        let i = records.firstIndex(where: { record in
          record.submission == submission && record.checks.contains { $0.id == check }
        }), let j = records[i].checks.firstIndex(where: { $0.id == check })
      else {
        throw UsageFault(
          text: "`\(file)` has no check `\(Escaped.line(check))` of `\(Escaped.line(submission))`")
      }
      let most = records[i].checks[j].max
      guard let points = Int(points), (0...most).contains(points) else {
        throw UsageFault(
          text: "\(check) gives from 0 to \(most) whole points, not `\(Escaped.line(points))`")
      }
      let before = records[i].checks[j].points
      records[i].checks[j].edit(points, note: note)
      records[i].score = records[i].checks.reduce(0) { $0 + $1.points }
      guard Files.write(GradeFormat.jsonl.text(records), to: file) else {
        throw UsageFault(text: "cannot write `\(file)`")
      }
      Console.emit("\(Escaped.line(submission)): \(check) \(before) → \(points)\n")
      return CheckStatus.passed
    }
  }
}
