// Convolution and pooling: ops that slide a window over sequences and images.
import Tensors

extension Op {
  package static let windows: [Op] =
    [convolution("conv1d", axes: 1), convolution("conv2d", axes: 2)]
    + [maxPool("max_pool1d", axes: 1), maxPool("max_pool2d", axes: 2)]
    + [averagePool("avg_pool1d", axes: 1), averagePool("avg_pool2d", axes: 2), adaptiveAverage]

  private static let sliding = [
    Setting("kernel_size", nil), Setting("stride", nil), Setting("padding", .number(0)),
  ]

  // MARK: Convolution

  /// Cross-correlation, PyTorch's convolution: `x: [N, C, L]` or `[N, C, H, W]` with kernels
  /// `weight: [O, C/groups, k]` or `[O, C/groups, kh, kw]`, a bias `[O]`.
  private static func convolution(_ name: String, axes: Int) -> Op {
    fused(
      name, ["x", "weight", "bias"],
      settings: [
        Setting("stride", .ints([1])), Setting("padding", .ints([0])),
        Setting("dilation", .ints([1])), Setting("groups", .number(1)),
      ],
      "Slides kernels over the input; each output is the sum of products under the kernel.",
      "z[o, i] = Σ weight[o, c, k]*x[c, i*stride - padding + k*dilation] + bias[o]",
      gradients: [
        { _ in .call("conv_transpose", .dz, .y) }, { _ in .call("correlate", .x, .dz) },
        { c in
          let spread = [0] + (2..<2 + axes)
          return .apply(
            "sum", [.dz],
            Attributes(
              ("dim", .ints(c.x.rank == axes + 1 ? spread.dropFirst().map { $0 - 1 } : spread))))
        },
      ],
      joint: { c, dz, wanted throws(TensorError) in
        let (x, weight, window, groups) = try prepared(c, axes)
        let dims =
          try [x.shape[0], weight.shape[0]] + window.outputs(of: [x.shape[2], x.shape[3]])
        let dz = try dz.reshaped(to: Shape(dims))
        let (dx, dw) = try x.convolutionGradients(
          weight, dz, window, groups: groups, images: wanted[0], kernels: wanted[1])
        return [
          try dx?.reshaped(to: c.x.shape), try dw?.reshaped(to: c.y.shape),
          wanted.count > 2 && wanted[2] ? try dz.sum([0, 2, 3]) : nil,
        ]
      }
    ) { c throws(TensorError) in
      let (x, weight, window, groups) = try prepared(c, axes)
      if c.inputs.count > 2, c.inputs[2].shape.dims != [weight.shape[0]] {
        throw .layerInput(name, c.inputs[2].shape, expected: "a bias [\(weight.shape[0])]")
      }
      let z = try x.convolved(
        weight, c.inputs.count > 2 ? c.inputs[2].converted(to: x.dtype) : nil, window,
        groups: groups)
      let lead = c.x.rank == axes + 1 ? [] : [x.shape[0]]
      return try z.reshaped(to: Shape(lead + [weight.shape[0]] + z.shape.dims.suffix(axes)))
    }
  }

  /// Images as `[N, C, H, W]`, kernels as `[O, C/groups, kh, kw]`; a sequence is an image one line high.
  private static func prepared(_ c: Call, _ axes: Int) throws(TensorError)
    -> (x: Tensor, weight: Tensor, window: Window, groups: Int)
  {
    let layout = axes == 1 ? "[batch, channels, length]" : "[batch, channels, height, width]"
    let name = "conv\(axes)d"
    guard c.x.rank == axes + 2 || c.x.rank == axes + 1 else {
      throw .layerInput(name, c.x.shape, expected: layout)
    }
    guard c.y.rank == axes + 2 else {
      throw .layerInput(name, c.y.shape, expected: "weights of rank \(axes + 2)")
    }
    let groups = Int(c.attributes.number("groups") ?? 1)
    let image = Array(c.x.shape.dims.suffix(axes))
    let channels = c.x.shape[c.x.rank - axes - 1]
    guard groups > 0, channels == c.y.shape[1] * groups, c.y.shape[0] % groups == 0 else {
      throw .layerInput(
        name, c.x.shape,
        expected: "\(c.y.shape[1] * max(1, groups)) channels, as its weights \(c.y.shape) have")
    }
    let batch = c.x.rank == axes + 2 ? c.x.shape[0] : 1
    let size = Array(c.y.shape.dims.suffix(axes))
    let dtype = max(c.x.dtype, c.y.dtype)
    var window = try Window(c.attributes, size: size, axes)
    if c.attributes.word("padding") == "same" {
      window.padding = (0..<2).map { (window.reach($0) - 1) / 2 }
      window.tail = (0..<2).map { (window.reach($0) - 1) % 2 }
    }
    let flat = axes == 1 ? [1] : []
    return (
      try c.x.converted(to: dtype).reshaped(to: Shape([batch, channels] + flat + image)),
      try c.y.converted(to: dtype).reshaped(
        to: Shape([c.y.shape[0], c.y.shape[1]] + flat + size)),
      window, groups
    )
  }

