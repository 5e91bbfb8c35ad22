// Built-ins that pick and arrange entries, made of a few ops so that gradients follow.
import Autograd
import Diagnostics
import Interpreter
import Tensors

extension Builtin {
  static let arranging: [Builtin] = [
    Builtin(
      "pad(x, pad, mode=\"constant\", value=0)", .shape,
      "Puts a frame around the last axes: `pad` counts before and after, from the last axis backward. "
        + "Of one number, or of what is within: mirrored (\"reflect\"), continued (\"replicate\") or begun anew (\"circular\").",
      example: "pad([[1, 2]], [1, 0, 0, 1])", op: .pad
    ) { call throws(Diagnostic) in
      let (x, padding) = (try call.node("x"), try call.ints("pad"))
      let mode = try call.choice("mode", ["constant", "reflect", "replicate", "circular"])
      guard mode != "constant" else {
        return try call.apply(
          .pad, [.node(x)],
          Attributes(("pad", .ints(padding)), ("value", .number(try call.double("value")))))
      }
      return try call.framed(x, padding, mode)
    },
    Builtin(
      "tile(x, *sizes)", .shape,
      "The whole tensor again and again along its last axes.", example: "tile([[1, 2]], 2)",
      op: .repeated
    ) { call throws(Diagnostic) in
      let sizes = try call.shape()
      let ones = try call.node("x").shape.rank - sizes.count
      return try call.repeated([Int](repeating: 1, count: max(0, ones)) + sizes)
    },
    Builtin(
      "repeat_interleave(x, repeats, dim=none)", .shape,
      "Each entry again and again, side by side; `repeats` is one number, or one for each entry.",
      example: "repeat_interleave([1, 2], 3)"
    ) { call throws(Diagnostic) in
      let x = try call.flattened("x", unless: "dim")
      let axis = call.has("dim") ? try call.axis(try call.int("dim"), of: x) : 0
      let (length, repeats) = (x.shape[axis], try call.ints("repeats"))
      guard repeats.allSatisfy({ $0 >= 0 }), [1, length].contains(repeats.count) else {
        throw BuiltinFault.repeatCounts(repeats, length: length).at(call.span)
      }
      try call.mustFit(
        repeats.reduce(0.0) { $0 + Double($1) } * (repeats.count == 1 ? Double(length) : 1))
      if repeats.count == 1, repeats[0] > 0 {
        // An axis of length 1 behind it, stretched.
        var dims = x.shape.dims
        dims.insert(1, at: axis + 1)
        var stretched = dims
        stretched[axis + 1] = repeats[0]
        var joined = x.shape.dims
        joined[axis] *= repeats[0]
        let wide = try call.tensors { () throws(TensorError) in
          let apart = try call.graph.apply(
            .reshape, [.node(x)], Attributes(("_shape", .ints(dims))))
          return try call.graph.apply(
            .expand, [.node(apart)], Attributes(("_shape", .ints(stretched))))
        }
        return try call.apply(.reshape, [.node(wide)], Attributes(("_shape", .ints(joined))))
      }
      let places = (0..<length).flatMap { i in
        [Double](repeating: Double(i), count: repeats.count == 1 ? repeats[0] : repeats[i])
      }
      return try call.picked(x, axis, places)
    },
    Builtin(
      "narrow(x, dim, start, length)", .shape, "The part of an axis from `start` on.",
      example: "narrow([1, 2, 3, 4], 0, 1, 2)"
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      let axis = try call.axis(try call.int("dim"), of: x)
      var (start, length) = (try call.int("start"), try call.int("length"))
      let n = x.shape[axis]
      if start < 0, start >= -n { start += n }
      guard start >= 0, start <= n, length >= 0, length <= n - start else {
        throw TensorFault(
          .indexOutOfRange(start < 0 || start > n ? start : n, axis: axis, length: n)
        ).at(call.span)
      }
      return try call.slice(x, axis, start..<start + length)
    },
    Builtin(
      "diagonal(x, offset=0, dim1=0, dim2=1)", .shape,
      "The entries whose places along two axes are the same, or `offset` apart.",
      example: "diagonal([[1, 2], [3, 4]])"
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      let (a, b) = (
        try call.axis(try call.int("dim1"), of: x), try call.axis(try call.int("dim2"), of: x)
      )
      guard a != b else { throw TensorFault(.repeatedAxis(a)).at(call.span) }
      let order = (0..<x.shape.rank).filter { $0 != a && $0 != b } + [a, b]
      let isInOrder = order == Array(0..<x.shape.rank)
      let turned =
        isInOrder
        ? Value.tensor(x)
        : try call.apply(.permute, [.node(x)], Attributes(("_dims", .ints(order))))
      guard case .tensor(let node) = turned else { return turned }
      let offset = max(-(1 << 28), min(1 << 28, try call.int("offset")))
      let (rows, columns) = (x.shape[a], x.shape[b])
      let count = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
      let (first, second) = (max(0, -offset), max(0, offset))
      let places = try (
        call.constant((0..<count).map { Double($0 + first) }, [count], .int64),
        call.constant((0..<count).map { Double($0 + second) }, [count], .int64)
      )
      return try call.apply(
        .index, [.node(node), .node(places.0), .node(places.1)],
        Attributes(("index", .index(call.whole(order.count - 2) + [.operand(1), .operand(2)]))))
    },
    Builtin(
      "diag(x, diagonal=0)", .shape,
      "A matrix with the numbers of `x` on a diagonal; of a matrix its diagonal.",
      example: "diag([1, 2])"
    ) { call throws(Diagnostic) in
      let (x, k) = (try call.node("x"), try call.int("diagonal"))
      try call.mustFit(Double(abs(Int64(k))))
      guard x.shape.rank == 1 else {
        guard x.shape.rank == 2, let diagonal = Builtin.named("diagonal") else {
          throw TensorFault(.rankNeeded("diag", 2, x.shape)).at(call.span)
        }
        return try call.call(diagonal, [.tensor(x), .number(Double(k))])
      }
      let (count, size) = (x.shape[0], x.shape[0] + abs(k))
      let zeros = try call.tensors { () throws(TensorError) in
        try Tensor(filling: Shape.fitting([size, size]), with: 0, dtype: x.dtype)
      }
      let places = try (
        call.constant((0..<count).map { Double($0 + max(0, -k)) }, [count], .int64),
        call.constant((0..<count).map { Double($0 + max(0, k)) }, [count], .int64)
      )
      return try call.apply(
        .indexPut, [.node(call.graph.constant(zeros)), .node(x), .node(places.0), .node(places.1)],
        Attributes(("index", .index([.operand(2), .operand(3)]))))
    },
    Builtin(
      "index_add(x, dim, index, source, alpha=1)", .shape,
      "Adds slices of `source` to those slices of `x` along an axis that `index` names; one named twice gets both.",
      example: "index_add(zeros(3), 0, [0, 2, 0], [1, 2, 3])"
    ) { call throws(Diagnostic) in
      let (x, index, alpha) = (try call.node("x"), try call.node("index"), try call.double("alpha"))
      let axis = try call.axis(try call.int("dim"), of: x)
      var source = try call.operand("source")
      if alpha != 1 {
        source = .node(
          try call.tensors { () throws(TensorError) in
            try call.graph.apply(.mul, [source, .number(alpha)])
          })
      }
      return try call.apply(
        .indexPut, [.node(x), source, .node(index)],
        Attributes(("index", .index(call.whole(axis) + [.operand(2)]))))
    },
    Builtin(
      "masked_select(x, mask)", .shape, "The entries where a mask holds, in one row.",
      example: "masked_select([1, -2, 3], [1, -2, 3] > 0)"
    ) { call throws(Diagnostic) in
      let (x, mask) = (try call.node("x"), try call.node("mask"))
      let common = try call.tensors { () throws(TensorError) in
        try x.shape.broadcast(with: mask.shape)
      }
      let wide = try call.tensors { () throws(TensorError) in
        x.shape == common
          ? x
          : try call.graph.apply(.expand, [.node(x)], Attributes(("_shape", .ints(common.dims))))
      }
      let holds = try call.tensors { () throws(TensorError) in
        try mask.value.compared(.notEqual, to: Tensor(0)).expanded(to: common)
      }
      return try call.apply(
        .index, [.node(wide), .node(call.graph.constant(holds))],
        Attributes(("index", .index([.operand(1)]))))
    },
    Builtin(
      "topk(x, k, dim=-1, largest=true)", .shape,
      "The `k` largest entries along an axis, or the smallest, with their places.",
      example: "topk([3, 1, 4, 1, 5], 2)"
    ) { call throws(Diagnostic) in
      let (x, k) = (try call.node("x"), try call.int("k"))
      if x.shape.rank == 0, (0...1).contains(k) { return try call.alone(x) }
      let axis = try call.axis(try call.int("dim"), of: x)
      guard k >= 0, k <= x.shape[axis] else {
        throw TensorFault(.indexOutOfRange(k - 1, axis: axis, length: x.shape[axis])).at(call.span)
      }
      let isFalling = try call.flag("largest")
      var settings = Attributes(("dim", .ints([axis])), ("descending", .flag(isFalling)))
      settings.set("_first", .number(Double(k)), hidden: true)
      let order = try call.tensors { () throws(TensorError) in
        try call.graph.apply(.argsort, [.node(x)], settings)
      }
      guard case .tensor(let places) = try call.slice(order, axis, 0..<k) else { return .none }
      let found = try call.apply(
        .gather, [.node(x), .node(places)], Attributes(("dim", .ints([axis]))))
      return .record(RecordObject([("values", found), ("indices", .tensor(places))]))
    },
    Builtin(
      "unique(x, return_inverse=false, return_counts=false)", .shape,
      "Each number once, in order; with them, where each entry's number stands among them, and how often each occurs.",
      example: "unique([3, 1, 3], return_counts=true)"
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      let all = x.value.values
      // Each nan is a number of its own, and larger than all others.
      let ordered = Set(all.filter { !$0.isNaN }).sorted()
      let found = ordered + all.filter { $0.isNaN }
      let values = try call.constant(found, [found.count], x.dtype)
      let (inverse, counts) = (
        try call.flag("return_inverse"), try call.flag("return_counts")
      )
      guard inverse || counts else { return .tensor(values) }
      var places: [Double: Int] = [:]
      for (i, n) in ordered.enumerated() { places[n] = i }
      var next = ordered.count
      let standing = all.map { n in
        if n.isNaN { next += 1 }
        return places[n] ?? next - 1
      }
      var parts: [Value] = [.tensor(values)]
      if inverse {
        parts.append(
          .tensor(
            try call.constant(standing.map { Double($0) }, x.shape.dims, .int64)))
      }
      if counts {
        var tally = [Double](repeating: 0, count: found.count)
        for place in standing { tally[place] += 1 }
        parts.append(.tensor(try call.constant(tally, [found.count], .int64)))
      }
      return .list(ListObject(parts))
    },
    running("cummax", "largest", largest: true), running("cummin", "smallest", largest: false),
    Builtin(
      "count_nonzero(x, dim=none)", .reductions, "How many entries are not 0.",
      example: "count_nonzero([0, 2, 3])"
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      let hits = try call.tensors { () throws(TensorError) in
        try x.value.compared(.notEqual, to: Tensor(0)).converted(to: .int64)
      }
      var attributes = Attributes()
      if call.has("dim") { attributes.set("dim", .ints(try call.ints("dim"))) }
      return try call.apply(.sum, [.node(call.graph.constant(hits))], attributes)
    },
    Builtin(
      "full_like(x, value)", .making, "The same number everywhere, in the shape of `x`.",
      example: "full_like([1, 2], 7)"
    ) { call throws(Diagnostic) in
      let (x, n) = (try call.node("x"), try call.double("value"))
      return try call.made { () throws(TensorError) in
        try Tensor(filling: x.shape, with: n, dtype: x.dtype)
      }
    },
    Builtin(
      "unfold(x, kernel_size, dilation=1, padding=0, stride=1)", .layers,
      "What a sliding window sees, as columns: images [N, C, H, W] become [N, C*kernel, windows].",
      example: "unfold(reshape(arange(9), 1, 1, 3, 3), 2)"
    ) { call throws(Diagnostic) in try call.columns() },
    Builtin(
      "einsum(equation, *operands)", .products,
      "Sums of products by letters: one letter for each axis; letters that the result lacks are summed over.",
      example: "einsum(\"ij,jk->ik\", [[1, 2]], [[3], [4]])"
    ) { call throws(Diagnostic) in try call.einsum() },
  ]

