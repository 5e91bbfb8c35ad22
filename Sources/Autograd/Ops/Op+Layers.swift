// What layers do, each as one op: the textbook definitions in nn give the same values and gradients.
import Platform
import Tensors

extension Op {
  package static let layers: [Op] = [linear, batchNorm, layerNorm, dropout, embedding]

  // MARK: Linear

  /// Affine map, `z = x @ weight.T + bias`, for `x: [*, in]`, `weight: [out, in]`, `bias: [out]`.
  package static let linear: Op = fused(
    "linear", ["x", "weight", Operand("bias", absence: .omitted)], family: .layer,
    "An affine map: each output is a weighted sum of the inputs, plus a bias.",
    "x @ weight.T + bias", example: "linear([[1, 2]], [[3, 4]], [5])",
    gradients: [
      VJP { _ throws(TensorError) in .call(matmul, .dz, .y) },
      VJP { c throws(TensorError) in
        c.x.rank == 1
          ? .call(outer, .dz, .x)
          : .call(matmul, .transpose(flat(.dz, c.output)), flat(.x, c.x))
      },
      VJP { c throws(TensorError) in summed(.dz, Array(0..<max(0, c.x.rank - 1))) },
    ],
    links: .entries { c, operand, offset in
      guard let inputs = c.x.shape.last, inputs > 0 else { return [] }
      let outputs = c.y.shape[0]
      switch operand {
      case 0:
        let (row, k) = (offset / inputs, offset % inputs)
        return (0..<outputs).map { ($0 + row * outputs, .entry(1, offset: $0 * inputs + k)) }
      case 1:
        let (j, k) = (offset / inputs, offset % inputs)
        return (0..<c.x.count / inputs).map {
          ($0 * outputs + j, .entry(0, offset: $0 * inputs + k))
        }
      default: return (0..<c.x.count / inputs).map { ($0 * outputs + offset, 1) }
      }
    },
    sums: { c, offset in
      let (inputs, outputs) = (c.y.shape[1], c.y.shape[0])
      let (row, j) = (offset / max(1, outputs), offset % max(1, outputs))
      return EntrySum(
        products: (0..<inputs).map { ((0, row * inputs + $0), (1, j * inputs + $0)) },
        plus: c.inputs.count > 2 ? [(2, j)] : [])
    },
    joint: { c, dz, wanted throws(TensorError) in
      let (x, dz) = (try rows(c.x), try rows(dz))
      return [
        wanted[0] ? try Tensor.product(dz, c.y).reshaped(to: c.x.shape) : nil,
        wanted[1] ? try Tensor.product(dz, x, transposed: (true, false)) : nil,
        wanted[2] ? try dz.sum([0]).reshaped(to: c.inputs[2].shape) : nil,
      ]
    },
    // Weights that serve at every step of a sequence.
    addition: { c, dz, k, sum throws(TensorError) in
      guard k == 1, dz.dtype == sum.dtype, c.x.dtype == sum.dtype else { return false }
      try sum.addProduct(rows(dz), rows(c.x), transposed: (true, false))
      return true
    },
    samples: {
      let (weight, bias) = (Sample.positive([2, 3]), Sample.spread([2]))
      return ([[3], [2, 3], [2, 1, 3], [2, 2, 1, 3]] as [Shape]).flatMap { shape in
        [Sample([Sample.spread(shape), weight]), Sample([Sample.spread(shape), weight, bias])]
      }
    }
  ) { c throws(TensorError) in
    let weight = c.y
    guard weight.rank == 2, c.x.rank > 0, c.x.shape.last == weight.shape[1] else {
      throw .layerInput(
        "linear", c.x.shape,
        expected: weight.rank == 2
          ? "a last axis of \(weight.shape[1])" : "weights of rank 2, not \(weight.shape)")
    }
    if c.inputs.count > 2, c.inputs[2].rank != 1 || c.inputs[2].count != weight.shape[0] {
      throw .layerInput("linear", c.inputs[2].shape, expected: "a bias [\(weight.shape[0])]")
    }
    let isMatrix = c.x.rank == 2
    let target = isMatrix ? nil : try Shape(c.x.shape.dims.dropLast() + [weight.shape[0]])
    let product = try Tensor.product(
      rows(c.x), weight, transposed: (false, true),
      plus: c.inputs.count > 2 ? c.inputs[2] : nil)
    return try target.map { target throws(TensorError) in try product.reshaped(to: target) }
      ?? product
  }

