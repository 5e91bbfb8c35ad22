// The instructor's commands about a course itself.
import ArgumentParser
import Foundation
import Grading
import JSONText

struct CourseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "course", abstract: "Look after a course.", subcommands: [CheckCourse.self])
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

  @Flag(help: "Record the checksums of all files in course.json.")
  var promote = false

  @Flag(name: .long, help: "Show what each mutant's feedback says.")
  var verbose = false

  func run() throws {
    try withCourse {
      var options = CourseOptions()
      options.course = folder
      let secret = secret ?? folder + "/private"
      let course = try Course(options.files(secret: secret), verifying: !promote)
      if promote { try record(course.list) }
      let lint = CourseLint(course, seeds: seeds)
      var problems = 0
      var (mutants, killed, told, named) = (0, 0, 0, 0)
      let wanted = course.exercises.filter { $0.id == exercise || exercise == nil }
      for exercise in wanted {
        let solution =
          Files.text("\(folder)/solutions/\(exercise.id).nn")
          ?? Files.text("\(secret)/\(exercise.id).solution.nn")
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
        for problem in report.problems { Console.emit("      \(problem)\n") }
        for (name, message) in report.unnamed {
          Console.emit("      not named: \(name)\n")
          if verbose {
            Console.emit(
              "        " + message.replacingOccurrences(of: "\n", with: "\n        ") + "\n")
          }
        }
      }
      Console.emit(
        "\(wanted.count) exercises; \(killed) of \(mutants) mutants killed; feedback names the fault of \(named) of \(told)\n"
      )
      return problems == 0 ? CheckStatus.passed : CheckStatus.failed
    }
  }

  /// The mutants of an exercise, by name.
  private static func mutants(of id: String, in secret: String) -> [(name: String, text: String)] {
    let folder = secret + "/mutants"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix(id + "-") && $0.hasSuffix(".nn") }.sorted().compactMap {
      name in
      Files.text("\(folder)/\(name)").map { (String(name.dropLast(3)), $0) }
    }
  }

  /// Writes course.json anew with the files' checksums.
  private func record(_ list: CourseList) throws {
    var list = list
    list.sha256 = [:]
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
