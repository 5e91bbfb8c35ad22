// Functions of one number.
import Platform
import Tensors

extension Op {
  /// A function of one number, from its kernel and its partial.
  static func function<K: UnaryKernel>(
    _ name: String, _ kernel: K, family: Family = .elementwise, _ summary: String,
    _ definition: String, example: String, partial: @escaping @autoclosure @Sendable () -> Formula,
    promotion: Promotion = .floating, onlyPositive: Bool = false,
    domain: (low: Double, high: Double)? = nil, slope: Slopes.Slope? = nil,
    kernels: [VJP.Kernel] = [], edges: @escaping @autoclosure @Sendable () -> [Formula] = [],
    bounds: Bounds? = nil
  ) -> Op {
    let keepsWhole = if case .floating = promotion { false } else { true }
    return elementwise(
      name, ["x"], family: family, summary, definition, example: example,
      promotion: promotion, partials: [partial()], kernels: kernels, edges: edges(),
      loop: { _ in kernel.loop },
      scalar: { x, _ -> Double in kernel(x) }, slopes: slope.map { Slopes($0) },
      bounds: bounds,
      samples: {
        if let domain {
          return Sample.shapes.map { Sample([Sample.spread($0, domain.low, domain.high)]) }
        }
        return onlyPositive ? Sample.unaryPositive : Sample.unary
      }
    ) { c throws(TensorError) in try c.x.map(kernel, keepsWhole: keepsWhole) }
  }

  /// The same from a function of doubles.
  static func function(
    _ name: String, _ f: @escaping @Sendable (Double) -> Double, family: Family = .elementwise,
    _ summary: String, _ definition: String, example: String,
    partial: @escaping @autoclosure @Sendable () -> Formula, promotion: Promotion = .floating,
    edges: @escaping @autoclosure @Sendable () -> [Formula] = [],
    onlyPositive: Bool = false, domain: (low: Double, high: Double)? = nil, bounds: Bounds? = nil
  ) -> Op {
    function(
      name, Kernel.Through(f), family: family, summary, definition, example: example,
      partial: partial(), promotion: promotion, onlyPositive: onlyPositive, domain: domain,
      edges: edges(), bounds: bounds)
  }

