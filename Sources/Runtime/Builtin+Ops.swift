// Built-ins that are ops: bound from the op table, settings and all.
import Autograd
import Diagnostics
import Tensors

extension Builtin {
  /// Ops that need more than their settings to be called, or that operators stand for.
  private static let special: Set<String> = Set((Op.layers + Op.windows).map(\.name)).union([
    "where", "clamp", "gelu", "gelu_tanh", "reshape", "permute", "expand", "transpose", "index",
    "concat", "stack", "gather", "argmax", "argmin", "expand_as", "floor_divide", "remainder",
  ])

  static let opFunctions: [Builtin] =
    Op.all.filter { !special.contains($0.name) && !isOperator($0) }.map(bound) + overloaded

  private static func isOperator(_ op: Op) -> Bool {
    switch op.notation {
    case .infix, .prefix, .suffix, .index: !["pow", "matmul"].contains(op.name)
    default: false
    }
  }

  /// A built-in with the op's operands and settings as parameters.
  private static func bound(_ op: Op) -> Builtin {
    let settings = op.settings.map { $0.name + "=" + fallbackText($0.fallback) }
    let required = op.operands.count - op.optional
    let operands = op.operands[..<required] + op.operands[required...].map { $0 + "=none" }
    let signature = "\(op.name)(\((operands + settings).joined(separator: ", ")))"
    return Builtin(
      signature, topic(op), op.summary, example: Examples.all[op.name] ?? "", op: op,
      unary: unary(op), binary: op.operands.count == 2 && op.settings.isEmpty ? binary(op) : nil
    ) { call throws(Diagnostic) in
      var operands: [Node.Operand] = []
      for (i, name) in op.operands.enumerated() {
        operands.append(i < required || call.has(name) ? try call.operand(name) : .number(1))
      }
      let attributes = try attributes(op, call)
      if topic(op) == .losses { call.warnLoss(op, operands) }
      if operands.allSatisfy(\.isNumber), let plain = plain(op, operands, attributes) {
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

  private static func attributes(_ op: Op, _ call: BuiltinCall) throws(Diagnostic) -> Attributes {
    var attributes = Attributes()
    for setting in op.settings where call.has(setting.name) {
      let name = setting.name
      let value: Attribute
      switch name {
      case "dim": value = .ints(try call.ints(name))
      case "keepdim": value = .flag(try call.flag(name))
      case "reduction": value = .text(try call.choice(name, ["mean", "sum", "none"]))
      default: value = .number(try call.double(name))
      }
      attributes.set(name, value, hidden: call.isUsual(name))
    }
    return attributes
  }

  private static func fallbackText(_ attribute: Attribute?) -> String {
    switch attribute {
    case .number(let n): NumberFormat(digits: 6)(n)
    case .flag(let on): "\(on)"
    case .text(let word): "\"\(word)\""
    case .ints(let list): list.map(String.init).joined(separator: ", ")
    default: "none"
    }
  }

  private static func topic(_ op: Op) -> Topic {
    if Op.reductions.contains(where: { $0 === op }) { return .reductions }
    if Op.products.contains(where: { $0 === op }) { return .products }
    if Op.losses.contains(where: { $0 === op }) { return .losses }
    if Op.views.contains(where: { $0 === op }) { return .shape }
    return .elementwise
  }

  // MARK: Overloads that PyTorch has too

  private static let overloaded: [Builtin] = [
    Builtin(
      "where(condition, a, b)", .elementwise, Op.chosen.summary,
      example: "where([1, -2] > 0, 10, 20)", op: .chosen
    ) { call throws(Diagnostic) in
      try call.apply(
        .chosen, [try call.operand("condition"), try call.operand("a"), try call.operand("b")])
    },
    Builtin(
      "clamp(x, min=none, max=none)", .elementwise,
      "Holds `x` between two bounds; either may be left out.",
      example: "clamp([-3, 0.5, 3], -1, 1)",
      op: Op.named("clamp")
    ) { call throws(Diagnostic) in
      guard let op = Op.named("clamp") else { return .none }
      var attributes = Attributes()
      if call.has("min") { attributes.set("min", .number(try call.double("min"))) }
      if call.has("max") { attributes.set("max", .number(try call.double("max"))) }
      return try call.apply(op, [try call.operand("x")], attributes)
    },
    Builtin(
      "gelu(x, approximate=\"none\")", .elementwise,
      "Weighs `x` by the chance that a standard normal is below it.", example: "gelu([-1, 0, 1])",
      op: Op.named("gelu")
    ) { call throws(Diagnostic) in
      let form = try call.choice("approximate", ["none", "tanh"])
      guard let op = Op.named(form == "tanh" ? "gelu_tanh" : "gelu") else { return .none }
      return try call.apply(op, [try call.operand("x")])
    },
    extreme("max", .amax, .argmax, .maximum), extreme("min", .amin, .argmin, .minimum),
    place("argmax", .argmax), place("argmin", .argmin),
  ]

  /// `max(x)`, `max(x, dim=1)` with values and places, `max(a, b)` element by element.
  private static func extreme(_ name: String, _ fold: Op, _ place: Op, _ pair: Op) -> Builtin {
    let word = name == "max" ? "largest" : "smallest"
    return Builtin(
      "\(name)(x, other=none, dim=none, keepdim=false)", .reductions,
      "The \(word) element; with `dim`, the \(word) along an axis and their places; of two values, "
        + "the \(word) of each pair.", example: "\(name)([3, 1, 2])", op: fold
    ) { call throws(Diagnostic) in
      if call.has("other") {
        let (a, b) = (try call.operand("x"), try call.operand("other"))
        if case .number(let x) = a, case .number(let y) = b, let scalar = pair.scalar {
          return .number(scalar(x, y))
        }
        return try call.apply(pair, [a, b])
      }
      let x = try call.operand("x")
      guard call.has("dim") else { return try call.apply(fold, [x]) }
      var attributes = Attributes()
      attributes.set("dim", .ints(try call.ints("dim")))
      attributes.set("keepdim", .flag(true))
      let node = try call.node("x")
      let places = try call.tensors { () throws(TensorError) in
        try call.graph.apply(place, [.node(node)], attributes)
      }
      var picking = Attributes()
      picking.set("dim", .ints(try call.ints("dim")))
      var picked =
        node.shape.rank == 0
        ? Value(node) : try call.apply(.gather, [.node(node), .node(places)], picking)
      var found = Value(places)
      if try !call.flag("keepdim"), node.shape.rank > 0, let dim = try call.ints("dim").first {
        (picked, found) = (try squeeze(picked, dim, call), try squeeze(found, dim, call))
      }
      return .record(RecordObject([("values", picked), ("indices", found)]))
    }
  }

  private static func place(_ name: String, _ op: Op) -> Builtin {
    Builtin(
      "\(name)(x, dim=none, keepdim=false)", .reductions, op.summary,
      example: "\(name)([3, 1, 2])", op: op
    ) { call throws(Diagnostic) in
      var attributes = Attributes()
      if call.has("dim") { attributes.set("dim", .ints(try call.ints("dim"))) }
      attributes.set("keepdim", .flag(try call.flag("keepdim")), hidden: true)
      return try call.apply(op, [try call.operand("x")], attributes)
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
  /// What a loss is likely to be given by mistake: probabilities for scores, or targets of another shape,
  /// which are compared all with all.
  func warnLoss(_ op: Op, _ operands: [Node.Operand]) {
    if ["cross_entropy", "binary_cross_entropy_with_logits"].contains(op.name),
      case .node(let input) = operands[0],
      ["softmax", "sigmoid", "log_softmax"].contains(input.op.name)
    {
      let function = input.op.name
      machine.warn(
        Diagnostic(
          .doubleSoftmax, severity: .warning,
          "`\(op.name)` was given the result of `\(function)`", at: span,
          reason: "It applies \(op.name == "cross_entropy" ? "softmax" : "sigmoid") itself, so the "
            + "gradient would be squeezed twice.",
          hint: "give it the scores before `\(function)`"))
    }
    if case .node(let input) = operands[0], input.shape.count == 0 {
      machine.warn(
        Diagnostic(
          .emptyBatch, severity: .warning, "`\(op.name)` was given no samples, \(input.shape)",
          at: span, reason: "The mean of nothing is nan.",
          hint: "check the bounds of the batch, or the size of the data set"))
    }
    guard ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"].contains(op.name),
      case .node(let predictions) = operands[0],
      case .node(let targets) = operands[1], predictions.shape != targets.shape,
      predictions.shape.rank > 0, targets.shape.rank > 0,
      let common = try? predictions.shape.broadcast(with: targets.shape)
    else { return }
    machine.warn(
      Diagnostic(
        .lossBroadcast, severity: .warning,
        "predictions \(predictions.shape) and targets \(targets.shape) broadcast to \(common)",
        at: span, reason: "Every prediction is compared with every target.",
        hint: "give both the same shape, for instance with `.squeeze(1)`"))
  }
}

extension Node.Operand {
  var isNumber: Bool { if case .number = self { true } else { false } }
}

/// Examples for ops; a test runs each.
enum Examples {
  static let all: [String: String] = [
    "abs": "abs(-3)", "exp": "exp(1)", "log": "log(2.718281828)", "sqrt": "sqrt(16)",
    "square": "square([1, 2, 3])", "sin": "sin(pi/2)", "cos": "cos(0)", "sign": "sign([-2, 0, 5])",
    "floor": "floor(2.7)", "round": "round([0.5, 1.5, 2.4])", "sigmoid": "sigmoid(0)",
    "tanh": "tanh(1)", "relu": "relu([-1, 0, 2])", "leaky_relu": "leaky_relu([-1, 2])",
    "softmax": "softmax([1, 2, 3])", "log_softmax": "log_softmax([1, 2, 3])",
    "sum": "sum([[1, 2], [3, 4]], dim=0)", "mean": "mean([1, 2, 3, 4])", "prod": "prod([2, 3, 4])",
    "amax": "amax([[1, 5], [7, 2]], dim=1)", "amin": "amin([3, 1, 2])", "var": "var([1, 2, 3, 4])",
    "std": "std([1, 2, 3, 4])", "norm": "norm([3, 4])", "logsumexp": "logsumexp([1, 2, 3])",
    "cumsum": "cumsum([1, 2, 3], dim=0)", "any": "any([0, 1])", "all": "all([0, 1])",
    "dot": "dot([1, 2], [3, 4])", "outer": "outer([1, 2], [3, 4])",
    "matmul": "matmul([[1, 2]], [[3], [4]])",
    "l1_loss": "l1_loss([1, 2], [0, 4])", "smooth_l1_loss": "smooth_l1_loss([1, 2], [0, 4])",
    "huber_loss": "huber_loss([1, 2], [0, 4])",
    "binary_cross_entropy": "binary_cross_entropy([0.9, 0.2], [1, 0])",
    "binary_cross_entropy_with_logits": "binary_cross_entropy_with_logits([2, -1], [1, 0])",
    "nll_loss": "nll_loss(log_softmax([[2, 1]], dim=1), [0])",
    "cross_entropy": "cross_entropy([[2, 1, 0]], [0])",
    "mse_loss": "mse_loss([1, 2], [0, 4])", "pow": "pow(2, 10)",
    "maximum": "maximum([1, 5], [3, 2])",
    "minimum": "minimum([1, 5], [3, 2])", "tril": "tril([[1, 2], [3, 4]])",
    "triu": "triu([[1, 2], [3, 4]])", "softplus": "softplus(0)", "elu": "elu(-1)",
    "silu": "silu(1)",
    "logsigmoid": "logsigmoid(0)", "expm1": "expm1(1e-10)", "log1p": "log1p(1e-10)",
    "rsqrt": "rsqrt(4)", "erf": "erf(0.5)",
  ]
}
