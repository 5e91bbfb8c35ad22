// Calls and functions.
import Diagnostics
import Syntax

extension Compiler {
  func call(_ callee: Expression, _ arguments: [Expression.Argument], _ span: Span)
    throws(Diagnostic) -> Code
  {
    if case .field(let base, let name, let place) = callee.kind {
      return try method(base, name, place, arguments, span)
    }
    // The gradient of a gradient: the inner one is recorded without being told to.
    if means(callee, "grad"), let first = arguments.first,
      case .gradient = first.value.asDerivative.kind,
      case .gradient(let of, let by) = Expression(kind: .call(callee, arguments), span: span)
        .asDerivative.kind
    {
      return try gradient(of, by, span, isRecorded: false)
    }
    let exact = try exactNumbers(callee, arguments)
    let target = try code(callee)
    let calleeSpan = callee.span
    let machine = machine
    let site = site(
      span, arguments.map { $0.value }, keywords: arguments.map { $0.name })
    guard arguments.allSatisfy({ $0.name == nil }) else {
      let values = try gather(arguments, first: exact)
      let top = scope.top
      return Code { f throws(Diagnostic) in
        let function = try target.run(f)
        return try machine.call(function, try values(f), at: span, calleeSpan, site, f.above(top))
      }
    }
    return try scope.withWindow(arguments.count) { window throws(Diagnostic) in
      let place = CallPlace(
        window: window, span: span, callee: calleeSpan, site: site, machine: machine)
      if case .name(let name) = callee.kind, let slot = globalSlot(name) {
        return try call(NamedCallee(slot: slot, load: target), arguments, first: exact, place)
      }
      return try call(ComputedCallee(code: target), arguments, first: exact, place)
    }
  }

  /// Whether an expression is the name of a built-in that nobody has given another meaning so far.
  private func means(_ callee: Expression, _ name: String) -> Bool {
    guard case .name(name) = callee.kind, case .global = scope.place(name) else { return false }
    return machine.isBuiltin(name)
  }

  /// The code of the first argument where it is not that of its expression: the numbers in the brackets of
  /// `tensor([…], dtype)` are not rounded to the default type before they get theirs.
  private func exactNumbers(_ callee: Expression, _ arguments: [Expression.Argument])
    throws(Diagnostic) -> Code?
  {
    guard means(callee, "tensor"), arguments.count > 1,
      let first = arguments.first?.value, case .bracket(let elements) = first.kind
    else { return nil }
    let bracket = try Bracket(elements, first.span, self)
    let machine = machine
    return Code { f throws(Diagnostic) in
      try bracket.run(f, asList: machine.isBuiltin("tensor"))
    }
  }

  private func call<C: Callee>(
    _ callee: C, _ arguments: [Expression.Argument], first: Code?, _ place: CallPlace
  ) throws(Diagnostic) -> Code {
    let codes = try codes(arguments, first: first)
    return switch codes.count {
    case 1: callee.call(OneArgument(first: codes[0]), place)
    case 2: callee.call(TwoArguments(first: codes[0], second: codes[1]), place)
    case 3: callee.call(ThreeArguments(first: codes[0], second: codes[1], third: codes[2]), place)
    default: callee.call(ManyArguments(codes: codes), place)
    }
  }

  private func codes(_ arguments: [Expression.Argument], first: Code?) throws(Diagnostic) -> [Code]
  {
    var codes = first.map { [$0] } ?? []
    for argument in arguments.dropFirst(codes.count) { codes.append(try code(argument.value)) }
    return codes
  }

  /// Evaluates arguments, in order, when asked.
  private func gather(_ arguments: [Expression.Argument], first: Code? = nil) throws(Diagnostic)
    -> (Frame) throws(Diagnostic) -> Arguments
  {
    let codes = try codes(arguments, first: first)
    let fixed = arguments.indices.map { k in
      (arguments[k].name, codes[k], arguments[k].value.span)
    }
    return { f throws(Diagnostic) in
      var gathered = Arguments([])
      for (name, code, span) in fixed {
        let value = try code.run(f)
        if let name {
          gathered.named.append((name, value, span))
        } else {
          gathered.positional.append(value)
        }
      }
      return gathered
    }
  }

