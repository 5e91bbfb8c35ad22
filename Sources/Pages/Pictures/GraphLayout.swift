// Where the nodes of a graph stand and how wires run between them: layers from left to right. Geometry alone.
import Tensors

/// A drawing of a graph without cycles, in layers: what is used stands left of what uses it.
///
/// Wires are level beside and below boxes, and bend in the gaps between layers only, so that none passes a box, and
/// what is written over the end of a wire is over that wire alone. The wires of one node to far layers share a trunk.
package struct GraphLayout {
  /// What is to be drawn: a box of some size.
  package struct Box {
    package let width: Double
    package let height: Double

    package init(_ width: Double, _ height: Double) { (self.width, self.height) = (width, height) }
  }

  /// A wire that is to be drawn, with the width of what is written at its end.
  package struct Link {
    package let from: Int
    package let to: Int
    package let label: Double?

    package init(_ from: Int, _ to: Int, label: Double? = nil) {
      (self.from, self.to, self.label) = (from, to, label)
    }
  }

  /// A wire as it runs.
  package struct Wire {
    package let from: Int
    package let to: Int
    /// It goes through these: level where two are level, else as a curve that begins and ends level.
    package let knots: [Picture.Point]
    /// Where the text at its end stands.
    package let label: Picture.Rect?

    package init(from: Int, to: Int, knots: [Picture.Point], label: Picture.Rect?) {
      (self.from, self.to, self.knots, self.label) = (from, to, knots, label)
    }

    /// Points along it.
    package func sampled(_ steps: Int = 16) -> [Picture.Point] {
      zip(knots, knots.dropFirst()).flatMap { a, b in
        (0...steps).map { k in
          let t = Double(k) / Double(steps)
          let (u, middle) = (1 - t, (a.x + b.x) / 2)
          let x = u * u * u * a.x + 3 * u * t * middle + t * t * t * b.x
          let share = t * t * (3 - 2 * t)
          return Picture.Point(x, a.y + share * (b.y - a.y))
        }
      }
    }
  }

  package let nodes: [Picture.Rect]
  package let wires: [Wire]
  package let width: Double
  package let height: Double
  /// How often wires cross.
  package let crossings: Int
  /// The layer of each node.
  package let layers: [Int]

  /// Between boxes of a layer.
  static let gap = 16.0
  /// Between the ends of wires at one box: room for a number over each, or none.
  package static func portGap(_ isLabelled: Bool) -> Double { isLabelled ? 22 : 12 }
  /// The height of what is written over a wire.
  static let labelHeight = 14.0
  /// Between the end of a text and the box.
  static let tip = 9.0
  static let margin = 10.0

  /// The least height of a box at which so many wires end.
  package static func height(ports: Int, labelled: Bool) -> Double {
    let gap = portGap(labelled)
    return Double(max(0, ports - 1)) * gap + (labelled ? 42 : 18)
  }

  /// - Parameters:
  ///   - boxes: the sizes, at least as high as `height(ports:labelled:)`.
  ///   - links: without a cycle.
  package init(_ boxes: [Box], _ links: [Link]) {
    let layers = GraphLayering.layers(boxes.count, links.map { ($0.from, $0.to) })
    let order = GraphOrdering(layers, links.map { ($0.from, $0.to) })
    let placing = GraphPlacing(order, boxes, links)
    self.layers = layers
    crossings = order.crossings
    nodes = placing.rects
    wires = placing.wires
    width = placing.width
    height = placing.height
  }
}

/// The layer of each node of a graph.
enum GraphLayering {
  /// Each after all that it uses, and near to what it is joined to.
  static func layers(_ count: Int, _ links: [(from: Int, to: Int)]) -> [Int] {
    var inputs = [[Int]](repeating: [], count: count)
    var users = inputs
    for link in links where link.from != link.to {
      inputs[link.to].append(link.from)
      users[link.from].append(link.to)
    }
    let order = sorted(count, inputs, users)
    var layers = [Int](repeating: 0, count: count)
    for node in order { layers[node] = (inputs[node].map { layers[$0] }.max() ?? -1) + 1 }
    // What has more users than inputs would rather stand by these: wires get shorter.
    for _ in 0..<count {
      var isChanged = false
      for node in order.reversed() {
        guard let first = users[node].map({ layers[$0] }).min() else { continue }
        let isPulled = Set(users[node]).count > Set(inputs[node]).count || inputs[node].isEmpty
        if isPulled, layers[node] < first - 1 {
          layers[node] = first - 1
          isChanged = true
        }
      }
      guard isChanged else { break }
    }
    let least = layers.min() ?? 0
    return layers.map { $0 - least }
  }

  /// Each after its inputs; the earlier number first where both may be.
  private static func sorted(_ count: Int, _ inputs: [[Int]], _ users: [[Int]]) -> [Int] {
    var waiting = inputs.map { $0.count }
    var order: [Int] = []
    var ready = (0..<count).filter { waiting[$0] == 0 }
    var next = 0
    while next < ready.count {
      let node = ready[next]
      next += 1
      order.append(node)
      for user in users[node] {
        waiting[user] -= 1
        if waiting[user] == 0 { ready.append(user) }
      }
    }
    return order
  }
}
