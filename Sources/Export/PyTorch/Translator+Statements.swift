// Statements in Python.
import Interpreter
import Syntax

extension Translator {
  /// Statements of a block, with the comments among them.
  /// - Parameters:
  ///   - start: the byte at which the block begins.
  ///   - givesResult: the last one's value is what the function gives.
  func translate(_ statements: [Statement], from start: Int, givesResult: Bool) {
    var last = start
    for (i, statement) in statements.enumerated() {
      let (begin, end) = (Int(statement.span.start), Int(statement.span.end))
      for comment in code.comments(last, begin) where !comment.isTrailing || i == 0 {
        self.comment(comment.text)
      }
      let isLast = i == statements.count - 1
      translate(statement, isResult: givesResult && isLast, isShown: false)
      let next = isLast ? end : Int(statements[i + 1].span.start)
      trail(end, next)
      last = end
    }
  }

  /// The comment behind a statement.
  func trail(_ end: Int, _ next: Int) {
    let stop = code.bytes[min(end, code.bytes.count)...].firstIndex(of: UInt8(ascii: "\n"))
    for comment in code.comments(end, max(next, stop ?? code.bytes.count)) where comment.isTrailing
    {
      annotate(comment.text)
      return
    }
  }

  /// One statement; what has no counterpart becomes a comment.
  func translate(_ statement: Statement, isResult: Bool, isShown: Bool) {
    let (count, open, tabs) = (lines.count, openNoGrad, indent)
    (assignedLine, pieces) = (nil, [:])
    // Python allows twenty blocks within each other.
    if indent > 18 { return leave(statement, "it nests too deep for Python") }
    do throws(Uncarried) { try say(statement, isResult: isResult, isShown: isShown) } catch {
      lines.removeLast(lines.count - count)
      (pending, openNoGrad, indent) = ([], open, tabs)
      leave(statement, error.reason)
    }
  }

  func leave(_ statement: Statement, _ reason: String) {
    let text = code.text(Int(statement.span.start), Int(statement.span.end))
    comment("Not carried over, \(reason):")
    for line in PythonText.comment(text) { emit("#   " + line.dropFirst(2)) }
    remark("\(reason).", at: Int(statement.span.start))
    var assigned: Set<String> = []
    Names.assigned(in: [statement], &assigned)
    for name in assigned {
      if scope.isTop { lost.insert(name) } else { scope.kinds[name] = .any }
    }
    // What it would have changed is not what was recorded.
    Walk.statements(in: [statement]) { inner in
      var subject: Expression?
      switch inner.kind {
      case .assign(let targets, _, _): subject = targets.first
      case .verb(_, let value, _): subject = value
      case .expression(let value): subject = value.calledBuiltin?.subject
      default: break
      }
      if case .name(let name)? = subject?.kind { unchecked.insert(name) }
    }
  }

  func say(_ statement: Statement, isResult: Bool, isShown: Bool) throws(Uncarried) {
    switch statement.kind {
    case .expression(let value): try say(value, isResult: isResult, isShown: isShown)
    case .assign(let targets, let operation, let value):
      try assign(targets, operation, value.asCall)
    case .parameter(let name, let value, _): try parameter(name, value)
    case .buffer(let name, let value, _):
      let inner = try piece(value)
      guard scope.isInit else {
        emit("\(names[name]) = \(floats(inner))")
        return set(name, .tensor)
      }
      emit(
        "self.register_buffer(\(PythonText.literal(attributes[name])), "
          + (inner.kind == .none ? "None" : floats(inner)) + ")"
      )
      set(name, inner.kind == .wholes ? .wholes : .tensor)
    case .branch(let branches, let otherwise): try branch(branches, otherwise, isResult)
    case .whileLoop(let condition, let body):
      try loop(statement, body) { () throws(Uncarried) in
        self.emit("while \(try self.piece(condition).text):")
      }
    case .repeatLoop(let count, let body):
      try loop(statement, body) { () throws(Uncarried) in
        self.emit("for _ in range(\(try self.whole(count))):")
      }
    case .forLoop(let targets, let sequence, let body):
      try forLoop(statement, targets, sequence, body)
    case .breakLoop: emit("break")
    case .continueLoop: emit("continue")
    case .returnValue(let value):
      guard let value else { return emit("return") }
      let inner = try piece(value)
      give(inner.kind)
      emit("return \(inner.text)")
    case .function(let function): try declare(function, statement)
    case .layer(let layer): try declaration(layer, statement)
    case .yield: throw Uncarried("a turn of a comprehension stands alone")
    case .noGrad(let body):
      emit("with torch.no_grad():")
      unrecorded += 1
      defer { unrecorded -= 1 }
      try indented { () throws(Uncarried) in
        self.translate(body, from: self.opening(statement), givesResult: isResult)
      }
    case .expect(let condition, let message): try expect(condition, message)
    case .verb(let verb, let subject, _): try self.verb(verb, subject, statement)
    }
  }

  /// Just behind the brace that opens a block, for the comments in it.
  func opening(_ statement: Statement) -> Int {
    let start = Int(statement.span.start)
    let brace = code.bytes[min(start, code.bytes.count)...].firstIndex(of: UInt8(ascii: "{"))
    return brace.map { $0 + 1 } ?? start
  }

  func say(_ value: Expression, isResult: Bool, isShown: Bool) throws(Uncarried) {
    if !isResult, let name = value.calledBuiltin {
      if name.name == "forward" || name.name == "zero_grad", kind(of: name.name) == nil {
        return name.name == "forward"
          ? try replay(name.subject, value) : try clearGradients(name.subject)
      }
    }
    let inner = try piece(value)
    if isResult {
      give(inner.kind)
      return emit(inner.kind == .none ? inner.text : "return \(inner.text)")
    }
    let isSilent = inner.kind == .none || inner.kind == .figure || !isShown || value.setsMode
    emit(isSilent ? inner.text : "print(\(inner.text))")
  }

  /// Notes what a function gives.
  func give(_ kind: ValueKind) {
    guard let facts = resultOf else { return }
    facts.result = facts.result.joined(kind)
  }
}

extension Expression {
  var isBracket: Bool { if case .bracket = kind { true } else { false } }

  /// The name that is called, plainly.
  var calledName: String? {
    if case .call(let callee, _) = kind, case .name(let name) = callee.kind { name } else { nil }
  }

  /// A function and what it is called of, in both spellings.
  var calledBuiltin: (name: String, subject: Expression?)? {
    guard case .call(let callee, let arguments) = kind else { return nil }
    switch callee.kind {
    case .name(let name): return (name, arguments.first?.value)
    case .field(let base, let name, _): return (name, base)
    default: return nil
    }
  }

  /// `model.train()`: nothing that one would print.
  var setsMode: Bool { ["train", "eval"].contains(calledBuiltin?.name) }
}

extension String {
  /// The last bracket closes the first.
  var isOneCall: Bool {
    guard hasSuffix(")") else { return false }
    var depth = 0
    for (i, character) in enumerated() {
      if "([".contains(character) { depth += 1 }
      if ")]".contains(character) { depth -= 1 }
      if depth == 0, character == ")", i < count - 1 { return false }
    }
    return true
  }
}
