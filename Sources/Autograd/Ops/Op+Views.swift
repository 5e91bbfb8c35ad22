// Ops that move entries around: each result entry copies one entry of an operand.
import Platform
import Tensors

extension Op {
  private static func identity(_ c: Call) -> Selection {
    Selection([.even(count: c.x.count, by: 1)], of: c.x.shape, shape: c.output.shape)
  }

  private static func order(_ c: Call) throws(TensorError) -> [Int] {
    guard let dims = c.attributes.ints("_dims") else { return Array((0..<c.x.rank).reversed()) }
    var order: [Int] = []
    for dim in dims { order.append(try c.x.shape.axis(dim)) }
    return order
  }

  private static func permutation(_ c: Call) throws(TensorError) -> Selection {
    let order = try order(c)
    guard order.sorted() == Array(0..<c.x.rank) else { throw .notPermutation(order, c.x.shape) }
    return c.x.shape.permutation(order)
  }

  private static func inverse(_ order: [Int]) -> [Int] {
    (0..<order.count).map { order.firstIndex(of: $0) ?? $0 }
  }

  private static let unpermute: VJP.Kernel = { c, dz throws(TensorError) in
    try dz.permuted(inverse(order(c)))
  }

  private static let plainSamples: @Sendable () -> [Sample] = {
    Sample.shapes.map { Sample([Sample.spread($0)]) }
  }

  /// Samples of every rank, each with settings that follow from its shape.
  private static func shaped(_ settings: @escaping @Sendable (Shape) -> [(String, Attribute)])
    -> @Sendable () -> [Sample]
  {
    { Sample.shapes.map { Sample([Sample.spread($0)], Attributes(settings($0))) } }
  }

  /// The transpose: axes in reverse order.
  package static let transpose: Op = rearranging(
    "transpose", "The transpose: rows become columns.", "z[i, j] = x[j, i]",
    notation: .suffix(".T"), back: { _ throws(TensorError) in Formula.transpose(.dz) },
    selection: permutation, kernel: unpermute, samples: plainSamples)

  /// Axes in another order.
  package static let permute: Op = rearranging(
    "permute", settings: [Setting("_dims", .axes, .required)], "Puts the axes in another order.",
    "z.shape[i] = x.shape[dims[i]]",
    back: { c throws(TensorError) in
      .apply(permute, [.dz], Attributes(("_dims", .ints(inverse(try order(c))))))
    },
    selection: permutation, kernel: unpermute,
    samples: shaped { shape in
      [("_dims", .ints((0..<shape.rank).map { ($0 + 1) % max(1, shape.rank) }))]
    })

  /// The same elements under another shape; one length may be -1 and is worked out.
  package static let reshape: Op = rearranging(
    "reshape", settings: [Setting("_shape", .lengths, .required)],
    "The same elements under another shape; -1 stands for the length that fits.",
    "row-major order kept",
    back: { c throws(TensorError) in .reshaped(.dz, c.x.shape.dims) },
    selection: { c in identity(c) },
    kernel: { c, dz throws(TensorError) in try dz.reshaped(to: c.x.shape) },
    samples: shaped { [("_shape", .ints([$0.dims.last ?? 1, -1]))] }
  ) { c throws(TensorError) in
    var dims = c.attributes.ints("_shape") ?? []
    if let hole = dims.firstIndex(of: -1) {
      let others = dims.enumerated().reduce(1) { $1.offset == hole ? $0 : $0 &* $1.element }
      guard others > 0, c.x.count % others == 0 else { throw .notReshapable(c.x.shape, dims) }
      dims[hole] = c.x.count / others
    }
    guard dims.allSatisfy({ $0 >= 0 }) else { throw .notReshapable(c.x.shape, dims) }
    return try c.x.reshaped(to: Shape(dims))
  }

  /// Stretches axes of length 1; -1 keeps a length.
  package static let expand: Op = rearranging(
    "expand", settings: [Setting("_shape", .lengths, .required)],
    "Repeats along axes of length 1; -1 keeps a length.", "z[i, j] = x[0, j]",
    back: { c throws(TensorError) in
      unbroadcastText(.dz, from: c.output.shape, to: c.x.shape)
    },
    selection: { c throws(TensorError) in c.x.shape.stretching(to: c.output.shape) },
    kernel: { c, dz throws(TensorError) in try unbroadcast(dz, to: c.x.shape) },
    samples: shaped { shape in [("_shape", .ints([2] + shape.dims.map { $0 == 1 ? 2 : -1 }))] }
  ) { c throws(TensorError) in
    let wanted = c.attributes.ints("_shape") ?? []
    let extra = wanted.count - c.x.rank
    guard extra >= 0 else { throw .notExpandable(c.x.shape, wanted) }
    let dims = wanted.enumerated().map { axis, length in
      length == -1 && axis >= extra ? c.x.shape[axis - extra] : length
    }
    return try c.x.expanded(to: Shape(dims))
  }

