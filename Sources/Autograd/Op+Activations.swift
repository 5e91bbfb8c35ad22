// Activation functions.
import Tensors

extension Op {
  /// Logistic function, `z = 1/(1 + exp(-x))`. Its partial never passes 1/4.
  package static let sigmoid = function(
    "sigmoid", Kernel.Sigmoid(), "Squashes any number into (0, 1).", "1/(1 + e^(-x))",
    partial: .z * (1 - .z), slope: { _, _, z in z * (1 - z) },
    fused: VJP(.dz * (.z * (1 - .z))) { c, dz throws(TensorError) in
      try c.output.zip(dz, Kernel.SigmoidSlope())
    })

  /// Hyperbolic tangent. Saturates: as `|z|` nears 1 its partial nears 0.
  package static let tanh = function(
    "tanh", Kernel.Tanh(), "Squashes any number into (-1, 1).", "(e^x - e^-x)/(e^x + e^-x)",
    partial: 1 - Formula.z.power(2), slope: { _, _, z in 1 - z * z },
    fused: VJP(.dz * (1 - Formula.z.power(2))) { c, dz throws(TensorError) in
      try c.output.zip(dz, Kernel.TanhSlope())
    })

  /// Rectifier (Nair and Hinton 2010): passes what is positive. Its partial at 0 is taken as 0;
  /// at nan the gradient passes, as in PyTorch.
  package static let relu = function(
    "relu", Kernel.Relu(), "Passes what is positive and stops the rest.", "max(0, x)",
    partial: .where_("gt", .x, 0, 1, 0), keepsWhole: true, slope: { x, _, _ in x <= 0 ? 0 : 1 },
    fused: VJP(.dz * .where_("gt", .x, 0, 1, 0)) { c, dz throws(TensorError) in
      try c.x.zip(dz, Kernel.ReluSlope())
    })

  package static let activations: [Op] = [
    sigmoid, tanh, relu,
    setting(
      "leaky_relu", ("negative_slope", 0.01), "Like relu, but lets a little through below 0.",
      "x if x > 0 else negative_slope*x",
      partial: .where_("gt", .x, 0, 1, .attribute("negative_slope"))
    ) { Kernel.LeakyRelu($0) },
    setting(
      "elu", ("alpha", 1), "Like relu, but levels off at -alpha (Clevert et al. 2015).",
      "x if x > 0 else alpha*(e^x - 1)",
      partial: .where_("gt", .x, 0, 1, .attribute("alpha") * .call("exp", .x))
    ) { Kernel.Elu($0) },
    function(
      "gelu", Kernel.Gelu(),
      "Weighs `x` by the chance that a standard normal is below it (Hendrycks and Gimpel 2016).",
      "x*Φ(x)",
      partial: 0.5 * (1 + .call("erf", .x / .number(2.0.squareRoot())))
        + .x * .call("exp", -0.5 * Formula.x.power(2)) / .number((2 * Double.pi).squareRoot())),
    function(
      "gelu_tanh", Kernel.GeluTanh(), "gelu with `tanh` in place of the normal distribution.",
      "0.5*x*(1 + tanh(√(2/π)*(x + 0.044715*x^3)))",
      partial: 0.5 * (1 + geluInner) + 0.5 * .x * (1 - geluInner.power(2))
        * (geluScale * (1 + 0.134145 * Formula.x.power(2)))),
    function(
      "silu", Kernel.Silu(), "`x` times its own sigmoid, also called swish.", "x*sigmoid(x)",
      partial: .call("sigmoid", .x) * (1 + .x * (1 - .call("sigmoid", .x)))),
    elementwise(
      "softplus", ["x"],
      settings: [Setting("beta", .number(1)), Setting("threshold", .number(20))],
      "A smooth relu; the identity where `beta*x` passes the threshold.",
      "ln(1 + e^(beta*x))/beta", promotion: .floating,
      partials: [
        .where_(
          "gt", .x * .attribute("beta"), .attribute("threshold"), 1,
          .call("sigmoid", .x * .attribute("beta")))
      ]
    ) { c throws(TensorError) in
      try c.x.map(
        Kernel.Softplus(
          c.attributes.number("beta") ?? 1, c.attributes.number("threshold") ?? 20))
    },
    function(
      "logsigmoid", Kernel.LogSigmoid(), "The logarithm of the sigmoid, without underflow.",
      "-ln(1 + e^(-x))", partial: .call("sigmoid", -.x)),
    softmax, logSoftmax,
  ]

