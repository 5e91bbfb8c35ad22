// Built-ins for joining, for gradients, and the rest.
import Interpreter
import Autograd
import Diagnostics
import Training
import Tensors

extension Builtin {
  static let joining: [Builtin] = [
    joined("concat", .concat), joined("stack", .stack),
    Builtin(
      "split(x, size=none, dim=0, shuffle=true)", .shape,
      "Parts along an axis, of `size` or of the sizes in a list, as a list. A data set is shuffled and cut in two, `size` being the first part's share; a text is cut at blanks, or at the separator that stands in this place.",
      example: "split(arange(5), 2)"
    ) { call throws(Diagnostic) in
      if case .string(let text) = call.value("x") { return try call.splitText(text.text) }
      guard call.has("size") else {
        throw RunFault.argumentMissing("split", "size").at(call.span)
      }
      if let data = call.value("x").dataset {
        return try splitData(data, call)
      }
      let sizes = try call.ints("size")
      guard sizes.count == 1, let size = sizes.first else { return try parts(call, sizes: sizes) }
      guard size > 0 else {
        throw BuiltinFault.notCountable("size").at(call.span)
      }
      return try parts(call, size: { _ in size })
    },
    Builtin(
      "chunk(x, chunks, dim=0)", .shape, "At most `chunks` equal parts along an axis, as a list.",
      example: "chunk(arange(6), 3)"
    ) { call throws(Diagnostic) in
      let chunks = try call.int("chunks")
      guard chunks > 0 else {
        throw BuiltinFault.notCountable("chunks").at(call.span)
      }
      return try parts(call, size: { max(1, ($0 + chunks - 1) / chunks) })
    },
    Builtin(
      "gather(x, dim, index)", .shape, Op.gather.summary,
      example: "gather([[1, 2], [3, 4]], 1, [[0], [1]])", op: .gather
    ) { call throws(Diagnostic) in
      let dim = try call.ints("dim")
      return try call.apply(
        .gather, [.node(try call.node("x")), .node(try call.node("index"))],
        Attributes(("dim", .ints(dim)))
      )
    },
    Builtin(
      "index_select(x, dim, index)", .shape, "The slices of `x` along an axis at the places given.",
      example: "index_select([[1, 2], [3, 4]], 1, [1])"
    ) { call throws(Diagnostic) in
      let (x, places) = (try call.node("x"), try call.node("index"))
      let dim = try call.int("dim")
      let axis = try call.tensors { () throws(TensorError) in try x.shape.axis(dim) }
      if let below = places.value.values.first(where: { $0 < 0 }) {
        throw BuiltinFault.placeBelowZero(call.machine.format(below)).at(call.span)
      }
      let before = [IndexEntry](
        repeating: .item(.slice(start: nil, stop: nil, step: 1)), count: axis)
      if x.shape.rank == 0 {
        guard let odd = places.value.values.first(where: { $0 != 0 }) else { return Value(x) }
        throw TensorFault(.indexOutOfRange(Int(whole: odd) ?? .max, axis: 0, length: 1)).at(
          call.span)
      }
      return try call.apply(
        .index, [.node(x), .node(places)], Attributes(("index", .index(before + [.operand(1)]))))
    },
  ]

  private static func joined(_ name: String, _ op: Op) -> Builtin {
    Builtin(
      "\(name)(tensors, dim=0)", .shape, op.summary, example: "\(name)(list([1, 2], [3, 4]))",
      op: op
    ) { call throws(Diagnostic) in
      var operands: [Node.Operand] = []
      var i = 0
      while let part = try call.machine.next(of: call.value("tensors"), i, call.span) {
        guard let operand = call.machine.operand(part) else {
          throw BuiltinFault.notJoinable(function: name, kind: part.kind).at(call.span)
        }
        operands.append(operand)
        i += 1
      }
      guard !operands.isEmpty else {
        throw TensorFault(.nothingToJoin(name)).at(call.span)
      }
      return try call.apply(op, operands, Attributes(("dim", .ints([try call.int("dim")]))))
    }
  }

  private static func parts(_ call: BuiltinCall, size: (Int) -> Int) throws(Diagnostic) -> Value {
    let (x, dim) = (try call.node("x"), try call.int("dim"))
    let axis = try call.tensors { () throws(TensorError) in try x.shape.axis(dim) }
    guard axis < x.shape.rank else {
      throw TensorFault(.axisOutOfRange(dim, x.shape)).at(call.span)
    }
    let length = x.shape[axis]
    let step = size(length)
    // Empty parts take room too.
    try call.tensors { () throws(TensorError) in
      _ = try Shape.fitting([length / step + 1], stride: 512)
    }
    var parts: [Value] = []
    for start in stride(from: 0, to: max(length, 1), by: step) {
      parts.append(try call.slice(x, axis, start..<min(start + step, length)))
    }
    return .list(ListObject(parts))
  }

