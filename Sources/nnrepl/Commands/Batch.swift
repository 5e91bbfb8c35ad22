// Many submissions, several at a time, and the file that their records go to.
import Foundation
import Grading
import Interpreter

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
    let start = Machine.now
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
    summary(ordered, waiting.count, Machine.now - start)
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
        busy.append(Bench(process, submission, Machine.now + patience))
      }
      let late = busy.firstIndex { $0.deadline < Machine.now }
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
