// The functions behind layers, as in torch.nn.functional, and `sequential`.
import Interpreter
import Autograd
import Diagnostics
import Tensors

extension Builtin {
  /// Functions that share their name with a layer; called with a tensor first, they apply at once.
  static let overloads: [Builtin] = [
    Builtin(
      "linear(x, weight, bias=none)", .layers, Op.linear.summary,
      example: "linear([1, 2], [[3, 4]], [5])", op: .linear
    ) { call throws(Diagnostic) in
      var operands = [try call.operand("x"), try call.operand("weight")]
      if call.has("bias") { operands.append(try call.operand("bias")) }
      return try call.apply(.linear, operands)
    },
    Builtin(
      "flatten(x, start_dim=0)", .shape, "Joins all axes from `start_dim` on into one.",
      example: "flatten([[1, 2], [3, 4]])"
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      let first = try call.int("start_dim")
      let axis = try call.tensors { () throws(TensorError) in try x.shape.axis(first) }
      let dims = Array(x.shape.dims[..<axis]) + [x.shape.dims[axis...].reduce(1, *)]
      return try call.apply(.reshape, [.node(x)], Attributes(("_shape", .ints(dims))))
    },
    Builtin(
      "dropout(x, p=0.5, training=true)", .layers, Op.dropout.summary,
      example: "seed(0); dropout(ones(4), 0.5)", op: .dropout
    ) { call throws(Diagnostic) in
      let (x, p) = (try call.node("x"), try call.double("p"))
      guard p >= 0, p <= 1 else {
        throw BuiltinFault.notProbability(call.machine.format(p)).at(call.span)
      }
      guard try call.flag("training"), p > 0 else { return call.value("x") }
      // As torch's generic CPU kernel: one double of the stream for each entry.
      let mask = try call.tensors { () throws(TensorError) in
        try call.machine.generator.mask(x.shape, keep: 1 - p, dtype: x.dtype.floating)
      }
      let drawn = call.graph.constant(mask)
      drawn.label = call.graph.number(of: "mask")
      return try call.apply(.dropout, [.node(x), .node(drawn)])
    },
    Builtin(
      "embedding(index, weight, padding_idx=none)", .layers, Op.embedding.summary,
      example: "embedding([1, 0], [[1, 2], [3, 4]])", op: .embedding
    ) { call throws(Diagnostic) in
      let weight = try call.node("weight")
      var attributes = Attributes()
      if let rows = weight.shape.dims.first, let row = try call.paddingRow(of: rows) {
        attributes.set("padding_idx", .number(Double(row)))
      }
      return try call.apply(.embedding, [try call.operand("index"), .node(weight)], attributes)
    },
    bound(.conv1d), bound(.conv2d), transposed(axes: 1), transposed(axes: 2),
  ]

