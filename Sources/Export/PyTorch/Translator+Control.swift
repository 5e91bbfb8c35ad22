// Branches, loops and claims in Python.
import Interpreter
import Syntax

extension Translator {
  // MARK: Control

  func branch(
    _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement]?,
    _ isResult: Bool
  ) throws(Uncarried) {
    var conditions: [String] = []
    for branch in branches { conditions.append(try piece(branch.condition).text) }
    let before = scope.kinds
    var after: [[String: ValueKind]] = otherwise == nil ? [before] : []
    var bodies = branches.map { $0.body }
    if let otherwise { bodies.append(otherwise) }
    for (i, body) in bodies.enumerated() {
      emit(
        i == 0 ? "if \(conditions[0]):" : i < conditions.count ? "elif \(conditions[i]):" : "else:")
      scope.kinds = before
      try indented { () throws(Uncarried) in
        self.translate(body, from: Int(body.first?.span.start ?? 0), givesResult: isResult)
      }
      after.append(scope.kinds)
    }
    for name in Set(after.flatMap({ $0.keys })) {
      scope.kinds[name] = after.reduce(ValueKind.unset) {
        $0.joined($1[name] ?? before[name] ?? .unset)
      }
    }
  }

  func loop(
    _ statement: Statement, _ body: [Statement], _ head: () throws(Uncarried) -> Void
  ) throws(Uncarried) {
    let key = "\(code.number):\(statement.span.start)"
    let before = scope.kinds
    for (name, old) in before {
      if let kind = loopEnds[key + " " + name] { scope.kinds[name] = old.joined(kind) }
    }
    replicate(trainedIn: body)
    try head()
    let outer = block
    block = body
    loopDepth += 1
    defer { (block, loopDepth) = (outer, loopDepth - 1) }
    try indented { () throws(Uncarried) in
      self.translate(body, from: self.opening(statement), givesResult: false)
    }
    var changed: Set<String> = []
    Names.assigned(in: [statement], &changed)
    Walk.statements(in: body) { inner in
      if case .assign(let targets, _, _) = inner.kind, case .name(let name)? = targets.first?.kind {
        changed.insert(name)
      }
    }
    for name in changed {
      if let kind = scope.kinds[name] { loopEnds.add(key + " " + name, kind) }
    }
    for (name, kind) in before { scope.kinds[name] = kind.joined(scope.kinds[name] ?? .unset) }
  }

  func forLoop(
    _ statement: Statement, _ targets: [Statement.Target], _ sequence: Expression,
    _ body: [Statement]
  ) throws(Uncarried) {
    var source = try piece(sequence)
    if case .bracket(let elements) = sequence.kind, elements.allSatisfy({ $0.constant != nil }) {
      let texts = elements.compactMap { $0.constant }.map { PythonText.number($0) }
      let isWhole = elements.compactMap { $0.constant }.allSatisfy { $0 == $0.rounded() }
      source = Piece("[\(texts.joined(separator: ", "))]", .list(.number(isWhole: isWhole)))
    }
    var kinds: [ValueKind]
    switch source.kind {
    case .loader(let y), .dataset(let y): kinds = [.tensor, y]
    default:
      kinds = [ValueKind](repeating: source.kind.element, count: targets.count)
      if targets.count > 1 { kinds = kinds.map { $0.element } }
    }
    if case .call(let callee, let items) = sequence.kind, case .name("list") = callee.kind,
      targets.count == 1
    {
      var kind = ValueKind.unset
      for item in items { kind = kind.joined(try piece(item.value).kind) }
      kinds = [kind]
    }
    try loop(statement, body) { () throws(Uncarried) in
      let list = targets.map(self.written).joined(separator: ", ")
      self.emit("for \(list) in \(source.text):")
      for (i, target) in targets.enumerated() {
        let kind = i < kinds.count ? kinds[i] : .any
        switch target {
        case .name(let name, _): self.set(name, kind)
        case .group: for (name, _) in target.names { self.set(name, kind.element) }
        }
      }
    }
  }

  func expect(_ condition: Expression, _ message: Expression?) throws(Uncarried) {
    var test: Piece
    if case .binary(.close, let a, let b, _) = condition.kind {
      test = try scalarsClose(a, b)
    } else {
      test = try piece(condition)
    }
    if test.text.hasPrefix("("), test.strength == 9 { test = Piece("bool\(test.text)", .truth) }
    let words = try message.map { e throws(Uncarried) in ", " + (try piece(e).text) } ?? ""
    emit("assert \(test.text)\(words)")
  }
}
