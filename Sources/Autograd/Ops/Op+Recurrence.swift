// One step of a cell with gates, after its affine maps: two ops in place of a dozen.
import Tensors

extension Op {
  package static let recurrence: [Op] = [lstmMemory, lstmOutput]

  /// What a long short-term memory keeps of its state and what it takes in, `z = σ(f)*c + σ(i)*tanh(g)`, for
  /// `gates: [*, 4*hidden]`, in which the inputs of i, f, g and o stand side by side, and `c: [*, hidden]`.
  package static let lstmMemory: Op = fused(
    "lstm_memory", ["gates", "c"], family: .layer,
    "The memory of an LSTM after a step: c is partly kept, and g let in. `gates` is i, f, g and o side by side.",
    "fₜ*c + iₜ*gₜ, where iₜ = sigmoid(gates[..., 0:n]), fₜ = sigmoid(gates[..., n:2*n]) and gₜ = tanh(gates[..., 2*n:3*n])",
    example: "lstm_memory([0, 1, 2, 3], [5])",
    gradients: [
      VJP { c throws(TensorError) in
        let (i, f, g) = (opened(.i, c), opened(.f, c), opened(.g, c))
        return joined([
          .dz * g * (i * (1 - i)), .dz * .y * (f * (1 - f)), .dz * i * (1 - g.power(2)),
          .call(zerosLike, block(.o, c)),
        ])
      },
      VJP { c throws(TensorError) in .dz * opened(.f, c) },
    ],
    links: .entries { c, operand, offset in
      let hidden = c.output.shape.last ?? 0
      if operand == 1 { return [(offset, entry(.f, offset, hidden))] }
      guard let (gate, place) = place(offset, hidden) else { return [] }
      let (i, f, g) = (entry(.i, place, hidden), entry(.f, place, hidden), entry(.g, place, hidden))
      switch gate {
      case .i: return [(place, g * (i * (1 - i)))]
      case .f: return [(place, .entry(1, offset: place) * (f * (1 - f)))]
      case .g: return [(place, i * (1 - g.power(2)))]
      case .o: return []
      }
    },
    joint: { c, dz, wanted throws(TensorError) in
      let kept = try kept(c, remembering)
      var gates: Tensor?
      if wanted[0] {
        var sum = try Tensor(filling: c.x.shape, with: 0, dtype: dz.dtype)
        try dz.addLSTMMemorySlope(c.y, kept: kept, to: &sum)
        gates = sum
      }
      return [gates, wanted[1] ? try dz * kept[1] : nil]
    },
    // The output of the same step has been there before.
    addition: { c, dz, k, sum throws(TensorError) in
      guard k == 0, dz.dtype == sum.dtype else { return false }
      let kept = try kept(c, remembering)
      try dz.addLSTMMemorySlope(c.y, kept: kept, to: &sum)
      return true
    },
    saves: true, samples: { cellSamples }
  ) { c throws(TensorError) in
    try check("lstm_memory", c)
    return try result(c, remembering)
  }

  /// What a long short-term memory shows of its state, `z = σ(o)*tanh(c)`, for `gates: [*, 4*hidden]` and `c: [*, hidden]`.
  package static let lstmOutput: Op = fused(
    "lstm_output", ["gates", "c"], family: .layer,
    "What an LSTM shows of its memory c. `gates` is i, f, g and o side by side.",
    "oₜ*tanh(c), where oₜ = sigmoid(gates[..., 3*n:4*n])",
    example: "lstm_output([0, 1, 2, 3], [5])",
    gradients: [
      VJP { c throws(TensorError) in
        let (o, zeros) = (opened(.o, c), Formula.call(zerosLike, block(.o, c)))
        return joined([zeros, zeros, zeros, .dz * .call(tanh, .y) * (o * (1 - o))])
      },
      VJP { c throws(TensorError) in
        .dz * opened(.o, c) * (1 - Formula.call(tanh, .y).power(2))
      },
    ],
    links: .entries { c, operand, offset in
      let hidden = c.output.shape.last ?? 0
      let shown = { (place: Int) in Formula.call(tanh, .entry(1, offset: place)) }
      if operand == 1 {
        return [(offset, entry(.o, offset, hidden) * (1 - shown(offset).power(2)))]
      }
      guard let (gate, place) = place(offset, hidden), gate == .o else { return [] }
      let o = entry(.o, place, hidden)
      return [(place, shown(place) * (o * (1 - o)))]
    },
    joint: { c, dz, wanted throws(TensorError) in
      let kept = try kept(c, showing)
      var gates = try Tensor(filling: c.x.shape, with: 0, dtype: dz.dtype)
      let memory = try dz.lstmOutputSlope(kept: kept, addingTo: &gates)
      return [wanted[0] ? gates : nil, wanted[1] ? memory : nil]
    },
    saves: true, samples: { cellSamples }
  ) { c throws(TensorError) in
    try check("lstm_output", c)
    return try result(c, showing)
  }

