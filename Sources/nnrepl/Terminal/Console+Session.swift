// The interactive session.
import CPlatform
import Diagnostics
@preconcurrency import Glibc
import Lessons
import Rendering
import Session
import Workbench

extension Console {
  /// A workbench over this machine's files.
  func workbench(seed: UInt64? = nil, dtype: String? = nil, keepsGraphs: Bool = false) -> Workbench
  {
    var settings = Workbench.Settings(
      seed: options.seed ?? seed ?? 0,
      isFloat32: options.dtype == .float32 || dtype == "float32")
    settings.files = .open
    settings.showsProgress = Console.isMoving
    settings.keepsGraphs = keepsGraphs
    let bench = Workbench(settings, style)
    bench.listFolder = Console.paths
    bench.shell = command
    let path = History.folder.map { $0 + "/lessons.json" }
    if let path, let text = Files.text(path), let known = LessonProgress(text) {
      bench.progress = known
    }
    bench.keepProgress = { progress in
      guard let path else { return }
      History.makeFolder(path)
      Files.write(progress.text + "\n", to: path)
    }
    return bench
  }

  /// Shows what a workbench has to say; a moving line is written over.
  private func output() -> (Output) -> Void {
    let line = ProgressLine(style)
    return { output in
      switch output {
      case .progress(let progress): line.show(progress)
      case .text(let text, _, _):
        line.clear()
        Console.write(text, to: stdout)
        if isatty(STDOUT_FILENO) == 1 { fflush(stdout) }
      case .problem(let text, let problem):
        line.clear()
        // The terminal has written ^C where the cursor stood.
        if problem?.id == .interrupted, isatty(STDOUT_FILENO) == 1 {
          Console.write("\n", to: stdout)
        }
        fflush(stdout)
        Console.write(text, to: stderr)
      }
    }
  }

  /// An interactive session, or a script from a pipe: then there is no prompt, and the first error ends it.
  /// - Parameters:
  ///   - loading: files to run first.
  ///   - whole: shows their prose and code too.
  ///   - lesson: the number of a lesson to begin with; empty for the next one.
  func interact(loading: [String] = [], whole: Bool = false, lesson: String? = nil) throws -> Int32
  {
    let show = output()
    var scripts: [Script] = []
    for name in loading { scripts.append(try read(name)) }
    let header = scripts.first.map { Notebook(SourceText(id: 0, name: $0.name, $0.text)) }
    let bench = workbench(seed: header?.seed, dtype: header?.dtype)
    for script in scripts {
      let ending = bench.play(script.text, script.name, whole: whole, show: show)
      if case .failed(let status) = ending { return status }
    }
    let isTerminal = isatty(STDIN_FILENO) == 1
    let reader = reader(bench, isTerminal)
    if isTerminal {
      bench.ask = { reader.line($0) }
      if lesson == nil {
        let next = bench.progress.next?.number ?? 1
        self.show(
          bench.progress.lessons.isEmpty
            ? "nnrepl: new here? `:lesson 1` begins; or type `x = 2`, `help`; Ctrl-D leaves.\n"
            : "nnrepl: `:lesson \(next)` goes on; or type `x = 2`, `help`; Ctrl-D leaves.\n")
      }
      fflush(stdout)
    }
    if let lesson {
      let ending = bench.enter(":lesson " + lesson, show: show)
      if case .failed(let status) = ending, !isTerminal || bench.cells.isEmpty { return status }
    }
    while true {
      // A key that was pressed while the last entry ran is not meant for the next.
      _ = nnrepl_take_interrupt()
      switch reader.entry(number: bench.number) {
      case .end:
        if isTerminal, !(reader is EditReader) { self.show("\n") }
        return 0
      case .interrupted: continue
      case .text(let text):
        if !text.allSatisfy(\.isWhitespace) { reader.keep(text) }
        var ending = bench.enter(text, show: show)
        if ending == .incomplete { ending = finish(text, bench) }
        if ending == .quit { return 0 }
        if case .failed(let status) = ending, !isTerminal { return status }
      }
    }
  }

  /// An entry that was ended although it could go on says what is missing.
  private func finish(_ text: String, _ bench: Workbench) -> Workbench.Ending {
    let source = bench.session.add(source: text, name: "entry")
    let outcome = bench.session.run(source, in: 0..<source.bytes.count) { _ in }
    report(outcome.errors, bench.session)
    return .failed(1)
  }

  private func reader(_ bench: Workbench, _ isTerminal: Bool) -> any LineReader {
    let plain = PlainReader(isTerminal: isTerminal, isComplete: { bench.isComplete($0) })
    guard isTerminal, isatty(STDOUT_FILENO) == 1 else { return plain }
    let calls = EntryEditor.Calls(
      isComplete: { bench.isComplete($0) }, completion: { bench.completion($0) })
    return EditReader(style: style, history: History(), calls: calls) ?? plain
  }

  /// Files and folders whose path begins with what is typed.
  private static func paths(_ typed: String) -> [String] {
    let cut = typed.lastIndex(of: "/").map { typed.index(after: $0) } ?? typed.startIndex
    let (folder, start) = (String(typed[..<cut]), String(typed[cut...]))
    guard let handle = opendir(folder.isEmpty ? "." : folder) else { return [] }
    defer { closedir(handle) }
    var found: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix(start), !name.hasPrefix(".") || start.hasPrefix(".") else { continue }
      found.append(folder + name + (entry.pointee.d_type == UInt8(DT_DIR) ? "/" : ""))
    }
    return found.sorted()
  }
}
