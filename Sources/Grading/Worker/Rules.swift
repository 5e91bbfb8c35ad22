// What a checked script may not say, found by reading it.
import Diagnostics
import Session
import Syntax

enum Rules {
  /// Words of the checks.
  static let reserved: Set<String> = [
    "check", "expect", "exercise", "forbid", "factors", "misconception",
  ]

  /// The first breach of the exercise's rules that concerns a call.
  static func breach(_ statements: [Statement], _ script: ScriptNames, _ job: Job) -> Diagnostic? {
    reservedName(statements)
      ?? job.forbidden.lazy.compactMap { forbidden($0, statements, script, job.call) }.first
  }

  /// Why a script cannot be read that is written in another way than text is here.
  static func unreadable(_ script: String) -> Diagnostic? {
    let scalars = Array(script.unicodeScalars)
    let isLone = scalars.indices.contains { i in
      scalars[i] == "\r" && (i + 1 == scalars.count || scalars[i + 1] != "\n")
    }
    if isLone {
      return GradingFault.lineEnds("carriage returns alone, as old Mac programs write").at(nil)
    }
    if scalars.contains(where: { $0.value == 0x2028 || $0.value == 0x2029 }) {
      return GradingFault.lineEnds("line separators (U+2028)").at(nil)
    }
    return nil
  }

  private static func reservedName(_ statements: [Statement]) -> Diagnostic? {
    var found: Diagnostic?
    func refuse(_ name: String, _ span: Span) {
      guard found == nil, reserved.contains(name) else { return }
      found = GradingFault.reserved(name).at(span)
    }
    func look(_ body: [Statement]) {
      Walk.statements(in: body) { statement in
        switch statement.kind {
        case .assign(let targets, _, _):
          for target in targets {
            for name in target.assignedNames { refuse(name, target.span) }
          }
        case .parameter(let name, _, let span), .buffer(let name, _, let span): refuse(name, span)
        case .forLoop(let targets, _, _):
          for target in targets { for (name, span) in target.names { refuse(name, span) } }
        case .function(let function): refuse(function.name ?? "", statement.span)
        case .layer(let layer): refuse(layer.name, statement.span)
        default: break
        }
      }
    }
    look(statements)
    return found
  }

  /// A built-in that the learner's functions may not use. At the top level it may be called, to compare; under
  /// another name it could be carried into a function. Only what the call can reach counts.
  private static func forbidden(
    _ name: String, _ statements: [Statement], _ script: ScriptNames, _ call: String
  ) -> Diagnostic? {
    let reached = script.reached(from: call)
    if reached.contains(ScriptNames.top), let span = alias(of: name, in: statements) {
      return refusal(name, "under another name", span)
    }
    var culprits: [(function: String, span: Span)] = []
    func enter(_ function: Function, _ known: String, _ isOwn: Bool = false) {
      let label = function.name ?? known
      // A default is evaluated outside; within, a name of the function's own is not the built-in.
      let defaults = function.parameters.compactMap { $0.fallback }
        .map { Statement(kind: .expression($0), span: $0.span) }
      let isOwn = isOwn || assigns(name, function)
      let span =
        mention(of: name, in: defaults) ?? mention(of: name, in: function.body, isOwn: isOwn)
      if let span { culprits.append((known, span)) }
      Walk.expressions(in: defaults) { expression in
        if let inner = expression.innerFunction { enter(inner, label) }
      } function: { _ in
      }
      // What stands within belongs to what is declared at the top.
      Walk.expressions(in: function.body) { expression in
        if let inner = expression.innerFunction { enter(inner, known, isOwn) }
      } function: { inner in
        enter(inner, known, isOwn)
      }
    }
    Walk.expressions(in: statements) { expression in
      if let inner = expression.innerFunction { enter(inner, ScriptNames.top) }
    } function: {
      enter($0, script.owner(of: $0))
    }
    guard let culprit = culprits.first(where: { reached.contains($0.function) }) else { return nil }
    let trace = script.path(to: culprit.function, from: call)
    return refusal(name, "in " + trace.map { "`\($0)`" }.joined(separator: " → "), culprit.span)
  }

