// The order of nodes within layers: few crossings.

/// Items in layers, nodes and bends of long wires, in an order that crosses few wires.
struct GraphOrdering {
  /// What has a place in a layer.
  struct Item {
    let layer: Int
    /// Whose box it is, or from which node the trunk comes that passes here.
    let node: Int
    let isBend: Bool
  }

  /// A line between neighbouring layers.
  struct Span {
    let from: Int
    let to: Int
    /// The number of the wire that ends with it; nil within a trunk.
    let wire: Int?
  }

  private(set) var items: [Item] = []
  private(set) var spans: [Span] = []
  /// The items of each layer from the top.
  private(set) var rows: [[Int]] = []
  private(set) var crossings = 0
  /// Spans into and out of each item.
  private(set) var before: [[Int]] = []
  private(set) var after: [[Int]] = []
  /// The bends of each node's trunk, in the order of their layers.
  private(set) var trunks: [[Int]] = []
  private var place: [Int] = []

  init(_ layers: [Int], _ links: [(from: Int, to: Int)]) {
    items = layers.enumerated().map { Item(layer: $1, node: $0, isBend: false) }
    trunks = [[Int]](repeating: [], count: layers.count)
    for (wire, link) in links.enumerated() {
      var last = link.from
      for layer in (layers[link.from] + 1)..<max(layers[link.from] + 1, layers[link.to]) {
        let k = layer - layers[link.from] - 1
        if k == trunks[link.from].count {
          trunks[link.from].append(items.count)
          spans.append(Span(from: last, to: items.count, wire: nil))
          items.append(Item(layer: layer, node: link.from, isBend: true))
        }
        last = trunks[link.from][k]
      }
      spans.append(Span(from: last, to: link.to, wire: wire))
    }
    before = [[Int]](repeating: [], count: items.count)
    after = before
    for (i, span) in spans.enumerated() {
      after[span.from].append(i)
      before[span.to].append(i)
    }
    place = [Int](repeating: 0, count: items.count)
    improve((layers.max() ?? -1) + 1)
  }

  /// Tries several beginnings and keeps the best order.
  private mutating func improve(_ layers: Int) {
    guard layers > 0 else { return }
    let isLarge = items.count > 500
    var best: (rows: [[Int]], crossings: Int)?
    var noise = Noise()
    for start in 0..<(isLarge ? 2 : 6) {
      rows = walked(layers, mirrored: start == 1)
      if start > 1 { for layer in rows.indices { noise.shuffle(&rows[layer]) } }
      number()
      for round in 0..<(isLarge ? 4 : 8) {
        if round > 0 || start > 0 {
          for layer in rows.indices.dropFirst() { sort(layer, forward: true) }
          for layer in rows.indices.dropLast().reversed() { sort(layer, forward: false) }
        }
        var turns = 0
        while transpose(), turns < 6 { turns += 1 }
        if !isLarge { permute() }
        let crossings = count(rows)
        if crossings < best?.crossings ?? .max { best = (rows, crossings) }
        if crossings == 0 { break }
      }
      if best?.crossings == 0 { break }
    }
    if let best { (rows, crossings) = best }
    number()
  }

  private mutating func number() {
    for row in rows { for (i, item) in row.enumerated() { place[item] = i } }
  }

  /// The order in which a reader of the formulas meets them, from the end.
  private func walked(_ count: Int, mirrored: Bool) -> [[Int]] {
    var rows = [[Int]](repeating: [], count: count)
    var seen = [Bool](repeating: false, count: items.count)
    let ends = items.indices.filter { after[$0].isEmpty }
    for end in ends + Array(items.indices) {
      var stack = [end]
      while let item = stack.popLast() {
        guard !seen[item] else { continue }
        seen[item] = true
        rows[items[item].layer].append(item)
        let inputs = surrounded(before[item].map { spans[$0].from })
        stack += mirrored ? inputs : inputs.reversed()
      }
    }
    return rows
  }

  /// Whether an item, or the node that its trunk comes from, uses nothing.
  func isGiven(_ item: Int) -> Bool { before[items[item].node].isEmpty }

  /// What was computed in the middle, what is given above and below.
  private func surrounded(_ inputs: [Int]) -> [Int] {
    let given = inputs.filter { isGiven($0) }
    let computed = inputs.filter { !isGiven($0) }
    guard !computed.isEmpty else { return inputs }
    let above = (given.count + 1) / 2
    return given.prefix(above) + computed + given.dropFirst(above)
  }

