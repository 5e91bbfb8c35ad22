// The instructor's commands about submissions: grade, merge, regrade.
import ArgumentParser
import CSupport
import Foundation
import Grading
import Runtime

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
    let nursery = Nursery()
    return Grader(
      course, exercise: exercise, key: try key ?? keyFile() ?? course.hash,
      version: Main.version
    ) { budgets throws(Fault) in
      try WorkerProcess(budgets, from: nursery, mustBeConfined: mustBeConfined)
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
      let start = Channel.now
      var record = grader.record(submission)
      record.seconds = Channel.now - start
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

/// Submissions on their way through grading processes, and their records on the way to a file.
final class Batch {
  private let options: GradeOptions
  private let grader: Grader
  private var records: [String: Record] = [:]
  private var file: FileHandle?
  private(set) var hasLost = false

  init(_ options: GradeOptions, _ grader: Grader) throws {
    self.options = options
    self.grader = grader
  }

  /// - Returns: a record for each submission, in order.
  func run(_ submissions: [Submission]) throws -> [Record] {
    try open()
    let start = Channel.now
    let waiting = submissions.filter { submission in
      if let old = records[submission.name], old.status != .fault, isCurrent(old, submission) {
        return false
      }
      records[submission.name] = nil
      return true
    }
    if waiting.count < submissions.count {
      Console.tell("kept \(submissions.count - waiting.count) records, \(waiting.count) to go")
    }
    grade(waiting)
    let ordered = submissions.compactMap { records[$0.name] }
    if let out = options.out {
      // Records of others that were in the file stay there.
      let all = records.values.sorted { $0.submission < $1.submission }
      if !Files.write(GradeFormat.jsonl.text(all), to: out) { lose(out) }
    }
    summary(ordered, waiting.count, Channel.now - start)
    return ordered
  }

  /// Whether a record would come out the same again.
  private func isCurrent(_ record: Record, _ submission: Submission) -> Bool {
    let blank = grader.blank(submission)
    return record.submissionHash == blank.submissionHash && record.courseHash == blank.courseHash
      && record.seed == blank.seed && record.version == blank.version
      && record.checks.map(\.id) == blank.checks.map(\.id)
  }

  // MARK: The file of records

  private func open() throws {
    guard let out = options.out else { return }
    if case .success(let bytes) = FileAccess.open.read(out), !bytes.isEmpty {
      // A line that was torn off may end within a character.
      let text = String(decoding: bytes, as: UTF8.self)
      guard options.resume else {
        throw UsageFault(text: "`\(out)` is there already; --resume goes on with it")
      }
      for record in try Records.read(text, out, allowingTornEnd: true) {
        records[record.submission] = record
      }
    }
    // What is kept is written anew first: a line that was torn off in the middle goes.
    guard
      Files.write(
        GradeFormat.jsonl.text(records.values.sorted { $0.submission < $1.submission }), to: out),
      let handle = FileHandle(forWritingAtPath: out)
    else { throw UsageFault(text: "cannot write `\(out)`") }
    handle.seekToEndOfFile()
    file = handle
  }

  private func keep(_ record: Record) {
    records[record.submission] = record
    guard let out = options.out, let file else { return }
    do { try file.write(contentsOf: Data(GradeFormat.jsonl.text([record]).utf8)) } catch {
      lose(out)
    }
  }

  /// Records that cannot be written are still printed; the status tells.
  private func lose(_ out: String) {
    if !hasLost { Console.tell("cannot write `\(out)`: its records are not complete") }
    hasLost = true
  }

  // MARK: Grading processes

  /// A process and what it is busy with.
  private final class Bench {
    let process: ChildProcess
    let submission: Submission
    let deadline: Double
    init(_ process: ChildProcess, _ submission: Submission, _ deadline: Double) {
      (self.process, self.submission, self.deadline) = (process, submission, deadline)
    }
  }

  private func grade(_ waiting: [Submission]) {
    var queue = waiting[...]
    var idle: [ChildProcess] = []
    var busy: [Bench] = []
    var tried: Set<String> = []
    let checks = grader.exercises.reduce(0) { $0 + $1.checks.count }
    let patience = Double(checks + 1) * (grader.course.list.budgets.seconds + 10)
    while !queue.isEmpty || !busy.isEmpty {
      while busy.count < options.jobs, let submission = queue.popFirst() {
        if submission.rejection != nil {
          keep(grader.blank(submission))
          continue
        }
        guard let process = idle.popLast() ?? start() else {
          keep(grader.failed(submission, "no grading process could be started"))
          continue
        }
        process.channel.send(submission)
        busy.append(Bench(process, submission, Channel.now + patience))
      }
      let late = busy.firstIndex { $0.deadline < Channel.now }
      guard let first = late ?? Channel.firstReady(busy.map(\.process.channel)) else { continue }
      let bench = busy.remove(at: first)
      if case .line(let line) = bench.process.channel.line(until: bench.deadline),
        let record = Wire.message(Record.self, line)
      {
        keep(record)
        idle.append(bench.process)
      } else {
        // The process is gone. Once more with a new one, in case it was not the submission's doing.
        bench.process.end()
        if tried.insert(bench.submission.name).inserted {
          queue.append(bench.submission)
        } else {
          keep(grader.failed(bench.submission, "the grading process ended without a record"))
        }
      }
    }
  }

  private func start() -> ChildProcess? {
    let process = ChildProcess(["grader"], isSilent: false)
    process?.channel.send(options.setup)
    return process
  }

  // MARK: Telling

  private func summary(_ records: [Record], _ graded: Int, _ seconds: Double) {
    guard records.count > 1 else { return }
    let rejected = records.filter { $0.status == .rejected }
    let faults = records.filter { $0.status == .fault }
    let mean = records.reduce(0.0) { $0 + Double($1.score) } / Double(records.count)
    let rate = seconds > 0 ? String(format: "%.1f", Double(graded) / seconds) : "-"
    Console.tell(
      "\(records.count) records, \(rejected.count) rejected, \(faults.count) faults of ours; mean \(String(format: "%.1f", mean)) of \(records.first?.max ?? 0); \(rate) submissions per second"
    )
    for record in (rejected + faults).prefix(20) {
      Console.tell("\(record.submission): \(record.message)")
    }
  }
}

extension Channel {
  /// The place of a channel with something to read, or nil after a second.
  static func firstReady(_ channels: [Channel]) -> Int? {
    if channels.isEmpty { return nil }
    var waits = channels.map { pollfd(fd: $0.file, events: Int16(POLLIN), revents: 0) }
    guard poll(&waits, nfds_t(waits.count), 1_000) > 0 else { return nil }
    return waits.firstIndex { $0.revents != 0 }
  }
}

enum Records {
  /// The records of a file.
  /// - Throws: `UsageFault` with the line that is none.
  static func read(_ text: String, _ path: String, allowingTornEnd: Bool = false) throws -> [Record]
  {
    var records: [Record] = []
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (i, line) in lines.enumerated() where !line.isEmpty {
      guard let record = try? JSONDecoder().decode(Record.self, from: Data(line.utf8)),
        record.isSound
      else {
        if allowingTornEnd, i == lines.count - 1 { continue }
        throw UsageFault(text: "line \(i + 1) of `\(path)` is no record")
      }
      records.append(record)
    }
    return records
  }

  static func file(_ path: String) throws -> [Record] {
    guard let text = Files.text(path) else { throw UsageFault(text: "cannot read `\(path)`") }
    let records = try read(text, path)
    // An empty file is what a run leaves that was ended before its first record.
    guard !records.isEmpty else { throw UsageFault(text: "`\(path)` has no records") }
    return records
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
