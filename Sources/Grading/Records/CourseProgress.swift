// What a learner has done so far. Advisory: grading never looks at it.
import FoundationEssentials
import JSONText

/// `.nnrepl-progress.json`: plain, portable, safe to delete.
package struct CourseProgress: Codable, Equatable, Sendable {
  /// What a learner has reached in one exercise.
  package struct ExerciseProgress: Codable, Equatable, Sendable {
    package var passed = false
    /// The most points that the public checks gave.
    package var best = 0
    package var attempts = 0
    /// Hints that were read.
    package var hints = 0
    /// Rounds of predicting; each has other numbers.
    package var predictions = 0
    /// Whether the solution was read before the checks passed.
    package var gaveUp = false
    /// Of the script that was checked last.
    package var sha256 = ""
  }

  package var exercises: [String: ExerciseProgress] = [:]

  package init() {}

  package init?(_ text: String) {
    guard let read = try? JSONDecoder().decode(CourseProgress.self, from: Data(text.utf8)) else {
      return nil
    }
    self = read
    // The file is the learner's to edit.
    func sane(_ count: Int) -> Int { min(max(count, 0), 1_000_000) }
    for (id, entry) in exercises {
      exercises[id]?.best = sane(entry.best)
      exercises[id]?.attempts = sane(entry.attempts)
      exercises[id]?.hints = sane(entry.hints)
      exercises[id]?.predictions = sane(entry.predictions)
    }
  }

  /// As it is kept in the file.
  package var text: String {
    JSON.text(of: self)
  }

  /// An exercise that was never tried has an empty entry.
  package subscript(id: String) -> ExerciseProgress {
    get { exercises[id] ?? ExerciseProgress() }
    set { exercises[id] = newValue }
  }

  /// Notes one run of the public checks.
  package mutating func note(_ exercise: Exercise, _ outcomes: [CheckOutcome], script: String) {
    self[exercise.id].attempts += 1
    self[exercise.id].best = max(self[exercise.id].best, outcomes.points)
    self[exercise.id].passed = self[exercise.id].passed || outcomes.allPass
    self[exercise.id].sha256 = Digest.sha256(script)
  }

  /// The first exercise that has not passed, from one on if there is one after it.
  package func next(in course: Course, after id: String? = nil) -> Exercise? {
    let open = course.exercises.filter { !self[$0.id].passed }
    let here = course.exercises.firstIndex { $0.id == id } ?? 0
    return open.first { next in course.exercises[here...].contains { $0.id == next.id } }
      ?? open.first
  }
}
