// A session used from outside as a library: expressions evaluated, functions called.
import Platform
import Builtins
import Interpreter
import Autograd
import Diagnostics
import Syntax
import Tensors

extension Session {
  /// Runs statements that were parsed already: definitions, mostly.
  package func define(_ statements: [Statement], in source: SourceText) throws(Diagnostic) {
    try explaining { () throws(Diagnostic) in
      let scope = Scope(parent: nil, parameters: [], body: statements)
      let compiler = Compiler(self.machine, source, scope)
      for statement in statements { _ = try compiler.action(statement).run(self.machine.frame) }
    }
  }

  /// Gives names values, one after another, and evaluates an expression over them.
  /// - Throws: `Diagnostic`
  package func value(
    of expression: Expression, in source: SourceText, with bindings: [(name: String, Value)] = []
  ) throws(Diagnostic) -> Value {
    for (name, value) in bindings { machine[name] = value }
    var result = Value.none
    try explaining { () throws(Diagnostic) in
      let scope = Scope(parent: nil, parameters: [], body: [])
      result = try Compiler(self.machine, source, scope).code(expression).run(self.machine.frame)
    }
    return result
  }

  /// A function with these parameters whose body is an expression or a block. In it the language's functions
  /// are what they were, whatever the script calls by their names.
  /// - Parameter own: names that mean the script's functions all the same.
  /// - Throws: `Diagnostic`
  package func function(_ parameters: [String], _ body: String, own: [String] = [])
    throws(Diagnostic) -> Value
  {
    machine.probe.unsealed = Set(own)
    let list = parameters.joined(separator: ", ")
    let text = "fn(\(list))" + (body.hasPrefix("{") ? " " : " = ") + body
    let source = SourceText(id: SourceID.call, name: "call", text)
    let parsed = Parser.parse(source)
    guard parsed.diagnostics.isEmpty,
      case .expression(let function)? = parsed.statements.first?.kind
    else {
      throw parsed.diagnostics.first
        ?? SessionFault.notACall(body).at(source.whole)
    }
    return try value(of: function, in: source)
  }

  /// Calls a function, with the budgets of one cell and no gradients left behind by an earlier call.
  /// - Throws: `Diagnostic`
  package func call(
    _ function: Value, _ arguments: [Value], sink: @escaping (Event) -> Void = { _ in }
  ) throws(Diagnostic) -> Value {
    var result = Value.none
    machine.sink = sink
    defer { machine.sink = { _ in } }
    try explaining { () throws(Diagnostic) in
      let span = self.sources.last?.whole ?? Span(source: 0, start: 0, end: 0)
      result = try self.machine.call(
        function, Arguments(arguments), at: span, span,
        self.machine.graph.add(
          Site(source: Int(span.source), start: 0, end: 0)), self.machine.frame)
    }
    return result
  }

  /// A tensor as data: a lone number stays a plain number.
  package func constant(_ tensor: Tensor) -> Value { Value(machine.graph.constant(tensor)) }

  /// For how many different arguments functions of these names are called from now on is kept in
  /// `machine.probe.calls`; `any` counts all functions of the script, each for itself.
  package func count(callsOf names: [String]) {
    machine.probe.calls = Dictionary(firstOf: names.map { ($0, []) })
  }

  /// The counts of the names that were asked for; of `any` function the largest.
  package func callCounts(of names: [String]) -> [String: Int] {
    var counts: [String: Int] = [:]
    for name in names { counts[name] = machine.probe.calls[name]?.count ?? 0 }
    if names.contains(Probe.any) {
      counts[Probe.any] =
        machine.probe.calls.filter { $0.key.hasPrefix(Probe.any) }.map { $0.value.count }.max() ?? 0
    }
    return counts
  }
}
