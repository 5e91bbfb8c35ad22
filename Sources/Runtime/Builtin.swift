// The table of built-in functions: calling, help and completion read it.
import Autograd
import Diagnostics
import Tensors

/// A function of the language that is written in Swift.
package final class Builtin: Sendable {
  typealias Body = @Sendable (BuiltinCall) throws(Diagnostic) -> Value
  typealias Unary = @Sendable (Machine, Value, UInt32, Span) throws(Diagnostic) -> Value
  typealias Binary = @Sendable (Machine, Value, Value, UInt32, Span) throws(Diagnostic) -> Value

  package let name: String
  package let parameters: [Parameter]
  package let summary: String
  package let topic: Topic
  /// A statement or two whose output shows what it does.
  package let example: String
  /// The op it applies, if it is one.
  package let op: Op?
  let body: Body
  /// Its text in nn, if the library defines it there.
  package let definition: Definition?
  /// The function of the same name as this layer, as in torch.nn.functional: called when it is
  /// given tensors.
  package let function: Builtin?
  /// Shortcuts for calls with one or two plain arguments.
  let unary: Unary?
  let binary: Binary?

  package enum Topic: String, Sendable, CaseIterable {
    case making, shape, elementwise, reductions, products, losses, layers, optimizers, schedules
    case data, looking, figures, rest
  }

  package struct Parameter: Sendable {
    package let name: String
    /// Default as source text; nil if the argument must be given.
    package let fallback: String?
    /// Takes all remaining positional arguments.
    package let isVariadic: Bool
  }

  init(
    _ signature: String, _ topic: Topic, _ summary: String, example: String = "", op: Op? = nil,
    unary: Unary? = nil, binary: Binary? = nil, _ body: @escaping Body
  ) {
    let open = signature.firstIndex(of: "(") ?? signature.endIndex
    name = String(signature[..<open])
    parameters = Builtin.parse(signature[open...].dropFirst().dropLast())
    self.topic = topic
    self.summary = summary
    self.example = example
    self.op = op
    self.unary = unary
    self.binary = binary
    self.body = body
    definition = nil
    function = nil
  }

  /// A function or layer that the library defines in nn.
  init(_ definition: Definition, _ topic: Topic, or function: Builtin? = nil) {
    name = definition.name
    parameters = Builtin.parse(definition.signature.drop { $0 != "(" }.dropFirst().dropLast())
    summary = definition.summary
    example = definition.example
    self.topic = topic
    self.definition = definition
    self.function = function
    op = function?.op
    unary = nil
    binary = nil
    body = { _ in .none }
  }

  private static func parse(_ list: Substring) -> [Parameter] {
    // Commas inside brackets belong to a default value.
    var open = 0
    let parts = list.split { character in
      if "[(".contains(character) { open += 1 }
      if "])".contains(character) { open -= 1 }
      return character == "," && open == 0
    }
    return parts.map { part in
      let text = part.drop { $0 == " " }
      let isVariadic = text.hasPrefix("*")
      let pair = text.drop { $0 == "*" }.split(separator: "=", maxSplits: 1)
      return Parameter(
        name: String(pair[0]), fallback: pair.count > 1 ? String(pair[1]) : nil,
        isVariadic: isVariadic)
    }
  }

  static let layers: [Builtin] =
    Library.definitions.filter { !$0.name.hasPrefix("_") }
    .map { definition in
      let function = overloads.first { $0.name == definition.name }
      return Builtin(definition, .layers, or: function)
    } + [sequential]

  package var signature: String {
    let list = parameters.map { p in
      (p.isVariadic ? "*" : "") + p.name + (p.fallback.map { "=" + $0 } ?? "")
    }
    return "\(name)(\(list.joined(separator: ", ")))"
  }

  /// Whether arguments are for a function of tensors rather than for a layer's sizes.
  private static func areTensors(_ values: [Value]) -> Bool {
    if values.first?.hasAxes == true { return true }
    if values.count > 1, case .tensor(let table) = values[1] { return table.shape.rank > 1 }
    return false
  }

  private var takesAnyName: Bool { parameters.first?.name == "fields" }

  // MARK: The table

  package static let all: [Builtin] =
    making + initialisers + shaping + opFunctions + joining + layerFunctions + layers + optimizers
    + schedules + gradients + data + looking + figures + general
  private static let table = Dictionary(
    all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  package static func named(_ name: String) -> Builtin? { table[name] }
  package static let names = all.map(\.name) + constants.keys.sorted()

  /// Names that start with a number.
  static let constants: [String: Double] = ["pi": .pi, "inf": .infinity, "nan": .nan]

  // MARK: Calling

  /// Binds arguments to parameters and runs.
  func call(
    _ machine: Machine, _ arguments: Arguments, _ span: Span, _ site: UInt32, _ frame: Frame
  ) throws(Diagnostic) -> Value {
    if let function, Builtin.areTensors(arguments.positional) {
      return try function.call(machine, arguments, span, site, frame)
    }
    if let definition {
      let code = try machine.compiled(definition)
      return try machine.inLibrary(span, nil) { () throws(Diagnostic) in
        try machine.call(code, arguments, at: span, span, site, frame)
      }
    }
    var values = [Value](repeating: .unset, count: parameters.count)
    var rest: [Value] = []
    for (i, value) in arguments.positional.enumerated() {
      if i < (parameters.firstIndex(where: \.isVariadic) ?? parameters.count) {
        values[i] = value
      } else if parameters.contains(where: \.isVariadic) {
        rest.append(value)
      } else {
        throw Faults.count(name, parameters.map(\.name), arguments.positional.count, span)
      }
    }
    for (name, value, place) in arguments.named {
      guard let i = parameters.firstIndex(where: { $0.name == name }) else {
        if takesAnyName { continue }
        throw Faults.noParameter(self.name, name, parameters.map(\.name), place)
      }
      guard case .unset = values[i] else {
        throw Faults.twice(name, place)
      }
      values[i] = value
    }
    for (i, parameter) in parameters.enumerated() where parameter.fallback == nil {
      if parameter.isVariadic { continue }
      if case .unset = values[i] { throw Faults.missing(name, parameter.name, span) }
    }
    return try body(
      BuiltinCall(
        machine: machine, builtin: self, values: values, rest: rest,
        named: takesAnyName ? arguments.named.map { ($0.name, $0.value) } : [], span: span,
        site: site, frame: frame))
  }
}

/// One call of a built-in, its arguments bound; the readers check kinds.
struct BuiltinCall {
  let machine: Machine
  let builtin: Builtin
  let values: [Value]
  /// What a variadic parameter collected.
  let rest: [Value]
  /// What a function of any names was given.
  let named: [(name: String, value: Value)]
  let span: Span
  let site: UInt32
  let frame: Frame

  var graph: Graph { machine.graph }

  func value(_ i: Int) -> Value { values[i] }

  /// What the source calls an argument.
  func sourceName(_ i: Int) -> String? {
    let names = graph.sites[Int(site)].operandNames
    return i < names.count ? names[i] : nil
  }

  func has(_ i: Int) -> Bool {
    switch values[i] {
    case .unset, .none: false
    default: true
    }
  }

  func wrong(_ i: Int, _ wanted: String) -> Diagnostic {
    Diagnostic(
      .wrongKind,
      "`\(builtin.name)` needs \(wanted) for `\(builtin.parameters[i].name)`, not \(values[i].kind)",
      at: span)
  }

  /// A number or tensor, as an operand of an op. A list of numbers will do.
  func operand(_ i: Int) throws(Diagnostic) -> Node.Operand {
    if let operand = machine.operand(values[i]) { return operand }
    if case .list(let list) = values[i],
      case .tensor(let node) = try machine.tensor(from: .list(list), machine.dtype, span)
    {
      return .node(node)
    }
    throw wrong(i, "a number or a tensor")
  }

  func node(_ i: Int) throws(Diagnostic) -> Node {
    switch try operand(i) {
    case .node(let node): node
    case .number(let n): graph.constant(Tensor(n))
    }
  }

  func double(_ i: Int, or fallback: Double? = nil) throws(Diagnostic) -> Double {
    if let fallback, !has(i) { return fallback }
    switch values[i] {
    case .number(let n): return n
    case .bool(let on): return on ? 1 : 0
    case .tensor(let node): if let item = node.value.item { return item }
    default: break
    }
    throw wrong(i, "a number")
  }

  func int(_ i: Int, or fallback: Int? = nil) throws(Diagnostic) -> Int {
    if let fallback, !has(i) { return fallback }
    let n = try double(i)
    guard abs(n) < 0x1p53, let whole = Int(exactly: n) else {
      throw Diagnostic(
        .wholeNumber,
        "`\(builtin.parameters[i].name)` must be a whole number, not \(machine.format(n))",
        at: span)
    }
    return whole
  }

  func flag(_ i: Int) throws(Diagnostic) -> Bool {
    has(i) ? try machine.truth(values[i], span) : false
  }

  func text(_ i: Int, or fallback: String? = nil) throws(Diagnostic) -> String {
    if case .string(let string) = values[i] { return string.text }
    if let fallback, !has(i) { return fallback }
    throw wrong(i, "a string")
  }

  /// Whole numbers: one, a bracket or a list of them.
  func ints(_ value: Value) throws(Diagnostic) -> [Int] {
    var numbers: [Double] = []
    switch value {
    case .number(let n): numbers = [n]
    case .tensor(let node): numbers = node.value.values
    case .list(let list):
      for item in list.items {
        switch item {
        case .number(let n): numbers.append(n)
        case .tensor(let node) where node.shape.count == 1: numbers.append(node.value[0])
        default:
          throw Diagnostic(.wrongKind, "whole numbers are needed, not \(item.kind)", at: span)
        }
      }
    default: throw Diagnostic(.wrongKind, "whole numbers are needed, not \(value.kind)", at: span)
    }
    var whole: [Int] = []
    for n in numbers {
      guard abs(n) < 0x1p53, let i = Int(exactly: n) else {
        throw Diagnostic(.wholeNumber, "\(machine.format(n)) is not a whole number", at: span)
      }
      whole.append(i)
    }
    return whole
  }

  /// Lengths given one by one or as one bracket.
  func shape() throws(Diagnostic) -> [Int] {
    if rest.count == 1 { return try ints(rest[0]) }
    var dims: [Int] = []
    for value in rest { dims += try ints(value) }
    return dims
  }

  func choice(_ i: Int, or fallback: String, _ choices: [String]) throws(Diagnostic) -> String {
    let word = try text(i, or: fallback)
    guard choices.contains(word) else {
      throw Diagnostic(
        .badArgument, "`\(builtin.parameters[i].name)` is \"\(word)\"", at: span,
        hint: "use " + choices.map { "\"\($0)\"" }.joined(separator: ", "))
    }
    return word
  }

  func dtype(_ i: Int) throws(Diagnostic) -> DType {
    guard has(i) else { return machine.dtype }
    let name = try choice(i, or: "", DType.allCases.map(\.name))
    return DType(name: name) ?? .float64
  }

  /// Runs tensor code, wording what it throws.
  func tensors<Result>(_ body: () throws(TensorError) -> Result) throws(Diagnostic) -> Result {
    do throws(TensorError) { return try body() } catch {
      throw Faults.tensor(error, span, names: [])
    }
  }

  /// A new untracked value.
  func made(_ body: () throws(TensorError) -> Tensor) throws(Diagnostic) -> Value {
    Value(graph.constant(try tensors(body)))
  }

  func apply(_ op: Op, _ operands: [Node.Operand], _ attributes: Attributes = Attributes())
    throws(Diagnostic) -> Value
  {
    let node = try tensors { () throws(TensorError) in
      try graph.apply(op, operands, attributes, site: site)
    }
    machine.inspect(node, op, operands, at: span)
    return Value(node)
  }
}
