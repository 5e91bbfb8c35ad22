import Foundation
import Grading
import Testing

/// One way to get marks without showing anything, and what must come of it.
struct Attack {
  enum Outcome {
    /// Every check has this category, and no points.
    case all(String, message: String = "")
    /// These checks have these categories; all others pass.
    case only([String: String], message: String = "")
    /// These checks end in the breach; of hidden ones that is not told.
    case breach([String])
    /// All points; the trick changes nothing.
    case full
    case rejected(String)
  }

  let name: String
  var exercise = "ex03"
  let script: Data
  let outcome: Outcome

  /// The solution with something added; a function that is declared again replaces the first.
  init(_ name: String, _ added: String, before: String = "", _ outcome: Outcome) {
    self.name = name
    script = Data((before + Course.solution + "\n" + added + "\n").utf8)
    self.outcome = outcome
  }

  /// The solution of another exercise with something added.
  init(_ name: String, of exercise: String, _ added: String, _ outcome: Outcome) {
    self.init(
      name, whole: Data((Course.solution(of: exercise) + "\n" + added + "\n").utf8), outcome)
    self.exercise = exercise
  }

  init(_ name: String, whole: Data, _ outcome: Outcome) {
    (self.name, script, self.outcome) = (name, whole, outcome)
  }

  enum Course {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    static let folder = root.appendingPathComponent("lessons").path
    static let secret = root.appendingPathComponent("Tests/Course").path
    static let solution = solution(of: "ex03")

    static func solution(of exercise: String) -> String {
      (try? String(contentsOfFile: folder + "/solutions/\(exercise).nn", encoding: .utf8)) ?? ""
    }
  }

  private static let wrong = "fn grad_w(x, w, b, t) = 7"
  private static let dw = ["dw": "wrong", "saturated": "wrong"]
  private static let forbidden = ["dw": "forbidden", "saturated": "error"]

