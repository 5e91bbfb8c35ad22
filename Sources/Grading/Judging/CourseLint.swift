// What is wrong with a course, found before learners find it.
import Builtins
import Diagnostics
import Interpreter
import Platform
import Syntax

/// A solution with one mistake, and what a good check says of it.
package struct Mutant {
  package let name: String
  /// The solution with some functions written anew.
  package let script: String
  /// The check that must fail.
  package let killer: String
  /// Words of which one must be in the feedback.
  package let faults: [String]

  /// - Parameter text: begins with `# killed by: dw` and `# fault: sigmoid' | slope`, then the functions that differ.
  package init?(_ name: String, _ text: String, solution: String) {
    func field(_ head: String) -> String? {
      text.split(separator: "\n").first { $0.hasPrefix("# \(head): ") }
        .map { String($0.dropFirst(head.count + 4)) }
    }
    guard let killer = field("killed by") else { return nil }
    self.name = name
    self.killer = killer
    script = solution + "\n" + text
    faults =
      field("fault")?.split(separator: "|").map { $0.trimmingSpace } ?? []
  }
}

/// What `course check` finds in one exercise.
package struct ExerciseReport {
  package let exercise: Exercise
  package var problems: [String] = []
  package var mutants = 0
  package var killed = 0
  /// Mutants of public checks, and those whose feedback names the fault.
  package var told = 0
  package var named = 0
  /// How near the solution comes to each budget, in percent.
  package var loads: [(budget: String, percent: Int)] = []

  /// For a reader.
  package var loadText: String {
    loads.map { "\($0.budget) \($0.percent) %" }.joined(separator: ", ")
  }

  /// What is said of each mutant of a public check, and whether that names the fault.
  package var feedback: [(name: String, message: String, isNamed: Bool)] = []
}

