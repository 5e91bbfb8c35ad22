// What the four verbs have to say, as data; `Rendering` puts it into words.
import Autograd
import Training
import Syntax
import Tensors

/// What a verb tells.
package enum Narration {
  case forward(ForwardPass)
  case backward(BackwardPass)
  case derivative(Derivation)
  case rates(ForwardMode)
  case value(ForwardStep, shapes: [(name: String, shape: Shape)])
  case ledger([LedgerRow])
}

/// One step of a forward pass.
package struct ForwardStep {
  package let name: String
  package let formula: Formula
  package let value: Tensor
  /// The value before this pass, if it differed.
  package let before: Tensor?
}

/// What `forward` tells: each step with its numbers.
package struct ForwardPass {
  package let steps: [ForwardStep]
  /// What the pass could not follow.
  package let unfollowed: [Unfollowed]

  package init(steps: [ForwardStep], unfollowed: [Unfollowed] = []) {
    self.steps = steps
    self.unfollowed = unfollowed
  }
}

/// A value that a replay leaves as it was.
package struct Unfollowed {
  /// Why a replay cannot follow it.
  package enum Reason {
    /// Its history was dropped in a loop.
    case dropped
    /// It was taken out as a plain number.
    case number
    /// It decided a branch.
    case branch
  }

  package let name: String
  package let reason: Reason
  package let value: Tensor
  package let site: Site
}

/// What one step of a backward pass hands to one of its inputs.
package struct Contribution {
  package let root: String
  package let step: String
  package let input: String
  /// The part of the step's formula in which the input stands, where it stands in several.
  package let via: String?
  /// `∂step/∂input` for single numbers.
  package let partial: Formula?
  package let partialValue: Double?
  /// `∂root/∂step`, for single numbers.
  package let upstream: Double?
  /// `∂root/∂input` in terms of `∂root/∂step`, for tensors.
  package let pullback: Formula?
  /// Shapes of the two factors when the pullback is a matrix product.
  package let factorShapes: (Shape, Shape)?
  /// What is handed over.
  package let gradient: Tensor
  /// Several steps use the input, so this is one part of its gradient.
  package let isPart: Bool
  /// All contributions to this input, once the last has come.
  package let sum: [Tensor]?

  /// What all contributions to this input come to, once the last has come.
  package var total: Tensor? {
    guard let parts = sum, var total = parts.first else { return nil }
    for part in parts.dropFirst() {
      guard let more = try? total + part else { return nil }
      total = more
    }
    return total
  }
}

/// One step, seen from behind.
package struct BackwardStep {
  package let name: String
  package let formula: Formula
  package let isRoot: Bool
  package let contributions: [Contribution]
}

/// A leaf's stored gradient, when there was one before.
package struct Accumulation {
  package let name: String
  package let old: Tensor
  package let new: Tensor
  package let total: Tensor
}

/// What `backward` tells: each step with its local derivatives and their links in the chain.
package struct BackwardPass {
  package let root: String
  package let steps: [BackwardStep]
  package let accumulations: [Accumulation]

  /// The pass as far as one of its steps goes; what leaves had before is told with the last.
  package func only(_ step: BackwardStep) -> BackwardPass {
    BackwardPass(
      root: root, steps: [step], accumulations: step.name == steps.last?.name ? accumulations : [])
  }
}

/// A value, or one entry of it, by the name that it is told under.
package struct Place: Hashable {
  package let name: String
  /// Of an entry, where it stands.
  package let indices: [Int]
  /// The shape of the whole value.
  package let shape: Shape

  package init(_ name: String, _ indices: [Int], of shape: Shape) {
    self.name = name
    self.indices = indices
    self.shape = shape
  }

  /// `W[0, 2]`, or the plain name of a single number.
  package var text: String { text(indices.map(String.init)) }

  /// With other words for the indices: `W[i, 2]`.
  package func text(_ indices: [String]) -> String {
    indices.isEmpty ? name : "\(name)[\(indices.joined(separator: ", "))]"
  }
}

/// One place at which an input stands in a step's formula.
package struct Use {
  /// The entry of the step that it reaches.
  package let offset: Int
  package let partial: Formula
  /// The part of the formula in which it stands, where it stands in several.
  package let via: Place?
}

