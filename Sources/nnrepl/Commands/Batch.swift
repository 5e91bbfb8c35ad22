// Many submissions, several at a time, and the file that their records go to.
import CPlatform
import FoundationEssentials
@preconcurrency import Glibc
import Grading
import Interpreter
import Platform

/// Submissions on their way through grading processes, and their records on the way to a file.
final class Batch {
  private let options: GradeOptions
  private let grader: Grader
  /// Marks by hand that a record graded anew takes over.
  private var edited: [Record.Key: Record] = [:]
  private var records: [Record.Key: Record] = [:]
  private var lock: FileLock?
  private var file: UnsafeMutablePointer<FILE>?
  private(set) var hasLost = false

  init(_ options: GradeOptions, _ grader: Grader) throws {
    self.options = options
    self.grader = grader
  }

  deinit { if let file { fclose(file) } }

  /// - Parameter old: records whose marks by hand are kept.
  /// - Returns: a record for each submission, in order.
  func run(_ submissions: [Submission], keepingEditsOf old: [Record] = []) throws -> [Record] {
    for record in old { edited[record.key] = record }
    try open()
    let start = Machine.now
    if options.jobs > Batch.cores {
      Console.tell(
        "--jobs \(options.jobs) on \(Batch.cores) cores: the marks are the same, and it is no faster"
      )
    }
    let blanks = Dictionary(
      submissions.map { ($0.name, grader.blank($0)) }, uniquingKeysWith: { first, _ in first })
    try refuseStrangers(blanks)
    var changed = 0
    let waiting = submissions.filter { submission in
      guard let blank = blanks[submission.name], let old = records[blank.key] else { return true }
      if old.status != .fault, isCurrent(old, blank) { return false }
      if old.submissionHash != blank.submissionHash { changed += 1 }
      edited[blank.key] = edited[blank.key] ?? old
      records[blank.key] = nil
      return true
    }
    if waiting.count < submissions.count {
      Console.tell("kept \(submissions.count - waiting.count) records, \(waiting.count) to go")
    }
    if changed > 0 { Console.tell("\(changed) were handed in anew and are graded again") }
    grade(waiting)
    let ordered = submissions.compactMap { submission in
      blanks[submission.name].flatMap { records[$0.key] }
    }
    if let out = options.out {
      // Records of others that were in the file stay there.
      if !Files.write(GradeFormat.jsonl.text(all), to: out) { lose(out) }
    }
    lock = nil
    summary(ordered, waiting.count, Machine.now - start)
    return ordered
  }

  private var all: [Record] { records.sorted { $0.key < $1.key }.map(\.value) }

  /// Whether a record would come out the same again.
  private func isCurrent(_ record: Record, _ blank: Record) -> Bool {
    record.submissionHash == blank.submissionHash && record.courseHash == blank.courseHash
      && record.seed == blank.seed && record.version == blank.version
      && record.checks.map(\.id) == blank.checks.map(\.id)
  }

  /// Records that would be lost are asked about: the same checks with another seed or another course, or checks
  /// that overlap.
  private func refuseStrangers(_ blanks: [String: Record]) throws {
    guard !options.replace, let out = options.out else { return }
    var seeds = 0
    var courses = 0
    for record in records.values {
      guard let blank = blanks[record.submission] else { continue }
      guard !Set(record.exercises).isDisjoint(with: blank.exercises) else { continue }
      guard record.key == blank.key else {
        throw UsageFault(
          text:
            "`\(out)` has records of \(record.exercises.joined(separator: ", ")) together, and this run is of \(blank.exercises.joined(separator: ", ")): grade the same exercises, or give another --out; `merge` joins them"
        )
      }
      if record.seed != blank.seed { seeds += 1 }
      if record.course != blank.course || record.courseHash != blank.courseHash { courses += 1 }
    }
    if seeds > 0 {
      throw UsageFault(
        text:
          "`\(out)` has \(seeds) records of the same learners and exercises with another seed: give --replace to grade them anew, or another --out"
      )
    }
    if courses > 0 {
      throw UsageFault(
        text:
          "`\(out)` has \(courses) records of another version of the course: `regrade` tells whose marks change; --replace grades them anew, or give another --out"
      )
    }
  }

