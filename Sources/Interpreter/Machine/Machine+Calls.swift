// Running functions, built-ins and layers.
import CPlatform
import Autograd
import Diagnostics
import Syntax

/// The arguments of one call.
package struct Arguments {
  var positional: [Value]
  var spans: [Span] = []
  var named: [(name: String, value: Value, span: Span)] = []
  /// Whether the first one stands before the dot.
  var isMethod = false

  package init(_ positional: [Value]) { self.positional = positional }
}

extension Machine {
  /// While a script is asked, what was recorded before must not be computed again: it may hold what is forbidden.
  package func refuseReplay(of node: Node, _ span: Span) throws(Diagnostic) {
    guard probe.isGuarding, probe.isAsking, node.time <= probe.began else { return }
    throw RunFault.forbidden("forward", within: probe.innermost).at(shown(span))
  }

  /// Runs a function whose arguments lie at `base`, and releases its frame.
  @inline(__always)
  func invoke(
    _ function: FunctionObject, _ base: UnsafeMutablePointer<Value>, _ f: Frame, _ span: Span
  ) throws(Diagnostic) -> Value {
    let code = function.code
    let state = f.state
    state.pointee.meter.fuel &-= 1
    if state.pointee.meter.fuel < 0 { try refuel(span) }
    state.pointee.depth += 1
    var marker: UInt8 = 0
    let address = withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) }
    if base + code.frameSize > state.pointee.stackEnd || address < state.pointee.nativeLimit
      || state.pointee.depth > budget.limits.depth
    {
      throw tooDeep(code, base, span)
    }
    let count = code.parameters.count
    var slot = count
    while slot < code.localCount {
      (base + slot).initialize(to: .unset)
      slot += 1
    }
    if !code.capturedSlots.isEmpty || !code.boxedLocals.isEmpty { box(function, base) }
    let frame = Frame(base: base, state: state)
    let end: Completion
    do throws(Diagnostic) {
      end = try code.body.run(frame)
    } catch {
      release(base, code.localCount)
      state.pointee.depth -= 1
      throw error
    }
    release(base, code.localCount)
    state.pointee.depth -= 1
    if case .returned(let value) = end { return value }
    return .none
  }

  @inline(__always)
  private func release(_ base: UnsafeMutablePointer<Value>, _ count: Int) {
    var slot = 0
    while slot < count {
      if (base + slot).pointee.isObject { (base + slot).pointee = .unset }
      slot += 1
    }
  }

  @inline(never)
  private func box(_ function: FunctionObject, _ base: UnsafeMutablePointer<Value>) {
    for (slot, cell) in zip(function.code.capturedSlots, function.captures) {
      (base + slot).initialize(to: .cell(cell))
    }
    for slot in function.code.boxedLocals {
      let value = base[slot]
      let cell = SharedVariable(value)
      disposal.add(cell)
      base[slot] = .cell(cell)
    }
  }

  @inline(never)
  private func tooDeep(_ code: FunctionCode, _ base: UnsafeMutablePointer<Value>, _ span: Span)
    -> Diagnostic
  {
    release(base, code.parameters.count)
    let depth = state.pointee.depth
    state.pointee.depth -= 1
    return RunFault.tooDeep(function: code.name, depth: depth).at(span)
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
      return try invoke(function, f.base, f, span)
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
    guard base + code.frameSize + 1 < state.pointee.stackEnd else {
      throw tooDeep(code, base, span)
    }
    let parameters = code.parameters
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
        (base + slot).initialize(to: .cell(cell))
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
