// What stands in the nodes of a graph and on its wires.
import Autograd
import Explain
import Rendering
import Tensors

/// The words and numbers of one node.
struct GraphCard {
  /// How a node looks.
  enum Look: String { case data, parameter, step, folded }

  let look: Look
  let isRoot: Bool
  let name: String
  /// What made it, ` = w*x + b`, and whether that has a line of its own.
  let formula: String
  let isBelow: Bool
  /// Its shape, if it is no single number.
  let shape: String?
  let value: [String]
  /// nil where no gradient is wanted.
  let gradient: [String]?

  static let line = 17.0
  static let padding = 10.0
  /// Columns of a formula, and of a name with its formula in one line.
  private static let lineColumns = 27
  private static let formulaColumns = 32
  private static let nameColumns = 24

  init(_ place: DrawnGraph.Place, _ graph: StepGraph, _ format: NumberFormat) {
    let vertex = graph.vertices[place.members.first ?? graph.root]
    isRoot = place.members.contains(graph.root)
    guard place.members.count == 1 else {
      look = .folded
      name = "\(place.members.count) values"
      formula = ""
      isBelow = false
      shape = nil
      value = Picture.lines(place.title, 32)
      gradient = nil
      return
    }
    look =
      switch vertex.kind {
      case .data: .data
      case .parameter: .parameter
      case .step: .step
      }
    name = Picture.shortened(vertex.name, GraphCard.nameColumns)
    let text = vertex.formula.map { GraphCard.text(of: $0, within: vertex.name) } ?? ""
    // A step without a name is called as it is written.
    let isNamed = !text.isEmpty && text != vertex.name && "(\(text))" != vertex.name
    isBelow = isNamed && name.columns + 3 + text.columns > GraphCard.lineColumns
    let short = Picture.shortened(text, GraphCard.formulaColumns)
    formula = isNamed ? (isBelow ? "= " : " = ") + short : ""
    shape = vertex.value.rank > 0 ? vertex.value.shape.description : nil
    value = GraphCard.view(vertex.value, format)
    gradient =
      vertex.gradient.map { GraphCard.view($0, format) } ?? (vertex.isTracked ? ["—"] : nil)
  }

  /// A formula, no longer than a reader would read: shared parts can make the whole text longer than any memory.
  /// - Parameter name: of what it makes; others in the same layer are called as the layer calls them.
  static func text(of formula: Formula, within name: String = "") -> String {
    let layer = name.lastIndex(of: ".").map { String(name[...$0]) }
    var visits = 0
    return formula.written { part in
      visits += 1
      guard visits <= 40 else { return "…" }
      guard let layer, case .symbol(let symbol) = part, symbol.text.hasPrefix(layer) else {
        return nil
      }
      return String(symbol.text.dropFirst(layer.count))
    }
  }

  /// A number; the rows of a small matrix; the length of what is larger.
  static func view(_ tensor: Tensor, _ format: NumberFormat) -> [String] {
    if let number = tensor.item { return [format(number)] }
    let columns = tensor.shape.last ?? 1
    let rows = columns > 0 ? tensor.count / columns : 0
    let short = NumberFormat(digits: min(3, format.digits))
    guard tensor.rank <= 2, (1...3).contains(columns), (1...2).contains(rows) else {
      return [length(tensor, format)]
    }
    return (0..<rows).map { row in
      "[" + (0..<columns).map { short(tensor[row * columns + $0]) }.joined(separator: "  ") + "]"
    }
  }

  /// `‖2.31‖`: the root of the sum of squares.
  private static func length(_ tensor: Tensor, _ format: NumberFormat) -> String {
    let short = NumberFormat(digits: min(3, format.digits))
    return "‖\(short(tensor.values.reduce(0) { $0 + $1 * $1 }.squareRoot()))‖"
  }

  /// What is written over a wire.
  static func flow(_ tensor: Tensor, _ format: NumberFormat) -> String {
    if let number = tensor.item { return format(number) }
    let view = view(tensor, format)
    return view.count == 1 && view[0].columns <= 22 ? view[0] : length(tensor, format)
  }

  /// The width of the words before the numbers of a tensor or a gradient.
  private var tag: Double { Picture.width("grad ", .code) }

  var box: GraphLayout.Box {
    let head =
      isBelow
      ? max(Picture.width(name, .code), Picture.width(formula, .code))
      : Picture.width(name + formula, .code)
    let valueTag = shape.map { Picture.width($0 + " ", .code) } ?? 0
    let values = value.map { Picture.width($0, .code) + valueTag }.max() ?? 0
    let gradients = (gradient ?? []).map { Picture.width($0, .code) + tag }.max() ?? 0
    let lines = (isBelow ? 2 : 1) + value.count + (gradient?.count ?? 0)
    return GraphLayout.Box(
      max(52, max(head, values, gradients).rounded(.up) + 2 * GraphCard.padding),
      Double(lines) * GraphCard.line + 13)
  }

  /// The texts, in a box.
  func texts(_ rect: Picture.Rect) -> [HTML] {
    let height = box.height
    let x = rect.x + GraphCard.padding
    var y = rect.y + (rect.height - height) / 2 + 6 + 13
    let head =
      [HTML("tspan", [("class", "name")], name)]
      + (formula.isEmpty || isBelow ? [] : [HTML("tspan", [("class", "formula")], formula)])
    var texts = [
      HTML("text", [("class", "code"), ("x", SVG.number(x)), ("y", SVG.number(y))], head)
    ]
    y += GraphCard.line
    if isBelow {
      texts.append(SVG.text(formula, Picture.Point(x, y), "code formula"))
      y += GraphCard.line
    }
    var indent = 0.0
    if let shape {
      texts.append(SVG.text(shape, Picture.Point(x, y), "code tag"))
      indent = Picture.width(shape + " ", .code)
    }
    let kind = look == .folded ? "code faint" : "code value"
    texts.append(
      SVG.text(lines: value, Picture.Point(x + indent, y), kind, height: GraphCard.line))
    y += GraphCard.line * Double(value.count)
    if let gradient {
      texts.append(SVG.text("grad", Picture.Point(x, y), "code gradtag"))
      texts.append(
        SVG.text(
          lines: gradient, Picture.Point(x + tag, y), "code grad", height: GraphCard.line))
    }
    return texts
  }

  /// The outline: data square, parameters round with a second line, steps between; many as a stack.
  func outline(_ rect: Picture.Rect) -> [HTML] {
    func inset(_ d: Double) -> Picture.Rect {
      Picture.Rect(rect.x + d, rect.y + d, rect.width - 2 * d, rect.height - 2 * d)
    }
    switch look {
    case .data: return [SVG.rect(rect, "box", radius: 0)]
    case .parameter:
      return [SVG.rect(rect, "box", radius: 15), SVG.rect(inset(3), "rim", radius: 12)]
    case .step:
      return [SVG.rect(rect, "box", radius: 7)]
        + (isRoot ? [SVG.rect(inset(3), "rim", radius: 5)] : [])
    case .folded:
      let behind = [6.0, 3.0].map { d in
        SVG.rect(
          Picture.Rect(rect.x + d, rect.y - d, rect.width - d, rect.height), "box", radius: 7)
      }
      return behind + [SVG.rect(rect, "box", radius: 7)]
    }
  }
}
