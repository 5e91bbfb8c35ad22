// Built-ins that look at models: tables, diagrams, the graph, a diagnosis.
import Platform
import Interpreter
import Autograd
import Diagnostics
import Explain
import Training
import Tensors

extension Builtin {
  static let looking: [Builtin] = [
    Builtin(
      "summary(model, x=none)", .looking,
      "The layers of a model, the shape each one makes, and how many numbers it learns. `x` is a batch to try; without it zeros of the first layer's size.",
      example: "seed(0); summary(mlp(4, [8], 3))"
    ) { call throws(Diagnostic) in
      let model = try call.layer("model")
      let trace = try call.trace(model)
      let total = model.parameters.reduce(0) { $0 + $1.shape.count }
      var counted: Set<ObjectIdentifier> = []
      let rows = trace.map { step in
        let fresh = step.learned.filter { counted.insert(ObjectIdentifier($0)).inserted }
        let count = fresh.reduce(0) { $0 + $1.shape.count }
        return [
          step.place, step.text, call.batchShape(step.shape),
          count > 0 ? "\(count)" : step.learned.isEmpty ? "" : "as above",
        ]
      }
      return .host(
        FigureObject(
          .table(
            head: ["layer", "", "makes", "numbers"], rows: rows,
            foot: "\(total) numbers to learn, \(model.isTraining ? "training" : "eval") mode")))
    },
    Builtin(
      "diagram(model, x=none)", .looking,
      "A model as columns of units, from its input to its output.",
      example: "seed(0); diagram(mlp(3, [4], 2))"
    ) { call throws(Diagnostic) in
      let model = try call.layer("model")
      return .host(FigureObject(.network(call.columns(model, try call.trace(model)))))
    },
    Builtin(
      "graph(y)", .looking,
      "What a value was computed from. Of numbers, a circuit: each value above its wire, after `backward` its gradient below; where that is too wide, and for tensors, step by step.",
      example: "param w = 2; z = 3*w; y = z^2 + w; graph(y)"
    ) { call throws(Diagnostic) in
      .host(FigureObject(try call.graphed()))
    },
    Builtin(
      "diagnose(model, opt=none)", .looking,
      "What the last backward pass says about the health of a layer or a list of parameters: first what the program did with them, with its data and with its loss, then gradients, units and, with an optimizer, how far its next step goes.",
      example:
        "seed(0); m = mlp(2, [4], 2); d = moons(20); loss = cross_entropy(m(d.X), d.y); loss.backward(); diagnose(m)"
    ) { call throws(Diagnostic) in
      .host(FigureObject(.report(try call.diagnosis().findings)))
    },
  ]
}

extension BuiltinCall {
  func layer(_ name: String) throws(Diagnostic) -> LayerObject {
    if case .layer(let layer) = value(name) { return layer }
    throw wrong(name, "a layer")
  }

  /// A batch shape with N for the batch.
  fileprivate func batchShape(_ shape: Shape) -> String {
    guard shape.rank > 1 else { return "\(shape)" }
    return "[N, " + shape.dims.dropFirst().map(String.init).joined(separator: ", ") + "]"
  }

  /// Runs the model once, in eval mode and without a trace in the graph, and notes what each part makes.
  fileprivate func trace(_ model: LayerObject) throws(Diagnostic) -> [LayerTrace] {
    let input = has("x") ? value("x") : try sample(model)
    model.named("model", graph, forGood: false)
    machine.trace = []
    defer { machine.trace = nil }
    _ = try measured(.layer(model), input)
    return machine.trace ?? []
  }

  /// What a model makes of a batch in eval mode, without a trace in the graph; its modes stay as they are.
  func measured(_ model: Value, _ input: Value) throws(Diagnostic) -> Value {
    let wasRecording = graph.isRecording
    graph.isRecording = false
    var modes: [(LayerObject, Bool)] = []
    if case .layer(let layer) = model {
      modes = layer.allLayers.map { ($0, $0.isTraining) }
      layer.setTraining(false)
    }
    defer {
      graph.isRecording = wasRecording
      for (layer, mode) in modes { layer.setOwnMode(mode) }
    }
    return try machine.call(model, Arguments([input]), at: span, span, site, frame)
  }

