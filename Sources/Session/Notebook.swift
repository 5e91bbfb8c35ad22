// A `.nn` file as a notebook: percent cells, header, cell options.
import Platform
import Builtins
import Interpreter
import Diagnostics

/// A script cut into cells.
package struct Notebook {
  package let source: SourceText
  package private(set) var title: String?
  package private(set) var seed: UInt64?
  /// `float32` or `float64`, if the header says.
  package private(set) var dtype: String?
  /// The version of the language that it was written for, if the header says.
  package private(set) var version: Int?
  package private(set) var cells: [Cell] = []
  package private(set) var problem: Diagnostic?

  /// A part of a script: prose, or code with its options.
  package struct Cell {
    package let title: String
    package let isText: Bool
    /// Bytes of the source that the cell covers, marker line excluded.
    package let range: Range<Int>
    package var id: String
    /// The error that the cell is there to show.
    package var expectedError: Diagnostic.Identifier?
    package var echoes = true
    /// The name whose value a learner is asked for before the cell runs.
    package var predicts: String?
    /// What helps after a wrong guess.
    package var hint: String?
    /// What a learner is to try; the cell then checks it. Such a cell is part of a lesson that is walked, not of
    /// one that is played.
    package var tries: String?
    /// The random stream that it draws from, where it is not the script's own.
    package var stream: Session.Stream?
  }

  package init(_ source: SourceText) {
    self.source = source
    var lines: [(text: Substring, start: Int)] = []
    let text = String(decoding: source.bytes, as: UTF8.self)
    for line in text.lines {
      lines.append((line, text.utf8.distance(from: text.startIndex, to: line.startIndex)))
    }
    var next = readHeader(lines)
    var opened: (title: String, isText: Bool, line: Int)?
    func start(_ line: Int) -> Int { line < lines.count ? lines[line].start : source.bytes.count }
    func close(at line: Int) {
      let (title, isText, first) = opened ?? ("", false, next)
      let range = start(first)..<max(start(first), start(line))
      let hasText = source.text(
        Span(source: source.id, start: range.lowerBound, end: range.upperBound)
      )
      .contains { !$0.isWhitespace }
      if opened != nil || hasText { append(title, isText, range, lines[min(first, line)..<line]) }
    }
    let begin = next
    for i in begin..<lines.count {
      guard let marker = Notebook.marker(lines[i].text) else { continue }
      close(at: i)
      opened = (marker.title, marker.isText, i + 1)
      next = i + 1
    }
    close(at: lines.count)
  }

  /// `# %% Title [markdown]`
  private static func marker(_ line: Substring) -> (title: String, isText: Bool)? {
    guard line.hasPrefix("# %%") || line.hasPrefix("#%%") else { return nil }
    var title = line.drop { $0 != "%" }.dropFirst(2).drop { $0 == " " || $0 == "\t" }
    var isText = false
    for kind in ["[markdown]", "[md]"] where title.includes(kind) {
      isText = true
      if let place = title.firstPlace(of: kind) { title.removeSubrange(place) }
    }
    while title.last?.isWhitespace == true { title.removeLast() }
    return (String(title), isText)
  }

  /// Flat `# key: value` lines between two `# ---`; returns the first line after it.
  private mutating func readHeader(_ lines: [(text: Substring, start: Int)]) -> Int {
    var i = 0
    if lines.first?.text.hasPrefix("#!") == true { i = 1 }
    guard i < lines.count, lines[i].text.trimmed == "# ---" else { return i }
    for j in (i + 1)..<lines.count {
      let line = lines[j].text.trimmed
      let span = Span(
        source: source.id, start: lines[j].start, end: lines[j].start + lines[j].text.utf8.count)
      if line == "# ---" { return j + 1 }
      guard line.hasPrefix("#") else {
        if j > i + 1 {
          problem = SessionFault.headerNotClosed.at(span)
        }
        break
      }
      let pair = line.dropFirst().split(separator: ":", maxSplits: 1).map { $0.trimmed }
      guard pair.count == 2 else { continue }
      switch pair[0] {
      case "title": title = String(pair[1])
      case "seed":
        seed = UInt64(pair[1])
        if seed == nil {
          problem = SessionFault.badSeed(String(pair[1])).at(span)
        }
      case "dtype": dtype = String(pair[1])
      case "nn":
        version = Int(pair[1])
        guard let version, (1...Machine.version).contains(version) else {
          problem = SessionFault.badVersion(String(pair[1])).at(span)
          continue
        }
      default: break
      }
    }
    return i
  }

  private mutating func append(
    _ title: String, _ isText: Bool, _ range: Range<Int>,
    _ lines: ArraySlice<(text: Substring, start: Int)>
  ) {
    var cell = Cell(title: title, isText: isText, range: range, id: "cell-\(cells.count + 1)")
    for (line, start) in lines {
      guard line.hasPrefix("#|") else { break }
      let span = Span(source: source.id, start: start, end: start + line.utf8.count)
      let pair = line.dropFirst(2).split(separator: ":", maxSplits: 1).map { String($0.trimmed) }
      guard pair.count == 2 else {
        problem = SessionFault.badOption.at(span)
        continue
      }
      read(option: pair[0], pair[1], span, &cell)
    }
    cells.append(cell)
  }

  private mutating func read(option: String, _ value: String, _ span: Span, _ cell: inout Cell) {
    switch option {
    case "id": cell.id = value
    case "echo": cell.echoes = value != "false"
    case "predict": cell.predicts = value
    case "hint": cell.hint = value
    case "try": cell.tries = value
    case "stream":
      let words = value.split(separator: " ")
      guard words.count == 2, let seed = UInt64(words[1]) else {
        problem = SessionFault.badStream(value).at(span)
        return
      }
      cell.stream = Session.Stream(name: String(words[0]), seed: seed)
    case "expect":
      let words = value.split(separator: " ")
      guard words.count == 2, words[0] == "error",
        let id = Diagnostic.Identifier(rawValue: String(words[1]))
      else {
        problem = SessionFault.notExpectable(value).at(span)
        return
      }
      cell.expectedError = id
    default:
      problem = SessionFault.unknownOption(option).at(span)
    }
  }

  /// A code cell's lines without its options.
  package func code(_ cell: Cell) -> String {
    lines(cell).drop { $0.hasPrefix("#|") }.joined(separator: "\n").trimmedLines
  }

  /// Where the code of a cell begins, in bytes of the source.
  package func codeStart(_ cell: Cell) -> Int {
    let text = text(cell)
    let first = text.lines.first { !$0.hasPrefix("#|") && !$0.allSatisfy { $0.isWhitespace } }
    let start = first?.startIndex ?? text.endIndex
    return cell.range.lowerBound + text.utf8.distance(from: text.startIndex, to: start)
  }

  /// A text cell's lines without their `# `.
  package func prose(_ cell: Cell) -> String {
    lines(cell).map { line in
      line.hasPrefix("# ") ? line.dropFirst(2) : line.hasPrefix("#") ? line.dropFirst() : line
    }.joined(separator: "\n").trimmedLines
  }

  private func lines(_ cell: Cell) -> [Substring] { text(cell).lines }

  private func text(_ cell: Cell) -> String {
    source.text(Span(source: source.id, start: cell.range.lowerBound, end: cell.range.upperBound))
  }
}

extension String {
  /// Without what ends them. A carriage return before a line's end is one character with it.
  fileprivate var lines: [Substring] {
    split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
  }
}

extension StringProtocol {
  var trimmed: SubSequence {
    var part = self[...]
    while part.first?.isWhitespace == true { part.removeFirst() }
    while part.last?.isWhitespace == true { part.removeLast() }
    return part
  }

  /// Without empty lines at either end.
  fileprivate var trimmedLines: String {
    var lines = split(separator: "\n", omittingEmptySubsequences: false)[...]
    while lines.first?.allSatisfy({ $0.isWhitespace }) == true { lines.removeFirst() }
    while lines.last?.allSatisfy({ $0.isWhitespace }) == true { lines.removeLast() }
    return lines.joined(separator: "\n")
  }
}
