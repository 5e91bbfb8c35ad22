// What a name can stand for.
import Autograd
import Networks
import Tensors

/// A value of the language: nine bytes, so that numbers move in registers. Every other kind is one class.
package enum Value {
  /// A name that has no value yet; never seen by the learner.
  case unset
  case none
  case bool(Bool)
  case number(Double)
  case string(StringObject)
  case tensor(Node)
  case list(ListObject)
  case record(RecordObject)
  case range(RangeObject)
  case function(FunctionObject)
  case builtin(Builtin)
  case layer(LayerObject)
  case optimizer(Optimizer)
  /// A variable shared with an inner function.
  case cell(Cell)

  /// A tensor's value: a lone double that nothing tracks is a plain number.
  package init(_ node: Node) {
    self = !node.isTracked && node.isScalar ? .number(node.number) : .tensor(node)
  }

  package init(_ text: String) { self = .string(StringObject(text)) }

  /// Whether it holds a reference, which a slot must release.
  @inline(__always)
  var isObject: Bool {
    switch self {
    case .unset, .none, .bool, .number: false
    default: true
    }
  }

  /// The kind, as messages name it.
  package var kind: String {
    switch self {
    case .unset, .cell: "nothing"
    case .none: "none"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .tensor(let node): node.shape.rank == 0 ? "a number" : "a tensor \(node.shape)"
    case .list: "a list"
    case .record: "a record"
    case .range: "a range"
    case .function: "a function"
    case .builtin: "a built-in function"
    case .layer: "a layer"
    case .optimizer: "an optimizer"
    }
  }
}

package final class StringObject {
  package let text: String
  init(_ text: String) { self.text = text }
}

package final class ListObject {
  @exclusivity(unchecked) package var items: [Value]
  package init(_ items: [Value]) { self.items = items }

  /// Lists in lists are released by a loop, however deep they go.
  deinit {
    var waiting: [ListObject] = []
    func collect(_ items: inout [Value]) {
      for case .list(let inner) in items { waiting.append(inner) }
      items = []
    }
    guard items.contains(where: { if case .list = $0 { true } else { false } }) else { return }
    collect(&items)
    while var list = waiting.popLast() {
      if isKnownUniquelyReferenced(&list) { collect(&list.items) }
    }
  }
}

/// Named fields in order of their making.
package final class RecordObject {
  package private(set) var fields: [(name: String, value: Value)]
  package init(_ fields: [(name: String, value: Value)]) { self.fields = fields }

  package subscript(name: String) -> Value? {
    get { fields.first { $0.name == name }?.value }
    set {
      guard let newValue else { return }
      if let i = fields.firstIndex(where: { $0.name == name }) {
        fields[i].value = newValue
      } else {
        fields.append((name, newValue))
      }
    }
  }
}

package final class RangeObject {
  package let start: Double
  package let stop: Double
  package let step: Double
  package let count: Int

  /// Nil when there would be more elements than can be counted.
  init?(_ start: Double, _ stop: Double, _ step: Double) {
    guard let count = Int(exactly: max(0, ((stop - start) / step).rounded(.up))) else { return nil }
    (self.start, self.stop, self.step, self.count) = (start, stop, step, count)
  }
}

package final class Cell {
  @exclusivity(unchecked) var value: Value
  init(_ value: Value) { self.value = value }
}

/// A function with the variables it closes over.
package final class FunctionObject {
  package let code: FunctionCode
  let captures: [Cell]
  init(_ code: FunctionCode, _ captures: [Cell]) {
    self.code = code
    self.captures = captures
  }
}

/// A layer that the learner declared: its fields, live, and its `forward`.
package final class LayerObject {
  package let type: String
  package let fields: [(name: String, cell: Cell)]
  package let methods: [(name: String, function: FunctionObject)]
  package var isTraining = true

  init(_ type: String, _ fields: [(String, Cell)], _ methods: [(String, FunctionObject)]) {
    self.type = type
    self.fields = fields.map { ($0.0, $0.1) }
    self.methods = methods.map { ($0.0, $0.1) }
  }

  package subscript(name: String) -> Value? {
    if name == "training" { return .bool(isTraining) }
    if let field = fields.first(where: { $0.name == name }) { return field.cell.value }
    return methods.first { $0.name == name }.map { .function($0.function) }
  }

  /// Trainable leaves of this layer and of the layers in its fields.
  package var parameters: [Node] { fields.flatMap { Value.parameters(in: $0.cell.value) } }

  package func setTraining(_ on: Bool) {
    isTraining = on
    for field in fields {
      if case .layer(let inner) = field.cell.value { inner.setTraining(on) }
    }
  }
}

extension Value {
  /// A parameter itself, or those that a bracket such as `[w1, w2]` was made of.
  private static func parameters(in node: Node) -> [Node] {
    if node.isParameter { return [node] }
    guard node.op === Op.stack else { return [] }
    return node.operands.flatMap { operand -> [Node] in
      guard case .node(let part) = operand else { return [] }
      return parameters(in: part)
    }
  }

  /// The parameters in a value: itself, those of a layer, those in a list.
  package static func parameters(in value: Value) -> [Node] {
    switch value {
    case .tensor(let node): parameters(in: node)
    case .layer(let layer): layer.parameters
    case .list(let list): list.items.flatMap { parameters(in: $0) }
    default: []
    }
  }
}
