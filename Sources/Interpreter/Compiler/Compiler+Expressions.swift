// Expressions to closures.
import Platform
import Autograd
import Diagnostics
import Syntax
import Tensors

extension Compiler {
  /// Compiles an expression.
  package func code(_ expression: Expression) throws(Diagnostic) -> Code {
    let span = expression.span
    switch expression.kind {
    case .number(let n): return Code { _ in .number(n) }
    case .boolean(let on): return Code { _ in .bool(on) }
    case .none: return Code { _ in .none }
    case .name(let name): return load(name, span)
    case .string(let parts): return try string(parts, span)
    case .bracket(let elements): return try bracket(elements, span)
    case .tuple(let elements): return try tuple(elements, span)
    case .record(let entries): return try record(entries, span)
    case .comprehension(let comprehension): return try gathering(comprehension, span)
    case .conditional(let condition, let yes, let no):
      return try choice(
        condition, { () throws(Diagnostic) in try self.code(yes) },
        { () throws(Diagnostic) in try self.code(no) })
    case .unary(let sign, let inner): return try unary(sign, inner, span)
    case .binary(let operation, let left, let right, let place):
      return try binary(operation, left, right, place, span)
    case .logical(let isAnd, let left, let right):
      let (a, b) = (try code(left), try code(right))
      let (machine, place) = (machine, left.span)
      return Code { f throws(Diagnostic) in
        let value = try a.run(f)
        return try machine.truth(value, place) == isAnd ? try b.run(f) : value
      }
    case .call(let callee, let arguments): return try call(callee, arguments, span)
    case .index(let base, let entries): return try index(base, entries, span)
    case .field(let base, let name, let place):
      let object = try code(base)
      let machine = machine
      return Code { f throws(Diagnostic) in
        try machine.field(try object.run(f), name, place)
      }
    case .function(let function): return try closure(function, span)
    case .gradient(let of, let by): return try gradient(of, by, span, isRecorded: false)
    }
  }

  /// One value or another; what makes them is compiled after the condition.
  func choice(
    _ condition: Expression, _ yes: @escaping () throws(Diagnostic) -> Code,
    _ no: @escaping () throws(Diagnostic) -> Code
  ) throws(Diagnostic) -> Code {
    if let code = try compiled(by: condition, ChoiceForm(yes: yes, no: no)) { return code }
    let c = Captures((test: try test(condition), yes: try yes(), no: try no()))
    return Code { f throws(Diagnostic) in
      try c.parts.test.run(f) ? try c.parts.yes.run(f) : try c.parts.no.run(f)
    }
  }

  /// `∂a/∂b`, as a plain value or as one that is differentiated again.
  func gradient(_ of: Expression, _ by: Expression, _ span: Span, isRecorded: Bool)
    throws(Diagnostic) -> Code
  {
    let a = try differentiable(of)
    let isNested = if case .gradient = of.asDerivative.kind { true } else { false }
    let machine = machine
    func gradient(_ f: Frame, by x: Value) throws(Diagnostic) -> Value {
      try machine.gradient(
        try a.run(f), by: x, span, of.span, by.span, isRecorded: isRecorded, orZero: isNested)
    }
    guard case .index(let base, let entries) = by.kind else {
      let b = try code(by)
      return Code { f throws(Diagnostic) in try gradient(f, by: try b.run(f)) }
    }
    // `∂loss/∂W[0, 2]` is an entry of ∂loss/∂W; `∂loss/∂list[0]` is by what the list holds.
    let (whole, parts, site) = (try code(base), try indexParts(entries), site(span, [of]))
    return Code { f throws(Diagnostic) in
      let variable = try whole.run(f)
      guard case .tensor = variable else {
        return try gradient(f, by: try machine.element(variable, try parts(f), by.span, site))
      }
      return try machine.element(try gradient(f, by: variable), try parts(f), by.span, site)
    }
  }

  /// What is differentiated: a derivative in it is recorded.
  func differentiable(_ expression: Expression) throws(Diagnostic) -> Code {
    guard case .gradient(let of, let by) = expression.asDerivative.kind else {
      return try code(expression)
    }
    return try gradient(of, by, expression.span, isRecorded: true)
  }

  // MARK: Literals

  private func string(_ parts: [Expression.StringPart], _ span: Span) throws(Diagnostic) -> Code {
    if case .text(let text)? = parts.first, parts.count == 1 {
      let constant = StringObject(text)
      return Code { _ in .string(constant) }
    }
    var pieces: [(Code, String)] = []
    for part in parts {
      switch part {
      case .text(let text):
        let constant = StringObject(text)
        pieces.append((Code { _ in .string(constant) }, ""))
      case .expression(let value, let format): pieces.append((try code(value), format))
      }
    }
    let fixed = pieces
    let machine = machine
    return Code { f throws(Diagnostic) in
      var text = ""
      for (piece, format) in fixed {
        text += try machine.text(of: try piece.run(f), format: format, span)
        try machine.checkSize(text.utf8.count, "string", span)
      }
      return Value(text)
    }
  }

