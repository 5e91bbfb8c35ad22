// What a name can stand for.
import Platform
import Autograd
import Diagnostics
import Training
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
  case host(HostObject)
  /// A variable shared with an inner function.
  case cell(SharedVariable)

  /// A tensor's value: a lone double that nothing made, and that nothing may change, is a plain number.
  package init(_ node: Node) {
    self = node.isScalar && !node.isLive ? .number(node.number) : .tensor(node)
  }

  package init(_ text: String) { self = .string(StringObject(text)) }

  /// A number that tells this value from another: its bits, or which object it is.
  var mark: UInt64 {
    func id(_ object: AnyObject) -> UInt64 {
      UInt64(identity(of: object))
    }
    switch self {
    case .unset: return 1
    case .none: return 2
    case .bool(let on): return on ? 3 : 4
    case .number(let n): return n.bitPattern
    case .string(let object): return id(object)
    case .tensor(let object): return id(object)
    case .list(let object): return id(object) &+ UInt64(object.items.count)
    case .record(let object):
      return object.fields.reduce(id(object)) { $0 &* 31 &+ $1.value.mark }
    case .range(let object): return id(object)
    case .function(let object): return id(object)
    case .builtin(let object): return id(object)
    case .layer(let object): return id(object) &+ (object.isTraining ? 1 : 0)
    case .optimizer(let object):
      return id(object) &+ object.settings.reduce(0) { $0 &* 31 &+ $1.value.bitPattern }
    case .host(let object): return id(object)
    case .cell(let object): return id(object)
    }
  }

  /// Whether a function of tensors would take it, where a layer of the same name would not.
  var hasAxes: Bool {
    switch self {
    case .tensor(let node): node.shape.rank > 0
    case .list: true
    default: false
    }
  }

  /// How many elements a loop over it visits; nil if one cannot loop over it.
  package var length: Int? {
    switch self {
    case .list(let list): list.items.count
    case .range(let range): range.count
    case .string(let string): string.characters.count
    case .record(let record): record.fields.count
    case .tensor(let node) where node.shape.rank > 0: node.shape[0]
    case .layer(let layer) where layer.isSequence: layer.stages.count
    case .host(let object): object.count
    default: nil
    }
  }

  /// Whether it is a number or a tensor.
  var isNumeric: Bool {
    switch self {
    case .number, .tensor: true
    default: false
    }
  }

  /// Whether it is true or false, or a tensor of such.
  var isTruth: Bool {
    switch self {
    case .bool: true
    case .tensor(let node): node.dtype == .bool
    default: false
    }
  }

  /// Whether it holds a reference, which a slot must release.
  @inline(__always)
  var isObject: Bool {
    switch self {
    case .unset, .none, .bool, .number: false
    default: true
    }
  }

  /// The tensor that it is, if it is one.
  @inline(__always)
  var node: Unmanaged<Node>? {
    if case .tensor(let node) = self { .passUnretained(node) } else { nil }
  }

  /// Whether gradients flow back from it.
  var isTracked: Bool { if case .tensor(let node) = self { node.isTracked } else { false } }

  /// The kind, as messages name it.
  package var kind: String {
    switch self {
    case .unset, .cell: "nothing"
    case .none: "none"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .tensor(let node) where node.shape.rank == 0:
      node.dtype == .bool ? "a boolean" : "a number"
    case .tensor(let node): "a tensor \(node.shape)"
    case .list: "a list"
    case .record: "a record"
    case .range: "a range"
    case .function: "a function"
    case .builtin: "a built-in function"
    case .layer: "a layer"
    case .optimizer: "an optimizer"
    case .host(let object): object.kind
    }
  }
}

/// A string as a value.
package final class StringObject {
  package let text: String
  /// Its characters, so that each is found at once.
  package private(set) lazy var characters = Array(text)
  init(_ text: String) { self.text = text }
}

