import CTerminal
import Foundation
import Glibc

/// The program on a pseudo-terminal: what is typed goes in, what the screen gets comes out.
final class Terminal {
  private let master: Int32
  private let process: pid_t
  private(set) var seen = ""
  private var status: Int32?

  struct ScriptFault: Error, CustomStringConvertible {
    let description: String
  }

  /// The built program, beside the tests.
  static let program: String = {
    let here = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let beside = URL(fileURLWithPath: here).deletingLastPathComponent()
      .appendingPathComponent("nnrepl").path
    if FileManager.default.isExecutableFile(atPath: beside) { return beside }
    let argument = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    return argument.appendingPathComponent("nnrepl").path
  }()

  init(
    _ arguments: [String] = [], term: String = "dumb", state: String, rows: UInt16 = 24,
    columns: UInt16 = 80
  ) throws {
    let arguments = ([Terminal.program] + arguments).map { strdup($0) } + [nil]
    let settings = [
      "TERM=\(term)", "LC_ALL=C.UTF-8", "XDG_STATE_HOME=\(state)", "HOME=\(state)",
      "PATH=/usr/bin:/bin",
    ]
    let environment = settings.map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var child = pid_t()
    master = test_terminal_start(Terminal.program, arguments, environment, rows, columns, &child)
    process = child
    guard master >= 0 else { throw ScriptFault(description: "cannot start \(Terminal.program)") }
  }

  deinit {
    if status == nil {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    close(master)
  }

  func type(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(master, $0.baseAddress, min($0.count, 512)) }
      if count > 0 { bytes = bytes.dropFirst(count) } else { usleep(1_000) }
      read()
    }
  }

  /// Takes what has come.
  func read() {
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Glibc.read(master, &chunk, chunk.count)
      guard count > 0 else { return }
      pending += chunk[..<count]
    }
  }

  /// What was seen, without colours.
  var plain: String {
    seen.replacingOccurrences(
      of: "\u{1b}\\[[0-9;]*m", with: "", options: .regularExpression)
  }

  private var pending: [UInt8] = [] {
    didSet { seen = String(decoding: pending, as: UTF8.self) }
  }

  /// Forgets what was seen.
  func clear() { pending = [] }

  /// Waits until the screen got `text`; a debug build on a busy machine may take its time.
  func wait(for text: String, count: Int = 1, seconds: Double = 20) throws {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      read()
      if plain.components(separatedBy: text).count > count { return }
      usleep(2_000)
    }
    throw ScriptFault(
      description: "waited for \(text.debugDescription), saw \(seen.debugDescription)")
  }

  func send(_ signal: Int32) { kill(process, signal) }

  func resize(rows: UInt16, columns: UInt16) { test_terminal_resize(master, rows, columns) }

  /// The exit status, once the program ends by itself.
  func end(seconds: Double = 20) throws -> Int32 {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      read()
      var code: Int32 = 0
      if waitpid(process, &code, WNOHANG) == process {
        status = code
        read()
        return code & 0x7f == 0 ? (code >> 8) & 0xff : -(code & 0x7f)
      }
      usleep(2_000)
    }
    throw ScriptFault(description: "the program does not end; saw \(seen.debugDescription)")
  }

  /// The program with standard input from text instead of a terminal.
  static func pipe(_ input: String, _ arguments: [String] = []) throws -> (
    output: String, errors: String, status: Int32
  ) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stderr
    try process.run()
    stdin.fileHandleForWriting.write(Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let output = stdout.fileHandleForReading.readDataToEndOfFile()
    let errors = stderr.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
      String(decoding: output, as: UTF8.self), String(decoding: errors, as: UTF8.self),
      process.terminationStatus
    )
  }
}
