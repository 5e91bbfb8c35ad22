// A graph with too many nodes for a picture, folded: a node may stand for many.
import Autograd
import Explain

/// What of a graph is drawn: each node alone, or many as one.
struct DrawnGraph {
  /// A node of the picture.
  struct Place {
    /// The vertices that it stands for, in their order.
    let members: [Int]
    /// Who they are, where they are several.
    let title: String
  }

  /// One place feeds another.
  struct Wire {
    let from: Int
    let to: Int
    /// The vertices at its ends, where it stands for one edge.
    let edge: StepGraph.Edge?
  }

  let places: [Place]
  let wires: [Wire]

  /// Nodes past which a picture is folded.
  static let limit = 200

  init(_ graph: StepGraph) {
    let count = graph.vertices.count
    var groups = Array(0..<count)
    let ways: [(StepGraph) -> [Int]] = [
      DrawnGraph.middles, DrawnGraph.families, DrawnGraph.stages, DrawnGraph.stretches,
    ]
    for way in ways {
      guard Set(groups).count > DrawnGraph.limit else { break }
      groups = DrawnGraph.withoutCycles(way(graph), graph)
    }
    // Numbered in the order of their first members.
    var numbers: [Int: Int] = [:]
    var members: [[Int]] = []
    for vertex in 0..<count {
      let number = numbers[groups[vertex]] ?? members.count
      if number == members.count {
        numbers[groups[vertex]] = number
        members.append([])
      }
      members[number].append(vertex)
    }
    places = members.map { Place(members: $0, title: DrawnGraph.title($0, graph)) }
    var seen: Set<[Int]> = []
    var wires: [Wire] = []
    for edge in graph.edges {
      guard let from = numbers[groups[edge.from]], let to = numbers[groups[edge.to]], from != to
      else { continue }
      let isAlone = members[from].count == 1 && members[to].count == 1
      guard seen.insert([from, to]).inserted else { continue }
      wires.append(Wire(from: from, to: to, edge: isAlone ? edge : nil))
    }
    self.wires = wires
  }

  // MARK: Names

  /// The name without the small figures that number it.
  private static func stem(_ name: String) -> String {
    var name = name[...]
    while let last = name.unicodeScalars.last, (0x2080...0x2089).contains(last.value) || last == "'"
    {
      name = name.dropLast()
    }
    return String(name)
  }

  /// What belongs together as the turns of a loop do.
  private static func family(_ vertex: StepGraph.Vertex) -> String {
    "\(vertex.kind.rawValue) \(stem(vertex.name))"
  }

  /// The layer in whose name a value is: `m[0]` of `m[0].weight`.
  private static func stage(_ vertex: StepGraph.Vertex) -> String {
    let name = stem(vertex.name)
    return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? family(vertex)
  }

  /// `h₃ … h₄₉₈, x`
  private static func title(_ members: [Int], _ graph: StepGraph) -> String {
    let names = members.map { graph.vertices[$0].name }
    guard names.count > 1 else { return names.first ?? "" }
    var order: [String] = []
    var ends: [String: (first: String, last: String)] = [:]
    for vertex in members.map({ graph.vertices[$0] }).sorted(by: { a, b in
      (a.kind == .step ? 0 : 1) < (b.kind == .step ? 0 : 1)
    }) {
      let stem = stem(vertex.name)
      if ends[stem] == nil { order.append(stem) }
      ends[stem] = (ends[stem]?.first ?? vertex.name, vertex.name)
    }
    let parts = order.prefix(3).compactMap { ends[$0] }.map { first, last in
      let (first, last) = (Picture.shortened(first, 14), Picture.shortened(last, 14))
      return first == last ? first : "\(first) … \(last)"
    }
    return parts.joined(separator: ", ") + (order.count > 3 ? ", …" : "")
  }

  // MARK: Ways to fold

  /// Of long families the first two and the last stay; what is between hangs together and is one.
  private static func middles(_ graph: StepGraph) -> [Int] {
    var families: [String: [Int]] = [:]
    for (i, vertex) in graph.vertices.enumerated() {
      families[family(vertex), default: []].append(i)
    }
    var isMiddle = [Bool](repeating: false, count: graph.vertices.count)
    for members in families.values where members.count > 6 {
      for member in members[2..<(members.count - 1)] { isMiddle[member] = true }
    }
    var groups = Array(0..<graph.vertices.count)
    func root(_ i: Int) -> Int {
      var i = i
      while groups[i] != i { i = groups[i] }
      return i
    }
    for edge in graph.edges where isMiddle[edge.from] && isMiddle[edge.to] {
      let (a, b) = (root(edge.from), root(edge.to))
      groups[max(a, b)] = min(a, b)
      (groups[edge.from], groups[edge.to]) = (root(edge.from), root(edge.to))
    }
    return groups.indices.map(root)
  }

  private static func families(_ graph: StepGraph) -> [Int] { grouped(graph, by: family) }

  private static func stages(_ graph: StepGraph) -> [Int] { grouped(graph, by: stage) }

  private static func grouped(_ graph: StepGraph, by key: (StepGraph.Vertex) -> String) -> [Int] {
    var first: [String: Int] = [:]
    return graph.vertices.enumerated().map { i, vertex in
      let key = i == graph.root ? "" : key(vertex)
      let group = first[key] ?? i
      first[key] = group
      return group
    }
  }

  /// Stretches of the order in which values were made, which always helps: the last resort.
  private static func stretches(_ graph: StepGraph) -> [Int] {
    let count = graph.vertices.count
    let length = max(1, (count + limit / 2 - 1) / (limit / 2))
    return (0..<count).map { $0 == graph.root ? $0 : $0 / length * length }
  }

  /// Groups that use each other, one way and back, are one.
  private static func withoutCycles(_ groups: [Int], _ graph: StepGraph) -> [Int] {
    let count = groups.count
    var after = [[Int]](repeating: [], count: count)
    var before = after
    for edge in graph.edges where groups[edge.from] != groups[edge.to] {
      after[groups[edge.from]].append(groups[edge.to])
      before[groups[edge.to]].append(groups[edge.from])
    }
    // The order in which a walk is done with them; then backwards from the last (Kosaraju).
    var seen = [Bool](repeating: false, count: count)
    var done: [Int] = []
    for start in 0..<count where groups[start] == start && !seen[start] {
      var stack = [(start, 0)]
      seen[start] = true
      while let (node, next) = stack.popLast() {
        guard next < after[node].count else {
          done.append(node)
          continue
        }
        stack.append((node, next + 1))
        let user = after[node][next]
        if !seen[user] {
          seen[user] = true
          stack.append((user, 0))
        }
      }
    }
    var whole = [Int?](repeating: nil, count: count)
    for start in done.reversed() where whole[start] == nil {
      var found = [start]
      var stack = [start]
      whole[start] = start
      while let node = stack.popLast() {
        for input in before[node] where whole[input] == nil {
          whole[input] = start
          found.append(input)
          stack.append(input)
        }
      }
      let least = found.min() ?? start
      for node in found { whole[node] = least }
    }
    return groups.map { whole[$0] ?? $0 }
  }
}
