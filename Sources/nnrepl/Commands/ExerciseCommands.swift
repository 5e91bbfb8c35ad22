// The learner's commands: exercises, check, hint, solution, reset, predict.
import Platform
import ArgumentParser
import CSupport
import Diagnostics
@preconcurrency import Glibc
import Grading
import Rendering
import Session

extension ParsableCommand {
  /// Runs a command about a course; faults become messages and exit statuses.
  func withCourse(_ body: () throws -> Int32) throws {
    do {
      var result: Result<Int32, any Error> = .success(CheckStatus.course)
      // One large stack for all references and calls, instead of one for each.
      withoutActuallyEscaping(body) { body in
        BigStack.run { _ in result = Result { try body() } }
      }
      let status = try result.get()
      if fflush(stdout) != 0 || ferror(stdout) != 0 {
        throw UsageFault(text: "the output could not be written")
      }
      throw ExitCode(status)
    } catch let problem as CourseProblem {
      let text = DiagnosticText(
        Console(SessionOptions.standard).style, sources: problem.source.map { [$0] } ?? [])
      let place = problem.source.map { "\($0.name): " } ?? ""
      Console.write(place + text.render(problem.diagnostic) + "\n", to: stderr)
      throw ExitCode(CheckStatus.course)
    } catch let fault as UsageFault {
      Console.tell(fault.text)
      throw ExitCode(CheckStatus.usage)
    }
  }

  func checkText(_ course: CourseOptions? = nil) -> CheckText {
    CheckText(Console(SessionOptions.standard).style, course: course?.course)
  }
}

struct ListExercises: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exercises", abstract: "List the exercises, with your progress.")

  @OptionGroup var course: CourseOptions

  func run() throws {
    try withCourse {
      let place = try Workplace(course)
      Console.emit(checkText(course).list(place.course, place.progress))
      return CheckStatus.passed
    }
  }
}

struct CheckExercise: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check an exercise; the first time, write the file to start from.")

  /// How the result is written.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, html, md
  }

  @OptionGroup var arguments: ExerciseArguments

  @Option(help: "text, json, html or md.")
  var format = Format.text

  func run() throws {
    try withCourse {
      if let all = try several() { return all }
      var (place, exercise, path) = try arguments.look()
      guard let text = try Files.script(path) else { return try begin(exercise, path, place) }
      guard let script = ScriptParts(text).text(of: exercise.id) else {
        throw UsageFault(
          text:
            "`\(path)` holds \(ScriptParts(text).exercises.sorted().joined(separator: ", ")), and no line `# exercise \(exercise.id)`"
        )
      }
      return try check(exercise, script, &place)
    }
  }

  /// Checks each exercise of a script that says which it holds.
  /// - Returns: nil if the word is no such script.
  private func several() throws -> Int32? {
    guard let word = arguments.exercise, HandedScript.isScript(word),
      let text = try Files.script(word)
    else { return nil }
    let parts = ScriptParts(text)
    var place = try Workplace(arguments.course)
    let held = place.course.exercises.filter { parts.exercises.contains($0.id) }
    guard held.count > 1 || held.first.map({ !ScriptParts.plain(word).hasSuffix($0.id) }) ?? false
    else {
      return nil
    }
    var statuses: [Int32] = []
    for exercise in held {
      statuses.append(try check(exercise, parts.text(of: exercise.id) ?? "", &place))
    }
    return statuses.max()
  }

  private func check(_ exercise: Exercise, _ script: String, _ place: inout Workplace) throws
    -> Int32
  {
    let forkServer = ForkServer()
    let judge = Judge(place.course.conditions) { budgets throws(ScriptFault) in
      try WorkerProcess(budgets, from: forkServer, mustBeConfined: false)
    }
    let outcomes = try judge.judge(exercise, script: script)
    if let fault = outcomes.lazy.compactMap(\.scriptFault).first(where: {
      $0.id == ScriptFault.unusable
    }) {
      throw GradingFault.unusable(fault.headline, hint: fault.hint).problem
    }
    place.progress.note(exercise, outcomes, script: script)
    place.save()
    let page = CheckPage(exercise, outcomes, script: script)
    switch format {
    case .json:
      Console.write(
        String(decoding: Wire.line(CheckReport(exercise, outcomes)), as: UTF8.self), to: stdout)
    case .html: Console.write(page.html, to: stdout)
    case .md: Console.write(page.markdown, to: stdout)
    case .text:
      let text = checkText(arguments.course)
      Console.emit(
        text.report(
          exercise, outcomes, script: script, isStarter: script == exercise.starter)
          + text.next(exercise, outcomes, place.progress, in: place.course))
    }
    if outcomes.allPass { return CheckStatus.passed }
    return outcomes.contains { $0.scriptFault?.stopsAll ?? false }
      ? CheckStatus.script : CheckStatus.failed
  }

  /// The file is new: the learner starts here.
  private func begin(_ exercise: Exercise, _ path: String, _ place: Workplace) throws -> Int32 {
    try place.write(exercise.starter, to: path)
    let of = arguments.course.course.map { " --course " + $0 } ?? ""
    let lesson = exercise.lesson.map { " (it goes with \($0): nnrepl run \($0))" } ?? ""
    let text = """
      \(exercise.id)  \(exercise.title)
      wrote \(path)\(lesson)
      edit it, then: nnrepl check \(exercise.id)\(of)
      or let nnrepl watch \(exercise.id)\(of) check it each time you save

      """
    Console.write(text, to: format == .text ? stdout : stderr)
    return CheckStatus.failed
  }
}

