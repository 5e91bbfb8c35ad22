// Tokens to tree: check files. They are nn with a few more statements.
import Diagnostics

extension Parser {
  /// Reads a check file. What is wrong with it is its author's to mend.
  package static func checkFile(_ source: SourceText) throws(Diagnostic) -> CheckFile {
    var parser = Parser(
      source: source, tokens: try Lexer.tokens(of: source, in: 0..<source.bytes.count))
    var file = CheckFile()
    while true {
      parser.skipSeparators()
      if parser.current == .end { break }
      try parser.checkFileStatement(&file)
      try parser.endOfCheckStatement()
    }
    guard !file.exercise.isEmpty else {
      throw SyntaxFault.noExercise.at(source.whole)
    }
    return file
  }

  private mutating func endOfCheckStatement() throws(Diagnostic) {
    if current == .newline || current == .end || accept(.semicolon) { return }
    // `hint 1 "…"  hint 2 "…"` on one line.
    if case .name("hint") = current { return }
    throw unexpected(nil)
  }

  private mutating func word(_ text: String) -> Bool {
    guard current == .name(text) else { return false }
    advance()
    return true
  }

  private mutating func checkFileStatement(_ file: inout CheckFile) throws(Diagnostic) {
    switch (current, peek()) {
    case (.name("exercise"), .name):
      advance()
      file.exercise = try name("after `exercise`").0
      if case .string = current { file.title = try text("after the exercise's name") }
      if word("points") { file.points = try count("after `points`") }
      if word("needs") { file.needs = try names("after `needs`") }
    case (.name("forbid"), .name):
      advance()
      repeat {
        let name = try name("after `forbid`").0
        if word("family") {
          file.forbiddenFamilies.append(name)
        } else {
          file.forbidden.append(name)
        }
      } while accept(.comma)
    case (.name("hint"), .number):
      advance()
      let number = try count("after `hint`")
      guard number == file.hints.count + 1 else {
        throw SyntaxFault.hintOrder(number, after: file.hints.count).at(previousSpan)
      }
      file.hints.append(try text("after the hint's number"))
    case (.name("check"), .name): file.checks.append(try check(file))
    default: file.definitions.append(try statement())
    }
  }

  private mutating func check(_ file: CheckFile) throws(Diagnostic) -> CheckDeclaration {
    let start = span
    advance()
    let name = try self.name("after `check`").0
    guard !file.checks.contains(where: { $0.name == name }) else {
      throw SyntaxFault.sameCheck(name).at(start)
    }
    let points = word("points") ? try count("after `points`") : 1
    let cases = word("cases") ? try count("after `cases`") : 20
    var check = CheckDeclaration(
      name: name, points: points, cases: cases, span: start.to(previousSpan))
    let opened = span
    try expect(.openBrace, "after the check's head")
    while true {
      skipSeparators()
      if accept(.closeBrace) { break }
      if current == .end { try close(.closeBrace, opened: opened) }
      try statement(of: &check)
      if !isAt(.closeBrace), !isAt(.semicolon), current != .newline {
        throw unexpected(nil)
      }
    }
    guard !check.call.isEmpty, check.expected != nil || check.gradient != nil else {
      throw SyntaxFault.emptyCheck(name: name, calls: !check.call.isEmpty).at(start)
    }
    return check
  }