  /// In the order of the design's list.
  static let all: [Attack] = [
    Attack("01-exit", "", before: "exit()\n", .all("unknown-name", message: "ended at line 1")),
    Attack(
      "02-loop", "fn grad_b(x, w, b, t) { while true { } }",
      .only(["db": "step-limit", "saturated": "error"])),
    Attack(
      "03-recursion", "fn grad_b(x, w, b, t) = 1 + grad_b(x, w, b, t)",
      .only(["db": "depth-limit", "saturated": "error"])),
    Attack("04-swallow", "try { neuron(1, 2, 3) }", .all("unexpected")),
    Attack(
      "05-hang-at-the-end",
      "seen = list()\nfn grad_b(x, w, b, t) { append(seen, 1); if len(seen) > 19 { while true { } }; (neuron(x, w, b) - t)*neuron(x, w, b)*(1 - neuron(x, w, b)) }",
      .only(["db": "step-limit", "saturated": "error"])),
    Attack("06-redefine-check", "fn check(name) = true", .all("reserved-name")),
    Attack("06-redefine-expect", "expect = fn(x) = true", .all("reserved-name")),
    Attack(
      "07-redefine-built-ins",
      "fn sigmoid(z) = 0.5\nabs = fn(x) = 0\nmax = 0\nloss = 0\nfn gradcheck(y, x) = true",
      .only([
        "forward": "wrong", "dw": "wrong", "db": "wrong", "saturated": "wrong", "large": "wrong",
      ])),
    Attack(
      "08-read-reference", "fn grad_w(x, w, b, t) = expected",
      .only(["dw": "unknown-name", "saturated": "error"])),
    Attack(
      "09-change-the-inputs",
      "fn neuron(x, w, b) { a = sigmoid(w*x + b); x = 1e9; w = 1e9; b += 1e9; a }", .full),
    Attack(
      "10-shared-network",
      "param p = 0\nfn neuron(x, w, b) { p := p + 1; p.item() }", before: "",
      .only([
        "forward": "wrong", "dw": "wrong", "db": "wrong", "saturated": "wrong", "large": "wrong",
      ])),
    Attack(
      "11-raise-tolerance", "rtol = 1e9; atol = 1e9; seed(5); rand(1000)\n" + wrong, .only(dw)),
    Attack(
      "12-object", "layer Same() { forward(x) { x } }\nfn grad_w(x, w, b, t) = Same()",
      .only(["dw": "kind", "saturated": "kind"])),
    Attack(
      "13-left-by-another-check",
      "seen = list()\nfn neuron(x, w, b) { append(seen, 1); sigmoid(w*x + b) }\nfn grad_w(x, w, b, t) { if len(seen) > 20 { a = neuron(x, w, b); (a - t)*a*(1 - a)*x } else { 7 } }",
      .only(dw)),
    Attack(
      "14-right-at-first",
      "seen = list()\nfn large_fails(x) = 0\nfn grad_b(x, w, b, t) { append(seen, 1); if len(seen) < 6 { a = neuron(x, w, b); (a - t)*a*(1 - a) } else { 0 } }",
      .only(["db": "zero", "saturated": "zero"])),
    Attack("15-look-for-a-flag", "print(argv)", .all("unknown-name")),
    Attack("15-environment", "print(getenv(\"GRADING\"))", .all("unknown-name")),
    Attack(
      "16-backward-in-a-helper",
      "fn helper(x, w, b, t) { param p = w; e = (sigmoid(p*x + b) - t)^2/2; e.backward(); p.grad }\nfn grad_w(x, w, b, t) = helper(x, w, b, t)",
      .only(forbidden, message: "`grad_w` → `helper`")),
    Attack(
      "16-default",
      "fn grad_w(x, w, b, t, g=grad) { param p = w; g((sigmoid(p*x + b) - t)^2/2, p).item() }",
      .only(forbidden)),
    Attack(
      "16-layer-default",
      "layer G(g=grad) { forward(x) { x } }\nfn grad_w(x, w, b, t) { m = G(); m(7) }",
      .only(forbidden)),
    Attack(
      "16-own-variable",
      "fn grad_w(x, w, b, t) { a = neuron(x, w, b); grad = (a - t)*a*(1 - a)*x; grad }", .full),
    Attack("16-alias", "g = grad\nfn grad_w(x, w, b, t) = g(x, w)", .only(forbidden)),
    Attack("16-sugar", "fn grad_w(x, w, b, t) { param p = w; e = p*x; ∂e/∂p }", .only(forbidden)),
    Attack(
      "17-differences",
      "fn grad_w(x, w, b, t) { e = fn(w) = (neuron(x, w, b) - t)^2/2; (e(w + 1e-6) - e(w - 1e-6))/2e-6 }",
      .only(["dw": "calls", "saturated": "calls"])),
    Attack(
      "17-no-differences",
      "fn grad_w(x, w, b, t) = (neuron(x, w, b) - t)*neuron(x, w, b)*(1 - neuron(x, w, b))*x", .full
    ),
    Attack(
      "17-differences-inlined",
      "fn grad_w(x, w, b, t) { e = fn(w) = (sigmoid(w*x + b) - t)^2/2; (e(w + 1e-6) - e(w - 1e-6))/2e-6 }",
      .only(["dw": "wrong", "saturated": "wrong"])),
    Attack(
      "18-print-a-pass",
      "print(\"PASS 10/10\"); print(\"::notice::full marks\"); print(\"\\\"score\\\": 15\")\n"
        + wrong, .only(dw)),
    Attack("19-repaint", "print(\"\u{1b}[2J\u{1b}[H all passed \\r\")\n" + wrong, .only(dw)),
    Attack(
      "20-flood", "repeat 20000 { print(\"0123456789 0123456789 0123456789 0123456789\") }", .full),
    Attack(
      "20-flood-in-a-call",
      "fn grad_b(x, w, b, t) { repeat 2000 { print(\"PASS\") }; a = neuron(x, w, b); (a - t)*a*(1 - a) }",
      .full),
    Attack(
      "20-one-line", "line = list()\nrepeat 50000 { append(line, 1e300) }\nprint(line)", .full),
    Attack("21-quotes", "print(\"]]> <b> & \\\" ' \")\n" + wrong, .only(dw)),
    Attack("21-nul", whole: Data("fn neuron(x, w, b) = \u{0}".utf8), .all("not-utf8")),
    Attack("21-bad-utf8", whole: Data([0x78, 0x3d, 0xff, 0xfe, 0x0a]), .all("not-utf8")),
    Attack(
      "22-read-hidden", "load_csv(\"../../Tests/Course/ex03.hidden.nn\")", .all("unreadable-file")),
    Attack("22-write", "save(linear(1, 1), \"/tmp/owned\")", .all("unreadable-file")),
    Attack("23-enumerate", "print(globals())", .all("unknown-name")),
    Attack(
      "24-carry-out-inputs",
      "fn grad_b(x, w, b, t) { print(\"x={x}\"); expect false, \"x={x} w={w} b={b} t={t}\" }",
      .only(["db": "expect-failed", "saturated": "error"])),
    Attack(
      "26-nan", "fn grad_w(x, w, b, t) = 0/0", .only(["dw": "finite", "saturated": "finite"])),
    Attack(
      "27-inf", "fn grad_w(x, w, b, t) = 1/0", .only(["dw": "finite", "saturated": "finite"])),
    Attack(
      "28-empty-list", "fn grad_w(x, w, b, t) = list()",
      .only(["dw": "kind", "saturated": "wrong"])),
    Attack("28-nothing", "fn grad_w(x, w, b, t) { }", .only(["dw": "kind", "saturated": "wrong"])),
    Attack(
      "29-shape", "fn grad_w(x, w, b, t) { a = neuron(x, w, b); full([3], (a - t)*a*(1 - a)*x) }",
      .only(["dw": "shape", "saturated": "wrong"])),
    Attack("30-zero", "fn grad_w(x, w, b, t) = 0", .only(["dw": "zero", "saturated": "zero"])),
    Attack(
      "31-hard-coded",
      "fn grad_w(x, w, b, t) { if x == 1 and w == 0 and b == 0 and t == 0 { 0.125 } else { 0 } }",
      .only(["dw": "zero", "saturated": "zero"])),
    Attack(
      "32-index", "fn grad_w(x, w, b, t) = [1, 2][1e300]",
      .only(["dw": "wrong", "saturated": "wrong"])),
    Attack(
      "32-whole", "fn grad_w(x, w, b, t) = range(0/0)",
      .only(["dw": "wrong", "saturated": "wrong"])),
    Attack(
      "33-tensor", "fn grad_w(x, w, b, t) = sum(zeros(1000000000))",
      .only(["dw": "memory-limit", "saturated": "error"])),
    Attack(
      "34-nesting", whole: Data(("x = " + String(repeating: "(", count: 90_000) + "1").utf8),
      .all("too-deep")),
    Attack("34-size", whole: Data(count: 5_000_000), .all("source-too-large")),
    Attack("34-digits", "x = " + String(repeating: "9", count: 100_000), .only([:])),
    Attack(
      "34-carriage-returns",
      whole: Data(Course.solution.replacingOccurrences(of: "\n", with: "\r\n").utf8), .full),
    Attack(
      "35-commented-out", whole: Data("# points=1000\n# skip\n".utf8),
      .only([
        "forward": "not-defined", "dw": "not-defined", "db": "not-defined", "saturated": "error",
        "large": "error",
      ])),
    Attack(
      "36-progress", whole: Data("points = 1000".utf8),
      .only([
        "forward": "not-defined", "dw": "not-defined", "db": "not-defined", "saturated": "error",
        "large": "error",
      ])),
    Attack("37-link", whole: Data(), .rejected("symbolic link")),
    Attack("37-twin", "", .rejected("two submissions")),
    Attack("37-TWIN", "", .rejected("two submissions")),
    Attack("-rf", "", .rejected("begins with")),
    Attack("37-new\nline", "", .rejected("characters")),
    Attack("38-homoglyph", "neurоn = 1", .full),
  ]
}

