// forward, backward, step, explain at work: what they compute, and the events that tell of it.
import Platform
import Autograd
import Diagnostics
import Explain
import Syntax
import Tensors
import Training

/// Runs a verb and emits its narration.
struct VerbRun {
  let machine: Machine
  let options: Options
  let name: String
  let span: Span
  /// The first slot that the verb's own function leaves free.
  let top: Int

  private var graph: Graph { machine.graph }

  /// What the verb is about; of a derivative, the value that is differentiated.
  private var valueName: String {
    guard name.hasPrefix("∂"), let line = name.firstIndex(of: "/") else { return name }
    return String(name[..<line].dropFirst())
  }

  /// What may be asked of a verb, as code.
  struct Options {
    var detail: Code?
    var view: Code?
    var mode: Code?
    var pause: Test?
    var predict: Test?
  }

  /// One of the words that an option may be, or nothing.
  private func choice(_ option: Code?, _ choice: GradientFault.Choice, _ f: Frame)
    throws(Diagnostic) -> String
  {
    guard let option else { return "" }
    if case .string(let word) = try option.run(f), choice.words.contains(word.text) {
      return word.text
    }
    throw GradientFault.badChoice(choice).at(span)
  }

  private func detail(_ f: Frame) throws(Diagnostic) -> String {
    try choice(options.detail, .detail, f)
  }

  private func named(_ root: Node, _ name: String, _ f: Frame) throws(Diagnostic) -> NamedGraph {
    let unfolds = try detail(f) == "ops"
    let told = unfolds ? try machine.opened(root, span, f.above(top)) : root
    return try telling { () throws(ExplainError) in
      try NamedGraph(graph, root: told, rootName: name, unfolds: unfolds)
    }
  }

  private func constant(_ root: String, by variable: String) -> Diagnostic {
    GradientFault.constant(value: root, variable: variable).at(span)
  }

  private func telling<Result>(_ body: () throws(ExplainError) -> Result) throws(Diagnostic)
    -> Result
  {
    do throws(ExplainError) { return try body() } catch {
      switch error {
      case .gradient(let fault): throw GradientFault(fault, graph, name: valueName).at(span)
      case .tensor(let fault): throw TensorFault(fault).at(span)
      case .unrelated(let root, let variable):
        throw constant(root, by: variable)
      case .tooLarge(let count):
        throw GradientFault.tooManySteps(name: name, count: count).at(span)
      case .notAnEntry(let shape):
        throw GradientFault.notAnEntry(of: shape).at(span)
      }
    }
  }

  private func emit(_ narration: Narration, _ names: NamedGraph?, _ f: Frame) throws(Diagnostic) {
    let predicts = try options.predict?.run(f) ?? false
    let pauses = try options.pause?.run(f) ?? false
    // In a script that no one sits at, the walk is a narration straight through.
    if pauses || predicts, let walk = machine.audience.walk {
      // What a learner answers is computed above the frames that wait for it.
      let outer = machine.free
      machine.free = f.above(top)
      defer { machine.free = outer }
      if walk(narration, predicts) { return }
    }
    let isWhole = try detail(f) == "all"
    try machine.emit(
      .narration(narration, isWhole: isWhole, graph: picture(narration, names)), at: span)
  }

  /// The graph that a narration is about, for an audience that draws it.
  private func picture(_ narration: Narration, _ names: NamedGraph?) -> StepGraph? {
    guard machine.audience.keepsGraphs, let names else { return nil }
    switch narration {
    case .backward, .derivative, .rates: return names.picture(try? graph.gradients(of: names.root))
    case .forward, .value: return names.picture(nil)
    case .ledger: return nil
    }
  }

  /// A recorded value, with or without a gradient.
  private func computed(_ value: Value) throws(Diagnostic) -> Node {
    if case .tensor(let node) = value, !node.isLeaf { return node }
    return try machine.tracked(value, name, span)
  }

  func forward(_ value: Value, _ f: Frame) throws(Diagnostic) {
    let root = try computed(value)
    try machine.refuseReplay(of: root, span)
    let names = try named(root, name, f)
    try emit(.forward(try telling { () throws(ExplainError) in try names.forward() }), names, f)
    machine.meetsReplay(root, span)
    if names.root !== root {
      do throws(TensorError) { try graph.replay(root) } catch {
        throw TensorFault(error).at(span)
      }
    }
    if root.isScalar, !root.number.isFinite, !root.isLeaf {
      machine.reportNonFinite(root, at: span)
    }
  }

  func backward(_ value: Value, _ f: Frame) throws(Diagnostic) {
    let root = try machine.tracked(value, name, span)
    let names = try named(root, name, f)
    var old: [ObjectIdentifier: Tensor] = [:]
    for node in names.nodes where node.isParameter { old[ObjectIdentifier(node)] = node.gradient }
    try machine.backward(value, seed: nil, retain: true, again: true, span, name: name)
    let pass = try telling { () throws(ExplainError) in
      try names.backward(try gradients(names.root), old: old)
    }
    try emit(.backward(pass), names, f)
    if let first = pass.accumulations.first {
      machine.warn(
        GradientFault.accumulated(first: first.name).at(span))
    }
  }