  private static func refusal(_ name: String, _ place: String, _ span: Span) -> Diagnostic {
    GradingFault.forbidden(name: name, place: place).at(span)
  }

  /// Whether a function has a parameter or a variable of this name.
  private static func assigns(_ name: String, _ function: Function) -> Bool {
    var found = function.parameters.contains { $0.name == name }
    Walk.statements(in: function.body) { statement in
      guard case .assign(let targets, .assign, _) = statement.kind else { return }
      found = found || targets.contains { $0.assignedNames.contains(name) }
    }
    return found
  }

  /// Where statements use a name, functions not entered.
  /// - Parameter isOwn: as a variable the name means something else here.
  private static func mention(of name: String, in body: [Statement], isOwn: Bool = false) -> Span? {
    var found: Span?
    func note(_ span: Span) { if found == nil { found = span } }
    Walk.statements(in: body) { statement in
      if case .verb(let verb, _, _) = statement.kind, verb.rawValue == name { note(statement.span) }
    }
    Walk.expressions(in: body) { expression in
      switch expression.kind {
      case .name(name) where !isOwn: note(expression.span)
      case .call(let callee, _):
        if case .field(_, name, let span) = callee.kind { note(span) }
      case .gradient: if name == "grad" { note(expression.span) }
      default: break
      }
    } function: { _ in
    }
    return found
  }

  /// Where the top level mentions a name without calling it.
  private static func alias(of name: String, in statements: [Statement]) -> Span? {
    var called: Set<Span> = []
    var found: Span?
    Walk.expressions(in: statements) { expression in
      if case .call(let callee, _) = expression.kind, case .name(name) = callee.kind {
        called.insert(callee.span)
      }
      if case .name(name) = expression.kind, !called.contains(expression.span), found == nil {
        found = expression.span
      }
    } function: { _ in
    }
    return found
  }

  /// The names that a text gives a meaning at its top level.
  static func definitions(_ text: String) -> [String] {
    var names: Set<String> = []
    Walk.statements(in: Parser.parse(SourceText(id: 0, name: "starter", text)).statements) {
      switch $0.kind {
      case .function(let function): names.insert(function.name ?? "")
      case .layer(let layer): names.insert(layer.name)
      case .assign(let targets, .assign, _):
        names.formUnion(targets.flatMap { $0.assignedNames })
      default: break
      }
    }
    return names.sorted()
  }

  /// Characters that make a script read otherwise than it runs.
  static func warnings(_ script: String) -> [String] {
    var found: [String] = []
    let names = Set(words(script[...]))
    // A carriage return before a line's end is one character with it.
    let lines = script.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (i, line) in lines.enumerated() {
      if found.count == 5 { break }
      if let bad = line.unicodeScalars.first(where: {
        $0 != "\t" && $0 != "\r" && Escaped.isUnsafe($0)
      }) {
        found.append(
          "line \(i + 1) holds an invisible character, U+\(String(bad.value, radix: 16).uppercased())"
        )
      } else if let name = twin(line, among: names) {
        found.append("line \(i + 1): `\(name)` has letters that only look like Latin ones")
      }
    }
    return found
  }

  private static func words(_ text: Substring) -> [Substring] {
    text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
  }

  /// A word with a Cyrillic or Greek look-alike, beside Latin letters or beside its Latin twin.
  private static func twin(_ line: Substring, among names: Set<Substring>) -> Substring? {
    words(line.prefix { $0 != "#" }).first { word in
      let folded = LookAlike.folded(String(word))
      return folded != word
        && (names.contains(folded[...]) || word.contains { $0.isASCII && $0.isLetter })
    }
  }
}
