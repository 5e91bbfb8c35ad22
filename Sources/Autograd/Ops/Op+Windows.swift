// Convolution and pooling: ops that slide a window over sequences and images.
import Platform
import Tensors

extension Op {
  package static let conv1d: Op = convolution(axes: 1)
  package static let conv2d: Op = convolution(axes: 2)
  package static let maxPool1d: Op = maxPool(axes: 1)
  package static let maxPool2d: Op = maxPool(axes: 2)
  package static let maxPool1dIndices: Op = maxPoolIndices(axes: 1)
  package static let maxPool2dIndices: Op = maxPoolIndices(axes: 2)
  package static let averagePool1d: Op = averagePool(axes: 1)
  package static let averagePool2d: Op = averagePool(axes: 2)

  package static let windows: [Op] = [
    conv1d, conv2d, conv1dInput, conv2dInput, conv1dWeight, conv2dWeight, maxPool1d, maxPool2d,
    maxPool1dIndices, maxPool2dIndices, averagePool1d, averagePool2d, adaptiveAverage,
    averagePool1dInput, averagePool2dInput, adaptiveAverageInput,
  ]

  // MARK: Convolution

  private static let convolving = [
    Setting("stride", .lengths, .value(.ints([1]))),
    Setting("padding", .padding, .value(.ints([0]))),
    Setting("dilation", .lengths, .value(.ints([1]))), .whole("groups", 1),
  ]

  /// Cross-correlation, PyTorch's convolution: `x: [N, C, L]` or `[N, C, H, W]` with kernels
  /// `weight: [O, C/groups, k]` or `[O, C/groups, kh, kw]`, a bias `[O]`. Its two gradients and itself are
  /// closed under differentiation.
  private static func convolution(axes: Int) -> Op {
    let name = "conv\(axes)d"
    return fused(
      name, ["x", "weight", Operand("bias", absence: .omitted)], settings: convolving,
      family: .window,
      "Slides kernels over the input; each output is the sum of products under the kernel.",
      "z[o, i] = Σ weight[o, c, k]*x[c, i*stride - padding + k*dilation] + bias[o]",
      example: axes == 1
        ? "conv1d([[[1, 2, 3]]], [[[1, -1]]])" : "conv2d(ones(1, 1, 3, 3), ones(1, 1, 2, 2))",
      gradients: [
        VJP { c throws(TensorError) in .apply(byInput(axes), [.x, .y, .dz], c.attributes) },
        VJP { c throws(TensorError) in .apply(byWeight(axes), [.x, .y, .dz], c.attributes) },
        VJP { c throws(TensorError) in
          let spread = (0..<c.output.rank).filter { $0 != c.output.rank - axes - 1 }
          return .apply(sum, [.dz], Attributes(("dim", .ints(spread))))
        },
      ],
      joint: { c, dz, wanted throws(TensorError) in
        let cut = try Convolution(c, axes)
        let flat = try cut.flat(dz)
        let dx = wanted[0] ? try cut.images(c.y, flat) : nil
        let dw = wanted[1] ? try cut.kernels(c.x, flat) : nil
        return [
          try dx?.reshaped(to: c.x.shape), try dw?.reshaped(to: c.y.shape),
          wanted[2] ? try flat.sum([0, 2, 3]) : nil,
        ]
      },
      samples: { convolutionSamples(axes) }
    ) { c throws(TensorError) in
      let cut = try Convolution(c, axes)
      if c.inputs.count > 2, c.inputs[2].shape.dims != [cut.weight[0]] {
        throw .layerInput(name, c.inputs[2].shape, expected: "a bias [\(cut.weight[0])]")
      }
      let z = try cut.flat(c.x, cut.x).convolved(
        cut.flat(c.y, cut.weight), c.inputs.count > 2 ? c.inputs[2] : nil, cut.window,
        groups: cut.groups)
      return try z.reshaped(to: cut.target)
    }
  }

  private static func byInput(_ axes: Int) -> Op { axes == 1 ? conv1dInput : conv2dInput }
  private static func byWeight(_ axes: Int) -> Op { axes == 1 ? conv1dWeight : conv2dWeight }
  private static func itself(_ axes: Int) -> Op { axes == 1 ? conv1d : conv2d }