  /// A function of one number with one numeric setting.
  private static func setting<K: UnaryKernel>(
    _ name: String, _ setting: (String, Double), _ summary: String, _ definition: String,
    partial: Formula, _ kernel: @escaping @Sendable (Double) -> K
  ) -> Op {
    elementwise(
      name, ["x"], settings: [Setting(setting.0, .number(setting.1))], summary, definition,
      promotion: .floating, partials: [partial]
    ) { c throws(TensorError) in
      try c.x.map(kernel(c.attributes.number(setting.0) ?? setting.1))
    }
  }

  private static let geluScale = Formula.number((2 / Double.pi).squareRoot())
  private static let geluInner = Formula.call(
    "tanh", geluScale * (.x + 0.044715 * Formula.x.power(3)))

  /// Softmax along one axis: positive numbers that sum to 1.
  package static let softmax = Op(
    "softmax", ["x"], settings: [Setting("dim", nil)],
    summary: "Turns scores along an axis into probabilities that sum to 1.",
    definition: "e^x / Σ e^x", promotion: .floating,
    derivative: .vjps([
      VJP(text: { c in
        .z * (.dz - .apply("sum", [.dz * .z], kept(c)))
      }) { c, dz throws(TensorError) in
        let axes = try softmaxAxes(c)
        return try c.output * (dz - (dz * c.output).sum(axes, keepdim: true))
      }
    ])
  ) { c throws(TensorError) in
    try c.x.softmax(try softmaxAxes(c).first ?? 0, log: false)
  }

  /// The logarithm of softmax, computed so that nothing overflows.
  package static let logSoftmax = Op(
    "log_softmax", ["x"], settings: [Setting("dim", nil)],
    summary: "The logarithm of softmax, without overflow.", definition: "x - ln Σ e^x",
    promotion: .floating,
    derivative: .vjps([
      VJP(text: { c in
        .dz - .call("exp", .z) * .apply("sum", [.dz], kept(c))
      }) { c, dz throws(TensorError) in
        let axes = try softmaxAxes(c)
        return try dz - c.output.map(Kernel.Exp()) * dz.sum(axes, keepdim: true)
      }
    ])
  ) { c throws(TensorError) in
    try c.x.softmax(try softmaxAxes(c).first ?? 0, log: true)
  }

  /// The one axis along which probabilities sum to 1, for value, derivative and text alike. Where none is
  /// named it is PyTorch's: the first for ranks 0, 1 and 3, else the second.
  package static func softmaxAxis(_ attributes: Attributes, rank: Int) -> Int {
    attributes.dims.first ?? ([0, 1, 3].contains(rank) ? 0 : 1)
  }

  /// The same, checked; none for a single number.
  private static func softmaxAxes(_ c: Call) throws(TensorError) -> [Int] {
    guard c.attributes.dims.count <= 1 else {
      throw .setting("softmax", "`dim` is one axis", Double(c.attributes.dims.count))
    }
    let axis = try c.x.shape.axis(softmaxAxis(c.attributes, rank: c.x.rank))
    return c.x.rank == 0 ? [] : [axis]
  }

  private static func kept(_ call: Call) -> Attributes {
    Attributes(
      ("dim", .ints([softmaxAxis(call.attributes, rank: call.x.rank)])), ("keepdim", .flag(true)))
  }
}
