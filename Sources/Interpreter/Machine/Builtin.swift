// The table of built-in functions: calling, help and completion read it.
import Platform
import Autograd
import Diagnostics
import Tensors

/// A function of the language that is written in Swift.
package final class Builtin: Sendable {
  /// What a built-in does, its arguments bound.
  package typealias Body = @Sendable (BuiltinCall) throws(Diagnostic) -> Value
  /// The shortcut for one plain argument; nil if the general way must be gone.
  package typealias Unary = @Sendable (Machine, Value, UInt32, Span) throws(Diagnostic) -> Value?
  /// The shortcut for two.
  package typealias Binary =
    @Sendable (Machine, Value, Value, UInt32, Span) throws(Diagnostic) -> Value?

  package let name: String
  package let parameters: [Parameter]
  fileprivate let parameterNames: [String]
  /// The place of the parameter that takes all remaining arguments.
  private let variadic: Int?
  package let summary: String
  package let topic: Topic
  /// A statement or two whose output shows what it does.
  package let example: String
  /// The op it applies, if it is one.
  package let op: Op?
  package let body: Body
  /// Its text in nn, if the library defines it there.
  package let definition: Definition?
  /// The function of the same name as this layer, as in torch.nn.functional: called when it is
  /// given tensors.
  package let function: Builtin?
  /// Shortcuts for calls with one or two plain arguments; nil where the general way must be gone.
  let unary: Unary?
  let binary: Binary?
  /// Whether it adds a value to the end of a list: a statement that does so has a closure of its own.
  let appends: Bool
  /// Whether its first parameters are the op's operands, in their order.
  let isInOrder: Bool
  /// Whether it is called as `x.name(…)` only.
  package let isMethod: Bool

  /// What a built-in is about; each topic has a help page.
  package enum Topic: String, Sendable, CaseIterable {
    case making, shape, methods, elementwise, reductions, products, losses, layers, optimizers,
      schedules
    case data, sequences, text, looking, figures, rest
  }

  /// A name, and the text of its default if it has one.
  package struct Parameter: Sendable {
    package let name: String
    /// Default as source text; nil if the argument must be given.
    package let fallback: String?
    /// The default itself.
    let constant: Constant?
    /// Takes all remaining positional arguments.
    package let isVariadic: Bool
  }

  /// A default, read from the signature once.
  enum Constant: Sendable {
    case none
    case number(Double)
    case flag(Bool)
    case text(String)
    case numbers([Double])

    /// Nil for text that is no constant; the signatures hold none, says a test.
    init?(_ text: some StringProtocol) {
      if text == "none" {
        self = .none
      } else if text == "true" || text == "false" {
        self = .flag(text == "true")
      } else if let number = Double(text) {
        self = .number(number)
      } else if text.count > 1, text.hasPrefix("\""), text.hasSuffix("\"") {
        self = .text(String(text.dropFirst().dropLast()).with("\\n", replacedBy: "\n"))
      } else if text.hasPrefix("["), text.hasSuffix("]") {
        let items = text.dropFirst().dropLast().split(separator: ",")
        let numbers = items.compactMap { Double($0.drop { $0 == " " }) }
        guard numbers.count == items.count else { return nil }
        self = .numbers(numbers)
      } else {
        return nil
      }
    }

    var value: Value {
      switch self {
      case .none: .none
      case .number(let n): .number(n)
      case .flag(let on): .bool(on)
      case .text(let word): Value(word)
      case .numbers(let list): .list(ListObject(list.map { .number($0) }))
      }
    }
  }

  package init(
    _ signature: String, _ topic: Topic, _ summary: String, example: String = "", op: Op? = nil,
    unary: Unary? = nil, binary: Binary? = nil, appends: Bool = false, isMethod: Bool = false,
    _ body: @escaping Body
  ) {
    self.appends = appends
    self.isMethod = isMethod
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
    parameterNames = parameters.map { $0.name }
    variadic = parameters.firstIndex { $0.isVariadic }
    isInOrder = Builtin.isInOrder(op, parameters)
    isActivation = if case .activation? = op?.family { true } else { false }
  }

  /// A function or layer that the library defines in nn.
  package init(_ definition: Definition, _ topic: Topic, or function: Builtin? = nil) {
    name = definition.name
    parameters = Builtin.parse(definition.signature.drop { $0 != "(" }.dropFirst().dropLast())
    summary = definition.summary
    example = definition.example
    self.topic = topic
    self.definition = definition
    self.function = function
    isMethod = false
    op = function?.op
    unary = nil
    binary = nil
    appends = false
    body = { _ in .none }
    parameterNames = parameters.map { $0.name }
    variadic = parameters.firstIndex { $0.isVariadic }
    isInOrder = Builtin.isInOrder(op, parameters)
    isActivation = if case .activation? = op?.family { true } else { false }
  }

  private static func isInOrder(_ op: Op?, _ parameters: [Parameter]) -> Bool {
    zip(op?.operands ?? [], parameters).allSatisfy { $0.name == $1.name }
  }

  private static func parse(_ list: Substring) -> [Parameter] {
    // Commas inside brackets belong to a default value. Bytes are far quicker to walk than characters, and
    // whoever calls a built-in waits for all signatures.
    var open = 0
    let parts = list.utf8.split { byte in
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "("): open += 1
      case UInt8(ascii: "]"), UInt8(ascii: ")"): open -= 1
      default: break
      }
      return byte == UInt8(ascii: ",") && open == 0
    }
    return parts.map { part in
      let text = Substring(part.drop { $0 == UInt8(ascii: " ") })
      let isVariadic = text.hasPrefix("*")
      let pair = text.drop { $0 == "*" }.split(separator: "=", maxSplits: 1)
      return Parameter(
        name: String(pair[0]), fallback: pair.count > 1 ? String(pair[1]) : nil,
        constant: pair.count > 1 ? Constant(pair[1]) : nil, isVariadic: isVariadic)
    }
  }

  /// As its help page shows it: `linear(x, weight, bias=none)`.
  package var signature: String {
    let list = parameters.map { p in
      (p.isVariadic ? "*" : "") + p.name + (p.fallback.map { "=" + $0 } ?? "")
    }
    return isMethod
      ? "\(list[0]).\(name)(\(list.dropFirst().joined(separator: ", ")))"
      : "\(name)(\(list.joined(separator: ", ")))"
  }

  /// Whether arguments are for a function of tensors rather than for a layer's sizes.
  private static func areTensors(_ values: [Value]) -> Bool {
    // What a parameter is in the making of is no size either, even without axes.
    if case .tensor(let node)? = values.first, node.isTracked { return true }
    if values.first?.hasAxes == true { return true }
    if values.count > 1, case .tensor(let table) = values[1] { return table.shape.rank > 1 }
    return false
  }

  /// Whether it is a layer when it is called without what it works on, as PyTorch's `nn.ReLU()`.
  package let isActivation: Bool

  private var takesAnyName: Bool { parameters.first?.name == "fields" }

  // MARK: Calling

  /// Binds arguments to parameters and runs.
  /// NumPy's word for an axis is understood.
  static func means(_ name: String, _ parameter: String) -> Bool {
    name == "axis" && parameter == "dim"
  }

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
    // A plain number has been on its short way before.
    if let unary, arguments.positional.count == 1, arguments.named.isEmpty,
      case .tensor = arguments.positional[0],
      let result = try unary(machine, arguments.positional[0], site, span)
    {
      return result
    }
    var values = arguments.positional
    var rest: [Value] = []
    if let variadic, values.count > variadic {
      rest = Array(values[variadic...])
      values.removeSubrange(variadic...)
    }
    guard values.count <= parameters.count else {
      throw RunFault.argumentCount(
        name, takes: parameters.map { $0.name }, given: arguments.positional.count
      ).at(span)
    }
    while values.count < parameters.count { values.append(.unset) }
    for (name, value, place) in arguments.named {
      guard
        let i = parameters.firstIndex(where: { $0.name == name || Builtin.means(name, $0.name) })
      else {
        if takesAnyName { continue }
        throw RunFault.noParameter(self.name, name: name, takes: parameters.map({ $0.name })).at(
          place)
      }
      guard case .unset = values[i] else {
        throw RunFault.givenTwice(name).at(place)
      }
      values[i] = value
    }
    if isActivation, case .unset? = values.first {
      let settings = zip(parameters, values).dropFirst().map {
        parameter, value -> (name: String, value: Value) in
        if case .unset = value { return (parameter.name, parameter.constant?.value ?? .none) }
        return (parameter.name, value)
      }
      return .layer(LayerObject(applying: self, settings: settings))
    }
    for i in parameters.indices where i != variadic {
      guard case .unset = values[i] else { continue }
      guard let constant = parameters[i].constant else {
        throw RunFault.argumentMissing(name, parameters[i].name).at(span)
      }
      values[i] = constant.value
    }
    return try body(
      BuiltinCall(
        machine: machine, builtin: self, values: values, rest: rest,
        methodArguments: arguments.isMethod ? arguments.positional.count - 1 : 0,
        named: takesAnyName ? arguments.named.map { ($0.name, $0.value) } : [], span: span,
        site: site, frame: frame))
  }
}

