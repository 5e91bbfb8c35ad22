// Entries of all sessions, in a file that only grows.
@preconcurrency import Glibc

/// The history file: one entry per line, line breaks written as `\n`. Every entry is added by a single write
/// to the end, so that two sessions never tear each other's lines, and a killed one leaves whole lines.
final class History {
  private(set) var entries: [String] = []
  private let path: String?

  /// `$XDG_STATE_HOME/nnrepl/history`, or `~/.local/state/nnrepl/history`.
  static var standardPath: String? { folder.map { $0 + "/history" } }

  /// Where what lasts from session to session lies.
  static var folder: String? {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    if let state = variable("XDG_STATE_HOME") { return state + "/nnrepl" }
    return variable("HOME").map { $0 + "/.local/state/nnrepl" }
  }

  init(path: String? = History.standardPath) {
    self.path = path
    guard let path, let file = fopen(path, "r") else { return }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while true {
      let count = getline(&line, &capacity, file)
      guard count > 0, let line else { break }
      let bytes = UnsafeRawBufferPointer(start: line, count: count)
      // A last line without its end was cut off by the death of its session.
      guard bytes.last == UInt8(ascii: "\n") else { break }
      entries.append(History.decoded(String(decoding: bytes.dropLast(), as: UTF8.self)))
    }
  }

  func add(_ entry: String) {
    var text = entry
    while text.hasSuffix("\n") { text.removeLast() }
    guard !text.isEmpty, text != entries.last else { return }
    entries.append(text)
    guard let path else { return }
    History.makeFolder(path)
    let file = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { return }
    defer { close(file) }
    // A line that was cut off must not swallow this one.
    let start = History.endsWhole(path) ? "" : "\n"
    let bytes = Array((start + History.encoded(text) + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
  }

  private static func endsWhole(_ path: String) -> Bool {
    guard let file = fopen(path, "r") else { return true }
    defer { fclose(file) }
    guard fseek(file, -1, SEEK_END) == 0 else { return true }
    return fgetc(file) == Int32(UInt8(ascii: "\n"))
  }

  /// Makes the folder of a file.
  static func makeFolder(_ path: String) {
    var part = ""
    for name in path.split(separator: "/").dropLast() {
      part += "/" + name
      mkdir(part, 0o700)
    }
  }

  private static func encoded(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
  }

  private static func decoded(_ line: String) -> String {
    var result = ""
    var escaped = false
    for character in line {
      if escaped {
        result.append(character == "n" ? "\n" : character)
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else {
        result.append(character)
      }
    }
    return result
  }
}
