import Foundation
import Interpreter
import Lessons
import Rendering
import Session
import Testing
import Workbench

/// Lessons walked through at the prompt.
@Suite struct LessonWalkTests {
  /// What answers a thing to try where its hint is no line to type, by lesson and number.
  private static let answers: [String: String] = [
    "4.3": "fits = sequential(linear(2, 3), relu, linear(3, 1))",
    "6.1": "best = [2, 3, 5][argmin(tensor([learn(rate)[-1] for rate in [2, 3, 5]]))]",
    "6.2": "rate = 1",
    "6.3": """
    model = mlp(2, [3], 2); opt = sgd(model, lr=0.5)
    for k in range(300) { loss = cross_entropy(model(data.X), data.y); opt.zero_grad(); loss.backward(); opt.step() }
    """,
    "7.1": "model = mlp(13, [128, 64, 32], 3, batchnorm=true); opt = adam(model, lr=1e-3)\n"
      + epochs,
    "7.2": "model = mlp(13, [8], 3); opt = adam(model, lr=1e-2)\n" + epochs,
    "7.3": "train, test = split(data, 0.8); model = mlp(13, [8], 3); opt = adam(model, lr=1e-3)\n"
      + epochs,
    "8.3": "kink = 1",
    "9.1":
      "edge = [rate for rate in [1, 2, 4, 8] if max(fit(fresh(), lr=rate)) > fit(fresh(), lr=rate)[0]][0]",
  ]

  private static let epochs = """
    for epoch in range(50) {
        model.train(); total = 0
        for xb, yb in batches(train, batch_size=32, shuffle=true) {
            loss = cross_entropy(model(xb), yb)
            opt.zero_grad(); loss.backward(); opt.step(); total += loss.item()
        }
        model.eval()
    }
    """

  /// Those that are quick enough for a debug build; `NNREPL_LESSONS=all` walks through all, for a release build.
  private static var walked: [Int] {
    let all = Lesson.all.map(\.number)
    return ProcessInfo.processInfo.environment["NNREPL_LESSONS"] == "all"
      ? all : all.filter { [1, 2, 3, 4, 5, 8, 13].contains($0) }
  }

  /// The hints of the things to try, in their order.
  private static func hints(_ number: Int) throws -> [String] {
    let lesson = try #require(Lesson.named("\(number)"))
    let lines = lesson.text.split(separator: "\n")
    return zip(lines, lines.dropFirst()).filter { $0.0.hasPrefix("#| try: ") }
      .map { String($0.1.dropFirst("#| hint: ".count)) }
  }

  private func bench(answering lines: [String] = []) -> Bench {
    let bench = Bench()
    var rest = lines[...]
    bench.bench.ask = { _ in rest.popFirst() ?? "?" }
    return bench
  }

  /// From the first cell to the last: the code that `run` plays, its claims included, and each thing to try is
  /// not done before it is done.
  @Test(arguments: walked) func aLessonFromStartToEnd(_ number: Int) throws {
    let bench = bench()
    let hints = try Self.hints(number)
    bench.enter(":lesson \(number) start")
    var tries = 0
    var steps = 0
    var output = bench.take()
    while !output.contains("That was lesson \(number).") {
      steps += 1
      try #require(steps < 200, "\(output)")
      #expect(!output.contains("The lesson waits here"), "\(output)")
      if output.contains("Try \(tries + 1) of 3") {
        bench.enter("")
        let early = bench.take()
        #expect(early.contains("not yet: ") && !early.contains("not yet: expected"), "\(early)")
        let answer = Self.answers["\(number).\(tries + 1)"] ?? hints[tries]
        bench.enter(answer)
        let told = bench.take()
        #expect(!told.contains("error["), "\(told)")
        tries += 1
        bench.enter("")
        output = bench.take()
        #expect(output.contains("that is it"), "\(answer): \(output)")
      } else {
        bench.enter("")
        output = bench.take()
      }
    }
    #expect(tries == 3)
    #expect(bench.bench.progress[try #require(Lesson.named("\(number)")).name].isDone)
  }