  // MARK: Pooling

  /// The largest entry under each window; its gradient goes to the place it came from.
  private static func maxPool(_ name: String, axes: Int) -> Op {
    let pick: @Sendable (Call) throws(TensorError) -> [Int] = { c throws(TensorError) in
      let plane = try Plane(c, axes, name)
      let tables = plane.tables
      var offsets: [Int] = []
      offsets.reserveCapacity(plane.count * tables.count)
      for image in 0..<plane.count {
        let start = image * plane.size
        for table in tables {
          var best = start + (table.places.first ?? 0)
          for place in table.places {
            let (now, new) = (c.x[best], c.x[start + place])
            if now.isNaN { break }
            if new.isNaN || new > now { best = start + place }
          }
          offsets.append(best)
        }
      }
      return offsets
    }
    return rearranging(
      name, settings: sliding, "The largest entry under each window.",
      "z[i] = max of x under window i", notation: .call,
      back: { .apply("scatter_max", [.dz, .x], $0.attributes) }, offsets: pick
    ) { c throws(TensorError) in
      try c.x.gathered(pick(c), shape: Plane(c, axes, name).target)
    }
  }

  /// The mean under each window.
  private static func averagePool(_ name: String, axes: Int) -> Op {
    averaging(name, settings: sliding, "The mean of the entries under each window.") {
      c throws(TensorError) in try Plane(c, axes, name)
    }
  }

  /// Means over as many even parts as are asked for (`output_size`).
  private static let adaptiveAverage = averaging(
    "adaptive_avg_pool2d", settings: [Setting("output_size", nil)],
    "The means of even parts of the image, as many as asked for."
  ) { c throws(TensorError) in
    try Plane(adaptive: c)
  }

  private static func averaging(
    _ name: String, settings: [Setting], _ summary: String,
    _ plane: @escaping @Sendable (Call) throws(TensorError) -> Plane
  ) -> Op {
    Op(
      name, ["x"], settings: settings, summary: summary,
      definition: "z[i] = mean of x under window i",
      derivative: .vjps([
        VJP(text: { .apply("spread_mean", [.dz], $0.attributes) }) { c, dz throws(TensorError) in
          let plane = try plane(c)
          var gradient = [Double](repeating: 0, count: c.x.count)
          for image in 0..<plane.count {
            for (i, table) in plane.tables.enumerated() {
              let share = dz[image * plane.tables.count + i] / table.divisor
              for place in table.places { gradient[image * plane.size + place] += share }
            }
          }
          return try Tensor(gradient, shape: c.x.shape, dtype: c.x.dtype)
        }
      ])
    ) { c throws(TensorError) in
      let plane = try plane(c)
      var means: [Double] = []
      for image in 0..<plane.count {
        for table in plane.tables {
          let sum = table.places.reduce(0) { $0 + c.x[image * plane.size + $1] }
          means.append(sum / table.divisor)
        }
      }
      return try Tensor(means, shape: plane.target, dtype: c.x.dtype.floating)
    }
  }
}

/// The windows over one image, the same for every image of a batch.
private struct Plane {
  /// For each window the places under it, and what their sum is divided by for a mean.
  let tables: [(places: [Int], divisor: Double)]
  /// How many images there are, and how many entries each has.
  let count: Int
  let size: Int
  let target: Shape

