import Pages
import Explain
import Export
import Interpreter
import Session
import Tensors
import Testing

/// A program, and how many crossings of wires a careful hand would draw.
private struct Drawn: Sendable, CustomTestStringConvertible {
  let name: String
  let code: String
  let crossings: Int
  var testDescription: String { name }

  init(_ name: String, crossings: Int, _ code: String) {
    (self.name, self.crossings, self.code) = (name, crossings, code)
  }

  static let all = [
    Drawn("a fork", crossings: 0, "param a = 2; c = 3*a; d = 2*c; e = c + d; backward e"),
    Drawn(
      "a neuron", crossings: 0,
      """
      x1 = 2; x2 = 3; param w1 = 0.5; param w2 = -1; param b = 0.1
      z = w1*x1 + w2*x2 + b; out = sigmoid(z); loss = (out - 1)^2; backward loss
      """),
    Drawn(
      "a name used twice", crossings: 0,
      "param w = 2; param b = 1; x = 3; y = 9; e = (y - (w*x + b))^2 + w^2; backward e"),
    Drawn(
      "an MLP", crossings: 0,
      """
      model = mlp(4, [5, 5, 5], 2); X = randn(4, 4); Y = [0, 1, 1, 0]
      loss = cross_entropy(model(X), Y); backward loss
      """),
    Drawn(
      "batch norm", crossings: 0,
      """
      X = randn(6, 3); param W = randn(3, 2); param gamma = [1, 1]; param beta = [0, 0]
      z = X @ W; mu = mean(z, dim=0); d = z - mu; variance = mean(d*d, dim=0)
      s = sqrt(variance + 1e-5); xhat = d/s; y = gamma*xhat + beta; T = randn(6, 2)
      loss = mean((y - T)^2); backward loss
      """),
    // 27 in a turn, whoever draws it: h and x go to four gates (6), past which two gates get their weights (8), and
    // each weight on its way to a gate crosses those that go on to the next turn (12).
    Drawn(
      "an LSTM of 5 steps", crossings: 135,
      """
      param w_i = 0.1; param u_i = 0.2; param w_f = 0.3; param u_f = 0.1
      param w_o = -0.2; param u_o = 0.5; param w_g = 0.7; param u_g = -0.3
      h = 0; c = 0
      for x in [1, -1, 0.5, 2, 0] {
        i = sigmoid(w_i*x + u_i*h); f = sigmoid(w_f*x + u_f*h)
        o = sigmoid(w_o*x + u_o*h); g = tanh(w_g*x + u_g*h)
        c = f*c + i*g; h = o*tanh(c)
      }
      loss = (h - 1)^2; backward loss
      """),
    // X goes to all three products; one weight stands in its way.
    Drawn(
      "attention", crossings: 1,
      """
      X = randn(3, 4); param Wq = randn(4, 4); param Wk = randn(4, 4); param Wv = randn(4, 4)
      Q = X @ Wq; K = X @ Wk; V = X @ Wv; S = Q @ K.T / 2; A = softmax(S, dim=1)
      O = A @ V; loss = mean(O*O); backward loss
      """),
    Drawn(
      "a loop of 20", crossings: 0,
      """
      param w = 0.5; h = 0
      for i in range(20) { h = tanh(w*h + i) }
      loss = (h - 1)^2; backward loss
      """),
    Drawn(
      "a residual net", crossings: 0,
      """
      X = randn(4, 3); param W1 = randn(3, 3); param W2 = randn(3, 3); param W3 = randn(3, 3)
      r1 = relu(X @ W1); h1 = X + r1; r2 = relu(h1 @ W2); h2 = h1 + r2
      r3 = relu(h2 @ W3); h3 = h2 + r3; loss = mean(h3^2); backward loss
      """),
    Drawn(
      "softmax regression", crossings: 0,
      """
      X = randn(4, 3); param W = randn(3, 2); param b = [0, 0]; y = [0, 1, 1, 0]
      scores = X @ W + b; loss = cross_entropy(scores, y); backward loss
      """),
  ]
}

