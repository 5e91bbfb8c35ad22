// One page on the loopback address, anew with each save.
import Pages
import ArgumentParser
import CPlatform
import CSupport
import Export
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
    var version = 0
    var page = ""
    func render() throws {
      let (document, _, status) = console.document(try console.exported(file))
      if status == 130 { throw ExitCode(130) }
      version += 1
      page = DocumentPage(document).served(version: version)
    }
    var last = Files.stamp(file)
    try render()
    let server: PageServer
    do throws(UsageFault) { server = try PageServer(port) } catch {
      Console.tell(error.text)
      throw ExitCode(CheckStatus.usage)
    }
    defer { server.close() }
    Console.emit("http://127.0.0.1:\(server.port)/   Ctrl-C ends\n")
    while nnrepl_take_interrupt() == 0 {
      server.answer(within: 100) { path in
        switch path {
        case "/": ("text/html", page)
        case "/version": ("text/plain", "\(version)")
        default: nil
        }
      }
      // A file that is being replaced is not there for a moment.
      guard let stamp = Files.stamp(file), stamp != last else { continue }
      last = stamp
      try? render()
    }
    throw ExitCode(0)
  }
}

/// Gives out a page to browsers on this machine. A library for it would bring Foundation's networking, whose libraries
/// make every start of the program two fifths longer.
private struct PageServer {
  private let socket: Int32
  let port: UInt16

  /// What a browser sends before the page is at most this long, and is there within this many milliseconds.
  private static let (requestLimit, patience) = (16_384, Int32(500))

  init(_ wanted: UInt16) throws(UsageFault) {
    let socket = Glibc.socket(
      AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    var on: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = wanted.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isUp = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 && listen(socket, 16) == 0
          && getsockname(socket, $0, &size) == 0
      }
    }
    guard socket >= 0, isUp else {
      let reason = String(cString: strerror(errno)).lowercased()
      if socket >= 0 { Glibc.close(socket) }
      throw UsageFault(text: "cannot serve on port \(wanted): \(reason); try --port 0")
    }
    self.socket = socket
    port = UInt16(bigEndian: address.sin_port)
  }

  func close() { Glibc.close(socket) }

  /// Answers who comes within some milliseconds.
  /// - Parameter content: the type and the text at a path; nil where there is nothing.
  func answer(within time: Int32, _ content: (String) -> (type: String, text: String)?) {
    var wait = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, time) > 0 else { return }
    let client = accept(socket, nil, nil)
    guard client >= 0 else { return }
    defer { Glibc.close(client) }
    _ = fcntl(client, F_SETFD, FD_CLOEXEC)
    let lines = PageServer.request(client).split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ")
    let host =
      lines.dropFirst().first { $0.lowercased().hasPrefix("host:") }
      .map { $0.dropFirst(5).drop { $0 == " " } } ?? ""
    var (status, type, text) = ("404 Not Found", "text/plain", "")
    if words.count != 3 || words[0] != "GET" {
      status = "400 Bad Request"
    } else if host != "127.0.0.1:\(port)", host != "localhost:\(port)" {
      // A page of another site must not read this one by giving this machine a name of its own.
      status = "403 Forbidden"
    } else if let found = content(String(words[1])) {
      (status, type, text) = ("200 OK", found.type, found.text)
    }
    let head = [
      "HTTP/1.1 \(status)", "Content-Type: \(type); charset=utf-8",
      "Content-Length: \(text.utf8.count)", "Cache-Control: no-store",
      "X-Content-Type-Options: nosniff", "Connection: close",
    ]
    PageServer.send(head.joined(separator: "\r\n") + "\r\n\r\n" + text, to: client)
  }

  /// What was asked, up to the empty line; nothing where it does not come.
  private static func request(_ client: Int32) -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while bytes.count < requestLimit {
      var wait = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
      guard poll(&wait, 1, patience) > 0 else { return "" }
      let count = recv(client, &chunk, chunk.count, 0)
      guard count > 0 else { return "" }
      bytes += chunk[..<count]
      let text = String(decoding: bytes, as: UTF8.self)
      if text.contains("\r\n\r\n") { return text }
    }
    return ""
  }

  private static func send(_ text: String, to client: Int32) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      var wait = pollfd(fd: client, events: Int16(POLLOUT), revents: 0)
      guard poll(&wait, 1, patience) > 0 else { return }
      // A browser that has gone is no reason to end.
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }
}
