// A learner's script in a process of its own: one line of JSON each way for each question.
import Platform
import ArgumentParser
import CSupport
import FoundationEssentials
import Glibc
import Grading
import Interpreter
import JSONText
import Platform
import Session

/// How lines of JSON are written and read; numbers keep all their digits, nan and inf among them.
enum Wire {
  static func line<Message: Encodable>(_ message: Message) -> [UInt8] {
    (try? Array(JSON(encoding: message).line.utf8) + [UInt8(ascii: "\n")]) ?? []
  }

  static func message<Message: Decodable>(_: Message.Type, _ line: [UInt8]) -> Message? {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try? decoder.decode(Message.self, from: Data(line))
  }
}

/// A socket or pipe that carries lines.
final class Channel {
  let file: Int32
  private var waiting: [UInt8] = []
  private var searched = 0
  private var hasEnded = false

  init(_ file: Int32) { self.file = file }

  /// Longer lines are nobody's answer, in bytes.
  private static let lineLimit = 64 << 20

  enum Arrival {
    case line([UInt8])
    case end
    case late
  }

  /// The next line, without its end.
  /// - Parameter deadline: on `Machine.now`; none waits for ever.
  func line(until deadline: Double? = nil) -> Arrival {
    while true {
      if let end = waiting[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(waiting[..<end])
        waiting.removeSubrange(...end)
        searched = 0
        return .line(line)
      }
      searched = waiting.count
      if hasEnded || waiting.count > Channel.lineLimit { return .end }
      if let deadline {
        let left = deadline - Machine.now
        var wait = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        let ready = left > 0 ? poll(&wait, 1, Int32(min(left * 1000 + 1, 1e9))) : 0
        if ready == 0 { return .late }
        if ready < 0 { continue }
      }
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(file, &chunk, chunk.count)
      if count > 0 { waiting += chunk[..<count] }
      if count == 0 || (count < 0 && errno != EINTR) { hasEnded = true }
    }
  }

  /// - Returns: false if nobody reads any more.
  @discardableResult
  func send<Message: Encodable>(_ message: Message) -> Bool {
    var rest = Wire.line(message)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { return false }
      rest = rest.dropFirst(max(0, count))
    }
    return true
  }
}

/// This program, started again.
final class ChildProcess {
  let channel: Channel
  private let id: Int32
  private var ending: Int32?

  init?(_ arguments: [String], isSilent: Bool) {
    // A child that has gone shows in what its channel says, not as a signal that ends this process.
    signal(SIGPIPE, SIG_IGN)
    var file: Int32 = -1
    id = ChildProcess.withWords(arguments) { nnrepl_start($0, isSilent ? 1 : 0, &file) }
    guard id > 0 else { return nil }
    channel = Channel(file)
  }

  /// Ends it, if it still runs.
  /// - Returns: the signal that ended it, or its exit status, negative.
  @discardableResult
  func end() -> Int32 {
    if let ending { return ending }
    close(channel.file)
    let status = nnrepl_end(id)
    ending = status
    return status
  }

  deinit { end() }

  /// The program's own name and the arguments, as C has them.
  static func withWords<Result>(
    _ arguments: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
  ) -> Result {
    let words = (["nnrepl"] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    return body(words.map { UnsafePointer($0) } + [nil])
  }
}

/// This program, started again on the same terminal; Ctrl-C there is not its own.
final class Subcommand {
  private let id: Int32
  private var hasEnded = false

  init?(_ arguments: [String]) {
    id = ChildProcess.withWords(arguments) { nnrepl_start_beside($0) }
    guard id > 0 else { return nil }
  }

  var isRunning: Bool {
    if !hasEnded { hasEnded = waitpid(id, nil, WNOHANG) != 0 }
    return !hasEnded
  }

  func wait() {
    while !hasEnded { hasEnded = waitpid(id, nil, 0) == id || errno != EINTR }
  }

  func stop() {
    guard isRunning else { return }
    kill(id, SIGTERM)
    wait()
  }
}

/// A warm process that has never seen a script, and that forks a worker in a moment.
final class ForkServer {
  private var process: ChildProcess?

  /// - Returns: nil if no process can be had.
  fileprivate func fork() -> (forkServer: ChildProcess, child: Int32, channel: Channel)? {
    for _ in 1...2 {
      guard let forkServer = process ?? ChildProcess(["worker"], isSilent: true) else { return nil }
      process = forkServer
      var file: Int32 = -1
      let child = nnrepl_fork_child(forkServer.channel.file, &file)
      if child > 0 { return (forkServer, child, Channel(file)) }
      // Gone, for whatever reason: once more with a new one.
      process = nil
    }
    return nil
  }
}

/// Asks a worker process, and ends it when it takes too long.
final class WorkerProcess: Respondent {
  private let forkServer: ChildProcess
  private let child: Int32
  private let channel: Channel
  private let seconds: Double
  private var ending: Int32?
  private var failure: ScriptFault?

