// What `summary` sees of a model at work.
import Autograd
import Tensors

/// What one layer or function of a model made of its input.
package struct LayerTrace {
  package let place: String
  package let text: String
  package let type: String
  package let shape: Shape
  package let learned: [Node]
  package var parameters: Int { learned.reduce(0) { $0 + $1.shape.count } }
}

extension Machine {
  /// Notes what a layer or function made, for `summary`.
  func traced(_ stage: Value, _ result: Value, place: String) {
    // A layer has told of itself.
    if case .layer = stage { return }
    guard let shape = made(result) else { return }
    var name = "fn"
    if case .builtin(let builtin) = stage { name = builtin.name }
    trace?.append(LayerTrace(place: place, text: name, type: name, shape: shape, learned: []))
  }

  func traced(_ layer: LayerObject, _ result: Value) {
    guard !layer.isSequence, layer.isLibrary || !layer.hasParts, let shape = made(result)
    else { return }
    trace?.append(
      LayerTrace(
        place: layer.name ?? "", text: text(of: .layer(layer)), type: layer.type, shape: shape,
        learned: layer.parameters))
  }

  /// The shape of a result; of several, as recurrent layers give them, that of the first.
  private func made(_ result: Value) -> Shape? {
    switch result {
    case .tensor(let node): node.shape
    case .list(let list): if case .tensor(let node)? = list.items.first { node.shape } else { nil }
    default: nil
    }
  }
}
