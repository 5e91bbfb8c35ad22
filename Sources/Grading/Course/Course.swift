// A course: its exercises in order, their checks, what a run of them may use.
import Diagnostics
import Foundation
import Syntax

/// Where a course's files come from. Paths are relative: `exercises/ex03.nn`.
package struct CourseFiles {
  /// What learners get too.
  package let shared: (String) -> String?
  /// What only the instructor has: `ex03.hidden.nn`.
  package let secret: (String) -> String?

  package init(
    shared: @escaping (String) -> String?, secret: @escaping (String) -> String?
  ) {
    self.shared = shared
    self.secret = secret
  }
}

/// `course.json`
package struct CourseList: Codable, Equatable, Sendable {
  /// An exercise as the course lists it.
  package struct ListedExercise: Codable, Equatable, Sendable {
    package var id: String
    /// The lesson that comes before it.
    package var lesson: String?
    /// What its public checks give; nil for what they say themselves.
    package var points: Int?
  }

  /// How far an answer may be off, relative and absolute, as `~=` has them.
  package struct Tolerances: Codable, Equatable, Sendable {
    package var rtol = 1e-6
    package var atol = 1e-12
    package init() {}

    /// Each may be left out.
    package init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      rtol = try values.decodeIfPresent(Double.self, forKey: .rtol) ?? rtol
      atol = try values.decodeIfPresent(Double.self, forKey: .atol) ?? atol
    }
  }

  package var name = "course"
  package var title = ""
  package var exercises: [ListedExercise]
  package var budgets = Budgets()
  package var tolerances = Tolerances()
  /// Of each shared file; a file that is not listed is not held to anything.
  package var sha256: [String: String] = [:]
  /// How many hidden checks each exercise has, so that nobody grades without them unawares.
  package var hidden: [String: Int] = [:]

  /// Each key but the exercises may be left out.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    exercises = try values.decode([ListedExercise].self, forKey: .exercises)
    name = try values.decodeIfPresent(String.self, forKey: .name) ?? name
    title = try values.decodeIfPresent(String.self, forKey: .title) ?? name
    budgets = try values.decodeIfPresent(Budgets.self, forKey: .budgets) ?? budgets
    tolerances = try values.decodeIfPresent(Tolerances.self, forKey: .tolerances) ?? tolerances
    sha256 = try values.decodeIfPresent([String: String].self, forKey: .sha256) ?? sha256
    hidden = try values.decodeIfPresent([String: Int].self, forKey: .hidden) ?? hidden
  }
}

/// An exercise with its checks, those of the instructor included where they are at hand.
package struct Exercise {
  package let id: String
  package let title: String
  package let lesson: String?
  package let needs: [String]
  /// The text that a learner starts from.
  package let starter: String
  /// What its starter defines: the names that checks call.
  package let names: [String]
  package let hints: [String]
  package let checks: [Check]
  /// Built-ins that the learner's functions may not use.
  package let forbidden: [String]

  /// What its public checks give.
  package var points: Int {
    checks.filter { !$0.isHidden }.reduce(0) { $0 + $1.declaration.points }
  }
}

/// One check, and the file that it is declared in.
package struct Check {
  package let declaration: CheckDeclaration
  package let file: CheckFile
  package let source: SourceText
  package let isHidden: Bool
  package let exercise: String

  /// `ex03.dw`
  package var id: String { exercise + "." + declaration.name }
}