  /// All axes but the last joined.
  private static func rows(_ t: Tensor) throws(TensorError) -> Tensor {
    if t.rank == 2 { return t }
    let width = t.shape.last ?? 1
    let rows = width == 0 ? t.shape.extent(0..<t.rank - 1) : t.count / width
    return try t.reshaped(to: .matrix(rows, width))
  }

  private static func flat(_ formula: Formula, _ t: Tensor) -> Formula {
    guard t.rank > 2, let width = t.shape.last else { return formula }
    return .reshaped(formula, [-1, width])
  }

  private static func summed(_ formula: Formula, _ dims: [Int]) -> Formula {
    dims.isEmpty ? formula : .apply(sum, [formula], Attributes(("dim", .ints(dims))))
  }

  // MARK: Normalisation

  /// Batch normalisation (Ioffe and Szegedy 2015), `z = (x - μ)/√(σ² + eps)*weight + bias` over the batch,
  /// for `x: [N, C]` or `[N, C, L]`. With `mean` and `var` given it is a fixed affine map, as in eval mode;
  /// else μ and σ² (biased) are the batch's own, and the gradient reaches x along three paths: directly,
  /// through μ and through σ².
  package static let batchNorm: Op = fused(
    "batch_norm",
    [
      "x", Operand("weight", absence: .number(1)), Operand("bias", absence: .number(0)),
      Operand("running_mean", .weight, absence: .omitted),
      Operand("running_var", .weight, absence: .omitted),
    ], settings: [.number("eps", 1e-5)], family: .layer,
    "Shifts and scales each feature to mean 0 and spread 1 over the batch, then by what it learns.",
    "(x - μ)/√(σ² + eps)*weight + bias", example: "batch_norm([[1], [3]], training=true)",
    notation: .spelled { arguments, attributes in
      // Statistics stand before what is learned, as PyTorch's function has them.
      let learned = Array(arguments.dropFirst().prefix(2))
      let statistics = Array(arguments.dropFirst(3))
      let middle = statistics.isEmpty && !learned.isEmpty ? ["none", "none"] : statistics
      let settings = [statistics.isEmpty ? "training=true" : "", attributes.text]
      let parts = [arguments[0]] + middle + learned + settings.filter { !$0.isEmpty }
      return "batch_norm(\(parts.joined(separator: ", ")))"
    },
    gradients: [
      VJP { c throws(TensorError) in
        let scale = channel(.y, 1, c) / spread(c)
        if c.inputs.count > 3 { return .dz * scale }
        return scale * (.dz - averaged(.dz, c) - normalized(c) * averaged(.dz * normalized(c), c))
      },
      VJP { c throws(TensorError) in perChannel(.dz * normalized(c), c, operand: 1) },
      VJP { c throws(TensorError) in perChannel(.dz, c, operand: 2) },
    ],
    joint: { c, dz, wanted throws(TensorError) in
      let cut = Channels(batch: c.x.shape)
      let (mean, _, inverse) = try moments(c, cut)
      let sums = try dz.channelSums(cut, c.x, mean: mean)
      let slope = try sums.weighted * inverse
      // Statistics that were given do not depend on x.
      let isBatch = c.inputs.count == 3
      return [
        wanted[0]
          ? try dz.channelSlope(
            cut, c.x, mean: mean, inverse: inverse, weight: perChannel(c.y, cut),
            plain: sums.plain, slope: slope,
            share: isBatch ? -1 / Double(max(1, cut.population)) : 0) : nil,
        wanted[1] ? try unbroadcast(slope, to: c.y.shape) : nil,
        wanted[2] ? try unbroadcast(sums.plain, to: c.inputs[2].shape) : nil,
      ]
    },
    saves: true,
    samples: {
      let shapes: [Shape] = [[4, 3], [2, 3, 2], [2, 3, 1, 2]]
      let learned = [Sample.positive([3]), Sample.spread([3])]
      let statistics = [Sample.spread([3]), Sample.positive([3])]
      return shapes.flatMap { shape in
        let x = Sample.spread(shape)
        let group = [
          Sample([x]), Sample([x] + learned), Sample([x, Tensor(1), Tensor(0)] + statistics),
          Sample([x] + learned + statistics),
        ]
        return group + group.map { $0.with("eps", .number(0.1)) }
      }
    }
  ) { c throws(TensorError) in
    let isEval = c.inputs.count > 3
    guard (2...4).contains(c.x.rank) else {
      throw .layerInput("batch_norm", c.x.shape, expected: "[batch, features]")
    }
    let cut = Channels(batch: c.x.shape)
    for input in c.inputs.dropFirst() where input.rank > 0 && input.count != cut.channels {
      throw .layerInput("batch_norm", c.x.shape, expected: "\(input.count) features on axis 1")
    }
    guard isEval || cut.population != 1 else { throw .oneSample("batch_norm", c.x.shape) }
    let (mean, _, inverse) = try moments(c, cut)
    return try c.x.channelScaled(
      cut, mean: mean, inverse: inverse, weight: perChannel(c.y, cut),
      shift: perChannel(c.inputs[2], cut))
  }

