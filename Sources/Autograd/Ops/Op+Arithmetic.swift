// The ops behind the operators.
import Platform
import Tensors

extension Op {
  /// Sum, `z = x + y`: the gradient is handed to both sides.
  package static let add: Op = elementwise(
    "add", ["x", "y"], family: .arithmetic, "Adds, with broadcasting.", "x + y",
    notation: .infix(" + ", strength: Notation.strengths.sum), partials: [1, 1],
    loop: { _ in Kernel.add.loop },
    scalar: { $0 + $1 }, slopes: Slopes({ _, _, _ in 1 }, { _, _, _ in 1 })
  ) { c throws(TensorError) in
    // Two truth values are joined by "or", as in PyTorch.
    let sum = try c.x + c.y
    return sum.dtype == .bool ? try sum.compared(.notEqual, to: Tensor(0)) : sum
  }

  /// Difference, `z = x - y`.
  package static let sub: Op = elementwise(
    "sub", ["x", "y"], family: .arithmetic, "Subtracts, with broadcasting.", "x - y",
    notation: .infix(" - ", strength: Notation.strengths.sum), partials: [1, -1],
    loop: { _ in Kernel.subtract.loop },
    scalar: { $0 - $1 }, slopes: Slopes({ _, _, _ in 1 }, { _, _, _ in -1 })
  ) { c throws(TensorError) in try c.x - c.y }

  /// Product, `z = x * y`: each side's gradient is scaled by the other side.
  package static let mul: Op = elementwise(
    "mul", ["x", "y"], family: .arithmetic, "Multiplies element by element, with broadcasting.",
    "x * y",
    notation: .infix("*", strength: Notation.strengths.product), partials: [.y, .x],
    loop: { _ in Kernel.multiply.loop },
    scalar: { $0 * $1 }, slopes: Slopes({ _, y, _ in y }, { x, _, _ in x })
  ) { c throws(TensorError) in try c.x * c.y }

  /// Quotient, `z = x / y`; whole numbers give fractions.
  package static let div: Op = elementwise(
    "div", ["x", "y"], family: .arithmetic, "Divides element by element, with broadcasting.",
    "x / y",
    notation: .infix("/", strength: Notation.strengths.product), promotion: .floating,
    partials: [1 / .y, -(.x / .y) / .y], loop: { _ in Kernel.divide.loop }, scalar: { $0 / $1 },
    slopes: Slopes({ _, y, _ in 1 / y }, { x, y, _ in -(x / y) / y })
  ) { c throws(TensorError) in try c.x / c.y }

  /// Negation, `z = -x`.
  package static let neg: Op = elementwise(
    "neg", ["x"], family: .arithmetic, "Changes the sign.", "-x", notation: .prefix("-"),
    partials: [-1], loop: { _ in Kernel.negate.loop },
    scalar: { x, _ in -x }, slopes: Slopes({ _, _, _ in -1 })
  ) { c throws(TensorError) in try -c.x }

  /// Power, `z = x^y`. As in PyTorch `x^0` is 1 with gradient 0 even at nan, and the exponent's
  /// gradient is 0 where the base is 0 and the exponent is not negative. A negative power of whole numbers
  /// gives fractions.
  package static let pow: Op = elementwise(
    "pow", ["x", "y"], family: .arithmetic, "Raises `x` to the power `y`.", "x^y",
    example: "pow(2, 10)",
    notation: .infix("^", strength: Notation.strengths.power),
    promotion: .fractional { inputs, _ in inputs[1].values.contains { $0 < 0 } },
    partials: [.y * Formula.x.power(.y - 1), .z * .call(.log, .x)],
    edges: [powerByBase, powerByExponent], loop: { _ in Kernel.power.loop },
    scalar: { Double.pow($0, $1) },
    slopes: Slopes(
      { x, y, _ in y == 0 ? 0 : y == 2 ? 2 * x : y * Double.pow(x, y - 1) },
      { x, y, z in x == 0 && y >= 0 ? 0 : z * Double.log(x) })
  ) { c throws(TensorError) in try c.x.zip(c.y, Kernel.power) }

  private static let powerByBase = Formula.where_(
    eq, .y, 0, 0, .dz * (.y * Formula.x.power(.y - 1)))

  private static let powerByExponent = Formula.where_(
    eq, .x, 0, .where_(ge, .y, 0, 0, exponentSlope), exponentSlope)
  private static let exponentSlope = Formula.dz * (.z * .call(.log, .x))