  private func bracket(_ elements: [Expression], _ span: Span) throws(Diagnostic) -> Code {
    let bracket = try Bracket(elements, span, self)
    return Code { f throws(Diagnostic) in try bracket.run(f) }
  }

  private func tuple(_ elements: [Expression], _ span: Span) throws(Diagnostic) -> Code {
    var codes: [Code] = []
    for element in elements { codes.append(try code(element)) }
    let fixed = codes
    return Code { f throws(Diagnostic) in
      var values: [Value] = []
      values.reserveCapacity(fixed.count)
      for code in fixed { values.append(try code.run(f)) }
      return try Value.list(ListObject(values)).nested(span)
    }
  }

  private func record(_ entries: [Expression.RecordEntry], _ span: Span) throws(Diagnostic) -> Code
  {
    var codes: [(key: Code, value: Code, place: Span)] = []
    for entry in entries {
      codes.append((try code(entry.key), try code(entry.value), entry.key.span))
    }
    let fixed = codes
    let machine = machine
    return Code { f throws(Diagnostic) in
      let record = RecordObject([])
      for (key, value, place) in fixed {
        let name = try machine.recordName(try key.run(f), place)
        record[name] = try value.run(f)
      }
      return try Value.record(record).nested(span)
    }
  }

  /// The loops of a comprehension run as a function of their own, so that their names stay inside; each turn
  /// adds to what the machine gathers.
  private func gathering(_ comprehension: Comprehension, _ span: Span) throws(Diagnostic) -> Code {
    let first = try code(comprehension.clauses[0].sequence)
    let loops = try closure(comprehension.loops, span, isWatched: false)
    let machine = machine
    let isRecord = comprehension.key != nil
    let top = scope.top
    return Code { f throws(Diagnostic) in
      let sequence = try first.run(f)
      let gathered: Value = isRecord ? .record(RecordObject([])) : .list(ListObject([]))
      machine.gathered.append(gathered)
      defer { machine.gathered.removeLast() }
      guard case .function(let function) = try loops.run(f) else { return gathered }
      let window = f.above(top)
      window.base.initialize(to: sequence)
      _ = try machine.invoke(function, window, span)
      return gathered
    }
  }

  // MARK: Operators

  private func unary(_ sign: UnaryOperator, _ inner: Expression, _ span: Span) throws(Diagnostic)
    -> Code
  {
    let operand = try code(inner)
    let machine = machine
    if sign == .not {
      return Code { f throws(Diagnostic) in
        .bool(try !machine.truth(try operand.run(f), inner.span))
      }
    }
    let site = site(span, [inner])
    return Code { f throws(Diagnostic) in
      let value = try operand.run(f)
      if case .number(let n) = value { return .number(-n) }
      return try machine.negate(value, span, site)
    }
  }

  func operatorSite(_ left: Expression, _ right: Expression, _ span: Span) -> OperatorSite {
    OperatorSite(
      number: site(span, [left, right]), span: span, left: left.span, right: right.span, machine)
  }

  private func binary(
    _ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ place: Span,
    _ span: Span
  ) throws(Diagnostic) -> Code {
    let site = operatorSite(left, right, place)
    if let code = try compiled(operation, left, right, ValueForm(site: site)) { return code }
    switch operation {
    case .matmul:
      let (a, b) = (try code(left), try code(right))
      let machine = machine
      return Code { f throws(Diagnostic) in
        try machine.apply(.matmul, "@", try a.run(f), try b.run(f), site)
      }
    case .isIn:
      let (a, b) = (try code(left), try code(right))
      let machine = machine
      return Code { f throws(Diagnostic) in
        .bool(try machine.contains(try b.run(f), try a.run(f), site))
      }
    default:
      guard let relation = Kernel.Relation(rawValue: operation.rawValue) else {
        return Code { _ in .none }
      }
      return try comparison(relation, left, right, site)
    }
  }

  private func comparison(
    _ relation: Kernel.Relation, _ left: Expression, _ right: Expression, _ site: OperatorSite
  ) throws(Diagnostic) -> Code {
    let (a, b) = (try code(left), try code(right))
    let machine = machine
    return Code { f throws(Diagnostic) in
      let (x, y) = (try a.run(f), try b.run(f))
      if case .number(let x) = x, case .number(let y) = y { return .bool(relation.holds(x, y)) }
      return try machine.compare(relation, x, y, site)
    }
  }

