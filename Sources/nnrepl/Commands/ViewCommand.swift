// One page on the loopback address, anew with each save.
import ArgumentParser
import CMeter
import CSupport
import Export
import FlyingFox
import FlyingSocks
import Foundation
@preconcurrency import Glibc

struct ViewNotebook: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "view",
    abstract: "Show a script as a page in the browser, and show it anew each time you save it.")

  @Argument(help: "A file, or the name of a lesson.")
  var file: String

  @Option(help: "The port on this machine; 0 takes any that is free.")
  var port: UInt16 = 8017

  @OptionGroup var options: SessionOptions

  mutating func run() throws {
    nnrepl_keep_freed_memory()
    nnrepl_catch_interrupt()
    let console = Console(options)
    let shelf = PageShelf()
    func render() throws {
      let (document, _, status) = console.document(try console.exported(file))
      if status == 130 { throw ExitCode(130) }
      shelf.put { DocumentPage(document).served(version: $0) }
    }
    var last = Files.stamp(file)
    try render()
    let server = PageServer(shelf, port)
    server.start()
    while !server.isUp {
      if let fault = server.fault {
        Console.tell("cannot serve on port \(port): \(fault); try --port 0")
        throw ExitCode(CheckStatus.usage)
      }
      usleep(10_000)
    }
    Console.emit("http://127.0.0.1:\(server.port)/   Ctrl-C ends\n")
    while nnrepl_take_interrupt() == 0 {
      usleep(100_000)
      let stamp = Files.stamp(file)
      // A file that is being replaced is not there for a moment.
      guard let stamp, stamp != last else { continue }
      last = stamp
      try? render()
    }
    throw ExitCode(0)
  }
}

/// The page as it is now.
private final class PageShelf: @unchecked Sendable {
  private let lock = NSLock()
  private var page = ""
  private var version = 0

  func put(_ make: (Int) -> String) {
    let next = lock.withLock { version + 1 }
    let made = make(next)
    lock.withLock { (page, version) = (made, next) }
  }

  var content: (page: String, version: Int) { lock.withLock { (page, version) } }
}

/// Gives out the page, to this machine alone.
private final class PageServer: @unchecked Sendable {
  private let shelf: PageShelf
  private let wanted: UInt16
  private let lock = NSLock()
  private var found: UInt16?
  private var problem: String?

  init(_ shelf: PageShelf, _ port: UInt16) {
    self.shelf = shelf
    wanted = port
  }

  var isUp: Bool { lock.withLock { found != nil } }
  var port: UInt16 { lock.withLock { found ?? wanted } }
  var fault: String? { lock.withLock { problem } }

  func start() {
    Task.detached { [self] in
      do {
        let server = HTTPServer(
          address: try .inet(ip4: "127.0.0.1", port: wanted), logger: .disabled)
        await server.appendRoute("GET /") { [self] in answer($0, "text/html") { $0.page } }
        await server.appendRoute("GET /version") { [self] in
          answer($0, "text/plain") { "\($0.version)" }
        }
        Task {
          try? await server.waitUntilListening()
          let address = await server.listeningAddress
          if case .ip4(_, let port)? = address { lock.withLock { found = port } }
          if case .ip6(_, let port)? = address { lock.withLock { found = port } }
        }
        try await server.run()
      } catch {
        let said =
          if case .failed(_, _, let message)? = error as? SocketError { message } else {
            "\(error)"
          }
        lock.withLock { problem = said.lowercased() }
      }
    }
  }

  /// A page of another site must not read this one by giving this machine a name of its own.
  private func answer(
    _ request: HTTPRequest, _ type: String, _ content: ((page: String, version: Int)) -> String
  ) -> HTTPResponse {
    let host = request.headers[.host] ?? ""
    guard ["127.0.0.1:\(port)", "localhost:\(port)", "[::1]:\(port)"].contains(host) else {
      return HTTPResponse(statusCode: .forbidden)
    }
    return HTTPResponse(
      statusCode: .ok,
      headers: [.contentType: "\(type); charset=utf-8", HTTPHeader("Cache-Control"): "no-store"],
      body: Data(content(shelf.content).utf8))
  }
}
