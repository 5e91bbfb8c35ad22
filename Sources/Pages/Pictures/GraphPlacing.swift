// Coordinates for nodes and wires whose order is known: straight trunks, short ways.

/// Boxes and wires of ordered layers.
struct GraphPlacing {
  private(set) var rects: [Picture.Rect] = []
  private(set) var wires: [GraphLayout.Wire] = []
  private(set) var width = 0.0
  private(set) var height = 0.0

  private let order: GraphOrdering
  private let boxes: [GraphLayout.Box]
  private let links: [GraphLayout.Link]
  /// The middle of each item.
  private var y: [Double]
  /// How far below the middle of its node each span ends.
  private var ports: [Double]

  init(_ order: GraphOrdering, _ boxes: [GraphLayout.Box], _ links: [GraphLayout.Link]) {
    (self.order, self.boxes, self.links) = (order, boxes, links)
    y = [Double](repeating: 0, count: order.items.count)
    ports = [Double](repeating: 0, count: order.spans.count)
    placePorts()
    settle()
    alignSpines()
    straighten()
    if order.items.count <= 500 { nudge() }
    draw()
  }

  private var isLabelled: Bool { links.contains { $0.label != nil } }

  private func half(_ item: Int) -> Double {
    order.items[item].isBend ? 0 : boxes[order.items[item].node].height / 2
  }

  /// The least distance between the middles of two neighbours.
  private func distance(_ a: Int, _ b: Int) -> Double {
    let bends = [a, b].count { order.items[$0].isBend }
    return half(a) + half(b) + (bends == 0 ? GraphLayout.gap : 12)
  }

  /// Ends of wires in the order of their beginnings, so that they do not cross at the box.
  private mutating func placePorts() {
    var place = [Int](repeating: 0, count: order.items.count)
    for row in order.rows { for (i, item) in row.enumerated() { place[item] = i } }
    let gap = GraphLayout.portGap(isLabelled)
    for item in order.items.indices where !order.items[item].isBend {
      let ends = order.before[item].sorted {
        (place[order.spans[$0].from], $0) < (place[order.spans[$1].from], $1)
      }
      // What goes on from step to step goes on straight, where the box is high enough for that.
      let spine = ends.indices.filter { k in
        let from = order.spans[ends[k]].from
        return !order.items[from].isBend && !order.isGiven(from)
      }
      var middle = Double(ends.count - 1) / 2
      if spine.count == 1 {
        let most = Double(max(spine[0], ends.count - 1 - spine[0])) * gap
        if half(item) - most >= GraphPlacing.corner { middle = Double(spine[0]) }
      }
      for (k, span) in ends.enumerated() { ports[span] = (Double(k) - middle) * gap }
    }
  }

  /// The least distance from the end of a wire to a corner of its box.
  private static let corner = 9.0

  // MARK: Heights

  /// How much a span wants to be level.
  private func weight(_ span: GraphOrdering.Span) -> Double {
    // What is computed from step to step is the spine of a graph; what is given stands around it.
    let isGiven = order.isGiven(span.from)
    return switch (order.items[span.from].isBend, order.items[span.to].isBend) {
    case (true, true): 8
    case (false, true): isGiven ? 2 : 0.3
    case (true, false): 0.3
    case (false, false): isGiven ? 0.5 : 4
    }
  }

  /// Where the spans of an item would have it, and how much.
  private func wishes(_ item: Int, before: Bool, after: Bool) -> [(y: Double, weight: Double)] {
    var wishes: [(y: Double, weight: Double)] = []
    if before {
      wishes += order.before[item].map { i in
        (y[order.spans[i].from] - ports[i], weight(order.spans[i]))
      }
    }
    if after {
      wishes += order.after[item].map { i in
        (y[order.spans[i].to] + ports[i], weight(order.spans[i]))
      }
    }
    return wishes
  }

  private mutating func settle(_ row: [Int], before: Bool, after: Bool) {
    var wanted: [Double] = []
    var weights: [Double] = []
    for item in row {
      let wishes = wishes(item, before: before, after: after)
      let weight = wishes.reduce(0) { $0 + $1.weight }
      wanted.append(
        weight > 0 ? wishes.reduce(0) { $0 + $1.y * $1.weight } / weight : y[item])
      weights.append(max(weight, 0.01))
    }
    let gaps = zip(row, row.dropFirst()).map { distance($0, $1) }
    for (item, place) in zip(row, Picture.spread(wanted, weights: weights, gaps: gaps)) {
      y[item] = place
    }
  }