/// A list, shared by all that hold it.
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
  /// Where each name is; a few are found as fast without.
  private var places: [String: Int] = [:]
  private static let few = 8

  package init(_ fields: [(name: String, value: Value)]) { self.fields = fields }

  /// A field; a new name is added at the end.
  package subscript(name: String) -> Value? {
    get { place(name).map { fields[$0].value } }
    set {
      guard let newValue else { return }
      if let place = place(name) {
        fields[place].value = newValue
      } else {
        fields.append((name, newValue))
      }
    }
  }

  private func place(_ name: String) -> Int? {
    guard fields.count > RecordObject.few else { return fields.firstIndex { $0.name == name } }
    // Fields are only ever added, so those that were counted stay where they are.
    while places.count < fields.count { places[fields[places.count].name] = places.count }
    return places[name]
  }
}

/// Numbers in equal steps, made when they are asked for.
package final class RangeObject {
  package let start: Double
  package let stop: Double
  package let step: Double
  package let count: Int

  /// Nil when there would be more elements than can be counted.
  package init?(_ start: Double, _ stop: Double, _ step: Double) {
    guard let count = Int(whole: max(0, ((stop - start) / step).rounded(.up))) else { return nil }
    (self.start, self.stop, self.step, self.count) = (start, stop, step, count)
  }
}

/// A variable that functions share with what is around them.
package final class SharedVariable: Disposable {
  @exclusivity(unchecked) var value: Value
  init(_ value: Value) { self.value = value }
  override func dispose() { value = .unset }
}

/// A function with the variables it closes over.
package final class FunctionObject {
  package let code: FunctionCode
  /// The variables that it shares with its surroundings, as they lie in a frame.
  let captures: [Value]
  init(_ code: FunctionCode, _ captures: [SharedVariable]) {
    self.code = code
    self.captures = captures.map { .cell($0) }
  }
}

extension UnsafeMutablePointer<Value> {
  /// The function that lies here, if one does; whoever calls it knows that it stays here meanwhile.
  @inline(__always)
  var function: Unmanaged<FunctionObject>? {
    if case .function(let function) = pointee { .passUnretained(function) } else { nil }
  }

  /// The tensor that lies here, if one does.
  @inline(__always)
  var node: Unmanaged<Node>? {
    if case .tensor(let node) = pointee { .passUnretained(node) } else { nil }
  }

  @inline(__always)
  func holds(_ builtin: Builtin) -> Bool {
    if case .builtin(let other) = pointee { other === builtin } else { false }
  }

  /// The list that lies here, if one does.
  @inline(__always)
  var list: Unmanaged<ListObject>? {
    if case .list(let list) = pointee { .passUnretained(list) } else { nil }
  }

  /// Puts a value here; what most places hold needs no release.
  @inline(__always)
  func set(_ value: Value) {
    if pointee.isObject { pointee = value } else { initialize(to: value) }
  }
}

extension Value {
  /// A parameter itself, or those that a bracket such as `[w1, w2]` was made of.
  fileprivate static func parameters(in node: Node) -> [Node] {
    if node.isParameter { return [node] }
    guard node.op === Op.stack else { return [] }
    return node.operands.flatMap { operand -> [Node] in
      guard case .node(let part) = operand else { return [] }
      return parameters(in: part)
    }
  }

  /// The parameters in a value, each once: itself, those of a layer, those in a list.
  /// - Parameter layers: whether to look into layers.
  package static func parameters(in value: Value, layers: Bool = true) -> [Node] {
    switch value {
    case .tensor(let node): parameters(in: node).withoutRepeats
    case .layer(let layer): layers ? layer.parameters : []
    case .list(let list): list.items.flatMap { parameters(in: $0, layers: layers) }.withoutRepeats
    default: []
    }
  }
}

extension [Node] {
  /// Each node once, where it comes first.
  var withoutRepeats: [Node] {
    var seen: Set<ObjectIdentifier> = []
    return filter { seen.insert(ObjectIdentifier($0)).inserted }
  }
}

/// A value of a kind that few operations know: data sets, loaders, schedules, figures. Each kind says for
/// itself how it is named, shown and taken apart.
package class HostObject {
  /// The kind, as messages name it.
  package var kind: String { "a value" }
  /// One or several lines that show it.
  func text(_ machine: Machine) -> String { kind }
  func field(_ name: String, _ machine: Machine) -> Value? { nil }
  package var fieldNames: [String] { [] }
  /// How many elements a loop over it visits, if one can loop over it.
  package var count: Int? { nil }
  func element(_ i: Int, _ machine: Machine, _ span: Span) throws(Diagnostic) -> Value { .none }
}
