import Foundation
import Glibc
import Grading
import Testing

/// The learner's commands, as typed in a folder of their own.
@Suite struct ExerciseTests {
  private static let solution = Attack.Course.solution
  private static let wrong =
    solution + "\nfn grad_w(x, w, b, t) { a = neuron(x, w, b); (a - t)*x }\n"

  @Test func fromTheListToAPass() throws {
    let place = try Scratch()
    func nnrepl(_ words: String...) throws -> (status: Int32, output: String) {
      try Program.run(words, in: place.path)
    }
    #expect(try nnrepl("exercises").output.contains("next: nnrepl check ex01"))
    #expect(place.text("exercises/ex03.nn") == nil)

    // The first check writes the starter, and never over a file that is there.
    let first = try nnrepl("check", "3")
    #expect(first.status == 1 && first.output.contains("wrote exercises/ex03.nn"))
    let starter = try #require(place.text("exercises/ex03.nn"))
    let gaps = try nnrepl("check", "ex03")
    #expect(gaps.status == 1)
    #expect(gaps.output.contains("✗ forward 0/2   still to do: the neuron's output a (line 11)"))
    #expect(place.text("exercises/ex03.nn") == starter)

    try place.write(Self.wrong, to: "exercises/ex03.nn")
    let wrong = try nnrepl("check", "exercises/ex03.nn")
    #expect(wrong.status == 1)
    #expect(wrong.output.contains("5/10 (public checks)"))
    #expect(wrong.output.contains("`sigmoid'` looks missing"))
    #expect(wrong.output.hasSuffix("hint 1 of 3: nnrepl hint ex03\n"))

    // Hints come one at a time, and again when asked for.
    #expect(try nnrepl("hint", "ex03", "--all").output.contains("no hint of ex03 yet"))
    #expect(try nnrepl("hint", "ex03").output.hasPrefix("hint 1 of 3"))
    #expect(try nnrepl("hint", "ex03").output.hasPrefix("hint 2 of 3"))
    let all = try nnrepl("hint", "ex03", "--all").output
    #expect(
      all.contains("hint 1 of 3") && all.contains("hint 2 of 3") && !all.contains("hint 3 of 3"))
    #expect(try nnrepl("check", "3").output.hasSuffix("hint 3 of 3: nnrepl hint ex03\n"))

    #expect(try nnrepl("solution", "ex03").status == 1)
    #expect(try nnrepl("solution", "ex03", "--give-up").output == Self.solution)

    try place.write(Self.solution, to: "exercises/ex03.nn")
    let right = try nnrepl("check", "3")
    #expect(right.status == 0 && right.output.contains("10/10 (public checks)"))
    #expect(right.output.contains("All public checks passed."))
    let list = try nnrepl("exercises").output
    #expect(list.contains("✓ ex03") && list.contains("2 hints, solution read first"))

