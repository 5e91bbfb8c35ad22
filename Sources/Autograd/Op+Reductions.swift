// Ops that fold axes, and ops that pick a place along one.
import Tensors

extension Op {
  static let folding = [Setting("dim", nil), Setting("keepdim", .flag(false))]

  /// `t`, which has the folded shape, stretched back over the folded axes.
  private static func spread(_ t: Tensor, _ c: Call) throws(TensorError) -> Tensor {
    let kept = c.x.reducedShape(try c.x.axes(c.attributes.dims), keepdim: true)
    return try t.reshaped(to: kept).expanded(to: c.x.shape)
  }

  /// The same as a formula: a folded axis comes back with length 1 before it is stretched.
  private static func spread(_ formula: Formula, _ c: Call) -> Formula {
    let kept = c.x.reducedShape((try? c.x.axes(c.attributes.dims)) ?? [], keepdim: true)
    let isLone = c.output.rank == 0 || c.output.shape == kept
    let standing =
      isLone ? formula : .apply("reshape", [formula], Attributes(("_shape", .ints(kept.dims))))
    return c.x.rank == 0 ? formula : .call("expand_as", standing, .x)
  }

  /// The settings of a fold over the same axes whose result keeps them.
  private static func kept(_ c: Call) -> Attributes {
    c.attributes.dims.isEmpty
      ? Attributes()
      : Attributes(("dim", .ints(c.attributes.dims)), ("keepdim", .flag(true)))
  }

  /// How many elements fold into each result.
  private static func folded(_ c: Call) -> Double {
    Double(c.x.count) / Double(max(c.output.count, 1))
  }

  private static func reduction(
    _ name: String, settings: [Setting] = folding, _ summary: String, _ definition: String,
    promotion: Promotion = .own, links: Links = .measured, vjp: VJP, _ forward: @escaping Forward
  ) -> Op {
    Op(
      name, ["x"], settings: settings, summary: summary, definition: definition,
      promotion: promotion, derivative: .vjps([vjp]), links: links, forward: forward)
  }

  /// The folded entry that an operand's entry goes to, with the same partial for all.
  private static func foldLinks(_ partial: @escaping @Sendable (Call) -> Formula) -> Links {
    .entries { c, _, offset in
      let axes = (try? c.x.axes(c.attributes.dims)) ?? []
      var place = c.x.shape.indices(at: offset)
      for axis in axes { place[axis] = 0 }
      let kept = c.x.reducedShape(axes, keepdim: true)
      return [(kept.offset(of: place), partial(c))]
    }
  }

  /// Sum over axes: every element gets the same gradient.
  package static let sum = reduction(
    "sum", "Adds all elements, or those along an axis.", "Σ x", links: foldLinks { _ in 1 },
    vjp: VJP(text: { spread(.dz, $0) }) { c, dz throws(TensorError) in try spread(dz, c) }
  ) { c throws(TensorError) in
    try c.x.sum(try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim)
  }

  /// Mean over axes: the gradient is shared out evenly.
  package static let mean = reduction(
    "mean", "The mean of all elements, or of those along an axis.", "Σ x / n",
    promotion: .floating, links: foldLinks { 1 / .number(folded($0)) },
    vjp: VJP(text: { spread(.dz, $0) / .number(folded($0)) }) { c, dz throws(TensorError) in
      try spread(dz, c) / Tensor(folded(c), dtype: dz.dtype)
    }
  ) { c throws(TensorError) in
    let axes = try c.x.axes(c.attributes.dims)
    let n = axes.reduce(1) { $0 * c.x.shape[$1] }
    return try c.x.sum(axes, keepdim: c.attributes.keepdim) / Tensor(Double(n), dtype: c.x.dtype)
  }

  /// Product over axes: each element's gradient is the product of the others, exact at zeros.
  package static let prod = reduction(
    "prod", "Multiplies all elements, or those along an axis.", "Π x",
    vjp: VJP(text: { spread(.dz * .z, $0) / .x }) { c, dz throws(TensorError) in
      try othersProduct(c) * spread(dz, c)
    }
  ) { c throws(TensorError) in
    try c.x.product(try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim)
  }