  /// Parts of several sizes, which must add up to the axis.
  private static func parts(_ call: BuiltinCall, sizes: [Int]) throws(Diagnostic) -> Value {
    let (x, dim) = (try call.node("x"), try call.int("dim"))
    let axis = try call.tensors { () throws(TensorError) in try x.shape.axis(dim) }
    let length = axis < x.shape.rank ? x.shape[axis] : 0
    guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(0, { $0 &+ $1 }) == length else {
      throw BuiltinFault.unlikeSizes(sizes, length: length, axis: axis).at(call.span)
    }
    var parts: [Value] = []
    var start = 0
    for size in sizes {
      parts.append(try call.slice(x, axis, start..<start + size))
      start += size
    }
    return .list(ListObject(parts))
  }

  // MARK: Gradients

  static let gradients: [Builtin] = [
    Builtin(
      "grad(y, x, create_graph=false)", .looking,
      "The gradient of `y` with respect to `x`; no `.grad` is touched. With `create_graph` it is recorded "
        + "and has gradients itself.",
      example: "param w = 3; y = w^3; grad(grad(y, w), w)"
    ) { call throws(Diagnostic) in
      try call.machine.gradient(
        call.value("y"), by: call.value("x"), call.span, call.span, call.span,
        isRecorded: try call.flag("create_graph"))
    },
    Builtin(
      "gradcheck(y, x)", .looking, "Compares each gradient entry with its central difference.",
      example: "param w = 3; y = w^2; gradcheck(y, w)"
    ) { call throws(Diagnostic) in
      try call.machine.gradcheck(call.value("y"), call.value("x"), call.span)
    },
    Builtin(
      "backward(y, gradient=none, retain_graph=false)", .looking,
      "Adds the gradient of `y` to every parameter's `.grad`.",
      example: "param w = 3; y = w^2; y.backward(); w.grad"
    ) { call throws(Diagnostic) in
      let seed = call.has("gradient") ? try call.node("gradient").value : nil
      try call.machine.backward(
        call.value("y"), seed: seed, retain: try call.flag("retain_graph"), call.span,
        name: call.sourceName("y"))
      return .none
    },
    Builtin(
      "forward(y)", .looking,
      "Computes every value below `y` again from its leaves as they are now.",
      example: "param w = 3; y = w^2; w := 4; y.forward(); y"
    ) { call throws(Diagnostic) in
      guard case .tensor(let node) = call.value("y") else { return call.value("y") }
      try call.machine.refuseReplay(of: node, call.span)
      try call.tensors { () throws(TensorError) in try call.graph.replay(node) }
      call.machine.meetsReplay(node, call.span)
      return call.value("y")
    },
    Builtin(
      "zero_grad(x=none)", .looking,
      "Forgets the gradients of a parameter, a list, a layer or an optimizer; of what the last backward pass reached if nothing is named.",
      example: "param w = 3; y = w^2; y.backward(); zero_grad(w); w.grad"
    ) { call throws(Diagnostic) in
      call.machine.training.history.meetsClearing()
      guard call.has("x") else {
        for node in call.machine.training.reached { node.setGradient(nil) }
        return .none
      }
      if case .optimizer(let optimizer) = call.value("x") {
        optimizer.zeroGradients()
      } else {
        let parameters = Value.parameters(in: call.value("x"))
        var isLayer = false
        if case .layer = call.value("x") { isLayer = true }
        if parameters.isEmpty, !isLayer {
          throw BuiltinFault.nothingToClear(in: call.value("x").kind).at(call.span)
        }
        for node in parameters { node.setGradient(nil) }
      }
      return .none
    },
    Builtin(
      "detach(x)", .looking, "The same numbers, cut off from the graph.",
      example: "param w = 3; y = w*w.detach(); grad(y, w)"
    ) { call throws(Diagnostic) in
      guard case .tensor(let node) = call.value("x") else { return call.value("x") }
      return try call.apply(.detach, [.node(node)])
    },
    Builtin(
      "item(x)", .looking, "The only number of a tensor, as a plain number.", example: "item([7])"
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      guard let item = x.value.item else {
        throw BuiltinFault.notOneNumber(x.shape.count).at(call.span)
      }
      call.graph.depart(x, at: call.site, isBranch: false)
      return .number(item)
    },
    Builtin(
      "parameters(x)", .looking, "The trainable leaves of a layer or list, as a list.",
      example: "param w = 1; len(parameters(list(w)))"
    ) { call throws(Diagnostic) in
      .list(ListObject(Value.parameters(in: call.value("x")).map { .tensor($0) }))
    },
    Builtin(
      "named_parameters(layer)", .looking,
      "The trainable leaves of a layer with their names, for loops.",
      example: "for name, p in linear(2, 1).named_parameters() { print(name, p.shape) }"
    ) { call throws(Diagnostic) in
      let layer = try call.layer("layer")
      let pairs = layer.savedState.filter { $0.node.isParameter }.map { name, node in
        Value.list(ListObject([Value(name), .tensor(node)]))
      }
      return .list(ListObject(pairs))
    },
    Builtin(
      "apply(layer, f)", .looking,
      "Calls a function with each layer inside a layer, parts first, and then with itself.",
      example:
        "m = sequential(linear(1, 1), relu, linear(1, 1)); m.apply(fn(part) = print(type(part)));"
    ) { call throws(Diagnostic) in
      for part in try call.layer("layer").partsFirst {
        _ = try call.applied("f", [.layer(part)])
      }
      return call.value("layer")
    },
    Builtin(
      "isinstance(x, kind)", .looking,
      "Whether a layer was made by `kind`, or a value is of the kind that `type` names.",
      example: "isinstance(linear(2, 1), linear)"
    ) { call throws(Diagnostic) in
      let x = call.value("x")
      switch call.value("kind") {
      case .builtin(let builtin):
        if case .layer(let layer) = x { return .bool(layer.type == builtin.name) }
        return .bool(false)
      case .function(let function):
        if case .layer(let layer) = x { return .bool(layer.type == function.code.name) }
        return .bool(false)
      case .string(let text): return .bool(x.kind == text.text)
      default: throw call.wrong("kind", "a layer's name, such as `linear`")
      }
    },
    mode("train", true), mode("eval", false),
  ]

