// A session for programs: one JSON object per line, in and out.
import CPlatform
import CSupport
import Diagnostics
import Documents
import FoundationEssentials
import JSONText
import Synchronization
import Workbench

/// Serves requests from standard input until it ends; `nnrepl help json` has the protocol.
final class JSONServer {
  private let bench: Workbench
  private let waiting = Requests()

  init(_ bench: Workbench) { self.bench = bench }

  /// Requests that were read and not yet served. A thread of its own reads them, so that `interrupt` is heard
  /// while a cell runs.
  private final class Requests: Sendable {
    private struct Queue {
      var lines: [String] = []
      var isServing = false
    }

    private let queue = Mutex(Queue())
    private let arrived = Semaphore()

    func put(_ line: String) {
      queue.withLock { $0.lines.append(line) }
      arrived.signal()
    }

    func next() -> String {
      queue.withLock {
        $0.isServing = false
        // What came too late stops nothing.
        if $0.lines.isEmpty { _ = nnrepl_take_interrupt() }
      }
      arrived.wait()
      return queue.withLock {
        $0.isServing = true
        return $0.lines.isEmpty ? "" : $0.lines.removeFirst()
      }
    }

    /// Stops the cell that runs or waits; where there is none, nothing.
    func interrupt() {
      queue.withLock { if $0.isServing || !$0.lines.isEmpty { nnrepl_interrupt() } }
    }
  }

  private struct Request {
    /// As it came: a number or a text.
    let id: JSON
    let operation: String
    let fields: JSON
    func text(_ name: String) -> String? {
      guard case .string(let text) = fields[name] else { return nil }
      return text
    }
    func whole(_ name: String) -> Int? {
      guard case .whole(let digits) = fields[name] else { return nil }
      return Int(digits)
    }
  }

  func run() -> Int32 {
    let waiting = waiting
    BackgroundThread.start {
      while let line = Console.readLine() {
        if let request = JSONServer.request(line), request.operation == "interrupt" {
          waiting.interrupt()
          continue
        }
        waiting.put(line)
      }
      waiting.put("")
    }
    while true {
      let line = waiting.next()
      if line.isEmpty { return 0 }
      if line.allSatisfy(\.isWhitespace) { continue }
      guard let request = JSONServer.request(line) else {
        send([("event", "error"), ("text", "a request is an object with an `op`")], id: .int(0))
        continue
      }
      if !serve(request) { return 0 }
    }
  }

  private static func request(_ line: String) -> Request? {
    guard let fields = try? JSONDecoder().decode(JSON.self, from: Data(line.utf8)),
      case .string(let operation) = fields["op"]
    else { return nil }
    let id: JSON? =
      switch fields["id"] {
      case .whole(let digits): .whole(digits)
      case .string(let text): .string(text)
      default: nil
      }
    return Request(id: id ?? .int(0), operation: operation, fields: fields)
  }

  /// - Returns: false when the session is over.
  private func serve(_ request: Request) -> Bool {
    let code = request.text("code") ?? ""
    switch request.operation {
    case "execute":
      guard request.text("code") != nil else {
        send([("event", "error"), ("text", "`execute` needs `code`")], id: request.id)
        done(request.id, [("status", "error")])
        return true
      }
      return execute(code, request.id)
    case "is_complete":
      done(request.id, [("complete", .bool(bench.isComplete(code)))])
    case "complete":
      let unit = request.text("unit").flatMap(OffsetUnit.init) ?? .utf8
      let bytes =
        request.whole("cursor").map { unit.bytes(before: $0, in: code) }
        ?? code.utf8.count
      let typed = String(decoding: Array(code.utf8.prefix(bytes)), as: UTF8.self)
      let found = bench.completion(typed)
      let start = typed.dropLast(found.start).utf8.count
      done(
        request.id,
        [
          ("start", .int(unit.offset(ofBytes: start, in: code))),
          ("matches", .array(found.candidates.map(JSON.string))),
        ])
    case "inspect":
      var text = ""
      _ = bench.enter("?" + (request.text("name") ?? code)) { output in
        if case .text(let part, _, _) = output { text += part }
      }
      done(
        request.id,
        [("found", .bool(!text.isEmpty)), ("text", .string(text))])
    default:
      send(
        [("event", "error"), ("text", "there is no operation `\(request.operation)`")],
        id: request.id)
      done(request.id, [("status", "error")])
    }
    return true
  }

  private func execute(_ code: String, _ id: JSON) -> Bool {
    let number = bench.number
    let ending = bench.enter(code) { [self] output in
      switch output {
      case .text(let text, let kind, let told):
        let data = told.map { ToldJSON(bench.session.sources).data($0) }
        send(
          [("event", .string(kind.rawValue)), ("text", .string(text))]
            + (data.map { [("data", $0)] } ?? []), id: id)
      case .problem(let text, let diagnostic): problem(text, diagnostic, id)
      case .progress: break
      }
    }
    let status: String =
      switch ending {
      case .done, .quit: "ok"
      case .incomplete: "incomplete"
      case .failed(130): "interrupted"
      case .failed: "error"
      }
    var fields = [("status", JSON.string(status))]
    if bench.number > number { fields.append(("cell", .int(number))) }
    done(id, fields)
    return ending != .quit
  }

  /// Warnings and errors; an error has its id beside its text.
  private func problem(_ text: String, _ diagnostic: Diagnostic?, _ id: JSON) {
    var fields: [(String, JSON)] = [("event", "error"), ("text", .string(text))]
    fields.append(("severity", .string((diagnostic?.severity ?? .error).rawValue)))
    if let diagnostic {
      fields.append(("diagnostic", .string(diagnostic.id.rawValue)))
      fields.append(("data", ToldJSON(bench.session.sources).data(.diagnostic(diagnostic))))
    }
    send(fields, id: id)
  }

  private func done(_ id: JSON, _ fields: [(String, JSON)]) {
    write([("event", "done"), ("id", id)] + fields)
  }

  private func send(_ fields: [(String, JSON)], id: JSON) { write([("id", id)] + fields) }

  private func write(_ fields: [(String, JSON)]) { Console.emit(JSON.object(fields).line + "\n") }
}
