// Layers as values: fields that learn, a forward step, a mode.
import Autograd
import Tensors

/// A layer: declared in nn, by the learner or by the library, or a sequence of layers and functions.
package final class LayerObject {
  package let type: String
  /// What it was made with, as `linear(20, 128)` shows it.
  package let arguments: [(name: String, value: Value)]
  package let fields: [Field]
  package let methods: [(name: String, function: FunctionObject)]
  /// Applies its fields one after another instead of a `forward` of its own.
  package let isSequence: Bool
  /// Whether it comes with the language.
  package let isLibrary: Bool
  /// The function that it applies, with its arguments as settings, instead of a `forward` of its own.
  let function: Builtin?
  private let mode: SharedVariable
  /// What the learner calls it: `model`, `model[0]`, `block.norm`.
  package private(set) var name: String?
  private var isNamedForGood = false
  /// The name that its results get until they are given a better one; 0 for none.
  private(set) var outputLabel: UInt32 = 0

  /// A parameter, buffer or part of a layer.
  package struct Field {
    package let name: String
    let cell: SharedVariable
    package let isBuffer: Bool
    package var value: Value { cell.value }
  }

  init(
    _ type: String, arguments: [(name: String, value: Value)], fields: [Field],
    methods: [(name: String, function: FunctionObject)], mode: SharedVariable, isLibrary: Bool
  ) {
    self.type = type
    self.arguments = arguments
    self.fields = fields
    self.methods = methods
    self.mode = mode
    self.isLibrary = isLibrary
    isSequence = false
    function = nil
  }

  /// A function with its settings: `softmax(dim=1)` is `nn.Softmax(dim=1)`.
  init(applying function: Builtin, settings: [(name: String, value: Value)]) {
    type = function.name
    arguments = settings
    fields = []
    methods = []
    mode = SharedVariable(.bool(true))
    isLibrary = true
    isSequence = false
    self.function = function
  }

  /// Layers and functions to be applied one after another.
  package init(sequence stages: [Value]) {
    type = "sequential"
    arguments = []
    fields = stages.enumerated().map {
      Field(name: "\($0.offset)", cell: SharedVariable($0.element), isBuffer: false)
    }
    methods = []
    mode = SharedVariable(.bool(true))
    isLibrary = true
    isSequence = true
    function = nil
  }

  /// Backward passes, steps and clearings that had been when its mode was last set.
  package var modeChanged = 0

  package var isTraining: Bool { if case .bool(false) = mode.value { false } else { true } }

  /// A field, a state by its full name, or a method.
  package subscript(name: String) -> Value? {
    if name == "training" { return mode.value }
    if let field = fields.first(where: { $0.name == name }) { return field.value }
    if let state = state.first(where: { $0.name == name }) { return .tensor(state.node) }
    return methods.first { $0.name == name }.map { .function($0.function) }
  }

  package var stages: [Value] { isSequence ? fields.map { $0.value } : [] }

  // MARK: Parts

  private enum Member {
    case leaf(Node)
    case layer(LayerObject)
  }

  /// Leaves and layers in the fields and in lists of them, each with its place and its part of PyTorch's
  /// name. As there, the leaves that are fields themselves come first.
  private var members: [(place: String, key: String, member: Member)] {
    var own: [(place: String, key: String, member: Member)] = []
    var parts: [(place: String, key: String, member: Member)] = []
    func visit(_ value: Value, _ place: String, _ key: String) {
      switch value {
      case .layer(let layer): parts.append((place, key, .layer(layer)))
      case .tensor(let node) where node.isParameter: parts.append((place, key, .leaf(node)))
      case .list(let list):
        for (i, item) in list.items.enumerated() { visit(item, "\(place)[\(i)]", "\(key).\(i)") }
      default: break
      }
    }
    for field in fields {
      let place = isSequence ? "[\(field.name)]" : "." + field.name
      if case .tensor(let node) = field.value {
        if node.isParameter || field.isBuffer { own.append((place, field.name, .leaf(node))) }
      } else {
        visit(field.value, place, field.name)
      }
    }
    return own + parts
  }

  /// This layer and all inside it, outermost first; each once, wherever else it is used again.
  package var allLayers: [LayerObject] {
    var found: [LayerObject] = []
    var seen: Set<ObjectIdentifier> = []
    func visit(_ layer: LayerObject) {
      guard seen.insert(ObjectIdentifier(layer)).inserted else { return }
      found.append(layer)
      for case (_, _, .layer(let part)) in layer.members { visit(part) }
    }
    visit(self)
    return found
  }

  /// The same with the parts of each before it.
  package var partsFirst: [LayerObject] {
    var found: [LayerObject] = []
    var seen: Set<ObjectIdentifier> = []
    func visit(_ layer: LayerObject) {
      guard seen.insert(ObjectIdentifier(layer)).inserted else { return }
      for case (_, _, .layer(let part)) in layer.members { visit(part) }
      found.append(layer)
    }
    visit(self)
    return found
  }

  /// Whether other layers lie in its fields.
  package var hasParts: Bool {
    members.contains { if case .layer = $0.member { true } else { false } }
  }

  /// What learns, each leaf once: a shared layer or a tied weight is one thing, however many places it has.
  package var parameters: [Node] {
    allLayers.flatMap { layer in
      layer.members.compactMap { part in
        if case .leaf(let node) = part.member, node.isParameter { node } else { nil }
      } + layer.fields.flatMap { Value.parameters(in: $0.value, layers: false) }
    }.withoutRepeats
  }

  /// Sets the mode of this layer alone.
  package func setOwnMode(_ on: Bool) { mode.value = .bool(on) }

  /// - Parameter event: what `TrainingHistory` had counted then; what is in that mode already keeps its time.
  package func setTraining(_ on: Bool, at event: Int? = nil) {
    for layer in allLayers where layer.isTraining != on {
      layer.setOwnMode(on)
      if let event { layer.modeChanged = event }
    }
  }

  /// Parameters and buffers by PyTorch's names: `0.weight`, `1.running_mean`, `weight_ih_l0`. What has
  /// several places is there under each name, as in PyTorch's `state_dict`.
  package var state: [(name: String, node: Node)] {
    members.flatMap { part -> [(name: String, node: Node)] in
      switch part.member {
      case .leaf(let node): return [(part.key, node)]
      case .layer(let layer):
        // The levels of a recurrent stack carry their place in the names of their weights.
        if layer.type == "_cell", case .string(let place)? = layer["place"] {
          return layer.state.map { name, node in (name + "_" + place.text, node) }
        }
        return layer.state.map { name, node in (part.key + "." + name, node) }
      }
    }
  }

  /// What a file keeps: each parameter and buffer once, under its first name.
  package var savedState: [(name: String, node: Node)] {
    var seen: Set<ObjectIdentifier> = []
    return state.filter { seen.insert(ObjectIdentifier($0.node)).inserted }
  }

  // MARK: Names

  /// Takes the name that the learner stores it under; its parts and parameters are named after it.
  /// - Parameter forGood: at top level, where the name lasts.
  package func named(_ name: String, _ graph: Graph, forGood: Bool) {
    guard self.name == nil || (forGood && !isNamedForGood) else { return }
    isNamedForGood = forGood
    rename(name, graph)
  }

  private var stageLabels: [UInt32] = []

  /// The name of a stage's result, for stages that are functions.
  func stageLabel(_ i: Int, _ graph: Graph) -> UInt32 {
    guard let name else { return 0 }
    if stageLabels.isEmpty {
      stageLabels = fields.indices.map { graph.number(of: "\(name)[\($0)].out") }
    }
    return stageLabels[i]
  }

  private var stateLabels: [UInt32] = []

  /// Names what a recurrent cell keeps after a step: `h1`, and of an LSTM `c1` and the `gates1` that both come of; counted
  /// from 1, as h0 is where it starts.
  package func nameState(_ state: Value, after step: Int, _ graph: Graph) {
    guard let name else { return }
    let parts = ["h", "c", "gates"]
    while stateLabels.count < parts.count * step {
      let next = stateLabels.count / parts.count + 1
      stateLabels += parts.map { graph.number(of: "\(name).\($0)\(next)") }
    }
    let values = if case .list(let list) = state { list.items } else { [state] }
    var nodes = values.map { value -> Node? in
      if case .tensor(let node) = value { node } else { nil }
    }
    if nodes.count > 1 { nodes.append(nodes[1]?.gates) }
    for (k, node) in nodes.prefix(parts.count).enumerated() {
      node?.nameForNow(stateLabels[parts.count * (step - 1) + k])
    }
  }

  /// What is used in several places is named after the first.
  private func rename(_ name: String, _ graph: Graph) {
    var seen: Set<ObjectIdentifier> = []
    func rename(_ layer: LayerObject, _ name: String) {
      guard seen.insert(ObjectIdentifier(layer)).inserted else { return }
      layer.stageLabels = []
      layer.stateLabels = []
      layer.name = name
      layer.outputLabel = graph.number(of: name + ".out")
      for field in layer.fields {
        if case .tensor(let node) = field.value, node.isLeaf,
          seen.insert(ObjectIdentifier(node)).inserted
        {
          node.label = graph.number(of: name + "." + field.name)
        }
      }
      for case (let place, _, .layer(let part)) in layer.members { rename(part, name + place) }
    }
    rename(self, name)
  }
}
