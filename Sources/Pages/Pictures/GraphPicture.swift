// A graph as a picture: values go from left to right, gradients back.
import Explain
import Rendering
import Tensors

extension Picture {
  /// The graph with value and gradient on its nodes and, of a pass, what flowed back on its wires.
  /// - Parameter path: the wires of one path from the root, each with the colour of its factor.
  package init(
    _ graph: StepGraph, _ pass: BackwardPass?, _ format: NumberFormat, id: String,
    path: [(from: Int, to: Int)] = []
  ) {
    let drawing = GraphDrawing(graph, pass, format, path)
    self.init(
      id: id, width: drawing.width, height: drawing.height, kind: "graph", title: drawing.title,
      text: drawing.words, drawing.parts)
  }

  /// Where everything is in the picture of a graph.
  package static func layout(_ graph: StepGraph, _ pass: BackwardPass?, _ format: NumberFormat)
    -> GraphLayout
  {
    GraphDrawing(graph, pass, format).layout
  }
}

/// A graph with everything that is written in it.
struct GraphDrawing {
  /// A wire with what flowed back over it.
  private struct Flow {
    let from: Int
    let to: Int
    /// The number of the place at which the input is used, and what it hands over there.
    let use: Int
    let count: Int
    let text: String?
  }

  let layout: GraphLayout
  private let graph: StepGraph
  private let drawn: DrawnGraph
  private let cards: [GraphCard]
  private let flows: [Flow]
  private let format: NumberFormat
  private let path: [(from: Int, to: Int)]

  /// Uses of one value in one step past which they share a wire.
  private static let separateUses = 3

  init(
    _ graph: StepGraph, _ pass: BackwardPass?, _ format: NumberFormat,
    _ path: [(from: Int, to: Int)] = []
  ) {
    (self.graph, self.format, self.path) = (graph, format, path)
    drawn = DrawnGraph(graph)
    cards = drawn.places.map { GraphCard($0, graph, format) }
    flows = GraphDrawing.flows(drawn, graph, pass, format)
    let isLabelled = flows.contains { $0.text != nil }
    var ports = [Int](repeating: 0, count: cards.count)
    for flow in flows { ports[flow.to] += 1 }
    let boxes = zip(cards, ports).map { card, ports in
      GraphLayout.Box(
        card.box.width,
        max(card.box.height, GraphLayout.height(ports: ports, labelled: isLabelled)))
    }
    layout = GraphLayout(
      boxes,
      flows.map { flow in
        GraphLayout.Link(flow.from, flow.to, label: flow.text.map { Picture.width($0, .code) })
      })
  }

  private static func flows(
    _ drawn: DrawnGraph, _ graph: StepGraph, _ pass: BackwardPass?, _ format: NumberFormat
  ) -> [Flow] {
    // A name that several vertices have tells nothing.
    var handed: [String: [String: [Contribution]]] = [:]
    for step in pass?.steps ?? [] {
      for c in step.contributions {
        handed[step.name, default: [:]][c.input, default: []].append(c)
      }
    }
    return drawn.wires.flatMap { wire -> [Flow] in
      guard let edge = wire.edge else {
        return [Flow(from: wire.from, to: wire.to, use: 0, count: 1, text: nil)]
      }
      let contributions =
        handed[graph.vertices[edge.to].name]?[graph.vertices[edge.from].name] ?? []
      let texts = contributions.map { GraphCard.flow($0.gradient, format) }
      let count = texts.isEmpty ? edge.uses : texts.count
      guard count <= separateUses else {
        let text = texts.isEmpty ? nil : "\(count) uses"
        return [Flow(from: wire.from, to: wire.to, use: 0, count: count, text: text)]
      }
      return (0..<count).map { use in
        Flow(
          from: wire.from, to: wire.to, use: use, count: 1,
          text: use < texts.count ? texts[use] : nil)
      }
    }
  }

  // MARK: Parts

  /// Words below the graph: which number is what.
  private var notes: [String] {
    let hasFlow = flows.contains { $0.text != nil }
    let folded = graph.vertices.count - drawn.places.count
    return [
      hasFlow ? "on a wire: what flows back over it" : nil,
      hasFlow ? "grad: the sum of what arrives" : nil,
      folded > 0 ? "\(graph.vertices.count) values in \(drawn.places.count) boxes" : nil,
    ].compactMap { $0 }
  }

  private static let noteLine = 16.0

  var width: Double {
    max(layout.width, (notes.map { Picture.width($0, .label) }.max() ?? 0) + 2 * GraphLayout.margin)
      .rounded(.up)
  }

  var height: Double {
    (layout.height + (notes.isEmpty ? 0 : Double(notes.count) * GraphDrawing.noteLine + 8))
      .rounded(.up)
  }

  /// What a script finds a node by: the vertices that it stands for.
  private func key(_ place: Int) -> String {
    drawn.places[place].members.map { "\($0)" }.joined(separator: " ")
  }

