// From a graph to what can be told about it.
import Autograd
import Training
import Tensors

/// Why something cannot be told.
package enum ExplainError: Error {
  case gradient(GradientError)
  case tensor(TensorError)
  /// The root does not depend on the variable.
  case unrelated(String, String)
  case notAnEntry(Shape)
  /// More values than anyone could read about.
  case tooLarge(Int)
}

extension NamedGraph {
  // MARK: Forward

  /// Replays the root and tells each step, with values that changed.
  package func forward() throws(ExplainError) -> ForwardPass {
    let steps = steps
    let before = steps.map { $0.value }
    do throws(TensorError) { try graph.replay(root) } catch { throw .tensor(error) }
    return ForwardPass(
      steps: zip(steps, before).map { step, old in
        let new = step.value
        let changed = new.values != old.values
        return ForwardStep(
          name: name(step) ?? "", formula: formula(of: step), value: new,
          before: changed ? old : nil)
      }, unfollowed: unfollowed())
  }

  private func unfollowed() -> [Unfollowed] {
    let (dropped, departed) = graph.unfollowed(below: root)
    return dropped.map { node in
      Unfollowed(
        name: graph.label(of: node) ?? "a value", reason: .dropped, value: node.value,
        site: graph.sites[Int(node.site)])
    }
      + departed.map { departure, name in
        let site = graph.sites[Int(departure.site)]
        return Unfollowed(
          name: name ?? "a value", reason: departure.isBranch ? .branch : .number,
          value: Tensor(departure.number), site: site)
      }
  }

  /// How one value was computed.
  package func value() -> Narration {
    let inputs = inputs(of: root).map { (name: name($0) ?? "", shape: $0.shape) }
    return .value(
      ForwardStep(
        name: name(root) ?? "", formula: formula(of: root), value: root.value, before: nil),
      shapes: root.shape.rank == 0 && inputs.allSatisfy { $0.shape.rank == 0 } ? [] : inputs)
  }

  // MARK: Backward

  /// Tells a backward pass whose gradients are known.
  /// - Parameter old: the gradients that leaves had before it.
  package func backward(_ gradients: Gradients, old: [ObjectIdentifier: Tensor])
    throws(ExplainError)
    -> BackwardPass
  {
    let rootName = name(root) ?? ""
    var received: [ObjectIdentifier: [Tensor]] = [:]
    /// How many parts each input's gradient has.
    var counts: [ObjectIdentifier: Int] = [:]
    var told: [BackwardStep] = []
    for step in steps.reversed() {
      guard let upstream = gradients(step) else { continue }
      let stepName = name(step) ?? ""
      let symbol = Formula.symbol(Symbol(derivativeName(rootName, by: stepName)))
      let pullbacks = try pullbacks(of: step, gradient: step === root ? 1 : symbol)
      var contributions: [Contribution] = []
      for (input, pullback) in pullbacks {
        let handed = try contribution(of: step, to: input, upstream)
        let uses = scalarUses(of: step, by: input)
        let parts = uses.count > 1 ? uses.map(Optional.some) : [uses.first]
        let count =
          counts[ObjectIdentifier(input)]
          ?? users(of: input).reduce(0) { $0 + max(1, scalarUses(of: $1, by: input).count) }
        counts[ObjectIdentifier(input)] = count
        for use in parts {
          let partial = use?.partial
          let local = partial?.evaluate(number: { _ in nil })
          // Of several uses in one formula each hands over its share.
          let share = parts.count > 1 ? Tensor((local ?? 0) * upstream[0]) : handed
          received[ObjectIdentifier(input), default: []].append(share)
          let all = received[ObjectIdentifier(input)] ?? []
          contributions.append(
            Contribution(
              root: rootName, step: stepName, input: name(input) ?? "", via: use?.via?.text,
              partial: partial, partialValue: local,
              upstream: step.shape.rank == 0 ? upstream[0] : nil,
              pullback: partial == nil ? pullback : nil,
              factorShapes: factorShapes(pullback, symbol.text, upstream),
              gradient: share, isPart: count > 1,
              sum: all.count == count && count > 1 ? all : nil))
        }
      }
      told.append(
        BackwardStep(
          name: stepName, formula: formula(of: step), isRoot: step === root,
          contributions: contributions))
    }
    return BackwardPass(
      root: rootName, steps: told, accumulations: accumulations(gradients, old))
  }