  private mutating func settle() {
    for row in order.rows {
      var below = 0.0
      for (i, item) in row.enumerated() {
        if i > 0 { below += distance(row[i - 1], item) }
        y[item] = below
      }
      for item in row { y[item] -= below / 2 }
    }
    let rounds = order.items.count > 500 ? 8 : 16
    for round in 0..<rounds {
      let isLast = round >= rounds / 2
      for row in order.rows { settle(row, before: true, after: isLast) }
      for row in order.rows.reversed() { settle(row, before: isLast, after: true) }
    }
  }

  /// How far an item may go while its neighbours stay.
  private func room(_ item: Int, _ neighbours: [(above: Int?, below: Int?)]) -> ClosedRange<Double>
  {
    let (above, below) = neighbours[item]
    let low = above.map { y[$0] + distance($0, item) } ?? -.infinity
    let high = below.map { y[$0] - distance(item, $0) } ?? .infinity
    return low...max(low, high)
  }

  /// Makes trunks level where their neighbours let them, and then what can be level with its neighbour.
  private mutating func straighten() {
    var neighbours = [(above: Int?, below: Int?)](repeating: (nil, nil), count: order.items.count)
    for row in order.rows {
      for (a, b) in zip(row, row.dropFirst()) {
        (neighbours[a].below, neighbours[b].above) = (b, a)
      }
    }
    for _ in 0..<3 {
      for (node, trunk) in order.trunks.enumerated() where !trunk.isEmpty {
        level(node, trunk, neighbours)
      }
      for row in order.rows + order.rows.reversed() {
        for item in row where !order.items[item].isBend {
          // Level with one of its neighbours: one wire straight is calmer than two nearly so.
          guard let wish = middle(wishes(item, before: true, after: true)) else { continue }
          let room = room(item, neighbours)
          y[item] = min(max(wish, room.lowerBound), room.upperBound)
        }
      }
    }
  }

  // MARK: Last touches

  /// How crooked the spans of a row are: what is not level costs something however little it is off.
  private func crookedness(_ row: [Int]) -> Double {
    row.flatMap { order.before[$0] + order.after[$0] }.reduce(0) { sum, i in
      let span = order.spans[i]
      let off = abs(y[span.from] - y[span.to] - ports[i])
      return sum + (off < 0.05 ? 0 : (off + 6) * weight(span))
    }
  }

  /// Moves an item of a row, which pushes its neighbours along.
  private mutating func move(_ place: Int, in row: [Int], to height: Double) {
    y[row[place]] = height
    for k in row.indices.dropFirst(place + 1) {
      y[row[k]] = max(y[row[k]], y[row[k - 1]] + distance(row[k - 1], row[k]))
    }
    for k in row.indices.prefix(place).reversed() {
      y[row[k]] = min(y[row[k]], y[row[k + 1]] - distance(row[k], row[k + 1]))
    }
  }

  /// Gives what goes on straight from step to step one height.
  private mutating func alignSpines() {
    var isTaken = [Bool](repeating: false, count: order.items.count)
    var spines: [[Int]] = []
    for start in order.rows.joined() where !order.items[start].isBend && !isTaken[start] {
      var spine = [start]
      while let last = spine.last {
        isTaken[last] = true
        let next = order.after[last].first { i in
          let to = order.spans[i].to
          return ports[i] == 0 && !order.isGiven(last) && !order.items[to].isBend && !isTaken[to]
        }
        guard let next else { break }
        spine.append(order.spans[next].to)
      }
      if spine.count > 1 { spines.append(spine) }
    }
    // The longest comes last and has its way.
    for spine in spines.sorted(by: { $0.count < $1.count }) {
      let heights = spine.map { y[$0] }.sorted()
      for item in spine {
        let row = order.rows[order.items[item].layer]
        guard let place = row.firstIndex(of: item) else { continue }
        move(place, in: row, to: heights[heights.count / 2])
      }
    }
  }

  /// Makes level what is nearly so, where pushing the neighbours along costs less than it gains.
  private mutating func nudge() {
    for row in order.rows + order.rows.reversed() {
      for (place, item) in row.enumerated() {
        for wish in wishes(item, before: true, after: true).map({ $0.y }) {
          guard abs(wish - y[item]) > 0.05, abs(wish - y[item]) < 14 else { continue }
          let before = y
          let cost = crookedness(row)
          move(place, in: row, to: wish)
          if crookedness(row) >= cost { y = before }
        }
      }
    }
  }