  package static let conv1dInput: Op = convolutionInput(axes: 1)
  package static let conv2dInput: Op = convolutionInput(axes: 2)
  package static let conv1dWeight: Op = convolutionWeight(axes: 1)
  package static let conv2dWeight: Op = convolutionWeight(axes: 2)

  /// The gradient of a convolution with respect to its input, PyTorch's `torch.nn.grad.conv2d_input`.
  private static func convolutionInput(axes: Int) -> Op {
    convolutionGradient(
      "conv\(axes)d_input", [Operand("input_size", .shape), "weight", "grad_output"], axes,
      "The gradient of a convolution with respect to its input.",
      example:
        "conv\(axes)d_input(\(axes == 1 ? "[1, 1, 3], [[[1, -1]]], [[[1, 2]]]" : "[1, 1, 2, 2], [[[[3]]]], ones(1, 1, 2, 2)"))",
      derivative: .vjps([
        VJP(0),
        VJP { c throws(TensorError) in .apply(byWeight(axes), [.dz, .y, .operand(2)], c.attributes)
        },
        VJP { c throws(TensorError) in .apply(itself(axes), [.dz, .y], c.attributes) },
      ])
    ) { c, cut throws(TensorError) in
      try cut.images(c.y, cut.flat(c.inputs[2])).reshaped(to: c.x.shape)
    }
  }

  /// The gradient of a convolution with respect to its kernels, PyTorch's `torch.nn.grad.conv2d_weight`.
  private static func convolutionWeight(axes: Int) -> Op {
    convolutionGradient(
      "conv\(axes)d_weight", ["input", Operand("weight_size", .shape), "grad_output"], axes,
      "The gradient of a convolution with respect to its kernels.",
      example:
        "conv\(axes)d_weight(\(axes == 1 ? "[[[1, 2, 4]]], [1, 1, 2], [[[1, 1]]]" : "ones(1, 1, 2, 2), [1, 1, 1, 1], ones(1, 1, 2, 2)"))",
      derivative: .vjps([
        VJP { c throws(TensorError) in .apply(byInput(axes), [.x, .dz, .operand(2)], c.attributes)
        },
        VJP(0),
        VJP { c throws(TensorError) in .apply(itself(axes), [.x, .dz], c.attributes) },
      ])
    ) { c, cut throws(TensorError) in
      try cut.kernels(c.x, cut.flat(c.inputs[2])).reshaped(to: c.y.shape)
    }
  }

  private static func convolutionGradient(
    _ name: String, _ operands: [Operand], _ axes: Int, _ summary: String, example: String,
    derivative: Derivative,
    _ gradient: @escaping @Sendable (Call, Convolution) throws(TensorError) -> Tensor
  ) -> Op {
    Op(
      name, operands, settings: convolving, family: .adjoint, summary: summary, definition: "",
      example: example, promotion: .floating, derivative: derivative,
      samples: {
        convolutionSamples(axes).compactMap { sample in
          guard sample.inputs.count == 2,
            let z = try? itself(axes).applied(sample.inputs, sample.attributes).output
          else { return nil }
          return Sample(sample.inputs + [Sample.positive(z.shape)], sample.attributes)
        }
      }
    ) { c throws(TensorError) in
      let cut = try Convolution(c, axes)
      guard c.inputs[2].shape == cut.target else {
        throw .layerInput(name, c.inputs[2].shape, expected: "a gradient \(cut.target)")
      }
      return try gradient(c, cut)
    }
  }

  private static func convolutionSamples(_ axes: Int) -> [Sample] {
    let image = axes == 1 ? [5] : [4, 3]
    let kernel = axes == 1 ? [2] : [2, 2]
    func spread(_ dims: [Int]) -> Tensor {
      (try? Shape(dims)).map { Sample.spread($0) } ?? Tensor(0)
    }
    let (x, lone) = (spread([2, 2] + image), spread([2] + image))
    let (weight, grouped) = (spread([2, 2] + kernel), spread([2, 1] + kernel))
    let bias = Sample.positive([2])
    let plain = [Sample([x, weight]), Sample([x, weight, bias]), Sample([lone, weight, bias])]
    return plain + [
      plain[0].with("stride", .ints([2])), plain[0].with("padding", .ints([1])),
      plain[1].with("padding", .text("same")),
      plain[0].with("dilation", .ints([2])), Sample([x, grouped]).with("groups", .number(2)),
      plain[1].with("stride", .ints([2])).with("padding", .ints([1])),
    ]
  }

