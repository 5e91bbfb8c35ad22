// Tokens to tree: functions, layers, assignments.
import Diagnostics

extension Parser {
  mutating func layer() throws(Diagnostic) -> Statement.Kind {
    let start = span
    advance()
    let (name, _) = try self.name("after `layer`")
    let parameters = isAt(.openParen) ? try self.parameters() : []
    let opened = span
    try expect(.openBrace, "after the layer's parameters")
    try deeper()
    functions += 1
    defer {
      depth -= 1
      functions -= 1
    }
    var fields: [Statement] = []
    var methods: [Function] = []
    while true {
      skipSeparators()
      if accept(.closeBrace) { break }
      if current == .end { try close(.closeBrace, opened: opened) }
      if case .name(let word) = current, peek() == .symbol(.openParen), beginsMethod() {
        advance()
        methods.append(try functionRest(name: word))
      } else if current == .keyword(.fn), case .name = peek() {
        methods.append(try function())
      } else {
        fields.append(try statement())
      }
      if !isAt(.closeBrace), !isAt(.semicolon), current != .newline {
        throw unexpected("the end of the statement")
      }
    }
    return .layer(
      LayerDeclaration(
        name: name, parameters: parameters, fields: fields, methods: methods,
        span: start.to(previousSpan)))
  }

  /// `name(…) {` or `name(…) =` begins a method, `name(…)` alone is a call.
  private func beginsMethod() -> Bool {
    var i = at + 1
    var open = 0
    while i < tokens.count {
      switch tokens[i].token {
      case .symbol(.openParen): open += 1
      case .symbol(.closeParen):
        open -= 1
        if open == 0 {
          return peek(i + 1 - at) == .symbol(.openBrace) || peek(i + 1 - at) == .symbol(.assign)
        }
      case .end: return false
      default: break
      }
      i += 1
    }
    return false
  }

  mutating func function() throws(Diagnostic) -> Function {
    advance()
    var name: String?
    if case .name(let word) = current {
      name = word
      advance()
    }
    return try functionRest(name: name)
  }

  mutating func functionRest(name: String?) throws(Diagnostic) -> Function {
    let parameters = try self.parameters()
    functions += 1
    let outerLoops = loops
    loops = 0
    defer {
      functions -= 1
      loops = outerLoops
    }
    if accept(.assign) {
      skipNewlines()
      let value = try expression()
      return Function(
        name: name, parameters: parameters,
        body: [Statement(kind: .expression(value), span: value.span)], isShort: true)
    }
    return Function(
      name: name, parameters: parameters, body: try block("or `=` after the parameters"),
      isShort: false)
  }

  mutating func parameters() throws(Diagnostic) -> [Function.Parameter] {
    let opened = span
    try expect(.openParen, "before the parameters")
    var parameters: [Function.Parameter] = []
    var names: Set<String> = []
    skipNewlines()
    while !isAt(.closeParen) {
      let (name, place) = try self.name("for a parameter")
      guard names.insert(name).inserted else {
        throw SyntaxFault.sameParameter(name).at(place)
      }
      let fallback = accept(.assign) ? try expression() : nil
      parameters.append(Function.Parameter(name: name, fallback: fallback, span: place))
      skipNewlines()
      if !accept(.comma) { break }
      skipNewlines()
    }
    try close(.closeParen, opened: opened)
    return parameters
  }

  // MARK: Assignments

  private static let assignments: [Token.Symbol: AssignOperator] = [
    .assign: .assign, .assignInPlace: .inPlace, .addAssign: .add, .subtractAssign: .subtract,
    .multiplyAssign: .multiply, .divideAssign: .divide, .floorAssign: .floorDivide,
    .powerAssign: .power,
  ]

  mutating func assignmentOrExpression() throws(Diagnostic) -> Statement.Kind {
    var targets = [try expression()]
    while isAt(.comma), peek() != .newline, peek() != .end {
      advance()
      targets.append(try expression())
    }
    guard case .symbol(let symbol) = current, let assignment = Parser.assignments[symbol] else {
      if targets.count > 1 { throw unexpected("`=` after a list of names") }
      return .expression(targets[0])
    }
    func mustTake(_ targets: [Expression]) throws(Diagnostic) {
      for target in targets {
        switch target.kind {
        case .name, .index, .field: continue
        case .tuple(let parts) where assignment == .assign && !parts.isEmpty: try mustTake(parts)
        default:
          throw SyntaxFault.notATarget(isPlain: assignment == .assign).at(target.span)
        }
      }
    }
    try mustTake(targets)
    advance()
    skipNewlines()
    let value = assignment == .assign ? try values() : try expression()
    if targets.count == 1, case .tuple(let parts) = targets[0].kind {
      return .assign(parts, assignment, value)
    }
    return .assign(targets, assignment, value)
  }

  /// One value, or several with commas between them, which are a list.
  mutating func values() throws(Diagnostic) -> Expression {
    let value = try expression()
    guard isAt(.comma) else { return value }
    var values = [value]
    while accept(.comma) {
      if current == .newline || current == .end { break }
      values.append(try expression())
    }
    return Expression(kind: .tuple(values), span: value.span.to(previousSpan))
  }
}