  /// A guess has two tries with a hint between them, and is counted.
  @Test func guessesAreAskedAndCounted() {
    let bench = bench(answering: ["5", "-2", "-1.9", "+", "-", "0.13"])
    bench.enter(":lesson 1")
    for _ in 0..<2 { bench.enter("") }
    let first = bench.take()
    #expect(first.contains("What will s be?"))
    #expect(first.contains("✗ not quite: 0.5 times 2, and -1 times 3"))
    #expect(first.contains("  ✓ s = -2\n"))
    for _ in 0..<5 { bench.enter("") }
    #expect(bench.bench.progress["lesson01"].asked == 3)
    #expect(bench.bench.progress["lesson01"].right == 3)
  }

  /// What is typed between cells is a cell like any other; what the lesson goes on with is told when it changes,
  /// and put back when that is asked.
  @Test func detours() {
    let bench = bench()
    bench.enter(":lesson 1")
    for _ in 0..<2 { bench.enter("") }
    _ = bench.take()
    bench.enter("mine = w1*10")
    #expect(!bench.take().contains("which you changed"))
    bench.enter("w1 := 7")
    #expect(bench.take().contains("goes on with `w1`, which you changed"))
    // Unrestored, the lesson's numbers are not claimed.
    for _ in 0..<4 { bench.enter("") }
    let changed = bench.take()
    #expect(!changed.contains("error["), "\(changed)")
    bench.enter(":restore")
    #expect(bench.take().contains("`w1` as the lesson had it"))
    bench.enter("print(w1, mine)")
    #expect(bench.take().contains("0.5 5"))
    bench.enter(":restore")
    #expect(bench.take().contains("nothing that a lesson goes on with has changed"))
  }

  /// Random numbers of a detour are not the lesson's.
  @Test func aLessonDrawsItsOwnNumbers() {
    func numbers(_ detour: String) -> String {
      let bench = bench()
      bench.enter(":lesson 6")
      bench.enter(detour)
      for _ in 0..<3 { bench.enter("") }
      _ = bench.take()
      bench.enter("print(model[0].weight[0], data.X[0])")
      return bench.take()
    }
    #expect(numbers("x = 1") == numbers("rand(100)"))
  }

  /// A saved session plays to what it printed, the lesson's random numbers and the learner's apart.
  @Test func aSessionWithALessonIsSaved() throws {
    let bench = bench()
    bench.enter(":lesson 6")
    bench.enter("mine = rand(3)")
    for _ in 0..<3 { bench.enter("") }
    bench.enter("theirs = print(mine, data.X[0])")
    bench.enter(":save s.nn")
    _ = bench.take()
    bench.enter("print(mine, data.X[0], model[0].weight[0])")
    let before = bench.take()
    bench.enter(":leave")
    bench.enter(":reset")
    bench.enter(":load s.nn")
    _ = bench.take()
    bench.enter("print(mine, data.X[0], model[0].weight[0])")
    #expect(bench.take() == before)
  }