/// Looks for what would make a course unfair: solutions that fail, mutants that pass.
package struct CourseLint {
  let course: Course
  let judge: Judge
  /// How many learners' inputs the solution is tried on.
  let seeds: Int

  package init(_ course: Course, seeds: Int = 3) {
    self.course = course
    self.seeds = seeds
    // The course's own scripts need no process of their own.
    judge = Judge(course.conditions) { _ in Worker() }
  }

  /// - Throws: `CourseProblem` when a reference cannot be evaluated.
  package func report(
    _ exercise: Exercise, solution: String?, mutants: [(name: String, text: String)]
  )
    throws -> ExerciseReport
  {
    var report = ExerciseReport(exercise: exercise)
    try form(exercise, &report)
    let starter = try outcomes(exercise, exercise.starter, "learner 0")
    for outcome in starter where outcome.record.verdict == .pass {
      report.problems.append("the starter passes \(outcome.record.id) as it is")
    }
    guard let solution else {
      report.problems.append("it has no solution")
      return report
    }
    for seed in 0..<seeds {
      let solved = try outcomes(exercise, solution, "learner \(seed)")
      let cost = solved.reduce(Cost()) { $0.and($1.cost) }
      report.loads = loads(cost, solution)
      for outcome in solved where outcome.record.verdict != .pass {
        report.problems.append(
          "the solution fails \(outcome.record.id) for learner \(seed): \(outcome.record.message)")
      }
    }
    for (name, text) in mutants { try kill(name, text, solution, &report) }
    if mutants.count < 4 {
      report.problems.append("it has \(mutants.count) mutants; 4 are the least")
    }
    return report
  }

  private func loads(_ cost: Cost, _ solution: String) -> [(budget: String, percent: Int)] {
    let budgets = course.list.budgets
    func percent(_ used: Int, _ budget: Int) -> Int { (100 * used + budget - 1) / max(1, budget) }
    return [
      ("steps", percent(cost.steps, budgets.steps)), ("depth", percent(cost.depth, budgets.depth)),
      ("memory", percent(cost.bytes >> 20, budgets.megabytes)),
      ("output", percent(cost.outputBytes, budgets.outputBytes)),
      ("source", percent(solution.utf8.count, budgets.sourceBytes)),
    ]
  }

  private static let key = "course check"

  private func outcomes(_ exercise: Exercise, _ script: String, _ learner: String) throws
    -> [CheckOutcome]
  {
    try judge.judge(exercise, script: script, learner: learner, key: CourseLint.key)
  }

  private func form(_ exercise: Exercise, _ report: inout ExerciseReport) throws {
    let listed = course.list.exercises.first { $0.id == exercise.id }?.points ?? exercise.points
    let declared = exercise.checks.first { !$0.isHidden }?.file.points ?? exercise.points
    for (points, place) in [(listed, "course.json"), (declared, "its first line")]
    where points != exercise.points {
      report.problems.append(
        "its public checks give \(exercise.points) points, \(place) says \(points)")
    }
    for id in exercise.needs where course.exercise(id) == nil {
      report.problems.append("it needs `\(id)`, which the course does not have")
    }
    if exercise.hints.count < 3 {
      report.problems.append("it has \(exercise.hints.count) hints; 3 are the least")
    }
    let open = exercise.checks.filter { !$0.isHidden }
    if !(3...6).contains(open.count) {
      report.problems.append("it has \(open.count) public checks, not 3 to 6")
    }
    if open.reduce(0, { $0 + $1.declaration.misconceptions.count }) < 2 {
      report.problems.append("it has fewer than 2 misconceptions")
    }
    if open.count == exercise.checks.count { report.problems.append("it has no hidden checks") }
    for name in exercise.forbidden
    where !Builtin.names.contains(name) && Verb(rawValue: name) == nil {
      report.problems.append("it forbids `\(name)`, which the language does not have")
    }
    for check in exercise.checks { try references(check, &report) }
  }

  /// A declared gradient must be what is expected, and what central differences say; factors and terms must make
  /// it; a misconception must be something else.
  private func references(_ check: Check, _ report: inout ExerciseReport) throws {
    let reference = try Reference(check)
    let declaration = check.declaration
    let close = Comparison(rtol: 1e-5, atol: 1e-7, axes: [])
    // What is the same everywhere, and where it could be evaluated at all.
    var same = [Bool](repeating: true, count: declaration.misconceptions.count)
    var evaluated = [Bool](repeating: false, count: declaration.misconceptions.count)
    var problems: Set<String> = []
    for inputs in try reference.cases(seed: 1) {
      let expected = try reference.expected(inputs)
      // Parts that cannot be evaluated would only show when somebody answers wrongly.
      for (parts, sign, word) in [
        (declaration.factors, "*", "product"), (declaration.terms, "+", "sum"),
      ]
      where !parts.isEmpty {
        for part in parts { _ = try reference.value(part, inputs) }
        let whole = reference.combined(parts, sign, inputs)
        if let whole, close.mismatch(whole, expected) != nil {
          problems.insert("\(check.id) declares parts whose \(word) is not what it expects")
        }
      }
      for (i, wrong) in declaration.misconceptions.enumerated() {
        guard let value = try? reference.value(wrong, inputs) else { continue }
        evaluated[i] = true
        if !Blame.same(value, expected) { same[i] = false }
      }
      guard declaration.gradient != nil else { continue }
      let found = try reference.gradients(inputs)
      if close.mismatch(expected, found.automatic) != nil
        || (found.isSmooth && close.mismatch(found.automatic, found.numeric) != nil)
      {
        problems.insert("\(check.id) does not expect the gradient that it declares")
      }
    }
    for (i, wrong) in declaration.misconceptions.enumerated() {
      if !evaluated[i] {
        problems.insert("the misconception \"\(wrong.name)\" of \(check.id) cannot be evaluated")
      } else if same[i] {
        problems.insert("the misconception \"\(wrong.name)\" of \(check.id) is the right answer")
      }
    }
    report.problems += problems.sorted()
  }

  private func kill(
    _ name: String, _ text: String, _ solution: String, _ report: inout ExerciseReport
  )
    throws
  {
    report.mutants += 1
    guard let mutant = Mutant(name, text, solution: solution) else {
      report.problems.append("the mutant \(name) does not say what it is killed by")
      return
    }
    let id = report.exercise.id + "." + mutant.killer
    var records: [CheckRecord] = []
    for seed in 0..<seeds {
      records += try judge.judge(
        report.exercise, script: mutant.script, learner: "learner \(seed)", key: CourseLint.key,
        only: { $0.id == id }
      ).map { $0.record }
    }
    guard let record = records.first else {
      report.problems.append(
        "the mutant \(name) names a check `\(mutant.killer)` that is not there")
      return
    }
    guard !records.contains(where: { $0.verdict == .pass }) else {
      report.problems.append("the mutant \(name) passes \(id) for some learners")
      return
    }
    report.killed += 1
    if record.hidden {
      // What is told of a hidden check is fixed: no value may be in it.
      if record.message.contains(where: { $0.isNumber }) {
        report.problems.append("\(id) tells of a value: \(record.message)")
      }
      return
    }
    report.told += 1
    let unnamed = records.first { record in
      !mutant.faults.contains { record.message.lowercased().contains($0.lowercased()) }
    }
    report.feedback.append((name, (unnamed ?? record).message, unnamed == nil))
    if unnamed == nil { report.named += 1 }
  }
}