  /// A condition without the detour over a boxed truth value.
  /// - Parameter decides: whether the program goes one way or another by it, which no replay can follow.
  func test(_ expression: Expression, decides: Bool = true) throws(Diagnostic) -> Test {
    if let test = try compiled(by: expression, decides: decides, TestForm()) { return test }
    let value = try code(expression)
    let (machine, span) = (machine, expression.span)
    return Test { f throws(Diagnostic) in try machine.truth(try value.run(f), span) }
  }

  func localSlot(_ expression: Expression) -> Int? {
    guard case .name(let name) = expression.kind, case .local(let slot) = scope.place(name) else {
      return nil
    }
    return slot
  }

  // MARK: Indexing

  private func index(_ base: Expression, _ entries: [Expression.IndexEntry], _ span: Span)
    throws(Diagnostic) -> Code
  {
    let object = try code(base)
    let machine = machine
    if entries.count == 1, case .value(let place) = entries[0] {
      if let list = localSlot(base), let counter = localSlot(place) {
        return try localElement(list, counter, object, try code(place), span, base)
      }
      let position = try code(place)
      let site = site(span, [base])
      return Code { f throws(Diagnostic) in
        let container = try object.run(f)
        let position = try position.run(f)
        if case .list(let list) = container, case .number(let n) = position,
          let i = Int(whole: n), i >= 0, i < list.items.count
        {
          return list.items[i]
        }
        return try machine.element(container, [.value(position)], span, site)
      }
    }
    let parts = try indexParts(entries)
    let site = site(span, [base])
    return Code { f throws(Diagnostic) in
      let container = try object.run(f)
      return try machine.element(container, try parts(f), span, site)
    }
  }

  /// `xs[i]` with both in slots: neither is copied out to be looked at.
  private func localElement(
    _ slot: Int, _ counter: Int, _ object: Code, _ place: Code, _ span: Span, _ base: Expression
  ) throws(Diagnostic) -> Code {
    let c = Captures(
      (
        slot: slot, counter: counter, object: object, place: place, span: span,
        site: site(span, [base]), machine: machine
      ))
    return Code { f throws(Diagnostic) in
      if let list = (f.base + c.parts.slot).list, case .number(let n) = f.base[c.parts.counter],
        let i = UInt32(small: n),
        let item = list._withUnsafeGuaranteedRef({ i < $0.items.count ? $0.items[Int(i)] : nil })
      {
        return item
      }
      return try c.parts.machine.element(
        try c.parts.object.run(f), [.value(try c.parts.place.run(f))], c.parts.span,
        c.parts.site)
    }
  }

  /// The entries of an index, evaluated when asked.
  func indexParts(_ entries: [Expression.IndexEntry]) throws(Diagnostic)
    -> (Frame) throws(Diagnostic) -> [IndexPart]
  {
    var codes: [[Code?]] = []
    for entry in entries {
      switch entry {
      case .value(let value): codes.append([try code(value)])
      case .slice(let a, let b, let c):
        var part: [Code?] = []
        for bound in [a, b, c] {
          if let bound { part.append(try code(bound)) } else { part.append(nil) }
        }
        codes.append(part)
      case .ellipsis: codes.append([])
      }
    }
    let fixed = codes
    return { f throws(Diagnostic) in
      var parts: [IndexPart] = []
      for part in fixed {
        var values: [Value] = []
        for code in part { values.append(try code?.run(f) ?? .none) }
        parts.append(
          values.isEmpty
            ? .ellipsis
            : values.count == 1 ? .value(values[0]) : .slice(values[0], values[1], values[2]))
      }
      return parts
    }
  }
}

/// Brackets: a tensor of the default type where they can be, or lists, whose numbers have no type yet.
final class Bracket {
  private enum Part {
    case code(Code)
    case bracket(Bracket)
  }

  private let parts: [Part]
  private let isBracket: [Bool]
  private let span: Span
  private let site: UInt32
  private let machine: Machine

  init(_ elements: [Expression], _ span: Span, _ compiler: Compiler) throws(Diagnostic) {
    var parts: [Part] = []
    for element in elements {
      if case .bracket(let inner) = element.kind {
        parts.append(.bracket(try Bracket(inner, element.span, compiler)))
      } else {
        parts.append(.code(try compiler.code(element)))
      }
    }
    self.parts = parts
    isBracket = parts.map { if case .bracket = $0 { true } else { false } }
    self.span = span
    site = compiler.site(span, elements)
    machine = compiler.machine
  }

  func run(_ f: Frame, asList: Bool = false) throws(Diagnostic) -> Value {
    var values: [Value] = []
    values.reserveCapacity(parts.count)
    for part in parts {
      switch part {
      case .code(let code): values.append(try code.run(f))
      case .bracket(let inner): values.append(try inner.run(f, asList: asList))
      }
    }
    if asList { return .list(ListObject(values)) }
    return try machine.bracket(values, isBracket, span, site)
  }
}
