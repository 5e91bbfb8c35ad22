// Formulas as numbers: for one element at a time, and for whole tensors.
import Tensors

extension Formula {
  /// The value of a formula whose leaves are single numbers.
  /// - Parameter leaf: the number of an operand, result, entry, attribute or cotangent.
  package func evaluate(_ leaf: (Formula) -> Double?) -> Double? {
    switch self {
    case .number(let n): return n
    case .symbol(let symbol): return leaf(self) ?? symbol.value
    case .named(_, let inner): return inner.evaluate(leaf)
    case .apply(let name, let arguments, let attributes):
      guard let op = Op.named(name) else { return nil }
      var values: [Tensor] = []
      for argument in arguments {
        guard let value = argument.evaluate(leaf) else { return nil }
        values.append(Tensor(value))
      }
      guard let inputs = try? op.promoted(values, whole: .float64) else { return nil }
      return try? op.forward(Call(inputs: inputs, attributes: attributes)).item
    default: return leaf(self)
    }
  }

  /// The value of a formula over tensors.
  package func evaluate(tensors leaf: (Formula) -> Tensor?) throws(TensorError) -> Tensor? {
    if let value = leaf(self) { return value }
    switch self {
    case .number(let n): return Tensor(n)
    case .symbol(let symbol): return symbol.value.map { Tensor($0) }
    case .named(_, let inner): return try inner.evaluate(tensors: leaf)
    case .apply(let name, let arguments, let attributes):
      guard let op = Op.named(name) else { return nil }
      var values: [Tensor] = []
      for argument in arguments {
        guard let value = try argument.evaluate(tensors: leaf) else { return nil }
        values.append(value)
      }
      let inputs = try op.promoted(values, whole: .float64)
      return try op.forward(Call(inputs: inputs, attributes: attributes))
    default: return nil
    }
  }
}
