// The graph as a picture has it: named values, what each was made of, and what flows between them.
import Autograd
import Tensors

/// What a value was computed from, step by step, as it was when it was told.
package struct StepGraph {
  /// A named value.
  package struct Vertex {
    /// What stands at the place.
    package enum Kind: String {
      /// Given: an input, a target, a setting.
      case data
      case parameter
      /// Computed.
      case step
    }

    package let name: String
    package let kind: Kind
    /// What made it, over names; nil for what was given.
    package let formula: Formula?
    package let value: Tensor
    /// `∂root/∂` this, once it is known; nil also where no one asks for it.
    package let gradient: Tensor?
    /// Whether a gradient flows to it.
    package let isTracked: Bool
    /// The expression that made it.
    package let site: Site?
  }

  /// One value is used in making another.
  package struct Edge {
    package let from: Int
    package let to: Int
    /// The number of places at which it is used there.
    package let uses: Int
  }

  /// Each after what it is made of.
  package let vertices: [Vertex]
  package let edges: [Edge]
  package let root: Int

  package init(vertices: [Vertex], edges: [Edge], root: Int) {
    (self.vertices, self.edges, self.root) = (vertices, edges, root)
  }
}

extension NamedGraph {
  /// Values past which no one looks at a picture.
  private static let pictureLimit = 2_000

  /// The graph as it is now.
  /// - Parameter gradients: those of the root, where a backward pass has been made.
  /// - Returns: nil where it is too large to be looked at.
  package func picture(_ gradients: Gradients?) -> StepGraph? {
    guard nodes.count <= NamedGraph.pictureLimit else { return nil }
    var vertices: [StepGraph.Vertex] = []
    var places: [ObjectIdentifier: Int] = [:]
    var numbers: [String: Int] = [:]
    var edges: [StepGraph.Edge] = []
    func given(_ node: Node, _ name: String) -> Int {
      if let place = places[ObjectIdentifier(node)] { return place }
      places[ObjectIdentifier(node)] = vertices.count
      vertices.append(
        StepGraph.Vertex(
          name: name, kind: node.isParameter ? .parameter : .data, formula: nil, value: node.value,
          gradient: gradients?(node), isTracked: node.isTracked, site: nil))
      return vertices.count - 1
    }
    func given(_ number: Double, _ name: String) -> Int {
      let key = "\(name) \(number.bitPattern)"
      if let place = numbers[key] { return place }
      numbers[key] = vertices.count
      vertices.append(
        StepGraph.Vertex(
          name: name, kind: .data, formula: nil, value: Tensor(number), gradient: nil,
          isTracked: false, site: nil))
      return vertices.count - 1
    }
    for step in steps {
      var used: [(from: Int, uses: Int)] = []
      for node in folded(into: step) {
        for k in 0..<node.operandCount {
          let place: Int
          switch node.operand(k) {
          case .node(let input):
            if let own = places[ObjectIdentifier(input)] {
              place = own
            } else if input.isLeaf, let name = name(input) ?? label(input, k, node) {
              place = given(input, name)
            } else {
              continue
            }
          case .number(let n):
            guard let name = constantName(k, of: node) else { continue }
            place = given(n, name)
          }
          if let old = used.firstIndex(where: { $0.from == place }) {
            used[old].uses += 1
          } else {
            used.append((place, 1))
          }
        }
      }
      places[ObjectIdentifier(step)] = vertices.count
      edges += used.map { StepGraph.Edge(from: $0.from, to: vertices.count, uses: $0.uses) }
      vertices.append(
        StepGraph.Vertex(
          name: name(step) ?? "", kind: .step, formula: formula(of: step), value: step.value,
          gradient: gradients?(step), isTracked: step.isTracked,
          site: graph.sites[Int(step.site)]))
    }
    guard let root = places[ObjectIdentifier(self.root)] else { return nil }
    return StepGraph(vertices: vertices, edges: edges, root: root)
  }

  private func label(_ node: Node, _ k: Int, _ user: Node) -> String? {
    graph.label(of: node) ?? constantName(k, of: user)
  }

  /// The unnamed values that a step is written with, and itself, oldest first, whether a gradient flows or not.
  private func folded(into step: Node) -> [Node] {
    var found: [Node] = []
    var seen: Set<ObjectIdentifier> = []
    var waiting = [step]
    while let node = waiting.popLast() {
      guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
      found.append(node)
      for k in 0..<node.operandCount {
        if case .node(let input) = node.operand(k), !input.isLeaf, name(input) == nil {
          waiting.append(input)
        }
      }
    }
    return found.sorted { $0.time < $1.time }
  }
}