  /// The transpose of a convolution, which is what a convolution hands back to its input.
  private static func transposed(axes: Int) -> Builtin {
    Builtin(
      "conv_transpose\(axes)d(x, weight, bias=none, stride=1, padding=0, output_padding=0, groups=1, dilation=1)",
      .layers,
      "The transpose of a convolution: each number spreads a kernel over the output.",
      example: axes == 1
        ? "conv_transpose1d([[[1, 2]]], [[[1, 1]]])"
        : "conv_transpose2d(ones(1, 1, 2, 2), ones(1, 1, 2, 2))"
    ) { call throws(Diagnostic) in
      let (x, weight) = (try call.node("x"), try call.node("weight"))
      guard weight.shape.rank == axes + 2, x.shape.rank == axes + 2 || x.shape.rank == axes + 1
      else {
        throw TensorFault(.rankNeeded("conv_transpose\(axes)d", axes + 2, x.shape)).at(call.span)
      }
      func each(_ list: [Int]) throws(Diagnostic) -> [Int] {
        guard list.count == 1 || list.count == axes,
          list.allSatisfy({ (0..<1 << 14).contains($0) })
        else { throw BuiltinFault.windowNumbers(list).at(call.span) }
        return list.count == axes ? list : [Int](repeating: list[0], count: axes)
      }
      let (stride, padding) = (try each(call.ints("stride")), try each(call.ints("padding")))
      let (more, dilation) = (
        try each(call.ints("output_padding")), try each(call.ints("dilation"))
      )
      // Where more is put at the end than lies between two steps, the spread kernels are cut out of all that they reach.
      let isCut = (0..<axes).contains { more[$0] >= stride[$0] && more[$0] < dilation[$0] }
      let frame = isCut ? [Int](repeating: 0, count: axes) : padding
      let groups = try call.int("groups")
      let image = x.shape.dims.suffix(axes)
      let channels = weight.shape[1].multipliedReportingOverflow(by: max(groups, 1))
      var size = Array(x.shape.dims.dropLast(axes + 1))
      size.append(channels.overflow ? .max : channels.partialValue)
      for (k, length) in image.enumerated() {
        let spread = Int64(length - 1) * Int64(stride[k]) - Int64(2 * frame[k])
        let reach = Int64(dilation[k]) * Int64(weight.shape[k + 2] - 1) + 1
        size.append(Int(clamping: spread + reach + (isCut ? 0 : Int64(more[k]))))
      }
      let target = try call.tensors { () throws(TensorError) in
        try Tensor(filling: Shape.fitting(size), with: 0, dtype: weight.dtype)
      }
      var spread = try call.apply(
        axes == 1 ? .conv1dInput : .conv2dInput,
        [.node(call.graph.constant(target)), .node(weight), .node(x)],
        Attributes(
          ("stride", .ints(stride)), ("padding", .ints(frame)), ("dilation", .ints(dilation)),
          ("groups", .number(Double(groups)))))
      if isCut, case .tensor(let whole) = spread {
        let ends = (0..<axes).reversed().flatMap { [-padding[$0], more[$0] - padding[$0]] }
        spread = try call.apply(.pad, [.node(whole)], Attributes(("pad", .ints(ends))))
      }
      guard call.has("bias"), case .tensor(let z) = spread else { return spread }
      let bias = try call.node("bias")
      let standing = try call.tensors { () throws(TensorError) in
        try call.graph.apply(
          .reshape, [.node(bias)],
          Attributes(("_shape", .ints([-1] + [Int](repeating: 1, count: axes)))))
      }
      return try call.apply(.add, [.node(z), .node(standing)])
    }
  }

  /// Functions of layers that have names of their own.
  static let layerFunctions: [Builtin] = [
    Builtin(
      "batch_norm(x, running_mean=none, running_var=none, weight=none, bias=none, training=false, momentum=0.1, eps=1e-05)",
      .layers, Op.batchNorm.summary,
      example: "batch_norm([[1], [3]], training=true)", op: .batchNorm
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      let (isTraining, eps) = (try call.flag("training"), try call.double("eps"))
      var operands: [Node.Operand] = [.node(x)]
      operands.append(call.has("weight") ? try call.operand("weight") : .number(1))
      operands.append(call.has("bias") ? try call.operand("bias") : .number(0))
      // The default is the op's own.
      let attributes = eps == 1e-5 ? Attributes() : Attributes(("eps", .number(eps)))
      if !isTraining {
        guard call.has("running_mean"), call.has("running_var") else {
          throw BuiltinFault.runningStatisticsMissing.at(call.span)
        }
        operands += [try call.operand("running_mean"), try call.operand("running_var")]
      }
      let result = try call.apply(.batchNorm, operands, attributes)
      if isTraining, case .tensor(let made) = result,
        case .tensor(let mean) = call.value("running_mean"),
        case .tensor(let spread) = call.value("running_var")
      {
        try call.gather(
          x, made, into: mean, spread, momentum: try call.double("momentum"))
      }
      return result
    },
    Builtin(
      "layer_norm(x, normalized_shape, weight=none, bias=none, eps=1e-05)", .layers,
      Op.layerNorm.summary, example: "layer_norm([1, 2, 6], 3)", op: .layerNorm
    ) { call throws(Diagnostic) in
      let (x, size, eps) = (
        try call.node("x"), try call.ints("normalized_shape"), try call.double("eps")
      )
      var attributes = Attributes()
      attributes.set("normalized_shape", .ints(size))
      attributes.set("eps", .number(eps))
      return try call.apply(
        .layerNorm,
        [
          .node(x), call.has("weight") ? try call.operand("weight") : .number(1),
          call.has("bias") ? try call.operand("bias") : .number(0),
        ], attributes)
    },
    Builtin(
      "bce_with_logits(input, target, weight=none, pos_weight=none, reduction=\"mean\")", .losses,
      "Short for `binary_cross_entropy_with_logits`.", example: "bce_with_logits([2, -1], [1, 0])",
      op: .binaryCrossEntropyWithLogits
    ) { call throws(Diagnostic) in
      guard let full = Builtin.named("binary_cross_entropy_with_logits") else { return .none }
      return try full.body(call)
    },
  ]

