// What is recorded: one value, the op that made it, and what it was made from.
import Platform
import Tensors

/// A value that may remember how it was computed. A single number is held here; a tensor, its gradient, further operands
/// and settings are those of a `WideNode`, so that a scalar program pays for none of them.
package class Node {
  /// The number, if this is a tensor of rank 0.
  package internal(set) var number: Double
  /// The gradient's number, if there is one and this is of rank 0.
  var slope: Double = 0
  /// The operand that is a plain number, if one of two is.
  let constant: Double
  /// The first two operands, retained by hand: loops over a graph read them without touching reference
  /// counts, which would cost more than the arithmetic.
  private(set) var first: Unmanaged<Node>?
  private(set) var second: Unmanaged<Node>?
  /// When the value was computed, on the graph's clock. Operands are older than results; where a leaf
  /// is younger than a result, the result is stale.
  package internal(set) var time: Int
  /// This node's place in the walk that is under way, and which walk that is.
  var place: UInt32 = 0
  var walk: UInt32 = 0
  package private(set) unowned(unsafe) var op: Op
  /// Neighbours in the list of all recorded values, which stands in the order of recording.
  var older: Unmanaged<Node>?
  var younger: Unmanaged<Node>?
  /// The learner's name for this value, as an entry of `Graph.names`; 0 for none.
  package var label: UInt32 = 0
  /// The place in the source that made it, as an entry of `Graph.sites`; 0 for none.
  package let site: UInt32
  package internal(set) var flags: Flags

  /// What is true of a node, in bits.
  package struct Flags: OptionSet {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    /// Gradients flow to or through this value.
    package static let tracked = Flags(rawValue: 1)
    /// A trainable leaf.
    package static let parameter = Flags(rawValue: 2)
    /// A gradient is there.
    package static let hasGradient = Flags(rawValue: 4)
    /// `backward` has started here since the value was computed.
    package static let walked = Flags(rawValue: 8)
    /// The value is no single number of float64.
    package static let tensor = Flags(rawValue: 16)
    /// On its way out, its operands given up already.
    static let surrendered = Flags(rawValue: 32)
    /// Given, not computed.
    static let leaf = Flags(rawValue: 64)
    /// The label is a layer's; a name that the learner gives goes before it.
    static let provisional = Flags(rawValue: 128)
    /// A leaf that no gradient reaches but that may be given other values.
    package static let buffer = Flags(rawValue: 256)
    /// Something was computed from it: recorded, or, of plain data, without a record.
    package static let used = Flags(rawValue: 512)
    /// Its history was dropped: it was computed once, and is given now.
    package static let dropped = Flags(rawValue: 1024)
    /// A column [n, 1] met a row [n] on the way, so that every one was taken with every other.
    package static let crossed = Flags(rawValue: 2048)
    /// Its number was taken out of the graph, which remembers it weakly.
    static let departed = Flags(rawValue: 4096)
    /// It is a `WideNode`.
    static let wide = Flags(rawValue: 8192)
  }

  /// A scalar result; the fast path of scalar programs.
  @inline(__always)
  init(
    op: Op, number: Double, _ first: Node?, _ second: Node?, constant: Double, time: Int,
    site: UInt32
  ) {
    self.op = op
    self.number = number
    self.first = first.map { Unmanaged.passRetained($0) }
    self.second = second.map { Unmanaged.passRetained($0) }
    self.constant = constant
    self.time = time
    self.site = site
    flags = .tracked
  }

  /// What is in each of them; operands by `first` and `second`, or none.
  fileprivate init(
    _ op: Op, number: Double, _ first: Unmanaged<Node>?, _ second: Unmanaged<Node>?, time: Int,
    site: UInt32, _ flags: Flags
  ) {
    self.op = op
    self.number = number
    self.first = first
    self.second = second
    constant = 0
    self.time = time
    self.site = site
    self.flags = flags
  }

  /// A leaf: a parameter, or data.
  package static func leaf(_ value: Tensor, parameter: Bool, time: Int) -> Node {
    let flags: Flags = parameter ? [.leaf, .tracked, .parameter] : .leaf
    return isWide(value)
      ? WideNode(.leaf, value, time: time, site: 0, flags)
      : Node(.leaf, number: value[0], nil, nil, time: time, site: 0, flags)
  }

  /// The present value of another node, without its history.
  static func holding(_ other: Node, time: Int) -> Node {
    let flags: Flags = [.leaf, .dropped]
    let node =
      other.flags.contains(.tensor)
      ? WideNode(.leaf, other.value, time: time, site: other.site, flags)
      : Node(.leaf, number: other.number, nil, nil, time: time, site: other.site, flags)
    node.label = other.label
    return node
  }

  /// A result of any shape.
  /// - Parameter tracked: whether gradients flow through it.
  static func result(
    _ op: Op, _ call: Call, operands: [Node], tracked: Bool, time: Int, site: UInt32
  ) -> Node {
    let value = call.output
    let isPair = operands.count <= 2
    let first = isPair ? operands.first.map { Unmanaged.passRetained($0) } : nil
    let second = isPair && operands.count > 1 ? Unmanaged.passRetained(operands[1]) : nil
    let flags: Flags = tracked ? .tracked : []
    guard isWide(value) || !isPair || !call.attributes.isEmpty || call.saved != nil else {
      return Node(op, number: value[0], first, second, time: time, site: site, flags)
    }
    let node = WideNode(op, value, first, second, time: time, site: site, flags)
    if !isPair { node.many = operands }
    node.settings = call.attributes
    node.kept = call.saved
    return node
  }

  /// Whether a value is no single number of the usual type.
  fileprivate static func isWide(_ value: Tensor) -> Bool {
    value.rank > 0 || value.dtype != .float64
  }

  /// Itself, if it has more than a number.
  @inline(__always)
  var extra: WideNode? {
    flags.contains(.wide) ? unsafeDowncast(self, to: WideNode.self) : nil
  }

  // MARK: Names

  /// Gives a name for explanations, unless there is one.
  @inline(__always)
  package func name(_ label: UInt32) {
    if self.label == 0 { self.label = label } else { renameProvisional(label) }
  }

  @inline(never)
  private func renameProvisional(_ label: UInt32) {
    guard flags.contains(.provisional) else { return }
    self.label = label
    flags.remove(.provisional)
  }

  /// Gives a name that any other may replace.
  package func nameForNow(_ label: UInt32) {
    guard self.label == 0, label != 0, !isLeaf else { return }
    self.label = label
    flags.insert(.provisional)
  }

  // MARK: Values

  package var isScalar: Bool { !flags.contains(.tensor) }
  package var isTracked: Bool { flags.contains(.tracked) }
  @inline(__always)
  package var isTrackedScalar: Bool { flags.isDisjoint(with: .tensor) && isTracked }
  package var isParameter: Bool { flags.contains(.parameter) }
  /// Whether an op made it, so that there is something to explain.
  package var isLeaf: Bool { flags.contains(.leaf) }

  package var isBuffer: Bool { flags.contains(.buffer) }
  /// Whether it may get another value: as a parameter, as a buffer, or because it was computed from one.
  package var isLive: Bool { !isLeaf || !flags.isDisjoint(with: [.parameter, .buffer, .tracked]) }
  /// Computed and recorded, without a gradient.
  package var isFollowed: Bool { !isLeaf && !isTracked }

  /// Its numbers, wherever they are kept.
  package var value: Tensor { extra?.tensor ?? Tensor(number) }
  package var shape: Shape { extra?.tensor?.shape ?? .scalar }
  package var dtype: DType { extra?.tensor?.dtype ?? .float64 }
  package var attributes: Attributes { extra?.settings ?? Attributes() }
  /// What its forward step kept; it is of the operands as they were then.
  package var saved: Saved? { extra?.kept }

  /// What backward passes have added up, of the value's shape; nil before the first.
  package var gradient: Tensor? {
    guard flags.contains(.hasGradient) else { return nil }
    return extra?.slopes ?? Tensor(slope)
  }

  /// Replaces what backward passes have added up.
  package func setGradient(_ gradient: Tensor?) {
    guard let gradient else {
      flags.remove(.hasGradient)
      slope = 0
      extra?.slopes = nil
      return
    }
    flags.insert(.hasGradient)
    slope = gradient.rank == 0 ? gradient[0] : 0
    if !isScalar { extra?.slopes = gradient }
  }

  /// Stores a new value of the same shape and dtype, computed at `time`.
  func store(_ value: consuming Tensor, time: Int) {
    self.time = time
    if value.rank == 0 { number = value[0] }
    guard let extra else { return }
    if flags.contains(.tensor) { extra.tensor = value }
    extra.kept = nil
  }

  /// Lends the value to `body` alone, so that it can be changed without a copy.
  func update(time: Int, _ body: (inout Tensor) throws(TensorError) -> Void) throws(TensorError) {
    var value = extra?.tensor.take() ?? Tensor(number)
    defer { store(value, time: time) }
    try body(&value)
  }

  // MARK: Operands

  /// One operand of a recorded op.
  package enum Operand {
    case node(Node)
    case number(Double)

    package var node: Node? { if case .node(let node) = self { node } else { nil } }
    package var isTracked: Bool { if case .node(let node) = self { node.isTracked } else { false } }
    /// Its numbers; a plain number is a tensor of rank 0.
    package var value: Tensor {
      switch self {
      case .node(let node): node.value
      case .number(let n): Tensor(n)
      }
    }
  }

  /// How many operands it was computed from; 0 for a leaf.
  package var operandCount: Int {
    if isLeaf { return 0 }
    if let many = extra?.many, !many.isEmpty { return many.count }
    return second != nil || op.isBinary ? 2 : 1
  }

  /// An operand as it stands in a call: a number that was written, or a node.
  package func operand(_ i: Int) -> Operand {
    if let many = extra?.many, !many.isEmpty { return .node(many[i]) }
    if let node = i == 0 ? first : second { return .node(node.takeUnretainedValue()) }
    return .number(constant)
  }

  /// An operand that is a node, not held by the one who asks: its results keep it.
  @inline(__always)
  func input(_ i: Int) -> Unmanaged<Node>? {
    if let many = extra?.many, !many.isEmpty { return .passUnretained(many[i]) }
    return i == 0 ? first : second
  }

  package var operands: [Operand] { (0..<operandCount).map(operand) }

  /// Calls `body` with each operand that is a node.
  @inline(__always)
  func forEachInput(_ body: (Node) -> Void) {
    first?._withUnsafeGuaranteedRef(body)
    second?._withUnsafeGuaranteedRef(body)
    if let many = extra?.many, !many.isEmpty { for node in many { body(node) } }
  }

  /// The application that made this value: a plain number takes the dtype of its partner.
  /// - Parameter saved: what was kept of it, where no operand has changed since.
  /// - Throws: when there is no memory for operands in the op's type.
  package func call(saved: Saved? = nil) throws(TensorError) -> Call {
    let op = op
    let inputs = (0..<operandCount).map { k in
      input(k)?._withUnsafeGuaranteedRef { $0.value }
        ?? Tensor(constant, dtype: partner(of: constant))
    }
    return Call(
      inputs: try op.promoted(inputs, attributes, whole: dtype.floating), attributes: attributes,
      output: value, saved: saved)
  }

  private func partner(of number: Double) -> DType {
    Graph.dtype(
      of: number, beside: (first ?? second)?._withUnsafeGuaranteedRef { $0.dtype } ?? .float64,
      float: dtype.floating)
  }

  // MARK: Release

  /// A long chain is released by a loop: left to itself, each node would release its operands from
  /// within its own release, and a million of them would overflow the stack.
  deinit {
    #if arch(wasm32)
      if flags.contains(.departed) { Mortality.end(of: self) }
    #endif
    unlink()
    guard hasOperands, !flags.contains(.surrendered) else { return }
    release()
  }

  /// Forgets how it was computed, and so lets go of what it was computed from.
  func drop() {
    unlink()
    (older, younger) = (nil, nil)
    release()
    (first, second) = (nil, nil)
    extra?.kept = nil
    op = Op.leaf
    flags.formUnion([.leaf, .dropped])
  }

  private func release() {
    var waiting: Unmanaged<Node>?
    surrender(&waiting)
    while let next = waiting {
      let node = next.takeRetainedValue()
      waiting = node.older
      node.older = nil
      node.surrender(&waiting)
      node.flags.insert(.surrendered)
    }
  }

  /// Leaves the list of recorded values.
  @inline(__always)
  private func unlink() {
    guard let older, let younger else { return }
    older._withUnsafeGuaranteedRef { $0.younger = younger }
    younger._withUnsafeGuaranteedRef { $0.older = older }
  }

  private var hasOperands: Bool {
    first != nil || second != nil || extra?.many.isEmpty == false
  }

  /// Gives up operands. One that nobody else holds and that has operands of its own joins the chain of
  /// those that wait for their release; the links of the ring, which it leaves, make that chain.
  @inline(__always)
  private func surrender(_ waiting: inout Unmanaged<Node>?) {
    @inline(__always) func give(_ node: consuming Node) {
      guard isKnownUniquelyReferenced(&node), node.hasOperands else { return }
      node.unlink()
      node.younger = nil
      node.older = waiting
      waiting = Unmanaged.passRetained(node)
    }
    if let first { give(first.takeRetainedValue()) }
    if let second { give(second.takeRetainedValue()) }
    if let extra, !extra.many.isEmpty {
      var many = extra.many
      extra.many = []
      while let node = many.popLast() { give(node) }
    }
  }
}

