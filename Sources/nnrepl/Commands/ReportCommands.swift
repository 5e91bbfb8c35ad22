// What an instructor does with records: looks at the class, gives feedback back.
import Diagnostics
import ArgumentParser
import Grading
import Rendering

struct ReportClass: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "What a class's records say: hard checks, what was misunderstood, the same scripts.")

  /// How the report is written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, html
  }

  @Argument(help: "Files of records.")
  var files: [String]

  @Option(help: "text or html: one page that needs nothing else.")
  var format = Format.text

  @Option(help: "Which of several hand-ins of an exercise counts: best or last.")
  var attempts: Attempt?

  @Flag(help: "Write pseudonyms instead of names.")
  var anonymous = false

  func run() throws {
    try withCourse {
      var records = try Records.joined(files, attempts)
      if anonymous { records = records.map(\.anonymous) }
      let text = ReportText(ClassReport(records), Console(SessionOptions.standard).style)
      Console.emit(format == .html ? text.page : text.text)
      return CheckStatus.passed
    }
  }
}

struct GiveFeedback: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feedback",
    abstract: "Write a file for each learner to hand back: NAME.txt and NAME.html.")

  @Argument(help: "A file of records.")
  var file: String

  @Argument(help: "The folder to write them to.")
  var folder: String

  @Flag(help: "Write pseudonyms instead of names.")
  var anonymous = false

  func run() throws {
    try withCourse {
      var records = try Records.joined([file], nil)
      if anonymous { records = records.map(\.anonymous) }
      Files.makeFolder(folder)
      let style = Console(SessionOptions.standard).style
      for record in records {
        let text = FeedbackText(record, style)
        let path =
          folder + "/" + GiveFeedback.fileName(Record.learner(of: record.submission))
        guard Files.write(text.text, to: path + ".txt"), Files.write(text.page, to: path + ".html")
        else { throw UsageFault(text: "cannot write `\(Escaped.line(path)).txt`") }
      }
      Console.emit("wrote feedback for \(records.count) learners to \(folder)\n")
      return CheckStatus.passed
    }
  }

  /// A name that is a file's and nothing else: what could be a path or hide it is written as `%2F`.
  private static func fileName(_ name: String) -> String {
    var result: [UInt8] = []
    for (i, byte) in name.utf8.enumerated() {
      let isPlain =
        byte >= 0x80 || byte > 0x20 && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "%")
      if isPlain && !(i == 0 && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-"))) {
        result.append(byte)
      } else {
        result += Array(("%" + Digest.hex([byte]).uppercased()).utf8)
      }
    }
    // Longer names are none to a file system.
    guard result.count > 180 else { return String(decoding: result, as: UTF8.self) }
    return String(decoding: result.prefix(60), as: UTF8.self).filter { $0 != "\u{fffd}" } + "-"
      + Digest.sha256(name).prefix(16)
  }
}

extension Records {
  /// The records of several files, one for each learner.
  static func joined(_ files: [String], _ attempts: Attempt?) throws -> [Record] {
    try book(files, attempts) { $0 }.records
  }

  /// The records of several files.
  /// - Parameter change: what is done to each before it is added.
  static func book(
    _ files: [String], _ attempts: Attempt?, change: (Record) -> Record
  ) throws -> RecordBook {
    var book = RecordBook(attempts)
    for path in files {
      for record in try Records.file(path) {
        do { try book.add(change(record), from: path) } catch let fault as MergeFault {
          throw UsageFault(text: fault.text)
        }
      }
    }
    return book
  }
}