  private func gradients(_ root: Node) throws(ExplainError) -> Gradients {
    do throws(GradientError) { return try graph.gradients(of: root) } catch {
      throw .gradient(error)
    }
  }

  func step(_ value: Value, _ f: Frame) throws(Diagnostic) {
    guard case .optimizer(let optimizer) = value else {
      throw GradientFault.notOptimizer(value.kind).at(span)
    }
    try machine.step(optimizer, span, tellsIdle: false)
    guard optimizer.parameters.contains(where: { $0.gradient != nil }) else {
      throw GradientFault.nothingToStepAlong.at(span)
    }
    try emit(.ledger(NamedGraph.ledger(optimizer, graph)), nil, f)
    machine.warnNonFinite(stepOf: optimizer, span)
  }

  func explain(_ value: Value, _ f: Frame) throws(Diagnostic) {
    if case .optimizer(let optimizer) = value {
      guard !optimizer.ledger.isEmpty else {
        throw GradientFault.noStepYet(name: name).at(span)
      }
      return try emit(.ledger(NamedGraph.ledger(optimizer, graph)), nil, f)
    }
    guard case .tensor(let node) = value, !node.isLeaf else {
      switch value {
      case .tensor(let leaf) where leaf.isParameter:
        throw GradientFault.parameterItself(name).at(span)
      case .builtin, .function, .layer: throw GradientFault.notAValue(name, value.kind).at(span)
      default: break
      }
      throw GradientFault.notRecorded(name).at(span)
    }
    let names = try named(node, name, f)
    try emit(names.value(), names, f)
  }

  /// One number of a computed tensor; false if this is none.
  func explain(entry value: Value, _ name: String, _ parts: [IndexPart], _ f: Frame)
    throws(Diagnostic) -> Bool
  {
    guard case .tensor(let node) = value, !node.isLeaf, node.shape.rank > 0,
      parts.count == node.shape.rank
    else { return false }
    for part in parts { if case .value(.number) = part { continue } else { return false } }
    let offset = try place(parts, node.shape)
    let names = try telling { () throws(ExplainError) in
      try NamedGraph(graph, root: node, rootName: name)
    }
    try emit(names.value(of: TensorEntry(node, offset)), names, f)
    return true
  }

  func explain(
    _ value: Value, named of: Expression, by variable: Value, _ by: Expression,
    parts: [IndexPart]?, _ f: Frame
  ) throws(Diagnostic) {
    switch variable {
    case .number: throw GradientFault.plainInput(by.text, of: of.text).at(by.span)
    case .tensor(let node) where node.isLeaf && !node.isParameter:
      throw GradientFault.plainInput(by.text, of: of.text).at(by.span)
    default: break
    }
    var leaf = try machine.tracked(variable, by.text, by.span)
    if case .gradient = of.asDerivative.kind, !value.isTracked {
      throw constant(of.text, by: by.text)
    }
    let root = try machine.tracked(value, of.text, of.span)
    var names = try named(root, of.text, f)
    // `w*x` was computed anew to be asked for; what is meant is the step that is written so.
    if graph.label(of: leaf) == nil, !names.contains(leaf) {
      let open = try telling { () throws(ExplainError) in
        try NamedGraph(graph, root: root, rootName: of.text, unfolds: true)
      }
      guard let step = open.step(written: by.text) else {
        throw constant(of.text, by: by.text)
      }
      (leaf, names) = (step, open)
    }
    guard root.shape.count == 1 else {
      throw GradientFault(.notScalar(root), graph, name: of.text).at(of.span)
    }
    if root === leaf {
      throw GradientFault.byItself.at(span)
    }
    guard leaf.shape.rank == 0 || parts != nil else {
      guard options.mode == nil, options.view == nil else {
        throw GradientFault.wantsEntry(by.text, leaf.shape).at(by.span)
      }
      let pass = try telling { () throws(ExplainError) in
        try names.chain(to: leaf, try gradients(names.root))
      }
      return try emit(.backward(pass), names, f)
    }
    let offset = try parts.map { parts throws(Diagnostic) in try place(parts, leaf.shape) } ?? 0
    let isOneHop = try choice(options.view, .view, f) == "hop"
    if try choice(options.mode, .mode, f) == "forward" {
      let pass = try telling { () throws(ExplainError) in
        try names.forwardMode(by: TensorEntry(leaf, offset))
      }
      return try emit(.rates(pass), names, f)
    }
    let derivation = try telling { () throws(ExplainError) in
      try names.derivation(by: TensorEntry(leaf, offset), isOneHop: isOneHop)
    }
    try emit(.derivative(derivation), names, f)
    machine.warn(derivation, span)
  }

  private func place(_ parts: [IndexPart], _ shape: Shape) throws(Diagnostic) -> Int {
    var items: [IndexItem] = []
    for part in parts {
      guard case .value(.number(let n)) = part, let i = Int(whole: n) else {
        return try telling { () throws(ExplainError) in throw .notAnEntry(shape) }
      }
      items.append(.at(i))
    }
    let picked: Selection
    do throws(TensorError) { picked = try shape.selection(items) } catch {
      throw TensorFault(error, name: name).at(span)
    }
    guard picked.shape.rank == 0 else {
      return try telling { () throws(ExplainError) in throw .notAnEntry(shape) }
    }
    return picked.offsets[0]
  }
}