  /// Like `expand`, to the shape of another tensor.
  package static let expandAs: Op = Op(
    "expand_as", ["x", Operand("other", .mask)], family: .shape,
    summary: "Repeats `x` over the shape of another tensor.", definition: "x over other",
    example: "expand_as([[1], [2]], zeros(2, 3))", promotion: .none,
    derivative: .vjps([
      VJP { c throws(TensorError) in
        unbroadcastText(.dz, from: c.y.shape, to: c.x.shape)
      } kernel: { c, dz throws(TensorError) in
        try unbroadcast(dz, to: c.x.shape)
      }
    ]),
    samples: {
      let shapes: [(Shape, Shape)] = [
        ([], []), ([], [3]), ([3], [2, 3]), ([2, 1], [2, 3]), ([2, 1, 3], [2, 2, 3]),
      ]
      return shapes.map { Sample([Sample.spread($0), Sample.spread($1)]) }
    }
  ) { c throws(TensorError) in try c.x.expanded(to: c.y.shape) }

  /// The order along some axes reversed.
  package static let flip: Op = rearranging(
    "flip", settings: [Setting("dims", .axes, .required)], "Reverses the order along axes.",
    "z[i] = x[n - 1 - i]", example: "flip([1, 2, 3], 0)", notation: .call,
    back: { c throws(TensorError) in .apply(flip, [.dz], c.attributes) },
    selection: flipped,
    kernel: { c, dz throws(TensorError) in try dz.picked(flipped(c)) },
    samples: {
      Sample.shapes.filter { $0.rank > 0 }.flatMap { shape in
        [
          Sample([Sample.spread(shape)], ("dims", .ints([0]))),
          Sample([Sample.spread(shape)], ("dims", .ints([0, -1]))),
        ]
      }.filter { $0.inputs[0].rank > 1 || $0.attributes.ints("dims")?.count == 1 }
    })

  private static func flipped(_ c: Call) throws(TensorError) -> Selection {
    let dims = c.attributes.ints("dims") ?? []
    // Of no axes none is reversed.
    let axes = dims.isEmpty ? [] : try c.x.axes(dims)
    var strides = c.x.shape.strides
    var base = 0
    for axis in axes where c.x.count > 0 {
      base += (c.x.shape[axis] - 1) * strides[axis]
      strides[axis] *= -1
    }
    return Selection(c.x.shape, strides: strides, from: base, of: c.x.shape)
  }

  /// The order along an axis turned round: what falls off one end comes in at the other.
  package static let roll: Op = rearranging(
    "roll", settings: [Setting("shifts", .lengths, .required), Setting("dims", .axes, .absent)],
    "Moves entries along axes; what falls off one end comes in at the other.",
    "z[i] = x[(i - shift) mod n]", example: "roll([1, 2, 3, 4], 1)", notation: .call,
    back: { c throws(TensorError) in .apply(roll, [.dz], turnedBack(c)) },
    selection: rolled,
    kernel: { c, dz throws(TensorError) in
      try dz.picked(rolled(Call(inputs: [dz], attributes: turnedBack(c))))
    },
    samples: {
      [Sample([Sample.spread([4])], ("shifts", .ints([1])))]
        + [[2, 3], [2, 2, 3]].flatMap { shape in
          [
            Sample([Sample.spread(shape)], ("shifts", .ints([-2]))),
            Sample([Sample.spread(shape)], ("shifts", .ints([1])), ("dims", .ints([-1]))),
            Sample([Sample.spread(shape)], ("shifts", .ints([1, 2])), ("dims", .ints([0, 1]))),
          ]
        }
    })

  private static func turnedBack(_ c: Call) -> Attributes {
    var back = Attributes(("shifts", .ints((c.attributes.ints("shifts") ?? []).map { -$0 })))
    if let dims = c.attributes.ints("dims") { back.set("dims", .ints(dims)) }
    return back
  }