  static let sequential = Builtin(
    "sequential(*layers)", .layers,
    "Layers and functions applied one after another; `model[0]` is the first.",
    example: "seed(0); sequential(linear(2, 3), relu, linear(3, 1))"
  ) { call throws(Diagnostic) in
    var stages = call.rest
    if stages.count == 1, case .list(let list) = stages[0] { stages = list.items }
    for stage in stages {
      switch stage {
      case .layer, .function, .builtin: continue
      default:
        throw BuiltinFault.notStage(stage.kind).at(call.span)
      }
    }
    return try Value.layer(LayerObject(sequence: stages)).nested(call.span)
  }

  /// What only the library's own code calls.
  static let helpers: [Builtin] = [
    Builtin("_sizes(x)", .rest, "Whole numbers as a tensor of rank 1.") { call throws(Diagnostic) in
      let sizes = try call.ints("x")
      return try call.made { () throws(TensorError) in
        try Tensor(sizes.map(Double.init), shape: Shape([sizes.count]), dtype: .int64)
      }
    },
    Builtin("_wrong_rank(layer, x, wanted)", .rest, "") { call throws(Diagnostic) in
      throw TensorFault(
        .layerInput(
          try call.text("layer"), try call.node("x").shape, expected: try call.text("wanted"))
      ).at(call.span)
    },
    Builtin("_advance(count)", .rest, "") { call throws(Diagnostic) in
      let count = try call.node("count")
      try call.tensors { () throws(TensorError) in
        try call.graph.update(count) { value throws(TensorError) in
          value = try value + Tensor(1, dtype: value.dtype)
        }
      }
      return .none
    },
    Builtin("_name_state(cell, state, step)", .rest, "") { call throws(Diagnostic) in
      if case .layer(let cell) = call.value("cell") {
        cell.nameState(call.value("state"), after: try call.int("step"), call.graph)
      }
      return .none
    },
    Builtin("_row(padding_idx, rows)", .rest, "") { call throws(Diagnostic) in
      try call.paddingRow(of: try call.int("rows")).map { .number(Double($0)) } ?? .none
    },
    Builtin("_unfit(message, remedy)", .rest, "") { call throws(Diagnostic) in
      throw BuiltinFault.unfit(message: try call.text("message"), remedy: try call.text("remedy"))
        .at(call.span)
    },
  ]

  // MARK: Start values

  static let initialisers: [Builtin] = [
    Builtin(
      "uniform(shape, low=0, high=1)", .making, "Random numbers, uniform in [low, high).",
      example: "seed(0); uniform([3], -1, 1)"
    ) { call throws(Diagnostic) in
      let (low, high) = (try call.double("low"), try call.double("high"))
      return try call.uniform(try call.ints("shape"), low, high)
    },
    Builtin(
      "normal(shape, mean=0, std=1)", .making, "Random numbers from a normal distribution.",
      example: "seed(0); normal([3], 10, 2)"
    ) { call throws(Diagnostic) in
      let (mean, std) = (try call.double("mean"), try call.double("std"))
      return try call.normal(try call.ints("shape"), mean, std)
    },
    kaiming("uniform"), kaiming("normal"), xavier("uniform"), xavier("normal"),
    Builtin(
      "calculate_gain(nonlinearity, param=none)", .making,
      "How much an activation shrinks signals, made good by start values.",
      example: "calculate_gain(\"tanh\")"
    ) { call throws(Diagnostic) in
      .number(try call.gain(call.has("param") ? try call.double("param") : 0.01))
    },
  ]

  /// He et al. 2015.
  private static func kaiming(_ kind: String) -> Builtin {
    Builtin(
      "kaiming_\(kind)(shape, a=0, mode=\"fan_in\", nonlinearity=\"leaky_relu\")", .making,
      "Start values for weights before a rectifier, \(kind) (He et al. 2015).",
      example: "seed(0); kaiming_\(kind)([2, 3])"
    ) { call throws(Diagnostic) in
      let dims = try call.ints("shape")
      let fans = try call.fans(dims)
      let mode = try call.choice("mode", ["fan_in", "fan_out"])
      let gain = try call.gain(try call.double("a"))
      return try call.spread(
        dims, kind, std: gain / (mode == "fan_in" ? fans.in : fans.out).squareRoot())
    }
  }