  /// The mean, the variance and `1/√(variance + eps)` of each channel: of the batch, or as they were given.
  private static func moments(_ c: Call, _ cut: Channels) throws(TensorError)
    -> (mean: Tensor, variance: Tensor, inverse: Tensor)
  {
    if let saved = c.saved?.tensors, saved.count == 3 { return (saved[0], saved[1], saved[2]) }
    let eps = c.number("eps")
    let moments: (mean: Tensor, variance: Tensor, inverse: Tensor)
    if c.inputs.count > 3 {
      let (mean, variance) = (try perChannel(c.inputs[3], cut), try perChannel(c.inputs[4], cut))
      let inverse = try (variance + Tensor(eps, dtype: variance.dtype)).map(Kernel.rsqrt)
      moments = (mean, variance, inverse)
    } else {
      moments = try c.x.channelMoments(cut, eps: eps)
    }
    c.saved?.tensors = [moments.mean, moments.variance, moments.inverse]
    return moments
  }

  /// A setting of each channel; one number serves all.
  private static func perChannel(_ t: Tensor, _ cut: Channels) throws(TensorError) -> Tensor {
    t.rank == 1 && t.count == cut.channels ? t : try t.expanded(to: Shape([cut.channels]))
  }

  // Batch normalisation in formulas: axis 1 holds the channels, all others are averaged over.

  private static func others(_ c: Call) -> [Int] { (0..<c.x.rank).filter { $0 != 1 } }

  /// `[C]` written so that it broadcasts along axis 1; a single number does anyhow.
  private static func channel(_ formula: Formula, _ k: Int, _ c: Call) -> Formula {
    if c.x.rank == 2 || c.inputs[k].rank == 0 { return formula }
    return .reshaped(formula, [c.x.shape[1]] + [Int](repeating: 1, count: c.x.rank - 2))
  }

  private static func averaged(_ formula: Formula, _ c: Call) -> Formula {
    .apply(mean, [formula], along(others(c), c))
  }

  /// Axes to fold. They stay with length 1 where the result would not broadcast over `x` without them.
  private static func along(_ axes: [Int], _ c: Call) -> Attributes {
    if axes.count == c.x.rank { return Attributes() }
    var attributes = Attributes(("dim", .ints(axes)))
    if axes != Array(0..<axes.count) { attributes.set("keepdim", .flag(true)) }
    return attributes
  }

  private static func centre(_ c: Call) -> Formula {
    c.inputs.count > 3 ? channel(.operand(3), 3, c) : averaged(.x, c)
  }

  /// The biased variance along axes.
  private static func variance(_ axes: [Int], _ c: Call) -> Formula {
    var attributes = along(axes, c)
    attributes.set("correction", .number(0))
    return .apply(variance, [.x], attributes)
  }

  /// `σ = √(var(x) + eps)`
  private static func spread(_ c: Call) -> Formula {
    let squared = c.inputs.count > 3 ? channel(.operand(4), 4, c) : variance(others(c), c)
    return .named("σ", .call(sqrt, squared + .attribute("eps")))
  }

