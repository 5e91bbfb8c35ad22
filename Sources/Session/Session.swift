// A session: text in, events out. It performs no input or output of its own.
import Builtins
import Interpreter
import Autograd
import Diagnostics
import Platform
import Syntax
import Tensors

/// How a cell ended.
package struct Outcome {
  /// What stopped it; empty if it ran to its end.
  package let errors: [Diagnostic]
  /// The text ended inside a bracket or block.
  package let isIncomplete: Bool

  package var succeeded: Bool { errors.isEmpty }
}

/// The state that cells share: names, graph, random numbers.
package final class Session {
  package let machine: Machine
  package private(set) var sources: [SourceText] = []

  package init(limits: Limits = Limits(), dtype: DType = .float64, seed: UInt64 = 0) {
    machine = Machine(graph: Graph(), vocabulary: .standard)
    machine.budget.limits = limits
    machine.dtype = dtype
    machine.generator = Generator(seed: seed)
  }

  deinit { machine.dispose() }

  /// Random numbers of their own, apart from the session's.
  package struct Stream: Hashable, Sendable {
    package let name: String
    package let seed: UInt64

    package init(name: String, seed: UInt64) { (self.name, self.seed) = (name, seed) }
  }

  /// How far each stream has been drawn from.
  private var streams: [Stream: Generator] = [:]

  /// Runs something that draws from a stream of its own.
  package func drawing<Result>(from stream: Stream?, _ body: () -> Result) -> Result {
    guard let stream else { return body() }
    let own = machine.generator
    machine.generator = streams[stream] ?? Generator(seed: stream.seed)
    let result = body()
    streams[stream] = machine.generator
    machine.generator = own
    return result
  }

  /// Keeps a text so that diagnostics can quote it.
  package func add(source text: String, name: String) -> SourceText {
    let source = SourceText(id: sources.count, name: name, text)
    sources.append(source)
    return source
  }

  /// Runs a text as one cell.
  /// - Parameter number: the cell's number, under which `Out` keeps its value.
  package func run(
    _ text: String, name: String = "input", number: Int? = nil, sink: @escaping (Event) -> Void
  ) -> Outcome {
    let source = add(source: text, name: name)
    return run(source, in: 0..<source.bytes.count, number: number, sink: sink)
  }

  /// Runs a part of a source as one cell.
  package func run(
    _ source: SourceText, in range: Range<Int>, number: Int? = nil,
    sink: @escaping (Event) -> Void
  ) -> Outcome {
    var outcome = Outcome(errors: [], isIncomplete: false)
    BigStack.run { nativeLimit in
      self.machine.sink = sink
      self.machine.run(nativeLimit: nativeLimit) {
        outcome = self.execute(source, range, number)
      }
      self.machine.graph.isRecording = true
      self.machine.sink = { _ in }
    }
    return outcome
  }

  private func execute(_ source: SourceText, _ range: Range<Int>, _ number: Int?) -> Outcome {
    let parsed = Parser.parse(source, in: range)
    guard parsed.diagnostics.isEmpty else {
      return Outcome(errors: parsed.diagnostics, isIncomplete: parsed.isIncomplete)
    }
    // Where no one watches, an animation ends with its last frame.
    defer { machine.endAnimation() }
    do throws(Diagnostic) {
      try warnLookAlikes(parsed.statements)
      for (i, statement) in parsed.statements.enumerated() {
        try run(statement, source, number, shows: i == parsed.statements.count - 1)
      }
      return Outcome(errors: [], isIncomplete: false)
    } catch {
      let told = definedBelow(error, parsed.statements, source) ?? machine.explained(error)
      return Outcome(errors: [told.located(at: source.whole)], isIncomplete: false)
    }
  }

  /// A name that gets its meaning only further down in the same text.
  private func definedBelow(
    _ error: Diagnostic, _ statements: [Statement], _ source: SourceText
  ) -> Diagnostic? {
    guard error.id == .unknownName, let span = error.span, Int(span.source) == source.id else {
      return nil
    }
    let name = source.text(span)
    let place = statements.first { statement in
      var names: Set<String> = []
      Names.assigned(in: [statement], &names)
      return statement.span.start > span.start && names.contains(name)
    }
    guard let place else { return nil }
    return SessionFault.definedLater(name: name, line: source.line(at: Int(place.span.start))).at(
      span)
  }

  private func run(
    _ statement: Statement, _ source: SourceText, _ number: Int?, shows: Bool
  ) throws(Diagnostic) {
    let scope = Scope(parent: nil, parameters: [], body: [statement])
    let compiler = Compiler(machine, source, scope)
    let frame = machine.frame
    guard case .expression(let expression) = statement.kind else {
      _ = try compiler.action(statement).run(frame)
      if shows, let name = statement.lastName, let value = machine[name] { keep(value, number) }
      if shows, !statement.isMuted, let name = statement.shownName, let value = machine[name] {
        try machine.emit(.value(name: name, value), at: statement.span)
      }
      return
    }
    let value = try compiler.code(expression).run(frame)
    keep(value, shows ? number : nil)
    if case .none = value, case .call = expression.kind { return }
    if !shows { return try machine.draw(value, at: statement.span) }
    if !statement.isMuted {
      var name: String?
      if case .name(let word) = expression.kind, word != "_" { name = word }
      try machine.emit(.value(name: name, value), at: statement.span)
    }
  }

  /// The last value is `_`, and `Out[n]` that of cell n.
  private func keep(_ value: Value, _ number: Int?) {
    machine["_"] = value
    // The values of the cells are not a value of a cell.
    if value.holdsOutputs { return }
    guard let number else { return }
    if case .host(let object)? = machine["Out"], let outputs = object as? OutputsObject {
      outputs[number] = value
    } else if machine["Out"] == nil {
      let outputs = OutputsObject()
      outputs[number] = value
      machine["Out"] = .host(outputs)
    }
  }

  /// Two names that a reader cannot tell apart: Latin letters mixed with Greek or Cyrillic twins.
  private func warnLookAlikes(_ statements: [Statement]) throws(Diagnostic) {
    var assigned: Set<String> = []
    Names.assigned(in: statements, &assigned)
    for name in assigned where !name.allSatisfy({ $0.isASCII }) {
      let folded = LookAlike.folded(name)
      guard folded != name,
        machine.variables.contains(where: { $0.name != name && LookAlike.folded($0.name) == folded }
        )
      else { continue }
      machine.warn(
        SessionFault.lookAlike(name).at(statements.first?.span))
    }
  }
}

