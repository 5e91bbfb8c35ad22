import Foundation
import Testing

/// A lesson on a terminal from its first cell to its last, as the screen gets it: guesses right and wrong, detours,
/// Ctrl-C, leaving, and going on in another process. The screens are kept beside this file.
///
/// `NNREPL_RECORD=all swift test --filter LessonScreenTests` records them; read the difference.
@Suite(.serialized) struct LessonScreenTests {
  struct Screen: Sendable, CustomTestStringConvertible {
    let term: String
    let rows: UInt16
    let columns: UInt16
    var name: String { "lesson03-\(term)-\(columns)x\(rows)" }
    var testDescription: String { name }
  }

  static let screens = [
    Screen(term: "dumb", rows: 24, columns: 80), Screen(term: "xterm", rows: 24, columns: 80),
    Screen(term: "xterm", rows: 40, columns: 120),
  ]

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Screens")

  /// Without the codes that move and colour.
  private static func plain(_ text: String) -> String {
    text.replacingOccurrences(
      of: "\u{1b}\\[[0-9;?]*[A-Za-z]|\u{1b}[=>]|\u{7}", with: "", options: .regularExpression
    ).replacingOccurrences(of: "\r\n", with: "\n").replacingOccurrences(of: "\r", with: "")
  }

  /// Someone at the keys of one process.
  private final class Hand {
    let terminal: Terminal
    private var length = 0

    init(_ terminal: Terminal) { self.terminal = terminal }

    /// Waits for a prompt that was not there before, and gives what came with it.
    @discardableResult
    func read(until end: String = #"(nn\[[0-9]+\]> |= \? )\z"#) throws -> String {
      let limit = Date().addingTimeInterval(30)
      while Date() < limit {
        terminal.read()
        let shown = LessonScreenTests.plain(terminal.seen)
        if shown.count > length, shown.range(of: end, options: .regularExpression) != nil {
          defer { length = shown.count }
          return String(shown.dropFirst(length))
        }
        usleep(3_000)
      }
      throw Terminal.ScriptFault(description: "no prompt: \(terminal.seen.suffix(400))")
    }

    @discardableResult
    func type(_ text: String) throws -> String {
      terminal.type(text + "\r")
      return try read()
    }
  }

  @Test(arguments: screens) func aLessonFromStartToEnd(_ screen: Screen) throws {
    let state = FileManager.default.temporaryDirectory
      .appendingPathComponent("nnrepl-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: state) }
    func start(_ arguments: [String]) throws -> Hand {
      let hand = Hand(
        try Terminal(
          arguments, term: screen.term, state: state, rows: screen.rows, columns: screen.columns))
      try hand.read()
      return hand
    }
    var hand = try start(["lesson", "3"])
    // A first cell, a wrong guess and a right one, a look aside.
    try hand.type("")
    try hand.type("5")
    try hand.type("0.7567")
    try hand.type("out")
    // What a detour changes is told, and put back.
    try hand.type("w1 := 4")
    try hand.type(":restore")
    // Ctrl-C drops a line that was begun, and stops what runs.
    hand.terminal.type("half a line\u{3}")
    try hand.read()
    hand.terminal.type("while true { x1 }\r")
    usleep(400_000)
    hand.terminal.type("\u{3}")
    try hand.read()
    try hand.type("z")
    try hand.type("")
    try hand.type("-")
    try hand.type(":leave")
    hand.terminal.type("\u{4}")
    #expect(try hand.terminal.end() == 0)
    var screens = Self.plain(hand.terminal.seen)

    // Another day: it goes on where it was, with all names.
    hand = try start(["lesson"])
    try hand.type("loss")
    var shown = try hand.type("")
    var guesses = ["?", "0", "1.5"]
    var answers = [
      "w1 := 0.5; w2 := -1; b := 0.1; forward loss", "zero_grad(list(w1, w2, b)); backward loss",
      "step sgd(lr=5); forward loss", "", "w1 := -5; w2 := -1; b := 0.1; forward loss", "",
      "param u = 3; g = u*u + 2*u", "",
    ]
    var tried: Set<Int> = []
    for _ in 0..<80 where !shown.contains("That was lesson 3") {
      if shown.hasSuffix("= ? ") {
        shown = try hand.type(guesses.isEmpty ? "?" : guesses.removeFirst())
      } else if let number = (1...3).first(where: { shown.contains("Try \($0) of 3") }),
        tried.insert(number).inserted
      {
        // Asked too early, it says what is missing.
        shown = try hand.type("")
        #expect(shown.contains("not yet"))
      } else if !tried.isEmpty, !answers.isEmpty {
        shown = try hand.type(answers.removeFirst())
      } else {
        shown = try hand.type("")
      }
    }
    #expect(shown.contains("That was lesson 3"))
    hand.terminal.type("\u{4}")
    #expect(try hand.terminal.end() == 0)
    screens += "\n── in another process ──\n" + Self.plain(hand.terminal.seen)

    if screen.term == "dumb" { #expect(!hand.terminal.seen.contains("\u{1b}")) }
    let file = Self.folder.appending(path: screen.name + ".txt")
    if ProcessInfo.processInfo.environment["NNREPL_RECORD"] == "all" {
      try screens.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded \(screen.name)")
      return
    }
    let recorded = try String(contentsOf: file, encoding: .utf8)
    let (now, then) = (
      screens.components(separatedBy: "\n"), recorded.components(separatedBy: "\n")
    )
    if let i = zip(now, then).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
      Issue.record(
        "line \(i + 1) of \(screen.name) is \(now[i].debugDescription), was \(then[i].debugDescription); NNREPL_RECORD=all swift test --filter LessonScreenTests records it"
      )
    } else {
      #expect(now.count == then.count)
    }
  }
}