  private static func normalized(_ c: Call) -> Formula {
    .named("x̂", (.x - centre(c)) / spread(c))
  }

  private static func perChannel(_ formula: Formula, _ c: Call, operand: Int) -> Formula {
    c.inputs[operand].rank == 0 ? .call(sum, formula) : summed(formula, others(c))
  }

  /// Layer normalisation (Ba et al. 2016) over the last axes, as many as `weight` has or `dims` says.
  package static let layerNorm: Op = fused(
    "layer_norm",
    [
      "x", Operand("weight", absence: .number(1)), Operand("bias", absence: .number(0)),
    ], settings: [Setting("normalized_shape", .lengths, .required), .number("eps", 1e-5)],
    family: .layer,
    "Shifts and scales each sample's features to mean 0 and spread 1, then by what it learns.",
    "(x - μ)/√(σ² + eps)*weight + bias", example: "layer_norm([1, 2, 6], 3)",
    notation: .spelled { arguments, attributes in
      let lengths = attributes.ints("normalized_shape") ?? []
      let settings = attributes.without("normalized_shape").text
      let size = "[\(lengths.map(String.init).joined(separator: ", "))]"
      let parts =
        [arguments[0], size] + arguments.dropFirst() + (settings.isEmpty ? [] : [settings])
      return "layer_norm(\(parts.joined(separator: ", ")))"
    },
    gradients: [
      VJP { c throws(TensorError) in
        let dx = Formula.dz * .y
        return (dx - rowMean(dx, c) - rowNormalized(c) * rowMean(dx * rowNormalized(c), c))
          / rowSpread(c)
      },
      VJP { c throws(TensorError) in
        c.y.rank == 0
          ? .call(sum, .dz * rowNormalized(c)) : summed(.dz * rowNormalized(c), leading(c))
      },
      VJP { c throws(TensorError) in
        c.inputs[2].rank == 0 ? .call(sum, .dz) : summed(.dz, leading(c))
      },
    ],
    joint: { c, dz, wanted throws(TensorError) in
      let n = rowLength(c)
      if c.y.rank > 0, c.inputs[2].rank > 0,
        let back = try c.x.rowsNormalizedBack(n, eps: c.number("eps"), c.y, dz)
      {
        return [back.x, back.weight, back.bias]
      }
      let (xhat, inverse) = try c.x.rowsNormalized(n, eps: c.number("eps"))
      let dx = wanted[0] ? try xhat.rowsNormalizedSlope(n, inverse: inverse, dz * c.y) : nil
      return [
        dx, wanted[1] ? try unbroadcast(dz * xhat, to: c.y.shape) : nil,
        wanted[2] ? try unbroadcast(dz, to: c.inputs[2].shape) : nil,
      ]
    },
    samples: {
      let shapes: [Shape] = [[3], [2, 3], [2, 2, 3], [2, 1, 2, 3]]
      return shapes.flatMap { shape in
        [1, 2].filter { $0 <= shape.rank }.flatMap { axes -> [Sample] in
          let size = Array(shape.dims.suffix(axes))
          guard let row = try? Shape(size) else { return [] }
          let x = Sample.spread(shape)
          let group = [Sample([x]), Sample([x, Sample.positive(row), Sample.spread(row)])]
            .map { $0.with("normalized_shape", .ints(size)) }
          return group + group.map { $0.with("eps", .number(0.1)) }
        }
      }
    }
  ) { c throws(TensorError) in
    let n = rowLength(c)
    let size = c.attributes.ints("normalized_shape") ?? []
    guard !size.isEmpty, Array(c.x.shape.dims.suffix(size.count)) == size else {
      throw .layerInput("layer_norm", c.x.shape, expected: "last axes \(size)")
    }
    for learned in c.inputs.dropFirst() where learned.rank > 0 && learned.shape.dims != size {
      throw .layerInput("layer_norm", learned.shape, expected: "weight and bias \(size)")
    }
    let (xhat, _) = try c.x.rowsNormalized(n, eps: c.number("eps"))
    return try xhat.rowsScaled(c.y, c.inputs[2])
  }