  private static func rolled(_ c: Call) throws(TensorError) -> Selection {
    let shifts = c.attributes.ints("shifts") ?? []
    /// The places along an axis of `n` entries `step` apart.
    func turned(_ n: Int, _ step: Int, by shift: Int) -> Steps {
      let start = n == 0 ? 0 : (n - shift % n) % n
      return shift == 0 || c.x.count == 0
        ? .even(count: n, by: step)
        : .places((start..<n).map { $0 * step } + (0..<start).map { $0 * step })
    }
    guard let dims = c.attributes.ints("dims") else {
      return Selection(
        [turned(c.x.count, 1, by: shifts.first ?? 0)], of: c.x.shape, shape: c.x.shape)
    }
    guard dims.count == shifts.count else {
      throw .setting("roll", "there must be as many `dims` as `shifts`", Double(dims.count))
    }
    var moves = [Int](repeating: 0, count: c.x.rank)
    // A single number has no axis that could be named.
    if c.x.rank == 0, let dim = dims.first { throw .axisOutOfRange(dim, c.x.shape) }
    for (dim, shift) in zip(dims, shifts) {
      let axis = try c.x.shape.axis(dim)
      // A whole turn changes nothing.
      moves[axis] += shift % Swift.max(1, c.x.shape[axis])
    }
    let strides = c.x.shape.strides
    return Selection(
      (0..<c.x.rank).map { turned(c.x.shape[$0], strides[$0], by: moves[$0]) }, of: c.x.shape,
      shape: c.x.shape)
  }

  /// The whole tensor over and over along each axis; further axes come first.
  package static let repeated: Op = rearranging(
    "repeat", settings: [Setting("_sizes", .lengths, .required)],
    "The whole tensor again and again along each axis; further axes come first.",
    "z[i] = x[i mod n]",
    back: { c throws(TensorError) in
      let sizes = c.attributes.ints("_sizes") ?? []
      let dims = [Int](repeating: 1, count: Swift.max(0, sizes.count - c.x.rank)) + c.x.shape.dims
      // Each axis falls into its repetitions and itself.
      let parts = zip(sizes, dims).flatMap { [$0, $1] }
      let folded = (0..<sizes.count).map { 2 * $0 }
      let sums = Formula.apply(
        sum, [.reshaped(.dz, parts)], Attributes(("dim", .ints(folded))))
      return folded.isEmpty ? .dz : .reshaped(sums, c.x.shape.dims)
    },
    selection: repetitions,
    samples: {
      [
        Sample([Sample.spread([])], ("_sizes", .ints([3]))),
        Sample([Sample.spread([3])], ("_sizes", .ints([2]))),
        Sample([Sample.spread([3])], ("_sizes", .ints([2, 2]))),
        Sample([Sample.spread([2, 3])], ("_sizes", .ints([2, 1]))),
        Sample([Sample.spread([2, 1, 3])], ("_sizes", .ints([1, 3, 2]))),
      ]
    })

  private static func repetitions(_ c: Call) throws(TensorError) -> Selection {
    let sizes = c.attributes.ints("_sizes") ?? []
    let extra = sizes.count - c.x.rank
    guard extra >= 0, sizes.allSatisfy({ $0 >= 0 }) else { throw .notExpandable(c.x.shape, sizes) }
    let dims = [Int](repeating: 1, count: extra) + c.x.shape.dims
    var lengths: [Int] = []
    for (size, length) in zip(sizes, dims) {
      let (product, isTooLong) = size.multipliedReportingOverflow(by: length)
      guard !isTooLong else { throw .tooLarge(sizes, limit: MemoryBudget.limit) }
      lengths.append(product)
    }
    let strides = [Int](repeating: 0, count: extra) + c.x.shape.strides
    return Selection(
      sizes.indices.flatMap { axis -> [Steps] in
        [.even(count: sizes[axis], by: 0), .even(count: dims[axis], by: strides[axis])]
      }, of: c.x.shape, shape: try Shape.fitting(lengths))
  }

