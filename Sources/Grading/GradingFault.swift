// What can be wrong with a course or with a submission's text, and what is said of it.
import Diagnostics

/// The facts; their words follow below.
package enum GradingFault: Facts {
  // The course file
  case noList
  case unreadableList(String)
  case noExercises
  case budgets
  case listedTwice
  case tolerances
  case fileMissing(exercise: String, path: String)
  case fileChanged(path: String)
  case noChecks(exercise: String)
  case sameName(exercise: String)
  case drawnTwice(check: String)
  case notDrawn(check: String, String)
  case tolerance(check: String)
  case ofAnother(path: String, exercise: String, wanted: String)
  case noCases(check: String)
  /// The program cannot run scripts here.
  case unusable(String, hint: String?)
  // Cases
  case rangeToDraw
  case shapeToDraw(String)
  case notExpectable(check: String, value: String)
  case notDifferentiable(name: String, kind: String)
  case noGradient(loss: String, name: String)
  // Rules
  case reserved(String)
  case forbidden(name: String, place: String)
  case lineEnds(String)
}

extension GradingFault {
  package var words: Words {
    switch self {
    case .noList:
      Words(
        .badCourse, "there is no `course.json` here",
        hint: "name the course's folder; `nnrepl course new mine` makes one"
      )
    case .unreadableList(let reason):
      Words(
        .badCourse, "`course.json` cannot be read", reason: reason,
        hint: "mend it as JSON; `lessons/AUTHORING.md` says what it holds")
    case .noExercises:
      Words(
        .badCourse, "`course.json` lists no exercises",
        hint: "for instance `\"exercises\": [{\"id\": \"ex01\"}]`")
    case .budgets:
      Words(
        .badCourse, "the budgets in `course.json` are out of range",
        hint: "for instance 2000000 steps, depth 2000, 512 megabytes, 10 seconds")
    case .listedTwice:
      Words(.badCourse, "`course.json` lists an exercise twice", hint: "give each an id of its own")
    case .tolerances:
      Words(
        .badCourse, "the tolerances in `course.json` are not between 0 and 0.1",
        hint: "for instance `\"rtol\": 1e-6, \"atol\": 1e-12`")
    case .fileMissing(let exercise, let path):
      Words(
        .badCourse, "the course lists \(exercise), but \(path) is missing",
        hint: "add the file, or take the exercise out of `course.json`")
    case .fileChanged(let path):
      Words(
        .badCourse, "\(path) is not the file that `course.json` was made with",
        hint: "restore it; its author can record it with `nnrepl course check --promote`")
    case .noChecks(let exercise):
      Words(
        .badCourse, "\(exercise) has no checks",
        reason: "A suite of no checks would pass anything.",
        hint: "write one, as in `check double { draw x in [-2, 2]; call f(x); expect 2*x }`")
    case .sameName(let exercise):
      Words(.badCourse, "two checks of \(exercise) have the same name", hint: "rename one")
    case .drawnTwice(let check):
      Words(.badCourse, "\(check) draws a name twice", hint: "draw each name once")
    case .notDrawn(let check, let name):
      Words(
        .badCourse, "\(check) takes the gradient by `\(name)`, which it does not draw",
        hint: "draw it, as in `draw \(name) in [-2, 2]`")
    case .tolerance(let check):
      Words(
        .badCourse, "a tolerance of \(check) is not between 0 and 0.1",
        hint: "for instance `rtol 1e-6`")
    case .ofAnother(let path, let exercise, let wanted):
      Words(
        .badCourse, "\(path) is of the exercise `\(exercise)`, not `\(wanted)`",
        hint: "begin it with `exercise \(wanted)`")
    case .noCases(let check):
      Words(.badCourse, "the check \(check) has no cases", hint: "write `cases 20` in its head")
    case .unusable(let what, let hint):
      hint.map { Words(.badCourse, what, hint: $0) }
        ?? Words(.badCourse, what, noHint: "the machine says no more")
    case .rangeToDraw:
      Words(.badCheck, "the range is empty, or wider than a billion", hint: "write [-2, 2]")
    case .shapeToDraw(let shape):
      Words(
        .badCheck, "a shape \(shape) cannot be drawn",
        hint: "give small whole lengths, as in `shape [3, 2]`")
    case .notExpectable(let check, let value):
      Words(
        .badCheck, "the check `\(check)` expects \(value)",
        hint: "expect numbers, truth values, texts, or tensors and lists of them")
    case .notDifferentiable(let name, let kind):
      Words(
        .badCheck, "`\(name)` is \(kind)",
        hint: "name a number or tensor that was drawn after `gradient … by`")
    case .noGradient(let loss, let name):
      Words(
        .badCheck, "`\(loss)` does not depend on `\(name)`",
        hint: "name an input that the loss is computed from")
    case .reserved(let name):
      Words(
        .reservedName, "`\(name)` belongs to the checks and cannot be given a meaning",
        hint: "choose another name")
    case .lineEnds(let what):
      Words(
        .unexpected, "the script's lines end in \(what)",
        reason: "So it is one long line to us.",
        hint: "save it with ordinary line ends (LF or CRLF)")
    case .forbidden(let name, let place):
      Words(
        .forbidden, "`\(name)` is used \(place); this exercise is to be done without it",
        hint: "write the formula out; at the top level you may call `\(name)` to compare")
    }
  }
}
