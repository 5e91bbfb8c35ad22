// Activation functions.
import Platform
import Tensors

extension Op {
  /// Logistic function, `z = 1/(1 + exp(-x))`. Its partial never passes 1/4.
  package static let sigmoid: Op = function(
    "sigmoid", Kernel.sigmoid, family: .activation, "Squashes any number into (0, 1).",
    "1/(1 + e^(-x))",
    example: "sigmoid(0)", partial: .z * (1 - .z), slope: { _, _, z in z * (1 - z) },
    kernels: byResult(Kernel.sigmoidSlope), bounds: Bounds(low: 0, high: 1))

  /// Hyperbolic tangent. Saturates: as `|z|` nears 1 its partial nears 0.
  package static let tanh: Op = function(
    "tanh", Kernel.tanh, family: .activation, "Squashes any number into (-1, 1).",
    "(e^x - e^-x)/(e^x + e^-x)", example: "tanh(1)", partial: 1 - Formula.z.power(2),
    slope: { _, _, z in 1 - z * z },
    kernels: byResult(Kernel.tanhSlope), bounds: Bounds(low: -1, high: 1))

  /// Rectifier (Nair and Hinton 2010): passes what is positive. Its partial at 0 is taken as 0;
  /// at nan the gradient passes, as in PyTorch.
  package static let relu: Op = function(
    "relu", Kernel.relu, family: .activation, "Passes what is positive and stops the rest.",
    "max(0, x)",
    example: "relu([-1, 0, 2])", partial: .where_(gt, .x, 0, 1, 0), promotion: .common,
    slope: { x, _, _ in x <= 0 ? 0 : 1 },
    kernels: byOperand(Kernel.reluSlope), edges: [.where_(le, .x, 0, 0, .dz)],
    bounds: Bounds(low: 0, high: nil))

  package static let leakyRelu: Op = setting(
    "leaky_relu", ("negative_slope", 0.01), "Like relu, but lets a little through below 0.",
    "x if x > 0 else negative_slope*x", example: "leaky_relu([-1, 2])", tried: 0.1,
    partial: .where_(gt, .x, 0, 1, .attribute("negative_slope"))
  ) { Kernel.leakyRelu($0) }

  package static let elu: Op = setting(
    "elu", ("alpha", 1), "Like relu, but levels off at -alpha (Clevert et al. 2015).",
    "x if x > 0 else alpha*(e^x - 1)", example: "elu(-1)", tried: 1.5,
    partial: .where_(gt, .x, 0, 1, .attribute("alpha") * .call(exp, .x))
  ) { Kernel.elu($0) }

  package static let gelu: Op = function(
    "gelu", Kernel.gelu, family: .activation,
    "Weighs `x` by the chance that a standard normal is below it (Hendrycks and Gimpel 2016).",
    "x*Φ(x)", example: "gelu([-1, 0, 1])",
    partial: 0.5 * (1 + .call(erf, .x / .number(2.0.squareRoot())))
      + .x * .call(exp, -0.5 * Formula.x.power(2)) / .number((2 * Double.pi).squareRoot()),
    kernels: byOperand(Kernel.geluSlope))

  package static let geluTanh: Op = elementwise(
    "gelu_tanh", ["x"], family: .activation,
    "gelu with `tanh` in place of the normal distribution.",
    "0.5*x*(1 + tanh(√(2/π)*(x + 0.044715*x^3)))",
    notation: .spelled { arguments, _ in "gelu(\(arguments[0]), approximate=\"tanh\")" },
    promotion: .floating,
    partials: [
      0.5 * (1 + geluInner) + 0.5 * .x * (1 - geluInner.power(2))
        * (geluScale * (1 + 0.134145 * Formula.x.power(2)))
    ], scalar: { x, _ in Kernel.geluTanh(x) }
  ) { c throws(TensorError) in try c.x.map(Kernel.geluTanh) }

  package static let silu: Op = function(
    "silu", Kernel.silu, family: .activation, "`x` times its own sigmoid, also called swish.",
    "x*sigmoid(x)", example: "silu(1)",
    partial: .call(sigmoid, .x) * (1 + .x * (1 - .call(sigmoid, .x))),
    kernels: byOperand(Kernel.siluSlope))

