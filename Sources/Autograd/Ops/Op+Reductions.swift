// Ops that fold axes, and ops that pick a place along one.
import Platform
import Tensors

extension Op {
  static let folding = [Setting.axes, Setting.keepdim]

  /// `t`, which has the folded shape, stretched back over the folded axes.
  private static func spread(_ t: Tensor, _ c: Call) throws(TensorError) -> Tensor {
    let kept = c.x.reducedShape(try c.x.axes(c.attributes.dims), keepdim: true)
    return try t.reshaped(to: kept).expanded(to: c.x.shape)
  }

  /// The same as a formula: a folded axis comes back with length 1 before it is stretched.
  private static func spread(_ formula: Formula, _ c: Call) throws(TensorError) -> Formula {
    c.x.rank == 0 ? formula : .call(expandAs, try standing(formula, c), .x)
  }

  /// A formula of the folded shape with the folded axes back at length 1, so that it broadcasts over `x`.
  private static func standing(_ formula: Formula, _ c: Call) throws(TensorError) -> Formula {
    let kept = c.x.reducedShape(try c.x.axes(c.attributes.dims), keepdim: true)
    let isLone = c.output.rank == 0 || c.output.shape == kept
    return isLone ? formula : .reshaped(formula, kept.dims)
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
    example: String, promotion: Promotion = .common, links: Links = .measured, vjp: VJP,
    samples: @escaping @Sendable () -> [Sample] = { Sample.folds() }, _ forward: @escaping Forward
  ) -> Op {
    Op(
      name, ["x"], settings: settings, family: .reduction, summary: summary, definition: definition,
      example: example, promotion: promotion, derivative: .vjps([vjp]), links: links,
      samples: samples, forward: forward)
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
  package static let sum: Op = reduction(
    "sum", "Adds all elements, or those along an axis.", "Σ x",
    example: "sum([[1, 2], [3, 4]], dim=0)", links: foldLinks { _ in 1 },
    vjp: VJP { c throws(TensorError) in
      try spread(.dz, c)
    } kernel: { c, dz throws(TensorError) in
      try spread(dz, c)
    }
  ) { c throws(TensorError) in
    try c.x.sum(try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim)
  }

  /// Mean over axes: the gradient is shared out evenly.
  package static let mean: Op = reduction(
    "mean", "The mean of all elements, or of those along an axis.", "Σ x / n",
    example: "mean([1, 2, 3, 4])", promotion: .floating,
    links: foldLinks { 1 / .number(folded($0)) },
    vjp: VJP { c throws(TensorError) in
      try spread(.dz, c) / .number(folded(c))
    } kernel: { c, dz throws(TensorError) in
      try spread(dz, c) / Tensor(folded(c), dtype: dz.dtype)
    }
  ) { c throws(TensorError) in
    let axes = try c.x.axes(c.attributes.dims)
    let n = axes.reduce(1) { $0 * c.x.shape[$1] }
    return try c.x.sum(axes, keepdim: c.attributes.keepdim) / Tensor(Double(n), dtype: c.x.dtype)
  }

  /// Product over axes: each element's gradient is the product of the others, exact at zeros.
  package static let prod: Op = reduction(
    "prod", "Multiplies all elements, or those along an axis.", "Π x", example: "prod([2, 3, 4])",
    vjp: VJP(
      text: { c throws(TensorError) in
        if !c.x.values.contains(0) { return try spread(.dz * .z, c) / .x }
        return try spread(.dz, c) * others(c)
      },
      kernel: { c, dz throws(TensorError) in try othersProduct(c) * spread(dz, c) },
      // Without a division, which is wrong once an entry becomes 0.
      recorded: { c throws(TensorError) in try spread(.dz, c) * products(c) }),
    samples: {
      Sample.folds { Sample.positive($0) }
        + Sample.folds { shape in
          let x = Sample.spread(shape)
          return Sample.tensor(x.values.enumerated().map { $0 == 0 ? 0 : $1 }, shape)
        }
    }
  ) { c throws(TensorError) in
    try c.x.product(try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim)
  }

  /// For each element the product of those that it is folded with, itself left out, without a division: its own
  /// place on a diagonal is 1.
  private static func others(_ c: Call) throws(TensorError) -> Formula {
    let axes = try c.x.axes(c.attributes.dims)
    let n = axes.reduce(1) { $0 * c.x.shape[$1] }
    // The folded axes go last and become one; afterwards everything goes back to its place.
    let order = (0..<c.x.rank).filter { !axes.contains($0) } + axes
    let isInOrder = order == Array(0..<c.x.rank)
    let dims = order.map { c.x.shape[$0] }
    let lead = Array(dims.dropLast(axes.count))
    let turned: Formula =
      isInOrder ? .x : .apply(permute, [.x], Attributes(("_dims", .ints(order))))
    let row = Formula.reshaped(turned, lead + [1, n])
    let eye = try Tensor(
      (0..<n * n).map { $0 % (n + 1) == 0 ? 1 : 0 }, shape: Shape([n, n]))
    let products = Formula.apply(
      prod, [.where_(eq, .constant("eye(\(n))", eye), 1, 1, row)],
      Attributes(("dim", .ints([lead.count + 1]))))
    let unfolded = Formula.reshaped(products, dims)
    if isInOrder { return unfolded }
    let inverse = (0..<order.count).map { order.firstIndex(of: $0) ?? $0 }
    return .apply(permute, [unfolded], Attributes(("_dims", .ints(inverse))))
  }

  /// The same of running products from both ends.
  private static func products(_ c: Call) throws(TensorError) -> Formula {
    let axes = try c.x.axes(c.attributes.dims)
    let n = axes.reduce(1) { $0 * c.x.shape[$1] }
    if c.x.count == 0 || c.x.rank == 0 { return try others(c) }
    let order = (0..<c.x.rank).filter { !axes.contains($0) } + axes
    let isInOrder = order == Array(0..<c.x.rank)
    let dims = order.map { c.x.shape[$0] }
    let turned: Formula =
      isInOrder ? .x : .apply(permute, [.x], Attributes(("_dims", .ints(order))))
    let row = Formula.reshaped(turned, [c.x.count / n, n])
    let along = Attributes(("dim", .ints([1])))
    let back = Attributes(("dims", .ints([1])))
    func before(_ row: Formula) -> Formula {
      .apply(
        cumprod,
        [.apply(pad, [row], Attributes(("pad", .ints([1, -1])), ("value", .number(1))))], along)
    }
    let behind = Formula.apply(flip, [before(.apply(flip, [row], back))], back)
    let products = Formula.reshaped(before(row) * behind, dims)
    if isInOrder { return products }
    let inverse = (0..<order.count).map { order.firstIndex(of: $0) ?? $0 }
    return .apply(permute, [products], Attributes(("_dims", .ints(inverse))))
  }

  private static func othersProduct(_ c: Call) throws(TensorError) -> Tensor {
    let axes = try c.x.axes(c.attributes.dims)
    let n = axes.reduce(1) { $0 * c.x.shape[$1] }
    // The folded axes go last, and afterwards back to their places.
    let order = (0..<c.x.rank).filter { !axes.contains($0) } + axes
    let isInOrder = order == Array(0..<c.x.rank)
    let turned = isInOrder ? c.x : try c.x.permuted(order)
    let others = try turned.productOfOthers(rowsOf: n)
    return isInOrder
      ? others : try others.permuted(order.indices.map { order.firstIndex(of: $0) ?? $0 })
  }

  // MARK: Extremes

  /// The gradient of a picked element goes to where it was found, in equal parts at a tie.
  private static let found: VJP.Text = { c throws(TensorError) in
    let hits = Formula.call(eq, .x, try standing(.z, c))
    return try spread(.dz, c) * hits / .apply(sum, [hits], kept(c))
  }

  private static func extreme(
    _ name: String, _ word: String, largest: Bool, passesNaN: Bool = false
  ) -> Op {
    reduction(
      name, "The \(word) element, or the \(word) along an axis; ties share the gradient.",
      "\(word) x", example: "\(name)([[1, 5], [7, 2]]\(passesNaN ? "" : ", dim=1"))",
      vjp: VJP(text: found) { c, dz throws(TensorError) in
        let axes = try c.x.axes(c.attributes.dims)
        if let shared = try c.x.shared(axes, c.output, dz, takesNaN: passesNaN) { return shared }
        return try passesNaN ? foundWithNaN(c, dz) : found(c).pulled(c, dz)
      }
    ) { c throws(TensorError) in
      try c.x.extreme(
        try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim, operation: name,
        largest: largest)
    }
  }

  /// As in PyTorch's `max(x)`, a nan that won takes the gradient.
  private static let foundWithNaN: VJP.Kernel = { c, dz throws(TensorError) in
    let z = try spread(c.output, c)
    let nan = try c.x.compared(.notEqual, to: c.x) * z.compared(.notEqual, to: z)
    let hits = try (c.x.compared(.equal, to: z) + nan).converted(to: dz.dtype)
    let axes = try c.x.axes(c.attributes.dims)
    return try spread(dz, c) * hits / hits.sum(axes, keepdim: true)
  }

  package static let amax: Op = extreme("amax", "largest", largest: true)
  package static let amin: Op = extreme("amin", "smallest", largest: false)
  package static let largest: Op = extreme("max", "largest", largest: true, passesNaN: true)
  package static let smallest: Op = extreme("min", "smallest", largest: false, passesNaN: true)

  /// The middle element, of an even number the lower of the two; nan if there is one.
  package static let median: Op = reduction(
    "median", settings: [], "The middle element; of an even number, the lower of the two.",
    "middle of sorted x", example: "median([3, 1, 2])",
    vjp: VJP(text: found, kernel: foundWithNaN),
    samples: { Sample.shapes.map { Sample([Sample.spread($0)]) } }
  ) { c throws(TensorError) in
    guard c.x.count > 0 else { throw .emptyReduction("median") }
    var numbers = c.x.values
    if numbers.contains(where: { $0.isNaN }) { return Tensor(.nan, dtype: c.x.dtype) }
    return Tensor(placed((numbers.count - 1) / 2, in: &numbers), dtype: c.x.dtype)
  }

  /// The number that stands at a place once all are in order (Hoare 1961); none of them is nan.
  private static func placed(_ k: Int, in x: inout [Double]) -> Double {
    var (low, high) = (0, x.count - 1)
    while low < high {
      // The middle one of three, so that what is in order already is no worst case.
      let ends = (x[low], x[(low + high) / 2], x[high])
      let pivot = Swift.max(Swift.min(ends.0, ends.1), Swift.min(Swift.max(ends.0, ends.1), ends.2))
      var (i, j) = (low, high)
      while i <= j {
        while x[i] < pivot { i += 1 }
        while pivot < x[j] { j -= 1 }
        if i <= j {
          x.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if k <= j { high = j } else if k >= i { low = i } else { return pivot }
    }
    return x[k]
  }

  private static func place(_ name: String, _ word: String, largest: Bool) -> Op {
    Op(
      name, ["x"], settings: folding, family: .reduction,
      summary: "The place of the \(word) element, the first at a tie.",
      definition: "place of the \(word) x", example: "\(name)([3, 1, 2])", promotion: .none,
      derivative: .none("a place is a whole number; it jumps")
    ) { c throws(TensorError) in
      try c.x.place(
        try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim, operation: name,
        largest: largest)
    }
  }

  package static let argmax: Op = place("argmax", "largest", largest: true)
  package static let argmin: Op = place("argmin", "smallest", largest: false)

  /// Places in order of size along an axis, the first first at a tie.
  package static let argsort: Op = Op(
    "argsort", ["x"], settings: [.axis(-1), .flag("descending", false)], family: .reduction,
    summary: "The places of the elements along an axis, in order of size.",
    definition: "places in order of x", example: "argsort([3, 1, 2])", promotion: .none,
    derivative: .none("a place is a whole number; it jumps")
  ) { c throws(TensorError) in
    // `topk` asks for the first few only.
    try c.x.order(
      along: try axis(c), falling: c.attributes.flag("descending"),
      first: c.attributes.number("_first").flatMap { Int(whole: $0) })
  }

  // MARK: Spread

  private static let spreadSettings = [
    Setting.axes, Setting.number("correction", 1), Setting.keepdim,
  ]

  private static func freedom(_ c: Call) -> Double {
    Swift.max(0, folded(c) - c.number("correction"))
  }

  private static func deviation(_ c: Call) -> Formula {
    .x - .apply(mean, [.x], kept(c))
  }

  private static let spreadSamples: @Sendable () -> [Sample] = {
    // A single number has no spread.
    Sample.folds().filter { $0.inputs[0].rank > 0 && !leavesOne($0) }.flatMap { sample in
      [sample, sample.with("correction", .number(0))]
    }
  }

  private static func leavesOne(_ sample: Sample) -> Bool {
    let x = sample.inputs[0]
    let axes = (try? x.axes(sample.attributes.dims)) ?? []
    return axes.allSatisfy { x.shape[$0] == 1 }
  }

  /// Variance over `n - correction` (Bessel's correction by default, as in PyTorch).
  package static let variance: Op = reduction(
    "var", settings: spreadSettings, "The variance, over `n - correction`.",
    "Σ (x - mean)² / (n - correction)", example: "var([1, 2, 3, 4])", promotion: .floating,
    vjp: VJP { c throws(TensorError) in
      try spread(.dz, c) * (2 * deviation(c)) / .number(freedom(c))
    }, samples: spreadSamples
  ) { c throws(TensorError) in
    try c.x.variance(
      try c.x.axes(c.attributes.dims), correction: c.number("correction"),
      keepdim: c.attributes.keepdim)
  }

  /// Standard deviation, the square root of `var`; a row of equal numbers has gradient 0.
  package static let std: Op = reduction(
    "std", settings: spreadSettings, "The standard deviation, over `n - correction`.", "√var(x)",
    example: "std([1, 2, 3, 4])", promotion: .floating,
    vjp: VJP { c throws(TensorError) in
      try spread(unlessZero(.dz / .z, c), c) * deviation(c) / .number(freedom(c))
    }, samples: spreadSamples
  ) { c throws(TensorError) in
    try c.x.variance(
      try c.x.axes(c.attributes.dims), correction: c.number("correction"),
      keepdim: c.attributes.keepdim, root: true)
  }

  /// A part that is taken as 0, or as another number, where the result is 0; said only where that occurs.
  private static func unlessZero(_ part: Formula, _ c: Call, instead: Double = 0) -> Formula {
    c.output.values.contains(0) ? .where_(eq, .z, 0, .number(instead), part) : part
  }

  /// `log(Σ e^x)`; its gradient is softmax.
  package static let logsumexp: Op = reduction(
    "logsumexp", "The logarithm of the sum of exponentials, without overflow.", "ln Σ e^x",
    example: "logsumexp([1, 2, 3])", promotion: .floating,
    vjp: VJP { c throws(TensorError) in
      try spread(.dz, c) * .call(exp, .x - standing(.z, c))
    }
  ) { c throws(TensorError) in
    try c.x.logSumExp(try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim)
  }

  /// Running sum along an axis: the gradient runs back from the end.
  package static let cumsum: Op = reduction(
    "cumsum", settings: [.axis(0)], "Running sums along an axis.", "z[i] = Σ x[..i]",
    example: "cumsum([1, 2, 3], dim=0)",
    vjp: VJP { c throws(TensorError) in
      func turned(_ formula: Formula) -> Formula {
        c.x.rank == 0
          ? formula : .apply(flip, [formula], Attributes(("dims", .ints(c.attributes.dims))))
      }
      return turned(.apply(cumsum, [turned(.dz)], c.attributes))
    } kernel: { c, dz throws(TensorError) in
      try dz.cumulativeSum(try axis(c), reversed: true)
    }, samples: { [Sample([Sample.spread([2, 3])])] + Sample.alongAxes() }
  ) { c throws(TensorError) in try c.x.cumulativeSum(try axis(c)) }

  /// Running product along an axis.
  package static let cumprod: Op = reduction(
    "cumprod", settings: [Setting("dim", .axis, .required)], "Running products along an axis.",
    "z[i] = Π x[..i]", example: "cumprod([1, 2, 3, 4], 0)",
    vjp: VJP { c throws(TensorError) in
      // Without a division, which is wrong once an entry becomes 0.
      c.x.rank == 0 ? .dz : try productsWithout(c)
    } kernel: { c, dz throws(TensorError) in
      try c.x.cumulativeProductSlope(try axis(c), dz)
    },
    samples: {
      ([[2, 3], [2, 1, 3]] as [Shape]).flatMap { shape in
        let x = Sample.spread(shape)
        let withZero = Sample.tensor(x.values.enumerated().map { $0 == 1 ? 0 : $1 }, shape)
        return [x, withZero].flatMap { x in
          [0, -1].map { Sample([x], ("dim", .ints([$0]))) }
        }
      }
    }
  ) { c throws(TensorError) in try c.x.cumulativeProduct(try axis(c)) }

  /// The gradient of a running product without a division: of each entry's row of products that it is left out of, those
  /// from its place on.
  private static func productsWithout(_ c: Call) throws(TensorError) -> Formula {
    let (axis, last) = (try axis(c), c.x.rank - 1)
    let n = c.x.shape[axis]
    var order = Array(0..<c.x.rank)
    order.swapAt(axis, last)
    func turned(_ formula: Formula) -> Formula {
      axis == last ? formula : .apply(permute, [formula], Attributes(("_dims", .ints(order))))
    }
    let dims = order.map { c.x.shape[$0] }
    func row(_ formula: Formula) -> Formula {
      .reshaped(turned(formula), dims.dropLast() + [1, n])
    }
    func square(_ holds: (Int, Int) -> Bool) throws(TensorError) -> Tensor {
      try Tensor(
        (0..<n * n).map { holds($0 / n, $0 % n) ? 1 : 0 }, shape: Shape([n, n]),
        dtype: c.x.dtype.floating)
    }
    let eye = Formula.constant("eye(\(n))", try square { $0 == $1 })
    let later = Formula.constant("triu(ones(\(n), \(n)))", try square { $0 <= $1 })
    let along = Attributes(("dim", .ints([last + 1])))
    let products = Formula.apply(cumprod, [.where_(eq, eye, 1, 1, row(.x))], along)
    return turned(.reshaped(.apply(sum, [products * later * row(.dz)], along), dims))
  }

  /// The p-norm; at the origin its gradient is taken as 0.
  package static let norm: Op = reduction(
    "norm", settings: [.number("ord", 2)] + folding, "The length of a vector, by p-norm.",
    "(Σ |x|^p)^(1/p)", example: "norm([3, 4])", promotion: .floating,
    vjp: VJP { c throws(TensorError) in
      let sign = Formula.call(sign, .x)
      let dz = try spread(.dz, c)
      switch c.number("ord") {
      case 1: return dz * sign
      case 2: return try spread(unlessZero(.dz / .z, c), c) * .x
      case .infinity, -.infinity:
        let hits = Formula.call(eq, .call(abs, .x), try standing(.z, c))
        return dz * sign * (hits / .apply(sum, [hits], kept(c)))
      case let p:
        let size = Formula.call(abs, .x) / (try standing(unlessZero(.z, c, instead: 1), c))
        let slope = dz * sign * size.power(.number(p - 1))
        // Below 1 the slope at 0 has no bound; as in PyTorch it is taken as 0.
        return p < 1 ? .where_(eq, size, 0, 0, slope) : slope
      }
    },
    samples: {
      Sample.folds()
        + [1, 3, 2.5, Double.infinity].flatMap { p in
          Sample.folds().map { $0.with("ord", .number(p)) }
        }
    }
  ) { c throws(TensorError) in
    try c.x.norm(
      try c.x.axes(c.attributes.dims), p: c.number("ord"), keepdim: c.attributes.keepdim)
  }

  private static func truth(
    _ name: String, _ summary: String, example: String, _ kernel: @escaping Forward
  ) -> Op {
    Op(
      name, ["x"], settings: folding, family: .reduction, summary: summary, definition: name + " x",
      example: example, promotion: .none,
      derivative: .none("a truth value jumps; it has no slope"), forward: kernel)
  }

  package static let anyOf: Op = truth(
    "any", "Whether any element is not 0.", example: "any([0, 1])"
  ) {
    c throws(TensorError) in
    let hits = try c.x.compared(.notEqual, to: Tensor(0))
    return try hits.sum(try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim)
      .compared(.greater, to: Tensor(0))
  }

  /// Named apart from `Op.all`, the table.
  package static let allOf: Op = truth("all", "Whether no element is 0.", example: "all([0, 1])") {
    c throws(TensorError) in
    let misses = try c.x.compared(.equal, to: Tensor(0))
    return try misses.sum(try c.x.axes(c.attributes.dims), keepdim: c.attributes.keepdim)
      .compared(.equal, to: Tensor(0))
  }

  package static let reductions: [Op] = [
    sum, mean, prod, amax, amin, largest, smallest, argmax, argmin, argsort, variance, std,
    logsumexp,
    cumsum, cumprod, norm, median, anyOf, allOf,
  ]
}
