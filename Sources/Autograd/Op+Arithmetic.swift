// The ops behind the operators.
import Tensors

extension Op {
  /// Sum, `z = x + y`: the gradient is handed to both sides.
  package static let add = elementwise(
    "add", ["x", "y"], "Adds, with broadcasting.", "x + y",
    notation: .infix(" + ", strength: Notation.strengths.sum), partials: [1, 1],
    scalar: { $0 + $1 }, slopes: Slopes({ _, _, _ in 1 }, { _, _, _ in 1 })
  ) { c throws(TensorError) in try c.x + c.y }

  /// Difference, `z = x - y`.
  package static let sub = elementwise(
    "sub", ["x", "y"], "Subtracts, with broadcasting.", "x - y",
    notation: .infix(" - ", strength: Notation.strengths.sum), partials: [1, -1],
    scalar: { $0 - $1 }, slopes: Slopes({ _, _, _ in 1 }, { _, _, _ in -1 })
  ) { c throws(TensorError) in try c.x - c.y }

  /// Product, `z = x * y`: each side's gradient is scaled by the other side.
  package static let mul = elementwise(
    "mul", ["x", "y"], "Multiplies element by element, with broadcasting.", "x * y",
    notation: .infix("*", strength: Notation.strengths.product), partials: [.y, .x],
    scalar: { $0 * $1 }, slopes: Slopes({ _, y, _ in y }, { x, _, _ in x })
  ) { c throws(TensorError) in try c.x * c.y }

  /// Quotient, `z = x / y`.
  package static let div = elementwise(
    "div", ["x", "y"], "Divides element by element, with broadcasting.", "x / y",
    notation: .infix("/", strength: Notation.strengths.product), promotion: .floating,
    partials: [1 / .y, -(.x / .y) / .y], scalar: { $0 / $1 },
    slopes: Slopes({ _, y, _ in 1 / y }, { x, y, _ in -(x / y) / y })
  ) { c throws(TensorError) in try c.x / c.y }

  /// Negation, `z = -x`.
  package static let neg = elementwise(
    "neg", ["x"], "Changes the sign.", "-x", notation: .prefix("-"), partials: [-1],
    scalar: { x, _ in -x }, slopes: Slopes({ _, _, _ in -1 })
  ) { c throws(TensorError) in try -c.x }

  /// Power, `z = x^y`. As in PyTorch `x^0` is 1 with gradient 0 even at nan, and the exponent's
  /// gradient is 0 where the base is 0 and the exponent is not negative.
  package static let pow = elementwise(
    "pow", ["x", "y"], "Raises `x` to the power `y`.", "x^y",
    notation: .infix("^", strength: Notation.strengths.power),
    promotion: .floatingIf { $0[1].values.contains { $0 < 0 } && !$0[0].dtype.isFloat },
    partials: [.y * Formula.x.power(.y - 1), .z * .call("log", .x)],
    fused: [
      VJP(.dz * (.y * Formula.x.power(.y - 1))) { c, dz throws(TensorError) in
        let slope = try c.y * c.x.zip(try c.y - Tensor(1, dtype: c.y.dtype), Kernel.Power())
        let zero = Tensor(0, dtype: dz.dtype)
        return try Tensor.select(c.y.compared(.equal, to: zero), zero, dz * slope)
      },
      VJP(.dz * (.z * .call("log", .x))) { c, dz throws(TensorError) in
        let zero = Tensor(0, dtype: dz.dtype)
        let flat = try c.x.compared(.equal, to: zero) * c.y.compared(.greaterOrEqual, to: zero)
        let slope = try c.output * c.x.map(Kernel.Log())
        return try Tensor.select(flat, zero, dz * slope)
      },
    ],
    scalar: { Double.pow($0, $1) },
    slopes: Slopes(
      { x, y, _ in y == 0 ? 0 : y == 2 ? 2 * x : y * Double.pow(x, y - 1) },
      { x, y, z in x == 0 && y >= 0 ? 0 : z * Double.log(x) })
  ) { c throws(TensorError) in try c.x.zip(c.y, Kernel.Power()) }

  /// The larger of two; a tie gives half the gradient to each side.
  package static let maximum = elementwise(
    "maximum", ["x", "y"], "The larger of two, element by element; nan wins.", "max(x, y)",
    partials: [larger(.x, .y), larger(.y, .x)],
    fused: [
      tied(.greater) {
        ($0.x, $0.y)
      } text: {
        larger(.x, .y)
      },
      tied(.greater) {
        ($0.y, $0.x)
      } text: {
        larger(.y, .x)
      },
    ],
    scalar: { Kernel.Maximum()($0, $1) }
  ) { c throws(TensorError) in try c.x.zip(c.y, Kernel.Maximum()) }

