// One op: its value, and how blame flows back to each operand.
import Tensors

/// One application of an op: what went in, how it was set, and (after the forward step) what came out.
package struct Call {
  package let inputs: [Tensor]
  package let attributes: Attributes
  package var output: Tensor

  package init(inputs: [Tensor], attributes: Attributes, output: Tensor = Tensor(0)) {
    self.inputs = inputs
    self.attributes = attributes
    self.output = output
  }

  package var x: Tensor { inputs[0] }
  package var y: Tensor { inputs[1] }
}

/// The vector-Jacobian product of an op with respect to one operand, said and done.
package struct VJP: Sendable {
  package let text: @Sendable (Call) -> Formula
  package let apply: @Sendable (Call, Tensor) throws(TensorError) -> Tensor

  package init(
    _ text: @escaping @autoclosure @Sendable () -> Formula,
    _ apply: @escaping @Sendable (Call, Tensor) throws(TensorError) -> Tensor
  ) {
    self.text = { _ in text() }
    self.apply = apply
  }

  package init(
    text: @escaping @Sendable (Call) -> Formula,
    apply: @escaping @Sendable (Call, Tensor) throws(TensorError) -> Tensor
  ) {
    self.text = text
    self.apply = apply
  }
}

/// In which type the operands of an op meet.
package enum Promotion: Sendable {
  /// The op's kernels see to it: whole numbers may stay whole.
  case own
  /// As in PyTorch the widest of their float types, tensors with axes deciding over single numbers; whole
  /// numbers become the default float type.
  case floating
  /// The same where the operands ask for it, as a negative power of whole numbers does.
  case floatingIf(@Sendable ([Tensor]) -> Bool)
}

/// How an op is differentiated.
package enum Derivative: Sendable {
  /// Elementwise: one local derivative for each operand; the vjp follows.
  case partials([Formula])
  /// Otherwise: one vjp for each operand.
  case vjps([VJP])
  /// One rule for any number of operands, told which it is.
  case each(@Sendable (Int) -> VJP)
  /// Not differentiable, and why.
  case none(String)
}

/// How single entries of an operand reach single entries of the result; `explain` follows these links.
package enum Links: Sendable {
  /// Entry by entry, with broadcasting.
  case elementwise
  /// Each result entry copies one entry of the operand; the offsets say which.
  case copies(@Sendable (Call) throws(TensorError) -> [Int])
  /// From an operand's entry to the result entries it reaches, with the partial derivative of each.
  case entries(@Sendable (Call, _ operand: Int, _ offset: Int) -> [(offset: Int, partial: Formula)])
  /// Found numerically, by pulling each result entry back.
  case measured
}

/// `∂z/∂x` and `∂z/∂y` of single numbers, from x, y and z. Plain function pointers: calling one touches
/// no reference count.
package struct Slopes: Sendable {
  package typealias Slope = @convention(c) (_ x: Double, _ y: Double, _ z: Double) -> Double
  let x: Slope
  let y: Slope

  init(_ x: Slope, _ y: Slope = { _, _, _ in 0 }) {
    self.x = x
    self.y = y
  }

  @inline(__always)
  package func callAsFunction(_ x: Double, _ y: Double, _ z: Double) -> (Double, Double) {
    (self.x(x, y, z), self.y(x, y, z))
  }
}

/// A differentiable (or knowingly not differentiable) operation.
package final class Op: Sendable {
  package typealias Forward = @Sendable (Call) throws(TensorError) -> Tensor

  package let name: String
  /// In which type its operands meet before anything is computed with them.
  package let promotion: Promotion
  /// Operand names, as help and explanations print them.
  package let operands: [String]
  /// How many of the last operands may be left out; they are 1 then.
  package let optional: Int
  /// The settings it takes besides.
  package let settings: [Setting]
  /// One sentence in the field's terms.
  package let summary: String
  /// Its defining formula as text.
  package let definition: String
  package let notation: Notation
  package let derivative: Derivative
  package let links: Links
  package let forward: Forward
  /// The value for single numbers, when no settings are involved.
  package let scalar: (@Sendable (Double, Double) -> Double)?
  /// The partials of single numbers without a walk over their formulas; a test holds both equal.
  package let slopes: Slopes?
  /// A vjp for tensors that keeps IEEE edge cases (`x^0` at nan) or saves temporaries.
  package let fused: [VJP]?
  /// All vjps in one go, for ops whose gradients share most of their work.
  package let joint: Joint?

  /// The gradients of those operands that `wanted` marks.
  package typealias Joint =
    @Sendable (Call, Tensor, _ wanted: [Bool]) throws(TensorError) -> [Tensor?]

  /// A named argument with its default.
  package struct Setting: Sendable {
    package let name: String
    package let fallback: Attribute?

    package init(_ name: String, _ fallback: Attribute?) {
      self.name = name
      self.fallback = fallback
    }
  }

  init(
    _ name: String, _ operands: [String], optional: Int = 0, settings: [Setting] = [],
    summary: String, definition: String, notation: Notation = .call, promotion: Promotion = .own,
    derivative: Derivative, links: Links = .measured,
    scalar: (@Sendable (Double, Double) -> Double)? = nil,
    slopes: Slopes? = nil, fused: [VJP]? = nil, joint: Joint? = nil, forward: @escaping Forward
  ) {
    self.name = name
    self.operands = operands
    self.optional = optional
    self.settings = settings
    self.summary = summary
    self.definition = definition
    self.notation = notation
    self.promotion = promotion
    self.derivative = derivative
    self.links = links
    self.scalar = scalar
    self.slopes = slopes
    self.fused = fused
    self.joint = joint
    self.forward = forward
  }

  package var isDifferentiable: Bool { if case .none = derivative { false } else { true } }

  /// The partial with respect to an operand, if the op works elementwise.
  package func partial(_ operand: Int) -> Formula? {
    guard case .partials(let partials) = derivative, operand < partials.count else { return nil }
    return partials[operand]
  }

  /// The vjp with respect to an operand, if the op states one.
  package func vjp(_ operand: Int) -> VJP? {
    switch derivative {
    case .vjps(let vjps): operand < vjps.count ? vjps[operand] : nil
    case .each(let rule): rule(operand)
    default: nil
    }
  }

  /// The operands in the type that the op computes in.
  /// - Parameter whole: the float type that whole numbers become.
  func promoted(_ inputs: [Tensor], whole: DType) throws(TensorError) -> [Tensor] {
    switch promotion {
    case .own: return inputs
    case .floating: break
    case .floatingIf(let asks): guard asks(inputs) else { return inputs }
    }
    // A tensor with axes decides over single numbers.
    let wide = inputs.filter { $0.rank > 0 && $0.dtype.isFloat }.map(\.dtype).max()
    let target = wide ?? inputs.filter(\.dtype.isFloat).map(\.dtype).max() ?? whole
    if inputs.allSatisfy({ $0.dtype == target }) { return inputs }
    var promoted: [Tensor] = []
    for input in inputs { promoted.append(try input.converted(to: target)) }
    return promoted
  }

  /// All ops by name.
  package static func named(_ name: String) -> Op? { table[name] }
  private static let table = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// Every op there is: built-ins, help, explanations and tests read this table.
  package static let all: [Op] =
    arithmetic + comparisons + functions + activations + reductions + products + views + losses
    + layers + windows
}