  /// A frame of one number around the last axes: `pad` counts from the last axis backward, before and
  /// after each; below 0 it cuts off.
  package static let pad: Op = Op(
    "pad", ["x"], settings: [Setting("pad", .lengths, .required), .number("value", 0)],
    family: .shape,
    summary: "Puts a frame of one number around the last axes; below 0 it cuts off.",
    definition: "x within value", example: "pad([[1, 2]], [1, 0, 0, 1])",
    derivative: .vjps([
      VJP { c throws(TensorError) in
        .apply(
          pad, [.dz],
          Attributes(("pad", .ints((c.attributes.ints("pad") ?? []).map { -$0 }))))
      }
    ]),
    links: .entries { c, _, offset in
      guard let frame = try? frame(c) else { return [] }
      let place = zip(c.x.shape.indices(at: offset), frame).map { $0 + $1.before }
      let isInside = zip(place, c.output.shape.dims).allSatisfy { 0 <= $0 && $0 < $1 }
      return isInside
        ? [(offset: c.output.shape.offset(of: place), partial: Formula.number(1))] : []
    },
    samples: {
      [
        Sample([Sample.spread([3])], ("pad", .ints([1, 2]))),
        Sample([Sample.spread([2, 3])], ("pad", .ints([1, 0])), ("value", .number(2))),
        Sample([Sample.spread([2, 3])], ("pad", .ints([1, 1, 2, 0]))),
        Sample([Sample.spread([2, 1, 3])], ("pad", .ints([-1, 1, 0, 1]))),
      ]
    }
  ) { c throws(TensorError) in
    let frame = try frame(c)
    let target = try Shape.fitting(
      zip(c.x.shape.dims, frame).map { Swift.max(0, $0 + $1.before + $1.after) })
    let (isCut, isPut) = (
      frame.contains { $0.before < 0 || $0.after < 0 },
      frame.contains { $0.before > 0 || $0.after > 0 }
    )
    func framed() throws(TensorError) -> Tensor {
      try Tensor(filling: target, with: c.number("value"), dtype: c.x.dtype)
    }
    // What is inside both: where it begins in x, where in the result, and how far it goes.
    var (from, to, lengths): ([IndexItem], [IndexItem], [Int]) = ([], [], [])
    for (axis, (before, after)) in frame.enumerated() {
      let length = c.x.shape[axis] + Swift.min(0, before) + Swift.min(0, after)
      let (start, place) = (Swift.max(0, -before), Swift.max(0, before))
      lengths.append(length)
      from.append(.slice(start: start, stop: start + length, step: 1))
      to.append(.slice(start: place, stop: place + length, step: 1))
    }
    guard lengths.allSatisfy({ $0 > 0 }) else { return try framed() }
    let inside = isCut ? try c.x.picked(c.x.shape.selection(from)) : c.x
    if !isPut { return inside }
    var result = try framed()
    try result.set(inside, at: target.selection(to))
    return result
  }

  /// How much is put before and after each axis.
  private static func frame(_ c: Call) throws(TensorError) -> [(before: Int, after: Int)] {
    let padding = c.attributes.ints("pad") ?? []
    guard padding.allSatisfy({ Swift.abs($0) < 1 << 28 }) else {
      throw .tooLarge(padding, limit: MemoryBudget.limit)
    }
    guard padding.count % 2 == 0, padding.count / 2 <= c.x.rank else {
      throw .setting(
        "pad", "`pad` has two numbers for each of the last axes, at most \(2 * c.x.rank)",
        Double(padding.count))
    }
    return (0..<c.x.rank).map { axis in
      let k = 2 * (c.x.rank - 1 - axis)
      return k < padding.count ? (padding[k], padding[k + 1]) : (0, 0)
    }
  }

  // MARK: Picking by index

  private static let whole = IndexItem.slice(start: nil, stop: nil, step: 1)

  /// Picks entries by index, as in NumPy; entries picked twice collect both gradients.
  package static let index: Op = rearranging(
    "index", operands: ["x", Operand("index", .indices, isRepeated: true)],
    settings: [Setting("index", .index, .required)],
    "Picks entries by position, range, list or mask.", "x[…]", notation: .index,
    back: { c throws(TensorError) in
      let tensors = (1..<c.inputs.count).map { Formula.operand($0) }
      // In `index_put` the tensors follow x and the values.
      return .apply(
        indexPut, [.call(zerosLike, .x), .dz] + tensors,
        shifted(withoutEllipsis(c.attributes, c), by: 1))
    },
    selection: { c throws(TensorError) in try selection(c.x, c, from: 1) },
    samples: { indexSamples.map { Sample([$0] + $2, ("index", .index($1))) } })

  /// Adds values at the places that an index picks: what `index` hands back, and the other way round.
  package static let indexPut: Op = Op(
    "index_put", ["x", "values", Operand("index", .indices, isRepeated: true)],
    settings: [Setting("index", .index, .required)], family: .adjoint,
    summary: "Adds values at the places that an index picks; places picked twice collect both.",
    definition: "x with values added at x[index]", example: "index_put(zeros(3), 5, 1)",
    notation: .spelled { arguments, attributes in
      let entries = attributes.index.map { $0.argument(Array(arguments.dropFirst())) }
      return "index_put(\((arguments.prefix(2) + entries).joined(separator: ", ")))"
    },
    derivative: .vjps([
      VJP(.dz),
      VJP { c throws(TensorError) in
        let tensors = (2..<max(2, c.inputs.count)).map { Formula.operand($0) }
        let picked = try selection(c.x, c, from: 2)
        return unbroadcastText(
          .apply(index, [.dz] + tensors, shifted(c.attributes, by: -1)), from: picked.shape,
          to: c.y.shape)
      },
    ]),
    samples: {
      indexSamples.compactMap { x, entries, tensors in
        let call = Call(inputs: [x] + tensors, attributes: Attributes(("index", .index(entries))))
        guard let picked = try? selection(x, call, from: 1) else { return nil }
        return Sample(
          [x, Sample.positive(picked.shape)] + tensors, shifted(call.attributes, by: 1))
      }
    }
  ) { c throws(TensorError) in
    let picked = try selection(c.x, c, from: 2)
    var result = c.x
    try result.add(c.y.expanded(to: picked.shape), at: picked)
    return result
  }

