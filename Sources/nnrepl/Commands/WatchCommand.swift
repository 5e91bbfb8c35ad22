// `watch`: checks an exercise each time its file is saved.
import ArgumentParser
import CPlatform
import CSupport
@preconcurrency import Glibc
import Grading

struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Check an exercise each time you save its file.")

  @OptionGroup var arguments: ExerciseArguments

  func run() throws {
    try withCourse {
      let (_, exercise, path) = try arguments.look()
      nnrepl_catch_interrupt()
      return try Watcher(exercise, path, arguments.course).run()
    }
  }
}

/// Waits for saves and keys. The file's folder is watched, not the file: many editors save by renaming a new
/// file into its place.
private final class Watcher {
  private var exercise: Exercise
  private var path: String
  private let course: CourseOptions
  private var check: Subcommand?
  private var events: Int32 = -1
  private var hasGone = false

  init(_ exercise: Exercise, _ path: String, _ course: CourseOptions) {
    self.exercise = exercise
    self.path = path
    self.course = course
  }

  deinit {
    stop()
    if events >= 0 { close(events) }
  }

  /// Saves within this many milliseconds are one.
  private static let pause: Int32 = 100

  func run() throws -> Int32 {
    try begin()
    let keys = isatty(STDIN_FILENO) == 1 ? Keys() : nil
    while nnrepl_take_interrupt() == 0 {
      var waits = [
        pollfd(fd: events, events: Int16(POLLIN), revents: 0),
        pollfd(fd: keys == nil ? -1 : STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      ]
      // Ctrl-C arrives at another thread, so the wait is never long; coming back from Ctrl-Z, the terminal is
      // as the shell left it.
      _ = poll(&waits, 2, check == nil ? 200 : 50)
      keys?.hold()
      if waits[0].revents != 0, isSaved() { start() }
      if hasGone { throw UsageFault(text: "the folder of `\(path)` is gone") }
      if waits[1].revents != 0, let key = keys?.next() {
        // Ctrl-D leaves too.
        if key == "q" || key == "\u{4}" { return CheckStatus.passed }
        try press(key)
      }
      if let running = check, !running.isRunning { finish() }
    }
    return 130
  }

  /// Watches the exercise's folder, and checks it as it is.
  private func begin() throws {
    let isNew = Files.text(path) == nil
    if isNew { try subcommand(["check"]) }
    let folder = Files.folder(of: path)
    if events >= 0 { close(events) }
    events = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    guard inotify_add_watch(events, folder, UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO)) >= 0
    else {
      throw UsageFault(
        text: "cannot watch `\(folder)`: \(String(cString: strerror(errno)).lowercased())")
    }
    start(clearing: !isNew)
  }

  /// Reads what happened until it is quiet.
  /// - Returns: whether the exercise's file was saved.
  private func isSaved() -> Bool {
    let name = Files.name(path)
    var saved = false
    var wait = pollfd(fd: events, events: Int16(POLLIN), revents: 0)
    repeat {
      var buffer = [UInt8](repeating: 0, count: 1 << 14)
      let count = read(events, &buffer, buffer.count)
      var offset = 0
      let header = MemoryLayout<inotify_event>.size
      while offset + header <= count {
        let event = buffer.withUnsafeBytes {
          $0.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
        }
        let end = min(count, offset + header + Int(event.len))
        let bytes = buffer[(offset + header)..<end].prefix { $0 != 0 }
        if String(decoding: bytes, as: UTF8.self) == name { saved = true }
        // The folder itself went away.
        if event.mask & UInt32(IN_IGNORED) != 0 { hasGone = true }
        offset = end
      }
    } while poll(&wait, 1, Watcher.pause) > 0
    return saved
  }

  // MARK: The running check

  private func start(clearing: Bool = true) {
    stop()
    if clearing, isatty(STDOUT_FILENO) == 1, getenv("TERM").map({ String(cString: $0) }) != "dumb" {
      Console.emit("\u{1b}[2J\u{1b}[H")
    }
    check = process(["check", path])
  }

  private func stop() {
    check?.stop()
    check = nil
  }

  private func finish() {
    check = nil
    if isatty(STDIN_FILENO) == 1 {
      Console.emit("watching \(path)   h hint, n next, l list, r run again, q quit\n")
    } else {
      Console.emit("watching \(path)\n")
    }
  }

  private func process(_ words: [String]) -> Subcommand? {
    Subcommand(words + (course.course.map { ["--course", $0] } ?? []))
  }

  /// - Parameter about: whether the command is about this exercise.
  private func subcommand(_ words: [String], about: Bool = true) throws {
    guard let process = process(about ? words + [path] : words) else {
      throw UsageFault(text: "no process could be started")
    }
    process.wait()
  }

  private func press(_ key: Character) throws {
    switch key {
    case "h": try subcommand(["hint"])
    case "l": try subcommand(["exercises"], about: false)
    case "r": start()
    case "n":
      let place = try Workplace(course)
      let order = place.course.exercises.map(\.id)
      guard let here = order.firstIndex(of: exercise.id), here + 1 < order.count else {
        return Console.emit("this is the last exercise\n")
      }
      (exercise, path) = try place.exercise(order[here + 1])
      try begin()
    default: break
    }
  }
}

/// Single keys from the terminal, which gets its old settings back at the end.
private final class Keys {
  private var before = termios()

  init() {
    tcgetattr(STDIN_FILENO, &before)
    hold()
  }

  /// Keys come one by one, unseen.
  func hold() {
    var now = before
    now.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(STDIN_FILENO, TCSANOW, &now)
  }

  deinit { tcsetattr(STDIN_FILENO, TCSANOW, &before) }

  /// The next key; `q` when the terminal has gone.
  func next() -> Character {
    var byte: UInt8 = 0
    return read(STDIN_FILENO, &byte, 1) == 1 ? Character(UnicodeScalar(byte)) : "q"
  }
}