/// One call of a built-in, its arguments bound; the readers check kinds.
package struct BuiltinCall {
  package let machine: Machine
  package let builtin: Builtin
  let values: [Value]
  /// What a variadic parameter collected.
  package let rest: [Value]
  /// How many arguments without a name stand in the brackets of `x.f(…)`; 0 for `f(x, …)`.
  package let methodArguments: Int
  /// What a function of any names was given.
  package let named: [(name: String, value: Value)]
  package let span: Span
  package let site: UInt32
  package let frame: Frame

  package var graph: Graph { machine.graph }

  /// Where a parameter is. A name that the signature lacks is a mistake in the built-in, and said so.
  private func place(_ name: String) -> Int? {
    // Names of other lengths need no comparison of letters.
    let length = name.utf8.count
    let names = builtin.parameterNames
    if let place = names.firstIndex(where: { $0.utf8.count == length && $0 == name }) {
      return place
    }
    machine.warn(
      RunFault.unknownArgumentRead(function: builtin.name, name: name).at(span))
    return nil
  }

  /// An argument, or the parameter's default.
  package func value(_ name: String) -> Value { place(name).map { values[$0] } ?? .none }

  /// What the source calls an argument.
  package func sourceName(_ name: String) -> String? {
    let site = graph.sites[Int(site)]
    guard let place = place(of: name, at: site), place < site.operandNames.count else { return nil }
    return site.operandNames[place]
  }

  /// Whether an argument is a number written with a point.
  package func isFraction(_ name: String) -> Bool {
    let site = graph.sites[Int(site)]
    return place(of: name, at: site).map(site.isFraction) ?? false
  }

  /// Where among a call's arguments the one for a parameter stands.
  private func place(of name: String, at site: Site) -> Int? {
    guard let place = site.keywords.firstIndex(of: name) ?? place(name) else { return nil }
    // A place that another parameter was named for is not this one's.
    if place < site.keywords.count, let keyword = site.keywords[place], keyword != name {
      return nil
    }
    return place
  }

  /// The place of this call, its operands in the order in which the op takes them.
  private func site(of op: Op) -> UInt32 {
    guard builtin.op == op else { return site }
    if builtin.isInOrder, graph.sites[Int(site)].keywords.isEmpty { return site }
    return graph.site(site) { site in
      op.operands.map { operand in
        builtin.parameters.contains { $0.name == operand.name }
          ? place(of: operand.name, at: site) : nil
      }
    }
  }

  /// Whether there is a value, given or by default.
  package func has(_ name: String) -> Bool {
    switch value(name) {
    case .unset, .none: false
    default: true
    }
  }

  /// The error for an argument of the wrong kind.
  package func wrong(_ name: String, _ wanted: String) -> Diagnostic {
    RunFault.argumentKind(
      function: builtin.name, name: name, wanted: wanted, kind: value(name).kind
    ).at(span)
  }

  /// A number or tensor, as an operand of an op. A list of numbers will do.
  package func operand(_ name: String) throws(Diagnostic) -> Node.Operand {
    let value = value(name)
    if let operand = machine.operand(value) { return operand }
    if case .list(let list) = value { return .node(try joined(list)) }
    throw wrong(name, "a number or a tensor")
  }

  /// A list as a tensor. What in it may change or has a gradient is stacked, so that neither is lost.
  private func joined(_ list: ListObject) throws(Diagnostic) -> Node {
    func isLive(_ value: Value) -> Bool {
      switch value {
      case .tensor(let node): node.isLive
      case .list(let inner): inner.items.contains(where: isLive)
      default: false
      }
    }
    guard list.items.contains(where: isLive) else {
      guard case .tensor(let node) = try machine.tensor(from: .list(list), machine.dtype, span)
      else { return graph.constant(Tensor(0)) }
      return node
    }
    var parts: [Node.Operand] = []
    for item in list.items {
      if let part = machine.operand(item) {
        parts.append(part)
      } else if case .list(let inner) = item {
        parts.append(.node(try joined(inner)))
      } else {
        throw RunFault.notNumbers(item.kind).at(span)
      }
    }
    let fixed = parts
    return try tensors { () throws(TensorError) in try graph.apply(.stack, fixed) }
  }

  /// A number, tensor or list of numbers, as a node.
  package func node(_ name: String) throws(Diagnostic) -> Node {
    switch try operand(name) {
    case .node(let node): node
    case .number(let n): graph.constant(Tensor(n))
    }
  }

  /// A number, or a tensor of one.
  package func double(_ name: String) throws(Diagnostic) -> Double {
    switch value(name) {
    case .number(let n): return n
    case .bool(let on): return on ? 1 : 0
    case .tensor(let node): if let item = node.value.item { return item }
    default: break
    }
    throw wrong(name, "a number")
  }

  /// A whole number; in a page the nearest that its 32 bits hold.
  package func int(_ name: String) throws(Diagnostic) -> Int { Int(clamping: try wide(name)) }

  /// A whole number of 64 bits, everywhere.
  package func wide(_ name: String) throws(Diagnostic) -> Int64 {
    let n = try double(name)
    guard abs(n) < 0x1p53, let whole = Int64(exactly: n) else {
      throw RunFault.argumentNotWhole(name: name, value: machine.format(n)).at(span)
    }
    return whole
  }

  /// True or false.
  package func flag(_ name: String) throws(Diagnostic) -> Bool {
    let value = value(name)
    if case .none = value { throw wrong(name, "true or false") }
    return try machine.truth(value, span)
  }

  /// A string.
  package func text(_ name: String) throws(Diagnostic) -> String {
    if case .string(let string) = value(name) { return string.text }
    throw wrong(name, "a string")
  }

  /// Whole numbers: one, a bracket or a list of them.
  package func ints(_ name: String) throws(Diagnostic) -> [Int] { try ints(value(name)) }

  func ints(_ value: Value) throws(Diagnostic) -> [Int] {
    var whole: [Int] = []
    for n in try numbers(in: value, "whole numbers") {
      guard abs(n) < 0x1p53, let i = Int(whole: n) else {
        throw RunFault.notWhole(machine.format(n)).at(span)
      }
      whole.append(i)
    }
    return whole
  }

  /// The numbers of a tensor or list.
  package func numbers(in value: Value, _ wanted: String = "numbers") throws(Diagnostic) -> [Double]
  {
    switch value {
    case .number(let n): return [n]
    case .tensor(let node): return node.value.values
    case .list(let list):
      var numbers: [Double] = []
      for item in list.items {
        switch item {
        case .number(let n): numbers.append(n)
        case .tensor(let node) where node.shape.count == 1: numbers.append(node.value[0])
        default:
          throw RunFault.needed(wanted: wanted, kind: item.kind).at(span)
        }
      }
      return numbers
    default: throw RunFault.needed(wanted: wanted, kind: value.kind).at(span)
    }
  }

  /// Lengths given one by one or as one bracket.
  package func shape() throws(Diagnostic) -> [Int] {
    if rest.count == 1 { return try ints(rest[0]) }
    var dims: [Int] = []
    for value in rest { dims += try ints(value) }
    return dims
  }

  /// One of several words.
  package func choice(_ name: String, _ choices: [String]) throws(Diagnostic) -> String {
    let word = try text(name)
    guard choices.contains(word) else {
      throw RunFault.notChoice(name: name, word: word, choices: choices).at(span)
    }
    return word
  }

  /// An element type by PyTorch's name; the session's own if it is left out.
  package func dtype(_ name: String) throws(Diagnostic) -> DType {
    guard has(name) else { return machine.dtype }
    let word = try choice(name, DType.allCases.map { $0.name })
    return DType(name: word) ?? .float64
  }

  /// Runs tensor code, wording what it throws.
  package func tensors<Result>(_ body: () throws(TensorError) -> Result) throws(Diagnostic)
    -> Result
  {
    do throws(TensorError) { return try body() } catch {
      throw TensorFault(error).at(span)
    }
  }

  /// A new untracked value.
  package func made(_ body: () throws(TensorError) -> Tensor) throws(Diagnostic) -> Value {
    Value(graph.constant(try tensors(body)))
  }

  /// Applies an op at the place of the call and looks at what came of it.
  /// - Parameter known: its value, where that has come out already.
  package func apply(
    _ op: Op, _ operands: [Node.Operand], _ attributes: Attributes = Attributes(),
    known: Tensor? = nil
  ) throws(Diagnostic) -> Value {
    let node = try tensors { () throws(TensorError) in
      try graph.apply(op, operands, attributes, site: site(of: op), known: known)
    }
    machine.inspect(node, op, operands, attributes, at: span)
    return Value(node)
  }
}

extension Machine {
  /// Applies an op of one operand without settings at the place of a call.
  package func apply(_ op: Op, _ node: Node, _ site: UInt32, _ span: Span) throws(Diagnostic)
    -> Value
  {
    let result: Node
    do throws(TensorError) { result = try graph.apply(op, [.node(node)], site: site) } catch {
      throw TensorFault(error).at(span)
    }
    inspect(result, op, [.node(node)], at: span)
    return Value(result)
  }
}
