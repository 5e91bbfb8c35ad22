// Built-ins that look at models: tables, diagrams, the graph, a diagnosis.
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
      "graph(y)", .looking, "What a value was computed from, step by step, down to the parameters.",
      example: "param w = 2; z = 3*w; y = z^2 + w; graph(y)"
    ) { call throws(Diagnostic) in
      .host(FigureObject(.tree(try call.branches())))
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
        case .number(let n)?: Int(exactly: n)
        case .tensor(let node)?: node.value.item.flatMap { Int(exactly: $0) }
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

  /// One column for the input and one for each layer with weights.
  fileprivate func columns(_ model: LayerObject, _ trace: [LayerTrace]) -> [Figure.Column] {
    func units(_ shape: Shape) -> Int { shape.dims.dropFirst().reduce(1, *) }
    var input: Int?
    if let value = has("x") ? self.value("x") : try? sample(model), case .tensor(let node) = value {
      input = units(node.shape)
    }
    var stops: [(units: Int, steps: [String], parameters: Int)] = []
    for step in trace {
      let isNorm = Builtin.named(step.type)?.definition?.notes[.role] == "normalises"
      let isWeighted = step.parameters > 0 && !isNorm
      if isWeighted {
        stops.append((units(step.shape), [step.type], step.parameters))
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
          parameters: next?.parameters ?? 0))
    }
    return columns
  }

  // MARK: The graph

  fileprivate func branches() throws(Diagnostic) -> [Figure.Branch] {
    let name = sourceName("y") ?? "y"
    let root = try machine.tracked(value("y"), name, span)
    let named: NamedGraph
    do throws(ExplainError) {
      named = try NamedGraph(graph, root: root, rootName: graph.label(of: root) ?? name)
    } catch {
      throw BuiltinFault.tooManySteps(name).at(span)
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
                ? "parameter, \(machine.format(node.number))" : "parameter \(node.shape)")))
        return
      }
      let isNew = seen.insert(ObjectIdentifier(node)).inserted
      let value = node.shape.rank == 0 ? " = \(machine.format(node.value[0]))" : shape
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