  init(_ c: Call, _ axes: Int, _ name: String) throws(TensorError) {
    guard c.x.rank == axes + 1 || c.x.rank == axes + 2 else {
      throw .layerInput(
        name, c.x.shape,
        expected: axes == 1 ? "[batch, channels, length]" : "[batch, channels, height, width]")
    }
    let lengths = Array(c.x.shape.dims.suffix(axes))
    let image = axes == 1 ? [1] + lengths : lengths
    var window = try Window(c.attributes, size: c.attributes.ints("kernel_size") ?? [2], axes)
    if c.attributes["stride"] == nil { window.stride = window.size }
    window.ceilMode = c.attributes.flag("ceil_mode")
    for axis in 0..<2 where 2 * window.padding[axis] > window.reach(axis) {
      throw .setting(
        name, "`padding` may be at most half of the kernel", Double(window.padding[axis]))
    }
    let out = try window.outputs(of: image)
    let countsPadding =
      c.attributes["count_include_pad"].map {
        if case .flag(let on) = $0 { on } else { true }
      } ?? true
    var tables: [(places: [Int], divisor: Double)] = []
    for y in 0..<out[0] {
      let rows = window.places(0, y, length: image[0])
      for x in 0..<out[1] {
        let columns = window.places(1, x, length: image[1])
        let places = rows.flatMap { row in columns.map { row * image[1] + $0 } }
        // A window may run past the right padding in ceil mode; what lies beyond does not count.
        let padded = (0..<2).reduce(1.0) { product, axis in
          let start = (axis == 0 ? y : x) * window.stride[axis] - window.padding[axis]
          let end = min(start + window.size[axis], image[axis] + window.padding[axis])
          return product * Double(end - start)
        }
        tables.append((places, countsPadding ? padded : Double(max(1, places.count))))
      }
    }
    self.tables = tables
    size = image[0] * image[1]
    count = size == 0 ? 0 : c.x.count / size
    target = try Shape(Array(c.x.shape.dims.dropLast(axes)) + out.suffix(axes))
  }

  init(adaptive c: Call) throws(TensorError) {
    guard c.x.rank >= 2 else { throw .rankNeeded("adaptive_avg_pool2d", 2, c.x.shape) }
    let image = Array(c.x.shape.dims.suffix(2))
    var out = c.attributes.ints("output_size") ?? [1, 1]
    if out.count == 1 { out = [out[0], out[0]] }
    func part(_ i: Int, _ axis: Int) -> Range<Int> {
      i * image[axis] / out[axis]..<((i + 1) * image[axis] + out[axis] - 1) / out[axis]
    }
    target = try Shape(Array(c.x.shape.dims.dropLast(2)) + out)
    // A table of places, some hundred bytes, for each result.
    _ = try Shape.fitting(out, stride: 128)
    var tables: [(places: [Int], divisor: Double)] = []
    for y in 0..<out[0] {
      for x in 0..<out[1] {
        let places = part(y, 0).flatMap { row in part(x, 1).map { row * image[1] + $0 } }
        tables.append((places, Double(max(1, places.count))))
      }
    }
    self.tables = tables
    size = image[0] * image[1]
    count = size == 0 ? 0 : c.x.count / size
  }
}

extension Window {
  /// From an op's settings; one number serves every axis, and sequences lie along the second.
  fileprivate init(_ attributes: Attributes, size: [Int], _ axes: Int) throws(TensorError) {
    func pair(_ list: [Int], _ idle: Int) -> [Int] {
      if axes == 1 { return [idle, list[0]] }
      return list.count == 1 ? [list[0], list[0]] : Array(list.prefix(2))
    }
    func setting(_ name: String, _ fallback: Int, idle: Int) throws(TensorError) -> [Int] {
      let list = attributes.ints(name) ?? [fallback]
      guard let smallest = list.min(), smallest >= fallback else {
        throw .setting(
          "the window", "`\(name)` may not be less than \(fallback)", Double(list.min() ?? 0))
      }
      guard let largest = list.max(), largest <= Int32.max else {
        throw .setting("the window", "`\(name)` is too large", Double(list.max() ?? 0))
      }
      return pair(list, idle)
    }
    guard !size.isEmpty, size.allSatisfy({ $0 > 0 }) else {
      throw .setting("the window", "`kernel_size` must be positive", Double(size.min() ?? 0))
    }
    self.init(
      size: pair(size, 1), stride: try setting("stride", 1, idle: 1),
      padding: try setting("padding", 0, idle: 0), dilation: try setting("dilation", 1, idle: 1))
  }
}