@Suite struct AttackTests {
  /// Attacks on one exercise handed in as one class, graded by the program and its workers.
  private static func graded(_ attacks: [Attack], _ exercise: String) throws -> (
    records: [String: Record], output: String
  ) {
    let folder = NSTemporaryDirectory() + "nnrepl-attacks-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let files = FileManager.default
    for attack in attacks {
      let place = folder + "/" + attack.name
      if attack.name == "37-link" {
        try files.createSymbolicLink(atPath: place, withDestinationPath: "/etc")
        continue
      }
      try files.createDirectory(atPath: place, withIntermediateDirectories: true)
      try attack.script.write(to: URL(fileURLWithPath: place + "/\(exercise).nn"))
      if attack.name == "36-progress" {
        let claim = #"{"exercises":{"ex03":{"passed":true,"best":10}}}"#
        try Data(claim.utf8).write(to: URL(fileURLWithPath: place + "/.nnrepl-progress.json"))
      }
    }
    let (status, output) = try Program.run([
      "grade", folder, "--course", Attack.Course.folder, "--secret", Attack.Course.secret,
      "--exercise", exercise, "--seed", "a secret", "--jobs", "2",
    ])
    #expect(status == 0)
    var records: [String: Record] = [:]
    for line in output.split(separator: "\n") {
      let record = try JSONDecoder().decode(Record.self, from: Data(line.utf8))
      records[record.submission] = record
    }
    return (records, output)
  }