  /// The class of the factor that a wire stands for, if it is on the path.
  private func factor(_ flow: Flow) -> String {
    let (from, to) = (drawn.places[flow.from].members, drawn.places[flow.to].members)
    let place = path.firstIndex { from.contains($0.from) && to.contains($0.to) }
    return place.map { " " + HTML.factor($0) } ?? ""
  }

  /// The class of the factor by which a value is reached.
  private func factor(into place: Int) -> String {
    let members = drawn.places[place].members
    return path.firstIndex { members.contains($0.from) }.map { " " + HTML.factor($0) } ?? ""
  }

  var parts: [HTML] {
    let wires = flows.indices.map(wire)
    let nodes = cards.indices.map { i -> HTML in
      let card = cards[i]
      let rect = layout.nodes[i]
      return SVG.group(
        "node \(card.look.rawValue)\(card.isRoot ? " root" : "")" + factor(into: i),
        card.outline(rect) + card.texts(rect), [("data-node", key(i))])
    }
    let notes = notes.enumerated().map { i, note in
      SVG.text(
        note,
        Picture.Point(
          GraphLayout.margin, layout.height + 10 + Double(i) * GraphDrawing.noteLine), "note")
    }
    return wires + nodes + notes
  }

  private func wire(_ i: Int) -> HTML {
    let (flow, wire) = (flows[i], layout.wires[i])
    guard let end = wire.knots.last else { return SVG.group("wire", []) }
    var parts = [
      SVG.path(GraphDrawing.path(wire.knots), "line"),
      SVG.path(
        SVG.point("M", Picture.Point(end.x - 7, end.y - 3.5)) + SVG.point("L", end)
          + SVG.point("L", Picture.Point(end.x - 7, end.y + 3.5)) + "z", "tip"),
    ]
    if let text = flow.text, let label = wire.label {
      parts.append(
        SVG.text(text, Picture.Point(label.right, label.bottom - 1), "code flow", .end))
    }
    return SVG.group(
      "wire" + factor(flow), parts,
      [("data-from", key(flow.from)), ("data-to", key(flow.to)), ("data-use", "\(flow.use)")])
  }

  private static func path(_ all: [Picture.Point]) -> String {
    // What lies on a level piece need not be told.
    let knots = all.indices.filter { i in
      i == 0 || i == all.count - 1 || all[i - 1].y != all[i].y || all[i].y != all[i + 1].y
    }.map { all[$0] }
    var d = knots.first.map { SVG.point("M", $0) } ?? ""
    for (a, b) in zip(knots, knots.dropFirst()) where a != b {
      if a.y == b.y {
        d += "H\(SVG.number(b.x))"
      } else {
        let middle = SVG.number((a.x + b.x) / 2)
        d += "C\(middle) \(SVG.number(a.y)) \(middle) \(SVG.number(b.y)) "
        d += "\(SVG.number(b.x)) \(SVG.number(b.y))"
      }
    }
    return d
  }
}

// MARK: Words

extension GraphDrawing {
  private var rootName: String { graph.vertices[graph.root].name }

  var title: String { "The graph of \(Picture.shortened(rootName, 60))" }

  /// Steps past which words tell the last ones only.
  private static let toldSteps = 12

  var words: String {
    let kinds: [(StepGraph.Vertex.Kind, String, String)] = [
      (.parameter, "parameter", "parameters"), (.data, "given value", "given values"),
      (.step, "step", "steps"),
    ]
    let counts = kinds.compactMap { kind, one, many -> String? in
      let count = graph.vertices.count { $0.kind == kind }
      return count == 0 ? nil : "\(count) \(count == 1 ? one : many)"
    }
    let told = graph.vertices.filter { $0.kind != .data || graph.vertices.count <= 20 }
    let shown = told.suffix(GraphDrawing.toldSteps)
    let values = shown.map { vertex -> String in
      let formula = vertex.formula.map { Picture.shortened(GraphCard.text(of: $0), 60) }
      let shape = vertex.value.rank > 0 ? "\(vertex.value.shape) " : ""
      let value = shape + GraphCard.view(vertex.value, format).joined(separator: " ")
      let slope =
        vertex.gradient.map { ", grad " + GraphCard.view($0, format).joined(separator: " ") } ?? ""
      return Picture.shortened(vertex.name, 60)
        + (formula.map { $0 == vertex.name ? "" : " = \($0)" } ?? "") + " is \(value)\(slope)"
    }
    let more = told.count > shown.count ? "The last \(shown.count): " : ""
    let flowing = flows.filter { $0.text != nil }.prefix(GraphDrawing.toldSteps * 2).map { flow in
      "\(name(flow.to)) to \(name(flow.from)) \(flow.text ?? "")"
    }
    return counts.joined(separator: ", ") + ". " + more + values.joined(separator: "; ") + "."
      + (flowing.isEmpty ? "" : " Flowing back: " + flowing.joined(separator: "; ") + ".")
  }

  private func name(_ place: Int) -> String {
    let place = drawn.places[place]
    return place.members.count == 1 ? Picture.shortened(place.title, 40) : "others"
  }
}
