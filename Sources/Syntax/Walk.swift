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
      case .noGrad, .breakLoop, .continueLoop: break
      }
    }
  }

  /// An expression and its parts, functions not entered.
  package static func visit(_ expression: Expression, _ visitor: (Expression) -> Void) {
    visitor(expression)
    switch expression.kind {
    case .number, .boolean, .none, .name, .function: break
    case .string(let parts):
      for case .expression(let inner, _) in parts { visit(inner, visitor) }
    case .bracket(let elements): for element in elements { visit(element, visitor) }
    case .unary(_, let inner), .field(let inner, _, _): visit(inner, visitor)
    case .binary(_, let a, let b, _), .logical(_, let a, let b), .gradient(let a, let b):
      visit(a, visitor)
      visit(b, visitor)
    case .call(let callee, let arguments):
      visit(callee, visitor)
      for argument in arguments { visit(argument.value, visitor) }
    case .index(let base, let entries):
      visit(base, visitor)
      for entry in entries {
        switch entry {
        case .value(let value): visit(value, visitor)
        case .slice(let a, let b, let c):
          for part in [a, b, c] { if let part { visit(part, visitor) } }
        case .ellipsis: break
        }
      }
    }
  }
}