  /// The part of a backward pass that leads to one value.
  package func chain(to variable: Node, _ gradients: Gradients) throws(ExplainError) -> BackwardPass
  {
    guard name(variable) != nil, nodes.contains(where: { $0 === variable }) else {
      throw .unrelated(name(root) ?? "", graph.label(of: variable) ?? "")
    }
    var above: Set<ObjectIdentifier> = [ObjectIdentifier(variable)]
    for step in steps
    where inputs(of: step).contains(where: { above.contains(ObjectIdentifier($0)) }) {
      above.insert(ObjectIdentifier(step))
    }
    let names = Set(nodes.filter { above.contains(ObjectIdentifier($0)) }.compactMap { name($0) })
    let whole = try backward(gradients, old: [:])
    return BackwardPass(
      root: whole.root,
      steps: whole.steps.filter { names.contains($0.name) && $0.name != name(variable) }.map {
        step in
        BackwardStep(
          name: step.name, formula: step.formula, isRoot: step.isRoot,
          contributions: step.contributions.filter { names.contains($0.input) })
      }, accumulations: [])
  }

  /// The uses of an input in a step in which everything is a single number.
  func scalarUses(of step: Node, by input: Node) -> [Use] {
    guard step.shape.rank == 0, input.shape.rank == 0,
      interior(of: step).allSatisfy({ $0.shape.rank == 0 })
    else { return [] }
    return uses(of: step, by: TensorEntry(input))
  }

  private func accumulations(_ gradients: Gradients, _ old: [ObjectIdentifier: Tensor])
    -> [Accumulation]
  {
    nodes.filter { $0.isParameter }.compactMap { leaf in
      guard let before = old[ObjectIdentifier(leaf)], let new = gradients(leaf),
        let total = try? before + new
      else { return nil }
      return Accumulation(name: name(leaf) ?? "", old: before, new: new, total: total)
    }
  }

  /// The gradient that a step hands to one of its inputs.
  private func contribution(of step: Node, to input: Node, _ upstream: Tensor)
    throws(ExplainError) -> Tensor
  {
    var gradients: [ObjectIdentifier: Tensor] = [ObjectIdentifier(step): upstream]
    do throws(TensorError) {
      for node in interior(of: step).reversed() {
        guard let dz = gradients[ObjectIdentifier(node)] else { continue }
        for k in 0..<node.operandCount {
          guard case .node(let operand) = node.operand(k), passes(node, k) else { continue }
          let back = try node.op.pulled(k, call(node), dz)
          let id = ObjectIdentifier(operand)
          gradients[id] =
            try gradients[id].map { old throws(TensorError) in try old + back } ?? back
        }
      }
      if let gradient = gradients[ObjectIdentifier(input)] { return gradient }
      return try Tensor(filling: input.shape, with: 0)
    } catch {
      throw .tensor(error)
    }
  }

  /// For a matrix product, the shapes of what is multiplied.
  private func factorShapes(_ pullback: Formula, _ symbol: String, _ upstream: Tensor) -> (
    Shape, Shape
  )? {
    guard case .apply(.matmul, let factors, _) = pullback, factors.count == 2 else { return nil }
    func value(_ formula: Formula) -> Tensor? {
      try? formula.evaluate { leaf in
        guard case .symbol(let name) = leaf else { return nil }
        if name.text == symbol { return upstream }
        return self.tensor(named: name.text)
      }
    }
    guard let a = value(factors[0]), let b = value(factors[1]) else { return nil }
    return (a.shape, b.shape)
  }