extension Op {
  /// An op that treats each element alike.
  static func elementwise(
    _ name: String, _ operands: [String], settings: [Setting] = [], _ summary: String,
    _ definition: String, notation: Notation = .call, promotion: Promotion = .own,
    partials: [Formula], fused: [VJP]? = nil,
    scalar: (@Sendable (Double, Double) -> Double)? = nil, slopes: Slopes? = nil,
    _ forward: @escaping Forward
  ) -> Op {
    Op(
      name, operands, settings: settings, summary: summary, definition: definition,
      notation: notation, promotion: promotion, derivative: .partials(partials),
      links: .elementwise, scalar: scalar,
      slopes: slopes, fused: fused, forward: forward)
  }

  /// An op whose gradients are computed together.
  static func fused(
    _ name: String, _ operands: [String], settings: [Setting] = [], _ summary: String,
    _ definition: String, gradients: [@Sendable (Call) -> Formula], links: Links = .measured,
    joint: @escaping Joint, _ forward: @escaping Forward
  ) -> Op {
    let vjps = gradients.enumerated().map { k, text in
      VJP(text: text) { c, dz throws(TensorError) in
        var wanted = [Bool](repeating: false, count: c.inputs.count)
        wanted[k] = true
        if let gradient = try joint(c, dz, wanted)[k] { return gradient }
        return try Tensor(filling: c.inputs[k].shape, with: 0)
      }
    }
    return Op(
      name, operands, settings: settings, summary: summary, definition: definition,
      promotion: .floating, derivative: .vjps(vjps), links: links, joint: joint, forward: forward)
  }

  /// An op that copies entries of its operand to other places.
  static func rearranging(
    _ name: String, settings: [Setting] = [], _ summary: String, _ definition: String,
    notation: Notation = .method, back: @escaping @Sendable (Call) -> Formula,
    offsets: @escaping @Sendable (Call) throws(TensorError) -> [Int],
    vjp: (@Sendable (Call, Tensor) throws(TensorError) -> Tensor)? = nil,
    _ forward: @escaping Forward
  ) -> Op {
    let scatter: @Sendable (Call, Tensor) throws(TensorError) -> Tensor = {
      call, dz throws(TensorError) in
      try dz.scattered(try offsets(call), into: call.x.shape)
    }
    return Op(
      name, ["x"], settings: settings, summary: summary, definition: definition,
      notation: notation, derivative: .vjps([VJP(text: back, apply: vjp ?? scatter)]),
      links: .copies(offsets), forward: forward)
  }
}

/// Sums a gradient over the axes along which an operand was stretched.
package func unbroadcast(_ gradient: Tensor, to shape: Shape) throws(TensorError) -> Tensor {
  if gradient.shape == shape { return gradient }
  let extra = gradient.rank - shape.rank
  let axes = (0..<gradient.rank).filter { axis in
    axis < extra || (shape[axis - extra] == 1 && gradient.shape[axis] != 1)
  }
  return try gradient.sum(axes, keepdim: true).reshaped(to: shape)
}

/// What `unbroadcast` does, as a formula.
package func unbroadcastText(_ gradient: Formula, from wide: Shape, to shape: Shape) -> Formula {
  if wide == shape || gradient.number == 0 { return gradient }
  if shape.rank == 0 { return .apply("sum", [gradient], Attributes()) }
  let extra = wide.rank - shape.rank
  var text = gradient
  if extra > 0 {
    text = .apply("sum", [text], Attributes(("dim", .ints(Array(0..<extra)))))
  }
  let stretched = (0..<shape.rank).filter { shape[$0] == 1 && wide[$0 + extra] != 1 }
  if !stretched.isEmpty {
    text = .apply(
      "sum", [text], Attributes(("dim", .ints(stretched)), ("keepdim", .flag(true))))
  }
  return text
}
