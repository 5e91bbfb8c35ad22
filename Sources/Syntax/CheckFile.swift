// The tree of a check file: an exercise, what is called, and what is expected of it.
import Diagnostics

/// `ex03.check.nn` or `ex03.hidden.nn`, read.
package struct CheckFile {
  package var exercise = ""
  package var title = ""
  /// What the exercise's public checks give together.
  package var points = 0
  package var needs: [String] = []
  /// Built-ins that the learner's functions may not use.
  package var forbidden: [String] = []
  /// Those of which all that do the same work are forbidden with them: `forbid softmax family`.
  package var forbiddenFamilies: [String] = []
  /// Functions that the checks use as references.
  package var definitions: [Statement] = []
  package var checks: [CheckDeclaration] = []
  package var hints: [String] = []
}

/// `check dw points 3 cases 20 { … }`
package struct CheckDeclaration {
  /// What its statements begin with.
  static let statements = [
    "draw", "call", "expect", "gradient", "factors", "chain", "terms", "misconception", "uses",
    "axes", "partial",
  ]

  /// Ways to be nearly right: a multiple of the right answer, one factor or term of it lost.
  package static let usualShares = ["scale": 0.5, "factor": 0.5, "term": 0.5]

  /// Ways that `partial` may name.
  package static let nearlyRight = [
    "scale", "factor", "term", "variant", "misconception", "sign", "offset", "transpose",
  ]

  package let name: String
  package let points: Int
  package let cases: Int
  package var draws: [Draw] = []
  /// The text that is run beside the learner's script, with the drawn names as its parameters.
  package var call = ""
  package var expected: Expression?
  package var definitions: [Binding] = []
  package var rtol: Double?
  package var atol: Double?
  /// Parts whose product the answer is.
  package var factors: [Binding] = []
  /// Of a chain rule, what its factors lead through, from the loss to the variable: `loss, a, z, w`.
  package var chain: [String] = []
  /// Parts whose sum the answer is.
  package var terms: [Binding] = []
  package var misconceptions: [Binding] = []
  /// The value whose gradient the answer is, and by which drawn name.
  package var gradient: (of: Expression, by: String)?
  /// How often one call may run functions of the learner's.
  package var uses: [(function: String, atMost: Int)] = []
  /// What the answer's axes are called.
  package var axes: [String] = []
  /// The part of the points that an answer gets which is wrong in one way only, by the way; empty for none.
  package var shares: [String: Double] = [:]
  package let span: Span

  /// A text or name, and what it stands for.
  package struct Binding {
    package let name: String
    package let value: Expression

    package init(name: String, value: Expression) {
      self.name = name
      self.value = value
    }
  }
}

/// `draw W, V in [-1, 1] shape [n, 3]`
package struct Draw {
  package let names: [String]
  package let range: Range
  package let shape: Expression?
  package let span: Span

  /// What a fresh input is drawn from.
  package enum Range {
    /// Any number from one end to the other.
    case interval(Expression, Expression)
    /// One of these.
    case choice([Expression])
  }
}