  /// The value that a name in a formula stands for, data included.
  package func tensor(named text: String) -> Tensor? {
    if let node = nodes.first(where: { name($0) == text }) { return node.value }
    for node in nodes {
      for (i, operand) in node.operands.enumerated() {
        guard case .node(let input) = operand, !input.isTracked else { continue }
        let written = graph.sites[Int(node.site)].operandNames
        if graph.label(of: input) == text || (i < written.count && written[i] == text) {
          return input.value
        }
      }
    }
    return nil
  }

  // MARK: One gradient

  static let pathLimit = 40

  /// The chain rule for one number, as a sum over paths.
  /// - Parameter isOneHop: takes the gradients of the steps that use the variable as known.
  package func derivation(by variable: TensorEntry, isOneHop: Bool = false) throws(ExplainError)
    -> Derivation
  {
    guard name(variable.node) != nil, nodes.contains(where: { $0 === variable.node }) else {
      throw .unrelated(name(root) ?? "", graph.label(of: variable.node) ?? "")
    }
    let gradients: Gradients
    do throws(GradientError) { gradients = try graph.gradients(of: root) } catch {
      throw .gradient(error)
    }
    let total = gradients(variable.node)?[variable.offset] ?? 0
    var counts: [TensorEntry: Int] = [:]
    var count = pathCount(variable, &counts)
    let forks = count
    if count > NamedGraph.pathLimit {
      // Where every step forks, what a step does is one factor again.
      mergesUses = true
      counts = [:]
      count = pathCount(variable, &counts)
      if count > NamedGraph.pathLimit {
        (mergesUses, count, counts) = (false, forks, [:])
      }
    }
    defer { mergesUses = false }
    let isOneStep = isOneHop || count > NamedGraph.pathLimit
    var paths: [Path] = []
    var continuation: [Path] = []
    if isOneStep {
      for (result, factor) in firstFactors(variable) {
        let (top, bottom) = (place(TensorEntry(root)), place(result))
        let value = gradients(result.node)?[result.offset] ?? 0
        let name = Symbol(derivativeName(top.text, by: bottom.text), value: value)
        let known = Factor(
          top: top, bottom: bottom, via: nil, formula: .symbol(name), value: value, isKnown: true)
        paths.append(Path(factors: [known, factor]))
        if !isOneHop, continuation.isEmpty, pathCount(result, &counts) <= NamedGraph.pathLimit {
          continuation = self.paths(from: result)
        }
      }
    } else {
      paths = self.paths(from: variable)
    }
    var check: NumericCheck?
    if root.shape.count == 1 {
      check = try? graph.numericCheck(
        of: root, at: variable.node, offset: variable.offset, analytic: total)
    }
    return Derivation(
      root: place(TensorEntry(root)), variable: place(variable), paths: paths, pathCount: count,
      isOneStep: isOneStep, total: total, check: check,
      disagreement: disagreement(total, paths, check, gradients, variable),
      held: (check?.held ?? []).map(heldName),
      continuation: continuation, introduced: introduced(in: paths + continuation),
      zeros: total == 0 && check?.isKink != true
        ? zeros(
          isOneHop && count <= NamedGraph.pathLimit ? self.paths(from: variable) : paths, variable)
        : []
    )
  }

  /// The steps of paths that have a name of ours, newest first, so that each is made of what follows.
  private func introduced(in paths: [Path]) -> [(name: String, formula: Formula)] {
    let used = Set(paths.flatMap { $0.factors }.flatMap { [$0.top.name, $0.bottom.name] })
    return steps.reversed().compactMap { step in
      guard temporaries.contains(ObjectIdentifier(step)), let name = name(step),
        used.contains(name)
      else { return nil }
      return (name, formula(of: step))
    }
  }

