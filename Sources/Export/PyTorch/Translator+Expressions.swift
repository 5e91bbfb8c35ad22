// Expressions in Python.
import Builtins
import Interpreter
import Syntax

extension Translator {
  /// An expression in Python. Within a statement each is translated once, however often it is
  /// looked at.
  func piece(_ expression: Expression) throws(Uncarried) -> Piece {
    var isGradient = false
    if case .gradient = expression.kind { isGradient = true }
    let key = PieceKey(span: expression.span, isStage: isStage)
    if !isGradient, let known = pieces[key] { return known }
    var isSum = false
    if case .binary = expression.kind { isSum = true }
    // Python reads some two hundred brackets within each other, and no more.
    (depth, bracketDepth) = (depth + 1, bracketDepth + (isSum ? 0 : 1))
    defer { (depth, bracketDepth) = (depth - 1, bracketDepth - (isSum ? 0 : 1)) }
    guard depth < 400, bracketDepth < 50 else { throw Uncarried("it nests too deep for Python") }
    let made = try translated(expression)
    if !isGradient { pieces[key] = made }
    return made
  }

  func translated(_ expression: Expression) throws(Uncarried) -> Piece {
    switch expression.kind {
    case .number(let n):
      if n.isNaN || n.isInfinite { imports.insert("import math") }
      // A sign binds more loosely than what may stand behind the number.
      return Piece(
        PythonText.number(n), .number(isWhole: n == n.rounded() && abs(n) < 1e15),
        strength: n < 0 ? 7 : 9)
    case .string(let parts): return try string(parts)
    case .boolean(let on): return Piece(on ? "True" : "False", .truth)
    case .none: return Piece("None", .none)
    case .name(let name): return try named(name)
    case .bracket(let elements): return try bracket(elements)
    case .tuple, .record: return try translated(expression.asCall)
    case .comprehension(let comprehension): return try gathered(comprehension)
    case .conditional(let condition, let yes, let no):
      let (a, test, b) = (try piece(yes), try piece(condition), try piece(no))
      return Piece(
        "\(a.bound(1)) if \(test.bound(1)) else \(b.bound(0))", a.kind.joined(b.kind), strength: 0)
    case .unary(let sign, let inner): return try unary(sign, inner)
    case .binary(let operation, let left, let right, _):
      return try binary(operation, left, right)
    case .logical(let isAnd, let left, let right):
      let (a, b) = (try piece(left), try piece(right))
      let strength = isAnd ? 2 : 1
      return Piece(
        a.bound(strength) + (isAnd ? " and " : " or ") + b.bound(strength + 1),
        a.kind.joined(b.kind), strength: strength)
    case .call(let callee, let arguments): return try call(callee, arguments, expression)
    case .index(let base, let entries): return try index(base, entries)
    case .field(let base, let name, _): return try field(base, name)
    case .function(let function): return try anonymous(function, expression)
    case .gradient(let of, let by): return try gradient(of, by)
    }
  }

  /// Python has the same comprehensions, and keeps their names inside as well.
  private func gathered(_ comprehension: Comprehension) throws(Uncarried) -> Piece {
    let outer = scope.kinds
    defer { scope.kinds = outer }
    var loops = ""
    for clause in comprehension.clauses {
      let source = try piece(clause.sequence)
      let names = clause.targets.flatMap { $0.names.map { $0.name } }
      let isLone = names.count == 1 && clause.targets.count == 1
      for name in names {
        scope.kinds[name] = isLone ? source.kind.element : source.kind.element.element
      }
      loops += " for \(clause.targets.map(written).joined(separator: ", ")) in \(source.bound(1))"
      for condition in clause.conditions { loops += " if \(try piece(condition).bound(1))" }
    }
    let value = try piece(comprehension.value)
    guard let key = comprehension.key else {
      return Piece("[\(value.bound(0))\(loops)]", .list(value.kind))
    }
    need("Record")
    return Piece("Record({\(try piece(key).bound(0)): \(value.bound(0))\(loops)})", .record)
  }

