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
    if case .name("grad") = callee.kind, case .global = scope.place("grad"),
      machine["grad"] == nil, let first = arguments.first,
      case .gradient = first.value.asDerivative.kind,
      case .gradient(let of, let by) = Expression(kind: .call(callee, arguments), span: span)
        .asDerivative.kind
    {
      return try gradient(of, by, span, isRecorded: false)
    }
    let target = try code(callee)
    let calleeSpan = callee.span
    let machine = machine
    // Where something is forbidden, each call goes the way that looks at it.
    let isGuarded = machine.probe.isGuarding
    let site = site(
      span, arguments.map { $0.value }, keywords: arguments.map { $0.name })
    guard arguments.allSatisfy({ $0.name == nil }) else {
      let values = try gather(arguments)
      let top = scope.top
      return Code { f throws(Diagnostic) in
        let function = try target.run(f)
        return try machine.call(function, try values(f), at: span, calleeSpan, site, f.above(top))
      }
    }
    return try scope.withWindow(arguments.count) { window throws(Diagnostic) in
      let place = CallPlace(
        window: window, count: arguments.count, span: span, callee: calleeSpan, site: site)
      switch arguments.count {
      case 1:
        let only = try code(arguments[0].value)
        return Code { f throws(Diagnostic) in
          let function = try target.run(f)
          let value = try only.run(f)
          if case .function(let function) = function, function.code.parameters.count == 1 {
            (f.base + window).initialize(to: value)
            return try machine.invoke(function, f.base + window, f, span)
          }
          if !isGuarded, case .builtin(let builtin) = function, let unary = builtin.unary,
            let result = try unary(machine, value, site, span)
          {
            return result
          }
          return try machine.call(
            function, Arguments([value]), at: span, calleeSpan, site, f.above(window))
        }
      case 2:
        let (first, second) = (
          try code(arguments[0].value), try code(arguments[1].value)
        )
        return Code { f throws(Diagnostic) in
          let function = try target.run(f)
          let a = try first.run(f)
          let b = try second.run(f)
          if case .function(let function) = function, function.code.parameters.count == 2 {
            (f.base + window).initialize(to: a)
            (f.base + window + 1).initialize(to: b)
            return try machine.invoke(function, f.base + window, f, span)
          }
          if !isGuarded, case .builtin(let builtin) = function, let binary = builtin.binary,
            let result = try binary(machine, a, b, site, span)
          {
            return result
          }
          return try machine.call(
            function, Arguments([a, b]), at: span, calleeSpan, site, f.above(window))
        }
      case 3:
        let (first, second, third) = (
          try code(arguments[0].value), try code(arguments[1].value), try code(arguments[2].value)
        )
        return Code { f throws(Diagnostic) in
          let function = try target.run(f)
          let a = try first.run(f)
          let b = try second.run(f)
          let c = try third.run(f)
          if case .function(let function) = function, function.code.parameters.count == 3 {
            (f.base + window).initialize(to: a)
            (f.base + window + 1).initialize(to: b)
            (f.base + window + 2).initialize(to: c)
            return try machine.invoke(function, f.base + window, f, span)
          }
          return try machine.call(
            function, Arguments([a, b, c]), at: span, calleeSpan, site, f.above(window))
        }
      default: return try manyArguments(target, arguments, place)
      }
    }
  }

  private struct CallPlace {
    let window: Int
    let count: Int
    let span: Span
    let callee: Span
    let site: UInt32
  }

  private func manyArguments(
    _ target: Code, _ arguments: [Expression.Argument], _ place: CallPlace
  ) throws(Diagnostic) -> Code {
    let values = try gather(arguments)
    let machine = machine
    return Code { f throws(Diagnostic) in
      let function = try target.run(f)
      let gathered = try values(f)
      if case .function(let function) = function, function.code.parameters.count == place.count {
        for (i, value) in gathered.positional.enumerated() {
          (f.base + place.window + i).initialize(to: value)
        }
        return try machine.invoke(function, f.base + place.window, f, place.span)
      }
      return try machine.call(
        function, gathered, at: place.span, place.callee, place.site, f.above(place.window))
    }
  }

  /// Evaluates arguments, in order, when asked.
  private func gather(_ arguments: [Expression.Argument]) throws(Diagnostic)
    -> (Frame) throws(Diagnostic) -> Arguments
  {
    var codes: [(String?, Code, Span)] = []
    for argument in arguments {
      codes.append((argument.name, try code(argument.value), argument.value.span))
    }
    let fixed = codes
    return { f throws(Diagnostic) in
      var gathered = Arguments([])
      for (name, code, span) in fixed {
        let value = try code.run(f)
        if let name {
          gathered.named.append((name, value, span))
        } else {
          gathered.positional.append(value)
          gathered.spans.append(span)
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
      gathered.spans.insert(base.span, at: 0)
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
    compiled.body = try inner.block(function.body, resultful: true)
    if isWatched { watch(compiled, function) }
    inner.finish(compiled)
    return (compiled, scope)
  }

  /// What the checks of an exercise want to know of a function's calls.
  private func watch(_ compiled: FunctionCode, _ function: Function) {
    let machine = machine
    let place = Probe.any + "\(compiled.span.start)"
    let isAny = !isSealed && machine.probe.calls[Probe.any] != nil
    let names = [function.name, isAny ? place : nil].compactMap { $0 }
    for name in names where name == place || machine.probe.calls[name] != nil {
      let (body, count) = (compiled.body, function.parameters.count)
      compiled.body = Action { f throws(Diagnostic) in
        machine.probe.calls[name, default: []].insert(
          (0..<count).map { i in
            if case .cell(let cell) = f.base[i] { cell.value.mark } else { f.base[i].mark }
          })
        return try body.run(f)
      }
    }
    if machine.probe.isFollowing, !isSealed {
      let (body, name) = (compiled.body, compiled.name)
      compiled.body = Action { f throws(Diagnostic) in
        machine.probe.enter(name)
        defer { machine.probe.leave() }
        return try body.run(f)
      }
    }
  }

  func finish(_ compiled: FunctionCode) {
    compiled.localCount = scope.localCount
    compiled.frameSize = scope.frameSize
    compiled.boxedLocals = scope.boxedLocals
    compiled.capturedSlots = scope.capturedSlots
  }
}