  /// Why each path's product, or their sum, is 0.
  private func zeros(_ paths: [Path], _ variable: TensorEntry) -> [ZeroReason] {
    guard !paths.isEmpty else {
      return [graph.cut(below: root, from: variable.node).map { .cut($0.reason) } ?? .noPath]
    }
    // A formula that is 0 itself says all there is to say.
    guard paths.contains(where: { $0.factors.count > 1 || $0.factors[0].formula.number != 0 })
    else {
      return []
    }
    let dead = paths.filter { $0.product == 0 }
    guard dead.count == paths.count else { return [.cancels] }
    var found: [ZeroReason] = []
    for path in dead {
      let flat = path.factors.first { $0.value == 0 }
      // A gradient that is taken as known has no formula to look into.
      if let flat, flat.isKnown || flat.formula.number != nil { continue }
      let reason = flat.map(zero) ?? .underflow(factors: path.factors.count)
      if !found.contains(reason) { found.append(reason) }
    }
    return found
  }

  /// Of a product that is 0, the part that makes it so.
  private func culprit(_ formula: Formula) -> Formula {
    guard case .apply(let op, let parts, _) = formula else { return formula }
    let isProduct: Bool =
      switch op.notation {
      case .infix(let symbol, _): ["*", "/", "^"].contains(symbol.filter { $0 != " " })
      case .prefix: true
      default: false
      }
    guard isProduct,
      let zero = parts.first(where: { $0.evaluate(number: { _ in nil }) == 0 && $0.number == nil })
    else { return formula }
    return culprit(zero)
  }

  /// Why one factor is 0: the flat place of an op folded into its step, or a value that is 0.
  private func zero(_ factor: Factor) -> ZeroReason {
    let asked = ZeroReason.factor(
      culprit(factor.formula).text, top: factor.top, bottom: factor.bottom, via: factor.via)
    guard let step = nodes.first(where: { name($0) == factor.top.name }), !step.isLeaf else {
      return asked
    }
    for node in interior(of: step).reversed() {
      guard node.op.family == .activation || node.op.family == .elementwise,
        node === step || node.shape.rank == 0, case .elementwise = node.op.links
      else { continue }
      let offset =
        node.shape.rank == 0
        ? 0 : node.shape.offset(of: factor.top.indices)
      for k in 0..<node.operandCount where passes(node, k) {
        guard case .node(let input) = node.operand(k), let local = node.op.partial(k) else {
          continue
        }
        let entry = TensorEntry(input, source(k, of: node, result: offset))
        let formula = filled(local, node, call(node), result: offset, isStep: node === step)
        guard formula.evaluate(number: { _ in nil }) == 0 else { continue }
        return .flat(
          op: node.op, input: self.formula(entry).text, at: entry.value,
          result: node.value[offset])
      }
    }
    return asked
  }

  private func disagreement(
    _ total: Double, _ paths: [Path], _ check: NumericCheck?, _ gradients: Gradients,
    _ variable: TensorEntry
  ) -> Disagreement? {
    if !total.isFinite {
      let birth = graph.birthOfNonFinite(gradients, below: root)
      return .notFinite(step: birth.map { name($0) ?? formula(of: $0).text })
    }
    let isFloat32 = variable.node.dtype == .float32
    let sum = paths.reduce(0) { $0 + $1.product }
    let slack = (isFloat32 ? 1e-3 : 1e-9) * paths.reduce(abs(total)) { $0 + abs($1.product) }
    // A value without paths has nothing to tell: its gradient is 0.
    if abs(sum - total) > max(slack, 1e-12) || !sum.isFinite { return .narrated(sum) }
    if let check, check.verdict == .disagrees || check.verdict == .notFinite {
      return .numeric(check.numeric, isFloat32: isFloat32)
    }
    return nil
  }

  /// What was held, by the name that it, or what it was used for without gradient, has.
  private func heldName(_ node: Node) -> String {
    var place = nodes.firstIndex { $0 === node } ?? nodes.count
    while place < nodes.count {
      let current = nodes[place]
      if let name = name(current) { return name }
      let user = nodes[(place + 1)...].firstIndex { other in
        other.isFollowed && other.operands.contains { $0.node === current }
      }
      guard let user else { break }
      place = user
    }
    return formula(of: node).text
  }

