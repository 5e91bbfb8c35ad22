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
  private let mode: Cell
  /// What the learner calls it: `model`, `model[0]`, `block.norm`.
  package private(set) var name: String?
  private var isNamedForGood = false
  /// The name that its results get until they are given a better one; 0 for none.
  private(set) var outputLabel: UInt32 = 0

  package struct Field {
    package let name: String
    let cell: Cell
    package let isBuffer: Bool
    package var value: Value { cell.value }
  }

  init(
    _ type: String, arguments: [(name: String, value: Value)], fields: [Field],
    methods: [(name: String, function: FunctionObject)], mode: Cell, isLibrary: Bool
  ) {
    self.type = type
    self.arguments = arguments
    self.fields = fields
    self.methods = methods
    self.mode = mode
    self.isLibrary = isLibrary
    isSequence = false
  }

  /// Layers and functions to be applied one after another.
  init(sequence stages: [Value]) {
    type = "sequential"
    arguments = []
    fields = stages.enumerated().map {
      Field(name: "\($0.offset)", cell: Cell($0.element), isBuffer: false)
    }
    methods = []
    mode = Cell(.bool(true))
    isLibrary = true
    isSequence = true
  }

  package var isTraining: Bool { if case .bool(false) = mode.value { false } else { true } }

  package subscript(name: String) -> Value? {
    if name == "training" { return mode.value }
    if let field = fields.first(where: { $0.name == name }) { return field.value }
    if let state = state.first(where: { $0.name == name }) { return .tensor(state.node) }
    return methods.first { $0.name == name }.map { .function($0.function) }
  }

  package var stages: [Value] { isSequence ? fields.map(\.value) : [] }

  /// Trainable leaves of this layer and of the layers in its fields, in the order of their making. One that
  /// several layers share counts once, as in PyTorch.
  package var parameters: [Node] {
    fields.flatMap { Value.parameters(in: $0.value) }.withoutRepeats
  }

  /// This layer's own parts: layers in fields and in lists of them, each with its place.
  package var parts: [(place: String, key: String, layer: LayerObject)] {
    fields.flatMap { field -> [(String, String, LayerObject)] in
      switch field.value {
      case .layer(let layer):
        return [(isSequence ? "[\(field.name)]" : "." + field.name, field.name, layer)]
      case .list(let list):
        return list.items.enumerated().compactMap { i, item in
          guard case .layer(let layer) = item else { return nil }
          return (".\(field.name)[\(i)]", "\(field.name).\(i)", layer)
        }
      default: return []
      }
    }
  }

  /// Sets the mode of this layer alone.
  func setOwnMode(_ on: Bool) { mode.value = .bool(on) }

  package func setTraining(_ on: Bool) {
    mode.value = .bool(on)
    for part in parts { part.layer.setTraining(on) }
  }

  /// Parameters and buffers by PyTorch's names: `0.weight`, `1.running_mean`, `weight_ih_l0`.
  package var state: [(name: String, node: Node)] {
    var own: [(name: String, node: Node)] = []
    for field in fields {
      if case .tensor(let node) = field.value, node.isParameter || field.isBuffer {
        own.append((field.name, node))
      }
    }
    for part in parts {
      for (name, node) in part.layer.state {
        // The layers of a recurrent stack carry their number in the names of their weights.
        if part.key.hasPrefix("cells.") {
          own.append((name + "_l" + part.key.dropFirst("cells.".count), node))
        } else {
          own.append((part.key + "." + name, node))
        }
      }
    }
    return own
  }

  // MARK: Names

  /// Takes the name that the learner stores it under; its parts and parameters are named after it.
  /// - Parameter forGood: at top level, where the name lasts.
  func named(_ name: String, _ graph: Graph, forGood: Bool) {
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

  private func rename(_ name: String, _ graph: Graph) {
    stageLabels = []
    self.name = name
    outputLabel = graph.number(of: name + ".out")
    for field in fields {
      if case .tensor(let node) = field.value, node.isLeaf {
        node.label = graph.number(of: name + "." + field.name)
      }
    }
    for part in parts { part.layer.rename(name + part.place, graph) }
  }
}