  private static let indexSamples: [(Tensor, [IndexEntry], [Tensor])] = [
    (Sample.spread([3]), [.item(.at(-1))], []),
    (Sample.spread([2, 3]), [.item(.at(1))], []),
    (Sample.spread([2, 3]), [.item(whole), .item(.slice(start: 1, stop: nil, step: 1))], []),
    (Sample.spread([2, 3]), [.item(.ellipsis), .item(.newAxis), .item(.at(0))], []),
    (Sample.spread([4, 3]), [.item(.slice(start: 0, stop: 4, step: 2))], []),
    (Sample.spread([2, 3]), [.operand(1)], [Sample.whole([1, 0, 1], [3])]),
    (
      Sample.spread([2, 3]), [.operand(1), .operand(2)],
      [Sample.whole([1, 0, 1], [3]), Sample.whole([2, 0, 2], [3])]
    ),
    (Sample.spread([2, 2, 3]), [.item(whole), .operand(1)], [Sample.whole([1, 1], [2])]),
    (Sample.spread([3]), [.operand(1)], [Sample.tensor([1, 0, 1], [3], .bool)]),
    (Sample.spread([2, 3]), [.operand(1)], [Sample.tensor([1, 0, 1, 0, 1, 1], [2, 3], .bool)]),
  ]

  /// The same index with a whole range for each axis that `...` stands for.
  private static func withoutEllipsis(_ attributes: Attributes, _ c: Call) -> Attributes {
    let entries = attributes.index
    let used = entries.reduce(0) { count, entry in
      switch entry {
      case .item(.at), .item(.slice), .item(.list): count + 1
      case .item(.ellipsis), .item(.newAxis): count
      case .item(.mask(let mask)): count + mask.rank
      case .operand(let k): count + (c.inputs[k].dtype == .bool ? c.inputs[k].rank : 1)
      }
    }
    let spelled = entries.flatMap { entry -> [IndexEntry] in
      guard case .item(.ellipsis) = entry else { return [entry] }
      return [IndexEntry](repeating: .item(whole), count: Swift.max(0, c.x.rank - used))
    }
    return Attributes(("index", .index(spelled)))
  }

  /// The same index where its tensors are other operands.
  private static func shifted(_ attributes: Attributes, by step: Int) -> Attributes {
    let entries = attributes.index.map { entry -> IndexEntry in
      if case .operand(let k) = entry { .operand(k + step) } else { entry }
    }
    return Attributes(("index", .index(entries)))
  }

  private static func selection(_ x: Tensor, _ c: Call, from first: Int) throws(TensorError)
    -> Selection
  {
    let items = c.attributes.index.map { entry -> IndexItem in
      switch entry {
      case .item(let item): return item
      case .operand(let k):
        guard k < c.inputs.count else { return .ellipsis }
        return c.inputs[k].dtype == .bool ? .mask(c.inputs[k]) : .list(c.inputs[k])
      }
    }
    return try x.shape.selection(items)
  }

  // MARK: Picking along an axis

  /// Entries along one axis by a tensor of places: `z[i, j] = x[i, index[i, j]]` for `dim=1`.
  package static let gather: Op = rearranging(
    "gather", operands: ["x", Operand("index", .indices)],
    settings: [Setting("dim", .axis, .required)],
    "Picks entries along one axis by a tensor of places.",
    "z[i, j] = x[i, index[i, j]] for dim=1", example: "gather([[1, 2], [3, 4]], 1, [[1], [0]])",
    notation: .spelled { arguments, attributes in
      "gather(\(arguments[0]), \(attributes.dims.first ?? 0), \(arguments[1]))"
    },
    back: { c throws(TensorError) in
      .apply(scatterAdd, [.call(zerosLike, .x), .y, .dz], c.attributes)
    },
    selection: { c throws(TensorError) in try gathering(c.x, c.y, c) },
    kernel: { c, dz throws(TensorError) in
      try added(dz, to: Tensor(filling: c.x.shape, with: 0, dtype: dz.dtype), c)
    },
    samples: { gatherSamples.map { Sample([Sample.spread($0), $1], ("dim", .ints([$2]))) } }
  ) { c throws(TensorError) in
    if c.x.rank > 0, let gathered = try c.x.gathered(c.y, along: axis(c)) { return gathered }
    return try c.x.picked(gathering(c.x, c.y, c))
  }

