import Diagnostics
import Foundation
import Interpreter
import Session
import Testing

/// Faults planted in small programs: what `diagnose` says first is the fault, and of sound programs nothing is said.
@Suite struct DiagnosisTests {
  struct Program: Sendable, CustomTestStringConvertible {
    let title: String
    let code: String
    var testDescription: String { "\(title): \(code.prefix(60))" }
  }

  static let programs: [Program] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Diagnosis")
    return ["programs.txt", "strangers.txt"].flatMap { name -> [Program] in
      let file = folder.appending(path: name)
      let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
      return text.components(separatedBy: "\n== ").dropFirst().map { part in
        let lines = part.split(separator: "\n", maxSplits: 1).map(String.init)
        return Program(title: lines[0], code: lines[1])
      }
    }
  }()

  static func findings(_ code: String) throws -> [Figure.Finding] {
    let session = Session()
    var found: [Figure.Finding] = []
    let outcome = session.run(code) { event in
      if case .value(_, .host(let object)) = event, let shown = object as? FigureObject,
        case .report(let findings) = shown.figure
      {
        found = findings
      }
    }
    #expect(outcome.errors.map(\.headline) == [], "\(code)")
    return found
  }

  @Test func thereAreEnough() {
    let kinds = Dictionary(grouping: Self.programs, by: \.title)
    #expect(Self.programs.count - (kinds["sound"]?.count ?? 0) >= 40)
    #expect((kinds["sound"]?.count ?? 0) >= 15)
  }

  @Test(arguments: programs) func theCauseComesFirst(_ program: Program) throws {
    let found = try Self.findings(program.code)
    #expect(!found.isEmpty)
    let lead = found.first { $0.verdict == .bad }?.title ?? "sound"
    #expect(
      program.title.split(separator: "|").contains { lead == $0 },
      "\(found.map { "\($0.verdict) \($0.title): \($0.text)" })")
    // Advice on what is amiss is given once; facts may have their own.
    let advised = found.filter { $0.verdict == .bad && $0.hint != nil }
    #expect(program.title == "sound" || !advised.isEmpty)
    // It never advises both a smaller and a larger learning rate.
    let hints = found.compactMap(\.hint).joined(separator: " ")
    #expect(!(hints.contains("smaller learning rate") && hints.contains("larger learning rate")))
  }

  /// Two faults at once: both are named, and one of them leads.
  @Test(arguments: [
    ("zero_grad", "shapes in the loss"), ("optimizer", "data"), ("mode", "softmax twice"),
    ("no bend", "zero_grad"), ("data", "targets"), ("optimizer", "softmax twice"),
  ]) func twoFaultsAreBothNamed(_ pair: (String, String)) throws {
    let model: String
    let loss: String
    var clears = "opt.zero_grad(); "
    var optimizer = "opt = sgd(m, lr=0.01)"
    var before = ""
    var data = "X = randn(30, 2); y = X[:, 0:1]"
    let all = [pair.0, pair.1]
    if all.contains("zero_grad") { clears = "" }
    if all.contains("optimizer") { optimizer = "opt = sgd(linear(1, 1), lr=0.01)" }
    if all.contains("mode") { before = "m.eval()" }
    if all.contains("data") { data = "X = 900*randn(30, 2); y = X[:, 0:1]/900" }
    if all.contains("targets") { data = "X = 900*randn(30, 2); y = 900*X[:, 0:1]" }
    if all.contains("shapes in the loss") { data = "X = randn(30, 2); y = X[:, 0]" }
    if all.contains("no bend") { data = "X = randn(30, 2); y = X[:, 0:1]*X[:, 1:2]" }
    model = all.contains("no bend") ? "sequential(linear(2, 4), linear(4, 1))" : "mlp(2, [4], 1)"
    if all.contains("softmax twice") {
      data += "; y = arange(30) % 2"
      loss = "cross_entropy(softmax(concat([m(X), -m(X)], dim=1), dim=1), y)"
    } else {
      loss = "mse_loss(m(X), y)"
    }
    let found = try Self.findings(
      """
      seed(5); \(data); m = \(model); \(optimizer); \(before)
      for i in range(10) { loss = \(loss); \(clears)loss.backward(); opt.step() }
      diagnose(m, opt)
      """)
    let bad = found.filter { $0.verdict == .bad }.map(\.title)
    #expect(bad.contains(pair.0) && bad.contains(pair.1), "\(bad)")
    #expect(all.contains(bad.first ?? ""), "\(bad)")
  }
}
