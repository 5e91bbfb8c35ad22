// The recorder: every op on a tracked value leaves a node behind.
import Tensors

/// Where in a source an op stands, and what its plain operands were called there.
package struct Site: Sendable {
  package let source: Int
  package let start: Int
  package let end: Int
  package let operandNames: [String?]
  /// The parameters that operands were given for by name, place by place.
  package let keywords: [String?]
  /// Which operands are numbers written with a point, `1.0`: beside whole numbers they are of the float type,
  /// as in PyTorch. Empty if none is.
  package let fractions: [Bool]

  package init(
    source: Int, start: Int, end: Int, operandNames: [String?] = [], keywords: [String?] = [],
    fractions: [Bool] = []
  ) {
    self.source = source
    self.start = start
    self.end = end
    self.operandNames = operandNames
    self.keywords = keywords
    self.fractions = fractions
  }

  package func isFraction(_ place: Int) -> Bool { place < fractions.count && fractions[place] }
}

/// What every recorded value of a session shares: a clock, names, places in the source.
package final class Graph {
  package private(set) var clock = 0
  /// The float type of new numbers, and of whole numbers that an op makes fractions of.
  package var dtype = DType.float64
  /// Off inside `no_grad`.
  package var isRecording = true
  package private(set) var names: [String] = [""]
  private var nameNumbers: [String: UInt32] = ["": 0]
  package private(set) var sites: [Site] = [Site(source: -1, start: 0, end: 0)]
  /// The last value that left the graph at each place in the source.
  var departures: [UInt32: Departure] = [:]
  private var orderedSites: [UInt32: UInt32] = [:]
  private var walks: UInt32 = 0
  /// How many nodes the last gradients reached; the next ones will reach about as many.
  var reached = 0

  /// Closes the ring of recorded values: its `older` neighbour is the youngest of them. The ring owns
  /// nothing; a value leaves it when it is released.
  private let ring = Node.leaf(Tensor(0), parameter: false, time: 0)
  /// The same for values that are recorded without a gradient: backward passes do not meet them.
  private let followed = Node.leaf(Tensor(0), parameter: false, time: 0)
  /// The innermost loop that runs, and those around it; before any runs, one that has no turns.
  package private(set) var loop = Loop(start: .max, turn: 0)
  private var outerLoops: [Loop] = []

  /// A running loop on the graph's clock: when it began, and when its present turn began.
  package struct Loop {
    package let start: Int
    package internal(set) var turn: Int

    /// Whether a value of that time is of an earlier turn.
    func isEarlier(_ time: Int) -> Bool { time > start && time <= turn }
  }

  package init() {
    for end in [ring, followed] {
      end.older = Unmanaged.passUnretained(end)
      end.younger = Unmanaged.passUnretained(end)
    }
  }

  /// Values may outlive their graph; they must not look for its ring then.
  deinit {
    for end in [ring, followed] {
      var next = end.younger
      while let node = next, node.toOpaque() != Unmanaged.passUnretained(end).toOpaque() {
        next = node._withUnsafeGuaranteedRef { node in
          defer { (node.older, node.younger) = (nil, nil) }
          return node.younger
        }
      }
      (end.older, end.younger) = (nil, nil)
    }
  }

  /// Puts a new value at the young end of a ring.
  @inline(__always)
  private func link(_ node: Node, _ ring: Node) -> Node {
    let this = Unmanaged.passUnretained(node)
    let end = Unmanaged.passUnretained(ring)
    node.older = ring.older
    node.younger = end
    ring.older?._withUnsafeGuaranteedRef { $0.younger = this }
    ring.older = this
    return node
  }

  @inline(__always)
  func tick() -> Int {
    clock &+= 1
    return clock
  }

  func nextWalk() -> UInt32 {
    walks &+= 1
    return walks
  }

  /// The number of a name in the table of labels; a new one if need be.
  package func number(of name: String) -> UInt32 {
    if let known = nameNumbers[name] { return known }
    names.append(name)
    nameNumbers[name] = UInt32(names.count - 1)
    return UInt32(names.count - 1)
  }

  /// Keeps a place of the source and gives its number.
  package func add(_ site: Site) -> UInt32 {
    sites.append(site)
    return UInt32(sites.count - 1)
  }

  /// The same place in the source with the operands in another order.
  /// - Parameter places: for each operand where it stands, nil where it is none of the call's arguments.
  package func site(_ number: UInt32, ordered places: (Site) -> [Int?]) -> UInt32 {
    if let known = orderedSites[number] { return known }
    let site = sites[Int(number)]
    let places = places(site)
    let ordered = add(
      Site(
        source: site.source, start: site.start, end: site.end,
        operandNames: places.map { place in
          place.flatMap { $0 < site.operandNames.count ? site.operandNames[$0] : nil }
        },
        fractions: site.fractions.isEmpty
          ? [] : places.map { place in place.map(site.isFraction) ?? false }))
    orderedSites[number] = ordered
    return ordered
  }

  /// What the learner calls a value, if it has a name.
  package func label(of node: Node) -> String? {
    node.label == 0 ? nil : names[Int(node.label)]
  }

  /// The value that was recorded at a moment, if it is still there.
  package func node(recordedAt time: Int) -> Node? {
    var found: Node?
    visit(ring) { node in
      if node.time == time { found = node }
      return found == nil
    }
    return found
  }

  /// Shows `body` the values of a ring, youngest first, until it has seen enough.
  private func visit(_ end: Node, _ body: (Node) -> Bool) {
    var next = end.older
    while let current = next, current.toOpaque() != Unmanaged.passUnretained(end).toOpaque() {
      let node = current.takeUnretainedValue()
      guard body(node) else { return }
      next = node.older
    }
  }

  /// How many recorded values are alive, with and without a gradient.
  package var recordedCount: Int {
    var count = 0
    for end in [ring, followed] {
      visit(end) { _ in
        count += 1
        return true
      }
    }
    return count
  }

  // MARK: Recording

  /// A leaf with a gradient.
  package func parameter(_ value: Tensor) -> Node {
    Node.leaf(value, parameter: true, time: tick())
  }

  /// A leaf that no gradient reaches and that may be given other values.
  package func buffer(_ value: Tensor) -> Node {
    let node = constant(value)
    node.flags.insert(.buffer)
    return node
  }

  /// A value that gradients do not reach.
  package func constant(_ value: Tensor) -> Node {
    Node.leaf(value, parameter: false, time: tick())
  }

  /// Records an op of one or two numbers whose value the caller has computed.
  @inline(__always)
  package func scalar(
    _ op: Op, _ number: Double, _ first: Node?, _ second: Node?, constant: Double, site: UInt32
  ) -> Node {
    link(
      Node(op: op, number: number, first, second, constant: constant, time: tick(), site: site),
      ring)
  }

  /// Applies an op; the result is recorded if any operand may get another value.
  /// - Parameter known: its value, where that has come out already.
  package func apply(
    _ op: Op, _ operands: [Node.Operand], _ attributes: Attributes = Attributes(), site: UInt32 = 0,
    known: Tensor? = nil
  ) throws(TensorError) -> Node {
    if attributes.isEmpty, let scalar = op.scalar,
      let result = scalarResult(op, scalar, operands, site)
    {
      return result
    }
    let standIns = op.standIns(operands.count)
    let count = operands.count + standIns.count
    var nodes: [Node] = []
    var inputs: [Tensor] = []
    nodes.reserveCapacity(count)
    inputs.reserveCapacity(count)
    // What is true of any of them, of all of them, and whether one may get another value.
    var (any, all): (Node.Flags, Node.Flags) = ([], .tracked)
    var isLive = false
    for k in 0..<count {
      let node =
        switch k < operands.count ? operands[k] : .number(standIns[k - operands.count]) {
        case .node(let node): carried(node, op)
        case .number(let n):
          constant(Tensor(n, dtype: dtype(of: n, beside: Graph.widest(operands), at: site, k)))
        }
      any.formUnion(node.flags)
      all.formIntersection(node.flags)
      isLive = isLive || node.isLive
      inputs.append(node.value)
      nodes.append(node)
    }
    let call = try op.applied(inputs, attributes, whole: self.dtype, known: known)
    let isTracked =
      isRecording && any.contains(.tracked) ? try isTracked(op, nodes, call.inputs) : false
    let isCrossed = Graph.crosses(nodes, any, call.output.shape)
    guard isTracked || isLive else {
      // Nothing of this can change; if it does after all, someone must know.
      for node in nodes { node.flags.insert(.used) }
      let result = constant(call.output)
      if isCrossed { result.flags.insert(.crossed) }
      return result
    }
    if !all.contains(.tracked) {
      for node in nodes where !node.isTracked { node.flags.insert(.used) }
    }
    let node = Node.result(
      op, call, operands: nodes, tracked: isTracked, time: tick(), site: site)
    if isCrossed { node.flags.insert(.crossed) }
    return link(node, isTracked ? ring : followed)
  }

  /// Whether a column [n, 1] meets a row [n] here, or one of the operands comes of such a meeting.
  /// - Parameter any: what is true of any of them.
  private static func crosses(_ nodes: [Node], _ any: Node.Flags, _ result: Shape) -> Bool {
    guard result.rank > 1 else { return false }
    if any.contains(.crossed),
      nodes.contains(where: { $0.flags.contains(.crossed) && $0.shape == result })
    {
      return true
    }
    guard nodes.count == 2 else { return false }
    func meet(_ column: Shape, _ row: Shape) -> Bool {
      guard row.rank == 1, column.rank == 2, result.rank == 2 else { return false }
      let n = row[0]
      return n > 1 && column[0] == n && column[1] == 1 && result[0] == n && result[1] == n
    }
    return meet(nodes[0].shape, nodes[1].shape) || meet(nodes[1].shape, nodes[0].shape)
  }

  /// Whether gradients flow through an application of an op.
  /// - Throws: `TensorError.noGradient` for a tracked operand that the op has no gradient for.
  private func isTracked(_ op: Op, _ nodes: [Node], _ inputs: [Tensor]) throws(TensorError)
    -> Bool
  {
    guard op.isDifferentiable else { return false }
    var found = false
    for k in nodes.indices where nodes[k].isTracked {
      if op.role(k) == .weight { throw .noGradient(op.name, op.operand(k)?.name ?? "") }
      found = found || op.reaches(k, inputs)
    }
    return found
  }

  /// The value of an op that no one records.
  package func value(_ op: Op, _ operands: [Node.Operand]) throws(TensorError) -> Tensor {
    let inputs = operands.map { operand in
      switch operand {
      case .node(let node): node.value
      case .number(let n): Tensor(n, dtype: dtype(of: n, beside: Graph.widest(operands)))
      }
    }
    return try op.applied(inputs, Attributes(), whole: self.dtype).output
  }

  /// The highest type among recorded operands, beside which plain numbers find theirs.
  private static func widest(_ operands: [Node.Operand]) -> DType {
    var widest = DType.bool
    for case .node(let node) in operands where node.dtype > widest { widest = node.dtype }
    return widest
  }

  // MARK: Loops

  /// A loop begins; its turns are told by `nextTurn`.
  package func enterLoop() {
    outerLoops.append(loop)
    loop = Loop(start: clock, turn: clock)
  }

  package func leaveLoop() { loop = outerLoops.removeLast() }

  /// The next turn of the innermost loop begins. What the last one computed without gradient and only stored
  /// is given from here on: it would hold on to everything it came from.
  package func nextTurn() {
    let last = loop.turn
    loop.turn = clock
    if let youngest = followed.older, youngest._withUnsafeGuaranteedRef({ $0.time > last }) {
      forget(since: last)
    }
  }

  private func forget(since last: Int) {
    // Held before any is dropped: that may release others.
    var recent: [Node] = []
    visit(followed) { node in
      guard node.time > last else { return false }
      if !node.flags.contains(.used) { recent.append(node) }
      return true
    }
    for node in recent { node.drop() }
  }

  /// What is carried from turn to turn of a loop without gradient has no history there: the sum of all
  /// accuracies so far would hold on to every batch. The same goes for what is cut off.
  private func carried(_ node: Node, _ op: Op) -> Node {
    guard !outerLoops.isEmpty, !node.isLeaf, !node.isTracked || op.isCut,
      loop.isEarlier(node.time) || outerLoops.contains(where: { $0.isEarlier(node.time) })
    else { return node }
    return Node.holding(node, time: tick())
  }

  private func scalarResult(
    _ op: Op, _ scalar: (Double, Double) -> Double, _ operands: [Node.Operand], _ site: UInt32
  ) -> Node? {
    guard operands.count == op.operands.count, operands.count <= 2, isRecording,
      op.isDifferentiable
    else { return nil }
    var nodes: (Node?, Node?) = (nil, nil)
    var numbers = (0.0, 0.0)
    var constant = 0.0
    var tracked = false
    for (i, operand) in operands.enumerated() {
      let number: Double
      switch operand {
      case .number(let n):
        number = n
        constant = n
      case .node(let given):
        guard given.isScalar else { return nil }
        let node = carried(given, op)
        number = node.number
        tracked = tracked || node.isTracked
        if !node.isTracked { node.flags.insert(.used) }
        if i == 0 { nodes.0 = node } else { nodes.1 = node }
      }
      if i == 0 { numbers.0 = number } else { numbers.1 = number }
    }
    guard tracked else { return nil }
    return self.scalar(
      op, scalar(numbers.0, numbers.1), nodes.0, nodes.1, constant: constant, site: site)
  }

  /// The dtype of a plain number beside a tensor: it never widens one, but makes whole numbers floats
  /// when it is not whole itself.
  private func dtype(of number: Double, beside dtype: DType) -> DType {
    Graph.dtype(of: number, beside: dtype, float: self.dtype)
  }

  /// The same for the operand of a call, which may be written with a point.
  private func dtype(of number: Double, beside dtype: DType, at site: UInt32, _ k: Int) -> DType {
    if !dtype.isFloat, site != 0, sites[Int(site)].isFraction(k) { return self.dtype }
    return self.dtype(of: number, beside: dtype)
  }

  static func dtype(of number: Double, beside dtype: DType, float: DType) -> DType {
    if dtype.isFloat { return dtype }
    return number == number.rounded() ? .int64 : float
  }

  /// Stores a new value into a leaf, outside the graph; what was computed from it becomes stale.
  package func store(_ value: Tensor, into leaf: Node) throws(TensorError) {
    guard value.shape == leaf.shape else { throw .notExpandable(value.shape, leaf.shape.dims) }
    leaf.store(try value.converted(to: leaf.dtype), time: tick())
  }

  /// Makes a value that no gradient reaches one that is given: it no longer follows from what it was computed from.
  package func settle(_ node: Node) {
    if node.isFollowed { node.drop() }
  }

  /// Changes a leaf's value in place, outside the graph.
  package func update(
    _ leaf: Node, _ body: (inout Tensor) throws(TensorError) -> Void
  ) throws(TensorError) {
    try leaf.update(time: tick(), body)
  }
}