  /// Adds entries along an axis at the places that the second operand says.
  private static func added(_ part: Tensor, to whole: consuming Tensor, _ c: Call)
    throws(TensorError) -> Tensor
  {
    if c.x.rank > 0, try whole.add(part, at: c.y, along: axis(c)) { return whole }
    try whole.add(part, at: gathering(c.x, c.y, c))
    return whole
  }

  private static let gatherSamples: [(Shape, Tensor, Int)] = [
    ([], Sample.whole([0, 0], [2]), 0), ([3], Sample.whole([1], []), 0),
    ([3], Sample.whole([2, 0, 2, 1], [4]), 0),
    ([2, 3], Sample.whole([2, 0, 1, 1], [2, 2]), 1),
    ([2, 3], Sample.whole([1, 0, 1], [1, 3]), 0),
    ([2, 1, 3], Sample.whole([2, 0], [2, 1, 1]), -1),
  ]

  /// Adds entries along one axis at the places that a tensor says: what `gather` hands back.
  package static let scatterAdd: Op = Op(
    "scatter_add", ["x", Operand("index", .indices), "src"],
    settings: [Setting("dim", .axis, .required)], family: .adjoint,
    summary: "Adds entries along one axis at the places that a tensor says.",
    definition: "z[i, index[i, j]] = x[i, index[i, j]] + src[i, j] for dim=1",
    example: "scatter_add(zeros(3), 0, [2, 0, 2], [1, 2, 3])",
    notation: .spelled { arguments, attributes in
      "scatter_add(\(arguments[0]), \(attributes.dims.first ?? 0), \(arguments[1]), \(arguments[2]))"
    },
    derivative: .vjps([
      VJP(.dz), VJP(0),
      VJP { c throws(TensorError) in .apply(gather, [.dz, .y], c.attributes) },
    ]),
    samples: {
      gatherSamples.map {
        Sample([Sample.spread($0), $1, Sample.positive($1.shape)], ("dim", .ints([$2])))
      }
    }
  ) { c throws(TensorError) in
    let src = c.inputs[2]
    guard src.shape == c.y.shape else {
      throw .sizesDiffer(c.y.shape, src.shape, axis: 0, operation: "scatter_add")
    }
    return try added(src, to: c.x, c)
  }

  /// Puts entries along one axis at the places that a tensor says; what was there is gone.
  package static let scatter: Op = Op(
    "scatter", ["x", Operand("index", .indices), "src"],
    settings: [Setting("dim", .axis, .required)], family: .shape,
    summary:
      "Puts entries along one axis at the places that a tensor says; what was there is gone.",
    definition: "z[i, index[i, j]] = src[i, j] for dim=1, else x",
    notation: .spelled { arguments, attributes in
      "\(arguments[0]).scatter(\(attributes.dims.first ?? 0), \(arguments[1]), \(arguments[2]))"
    },
    derivative: .vjps([
      VJP { c throws(TensorError) in
        .apply(scatter, [.dz, .y, .call(zerosLike, .operand(2))], c.attributes)
      },
      VJP(0),
      VJP { c throws(TensorError) in .apply(gather, [.dz, .y], c.attributes) },
    ]),
    samples: {
      // Places that are named once: of two entries for one place the last is taken, which has no gradient
      // that both could share.
      [
        Sample(
          [Sample.spread([4]), Sample.whole([2, 0], [2]), Sample.positive([2])],
          ("dim", .ints([0]))),
        Sample(
          [Sample.spread([2, 3]), Sample.whole([2, 0, 1, 2], [2, 2]), Sample.positive([2, 2])],
          ("dim", .ints([1]))),
        Sample(
          [Sample.spread([2, 3]), Sample.whole([1, 0, 1], [1, 3]), Sample.positive([1, 3])],
          ("dim", .ints([0]))),
      ]
    }
  ) { c throws(TensorError) in
    let src = c.inputs[2]
    guard src.shape == c.y.shape else {
      throw .sizesDiffer(c.y.shape, src.shape, axis: 0, operation: "scatter")
    }
    var result = c.x
    try result.set(src, at: gathering(c.x, c.y, c))
    return result
  }

