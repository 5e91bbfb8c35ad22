// What left the graph: numbers taken out with `item`, and branches that a number decided.
import Platform
import Tensors

/// A value that was read where nothing is recorded, so that a replay cannot follow it.
package struct Departure {
  /// The value, as long as anyone holds it.
  package var node: Node? { held.object }
  let held: Weak<Node>
  /// What it was then.
  package let number: Double
  /// When, on the graph's clock.
  package let time: Int
  package let site: UInt32
  /// It decided which way the program went; else it went on as a plain number.
  package let isBranch: Bool
}

/// Where gradients stop on the way from a value to the parameters.
package struct Cut {
  /// What it was that cut.
  package enum Reason: Equatable, Sendable {
    /// The op has no slope.
    case op(Op)
    case detached
    /// It was computed where nothing is recorded.
    case noGrad
    /// It was taken out as a plain number.
    case number
  }

  package let reason: Reason
  /// What was cut off, if it has a name.
  package let name: String?
  package let site: UInt32
}

extension Graph {
  /// The step that cuts a value off from all parameters, nearest to them, if there was one.
  /// - Parameter variable: asks for what cuts it off from this one.
  package func cut(below root: Node?, from variable: Node? = nil) -> Cut? {
    guard let root else { return nil }
    for node in recorded(below: root) where !node.isLeaf && !node.isTracked {
      // What only gives a shape, or chooses, cuts nothing off.
      guard
        node.operands.indices.contains(where: {
          node.operands[$0].isTracked && node.op.role($0) == .value
        })
      else { continue }
      if let variable, !recorded(below: node).contains(where: { $0 === variable }) { continue }
      let reason: Cut.Reason =
        node.op.isCut ? .detached : node.op.isDifferentiable ? .noGrad : .op(node.op)
      return Cut(reason: reason, name: label(of: node), site: node.site)
    }
    return nil
  }

  /// The last place at which a number was taken out of the graph.
  package var lastNumberTaken: Cut? {
    departures.values.filter { !$0.isBranch }.max { $0.time < $1.time }.map {
      Cut(reason: .number, name: $0.node.flatMap(label), site: $0.site)
    }
  }

  /// A value of before a change that later values were computed from, and whether these only gather it.
  func carriedOver(below root: Node, change: Int) -> (old: Node, gathers: Bool)? {
    for user in recorded(below: root) where user.time > change && !user.isLeaf {
      let old = user.operands.compactMap { $0.node }.first {
        !$0.isLeaf && $0.isTracked && $0.time < change
      }
      guard let old else { continue }
      // `total = total + loss`, and the total is what backward began at.
      if case .infix(let symbol, _) = user.op.notation, symbol.contains("+"), user === root {
        return (old, true)
      }
      return (old, false)
    }
    return nil
  }

  /// Remembers, for each place in the source, the last value that left the graph there.
  package func depart(_ node: Node, at site: UInt32, isBranch: Bool) {
    guard site != 0, node.isLive, node.shape.rank == 0 else { return }
    node.flags.insert(.departed)
    departures[site] = Departure(
      held: Weak(node), number: node.number, time: clock, site: site, isBranch: isBranch)
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
    let departed = departures.values.compactMap { departure -> (Departure, name: String?)? in
      guard let node = departure.node, departure.isBranch || names[departure.number] != nil,
        recorded(below: node).contains(where: { leaf in
          leaf.isLeaf && leaf.time > departure.time
            // A branch concerns the root if both stand on what has changed.
            && (!departure.isBranch || below.contains(ObjectIdentifier(leaf)))
        })
      else { return nil }
      return (departure, name: departure.isBranch ? label(of: node) : names[departure.number])
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
