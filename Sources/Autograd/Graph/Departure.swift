// What left the graph: numbers taken out with `item`, and branches that a number decided.
import Tensors

/// A value that was read where nothing is recorded, so that a replay cannot follow it.
package struct Departure {
  /// The value, as long as anyone holds it.
  package private(set) weak var node: Node?
  /// What it was then.
  package let number: Double
  /// When, on the graph's clock.
  package let time: Int
  package let site: UInt32
  /// It decided which way the program went; else it went on as a plain number.
  package let isBranch: Bool
}

extension Graph {
  /// Remembers, for each place in the source, the last value that left the graph there.
  package func depart(_ node: Node, at site: UInt32, isBranch: Bool) {
    guard site != 0, node.isLive, node.shape.rank == 0 else { return }
    departures[site] = Departure(
      node: node, number: node.number, time: clock, site: site, isBranch: isBranch)
  }

  /// What a replay of `root` does not follow: values whose history was dropped, and numbers that left before
  /// it was computed and would be others now.
  package func unfollowed(below root: Node) -> (
    dropped: [Node], departed: [(Departure, name: String?)]
  ) {
    let order = recorded(below: root)
    let dropped = order.filter { $0.flags.contains(.dropped) }
    let names = plainNumbers(order)
    let below = Set(order.map(ObjectIdentifier.init))
    let departed = departures.values.compactMap { departure -> (Departure, String?)? in
      guard let node = departure.node, departure.isBranch || names[departure.number] != nil,
        recorded(below: node).contains(where: { leaf in
          leaf.isLeaf && leaf.time > departure.time
            // A branch concerns the root if both stand on what has changed.
            && (!departure.isBranch || below.contains(ObjectIdentifier(leaf)))
        })
      else { return nil }
      return (departure, departure.isBranch ? label(of: node) : names[departure.number])
    }
    return (dropped, departed.sorted { $0.0.time < $1.0.time })
  }

  /// The plain numbers that were met under a name, with that name.
  private func plainNumbers(_ order: [Node]) -> [Double: String] {
    var names: [Double: String] = [:]
    for node in order where !node.isLeaf {
      let written = sites[Int(node.site)].operandNames
      for (k, operand) in node.operands.enumerated() where k < written.count {
        guard let name = written[k] else { continue }
        switch operand {
        case .number(let n): names[n] = name
        case .node(let input) where input.isLeaf && !input.isLive && input.shape.rank == 0:
          names[input.number] = name
        case .node: continue
        }
      }
    }
    return names
  }
}
