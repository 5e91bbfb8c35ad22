// What was found to be wrong with an answer, as data.
import Platform

/// The cause of a wrong answer, as far as it is known.
package struct Finding: Coded, Equatable, Sendable {
  /// What sort of cause it is.
  package enum Kind: String, Coded, CaseIterable, Sendable {
    /// A wrong formula that the check's author names gives the same answers.
    case misconception
    /// The right formula with one thing changed gives the same answers.
    case variant
    /// One declared factor is missing or there twice.
    case factor
    /// Two are, or one and a constant.
    case factors
    /// One part of the sum is missing, there twice or turned.
    case term
    /// Two are.
    case terms
    /// One and the same multiple of the right answer.
    case scale
    /// The right answer with its sign turned.
    case sign
    /// Right but for the last digits.
    case precision
    /// Always the same amount off.
    case offset
    case transpose
    /// Yes for no.
    case swapped
    /// The same answer whatever the inputs are.
    case constant
    case kind, shape, finite
    /// Another function of the learner's is at fault.
    case dependency
    /// More calls of a function than the check allows.
    case calls
    /// The script or a call ended in an error; the name is the error's id.
    case error
    /// Nothing was handed in, or a gap was left.
    case missing
  }

  package let kind: Kind
  /// What is wrong, the same words for everybody who does the same: "the factor `outer` looks missing".
  package let name: String
  /// The part that it is about, where there is one: `outer`.
  package let factor: String?

  package init(_ kind: Kind, _ name: String, factor: String? = nil) {
    self.kind = kind
    self.name = name
    self.factor = factor
  }
}