  /// What the kernel holds a worker to; see `nnrepl_confine`.
  struct Hello: Codable { let confinement: Int32 }

  /// - Parameter mustBeConfined: refuses a worker that the kernel does not close off.
  init(_ budgets: Budgets, from forkServer: ForkServer, mustBeConfined: Bool) throws(ScriptFault) {
    guard let (forkServer, child, channel) = forkServer.fork() else {
      throw ScriptFault(id: ScriptFault.unusable, headline: "no process could be started")
    }
    self.forkServer = forkServer
    self.child = child
    self.channel = channel
    seconds = budgets.seconds
    channel.send(budgets)
    guard case .line(let line) = channel.line(until: Machine.now + 30),
      let hello = Wire.message(Hello.self, line)
    else { throw ScriptFault(id: ScriptFault.unusable, headline: "the process did not start") }
    if mustBeConfined, hello.confinement == 0 {
      throw ScriptFault(
        id: ScriptFault.unusable, headline: "this kernel has neither seccomp nor Landlock",
        hint: "grade in a container, and say so with --unconfined")
    }
  }

  deinit { end() }

  /// - Returns: the signal that ended it, or its exit status, negative.
  @discardableResult
  private func end() -> Int32 {
    if let ending { return ending }
    close(channel.file)
    let status = nnrepl_end_child(forkServer.channel.file, child)
    ending = status
    return status
  }

  /// Seconds that the script has left on the clock. Only its own work counts, not ours between the questions;
  /// and the clock only tells a process that hangs: on a busy machine it runs much faster than the work.
  private lazy var left = 10 * seconds

  func ask(_ request: Request) throws(ScriptFault) -> Reply {
    if let failure { throw failure }
    let start = Machine.now
    defer { left -= Machine.now - start }
    channel.send(request)
    switch channel.line(until: start + left) {
    case .line(let line):
      if let reply = Wire.message(Reply.self, line) { return reply }
      throw ended("its process sent something that is no answer", isLimit: false)
    case .late:
      throw ended(
        "its process gave no answer in \(Int(10*seconds)) seconds", isLimit: true,
        id: ScriptFault.tooLong)
    case .end:
      switch end() {
      case SIGXCPU:
        throw ended(
          "it took \(Int(seconds)) seconds of processor time, more than its steps explain",
          isLimit: true, id: ScriptFault.tooLong)
      // Its own deeds end a process by other signals; this one came from outside, to it or to its forkServer.
      case ...0, SIGKILL:
        throw ended("its process was killed from outside", isLimit: false, id: ScriptFault.unusable)
      default:
        throw ended(
          "its process was ended by the system, as when memory runs out", isLimit: true)
      }
    }
  }

  private func ended(_ headline: String, isLimit: Bool, id: String = ScriptFault.ended)
    -> ScriptFault
  {
    end()
    let fault = ScriptFault(id: id, headline: headline, isLimit: isLimit)
    failure = fault
    return fault
  }
}

/// The other side: reads questions, answers them. Nobody types this command.
struct ServeWorker: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "worker", shouldDisplay: false)

  func run() {
    nnrepl_follow_parent()
    // What is made on first use is made now, once for all children, and while files can still be opened.
    let worker = Worker()
    MatrixProduct.prepare()
    _ = Wire.message(Request.self, Wire.line(Request.call([.number(.nan)], limit: 1)))
    nnrepl_fork_server(STDIN_FILENO)
    let channel = Channel(STDIN_FILENO)
    guard case .line(let line) = channel.line(), let budgets = Wire.message(Budgets.self, line)
    else { return }
    budgets.limitThisProcess()
    // One large stack for all that is run, instead of one for each call.
    BigStack.run { _ in
      // Room for the stack, beside what the script may hold.
      let room = (budgets.megabytes << 20) + 1 << 30
      let confinement = nnrepl_confine(room, UInt32(budgets.seconds) + 1)
      channel.send(WorkerProcess.Hello(confinement: confinement))
      serve(worker, channel)
    }
  }

  private func serve(_ worker: Worker, _ channel: Channel) {
    while case .line(let line) = channel.line() {
      guard let request = Wire.message(Request.self, line) else { return }
      guard channel.send(worker.ask(request)) else { return }
    }
  }
}
