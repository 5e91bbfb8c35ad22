// Files, the terminal, exit statuses.
import ArgumentParser
import CPlatform
import CSupport
import Diagnostics
import Export
@preconcurrency import Glibc
import Interpreter
import Lessons
import Rendering
import Session
import Workbench

/// A script to run, and where its recorded output lies.
struct Script {
  let name: String
  let text: String
  let recordPath: String?
  let recorded: String?
}

/// One line that tells how far a loop is. A finished loop leaves none.
final class ProgressLine {
  private let style: Style
  private var isOpen = false
  init(_ style: Style) { self.style = style }

  func show(_ progress: Progress?) {
    guard let progress else { return clear() }
    let text = ProgressText.line(progress, width: style.width - 1, isASCII: style.isASCII)
    Console.emit("\r\u{1b}[K" + text)
    isOpen = true
  }

  func clear() {
    guard isOpen else { return }
    isOpen = false
    Console.emit("\r\u{1b}[K")
  }
}

struct Console {
  let options: SessionOptions
  let style: Style
  /// Runs a command of the program inside a session.
  let command: (([String]) -> Int32)?

  init(_ options: SessionOptions, command: (([String]) -> Int32)? = nil) {
    self.options = options
    self.command = command
    var style = Style()
    style.hasColor = Console.wantsColor(options.color)
    style.width = Console.textWidth
    style.isASCII = options.ascii || Console.isPlainTerminal
    self.style = style
  }

  private static func wantsColor(_ mode: ColorMode) -> Bool {
    if mode != .auto { return mode == .always }
    if let no = getenv("NO_COLOR"), no.pointee != 0 { return false }
    return isMoving
  }

  /// Whether someone watches on a terminal that can write over what it has shown.
  static var isMoving: Bool {
    if let term = getenv("TERM"), String(cString: term) == "dumb" { return false }
    return isatty(STDOUT_FILENO) == 1
  }

  /// Whether the terminal's locale has no UTF-8.
  private static var isPlainTerminal: Bool {
    guard isatty(STDOUT_FILENO) == 1 else { return false }
    let names: [String] = ["LC_ALL", "LC_CTYPE", "LANG"]
    let values = names.map { name in getenv(name).map { String(cString: $0) } ?? "" }
    let locale = values.first { !$0.isEmpty }
    // Without any word on it, terminals of today show UTF-8.
    guard let locale else { return false }
    let name = locale.lowercased()
    return !name.contains("utf-8") && !name.contains("utf8")
  }