  package static let softplus: Op = elementwise(
    "softplus", ["x"], settings: [.number("beta", 1), .number("threshold", 20)],
    family: .activation,
    "A smooth relu; the identity where `beta*x` passes the threshold.",
    "ln(1 + e^(beta*x))/beta", example: "softplus(0)", promotion: .floating,
    partials: [
      .where_(
        gt, .x * .attribute("beta"), .attribute("threshold"), 1,
        .call(sigmoid, .x * .attribute("beta")))
    ], loop: { softplus($0).loop },
    samples: {
      Sample.unary + Sample.unary.map { $0.with("beta", .number(2)) }
        + Sample.unary.map { $0.with("beta", .number(2)).with("threshold", .number(1)) }
    }
  ) { c throws(TensorError) in try c.x.map(softplus(c.attributes)) }

  private static func softplus(_ settings: Attributes) -> Mapped {
    Kernel.softplus(settings.number("beta") ?? 1, settings.number("threshold") ?? 20)
  }

  package static let logsigmoid: Op = function(
    "logsigmoid", Kernel.logSigmoid, family: .activation,
    "The logarithm of the sigmoid, without underflow.", "-ln(1 + e^(-x))",
    example: "logsigmoid(0)", partial: .call(sigmoid, -.x))

  package static let relu6: Op = function(
    "relu6", Kernel.clamp(0, 6), family: .activation,
    "A rectifier that stops growing at 6.", "min(max(0, x), 6)", example: "relu6([-1, 3, 9])",
    partial: .where_(gt, .x, 0, .where_(lt, .x, 6, 1, 0), 0), promotion: .common,
    edges: [.where_(gt, .x, 0, .where_(lt, .x, 6, .dz, 0), 0)], bounds: Bounds(low: 0, high: 6))

  /// Scaled so that depth keeps mean 0 and spread 1 (Klambauer et al. 2017).
  package static let selu: Op = function(
    "selu", { $0 > 0 ? seluScale * $0 : seluScale * seluAlpha * Elementary.expm1($0) },
    family: .activation,
    "An elu scaled so that mean 0 and spread 1 are kept from layer to layer (Klambauer et al. 2017).",
    "scale*(x if x > 0 else alpha*(e^x - 1))", example: "selu([-1, 1])",
    partial: .where_(
      gt, .x, 0, .number(seluScale), .number(seluScale * seluAlpha) * .call(exp, .x)))
  private static let (seluScale, seluAlpha) = (1.0507009873554805, 1.6732632423543772)

  package static let celu: Op = setting(
    "celu", ("alpha", 1), "An elu whose slope has no jump, whatever `alpha` is (Barron 2017).",
    "x if x > 0 else alpha*(e^(x/alpha) - 1)", example: "celu(-1, alpha=2)", tried: 1.5,
    partial: .where_(gt, .x, 0, 1, .call(exp, .x / .attribute("alpha")))
  ) { alpha in
    Kernel.Through { $0 > 0 ? $0 : alpha * Elementary.expm1($0 / alpha) }
  }

  package static let mish: Op = formed(
    "mish", ["x"], family: .activation, "`x` times the tanh of its softplus (Misra 2019).",
    "x*tanh(ln(1 + e^x))", example: "mish(1)", value: .x * .call(tanh, .call(softplus, .x)),
    partials: [
      .call(tanh, .call(softplus, .x))
        + .x * .call(sigmoid, .x) * (1 - Formula.call(tanh, .call(softplus, .x)).power(2))
    ])

  package static let softsign: Op = function(
    "softsign", { $0 / (1 + Swift.abs($0)) }, family: .activation,
    "Squashes any number into (-1, 1), more slowly than tanh.", "x/(1 + |x|)",
    example: "softsign(3)", partial: 1 / (1 + Formula.call(abs, .x)).power(2),
    // At inf neither the value nor the slope is a number.
    edges: [.where_(eq, .z, .z, .dz / (1 + Formula.call(abs, .x)).power(2), .z)],
    bounds: Bounds(low: -1, high: 1))