  /// The larger of two; a tie gives half the gradient to each side.
  package static let maximum: Op = elementwise(
    "maximum", ["x", "y"], family: .elementwise, "The larger of two, element by element; nan wins.",
    "max(x, y)", example: "maximum([1, 5], [3, 2])",
    partials: [larger(.x, .y), larger(.y, .x)],
    edges: [tied(lt, .x, .y), tied(lt, .y, .x)], loop: { _ in Kernel.maximum.loop },
    scalar: { Kernel.maximum($0, $1) }
  ) { c throws(TensorError) in try c.x.zip(c.y, Kernel.maximum) }

  /// The smaller of two; a tie gives half the gradient to each side.
  package static let minimum: Op = elementwise(
    "minimum", ["x", "y"], family: .elementwise,
    "The smaller of two, element by element; nan wins.",
    "min(x, y)", example: "minimum([1, 5], [3, 2])",
    partials: [larger(.y, .x), larger(.x, .y)],
    edges: [tied(gt, .x, .y), tied(gt, .y, .x)], loop: { _ in Kernel.minimum.loop },
    scalar: { Kernel.minimum($0, $1) }
  ) { c throws(TensorError) in try c.x.zip(c.y, Kernel.minimum) }

  private static func larger(_ a: Formula, _ b: Formula) -> Formula {
    .where_(gt, a, b, 1, .where_(eq, a, b, 0.5, 0))
  }

  /// PyTorch drops the losing side's gradient and halves it at a tie; where nan leaves the question
  /// open, it passes.
  private static func tied(_ loses: Op, _ mine: Formula, _ other: Formula) -> Formula {
    .where_(eq, mine, other, 0.5 * .dz, .where_(loses, mine, other, 0, .dz))
  }

  package static let arithmetic: [Op] = [
    add, sub, mul, div, neg, pow, maximum, minimum, floorDivide, modulo, fmod, lerp, logaddexp,
    xlogy, copysign, atan2, hypot, chosen, maskedFill,
  ]

  /// The remainder with the sign of what is divided, as C has it.
  package static let fmod: Op = elementwise(
    "fmod", ["x", "y"], family: .arithmetic, "The remainder, with the sign of `x`.",
    "x - y*trunc(x/y)", example: "fmod(-7, 3)", partials: [1, -.call(trunc, .x / .y)],
    scalar: { $0.truncatingRemainder(dividingBy: $1) }
  ) { c throws(TensorError) in
    try mustDivide(c)
    return try c.x.zip(c.y, Kernel.ThroughPair { $0.truncatingRemainder(dividingBy: $1) })
  }

  /// From one value towards another.
  package static let lerp: Op = elementwise(
    "lerp", ["start", "end", "weight"], "From `start` towards `end`, `weight` of the way.",
    "start + weight*(end - start)", example: "lerp(10, 20, 0.25)",
    partials: [1 - .operand(2), .operand(2), .operand(1) - .operand(0)],
    samples: {
      Sample.binary.map { Sample($0.inputs + [Tensor(0.3)]) }
        + [Sample([Sample.spread([2, 3]), Sample.positive([2, 3]), Sample.chances([3])])]
    }
  ) { c throws(TensorError) in
    let (start, end, weight) = (c.x, c.y, c.inputs[2])
    // From the nearer end, as in PyTorch: an infinite other one does not come in, and weight 1 is the end itself.
    let distance = try end - start
    let fromStart = try start + weight * distance
    let isNear = try weight.map(Kernel.abs).compared(.less, to: Tensor(0.5))
    if isNear.rank == 0, isNear[0] == 1 { return fromStart }
    let fromEnd = try end - distance * (Tensor(1, dtype: weight.dtype) - weight)
    return try isNear.rank == 0 ? fromEnd : Tensor.select(isNear, fromStart, fromEnd)
  }

  /// The logarithm of a sum of exponentials, without overflow.
  package static let logaddexp: Op = formed(
    "logaddexp", ["x", "y"], "The logarithm of `exp(x) + exp(y)`, without overflow.",
    "ln(e^x + e^y)", example: "logaddexp(1000, 1000)",
    value: .where_(
      eq, .x, .y, .x + .number(Elementary.log(2)),
      .call(maximum, .x, .y) + .call(log1p, .call(exp, -.call(abs, .x - .y)))),
    partials: [.call(sigmoid, .x - .y), .call(sigmoid, .y - .x)])

