// Tokens to tree: statements. One method for each rule, loosest first; errors do not stop the reading.
import Diagnostics

/// What a text says, and what is wrong with it.
package struct Parsed {
  package var statements: [Statement] = []
  package var diagnostics: [Diagnostic] = []
  /// The text ends inside a bracket or block: more lines could complete it.
  package var isIncomplete = false
}

/// Reads tokens into a tree, by recursive descent, and goes on after an error.
package struct Parser {
  let source: SourceText
  var tokens: [PlacedToken]
  var at = 0
  var depth = 0
  var loops = 0
  /// Whether `d` before a name is `∂`.
  var readsD = false
  var functions = 0
  private var diagnostics: [Diagnostic] = []

  /// How deep brackets, blocks and operators may nest.
  static let depthLimit = 1_000

  /// Reads a source or a part of it; never fails, what is wrong is among the diagnostics.
  package static func parse(_ source: SourceText, in range: Range<Int>? = nil) -> Parsed {
    var parsed = Parsed()
    let range = range ?? 0..<source.bytes.count
    guard range.count <= SourceText.sizeLimit else {
      parsed.diagnostics = [
        SyntaxFault.tooLarge(bytes: range.count).at(nil)
      ]
      return parsed
    }
    do throws(Diagnostic) {
      let tokens = try Lexer.tokens(of: source, in: range)
      var parser = Parser(source: source, tokens: tokens)
      parsed.statements = parser.program()
      parsed.diagnostics = parser.diagnostics
      parsed.isIncomplete = parser.isIncomplete
    } catch {
      parsed.diagnostics = [error]
    }
    return parsed
  }

  init(source: SourceText, tokens: [PlacedToken]) {
    self.source = source
    self.tokens = tokens
  }

  /// Brackets are open at the end, or the last line ends in an operator or a comma.
  private var isIncomplete: Bool {
    var open = 0
    for placed in tokens {
      switch placed.token {
      case .symbol(.openParen), .symbol(.openBracket), .symbol(.openBrace): open += 1
      case .symbol(.closeParen), .symbol(.closeBracket), .symbol(.closeBrace): open -= 1
      default: continue
      }
      // A bracket too many is an error that more lines cannot mend.
      if open < 0 { return false }
    }
    if open > 0 { return true }
    guard
      let last = tokens.last(where: { $0.token != .end && $0.token != .newline })?.token,
      !diagnostics.isEmpty
    else { return false }
    switch last {
    case .symbol(let symbol): return Parser.expectsMore.contains(symbol)
    case .keyword(let word): return [.and, .or, .not, .in, .else].contains(word)
    default: return false
    }
  }

  private static let expectsMore: Set<Token.Symbol> = [
    .comma, .plus, .minus, .times, .divide, .modulo, .matmul, .caret, .power, .floorDivide, .assign,
    .assignInPlace, .equal, .notEqual, .less, .greater, .lessOrEqual, .greaterOrEqual, .close,
  ]

  // MARK: Tokens

  var current: Token { tokens[at].token }
  var span: Span { tokens[at].span }
  var previousSpan: Span { at > 0 ? tokens[at - 1].span : tokens[at].span }
  func peek(_ distance: Int = 1) -> Token { tokens[min(at + distance, tokens.count - 1)].token }

  mutating func advance() { if at < tokens.count - 1 { at += 1 } }

  func isAt(_ symbol: Token.Symbol) -> Bool { current == .symbol(symbol) }

  mutating func accept(_ symbol: Token.Symbol) -> Bool {
    guard isAt(symbol) else { return false }
    advance()
    return true
  }

  mutating func accept(_ keyword: Token.Keyword) -> Bool {
    guard current == .keyword(keyword) else { return false }
    advance()
    return true
  }

  mutating func expect(_ symbol: Token.Symbol, _ place: String) throws(Diagnostic) {
    if !accept(symbol) { throw unexpected("`\(symbol.rawValue)` \(place)") }
  }

  mutating func close(_ symbol: Token.Symbol, opened: Span) throws(Diagnostic) {
    skipNewlines()
    if accept(symbol) { return }
    let opener = source.text(opened)
    if current == .end {
      throw SyntaxFault.notClosed(opener, with: symbol.rawValue).at(opened)
    }
    throw unexpected("`\(symbol.rawValue)` to close `\(opener)`")
  }

  mutating func skipNewlines() { while current == .newline { advance() } }

  func unexpected(_ wanted: String?) -> Diagnostic {
    if let known = Foreign.hint(tokens, at) { return known }
    var slip: SyntaxFault.Slip?
    if isAt(.colon) { slip = .colonBeforeBlock }
    if case .string = current, at > 0, tokens[at - 1].token == .name("f") { slip = .prefixedString }
    return SyntaxFault.unexpected(wanted: wanted, found: current.said, slip: slip).at(
      current == .end || current == .newline ? previousSpan : span)
  }

  mutating func name(_ place: String) throws(Diagnostic) -> (String, Span) {
    guard case .name(let name) = current else { throw unexpected("a name \(place)") }
    let place = span
    advance()
    return (name, place)
  }

  /// Guards against nesting that no learner means and no stack survives.
  mutating func deeper() throws(Diagnostic) {
    depth += 1
    if depth > Parser.depthLimit {
      throw SyntaxFault.tooDeep.at(span)
    }
  }

  // MARK: Statements

  private mutating func program() -> [Statement] {
    var statements: [Statement] = []
    while true {
      skipSeparators()
      if current == .end { return statements }
      do throws(Diagnostic) {
        statements.append(try statement())
        try endOfStatement(&statements)
      } catch {
        diagnostics.append(error)
        if diagnostics.count >= 5 || error.id == .tooDeep { return statements }
        recover()
      }
    }
  }

  mutating func skipSeparators() {
    while current == .newline || isAt(.semicolon) { advance() }
  }

  private mutating func endOfStatement(_ statements: inout [Statement]) throws(Diagnostic) {
    if isAt(.semicolon) {
      statements[statements.count - 1].isMuted = true
      return advance()
    }
    if current == .newline || current == .end || isAt(.closeBrace) && depth > 0 { return }
    if case .expression(let last)? = statements.last?.kind, case .name(let word) = last.kind {
      if ["param", "buffer"].contains(word) {
        throw SyntaxFault.declarationAlone(word).at(last.span.to(span))
      }
      if let verb = Suggest.close(to: word, among: Verb.allCases.map({ $0.rawValue }) + ["param"])
        .first
      {
        throw SyntaxFault.notVerb(word, meant: verb).at(last.span)
      }
    }
    throw unexpected(nil)
  }

  /// Goes on at the next line that is not inside the brackets of the broken one.
  private mutating func recover() {
    depth = 0
    var open = 0
    while current != .end {
      if current == .newline, open <= 0 { return }
      if isAt(.openBrace) { open += 1 }
      if isAt(.closeBrace) { open -= 1 }
      advance()
    }
  }

  mutating func block(_ place: String) throws(Diagnostic) -> [Statement] {
    let opened = span
    try expect(.openBrace, place)
    try deeper()
    defer { depth -= 1 }
    var statements: [Statement] = []
    while true {
      skipSeparators()
      if accept(.closeBrace) { return statements }
      if current == .end { try close(.closeBrace, opened: opened) }
      statements.append(try statement())
      try endOfStatement(&statements)
    }
  }

  mutating func statement() throws(Diagnostic) -> Statement {
    let start = span
    let kind = try statementKind()
    return Statement(kind: kind, span: start.to(previousSpan))
  }

  private mutating func statementKind() throws(Diagnostic) -> Statement.Kind {
    switch current {
    case .keyword(.if): return try branch()
    case .keyword(.while):
      advance()
      let condition = try expression()
      return .whileLoop(condition, try loopBody("after the condition of `while`"))
    case .keyword(.for): return try forLoop()
    case .keyword(.break), .keyword(.continue):
      let word = current
      guard loops > 0 else {
        throw SyntaxFault.outsideLoop(word.said).at(span)
      }
      advance()
      return word == .keyword(.break) ? .breakLoop : .continueLoop
    case .keyword(.return):
      guard functions > 0 else {
        throw SyntaxFault.outsideFunction.at(span)
      }
      advance()
      let endsHere = current == .newline || current == .end || isAt(.closeBrace) || isAt(.semicolon)
      return .returnValue(endsHere ? nil : try values())
    case .keyword(.fn):
      if case .name = peek() { return .function(try function()) }
    case .name(let word):
      if let kind = try contextual(word) { return kind }
    default: break
    }
    return try assignmentOrExpression()
  }

  /// Words that are statements only where a statement can begin and the next word fits.
  private mutating func contextual(_ word: String) throws(Diagnostic) -> Statement.Kind? {
    let next = peek()
    switch word {
    case "param", "buffer":
      guard case .name = next else { return nil }
      advance()
      let (name, place) = try self.name("after `\(word)`")
      try expect(.assign, "after `\(word) \(name)`")
      skipNewlines()
      let value = try expression()
      return word == "param"
        ? .parameter(name, value, nameSpan: place) : .buffer(name, value, nameSpan: place)
    case "repeat":
      guard startsOperand(next) else { return nil }
      advance()
      let count = try expression()
      return .repeatLoop(count, try loopBody("after the count of `repeat`"))
    case "no_grad":
      guard next == .symbol(.openBrace) else { return nil }
      advance()
      return .noGrad(try block("after `no_grad`"))
    case "layer":
      guard case .name = next else { return nil }
      return try layer()
    case "expect":
      guard
        startsOperand(next) || next == .symbol(.openParen) || next == .symbol(.minus)
          || next == .keyword(.not) || next == .symbol(.openBracket)
      else { return nil }
      advance()
      let condition = try expression()
      let message = accept(.comma) ? try expression() : nil
      return .expect(condition, message: message)
    default:
      guard let verb = Verb(rawValue: word) else { return nil }
      return try self.verb(verb, next)
    }
  }

  private mutating func verb(_ verb: Verb, _ next: Token) throws(Diagnostic) -> Statement.Kind? {
    guard startsOperand(next) || next == .newline || next == .end || next == .symbol(.semicolon)
    else { return nil }
    advance()
    guard startsOperand(current) else { return .verb(verb, nil, []) }
    // `explain d loss/d w`
    readsD = verb == .explain
    defer { readsD = false }
    let subject = try expression()
    var options: [Expression.Argument] = []
    while accept(.comma) {
      let (name, _) = try self.name("for an option such as `detail=\"ops\"`")
      try expect(.assign, "after `\(name)`")
      options.append(Expression.Argument(name: name, value: try expression()))
    }
    return .verb(verb, subject, options)
  }

  /// Whether a token can begin an operand, and is no operator.
  private func startsOperand(_ token: Token) -> Bool {
    switch token {
    case .name, .number, .string, .symbol(.partial): true
    case .keyword(.true), .keyword(.false), .keyword(.none): true
    default: false
    }
  }

  private mutating func loopBody(_ place: String) throws(Diagnostic) -> [Statement] {
    loops += 1
    defer { loops -= 1 }
    return try block(place)
  }

  private mutating func branch() throws(Diagnostic) -> Statement.Kind {
    var branches: [(condition: Expression, body: [Statement])] = []
    advance()
    while true {
      let condition = try expression()
      if isAt(.assign) {
        throw SyntaxFault.assignsInCondition.at(span)
      }
      branches.append((condition, try block("after the condition of `if`")))
      let mark = at
      skipNewlines()
      guard accept(.else) else {
        at = mark
        return .branch(branches, otherwise: nil)
      }
      if accept(.if) { continue }
      return .branch(branches, otherwise: try block("after `else`"))
    }
  }

  private mutating func forLoop() throws(Diagnostic) -> Statement.Kind {
    advance()
    let targets = try targets()
    let sequence = try expression()
    return .forLoop(targets, sequence, try loopBody("after the sequence of `for`"))
  }
}
