// Tensors from what a learner writes.
import Autograd
import Diagnostics
import Tensors

extension Machine {
  /// A tensor from a number, a tensor or nested lists.
  package func tensor(from value: Value, _ dtype: DType, _ span: Span, explicit: Bool = false)
    throws(Diagnostic) -> Value
  {
    var numbers: [Double] = []
    var dims: [Int] = []
    func collect(_ value: Value, _ depth: Int) throws(Diagnostic) {
      func length(_ count: Int) throws(Diagnostic) {
        if depth == dims.count { dims.append(count) }
        guard dims[depth] == count else { throw TensorFault(.ragged([])).at(span) }
      }
      switch value {
      case .number(let n): numbers.append(n)
      case .bool(let on): numbers.append(on ? 1 : 0)
      case .tensor(let node):
        for (i, count) in node.shape.dims.enumerated() {
          if depth + i == dims.count { dims.append(count) }
          guard dims[depth + i] == count else { throw TensorFault(.ragged([])).at(span) }
        }
        numbers += node.value.values
      case .list(let list):
        try length(list.items.count)
        for item in list.items { try collect(item, depth + 1) }
      default:
        throw RunFault.notNumbers(value.kind).at(span)
      }
    }
    try collect(value, 0)
    let (all, lengths) = (numbers, dims)
    let kept: DType = if case .tensor(let node) = value, !explicit { node.dtype } else { dtype }
    if kept == .int64, let odd = all.first(where: { !$0.isFinite }) {
      throw RunFault.notWholeType(format(odd)).at(span)
    }
    return .tensor(
      try make(span) { () throws(TensorError) in
        try Tensor(all.map(kept.rounded), shape: Shape(lengths), dtype: kept)
      })
  }
}
