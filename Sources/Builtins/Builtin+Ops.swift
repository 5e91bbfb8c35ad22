// Built-ins that are ops: bound from the op table, settings and all.
import Interpreter
import Autograd
import Diagnostics
import Tensors

extension Builtin {
  /// Functions that are called in a way of their own: what the table would make of their ops is not wanted.
  private static let own = Set(
    (making + shaping + joining + layerFunctions + overloads + gradients + general + overloaded)
      .map { $0.name })

  /// Ops without an example have no function of their name: operators, views by brackets.
  static let opFunctions: [Builtin] =
    Op.all.filter { !$0.example.isEmpty && !own.contains($0.name) }.map(bound) + overloaded

  /// A built-in with the op's operands and settings as parameters.
  static func bound(_ op: Op) -> Builtin {
    let operands = op.operands.map { $0.isRequired ? $0.name : $0.name + "=none" }
    let settings = op.settings.map { $0.name + fallbackText($0.fallback) }
    return Builtin(
      "\(op.name)(\((operands + settings).joined(separator: ", ")))", topic(op), op.summary,
      example: op.example, op: op, unary: unary(op),
      binary: op.operands.count == 2 && op.settings.isEmpty ? binary(op) : nil
    ) { call throws(Diagnostic) in
      var operands: [Node.Operand] = []
      for operand in op.operands where operand.isRequired || call.has(operand.name) {
        // What is left out before one that is given has its number to stand in.
        operands += op.standIns(operands.count, before: operand.name).map { .number($0) }
        operands.append(
          operand.role == .shape
            ? try call.sizes(operand.name) : try call.operand(operand.name))
      }
      let attributes = try call.settings(of: op)
      call.warnGuess(op, operands)
      if op.family == .loss { call.warnLoss(op, operands) }
      if op.family == .reduction { call.warnCrossed(op, operands) }
      if op.family == .activation { call.warnLone(op, operands) }
      if operands.allSatisfy({ $0.isNumber }), let plain = plain(op, operands, attributes) {
        return .number(plain)
      }
      return try call.apply(op, operands, attributes)
    }
  }

  /// The value for plain numbers, which stay plain.
  private static func plain(_ op: Op, _ operands: [Node.Operand], _ attributes: Attributes)
    -> Double?
  {
    guard attributes.isEmpty, let scalar = op.scalar else { return nil }
    let numbers = operands.map { operand in
      if case .number(let n) = operand { n } else { 0.0 }
    }
    return scalar(numbers[0], numbers.count > 1 ? numbers[1] : 0)
  }

  private static func unary(_ op: Op) -> Unary? {
    guard let scalar = op.scalar, op.operands.count == 1, op.settings.isEmpty else { return nil }
    return { machine, value, site, span throws(Diagnostic) in
      switch value {
      case .number(let n):
        let result = scalar(n, 0)
        if !result.isFinite, n.isFinite { machine.warnPlain(op.name, n, result, span) }
        return .number(result)
      case .tensor(let node) where node.isScalar && node.isTracked && machine.graph.isRecording:
        let result = machine.graph.scalar(
          op, scalar(node.number, 0), node, nil, constant: 0, site: site)
        if !result.number.isFinite { machine.reportNonFinite(result, at: span) }
        return .tensor(result)
      case .tensor(let node): return try machine.apply(op, node, site, span)
      default: return nil
      }
    }
  }

  private static func binary(_ op: Op) -> Binary {
    { _, a, b, _, _ throws(Diagnostic) in
      guard case .number(let x) = a, case .number(let y) = b, let scalar = op.scalar else {
        return nil
      }
      return .number(scalar(x, y))
    }
  }

  /// A setting's default as the signature has it.
  private static func fallbackText(_ fallback: Setting.Fallback) -> String {
    switch fallback {
    case .required: ""
    case .absent, .derived: "=none"
    case .value(.number(let n)): n.isInfinite ? "=none" : "=" + NumberFormat(digits: 6)(n)
    case .value(.flag(let on)): "=\(on)"
    case .value(.text(let word)): "=\"\(word)\""
    case .value(.ints(let list)): "=" + list.map(String.init).joined(separator: ", ")
    case .value(.index): "=none"
    }
  }