  /// Glorot and Bengio 2010.
  private static func xavier(_ kind: String) -> Builtin {
    Builtin(
      "xavier_\(kind)(shape, gain=1)", .making,
      "Start values that keep signals even both ways, \(kind) (Glorot and Bengio 2010).",
      example: "seed(0); xavier_\(kind)([2, 3])"
    ) { call throws(Diagnostic) in
      let dims = try call.ints("shape")
      let fans = try call.fans(dims)
      return try call.spread(
        dims, kind, std: try call.double("gain") * (2 / (fans.in + fans.out)).squareRoot())
    }
  }
}

extension BuiltinCall {
  /// The row of a table that stands for padding; as in PyTorch, negative places count from the end.
  fileprivate func paddingRow(of rows: Int) throws(Diagnostic) -> Int? {
    guard has("padding_idx") else { return nil }
    let place = try int("padding_idx")
    guard place >= -rows, place < rows else {
      throw BuiltinFault.paddingRow(place: place, rows: rows).at(span)
    }
    return place < 0 ? place + rows : place
  }

  /// Batch statistics flow into the running ones: `running ← (1 - momentum)*running + momentum*batch`,
  /// the variance without bias.
  /// - Parameter result: what the batch became.
  fileprivate func gather(
    _ x: Node, _ result: Node, into mean: Node, _ variance: Node, momentum: Double
  ) throws(Diagnostic) {
    try tensors { () throws(TensorError) in
      let cut = Channels(batch: x.shape)
      let n = Double(cut.population)
      let batch: (mean: Tensor, variance: Tensor)
      if let saved = result.saved?.tensors, saved.count > 1 {
        batch = (saved[0], saved[1])
      } else {
        // Whole numbers have averages with fractions.
        let floats = x.dtype.isFloat ? x.value : try x.value.converted(to: graph.dtype)
        let moments = try floats.channelMoments(cut, eps: 0)
        batch = (moments.mean, moments.variance)
      }
      // Neither changes unless both fit.
      for node in [mean, variance] where node.shape != batch.mean.shape {
        throw .notExpandable(batch.mean.shape, node.shape.dims)
      }
      func blend(_ node: Node, _ new: Tensor, _ share: Double) throws(TensorError) {
        try graph.update(node) { kept throws(TensorError) in
          try kept.blend(1 - momentum, new, share)
        }
      }
      try blend(mean, batch.mean, momentum)
      try blend(variance, batch.variance, momentum * n / max(1, n - 1))
    }
  }

  fileprivate func uniform(_ dims: [Int], _ low: Double, _ high: Double) throws(Diagnostic)
    -> Value
  {
    try draw(dims, machine.dtype) { generator, count in
      generator.uniforms(count, low, high, .float32)
    }
  }

  fileprivate func normal(_ dims: [Int], _ mean: Double, _ std: Double) throws(Diagnostic)
    -> Value
  {
    try draw(dims, machine.dtype) { generator, count in
      generator.normals(count, .float32, mean: mean, deviation: std)
    }
  }

  /// Draws around 0 with a standard deviation, uniform or normal.
  fileprivate func spread(_ dims: [Int], _ kind: String, std: Double) throws(Diagnostic) -> Value {
    guard kind == "uniform" else { return try normal(dims, 0, std) }
    let bound = 3.0.squareRoot() * std
    return try uniform(dims, -bound, bound)
  }

  /// How many inputs and outputs each weight connects.
  fileprivate func fans(_ dims: [Int]) throws(Diagnostic) -> (in: Double, out: Double) {
    guard dims.count >= 2 else {
      throw BuiltinFault.tooFewAxes(builtin.name).at(span)
    }
    let field = dims[2...].reduce(1) { $0 * Double($1) }
    return (Double(dims[1]) * field, Double(dims[0]) * field)
  }

  /// torch.nn.init.calculate_gain.
  fileprivate func gain(_ slope: Double) throws(Diagnostic) -> Double {
    let names = [
      "leaky_relu", "linear", "conv1d", "conv2d", "sigmoid", "tanh", "relu", "selu",
    ]
    switch try choice("nonlinearity", names) {
    case "tanh": return 5.0 / 3
    case "relu": return 2.0.squareRoot()
    case "leaky_relu": return (2 / (1 + slope * slope)).squareRoot()
    case "selu": return 0.75
    default: return 1
    }
  }
}
