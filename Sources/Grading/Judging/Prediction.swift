// Predict first: each factor of an answer is asked for before it is shown.
import Diagnostics
import Interpreter
import Syntax
import Tensors

/// One call whose factors a learner predicts.
package struct Prediction {
  /// A factor that a learner is asked for.
  package struct Question {
    /// What it is called: `∂a/∂z`, or what the check calls the factor.
    package let name: String
    /// The check's own word for the factor; nil for their product.
    package let label: String?
    package let formula: String
    package let value: Double
    /// The numbers that the formula's names stand for.
    package let numbers: [String]
  }

  package let check: String
  package let call: String
  /// `x=2 w=0 b=0 t=1`
  package let inputs: String
  /// `a = sigmoid(w*x + b)`
  package let given: [String]
  /// What is differentiated, where the check says so.
  package let loss: String?
  package let questions: [Question]
  private let reference: Reference
  private let drawn: Case

  /// One for each check of the exercise whose answer is a product of numbers.
  package static func all(
    of exercise: Exercise, seed: UInt64
  ) throws(CourseProblem) -> [Prediction] {
    var all: [Prediction] = []
    for check in exercise.checks where !check.isHidden && check.declaration.factors.count > 1 {
      if let prediction = try Prediction(check, seed) { all.append(prediction) }
    }
    return all
  }

  private init?(_ check: Check, _ seed: UInt64) throws(CourseProblem) {
    let reference = try Reference(check)
    // The first case whose factors are single numbers, none of them 0: there is something to predict.
    for inputs in try reference.cases(seed: seed) {
      guard case .number(let answer) = try reference.expected(inputs), answer != 0 else { continue }
      var questions: [Question] = []
      let factors = check.declaration.factors
      let chain = check.declaration.chain
      let isNamed = chain.count == factors.count + 1
      for (i, factor) in factors.enumerated() {
        guard case .number(let value) = try reference.value(factor, inputs) else { return nil }
        questions.append(
          Question(
            name: isNamed ? "∂\(chain[i])/∂\(chain[i + 1])" : factor.name, label: factor.name,
            formula: reference.text(factor.value), value: value,
            numbers: reference.numbers(in: factor.value, inputs)))
      }
      let product = questions.map { $0.name }.joined(separator: " × ")
      let whole = isNamed ? "∂\(chain[0])/∂\(chain[factors.count])" : "their product"
      self.questions =
        questions + [
          Question(name: whole, label: nil, formula: product, value: answer, numbers: [])
        ]
      self.check = check.id
      call = check.declaration.call
      self.inputs = CheckRun.text(inputs)
      given = check.declaration.definitions.map { "\($0.name) = \(reference.text($0.value))" }
      loss = check.declaration.gradient.map { reference.text($0.of) }
      self.reference = reference
      drawn = inputs
      return
    }
    return nil
  }

  /// What a learner's arithmetic over the inputs comes to.
  package func number(_ text: String) -> Double? { reference.number(text, drawn) }
}

extension Reference {
  /// `a = 0.0474` for each name of an expression.
  func numbers(in expression: Expression, _ inputs: Case) -> [String] {
    var names: Set<String> = []
    let body = Statement(kind: .expression(expression), span: expression.span)
    Names.uses(of: Function(name: nil, parameters: [], body: [body], isShort: false), &names)
    return names.sorted().compactMap { name in
      number(name, inputs).map { "\(name) = \(NumberFormat()($0))" }
    }
  }

  /// What an expression over a case's inputs comes to, if it is a number.
  func number(_ text: String, _ inputs: Case) -> Double? {
    let source = SourceText(id: 0, name: "answer", text)
    guard case .expression(let expression)? = Parser.parse(source).statements.first?.kind,
      case .number(let number)? = try? value(of: expression, in: source, inputs)
    else { return nil }
    return number
  }
}
