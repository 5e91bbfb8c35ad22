// A session for programs: one JSON object per line, in and out.
import CMeter
import CSupport
import Diagnostics
import Foundation
import Rendering
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
    private let arrived = DispatchSemaphore(value: 0)

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
    /// As it came: a number, or text in quotes.
    let id: String
    let operation: String
    let fields: [String: Any]
    func text(_ name: String) -> String? { fields[name] as? String }
  }

  func run() -> Int32 {
    let waiting = waiting
    Thread.detachNewThread {
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
        send([("event", "error"), ("text", "a request is an object with an `op`")], id: "0")
        continue
      }
      if !serve(request) { return 0 }
    }
  }

  private static func request(_ line: String) -> Request? {
    guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)),
      let fields = object as? [String: Any], let operation = fields["op"] as? String
    else { return nil }
    return Request(
      id: (fields["id"] as? Int).map(String.init)
        ?? (fields["id"] as? String).map(PlaybackJSON.quoted) ?? "0", operation: operation,
      fields: fields)
  }

  /// - Returns: false when the session is over.
  private func serve(_ request: Request) -> Bool {
    let code = request.text("code") ?? ""
    switch request.operation {
    case "execute":
      guard request.text("code") != nil else {
        send([("event", "error"), ("text", "`execute` needs `code`")], id: request.id)
        done(request.id, [("status", PlaybackJSON.quoted("error"))])
        return true
      }
      return execute(code, request.id)
    case "is_complete":
      done(request.id, [("complete", bench.isComplete(code) ? "true" : "false")])
    case "complete":
      // The cursor counts characters (Unicode scalars would differ for composed letters).
      let cursor = request.fields["cursor"] as? Int ?? code.count
      let found = bench.completion(String(code.prefix(max(0, cursor))))
      let list = found.candidates.map(PlaybackJSON.quoted).joined(separator: ",")
      done(
        request.id,
        [("start", "\(max(0, min(cursor, code.count) - found.start))"), ("matches", "[\(list)]")])
    case "inspect":
      var text = ""
      _ = bench.enter("?" + (request.text("name") ?? code)) { output in
        if case .text(let part, _) = output { text += part }
      }
      done(
        request.id,
        [("found", text.isEmpty ? "false" : "true"), ("text", PlaybackJSON.quoted(text))])
    default:
      send(
        [("event", "error"), ("text", "there is no operation `\(request.operation)`")],
        id: request.id)
      done(request.id, [("status", PlaybackJSON.quoted("error"))])
    }
    return true
  }

  private func execute(_ code: String, _ id: String) -> Bool {
    let number = bench.number
    let ending = bench.enter(code) { [self] output in
      switch output {
      case .text(let text, let kind): send([("event", kind.rawValue), ("text", text)], id: id)
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
    var fields = [("status", PlaybackJSON.quoted(status))]
    if bench.number > number { fields.append(("cell", "\(number)")) }
    done(id, fields)
    return ending != .quit
  }

  /// Warnings and errors; an error has its id beside its text.
  private func problem(_ text: String, _ diagnostic: Diagnostic?, _ id: String) {
    var fields = [("event", "error"), ("text", text)]
    fields.append(("severity", (diagnostic?.severity ?? .error).rawValue))
    if let diagnostic { fields.append(("diagnostic", diagnostic.id.rawValue)) }
    send(fields, id: id)
  }

  private func done(_ id: String, _ fields: [(String, String)]) {
    write([("event", PlaybackJSON.quoted("done")), ("id", id)] + fields)
  }

  private func send(_ fields: [(String, String)], id: String) {
    write([("id", id)] + fields.map { ($0.0, PlaybackJSON.quoted($0.1)) })
  }

  private func write(_ fields: [(String, String)]) {
    let line = fields.map { "\(PlaybackJSON.quoted($0.0)):\($0.1)" }.joined(separator: ",")
    Console.emit("{\(line)}\n")
  }
}
