// A course: its exercises in order, their checks, what a run of them may use.
import Diagnostics
import FoundationEssentials
import JSONText
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

/// A course, read and found whole.
package struct Course {
  package let list: CourseList
  package let exercises: [Exercise]
  /// Of all its files, those of the instructor included.
  package let hash: String

  /// - Throws: when a file is missing, unreadable or not what `course.json` says.
  package init(_ files: CourseFiles, verifying: Bool = true) throws(CourseProblem) {
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
      exercises.append(
        try Exercise(
          entry.id, lesson: entry.lesson, starter: starter, checks: checks, hidden: hidden))
      all += starter + checks + (hidden ?? "")
    }
    self.exercises = exercises
    hash = Digest.sha256(all)
  }

  /// Where the files of an exercise are, below the course.
  package static func paths(_ id: String) -> (starter: String, checks: String) {
    ("exercises/\(id).nn", Exercise.checksPath(id))
  }

  /// What its checks are judged under.
  package var conditions: Conditions {
    Conditions(budgets: list.budgets, tolerances: list.tolerances)
  }

  package func exercise(_ id: String) -> Exercise? { exercises.first { $0.id == id } }

  /// Exercises whose hidden checks are not all at hand, by the number that the course says it has.
  package var exercisesWithoutHiddenChecks: [String] {
    exercises.filter { exercise in
      exercise.checks.filter { $0.isHidden }.count < list.hidden[exercise.id] ?? 0
    }.map { $0.id }
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
    /// Those of an object that is a `part` of the list.
    func unknown(_ object: JSON?, _ part: String, _ place: String) -> [String] {
      guard case .object(let members) = object else { return [] }
      return members.map(\.0).filter { !(known[part]?.contains($0) ?? false) }.map { place + $0 }
    }
    guard let all = try? JSONDecoder().decode(JSON.self, from: Data(text.utf8)) else { return [] }
    var found = unknown(all, "", "")
    for part in ["budgets", "tolerances"] { found += unknown(all[part], part, part + ".") }
    if case .array(let entries) = all["exercises"] {
      for entry in entries { found += unknown(entry, "exercises", "exercises[…].") }
    }
    return Set(found).sorted()
  }
}

extension Budgets {
  var areSensible: Bool {
    (1...1_000_000_000_000).contains(steps) && (1...100_000).contains(depth)
      && (16...65_536).contains(megabytes) && (0...1_000_000_000).contains(outputBytes)
      && (0...100_000_000).contains(sourceBytes) && (0.1...3_600).contains(seconds)
  }
}
