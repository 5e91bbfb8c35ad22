// Formulas over many numbers, block by block instead of op by op.
import Tensors

extension Formula {
  /// The value of a formula over tensors, of which most have the shape given: the same numbers as by `evaluate`, and sooner
  /// where they are many.
  /// - Parameter leaf: the value of anything but an application.
  package func evaluate(over shape: Shape, _ leaf: (Formula) -> Tensor?) throws(TensorError)
    -> Tensor
  {
    // A single op is a loop already.
    if shape.count >= Tensor.manyForBlocks, !isSingle {
      var compiler = BlockCompiler(shape: shape)
      if let value = try compiler.value(self, leaf) { return value }
    }
    return try evaluate(leaf)
  }

  /// The sum of such a formula's values; nil where they are few or have not all one shape and type.
  package func total(over shape: Shape, _ leaf: (Formula) -> Tensor?) throws(TensorError) -> Tensor?
  {
    guard shape.count >= Tensor.manyForBlocks else { return nil }
    var compiler = BlockCompiler(shape: shape)
    return try compiler.total(self, leaf)
  }

  /// Whether it holds one op, whose operands are given.
  private var isSingle: Bool {
    guard case .apply(_, let operands, _) = self else { return true }
    return operands.allSatisfy {
      switch $0 {
      case .apply, .named: false
      default: true
      }
    }
  }

  /// Whether it is a truth value, which is another type than its operands.
  fileprivate var isTruth: Bool {
    if case .apply(let op, _, _) = self { op.family == .comparison } else { false }
  }
}

/// Makes a program of a formula whose ops are loops of CPlatform. What else is in it is computed first.
private struct BlockCompiler {
  let shape: Shape
  private var program = BlockProgram()
  private var operands: [Tensor] = []
  private var numbers: [Tensor] = []
  /// What is computed already: it is not computed again.
  private var known: [(loop: Loop, operands: [BlockProgram.Place], result: BlockProgram.Place)] = []

  init(shape: Shape) { self.shape = shape }

  /// The formula's value; nil if not all of it has one shape and type.
  mutating func value(_ formula: Formula, _ leaf: (Formula) -> Tensor?) throws(TensorError)
    -> Tensor?
  {
    guard let last = try result(formula, leaf), let model = operands.first else { return nil }
    program.add(.one(Kernel.copy), [last], to: .vector(0))
    program.fold()
    return try Tensor.computed(program.sharingBlocks(), operands, numbers, like: model)
  }

  /// The sum of its values.
  mutating func total(_ formula: Formula, _ leaf: (Formula) -> Tensor?) throws(TensorError)
    -> Tensor?
  {
    guard try result(formula, leaf) != nil, let model = operands.first else { return nil }
    return try Tensor.total(program.sharingBlocks(), operands, numbers, like: model)
  }

  /// Where the last instruction puts the formula's value.
  private mutating func result(_ formula: Formula, _ leaf: (Formula) -> Tensor?)
    throws(TensorError) -> BlockProgram.Place?
  {
    guard !formula.isTruth, let last = try place(of: formula, leaf), last == program.last,
      case .temporary = last
    else { return nil }
    return last
  }

  /// Where the value of a part is; nil if it has another shape or type than the rest.
  private mutating func place(of formula: Formula, _ leaf: (Formula) -> Tensor?)
    throws(TensorError) -> BlockProgram.Place?
  {
    switch formula {
    case .named(_, let inner): return try place(of: inner, leaf)
    case .apply(let op, let arguments, let attributes):
      guard var loop = op.loop?(attributes) else { break }
      var operands = arguments
      if op == .chosen {
        if case .apply(let relation, let sides, let none) = arguments[0],
          relation.family == .comparison,
          case .two(let holds)? = relation.loop?(none)
        {
          loop = .choice(holds)
          operands = sides + arguments.dropFirst()
        } else {
          operands.insert(0, at: 1)
        }
      }
      // Truth values together give truth values.
      if operands.suffix(2).allSatisfy({ $0.isTruth }) { return nil }
      var places: [BlockProgram.Place] = []
      for argument in operands {
        guard let place = try place(of: argument, leaf) else { return nil }
        places.append(place)
      }
      if places.allSatisfy({ if case .number = $0 { true } else { false } }) { break }
      if let same = known.first(where: { $0.loop == loop && $0.operands == places }) {
        return same.result
      }
      let result = program.temporary()
      program.add(loop, places, to: result)
      known.append((loop, places, result))
      return result
    default: break
    }
    return place(of: try formula.evaluate(leaf))
  }

  private mutating func place(of value: Tensor) -> BlockProgram.Place? {
    if value.rank == 0 {
      if let same = numbers.firstIndex(where: { $0[0].bitPattern == value[0].bitPattern }) {
        return .number(same)
      }
      numbers.append(value)
      return .number(numbers.count - 1)
    }
    guard value.shape == shape, value.dtype.isFloat,
      operands.first.map({ $0.dtype == value.dtype }) ?? true
    else { return nil }
    if let same = operands.firstIndex(where: { $0.isSame(as: value) }) { return .vector(same + 1) }
    operands.append(value)
    return .vector(operands.count)
  }
}