  private static func topic(_ op: Op) -> Topic {
    switch op.family {
    case .reduction: .reductions
    case .product: .products
    case .loss: .losses
    case .shape: .shape
    case .layer, .window: .layers
    case .adjoint: .looking
    case .arithmetic, .comparison, .elementwise, .activation: .elementwise
    }
  }

  // MARK: Overloads that PyTorch has too

  private static let overloaded: [Builtin] = [
    Builtin(
      "gelu(x, approximate=\"none\")", .elementwise, Op.gelu.summary, example: Op.gelu.example,
      op: .gelu
    ) { call throws(Diagnostic) in
      let form = try call.choice("approximate", ["none", "tanh"])
      return try call.apply(form == "tanh" ? .geluTanh : .gelu, [try call.operand("x")])
    },
    extreme("max", .largest, .argmax, .maximum), extreme("min", .smallest, .argmin, .minimum),
    Builtin(
      "scatter_add(x, dim, index, src)", .looking, Op.scatterAdd.summary,
      example: Op.scatterAdd.example, op: .scatterAdd
    ) { call throws(Diagnostic) in
      try call.apply(
        .scatterAdd,
        [try call.operand("x"), .node(try call.node("index")), .node(try call.node("src"))],
        Attributes(("dim", .ints(try call.ints("dim")))))
    },
    Builtin(
      "index_put(x, values, *index)", .looking, Op.indexPut.summary,
      example: Op.indexPut.example, op: .indexPut
    ) { call throws(Diagnostic) in
      let index = try call.machine.index(
        call.rest.map(call.indexPart), firstOperand: 2, call.span)
      return try call.apply(
        .indexPut, [try call.operand("x"), try call.operand("values")] + index.operands,
        Attributes(("index", .index(index.entries))))
    },
    Builtin(
      "slice(start, stop, step=1)", .looking,
      "The range `start:stop` of an index, as an argument of `index_put`.",
      example: "index_put(zeros(4), 1, slice(1, 3))"
    ) { call throws(Diagnostic) in
      .record(
        RecordObject([
          ("start", call.value("start")), ("stop", call.value("stop")),
          ("step", call.value("step")),
        ]))
    },
  ]

  /// `max(x)`, `max(x, dim=1)` with values and places, `max(a, b)` element by element; as a method, `x.max(1)`
  /// names the axis.
  private static func extreme(_ name: String, _ fold: Op, _ place: Op, _ pair: Op) -> Builtin {
    let word = name == "max" ? "largest" : "smallest"
    return Builtin(
      "\(name)(x, other=none, dim=none, keepdim=false)", .reductions,
      "The \(word) element; with `dim`, or as `x.\(name)(1)`, the \(word) along an axis and their "
        + "places; of two values, the \(word) of each pair.", example: "\(name)([3, 1, 2])",
      op: fold
    ) { call throws(Diagnostic) in
      if call.methodArguments > 0, case .number = call.value("other") {
        // PyTorch's x.max(dim, keepdim).
        call.machine.meets(.extremeAxis, call.span)
        guard call.methodArguments > 1 || !call.has("dim") else {
          throw RunFault.givenTwice("dim").at(call.span)
        }
        let keepdim = call.methodArguments > 1 ? "dim" : "keepdim"
        return try call.extreme(try call.ints("other"), try call.flag(keepdim), place)
      }
      if call.has("other") {
        return try call.extreme(of: call.value("x"), call.value("other"), pair)
      }
      guard call.has("dim") else { return try call.apply(fold, [try call.operand("x")]) }
      return try call.extreme(try call.ints("dim"), try call.flag("keepdim"), place)
    }
  }

  /// Drops one axis of length 1.
  static func squeeze(_ value: Value, _ dim: Int, _ call: BuiltinCall) throws(Diagnostic) -> Value {
    guard case .tensor(let node) = value else { return value }
    let axis = try call.tensors { () throws(TensorError) in try node.shape.axis(dim) }
    var dims = node.shape.dims
    guard axis < dims.count, dims[axis] == 1 else { return value }
    dims.remove(at: axis)
    return try call.apply(.reshape, [.node(node)], Attributes(("_shape", .ints(dims))))
  }
}