  /// Exponential: it is its own derivative.
  package static let exp: Op = function(
    "exp", Kernel.exp, "The exponential function.", "e^x", example: "exp(1)", partial: .z,
    slope: { _, _, z in z })
  /// Natural logarithm; -inf at 0, nan below.
  package static let log: Op = function(
    "log", Kernel.log, "The natural logarithm.", "ln x", example: "log(2.718281828)",
    partial: 1 / .x, onlyPositive: true, slope: { x, _, _ in 1 / x })
  package static let abs: Op = function(
    "abs", Kernel.abs, "The magnitude; its derivative at 0 is taken as 0.", "|x|",
    example: "abs(-3)", partial: .call(sign, .x), promotion: .common)
  package static let expm1: Op = function(
    "expm1", Kernel.expm1, "`exp(x) - 1` without loss of digits near 0.", "e^x - 1",
    example: "expm1(1e-10)", partial: .z + 1)
  package static let log1p: Op = function(
    "log1p", Kernel.log1p, "`log(1 + x)` without loss of digits near 0.", "ln(1 + x)",
    example: "log1p(1e-10)", partial: 1 / (1 + .x), onlyPositive: true)
  package static let sqrt: Op = function(
    "sqrt", Kernel.sqrt, "The square root.", "√x", example: "sqrt(16)", partial: 1 / (2 * .z),
    onlyPositive: true)
  package static let rsqrt: Op = function(
    "rsqrt", Kernel.rsqrt, "One over the square root.", "1/√x", example: "rsqrt(4)",
    partial: -0.5 * Formula.z.power(3), onlyPositive: true)
  package static let square: Op = function(
    "square", Kernel.square, "The square.", "x^2", example: "square([1, 2, 3])",
    partial: 2 * .x, promotion: .counting, slope: { x, _, _ in 2 * x })
  package static let sin: Op = function(
    "sin", Kernel.sin, "The sine of an angle in radians.", "sin x", example: "sin(pi/2)",
    partial: .call(cos, .x))
  package static let cos: Op = function(
    "cos", Kernel.cos, "The cosine of an angle in radians.", "cos x", example: "cos(0)",
    partial: -.call(sin, .x))
  package static let sign: Op = function(
    "sign", Kernel.sign, "-1, 0 or 1; flat, so its derivative is 0.", "sign of x",
    example: "sign([-2, 0, 5])", partial: 0, promotion: .common)
  package static let floor: Op = function(
    "floor", Kernel.floor, "Rounds down; flat, so its derivative is 0.", "⌊x⌋",
    example: "floor(2.7)", partial: 0, promotion: .common)
  package static let round: Op = function(
    "round", Kernel.round, "Rounds to the nearest whole number, halves to the even one.",
    "nearest whole number", example: "round([0.5, 1.5, 2.4])", partial: 0, promotion: .common)
  package static let ceil: Op = function(
    "ceil", { $0.rounded(.up) }, "Rounds up; flat, so its derivative is 0.", "⌈x⌉",
    example: "ceil(2.1)", partial: 0, promotion: .common)
  package static let trunc: Op = function(
    "trunc", Kernel.truncate, "Cuts off what is behind the point; its derivative is 0.",
    "x without its fraction", example: "trunc([-2.7, 2.7])", partial: 0, promotion: .common)
  package static let frac: Op = function(
    "frac", { $0 - $0.rounded(.towardZero) }, "What is behind the point, with the sign of `x`.",
    "x - trunc(x)", example: "frac([-2.75, 2.75])", partial: 1)
  package static let exp2: Op = function(
    "exp2", { Elementary.pow(2, $0) }, "Two to the power of `x`.", "2^x", example: "exp2(3)",
    partial: .number(ln2) * .z)
  package static let log2: Op = function(
    "log2", Elementary.log2, "The logarithm by 2.", "ln x / ln 2", example: "log2(8)",
    partial: 1 / (.number(ln2) * .x), onlyPositive: true)
  package static let log10: Op = function(
    "log10", Elementary.log10, "The logarithm by 10.", "ln x / ln 10", example: "log10(1000)",
    partial: 1 / (.number(ln10) * .x), onlyPositive: true)
  package static let reciprocal: Op = function(
    "reciprocal", Kernel.reciprocal, "One over `x`.", "1/x", example: "reciprocal(4)",
    partial: -Formula.z.power(2), onlyPositive: true)
  private static let (ln2, ln10) = (Elementary.log(2), Elementary.log(10))

  package static let erf: Op = function(
    "erf", Kernel.erf, "The error function.", "2/√π ∫₀ˣ e^(-t²) dt", example: "erf(0.5)",
    partial: .number(2 / Double.pi.squareRoot()) * .call(exp, -Formula.x.power(2)))

  package static let erfinv: Op = function(
    "erfinv", Elementary.erfinv,
    "The number whose error function is `x`, for `x` between -1 and 1.",
    "y with erf(y) = x", example: "erfinv(0.5)",
    partial: .number(Double.pi.squareRoot() / 2) * .call(exp, Formula.z.power(2)),
    domain: (-0.8, 0.9))

