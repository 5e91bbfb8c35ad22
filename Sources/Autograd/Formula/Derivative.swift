// How an op hands gradients back: formulas that are printed, evaluated and recorded.
import Platform
import Tensors

/// The vector-Jacobian product of an op with respect to one operand: what it says is what it does.
package struct VJP: Sendable {
  /// Makes the formula of a vjp for the call at hand.
  package typealias Text = @Sendable (Call) throws(TensorError) -> Formula
  /// Computes a vjp from the gradient of the result, of its shape; gives one of the operand's shape.
  package typealias Kernel = @Sendable (Call, Tensor) throws(TensorError) -> Tensor

  package let text: Text
  /// The same numbers by loops of its own, where the formula would be slow; a test holds both equal.
  let kernel: Kernel?
  /// What is recorded in place of the text, where that holds only for the numbers at hand.
  let recorded: Text?

  init(_ text: @escaping @autoclosure @Sendable () -> Formula, _ kernel: Kernel? = nil) {
    self.text = { _ throws(TensorError) in text() }
    self.kernel = kernel
    recorded = nil
  }

  init(text: @escaping Text, kernel: Kernel? = nil, recorded: Text? = nil) {
    self.text = text
    self.kernel = kernel
    self.recorded = recorded
  }
}

/// How an op is differentiated.
package enum Derivative: Sendable {
  /// Elementwise: one local derivative for each operand; the vjp follows.
  case partials(Once<[Formula]>)
  /// Otherwise: one vjp for each of the first operands.
  case vjps([VJP])
  /// One rule for any number of operands, told which it is.
  case each(@Sendable (Int) -> VJP)
  /// Not differentiable, and why.
  case none(String)
}

/// `∂z/∂x` and `∂z/∂y` of single numbers, from x, y and z. Plain function pointers: calling one touches
/// no reference count.
package struct Slopes: Sendable {
  /// The derivative of a scalar op by one operand, of its operands x, y and its result z.
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

/// How single entries of an operand reach single entries of the result; `explain` follows these links.
package enum Links: Sendable {
  /// Entry by entry, with broadcasting.
  case elementwise
  /// Each result entry copies one entry of the operand; the selection says which.
  case copies(@Sendable (Call) throws(TensorError) -> Selection)
  /// From an operand's entry to the result entries it reaches, with the partial derivative of each.
  case entries(@Sendable (Call, _ operand: Int, _ offset: Int) -> [(offset: Int, partial: Formula)])
  /// Found numerically, by pulling each result entry back.
  case measured
}

/// One entry of a result as a sum of products of two operands' entries, and single entries besides.
package struct EntrySum: Sendable {
  /// An entry of an operand, counted in row-major order.
  package typealias Place = (operand: Int, offset: Int)
  package var products: [(Place, Place)] = []
  package var plus: [Place] = []
}

extension Formula {
  /// The value of a formula of a gradient.
  func pulled(_ call: Call, _ dz: Tensor) throws(TensorError) -> Tensor {
    // What is not elementwise has its operand's shape, not its result's.
    let shape = dz.rank == 0 ? call.x.shape : dz.shape
    return try evaluate(over: shape) { leaf in
      if case .cotangent = leaf { dz } else { call.leaf(leaf, dz.dtype) }
    }
  }
}

extension Op {
  /// The partial with respect to an operand, if the op works elementwise.
  package func partial(_ operand: Int) -> Formula? {
    guard case .partials(let partials) = derivative else { return nil }
    let all = partials.value
    return operand < all.count ? all[operand] : nil
  }

  /// The vjp with respect to an operand, if the op states one.
  package func vjp(_ operand: Int) -> VJP? {
    switch derivative {
    case .vjps(let vjps): operand < vjps.count ? vjps[operand] : nil
    case .each(let rule): rule(operand)
    default: nil
    }
  }

  /// How the gradient of an operand follows from the result's, as a formula.
  /// - Throws: `TensorError.noRule` for an operand that gradients do not reach.
  package func pullback(_ k: Int, _ call: Call) throws(TensorError) -> Formula {
    if let partial = partial(k) {
      return unbroadcastText(.dz * partial, from: call.output.shape, to: call.inputs[k].shape)
    }
    guard let vjp = vjp(k) else { throw .noRule(name, operand(k)?.name ?? "operand \(k)") }
    return try vjp.text(call)
  }

  /// The gradient that reaches operand `k` when `dz` has reached the result.
  package func pulled(_ k: Int, _ call: Call, _ dz: Tensor) throws(TensorError) -> Tensor {
    let shape = call.inputs[k].shape
    if k < kernels.count { return try unbroadcast(kernels[k](call, dz), to: shape) }
    if let edge = edge(k) { return try unbroadcast(edge.pulled(call, dz), to: shape) }
    if let vjp = vjp(k), let kernel = vjp.kernel { return try kernel(call, dz) }
    if let partial = partial(k) {
      // What does not depend on the operand hands nothing back, not even nan.
      if partial.number == 0 { return try Tensor(filling: shape, with: 0, dtype: dz.dtype) }
      if partial.number == 1 { return try unbroadcast(dz, to: shape) }
      if case .operand(let other) = partial {
        return try unbroadcast(dz * call.inputs[other], to: shape)
      }
      return try unbroadcast(Formula.call(.mul, .dz, partial).pulled(call, dz), to: shape)
    }
    let gradient = try pullback(k, call).pulled(call, dz)
    // A formula that came to a number is that number everywhere.
    return gradient.shape == shape ? gradient : try gradient.expanded(to: shape)
  }

  /// Whether gradients reach an operand.
  package func reaches(_ k: Int, _ inputs: [Tensor]) -> Bool {
    switch role(k) {
    case .value: isDifferentiable
    case .labels: vjp(k) != nil && inputs[k].dtype.isFloat && inputs[k].shape == inputs[0].shape
    default: false
    }
  }
}

/// Sums a gradient over the axes along which an operand was stretched.
package func unbroadcast(_ gradient: Tensor, to shape: Shape) throws(TensorError) -> Tensor {
  if gradient.shape == shape { return gradient }
  let extra = gradient.rank - shape.rank
  guard extra >= 0 else { return try gradient.expanded(to: shape) }
  let axes = (0..<gradient.rank).filter { axis in
    axis < extra || (shape[axis - extra] == 1 && gradient.shape[axis] != 1)
  }
  return try gradient.sum(axes, keepdim: true).reshaped(to: shape)
}

/// What `unbroadcast` does, as a formula.
package func unbroadcastText(_ gradient: Formula, from wide: Shape, to shape: Shape) -> Formula {
  if wide == shape || gradient.number == 0 { return gradient }
  if shape.rank == 0 { return .call(.sum, gradient) }
  let extra = wide.rank - shape.rank
  var text = gradient
  if extra > 0 {
    text = .apply(.sum, [text], Attributes(("dim", .ints(Array(0..<extra)))))
  }
  let stretched = (0..<shape.rank).filter { shape[$0] == 1 && wide[$0 + extra] != 1 }
  if !stretched.isEmpty {
    text = .apply(
      .sum, [text], Attributes(("dim", .ints(stretched)), ("keepdim", .flag(true))))
  }
  return text
}
