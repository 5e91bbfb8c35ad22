import Platform
import Builtins
import Diagnostics
import EmbeddedFiles
import Foundation
import Interpreter
import Session
import Syntax
import Testing

@testable import Grading

/// This repository's own course.
enum Own {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) -> String? {
    try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  static var files: CourseFiles {
    CourseFiles(shared: { text("lessons/" + $0) }, secret: { text("Tests/Course/" + $0) })
  }

  static func mutants(of id: String) throws -> [(name: String, text: String)] {
    let folder = root.appendingPathComponent("Tests/Course/mutants").path
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasPrefix(id + "-") }
      .map { ($0, text("Tests/Course/mutants/" + $0) ?? "") }
  }
}

@Suite struct CourseTests {
  /// Starters fail, solutions pass for several learners, references agree with autograd and with central
  /// differences, every mutant is killed, and feedback names the fault of nine in ten. Of the mutants these are the
  /// first four of each exercise and every third; `.ci/run` goes through all of them.
  @Test func theCourseHolds() throws {
    let course = try Course(Own.files)
    let lint = CourseLint(course, seeds: 1)
    var result: Result<[ExerciseReport], any Error> = .success([])
    BigStack.run { _ in
      result = Result {
        try course.exercises.map {
          try lint.report(
            $0, solution: Own.text("lessons/solutions/\($0.id).nn"),
            mutants: try Own.mutants(of: $0.id).enumerated().filter {
              $0.offset < 4 || $0.offset % 3 == 0
            }
            .map(\.element))
        }
      }
    }
    let reports = try result.get()
    for report in reports {
      #expect(report.problems.isEmpty, "\(report.exercise.id): \(report.problems)")
    }
    let killed = reports.reduce(0) { $0 + $1.killed }
    let told = reports.reduce(0) { $0 + $1.told }
    let named = reports.reduce(0) { $0 + $1.named }
    #expect(killed >= 4 * course.exercises.count)
    #expect(Double(named) >= 0.9 * Double(told), "\(named) of \(told)")
  }

  @Test func theProgramCarriesTheCourse() throws {
    let carried = try Course(
      CourseFiles(shared: { EmbeddedFiles.text("lessons/" + $0) }, secret: { Own.files.secret($0) })
    )
    #expect(carried.hash == (try Course(Own.files)).hash)
    for exercise in carried.exercises {
      #expect(EmbeddedFiles.text("lessons/solutions/\(exercise.id).nn") != nil)
    }
  }

  /// The same learner gets the same inputs, another learner others.
  @Test func inputsAreALearnersOwn() throws {
    let course = try Course(Own.files)
    let check = try #require(course.exercise("ex03")?.checks.first)
    let reference = try Reference(check)
    func cases(_ learner: String, _ key: String) throws -> [Case] {
      try reference.cases(seed: Digest.seed(key: key, learner: learner, check: check.id))
    }
    #expect(try cases("ada", "key") == cases("ada", "key"))
    #expect(try cases("ada", "key") != cases("alan", "key"))
    #expect(try cases("ada", "key") != cases("ada", "other key"))
    let numbers = try cases("ada", "key").flatMap { $0.inputs.flatMap(\.value.numbers) }
    #expect(numbers.contains { $0 < 0 } && numbers.contains(0) && numbers.contains { $0 > 0 })
    #expect(numbers.contains { $0 != $0.rounded() })
  }

  /// FIPS 180-4's example, and the first two cases of RFC 4231.
  @Test func digests() {
    #expect(
      Digest.sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      Digest.hmac(key: String(repeating: "\u{0b}", count: 20), "Hi There")
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
      Digest.hmac(key: "Jefe", "what do ya want for nothing?")
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }

