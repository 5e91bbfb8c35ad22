// `predict`: the learner says each factor's value or sign before it is shown.
import ArgumentParser
@preconcurrency import Glibc
import Grading

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predict each factor of an exercise's gradients, its value or its sign.")

  @OptionGroup var arguments: ExerciseArguments

  func run() throws {
    try withCourse {
      var (place, exercise, _) = try arguments.look()
      let round = place.progress[exercise.id].predictions
      let predictions = try Prediction.all(of: exercise, seed: UInt64(round))
      guard !predictions.isEmpty else {
        let others = try place.course.exercises.filter {
          try !Prediction.all(of: $0, seed: 0).isEmpty
        }
        throw UsageFault(
          text:
            "\(exercise.id) has no gradient of single numbers to predict; these have: \(others.map(\.id).joined(separator: ", "))"
        )
      }
      place.progress[exercise.id].predictions += 1
      place.save()
      Console.emit(
        "Answer with a number, arithmetic such as sigmoid(2) - 1, or + or - alone; q leaves.\n")
      var (right, asked) = (0, 0)
      for prediction in predictions {
        Console.emit(checkText().head(prediction))
        for question in prediction.questions {
          guard let verdict = ask(question, prediction) else {
            Console.emit("\n")
            return summary(right, asked)
          }
          asked += 1
          if verdict != .wrong { right += 1 }
          Console.emit(checkText().line(question, verdict))
        }
      }
      return summary(right, asked)
    }
  }

  private func summary(_ right: Int, _ asked: Int) -> Int32 {
    Console.emit("\(right) of \(asked) predicted\n")
    return asked > 0 && right == asked ? CheckStatus.passed : CheckStatus.failed
  }

  /// - Returns: nil when the learner leaves.
  private func ask(_ question: Prediction.Question, _ prediction: Prediction) -> Prediction.Verdict?
  {
    while true {
      Console.emit("  \(question.label ?? "their product") = ? ")
      guard let line = Console.readLine() else { return nil }
      let answer = line.filter { !$0.isNewline }
      if answer == "q" { return nil }
      let verdict = prediction.verdict(question, answer)
      if verdict != .unread { return verdict }
      Console.emit("    that is no number; try 0.25, or + or -\n")
    }
  }
}