  /// `x*ln y`, 0 where x is 0.
  package static let xlogy: Op = formed(
    "xlogy", ["x", "y"], "`x*log(y)`, and 0 where `x` is 0.", "x*ln y", example: "xlogy(0, 0)",
    value: .where_(
      eq, .y, .y, .where_(eq, .x, 0, 0, .x * .call(log, .y)), .x * .call(log, .y)),
    partials: [.call(log, .y), .x / .y],
    edges: [
      .where_(
        eq, .x, 0, .where_(le, .y, 0, 0, .dz * .call(log, .y)), .dz * .call(log, .y)),
      .dz * (.x / .y),
    ])

  package static let copysign: Op = elementwise(
    "copysign", ["x", "y"], "The size of `x` with the sign of `y`.", "|x|*sign of y",
    example: "copysign(3, -0.5)", promotion: .floating,
    partials: [.where_(eq, .x, 0, 0, .z / .x), 0],
    scalar: { Double(signOf: $1, magnitudeOf: $0) }
  ) { c throws(TensorError) in
    try c.x.zip(c.y, Kernel.ThroughPair { Double(signOf: $1, magnitudeOf: $0) })
  }

  /// Quotient rounded down, as in Python.
  package static let floorDivide: Op = Op(
    "floor_divide", ["x", "y"], family: .arithmetic, summary: "Divides and rounds down.",
    definition: "x // y", notation: .infix(" // ", strength: Notation.strengths.product),
    derivative: .none("it is flat wherever it is smooth"),
    scalar: { Kernel.FloorDivide()($0, $1) }
  ) { c throws(TensorError) in
    try mustDivide(c)
    return try c.x.zip(c.y, Kernel.FloorDivide())
  }

  /// Remainder with the divisor's sign, `z = x - y*floor(x/y)`.
  package static let modulo: Op = elementwise(
    "remainder", ["x", "y"], family: .arithmetic, "The remainder, with the divisor's sign.",
    "x - y*floor(x/y)", notation: .infix(" % ", strength: Notation.strengths.product),
    partials: [1, -.call(floor, .x / .y)], scalar: { Kernel.Modulo()($0, $1) }
  ) { c throws(TensorError) in
    try mustDivide(c)
    return try c.x.zip(c.y, Kernel.Modulo())
  }

  /// Whole numbers hold no inf or nan.
  private static func mustDivide(_ c: Call) throws(TensorError) {
    guard c.y.dtype.isFloat || !c.y.values.contains(0) else { throw .wholeDivisionByZero }
  }

  // MARK: Choices

  /// `condition ? a : b`, element by element. The side not taken still has its gradient multiplied by 0
  /// further down, so a nan born there comes through, as in PyTorch.
  package static let chosen: Op = elementwise(
    "where", [Operand("condition", .mask), "a", "b"],
    "Takes `a` where the condition holds, else `b`.", "condition ? a : b",
    example: "where([1, -2] > 0, 10, 20)",
    partials: [0, .call(chosen, .x, 1, 0), .call(chosen, .x, 0, 1)],
    kernels: [
      refusing("where", "condition"),
      passing { ($0.x, true) }, passing { ($0.x, false) },
    ], edges: [0, .call(chosen, .x, .dz, 0), .call(chosen, .x, 0, .dz)],
    loop: { _ in .choice(Kernel.notEqual) },
    samples: {
      Sample.pairs { ($0, $1) }.map { pair in
        let (a, b) = (pair.inputs[0], pair.inputs[1])
        return Sample([Sample.tensor([1, 0, 1], [3]), a, b])
      } + [Sample([Tensor(1, dtype: .bool), Tensor(0.3), Tensor(0.7)])]
    }
  ) { c throws(TensorError) in try Tensor.select(c.x, c.y, c.inputs[2]) }