  /// As in PyTorch, what has no axes counts as one entry along one axis.
  private static func gathering(_ x: Tensor, _ index: Tensor, _ c: Call) throws(TensorError)
    -> Selection
  {
    let axis = try x.shape.axis(c.attributes.dims.first ?? 0)
    let source: Shape = x.rank == 0 ? [1] : x.shape
    let places: Shape = index.rank == 0 ? [1] : index.shape
    guard places.rank == source.rank else { throw .rankNeeded("gather", source.rank, index.shape) }
    for other in 0..<source.rank where other != axis && places[other] > source[other] {
      throw .sizesDiffer(x.shape, index.shape, axis: axis, operation: "gather")
    }
    var strides = source.strides
    let (stride, length) = (strides[axis], source[axis])
    // Along the axis the tensor of places says where.
    strides[axis] = 0
    var offsets = Selection(places, strides: strides, of: source).offsets
    try index.addPlaces(to: &offsets, "gather's index", along: axis, of: length, stride: stride)
    return try Selection(offsets: offsets, of: x.shape, shape: index.shape)
  }

  // MARK: Joining

  /// Joins along an axis that all have.
  package static let concat: Op = joining(
    "concat", "Joins tensors along an axis they have.", "[x | y | …]",
    samples: {
      [
        Sample([Sample.spread([3])]), Sample([Sample.spread([2]), Sample.positive([3])]),
        Sample([Sample.spread([2, 3]), Sample.positive([1, 3]), Sample.spread([2, 3])]),
        Sample([Sample.spread([2, 3]), Sample.positive([2, 1])], ("dim", .ints([-1]))),
        Sample([Sample.spread([2, 1, 3]), Sample.positive([2, 2, 3])], ("dim", .ints([1]))),
      ]
    }
  ) { c throws(TensorError) in
    try Tensor.concatenated(c.inputs, dim: c.attributes.dims.first ?? 0)
  } part: { c, k throws(TensorError) in
    // PyTorch skips an empty tensor of rank 1, so it takes no room here either.
    let first = c.inputs.first { $0.shape != [0] } ?? c.inputs[0]
    let axis = try first.shape.axis(c.attributes.dims.first ?? 0)
    let start = c.inputs[..<k].reduce(0) { $0 + ($1.shape == [0] ? 0 : $1.shape[axis]) }
    let length = c.inputs[k].shape == [0] ? 0 : c.inputs[k].shape[axis]
    return [IndexItem](repeating: whole, count: axis)
      + [.slice(start: start, stop: start + length, step: 1)]
  }

  /// Joins along a new axis.
  package static let stack: Op = joining(
    "stack", "Joins tensors of one shape along a new axis.", "[x, y, …]",
    samples: {
      [
        Sample([Sample.spread([])]), Sample([Sample.spread([]), Sample.positive([])]),
        Sample([Sample.spread([2, 3]), Sample.positive([2, 3]), Sample.spread([2, 3])]),
        Sample([Sample.spread([2, 3]), Sample.positive([2, 3])], ("dim", .ints([-1]))),
        Sample([Sample.spread([2, 1, 3]), Sample.positive([2, 1, 3])], ("dim", .ints([1]))),
      ]
    }
  ) { c throws(TensorError) in
    try Tensor.stacked(c.inputs, dim: c.attributes.dims.first ?? 0)
  } part: { c, k throws(TensorError) in
    let dim = c.attributes.dims.first ?? 0
    let axis = dim < 0 ? dim + c.x.rank + 1 : dim
    return [IndexItem](repeating: whole, count: axis) + [.at(k)]
  }

  private static func joining(
    _ name: String, _ summary: String, _ definition: String,
    samples: @escaping @Sendable () -> [Sample], _ forward: @escaping Forward,
    part: @escaping @Sendable (Call, Int) throws(TensorError) -> [IndexItem]
  ) -> Op {
    Op(
      name, [Operand("x", isRepeated: true)], settings: [.axis(0)], family: .shape,
      summary: summary,
      definition: definition,
      notation: .spelled { arguments, attributes in
        let settings = attributes.text.isEmpty ? "" : ", \(attributes.text)"
        return "\(name)(list(\(arguments.joined(separator: ", ")))\(settings))"
      },
      derivative: .each { k in joined(k, part) },
      links: .entries { c, k, offset in
        guard let items = try? part(c, k), let picked = try? c.output.shape.selection(items)
        else { return [] }
        return [(picked.offsets[offset], 1)]
      }, samples: samples, forward: forward)
  }

  /// The part of the gradient that belongs to the k-th operand.
  private static func joined(
    _ k: Int, _ part: @escaping @Sendable (Call, Int) throws(TensorError) -> [IndexItem]
  ) -> VJP {
    VJP { c throws(TensorError) in
      .apply(
        index, [.dz], Attributes(("index", .index(try part(c, k).map { .item($0) }))))
    } kernel: { c, dz throws(TensorError) in
      try dz.picked(dz.shape.selection(try part(c, k))).reshaped(to: c.inputs[k].shape)
    }
  }