  /// A course made of one exercise, with this check file.
  private func course(
    _ checks: String, starter: String = "todo(\"all\")", list: String? = nil
  ) throws -> Course {
    let list =
      list
      ?? #"{"name":"t","title":"T","exercises":[{"id":"e","points":1}],"budgets":{"steps":10000,"depth":100,"megabytes":64,"outputBytes":100,"sourceBytes":1000,"seconds":1},"tolerances":{"rtol":1e-6,"atol":1e-12},"sha256":{}}"#
    let files = ["course.json": list, "exercises/e.nn": starter, "exercises/e.check.nn": checks]
    return try Course(
      CourseFiles(shared: { files[$0] }, secret: { _ in nil }), verifying: false)
  }

  @Test(arguments: [
    ("", "names no exercise"),
    ("exercise f", "is of the exercise `f`"),
    ("exercise e", "has no checks"),
    ("exercise e\ncheck a { expect 1 }", "does not call"),
    ("exercise e\ncheck a { call f() }", "does not expect"),
    ("exercise e\ncheck a { draw x in 3; call f(x); expect x }", "no range"),
    ("exercise e\ncheck a { cal f() }", "no statement `cal`"),
    ("exercise e\ncheck a { call f(); expect 1 }\ncheck a { call f(); expect 1 }", "two checks"),
    ("exercise e\ncheck a { draw x, x in [0, 1]; call f(x); expect x }", "draws a name twice"),
    ("exercise e\ncheck a { draw x in [0, 1]; call f(x); gradient x^2 by z }", "does not draw"),
    ("exercise e\ncheck a { draw x in [0, 1]; call f(x); expect x rtol 10 }", "tolerance"),
    ("exercise e\nhint 2 \"x\"", "hint 2 follows hint 0"),
    ("exercise e\ncheck a { call f(); expect (1 }", "expected"),
    ("exercise e\ncheck a points 1e9 { call f(); expect 1 }", "whole number"),
    ("exercise e\nhint 1 \"{x}\"", "no {expressions}"),
  ])
  func aBrokenCheckFileIsTold(_ text: String, _ words: String) {
    let problem = #expect(throws: CourseProblem.self) { try course(text) }
    #expect(
      problem?.diagnostic.headline.contains(words) == true, "\(problem?.diagnostic.headline ?? "")")
  }

  @Test(arguments: [
    ("{}", "cannot be read"), ("[", "cannot be read"),
    (
      #"{"name":"t","title":"T","exercises":[],"budgets":{"steps":0,"depth":1,"megabytes":16,"outputBytes":1,"sourceBytes":1,"seconds":1},"tolerances":{"rtol":0,"atol":0},"sha256":{}}"#,
      "budgets"
    ),
  ])
  func aBrokenCourseIsTold(_ list: String, _ words: String) {
    let problem = #expect(throws: CourseProblem.self) { try course("exercise e", list: list) }
    #expect(problem?.diagnostic.headline.contains(words) == true)
  }

  @Test func aFileThatIsNotTheCoursesIsRefused() {
    let files = CourseFiles(
      shared: { path in
        Own.files.shared(path).map { path == "exercises/ex03.check.nn" ? $0 + "\n" : $0 }
      }, secret: { _ in nil })
    let problem = #expect(throws: CourseProblem.self) { try Course(files) }
    #expect(problem?.diagnostic.headline.contains("exercises/ex03.check.nn") == true)
  }

  /// What a check's own formulas get wrong is the course's fault, and earns nobody points.
  @Test(arguments: [
    "draw x in [0, 1e20]; call f(x); expect x", "draw x in [0, inf]; call f(x); expect x",
    "draw x in [2, 1]; call f(x); expect x", "draw x in [0, 1]; call f(x); expect none",
    "draw x in [0, 1]; call f(x); expect 0*x/0",
    "draw x in [0, 1] shape [1e300]; call f(x); expect x",
    "draw x in [0, 1] shape [1/2]; call f(x); expect x", "draw x in [0, 1]; call f(x); expect y",
    "draw x in [0, 1]; call f(x); gradient 5 by x",
    "draw x in [0, 1] shape [-1]; call f(x); expect x",
  ])
  func aBrokenReferenceIsTheCoursesFault(_ body: String) throws {
    let course = try course("exercise e\ncheck a { \(body) }")
    let judge = Judge(course.conditions) { _ in Worker() }
    #expect(throws: CourseProblem.self) {
      try judge.judge(course.exercises[0], script: "fn f(x) { }", learner: "ada", key: "key")
    }
  }

  @Test func anEditedProgressFileIsTakenWithCare() throws {
    let text =
      #"{"exercises":{"ex03":{"passed":false,"best":-5,"attempts":9223372036854775807,"hints":-5,"predictions":-2,"gaveUp":false,"sha256":""}}}"#
    let progress = try #require(CourseProgress(text))
    #expect(progress["ex03"].hints == 0 && progress["ex03"].attempts == 1_000_000)
    #expect(CourseProgress("[]") == nil)
  }

  /// What feedback says of an answer, where the right one is `2*x*y + y`.
  @Test(arguments: [
    ("2*x*y + y", ""),
    ("4*x*y + 2*y", "the factor `twice` looks doubled"),
    ("x*y + y/2", "the factor `twice` looks missing"),
    ("-(2*x*y + y)", "the sign is turned"),
    ("2*x*y", "the term `own`, y, is missing"),
    ("2*x*y + 2*y", "the term `own`, y, is there twice"),
    ("2*x*y - y", "the term `own`, y, has its sign turned"),
    ("2*x*y + y + 3", "always 3 too large"),
    ("5*(2*x*y + y)", "always 5 times the right answer"),
    ("x*x*x*y", "wrong in "),
    ("7", "the same whatever the inputs are"),
    ("[2*x*y + y]", "an axis of length 1"),
    ("true", "a boolean, but a number was expected"),
    ("none", "does the function end with the value?"),
    ("x/0", "the answer holds"),
    ("todo(\"write it\")", "still to do: write it"),
    ("h(x)", "there is no `h` here (line 1)"),
    ("y + x*y*2*1.0001", "wrong in 20 of 20 cases"),
    ("2*x + 1", "y is forgotten"),
  ])
  func feedbackNamesTheFault(_ answer: String, _ words: String) throws {
    let course = try course(
      """
      exercise e points 1
      check a {
          draw x, y in [1, 3]
          call f(x, y)
          expect 2*x*y + y
          factors twice: 2, rest: x*y + y/2
          terms product: 2*x*y, own: y
          misconception "y is forgotten": 2*x + 1
      }
      """)
    let judge = Judge(course.conditions) { _ in Worker() }
    let outcomes = try judge.judge(
      course.exercises[0], script: "fn f(x, y) = \(answer)", learner: "ada", key: "key")
    let record = outcomes[0].record
    #expect((record.verdict == .pass) == words.isEmpty)
    #expect(words.isEmpty || record.message.contains(words), "\(record.message)")
  }

  /// In a check's own text the language's functions are what they were; the starter's names are the learner's.
  @Test func aCheckIsDeafToRedefinedBuiltIns() throws {
    let course = try course(
      "exercise e\ncheck a { draw x in [1, 2]; call list(f(x), sum([1, 2]), train(x)); expect list(2*x, 3, x) }",
      starter: "fn f(x) { todo(\"f\") }\nfn train(x) { todo(\"train\") }")
    let judge = Judge(course.conditions) { _ in Worker() }
    let outcomes = try judge.judge(
      course.exercises[0],
      script: "fn f(x) = 2*x\nfn train(x) = x\nfn list(a, b, c) = 0\nfn sum(x) = 0", learner: "ada",
      key: "key")
    #expect(outcomes.allPass, "\(outcomes[0].record)")
  }

  /// What is wrong only because something else is wrong says so.
  @Test func aFailureThatRestsOnAnotherSaysSo() throws {
    let course = try course(
      "exercise e\ncheck a { draw x in [1, 2]; call f(x); expect 2*x }\ncheck b { draw x in [1, 2]; call g(x); expect 2*x + 1; misconception \"f is forgotten\": x + 1 }"
    )
    let judge = Judge(course.conditions) { _ in Worker() }
    let outcomes = try judge.judge(
      course.exercises[0], script: "fn f(x) = x\nfn g(x) = f(x) + 1", learner: "ada", key: "key")
    #expect(outcomes[1].record.message.contains("this uses your `f`, found wrong above"))
    #expect(!outcomes[1].record.message.contains("f is forgotten"))
  }

  /// The gradient of a loss stands beside autograd and central differences.
  @Test func gradientsAreShownThreeWays() throws {
    let course = try course(
      "exercise e\ncheck a { draw x in [1, 2]; call f(x); gradient x^3 by x }")
    let judge = Judge(course.conditions) { _ in Worker() }
    let wrong = try judge.judge(
      course.exercises[0], script: "fn f(x) = 3*x", learner: "ada", key: "key")
    #expect(wrong[0].record.message.contains("by hand 6, autograd 12, central difference 12"))
    let right = try judge.judge(
      course.exercises[0], script: "fn f(x) = 3*x^2", learner: "ada", key: "key")
    #expect(right.allPass)
  }

  /// Part of the points, where the check says so: for what is nearly right, and for nothing else.
  @Test(arguments: [
    ("partial", "softmax(x, dim=0)", 8), ("partial", "softmax(x, dim=0)/2", 4),
    ("partial", "3*softmax(x, dim=0)", 4), ("partial", "zeros(3)/0", 0), ("partial", "zeros(3)", 0),
    ("partial", "[1, 1, 1]", 0), ("partial", "[0.2, 0.3, 0.5]", 0), ("partial", "7", 0),
    ("partial", "-softmax(x, dim=0)", 0), ("partial", "-2*softmax(x, dim=0)", 0),
    ("partial", "log_softmax(x, dim=0)", 0), ("partial", "unsqueeze(softmax(x, dim=0), 0)", 0),
    ("partial", "softmax(x, dim=0) + 1", 0), ("partial", "exp(x)", 0), ("partial", "none", 0),
    ("partial scale 0.75, sign 0.25", "softmax(x, dim=0)/2", 6),
    ("partial scale 0.75, sign 0.25", "-softmax(x, dim=0)", 2),
    ("partial scale 0.75, sign 0.25", "[1, 1, 1]", 0),
    ("partial scale 0.75, sign 0.25", "zeros(3)/0", 0),
    ("", "softmax(x, dim=0)/2", 0),
  ])
  func partialCredit(_ partial: String, _ answer: String, _ points: Int) throws {
    let course = try course(
      "exercise e\ncheck a points 8 { draw x in [-2, 2] shape [3]; call f(x); expect softmax(x, dim=0); \(partial.isEmpty ? "axes i" : partial) }"
    )
    let judge = Judge(course.conditions) { _ in Worker() }
    let outcomes = try judge.judge(
      course.exercises[0], script: "fn f(x) = \(answer)", learner: "ada", key: "key")
    #expect(outcomes[0].record.points == points, "\(outcomes[0].record)")
  }

  /// One factor or one term lost is nearly right; two are not.
  @Test(arguments: [
    ("x*y + z", 8), ("x + z", 4), ("x*y", 4), ("x*y - z", 4), ("x*y*2 + 2*z", 4), ("z - x*y", 4),
    ("0", 0), ("-x*y - z", 0),
  ])
  func partialCreditOfParts(_ answer: String, _ points: Int) throws {
    let course = try course(
      "exercise e\ncheck a points 8 { draw x, y, z in [1, 3]; call f(x, y, z); expect x*y + z; terms product: x*y, z: z; misconception \"y is lost\": x + z; partial misconception 0.5, term 0.5, scale 0.5 }"
    )
    let judge = Judge(course.conditions) { _ in Worker() }
    let outcomes = try judge.judge(
      course.exercises[0], script: "fn f(x, y, z) = \(answer)", learner: "ada", key: "key")
    #expect(outcomes[0].record.points == points, "\(outcomes[0].record)")
  }

  /// What a check cannot pay for is told to its author.
  @Test(arguments: [
    ("partial zeros 0.5", "cannot pay for `zeros`"), ("partial scale 2", "from 0 to 1"),
  ])
  func unknownSharesAreTold(_ partial: String, _ words: String) {
    let problem = #expect(throws: CourseProblem.self) {
      try course("exercise e\ncheck a { draw x in [1, 2]; call f(x); expect x; \(partial) }")
    }
    #expect(problem?.diagnostic.headline.contains(words) == true)
  }

  /// All faults that stand on their own are told, though one function rests on another that is wrong.
  @Test(arguments: [
    ("fn g(x) = f(x) + 1", "this uses your `f`, found wrong above"),
    ("fn g(x) = f(x) - 1", "with a right `f` in the place of yours"),
    ("fn g(x) = f(x)[0] + 1", "with a right `f` in the place of yours"),
  ])
  func independentFaultsAreTold(_ g: String, _ words: String) throws {
    let course = try course(
      "exercise e\nfn twice(x) = 2*x\ncheck a { draw x in [1, 2]; call f(x); expect y where y = twice(x) }\ncheck b { draw x in [1, 2]; call g(x); expect 2*x + 1 }"
    )
    let judge = Judge(course.conditions) { _ in Worker() }
    let outcomes = try judge.judge(
      course.exercises[0], script: "fn f(x) = x\n\(g)", learner: "ada", key: "key")
    #expect(outcomes[1].record.message.contains(words), "\(outcomes[1].record.message)")
    #expect(!outcomes[1].record.message.contains("twice(x)"))
  }

  /// An error in one function that another one's wrong answer brings about points there.
  @Test func anErrorBehindAWrongFunctionSaysSo() throws {
    let course = try course(
      "exercise e\ncheck size { draw n in {2, 3}; call size(n); expect n + 1 }\ncheck fill { draw n in {2, 3}; call fill(n); expect ones(n + 1)*arange(n + 1) }"
    )
    let judge = Judge(course.conditions) { _ in Worker() }
    let outcomes = try judge.judge(
      course.exercises[0],
      script: "fn size(n) = n\nfn fill(n) = ones(size(n))*arange(n + 1)", learner: "ada", key: "key"
    )
    #expect(outcomes[1].record.verdict == .error)
    #expect(outcomes[1].record.message.contains("this uses your `size`, found wrong above"))
  }

  /// Layers rest on functions as functions do.
  @Test func whatALayersMethodsUseIsFollowed() {
    let script = ScriptNames(
      Parser.parse(
        SourceText(
          id: 0, name: "s",
          "fn norm(x) = x\nfn other(x) = x\nlayer L(n) { forward(x) { if n > 0 { y = fn(z) = norm(z); y(x) } } }\nfn run(x) { m = L(2); m(x) }"
        )
      ).statements)
    #expect(script.uses("run(x)").reached == ["run", "L", "norm"])
  }

  /// One forbidden name costs its own function.
  @Test func aForbiddenNameCostsItsOwnFunction() throws {
    let course = try course(
      "exercise e\nforbid tanh\ncheck a { draw x in [1, 2]; call f(x); expect 2*x }\ncheck b { draw x in [1, 2]; call g(x); expect tanh(x) }"
    )
    let judge = Judge(course.conditions) { _ in Worker() }
    let outcomes = try judge.judge(
      course.exercises[0], script: "fn f(x) = 2*x\nfn g(x) = tanh(x)", learner: "ada", key: "key")
    #expect(outcomes.map(\.record.verdict) == [.pass, .error])
    #expect(outcomes[1].record.category == "forbidden")
  }

  /// A family is all that does the same work, and each of its names is one of the language.
  @Test func familiesAreOfTheLanguage() throws {
    for name in Families.all {
      #expect(Vocabulary.standard[name] != nil || Verb(rawValue: name) != nil, "\(name)")
      #expect(Families.members(name).contains(name))
    }
    #expect(Families.members("tanh").contains("relu"))
    let course = try course(
      "exercise e\nforbid softmax family\ncheck a { draw x in [1, 2] shape [3]; call f(x); expect softmax(x, dim=0) }"
    )
    let judge = Judge(course.conditions) { _ in Worker() }
    for answer in ["exp(log_softmax(x, dim=0))", "exp(x - logsumexp(x, dim=0))"] {
      let outcomes = try judge.judge(
        course.exercises[0], script: "fn f(x) = \(answer)", learner: "ada", key: "key")
      #expect(outcomes[0].record.category == "forbidden", "\(answer)")
    }
  }

  /// A course needs no more than its exercises.
  @Test func everyKeyOfACourseHasADefault() throws {
    let course = try course(
      "exercise e\ncheck a { draw x in [1, 2]; call f(x); expect x }",
      list: #"{"exercises": [{"id": "e"}]}"#)
    #expect(course.list.budgets == Budgets() && course.list.tolerances.rtol == 1e-6)
    #expect(course.exercises[0].points == 1)
  }

  /// Each exercise of a script is graded as what stands under its line, each line where it was.
  @Test func aScriptHoldsSeveralExercises() throws {
    let script = "k = 2\n# exercise e1\nfn f(x) = k*x\n# %% exercise e2\nfn g(x) =\n"
    let parts = ScriptParts(script)
    #expect(parts.exercises == ["e1", "e2"])
    #expect(parts.text(of: "e1") == "k = 2\n# exercise e1\nfn f(x) = k*x\n\n\n")
    #expect(parts.text(of: "e3") == nil)
    #expect(ScriptParts("# an exercise\nx = 1").text(of: "e1") == "# an exercise\nx = 1")
    #expect(
      ScriptParts("# exercise e1\r\nx = 1\r\n# exercise e2\r\n").text(of: "e2")
        == "\n\n# exercise e2\n")
  }

  /// A script whose lines end in another way says so.
  @Test(arguments: ["fn f(x) = x\rfn g(x) = x", "fn f(x) = x\u{2028}fn g(x) = x"])
  func otherLineEndsAreNamed(_ script: String) throws {
    let course = try course("exercise e\ncheck a { draw x in [1, 2]; call f(x); expect x }")
    let judge = Judge(course.conditions) { _ in Worker() }
    let outcomes = try judge.judge(
      course.exercises[0], script: script, learner: "ada", key: "key")
    #expect(
      outcomes[0].record.message.contains("the script's lines end in"), "\(outcomes[0].record)")
  }

  /// What is told is to the point: no second guess at a value of another kind, no sign where the size is wrong, no
  /// example of zeros alone.
  @Test func feedbackIsToThePoint() throws {
    let course = try course(
      "exercise e\ncheck a { draw x, y in [-2, 2]; call f(x, y); expect sigmoid(x + y) - 1/4 }")
    let judge = Judge(course.conditions) { _ in Worker() }
    func told(_ body: String) throws -> String {
      try judge.judge(
        course.exercises[0], script: "fn f(x, y) \(body)", learner: "ada", key: "key")[0]
        .record.message
    }
    #expect(try !told("{ print(x) }").contains("the same whatever"))
    #expect(try !told("= (sigmoid(x + y) - 1/4)^3 + x/1e3").contains("the sign is wrong"))
    #expect(try !told("= sigmoid(x + y)*y - 1/4").contains("x=0 y=0"))
  }

  /// The script's own warnings are shown.
  @Test func warningsOfTheScriptAreKept() throws {
    let course = try course("exercise e\ncheck a { draw x in [1, 2]; call f(x); expect x }")
    let judge = Judge(course.conditions) { _ in Worker() }
    let outcomes = try judge.judge(
      course.exercises[0], script: "fn f(x) = x\nprint([1, 2]/0)", learner: "ada", key: "key")
    #expect(outcomes[0].warnings.first?.hasPrefix("line 2: ") == true, "\(outcomes[0].warnings)")
  }
}
