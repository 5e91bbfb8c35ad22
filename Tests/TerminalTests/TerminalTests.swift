import Foundation
import Glibc
import Testing

/// The session as its user has it: keys in, screen out.
@Suite(.serialized) struct TerminalTests {
  let state = FileManager.default.temporaryDirectory
    .appendingPathComponent("nnrepl-\(UUID().uuidString)").path

  func start(_ arguments: [String] = [], term: String = "dumb") throws -> Terminal {
    let terminal = try Terminal(arguments, term: term, state: state)
    try terminal.wait(for: "nn[1]> ")
    return terminal
  }

  /// `TERM=dumb` gets no escape sequence, and every byte is known.
  @Test func theNeuronByteForByte() throws {
    let terminal = try start()
    terminal.clear()
    let entries = [
      "x1 = 2; x2 = 3", "param w1 = 0.5; param w2 = -1; param b = 0.1", "z = w1*x1 + w2*x2 + b",
      "out = sigmoid(z)", "loss = (out - 1)^2", "backward loss", "explain ∂loss/∂w1",
      "step sgd(lr=0.5)",
    ]
    for (i, entry) in entries.enumerated() {
      terminal.type(entry + "\r")
      try terminal.wait(for: "nn[\(i + 2)]> ")
    }
    terminal.type("\u{4}")
    #expect(try terminal.end() == 0)
    let expected = """
      x1 = 2; x2 = 3
      nn[2]> param w1 = 0.5; param w2 = -1; param b = 0.1
      nn[3]> z = w1*x1 + w2*x2 + b
      z = -1.9
      nn[4]> out = sigmoid(z)
      out = 0.1301
      nn[5]> loss = (out - 1)^2
      loss = 0.7567
      nn[6]> backward loss
        ∂loss/∂loss = 1
        loss = (out - 1)^2
          ∂loss/∂out = 2*(out - 1) = 2*(0.1301 - 1) = -1.74
        out = sigmoid(z)
          ∂out/∂z  = out*(1 - out)        = 0.1132
          ∂loss/∂z = ∂loss/∂out × ∂out/∂z = -1.74 × 0.1132 = -0.1969
        z = w1*x1 + w2*x2 + b
          ∂z/∂w1 = x1 = 2     ∂loss/∂w1 = ∂loss/∂z × ∂z/∂w1 = -0.1969 × 2 = -0.3938
          ∂z/∂w2 = x2 = 3     ∂loss/∂w2 = ∂loss/∂z × ∂z/∂w2 = -0.1969 × 3 = -0.5907
          ∂z/∂b  = 1          ∂loss/∂b  = ∂loss/∂z × ∂z/∂b  = -0.1969 × 1 = -0.1969
      nn[7]> explain ∂loss/∂w1
        ∂loss/∂w1 = ∂loss/∂out × ∂out/∂z × ∂z/∂w1
                  = 2*(out - 1) × out*(1 - out) × x1
                  = 2*(0.1301 - 1) × 0.1301*(1 - 0.1301) × 2
                  = -1.74 × 0.1132 × 2
                  = -0.3938        numerically -0.3938, relative error 2e-11
      nn[8]> step sgd(lr=0.5)
        w1 ← w1 - lr*grad = 0.5 - 0.5*(-0.3938) = 0.6969
        w2 ← w2 - lr*grad = -1 - 0.5*(-0.5907)  = -0.7046
        b  ← b - lr*grad  = 0.1 - 0.5*(-0.1969) = 0.1985
      nn[9]> \n
      """
    let lines = terminal.seen.replacingOccurrences(of: "\r", with: "")
    #expect(lines == expected)
    #expect(!terminal.seen.contains("\u{1b}"))
  }

