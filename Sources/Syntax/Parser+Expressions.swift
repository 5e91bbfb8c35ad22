// Tokens to tree: expressions, by precedence climbing.
import Diagnostics

extension Parser {
  mutating func expression() throws(Diagnostic) -> Expression {
    try deeper()
    defer { depth -= 1 }
    let value = try disjunction()
    guard accept(.if) else { return value }
    let condition = try disjunction()
    guard accept(.else) else { throw unexpected("`else` and what it is otherwise") }
    skipNewlines()
    let otherwise = try expression()
    return Expression(
      kind: .conditional(condition: condition, yes: value, no: otherwise),
      span: value.span.to(otherwise.span))
  }

  private mutating func disjunction() throws(Diagnostic) -> Expression {
    var left = try conjunction()
    while accept(.or) {
      skipNewlines()
      let right = try conjunction()
      left = Expression(
        kind: .logical(isAnd: false, left, right), span: left.span.to(right.span))
    }
    return left
  }

  private mutating func conjunction() throws(Diagnostic) -> Expression {
    var left = try negation()
    while accept(.and) {
      skipNewlines()
      let right = try negation()
      left = Expression(kind: .logical(isAnd: true, left, right), span: left.span.to(right.span))
    }
    return left
  }

  private mutating func negation() throws(Diagnostic) -> Expression {
    let start = span
    guard accept(.not) else { return try infix(4) }
    try deeper()
    defer { depth -= 1 }
    let inner = try negation()
    return Expression(kind: .unary(.not, inner), span: start.to(inner.span))
  }

  private static let operators: [Token: BinaryOperator] = {
    var table: [Token: BinaryOperator] = [.keyword(.in): .isIn, .symbol(.power): .power]
    for symbol in Token.Symbol.allCases {
      if let operation = BinaryOperator(rawValue: symbol.rawValue) {
        table[.symbol(symbol)] = operation
      }
    }
    return table
  }()

  /// Operators from strength `least` upward. Chains such as `a + b + …` are read by the loop, yet each
  /// link makes the tree one deeper, so their length counts as depth.
  private mutating func infix(_ least: Int) throws(Diagnostic) -> Expression {
    var left = try least > 6 ? unary() : infix(least + 1)
    let outerDepth = depth
    defer { depth = outerDepth }
    while let operation = Parser.operators[current], operation.strength == least {
      let place = span
      advance()
      skipNewlines()
      try deeper()
      let right = try least > 6 ? unary() : infix(least + 1)
      left = Expression(
        kind: .binary(operation, left, right, operatorSpan: place), span: left.span.to(right.span))
      // `1 < x < 2` would compare a truth value with 2.
      if least == 4, let next = Parser.operators[current], next.strength == least {
        throw SyntaxFault.chained(first: operation.rawValue, second: next.rawValue).at(span)
      }
    }
    return left
  }

  private mutating func unary() throws(Diagnostic) -> Expression {
    let start = span
    let sign: UnaryOperator? = isAt(.minus) ? .negate : isAt(.plus) ? .plus : nil
    guard let sign else { return try power() }
    advance()
    try deeper()
    defer { depth -= 1 }
    let inner = try unary()
    if sign == .negate, case .number(let n) = inner.kind, !isAt(.caret), !isAt(.power) {
      return Expression(kind: .number(-n), span: start.to(inner.span))
    }
    return sign == .plus
      ? inner : Expression(kind: .unary(.negate, inner), span: start.to(inner.span))
  }

  /// Right-associative; the exponent may carry a sign: `2^-x`.
  private mutating func power() throws(Diagnostic) -> Expression {
    let base = try postfix()
    guard isAt(.caret) || isAt(.power) else { return base }
    let place = span
    advance()
    skipNewlines()
    try deeper()
    defer { depth -= 1 }
    let exponent = try unary()
    return Expression(
      kind: .binary(.power, base, exponent, operatorSpan: place),
      span: base.span.to(exponent.span))
  }

  mutating func postfix() throws(Diagnostic) -> Expression {
    var value = try atom()
    let outerDepth = depth
    defer { depth = outerDepth }
    while true {
      switch current {
      case .symbol(.openParen):
        try deeper()
        value = Expression(
          kind: .call(value, try arguments()), span: value.span.to(previousSpan))
      case .symbol(.openBracket):
        try deeper()
        value = Expression(
          kind: .index(value, try indexEntries()), span: value.span.to(previousSpan))
      case .symbol(.dot):
        try deeper()
        advance()
        let (name, place) = try fieldName()
        value = Expression(
          kind: .field(value, name, nameSpan: place), span: value.span.to(place))
      default: return value
      }
    }
  }

  /// After a dot, keywords are names too.
  private mutating func fieldName() throws(Diagnostic) -> (String, Span) {
    if case .keyword(let word) = current {
      let place = span
      advance()
      return (word.rawValue, place)
    }
    return try name("after `.`")
  }