  @Test(arguments: Set((Attack.all + Attack.more).map(\.exercise)).sorted())
  func everyAttackHasItsVerdict(_ exercise: String) throws {
    let attacks = (Attack.all + Attack.more).filter { $0.exercise == exercise }
    #expect(Set(attacks.map(\.name)).count == attacks.count)
    let (records, output) = try AttackTests.graded(attacks, exercise)
    #expect(records.count == attacks.count)
    for attack in attacks {
      let name = Submission.harmless(Array(attack.name.utf8))
      guard let record = records[name] else {
        Issue.record("no record of \(attack.name)")
        continue
      }
      AttackTests.judge(attack, record)
      // What is told of hidden checks never holds a number of the learner's inputs.
      for check in record.checks where check.hidden && check.verdict != .pass {
        #expect(
          check.message.hasPrefix("a hidden check") || record.status == .rejected
            || check.message == record.checks[0].message, "\(attack.name): \(check.message)")
      }
    }
    #expect(!output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    guard exercise == "ex03" else { return }
    #expect(records["20-flood"]?.output.hasPrefix("0123456789") == true)
    #expect((records["20-flood"]?.output.count ?? .max) <= 500)
    #expect(records["34-carriage-returns"]?.warnings == [])
    #expect(records["38-homoglyph"]?.warnings.first?.contains("neur") == true)
  }

  @Test func thereAreSixtyMore() { #expect(Attack.more.count >= 60) }

  private static func judge(_ attack: Attack, _ record: Record) {
    let categories = Dictionary(
      record.checks.map { (String($0.id.dropFirst(5)), $0.category) }
    ) { first, _ in first }
    func failing(_ name: String, _ wanted: String?) {
      let found = categories[name] ?? "no record"
      // "wrong": whatever rung or error it is, it is not a pass and not the end of the process.
      let holds =
        wanted == "wrong"
        ? !found.isEmpty && found != ScriptFault.ended
        : wanted == "any" ? found != ScriptFault.ended : found == wanted ?? ""
      #expect(holds, "\(attack.name): \(name) is `\(found)`, not `\(wanted ?? "")`")
    }
    #expect(categories.count == record.checks.count && !categories.isEmpty)
    switch attack.outcome {
    case .all(let category, let message):
      #expect(record.score == 0, "\(attack.name)")
      for name in categories.keys { failing(name, category) }
      #expect(message.isEmpty || record.checks[0].message.contains(message), "\(attack.name)")
    case .only(let wrong, let message):
      for name in categories.keys { failing(name, wrong[name]) }
      #expect(
        message.isEmpty || record.checks.contains { $0.message.contains(message) }, "\(attack.name)"
      )
    case .breach(let names):
      let found = names.map { categories[$0] ?? "no record" }
      #expect(found.allSatisfy { $0 == "forbidden" || $0 == "error" }, "\(attack.name): \(found)")
      #expect(found.contains("forbidden"), "\(attack.name): \(found)")
    case .full:
      #expect(record.score == record.max, "\(attack.name): \(categories)")
    case .rejected(let words):
      #expect(record.status == .rejected && record.score == 0, "\(attack.name)")
      #expect(record.message.contains(words), "\(attack.name): \(record.message)")
    }
  }
}
