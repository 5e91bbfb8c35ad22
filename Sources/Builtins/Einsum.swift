// Sums of products by letters.
import Autograd
import Diagnostics
import Interpreter
import Tensors

extension BuiltinCall {
  /// torch.einsum, pair by pair from the left, each pair by one product of matrices.
  func einsum() throws(Diagnostic) -> Value {
    let equation = try text("equation")
    var operands: [Node] = []
    for value in rest.count == 1 ? try parts(of: rest[0]) : rest {
      guard let operand = machine.operand(value) else {
        throw BuiltinFault.notJoinable(function: "einsum", kind: value.kind).at(span)
      }
      switch operand {
      case .node(let node): operands.append(node)
      case .number(let n): operands.append(graph.constant(Tensor(n)))
      }
    }
    let plan = try Plan(equation, operands.map { $0.shape }, self)
    do throws(TensorError) {
      let node = try plan.run(operands, graph, site)
      return Value(node)
    } catch {
      throw TensorFault(error).at(span)
    }
  }

  private func parts(of value: Value) throws(Diagnostic) -> [Value] {
    if case .list(let list) = value { return list.items }
    return [value]
  }

  /// Which letters the operands and the result have. What `...` stands for has letters of its own.
  private struct Plan {
    let inputs: [[Character]]
    let output: [Character]
    let lengths: [Character: Int]