  private static var cores: Int { max(1, Int(nnrepl_processors())) }

  // MARK: The file of records

  private func open() throws {
    guard let out = options.out else { return }
    lock = try FileLock(of: out, waits: options.resume)
    if case .success(let bytes) = FileAccess.open.read(out), !bytes.isEmpty {
      // A line that was torn off may end within a character.
      let text = String(decoding: bytes, as: UTF8.self)
      guard options.resume || options.replace else {
        throw UsageFault(text: "`\(out)` is there already; --resume goes on with it")
      }
      for record in try Records.read(text, out, allowingTornEnd: true) {
        records[record.key] = record
      }
    }
    // What is kept is written anew first: a line that was torn off in the middle goes.
    guard Files.write(GradeFormat.jsonl.text(all), to: out),
      let opened = fopen(out, "ae")
    else { throw UsageFault(text: "cannot write `\(out)`") }
    // Each record is in the file at once.
    setvbuf(opened, nil, _IONBF, 0)
    file = opened
  }

  private func keep(_ graded: Record) {
    var record = graded
    if let old = edited[record.key] { record.keepEdits(of: old) }
    records[record.key] = record
    guard let out = options.out, let file else { return }
    let line = Array(GradeFormat.jsonl.text([record]).utf8)
    if fwrite(line, 1, line.count, file) != line.count { lose(out) }
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

  /// Grades submissions, several at a time; those that failed through no fault of their own once more, each alone.
  private func grade(_ waiting: [Submission]) {
    let again = grade(waiting[...], jobs: options.jobs) { $0.status != .fault }
    guard !again.isEmpty else { return }
    Console.tell("\(again.count) could not be graded and are tried once more, alone")
    _ = grade(again[...], jobs: 1) { _ in true }
  }

  /// - Returns: what is to be tried again.
  private func grade(_ waiting: ArraySlice<Submission>, jobs: Int, accepts: (Record) -> Bool)
    -> [Submission]
  {
    var queue = waiting
    var idle: [ChildProcess] = []
    var busy: [Bench] = []
    var again: [Submission] = []
    func take(_ record: Record, _ submission: Submission) {
      if accepts(record) { keep(record) } else { again.append(submission) }
    }
    let checks = grader.exercises.reduce(0) { $0 + $1.checks.count }
    // Each check may hang, be tried again, and be looked at once more with other functions in place.
    let patience = Double(3 * checks + 1) * (10 * grader.course.list.budgets.seconds + 10)
    while !queue.isEmpty || !busy.isEmpty {
      while busy.count < jobs, let submission = queue.popFirst() {
        if submission.rejection != nil {
          keep(grader.blank(submission))
          continue
        }
        guard let process = idle.popLast() ?? start() else {
          take(grader.failed(submission, "no grading process could be started"), submission)
          continue
        }
        process.channel.send(submission)
        busy.append(Bench(process, submission, Machine.now + patience))
      }
      let late = busy.firstIndex { $0.deadline < Machine.now }
      guard let first = late ?? Channel.firstReady(busy.map(\.process.channel)) else { continue }
      let bench = busy.remove(at: first)
      if case .line(let line) = bench.process.channel.line(until: bench.deadline),
        let record = Wire.message(Record.self, line)
      {
        take(record, bench.submission)
        idle.append(bench.process)
      } else {
        bench.process.end()
        take(
          grader.failed(bench.submission, "the grading process ended without a record"),
          bench.submission)
      }
    }
    return again
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
    let rate = seconds > 0 ? Printed.fixed(Double(graded) / seconds, 1) : "-"
    Console.tell(
      "\(records.count) records, \(rejected.count) rejected, \(faults.count) faults of ours; mean \(Printed.fixed(mean, 1)) of \(records.first?.max ?? 0); \(rate) submissions per second"
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
    // A carriage return before a line's end is one character with it.
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
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