  /// The wish that has half of the weight on each side.
  private func middle(_ wishes: [(y: Double, weight: Double)]) -> Double? {
    let half = wishes.reduce(0) { $0 + $1.weight } / 2
    var sum = 0.0
    return wishes.sorted { $0.y < $1.y }.first { wish in
      sum += wish.weight
      return sum >= half
    }?.y
  }

  /// Gives runs of a trunk one height each, as few as their neighbours allow.
  private mutating func level(
    _ node: Int, _ trunk: [Int], _ neighbours: [(above: Int?, below: Int?)]
  ) {
    var run: [Int] = []
    var (low, high) = (-Double.infinity, Double.infinity)
    func close() {
      guard !run.isEmpty else { return }
      let middle = run.map { y[$0] }.reduce(0, +) / Double(run.count)
      // Level with its node if that can be.
      let wish = run[0] == trunk[0] && y[node] >= low && y[node] <= high ? y[node] : middle
      for item in run { y[item] = min(max(wish, low), high) }
    }
    for item in trunk {
      let room = room(item, neighbours)
      if max(low, room.lowerBound) > min(high, room.upperBound) {
        close()
        (run, low, high) = ([], -.infinity, .infinity)
      }
      run.append(item)
      (low, high) = (max(low, room.lowerBound), min(high, room.upperBound))
    }
    close()
  }

  // MARK: Drawing

  private mutating func draw() {
    let margin = GraphLayout.margin
    let top = order.items.indices.map { y[$0] - half($0) }.min() ?? 0
    let shift = margin - top + (isLabelled ? 2 : 0)
    for i in y.indices { y[i] = ((y[i] + shift) * 10).rounded() / 10 }
    height = (order.items.indices.map { y[$0] + half($0) }.max() ?? 0) + margin
    // Columns of boxes, and before each the room for what is written at the ends of wires.
    var left: [Double] = []
    var right: [Double] = []
    var ends: [Double] = []
    var x = margin
    for (layer, row) in order.rows.enumerated() {
      let spans = row.flatMap { order.before[$0] }.map { order.spans[$0] }
      let labels = spans.compactMap { $0.wire.flatMap { links[$0].label } }
      if layer > 0 {
        let steepest =
          row.flatMap { order.before[$0] }.map { i in
            abs(y[order.spans[i].from] - y[order.spans[i].to] - ports[i])
          }.max() ?? 0
        x += min(110, max(26, steepest * 0.3))
      }
      ends.append(x)
      if layer > 0 { x += (labels.max() ?? 0) + GraphLayout.tip + 4 }
      left.append(x)
      x +=
        row.filter { !order.items[$0].isBend }.map { boxes[order.items[$0].node].width }.max() ?? 0
      right.append(x)
    }
    width = x + margin
    rects = boxes.indices.map { node in
      let layer = order.items[node].layer
      // What is given stands at the right of its column, near to where it goes.
      let isGiven = order.before[node].isEmpty
      let start = isGiven ? right[layer] - boxes[node].width : left[layer]
      return Picture.Rect(
        start, y[node] - boxes[node].height / 2, boxes[node].width, boxes[node].height)
    }
    wires = links.enumerated().map { wire, link in self.wire(wire, link, left, right, ends) }
  }

  private func wire(
    _ number: Int, _ link: GraphLayout.Link, _ left: [Double], _ right: [Double], _ ends: [Double]
  ) -> GraphLayout.Wire {
    var knots = [Picture.Point(rects[link.from].right, y[link.from])]
    let start = order.items[link.from].layer
    let stop = order.items[link.to].layer
    knots.append(Picture.Point(right[start], y[link.from]))
    for bend in order.trunks[link.from].prefix(max(0, stop - start - 1)) {
      let layer = order.items[bend].layer
      knots.append(Picture.Point(ends[layer], y[bend]))
      knots.append(Picture.Point(right[layer], y[bend]))
    }
    let span = order.before[link.to].first { order.spans[$0].wire == number }
    let port = Picture.Point(left[stop], y[link.to] + (span.map { ports[$0] } ?? 0))
    knots.append(Picture.Point(ends[stop], port.y))
    knots.append(port)
    let label = link.label.map { width in
      Picture.Rect(
        port.x - GraphLayout.tip - width, port.y - 4 - GraphLayout.labelHeight, width,
        GraphLayout.labelHeight)
    }
    return GraphLayout.Wire(from: link.from, to: link.to, knots: knots, label: label)
  }
}