  /// `value` where the mask holds, else `x`.
  package static let maskedFill: Op = elementwise(
    "masked_fill", ["x", Operand("mask", .mask), "value"],
    "`value` where the mask holds, else `x`.", "mask ? value : x",
    example: "masked_fill([1, 2], [1, 2] > 1, 0)",
    partials: [.call(chosen, .y, 0, 1), 0, .call(chosen, .y, 1, 0)],
    kernels: [
      passing { ($0.y, false) },
      refusing("masked_fill", "mask"),
      passing { ($0.y, true) },
    ], edges: [.call(chosen, .y, 0, .dz), 0, .call(chosen, .y, .dz, 0)],
    samples: {
      Sample.shapes.map { Sample([Sample.spread($0), Tensor(0, dtype: .bool), Tensor(0.7)]) }
        + [
          Sample([Sample.spread([2, 3]), Sample.tensor([1, 0, 1], [3]), Tensor(-9)]),
          Sample([Sample.spread([3]), Sample.tensor([1, 0, 0], [3]), Sample.spread([2, 3])]),
        ]
    }
  ) { c throws(TensorError) in try Tensor.select(c.y, c.inputs[2], c.x) }

  /// Truth values have no gradient.
  private static func refusing(_ op: String, _ operand: String) -> VJP.Kernel {
    { _, _ throws(TensorError) in throw .noRule(op, operand) }
  }

  /// Hands the gradient on where a condition holds, or where it does not.
  private static func passing(_ side: @escaping @Sendable (Call) -> (mask: Tensor, taken: Bool))
    -> VJP.Kernel
  {
    { c, dz throws(TensorError) in
      let (mask, taken) = side(c)
      let zero = Tensor(0, dtype: dz.dtype)
      return try Tensor.select(mask, taken ? dz : zero, taken ? zero : dz)
    }
  }

  // MARK: Comparisons

  package static let lt: Op = comparison("lt", .less)
  package static let le: Op = comparison("le", .lessOrEqual)
  package static let gt: Op = comparison("gt", .greater)
  package static let ge: Op = comparison("ge", .greaterOrEqual)
  package static let eq: Op = comparison("eq", .equal)
  package static let ne: Op = comparison("ne", .notEqual)
  package static let close: Op = comparison("close", .close)

  /// Relations give 1 or 0 and have no gradient.
  package static let comparisons: [Op] =
    [
      lt, le, gt, ge, eq, ne, close, isnan, isinf, isfinite, isclose, logicalNot, bitwiseNot,
      logical("and") { $0 && $1 }, logical("or") { $0 || $1 }, logical("xor") { $0 != $1 },
      bitwise("and") { $0 & $1 }, bitwise("or") { $0 | $1 }, bitwise("xor") { $0 ^ $1 },
    ]

  private static func truth(
    _ name: String, _ operands: [Operand] = ["x"], settings: [Setting] = [], _ summary: String,
    _ definition: String, example: String, _ forward: @escaping Forward
  ) -> Op {
    Op(
      name, operands, settings: settings, family: .comparison, summary: summary,
      definition: definition, example: example, promotion: .none,
      derivative: .none("a truth value jumps; it has no slope"), links: .elementwise,
      forward: forward)
  }

  private static func test(
    _ name: String, _ summary: String, example: String,
    _ holds: @escaping @Sendable (Double) -> Bool
  ) -> Op {
    truth(name, ["x"], summary, "\(name) x", example: example) { c throws(TensorError) in
      try c.x.map(Kernel.Through { holds($0) ? 1 : 0 }, keepsWhole: true).converted(to: .bool)
    }
  }

  /// Whether each number is nan.
  package static let isnan = test(
    "isnan", "Whether each number is nan.", example: "isnan([1, nan])"
  ) {
    $0.isNaN
  }
  /// Whether each is infinite.
  package static let isinf = test(
    "isinf", "Whether each number is inf or -inf.", example: "isinf([1, inf])"
  ) { $0.isInfinite }
  /// Whether each is neither nan nor infinite.
  package static let isfinite = test(
    "isfinite", "Whether each number is neither nan nor inf.", example: "isfinite([1, inf, nan])"
  ) { $0.isFinite }
  /// Whether each is 0.
  package static let logicalNot = test(
    "logical_not", "Whether each number is 0.", example: "logical_not([0, 2])"
  ) { $0 == 0 }