  private static func mode(_ name: String, _ on: Bool) -> Builtin {
    Builtin(
      "\(name)(layer)", .looking, "Puts a layer and all inside it into \(name) mode.",
      example: "d = dropout(0.5); d.\(name)(); d.training"
    ) { call throws(Diagnostic) in
      let layer = try call.layer("layer")
      layer.setTraining(on, at: call.machine.training.history.events)
      return call.value("layer")
    }
  }

  // MARK: The rest

  static let general: [Builtin] = [
    Builtin(
      "print(*values, sep=\" \", end=\"\\n\")", .rest,
      "Shows values on one line, `sep` between them and `end` behind the last.",
      example: "print(\"2 + 2 is {2 + 2}\")"
    ) {
      call throws(Diagnostic) in
      // A figure is drawn where it stands.
      if call.rest.count == 1, case .host(let object) = call.rest[0], object is FigureObject {
        try call.machine.emit(.value(name: nil, call.rest[0]), at: call.span)
        return .none
      }
      let text = call.rest.map { call.machine.text(of: $0, whole: true) }
        .joined(separator: try call.text("sep"))
      try call.machine.emit(.text(text + call.text("end")), at: call.span)
      return .none
    },
    Builtin(
      "len(x)", .sequences, "How many elements; of a tensor, the length of its first axis.",
      example: "len([4, 5, 6])"
    ) {
      call throws(Diagnostic) in
      guard let length = call.value("x").length else {
        throw call.wrong("x", "something with elements")
      }
      return .number(Double(length))
    },
    Builtin(
      "range(start, end=none, step=1)", .rest,
      "The numbers from `start` up to but not including `end`, for loops.",
      example: "for i in range(3) { print(i) }"
    ) { call throws(Diagnostic) in
      let (first, step) = (try call.double("start"), try call.double("step"))
      let (start, end) = call.has("end") ? (first, try call.double("end")) : (0, first)
      guard step != 0, let range = RangeObject(start, end, step) else {
        throw BuiltinFault.endlessRange.at(call.span)
      }
      return .range(range)
    },
    Builtin(
      "list(*values)", .sequences,
      "A list of any values; a lone range or zip is gone through.",
      example: "list(1, \"two\", [3])"
    ) {
      call throws(Diagnostic) in
      if call.rest.count == 1, let elements = try call.unrolled(call.rest[0]) {
        return .list(ListObject(elements))
      }
      return try Value.list(ListObject(call.rest)).nested(call.span)
    },
    Builtin(
      "record(*fields)", .sequences, "Named fields: `record(a=1, b=2).a`.",
      example: "record(lr=0.1, steps=5)"
    ) {
      call throws(Diagnostic) in
      guard call.rest.isEmpty else {
        throw BuiltinFault.fieldsWithoutNames.at(call.span)
      }
      return try Value.record(RecordObject(call.named)).nested(call.span)
    },
    Builtin(
      "tolist(x)", .sequences, "Nested lists of plain numbers.", example: "tolist([[1, 2], [3, 4]])"
    ) {
      call throws(Diagnostic) in
      if case .range(let range) = call.value("x") {
        return .list(
          ListObject((0..<range.count).map { .number(range.start + Double($0) * range.step) }))
      }
      let tensor = try call.node("x").value
      // Empty rows take room too.
      try call.tensors { () throws(TensorError) in
        try Work.charge(4 * tensor.count)
        _ = try Shape.fitting(Array(tensor.shape.dims.prefix { $0 > 0 }), stride: 64)
      }
      func nested(_ axis: Int, _ offset: Int) -> Value {
        guard axis < tensor.rank else { return .number(tensor[offset]) }
        let step = tensor.shape.strides[axis]
        return .list(
          ListObject((0..<tensor.shape[axis]).map { nested(axis + 1, offset + $0 * step) }))
      }
      return nested(0, 0)
    },
    Builtin(
      "append(list, value)", .sequences, "Adds a value to the end of a list.",
      example: "xs = list(1); append(xs, 2); xs",
      binary: { machine, list, value, site, span throws(Diagnostic) in
        guard case .list(let list) = list else {
          throw BuiltinFault.cannotAppend(
            kind: list.kind, isTensor: { if case .tensor = list { true } else { false } }()
          ).at(span)
        }
        try list.append(value, span)
        return Value.none
      }, appends: true
    ) { call throws(Diagnostic) in
      guard case .list(let list) = call.value("list") else { throw call.wrong("list", "a list") }
      try list.append(call.value("value"), call.span)
      return .none
    },
    Builtin(
      "sort(x, dim=-1, descending=false)", .shape,
      "The elements in order along an axis, with the places they came from.",
      example: "sort([3, 1, 2]).values"
    ) { call throws(Diagnostic) in
      let (x, dim, isFalling) = (
        try call.node("x"), try call.int("dim"), try call.flag("descending")
      )
      let order = try call.tensors { () throws(TensorError) in
        try call.graph.apply(
          .argsort, [.node(x)],
          Attributes(("dim", .ints([dim])), ("descending", .flag(isFalling))))
      }
      let sorted = try call.apply(
        .gather, [.node(x), .node(order)], Attributes(("dim", .ints([dim]))))
      return .record(RecordObject([("values", sorted), ("indices", Value(order))]))
    },
    Builtin("type(x)", .rest, "What kind of value it is.", example: "type([1, 2])") {
      call throws(Diagnostic) in Value(call.value("x").kind)
    },
    Builtin(
      "seed(n)", .rest, "Restarts the random numbers; the same seed gives PyTorch's numbers.",
      example: "seed(0); rand(2)"
    ) {
      call throws(Diagnostic) in
      call.machine.generator = Generator(seed: UInt64(bitPattern: try call.wide("n")))
      return .none
    },
    Builtin(
      "set_default_dtype(dtype)", .rest,
      "The element type of new tensors and parameters: \"float64\" at the start, or \"float32\".",
      example: "set_default_dtype(\"float32\"); ones(2).dtype"
    ) { call throws(Diagnostic) in
      call.machine.dtype =
        DType(name: try call.choice("dtype", ["float32", "float64"])) ?? .float64
      return .none
    },
    Builtin("clock()", .rest, "Seconds since some fixed moment, for measuring.") {
      call throws(Diagnostic) in
      // While a script is graded no time passes: marks are the same on every machine.
      .number(call.machine.probe.isFollowing ? 0 : Machine.now)
    },
    Builtin("todo(hint)", .rest, "Stands where you write your own code.") {
      call throws(Diagnostic) in
      throw BuiltinFault.gap(try call.text("hint")).at(call.span)
    },
  ]
}

extension BuiltinCall {
  /// The places `range` along an axis.
  func slice(_ x: Node, _ axis: Int, _ range: Range<Int>) throws(Diagnostic) -> Value {
    let items =
      [IndexItem](repeating: .slice(start: nil, stop: nil, step: 1), count: axis)
      + [.slice(start: range.lowerBound, stop: range.upperBound, step: 1)]
    return try apply(.index, [.node(x)], Attributes(("index", .index(items.map { .item($0) }))))
  }
}
