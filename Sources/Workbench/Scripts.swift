// Sessions as scripts: what `:save` writes and `:load` reads.
import Diagnostics
import Interpreter
import Lessons
import Rendering
import Session

extension Workbench {
  /// The cells as a script in percent format. Running it prints what the session printed: cells that failed
  /// and yet left something behind announce their error.
  package var script: String {
    var text = "# ---\n# seed: \(settings.seed)\n"
    if settings.isFloat32 { text += "# dtype: float32\n" }
    text += "# nn: \(Machine.version)\n# ---\n"
    for cell in cells where cell.stoppedAfter == nil {
      text += "# %%\n"
      if let stream = cell.stream { text += "#| stream: \(stream.name) \(stream.seed)\n" }
      if let error = cell.error { text += "#| expect: error \(error.id.rawValue)\n" }
      text += cell.source.hasSuffix("\n") ? cell.source : cell.source + "\n"
    }
    return text
  }

  func save(_ path: String) -> Ending {
    guard !path.isEmpty else {
      problem("`:save` needs the name of a file", hint: ":save session.nn")
      return .failed(2)
    }
    guard let files = settings.files else {
      problem("files are closed to this session")
      return .failed(2)
    }
    if case .failure(let fault) = files.write(path, Array(script.utf8)) {
      problem("cannot write `\(path)`: \(fault.reason)")
      return .failed(2)
    }
    let stopped = cells.filter { $0.stoppedAfter != nil }.count
    say(
      "wrote \(cells.count - stopped) cell\(cells.count - stopped == 1 ? "" : "s") to \(path)"
        + (stopped > 0 ? "; \(stopped) that Ctrl-C stopped left out" : ""))
    return .done
  }

  func load(_ path: String) -> Ending {
    guard !path.isEmpty else {
      problem("`:load` needs the name of a file", hint: ":load lesson03.nn")
      return .failed(2)
    }
    // A lesson is there to be read, a script of one's own to be taken up again.
    var (text, isLesson) = (Lesson.named(path)?.text, true)
    if let files = settings.files, case .success(let bytes) = files.read(path) {
      (text, isLesson) = (String(decoding: bytes, as: UTF8.self), false)
    }
    guard let text else {
      problem("cannot read `\(path)`: no such file or lesson")
      return .failed(2)
    }
    return play(text, path, whole: isLesson)
  }

  /// Runs a script's cells.
  /// - Parameter whole: shows its prose and code too, as `nnrepl run` does.
  package func play(_ text: String, _ path: String, whole: Bool, show: ((Output) -> Void)? = nil)
    -> Ending
  {
    if let show { self.show = show }
    let pages = PlaybackText(style)
    let notebook = Notebook(SourceText(id: 0, name: path, text))
    if let fault = notebook.problem {
      report(fault)
      return .failed(1)
    }
    var count = 0
    for cell in notebook.cells {
      if cell.isText {
        if whole {
          self.show(
            .text(pages.render(.prose(cell, notebook.prose(cell)), in: session)))
        }
        continue
      }
      if cell.tries != nil { continue }
      let code = notebook.code(cell)
      if whole, cell.echoes {
        self.show(
          .text(pages.render(.code(number: number, cell, code), in: session)))
      }
      let ending = run(code, stream: cell.stream)
      if whole { self.show(.text("\n")) }
      count += 1
      if case .failed = ending,
        cell.expectedError == nil || cells.last?.error?.id != cell.expectedError
      {
        problem("stopped at cell \(count) of `\(path)`")
        return ending
      }
    }
    if !whole { say("ran \(count) cell\(count == 1 ? "" : "s") of \(path)") }
    return .done
  }
}