  /// Bounds that were not given lie at infinity; a bound with a fraction makes whole numbers floats.
  package static let clamp: Op = elementwise(
    "clamp", ["x"],
    settings: [
      Setting("min", .number, .value(.number(-.infinity))),
      Setting("max", .number, .value(.number(.infinity))),
    ],
    "Holds `x` between two bounds; the gradient passes inside and on them.",
    "min(max(x, low), high)", example: "clamp([-3, 0.5, 3], -1, 1)",
    promotion: .fractional { _, settings in
      ["min", "max"].compactMap { settings.number($0) }
        .contains { $0.isFinite && $0 != $0.rounded() }
    },
    partials: [.where_(ge, .x, .attribute("min"), .where_(le, .x, .attribute("max"), 1, 0), 0)],
    edges: [.where_(ge, .x, .attribute("min"), .where_(le, .x, .attribute("max"), .dz, 0), 0)],
    loop: { Kernel.clamp($0.number("min") ?? -.infinity, $0.number("max") ?? .infinity).loop },
    samples: {
      Sample.unary + Sample.unary.map { $0.with("min", .number(-0.5)) }
        + Sample.unary.map { $0.with("min", .number(-0.5)).with("max", .number(1)) }
    }
  ) { c throws(TensorError) in
    // Bounds are numbers, which truth values become.
    let x = c.x.dtype == .bool ? try c.x.converted(to: .int64) : c.x
    return try x.map(Kernel.clamp(c.number("min"), c.number("max")), keepsWhole: true)
  }

  /// The same numbers; gradients do not pass, and numeric checks hold it where it is.
  package static let detach: Op = Op(
    "detach", ["x"], family: .elementwise, summary: "The same numbers, cut off from the graph.",
    definition: "x", notation: .method,
    promotion: .none, derivative: .none("it is there to cut the graph"), isCut: true
  ) { c throws(TensorError) in c.x }

  /// The same numbers in another float type; the gradient comes back in the first one.
  package static let converted: Op = Op(
    "to", ["x"], settings: [Setting("dtype", .choice(["float32", "float64"]), .required)],
    family: .elementwise, summary: "The same numbers in another float type.", definition: "x",
    notation: converting, promotion: .none, derivative: .partials(Once { [1] }),
    links: .elementwise,
    samples: { Sample.shapes.map { Sample([Sample.spread($0)], ("dtype", .text("float64"))) } }
  ) { c throws(TensorError) in try c.x.converted(to: target(c)) }

  /// The same as whole numbers or truth values, which have no gradient.
  package static let convertedWhole: Op = Op(
    "to_whole", ["x"], settings: [Setting("dtype", .choice(["int64", "bool"]), .required)],
    family: .elementwise, summary: "The whole numbers, or the truth values, of `x`.",
    definition: "x cut off", notation: converting, promotion: .none,
    derivative: .none("a whole number jumps; it has no slope"),
    samples: {
      ["int64", "bool"].map { Sample([Sample.spread([2, 3])], ("dtype", .text($0))) }
    }
  ) { c throws(TensorError) in
    if c.attributes.word("dtype") == "bool" {
      return try c.x.compared(.notEqual, to: Tensor(0, dtype: c.x.dtype))
    }
    if c.x.values.contains(where: { !$0.isFinite }) {
      throw .wholeNumbersNeeded("what becomes int64")
    }
    return try c.x.converted(to: .int64)
  }

  private static let converting = Notation.spelled { arguments, attributes in
    "\(arguments[0]).to(\"\(attributes.word("dtype") ?? "")\")"
  }

  private static func target(_ c: Call) -> DType {
    c.attributes.word("dtype") == "float32" ? .float32 : .float64
  }

  /// What a sum over places starts from.
  package static let zerosLike: Op = Op(
    "zeros_like", [Operand("x", .mask)], family: .adjoint, summary: "Zeros in the shape of `x`.",
    definition: "0", promotion: .none, derivative: .none("it is 0 whatever `x` is")
  ) { c throws(TensorError) in try Tensor(filling: c.x.shape, with: 0, dtype: c.x.dtype) }

  package static let functions: [Op] = [
    exp, exp2, log, log2, log10, abs, expm1, log1p, sqrt, rsqrt, square, reciprocal, sin, cos, tan,
    asin, acos, atan, sinh, cosh, asinh, acosh, atanh, sign, floor, ceil, trunc, frac, round, erf,
    erfinv, clamp, detach, converted, convertedWhole,
  ]
}
