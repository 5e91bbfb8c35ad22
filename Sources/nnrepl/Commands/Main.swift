// The command line. All input and output is here and in the files beside it.
import ArgumentParser
import CPlatform
import CSupport
@preconcurrency import Glibc
import Lessons
import Rendering
import Session

@main
struct Main: ParsableCommand {
  static let version = "0.2.0"

  static let configuration = CommandConfiguration(
    commandName: "nnrepl",
    abstract: "See how neural networks learn: every step shows its chain rule with real numbers.",
    usage:
      "nnrepl [-e EXPRESSION]\nnnrepl lesson 1\nnnrepl run lesson03.nn\nnnrepl check ex03\nnnrepl help TOPIC",
    version: version,
    subcommands: [ServeWorker.self, ServeGrader.self],
    groupedSubcommands: [
      CommandGroup(
        name: "Seeing",
        subcommands: [
          Interact.self, Learn.self, Run.self, ListLessons.self, Help.self,
        ]),
      CommandGroup(
        name: "Sharing",
        subcommands: [
          ExportNotebook.self, ImportNotebook.self, MakeSite.self, ViewNotebook.self,
        ]),
      CommandGroup(
        name: "Exercising",
        subcommands: [
          ListExercises.self, CheckExercise.self, ShowHint.self, ShowSolution.self, Watch.self,
          ResetExercise.self, Predict.self,
        ]),
      CommandGroup(
        name: "Teaching",
        subcommands: [
          CourseCommand.self, Grade.self, Merge.self, Regrade.self, Mark.self, ReportClass.self,
          GiveFeedback.self,
        ]),
    ],
    defaultSubcommand: Interact.self)

  /// Wrong usage ends with status 2, as everywhere else in this program.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
      leave(0)
    } catch let status as ExitCode {
      leave(status.rawValue)
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      Console.write(fullMessage(for: error) + "\n", to: stderr)
      Glibc.exit(CheckStatus.usage)
    }
  }

  /// Runs a command inside a session.
  static func inSession(_ words: [String]) -> Int32 {
    fflush(stdout)
    defer { fflush(stdout) }
    do {
      var command = try parseAsRoot(words)
      try command.run()
      return 0
    } catch let status as ExitCode {
      return status.rawValue
    } catch {
      Console.write(fullMessage(for: error) + "\n", to: stderr)
      return CheckStatus.usage
    }
  }

  /// Ends the program. Output that was lost on the way is said, and is no success.
  private static func leave(_ status: Int32) -> Never {
    if fflush(stdout) != 0 || ferror(stdout) != 0 {
      Console.tell(
        "the output could not be written: \(String(cString: strerror(errno)).lowercased())")
      Glibc.exit(status == 0 ? CheckStatus.usage : status)
    }
    Glibc.exit(status)
  }
}

/// What the program does when it is given no command.
struct Interact: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "session", abstract: "An interactive session.")

  @Option(name: .short, help: "Run an expression and print its value.")
  var e: String?

  @Option(help: "Run a file first, then start the session.")
  var load: String?

  @Flag(help: "Serve editors and notebooks: one JSON object per line, in and out.")
  var json = false

  @OptionGroup var options: SessionOptions

  mutating func run() throws {
    nnrepl_keep_freed_memory()
    nnrepl_catch_interrupt()
    let console = Console(options, command: Main.inSession)
    if json { throw ExitCode(JSONServer(console.workbench(keepsGraphs: true)).run()) }
    if let e { throw ExitCode(console.evaluate(e)) }
    throw ExitCode(try console.interact(loading: load.map { [$0] } ?? []))
  }
}

struct Learn: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lesson",
    abstract: "Go through a lesson cell by cell, in a session where you can try things.")

  @Argument(help: "Its number; without one, the lesson that comes next.")
  var lesson: String?

  @OptionGroup var options: SessionOptions

  mutating func run() throws {
    nnrepl_keep_freed_memory()
    nnrepl_catch_interrupt()
    throw ExitCode(
      try Console(options, command: Main.inSession).interact(lesson: lesson ?? ""))
  }
}

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Replay a script or a lesson, cell by cell.")

  @Argument(help: "Files, or names of lessons (lesson03.nn, lesson03, 3); - is standard input.")
  var files: [String]

  @Flag(help: "Print outputs only.")
  var quiet = false

  @Flag(help: "Stay in the session afterwards.")
  var interactive = false

  @Flag(help: "Wait for Enter after each cell.")
  var pause = false

  @Flag(help: "Compare with the recorded output FILE.out.")
  var check = false

  @Flag(help: "Record the output as FILE.out.")
  var promote = false

  @Flag(help: "Print one JSON object per event.")
  var json = false

  @OptionGroup var options: SessionOptions

  mutating func run() throws {
    nnrepl_keep_freed_memory()
    nnrepl_catch_interrupt()
    let console = Console(options, command: Main.inSession)
    if interactive { throw ExitCode(try console.interact(loading: files, whole: !quiet)) }
    if let lesson = offered, console.accepts(lesson) {
      throw ExitCode(try console.interact(lesson: "\(lesson.number)"))
    }
    var status: Int32 = 0
    for file in files {
      let script = try console.read(file)
      if check || promote {
        status = try console.compare(script, promoting: promote)
      } else {
        status = console.play(script, quiet: quiet, pausing: pause, json: json)
      }
      if status != 0 { break }
    }
    throw ExitCode(status)
  }
}

extension Run {
  /// A lesson that is played on a terminal could be walked through.
  private var offered: Lesson? {
    guard !quiet, !pause, !check, !promote, !json, files.count == 1 else { return nil }
    let name = files[0].split(separator: "/").last.map(String.init) ?? files[0]
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return nil }
    return Lesson.named(name)
  }
}

extension Console {
  /// Offers to walk through a lesson instead of printing it.
  fileprivate func accepts(_ lesson: Lesson) -> Bool {
    Console.emit(
      "Lesson \(lesson.number) goes cell by cell, and you can try things between: Return. To print it all: p. "
    )
    guard let answer = Console.answer() else { return false }
    return answer.allSatisfy(\.isWhitespace)
  }
}

struct ListLessons: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lessons", abstract: "List the lessons.")

  func run() {
    let console = Console(SessionOptions.standard)
    console.show(LessonList.text(console.workbench().progress, console.style) + "\n")
  }
}

struct Help: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "help",
    abstract: "Explain a verb, a function or an error.")

  @Argument(help: "What to explain; nothing for a short guide.")
  var topic: [String] = []

  func run() throws {
    let commands = Main.configuration.groupedSubcommands.flatMap(\.subcommands)
    if topic.count == 1, let command = commands.first(where: { $0._commandName == topic[0] }) {
      return print(Main.helpMessage(for: command))
    }
    throw ExitCode(Console(SessionOptions.standard).help(topic.joined(separator: " ")))
  }
}

extension SessionOptions {
  static var standard: SessionOptions {
    var options = SessionOptions()
    options.dtype = .float64
    options.seed = nil
    options.color = .auto
    options.ascii = false
    return options
  }
}