  package static let hardtanh: Op = elementwise(
    "hardtanh", ["x"], settings: [.number("min_val", -1), .number("max_val", 1)],
    family: .activation, "Straight between two bounds, flat beyond.",
    "min(max(x, min_val), max_val)", example: "hardtanh([-3, 0.5, 3])",
    partials: [
      .where_(
        gt, .x, .attribute("min_val"), .where_(lt, .x, .attribute("max_val"), 1, 0), 0)
    ],
    edges: [
      .where_(
        gt, .x, .attribute("min_val"), .where_(lt, .x, .attribute("max_val"), .dz, 0), 0)
    ],
    samples: {
      Sample.unary
        + Sample.unary.map { $0.with("min_val", .number(-0.5)).with("max_val", .number(2)) }
    }
  ) { c throws(TensorError) in
    try c.x.map(Kernel.clamp(c.number("min_val"), c.number("max_val")), keepsWhole: true)
  }

  package static let hardsigmoid: Op = function(
    "hardsigmoid", { Swift.min(Swift.max($0 / 6 + 0.5, 0), 1) }, family: .activation,
    "A sigmoid of straight lines.", "min(max(x/6 + 1/2, 0), 1)", example: "hardsigmoid([-4, 0, 4])",
    partial: .where_(gt, .x, -3, .where_(lt, .x, 3, .number(1.0 / 6), 0), 0),
    edges: [.where_(gt, .x, -3, .where_(lt, .x, 3, .number(1.0 / 6) * .dz, 0), 0)],
    bounds: Bounds(low: 0, high: 1))

  package static let hardswish: Op = function(
    "hardswish", Kernel.hardswish, family: .activation, "`x` times its hardsigmoid.",
    "x*min(max(x/6 + 1/2, 0), 1)", example: "hardswish([-4, 0, 4])",
    partial: .where_(gt, .x, -3, .where_(lt, .x, 3, .x / 3 + 0.5, 1), 0),
    kernels: byOperand(Kernel.hardswishSlope),
    edges: [.where_(le, .x, -3, 0, .where_(ge, .x, 3, .dz, .dz * (.x / 3 + 0.5)))])

  package static let tanhshrink: Op = function(
    "tanhshrink", { $0 - Elementary.tanh($0) }, family: .activation, "`x` without its tanh.",
    "x - tanh x", example: "tanhshrink(1)", partial: Formula.call(tanh, .x).power(2))

  package static let softshrink: Op = setting(
    "softshrink", ("lambd", 0.5), "Moves towards 0 by `lambd`, and stays there.",
    "x - lambd if x > lambd, x + lambd if x < -lambd, else 0", example: "softshrink([-1, 0.2, 1])",
    tried: 0.2, partial: .where_(gt, .call(abs, .x), .attribute("lambd"), 1, 0),
    edges: [.where_(gt, .call(abs, .x), .attribute("lambd"), .dz, 0)]
  ) { lambd in
    Kernel.Through { $0 > lambd ? $0 - lambd : $0 < -lambd ? $0 + lambd : $0.isNaN ? $0 : 0 }
  }

  package static let hardshrink: Op = setting(
    "hardshrink", ("lambd", 0.5), "0 where `x` is no larger than `lambd`, else `x`.",
    "x if |x| > lambd else 0", example: "hardshrink([-1, 0.2, 1])", tried: 0.2,
    partial: .where_(gt, .call(abs, .x), .attribute("lambd"), 1, 0),
    edges: [.where_(gt, .call(abs, .x), .attribute("lambd"), .dz, 0)]
  ) { lambd in
    Kernel.Through { Swift.abs($0) <= lambd ? 0 : $0 }
  }

  package static let activations: [Op] = [
    sigmoid, tanh, relu, leakyRelu, elu, gelu, geluTanh, silu, softplus, logsigmoid, softmax,
    logSoftmax, relu6, selu, celu, mish, softsign, hardtanh, hardsigmoid, hardswish, tanhshrink,
    softshrink, hardshrink,
  ]