  /// The largest, or smallest, so far along an axis, and where it was; the last one at a tie, as in PyTorch.
  private static func running(
    _ name: String, _ word: String, largest: Bool
  ) -> Builtin {
    Builtin(
      "\(name)(x, dim)", .reductions,
      "The \(word) so far along an axis, and the place where it was.",
      example: "\(name)([1, 3, 2], 0)"
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      if x.shape.rank == 0 { return try call.alone(x) }
      let axis = try call.axis(try call.int("dim"), of: x)
      let (extremes, places) = try call.tensors { () throws(TensorError) in
        try x.value.runningExtremes(axis, largest: largest)
      }
      let indices = call.graph.constant(places)
      let found = try call.apply(
        .gather, [.node(x), .node(indices)], Attributes(("dim", .ints([axis]))), known: extremes)
      return .record(RecordObject([("values", found), ("indices", .tensor(indices))]))
    }
  }
}

extension BuiltinCall {
  /// A single number and its place along `dim`, of which it is the only one.
  func alone(_ x: Node) throws(Diagnostic) -> Value {
    let dim = try int("dim")
    _ = try tensors { () throws(TensorError) in try x.shape.axis(dim) }
    return .record(
      RecordObject([
        ("values", Value(x)), ("indices", .tensor(graph.constant(Tensor(0, dtype: .int64)))),
      ]))
  }

