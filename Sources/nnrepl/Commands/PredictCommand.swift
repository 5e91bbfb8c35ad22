// `predict`: the learner says each factor's value or sign before it is shown.
import ArgumentParser
@preconcurrency import Glibc
import Grading
import Workbench

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
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
      Console.emit(Quiz.keys + "\n")
      var current = predictions[0]
      var quiz = Quiz(
        ask: { prompt in
          Console.emit("  " + prompt)
          return Console.readLine()
        }, say: { Console.emit("  \($0)\n") }, number: { Double($0) ?? current.number($0) },
        style: Console(SessionOptions.standard).style)
      for prediction in predictions {
        current = prediction
        Console.emit(checkText().head(prediction))
        for question in prediction.questions {
          guard quiz.put(Predict.question(question)) else {
            Console.emit("\n")
            return summary(quiz)
          }
        }
      }
      return summary(quiz)
    }
  }

  private func summary(_ quiz: Quiz) -> Int32 {
    if let summary = quiz.summary { Console.emit(summary + "\n") }
    return quiz.score.asked > 0 && quiz.score.right == quiz.score.asked
      ? CheckStatus.passed : CheckStatus.failed
  }

  private static func question(_ asked: Prediction.Question) -> Question {
    guard let label = asked.label else {
      return Question(
        what: asked.name, value: asked.value, because: asked.formula, kind: "chain",
        hint: "Multiply the factors that you have found.")
    }
    let parts = asked.name.split(separator: "/").map { $0.dropFirst() }
    let isNamed = label != asked.name && parts.count == 2
    return Question(
      what: asked.name, value: asked.value, because: asked.formula, kind: label,
      hint: isNamed
        ? "how fast does \(parts[0]) change as \(parts[1]) does? (Its part here is called \(label).)"
        : "its formula is made of the inputs above.",
      why: asked.numbers)
  }
}
