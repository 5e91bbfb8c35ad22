// Walks over the tree.

/// Visits the parts of statements, not entering inner functions.
package enum Walk {
  /// Every statement, those of inner blocks included.
  package static func statements(in body: [Statement], _ visitor: (Statement) -> Void) {
    for statement in body {
      visitor(statement)
      switch statement.kind {
      case .branch(let branches, let otherwise):
        for branch in branches { statements(in: branch.body, visitor) }
        if let otherwise { statements(in: otherwise, visitor) }
      case .whileLoop(_, let body), .repeatLoop(_, let body), .forLoop(_, _, let body),
        .noGrad(let body):
        statements(in: body, visitor)
      default: break
      }
    }
  }

  /// Every expression, and every function or layer that is declared.
  package static func expressions(
    in body: [Statement], _ visitor: (Expression) -> Void, function: (Function) -> Void
  ) {
    statements(in: body) { statement in
      switch statement.kind {
      case .expression(let value), .parameter(_, let value, _), .buffer(_, let value, _),
        .whileLoop(let value, _), .repeatLoop(let value, _), .forLoop(_, let value, _):
        visit(value, visitor)
      case .assign(let targets, _, let value):
        for target in targets { visit(target, visitor) }
        visit(value, visitor)
      case .branch(let branches, _): for branch in branches { visit(branch.condition, visitor) }
      case .returnValue(let value): if let value { visit(value, visitor) }
      case .function(let inner): function(inner)
      case .layer(let layer):
        function(
          Function(
            name: layer.name, parameters: layer.parameters, body: layer.fields, isShort: false))
        layer.methods.forEach(function)
      case .expect(let condition, let message):
        visit(condition, visitor)
        if let message { visit(message, visitor) }
      case .verb(_, let subject, let options):
        if let subject { visit(subject, visitor) }
        for option in options { visit(option.value, visitor) }
      case .yield(let key, let value):
        if let key { visit(key, visitor) }
        visit(value, visitor)
      case .noGrad, .breakLoop, .continueLoop: break
      }
    }
  }

  /// An expression and its parts, functions not entered.
  package static func visit(_ expression: Expression, _ visitor: (Expression) -> Void) {
    visitor(expression)
    for part in expression.parts { visit(part, visitor) }
  }
}

extension Expression {
  /// What it is made of, in the order in which it is written; a function's body is no part of it.
  package var parts: [Expression] {
    switch kind {
    case .number, .boolean, .none, .name, .function: []
    case .string(let parts):
      parts.compactMap { if case .expression(let e, _) = $0 { e } else { nil } }
    case .bracket(let elements), .tuple(let elements): elements
    case .record(let entries): entries.flatMap { [$0.key, $0.value] }
    // What follows belongs to the loops, which are a function.
    case .comprehension(let comprehension): [comprehension.clauses[0].sequence]
    case .conditional(let condition, let yes, let no): [condition, yes, no]
    case .unary(_, let inner), .field(let inner, _, _): [inner]
    case .binary(_, let a, let b, _), .logical(_, let a, let b), .gradient(let a, let b): [a, b]
    case .call(let callee, let arguments): [callee] + arguments.map({ $0.value })
    case .index(let base, let entries): [base] + entries.flatMap({ $0.parts })
    }
  }

  /// The same with other parts.
  /// - Parameter parts: as many as `parts` has.
  package func with(_ parts: [Expression]) -> Expression {
    var rest = parts[...]
    func next() -> Expression { rest.popFirst() ?? self }
    let kind: Kind =
      switch self.kind {
      case .number, .boolean, .none, .name, .function: self.kind
      case .string(let pieces):
        .string(
          pieces.map {
            if case .expression(_, let format) = $0 {
              .expression(next(), format: format)
            } else {
              $0
            }
          })
      case .bracket(let elements): .bracket(elements.map { _ in next() })
      case .tuple(let elements): .tuple(elements.map { _ in next() })
      case .record(let entries):
        .record(entries.map { _ in RecordEntry(key: next(), value: next()) })
      case .comprehension(let comprehension): .comprehension(comprehension.over(next()))
      case .conditional: .conditional(condition: next(), yes: next(), no: next())
      case .unary(let sign, _): .unary(sign, next())
      case .field(_, let name, let span): .field(next(), name, nameSpan: span)
      case .binary(let sign, _, _, let span): .binary(sign, next(), next(), operatorSpan: span)
      case .logical(let isAnd, _, _): .logical(isAnd: isAnd, next(), next())
      case .gradient: .gradient(next(), next())
      case .call(_, let arguments):
        .call(next(), arguments.map { Argument(name: $0.name, value: next()) })
      case .index(_, let entries): .index(next(), entries.map { $0.with(next) })
      }
    return Expression(kind: kind, span: span)
  }
}

extension Expression {
  /// The names that it gives values to where it stands on the left of `=`.
  package var assignedNames: [String] {
    switch kind {
    case .name(let name): [name]
    case .tuple(let parts): parts.flatMap { $0.assignedNames }
    default: []
    }
  }

  /// A tuple as the call of `list`, and a record of plain names as that of `record`, that make the same.
  package var asCall: Expression {
    func call(_ name: String, _ arguments: [Argument]) -> Expression {
      Expression(
        kind: .call(Expression(kind: .name(name), span: span), arguments), span: span)
    }
    switch kind {
    case .tuple(let elements):
      return call("list", elements.map { Argument(name: nil, value: $0) })
    case .record(let entries):
      return call(
        "record",
        entries.map { entry in
          guard case .string(let parts) = entry.key.kind, case .text(let name)? = parts.first
          else { return Argument(name: nil, value: entry.value) }
          return Argument(name: name, value: entry.value)
        })
    default: return self
    }
  }

  /// The function that it makes, or that its loops are.
  package var innerFunction: Function? {
    switch kind {
    case .function(let function): function
    case .comprehension(let comprehension): comprehension.loops
    default: nil
    }
  }
}

extension Comprehension {
  /// The same over another first sequence.
  fileprivate func over(_ sequence: Expression) -> Comprehension {
    var clauses = clauses
    clauses[0] = Clause(
      targets: clauses[0].targets, sequence: sequence, conditions: clauses[0].conditions)
    return Comprehension(key: key, value: value, clauses: clauses)
  }
}

extension Expression.IndexEntry {
  fileprivate var parts: [Expression] {
    switch self {
    case .value(let value): [value]
    case .slice(let a, let b, let c): [a, b, c].compactMap { $0 }
    case .ellipsis: []
    }
  }

  fileprivate func with(_ next: () -> Expression) -> Expression.IndexEntry {
    switch self {
    case .value: .value(next())
    case .slice(let a, let b, let c):
      .slice(a.map { _ in next() }, b.map { _ in next() }, c.map { _ in next() })
    case .ellipsis: .ellipsis
    }
  }
}
