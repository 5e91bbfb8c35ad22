// One op: its value, how blame flows back to each operand, and all that help, calls and tests need to know.
import Platform
import Tensors

/// A differentiable (or knowingly not differentiable) operation.
package final class Op: Sendable {
  /// Computes the result of a call whose operands are of one type and whose settings are complete.
  package typealias Forward = @Sendable (Call) throws(TensorError) -> Tensor
  /// The gradients of those operands that `wanted` marks.
  package typealias Joint =
    @Sendable (Call, Tensor, _ wanted: Wanted) throws(TensorError) -> [Tensor?]
  /// The loop that a call with these settings is.
  package typealias Looping = @Sendable (Attributes) -> Loop?
  typealias Addition =
    @Sendable (Call, Tensor, _ operand: Int, _ sum: inout Tensor) throws(TensorError) -> Bool

  /// The operands whose gradients are asked for together, of an op that has no more than `most`.
  package struct Wanted {
    static let most = UInt64.bitWidth
    private var bits: UInt64 = 0

    package init() {}

    /// Whether the operand at a place is one of them.
    package subscript(_ k: Int) -> Bool {
      get { bits >> UInt64(k) & 1 != 0 }
      set { bits = bits & ~(1 << UInt64(k)) | (newValue ? 1 << UInt64(k) : 0) }
    }
  }

  package let name: String
  package let operands: [Operand]
  package let settings: [Setting]
  /// One sentence in the field's terms.
  package let summary: String
  /// Its defining formula as text.
  package let definition: String
  /// A statement or two in nn whose output shows what it does; a test runs it. Empty for ops that have no
  /// function of their name.
  package let example: String
  package let notation: Notation
  package let family: Family
  package let promotion: Promotion
  package let derivative: Derivative
  package let links: Links
  /// How one entry of the result is a sum of products, if it is.
  package let sums: (@Sendable (Call, _ offset: Int) -> EntrySum?)?
  package let forward: Forward
  /// The value for single numbers, when no settings are involved.
  package let scalar: (@Sendable (Double, Double) -> Double)?
  /// The partials of single numbers without a walk over their formulas; a test holds both equal.
  package let slopes: Slopes?
  /// `dz` times a partial by loops of their own, for speed.
  let kernels: [VJP.Kernel]
  /// What is computed and recorded in place of `dz` times a partial, where that is not PyTorch's at IEEE's edges: `x^0` at
  /// nan, or an infinite `dz` that meets a slope of 0.
  private let edges: Once<[Formula]>
  /// All vjps in one go, for ops whose gradients share most of their work.
  package let joint: Joint?
  /// Adds the gradient of an operand to what has arrived there, in place, where that is cheaper than making it first;
  /// false for an operand of which it is not.
  let addition: Addition?
  /// Whether its forward step keeps something for the backward one.
  let saves: Bool
  /// The loop that it is in a program, of a call with these settings.
  package let loop: Looping?
  /// Passes its operand on and lets no gradient back.
  package let isCut: Bool
  /// Between which numbers its results lie, where that is a part of what it is for; at an end its slope is 0.
  package let bounds: Bounds?
  /// For a loss of scores, the activation that it applies to them itself.
  package let applies: (@Sendable () -> Op)?
  /// Operands and settings at which it is smooth.
  private let trials: @Sendable () -> [Sample]
  /// Exactly two operands, one of which may be a plain number.
  let isBinary: Bool
  package let isDifferentiable: Bool
  /// The settings of a call that gives none, if that can be said without its operands.
  let defaults: Attributes?
  /// Whether numbers stand in for operands that are left out.
  let hasStandIns: Bool
  /// What each operand is for; the last one may stand for many.
  private let roles: [Operand.Role]

  /// Between which numbers the results of an op lie.
  package struct Bounds: Sendable {
    package let low: Double
    /// Nil where there is no end above.
    package let high: Double?
  }

  /// Where an op stands in help, and what kind of work it does.
  package enum Family: Sendable {
    case arithmetic, comparison, elementwise, activation, reduction, product, shape, loss, layer
    case window
    /// Only derivatives use it.
    case adjoint
  }

  init(
    _ name: String, _ operands: [Operand], settings: [Setting] = [], family: Family,
    summary: String, definition: String, example: String = "", notation: Notation = .call,
    promotion: Promotion = .common, derivative: Derivative, links: Links = .measured,
    sums: (@Sendable (Call, Int) -> EntrySum?)? = nil,
    scalar: (@Sendable (Double, Double) -> Double)? = nil, slopes: Slopes? = nil,
    kernels: [VJP.Kernel] = [], edges: Once<[Formula]> = Once { [] }, joint: Joint? = nil,
    addition: Addition? = nil, saves: Bool = false, loop: Looping? = nil, isCut: Bool = false,
    bounds: Bounds? = nil,
    applies: (@Sendable () -> Op)? = nil, samples: @escaping @Sendable () -> [Sample] = { [] },
    forward: @escaping Forward
  ) {
    self.name = name
    self.operands = operands
    self.settings = settings
    self.family = family
    self.summary = summary
    self.definition = definition
    self.example = example
    self.notation = notation
    self.promotion = promotion
    self.derivative = derivative
    self.links = links
    self.sums = sums
    self.scalar = scalar
    self.slopes = slopes
    self.kernels = kernels
    self.edges = edges
    self.joint = joint
    self.addition = addition
    self.saves = saves
    self.loop = loop
    self.isCut = isCut
    self.bounds = bounds
    self.applies = applies
    // Only tests try ops; a page would carry what they are tried with for nothing.
    #if hasFeature(Embedded)
      trials = { [] }
    #else
      trials = samples
    #endif
    self.forward = forward
    isBinary = operands.count == 2 && operands.allSatisfy { $0.isRequired }
    isDifferentiable = if case .none = derivative { false } else { true }
    defaults = Op.defaults(settings)
    hasStandIns = operands.contains { if case .number = $0.absence { true } else { false } }
    roles = operands.map { $0.role }
  }

  /// The gradient of an operand from `dz`, where its partial does not tell all of it.
  func edge(_ k: Int) -> Formula? {
    let edges = edges.value
    return k < edges.count ? edges[k] : nil
  }

  /// What the operand at a place is for.
  @inline(__always)
  package func role(_ k: Int) -> Operand.Role {
    k < roles.count ? roles[k] : roles.last ?? .value
  }

  private static func defaults(_ settings: [Setting]) -> Attributes? {
    var all = Attributes()
    for setting in settings {
      switch setting.fallback {
      case .value(let value): all.set(setting.name, value, hidden: true)
      case .absent: continue
      case .required, .derived: return nil
      }
    }
    return all
  }

  /// Operands and settings to try it with: each option left out and given, several ranks.
  package var samples: [Sample] { trials() }

  /// Every op there is: built-ins, help, explanations and tests read this table.
  package static let all: [Op] =
    arithmetic + comparisons + functions + activations + reductions + products + views + losses
    + layers + recurrence + windows + adjoints
}

