// The graph as the learner sees it: named values are steps, unnamed ops are folded into their formulas.
import Platform
import Autograd
import Tensors

/// One number in the graph: an entry of a value.
package struct TensorEntry: Hashable {
  package let node: Node
  package let offset: Int

  package init(_ node: Node, _ offset: Int = 0) {
    self.node = node
    self.offset = offset
  }

  package var value: Double { node.value[offset] }

  package static func == (a: TensorEntry, b: TensorEntry) -> Bool {
    a.node === b.node && a.offset == b.offset
  }
  package func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(node))
    hasher.combine(offset)
  }
}

/// Everything below one value, with names.
package final class NamedGraph {
  package let graph: Graph
  package let root: Node
  /// Values below the root that a gradient reaches or that were computed, oldest first.
  package let nodes: [Node]
  private let unfolds: Bool
  private var names: [ObjectIdentifier: String] = [:]
  /// Steps that are called as they are written.
  private var asWritten: Set<ObjectIdentifier> = []
  /// Steps that got a name of ours.
  private(set) var temporaries: Set<ObjectIdentifier> = []
  private var users: [ObjectIdentifier: [Node]] = [:]
  private var calls: [ObjectIdentifier: Call] = [:]
  /// Whether a derivation takes the uses of a value in one step together.
  var mergesUses = false

  /// - Parameters:
  ///   - rootName: what the learner called the root when asking.
  ///   - unfolds: makes every op a step of its own.
  package init(_ graph: Graph, root: Node, rootName: String, unfolds: Bool = false)
    throws(ExplainError)
  {
    self.graph = graph
    self.root = root
    self.unfolds = unfolds
    nodes = graph.recorded(below: root).filter { $0.isTracked || !$0.isLeaf }
    guard nodes.count <= NamedGraph.sizeLimit else { throw .tooLarge(nodes.count) }
    giveNames(rootName)
    for step in steps {
      for input in inputs(of: step) { users[ObjectIdentifier(input), default: []].append(step) }
    }
  }

  /// Telling takes some microseconds for each value; a graph past this would keep a reader waiting.
  package static let sizeLimit = 20_000

  /// Values that share a name get numbers: s₁, s₂, … in the order of their making. A step without a name is called
  /// as it is written, `(w*x + b)`, or t₁, t₂, … where that is long.
  private func giveNames(_ rootName: String) {
    names[ObjectIdentifier(root)] = rootName
    let labelled = nodes.filter { $0 !== root && graph.label(of: $0) != nil }
    number(Dictionary(grouping: labelled) { graph.label(of: $0) ?? "" }, taken: [rootName])
    var written: [String: [Node]] = [:]
    for node in nodes where name(node) == nil && (unfolds || node.isLeaf) {
      if !node.isLeaf, let text = sourceText(node) {
        written[text, default: []].append(node)
        asWritten.insert(ObjectIdentifier(node))
      } else {
        nameTemporary(node)
      }
    }
    number(written, taken: Set(names.values))
    if !unfolds { nameSharedParts() }
  }

  private func nameTemporary(_ node: Node) {
    temporaries.insert(ObjectIdentifier(node))
    names[ObjectIdentifier(node)] = "t" + Formula.subscripted(temporaries.count)
  }

  /// Ops in a part of a formula that may stand in it twice.
  private static let repeatLimit = 40

  /// A long part that is used twice would be written twice, its own parts four times, and so on: it becomes a step.
  private func nameSharedParts() {
    var uses: [ObjectIdentifier: Int] = [:]
    for node in nodes {
      for k in 0..<node.operandCount {
        if case .node(let input) = node.operand(k) {
          uses[ObjectIdentifier(input), default: 0] += 1
        }
      }
    }
    var sizes: [ObjectIdentifier: Int] = [:]
    for node in nodes where !node.isLeaf && name(node) == nil {
      var size = 1
      for k in 0..<node.operandCount {
        if case .node(let input) = node.operand(k) { size += sizes[ObjectIdentifier(input)] ?? 0 }
      }
      if size > NamedGraph.repeatLimit, uses[ObjectIdentifier(node), default: 0] > 1 {
        nameTemporary(node)
      } else {
        sizes[ObjectIdentifier(node)] = size
      }
    }
  }

  private func number(_ groups: [String: [Node]], taken: Set<String>) {
    for (name, nodes) in groups {
      let isAlone = nodes.count == 1 && !taken.contains(name)
      for (i, node) in nodes.enumerated() {
        names[ObjectIdentifier(node)] = isAlone ? name : name + Formula.subscripted(i + 1)
      }
    }
  }

  /// The step that is written so, over the names of others: `w*x + b`; nil if there is none, or more than one.
  package func step(written text: String) -> Node? {
    func bare(_ text: String) -> String { text.filter { $0 != " " } }
    let wanted = bare(text)
    let found = nodes.filter { !$0.isLeaf && bare(expanded($0).text) == wanted }
    return found.count == 1 ? found[0] : nil
  }

  /// Whether a value is among those that the root was computed from.
  package func contains(_ node: Node) -> Bool { nodes.contains { $0 === node } }

  /// How a step without a name is written, if that is short: `(w*x + b)`, `sigmoid(z)`.
  private func sourceText(_ node: Node) -> String? {
    let formula = expanded(node)
    let text = formula.isOperation ? "(\(formula.text))" : formula.text
    return text.count <= 16 ? text : nil
  }

  // MARK: Names

  package func name(_ node: Node) -> String? { names[ObjectIdentifier(node)] }

  /// `W[0, 2]`, or the plain name of a single number.
  package func name(_ entry: TensorEntry) -> String { place(entry).text }

  /// A value's entry, by its name or as it is written.
  package func place(_ entry: TensorEntry) -> Place {
    let indices = entry.node.shape.rank > 0 ? entry.node.shape.indices(at: entry.offset) : []
    if let name = name(entry.node) { return Place(name, indices, of: entry.node.shape) }
    let formula = formula(entry.node)
    let isBracketed = formula.isOperation && !indices.isEmpty
    return Place(isBracketed ? "(\(formula.text))" : formula.text, indices, of: entry.node.shape)
  }

  /// Computed values with a name, oldest first.
  package var steps: [Node] { nodes.filter { !$0.isLeaf && name($0) != nil } }

  /// Steps in which a named value is used directly.
  package func users(of node: Node) -> [Node] { users[ObjectIdentifier(node)] ?? [] }

  /// The op of a node with its operands and result, as its formulas want them.
  package func call(_ node: Node) -> Call {
    if let call = calls[ObjectIdentifier(node)] { return call }
    // Without memory for operands in the op's type the recorded ones serve: only entries are read from them.
    let call =
      (try? node.call())
      ?? Call(
        inputs: node.operands.map({ $0.value }), attributes: node.attributes, output: node.value)
    calls[ObjectIdentifier(node)] = call
    return call
  }

  // MARK: Formulas

  /// The formula that makes a step, over named values.
  package func formula(of step: Node) -> Formula { expanded(step) }

  /// A value as it appears in formulas: by name if it has one.
  package func formula(_ node: Node) -> Formula {
    if let name = name(node), !isWrittenOut(node) { return .symbol(symbol(name, node)) }
    if node.isLeaf {
      if let label = graph.label(of: node) { return .symbol(symbol(label, node)) }
      return node.shape.rank == 0
        ? .number(node.value[0]) : .symbol(Symbol(NamedGraph.literal(node.value)))
    }
    return expanded(node)
  }

  /// Whether a step that has no name of the learner's stands in formulas as it was written.
  private func isWrittenOut(_ node: Node) -> Bool {
    asWritten.contains(ObjectIdentifier(node)) && node !== root
  }

  /// Data without a name, as written if it is short.
  private static func literal(_ tensor: Tensor) -> String {
    let text = tensor.count <= 6 ? tensor.text().with("\n", replacedBy: "") : ""
    return text.isEmpty || text.count > 24 ? "data \(tensor.shape)" : text
  }

  private func symbol(_ name: String, _ node: Node) -> Symbol {
    Symbol(name, value: node.shape.rank == 0 ? node.value[0] : nil)
  }

  private func expanded(_ node: Node) -> Formula {
    if node.isLeaf { return formula(node) }
    var operands = (0..<node.operandCount).map { operand($0, of: node) }
    // Operands that were left out have numbers to stand in, which need not be told.
    while case .number(let n)? = node.op.operand(operands.count - 1)?.absence,
      operands.last?.number == n
    {
      operands.removeLast()
    }
    return .apply(node.op, operands, node.attributes)
  }

  func operand(_ i: Int, of node: Node) -> Formula {
    switch node.operand(i) {
    case .node(let input):
      if input.isLeaf, !input.isTracked, graph.label(of: input) == nil,
        let written = constantName(i, of: node)
      {
        return .symbol(symbol(written, input))
      }
      return formula(input)
    case .number(let n):
      return constantName(i, of: node).map { .symbol(Symbol($0, value: n)) } ?? .number(n)
    }
  }

  /// What a plain operand was called in the source.
  func constantName(_ i: Int, of node: Node) -> String? {
    let names = graph.sites[Int(node.site)].operandNames
    return i < names.count ? names[i] : nil
  }

  /// One entry of a value as a formula: unnamed elementwise ops and copies are followed to their source.
  package func formula(_ entry: TensorEntry, named: Bool = true) -> Formula {
    let node = entry.node
    if named, node.shape.rank > 0 || !isWrittenOut(node), name(node) != nil {
      return .symbol(Symbol(name(entry), value: entry.value))
    }
    if node.shape.rank == 0, node.isLeaf { return formula(node) }
    if node.isLeaf {
      guard let label = graph.label(of: node) else { return .number(entry.value) }
      let place = node.shape.indices(at: entry.offset).map(String.init).joined(separator: ", ")
      return .symbol(Symbol("\(label)[\(place)]", value: entry.value))
    }
    switch node.op.links {
    case .elementwise:
      let operands = (0..<node.operandCount).map { k in
        operandEntry(k, of: node, at: source(k, of: node, result: entry.offset))
      }
      return .apply(node.op, operands, node.attributes)
    case .copies(let selection):
      guard case .node(let input) = node.operand(0), let from = try? selection(call(node)) else {
        break
      }
      return formula(TensorEntry(input, from.offsets[entry.offset]))
    default: break
    }
    if node.shape.rank == 0 {
      return .symbol(Symbol(expanded(node).text, value: entry.value))
    }
    let place = node.shape.indices(at: entry.offset).map(String.init).joined(separator: ", ")
    return .symbol(Symbol("(\(formula(node).text))[\(place)]", value: entry.value))
  }

  func operandEntry(_ k: Int, of node: Node, at offset: Int) -> Formula {
    guard case .node(let input) = node.operand(k) else { return operand(k, of: node) }
    if input.isLeaf, !input.isTracked, graph.label(of: input) == nil {
      return .number(input.value[offset])
    }
    return formula(TensorEntry(input, offset))
  }

  /// The entry of operand `k` that an elementwise result's entry was computed from.
  func source(_ k: Int, of node: Node, result offset: Int) -> Int {
    guard case .node(let input) = node.operand(k) else { return 0 }
    let strides = input.shape.strides(stretchedTo: node.shape)
    return zip(node.shape.indices(at: offset), strides).reduce(0) { $0 + $1.0 * $1.1 }
  }

  // MARK: Structure

  /// Whether gradients flow from a value to its k-th operand.
  func passes(_ node: Node, _ k: Int) -> Bool {
    node.isTracked && node.operand(k).isTracked && node.op.reaches(k, call(node).inputs)
  }

  /// The unnamed values that a step folds in, and itself, oldest first.
  func interior(of step: Node) -> [Node] {
    var found: [Node] = []
    var seen: Set<ObjectIdentifier> = []
    var waiting = [step]
    while let node = waiting.popLast() {
      guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
      found.append(node)
      for k in 0..<node.operandCount where passes(node, k) {
        guard case .node(let input) = node.operand(k), !input.isLeaf, name(input) == nil else {
          continue
        }
        waiting.append(input)
      }
    }
    return found.sorted { $0.time < $1.time }
  }

  /// Named values that a step is computed from directly, in the order in which its formula has them.
  package func inputs(of step: Node) -> [Node] {
    var found: [Node] = []
    for node in interior(of: step).reversed() {
      for k in 0..<node.operandCount where passes(node, k) {
        guard case .node(let input) = node.operand(k), name(input) != nil,
          !found.contains(where: { $0 === input })
        else { continue }
        found.append(input)
      }
    }
    return found.sorted { place($0, in: step) < place($1, in: step) }
  }

  private func place(_ input: Node, in step: Node) -> Int {
    var stack: [(Node, Int)] = [(step, 0)]
    var count = 0
    var seen: Set<ObjectIdentifier> = []
    while let (node, next) = stack.popLast() {
      guard next < node.operandCount else { continue }
      stack.append((node, next + 1))
      guard case .node(let operand) = node.operand(next) else { continue }
      count += 1
      if operand === input { return count }
      if operand.isTracked, !operand.isLeaf, name(operand) == nil,
        seen.insert(ObjectIdentifier(operand)).inserted
      {
        stack.append((operand, 0))
      }
    }
    return count
  }

  // MARK: Local derivatives

  /// The entries of `step` that an entry of one of its inputs reaches, with the local derivative of each: one for
  /// each place at which the input stands in the step's formula, and for each entry that is summed over in between.
  package func uses(of step: Node, by input: TensorEntry) -> [Use] {
    let interior = interior(of: step)
    var seeds: [(node: Node, slot: Int, offset: Int, partial: Formula)] = []
    for node in interior {
      for k in 0..<node.operandCount {
        guard case .node(let operand) = node.operand(k), operand === input.node, passes(node, k)
        else { continue }
        seeds += links(node, k, input.offset, isStep: node === step).map {
          (node, k, $0.offset, $0.partial)
        }
      }
    }
    let slots = Dictionary(grouping: seeds) { ObjectIdentifier($0.node) }.mapValues { seeds in
      Set(seeds.map { $0.slot }).sorted()
    }
    let users = seeds.map { $0.node }.reduce(into: [Node]()) { users, node in
      if !users.contains(where: { $0 === node }) { users.append(node) }
    }
    let isFork = users.count > 1
    /// A part of the formula as it is written; of several that are written alike, which.
    func written(_ node: Node) -> String {
      let text = formula(of: node).text
      let twins = users.filter { formula(of: $0).text == text }
      guard twins.count > 1, let nth = twins.firstIndex(where: { $0 === node }) else { return text }
      return "the \(NamedGraph.ordinal(nth)) \(text)"
    }
    return seeds.flatMap { seed -> [Use] in
      let (node, slot, offset, partial) = seed
      let own = slots[ObjectIdentifier(node)] ?? []
      var via: Place?
      if own.count > 1 {
        let nth = NamedGraph.ordinal(own.firstIndex(of: slot) ?? 0)
        let whole =
          node === step || node.shape.rank == 0
          ? written(node) : place(TensorEntry(node, offset)).text
        via = Place("the \(nth) \(name(input.node) ?? "value") of \(whole)", [], of: [])
      } else if node !== step, isFork || seeds.count > 1 {
        via =
          node.shape.rank == 0
          ? Place(written(node), [], of: []) : place(TensorEntry(node, offset))
      } else if isFork {
        via = Place(formula(of: step).text, [], of: [])
      }
      guard node !== step else { return [Use(offset: offset, partial: partial, via: via)] }
      return carried(TensorEntry(node, offset), partial, to: step, interior).map {
        Use(offset: $0.offset, partial: $0.partial, via: via)
      }
    }
  }

  private static func ordinal(_ n: Int) -> String {
    n < 3 ? ["1st", "2nd", "3rd"][n] : "\(n + 1)th"
  }

  /// As `uses`, with all places at which the input stands taken together: one for each entry of the step.
  func mergedUses(of step: Node, by input: TensorEntry) -> [Use] {
    var order: [Int] = []
    var sums: [Int: Formula] = [:]
    for use in uses(of: step, by: input) {
      if sums[use.offset] == nil { order.append(use.offset) }
      sums[use.offset] = sums[use.offset].map { $0 + use.partial } ?? use.partial
    }
    return order.map { Use(offset: $0, partial: sums[$0] ?? 0, via: nil) }
  }

  /// A derivative by an unnamed entry carried on to the entries of the step that it is folded into.
  private func carried(
    _ entry: TensorEntry, _ partial: Formula, to step: Node, _ interior: [Node]
  ) -> [(offset: Int, partial: Formula)] {
    var reached: [TensorEntry: Formula] = [entry: partial]
    var order: [TensorEntry] = [entry]
    for node in interior where node.time > entry.node.time {
      for k in 0..<node.operandCount {
        guard case .node(let operand) = node.operand(k), passes(node, k) else { continue }
        for entry in order where entry.node === operand {
          guard let inner = reached[entry] else { continue }
          for (offset, partial) in links(node, k, entry.offset, isStep: node === step) {
            let result = TensorEntry(node, offset)
            if let old = reached[result] {
              reached[result] = old + partial * inner
            } else {
              reached[result] = partial * inner
              order.append(result)
            }
          }
        }
      }
    }
    return order.filter { $0.node === step }.map { ($0.offset, reached[$0] ?? 0) }
  }

  /// One op's links from an operand's entry, with partials over named values.
  private func links(_ node: Node, _ k: Int, _ offset: Int, isStep: Bool)
    -> [(offset: Int, partial: Formula)]
  {
    let call = call(node)
    switch node.op.links {
    case .elementwise:
      guard let partial = node.op.partial(k) else { return [] }
      return stretched(node, k, offset).map { out in
        (out, filled(partial, node, call, result: out, isStep: isStep))
      }
    case .copies(let selection):
      guard k == 0, let from = try? selection(call).offsets else { return [] }
      return from.indices.filter { from[$0] == offset }.map { ($0, 1) }
    case .entries(let links):
      let found = links(call, k, offset)
      return found.isEmpty
        ? measured(node, k, offset)
        : found.map {
          ($0.offset, filled($0.partial, node, call, result: $0.offset, isStep: isStep))
        }
    case .measured: return measured(node, k, offset)
    }
  }

  func filled(_ partial: Formula, _ node: Node, _ call: Call, result: Int, isStep: Bool)
    -> Formula
  {
    partial.filled { leaf in
      switch leaf {
      case .operand(let i): operandEntry(i, of: node, at: source(i, of: node, result: result))
      case .entry(let i, let offset): operandEntry(i, of: node, at: offset)
      case .result: formula(TensorEntry(node, result), named: isStep)
      case .attribute(let name): .number(call.number(name))
      default: nil
      }
    }
  }

  /// Result entries that an operand's entry is stretched over.
  private func stretched(_ node: Node, _ k: Int, _ offset: Int) -> [Int] {
    guard case .node(let input) = node.operand(k), input.shape != node.shape else {
      return [offset]
    }
    return (0..<node.shape.count).filter { source(k, of: node, result: $0) == offset }
  }

  /// For ops that state no links: each result entry is pulled back and read off.
  private func measured(_ node: Node, _ k: Int, _ offset: Int) -> [(offset: Int, partial: Formula)]
  {
    let call = call(node)
    return (0..<node.shape.count).compactMap { out in
      var seed = [Double](repeating: 0, count: node.shape.count)
      seed[out] = 1
      guard let dz = try? Tensor(seed, shape: node.shape, dtype: node.dtype),
        let gradient = try? node.op.pulled(k, call, dz), gradient[offset] != 0
      else { return nil }
      return (out, .number(gradient[offset]))
    }
  }

  // MARK: Pullbacks of whole tensors

  /// For each input of a step, how its gradient follows from the step's, as a formula over whole tensors.
  package func pullbacks(of step: Node, gradient: Formula) throws(ExplainError)
    -> [(input: Node, formula: Formula)]
  {
    var gradients: [ObjectIdentifier: Formula] = [ObjectIdentifier(step): gradient]
    for node in interior(of: step).reversed() {
      guard let dz = gradients[ObjectIdentifier(node)] else { continue }
      let call = call(node)
      for k in 0..<node.operandCount {
        guard case .node(let input) = node.operand(k), passes(node, k) else { continue }
        let back = try pullback(node, k, call, dz, isStep: node === step)
        let id = ObjectIdentifier(input)
        gradients[id] = gradients[id].map { $0 + back } ?? back
      }
    }
    return inputs(of: step).compactMap { input in
      gradients[ObjectIdentifier(input)].map { (input, $0.toldApart) }
    }
  }

  private func pullback(_ node: Node, _ k: Int, _ call: Call, _ dz: Formula, isStep: Bool)
    throws(ExplainError) -> Formula
  {
    let text: Formula
    do throws(TensorError) { text = try node.op.pullback(k, call) } catch { throw .tensor(error) }
    return text.filled { leaf in
      switch leaf {
      case .operand(let i): operand(i, of: node)
      case .result: isStep ? formula(node) : expanded(node)
      case .cotangent: dz
      case .attribute(let name): .number(call.number(name))
      default: nil
      }
    }
  }
}