extension Workplace {
  /// Writes a file of the learner's, in a folder that may be new.
  func write(_ text: String, to path: String) throws {
    if !path.contains("/") || mkdir(folder, 0o755) == 0 || errno == EEXIST,
      Files.write(text, to: path)
    {
      return
    }
    throw UsageFault(
      text: "cannot write `\(path)`: \(String(cString: strerror(errno)).lowercased())")
  }
}

/// `check --format json`
struct CheckReport: Encodable {
  let schema = "nnrepl/check/1"
  let exercise: String
  let title: String
  let score: Int
  let max: Int
  let passed: Bool
  let checks: [CheckRecord]
  let warnings: [String]
  let output: String

  init(_ exercise: Exercise, _ outcomes: [CheckOutcome]) {
    self.exercise = exercise.id
    title = exercise.title
    score = outcomes.points
    max = exercise.points
    passed = outcomes.allPass
    checks = outcomes.map(\.record)
    warnings = outcomes.first?.warnings ?? []
    output = outcomes.first?.printed ?? ""
  }
}

struct ShowHint: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hint", abstract: "Show the next hint of an exercise.")

  @OptionGroup var arguments: ExerciseArguments

  @Flag(help: "Show again all that you have seen.")
  var all = false

  func run() throws {
    try withCourse {
      var (place, exercise, _) = try arguments.look()
      let seen = place.progress[exercise.id].hints
      guard !exercise.hints.isEmpty else {
        Console.emit("\(exercise.id) has no hints\n")
        return CheckStatus.passed
      }
      if all {
        Console.emit(
          seen == 0
            ? "you have seen no hint of \(exercise.id) yet: nnrepl hint \(exercise.id)\n"
            : checkText(arguments.course).hints(
              exercise, from: 1, to: min(seen, exercise.hints.count)))
        return CheckStatus.passed
      }
      let number = min(seen + 1, exercise.hints.count)
      Console.emit(checkText(arguments.course).hints(exercise, from: number, to: number))
      if seen >= exercise.hints.count {
        Console.emit("that was the last one; --all shows all again\n")
      }
      place.progress[exercise.id].hints = number
      place.save()
      return CheckStatus.passed
    }
  }
}

struct ShowSolution: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solution", abstract: "Show a solution, after your own has passed.")

  @OptionGroup var arguments: ExerciseArguments

  @Flag(help: "Show it although the checks have not passed; this is noted.")
  var giveUp = false

  func run() throws {
    try withCourse {
      var (place, exercise, _) = try arguments.look()
      let entry = place.progress[exercise.id]
      guard let solution = arguments.course.files().shared("solutions/\(exercise.id).nn") else {
        throw UsageFault(text: "this course keeps the solution of \(exercise.id) to itself")
      }
      guard entry.passed || giveUp else {
        Console.emit(
          "\(exercise.id) has not passed yet: nnrepl check \(exercise.id), or nnrepl hint \(exercise.id).\nTo see the solution all the same: nnrepl solution \(exercise.id) --give-up\n"
        )
        return CheckStatus.failed
      }
      if !entry.passed {
        place.progress[exercise.id].gaveUp = true
        place.save()
      }
      Console.emit(solution)
      return CheckStatus.passed
    }
  }
}

struct ResetExercise: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset", abstract: "Start an exercise afresh; your file is kept beside it.")

  @Argument(help: "ex03 or 3.")
  var exercise: String

  @OptionGroup var course: CourseOptions

  func run() throws {
    try withCourse {
      let place = try Workplace(course)
      let (exercise, path) = try place.exercise(self.exercise)
      guard path.hasSuffix(".nn") else {
        throw UsageFault(text: "`\(path)` is a notebook: move it away to begin anew with a script")
      }
      var kept = ""
      if let old = Files.text(path), old != exercise.starter {
        var backup = path + ".bak"
        var number = 2
        while Files.text(backup) != nil {
          backup = "\(path).bak\(number)"
          number += 1
        }
        try place.write(old, to: backup)
        kept = "; yours is kept as \(backup)"
      }
      try place.write(exercise.starter, to: path)
      Console.emit("wrote \(path)\(kept)\n")
      return CheckStatus.passed
    }
  }
}
