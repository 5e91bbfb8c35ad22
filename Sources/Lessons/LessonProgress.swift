// How far a learner is in the lessons.
import FoundationEssentials
import JSONText

/// `lessons.json` beside the history: plain, portable, safe to delete.
package struct LessonProgress: Codable, Equatable, Sendable {
  /// What was reached in one lesson.
  package struct Place: Codable, Equatable, Sendable {
    /// The number of cells, of text and code, that were seen.
    package var cells = 0
    package var isDone = false
    /// Questions that were answered, and those answered rightly.
    package var asked = 0
    package var right = 0
    package init() {}
  }

  package var lessons: [String: Place] = [:]

  package init() {}

  /// - Returns: nil for a text that is no progress.
  package init?(_ text: String) {
    guard let read = try? JSONDecoder().decode(LessonProgress.self, from: Data(text.utf8)) else {
      return nil
    }
    self = read
    // The file is the learner's to edit.
    for (name, place) in lessons {
      lessons[name]?.cells = min(max(place.cells, 0), 10_000)
      lessons[name]?.asked = min(max(place.asked, 0), 10_000)
      lessons[name]?.right = min(max(place.right, 0), max(0, place.asked))
    }
  }

  /// As it is kept in the file.
  package var text: String { (try? JSON(encoding: self))?.pretty ?? "{}" }

  /// A lesson that was never begun has an empty place.
  package subscript(name: String) -> Place {
    get { lessons[name] ?? Place() }
    set { lessons[name] = newValue }
  }

  /// The lesson that was begun and not gone through, the last of them; else the first that was not.
  package var next: Lesson? {
    Lesson.all.last { self[$0.name].cells > 0 && !self[$0.name].isDone }
      ?? Lesson.all.first { !self[$0.name].isDone }
  }
}