  /// The result's gradient times a slope that follows from the result, in one loop.
  private static func byResult<K: BinaryKernel>(_ slope: K) -> [VJP.Kernel] {
    let kernel: VJP.Kernel = { c, dz throws(TensorError) in try c.output.zip(dz, slope) }
    return [kernel]
  }

  /// The same where the slope follows from the operand.
  private static func byOperand<K: BinaryKernel>(_ slope: K) -> [VJP.Kernel] {
    let kernel: VJP.Kernel = { c, dz throws(TensorError) in try c.x.zip(dz, slope) }
    return [kernel]
  }

  /// A function of one number with one numeric setting.
  private static func setting<K: UnaryKernel>(
    _ name: String, _ setting: (String, Double), _ summary: String, _ definition: String,
    example: String, tried: Double, partial: @escaping @autoclosure @Sendable () -> Formula,
    edges: @escaping @autoclosure @Sendable () -> [Formula] = [],
    _ kernel: @escaping @Sendable (Double) -> K
  ) -> Op {
    elementwise(
      name, ["x"], settings: [.number(setting.0, setting.1)], family: .activation, summary,
      definition,
      example: example, promotion: .floating, partials: [partial()], edges: edges(),
      loop: { kernel($0.number(setting.0) ?? setting.1).loop },
      samples: { Sample.unary + Sample.unary.map { $0.with(setting.0, .number(tried)) } }
    ) { c throws(TensorError) in try c.x.map(kernel(c.number(setting.0))) }
  }

  private static let geluScale = Formula.number((2 / Double.pi).squareRoot())
  private static let geluInner = Formula.call(
    tanh, geluScale * (.x + 0.044715 * Formula.x.power(3)))

  // MARK: Softmax

  /// The axis that PyTorch takes where none is named: the first for ranks 0, 1 and 3, else the second.
  private static let softmaxAxis = Setting(
    "dim", .axis,
    .derived { inputs, _ throws(TensorError) in
      .ints([[0, 1, 3].contains(inputs[0].rank) ? 0 : 1])
    }, isGuess: true)

  /// Softmax along one axis: positive numbers that sum to 1.
  package static let softmax: Op = Op(
    "softmax", ["x"], settings: [softmaxAxis], family: .activation,
    summary: "Turns scores along an axis into probabilities that sum to 1.",
    definition: "e^x / Σ e^x", example: "softmax([1, 2, 3])", promotion: .floating,
    derivative: .vjps([
      VJP { c throws(TensorError) in
        .z * (.dz - .apply(sum, [.dz * .z], kept(c)))
      } kernel: { c, dz throws(TensorError) in
        try c.output.softmaxSlope(try axis(c), log: false, dz)
      }
    ]), samples: { Sample.shapes.map { Sample([Sample.spread($0)]) } + Sample.alongAxes() }
  ) { c throws(TensorError) in try c.x.softmax(try axis(c), log: false) }

  /// The logarithm of softmax, computed so that nothing overflows.
  package static let logSoftmax: Op = Op(
    "log_softmax", ["x"], settings: [softmaxAxis], family: .activation,
    summary: "The logarithm of softmax, without overflow.", definition: "x - ln Σ e^x",
    example: "log_softmax([1, 2, 3])", promotion: .floating,
    derivative: .vjps([
      VJP { c throws(TensorError) in
        .dz - .call(exp, .z) * .apply(sum, [.dz], kept(c))
      } kernel: { c, dz throws(TensorError) in
        try c.output.softmaxSlope(try axis(c), log: true, dz)
      }
    ]), samples: { Sample.shapes.map { Sample([Sample.spread($0)]) } + Sample.alongAxes() }
  ) { c throws(TensorError) in try c.x.softmax(try axis(c), log: true) }

  /// The one axis that a call names.
  static func axis(_ c: Call) throws(TensorError) -> Int {
    guard let dim = c.attributes.dims.first else { throw .settingMissing("softmax", "dim") }
    return try c.x.shape.axis(dim)
  }

  private static func kept(_ call: Call) -> Attributes {
    Attributes(("dim", .ints(call.attributes.dims)), ("keepdim", .flag(true)))
  }
}