  /// The entries right above one entry, with the local derivative of each.
  private func firstFactors(_ entry: TensorEntry) -> [(TensorEntry, Factor)] {
    users(of: entry.node).flatMap { step in
      (mergesUses ? mergedUses(of: step, by: entry) : uses(of: step, by: entry)).map { use in
        let result = TensorEntry(step, use.offset)
        return (
          result,
          Factor(
            top: place(result), bottom: place(entry), via: use.via, formula: use.partial,
            value: localValue(use, of: step, by: entry))
        )
      }
    }
  }

  /// The number of a local derivative. A formula may pass through what no float can hold, exp(1000)/exp(1000), on the
  /// way to a number that the op's own backward step finds.
  private func localValue(_ use: Use, of step: Node, by entry: TensorEntry) -> Double {
    let value = use.partial.evaluate(number: { _ in nil }) ?? .nan
    guard !value.isFinite, use.via == nil else { return value }
    var unit = [Double](repeating: 0, count: step.shape.count)
    unit[use.offset] = 1
    guard let upstream = try? Tensor(unit, shape: step.shape, dtype: step.dtype),
      let own = try? contribution(of: step, to: entry.node, upstream)[entry.offset], own.isFinite
    else { return value }
    return own
  }

  /// How many paths lead from the root to an entry. Counting stops above what can be shown, and after
  /// `countLimit` entries, so that a deep graph costs no deep recursion.
  private func pathCount(_ entry: TensorEntry, _ counts: inout [TensorEntry: Int]) -> Int {
    if entry.node === root { return 1 }
    if let known = counts[entry] { return known }
    let tooMany = NamedGraph.pathLimit + 1
    guard counts.count < NamedGraph.countLimit else { return tooMany }
    // A place holder, so that the limit counts entries under way too.
    counts[entry] = tooMany
    let above = firstFactors(entry)
    guard above.count <= NamedGraph.pathLimit else { return above.count }
    let count = above.reduce(0) { min($0 + pathCount($1.0, &counts), NamedGraph.mostPaths) }
    counts[entry] = count
    return count
  }

  static let countLimit = 2_000
  /// No more are counted. Twice as many are a whole number in a page, too, where those have 32 bits.
  package static let mostPaths = 1_000_000_000

  /// Every path from the root to an entry, root first.
  private func paths(from entry: TensorEntry) -> [Path] {
    if entry.node === root { return [Path(factors: [])] }
    return firstFactors(entry).flatMap { result, factor in
      paths(from: result).map { Path(factors: $0.factors + [factor]) }
    }
  }

  // MARK: Updates

  /// What the optimizer's last step did, as substituted formulas; of a tensor, for one entry.
  package static func ledger(_ optimizer: Optimizer, _ graph: Graph) -> [LedgerRow] {
    optimizer.ledger.flatMap { parameter, followed, assignments in
      let name = graph.label(of: parameter) ?? "w"
      let place = parameter.shape.indices(at: followed).map(String.init).joined(separator: ", ")
      let entry = place.isEmpty ? name : "\(name)[\(place)]"
      return assignments.map { assignment in
        func named(_ text: String, _ own: String) -> String { text == "w" ? own : text }
        func formula(_ own: String) -> Formula {
          assignment.rule.formula.filled { leaf in
            guard case .symbol(let symbol) = leaf else { return nil }
            return .symbol(
              Symbol(named(symbol.text, own), value: assignment.numbers[symbol.text]))
          }
        }
        let target = assignment.rule.target
        let isLone = assignments.count == 1
        return LedgerRow(
          parameter: isLone ? nil : name, target: named(target, name), rule: formula(name),
          entry: target == "w" || place.isEmpty ? named(target, entry) : "\(target)[\(place)]",
          result: assignment.result,
          tensor: parameter.shape.rank > 0 && target == "w" ? assignment.vector : nil,
          isTensor: parameter.shape.rank > 0)
      }
    }
  }
}
