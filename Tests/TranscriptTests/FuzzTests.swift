import Diagnostics
import Foundation
import Interpreter
import Lessons
import Rendering
import Session
import Synchronization
import Syntax
import TestSupport
import Testing

/// Programs that nobody meant, seeded: lessons with parts changed, verbs on random graphs, broken files. Each
/// ends, what it shows can be drawn, and what it says is said in the learner's words.
@Suite struct FuzzTests {
  private func run(_ code: String, files: FileAccess? = nil) {
    var limits = Limits()
    limits.steps = 60_000
    limits.outputBytes = 1 << 20
    let session = Session(limits: limits)
    if let files { session.machine.files = files }
    let text = EventText(Style())
    let notebook = Notebook(session.add(source: code, name: "fuzz.nn"))
    let errors = Playback.run(notebook, in: session) { step in
      if case .event(let event) = step { _ = text.render(event, in: session) }
      if case .event(.warning(let warning)) = step { Fuzz.inspect(warning, code) }
    }
    for error in errors {
      Fuzz.inspect(error, code)
      _ = DiagnosticText(Style(), sources: session.sources).render(error)
    }
  }

  @Test func mutatedLessonsEnd() {
    let (count, seed) = Fuzz.settings
    var dice = Dice(state: seed &+ 1)
    for _ in 0..<count / 4 {
      let lesson = dice.pick(Lesson.all).text.components(separatedBy: "\n# %%")
      // Some cells of a lesson that follow one another.
      let start = dice.roll(lesson.count)
      let part = lesson[start..<min(lesson.count, start + 4)].joined(separator: "\n# %%")
      run(Fuzz.mutated(part, &dice))
    }
  }

  private static let leaves = [
    "0.5", "-2", "0", "[1, -2, 3]", "[[0.5, 1], [-1, 2]]", "zeros(0)", "ones(2, 3)", "nan", "1e200",
    "tensor([1, 2], dtype=\"float32\")", "[[1, 2, 3]]",
  ]
  private static let operations = [
    "a + b", "a*b", "a - b", "a/b", "a @ b", "a^2", "a^b", "sin(a)", "exp(a)", "log(a)", "relu(a)",
    "tanh(a)", "sum(a)", "mean(a, dim=0)", "softmax(a, dim=-1)", "max(a, b)", "where(a > b, a, b)",
    "a.T", "a[0]", "a[-1:]", "reshape(a, -1)", "concat(list(a, b))", "stack(list(a, b))",
    "a.detach()",
    "mse_loss(a, b)", "cross_entropy(a, [0, 1])", "linear(a, b)", "sqrt(a)", "a*a + b", "abs(a)",
    "layer_norm(a, [2])", "cumsum(a, dim=0)", "a.unsqueeze(0)", "std(a)", "clamp(a, -1, 1)",
  ]

  /// A random graph over parameters, and a verb about it.
  private static func told(_ dice: inout Dice) -> String {
    var names = ["w1", "w2"]
    var lines = ["param w1 = \(dice.pick(leaves))", "param w2 = \(dice.pick(leaves))"]
    for i in 0..<1 + dice.roll(6) {
      var text = dice.pick(operations)
      text = text.replacing(/\ba\b/) { _ in dice.pick(names) }
      text = text.replacing(/\bb\b/) { _ in dice.pick(names) }
      lines.append("v\(i) = \(text)")
      names.append("v\(i)")
    }
    let (y, x) = (names[names.count - 1], dice.pick(names))
    let detail = dice.pick(["", ", detail=\"ops\"", ", detail=\"all\""])
    for _ in 0...dice.roll(2) {
      lines.append(
        dice.pick([
          "forward \(y)\(detail)", "backward \(y)\(detail)", "explain \(y)",
          "explain ∂\(y)/∂\(x)\(detail)",
          "explain ∂\(y)/∂w1[0]", "explain ∂²\(y)/∂w1²", "explain ∂²\(y)/∂w1∂w2", "explain \(y)[0]",
          "w1 := w1 + 1", "step sgd(lr=0.1)", "backward sum(\(y))",
          "gradcheck(sum(\(y)), list(w1, w2))",
          "graph(\(y))", "sum(\(y)).backward()", "w1.grad", "grad(sum(\(y)), w2)", "\(y).forward()",
        ]))
    }
    return lines.joined(separator: "\n")
  }

  @Test func verbsOnRandomGraphsEnd() {
    let (count, seed) = Fuzz.settings
    var dice = Dice(state: seed &+ 2)
    for _ in 0..<count / 2 { run(Self.told(&dice)) }
  }

  /// A file, perhaps of bytes that no one meant.
  private static func access(_ bytes: [UInt8]) -> FileAccess {
    FileAccess(read: { _ in .success(bytes) }, write: { _, _ in .success(()) })
  }

  @Test func brokenFilesAreTold() throws {
    let (count, seed) = Fuzz.settings
    var dice = Dice(state: seed &+ 3)
    let saved = Mutex<[UInt8]>([])
    let session = Session()
    session.machine.files = FileAccess(
      read: { _ in .success([]) },
      write: { _, bytes in
        saved.withLock { $0 = bytes }
        return .success(())
      })
    #expect(session.run("save(linear(2, 1), \"m\")") { _ in }.errors.isEmpty)
    let weights = saved.withLock { $0 }
    #expect(weights.count > 50)
    let table = "a,b,kind\n1,2.5,x\n-3,4e2,\"y, z\"\n5,6,x\n"
    for _ in 0..<count / 4 {
      var bytes = weights
      for _ in 0...dice.roll(6) {
        let place = dice.roll(bytes.count)
        bytes[place] = UInt8(dice.roll(256))
        if dice.roll(8) == 0 { bytes.removeLast(dice.roll(bytes.count - 1)) }
      }
      run("load(linear(2, 1), \"m\")\nload(\"m\")", files: Self.access(bytes))
      let text = Fuzz.mutated(table, &dice)
      run("d = load_csv(\"t\")\nd\nscatter(d)", files: Self.access(Array(text.utf8)))
    }
  }

  @Test func brokenCheckFilesAreTold() throws {
    let (count, seed) = Fuzz.settings
    var dice = Dice(state: seed &+ 4)
    let folder = Transcript.repository.appendingPathComponent("lessons/exercises")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".check.nn") }.sorted()
    let texts = try names.map {
      try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8)
    }
    for _ in 0..<count / 4 {
      let text = Fuzz.mutated(dice.pick(texts), &dice)
      do throws(Diagnostic) { _ = try Parser.checkFile(SourceText(id: 0, name: "c", text)) } catch {
        Fuzz.inspect(error, text)
      }
    }
  }
}
