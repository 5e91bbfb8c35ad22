// Functions of one number.
import Tensors

extension Op {
  /// A smooth function of one number, from its kernel and its partial.
  static func function<K: UnaryKernel>(
    _ name: String, _ kernel: K, _ summary: String, _ definition: String, partial: Formula,
    keepsWhole: Bool = false, slope: Slopes.Slope? = nil,
    fused: VJP? = nil
  ) -> Op {
    elementwise(
      name, ["x"], summary, definition, promotion: keepsWhole ? .own : .floating,
      partials: [partial], fused: fused.map { [$0] },
      scalar: { x, _ -> Double in kernel(x) }, slopes: slope.map { Slopes($0) }
    ) { c throws(TensorError) in try c.x.map(kernel, keepsWhole: keepsWhole) }
  }

  /// Exponential: it is its own derivative.
  package static let exp = function(
    "exp", Kernel.Exp(), "The exponential function.", "e^x", partial: .z, slope: { _, _, z in z })
  /// Natural logarithm; -inf at 0, nan below.
  package static let log = function(
    "log", Kernel.Log(), "The natural logarithm.", "ln x", partial: 1 / .x,
    slope: { x, _, _ in 1 / x }
  )

  package static let functions: [Op] = [
    exp, log,
    function(
      "abs", Kernel.Abs(), "The magnitude; its derivative at 0 is taken as 0.", "|x|",
      partial: .call("sign", .x), keepsWhole: true),
    function(
      "expm1", Kernel.Expm1(), "`exp(x) - 1` without loss of digits near 0.", "e^x - 1",
      partial: .z + 1),
    function(
      "log1p", Kernel.Log1p(), "`log(1 + x)` without loss of digits near 0.", "ln(1 + x)",
      partial: 1 / (1 + .x)),
    function(
      "sqrt", Kernel.Sqrt(), "The square root.", "√x", partial: 1 / (2 * .z)),
    function(
      "rsqrt", Kernel.Rsqrt(), "One over the square root.", "1/√x",
      partial: -0.5 * Formula.z.power(3)),
    function(
      "square", Kernel.Square(), "The square.", "x^2", partial: 2 * .x, keepsWhole: true,
      slope: { x, _, _ in 2 * x }),
    function(
      "sin", Kernel.Sin(), "The sine of an angle in radians.", "sin x", partial: .call("cos", .x)),
    function(
      "cos", Kernel.Cos(), "The cosine of an angle in radians.", "cos x",
      partial: -.call("sin", .x)),
    function(
      "sign", Kernel.Sign(), "-1, 0 or 1; flat, so its derivative is 0.", "sign of x", partial: 0,
      keepsWhole: true),
    function(
      "floor", Kernel.Floor(), "Rounds down; flat, so its derivative is 0.", "⌊x⌋", partial: 0,
      keepsWhole: true),
    function(
      "round", Kernel.Round(), "Rounds to the nearest whole number, halves to the even one.",
      "nearest whole number", partial: 0, keepsWhole: true),
    function(
      "erf", Kernel.Erf(), "The error function.", "2/√π ∫₀ˣ e^(-t²) dt",
      partial: .number(2 / Double.pi.squareRoot()) * .call("exp", -Formula.x.power(2))),
    elementwise(
      "clamp", ["x"], settings: [Setting("min", nil), Setting("max", nil)],
      "Holds `x` between two bounds; the gradient passes inside and on them.",
      "min(max(x, low), high)",
      partials: [
        .where_("ge", .x, .attribute("min"), .where_("le", .x, .attribute("max"), 1, 0), 0)
      ]
    ) { c throws(TensorError) in
      try c.x.map(
        Kernel.Clamp(
          c.attributes.number("min") ?? -.infinity, c.attributes.number("max") ?? .infinity),
        keepsWhole: true)
    },
  ]
}
