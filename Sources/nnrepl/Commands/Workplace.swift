// Where a learner works: the exercise files they edit, and how far they are.
import ArgumentParser
@preconcurrency import Glibc
import EmbeddedFiles
import Grading

/// The course that travels inside the program, or one in a folder.
struct CourseOptions: ParsableArguments {
  @Option(help: "The folder of a course, with its course.json; without it, nnrepl's own.")
  var course: String?

  /// - Throws: `UsageFault` when there is no such folder, `CourseProblem`
  func load(secret: String? = nil) throws -> Course {
    if let course, Files.text(course + "/course.json") == nil {
      throw UsageFault(
        text: "cannot read `\(course)/course.json`: a course is a folder with that file")
    }
    return try Course(files(secret: secret))
  }

  /// The course that the program carries.
  static var own: CourseOptions {
    var options = CourseOptions()
    options.course = nil
    return options
  }

  func files(secret: String? = nil) -> CourseFiles {
    guard let course else {
      return CourseFiles(
        shared: { EmbeddedFiles.text("lessons/" + $0) },
        secret: { path in secret.flatMap { Files.text($0 + "/" + path) } })
    }
    let hidden = secret ?? course + "/private"
    return CourseFiles(
      shared: { Files.text(course + "/" + $0) }, secret: { Files.text(hidden + "/" + $0) })
  }
}

struct Workplace {
  let course: Course
  /// The folder of the learner's files.
  let folder: String
  var progress: CourseProgress

  init(_ options: CourseOptions) throws {
    course = try options.load()
    let ids = course.exercises.map(\.id)
    // In a clone of this repository the starters are there to be edited; another course keeps its own.
    let starters = options.course.flatMap { Files.place($0 + "/exercises") }
    let folders = ([".", "exercises"] + (options.course == nil ? ["lessons/exercises"] : [])).filter
    {
      starters == nil || Files.place($0) != starters
    }
    // Where progress is kept is where the work is; one stray file moves nobody.
    let folder =
      folders.first { Files.text("\($0)/\(Workplace.progressName)") != nil }
      ?? folders.first { folder in
        ids.contains { id in
          ScriptParts.endings.contains { Files.place("\(folder)/\(id)\($0)") != nil }
        }
      }
      ?? (folders.contains("exercises") ? "exercises" : "work")
    let path = "\(folder)/\(Workplace.progressName)"
    let text = Files.text(path)
    let known = text.flatMap(CourseProgress.init)
    if let text, known == nil {
      Files.write(text, to: path + ".broken")
      Console.tell("\(path) cannot be read; it is kept as \(path).broken, and progress starts anew")
    }
    self.folder = folder
    progress = known ?? CourseProgress()
  }

  private static let progressName = ".nnrepl-progress.json"

  func save() {
    let path = "\(folder)/\(Workplace.progressName)"
    // A script of several exercises may lie elsewhere, and the folder not be there yet.
    if !Files.isFolder(folder) { mkdir(folder, 0o755) }
    if !Files.write(progress.text, to: path) {
      Console.tell("cannot write \(path): this is not kept as progress")
    }
  }

  /// The learner's file; a notebook where there is one and no script.
  func path(_ exercise: Exercise) -> String {
    let path = folder == "." ? exercise.id : "\(folder)/\(exercise.id)"
    return Files.place(path + ".nn") == nil && Files.place(path + ".ipynb") != nil
      ? path + ".ipynb" : path + ".nn"
  }

  /// The exercise that a word names: `ex03`, `3`, `some/ex03.nn`; without one, the next.
  /// - Returns: with the path of the file to check, if the word is one.
  func exercise(_ word: String?) throws -> (Exercise, path: String) {
    guard let word else {
      guard let next = progress.next(in: course) ?? course.exercises.last else {
        throw UsageFault(text: "the course has no exercises")
      }
      return (next, path(next))
    }
    let file = word.split(separator: "/").last.map(String.init) ?? word
    let name = ScriptParts.plain(file)
    // `3`, `ex3` and `EX03` all mean ex03.
    let plain = name.lowercased()
    let digits = plain.hasPrefix("ex") ? String(plain.dropFirst(2)) : plain
    let padded = Int(digits).map { $0 >= 0 && $0 < 10 ? "ex0\($0)" : "ex\($0)" } ?? name
    guard let found = course.exercise(padded) else {
      if HandedScript.isScript(word) {
        throw UsageFault(text: "`\(word)`: a file is named after its exercise, as ex03.nn")
      }
      let ends = [course.exercises.first, course.exercises.last].compactMap { $0?.id }
      throw UsageFault(
        text: "there is no exercise `\(word)`; the course has \(ends.joined(separator: " to "))")
    }
    return (found, HandedScript.isScript(word) && word != found.id + ".nn" ? word : path(found))
  }
}

/// Which exercise a command is about.
struct ExerciseArguments: ParsableArguments {
  @Argument(help: "ex03, 3, or a file; without it, the next exercise.")
  var exercise: String?

  @OptionGroup var course: CourseOptions

  /// - Throws: `UsageFault`, `CourseProblem`
  func look() throws -> (place: Workplace, exercise: Exercise, path: String) {
    let place = try Workplace(course)
    let (exercise, path) = try place.exercise(exercise)
    return (place, exercise, path)
  }
}
