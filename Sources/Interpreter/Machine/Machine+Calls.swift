// Running functions, built-ins and layers.
import CPlatform
import Autograd
import Diagnostics
import Syntax

/// The arguments of one call.
package struct Arguments {
  var positional: [Value]
  var named: [(name: String, value: Value, span: Span)] = []
  /// Whether the first one stands before the dot.
  var isMethod = false

  package init(_ positional: [Value]) { self.positional = positional }
}

extension Frame {
  /// Runs a function whose arguments lie at `slot`, and releases its frame.
  /// - Parameters:
  ///   - function: is kept alive by the caller, or by the place where it was found.
  ///   - body: that of the function.
  @inline(__always)
  func invoke(
    _ function: Unmanaged<FunctionObject>, _ body: Unmanaged<FunctionBody>, at slot: Int,
    _ span: @autoclosure () -> Span
  ) throws(Diagnostic) -> Value {
    let base = base + slot
    let state = state
    state.pointee.meter.fuel &-= 1
    if state.pointee.meter.fuel < 0 { try refuel(function, base, span()) }
    state.pointee.depth &+= 1
    if base + body.frameSize > state.pointee.stackEnd
      || nnrepl_stack() < state.pointee.nativeLimit
      || state.pointee.depth > state.pointee.depthLimit
    {
      throw tooDeep(function, base, span())
    }
    if body.hasMore { begin(function, base) }
    let result = body._withUnsafeGuaranteedRef { body in
      do throws(Diagnostic) {
        return Result<Value, Diagnostic>.success(
          try body.run.run(Frame(base: base, state: state)))
      } catch {
        return .failure(error)
      }
    }
    if body.hasMore { giveBack(function, base) }
    var local = base
    let end = base + body.localCount
    while local < end {
      if local.pointee.isObject { local.pointee = .unset }
      local += 1
    }
    state.pointee.depth &-= 1
    return try result.get()
  }

  private func release(_ base: UnsafeMutablePointer<Value>, _ count: Int) {
    for slot in 0..<count { (base + slot).set(.unset) }
  }

  @inline(never)
  private func refuel(
    _ function: Unmanaged<FunctionObject>, _ base: UnsafeMutablePointer<Value>, _ span: Span
  ) throws(Diagnostic) {
    do throws(Diagnostic) { try state.pointee.machine.refuel(span) } catch {
      release(base, function.body.parameterCount)
      throw error
    }
  }

  /// The locals of a call that are not parameters, and the variables that it shares.
  @inline(never)
  private func begin(
    _ function: Unmanaged<FunctionObject>, _ base: UnsafeMutablePointer<Value>
  ) {
    function._withUnsafeGuaranteedRef { function in
      let code = function.code
      for slot in code.parameters.count..<code.body.localCount {
        (base + slot).initialize(to: .unset)
      }
      // Lent, not retained: the function holds them, and it outlives the call.
      function.captures.withUnsafeBufferPointer { cells in
        guard let cells = cells.baseAddress else { return }
        for (k, slot) in code.capturedSlots.enumerated() {
          UnsafeMutableRawPointer(base + slot).copyMemory(
            from: cells + k, byteCount: MemoryLayout<Value>.size)
        }
      }
      for slot in code.boxedLocals {
        let value = base[slot]
        let cell = SharedVariable(value)
        state.pointee.machine.disposal.add(cell)
        base[slot] = .cell(cell)
      }
    }
  }

  /// What was lent to a frame is not the frame's to release.
  @inline(never)
  private func giveBack(
    _ function: Unmanaged<FunctionObject>, _ base: UnsafeMutablePointer<Value>
  ) {
    function._withUnsafeGuaranteedRef {
      for slot in $0.code.capturedSlots { (base + slot).initialize(to: .unset) }
    }
  }

  /// The call goes too deep; its arguments lie at `base`.
  @inline(never)
  private func tooDeep(
    _ function: Unmanaged<FunctionObject>, _ base: UnsafeMutablePointer<Value>, _ span: Span
  ) -> Diagnostic {
    let code = function.takeUnretainedValue().code
    release(base, code.parameters.count)
    defer { state.pointee.depth -= 1 }
    return state.pointee.machine.tooDeep(code, span)
  }
}

extension Unmanaged<FunctionObject> {
  @inline(__always)
  var body: Unmanaged<FunctionBody> { _withUnsafeGuaranteedRef { $0.code.entry } }
}

extension Unmanaged<FunctionBody> {
  @inline(__always)
  var parameterCount: Int { _withUnsafeGuaranteedRef { $0.parameterCount } }
  @inline(__always)
  fileprivate var localCount: Int { _withUnsafeGuaranteedRef { $0.localCount } }
  @inline(__always)
  fileprivate var frameSize: Int { _withUnsafeGuaranteedRef { $0.frameSize } }
  @inline(__always)
  fileprivate var hasMore: Bool { _withUnsafeGuaranteedRef { $0.hasMore } }
}

extension Machine {
  /// Runs a function whose arguments lie at the frame's beginning, and releases them.
  func invoke(_ function: FunctionObject, _ f: Frame, _ span: Span) throws(Diagnostic) -> Value {
    try withExtendedLifetime(function) { () throws(Diagnostic) in
      let function = Unmanaged.passUnretained(function)
      return try f.invoke(function, function.body, at: 0, span)
    }
  }

  fileprivate func tooDeep(_ code: FunctionCode, _ span: Span) -> Diagnostic {
    RunFault.tooDeep(function: code.name, depth: state.pointee.depth).at(span)
  }