  private mutating func statement(of check: inout CheckDeclaration) throws(Diagnostic) {
    let start = span
    let keyword = try name("of a check: draw, call, expect, factors, terms, misconception …").0
    switch keyword {
    case "draw": check.draws.append(try draw(start))
    case "call":
      if isAt(.openBrace) {
        let opened = span
        _ = try functionBody()
        let body = opened.to(previousSpan)
        check.call = source.text(body)
      } else {
        check.call = source.text(try expression().span)
      }
    case "expect":
      check.expected = try expression()
      if word("where") { check.definitions += try bindings(.assign) }
      if word("rtol") { check.rtol = try number("after `rtol`") }
      if word("atol") { check.atol = try number("after `atol`") }
    case "gradient":
      let value = try expression()
      guard word("by") else { throw unexpected("`by` and a drawn name") }
      check.gradient = (value, try name("after `by`").0)
      if word("where") { check.definitions += try bindings(.assign) }
    case "factors": check.factors += try bindings(.colon)
    case "chain":
      repeat {
        check.chain.append(try name("of a chain, as in `chain loss, a, z, w`").0)
      } while accept(.comma)
    case "terms": check.terms += try bindings(.colon)
    case "misconception":
      let label = try text("after `misconception`")
      try expect(.colon, "after the misconception's text")
      check.misconceptions.append(
        CheckDeclaration.Binding(name: label, value: try expression()))
    case "uses":
      let function = try name("after `uses`").0
      guard word("at"), word("most") else { throw unexpected("`at most` and a number") }
      check.uses.append((function, try count("after `at most`")))
    case "axes":
      repeat { check.axes.append(try label("for an axis")) } while accept(.comma)
    case "partial": check.shares = try shares()
    default:
      throw SyntaxFault.unknownCheckStatement(keyword).at(start)
    }
  }

  /// `partial`, or `partial scale 0.5, factor 0.7`.
  private mutating func shares() throws(Diagnostic) -> [String: Double] {
    guard case .name = current else { return CheckDeclaration.usualShares }
    var shares: [String: Double] = [:]
    repeat {
      let start = span
      let way = try name("after `partial`").0
      guard CheckDeclaration.nearlyRight.contains(way) else {
        throw SyntaxFault.unknownShare(way).at(start)
      }
      let share = try number("after `\(way)`")
      guard (0...1).contains(share) else { throw SyntaxFault.notShare.at(previousSpan) }
      shares[way] = share
    } while accept(.comma)
    return shares
  }

  private mutating func functionBody() throws(Diagnostic) -> [Statement] {
    functions += 1
    defer { functions -= 1 }
    return try block("after `call`")
  }

  private mutating func draw(_ start: Span) throws(Diagnostic) -> Draw {
    let names = try names("after `draw`")
    guard accept(.in) else { throw unexpected("`in` and a range such as [-2, 2]") }
    let range: Draw.Range
    if accept(.openBrace) {
      var choices: [Expression] = []
      repeat { choices.append(try expression()) } while accept(.comma)
      try expect(.closeBrace, "after the choices")
      range = .choice(choices)
    } else {
      let ends = try expression()
      guard case .bracket(let pair) = ends.kind, pair.count == 2 else {
        throw SyntaxFault.noRange.at(ends.span)
      }
      range = .interval(pair[0], pair[1])
    }
    let shape = word("shape") ? try expression() : nil
    return Draw(names: names, range: range, shape: shape, span: start.to(previousSpan))
  }

  private mutating func bindings(_ sign: Token.Symbol) throws(Diagnostic)
    -> [CheckDeclaration.Binding]
  {
    var bindings: [CheckDeclaration.Binding] = []
    repeat {
      skipNewlines()
      let label = try label("for a part")
      try expect(sign, "after `\(label)`")
      bindings.append(CheckDeclaration.Binding(name: label, value: try expression()))
    } while accept(.comma)
    return bindings
  }

  /// A name, or several words in quotes.
  private mutating func label(_ place: String) throws(Diagnostic) -> String {
    if case .string = current { return try text(place) }
    return try name(place).0
  }

  private mutating func names(_ place: String) throws(Diagnostic) -> [String] {
    var names: [String] = []
    repeat { names.append(try name(place).0) } while accept(.comma)
    return names
  }

  private mutating func number(_ place: String) throws(Diagnostic) -> Double {
    guard case .number(let number) = current else { throw unexpected("a number \(place)") }
    advance()
    return number
  }

  private mutating func count(_ place: String) throws(Diagnostic) -> Int {
    guard let count = Int(exactly: try number(place)), count >= 0, count <= 1_000 else {
      throw SyntaxFault.notCount.at(previousSpan)
    }
    return count
  }

  /// A string that is plain text.
  private mutating func text(_ place: String) throws(Diagnostic) -> String {
    guard case .string(let parts) = current else { throw unexpected("a text in quotes \(place)") }
    var text = ""
    for part in parts {
      guard case .text(let piece) = part else {
        throw SyntaxFault.expressionsInText.at(span)
      }
      text += piece
    }
    advance()
    return text
  }
}