  // MARK: Pooling

  private static let sliding = [
    Setting("kernel_size", .lengths, .required),
    Setting(
      "stride", .lengths,
      .derived { _, settings throws(TensorError) in settings["kernel_size"] ?? .ints([2]) }),
    Setting("padding", .lengths, .value(.ints([0]))),
  ]
  private static let maxSliding =
    sliding + [
      Setting("dilation", .lengths, .value(.ints([1]))), .flag("ceil_mode", false),
    ]
  private static let meanSliding =
    sliding + [.flag("ceil_mode", false), .flag("count_include_pad", true)]

  private static func picked(_ c: Call, _ axes: Int, _ name: String) throws(TensorError)
    -> Selection
  {
    let plane = try Plane(c.x, c.attributes, axes, name)
    return try c.x.largestPlaces(plane.pooling, shape: plane.target)
  }

  /// The largest entry under each window; its gradient goes to the place it came from.
  private static func maxPool(axes: Int) -> Op {
    let name = "max_pool\(axes)d"
    return rearranging(
      name, settings: maxSliding, family: .window, "The largest entry under each window.",
      "z[i] = max of x under window i",
      example: axes == 1
        ? "max_pool1d([[[1, 5, 2, 3]]], 2)" : "max_pool2d(reshape(arange(16), 1, 1, 4, 4), 2)",
      notation: .call,
      back: { c throws(TensorError) in
        // Places are counted within each plane, so planes stand as rows.
        let rows = Array(c.x.shape.dims.dropLast(axes))
        let places = Formula.apply(
          axes == 1 ? maxPool1dIndices : maxPool2dIndices, [.x], c.attributes)
        let flat = Formula.apply(
          scatterAdd,
          [
            .reshaped(.call(zerosLike, .x), rows + [-1]), .reshaped(places, rows + [-1]),
            .reshaped(.dz, rows + [-1]),
          ], Attributes(("dim", .ints([rows.count]))))
        return .reshaped(flat, c.x.shape.dims)
      }, selection: { c throws(TensorError) in try picked(c, axes, name) },
      samples: {
        let all = poolingSamples(axes)
        return all + [all[0].with("dilation", .ints([2])).with("stride", .ints([1]))]
      })
  }

  /// Where within its plane each window's largest entry is, PyTorch's `return_indices`.
  private static func maxPoolIndices(axes: Int) -> Op {
    let name = "max_pool\(axes)d_indices"
    return Op(
      name, ["x"], settings: maxSliding, family: .adjoint,
      summary: "The place, within its image, of the largest entry under each window.",
      definition: "z[i] = place of the max of x under window i",
      example: axes == 1
        ? "max_pool1d_indices([[[1, 5, 2, 3]]], 2)"
        : "max_pool2d_indices(reshape(arange(16), 1, 1, 4, 4), 2)",
      promotion: .none, derivative: .none("a place is a whole number; it jumps")
    ) { c throws(TensorError) in
      let picked = try picked(c, axes, name)
      let size = c.x.shape.dims.suffix(axes).reduce(1, *)
      return try Tensor(
        picked.offsets.map { Double($0 % size) }, shape: picked.shape, dtype: .int64)
    }
  }

  private static func poolingSamples(_ axes: Int) -> [Sample] {
    let shapes: [Shape] = axes == 1 ? [[2, 1, 5], [2, 5]] : [[2, 1, 4, 5], [2, 4, 5]]
    let plain = shapes.map { Sample([Sample.spread($0)], ("kernel_size", .ints([2]))) }
    return plain + [
      plain[0].with("stride", .ints([1])), plain[0].with("padding", .ints([1])),
      plain[1].with("ceil_mode", .flag(true)),
      plain[0].with("stride", .ints([1])).with("padding", .ints([1])),
    ]
  }

