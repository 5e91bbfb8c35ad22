// One number of a tensor, written out: the sum behind an entry of a matrix product.
import Autograd
import Tensors

extension NamedGraph {
  /// How one entry of the root was computed, over entries of what went into it.
  package func value(of entry: Entry) -> Narration {
    .value(
      ForwardStep(
        name: name(entry), formula: written(entry, isTop: true), value: Tensor(entry.value),
        before: nil),
      shapes: [])
  }

  /// An entry's formula with sums written out; named values stay names, but for the one that is asked about.
  private func written(_ entry: Entry, isTop: Bool = false) -> Formula {
    let node = entry.node
    if !isTop, name(node) != nil || node.isLeaf { return formula(entry) }
    let call = call(node)
    switch node.op.name {
    case "matmul" where call.x.rank <= 2 && call.y.rank <= 2:
      let inner = call.x.shape.dims.last ?? 1
      let n = call.y.rank == 1 ? 1 : call.y.shape[1]
      let (i, j) = (entry.offset / max(1, n), entry.offset % max(1, n))
      return sum((0..<inner).map { k in (0, i * inner + k, 1, k * n + j) }, of: node)
    case "dot":
      return sum((0..<call.x.count).map { k in (0, k, 1, k) }, of: node)
    case "linear":
      let (inner, n) = (call.y.shape[1], call.y.shape[0])
      let (row, j) = (entry.offset / max(1, n), entry.offset % max(1, n))
      let products = sum((0..<inner).map { k in (0, row * inner + k, 1, j * inner + k) }, of: node)
      return call.inputs.count > 2 ? products + part(2, j, of: node) : products
    default: break
    }
    guard case .elementwise = node.op.links else { return formula(entry, named: !isTop) }
    let operands = (0..<node.operandCount).map { k -> Formula in
      guard case .node(let input) = node.operand(k) else { return operand(k, of: node) }
      return part(k, source(k, of: node, result: entry.offset), of: node, input)
    }
    return .apply(node.op.name, operands, node.attributes)
  }

  /// Σ of products of two operands' entries; a long sum is cut, its rest told as one number.
  private func sum(_ terms: [(Int, Int, Int, Int)], of node: Node) -> Formula {
    let limit = 6
    let shown = terms.count > limit ? terms.prefix(limit - 2) : terms[...]
    var formulas = shown.map { part($0.0, $0.1, of: node) * part($0.2, $0.3, of: node) }
    if shown.count < terms.count {
      let inputs = call(node).inputs
      let rest = terms[shown.count...].reduce(0) { $0 + inputs[$1.0][$1.1] * inputs[$1.2][$1.3] }
      formulas.append(
        .symbol(Symbol("(\(terms.count - shown.count) more products)", value: rest)))
    }
    guard let first = formulas.first else { return 0 }
    // Terms stay apart, even where two are alike.
    return formulas.dropFirst().reduce(first) { .call("add", $0, $1) }
  }

  private func part(_ k: Int, _ offset: Int, of node: Node) -> Formula {
    guard case .node(let input) = node.operand(k) else { return operand(k, of: node) }
    return part(k, offset, of: node, input)
  }

  private func part(_ k: Int, _ offset: Int, of node: Node, _ input: Node) -> Formula {
    input.isLeaf ? operandEntry(k, of: node, at: offset) : written(Entry(input, offset))
  }
}