/// The last graph that a program tells, and the pass over it.
private func told(_ code: String) throws -> (graph: StepGraph, pass: BackwardPass?) {
  let session = Session()
  session.machine.audience.keepsGraphs = true
  var found: (StepGraph, BackwardPass?)?
  let outcome = session.run(code) { event in
    switch event {
    case .narration(.backward(let pass), _, let graph?): found = (graph, pass)
    case .value(_, .host(let object)):
      if case .graph(let graph?, _, _)? = (object as? FigureObject)?.figure { found = (graph, nil) }
    default: break
    }
  }
  #expect(outcome.errors.map(\.headline) == [])
  return try #require(found)
}

private let format = NumberFormat()

/// Pieces of wires between knots, each once: wires of one node share a trunk.
private func pieces(_ layout: GraphLayout) -> [(
  wire: GraphLayout.Wire, a: Picture.Point, b: Picture.Point
)] {
  var seen: Set<[Double]> = []
  return layout.wires.flatMap { wire in
    zip(wire.knots, wire.knots.dropFirst()).compactMap { a, b in
      seen.insert([Double(wire.from), a.x, a.y, b.x, b.y]).inserted ? (wire, a, b) : nil
    }
  }
}

/// Pairs of bends in one gap whose order turns round.
private func crossings(_ layout: GraphLayout) -> Int {
  let bends = pieces(layout).filter { $0.b.x - $0.a.x > 0.1 }
  var count = 0
  for (i, p) in bends.enumerated() {
    for q in bends[(i + 1)...] where p.a.x == q.a.x && p.b.x == q.b.x {
      if (p.a.y - q.a.y) * (p.b.y - q.b.y) < 0 { count += 1 }
    }
  }
  return count
}

@Suite struct GraphPictureTests {
  @Test(arguments: Drawn.all) private func nothingOverlaps(_ program: Drawn) throws {
    let (graph, pass) = try told(program.code)
    let layout = Picture.layout(graph, pass, format)
    #expect(layout.nodes.count == graph.vertices.count)
    let labels = layout.wires.compactMap(\.label)
    #expect(!labels.isEmpty)
    let boxes = layout.nodes + labels
    let whole = Picture.Rect(0, 0, layout.width, layout.height)
    for (i, box) in boxes.enumerated() {
      #expect(!boxes[(i + 1)...].contains { $0.overlaps(box) })
      #expect(box.x >= 0 && box.y >= 0 && box.right <= whole.right && box.bottom <= whole.bottom)
    }
  }

  @Test(arguments: Drawn.all) private func wiresPassNoBoxAndNoLabel(_ program: Drawn) throws {
    let (graph, pass) = try told(program.code)
    let layout = Picture.layout(graph, pass, format)
    for (wire, a, b) in pieces(layout) {
      let points = GraphLayout.Wire(from: wire.from, to: wire.to, knots: [a, b], label: nil)
        .sampled()
      let met = layout.nodes.indices.filter { node in
        node != wire.from && node != wire.to && points.contains { layout.nodes[node].contains($0) }
      }
      #expect(met == [], "the wire from \(wire.from) to \(wire.to) passes a box")
      let written = layout.wires.compactMap(\.label).count { label in
        points.contains { label.contains($0) }
      }
      #expect(written == 0, "the wire from \(wire.from) to \(wire.to) passes a label")
    }
  }

  @Test(arguments: Drawn.all) private func crossingsAreFew(_ program: Drawn) throws {
    let (graph, pass) = try told(program.code)
    let layout = Picture.layout(graph, pass, format)
    #expect(crossings(layout) <= program.crossings)
    #expect(layout.wires.allSatisfy { layout.layers[$0.from] < layout.layers[$0.to] })
  }

  @Test(arguments: Drawn.all) private func aPictureIsTheSameEachTime(_ program: Drawn) throws {
    let (graph, pass) = try told(program.code)
    let (again, passAgain) = try told(program.code)
    let pictures = [
      Picture(graph, pass, format, id: "g"), Picture(again, passAgain, format, id: "g"),
    ]
    #expect(pictures[0].svg.text == pictures[1].svg.text && pictures[0].text == pictures[1].text)
  }

