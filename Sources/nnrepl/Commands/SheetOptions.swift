// Records as a department wants them: with its own ids, without names, with what being late costs.
import ArgumentParser
import Grading
import Interpreter

/// How a class's records are written.
struct SheetOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A CSV file of those enrolled, best the platform's own export.",
      discussion:
        "Its columns lead the table; a row for each of them, absent ones too. The column that holds the submissions' names is found by itself."
    ))
  var roster: String?

  @Flag(help: "Write pseudonyms instead of names.")
  var anonymous = false

  /// The roster's text, whatever the platform wrote it in.
  private func read(_ path: String) throws -> String {
    guard case .success(let bytes) = FileAccess.open.read(path) else {
      throw UsageFault(text: "cannot read `\(path)`")
    }
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
      throw UsageFault(text: "`\(path)` is saved as UTF-16; save it as CSV in UTF-8")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw UsageFault(text: "`\(path)` is not UTF-8 text; save it as CSV in UTF-8")
    }
    return text
  }

  func text(_ records: [Record], _ format: GradeFormat) throws -> String {
    var records = records
    if anonymous { records = records.map(\.anonymous) }
    guard let roster else {
      if format.needsRoster {
        throw UsageFault(
          text: "--format \(format.rawValue) needs --roster, the platform's own export")
      }
      return format.text(records)
    }
    let text = try read(roster)
    do {
      let roster = try Roster(text, names: records.map(\.submission))
      for name in roster.strangers(among: records) {
        Console.tell("`\(name)` is not on the roster")
      }
      for name in roster.claimedTwice(among: records) {
        Console.tell("`\(name)` fits several rows of the roster: the mark stands in none of them")
      }
      return try roster.text(records, format)
    } catch let fault as RosterFault {
      throw UsageFault(text: "`\(roster)`: \(fault.text)")
    }
  }
}

/// What being late costs.
struct LateOptions: ParsableArguments {
  @Option(help: "When the work was due (ISO 8601); what was handed in later loses points.")
  var due: String?

  @Option(help: "What a day late costs, in percent of the mark.")
  var perDay = 10.0

  @Option(help: "How many days late cost nothing.")
  var grace = 0.0

  func validate() throws {
    if let due, HandIn.seconds(due) == nil {
      throw ValidationError("--due is a time as 2026-11-30T23:59:00Z, not `\(due)`")
    }
    if due == nil, perDay != 10 || grace != 0 {
      throw ValidationError("--per-day and --grace need --due, when the work was due")
    }
    guard (0...100).contains(perDay), grace >= 0 else {
      throw ValidationError("--per-day is from 0 to 100, --grace from 0")
    }
  }

  func applied(to record: Record) -> Record {
    guard let due, let end = HandIn.seconds(due) else { return record }
    return record.late(after: end, perDay: perDay, grace: grace)
  }
}
