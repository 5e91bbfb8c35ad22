// Statements to closures.
import Autograd
import Diagnostics
import Syntax
import Tensors

extension Compiler {
  /// Compiles a statement.
  package func action(_ statement: Statement) throws(Diagnostic) -> Action {
    let span = statement.span
    let machine = machine
    switch statement.kind {
    case .expression(let value):
      if let action = try appending(value) { return action }
      let c = Captures((code: try code(value), machine: machine, span: span))
      return Action { f throws(Diagnostic) in
        try c.parts.machine.draw(try c.parts.code.run(f), at: c.parts.span)
        return .normal
      }
    case .assign(let targets, let operation, let value):
      return try assignment(targets, operation, value, span)
    case .parameter(let name, let value, _):
      let (code, store) = (try code(value), store(name))
      return Action { f throws(Diagnostic) in
        store.run(f, try machine.makeParameter(try code.run(f), name, value.span))
        return .normal
      }
    case .buffer(let name, let value, _):
      let (code, store) = (try code(value), store(name))
      return Action { f throws(Diagnostic) in
        store.run(f, try machine.makeBuffer(try code.run(f), value.span))
        return .normal
      }
    case .branch(let branches, let otherwise): return try branch(branches, otherwise)
    case .whileLoop(let condition, let body):
      let (test, turn) = (try test(condition), try turn(body, span))
      return Action { f throws(Diagnostic) in try turn.repeated(f, while: test) }
    case .forLoop(let targets, let sequence, let body):
      return try forLoop(targets, sequence, body, span)
    case .repeatLoop(let count, let body):
      let (times, turn) = (try code(count), try turn(body, span))
      return Action { f throws(Diagnostic) in
        let times = try machine.count(try times.run(f), "repeat", count.span)
        return try turn.repeated(f, times)
      }
    case .breakLoop: return Action { _ in .breakLoop }
    case .continueLoop: return Action { _ in .continueLoop }
    case .returnValue(let value):
      guard let value else { return Action { _ in .returned(.none) } }
      let code = try code(value)
      return Action { f throws(Diagnostic) in .returned(try code.run(f)) }
    case .function(let function):
      let (made, store) = (try closure(function, span), store(function.name ?? ""))
      return Action { f throws(Diagnostic) in
        store.run(f, try made.run(f))
        return .normal
      }
    case .layer(let layer):
      let (made, store) = (try declaration(layer), store(layer.name))
      return Action { f throws(Diagnostic) in
        store.run(f, try made.run(f))
        return .normal
      }
    case .noGrad(let body):
      let action = try block(body)
      let graph = graph
      return Action { f throws(Diagnostic) in
        let was = graph.isRecording
        graph.isRecording = false
        defer { graph.isRecording = was }
        return try action.run(f)
      }
    case .expect(let condition, let message): return try expectation(condition, message, span)
    case .verb(let verb, let subject, let options):
      return try self.verb(verb, subject, options, span)
    case .yield(let key, let value):
      let name = try key.map { e throws(Diagnostic) in (code: try code(e), span: e.span) }
      let entry = try code(value)
      return Action { f throws(Diagnostic) in
        // Names come first, as they are written.
        let name = try name.map { name throws(Diagnostic) in
          try machine.recordName(try name.code.run(f), name.span)
        }
        try machine.gather(try entry.run(f), under: name, value.span)
        return .normal
      }
    }
  }

  /// `append(xs, value)`, xs a plain local: no reference to the list is counted.
  private func appending(_ expression: Expression) throws(Diagnostic) -> Action? {
    guard case .call(let callee, let arguments) = expression.kind, arguments.count == 2,
      arguments.allSatisfy({ $0.name == nil }), case .name(let name) = callee.kind,
      let slot = globalSlot(name), let append = machine.vocabulary[name], append.appends,
      let list = localSlot(arguments[0].value), !machine.probe.isGuarding
    else { return nil }
    let c = Captures(
      (
        slot: slot, append: append, list: list, value: try code(arguments[1].value),
        general: try code(expression), span: expression.span
      ))
    return Action { f throws(Diagnostic) in
      guard (f.state.pointee.globals + c.parts.slot).holds(c.parts.append),
        let list = (f.base + c.parts.list).list
      else {
        _ = try c.parts.general.run(f)
        return .normal
      }
      let value = try c.parts.value.run(f)
      if value.isPlain {
        list._withUnsafeGuaranteedRef { $0.append(plain: consume value) }
      } else {
        try list.takeUnretainedValue().append(value, c.parts.span)
      }
      return .normal
    }
  }

  // MARK: Control