  /// The mean under each window.
  private static func averagePool(axes: Int) -> Op {
    averaging(
      "avg_pool\(axes)d", settings: meanSliding, "The mean of the entries under each window.",
      example: axes == 1
        ? "avg_pool1d([[[1, 5, 2, 3]]], 2)" : "avg_pool2d(reshape(arange(16), 1, 1, 4, 4), 2)",
      back: { axes == 1 ? averagePool1dInput : averagePool2dInput },
      samples: { meanSamples(axes) }
    ) { x, attributes throws(TensorError) in try Plane(x, attributes, axes, "avg_pool\(axes)d") }
  }

  private static func meanSamples(_ axes: Int) -> [Sample] {
    let all = poolingSamples(axes)
    return all + all.map { $0.with("count_include_pad", .flag(false)) }
  }

  private static let partSamples: @Sendable () -> [Sample] = {
    [[1], [2], [2, 3]].map { size in
      Sample([Sample.spread([2, 1, 4, 5])], ("output_size", .ints(size)))
    }
  }

  private static let parts = [Setting("output_size", .lengths, .required)]

  /// Means over as many even parts as are asked for (`output_size`).
  package static let adaptiveAverage: Op = averaging(
    "adaptive_avg_pool2d", settings: parts,
    "The means of even parts of the image, as many as asked for.",
    example: "adaptive_avg_pool2d(reshape(arange(16), 1, 1, 4, 4), 1)",
    back: { adaptiveAverageInput }, samples: partSamples
  ) { x, attributes throws(TensorError) in try Plane(adaptive: x, attributes) }

  package static let averagePool1dInput: Op = averagingInput(
    "avg_pool1d_input", settings: meanSliding,
    example: "avg_pool1d_input([1, 1, 4], [[[1, 2]]], 2)", { averagePool1d },
    samples: { meanSamples(1) }
  ) { x, attributes throws(TensorError) in try Plane(x, attributes, 1, "avg_pool1d") }

  package static let averagePool2dInput: Op = averagingInput(
    "avg_pool2d_input", settings: meanSliding,
    example: "avg_pool2d_input([1, 1, 2, 2], [[[[8]]]], 2)", { averagePool2d },
    samples: { meanSamples(2) }
  ) { x, attributes throws(TensorError) in try Plane(x, attributes, 2, "avg_pool2d") }

  package static let adaptiveAverageInput: Op = averagingInput(
    "adaptive_avg_pool2d_input", settings: parts,
    example: "adaptive_avg_pool2d_input([1, 1, 2, 2], [[[[8]]]], 1)", { adaptiveAverage },
    samples: partSamples
  ) { x, attributes throws(TensorError) in try Plane(adaptive: x, attributes) }

  private typealias Planes = @Sendable (Tensor, Attributes) throws(TensorError) -> Plane

  private static func averaging(
    _ name: String, settings: [Setting], _ summary: String, example: String,
    back: @escaping @Sendable () -> Op, samples: @escaping @Sendable () -> [Sample],
    _ plane: @escaping Planes
  ) -> Op {
    Op(
      name, ["x"], settings: settings, family: .window, summary: summary,
      definition: "z[i] = mean of x under window i", example: example, promotion: .floating,
      derivative: .vjps([
        VJP { c throws(TensorError) in .apply(back(), [.x, .dz], c.attributes) }
      ]), samples: samples
    ) { c throws(TensorError) in
      let plane = try plane(c.x, c.attributes)
      return try c.x.averaged(plane.pooling, shape: plane.target)
    }
  }

  /// The gradient of a mean under windows with respect to its input: each result's is shared out evenly.
  private static func averagingInput(
    _ name: String, settings: [Setting], example: String,
    _ forward: @escaping @Sendable () -> Op,
    samples: @escaping @Sendable () -> [Sample], _ plane: @escaping Planes
  ) -> Op {
    Op(
      name, [Operand("input_size", .shape), "grad_output"], settings: settings, family: .adjoint,
      summary:
        "The gradient of `\(name.with("_input", replacedBy: ""))` with respect to its input.",
      definition: "", example: example, promotion: .floating,
      derivative: .vjps([
        VJP(0), VJP { c throws(TensorError) in .apply(forward(), [.dz], c.attributes) },
      ]),
      samples: {
        samples().compactMap { sample in
          guard let z = try? forward().applied(sample.inputs, sample.attributes).output else {
            return nil
          }
          return Sample([sample.inputs[0], Sample.positive(z.shape)], sample.attributes)
        }
      }
    ) { c throws(TensorError) in
      let plane = try plane(c.x, c.attributes)
      let dz = c.y
      guard dz.shape == plane.target else {
        throw .layerInput(name, dz.shape, expected: "a gradient \(plane.target)")
      }
      return try dz.sharedOut(plane.pooling, into: c.x.shape)
    }
  }
}

