// What can be wrong with a lesson, and what is said of it.
import Diagnostics

/// The facts; their words follow below.
package enum LessonFault: Facts {
  // Playback
  case announced(String)
}

extension LessonFault {
  package var words: Words {
    switch self {
    case .announced(let error):
      Words(
        .expectedError, "this cell announced the error \(error), but ran without it",
        hint: "take the line `#| expect: error \(error)` out")
    }
  }
}