  /// Of the terminal; 24 by 80 where there is none.
  static var size: (rows: Int, columns: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return (24, 80)
    }
    return (size.ws_row > 0 ? Int(size.ws_row) : 24, Int(size.ws_col))
  }

  /// How wide text may be: what is told needs some room.
  private static var textWidth: Int { size.columns >= 40 ? size.columns : 80 }

  private func session(seed: UInt64? = nil) -> Session {
    let session = Session(
      dtype: options.dtype == .float32 ? .float32 : .float64, seed: options.seed ?? seed ?? 0)
    session.machine.files = .open
    session.machine.audience.showsProgress = Console.isMoving
    return session
  }

  // MARK: Output

  static func write(_ text: String, to file: UnsafeMutablePointer<FILE>?) {
    guard let file else { return }
    var text = text
    text.withUTF8 { _ = fwrite($0.baseAddress, 1, $0.count, file) }
  }

  /// Text that is on its way at once.
  static func emit(_ text: String) {
    write(text, to: stdout)
    fflush(stdout)
  }

  /// A word of the program itself, on standard error.
  static func tell(_ text: String) { write("nnrepl: \(text.visible)\n", to: stderr) }

  func show(_ text: String) { Console.write(text, to: stdout) }

  /// Diagnostics go to standard error, after what was printed before them.
  func report(_ diagnostics: [Diagnostic], _ session: Session) {
    fflush(stdout)
    let text = DiagnosticText(style, sources: session.sources)
    for diagnostic in diagnostics { Console.write(text.render(diagnostic) + "\n", to: stderr) }
  }

  /// What the program ends with.
  func status(_ errors: [Diagnostic]) -> Int32 {
    // Ctrl-C ends the program as it should even when the last statement was through.
    guard let first = errors.first else { return nnrepl_take_interrupt() != 0 ? 130 : 0 }
    return first.id == .interrupted ? 130 : first.id.isLimit ? 3 : 1
  }

  private func sink(_ session: Session) -> (Event) -> Void {
    let events = EventText(style)
    let line = ProgressLine(style)
    return { event in
      if case .progress(let progress) = event { return line.show(progress) }
      line.clear()
      if case .warning = event {
        fflush(stdout)
        Console.write(events.render(event, in: session), to: stderr)
      } else {
        Console.write(events.render(event, in: session), to: stdout)
        if isatty(STDOUT_FILENO) == 1 { fflush(stdout) }
      }
    }
  }

  // MARK: Reading

  /// A file by its path, a lesson by its name, or standard input.
  /// A notebook of Jupyter is read as a script.
  func read(_ name: String) throws -> Script {
    let script = try open(name)
    guard ImportedNotebook.isNotebook(script.text) else { return script }
    do throws(ImportFault) {
      return Script(
        name: script.name, text: try ImportedNotebook(script.text).text,
        recordPath: script.recordPath, recorded: script.recorded)
    } catch {
      Console.tell("`\(name)` \(error.text)")
      throw ExitCode(CheckStatus.usage)
    }
  }

  /// A file as it is.
  func open(_ name: String) throws -> Script {
    if name == "-" {
      return Script(
        name: "standard input", text: try Console.text(of: stdin, "standard input"),
        recordPath: nil,
        recorded: nil)
    }
    if let file = fopen(name, "r"), Console.isRegular(file) {
      defer { fclose(file) }
      let record = name + ".out"
      var recorded: String?
      if let out = fopen(record, "r") {
        defer { fclose(out) }
        recorded = try Console.text(of: out, record)
      }
      return Script(
        name: name, text: try Console.text(of: file, name), recordPath: record, recorded: recorded)
    }
    guard let lesson = Lesson.named(name) else {
      Console.tell("cannot read `\(name)`: no such file or lesson")
      throw ExitCode(2)
    }
    return Script(
      name: lesson.name + ".nn", text: lesson.text, recordPath: nil, recorded: lesson.recordedOutput
    )
  }

  private static func isRegular(_ file: UnsafeMutablePointer<FILE>) -> Bool {
    var info = stat()
    return fstat(fileno(file), &info) == 0 && info.st_mode & S_IFMT != S_IFDIR
  }

  private static func text(of file: UnsafeMutablePointer<FILE>?, _ name: String) throws -> String {
    guard let bytes = Files.bytes(of: file, atMost: SourceText.sizeLimit) else {
      tell("`\(name)` is larger than \(SourceText.sizeLimit >> 20) MB; keep data in a CSV file")
      throw ExitCode(3)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      tell("`\(name)` is not UTF-8 text")
      throw ExitCode(2)
    }
    return text
  }

  // MARK: Running

  func evaluate(_ text: String) -> Int32 {
    let session = session()
    let outcome = session.run(text, name: "-e", sink: sink(session))
    report(outcome.errors, session)
    return status(outcome.errors)
  }

  /// - Returns: the exit status.
  func play(_ script: Script, quiet: Bool, pausing: Bool, json: Bool) -> Int32 {
    let (session, notebook) = open(script)
    let text = PlaybackText(style, isQuiet: quiet)
    let line = ProgressLine(style)
    var lines = PlaybackJSON()
    session.machine.audience.keepsGraphs = json
    if json { show(PlaybackJSON.header(notebook)) }
    let errors = Playback.run(notebook, in: session) { step in
      if json { return show(lines.line(step, in: session)) }
      if case .event(.progress(let progress)) = step { return line.show(progress) }
      line.clear()
      if case .event(.warning(let warning)) = step { return report([warning], session) }
      show(text.render(step, in: session))
      if case .cellEnd = step, pausing, isatty(STDIN_FILENO) == 1 {
        fflush(stdout)
        _ = Console.readLine()
      }
    }
    if json {
      for error in errors { show(lines.line(.expectedError(error), in: session)) }
    } else {
      report(errors, session)
    }
    return status(errors)
  }

  /// A script's notebook, and a session as its header asks for.
  func open(_ script: Script) -> (Session, Notebook) {
    let header = Notebook(SourceText(id: 0, name: script.name, script.text))
    let session = session(seed: header.seed)
    if let dtype = header.dtype { session.machine.setDType(named: dtype) }
    if let version = header.version { session.machine.scriptVersion = version }
    return (session, Notebook(session.add(source: script.text, name: script.name)))
  }

  /// The whole output as recorded files have it: no colour, 80 columns, warnings and errors in place.
  private func transcript(_ script: Script) -> (String, [Diagnostic]) {
    let (session, notebook) = open(script)
    let text = PlaybackText(Style())
    var output = ""
    let errors = Playback.run(notebook, in: session) { output += text.render($0, in: session) }
    let plain = DiagnosticText(Style(), sources: session.sources)
    for error in errors { output += plain.render(error) + "\n" }
    return (output, errors)
  }

  func compare(_ script: Script, promoting: Bool) throws -> Int32 {
    let (output, errors) = transcript(script)
    if promoting {
      guard let path = script.recordPath else {
        Console.tell("`\(script.name)` has no place of its own to record its output beside")
        return CheckStatus.usage
      }
      try Console.write(output, toFile: path)
      return status(errors)
    }
    guard let recorded = script.recorded else {
      Console.tell("`\(script.name)` has no recorded output; --promote makes it")
      return 1
    }
    guard
      let diff = Diff.unified(
        recorded, output, from: script.name + ".out", to: script.name + " as it runs now")
    else { return status(errors) }
    show(diff)
    return 1
  }

  // MARK: Lines

  /// One line with its break; nil at the end of input and when Ctrl-C interrupts. The standard library's
  /// `readLine` would try again for ever.
  static func readLine() -> String? {
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    let count = getline(&line, &capacity, stdin)
    guard count > 0, let line else { return nil }
    let bytes = UnsafeRawBufferPointer(start: line, count: count)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The answer to a question on the terminal; nil after Ctrl-D or Ctrl-C. The signal may arrive in another
  /// thread than this, so that no read is broken off: it is looked for between waits.
  static func answer() -> String? {
    while nnrepl_take_interrupt() == 0 {
      var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard poll(&input, 1, 50) > 0 else { continue }
      if let line = readLine() { return line }
      break
    }
    // The end of an answer is no end of the session.
    clearerr(stdin)
    emit("\n")
    return nil
  }

  // MARK: Help

  func help(_ topic: String) -> Int32 {
    switch HelpText.page(topic, style) {
    case .success(let page):
      show(page + "\n")
      return 0
    case .failure(let missing):
      let near = missing.near.map { "`\($0)`" }.joined(separator: ", ")
      Console.write(
        "nnrepl: there is no help on `\(missing.topic.visible)`"
          + (near.isEmpty ? "; `nnrepl help` lists the words" : "; did you mean \(near)?") + "\n",
        to: stderr)
      return 2
    }
  }
}