/// How a convolution's operands lie: images as `[N, C, H, W]`, kernels as `[O, C/groups, kh, kw]`; a sequence is
/// an image one line high.
private struct Convolution {
  let x: [Int]
  let weight: [Int]
  let window: Window
  let groups: Int
  /// The shape of the result, flat and as the caller sees it.
  let result: [Int]
  let target: Shape

  init(_ c: Call, _ axes: Int) throws(TensorError) {
    let layout = axes == 1 ? "[batch, channels, length]" : "[batch, channels, height, width]"
    let name = "conv\(axes)d"
    guard c.x.rank == axes + 2 || c.x.rank == axes + 1 else {
      throw .layerInput(name, c.x.shape, expected: layout)
    }
    guard c.y.rank == axes + 2 else {
      throw .layerInput(name, c.y.shape, expected: "weights of rank \(axes + 2)")
    }
    groups = Int(whole: c.number("groups")) ?? 0
    let image = Array(c.x.shape.dims.suffix(axes))
    let channels = c.x.shape[c.x.rank - axes - 1]
    let needed = try Shape([c.y.shape[1], max(1, groups)]).count
    guard groups > 0, channels == needed, c.y.shape[0] % groups == 0 else {
      throw .layerInput(
        name, c.x.shape, expected: "\(needed) channels, as its weights \(c.y.shape) have")
    }
    let size = Array(c.y.shape.dims.suffix(axes))
    var window = try Window(c.attributes, size: size, axes)
    if c.attributes.word("padding") == "same" {
      window.padding = (0..<2).map { Int(clamping: (window.reach($0) - 1) / 2) }
      window.tail = (0..<2).map { Int((window.reach($0) - 1) % 2) }
    }
    self.window = window
    let line = axes == 1 ? [1] : []
    let lead = c.x.rank == axes + 2 ? [c.x.shape[0]] : []
    x = [lead.first ?? 1, channels] + line + image
    weight = [c.y.shape[0], c.y.shape[1]] + line + size
    let outputs = try window.outputs(of: Array(x.suffix(2)))
    result = [x[0], weight[0]] + outputs
    target = try Shape(lead + [weight[0]] + outputs.suffix(axes))
  }

  func flat(_ t: Tensor, _ dims: [Int]) throws(TensorError) -> Tensor {
    try t.reshaped(to: Shape(dims))
  }

  /// A result, or its gradient.
  func flat(_ dz: Tensor) throws(TensorError) -> Tensor { try flat(dz, result) }

  /// The gradient of the images from that of the result.
  func images(_ kernels: Tensor, _ dz: Tensor) throws(TensorError) -> Tensor {
    try dz.convolvedBack(flat(kernels, weight), window, groups: groups, into: Shape(x))
  }

  /// The gradient of the kernels.
  func kernels(_ images: Tensor, _ dz: Tensor) throws(TensorError) -> Tensor {
    try flat(images, x).convolvedKernels(dz, window, groups: groups, into: Shape(weight))
  }
}

/// Windows over the images of a tensor, and the shape that they make of it.
private struct Plane {
  let pooling: Pooling
  let target: Shape