  /// The smaller of two; a tie gives half the gradient to each side.
  package static let minimum = elementwise(
    "minimum", ["x", "y"], "The smaller of two, element by element; nan wins.", "min(x, y)",
    partials: [larger(.y, .x), larger(.x, .y)],
    fused: [
      tied(.less) {
        ($0.x, $0.y)
      } text: {
        larger(.y, .x)
      },
      tied(.less) {
        ($0.y, $0.x)
      } text: {
        larger(.x, .y)
      },
    ],
    scalar: { Kernel.Minimum()($0, $1) }
  ) { c throws(TensorError) in try c.x.zip(c.y, Kernel.Minimum()) }

  private static func larger(_ a: Formula, _ b: Formula) -> Formula {
    .where_("gt", a, b, 1, .where_("eq", a, b, 0.5, 0))
  }

  /// PyTorch drops the losing side's gradient and halves it at a tie; where nan leaves the question
  /// open, it passes.
  private static func tied(
    _ wins: Kernel.Relation,
    _ sides: @escaping @Sendable (Call) -> (Tensor, Tensor),
    text: @escaping @Sendable () -> Formula
  ) -> VJP {
    VJP(.dz * text()) { c, dz throws(TensorError) in
      let (mine, other) = sides(c)
      let (zero, half) = (Tensor(0, dtype: dz.dtype), try dz * Tensor(0.5, dtype: dz.dtype))
      let loses: Kernel.Relation = wins == .greater ? .less : .greater
      return try Tensor.select(
        mine.compared(.equal, to: other), half,
        Tensor.select(mine.compared(loses, to: other), zero, dz))
    }
  }

  package static let arithmetic: [Op] = [
    add, sub, mul, div, neg, pow, maximum, minimum, floorDivide, modulo, chosen,
  ]

  /// Quotient rounded down, as in Python.
  package static let floorDivide = Op(
    "floor_divide", ["x", "y"], summary: "Divides and rounds down.", definition: "x // y",
    notation: .infix(" // ", strength: Notation.strengths.product),
    derivative: .none("it is flat wherever it is smooth"),
    scalar: { ($0 / $1).rounded(.down) }
  ) { c throws(TensorError) in try c.x.zip(c.y, Kernel.FloorDivide()) }

  /// Remainder with the divisor's sign, `z = x - y*floor(x/y)`.
  package static let modulo = elementwise(
    "remainder", ["x", "y"], "The remainder, with the divisor's sign.", "x - y*floor(x/y)",
    notation: .infix(" % ", strength: Notation.strengths.product),
    partials: [1, -.call("floor", .x / .y)], scalar: { Kernel.Modulo()($0, $1) }
  ) { c throws(TensorError) in try c.x.zip(c.y, Kernel.Modulo()) }

  /// `condition ? a : b`, element by element. The side not taken still has its gradient multiplied by 0
  /// further down, so a nan born there comes through, as in PyTorch.
  package static let chosen = Op(
    "where", ["condition", "a", "b"],
    summary: "Takes `a` where the condition holds, else `b`.", definition: "condition ? a : b",
    derivative: .vjps([
      VJP(0) { c, _ throws(TensorError) in try Tensor(filling: c.x.shape, with: 0) },
      VJP(.call("where", .x, .dz, 0)) { c, dz throws(TensorError) in
        try unbroadcast(
          Tensor.select(c.x, dz, Tensor(0, dtype: dz.dtype)), to: c.inputs[1].shape)
      },
      VJP(.call("where", .x, 0, .dz)) { c, dz throws(TensorError) in
        try unbroadcast(
          Tensor.select(c.x, Tensor(0, dtype: dz.dtype), dz), to: c.inputs[2].shape)
      },
    ])
  ) { c throws(TensorError) in try Tensor.select(c.x, c.y, c.inputs[2]) }

  /// Relations give 1 or 0 and have no gradient.
  package static let comparisons: [Op] = zip(
    ["lt", "le", "gt", "ge", "eq", "ne", "close"], Kernel.Relation.allCases
  ).map { name, relation in
    Op(
      name, ["x", "y"], summary: "Whether `x \(relation.rawValue) y`, element by element.",
      definition: "x \(relation.rawValue) y",
      notation: .infix(" \(relation.rawValue) ", strength: Notation.strengths.comparison),
      derivative: .none("a truth value jumps; it has no slope"),
      scalar: { relation.holds($0, $1) ? 1 : 0 }
    ) { c throws(TensorError) in try c.x.compared(relation, to: c.y) }
  }
}