    // Starting afresh keeps what was there.
    #expect(try nnrepl("reset", "3").output.contains("yours is kept as exercises/ex03.nn.bak"))
    #expect(place.text("exercises/ex03.nn") == starter)
    #expect(place.text("exercises/ex03.nn.bak") == Self.solution)
  }

  @Test func exitStatusesTellWhoseFaultItIs() throws {
    let place = try Scratch()
    func status(_ words: String...) throws -> Int32 {
      try Program.run(words, in: place.path).status
    }
    #expect(try status("check", "nonsense") == 2)
    #expect(try status("check", "ex03", "--format", "xml") == 2)
    #expect(try status("nonsense") == 2)
    #expect(try status("check", "ex03", "--course", "nowhere") == 2)
    try place.write("x = \n", to: "ex03.nn")
    #expect(try status("check", "ex03") == 3)
    try place.write(Self.solution + "\nwhile true { }\n", to: "ex03.nn")
    #expect(try status("check", "ex03") == 3)
    try place.write(Self.wrong, to: "ex03.nn")
    #expect(try status("check", "ex03") == 1)
    #expect(try status("grade", "nowhere") == 2)
    #expect(try status("merge", "nowhere") == 2)
    try place.write("no record\n", to: "records")
    #expect(try status("merge", "records") == 2)
  }

  @Test func aBrokenProgressFileIsNoObstacle() throws {
    let place = try Scratch()
    try place.write(Self.solution, to: "ex03.nn")
    try place.write("{", to: ".nnrepl-progress.json")
    #expect(try Program.run(["check", "ex03"], in: place.path).status == 0)
    #expect(
      CourseProgress(try #require(place.text(".nnrepl-progress.json")))?["ex03"].passed == true)
  }

  /// A script that says which exercises it holds is checked as each of them; a breach costs its own function.
  @Test func aScriptOfSeveralExercisesIsChecked() throws {
    let place = try Scratch()
    try place.write(
      """
      fn act(z) = sigmoid(z)
      # exercise ex03
      fn neuron(x, w, b) = act(w*x + b)
      fn grad_w(x, w, b, t) { param p = w; e = (act(p*x + b) - t)^2/2; e.backward(); p.grad }
      fn grad_b(x, w, b, t) { a = neuron(x, w, b); (a - t)*a*(1 - a) }
      # exercise ex02
      fn my_relu(x) = where(x > 0, x, 0)
      """, to: "hw.nn")
    let (status, output) = try Program.run(["check", "hw.nn"], in: place.path)
    #expect(status == 1)
    #expect(output.contains("✓ relu 1/1") || output.contains("+ relu 1/1"))
    #expect(output.contains("line 4: `backward` is used in `grad_w`"))
    #expect(output.contains("db 3/3"))
    let progress = try #require(CourseProgress(place.text("exercises/.nnrepl-progress.json") ?? ""))
    #expect(progress["ex03"].best == 5 && progress["ex02"].best == 1)
  }

  /// Editors save by writing in place, or by renaming a new file over the old.
  @Test func watchChecksOnEverySave() throws {
    let place = try Scratch()
    try place.write(Self.wrong, to: "ex03.nn")
    let (process, pipe) = try Program.start(["watch", "ex03"], in: place.path)
    defer { process.terminate() }
    let seen = Lines(pipe)
    #expect(seen.wait(for: "5/10 (public checks)"))
    #expect(seen.wait(for: "watching ex03.nn"))
    try place.write(Self.solution, to: "ex03.nn.tmp")
    rename(place.path + "/ex03.nn.tmp", place.path + "/ex03.nn")
    #expect(seen.wait(for: "10/10 (public checks)"))
    #expect(seen.wait(for: "watching ex03.nn"))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: place.path + "/ex03.nn"))
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: Data("y = \n".utf8))
    try file.close()
    #expect(seen.wait(for: "the script ended at line 1"))
    // Another file's saves are nothing to it.
    try place.write("x", to: "other.nn")
    #expect(process.isRunning)
  }

  @Test func factorsArePredictedFirst() throws {
    let place = try Scratch()
    let terminal = try Terminal(["predict", "ex03"], state: place.path)
    try terminal.wait(for: "∂loss/∂a = ? ")
    terminal.type("what\n")
    try terminal.wait(for: "a number, a formula")
    terminal.type("1000\n")
    try terminal.wait(for: "✗ not quite: how fast does loss change as a does?")
    terminal.type("1000\n")
    try terminal.wait(for: "✗ ∂loss/∂a = ")
    try terminal.wait(for: "∂a/∂z = ? ")
    terminal.type("+\n")
    try terminal.wait(for: "✓ the sign is right: ∂a/∂z = ")
    terminal.type("q\n")
    try terminal.wait(for: "1 of 2 right")
  }
}

/// What a process prints, as it comes.
private final class Lines {
  private let file: FileHandle
  private var text = ""

  init(_ pipe: Pipe) { file = pipe.fileHandleForReading }

  /// Waits for words after those that were waited for before.
  func wait(for words: String) -> Bool {
    while true {
      if let range = text.range(of: words) {
        text = String(text[range.upperBound...])
        return true
      }
      var ready = pollfd(fd: file.fileDescriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&ready, 1, 30_000) > 0 else { return false }
      let data = file.availableData
      if data.isEmpty { return false }
      text += String(decoding: data, as: UTF8.self)
    }
  }
}