/// A value with axes or of another type than float64, or one whose op has settings, many operands or something to keep.
final class WideNode: Node {
  /// The value, unless it is `number`.
  var tensor: Tensor?
  /// The gradient, unless it is `slope`.
  var slopes: Tensor?
  /// The operands, where they are more than two.
  var many: [Node] = []
  var settings = Attributes()
  var kept: Saved?

  fileprivate init(
    _ op: Op, _ value: Tensor, _ first: Unmanaged<Node>? = nil, _ second: Unmanaged<Node>? = nil,
    time: Int, site: UInt32, _ flags: Flags
  ) {
    let isWide = Node.isWide(value)
    if isWide { tensor = value }
    super.init(
      op, number: value.rank == 0 ? value[0] : 0, first, second, time: time, site: site,
      flags.union(isWide ? [.wide, .tensor] : .wide))
  }
}

extension Op {
  /// The op of values that nothing computed.
  package static let leaf = Op(
    "leaf", [], family: .adjoint, summary: "A value that was given.", definition: "",
    promotion: .none,
    derivative: .none("it was given, not computed")
  ) { _ throws(TensorError) in Tensor(0) }
}

extension Node: RecordedValue {}

/// What is read of an operand without counting a reference to it.
extension Unmanaged<Node> {
  @inline(__always) var isTracked: Bool { _withUnsafeGuaranteedRef { $0.isTracked } }
  @inline(__always) var isScalar: Bool { _withUnsafeGuaranteedRef { $0.isScalar } }
  @inline(__always) var place: Int { _withUnsafeGuaranteedRef { Int($0.place) } }
  @inline(__always) var dtype: DType { _withUnsafeGuaranteedRef { $0.dtype } }
  @inline(__always) var count: Int { _withUnsafeGuaranteedRef { $0.shape.count } }
}