  init(_ x: Tensor, _ attributes: Attributes, _ axes: Int, _ name: String) throws(TensorError) {
    guard x.rank == axes + 1 || x.rank == axes + 2 else {
      throw .layerInput(
        name, x.shape,
        expected: axes == 1 ? "[batch, channels, length]" : "[batch, channels, height, width]")
    }
    let lengths = Array(x.shape.dims.suffix(axes))
    let image = axes == 1 ? [1] + lengths : lengths
    var window = try Window(attributes, size: attributes.ints("kernel_size") ?? [], axes)
    window.ceilMode = attributes.flag("ceil_mode")
    for axis in 0..<2 where window.padding[axis] > window.size[axis] / 2 {
      throw .setting(
        name, "`padding` may be at most half of the kernel", Double(window.padding[axis]))
    }
    let out = try window.outputs(of: image)
    target = try Shape.fitting(Array(x.shape.dims.dropLast(axes)) + out.suffix(axes))
    guard target.count == 0 || image.allSatisfy({ $0 > 0 }) else {
      throw .windowTooLarge(window.size, image: image, padding: window.padding)
    }
    // What each window covers is noted for each axis.
    _ = try Shape.fitting(out, stride: MemoryLayout<Pooling.Reach>.stride)
    // Only a mean takes the setting; without it the count is never read.
    let countsPadding = attributes.flag("count_include_pad")
    let isEmpty = target.count == 0
    func reaches(_ axis: Int) throws(TensorError) -> [Pooling.Reach] {
      try Plane.each(out[axis]) { i throws(TensorError) in
        let (first, count) = window.covered(axis, i, length: image[axis])
        guard count > 0 || isEmpty else {
          throw .setting(
            name, "`dilation` must leave each window something of the image",
            Double(window.dilation[axis]))
        }
        // A window may run past the right padding in ceil mode; what lies beyond does not count.
        let room =
          image[axis] + window.padding[axis] - (i * window.stride[axis] - window.padding[axis])
        return (first, count, countsPadding ? min(window.size[axis], room) : max(1, count))
      }
    }
    pooling = try Pooling(
      over: image, rows: reaches(0), columns: reaches(1), steps: window.dilation)
  }

  /// The reaches of so many windows along an axis.
  private static func each(
    _ count: Int, _ reach: (Int) throws(TensorError) -> Pooling.Reach
  ) throws(TensorError) -> [Pooling.Reach] {
    var reaches: [Pooling.Reach] = []
    reaches.reserveCapacity(count)
    for i in 0..<count {
      if i % Work.many == 0 { try Work.look() }
      reaches.append(try reach(i))
    }
    return reaches
  }

  init(adaptive x: Tensor, _ attributes: Attributes) throws(TensorError) {
    guard x.rank >= 2 else { throw .rankNeeded("adaptive_avg_pool2d", 2, x.shape) }
    let image = Array(x.shape.dims.suffix(2))
    var out = attributes.ints("output_size") ?? []
    guard !out.isEmpty, out.allSatisfy({ $0 > 0 }) else {
      throw .setting(
        "adaptive_avg_pool2d", "`output_size` must be positive", Double(out.min() ?? 0))
    }
    if out.count == 1 { out = [out[0], out[0]] }
    target = try Shape.fitting(Array(x.shape.dims.dropLast(2)) + out)
    guard target.count == 0 || image.allSatisfy({ $0 > 0 }) else {
      throw .windowTooLarge(out, image: image, padding: [0, 0])
    }
    // What each window covers is noted for each axis.
    for length in out {
      _ = try Shape.fitting([length], stride: 2 * MemoryLayout<Pooling.Reach>.stride)
    }
    func parts(_ axis: Int) throws(TensorError) -> [Pooling.Reach] {
      /// Where the parts before `i` end: a quotient, and whether it was rounded down.
      func share(_ i: Int) -> (quotient: Int, remainder: Int) {
        out[axis].dividingFullWidth(i.multipliedFullWidth(by: image[axis]))
      }
      return try Plane.each(out[axis]) { i throws(TensorError) in
        let (start, end) = (share(i).quotient, share(i + 1))
        let count = end.quotient + (end.remainder > 0 ? 1 : 0) - start
        return (start, count, max(1, count))
      }
    }
    pooling = try Pooling(over: image, rows: parts(0), columns: parts(1))
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
      // A word for the padding follows from the kernel.
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
    guard let largest = size.max(), largest <= Int32.max else {
      throw .setting("the window", "`kernel_size` is too large", Double(size.max() ?? 0))
    }
    self.init(
      size: pair(size, 1), stride: try setting("stride", 1, idle: 1),
      padding: try setting("padding", 0, idle: 0), dilation: try setting("dilation", 1, idle: 1))
  }
}
