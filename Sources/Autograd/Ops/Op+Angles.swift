// Functions of angles, hyperbolic functions, and what undoes them.
import Platform
import Tensors

extension Op {
  package static let tan: Op = function(
    "tan", Elementary.tan, "The tangent of an angle in radians.", "sin x / cos x",
    example: "tan(pi/4)", partial: 1 + Formula.z.power(2), domain: (-1.2, 1.1))
  package static let asin: Op = function(
    "asin", Elementary.asin, "The angle whose sine is `x`, for `x` from -1 to 1.",
    "y with sin y = x", example: "asin(1)",
    partial: 1 / .call(sqrt, 1 - Formula.x.power(2)), domain: (-0.8, 0.9))
  package static let acos: Op = function(
    "acos", Elementary.acos, "The angle whose cosine is `x`, for `x` from -1 to 1.",
    "y with cos y = x", example: "acos(0)",
    partial: -(1 / .call(sqrt, 1 - Formula.x.power(2))), domain: (-0.8, 0.9))
  package static let atan: Op = function(
    "atan", Elementary.atan, "The angle whose tangent is `x`.", "y with tan y = x",
    example: "atan(1)", partial: 1 / (1 + Formula.x.power(2)))
  package static let sinh: Op = function(
    "sinh", Elementary.sinh, "The hyperbolic sine.", "(e^x - e^-x)/2", example: "sinh(1)",
    partial: .call(cosh, .x))
  package static let cosh: Op = function(
    "cosh", Elementary.cosh, "The hyperbolic cosine.", "(e^x + e^-x)/2", example: "cosh(1)",
    partial: .call(sinh, .x))
  package static let asinh: Op = function(
    "asinh", Elementary.asinh, "The number whose hyperbolic sine is `x`.",
    "ln(x + √(x^2 + 1))", example: "asinh(1)", partial: 1 / .call(sqrt, Formula.x.power(2) + 1))
  package static let acosh: Op = function(
    "acosh", Elementary.acosh, "The number from 0 on whose hyperbolic cosine is `x`, from 1 on.",
    "ln(x + √(x^2 - 1))", example: "acosh(2)",
    partial: 1 / .call(sqrt, Formula.x.power(2) - 1), domain: (1.2, 3))
  package static let atanh: Op = function(
    "atanh", Elementary.atanh, "The number whose hyperbolic tangent is `x`, between -1 and 1.",
    "ln((1 + x)/(1 - x))/2", example: "atanh(0.5)", partial: 1 / (1 - Formula.x.power(2)),
    domain: (-0.8, 0.9))

  /// The angle of a point, y first.
  package static let atan2: Op = elementwise(
    "atan2", ["y", "x"], "The angle of the point (x, y), from -π to π.", "the angle of (x, y)",
    example: "atan2(1, -1)", promotion: .floating,
    partials: [
      Formula.operand(1) / (Formula.operand(0).power(2) + Formula.operand(1).power(2)),
      -Formula.operand(0) / (Formula.operand(0).power(2) + Formula.operand(1).power(2)),
    ],
    // The origin has no angle; as in PyTorch it hands nothing back.
    edges: [
      .where_(eq, squares, 0, 0, .dz * (Formula.operand(1) / squares)),
      .where_(eq, squares, 0, 0, .dz * (-Formula.operand(0) / squares)),
    ], loop: { _ in Kernel.atan2.loop }, scalar: { Elementary.atan2($0, $1) }
  ) { c throws(TensorError) in try c.x.zip(c.y, Kernel.atan2) }

  private static let squares = Formula.operand(0).power(2) + Formula.operand(1).power(2)

  package static let hypot: Op = elementwise(
    "hypot", ["x", "y"], "The length of the hypotenuse.", "√(x^2 + y^2)", example: "hypot(3, 4)",
    promotion: .floating, partials: [.x / .z, .y / .z], scalar: { length($0, $1) }
  ) { c throws(TensorError) in try c.x.zip(c.y, Kernel.ThroughPair { length($0, $1) }) }

  /// The length of (x, y); its squares are scaled where they would leave the range of numbers.
  private static func length(_ x: Double, _ y: Double) -> Double {
    let sum = x * x + y * y
    if sum >= 0x1p-960, sum < .infinity { return sum.squareRoot() }
    if x.isInfinite || y.isInfinite { return .infinity }
    let most = Swift.max(Swift.abs(x), Swift.abs(y))
    if most == 0 || sum.isNaN { return x + y + most }
    let (a, b) = (x / most, y / most)
    return most * (a * a + b * b).squareRoot()
  }
}
