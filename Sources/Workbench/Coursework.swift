// Exercises in the session, and the shell's spellings typed at its prompt.
import Diagnostics
import EmbeddedFiles
import Grading
import Interpreter
import Lessons
import Rendering
import Session
import Syntax

extension Workbench {
  /// Runs a command of the program.
  func runShell(_ words: [String]) -> Ending {
    guard let shell else {
      problem(
        "this session has no files: `nnrepl \(words.joined(separator: " "))` works in a shell")
      return .failed(2)
    }
    let status = shell(words)
    return status == 0 ? .done : .failed(status)
  }

  /// The exercise that a word means: `ex03`, `3`; without one, the one that is at hand.
  private func named(_ word: String) -> String? {
    if word.isEmpty {
      let lesson =
        walk?.lesson
        ?? cells.last { $0.place != nil }.flatMap { Lesson.named($0.place?.lesson ?? "") }
      return exercise ?? lesson.map { Workbench.exercise($0.number) }
    }
    let digits = word.lowercased().hasPrefix("ex") ? String(word.dropFirst(2)) : word
    return Int(digits).map(Workbench.exercise)
  }

  private static func exercise(_ number: Int) -> String {
    number < 10 ? "ex0\(number)" : "ex\(number)"
  }

  /// `:check ex03`: this session's functions where all that are asked for are here, else the learner's file.
  func check(_ word: String) -> Ending {
    guard let name = named(word) else { return runShell(["check"] + (word.isEmpty ? [] : [word])) }
    exercise = name
    let files = CourseFiles(shared: { EmbeddedFiles.text("lessons/" + $0) }, secret: { _ in nil })
    guard let course = try? Course(files), let exercise = course.exercise(name) else {
      problem("there is no exercise `\(name)`", hint: "`:exercises` lists them")
      return .failed(2)
    }
    let own = exercise.names.filter { session.value($0).map(Workbench.isOwn) ?? false }
    guard own.count == exercise.names.count else {
      if !own.isEmpty {
        let missing = exercise.names.filter { !own.contains($0) }.map { "`\($0)`" }
        say("this session has no \(missing.joined(separator: ", ")), so your file is checked")
      }
      return runShell(["check", name])
    }
    say("checking this session's \(own.map { "`\($0)`" }.joined(separator: ", "))")
    do throws(CourseProblem) {
      let script = definitions
      let outcomes = try Judge(course.conditions) { _ in Worker() }.judge(exercise, script: script)
      say(
        CheckText(style).report(exercise, outcomes, script: script, isStarter: false).trimmingSpace)
      if !outcomes.allPass { say("a hint: `:hint \(name)`") }
      return outcomes.allPass ? .done : .failed(1)
    } catch {
      problem("the check could not be made: \(error.diagnostic.headline)")
      return .failed(4)
    }
  }

  private static func isOwn(_ value: Value) -> Bool {
    switch value {
    case .function: true
    case .layer(let layer): !layer.isLibrary
    default: false
    }
  }

  /// The functions, layers and plain values of the session's cells, as a script.
  private var definitions: String {
    var parts: [String] = []
    for cell in cells where cell.error == nil {
      let source = SourceText(id: 0, name: "", cell.source)
      for statement in Parser.parse(source).statements {
        switch statement.kind {
        case .function, .layer: parts.append(source.text(statement.span))
        case .assign(_, .assign, let value) where Workbench.isPlain(value):
          parts.append(source.text(statement.span))
        default: break
        }
      }
    }
    return parts.joined(separator: "\n") + "\n"
  }

  /// Whether a value is written down as it is, such as `2`, `[1, 2]` or a function.
  private static func isPlain(_ value: Expression) -> Bool {
    switch value.kind {
    case .number, .string, .boolean, .none, .function: true
    case .bracket, .unary: value.parts.allSatisfy(isPlain)
    default: false
    }
  }

  /// The next hint of an exercise.
  func hint(_ word: String) -> Ending {
    guard let name = named(word) else { return runShell(["hint"] + (word.isEmpty ? [] : [word])) }
    exercise = name
    return runShell(["hint", name])
  }

  // MARK: The shell's spellings

  /// What was typed as a shell would have it leads to where it works here.
  /// - Returns: nil if it is an entry like any other.
  func spelledAsInShell(_ text: String) -> Ending? {
    var words = text.split { $0.isWhitespace }.map(String.init)
    guard let first = words.first, session.value(first) == nil, !text.contains("\n") else {
      return nil
    }
    if first == "nnrepl" { words.removeFirst() }
    guard let verb = words.first, session.value(verb) == nil else { return nil }
    let rest = Array(words.dropFirst())
    // A word that could stand before something else is taken for a command only with what a command takes.
    func isNumbered(_ kind: String) -> Bool {
      guard rest.count <= 1 else { return false }
      guard let word = rest.first?.lowercased() else { return true }
      let name = word.hasSuffix(".nn") ? String(word.dropLast(3)) : word
      return Int(name) != nil
        || name.hasPrefix(kind) && name.dropFirst(kind.count).allSatisfy { $0.isNumber }
    }
    switch verb {
    case "lesson" where isNumbered("lesson"), "run" where isNumbered("lesson") && !rest.isEmpty:
      return beginLesson(rest.joined(separator: " "))
    case "lessons" where rest.isEmpty: return listLessons()
    case "exercises" where rest.isEmpty: return runShell(["exercises"])
    case "check" where isNumbered("ex"): return check(rest.first ?? "")
    case "hint" where isNumbered("ex"):
      return walk != nil && rest.isEmpty ? lessonHint() : hint(rest.first ?? "")
    case "solution" where isNumbered("ex"), "predict" where isNumbered("ex"),
      "watch" where isNumbered("ex"):
      return runShell([verb] + rest)
    case "reset" where isNumbered("ex") && !rest.isEmpty:
      guard let answer = ask?("start \(rest[0]) afresh? Your file is kept beside it. y or n: "),
        answer.trimmingSpace.lowercased().hasPrefix("y")
      else {
        say("nothing was changed")
        return .done
      }
      return runShell(["reset"] + rest)
    case "start" where rest.isEmpty, "tutorial" where rest.isEmpty: return beginLesson("1")
    default:
      guard first == "nnrepl" else { return nil }
      if rest.isEmpty && words.count == 1 && verb == "nnrepl" { return nil }
      return runShell(words)
    }
  }
}