  @Test func crossingsAreCounted() {
    // Two inputs that go to both of two steps cross once, however they stand.
    let box = GraphLayout.Box(60, 60)
    let both = [(0, 2), (0, 3), (1, 2), (1, 3)].map { GraphLayout.Link($0.0, $0.1) }
    let layout = GraphLayout([box, box, box, box], both)
    #expect(crossings(layout) == 1 && layout.crossings == 1)
  }

  @Test(arguments: [Drawn.all[1], Drawn.all[3], Drawn.all[7], Drawn.all[8]])
  private func whatGoesOnGoesStraightOn(_ program: Drawn) throws {
    let (graph, pass) = try told(program.code)
    let layout = Picture.layout(graph, pass, format)
    let steps = graph.vertices.indices.filter { graph.vertices[$0].kind == .step }
    let heights = steps.map { layout.nodes[$0].middle.y }
    #expect((heights.max() ?? 0) - (heights.min() ?? 0) < 0.15)
  }

  @Test func loopsAreFolded() throws {
    let loop = "param w = 0.5; h = 0\nfor i in range(500) { z = w*h + i; h = tanh(z) }\n"
    let (graph, pass) = try told(loop + "loss = (h - 1)^2; backward loss")
    #expect(graph.vertices.count > 1000)
    let layout = Picture.layout(graph, pass, format)
    #expect(layout.nodes.count <= 20)
    let text = Picture(graph, pass, format, id: "g").svg.text
    // The beginning and the end are there, and how many are not.
    for name in ["h₁", "h₂", "h₅₀₀", "loss", "1491 values"] { #expect(text.contains(">\(name)<")) }
  }

  @Test func whateverIsTooMuchIsFolded() throws {
    // No loop, no layers: more than 200 names of their own.
    let code = "param p = 1; s0 = p\n" + (1...220).map { "s\($0) = s\($0 - 1)*p\n" }.joined()
    let (graph, pass) = try told(code + "graph(s220)")
    let layout = Picture.layout(graph, pass, format)
    #expect(graph.vertices.count > 200 && (2...200).contains(layout.nodes.count))
    #expect(layout.wires.allSatisfy { layout.layers[$0.from] < layout.layers[$0.to] })
  }

  // MARK: What is written

  @Test func aNameUsedTwiceForks() throws {
    let (graph, pass) = try told(Drawn.all[2].code)
    let picture = Picture(graph, pass, format, id: "g")
    // Two contributions on two wires, their sum in the node.
    #expect(Picture.layout(graph, pass, format).wires.count { $0.from == 0 } == 2)
    for flow in [">-12<", ">4<"] {
      #expect(
        picture.svg.text.split(separator: "class=\"code flow\"").contains { $0.contains(flow) })
    }
    #expect(picture.svg.text.contains(">-8<"))
    #expect(picture.text.contains("e to w -12; e to w 4") && picture.text.contains("grad -8"))
  }

  @Test func aGradientThatIsNotYetKnownIsADash() throws {
    let (graph, _) = try told("x = 2; param w = 3; y = w*x; graph(y)")
    let text = Picture(graph, nil, format, id: "g").svg.text
    // w and y want one, x does not; nothing flows yet.
    #expect(text.components(of: ">—<") == 2 && text.components(of: "code gradtag") == 2)
    #expect(!text.contains("code flow"))
  }

  @Test func aScriptFindsNodesAndWires() throws {
    let (graph, pass) = try told("param a = 2; c = 3*a; backward c")
    let text = Picture(graph, pass, format, id: "g").svg.text
    #expect(text.contains(#"<g class="node parameter" data-node="0">"#))
    #expect(text.contains(#"<g class="wire" data-from="0" data-to="1" data-use="0">"#))
    #expect(text.contains(#"<g class="node step root" data-node="1">"#))
  }

  @Test func aPageCanHoldManyAndAllowsNoStyle() throws {
    let (graph, pass) = try told(Drawn.all[1].code)
    let text = Picture(graph, pass, format, id: "g7").svg.text
    #expect(text.components(of: " id=\"") == text.components(of: " id=\"g7-"))
    #expect(text.contains(#"aria-labelledby="g7-t g7-d""#))
    #expect(!text.contains("style=") && !text.contains("<style") && !text.contains("<script"))
  }

