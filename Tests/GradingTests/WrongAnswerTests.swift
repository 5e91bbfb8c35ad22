import Platform
import Foundation
import Session
import Testing

@testable import Grading

/// A wrong answer, and what must be said of it.
private struct WrongAnswer {
  let exercise: String
  let check: String
  /// One of these must be told; none: nothing more than the example can be.
  let words: [String]
  let script: String

  static func all() throws -> [WrongAnswer] {
    let path = Own.root.appendingPathComponent("Tests/GradingTests/WrongAnswers/answers.txt")
    let text = try String(contentsOf: path, encoding: .utf8)
    return text.components(separatedBy: "\n== ").dropFirst().compactMap { entry in
      let lines = entry.split(separator: "\n", omittingEmptySubsequences: false)
      let parts = lines[0].split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      let names = parts[0].split(separator: " ")
      guard names.count == 2 else { return nil }
      return WrongAnswer(
        exercise: String(names[0]), check: String(names[1]), words: Array(parts.dropFirst()),
        script: lines.dropFirst().joined(separator: "\n"))
    }
  }
}

@Suite struct WrongAnswerTests {
  /// The cause is named in nine of ten, and a wrong cause never: what is found where none of the words fit would
  /// be one.
  @Test func causesAreNamed() throws {
    let course = try Course(Own.files)
    var named = 0
    var result: Result<[(WrongAnswer, CheckRecord)], any Error> = .success([])
    BigStack.run { _ in
      result = Result {
        let judge = Judge(course.conditions) { _ in Worker() }
        return try WrongAnswer.all().map { answer in
          let exercise = try #require(course.exercise(answer.exercise))
          let solution = Own.text("lessons/solutions/\(answer.exercise).nn") ?? ""
          let outcomes = try judge.judge(
            exercise, script: solution + "\n" + answer.script, learner: "ada", key: "key",
            only: { !$0.isHidden })
          let outcome = try #require(
            outcomes.first { $0.record.id == answer.exercise + "." + answer.check })
          return (answer, outcome.record)
        }
      }
    }
    let judged = try result.get()
    #expect(judged.count >= 104)
    for (answer, record) in judged {
      let place = "\(record.id): \(answer.script)\n\(record.message)"
      #expect(record.verdict != .pass, "\(place)")
      // The example's own letters name nothing: only what was found counts.
      let told = record.finding?.name ?? ""
      let isNamed = answer.words.contains { told.contains($0) }
      if isNamed { named += 1 }
      let claims: Set<Finding.Kind> = [
        .misconception, .variant, .factor, .factors, .term, .terms, .transpose, .swapped,
        .dependency,
      ]
      if let finding = record.finding, claims.contains(finding.kind) {
        #expect(isNamed, "a wrong cause: \(place)")
      }
      if !isNamed, ProcessInfo.processInfo.environment["NNREPL_SHOW"] != nil {
        print("UNNAMED", place)
      }
    }
    #expect(10 * named >= 9 * judged.count, "\(named) of \(judged.count)")
  }
}