/// A course, read and found whole.
package struct Course {
  package let list: CourseList
  package let exercises: [Exercise]
  /// Of all its files, those of the instructor included.
  package let hash: String

  /// - Throws: `Diagnostic` when a file is missing, unreadable or not what `course.json` says.
  package init(_ files: CourseFiles, verifying: Bool = true) throws {
    guard let text = files.shared("course.json") else {
      throw GradingFault.noList.problem
    }
    do {
      list = try JSONDecoder().decode(CourseList.self, from: Data(text.utf8))
    } catch {
      throw GradingFault.unreadableList(Course.words(error)).problem
    }
    guard list.budgets.areSensible else {
      throw GradingFault.budgets.problem
    }
    guard !list.exercises.isEmpty else { throw GradingFault.noExercises.problem }
    guard Set(list.exercises.map({ $0.id })).count == list.exercises.count else {
      throw GradingFault.listedTwice.problem
    }
    guard [list.tolerances.rtol, list.tolerances.atol].allSatisfy({ (0...0.1).contains($0) }) else {
      throw GradingFault.tolerances.problem
    }
    var all = text
    var exercises: [Exercise] = []
    for entry in list.exercises {
      let paths = Course.paths(entry.id)
      guard let starter = files.shared(paths.starter), let checks = files.shared(paths.checks)
      else {
        throw GradingFault.fileMissing(
          exercise: entry.id,
          path: files.shared(paths.starter) == nil ? paths.starter : paths.checks
        ).problem
      }
      if verifying {
        for (path, text) in [(paths.starter, starter), (paths.checks, checks)]
        where list.sha256[path].map({ $0 != Digest.sha256(text) }) ?? false {
          throw GradingFault.fileChanged(path: path).problem
        }
      }
      let hidden = files.secret(entry.id + ".hidden.nn")
      exercises.append(try Course.exercise(entry, starter, checks, hidden))
      all += starter + checks + (hidden ?? "")
    }
    self.exercises = exercises
    hash = Digest.sha256(all)
  }

  /// Where the files of an exercise are, below the course.
  package static func paths(_ id: String) -> (starter: String, checks: String) {
    ("exercises/\(id).nn", "exercises/\(id).check.nn")
  }

  package func exercise(_ id: String) -> Exercise? { exercises.first { $0.id == id } }

  /// Exercises whose hidden checks are not all at hand, by the number that the course says it has.
  package var exercisesWithoutHiddenChecks: [String] {
    exercises.filter { exercise in
      exercise.checks.filter { $0.isHidden }.count < list.hidden[exercise.id] ?? 0
    }.map { $0.id }
  }

  private static func exercise(
    _ entry: CourseList.ListedExercise, _ starter: String, _ checks: String, _ hidden: String?
  ) throws -> Exercise {
    let (file, shown) = try read(checks, Course.paths(entry.id).checks, entry.id, isHidden: false)
    var all = shown
    var forbidden = file.forbidden + file.forbiddenFamilies.flatMap(Families.members)
    if let hidden {
      let (more, checks) = try read(hidden, entry.id + ".hidden.nn", entry.id, isHidden: true)
      all += checks
      forbidden += more.forbidden + more.forbiddenFamilies.flatMap(Families.members)
    }
    guard !shown.isEmpty else {
      throw GradingFault.noChecks(exercise: entry.id).problem
    }
    guard Set(all.map({ $0.id })).count == all.count else {
      throw GradingFault.sameName(exercise: entry.id).problem
    }
    for check in all {
      let drawn = check.declaration.draws.flatMap { $0.names }
      if Set(drawn).count != drawn.count { throw GradingFault.drawnTwice(check: check.id).problem }
      if let by = check.declaration.gradient?.by, !drawn.contains(by) {
        throw GradingFault.notDrawn(check: check.id, by).problem
      }
      for tolerance in [check.declaration.rtol, check.declaration.atol] {
        guard let tolerance, !(0...0.1).contains(tolerance) else { continue }
        throw GradingFault.tolerance(check: check.id).problem
      }
    }
    return Exercise(
      id: entry.id, title: file.title, lesson: entry.lesson, needs: file.needs, starter: starter,
      names: Rules.definitions(starter), hints: file.hints, checks: all, forbidden: forbidden)
  }

  private static func read(_ text: String, _ path: String, _ id: String, isHidden: Bool) throws
    -> (CheckFile, [Check])
  {
    let source = SourceText(id: 0, name: path, text)
    let file: CheckFile
    do {
      file = try Parser.checkFile(source)
    } catch {
      throw CourseProblem(diagnostic: error, source: source)
    }
    guard file.exercise == id else {
      throw GradingFault.ofAnother(path: path, exercise: file.exercise, wanted: id).problem
    }
    return (
      file,
      file.checks.map {
        Check(declaration: $0, file: file, source: source, isHidden: isHidden, exercise: id)
      }
    )
  }

  private static func words(_ error: any Error) -> String {
    /// `exercises[0].id`
    func place(_ path: [any CodingKey]) -> String {
      path.reduce("") { text, key in
        key.intValue.map { text + "[\($0)]" } ?? (text.isEmpty ? "" : text + ".") + key.stringValue
      }
    }
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      return "It has no `\(place(context.codingPath + [key]))`."
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      let name = place(context.codingPath)
      return name.isEmpty ? "It is no object `{ … }`." : "`\(name)` is of the wrong kind."
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "`\(place(context.codingPath))` is out of range."
    default: return "It is not JSON, or a number in it is out of range."
    }
  }

  /// Keys of `course.json` that mean nothing, with their place.
  package static func unknownKeys(in text: String) -> [String] {
    let known: [String: Set<String>] = [
      "": ["name", "title", "exercises", "budgets", "tolerances", "sha256", "hidden"],
      "budgets": ["steps", "depth", "megabytes", "outputBytes", "sourceBytes", "seconds"],
      "tolerances": ["rtol", "atol"], "exercises": ["id", "lesson", "points"],
    ]
    guard let all = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    else {
      return []
    }
    var found = all.keys.filter { !(known[""]?.contains($0) ?? false) }
    for part in ["budgets", "tolerances"] {
      let keys = (all[part] as? [String: Any])?.keys.map { $0 } ?? []
      found += keys.filter { !(known[part]?.contains($0) ?? false) }.map { part + "." + $0 }
    }
    for entry in all["exercises"] as? [[String: Any]] ?? [] {
      found += entry.keys.filter { !(known["exercises"]?.contains($0) ?? false) }
        .map { "exercises[…]." + $0 }
    }
    return Set(found).sorted()
  }
}

/// A fault of the course, not of the learner.
package struct CourseProblem: Error {
  package let diagnostic: Diagnostic
  /// The file that the diagnostic points into.
  package let source: SourceText?
}

extension GradingFault {
  /// A fault of the course as a whole.
  package var problem: CourseProblem { CourseProblem(diagnostic: at(nil), source: nil) }
}