  /// Zeros of the size that the first layer takes.
  private func sample(_ model: LayerObject) throws(Diagnostic) -> Value {
    for layer in model.allLayers {
      // A layer of the learner's own is taken to multiply by a matrix [outputs, inputs].
      if !layer.isLibrary, !layer.hasParts {
        let weights = layer.parameters.first { $0.shape.rank == 2 }
        guard let weights else { continue }
        return try made { () throws(TensorError) in
          try Tensor(filling: Shape([2, weights.shape[1]]), with: 0, dtype: machine.dtype)
        }
      }
      guard layer.isLibrary, let takes = Builtin.named(layer.type)?.definition?.notes[.takes] else {
        continue
      }
      func setting(_ name: String) -> Int? {
        switch layer.arguments.first(where: { $0.name == name })?.value {
        case .number(let n)?: Int(whole: n)
        case .tensor(let node)?: node.value.item.flatMap { Int(whole: $0) }
        default: nil
        }
      }
      let dims = takes.dropFirst().dropLast().split(separator: ",").map { part in
        let part = String(part.drop { $0 == " " })
        return Int(part) ?? setting(part)
      }
      guard !dims.contains(nil) else { continue }
      return try made { () throws(TensorError) in
        try Tensor(filling: Shape(dims.compactMap { $0 }), with: 0, dtype: machine.dtype)
      }
    }
    throw BuiltinFault.inputUnknown(function: builtin.name).at(span)
  }

  /// The weights of a layer that joins every unit to every one, a row for each of its units.
  private func dense(_ step: LayerTrace) -> [[Double]] {
    let weights = step.learned.filter { $0.shape.rank == 2 }
    guard weights.count == 1, let weight = weights.first, step.shape.rank == 2,
      step.learned.allSatisfy({ $0.shape.rank <= 2 }), weight.shape[0] == step.shape[1]
    else { return [] }
    let (rows, width) = (weight.shape[0], weight.shape[1])
    let values = weight.value.values
    return (0..<rows).map { Array(values[$0 * width..<($0 + 1) * width]) }
  }

  /// One column for the input and one for each layer with weights.
  fileprivate func columns(_ model: LayerObject, _ trace: [LayerTrace]) -> [Figure.Column] {
    func units(_ shape: Shape) -> Int { shape.dims.dropFirst().reduce(1, *) }
    var input: Int?
    if let value = has("x") ? self.value("x") : try? sample(model), case .tensor(let node) = value {
      input = units(node.shape)
    }
    var stops: [(units: Int, steps: [String], parameters: Int, weights: [[Double]])] = []
    for step in trace {
      let isNorm = Builtin.named(step.type)?.definition?.notes[.role] == "normalises"
      let isWeighted = step.parameters > 0 && !isNorm
      if isWeighted {
        stops.append((units(step.shape), [step.type], step.parameters, dense(step)))
      } else if !stops.isEmpty {
        stops[stops.count - 1].steps.append(step.type)
        stops[stops.count - 1].units = units(step.shape)
        stops[stops.count - 1].parameters += step.parameters
      }
    }
    var columns: [Figure.Column] = []
    for i in 0...stops.count {
      let title =
        i == 0 ? "input" : i == stops.count ? "output" : stops.count == 2 ? "hidden" : "hidden \(i)"
      let next = i < stops.count ? stops[i] : nil
      columns.append(
        Figure.Column(
          title: title, units: i == 0 ? input ?? 1 : stops[i - 1].units, steps: next?.steps ?? [],
          parameters: next?.parameters ?? 0, weights: next?.weights ?? []))
    }
    return columns
  }

  // MARK: The graph

  fileprivate func graphed() throws(Diagnostic) -> Figure {
    let name = sourceName("y")
    let root = try machine.tracked(value("y"), name, span)
    let rootName = graph.label(of: root) ?? name ?? "result"
    let gradients: Gradients
    do throws(GradientError) { gradients = try graph.gradients(of: root, seed: one(root)) } catch {
      throw GradientFault(error, graph, name: name).at(span)
    }
    let named: NamedGraph
    do throws(ExplainError) {
      named = try NamedGraph(graph, root: root, rootName: rootName)
    } catch {
      throw BuiltinFault.tooManySteps(rootName).at(span)
    }
    // Once a pass has been made, what it found; what parameters gather over several is their own affair.
    let known = root.gradient != nil ? gradients : nil
    let branches = branches(named, root, known)
    let below = graph.recorded(below: root)
    let picture = named.picture(known)
    guard below.count <= 60, below.allSatisfy({ $0.shape.rank == 0 }) else {
      return .graph(picture, wires: [], tree: branches)
    }
    let wires = Wires(graph, named, known)
    return .graph(picture, wires: [wires.gates(root), wires.steps(root)], tree: branches)
  }

  /// Where a backward pass over a value begins; of a tensor, a sum of its entries.
  private func one(_ root: Node) -> Tensor? {
    root.shape.rank == 0 ? nil : try? Tensor(filling: root.shape, with: 1, dtype: root.dtype)
  }