  private mutating func arguments() throws(Diagnostic) -> [Expression.Argument] {
    let opened = span
    advance()
    skipNewlines()
    var arguments: [Expression.Argument] = []
    while !isAt(.closeParen) {
      if case .name(let name) = current, peek() == .symbol(.assign) {
        advance()
        advance()
        skipNewlines()
        arguments.append(Expression.Argument(name: name, value: try expression()))
      } else {
        arguments.append(Expression.Argument(name: nil, value: try expression()))
      }
      skipNewlines()
      if current == .keyword(.for) { throw SyntaxFault.generator.at(span) }
      if !accept(.comma) { break }
      skipNewlines()
    }
    try close(.closeParen, opened: opened)
    return arguments
  }

  private mutating func indexEntries() throws(Diagnostic) -> [Expression.IndexEntry] {
    let opened = span
    advance()
    var entries: [Expression.IndexEntry] = []
    while !isAt(.closeBracket) {
      entries.append(try indexEntry())
      if !accept(.comma) { break }
    }
    try close(.closeBracket, opened: opened)
    if entries.isEmpty {
      throw SyntaxFault.emptyIndex.at(opened.to(previousSpan))
    }
    return entries
  }

  private mutating func indexEntry() throws(Diagnostic) -> Expression.IndexEntry {
    if accept(.ellipsis) { return .ellipsis }
    func endsPart(_ token: Token) -> Bool {
      token == .symbol(.colon) || token == .symbol(.comma) || token == .symbol(.closeBracket)
    }
    let first = endsPart(current) ? nil : try expression()
    guard isAt(.colon) else {
      guard let first else { throw unexpected("an index") }
      return .value(first)
    }
    var rest: [Expression?] = []
    while rest.count < 2, accept(.colon) { rest.append(endsPart(current) ? nil : try expression()) }
    return .slice(first, rest[0], rest.count > 1 ? rest[1] : nil)
  }

  private mutating func atom() throws(Diagnostic) -> Expression {
    let start = span
    switch current {
    case .number(let n):
      advance()
      return Expression(kind: .number(n), span: start)
    case .string(let segments):
      advance()
      return Expression(kind: .string(try parts(segments)), span: start)
    case .keyword(.true), .keyword(.false):
      let isTrue = current == .keyword(.true)
      advance()
      return Expression(kind: .boolean(isTrue), span: start)
    case .keyword(.none):
      advance()
      return Expression(kind: .none, span: start)
    case .keyword(.fn):
      let function = try function()
      return Expression(kind: .function(function), span: start.to(previousSpan))
    case .name("d") where readsD:
      if case .name = peek() { return try gradient() }
      advance()
      return Expression(kind: .name("d"), span: start)
    case .name(let name):
      if let foreign = Foreign.hint(tokens, at) { throw foreign }
      advance()
      return Expression(kind: .name(name), span: start)
    case .symbol(.openParen): return try grouping()
    case .symbol(.openBracket):
      return try bracket()
    case .symbol(.partial):
      return try gradient()
    case .symbol(.openBrace): return try record()
    default:
      if at > 1, tokens[at - 1].token == .symbol(.plus), tokens[at - 2].token == .symbol(.plus) {
        throw SyntaxFault.increment.at(tokens[at - 2].span.to(tokens[at - 1].span))
      }
      throw unexpected("a value")
    }
  }

  /// `(a)` is a; `(a, b)`, `(a,)` and `()` are lists.
  private mutating func grouping() throws(Diagnostic) -> Expression {
    let opened = span
    advance()
    skipNewlines()
    var elements: [Expression] = []
    var isGroup = true
    while !isAt(.closeParen) {
      elements.append(try expression())
      skipNewlines()
      if current == .keyword(.for) { throw SyntaxFault.generator.at(span) }
      isGroup = !accept(.comma)
      if isGroup { break }
      skipNewlines()
    }
    try close(.closeParen, opened: opened)
    let span = opened.to(previousSpan)
    if isGroup, elements.count == 1 { return Expression(kind: elements[0].kind, span: span) }
    return Expression(kind: .tuple(elements), span: span)
  }

  /// `{"a": 1, "b": 2}`
  private mutating func record() throws(Diagnostic) -> Expression {
    let opened = span
    advance()
    skipNewlines()
    var entries: [Expression.RecordEntry] = []
    while !isAt(.closeBrace) {
      let key = try expression()
      guard accept(.colon) else {
        if isAt(.comma) || isAt(.closeBrace) { throw SyntaxFault.setLiteral.at(opened) }
        throw unexpected("`:` and a value after the name")
      }
      skipNewlines()
      let value = try expression()
      skipNewlines()
      if entries.isEmpty, current == .keyword(.for) {
        return try comprehension(key: key, value, opened, .closeBrace)
      }
      entries.append(Expression.RecordEntry(key: key, value: value))
      if !accept(.comma) { break }
      skipNewlines()
    }
    try close(.closeBrace, opened: opened)
    return Expression(kind: .record(entries), span: opened.to(previousSpan))
  }

