// Statements to closures.
import Autograd
import Diagnostics
import Syntax
import Tensors

extension Compiler {
  /// - Parameter isResult: the statement's value is what the function returns.
  package func action(_ statement: Statement, isResult: Bool = false) throws(Diagnostic) -> Action {
    let span = statement.span
    let machine = machine
    switch statement.kind {
    case .expression(let value):
      let code = try code(value)
      return isResult
        ? Action { f throws(Diagnostic) in .returned(try code.run(f)) }
        : Action { f throws(Diagnostic) in
          try machine.draw(try code.run(f), at: span)
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
    case .branch(let branches, let otherwise): return try branch(branches, otherwise, isResult)
    case .whileLoop(let condition, let body):
      let (test, action) = (try test(condition), try block(body))
      let graph = loopGraph
      return Action { f throws(Diagnostic) in
        graph?.enterLoop()
        defer { graph?.leaveLoop() }
        while try test.run(f) {
          try f.step(span)
          graph?.tellTurn()
          switch try action.run(f) {
          case .normal, .continueLoop: continue
          case .breakLoop: return .normal
          case let end: return end
          }
        }
        return .normal
      }
    case .forLoop(let targets, let sequence, let body):
      return try forLoop(targets, sequence, body, span)
    case .repeatLoop(let count, let body):
      let (times, action) = (try code(count), try block(body))
      let graph = loopGraph
      return Action { f throws(Diagnostic) in
        var left = try machine.count(try times.run(f), "repeat", count.span)
        graph?.enterLoop()
        defer { graph?.leaveLoop() }
        while left > 0 {
          left -= 1
          try f.step(span)
          graph?.tellTurn()
          switch try action.run(f) {
          case .normal, .continueLoop: continue
          case .breakLoop: return .normal
          case let end: return end
          }
        }
        return .normal
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
      let action = try block(body, resultful: isResult)
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
    }
  }

  // MARK: Control

  private func branch(
    _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement]?,
    _ isResult: Bool
  ) throws(Diagnostic) -> Action {
    var rest =
      try otherwise.map { body throws(Diagnostic) in
        try block(body, resultful: isResult)
      } ?? Action { _ in .normal }
    for (condition, body) in branches.reversed() {
      let (test, taken, next) = (
        try test(condition), try block(body, resultful: isResult), rest
      )
      rest = Action { f throws(Diagnostic) in
        try test.run(f) ? try taken.run(f) : try next.run(f)
      }
    }
    return rest
  }

  /// The graph that is told of a loop's turns. The library's own loops run over one input, not over many
  /// steps of training: what they compute keeps its history.
  private var loopGraph: Graph? { isSealed ? nil : graph }

  private func forLoop(
    _ targets: [Statement.Target], _ sequence: Expression, _ body: [Statement], _ span: Span
  ) throws(Diagnostic) -> Action {
    let source = try code(sequence)
    let stores = targets.map { store($0.name) }
    let action = try block(body)
    let machine = machine
    let only = stores[0]
    // A plain local gets the numbers of a range straight into its slot.
    var direct: Int?
    if case .local(let slot) = scope.place(targets[0].name) { direct = slot }
    let slot = direct
    let isTop = scope.isTop
    let graph = loopGraph
    return Action { f throws(Diagnostic) in
      let values = try source.run(f)
      graph?.enterLoop()
      defer { graph?.leaveLoop() }
      let isMeasured = isTop && machine.beginProgress()
      defer { if isMeasured { machine.endProgress() } }
      if stores.count == 1, case .range(let range) = values {
        var i = 0
        while i < range.count {
          let number = Value.number(range.start + Double(i) * range.step)
          if let slot { f.set(slot, number) } else { only.run(f, number) }
          i += 1
          try f.step(span)
          graph?.tellTurn()
          if isMeasured { machine.progress(i - 1, of: range.count) }
          switch try action.run(f) {
          case .normal, .continueLoop: continue
          case .breakLoop: return .normal
          case let end: return end
          }
        }
        return .normal
      }
      var i = 0
      while let value = try machine.next(of: values, i, sequence.span) {
        i += 1
        try f.step(span)
        graph?.tellTurn()
        if stores.count == 1 {
          only.run(f, value)
        } else {
          for (store, part) in zip(stores, try machine.unpack(value, stores.count, span)) {
            store.run(f, part)
          }
        }
        switch try action.run(f) {
        case .normal, .continueLoop: continue
        case .breakLoop: return .normal
        case let end: return end
        }
      }
      return .normal
    }
  }

  // MARK: Assignment

  private func assignment(
    _ targets: [Expression], _ operation: AssignOperator, _ value: Expression, _ span: Span
  ) throws(Diagnostic) -> Action {
    let machine = machine
    if targets.count > 1 {
      let source = try code(value)
      var stores: [(Frame, Value) throws(Diagnostic) -> Void] = []
      for target in targets { stores.append(try storing(target)) }
      let fixed = stores
      return Action { f throws(Diagnostic) in
        let parts = try machine.unpack(try source.run(f), fixed.count, span)
        for (store, part) in zip(fixed, parts) { try store(f, part) }
        return .normal
      }
    }
    let target = targets[0]
    switch operation {
    case .assign:
      let source = try code(value)
      if case .name(let name) = target.kind {
        return rebinding(name, source, target.span, value.span)
      }
      let store = try storing(target)
      return Action { f throws(Diagnostic) in
        try store(f, try source.run(f))
        return .normal
      }
    case .inPlace:
      let (old, source) = (try code(target), try code(value))
      return Action { f throws(Diagnostic) in
        let new = try source.run(f)
        try machine.storeInPlace(new, into: try old.run(f), target.span, value.span)
        return .normal
      }
    default: return try compound(target, operation, value, span)
    }
  }

  /// `name = value`; a parameter's name given to something else is worth a warning.
  private func rebinding(_ name: String, _ source: Code, _ place: Span, _ valueSpan: Span) -> Action
  {
    let store = store(name)
    let machine = machine
    if case .local(let slot) = scope.place(name) {
      return Action { f throws(Diagnostic) in
        let value = try source.run(f)
        // Numbers keep no name.
        if case .number = value { f.set(slot, value) } else { store.run(f, value) }
        return .normal
      }
    }
    if isSealed {
      return Action { f throws(Diagnostic) in
        store.run(f, try source.run(f))
        return .normal
      }
    }
    let current = load(name, place)
    let isGlobal = if case .global = scope.place(name) { true } else { false }
    let slot = isGlobal ? machine.slot(name) : 0
    let label = graph.number(of: name)
    return Action { f throws(Diagnostic) in
      let value = try source.run(f)
      // A name that is new has no value; to ask for it would look for names like it.
      if case .tensor(let new) = value, !new.isLeaf,
        case .tensor(let old)? =
          isGlobal ? f.state.pointee.globals[slot] : try? current.run(f),
        old.isParameter, old.label == label,
        machine.graph.recorded(below: new).contains(where: { $0 === old })
      {
        machine.warnRebound(name, place)
        // The new value is not the parameter of that name: it keeps no name of its own.
        if new.label == 0 { new.label = machine.graph.number(of: name + "′") }
      }
      store.run(f, value)
      return .normal
    }
  }

  /// `+=` and its like: in place for a parameter, else the name gets the new value.
  private func compound(
    _ target: Expression, _ operation: AssignOperator, _ value: Expression, _ span: Span
  ) throws(Diagnostic) -> Action {
    guard let binary = operation.operation else { return Action { _ in .normal } }
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
    return Action { f throws(Diagnostic) in
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
  }

  /// Stores into a name, a list's entry or a record's field.
  private func storing(_ target: Expression) throws(Diagnostic)
    -> (Frame, Value) throws(Diagnostic) -> Void
  {
    let machine = machine
    switch target.kind {
    case .name(let name):
      let store = store(name)
      return { f, value throws(Diagnostic) in store.run(f, value) }
    case .index(let base, let entries):
      let (object, parts) = (try code(base), try indexParts(entries))
      return { f, value throws(Diagnostic) in
        try machine.setElement(
          try object.run(f), try parts(f), value, target.span, name: base.text)
      }
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

extension Graph {
  /// Tells of the next turn of a loop, if anything was computed in the last one: loops over plain numbers
  /// should not pay for a call.
  @inline(__always)
  fileprivate func tellTurn() {
    if clock != loop.turn { nextTurn() }
  }
}