extension Op: Equatable {
  package static func == (a: Op, b: Op) -> Bool { a === b }
}

extension Op {
  /// An op that treats each element alike.
  static func elementwise(
    _ name: String, _ operands: [Operand], settings: [Setting] = [],
    family: Family = .elementwise, _ summary: String, _ definition: String, example: String = "",
    notation: Notation = .call, promotion: Promotion = .common,
    partials: @escaping @autoclosure @Sendable () -> [Formula], kernels: [VJP.Kernel] = [],
    edges: @escaping @autoclosure @Sendable () -> [Formula] = [], loop: Looping? = nil,
    scalar: (@Sendable (Double, Double) -> Double)? = nil, slopes: Slopes? = nil,
    bounds: Bounds? = nil, samples: (@Sendable () -> [Sample])? = nil, _ forward: @escaping Forward
  ) -> Op {
    let count = operands.count
    return Op(
      name, operands, settings: settings, family: family, summary: summary, definition: definition,
      example: example, notation: notation, promotion: promotion,
      derivative: .partials(Once(partials)), links: .elementwise, scalar: scalar, slopes: slopes,
      kernels: kernels, edges: Once(edges), loop: loop, bounds: bounds,
      samples: samples ?? { count == 1 ? Sample.unary : Sample.binary },
      forward: forward)
  }

  /// An op that treats each element as a formula over other ops says.
  static func formed(
    _ name: String, _ operands: [Operand], family: Family = .elementwise, _ summary: String,
    _ definition: String, example: String, value: @escaping @autoclosure @Sendable () -> Formula,
    partials: @escaping @autoclosure @Sendable () -> [Formula],
    edges: @escaping @autoclosure @Sendable () -> [Formula] = []
  ) -> Op {
    let value = Once(value)
    return elementwise(
      name, operands, family: family, summary, definition, example: example, promotion: .floating,
      partials: partials(), edges: edges(),
      scalar: { x, y in
        let number = value.value.evaluate(number: { leaf in
          if case .operand(let k) = leaf { k == 0 ? x : y } else { nil }
        })
        return number ?? .nan
      }
    ) { c throws(TensorError) in
      var shape = c.x.shape
      for input in c.inputs.dropFirst() { shape = try shape.broadcast(with: input.shape) }
      return try value.value.evaluate(over: shape) { c.leaf($0, c.x.dtype) }
    }
  }

  /// An op whose gradients are computed together.
  static func fused(
    _ name: String, _ operands: [Operand], settings: [Setting] = [], family: Family,
    _ summary: String, _ definition: String, example: String, notation: Notation = .call,
    gradients: [VJP], links: Links = .measured,
    sums: (@Sendable (Call, Int) -> EntrySum?)? = nil, joint: @escaping Joint,
    addition: Addition? = nil, saves: Bool = false,
    samples: @escaping @Sendable () -> [Sample], _ forward: @escaping Forward
  ) -> Op {
    Op(
      name, operands, settings: settings, family: family, summary: summary, definition: definition,
      example: example, notation: notation, promotion: .floating,
      derivative: .vjps(gradients), links: links, sums: sums, joint: joint,
      addition: addition, saves: saves,
      samples: samples, forward: forward)
  }

  /// An op that copies entries of its operand to other places.
  static func rearranging(
    _ name: String, operands: [Operand] = ["x"], settings: [Setting] = [],
    family: Family = .shape, _ summary: String, _ definition: String, example: String = "",
    notation: Notation = .method, back: @escaping VJP.Text,
    selection: @escaping @Sendable (Call) throws(TensorError) -> Selection,
    kernel: VJP.Kernel? = nil, samples: @escaping @Sendable () -> [Sample],
    _ forward: Forward? = nil
  ) -> Op {
    let spread: VJP.Kernel = { call, dz throws(TensorError) in
      try dz.spread(by: selection(call), into: call.x.shape)
    }
    let pick: Forward = { call throws(TensorError) in try call.x.picked(selection(call)) }
    return Op(
      name, operands, settings: settings, family: family, summary: summary, definition: definition,
      example: example, notation: notation, promotion: .none,
      derivative: .vjps([VJP(text: back, kernel: kernel ?? spread)]), links: .copies(selection),
      samples: samples, forward: forward ?? pick)
  }
}