  private func branches(_ named: NamedGraph, _ root: Node, _ gradients: Gradients?)
    -> [Figure.Branch]
  {
    func gradient(_ node: Node) -> String {
      guard node.shape.rank == 0, let gradient = gradients?(node) else { return "" }
      return "   gradient \(machine.format(gradient[0]))"
    }
    var branches: [Figure.Branch] = []
    var seen: Set<ObjectIdentifier> = []
    let limit = 60
    func visit(_ node: Node, _ depth: Int) {
      guard branches.count <= limit else { return }
      let name = named.name(node) ?? "?"
      let shape = node.shape.rank > 0 ? "   \(node.shape)" : ""
      if node.isLeaf {
        branches.append(
          Figure.Branch(
            depth: depth,
            text: "\(name)   "
              + (node.shape.rank == 0
                ? "parameter, \(machine.format(node.number))\(gradient(node))"
                : "parameter \(node.shape)")))
        return
      }
      let isNew = seen.insert(ObjectIdentifier(node)).inserted
      let value =
        node.shape.rank == 0
        ? " = \(machine.format(node.value[0]))\(gradient(node))" : shape
      branches.append(
        Figure.Branch(
          depth: depth,
          text: isNew ? "\(name) = \(named.formula(of: node).text)\(value)" : "\(name) (as above)"))
      if isNew { for input in named.inputs(of: node) { visit(input, depth + 1) } }
    }
    visit(root, 0)
    if branches.count > limit {
      branches =
        Array(branches.prefix(limit)) + [
          Figure.Branch(depth: 0, text: "… cut after \(limit) lines")
        ]
    }
    return branches
  }
}

/// A graph of numbers as wires and gates. What is used twice is drawn once, and called by its name after that.
private struct Wires {
  private let graph: Graph
  private let named: NamedGraph
  private let gradients: Gradients?

  init(_ graph: Graph, _ named: NamedGraph, _ gradients: Gradients?) {
    self.graph = graph
    self.named = named
    self.gradients = gradients
  }

  /// Every op a gate.
  func gates(_ root: Node) -> Figure.Wire {
    var seen: Set<ObjectIdentifier> = []
    func wire(_ node: Node) -> Figure.Wire {
      let isNew = seen.insert(ObjectIdentifier(node)).inserted
      if node.isLeaf || !isNew { return end(node, isAgain: !isNew && !node.isLeaf) }
      var inputs: [Figure.Wire] = []
      let settings = node.attributes.text
      let name = settings.isEmpty ? node.op.name : "\(node.op.name) \(settings)"
      var gate = Figure.Gate(name, symbol(node.op))
      for k in 0..<node.operandCount {
        switch node.operand(k) {
        case .node(let input): inputs.append(wire(input))
        case .number(let n):
          // A number without a name is a part of the gate: `^2`, `1 −`.
          let name = written(k, node)
          if name == nil, gate.sign != nil, node.operandCount == 2 {
            gate = gate.with(n, isFirst: k == 0)
          } else {
            inputs.append(Figure.Wire(gate: nil, name: name, value: n, gradient: .none))
          }
        }
      }
      return Figure.Wire(
        gate: gate, name: named.name(node), value: node.number, gradient: gradient(node),
        inputs: inputs)
    }
    return wire(root)
  }

  /// Every named step a gate, under its formula.
  func steps(_ root: Node) -> Figure.Wire {
    var seen: Set<ObjectIdentifier> = []
    func wire(_ node: Node) -> Figure.Wire {
      let isNew = seen.insert(ObjectIdentifier(node)).inserted
      if node.isLeaf || !isNew { return end(node, isAgain: !isNew && !node.isLeaf) }
      return Figure.Wire(
        gate: Figure.Gate(named.formula(of: node).text, nil), name: named.name(node),
        value: node.number,
        gradient: gradient(node), inputs: named.inputs(of: node).map(wire))
    }
    return wire(root)
  }

  private func end(_ node: Node, isAgain: Bool) -> Figure.Wire {
    let name = named.name(node) ?? graph.label(of: node)
    return Figure.Wire(
      gate: nil, name: isAgain ? (name ?? "above") : name, value: node.number,
      gradient: gradient(node))
  }

  /// What a plain number was called in the source.
  private func written(_ k: Int, _ node: Node) -> String? {
    let names = graph.sites[Int(node.site)].operandNames
    return k < names.count ? names[k] : nil
  }

  private func gradient(_ node: Node) -> Figure.Slope {
    guard node.isTracked else { return .none }
    return gradients.map { .known($0(node)?[0] ?? 0) } ?? .pending
  }

  private func symbol(_ op: Op) -> Figure.Sign? {
    switch op.notation {
    case .infix(let symbol, _): Figure.Sign(rawValue: symbol.filter { $0 != " " })
    case .prefix(let symbol): Figure.Sign(rawValue: symbol)
    default: nil
    }
  }
}
