// Tree to closures: names become slots, operators become specialised closures. No work is left to run
// time that can be done here.
import Autograd
import Diagnostics
import Syntax
import Tensors

/// Compiles the statements of one source into one scope.
package final class Compiler {
  let machine: Machine
  let graph: Graph
  let scope: Scope
  let source: SourceText
  /// Names mean the language's own functions, whatever the learner calls by them.
  let isSealed: Bool
  /// Whether values take the names they are stored under.
  private let labels: Bool

  package init(_ machine: Machine, _ source: SourceText, _ scope: Scope) {
    self.machine = machine
    graph = machine.graph
    self.source = source
    self.scope = scope
    isSealed = SourceID.isLibrary(source.id) || source.id == SourceID.call
    labels = source.id != SourceID.layers
  }

  func site(
    _ span: Span, _ operands: [Expression], keywords: [String?] = []
  ) -> UInt32 {
    let names = isSealed ? [] : operands.map(constantName)
    let fractions = operands.map(isFraction)
    return graph.add(
      Site(
        source: Int(span.source), start: Int(span.start), end: Int(span.end),
        operandNames: names, keywords: keywords.contains { $0 != nil } ? keywords : [],
        fractions: fractions.contains(true) ? fractions : []))
  }

  /// Whether an operand is a number written with a point or an exponent.
  private func isFraction(_ expression: Expression) -> Bool {
    switch expression.kind {
    case .number: source.text(expression.span).contains { ".eE".contains($0) }
    case .unary(.negate, let inner): isFraction(inner)
    default: false
    }
  }

  /// What a plain number is called where it meets a tracked value: its variable, entry or field.
  func constantName(_ expression: Expression) -> String? {
    switch expression.kind {
    case .name, .index, .field: expression.text
    default: nil
    }
  }

  // MARK: Blocks

  /// Statements in sequence, as a balanced tree: a closure's direct children are called without touching
  /// reference counts, an array's are not.
  func block(_ statements: some Sequence<Statement>) throws(Diagnostic) -> Action {
    var actions: [Action] = []
    for statement in statements { actions.append(try action(statement)) }
    return Compiler.sequence(actions[...])
  }

  /// What a function returns that ends with these statements: the value of the last one, if it has one.
  func result(of statements: [Statement]) throws(Diagnostic) -> Code {
    guard let last = statements.last else { return Code { _ in .none } }
    guard statements.count > 1 else { return try result(of: last) }
    let c = Captures((start: try block(statements.dropLast()), end: try result(of: last)))
    return Code { f throws(Diagnostic) in
      switch try c.parts.start.run(f) {
      case .normal: return try c.parts.end.run(f)
      case .returned(let value): return value
      case .breakLoop, .continueLoop: return .none
      }
    }
  }

  private func result(of statement: Statement) throws(Diagnostic) -> Code {
    switch statement.kind {
    case .expression(let value), .returnValue(let value?): return try code(value)
    case .branch(let branches, let otherwise):
      var rest = try result(of: otherwise ?? [])
      for (condition, body) in branches.reversed() {
        rest = try choice(
          condition, { () throws(Diagnostic) in try self.result(of: body) }, { [rest] in rest })
      }
      return rest
    case .noGrad(let body):
      let (code, graph) = (try result(of: body), graph)
      return Code { f throws(Diagnostic) in
        let was = graph.isRecording
        graph.isRecording = false
        defer { graph.isRecording = was }
        return try code.run(f)
      }
    default:
      let action = try action(statement)
      return Code { f throws(Diagnostic) in
        if case .returned(let value) = try action.run(f) { value } else { .none }
      }
    }
  }

  private static func sequence(_ actions: ArraySlice<Action>) -> Action {
    let first = actions.startIndex
    switch actions.count {
    case 0: return Action { _ in .normal }
    case 1: return actions[first]
    case 2:
      let c = Captures((a: actions[first], b: actions[first + 1]))
      return Action { f throws(Diagnostic) in
        let end = try c.parts.a.run(f)
        guard case .normal = end else { return end }
        return try c.parts.b.run(f)
      }
    case 3:
      let c = Captures((a: actions[first], b: actions[first + 1], c: actions[first + 2]))
      return Action { f throws(Diagnostic) in
        let end = try c.parts.a.run(f)
        guard case .normal = end else { return end }
        let next = try c.parts.b.run(f)
        guard case .normal = next else { return next }
        return try c.parts.c.run(f)
      }
    default:
      let middle = first + actions.count / 2
      return sequence([sequence(actions[..<middle]), sequence(actions[middle...])])
    }
  }

  // MARK: Names

  func unknown(_ name: String, _ span: Span) -> Diagnostic {
    let known = machine.variables.map { $0.name } + machine.vocabulary.names
    return RunFault.unknownName(name, meant: Suggest.meant(by: name, known)).at(span)
  }

  func load(_ name: String, _ span: Span) -> Code {
    switch scope.place(name) {
    case .local(let slot):
      let c = Captures((slot: slot, name: name, span: span, compiler: self))
      return Code { f throws(Diagnostic) in
        if case .number(let n) = f.base[c.parts.slot] { return .number(n) }
        return try c.parts.compiler.present(f.base + c.parts.slot, c.parts.name, c.parts.span)
      }
    case .boxed(let slot):
      return Code { [self] f throws(Diagnostic) in
        guard case .cell(let cell) = f.base[slot] else { throw unknown(name, span) }
        if case .unset = cell.value { throw unknown(name, span) }
        return cell.value
      }
    case .global:
      if let value = ownMeaning(name) { return Code { _ in value } }
      let c = Captures((slot: machine.slot(name), name: name, span: span, compiler: self))
      return Code { f throws(Diagnostic) in
        let place = f.state.pointee.globals + c.parts.slot
        if case .number(let n) = place.pointee { return .number(n) }
        return try c.parts.compiler.present(place, c.parts.name, c.parts.span)
      }
    }
  }

  /// What the language means by a name, where the learner's own meanings do not count.
  private func ownMeaning(_ name: String) -> Value? {
    let isOpen = source.id == SourceID.call && machine.probe.unsealed.contains(name)
    return isSealed && !isOpen ? machine.vocabulary.inLibrary(name) : nil
  }

  /// The slot of a name at the top level.
  func globalSlot(_ name: String) -> Int? {
    guard case .global = scope.place(name), ownMeaning(name) == nil else { return nil }
    return machine.slot(name)
  }

  @inline(never)
  private func present(_ place: UnsafeMutablePointer<Value>, _ name: String, _ span: Span)
    throws(Diagnostic) -> Value
  {
    let value = place.pointee
    if case .unset = value { throw unknown(name, span) }
    return value
  }

  /// Stores a value under a name, and gives a computed value that name for explanations.
  func store(_ name: String) -> Store {
    let label = labels ? graph.number(of: name) : 0
    let (graph, isTop) = (graph, scope.isTop)
    @inline(__always) func named(_ value: Value) {
      guard label != 0 else { return }
      switch value {
      case .tensor(let node): node.name(label)
      case .layer(let layer): layer.named(name, graph, forGood: isTop)
      default: break
      }
    }
    switch scope.place(name) {
    case .local(let slot):
      return Store { f, value in
        named(value)
        f.set(slot, value)
      }
    case .boxed(let slot):
      return Store { f, value in
        named(value)
        if case .cell(let cell) = f.base[slot] { cell.value = value }
      }
    case .global:
      let slot = machine.slot(name)
      return Store { f, value in
        named(value)
        (f.state.pointee.globals + slot).set(value)
      }
    }
  }
}