  // MARK: Crossings

  /// Crossings in all gaps.
  private func count(_ rows: [[Int]]) -> Int {
    var total = 0
    for row in rows {
      let pairs = row.flatMap { item in after[item].map { (place[item], place[spans[$0].to]) } }
        .sorted { $0 < $1 }
      // Each later line that ends above an earlier one crosses it.
      var ends: [Int] = []
      for (_, end) in pairs {
        var (low, high) = (0, ends.count)
        while low < high {
          let middle = (low + high) / 2
          if ends[middle] <= end { low = middle + 1 } else { high = middle }
        }
        total += ends.count - low
        ends.insert(end, at: low)
      }
    }
    return total
  }

  /// Where the lines of an item end in the layers before and after its own.
  private typealias Ends = (before: [Int], after: [Int])

  private func ends(_ item: Int) -> Ends {
    (
      before[item].map { place[spans[$0].from] }.sorted(),
      after[item].map { place[spans[$0].to] }.sorted()
    )
  }

  /// Crossings between the lines of two items of a layer if the first stands above.
  private func crossings(_ a: Ends, _ b: Ends) -> Int {
    func count(_ above: [Int], _ below: [Int]) -> Int {
      var (total, k) = (0, 0)
      for x in above {
        while k < below.count, below[k] < x { k += 1 }
        total += k
      }
      return total
    }
    return count(a.before, b.before) + count(a.after, b.after)
  }

  // MARK: Moves

  /// Orders a layer by the middle of what each item is joined to in the layer before it or after it.
  private mutating func sort(_ layer: Int, forward: Bool) {
    let keys = rows[layer].enumerated().map { i, item -> (key: Double, place: Int, item: Int) in
      let ends =
        forward
        ? before[item].map { place[spans[$0].from] } : after[item].map { place[spans[$0].to] }
      // What is joined to nothing there keeps its place.
      let key = ends.isEmpty ? Double(i) : Double(ends.reduce(0, +)) / Double(ends.count)
      return (key, i, item)
    }
    rows[layer] = keys.sorted { ($0.key, $0.place) < ($1.key, $1.place) }.map { $0.item }
    for (i, item) in rows[layer].enumerated() { place[item] = i }
  }

  /// Swaps neighbours where that saves crossings.
  private mutating func transpose() -> Bool {
    var isBetter = false
    for layer in rows.indices {
      // The neighbours stay, so the ends of lines there do.
      var ends = rows[layer].map { self.ends($0) }
      for i in rows[layer].indices.dropLast() {
        guard crossings(ends[i + 1], ends[i]) < crossings(ends[i], ends[i + 1]) else { continue }
        rows[layer].swapAt(i, i + 1)
        ends.swapAt(i, i + 1)
        isBetter = true
      }
      for (i, item) in rows[layer].enumerated() { place[item] = i }
    }
    return isBetter
  }

  /// The best order of each small layer while its neighbours stay.
  private mutating func permute() {
    for layer in rows.indices where (3...6).contains(rows[layer].count) {
      let row = rows[layer]
      let ends = row.map { self.ends($0) }
      let costs = ends.map { a in ends.map { b in crossings(a, b) } }
      func cost(_ order: [Int]) -> Int {
        var total = 0
        for i in order.indices { for j in order[(i + 1)...] { total += costs[order[i]][j] } }
        return total
      }
      var best = Array(row.indices)
      var least = cost(best)
      guard least > 0 else { continue }
      /// Goes through all ways to go on, and gives up where it is no better already.
      func search(_ chosen: [Int], _ sum: Int) {
        guard sum < least else { return }
        if chosen.count == row.count { (best, least) = (chosen, sum) }
        for next in row.indices where !chosen.contains(next) {
          search(chosen + [next], sum + chosen.reduce(0) { $0 + costs[$1][next] })
        }
      }
      search([], 0)
      rows[layer] = best.map { row[$0] }
      for (i, item) in rows[layer].enumerated() { place[item] = i }
    }
  }
}

/// Numbers without an order, the same each time.
private struct Noise {
  private var state: UInt64 = 0x9e37_79b9_7f4a_7c15

  mutating func shuffle(_ list: inout [Int]) {
    for i in list.indices.dropFirst() {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      list.swapAt(i, Int((state >> 33) % UInt64(i + 1)))
    }
  }
}