  // MARK: Gates

  /// The blocks of an LSTM's gates, in PyTorch's order.
  private enum Gate: Int {
    case i, f, g, o
    /// As in PyTorch's documentation; a learner's own i or f is another.
    var name: String { ["iₜ", "fₜ", "gₜ", "oₜ"][rawValue] }
  }

  /// A gate's block of the gates.
  private static func block(_ gate: Gate, _ c: Call) -> Formula {
    let hidden = c.y.shape.last ?? 0
    let start = gate.rawValue * hidden
    let place: [IndexEntry] = [
      .item(.ellipsis), .item(.slice(start: start, stop: start + hidden, step: 1)),
    ]
    return .apply(index, [.x], Attributes(("index", .index(place))))
  }

  /// What a gate comes to, by its name: a share, or for g what there is to be let in.
  private static func opened(_ gate: Gate, _ c: Call) -> Formula {
    .named(gate.name, .call(gate == .g ? tanh : sigmoid, block(gate, c)))
  }

  /// The same of one entry.
  private static func entry(_ gate: Gate, _ place: Int, _ hidden: Int) -> Formula {
    let (row, column) = (place / max(1, hidden), place % max(1, hidden))
    return .call(
      gate == .g ? tanh : sigmoid,
      .entry(0, offset: (4 * row + gate.rawValue) * hidden + column))
  }

  /// The gate that an entry belongs to, and the entry of the state that it is for.
  private static func place(_ offset: Int, _ hidden: Int) -> (Gate, Int)? {
    guard hidden > 0 else { return nil }
    let (row, column) = (offset / (4 * hidden), offset % (4 * hidden))
    return Gate(rawValue: column / hidden).map { ($0, row * hidden + column % hidden) }
  }

  private static func joined(_ blocks: [Formula]) -> Formula {
    .apply(concat, blocks, Attributes(("dim", .ints([-1]))))
  }

  /// The result of a call, and behind it what its gradients need.
  private typealias Step = @Sendable (Call) throws(TensorError) -> [Tensor]

  private static let remembering: Step = { c throws(TensorError) in try c.x.lstmMemory(c.y) }
  private static let showing: Step = { c throws(TensorError) in try c.x.lstmOutput(c.y) }

  private static func result(_ c: Call, _ step: Step) throws(TensorError) -> Tensor {
    let made = try step(c)
    c.saved?.tensors = Array(made.dropFirst())
    return made[0]
  }

  /// What the forward step kept, or is made again.
  private static func kept(_ c: Call, _ step: Step) throws(TensorError) -> [Tensor] {
    if let saved = c.saved?.tensors, !saved.isEmpty { return saved }
    return Array(try step(c).dropFirst())
  }

  private static func check(_ name: String, _ c: Call) throws(TensorError) {
    guard let width = c.x.shape.last, width % 4 == 0 else {
      throw .layerInput(
        name, c.x.shape, expected: "gates of four blocks side by side: i, f, g and o")
    }
    let memory = try Shape(c.x.shape.dims.dropLast() + [width / 4])
    guard c.y.shape == memory else {
      throw .layerInput(name, c.y.shape, expected: "a memory \(memory) beside gates \(c.x.shape)")
    }
  }

  private static var cellSamples: [Sample] {
    ([([8], [2]), ([3, 8], [3, 2]), ([2, 1, 8], [2, 1, 2])] as [(Shape, Shape)]).map {
      Sample([Sample.spread($0), Sample.positive($1)])
    }
  }
}

extension Node {
  /// The gates that an LSTM's memory came of.
  package var gates: Node? { op == .lstmMemory ? operand(0).node : nil }
}