  /// `for … in … if …`, once or more often, after the first entry of a bracket.
  private mutating func comprehension(
    key: Expression?, _ value: Expression, _ opened: Span, _ closer: Token.Symbol
  ) throws(Diagnostic) -> Expression {
    var clauses: [Comprehension.Clause] = []
    while accept(.for) {
      let targets = try targets()
      skipNewlines()
      let sequence = try disjunction()
      skipNewlines()
      var conditions: [Expression] = []
      while accept(.if) {
        conditions.append(try disjunction())
        skipNewlines()
      }
      clauses.append(
        Comprehension.Clause(targets: targets, sequence: sequence, conditions: conditions))
    }
    try close(closer, opened: opened)
    return Expression(
      kind: .comprehension(Comprehension(key: key, value: value, clauses: clauses)),
      span: opened.to(previousSpan))
  }

  /// The names of a loop, and `in`.
  mutating func targets() throws(Diagnostic) -> [Statement.Target] {
    let targets = try targetList()
    guard accept(.in) else { throw unexpected("`in` after the loop's names") }
    return targets
  }

  private mutating func targetList() throws(Diagnostic) -> [Statement.Target] {
    var targets: [Statement.Target] = []
    repeat {
      if isAt(.openParen) {
        let opened = span
        advance()
        try deeper()
        defer { depth -= 1 }
        targets.append(.group(try targetList()))
        try close(.closeParen, opened: opened)
      } else {
        let (name, place) = try self.name("after `for`")
        targets.append(.name(name, place))
      }
    } while accept(.comma)
    return targets
  }

  private mutating func bracket() throws(Diagnostic) -> Expression {
    let opened = span
    advance()
    skipNewlines()
    var elements: [Expression] = []
    while !isAt(.closeBracket) {
      elements.append(try expression())
      skipNewlines()
      if elements.count == 1, current == .keyword(.for) {
        return try comprehension(key: nil, elements[0], opened, .closeBracket)
      }
      if !accept(.comma) { break }
      skipNewlines()
    }
    try close(.closeBracket, opened: opened)
    return Expression(kind: .bracket(elements), span: opened.to(previousSpan))
  }

  /// `∂loss/∂w`, `∂²loss/∂w²`, `∂²loss/∂w∂b`
  private mutating func gradient() throws(Diagnostic) -> Expression {
    let start = span
    advance()
    try deeper()
    defer { depth -= 1 }
    let order = try exponent(in: "∂") ?? 1
    let of = try postfix()
    try expect(.divide, "between the two parts of a derivative, as in `∂loss/∂w`")
    var derivative = of
    var taken = 0
    while taken < order {
      if readsD, current == .name("d") {
        advance()
      } else {
        try expect(.partial, "before what to differentiate by, as in `∂loss/∂w`")
      }
      let by = try postfix()
      // After a single `∂` an exponent belongs to the whole: `∂y/∂x^2` is the square of a derivative.
      let times = order > 1 ? try exponent(in: "∂\(by.text)") ?? 1 : 1
      taken += times
      guard taken <= order else {
        throw SyntaxFault.derivativeOrder(order, taken: taken).at(start.to(previousSpan))
      }
      for _ in 0..<times {
        derivative = Expression(
          kind: .gradient(derivative, by), span: start.to(previousSpan))
      }
    }
    return derivative
  }

  /// A whole exponent from 1 on, if there is one: `²` or `^2`.
  private mutating func exponent(in part: String) throws(Diagnostic) -> Int? {
    guard isAt(.caret) || isAt(.power) else { return nil }
    advance()
    guard case .number(let n) = current, let order = Int(exactly: n), (1...9).contains(order) else {
      throw unexpected("how often to differentiate, a whole number from 1 to 9 after `\(part)`")
    }
    advance()
    return order
  }

  private mutating func parts(_ segments: [Token.StringSegment]) throws(Diagnostic)
    -> [Expression.StringPart]
  {
    var parts: [Expression.StringPart] = []
    for segment in segments {
      switch segment {
      case .text(let text): parts.append(.text(text))
      case .expression(let start, let end, let format):
        try deeper()
        defer { depth -= 1 }
        var inner = Parser(
          source: source, tokens: try Lexer.tokens(of: source, in: start..<end))
        inner.depth = depth
        inner.functions = functions
        let value = try inner.expression()
        guard inner.current == .end else { throw inner.unexpected("`}` after the expression") }
        parts.append(.expression(value, format: format))
      }
    }
    return parts
  }
}

extension Token: Hashable {
  package func hash(into hasher: inout Hasher) {
    switch self {
    case .keyword(let word): hasher.combine(word)
    case .symbol(let symbol): hasher.combine(symbol)
    default: break
    }
  }
}