extension BuiltinCall {
  /// The largest or smallest along an axis, and where they are.
  fileprivate func extreme(_ dims: [Int], _ keepdim: Bool, _ place: Op) throws(Diagnostic) -> Value
  {
    let node = try node("x")
    guard dims.count == 1 else {
      throw TensorFault(.oneAxis(builtin.name, "dim", dims)).at(span)
    }
    let places = try tensors { () throws(TensorError) in
      try graph.apply(
        place, [.node(node)], Attributes(("dim", .ints(dims)), ("keepdim", .flag(true))))
    }
    var picked =
      node.shape.rank == 0
      ? Value(node)
      : try apply(.gather, [.node(node), .node(places)], Attributes(("dim", .ints(dims))))
    var found = Value(places)
    if !keepdim, node.shape.rank > 0, let dim = dims.first {
      (picked, found) = (
        try Builtin.squeeze(picked, dim, self), try Builtin.squeeze(found, dim, self)
      )
    }
    return .record(RecordObject([("values", picked), ("indices", found)]))
  }

  /// The larger or smaller of each pair. Of a tensor and a plain number that is not to be told from an axis;
  /// PyTorch has no such call.
  fileprivate func extreme(of x: Value, _ other: Value, _ pair: Op) throws(Diagnostic) -> Value {
    let (a, b) = (try operand("x"), try operand("other"))
    switch (a, b) {
    case (.number(let x), .number(let y)):
      if let scalar = pair.scalar { return .number(scalar(x, y)) }
    case (.node(let node), .number(let n)) where node.shape.rank > 0:
      throw numberBeside(node, n, pair, isFirst: true)
    case (.number(let n), .node(let node)) where node.shape.rank > 0:
      throw numberBeside(node, n, pair, isFirst: false)
    default: break
    }
    return try apply(pair, [a, b])
  }

  private func numberBeside(_ node: Node, _ n: Double, _ pair: Op, isFirst: Bool) -> Diagnostic {
    let number = machine.format(n)
    let name = (isFirst ? sourceName("x") : sourceName("other")) ?? "x"
    let isAxis =
      isFirst && n == n.rounded()
      && (-Double(node.shape.rank)..<Double(node.shape.rank)).contains(n)
    return BuiltinFault.numberBeside(
      function: builtin.name, pair: pair.name, x: name, shape: node.shape, number: number,
      isFirst: isFirst, isAxis: isAxis
    ).at(span)
  }

  /// An axis that was guessed from the shape, in the learner's own code.
  func warnGuess(_ op: Op, _ operands: [Node.Operand]) {
    guard let setting = op.settings.first(where: { $0.isGuess && !has($0.name) }),
      case .node(let x)? = operands.first, x.shape.rank > 1, !SourceID.isLibrary(Int(span.source)),
      let guess = try? op.applied([x.value], Attributes()).attributes.dims.first,
      machine.tellsFirst(span)
    else { return }
    machine.meets(.softmaxAxis, span)
    machine.warn(
      BuiltinFault.guessedAxis(op: op.name, setting: setting.name, axis: guess, shape: x.shape).at(
        span))
  }

  /// The settings of an op that were given; its table has the defaults.
  func settings(of op: Op) throws(Diagnostic) -> Attributes {
    var attributes = Attributes()
    for setting in op.settings where has(setting.name) {
      attributes.set(setting.name, try attribute(setting))
    }
    return attributes
  }

  private func attribute(_ setting: Setting) throws(Diagnostic) -> Attribute {
    let name = setting.name
    switch setting.kind {
    case .number:
      if case .tensor(let node) = value(name), node.isTracked {
        throw BuiltinFault.plainNumberOnly(
          function: builtin.name, setting: name, given: graph.label(of: node)
        ).at(span)
      }
      return .number(try double(name))
    case .whole: return .number(Double(try int(name)))
    case .flag: return .flag(try flag(name))
    case .axis, .axes, .lengths, .index: return .ints(try ints(name))
    case .choice(let words): return .text(try choice(name, words))
    case .padding:
      guard case .string = value(name) else { return .ints(try ints(name)) }
      return try choice(name, ["same", "valid"]) == "same" ? .text("same") : .ints([0])
    }
  }