/// Letters of other alphabets that look like Latin ones.
package enum LookAlike {
  private static let twins: [Character: Character] = [
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "х": "x", "у": "y", "і": "i", "ο": "o",
    "ν": "v", "А": "A", "В": "B", "Е": "E", "К": "K", "М": "M", "Н": "H", "О": "O", "Р": "P",
    "С": "C", "Т": "T", "Х": "X", "Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I",
    "Κ": "K", "Μ": "M", "Ν": "N", "Ο": "O", "Ρ": "P", "Τ": "T", "Υ": "Y", "Χ": "X",
  ]

  package static func folded(_ name: String) -> String { String(name.map { twins[$0] ?? $0 }) }
}

extension Value {
  /// Whether the values of the cells are among what it holds.
  fileprivate var holdsOutputs: Bool {
    switch self {
    case .host(let object): object is OutputsObject
    case .list(let list): list.items.contains(where: { $0.holdsOutputs })
    case .record(let record): record.fields.contains { $0.value.holdsOutputs }
    default: false
    }
  }
}

extension Statement {
  /// The name that the statement gives a value, if it gives one.
  fileprivate var lastName: String? {
    switch kind {
    case .assign(let targets, _, _):
      if targets.count == 1, case .name(let name) = targets[0].kind { name } else { nil }
    case .parameter(let name, _, _), .buffer(let name, _, _): name
    case .noGrad(let body): body.last?.lastName
    default: nil
    }
  }

  /// The name whose value a cell shows at its end. A plain literal on the right says nothing new.
  fileprivate var shownName: String? {
    switch kind {
    case .assign(let targets, let operation, let value):
      guard targets.count == 1, case .name(let name) = targets[0].kind else { return nil }
      if operation == .assign, value.isLiteral { return nil }
      return name
    case .parameter(let name, let value, _), .buffer(let name, let value, _):
      return value.isLiteral ? nil : name
    case .noGrad(let body): return body.last?.isMuted == true ? nil : body.last?.shownName
    default: return nil
    }
  }
}

extension Expression {
  fileprivate var isLiteral: Bool {
    switch kind {
    case .number, .boolean, .none: true
    case .string(let parts):
      parts.allSatisfy { if case .text = $0 { true } else { false } }
    case .bracket(let elements): elements.allSatisfy({ $0.isLiteral })
    case .function: true
    default: false
    }
  }
}

extension Session {
  /// Gives a name a tensor, as a parameter or as data.
  package func define(_ name: String, _ tensor: Tensor, isParameter: Bool) {
    let graph = machine.graph
    let node = isParameter ? graph.parameter(tensor) : graph.constant(tensor)
    node.label = graph.number(of: name)
    machine[name] = .tensor(node)
  }

  package func value(_ name: String) -> Value? { machine[name] }

  /// The number that an expression over the session's names has; nothing is recorded or kept. For use while
  /// a cell is running.
  package func number(_ text: String) -> Double? { tensor(text)?.item }

  /// The same for an expression that has many numbers.
  package func tensor(_ text: String) -> Tensor? {
    let source = SourceText(id: 0, name: "answer", text)
    let parsed = Parser.parse(source, in: 0..<source.bytes.count)
    guard parsed.diagnostics.isEmpty, parsed.statements.count == 1,
      case .expression(let expression) = parsed.statements[0].kind
    else { return nil }
    let wasRecording = machine.graph.isRecording
    machine.graph.isRecording = false
    defer { machine.graph.isRecording = wasRecording }
    let scope = Scope(parent: nil, parameters: [], body: parsed.statements)
    let compiler = Compiler(machine, source, scope)
    let frame = machine.free ?? machine.frame
    guard let value = try? compiler.code(expression).run(frame) else { return nil }
    switch value {
    case .number(let n): return Tensor(n)
    case .tensor(let node): return node.value
    default: return nil
    }
  }

  /// Runs code that calls into the language, with the stack and the budgets of a cell.
  package func onBigStack<Fault: Error>(
    _ body: @escaping () throws(Fault) -> Void
  ) throws(Fault) {
    var fault: Fault?
    BigStack.run { nativeLimit in
      self.machine.run(nativeLimit: nativeLimit) {
        do throws(Fault) { try body() } catch { fault = error }
      }
    }
    if let fault { throw fault }
  }

  /// The same, and what goes wrong is explained by what the session has seen.
  func explaining(_ body: @escaping () throws(Diagnostic) -> Void) throws(Diagnostic) {
    try onBigStack { () throws(Diagnostic) in
      do throws(Diagnostic) { try body() } catch { throw self.machine.explained(error) }
    }
  }
}
