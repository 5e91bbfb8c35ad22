// Reading entries: from a terminal through libedit, or plain lines.
import CPlatform
import CSupport
@preconcurrency import Glibc
import Rendering
import Workbench

/// What a reader got.
enum ReadResult {
  case text(String)
  case interrupted
  case end
}

/// Where entries come from.
protocol LineReader {
  /// Reads one whole entry, of as many lines as it needs.
  func entry(number: Int) -> ReadResult
  /// Reads one line in the middle of a run, on a terminal in its ordinary state; nil when the learner leaves by
  /// Ctrl-D or Ctrl-C.
  func line(_ prompt: String) -> String?
  /// Keeps an entry for the history.
  func keep(_ entry: String)
}

extension LineReader {
  func prompt(_ number: Int) -> String { "nn[\(number)]> " }
  func keep(_ entry: String) {}
}

/// Plain lines: for pipes, and for terminals that cannot be edited on.
struct PlainReader: LineReader {
  let isTerminal: Bool
  let isComplete: (String) -> Bool

  func entry(number: Int) -> ReadResult {
    var text = ""
    while true {
      if isTerminal {
        let prompt = prompt(number)
        Console.emit(text.isEmpty ? prompt : String(repeating: " ", count: prompt.count))
      }
      guard let line = Console.readLine() else {
        if nnrepl_take_interrupt() != 0 {
          // The interrupted read is no end of input.
          clearerr(stdin)
          Console.emit("\n")
          return .interrupted
        }
        return text.isEmpty ? .end : .text(text)
      }
      text += line
      // An empty line ends an entry that could go on.
      if isComplete(text) || (line == "\n" && isTerminal) { return .text(text) }
    }
  }

  func line(_ prompt: String) -> String? {
    Console.emit(prompt)
    return Console.answer()
  }

}

/// Entries of any number of lines, edited by libedit.
final class EditReader: LineReader {
  private let style: Style
  private let history: History
  /// How many of the history's entries libedit has, and the margin that they were given.
  private var (offered, margin) = (0, 0)

  init?(style: Style, history: History, calls: EntryEditor.Calls) {
    guard EntryEditor.open(calls) else { return nil }
    self.style = style
    self.history = history
  }

  func entry(number: Int) -> ReadResult {
    let prompt = prompt(number)
    offer(history.entries, margin: prompt.count)
    switch EntryEditor.read(dressed(prompt), margin: prompt.count) {
    case .interrupted: return .interrupted
    case .end:
      Console.write("\n", to: stdout)
      return .end
    case .entry(let raw):
      let entry = Margin.stripped(raw, prompt.count)
      recolour(prompt, raw, entry)
      return .text(entry)
    }
  }

  /// The number in colour; what follows the last escape sequence must be visible, or it leaks.
  private func dressed(_ prompt: String) -> String {
    guard style.hasColor else { return prompt }
    return "\u{1}\u{1b}[1;32m\u{1}" + prompt.dropLast(2) + "\u{1}\u{1b}[0m\u{1}" + prompt.suffix(2)
  }

  /// Prints the entry again in colour over what was typed.
  private func recolour(_ prompt: String, _ raw: String, _ entry: String) {
    guard style.hasColor, !raw.isEmpty else { return }
    let (rows, columns) = Console.size
    let lines = (prompt + raw).split(separator: "\n", omittingEmptySubsequences: false)
    let used = lines.dropLast(raw.hasSuffix("\n") ? 1 : 0).reduce(0) { sum, line in
      sum + max(1, (String(line).columns + columns - 1) / max(1, columns))
    }
    guard used < rows else { return }
    let text = Margin.added(
      Highlight.text(entry.hasSuffix("\n") ? String(entry.dropLast()) : entry, style), prompt.count)
    Console.emit(
      "\u{1b}[\(used)A\r\u{1b}[J" + style.paint(String(prompt.dropLast(2)), .green)
        + prompt.suffix(2) + text + "\n")
  }

  /// Gives libedit the entries that it does not have yet, their lines as far in as the prompt is long.
  private func offer(_ entries: [String], margin: Int) {
    if margin != self.margin || offered == 0 {
      self.margin = margin
      EntryEditor.forget()
      offered = max(0, entries.count - 2_000)
    }
    for entry in entries[offered...] { EntryEditor.offer(Margin.added(entry, margin)) }
    offered = entries.count
  }

  func keep(_ entry: String) { history.add(entry) }

  func line(_ prompt: String) -> String? {
    Console.emit(prompt)
    return Console.answer()
  }
}

/// Words in columns.
enum Columns {
  static func text(_ words: [String]) -> String {
    let shown = words.prefix(200)
    let width = (shown.map { $0.columns }.max() ?? 1) + 2
    let across = max(1, Console.size.columns / width)
    let down = (shown.count + across - 1) / across
    var lines = (0..<down).map { row in
      stride(from: row, to: shown.count, by: down).map { i in
        shown[i] + String(repeating: " ", count: max(0, width - shown[i].columns))
      }.joined()
    }
    if words.count > shown.count { lines.append("… \(words.count - shown.count) more") }
    return lines.joined(separator: "\n")
  }
}