  private func branch(
    _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement]?
  ) throws(Diagnostic) -> Action {
    var rest = try block(otherwise ?? [])
    for (condition, body) in branches.reversed() {
      let form = BranchForm(yes: { () throws(Diagnostic) in try self.block(body) }, no: rest)
      if let branch = try compiled(by: condition, form) {
        rest = branch
        continue
      }
      let c = Captures((test: try test(condition), taken: try block(body), rest: rest))
      rest = Action { f throws(Diagnostic) in
        try c.parts.test.run(f) ? try c.parts.taken.run(f) : try c.parts.rest.run(f)
      }
    }
    return rest
  }

  /// A loop's body. The library's own loops run over one input, not over many steps of training: the graph is
  /// not told of their turns, and what they compute keeps its history.
  private func turn(_ body: [Statement], _ span: Span) throws(Diagnostic) -> Turn {
    Turn(try block(body), isSealed ? nil : graph, span)
  }

  private func forLoop(
    _ targets: [Statement.Target], _ sequence: Expression, _ body: [Statement], _ span: Span
  ) throws(Diagnostic) -> Action {
    let source = try code(sequence)
    // A lone name gets the elements of a range or a list at once.
    var lone: LoopVariable?
    if targets.count == 1, case .name(let name, _) = targets[0] {
      let place: LoopVariable.Place =
        switch scope.place(name) {
        case .local(let slot): .local(slot)
        case .global: .global(machine.slot(name))
        case .boxed: .other
        }
      lone = LoopVariable(store: store(name), place: place)
    }
    let keep = storing(targets, span)
    let (turn, machine, isTop) = (try turn(body, span), machine, scope.isTop)
    let variable = lone
    return Action { f throws(Diagnostic) in
      let values = try source.run(f)
      let isMeasured = isTop && machine.beginProgress()
      defer { if isMeasured { machine.endProgress() } }
      if let variable {
        switch values {
        case .range(let range):
          let tell = { machine.progress($0, of: range.count) }
          return try turn.repeated(f, over: range, variable, tell: isMeasured ? tell : nil)
        case .list(let list): return try turn.repeated(f, over: list, variable)
        default: break
        }
      }
      return try turn.repeated(
        f, over: { i throws(Diagnostic) in try machine.next(of: values, i, sequence.span) }, keep)
    }
  }

  /// Gives a value to a loop's names: to the only one, or its parts to several.
  private func storing(_ targets: [Statement.Target], _ span: Span)
    -> (Frame, Value) throws(Diagnostic) -> Void
  {
    if targets.count == 1 {
      switch targets[0] {
      case .name(let name, _):
        let store = store(name)
        return { f, value throws(Diagnostic) in store.run(f, value) }
      case .group(let inner): return storing(inner, span)
      }
    }
    return storing(targets.map { storing([$0], span) }, span)
  }

  /// Gives the parts of a value to as many takers.
  private func storing(_ takers: [(Frame, Value) throws(Diagnostic) -> Void], _ span: Span)
    -> (Frame, Value) throws(Diagnostic) -> Void
  {
    let machine = machine
    return { f, value throws(Diagnostic) in
      let parts = try machine.unpack(value, takers.count, span)
      for (taker, part) in zip(takers, parts) { try taker(f, part) }
    }
  }

  // MARK: Assignment

  private func assignment(
    _ targets: [Expression], _ operation: AssignOperator, _ value: Expression, _ span: Span
  ) throws(Diagnostic) -> Action {
    let machine = machine
    if targets.count > 1 {
      let (source, store) = (try code(value), try storing(parts: targets, span))
      return Action { f throws(Diagnostic) in
        try store(f, try source.run(f))
        return .normal
      }
    }
    let target = targets[0]
    switch operation {
    case .assign:
      if case .name(let name) = target.kind, let update = try update(name, value) { return update }
      let source = try code(value)
      if case .name(let name) = target.kind {
        return rebinding(name, source, target.span)
      }
      let store = try storing(target)
      return Action { f throws(Diagnostic) in
        try store(f, try source.run(f))
        return .normal
      }
    case .inPlace:
      if case .index(let base, let entries) = target.kind {
        return try storingEntries(base, entries, value, target, value.span)
      }
      let (old, source) = (try code(target), try code(value))
      return Action { f throws(Diagnostic) in
        let new = try source.run(f)
        try machine.storeInPlace(new, into: try old.run(f), target.span, value.span)
        return .normal
      }
    default: return try compound(target, operation, value, span)
    }
  }

  /// `local = local op value`
  private func update(_ name: String, _ value: Expression) throws(Diagnostic) -> Action? {
    guard case .binary(let operation, let left, let right, let place) = value.kind,
      case .local(let slot) = scope.place(name), localSlot(left) == slot
    else { return nil }
    return try compiled(
      operation, left, right,
      AccumulatingForm(site: operatorSite(left, right, place), slot: slot, store: store(name)))
  }

  /// `name = value`
  private func rebinding(_ name: String, _ source: Code, _ span: Span) -> Action {
    let place = scope.place(name)
    // Numbers keep no name, and rebind no parameter worth a warning.
    switch place {
    case .local(let slot):
      let c = Captures((source: source, slot: slot, store: store(name)))
      return Action { f throws(Diagnostic) in
        let value = try c.parts.source.run(f)
        if case .number = value { f.set(c.parts.slot, value) } else { c.parts.store.run(f, value) }
        return .normal
      }
    case .global:
      let store = rebindingStore(name, span)
      let c = Captures((source: source, slot: machine.slot(name), store: store))
      return Action { f throws(Diagnostic) in
        let value = try c.parts.source.run(f)
        if case .number = value {
          (f.state.pointee.globals + c.parts.slot).set(value)
        } else {
          c.parts.store.run(f, value)
        }
        return .normal
      }
    case .boxed:
      let store = rebindingStore(name, span)
      return Action { f throws(Diagnostic) in
        store.run(f, try source.run(f))
        return .normal
      }
    }
  }

  /// Stores under a name; that of a parameter given to something else is worth a warning.
  private func rebindingStore(_ name: String, _ span: Span) -> Store {
    let (store, machine, current) = (store(name), machine, load(name, span))
    if isSealed { return store }
    let slot: Int? = if case .global = scope.place(name) { machine.slot(name) } else { nil }
    let label = graph.number(of: name)
    return Store { f, value in
      // A name that is new has no value; to ask for it would look for names like it.
      if case .tensor(let new) = value, !new.isLeaf,
        case .tensor(let old)? = slot.map({ f.state.pointee.globals[$0] }) ?? (try? current.run(f)),
        old.isParameter, old.label == label,
        machine.graph.recorded(below: new).contains(where: { $0 === old })
      {
        machine.warnRebound(name, span)
        // The new value is not the parameter of that name: it keeps no name of its own.
        if new.label == 0 { new.label = machine.graph.number(of: name + "′") }
      }
      store.run(f, value)
    }
  }

  /// `w[0] := value`: into the entries of a parameter or buffer, or into one that a list holds.
  private func storingEntries(
    _ base: Expression, _ entries: [Expression.IndexEntry], _ value: Expression,
    _ target: Expression, _ valueSpan: Span
  ) throws(Diagnostic) -> Action {
    let (container, parts) = (try container(base), try indexParts(entries))
    let (source, machine, place) = (try code(value), machine, site(target.span, [base]))
    return Action { f throws(Diagnostic) in
      let new = try source.run(f)
      let (object, parts) = (try container(f), try parts(f))
      if case .tensor(let node) = object, node.isLeaf {
        try machine.setEntries(of: node, parts, new, target.span)
      } else {
        let old = try machine.element(object, parts, target.span, place)
        try machine.storeInPlace(new, into: old, target.span, valueSpan)
      }
      return .normal
    }
  }

  /// What a bracket on the left of an assignment belongs to: something that stays, not a copy.
  private func container(_ base: Expression) throws(Diagnostic)
    -> (Frame) throws(Diagnostic) -> Value
  {
    let machine = machine
    let span = base.span
    switch base.kind {
    case .index(let outer, let entries):
      let (holder, parts) = (try container(outer), try indexParts(entries))
      let site = site(span, [outer])
      return { f throws(Diagnostic) in
        let object = try holder(f)
        if case .tensor = object { throw RunFault.temporaryEntries(isChained: true).at(span) }
        return try machine.element(object, try parts(f), span, site)
      }
    case .field(let outer, let name, let place):
      let holder = try code(outer)
      return { f throws(Diagnostic) in
        let object = try holder.run(f)
        if case .tensor = object { throw RunFault.temporaryEntries(isChained: false).at(span) }
        return try machine.field(object, name, place)
      }
    default:
      let object = try code(base)
      return { f throws(Diagnostic) in try object.run(f) }
    }
  }

  /// `xs[i] += value`, its place found once.
  private func compoundEntry(
    _ base: Expression, _ entries: [Expression.IndexEntry], _ operation: BinaryOperator,
    _ value: Expression, _ target: Expression
  ) throws(Diagnostic) -> Action {
    let (container, parts) = (try container(base), try indexParts(entries))
    let (source, machine, graph) = (try code(value), machine, graph)
    let place = site(target.span, [base])
    let sides = operatorSite(target, value, target.span.to(value.span))
    return Action { f throws(Diagnostic) in
      let (object, parts) = (try container(f), try parts(f))
      let old = try machine.element(object, parts, target.span, place)
      guard case .tensor(let node) = old, node.isParameter else {
        let new = try machine.apply(operation, old, try source.run(f), sides)
        try machine.setElement(object, parts, new, target.span, name: base.text)
        return .normal
      }
      let was = graph.isRecording
      graph.isRecording = false
      defer { graph.isRecording = was }
      let new = try machine.apply(operation, old, try source.run(f), sides)
      try machine.storeInPlace(new, into: old, target.span, value.span)
      return .normal
    }
  }

  /// `+=` and its like: in place for a parameter, else the name gets the new value.
  private func compound(
    _ target: Expression, _ operation: AssignOperator, _ value: Expression, _ span: Span
  ) throws(Diagnostic) -> Action {
    guard let binary = operation.operation else { return Action { _ in .normal } }
    if case .index(let base, let entries) = target.kind {
      return try compoundEntry(base, entries, binary, value, target)
    }
    let combined = Expression(
      kind: .binary(binary, target, value, operatorSpan: span), span: span)
    let (old, new) = (try code(target), try code(combined))
    let machine = machine
    let graph = graph
    var store = try storing(target)
    if case .name(let name) = target.kind, case .global = scope.place(name), !scope.isTop {
      store = { _, _ throws(Diagnostic) in
        throw RunFault.outerName(name).at(target.span)
      }
    }
    let fixed = store
    let general = Action { f throws(Diagnostic) in
      if case .tensor(let node) = try old.run(f), node.isLeaf, node.isParameter || !node.isScalar {
        let was = graph.isRecording
        if node.isParameter { graph.isRecording = false }
        defer { graph.isRecording = was }
        let result = try new.run(f)
        if node.isParameter {
          try machine.storeInPlace(result, into: .tensor(node), target.span, value.span)
          return .normal
        }
        try fixed(f, result)
        return .normal
      }
      try fixed(f, try new.run(f))
      return .normal
    }
    guard case .name(let name) = target.kind, let slot = localSlot(target),
      let update = try update(name, combined)
    else { return general }
    let c = Captures((slot: slot, update: update, general: general))
    return Action { f throws(Diagnostic) in
      if case .number = f.base[c.parts.slot] { return try c.parts.update.run(f) }
      return try c.parts.general.run(f)
    }
  }

  private func storing(parts targets: [Expression], _ span: Span) throws(Diagnostic)
    -> (Frame, Value) throws(Diagnostic) -> Void
  {
    var takers: [(Frame, Value) throws(Diagnostic) -> Void] = []
    for target in targets { takers.append(try storing(target)) }
    return storing(takers, span)
  }

  /// Stores into a name, a list's entry, a record's field, or its parts into several.
  private func storing(_ target: Expression) throws(Diagnostic)
    -> (Frame, Value) throws(Diagnostic) -> Void
  {
    let machine = machine
    switch target.kind {
    case .name(let name):
      let store = store(name)
      return { f, value throws(Diagnostic) in store.run(f, value) }
    case .index(let base, let entries):
      let (object, parts) = (try container(base), try indexParts(entries))
      return { f, value throws(Diagnostic) in
        try machine.setElement(
          try object(f), try parts(f), value, target.span, name: base.text)
      }
    case .tuple(let parts): return try storing(parts: parts, target.span)
    case .field(let base, let name, let place):
      let object = try code(base)
      return { f, value throws(Diagnostic) in
        try machine.setField(try object.run(f), name, value, place, place: target.text)
      }
    default:
      throw RunFault.notAssignable.at(target.span)
    }
  }

  // MARK: Expectations

  private func expectation(_ condition: Expression, _ message: Expression?, _ span: Span)
    throws(Diagnostic) -> Action
  {
    let test = try test(condition, decides: false)
    let words = try message.map { e throws(Diagnostic) in try code(e) }
    var sides: [(String, Code)] = []
    if case .binary(let operation, let left, let right, _) = condition.kind,
      operation.strength == 4
    {
      for side in [left, right] {
        if case .number = side.kind { continue }
        sides.append((side.text, try code(side)))
      }
    }
    let fixed = sides
    let machine = machine
    return Action { f throws(Diagnostic) in
      if try test.run(f) { return .normal }
      var values: [String] = []
      for (text, code) in fixed {
        values.append("\(text) = \(machine.text(of: try code.run(f)))")
      }
      var reason: String?
      if case .string(let string)? = try words?.run(f) { reason = string.text }
      throw RunFault.expectation(condition.text, values: values, message: reason).at(condition.span)
    }
  }
}