  @Test func manyLinesAreOneEntryThatComesBackWhole() throws {
    let terminal = try start(term: "xterm")
    terminal.type("fn f(x) {\r")
    terminal.type("x^2\r")
    terminal.type("}\r")
    try terminal.wait(for: "nn[2]> ")
    // Up recalls the entry; up and on into its middle line, where the 2 becomes a 3.
    terminal.type("\u{1b}[A\u{1b}[A\u{5}\u{7f}3\r")
    try terminal.wait(for: "nn[3]> ")
    terminal.type("f(2)\r")
    try terminal.wait(for: "nn[4]> ")
    #expect(terminal.plain.contains("\n8\r\n"))
    terminal.type("\u{4}")
    #expect(try terminal.end() == 0)
    let history = try String(contentsOfFile: state + "/nnrepl/history", encoding: .utf8)
    #expect(history == "fn f(x) {\\nx^2\\n}\nfn f(x) {\\nx^3\\n}\nf(2)\n")
  }

  @Test func pastesOfAnyLengthAreOneEntry() throws {
    let terminal = try start(term: "xterm")
    let short = (1...20).map { "a\($0) = \($0)" }.joined(separator: "\r")
    terminal.type("\u{1b}[200~\(short)\u{1b}[201~\r")
    try terminal.wait(for: "nn[2]> ")
    let long = (1...400).map { "b\($0) = \($0)" }.joined(separator: "\r")
    terminal.type("\u{1b}[200~\(long)\u{1b}[201~")
    try terminal.wait(for: "400 lines pasted")
    terminal.type("\r")
    try terminal.wait(for: "nn[3]> ")
    terminal.type("a20 + b400\r")
    try terminal.wait(for: "nn[4]> ")
    #expect(terminal.plain.contains("\n420\r\n"))
    terminal.type("\u{1b}[200~nn[7]> y = 50\r5\rnn[8]> y*20\u{1b}[201~\r")
    try terminal.wait(for: "nn[5]> ")
    #expect(terminal.plain.contains("\n1000\r\n"))
    terminal.type("\u{4}")
    #expect(try terminal.end() == 0)
  }

  @Test func lettersBeyondASCIIAreTypedDeletedAndCompleted() throws {
    let terminal = try start()
    terminal.type("σ = 2; ŷ = 3; 漢 = 4\r")
    try terminal.wait(for: "nn[2]> ")
    terminal.type("漢x\u{7f} + ŷ + \\sigma\t\r")
    try terminal.wait(for: "nn[3]> ")
    #expect(terminal.plain.contains("\n9\r\n"))
    terminal.type("\\part\t\u{15}sigm\t(0)\r")
    try terminal.wait(for: "nn[4]> ")
    #expect(terminal.plain.contains("\n0.5\r\n"))
    terminal.type("\u{4}")
    #expect(try terminal.end() == 0)
  }

  @Test func controlCDropsALineAnEntryASearchAndStopsALoop() throws {
    let terminal = try start(term: "xterm")
    terminal.type("kept = 7\r")
    try terminal.wait(for: "nn[2]> ")
    terminal.clear()
    terminal.type("half a line\u{3}")
    try terminal.wait(for: "nn[2]> ")
    terminal.type("fn g(x) {\rx +\u{3}")
    try terminal.wait(for: "nn[2]> ", count: 2)
    terminal.type("\u{12}kep\u{3}")
    try terminal.wait(for: "nn[2]> ", count: 3)
    terminal.type("while true { }\r")
    usleep(300_000)
    terminal.clear()
    terminal.type("\u{3}")
    try terminal.wait(for: "stopped by Ctrl-C")
    terminal.type("kept\r")
    try terminal.wait(for: "nn[3]> ")
    #expect(terminal.plain.contains("\nkept = 7\r\n"))
    terminal.type("\u{4}")
    #expect(try terminal.end() == 0)
  }

  /// A learner drags the edge of the window.
  @Test(arguments: [1, 2, 3, 5, 7]) func aWindowOfAFewColumnsLosesNothing(_ columns: Int) throws {
    let terminal = try start(term: "xterm")
    terminal.type("kept = 7\r")
    try terminal.wait(for: "nn[2]> ")
    terminal.resize(rows: 24, columns: UInt16(columns))
    terminal.type("kept + 1\r")
    try terminal.wait(for: "nn[3]> ")
    terminal.resize(rows: 24, columns: 80)
    terminal.type("kept\r")
    try terminal.wait(for: "nn[4]> ")
    #expect(terminal.plain.contains("kept = 7"))
    terminal.type("\u{4}")
    #expect(try terminal.end() == 0)
  }

