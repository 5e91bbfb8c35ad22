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
    var areTruths = true
    func mustBeEven(_ length: Int, _ other: Int) throws(Diagnostic) {
      guard length != other else { return }
      let error = TensorError.sizesDiffer([length], [other], axis: 0, operation: "[…]")
      throw TensorFault(error).at(span)
    }
    // How deep numbers lie: all alike.
    var floor: Int?
    func reach(_ depth: Int) throws(Diagnostic) {
      if floor == nil { floor = depth }
      guard floor != depth else { return }
      let error = TensorError.sizesDiffer([], [1], axis: 0, operation: "[…]")
      throw TensorFault(error).at(span)
    }
    func collect(_ value: Value, _ depth: Int) throws(Diagnostic) {
      func length(_ count: Int) throws(Diagnostic) {
        if depth == dims.count { dims.append(count) }
        try mustBeEven(dims[depth], count)
      }
      switch value {
      case .number(let n):
        try reach(depth)
        numbers.append(n)
        areTruths = false
      case .bool(let on):
        try reach(depth)
        numbers.append(on ? 1 : 0)
      case .tensor(let node):
        for (i, count) in node.shape.dims.enumerated() {
          if depth + i == dims.count { dims.append(count) }
          try mustBeEven(dims[depth + i], count)
        }
        try reach(depth + node.shape.rank)
        numbers += node.value.values
        if node.dtype != .bool { areTruths = false }
      case .list(let list):
        try length(list.items.count)
        for item in list.items { try collect(item, depth + 1) }
      default:
        throw RunFault.notNumbers(value.kind).at(span)
      }
    }
    try collect(value, 0)
    let (all, lengths) = (numbers, dims)
    var kept = dtype
    if !explicit {
      if case .tensor(let node) = value {
        kept = node.dtype
      } else if areTruths, !numbers.isEmpty {
        kept = .bool
      }
    }
    if kept == .int64, let odd = all.first(where: { !$0.isFinite }) {
      throw RunFault.notWholeType(format(odd)).at(span)
    }
    return .tensor(
      try make(span) { () throws(TensorError) in
        try Tensor(all.map(kept.rounded), shape: Shape(lengths), dtype: kept)
      })
  }
}