  /// A loop's names in Python.
  func written(_ target: Statement.Target) -> String {
    switch target {
    case .name(let name, _): names[name]
    case .group(let targets): "(\(targets.map(written).joined(separator: ", ")))"
    }
  }

  func named(_ name: String) throws(Uncarried) -> Piece {
    if lost.contains(name), scope.isTop {
      throw Uncarried("`\(name)` could not be carried over")
    }
    if let kind = kind(of: name) { return Piece(written(name), kind) }
    if let constant = ["pi": "math.pi", "inf": "math.inf", "nan": "math.nan"][name] {
      imports.insert("import math")
      return Piece(constant, .fraction)
    }
    guard let row = NameRow.byName[name] else {
      if let builtin = Builtin.named(name) {
        let draws = [.looking, .figures].contains(builtin.topic)
        throw Uncarried(
          draws
            ? "PyTorch has nothing that shows what `\(name)` does"
            : "`\(name)` has no counterpart in PyTorch")
      }
      return Piece(written(name), .any)
    }
    switch row.form {
    case .helper, .data:
      need(row.target)
    case .call, .module, .optimizer, .schedule: break
    case .method, .special: throw Uncarried("`\(name)` as a value has no counterpart")
    }
    if name == "mlp" { need("mlp") }
    return Piece(row.target, .callable([.builtin(name)]))
  }

  // MARK: Functions

  func anonymous(_ function: Function, _ expression: Expression) throws(Uncarried) -> Piece {
    let place = "\(code.number):\(expression.span.start)"
    let kind = ValueKind.callable([.written(place)])
    if function.isShort, case .expression(let body)? = function.body.first?.kind {
      let inner = try enter(function, place, kinds: nil) { () throws(Uncarried) -> String in
        let value = try self.piece(body)
        self.functionFacts(place).result = self.functionFacts(place).result.joined(value.kind)
        return value.text
      }
      let list = try parameters(function)
      return Piece("lambda" + (list.isEmpty ? "" : " " + list) + ": " + inner, kind, strength: 0)
    }
    let name = names.own("function_\(place.replacing(":", with: "_"))")
    let (outer, depth, open) = (lines, indent, pending)
    (lines, indent, pending) = ([], 0, [])
    defer { (lines, indent) = (outer, depth) }
    do throws(Uncarried) { try definition(function, name, place) } catch {
      pending = open
      throw error
    }
    pending = open + lines
    return Piece(name, kind)
  }

  func gradient(_ of: Expression, _ by: Expression) throws(Uncarried) -> Piece {
    let isNested = if case .gradient = of.kind { true } else { false }
    var root = try piece(of)
    if isNested || of.isGradientCall { root = Piece(recorded(root.text), .tensor) }
    if case .index(let base, let entries) = by.kind {
      let whole = try piece(base)
      if whole.kind.isTensor {
        var parts: [String] = []
        for item in entries { parts.append(try entry(item, of: .tensor)) }
        return Piece(
          "torch.autograd.grad(\(root.text), \(whole.text), retain_graph=True)[0]"
            + "[\(parts.joined(separator: ", "))]", .tensor)
      }
    }
    let variable = try piece(by)
    let call = "torch.autograd.grad(\(root.text), \(variable.text), retain_graph=True)"
    if case .list = variable.kind { return Piece(call, .list(.tensor)) }
    return Piece(call + "[0]", .tensor)
  }

  /// A gradient that is differentiated again.
  func recorded(_ text: String) -> String {
    text.replacing("retain_graph=True)", with: "create_graph=True)")
  }
}

extension Expression {
  /// A plain number, with its sign.
  var constant: Double? {
    switch kind {
    case .number(let n): n
    case .unary(.negate, let inner): inner.constant.map { -$0 }
    case .name("inf"): nil
    default: nil
    }
  }

  var isGradientCall: Bool {
    switch kind {
    case .gradient: true
    case .call(let callee, _): if case .name("grad") = callee.kind { true } else { false }
    default: false
    }
  }
}