/// One factor of a chain rule: `∂top/∂bottom`.
package struct Factor {
  package let top: Place
  package let bottom: Place
  /// The part of the top's formula in which the bottom stands, where it stands in several.
  package let via: Place?
  package let formula: Formula
  package let value: Double
  /// Whether it is a gradient that is taken as known, and no slope of one step.
  package var isKnown = false
}

/// One path from the root down to the variable: its factors multiply.
package struct Path {
  package let factors: [Factor]

  package init(factors: [Factor]) { self.factors = factors }

  package var product: Double { factors.reduce(1) { $0 * $1.value } }

  /// What lies between the root and the variable.
  package var between: [Place] {
    factors.enumerated().flatMap { i, factor in
      [factor.via, i == factors.count - 1 ? nil : factor.bottom].compactMap { $0 }
    }
  }
}

/// A gradient as a sum over paths.
package struct Derivation {
  package let root: Place
  package let variable: Place
  package let paths: [Path]
  /// Paths there are, shown or not.
  package let pathCount: Int
  /// The paths were too many to follow, so each stops at the first step after the variable and takes that
  /// step's gradient as known.
  package let isOneStep: Bool
  package let total: Double
  package let check: NumericCheck?
  /// Why the values of this gradient do not agree, if they do not.
  package let disagreement: Disagreement?
  /// What the check held at its present value, as the gradient does.
  package let held: [String]
  /// For a one-step sum, how the gradient at the end of its first term comes about.
  package let continuation: [Path]
  /// Steps with a short name of ours, and what that stands for.
  package let introduced: [(name: String, formula: Formula)]
  /// Why the gradient is 0, where it is; a path's reason each, told once.
  package let zeros: [ZeroReason]
}

/// Why a gradient is exactly 0 although the root depends on the variable.
package enum ZeroReason: Equatable {
  /// A local derivative is 0 where the op stands: a closed relu, a saturated sigmoid. `input` is what the op is
  /// applied to.
  case flat(op: Op, input: String, at: Double, result: Double)
  /// No path leads to it: it is not used, or not chosen.
  case noPath
  /// A step on every way to it lets no gradient pass.
  case cut(Cut.Reason)
  /// A local derivative is 0, as is the value that it consists of.
  case factor(String, top: Place, bottom: Place, via: Place?)
  /// No factor is 0, but the product is nearer to 0 than a number can be.
  case underflow(factors: Int)
  /// The paths' products, none of them 0, add up to 0.
  case cancels
}

/// Two values of one gradient that should be the same and are not.
package enum Disagreement {
  /// It is nan or inf: born in the backward step of an op, where that can be told.
  case notFinite(step: String?)
  /// The products of the paths do not add up to what the backward pass gives.
  case narrated(Double)
  /// The difference quotient is another number.
  case numeric(Double, isFloat32: Bool)
}

/// What one assignment of an update did to one parameter.
package struct LedgerRow {
  /// Whose row it is, where a parameter has several.
  package let parameter: String?
  package let target: String
  package let rule: Formula
  /// The number that is followed: the parameter itself, or one entry of it.
  package let entry: String
  package let result: Double
  /// The whole vector as it is now, where it lasts from step to step.
  package let tensor: Tensor?
  package let isTensor: Bool
}

/// `∂loss/∂w`; of a derivative, one of higher order: `∂²t/∂w∂b` for `∂t/∂w` by `b`.
package func derivativeName(_ top: String, by bottom: String) -> String {
  guard top.hasPrefix("∂"), let line = top.firstIndex(of: "/") else {
    return Derivatives.text(of: top, by: [bottom])
  }
  func orders(_ text: Substring) -> (name: String, order: Int) {
    if text.hasSuffix("²") { return (String(text.dropLast()), 2) }
    if text.hasSuffix("³") { return (String(text.dropLast()), 3) }
    return (String(text), 1)
  }
  let above = top[..<line].dropFirst().drop { "²³".contains($0) }
  let below = top[top.index(after: line)...].split(separator: "∂").flatMap { part in
    let (name, order) = orders(part)
    return [String](repeating: name, count: order)
  }
  return Derivatives.text(of: String(above), by: below + [bottom])
}