  /// Refuses what would be made of more numbers than there is room for.
  func mustFit(_ count: Double) throws(Diagnostic) {
    try tensors { () throws(TensorError) in
      _ = try Shape.fitting([Int(clamping: Int64(min(count, 0x1p53)))], stride: 16)
    }
  }

  /// A tensor, in one row unless an axis is named.
  fileprivate func flattened(_ name: String, unless axis: String) throws(Diagnostic) -> Node {
    let x = try node(name)
    if has(axis) || x.shape.rank == 1 { return x }
    return try tensors { () throws(TensorError) in
      try graph.apply(.reshape, [.node(x)], Attributes(("_shape", .ints([-1]))))
    }
  }

  /// The slices at some places of an axis.
  fileprivate func picked(_ x: Node, _ axis: Int, _ places: [Double]) throws(Diagnostic) -> Value {
    let index = try constant(places, [places.count], .int64)
    return try apply(
      .index, [.node(x), .node(index)], Attributes(("index", .index(whole(axis) + [.operand(1)]))))
  }

  /// Another built-in with these arguments.
  func call(_ builtin: Builtin, _ arguments: [Value]) throws(Diagnostic) -> Value {
    try machine.call(.builtin(builtin), Arguments(arguments), at: span, span, site, frame)
  }

  /// Frames of what is within: each axis is read at places that may come twice.
  fileprivate func framed(_ x: Node, _ padding: [Int], _ mode: String) throws(Diagnostic) -> Value {
    guard padding.count % 2 == 0, padding.count / 2 <= x.shape.rank else {
      throw BuiltinFault.paddingCount(padding.count, axes: x.shape.rank).at(span)
    }
    var value = Value.tensor(x)
    for k in 0..<padding.count / 2 {
      guard case .tensor(let node) = value else { break }
      let axis = node.shape.rank - 1 - k
      let (before, after, n) = (padding[2 * k], padding[2 * k + 1], node.shape[axis])
      let most = mode == "reflect" ? n - 1 : mode == "circular" ? n : Int.max
      guard before <= most, after <= most, n > 0, before + n + after >= 0 else {
        throw BuiltinFault.frameTooWide(mode: mode, padding: max(before, after), length: n).at(span)
      }
      let places = (-before..<n + after).map { i -> Double in
        switch mode {
        case "reflect": Double(i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i)
        case "replicate": Double(min(max(i, 0), n - 1))
        default: Double((i + n) % n)
        }
      }
      value = try picked(node, axis, places)
    }
    return value
  }