    init(_ equation: String, _ shapes: [Shape], _ call: BuiltinCall) throws(Diagnostic) {
      func wrong(_ why: String) -> Diagnostic {
        BuiltinFault.badEquation(equation, why: why).at(call.span)
      }
      let sides = equation.filter { $0 != " " }.split(
        separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
      var left = sides[0]
      if sides.count > 1 {
        guard left.last == "-" else { throw wrong("the result stands after `->`") }
        left = left.dropLast()
      }
      let terms = left.split(separator: ",", omittingEmptySubsequences: false)
      guard terms.count == shapes.count else {
        throw wrong("it names \(terms.count) operands, and \(shapes.count) are given")
      }
      // Private characters stand for the axes of `...`, counted from the last.
      func open(_ term: Substring, _ rank: Int?) throws(Diagnostic) -> [Character] {
        var letters: [Character] = []
        var rest = term
        while let c = rest.first {
          if rest.hasPrefix("...") {
            let named = term.count - 3
            let hidden = rank.map { $0 - named } ?? Plan.most
            guard hidden >= 0 else { throw wrong("`\(term)` has more letters than axes") }
            for k in (0..<hidden).reversed() { letters.append(Plan.hidden(k)) }
            rest = rest.dropFirst(3)
          } else {
            guard c.isLetter else { throw wrong("`\(c)` is no letter") }
            letters.append(c)
            rest = rest.dropFirst()
          }
        }
        return letters
      }
      var inputs: [[Character]] = []
      var lengths: [Character: Int] = [:]
      var counts: [Character: Int] = [:]
      for (term, shape) in zip(terms, shapes) {
        let letters = try open(term, shape.rank)
        guard letters.count == shape.rank else {
          throw wrong("`\(term)` has \(letters.count) letters, its operand \(shape.rank) axes")
        }
        for (letter, length) in zip(letters, shape.dims) {
          let known = lengths[letter] ?? 1
          guard known == length || known == 1 || length == 1 else {
            throw wrong("`\(letter)` is \(known) in one operand and \(length) in another")
          }
          lengths[letter] = max(known, length)
          counts[letter, default: 0] += 1
        }
        inputs.append(letters)
      }
      let hidden = (0..<Plan.most).reversed().map(Plan.hidden).filter { lengths[$0] != nil }
      if sides.count > 1 {
        output = try open(sides[1], nil).filter { !Plan.isHidden($0) || lengths[$0] != nil }
        if let unknown = output.first(where: { lengths[$0] == nil }) {
          throw wrong("`\(unknown)` is in the result, but in no operand")
        }
        guard Set(output).count == output.count else {
          throw wrong("the result names an axis twice")
        }
      } else {
        // As in NumPy: the letters that come once, in alphabetical order, behind what `...` stands for.
        output =
          hidden + counts.filter { $0.value == 1 && !Plan.isHidden($0.key) }.map { $0.key }.sorted()
      }
      self.inputs = inputs
      self.lengths = lengths
    }

    private static let most = 8
    private static func hidden(_ k: Int) -> Character {
      Character(Unicode.Scalar(UInt8(ascii: "0") + UInt8(k)))
    }
    private static func isHidden(_ c: Character) -> Bool { c.isNumber }

    func run(_ operands: [Node], _ graph: Graph, _ site: UInt32) throws(TensorError) -> Node {
      var (value, letters) = try single(operands[0], inputs[0], graph)
      for k in 1..<max(1, operands.count) {
        let (next, own) = try single(operands[k], inputs[k], graph)
        // What neither the result nor a later operand needs can be summed over now.
        let needed = Set(output).union(inputs[(k + 1)...].flatMap { $0 })
        (value, letters) = try product(value, letters, next, own, needed, graph)
      }
      let extra = letters.indices.filter { !output.contains(letters[$0]) }
      if !extra.isEmpty {
        value = try graph.apply(.sum, [.node(value)], Attributes(("dim", .ints(extra))))
        letters = letters.filter { output.contains($0) }
      }
      return try turned(value, letters, to: output, graph)
    }

    /// An operand whose letters come once each: of a letter that comes twice the diagonal is taken.
    private func single(_ node: Node, _ letters: [Character], _ graph: Graph) throws(TensorError)
      -> (Node, [Character])
    {
      var (node, letters) = (node, letters)
      while let twice = letters.first(where: { c in letters.filter { $0 == c }.count > 1 }),
        let a = letters.firstIndex(of: twice), let b = letters.lastIndex(of: twice)
      {
        let n = node.shape[a]
        let order = letters.indices.filter { $0 != a && $0 != b } + [a, b]
        let places = graph.constant(
          try Tensor((0..<n).map(Double.init), shape: Shape([n]), dtype: .int64))
        node = try graph.apply(.permute, [.node(node)], Attributes(("_dims", .ints(order))))
        let all = [IndexEntry](
          repeating: .item(.slice(start: nil, stop: nil, step: 1)), count: order.count - 2)
        node = try graph.apply(
          .index, [.node(node), .node(places), .node(places)],
          Attributes(("index", .index(all + [.operand(1), .operand(2)]))))
        letters = order.dropLast(2).map { letters[$0] } + [twice]
      }
      return (node, letters)
    }

    private func product(
      _ a: Node, _ aLetters: [Character], _ b: Node, _ bLetters: [Character],
      _ needed: Set<Character>, _ graph: Graph
    ) throws(TensorError) -> (Node, [Character]) {
      let shared = aLetters.filter { bLetters.contains($0) }
      // An axis of length 1 on one side is stretched, which a product of matrices does not do.
      let even = { (c: Character) in length(c, a, aLetters) == length(c, b, bLetters) }
      let summed = shared.filter { !needed.contains($0) && even($0) }
      let batch = shared.filter { !summed.contains($0) }
      let rows = aLetters.filter { !shared.contains($0) }
      let columns = bLetters.filter { !shared.contains($0) }
      func sizes(_ letters: [Character], _ node: Node, _ own: [Character]) -> [Int] {
        letters.map { length($0, node, own) }
      }
      func count(_ letters: [Character]) -> Int { letters.reduce(1) { $0 * (lengths[$1] ?? 1) } }
      let left = try turned(a, aLetters, to: batch + rows + summed, graph)
      let right = try turned(b, bLetters, to: batch + summed + columns, graph)
      let inner = summed.reduce(1) { $0 * length($1, a, aLetters) }
      let x = try reshaped(
        left, sizes(batch, a, aLetters) + [rows.reduce(1) { $0 * length($1, a, aLetters) }, inner],
        graph)
      let y = try reshaped(
        right,
        sizes(batch, b, bLetters) + [inner, columns.reduce(1) { $0 * length($1, b, bLetters) }],
        graph)
      let z = try graph.apply(.matmul, [.node(x), .node(y)])
      let letters = batch + rows + columns
      let dims = batch.map { max(length($0, a, aLetters), length($0, b, bLetters)) }
      let wide = try reshaped(
        z, dims + sizes(rows, a, aLetters) + sizes(columns, b, bLetters), graph)
      return (wide, letters)
    }

    private func length(_ letter: Character, _ node: Node, _ letters: [Character]) -> Int {
      letters.firstIndex(of: letter).map { node.shape[$0] } ?? 1
    }

    private func reshaped(_ node: Node, _ dims: [Int], _ graph: Graph) throws(TensorError) -> Node {
      node.shape.dims == dims
        ? node : try graph.apply(.reshape, [.node(node)], Attributes(("_shape", .ints(dims))))
    }

    private func turned(
      _ node: Node, _ letters: [Character], to order: [Character], _ graph: Graph
    ) throws(TensorError) -> Node {
      let places = order.map { letters.firstIndex(of: $0) ?? 0 }
      if places == Array(0..<letters.count) { return node }
      return try graph.apply(.permute, [.node(node)], Attributes(("_dims", .ints(places))))
    }
  }
}