  private static func rowAxes(_ c: Call) -> Int {
    c.attributes.ints("normalized_shape")?.count ?? 1
  }
  private static func rowLength(_ c: Call) -> Int {
    c.x.shape.extent(max(0, c.x.rank - rowAxes(c))..<c.x.rank)
  }
  private static func leading(_ c: Call) -> [Int] { Array(0..<max(0, c.x.rank - rowAxes(c))) }
  private static func trailing(_ c: Call) -> [Int] {
    Array(max(0, c.x.rank - rowAxes(c))..<c.x.rank)
  }
  private static func rowMean(_ formula: Formula, _ c: Call) -> Formula {
    .apply(mean, [formula], along(trailing(c), c))
  }
  private static func rowSpread(_ c: Call) -> Formula {
    .named("σ", .call(sqrt, variance(trailing(c), c) + .attribute("eps")))
  }
  private static func rowNormalized(_ c: Call) -> Formula {
    .named("x̂", (.x - rowMean(.x, c)) / rowSpread(c))
  }

  // MARK: Dropout and embedding

  /// Dropout (Srivastava et al. 2014) with its mask drawn: entries are 0 or 1/(1 - p).
  package static let dropout: Op = elementwise(
    "dropout", ["x", Operand("mask", .mask)], family: .layer,
    "Silences entries at random; those that stay are scaled up so that sums keep their size.",
    "x*mask, the mask 0 with probability p, else 1/(1 - p)",
    example: "seed(0); dropout(ones(4), 0.5)",
    // Once the mask is drawn it is a product.
    notation: .infix("*", strength: Notation.strengths.product), partials: [.y, 0],
    samples: {
      Sample.shapes.map { shape in
        let x = Sample.spread(shape)
        return Sample([x, Sample.tensor((0..<x.count).map { $0 % 2 == 0 ? 2 : 0 }, shape)])
      }
    }
  ) { c throws(TensorError) in try c.x * c.y }

  /// Rows of a table by number: `z[i] = weight[index[i]]`. The row of the padding learns nothing.
  package static let embedding: Op = Op(
    "embedding", [Operand("index", .indices), "weight"],
    settings: [Setting("padding_idx", .whole, .absent)], family: .layer,
    summary: "Looks up one row of the table for each number.", definition: "weight[index]",
    example: "embedding([1, 0], [[1, 2], [3, 4]])",
    derivative: .vjps([
      VJP(0),
      VJP { c throws(TensorError) in
        var dz = Formula.dz
        if let padding = c.attributes.number("padding_idx"), c.x.values.contains(padding) {
          dz = dz * .reshaped(.call(ne, .x, .number(padding)), c.x.shape.dims + [1])
        }
        return .apply(
          indexPut, [.call(zerosLike, .y), dz, .x], Attributes(("index", .index([.operand(2)]))))
      } kernel: { c, dz throws(TensorError) in
        var dz = dz
        if let padding = c.attributes.number("padding_idx") {
          let keeps = try c.x.compared(.notEqual, to: Tensor(padding))
          dz = try dz * keeps.converted(to: dz.dtype).reshaped(to: Shape(c.x.shape.dims + [1]))
        }
        return try dz.spread(by: lookup(c), into: c.y.shape)
      },
    ]),
    links: .entries { c, operand, offset in
      guard operand == 1, let from = try? lookup(c).offsets else { return [] }
      return from.indices.filter { from[$0] == offset }.map { ($0, 1) }
    },
    samples: {
      let table = Sample.spread([4, 3])
      let places = [
        Sample.whole([2], []), Sample.whole([2, 0, 2], [3]), Sample.whole([1, 3, 0, 3], [2, 2]),
      ]
      return places.flatMap {
        [Sample([$0, table]), Sample([$0, table], ("padding_idx", .number(2)))]
      }
    }
  ) { c throws(TensorError) in
    try c.y.picked(lookup(c))
  }

  private static func lookup(_ c: Call) throws(TensorError) -> Selection {
    guard c.y.rank == 2 else { throw .rankNeeded("embedding", 2, c.y.shape) }
    var rows = [Int](repeating: 0, count: c.x.count)
    try c.x.addPlaces(
      to: &rows, "the numbers of an embedding", along: 0, of: c.y.shape[0], stride: 1)
    return try c.y.shape.selection(rows: rows, shape: c.x.shape)
  }
}