  @Test(arguments: [["-e", "1"], ["help", "sum"], ["lessons"]]) func lostOutputIsNoSuccess(
    _ arguments: [String]
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Terminal.program)
    process.arguments = arguments
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 2)
  }

  /// Each of these would run for minutes.
  @Test(arguments: [
    "while true { }", "a = randn(600, 600); repeat 100000 { b = a @ a }",
    "x = rand(3000000); repeat 1000 { y = sort(x) }", "repeat 100000 { x = randn(300, 300) }",
    "m = mlp(100, [200], 10); x = randn(64, 100); repeat 100000 { sum(m(x)^2).backward() }",
  ]) func longWorkEndsWithControlC(_ code: String) throws {
    let scratch = try Scratch()
    let mark = scratch.path + "/begun"
    let (process, _) = try Program.start(["-e", "save(record(a=1), \"\(mark)\"); \(code)"])
    for _ in 0..<400 where !FileManager.default.fileExists(atPath: mark) { usleep(50_000) }
    usleep(100_000)
    kill(process.processIdentifier, SIGINT)
    for _ in 0..<400 where process.isRunning { usleep(50_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
  }

  @Test func theWindowMayChangeAndTheProgramRest() throws {
    let terminal = try start(term: "xterm")
    terminal.resize(rows: 40, columns: 50)
    terminal.type("1 + 1\r")
    try terminal.wait(for: "nn[2]> ")
    terminal.send(SIGSTOP)
    usleep(50_000)
    terminal.send(SIGCONT)
    terminal.type("2 + 3\r")
    try terminal.wait(for: "nn[3]> ")
    #expect(terminal.plain.contains("\n5\r\n"))
    terminal.type("\u{4}")
    #expect(try terminal.end() == 0)
  }

  @Test func stepsWaitForAnAnswer() throws {
    let terminal = try start()
    terminal.type("param w = 3; y = w^2; z = y + 1;\r")
    try terminal.wait(for: "nn[2]> ")
    terminal.type("backward z, pause=true\r")
    try terminal.wait(for: "step 1/2> ")
    terminal.type("w y\r")
    try terminal.wait(for: "step 1/2> ", count: 2)
    #expect(terminal.plain.contains("\ny = 9\r\n"))
    terminal.type("\r")
    try terminal.wait(for: "step 2/2> ")
    terminal.type("q\r")
    try terminal.wait(for: "nn[3]> ")
    terminal.type("\u{4}")
    #expect(try terminal.end() == 0)
  }

  /// Ctrl-D and Ctrl-C leave the steps, not the session.
  @Test func stepsAreLeftByTheUsualKeys() throws {
    let terminal = try start()
    terminal.type("param w = 3; y = w^2;\r")
    try terminal.wait(for: "nn[2]> ")
    for (cell, key) in ["\u{4}", "\u{3}"].enumerated() {
      terminal.type("backward y, pause=true\r")
      try terminal.wait(for: "step 1/1> ", count: cell + 1)
      terminal.type(key)
      try terminal.wait(for: "nn[\(cell + 3)]> ")
    }
    terminal.type("backward y, predict=true\r")
    try terminal.wait(for: "= ? ")
    terminal.type("q\r")
    try terminal.wait(for: "nn[5]> ")
    terminal.type("w.grad\r")
    try terminal.wait(for: "nn[6]> ")
    // Each pass was made, and added its 6, before its telling was left.
    #expect(terminal.plain.contains("\r\n18\r\n"))
    terminal.type("\u{4}")
    #expect(try terminal.end() == 0)
  }

  @Test func altReturnGoesOnInANewLine() throws {
    let terminal = try start()
    terminal.type("a = 2\u{1b}\ra*21\r")
    try terminal.wait(for: "nn[2]> ")
    #expect(terminal.plain.contains("\n42\r\n"))
    terminal.type("\u{4}")
    #expect(try terminal.end() == 0)
  }

  @Test func twoSessionsShareOneHistory() throws {
    let (a, b) = (try start(), try start())
    for i in 0..<20 {
      a.type("a\(i) = \(i)\r")
      b.type("b\(i) = \(i)\r")
      try a.wait(for: "nn[\(i + 2)]> ")
      try b.wait(for: "nn[\(i + 2)]> ")
    }
    a.send(SIGKILL)
    b.send(SIGKILL)
    _ = try a.end()
    _ = try b.end()
    let history = try String(contentsOfFile: state + "/nnrepl/history", encoding: .utf8)
    let lines = history.split(separator: "\n").map(String.init)
    let expected = (0..<20).flatMap { ["a\($0) = \($0)", "b\($0) = \($0)"] }
    #expect(lines.sorted() == expected.sorted())
  }

  // MARK: Pipes

  @Test func aPipeGetsNoPromptAndNoEscape() throws {
    let (output, errors, status) = try Terminal.pipe("x = 2\nfn f(a) {\n  a^2\n}\nf(x) + 1\n")
    #expect(output == "5\n")
    #expect(errors == "")
    #expect(status == 0)
  }

  @Test func aPipeStopsAtTheFirstError() throws {
    let (output, errors, status) = try Terminal.pipe("1 + 1\nlosss\n2 + 2\n")
    #expect(output == "2\n")
    #expect(errors.contains("error[unknown-name]"))
    #expect(!errors.contains("\u{1b}"))
    #expect(status == 1)
  }

  @Test func jsonServesAllOperations() throws {
    let requests = [
      #"{"op":"execute","id":1,"code":"x = 2\nprint(\"hi\")\nx^2"}"#,
      #"{"op":"is_complete","id":2,"code":"f("}"#,
      #"{"op":"complete","id":3,"code":"sigm","cursor":4}"#,
      #"{"op":"inspect","id":4,"name":"sigmoid"}"#, #"{"op":"execute","id":5,"code":"losss"}"#,
      #"{"op":"nonsense","id":6}"#, "no JSON",
    ]
    let (output, _, status) = try Terminal.pipe(
      requests.joined(separator: "\n") + "\n", ["--json"])
    #expect(status == 0)
    let events = try output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    func kinds(_ id: Int) -> [String] {
      events.filter { $0["id"] as? Int == id }.compactMap { $0["event"] as? String }
    }
    #expect(kinds(1) == ["stream", "result", "done"])
    #expect(kinds(5) == ["error", "done"])
    func field(_ id: Int, _ name: String) -> Any? {
      events.last { $0["id"] as? Int == id }?[name]
    }
    #expect(field(2, "complete") as? Bool == false)
    #expect(field(3, "matches") as? [String] == ["sigmoid"])
    #expect(field(4, "found") as? Bool == true)
    #expect(field(5, "status") as? String == "error")
    #expect(field(6, "status") as? String == "error")
  }

  /// What a killed writer left beside a file goes with the next write; a living one's stays.
  @Test func leftoversOfAKilledWriterAreCleared() throws {
    let place = try Scratch()
    for name in ["m.safetensors.4194304.new", "m.safetensors.1.new", "other.4194304.new"] {
      try place.write("x", to: name)
    }
    let (status, _) = try Program.run(
      ["-e", "save(linear(2, 1), \"m.safetensors\")"], in: place.path)
    #expect(status == 0)
    #expect(place.text("m.safetensors.4194304.new") == nil)
    #expect(place.text("m.safetensors.1.new") == "x" && place.text("other.4194304.new") == "x")
  }

  /// A session that is killed while it saves leaves the old file or the new one, whole.
  @Test func killedWhileSavingItLeavesAWholeFile() throws {
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    let path = state + "/weights.safetensors"
    for delay in [1_000, 5_000, 20_000, 60_000] as [UInt32] {
      let terminal = try start()
      terminal.type("m = linear(300, 300); save(m, \"\(path)\")\r")
      try terminal.wait(for: "nn[2]> ")
      terminal.type("while true { save(m, \"\(path)\") }\r")
      usleep(delay)
      terminal.send(SIGKILL)
      _ = try terminal.end()
      let (output, errors, _) = try Terminal.pipe("load(\"\(path)\").bias.shape\n")
      #expect(output == "[300]\n", "\(errors)")
    }
  }
}
