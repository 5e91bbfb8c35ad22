// Predict first: each factor of an answer is asked for before it is shown.
import Diagnostics
import Interpreter
import Syntax

/// One call whose factors a learner predicts.
package struct Prediction {
  /// A factor that a learner is asked for.
  package struct Question {
    /// What the check calls the factor; nil for their product.
    package let label: String?
    package let formula: String
    package let value: Double
  }

  /// What to say of an answer.
  package enum Verdict: Equatable, Sendable {
    case right
    /// The sign is right; that is all that was said.
    case rightSign
    case wrong
    /// No number and no sign.
    case unread
  }

  package let check: String
  package let call: String
  /// `x=2 w=0 b=0 t=1`
  package let inputs: String
  /// `a = sigmoid(w*x + b)`
  package let given: [String]
  package let questions: [Question]
  private let reference: Reference
  private let drawn: Case

  /// One for each check of the exercise whose answer is a product of numbers.
  /// - Throws: `CourseProblem`
  package static func all(of exercise: Exercise, seed: UInt64) throws -> [Prediction] {
    try exercise.checks.filter { !$0.isHidden && $0.declaration.factors.count > 1 }.compactMap {
      try Prediction($0, seed)
    }
  }

  private init?(_ check: Check, _ seed: UInt64) throws {
    let reference = try Reference(check)
    // The first case whose factors are single numbers, none of them 0: there is something to predict.
    for inputs in try reference.cases(seed: seed) {
      guard case .number(let answer) = try reference.expected(inputs), answer != 0 else { continue }
      var questions: [Question] = []
      for factor in check.declaration.factors {
        guard case .number(let value) = try reference.value(factor, inputs) else { return nil }
        questions.append(
          Question(label: factor.name, formula: reference.text(factor.value), value: value))
      }
      let product = questions.map(\.formula).map { "(\($0))" }.joined(separator: " × ")
      self.questions = questions + [Question(label: nil, formula: product, value: answer)]
      self.check = check.id
      call = check.declaration.call
      self.inputs = CheckRun.text(inputs)
      given = check.declaration.definitions.map { "\($0.name) = \(reference.text($0.value))" }
      self.reference = reference
      drawn = inputs
      return
    }
    return nil
  }

  /// Judges an answer: a number, arithmetic over the inputs, or a sign alone.
  package func verdict(_ question: Question, _ answer: String) -> Verdict {
    let signs = ["+": 1.0, "positive": 1, "-": -1, "−": -1, "negative": -1]
    let text = answer.filter { !$0.isWhitespace }
    if let sign = signs[text.lowercased()] {
      return sign * question.value > 0 ? .rightSign : .wrong
    }
    guard let number = reference.number(text, drawn) else { return .unread }
    return abs(number - question.value) <= max(0.02 * abs(question.value), 5e-4) ? .right : .wrong
  }
}

extension Reference {
  /// What an expression over a case's inputs comes to, if it is a number.
  func number(_ text: String, _ inputs: Case) -> Double? {
    let source = SourceText(id: 0, name: "answer", text)
    guard case .expression(let expression)? = Parser.parse(source).statements.first?.kind,
      case .number(let number)? = try? value(of: expression, in: source, inputs)
    else { return nil }
    return number
  }
}
