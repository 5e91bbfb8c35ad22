// Formulas as numbers: for one element at a time, and for whole tensors.
import Tensors

extension Formula {
  /// The value of a formula whose leaves are single numbers; nil where a leaf has none.
  /// - Parameter leaf: the number of an operand, result, entry, attribute or cotangent.
  package func evaluate(number leaf: (Formula) -> Double?) -> Double? {
    if case .apply(let op, let arguments, let attributes) = self, attributes.isEmpty,
      let scalar = op.scalar, arguments.count == op.operands.count, arguments.count <= 2
    {
      guard let x = arguments[0].evaluate(number: leaf) else { return nil }
      if arguments.count == 1 { return scalar(x, 0) }
      return arguments[1].evaluate(number: leaf).map { scalar(x, $0) }
    }
    let value = try? evaluate { formula in
      switch formula {
      case .number, .apply, .named, .constant, .recorded: nil
      case .symbol(let symbol): (leaf(formula) ?? symbol.value).map { Tensor($0) }
      default: leaf(formula).map { Tensor($0) }
      }
    }
    return value?.item
  }

  /// The value of a formula over tensors.
  /// - Parameter leaf: the value of anything but an application.
  /// - Throws: `TensorError.noValue` for a leaf that stands for nothing.
  package func evaluate(_ leaf: (Formula) -> Tensor?) throws(TensorError) -> Tensor {
    if case .apply(let op, let arguments, let attributes) = self {
      if op == .chosen, case .apply(let comparison, let sides, _) = arguments[0],
        let relation = comparison.relation
      {
        return try Tensor.select(
          where: sides[0].evaluate(leaf), relation, sides[1].evaluate(leaf),
          arguments[1].evaluate(leaf), arguments[2].evaluate(leaf))
      }
      var values: [Tensor] = []
      values.reserveCapacity(arguments.count)
      for argument in arguments { values.append(try argument.evaluate(leaf)) }
      return try op.applied(values, attributes).output
    }
    if let value = leaf(self) { return value }
    switch self {
    case .number(let n): return Tensor(n)
    case .constant(_, let tensor): return tensor
    case .recorded(let node): return node.value
    case .named(_, let inner): return try inner.evaluate(leaf)
    case .symbol(let symbol):
      if let value = symbol.value { return Tensor(value) }
    default: break
    }
    throw .noValue(text)
  }
}
