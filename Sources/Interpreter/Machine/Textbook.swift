// Fused ops opened: the same computation recorded again, step by step.
import Syntax
import Autograd
import Diagnostics
import Tensors

extension Machine {
  /// The value computed again while nothing else runs.
  package func opened(_ root: Node, _ span: Span) throws(Diagnostic) -> Node {
    try opened(root, span, frame)
  }

  /// The value computed again from the same leaves, with every fused op replaced by its textbook definition.
  /// - Parameter f: a frame whose slots nobody uses.
  func opened(_ root: Node, _ span: Span, _ f: Frame) throws(Diagnostic) -> Node {
    var twins: [ObjectIdentifier: Node] = [:]
    for node in graph.recorded(below: root) {
      // What no gradient passes through stays as it is: computed anew it would be recorded.
      if node.isLeaf || !node.isTracked {
        twins[ObjectIdentifier(node)] = node
        continue
      }
      let operands = node.operands.map { operand -> Node.Operand in
        guard case .node(let input) = operand else { return operand }
        return .node(twins[ObjectIdentifier(input)] ?? input)
      }
      let twin: Node
      let isChanged = zip(node.operands, operands).contains { $0.node !== $1.node }
      if let steps = steps(node, operands, span, f) {
        twin = steps
      } else if !isChanged {
        twin = node
      } else {
        do throws(TensorError) {
          twin = try graph.apply(node.op, operands, node.attributes, site: node.site)
        } catch {
          throw TensorFault(error).at(span)
        }
      }
      if node.label != 0, !twin.isLeaf { twin.label = node.label }
      twins[ObjectIdentifier(node)] = twin
    }
    return twins[ObjectIdentifier(root)] ?? root
  }

  /// A fused op's textbook, if it has one that covers the case at hand: some are written for the usual shapes
  /// only.
  private func steps(_ node: Node, _ operands: [Node.Operand], _ span: Span, _ f: Frame) -> Node? {
    guard [.layer, .window, .loss].contains(node.op.family),
      let definition = vocabulary.textbook()[node.op.name],
      let result = try? run(definition, operands, node.attributes, span, f),
      result.shape == node.shape
    else { return nil }
    return result
  }

  /// A textbook definition applied to an op's operands and settings.
  private func run(
    _ definition: Definition, _ operands: [Node.Operand], _ attributes: Attributes, _ span: Span,
    _ f: Frame
  ) throws(Diagnostic) -> Node {
    let function = try compiled(definition, textbook: true)
    guard case .function(let object) = function else { return graph.constant(Tensor(0)) }
    let names = object.code.parameters.map { $0.name }
    var arguments = Arguments(
      operands.map { operand in
        switch operand {
        case .number(let n): .number(n)
        case .node(let node): .tensor(node)
        }
      })
    for name in names.dropFirst(operands.count) {
      guard let value = value(attributes[name]) else { continue }
      arguments.named.append((name, value, span))
    }
    let fixed = arguments
    let result = try inLibrary(span, nil) { () throws(Diagnostic) in
      try call(function, fixed, at: span, span, 0, f)
    }
    switch result {
    case .tensor(let node): return node
    case .number(let n): return graph.constant(Tensor(n))
    default: throw RunFault.textbookMakesNothing(definition.name).at(span)
    }
  }

  private func value(_ attribute: Attribute?) -> Value? {
    switch attribute {
    case .number(let n): .number(n)
    case .flag(let on): .bool(on)
    case .text(let word): Value(word)
    case .ints(let list) where list.count == 1: .number(Double(list[0]))
    case .ints(let list): .list(ListObject(list.map { .number(Double($0)) }))
    default: nil
    }
  }
}