  /// torch.nn.functional.unfold
  fileprivate func columns() throws(Diagnostic) -> Value {
    func pair(_ list: [Int]) throws(Diagnostic) -> (Int, Int) {
      guard let first = list.first, let last = list.last, list.count <= 2,
        list.allSatisfy({ (0..<1 << 14).contains($0) })
      else { throw BuiltinFault.windowNumbers(list).at(span) }
      return (first, last)
    }
    var x = try node("x")
    guard x.shape.rank == 4 else { throw TensorFault(.rankNeeded("unfold", 4, x.shape)).at(span) }
    let (k, d) = (try pair(ints("kernel_size")), try pair(ints("dilation")))
    let (p, s) = (try pair(ints("padding")), try pair(ints("stride")))
    if p != (0, 0),
      case .tensor(let wide) = try apply(
        .pad, [.node(x)], Attributes(("pad", .ints([p.1, p.1, p.0, p.0]))))
    {
      x = wide
    }
    let (height, width) = (x.shape[2], x.shape[3])
    let (rows, columns) = (
      (height - d.0 * (k.0 - 1) - 1) / max(1, s.0) + 1,
      (width - d.1 * (k.1 - 1) - 1) / max(1, s.1) + 1
    )
    guard k.0 > 0, k.1 > 0, s.0 > 0, s.1 > 0, d.0 > 0, d.1 > 0,
      height > d.0 * (k.0 - 1), width > d.1 * (k.1 - 1)
    else {
      throw TensorFault(
        .windowTooLarge([k.0, k.1], image: [height, width], padding: [p.0, p.1])
      ).at(span)
    }
    let features = try tensors { () throws(TensorError) in
      _ = try Shape.fitting([k.0 * k.1, rows, columns], stride: 16)
      return try Shape([x.shape[1], k.0 * k.1]).count
    }
    var places: [Double] = []
    for i in 0..<k.0 {
      for j in 0..<k.1 {
        for row in 0..<rows {
          try tensors { () throws(TensorError) in try Work.charge(columns) }
          for column in 0..<columns {
            places.append(Double((row * s.0 + i * d.0) * width + column * s.1 + j * d.1))
          }
        }
      }
    }
    let index = try constant(places, [k.0 * k.1, rows * columns], .int64)
    let (n, c) = (x.shape[0], x.shape[1])
    let flat = try tensors { () throws(TensorError) in
      try graph.apply(
        .reshape, [.node(x)], Attributes(("_shape", .ints([n, c, height * width]))))
    }
    guard
      case .tensor(let seen) = try apply(
        .index, [.node(flat), .node(index)],
        Attributes(("index", .index(whole(2) + [.operand(1)]))))
    else { return .none }
    return try apply(
      .reshape, [.node(seen)], Attributes(("_shape", .ints([n, features, rows * columns]))))
  }
}