  /// While a script is asked, what was recorded before must not be computed again: it may hold what is forbidden.
  package func refuseReplay(of node: Node, _ span: Span) throws(Diagnostic) {
    guard probe.isGuarding, probe.isAsking, node.time <= probe.began else { return }
    throw RunFault.forbidden("forward", within: probe.innermost).at(shown(span))
  }

  /// Calls any value, in the general way. `f` is a frame whose slots nobody uses.
  @inline(never)
  package func call(
    _ callee: Value, _ arguments: Arguments, at span: Span, _ calleeSpan: Span, _ site: UInt32,
    _ f: Frame
  ) throws(Diagnostic) -> Value {
    switch callee {
    case .builtin(let builtin):
      if probe.isGuarding, let breach = probe.breach(builtin.name, isLayer: false) {
        throw breach.at(shown(span))
      }
      return try builtin.call(self, arguments, span, site, f)
    case .function(let function):
      try bind(function, arguments, f.base, span, f)
      return try invoke(function, f, span)
    case .layer(let layer):
      if probe.isGuarding, layer.isLibrary || layer.function != nil,
        let breach = probe.breach(layer.type, isLayer: true)
      {
        throw breach.at(shown(span))
      }
      let result = try inLibrary(span, layer.name.map { "The layer is `\($0)`." }) {
        () throws(Diagnostic) in
        try run(layer, arguments, at: span, calleeSpan, site, f)
      }
      if case .tensor(let node) = result { node.nameForNow(layer.outputLabel) }
      if trace != nil { traced(layer, result) }
      return result
    default:
      throw RunFault.notCallable(callee.kind).at(calleeSpan)
    }
  }

  /// A layer's forward step; a sequence hands each result to the next stage.
  private func run(
    _ layer: LayerObject, _ arguments: Arguments, at span: Span, _ calleeSpan: Span,
    _ site: UInt32, _ f: Frame
  ) throws(Diagnostic) -> Value {
    if let function = layer.function {
      guard arguments.positional.count == 1, arguments.named.isEmpty else {
        throw RunFault.argumentCount(layer.type, takes: ["x"], given: arguments.positional.count)
          .at(span)
      }
      var whole = arguments
      whole.named = layer.arguments.map { ($0.name, $0.value, span) }
      return try function.call(self, whole, span, site, f)
    }
    guard layer.isSequence else {
      guard let forward = layer.methods.first(where: { $0.name == "forward" })?.function else {
        throw RunFault.noForward(layer: layer.type).at(calleeSpan)
      }
      if !graph.isRecording, layer.isTraining, layer.isLibrary,
        let differs = vocabulary[layer.type]?.definition?.notes[.training]
      {
        warn(RunFault.measuredInTraining(differs).at(shown(span)))
      }
      // What a layer of the library is made of stays inside it.
      let outer = trace
      if layer.isLibrary { trace = nil }
      defer { if layer.isLibrary { trace = outer } }
      return try call(.function(forward), arguments, at: span, calleeSpan, site, f)
    }
    guard arguments.positional.count == 1, arguments.named.isEmpty else {
      throw RunFault.argumentCount("sequential", takes: ["x"], given: arguments.positional.count)
        .at(span)
    }
    var value = arguments.positional[0]
    for (i, stage) in layer.stages.enumerated() {
      value = try call(stage, Arguments([value]), at: span, calleeSpan, site, f)
      if case .tensor(let node) = value { node.nameForNow(layer.stageLabel(i, graph)) }
      if trace != nil { traced(stage, value, place: "\(layer.name ?? "")[\(i)]") }
    }
    return value
  }

  /// Lays out arguments as parameters, with names and defaults.
  private func bind(
    _ function: FunctionObject, _ arguments: Arguments, _ base: UnsafeMutablePointer<Value>,
    _ span: Span, _ frame: Frame
  ) throws(Diagnostic) {
    let code = function.code
    guard base + code.body.frameSize + 1 < state.pointee.stackEnd else {
      throw tooDeep(code, span)
    }
    let parameters = code.parameters
    if arguments.named.isEmpty, arguments.positional.count == parameters.count {
      for (i, value) in arguments.positional.enumerated() { (base + i).initialize(to: value) }
      return
    }
    var values = [Value?](repeating: nil, count: parameters.count)
    guard arguments.positional.count <= parameters.count else {
      throw RunFault.argumentCount(
        code.name, takes: parameters.map { $0.name }, given: arguments.positional.count
      ).at(span)
    }
    for (i, value) in arguments.positional.enumerated() { values[i] = value }
    for (name, value, place) in arguments.named {
      guard
        let i = parameters.firstIndex(where: {
          $0.name == name
            || SourceID.isLibrary(Int(code.span.source)) && Builtin.means(name, $0.name)
        })
      else {
        throw RunFault.noParameter(code.name, name: name, takes: parameters.map { $0.name }).at(
          place)
      }
      guard values[i] == nil else {
        throw RunFault.givenTwice(name).at(place)
      }
      values[i] = value
    }
    // Defaults may use what the function shares with its surroundings.
    let shares = !function.captures.isEmpty && values.contains { $0 == nil }
    if shares {
      for (slot, cell) in zip(code.capturedSlots, function.captures) {
        (base + slot).initialize(to: cell)
      }
    }
    defer { if shares { for slot in code.capturedSlots { (base + slot).pointee = .unset } } }
    for i in parameters.indices {
      if values[i] == nil, let fallback = code.fallbacks[i] { values[i] = try fallback.run(frame) }
      guard let value = values[i] else {
        throw RunFault.argumentMissing(code.name, parameters[i].name).at(span)
      }
      (base + i).initialize(to: value)
    }
  }
}