  /// Back, again, skip, undo, leave; and tomorrow goes on where today ended.
  @Test func movesAndResumes() {
    let bench = bench()
    bench.enter(":lesson 1")
    for _ in 0..<4 { bench.enter("") }
    _ = bench.take()
    bench.enter(":back")
    #expect(bench.take().contains("▸ param b = 0.1"))
    bench.enter("mine = 3")
    bench.enter(":undo")
    #expect(bench.take().contains("took back"))
    bench.enter(":again")
    #expect(bench.take().contains("The bias"))
    bench.enter("")
    bench.enter("")
    _ = bench.take()
    bench.enter(":undo")
    #expect(bench.take().contains("▸ expect z ~= s + b"))
    bench.enter(":skip")
    #expect(bench.take().contains("The activation"))
    bench.enter(":leave")
    #expect(bench.take().contains("goes on from here"))
    bench.enter(":leave")
    #expect(bench.take().contains("no lesson is open"))
    bench.enter("")
    #expect(bench.take() == "")

    let tomorrow = self.bench()
    tomorrow.bench.progress = bench.bench.progress
    tomorrow.enter(":lesson 1")
    let resumed = tomorrow.take()
    #expect(
      resumed.contains("You were at step") && resumed.contains("▸ sigmoid([-5"), "\(resumed)")
    tomorrow.enter("print(z)")
    #expect(tomorrow.take().contains("-1.9"))
    tomorrow.enter(":lesson 1 start")
    #expect(tomorrow.take().contains("▸ x1 = 2"))
    tomorrow.enter(":lessons")
    #expect(tomorrow.take().contains("1   The neuron"))
  }

  @Test func whereTheShellsSpellingsLead() {
    let bench = bench(answering: ["n"])
    var asked: [[String]] = []
    bench.bench.shell = { words in
      asked.append(words)
      return 0
    }
    for line in [
      "nnrepl run lesson01.nn", "run lesson02.nn", "lesson 3", "nnrepl lesson 1", "start",
      "tutorial",
    ] {
      bench.enter(line)
      #expect(bench.take().contains("Lesson "), "\(line)")
    }
    bench.enter(":leave")
    for line in [
      "check ex02", "nnrepl check ex02", "hint ex02", "exercises", "nnrepl exercises", "watch ex02",
      "reset ex02",
    ] {
      bench.enter(line)
    }
    #expect(
      asked == [
        ["check", "ex02"], ["check", "ex02"], ["hint", "ex02"], ["exercises"], ["exercises"],
        ["watch", "ex02"],
      ])
    #expect(bench.take().contains("nothing was changed"))
    // Names of the learner's own are what they are.
    bench.enter("check = 3")
    bench.enter("check")
    #expect(bench.take().contains("check = 3"))
    bench.enter("run = 2; lessons = 4")
    bench.enter("lessons")
    #expect(bench.take().contains("4"))
    bench.enter(":res")
    #expect(bench.take().contains("nothing that a lesson goes on with"))
  }

  /// This session's own functions are checked where all are here.
  @Test func checkingTheSessionsFunctions() {
    let bench = bench()
    var asked: [[String]] = []
    bench.bench.shell = { words in
      asked.append(words)
      return 0
    }
    bench.enter("fn neuron(x, w, b) = sigmoid(w*x + b)")
    bench.enter("fn grad_w(x, w, b, t) { a = neuron(x, w, b); (a - t)*a*(1 - a)*x }")
    bench.enter(":check ex03")
    #expect(bench.take().contains("this session has no `grad_b`") && asked == [["check", "ex03"]])
    bench.enter("fn grad_b(x, w, b, t) { a = neuron(x, w, b); a - t }")
    bench.enter(":check 3")
    let wrong = bench.take()
    #expect(wrong.contains("checking this session's `grad_b`, `grad_w`, `neuron`"))
    #expect(wrong.contains("the factor `sigmoid'` looks") && wrong.contains("dw 5/5"))
    bench.enter("fn grad_b(x, w, b, t) { a = neuron(x, w, b); (a - t)*a*(1 - a) }")
    bench.enter(":check")
    #expect(bench.take().contains("10/10 (public checks)"))
    bench.enter(":hint")
    #expect(asked.last == ["hint", "ex03"])
  }

  /// After `explain` Tab offers what can be explained, and `d` is ∂ there.
  @Test func tabOffersDerivatives() {
    let bench = bench()
    bench.enter("param w1 = 1; param w2 = 2")
    bench.enter("z = w1*w2; loss = z^2")
    #expect(
      bench.bench.completion("explain ").candidates
        == ["∂loss/∂w1", "∂loss/∂w2", "loss", "z"])
    #expect(bench.bench.completion("explain d").candidates == ["∂loss/∂w1", "∂loss/∂w2"])
    #expect(bench.bench.completion("explain ∂loss/∂w2").candidates == ["∂loss/∂w2"])
    #expect(bench.bench.completion("backward ").candidates == ["loss", "z"])
  }

  /// A word of the field shows a number of this session.
  @Test func wordsShowNumbersOfTheSession() {
    let bench = bench()
    bench.enter("param w = 3; loss = (w - 1)^2; loss.backward(); opt = sgd(w, lr=0.25)")
    _ = bench.take()
    for (question, own) in [
      ("what is a gradient", "`w.grad` is 4"), ("help learning rate", "`opt.lr` is 0.25"),
      ("what is the cost", "`loss` is 4"),
    ] {
      bench.enter(question)
      #expect(bench.take().contains("  here        " + own), "\(question)")
    }
  }
}
