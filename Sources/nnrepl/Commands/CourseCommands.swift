// The instructor's commands about a course itself.
import Diagnostics
import ArgumentParser
import EmbeddedFiles
import Grading
import JSONText
import Platform

struct CourseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "course", abstract: "Look after a course.",
    subcommands: [CheckCourse.self, NewCourse.self, MutateExercise.self])
}

struct CheckCourse: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract:
      "Check a course: starters fail, solutions pass, each mutant is killed and told apart.")

  @Argument(help: "The course's folder.")
  var folder = "."

  @Option(help: "The instructor's folder: hidden checks, solutions, mutants.")
  var secret: String?

  @Option(help: "Only this exercise.")
  var exercise: String?

  @Option(help: "How many learners' inputs each solution is tried on.")
  var seeds = 3

  @Flag(help: "If nothing is wrong, record the checksums of all files in course.json.")
  var promote = false

  @Flag(name: .long, help: "Show what each mutant's feedback says.")
  var verbose = false

  func run() throws {
    try withCourse {
      var options = CourseOptions()
      options.course = folder
      let secret = secret ?? folder + "/private"
      let course = try Course(options.files(secret: secret), verifying: !promote)
      let lint = CourseLint(course, seeds: seeds)
      var problems = 0
      for key in Course.unknownKeys(in: Files.text(folder + "/course.json") ?? "") {
        Console.emit("!!  course.json has `\(key)`, which means nothing\n")
        problems += 1
      }
      var (mutants, killed, told, named) = (0, 0, 0, 0)
      let wanted = course.exercises.filter { $0.id == exercise || exercise == nil }
      for exercise in wanted {
        let solution = CheckCourse.solution(of: exercise.id, folder, secret)
        let report = try lint.report(
          exercise, solution: solution, mutants: CheckCourse.mutants(of: exercise.id, in: secret))
        problems += report.problems.count
        mutants += report.mutants
        killed += report.killed
        told += report.told
        named += report.named
        Console.emit(
          "\(report.problems.isEmpty ? "ok" : "!!")  \(exercise.id)  \(exercise.checks.count) checks, \(report.killed) of \(report.mutants) mutants killed, \(report.named) of \(report.told) named\n"
        )
        if !report.loads.isEmpty {
          Console.emit("      of its budgets the solution uses \(report.loadText)\n")
        }
        for problem in report.problems { Console.emit("      \(problem)\n") }
        for (name, message, isNamed) in report.feedback where verbose || !isNamed {
          Console.emit("      \(isNamed ? "named" : "not named"): \(name)\n")
          if verbose {
            Console.emit(
              "        " + message.with("\n", replacedBy: "\n        ") + "\n")
          }
        }
      }
      Console.emit(
        "\(wanted.count) exercises; \(killed) of \(mutants) mutants killed; feedback names the fault of \(named) of \(told)\n"
      )
      if promote {
        if problems == 0 {
          try record(course)
        } else {
          Console.emit("the checksums are not recorded: mend what is marked !! first\n")
        }
      }
      return problems == 0 ? CheckStatus.passed : CheckStatus.failed
    }
  }

  static func solution(of id: String, _ folder: String, _ secret: String) -> String? {
    Files.text("\(folder)/solutions/\(id).nn") ?? Files.text("\(secret)/\(id).solution.nn")
  }

  /// The mutants of an exercise, by name.
  private static func mutants(of id: String, in secret: String) -> [(name: String, text: String)] {
    let folder = secret + "/mutants"
    let names = Files.names(in: folder)
    return names.filter { $0.hasPrefix(id + "-") && $0.hasSuffix(".nn") }.compactMap { name in
      Files.text("\(folder)/\(name)").map { (String(name.dropLast(3)), $0) }
    }
  }

  /// Writes course.json anew with the files' checksums.
  private func record(_ course: Course) throws {
    var list = course.list
    list.sha256 = [:]
    list.hidden = [:]
    for exercise in course.exercises {
      let hidden = exercise.checks.filter(\.isHidden).count
      if hidden > 0 { list.hidden[exercise.id] = hidden }
    }
    for entry in list.exercises {
      let paths = Course.paths(entry.id)
      for path in [paths.starter, paths.checks] {
        list.sha256[path] = Files.text("\(folder)/\(path)").map { Digest.sha256($0) }
      }
    }
    guard Files.write(JSON.text(of: list), to: folder + "/course.json") else {
      throw UsageFault(text: "cannot write `\(folder)/course.json`")
    }
  }
}

struct NewCourse: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make a small course that works, to start from.")

  @Argument(help: "Its folder, which is also its name.")
  var name: String

  func run() throws {
    try withCourse {
      guard name.contains(where: { $0.isLetter || $0.isNumber }) else {
        throw UsageFault(text: "a course needs a name, as `nnrepl course new mine`")
      }
      guard Files.stamp(name) == nil else {
        throw UsageFault(text: "`\(Escaped.line(name))` is there already")
      }
      let title = Files.name(name)
      let prefix = "new/"
      for file in EmbeddedFiles.names.sorted() where file.hasPrefix(prefix) {
        let path = name + "/" + file.dropFirst(prefix.count)
        Files.makeFolder(Files.folder(of: path))
        let text = (EmbeddedFiles.text(file) ?? "")
          .with("\"NAME\"", replacedBy: JSON.string(title).line)
        guard Files.write(text, to: path) else {
          throw UsageFault(text: "cannot write `\(Escaped.line(path))`")
        }
      }
      // What learners' inputs follow from; nobody else can know it.
      let key = Digest.hex((0..<32).map { _ in .random(in: 0...255) })
      guard Files.write(key + "\n", to: name + "/private/key") else {
        throw UsageFault(text: "cannot write `\(Escaped.line(name))/private/key`")
      }
      let word = Escaped.line(name)
      Console.emit(
        """
        wrote \(word): one exercise with its checks, a solution and five mutants
        nnrepl course check \(word)              is anything wrong with it?
        nnrepl course mutate ex01 \(word)        mistakes that no check sees
        nnrepl course check \(word) --promote    fix it as what is graded
        `private` is for you alone; all else is what learners get.

        """)
      return CheckStatus.passed
    }
  }
}

struct MutateExercise: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutate",
    abstract: "Change a solution in one place at a time, and print what no check sees.")

  @Argument(help: "The exercise.")
  var exercise: String

  @Argument(help: "The course's folder.")
  var folder = "."

  @Option(help: "The instructor's folder.")
  var secret: String?

  @Option(help: "At most so many mistakes are tried.")
  var most = 400

  func run() throws {
    try withCourse {
      var options = CourseOptions()
      options.course = folder
      let secret = secret ?? folder + "/private"
      let course = try Course(options.files(secret: secret), verifying: false)
      guard let exercise = course.exercise(exercise) else {
        throw UsageFault(text: "there is no exercise `\(Escaped.line(self.exercise))`")
      }
      guard let solution = CheckCourse.solution(of: exercise.id, folder, secret) else {
        throw UsageFault(text: "`\(exercise.id)` has no solution to change")
      }
      let (tried, survivors) = try Mutations(course, exercise, solution: solution)
        .survivors(most: most)
      for mutation in survivors {
        Console.emit("line \(mutation.line): \(mutation.said)\n    \(mutation.text)\n")
      }
      Console.emit(
        survivors.isEmpty
          ? "\(tried) mistakes tried, each seen by a check\n"
          : "\(survivors.count) of \(tried) mistakes pass all checks: either they change nothing, or a check is missing\n"
      )
      return survivors.isEmpty ? CheckStatus.passed : CheckStatus.failed
    }
  }
}