  @Test func aFileOfItsOwnHasItsStyle() throws {
    let (graph, pass) = try told(Drawn.all[0].code)
    let text = Picture(graph, pass, format, id: "g").standalone
    #expect(text.hasPrefix(#"<svg xmlns="http://www.w3.org/2000/svg" "#))
    #expect(text.contains("prefers-color-scheme: dark") && text.contains(#"class="paper""#))
    // Put into a page, it does not change the page.
    #expect(!text.contains(":root") && text.components(of: "</style>") == 1)
    // A program that knows no variables finds a colour too.
    #expect(text.contains("fill: #1a1a1a;fill: var(--ink)"))
  }

  @Test func textIsLegibleOnBothPapers() throws {
    let schemes = Picture.style.split(separator: "--ink: ").dropFirst().map { "--ink: " + $0 }
    #expect(schemes.count == 3)
    for scheme in schemes {
      let names = ["ink", "faint", "grad", "f0", "f1", "f2", "f3", "f4"]
      for paper in [try light("paper", scheme), try light("soft", scheme)] {
        for name in names {
          let text = try light(name, scheme)
          #expect((max(text, paper) + 0.05) / (min(text, paper) + 0.05) >= 4.5, "\(name)")
        }
        let wire = try light("wire", scheme)
        #expect((max(wire, paper) + 0.05) / (min(wire, paper) + 0.05) >= 3)
      }
    }
  }

  /// The relative luminance of a colour of a style.
  private func light(_ name: String, _ style: String) throws -> Double {
    let start = try #require(style.ranges(of: "--\(name): #").first?.upperBound)
    let number = try #require(Int(style[start...].prefix(6), radix: 16))
    let parts = [number >> 16, number >> 8 & 255, number & 255].map { part -> Double in
      let share = Double(part) / 255
      return share <= 0.03928 ? share / 12.92 : Double.pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }

  @Test func sharedFormulasStayShort() throws {
    // Written out, the formula has a thousand parts.
    let (graph, pass) = try told(
      "param w = 1\nfn twice(x, n) { if n == 0 { x } else { twice(x + x, n - 1) } }\nloss = twice(w*1, 10)\nbackward loss"
    )
    #expect(Picture(graph, pass, format, id: "g").svg.text.utf8.count < 20_000)
  }
}

extension String {
  /// How often a text stands in it.
  fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}

@Suite struct FigurePictureTests {
  private func picture(_ figure: Figure) throws -> Picture {
    try #require(Picture(figure, format, id: "p"))
  }

  @Test func gapsStayGaps() throws {
    let line = Figure.Series(name: "a", x: [0, 1, 2, 3, 4], y: [1, 2, .nan, 3, .infinity])
    let picture = try picture(.lines([line], title: "", isLog: false, rows: 8))
    let curve = try #require(picture.svg.text.split(separator: "class=\"curve").last)
    // A line, and a point alone as a dot.
    #expect(String(curve).components(of: "M") == 2 && curve.contains("h0"))
    #expect(picture.text.contains("2 numbers not drawn"))
  }

  @Test func namesAtTheEndsOfCurvesAreApart() throws {
    let lines = (0..<6).map {
      Figure.Series(name: "n\($0)", x: [0, 1], y: [0, 1 + 0.001 * Double($0)])
    }
    let text = try picture(.lines(lines, title: "", isLog: false, rows: 8)).svg.text
    let heights = (0..<6).compactMap { k -> Double? in
      guard let end = text.ranges(of: ">n\(k)</text>").first?.lowerBound else { return nil }
      let head = text[..<end].split(separator: "y=\"").last
      return head.flatMap { Double($0.prefix { $0 != "\"" }) }
    }.sorted()
    #expect(heights.count == 6)
    #expect(zip(heights, heights.dropFirst()).allSatisfy { $1 - $0 >= 14.9 })
  }

  @Test func manyPointsAreThinned() throws {
    let n = 100_000
    let line = Figure.Series(
      name: "", x: (0..<n).map(Double.init), y: (0..<n).map { $0 == 70_001 ? 9 : Double($0 % 7) })
    let picture = try picture(.lines([line], title: "", isLog: false, rows: 8))
    #expect(picture.svg.text.utf8.count < 40_000)
    // The one high number is still seen.
    #expect(picture.text.contains("most 9 at 70001"))
  }