  /// `x.f(y)`: the field `f` of x if there is one, else the function `f` with x first.
  private func method(
    _ base: Expression, _ name: String, _ place: Span, _ arguments: [Expression.Argument],
    _ span: Span
  ) throws(Diagnostic) -> Code {
    let object = try code(base)
    let values = try gather(arguments)
    let machine = machine
    let site = site(
      span, [base] + arguments.map { $0.value },
      keywords: [nil] + arguments.map { $0.name })
    let known = machine.vocabulary[name]
    let method = machine.vocabulary.methods[name]
    let function: Code? = known == nil ? load(name, place) : nil
    let top = scope.top
    return Code { f throws(Diagnostic) in
      let receiver = try object.run(f)
      var gathered = try values(f)
      let free = f.above(top)
      if let own = machine.ownField(receiver, name) {
        return try machine.call(own, gathered, at: span, place, site, free)
      }
      gathered.isMethod = true
      gathered.positional.insert(receiver, at: 0)
      // PyTorch's methods whose names are a learner's to give to functions.
      if let method, receiver.isNumeric {
        return try machine.call(.builtin(method), gathered, at: span, place, site, free)
      }
      if let known {
        return try machine.call(.builtin(known), gathered, at: span, place, site, free)
      }
      guard let function, let value = try? function.run(f) else {
        throw machine.noField(receiver, name, place)
      }
      return try machine.call(value, gathered, at: span, place, site, free)
    }
  }

  // MARK: Functions

  /// - Parameter isWatched: whether it is a function to those who count calls.
  func closure(_ function: Function, _ span: Span, isWatched: Bool = true) throws(Diagnostic)
    -> Code
  {
    let (compiled, scope) = try compile(function, span, isWatched: isWatched)
    let outer = scope.captured.map { self.scope.place($0) }
    return Code { f in
      let captures = outer.map { place -> SharedVariable in
        if case .boxed(let slot) = place, case .cell(let cell) = f.base[slot] { return cell }
        return SharedVariable(.unset)
      }
      return .function(FunctionObject(compiled, captures))
    }
  }

  /// Compiles a function's body in a scope of its own.
  func compile(
    _ function: Function, _ span: Span, also methods: [Function] = [], isWatched: Bool = true
  ) throws(Diagnostic) -> (FunctionCode, Scope) {
    let scope = Scope(
      parent: scope, parameters: function.parameters.map { $0.name }, body: function.body,
      also: methods, fallbacks: function.parameters.compactMap { $0.fallback })
    let inner = Compiler(machine, source, scope)
    let compiled = FunctionCode(function, span: span)
    machine.disposal.add(compiled)
    var hidden: Set<String> = []
    Names.assigned(in: function.body, &hidden)
    hidden.subtract(function.parameters.map { $0.name })
    for parameter in function.parameters {
      compiled.fallbacks.append(
        try parameter.fallback.map { e throws(Diagnostic) in
          // In a default a name means what it means outside, whatever the body makes of it.
          var isHidden = false
          Walk.visit(e) { part in
            if case .name(let name) = part.kind, hidden.contains(name) { isHidden = true }
          }
          return try isHidden && self.scope.isTop ? self.code(e) : inner.code(e)
        })
    }
    let run = try inner.result(of: function.body)
    inner.finish(compiled, isWatched ? watched(run, compiled, function) : run)
    return (compiled, scope)
  }

  /// A function's body that tells what the checks of an exercise want to know of its calls.
  private func watched(_ body: Code, _ compiled: FunctionCode, _ function: Function) -> Code {
    let machine = machine
    var run = body
    let place = Probe.any + "\(compiled.span.start)"
    let isAny = !isSealed && machine.probe.calls[Probe.any] != nil
    let names = [function.name, isAny ? place : nil].compactMap { $0 }
    for name in names where name == place || machine.probe.calls[name] != nil {
      let (body, count) = (run, function.parameters.count)
      run = Code { f throws(Diagnostic) in
        machine.probe.calls[name, default: []].insert(
          (0..<count).map { i in
            if case .cell(let cell) = f.base[i] { cell.value.mark } else { f.base[i].mark }
          })
        return try body.run(f)
      }
    }
    if machine.probe.isFollowing, !isSealed {
      let (body, name) = (run, compiled.name)
      run = Code { f throws(Diagnostic) in
        machine.probe.enter(name)
        defer { machine.probe.leave() }
        return try body.run(f)
      }
    }
    return run
  }

  func finish(_ compiled: FunctionCode, _ run: Code) {
    compiled.boxedLocals = scope.boxedLocals
    compiled.capturedSlots = scope.capturedSlots
    let parameterCount = compiled.parameters.count
    compiled.body = FunctionBody(
      run, parameterCount: parameterCount, localCount: scope.localCount,
      frameSize: scope.frameSize,
      hasMore: scope.localCount > parameterCount || !scope.boxedLocals.isEmpty)
  }
}
