// One number of a tensor, written out: the sum behind an entry of a matrix product.
import Autograd
import Tensors

extension NamedGraph {
  /// How one entry of the root was computed, over entries of what went into it.
  package func value(of entry: TensorEntry) -> Narration {
    .value(
      ForwardStep(
        name: name(entry), formula: written(entry, isTop: true), value: Tensor(entry.value),
        before: nil),
      shapes: [])
  }

  /// An entry's formula with sums written out; named values stay names, but for the one that is asked about.
  private func written(_ entry: TensorEntry, isTop: Bool = false) -> Formula {
    let node = entry.node
    if !isTop, name(node) != nil || node.isLeaf { return formula(entry) }
    if let sum = node.op.sums?(call(node), entry.offset) { return written(sum, of: node) }
    guard case .elementwise = node.op.links else { return formula(entry, named: !isTop) }
    let operands = (0..<node.operandCount).map { k -> Formula in
      guard case .node(let input) = node.operand(k) else { return operand(k, of: node) }
      return part(k, source(k, of: node, result: entry.offset), of: node, input)
    }
    return .apply(node.op, operands, node.attributes)
  }

  /// Σ of products of two operands' entries; a long sum is cut, its rest told as one number.
  private func written(_ sum: EntrySum, of node: Node) -> Formula {
    let limit = 6
    let terms = sum.products
    let shown = terms.count > limit ? terms.prefix(limit - 2) : terms[...]
    var formulas = shown.map { a, b in part(a, of: node) * part(b, of: node) }
    if shown.count < terms.count {
      let inputs = call(node).inputs
      let rest = terms[shown.count...].reduce(0) { total, term in
        total + inputs[term.0.operand][term.0.offset] * inputs[term.1.operand][term.1.offset]
      }
      formulas.append(
        .symbol(Symbol("(\(terms.count - shown.count) more products)", value: rest)))
    }
    formulas += sum.plus.map { part($0, of: node) }
    guard let first = formulas.first else { return 0 }
    // Terms stay apart, even where two are alike.
    return formulas.dropFirst().reduce(first) { .call(.add, $0, $1) }
  }

  private func part(_ place: EntrySum.Place, of node: Node) -> Formula {
    part(place.operand, place.offset, of: node)
  }

  private func part(_ k: Int, _ offset: Int, of node: Node) -> Formula {
    guard case .node(let input) = node.operand(k) else { return operand(k, of: node) }
    return part(k, offset, of: node, input)
  }

  private func part(_ k: Int, _ offset: Int, of node: Node, _ input: Node) -> Formula {
    input.isLeaf ? operandEntry(k, of: node, at: offset) : written(TensorEntry(input, offset))
  }
}