  /// A tensor of which only the shape counts, given as such or by its lengths.
  func sizes(_ name: String) throws(Diagnostic) -> Node.Operand {
    if case .tensor(let node) = value(name), node.shape.rank > 1 { return .node(node) }
    let lengths = try ints(name)
    let zeros = try tensors { () throws(TensorError) in
      try Tensor(filling: Shape.fitting(lengths), with: 0, dtype: machine.dtype)
    }
    return .node(graph.constant(zeros))
  }

  /// What stands in brackets, given as an argument.
  func indexPart(_ value: Value) -> IndexPart {
    guard case .record(let record) = value, let start = record["start"],
      let stop = record["stop"], let step = record["step"]
    else {
      return .value(value)
    }
    return .slice(start, stop, step)
  }

  /// What a loss is likely to be given by mistake: probabilities for scores, or targets of another shape,
  /// which are compared all with all.
  /// A softmax along an axis of length 1 is 1 everywhere.
  func warnLone(_ op: Op, _ operands: [Node.Operand]) {
    guard op.settings.contains(where: { $0.isGuess }), has("dim"),
      !SourceID.isLibrary(Int(span.source)),
      case .node(let x)? = operands.first, x.shape.rank > 1,
      let dim = (try? settings(of: op))?.dims.first, let axis = try? x.shape.axis(dim),
      x.shape[axis] == 1, x.shape.count > 1
    else { return }
    machine.warn(BuiltinFault.oneClass(op: op.name, shape: x.shape).at(span))
  }

  private func warnClasses(_ op: Op, _ scores: Node) {
    if scores.shape.rank > 1, scores.shape[1] == 1, scores.shape.count > 0 {
      machine.warn(BuiltinFault.oneClass(op: op.name, shape: scores.shape).at(span))
    }
    // What applies no softmax itself takes logarithms of probabilities; a look at some of many will do.
    guard op.applies == nil else { return }
    let largest = scores.value.largest(ofFirst: 1024)
    guard largest > 1e-6, machine.tellsFirst(span) else { return }
    machine.warn(
      BuiltinFault.notLogProbabilities(op: op.name, largest: machine.format(largest)).at(span))
  }

  /// Told when a table of every one with every other is folded into one number.
  func warnCrossed(_ op: Op, _ operands: [Node.Operand]) {
    let takesAxes = op.settings.contains { $0.name == "dim" }
    guard !takesAxes || !has("dim"), case .node(let table)? = operands.first,
      table.flags.contains(.crossed),
      let n = table.shape.dims.first
    else { return }
    machine.warn(BuiltinFault.crossed(op: op.name, n: n).at(span))
  }

  func warnLoss(_ op: Op, _ operands: [Node.Operand]) {
    if let own = op.applies?(), case .node(let input) = operands[0], op.applies(again: input.op) {
      let function = input.op.name
      machine.warn(
        BuiltinFault.appliedTwice(op: op.name, function: function, applies: own.name).at(span))
    }
    if case .node(let input) = operands[0], input.shape.count == 0 {
      machine.warn(
        BuiltinFault.noSamples(op: op.name, shape: input.shape).at(span))
    }
    if op.takesClasses, case .node(let scores) = operands[0] { warnClasses(op, scores) }
    guard !op.takesClasses, case .node(let predictions) = operands[0],
      case .node(let targets) = operands[1], predictions.shape != targets.shape,
      predictions.shape.rank > 0, targets.shape.rank > 0,
      let common = try? predictions.shape.broadcast(with: targets.shape)
    else { return }
    machine.warn(
      BuiltinFault.broadcastTargets(
        predictions: predictions.shape, targets: targets.shape, common: common
      ).at(span))
  }
}

extension Node.Operand {
  var isNumber: Bool { if case .number = self { true } else { false } }
}