  private static func othersProduct(_ c: Call) throws(TensorError) -> Tensor {
    let axes = try c.x.axes(c.attributes.dims)
    var groups: [Int: [Int]] = [:]
    let kept = c.x.reducedShape(axes, keepdim: true)
    for offset in 0..<c.x.count {
      var place = c.x.shape.indices(at: offset)
      for axis in axes { place[axis] = 0 }
      groups[kept.offset(of: place), default: []].append(offset)
    }
    var result = [Double](repeating: 1, count: c.x.count)
    for group in groups.values {
      var before = 1.0
      for offset in group {
        result[offset] = before
        before *= c.x[offset]
      }
      var after = 1.0
      for offset in group.reversed() {
        result[offset] *= after
        after *= c.x[offset]
      }
    }
    return try Tensor(result, shape: c.x.shape, dtype: c.x.dtype)
  }

  /// The gradient of an extreme goes to where it was found, in equal parts at a tie.
  private static let extremeVJP = VJP(
    text: { c in
      let hits = Formula.call("eq", .x, spread(.z, c))
      return spread(.dz, c) * hits / .apply("sum", [hits], kept(c))
    },
    apply: { c, dz throws(TensorError) in
      let z = try spread(c.output, c)
      let nan = try c.x.compared(.notEqual, to: c.x) * z.compared(.notEqual, to: z)
      let hits = try (c.x.compared(.equal, to: z) + nan).converted(to: dz.dtype)
      let axes = try c.x.axes(c.attributes.dims)
      return try spread(dz, c) * hits / hits.sum(axes, keepdim: true)
    })

  private static func extreme<K: BinaryKernel>(
    _ name: String, _ word: String, _ kernel: K
  ) -> Op {
    reduction(
      name, "The \(word) element, or the \(word) along an axis; ties share the gradient.",
      "\(word) x", vjp: extremeVJP
    ) { c throws(TensorError) in
      try c.x.extreme(
        try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim, operation: name, kernel)
    }
  }

  package static let amax = extreme("amax", "largest", Kernel.Maximum())
  package static let amin = extreme("amin", "smallest", Kernel.Minimum())

  private static func place(_ name: String, _ word: String, largest: Bool) -> Op {
    Op(
      name, ["x"], settings: folding,
      summary: "The place of the \(word) element, the first at a tie.",
      definition: "place of the \(word) x",
      derivative: .none("a place is a whole number; it jumps")
    ) { c throws(TensorError) in
      try c.x.place(
        try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim, operation: name,
        largest: largest)
    }
  }

  package static let argmax = place("argmax", "largest", largest: true)
  package static let argmin = place("argmin", "smallest", largest: false)

  private static let spreadSettings = [
    Setting("dim", nil), Setting("correction", .number(1)), Setting("keepdim", .flag(false)),
  ]

  private static func centred(_ c: Call) throws(TensorError) -> Tensor {
    let axes = try c.x.axes(c.attributes.dims)
    let n = axes.reduce(1) { $0 * c.x.shape[$1] }
    let mean = try c.x.sum(axes, keepdim: true) / Tensor(Double(n), dtype: c.x.dtype)
    return try c.x - mean
  }

  private static func freedom(_ c: Call) -> Double {
    max(0, folded(c) - (c.attributes.number("correction") ?? 1))
  }

  private static func deviation(_ c: Call) -> Formula {
    .x - .apply("mean", [.x], kept(c))
  }

  /// Variance over `n - correction` (Bessel's correction by default, as in PyTorch).
  package static let variance = reduction(
    "var", settings: spreadSettings, "The variance, over `n - correction`.",
    "Σ (x - mean)² / (n - correction)", promotion: .floating,
    vjp: VJP(text: { spread(.dz, $0) * (2 * deviation($0)) / .number(freedom($0)) }) {
      c, dz throws(TensorError) in
      let scale = Tensor(2 / freedom(c), dtype: dz.dtype)
      return try spread(dz, c) * centred(c) * scale
    }
  ) { c throws(TensorError) in
    try c.x.variance(
      try c.x.axes(c.attributes.dims), correction: c.attributes.number("correction") ?? 1,
      keepdim: c.attributes.keepdim)
  }