  @Test func regionsTellSharesAndMistakes() throws {
    let points = [Figure.Point(x: 0.1, y: 0.5, label: 0), Figure.Point(x: 0.2, y: 0.5, label: 1)]
    let box = Figure.Box(left: 0, right: 1, bottom: 0, top: 1)
    let picture = try picture(
      .regions(
        [0, 0, 0, 1, 0, 0, 0, 1], columns: 4, box: box, points, classes: ["a", "b"], title: ""))
    #expect(picture.text.contains("75% a, 25% b") && picture.text.contains("1 of 2 points"))
    #expect(picture.svg.text.contains("area f0") && picture.svg.text.contains("area f1"))
  }

  @Test func cellsBearNumbersWhileFew() throws {
    let few = try picture(.cells([1, -2, 3, .nan], rows: 2, columns: 2, title: ""))
    #expect(few.svg.text.contains(">-2</text>") && few.svg.text.contains("class=\"missing\""))
    #expect(few.text.contains("Least -2 at [0, 1], most 3 at [1, 0]"))
    let many = try picture(
      .cells((0..<40_000).map(Double.init), rows: 200, columns: 200, title: ""))
    #expect(!many.svg.text.contains("class=\"small"))
  }

  @Test func whatIsNoPictureIsNone() {
    #expect(Picture(.table(head: [], rows: [], foot: ""), format, id: "p") == nil)
    #expect(Picture(.report([]), format, id: "p") == nil)
    #expect(Picture(.graph(nil, wires: [], tree: []), format, id: "p") == nil)
  }

  @Test(arguments: [
    "<script>alert(1)</script>", "\"><img onerror=x>", "a\u{202e}b\u{0}", "]]>&amp;",
  ])
  func whatLearnersWriteIsInert(_ text: String) throws {
    let point = Figure.Point(x: 0, y: 0, label: 0)
    let series = [
      Figure.Series(name: text, x: [0], y: [1]), Figure.Series(name: "b", x: [0], y: [2]),
    ]
    let column = Figure.Column(title: text, units: 2, steps: [text], parameters: 3)
    let figures: [Figure] = [
      .lines(series, title: text, isLog: true, rows: 3, marks: [.init(x: 0, y: 1, name: text)]),
      .points([point], classes: [text, text], title: text),
      .cells([1], rows: 1, columns: 1, title: text), .bins([1, 2], low: 0, high: 1, title: text),
      .network([column, column]), .panels([(title: text, values: [1])], columns: 1, title: text),
    ]
    for figure in figures {
      let picture = try picture(figure)
      for all in [picture.svg.text, picture.standalone] {
        #expect(!all.contains("<script") && !all.contains("<img") && !all.contains("]]>"))
        #expect(!all.unicodeScalars.contains { $0.value == 0x202e || $0.value == 0 })
      }
    }
  }

  @Test func nothingToDrawIsDrawn() throws {
    let none: [Figure] = [
      .lines([], title: "", isLog: false, rows: 3),
      .lines([.init(name: "", x: [1], y: [.nan])], title: "", isLog: true, rows: 3),
      .points([], classes: [], title: ""), .cells([.nan], rows: 1, columns: 1, title: ""),
      .cells([], rows: 0, columns: 0, title: ""), .bins([], low: 0, high: 0, title: ""),
      .network([]), .panels([], columns: 0, title: ""),
      .lines([.init(name: "", x: [1, 2], y: [1e300, -1e300])], title: "", isLog: false, rows: 3),
      .cells([1e300, -1e300], rows: 1, columns: 2, title: ""),
      .bins([3], low: -1e300, high: 1e300, title: ""),
      .regions(
        [], columns: 0, box: .init(left: 0, right: 0, bottom: 0, top: 0), [], classes: [], title: ""
      ),
    ]
    for figure in none {
      let picture = try picture(figure)
      #expect(!picture.svg.text.contains("nan\"") && !picture.svg.text.contains("inf"))
      #expect(picture.width > 0 && picture.height > 0 && !picture.text.isEmpty)
    }
  }
}
