// Methods of tensors that are no functions of their name, which learners may want for themselves.
import Autograd
import Diagnostics
import Interpreter
import Tensors

extension Builtin {
  package static let methods: [Builtin] = [
    method(
      "size(x, dim=none)",
      "The lengths of all axes, or of one. Without brackets, `x.size` is the count.",
      example: "zeros(2, 3).size(0)"
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      guard call.has("dim") else {
        return .list(ListObject(x.shape.dims.map { .number(Double($0)) }))
      }
      let dim = try call.int("dim")
      guard (-x.shape.rank..<x.shape.rank).contains(dim) else {
        throw TensorFault(.axisOutOfRange(dim, x.shape)).at(call.span)
      }
      return .number(Double(x.shape[try call.axis(dim, of: x)]))
    },
    counting("numel"), counting("nelement"),
    method("dim(x)", "How many axes there are.", example: "zeros(2, 3).dim()") {
      call throws(Diagnostic) in .number(Double(try call.node("x").shape.rank))
    },
    casting("float", .float32), casting("double", .float64), casting("long", .int64),
    casting("int", .int64), casting("bool", .bool),
    method(
      "to(x, dtype)", "The same numbers in another type; the gradient passes to float types.",
      example: "tensor([1.5, 2]).to(\"float32\").dtype"
    ) { call throws(Diagnostic) in
      // `x.to(other)` takes the other's type, as in PyTorch.
      if case .tensor(let other) = call.value("dtype") { return try call.cast(to: other.dtype) }
      return try call.cast(to: try call.dtype("dtype"))
    },
    method(
      "clone(x)", "A copy; gradients pass through it.",
      example: "x = [1, 2]; y = x.clone(); y[0] = 5; x"
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      if x.isLive { return try call.apply(.mul, [.node(x), .number(1)]) }
      return .tensor(call.graph.constant(x.value))
    },
    method(
      "view(x, *shape)", Op.reshape.summary, example: "arange(6).view(2, 3)"
    ) { call throws(Diagnostic) in
      try call.apply(
        .reshape, [.node(try call.node("x"))], Attributes(("_shape", .ints(try call.shape()))))
    },
    method(
      "repeat(x, *sizes)", Op.repeated.summary, example: "tensor([1, 2]).repeat(2, 3)",
      op: .repeated
    ) { call throws(Diagnostic) in try call.repeated(try call.shape()) },
    method(
      "scatter(x, dim, index, src)", Op.scatter.summary + " `src` may be one number.",
      example: "zeros(3).scatter(0, [2, 0], [5, 7])", op: .scatter
    ) { call throws(Diagnostic) in
      let index = try call.node("index")
      var src = try call.operand("src")
      if case .number(let n) = src {
        let dtype = try call.node("x").dtype
        src = .node(
          call.graph.constant(
            try call.tensors { () throws(TensorError) in
              try Tensor(filling: index.shape, with: n, dtype: dtype)
            }))
      }
      return try call.apply(
        .scatter, [try call.operand("x"), .node(index), src],
        Attributes(("dim", .ints(try call.ints("dim")))))
    },
    method(
      "unfold(x, dim, size, step)",
      "Windows of `size` along an axis, `step` apart; they make a new last axis.",
      example: "arange(5).unfold(0, 2, 1)"
    ) { call throws(Diagnostic) in
      let (x, size, step) = (try call.node("x"), try call.int("size"), try call.int("step"))
      let axis = try call.axis(try call.int("dim"), of: x)
      guard size >= 0, step > 0, size <= x.shape[axis] else {
        throw BuiltinFault.windowSize(size: size, step: step, length: x.shape[axis]).at(call.span)
      }
      let count = (x.shape[axis] - size) / step + 1
      let places = try call.constant(
        (0..<count).flatMap { i in (0..<size).map { Double(i * step + $0) } }, [count, size], .int64
      )
      let windows = try call.apply(
        .index, [.node(x), .node(places)],
        Attributes(("index", .index(call.whole(axis) + [.operand(1)]))))
      guard case .tensor(let node) = windows else { return windows }
      // The windows stand behind their axis; they belong at the end.
      var order = Array(0..<node.shape.rank)
      order.append(order.remove(at: axis + 1))
      return try call.apply(.permute, [.node(node)], Attributes(("_dims", .ints(order))))
    },
  ]

  private static func method(
    _ signature: String, _ summary: String, example: String, op: Op? = nil, _ body: @escaping Body
  ) -> Builtin {
    Builtin(signature, .methods, summary, example: example, op: op, isMethod: true, body)
  }

  private static func counting(_ name: String) -> Builtin {
    method("\(name)(x)", "How many numbers there are.", example: "zeros(2, 3).\(name)()") {
      call throws(Diagnostic) in .number(Double(try call.node("x").shape.count))
    }
  }

  private static func casting(_ name: String, _ dtype: DType) -> Builtin {
    method(
      "\(name)(x)",
      "The same numbers as \(dtype.name)\(dtype.isFloat ? "; the gradient passes" : "").",
      example: "tensor([1.5, 2]).\(name)()"
    ) { call throws(Diagnostic) in try call.cast(to: dtype) }
  }
}

extension BuiltinCall {
  /// The value in another type.
  func cast(to dtype: DType) throws(Diagnostic) -> Value {
    let x = try node("x")
    guard x.dtype != dtype else { return value("x") }
    return try apply(
      dtype.isFloat ? .converted : .convertedWhole, [.node(x)],
      Attributes(("dtype", .text(dtype.name))))
  }

  /// The whole of `x` again and again along each axis.
  func repeated(_ sizes: [Int]) throws(Diagnostic) -> Value {
    try apply(.repeated, [.node(try node("x"))], Attributes(("_sizes", .ints(sizes))))
  }

  /// Which axis a number from the front or the end means.
  func axis(_ dim: Int, of x: Node) throws(Diagnostic) -> Int {
    let axis = try tensors { () throws(TensorError) in try x.shape.axis(dim) }
    guard axis < x.shape.rank else { throw TensorFault(.axisOutOfRange(dim, x.shape)).at(span) }
    return axis
  }

  /// Whole axes in front of an index.
  func whole(_ axes: Int) -> [IndexEntry] {
    [IndexEntry](repeating: .item(.slice(start: nil, stop: nil, step: 1)), count: axes)
  }

  /// A value that nothing computed.
  func constant(_ values: [Double], _ dims: [Int], _ dtype: DType) throws(Diagnostic) -> Node {
    let tensor = try tensors { () throws(TensorError) in
      try Tensor(values, shape: Shape(dims), dtype: dtype)
    }
    return graph.constant(tensor)
  }
}