  /// Standard deviation, the square root of `var`; a row of equal numbers has gradient 0.
  package static let std = reduction(
    "std", settings: spreadSettings, "The standard deviation, over `n - correction`.", "√var(x)",
    promotion: .floating,
    vjp: VJP(text: { spread(.dz / .z, $0) * deviation($0) / .number(freedom($0)) }) {
      c, dz throws(TensorError) in
      let zero = Tensor(0, dtype: dz.dtype)
      let slope = try spread(dz / (c.output * Tensor(freedom(c), dtype: dz.dtype)), c) * centred(c)
      return try Tensor.select(spread(c.output, c).compared(.equal, to: zero), zero, slope)
    }
  ) { c throws(TensorError) in
    try c.x.variance(
      try c.x.axes(c.attributes.dims), correction: c.attributes.number("correction") ?? 1,
      keepdim: c.attributes.keepdim
    ).map(Kernel.Sqrt())
  }

  /// `log(Σ e^x)`; its gradient is softmax.
  package static let logsumexp = reduction(
    "logsumexp", "The logarithm of the sum of exponentials, without overflow.", "ln Σ e^x",
    promotion: .floating,
    vjp: VJP(text: { spread(.dz, $0) * .call("exp", .x - spread(.z, $0)) }) {
      c, dz throws(TensorError) in
      try spread(dz, c) * (c.x - spread(c.output, c)).map(Kernel.Exp())
    }
  ) { c throws(TensorError) in
    try c.x.logSumExp(try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim)
  }

  /// Running sum along an axis: the gradient runs back from the end.
  package static let cumsum = reduction(
    "cumsum", settings: [Setting("dim", nil)], "Running sums along an axis.", "z[i] = Σ x[..i]",
    vjp: VJP(.call("flip", .call("cumsum", .call("flip", .dz)))) { c, dz throws(TensorError) in
      try dz.cumulativeSum(try c.x.shape.axis(c.attributes.dims.first ?? 0), reversed: true)
    }
  ) { c throws(TensorError) in
    try c.x.cumulativeSum(try c.x.shape.axis(c.attributes.dims.first ?? 0))
  }

  /// The p-norm; at the origin its gradient is taken as 0.
  package static let norm = reduction(
    "norm", settings: [Setting("ord", .number(2))] + folding, "The length of a vector, by p-norm.",
    "(Σ |x|^p)^(1/p)", promotion: .floating,
    vjp: VJP(text: { c in
      let p = c.attributes.number("ord") ?? 2
      return p == 2
        ? spread(.dz / .z, c) * .x
        : p == 1
          ? spread(.dz, c) * .call("sign", .x)
          : spread(.dz, c) * .call("sign", .x)
            * (.call("abs", .x) / spread(.z, c)).power(.number(p - 1))
    }) { c, dz throws(TensorError) in
      let p = c.attributes.number("ord") ?? 2
      let (z, zero) = (try spread(c.output, c), Tensor(0, dtype: dz.dtype))
      let sign = try c.x.map(Kernel.Sign())
      let size = try c.x.map(Kernel.Abs())
      let slope: Tensor
      switch p {
      case 1: slope = sign
      case 2: slope = try c.x / z
      case .infinity:
        let hits = try size.compared(.equal, to: z).converted(to: dz.dtype)
        let axes = try c.x.axes(c.attributes.dims)
        slope = try sign * hits / hits.sum(axes, keepdim: true)
      default: slope = try sign * (size / z).zip(Tensor(p - 1, dtype: dz.dtype), Kernel.Power())
      }
      return try spread(dz, c) * Tensor.select(z.compared(.equal, to: zero), zero, slope)
    }
  ) { c throws(TensorError) in
    try c.x.norm(
      try c.x.axes(c.attributes.dims), p: c.attributes.number("ord") ?? 2,
      keepdim: c.attributes.keepdim)
  }

  private static func truth(_ name: String, _ summary: String, _ kernel: @escaping Forward) -> Op {
    Op(
      name, ["x"], settings: folding, summary: summary, definition: name + " x",
      derivative: .none("a truth value jumps; it has no slope"), forward: kernel)
  }

  package static let reductions: [Op] = [
    sum, mean, prod, amax, amin, argmax, argmin, variance, std, logsumexp, cumsum, norm,
    truth("any", "Whether any element is not 0.") { c throws(TensorError) in
      let hits = try c.x.compared(.notEqual, to: Tensor(0))
      return try hits.sum(try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim)
        .compared(.greater, to: Tensor(0))
    },
    truth("all", "Whether no element is 0.") { c throws(TensorError) in
      let misses = try c.x.compared(.equal, to: Tensor(0))
      return try misses.sum(try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim)
        .compared(.equal, to: Tensor(0))
    },
  ]
}