  /// Whether two are equal within tolerances, as `torch.isclose`.
  package static let isclose = truth(
    "isclose", ["input", "other"],
    settings: [.number("rtol", 1e-5), .number("atol", 1e-8), .flag("equal_nan", false)],
    "Whether two numbers are equal within a tolerance, element by element.",
    "|input - other| <= atol + rtol*|other|", example: "isclose([1, 2], [1.000001, 2.1])"
  ) { c throws(TensorError) in
    let (rtol, atol) = (c.number("rtol"), c.number("atol"))
    let takesNaN = c.attributes.flag("equal_nan")
    return try c.x.zip(
      c.y,
      Kernel.ThroughPair { x, y in
        if x == y || takesNaN && x.isNaN && y.isNaN { return 1 }
        guard x.isFinite, y.isFinite else { return 0 }
        return Swift.abs(x - y) <= atol + rtol * Swift.abs(y) ? 1 : 0
      }
    ).converted(to: .bool)
  }

  private static func logical(
    _ word: String, _ joins: @escaping @Sendable (Bool, Bool) -> Bool
  ) -> Op {
    truth(
      "logical_\(word)", ["x", "y"], "`\(word)` of two truth values, element by element.",
      "x \(word) y", example: "logical_\(word)([0, 1, 1], [0, 0, 1])"
    ) { c throws(TensorError) in
      try c.x.zip(c.y, Kernel.ThroughPair { joins($0 != 0, $1 != 0) ? 1 : 0 }).converted(to: .bool)
    }
  }

  private static func bitwise(
    _ word: String, _ joins: @escaping @Sendable (Int64, Int64) -> Int64
  ) -> Op {
    Op(
      "bitwise_\(word)", ["x", "y"], family: .comparison,
      summary: "`\(word)` of the binary digits of whole numbers, or of truth values.",
      definition: "x \(word) y, digit by digit",
      example: "bitwise_\(word)(tensor(12, dtype=\"int64\"), tensor(10, dtype=\"int64\"))",
      promotion: .none, derivative: .none("a whole number jumps; it has no slope"),
      links: .elementwise,
      samples: { [Sample([Sample.whole([12, 5, 0], [3]), Sample.whole([10, 1, 7], [3])])] }
    ) { c throws(TensorError) in
      try c.x.zip(
        wholes(c), Kernel.ThroughPair { Double(joins(digits($0), digits($1))) })
    }
  }

  /// The opposite of each binary digit.
  package static let bitwiseNot: Op = Op(
    "bitwise_not", ["x"], family: .comparison,
    summary: "The opposite of each binary digit of whole numbers, or of truth values.",
    definition: "not x, digit by digit", example: "bitwise_not(tensor([0, 5], dtype=\"int64\"))",
    promotion: .none, derivative: .none("a whole number jumps; it has no slope"),
    links: .elementwise, samples: { [Sample([Sample.whole([12, 5, 0], [3])])] }
  ) { c throws(TensorError) in
    let isTruth = c.x.dtype == .bool
    guard !c.x.dtype.isFloat else { throw .wholeNumbersNeeded("bitwise_not") }
    return try c.x.map(
      Kernel.Through { isTruth ? ($0 == 0 ? 1 : 0) : Double(~digits($0)) }, keepsWhole: true)
  }

  @Sendable private static func digits(_ x: Double) -> Int64 { Int64(exactly: x) ?? 0 }

  /// The second of two operands, both of whole numbers.
  private static func wholes(_ c: Call) throws(TensorError) -> Tensor {
    for input in c.inputs where input.dtype.isFloat {
      throw .wholeNumbersNeeded("what is taken digit by digit")
    }
    return c.y
  }

  /// The op of a relation.
  package static func comparing(_ relation: Kernel.Relation) -> Op {
    switch relation {
    case .less: lt
    case .lessOrEqual: le
    case .greater: gt
    case .greaterOrEqual: ge
    case .equal: eq
    case .notEqual: ne
    case .close: close
    }
  }

  /// The relation of a comparison.
  var relation: Kernel.Relation? {
    family == .comparison ? Kernel.Relation.allCases.first { Op.comparing($0) == self } : nil
  }

  private static func comparison(_ name: String, _ relation: Kernel.Relation) -> Op {
    Op(
      name, ["x", "y"], family: .comparison,
      summary: "Whether `x \(relation.rawValue) y`, element by element.",
      definition: "x \(relation.rawValue) y",
      notation: .infix(" \(relation.rawValue) ", strength: Notation.strengths.comparison),
      derivative: .none("a truth value jumps; it has no slope"), links: .elementwise,
      loop: { _ in relation.loop?.loop }
    ) { c throws(TensorError) in try c.x.compared(relation, to: c.y) }
  }
}
