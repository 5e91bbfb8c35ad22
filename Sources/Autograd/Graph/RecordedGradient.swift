// Gradients that are recorded: the formulas of the backward step, applied as ops on the graph.
import Tensors

extension Graph {
  /// `∂root/∂variable` as a value that has gradients itself (PyTorch's `create_graph`); nil where `root` does not
  /// depend on the variable.
  ///
  /// Each vjp is a formula over ops of the table; its places are filled with the recorded values and the
  /// gradient that has arrived. Plain numbers stay numbers in it, so that formulas simplify.
  package func recordedGradient(of root: Node, by variable: Node) throws(GradientError) -> Node? {
    guard root.isTracked else { throw .untracked(root) }
    guard root.shape.count == 1 else { throw .notScalar(root) }
    // The values that lie on a road from the variable to the root.
    let between = dependents(of: variable, in: recorded(below: root), passing: { $0.isTracked })
      .filter { $0.isTracked }
    let wanted = Set((between + [variable]).map(ObjectIdentifier.init))
    guard wanted.contains(ObjectIdentifier(root)) else { return nil }
    var arrived: [ObjectIdentifier: Formula] = [ObjectIdentifier(root): 1]
    for node in between.reversed() {
      guard let dz = arrived[ObjectIdentifier(node)] else { continue }
      if let changed = node.operands.compactMap({ $0.node }).first(where: { $0.time > node.time }) {
        throw .stale(
          node, changed: changed, carried: carriedOver(below: root, change: changed.time))
      }
      do throws(TensorError) { try pull(node, dz, wanted, &arrived) } catch {
        throw .tensor(error, node)
      }
    }
    guard let gradient = arrived[ObjectIdentifier(variable)] else { return nil }
    do throws(TensorError) {
      return try whole(try record(gradient), like: variable)
    } catch {
      throw .tensor(error, variable)
    }
  }

  /// Hands the gradient of one value on to its operands.
  private func pull(
    _ node: Node, _ dz: Formula, _ wanted: Set<ObjectIdentifier>,
    _ arrived: inout [ObjectIdentifier: Formula]
  ) throws(TensorError) {
    let call = try node.call()
    for (k, operand) in node.operands.enumerated() {
      guard let input = operand.node, wanted.contains(ObjectIdentifier(input)),
        node.op.reaches(k, call.inputs)
      else { continue }
      // A gradient that is one number everywhere stays a number where the rule works entry by entry.
      let isEven = node.op.partial(k) != nil && input.shape == node.shape
      let arriving = isEven || dz.number == nil ? dz : .recorded(try whole(record(dz), like: node))
      func fill(_ leaf: Formula) -> Formula? {
        switch leaf {
        case .operand(let i): Graph.formula(node.operand(i))
        case .result: .recorded(node)
        case .cotangent: arriving
        case .attribute(let name): .number(call.number(name))
        default: nil
        }
      }
      let filled: Formula
      if let edge = node.op.edge(k) {
        filled = unbroadcastText(
          Graph.decided(edge.filled(fill)), from: node.shape, to: input.shape)
      } else if let rule = node.op.vjp(k)?.recorded {
        filled = try rule(call).filled(fill)
      } else {
        filled = try node.op.pullback(k, call).filled(fill)
      }
      let part: Formula
      if let n = filled.number {
        part = .number(n)
      } else {
        part = .recorded(try whole(record(filled), like: input))
      }
      let id = ObjectIdentifier(input)
      guard let old = arrived[id] else {
        arrived[id] = part
        continue
      }
      // Two numbers are one; else one of the two has the shape.
      let sum = old + part
      arrived[id] = sum.number != nil ? sum : .recorded(try whole(record(sum), like: input))
    }
  }

  /// The side of a choice that two numbers have made.
  private static func decided(_ formula: Formula) -> Formula {
    guard case .apply(.chosen, let parts, _) = formula,
      case .apply(let op, let sides, _) = parts[0], let relation = op.relation,
      let a = sides[0].number, let b = sides[1].number
    else { return formula }
    return decided(relation.holds(a, b) ? parts[1] : parts[2])
  }

  private static func formula(_ operand: Node.Operand) -> Formula {
    switch operand {
    // A number that stands in the program is one here too.
    case .node(let node) where !node.isLive && node.shape.rank == 0 && node.label == 0:
      .number(node.number)
    case .node(let node): .recorded(node)
    case .number(let n): .number(n)
    }
  }

  /// A formula whose places are filled, as ops on the graph.
  private func record(_ formula: Formula) throws(TensorError) -> Node.Operand {
    switch formula {
    case .number(let n): return .number(n)
    case .recorded(let value):
      guard let node = value as? Node else { throw .noValue(formula.text) }
      return .node(node)
    case .constant(_, let tensor): return .node(constant(tensor))
    case .named(_, let inner): return try record(inner)
    case .apply(let op, let arguments, let attributes):
      var operands: [Node.Operand] = []
      for argument in arguments { operands.append(try record(argument)) }
      return .node(try apply(op, operands, attributes))
    default: throw .noValue(formula.text)
    }
  }

  /// A gradient in the shape and type of what it belongs to: a number is that number everywhere.
  private func whole(_ operand: Node.Operand, like input: Node) throws(TensorError) -> Node {
    let node: Node
    switch operand {
    case .node(let given): node = given
    case .number(let n): node = constant(Tensor(n, dtype: input.dtype))
    }
    if node.shape == input.shape { return node }
    return try apply(.expand, [.node(node)], Attributes(("_shape", .ints(input.shape.dims))))
  }
}