  // MARK: Triangles

  /// Keeps a triangle of each matrix and sets the rest to 0.
  private static func triangle(
    _ name: String, _ word: String, _ itself: @escaping @Sendable () -> Op,
    _ kept: @escaping @Sendable (_ end: Int, _ columns: Int) -> Range<Int>
  ) -> Op {
    Op(
      name, ["x"], settings: [.whole("diagonal", 0)], family: .shape,
      summary: "Keeps the \(word) triangle of each matrix; the rest becomes 0.",
      definition: "x on the \(word) triangle, else 0", example: "\(name)([[1, 2], [3, 4]])",
      derivative: .vjps([
        VJP { c throws(TensorError) in .apply(itself(), [.dz], c.attributes) }
      ]),
      samples: {
        Sample.shapes.filter { $0.rank > 1 }.flatMap { shape in
          [
            Sample([Sample.spread(shape)]),
            Sample([Sample.spread(shape)], ("diagonal", .number(1))),
          ]
        }
      }
    ) { c throws(TensorError) in
      guard c.x.rank >= 2 else { throw .rankNeeded(name, 2, c.x.shape) }
      let (rows, columns) = (c.x.shape[c.x.rank - 2], c.x.shape[c.x.rank - 1])
      // Past the corners there is nothing more to keep.
      let diagonal = Int(
        Swift.min(Swift.max(c.attributes.number("diagonal") ?? 0, -Double(rows)), Double(columns)))
      return try c.x.keeping(rowsOf: columns) { row in
        // Where the diagonal crosses this row.
        kept(Swift.min(Swift.max(row % rows + diagonal, -1), columns), columns)
      }
    }
  }

  package static let tril: Op = triangle("tril", "lower", { tril }) { place, columns in
    0..<Swift.min(place + 1, columns)
  }
  package static let triu: Op = triangle("triu", "upper", { triu }) { place, columns in
    Swift.max(place, 0)..<columns
  }

  // MARK: Classes

  /// Label numbers as rows of 0 and 1; how many there are follows from the labels where it is not said.
  package static let oneHot: Op = Op(
    "one_hot", [Operand("labels", .indices)],
    settings: [
      Setting(
        "num_classes", .whole,
        .derived { inputs, _ throws(TensorError) in
          .number((inputs[0].values.max() ?? -1) + 1)
        })
    ], family: .shape, summary: "For each label a row with 1 at its place and 0 elsewhere.",
    definition: "z[i, labels[i]] = 1, else 0", example: "one_hot([0, 2], 3)",
    notation: .spelled { arguments, attributes in
      let count = Int(whole: attributes.number("num_classes") ?? 0) ?? 0
      return "one_hot(\(arguments[0]), \(count))"
    },
    promotion: .none, derivative: .none("a label is a whole number; it jumps")
  ) { c throws(TensorError) in
    guard let classes = Int(whole: c.number("num_classes")), classes >= 0 else {
      throw .wholeNumbersNeeded("the number of classes")
    }
    let shape = try Shape.fitting(c.x.shape.dims + [classes])
    var places = (0..<c.x.count).map { $0 * classes }
    for (row, label) in c.x.values.enumerated() {
      guard let place = Int(whole: label), place >= 0, place < classes else {
        throw .labelOutOfRange(label, row: row, classes: classes)
      }
      places[row] += place
    }
    var result = try Tensor(filling: shape, with: 0, dtype: .int64)
    let ones = try Tensor(filling: Shape([places.count]), with: 1, dtype: .int64)
    if !places.isEmpty {
      try result.set(
        ones, at: Selection(offsets: places, of: shape, shape: Shape([places.count])))
    }
    return result
  }

  package static let views: [Op] = [
    transpose, permute, reshape, expand, expandAs, flip, roll, repeated, pad, index, gather,
    scatter, concat, stack, tril, triu, oneHot, nonzero,
  ]

  /// Where a tensor is not 0: one row of places for each such entry.
  package static let nonzero: Op = Op(
    "nonzero", ["x"], family: .shape,
    summary: "Where a tensor is not 0: the place of each such entry, as a row.",
    definition: "places with x != 0", example: "nonzero([[0, 1], [2, 0]])", promotion: .none,
    derivative: .none("a place is a whole number; it jumps")
  ) { c throws(TensorError) in
    try c.x.nonzero()
  }

  /// Ops that derivatives are made of; each is a function of the language too.
  package static let adjoints: [Op] = [zerosLike, indexPut, scatterAdd]
}
