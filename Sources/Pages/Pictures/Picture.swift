// Pictures as SVG: for pages, for notebooks, for print.
import Interpreter
import Rendering
import Tensors

/// A picture as SVG.
package struct Picture {
  /// An element for a page that has `Picture.style`. What is wider than the page scrolls in an element around it.
  package let svg: HTML
  package let width: Double
  package let height: Double
  /// What the picture says, for whoever does not see it.
  package let text: String
  /// A file of its own, with its style.
  package let standalone: String

  /// - Parameters:
  ///   - id: what all ids in it begin with.
  ///   - kind: a class beside `picture`.
  package init(
    id: String, width: Double, height: Double, kind: String, title: String, text: String,
    _ parts: [HTML]
  ) {
    (self.width, self.height, self.text) = (width, height, text)
    let size = (SVG.number(width), SVG.number(height))
    let attributes = [
      ("viewBox", "0 0 \(size.0) \(size.1)"), ("width", size.0), ("height", size.1),
      ("role", "img"), ("aria-labelledby", "\(id)-t \(id)-d"), ("class", "picture \(kind)"),
    ]
    let words = [
      HTML("title", [("id", "\(id)-t")], title), HTML("desc", [("id", "\(id)-d")], text),
    ]
    svg = HTML("svg", attributes, words + parts)
    let paper = SVG.rect(Rect(0, 0, width, height), "paper")
    let style = HTML("style", [], Picture.ownStyle)
    standalone =
      HTML(
        "svg", [("xmlns", "http://www.w3.org/2000/svg")] + attributes,
        words + [style, paper] + parts
      ).text + "\n"
  }

  /// A figure; nil for what is a table or a text.
  package init?(_ figure: Figure, _ format: NumberFormat, id: String) {
    switch figure {
    case .lines(let series, let title, let isLog, _, let marks):
      self.init(CurvesDrawing(series, title, isLog: isLog, marks, format), "curves", id)
    case .points(let points, let classes, let title):
      self.init(PlaneDrawing(points, classes, title, nil, format), "plane", id)
    case .regions(let labels, let columns, let box, let points, let classes, let title):
      let regions = PlaneDrawing.Regions(labels: labels, columns: columns, box: box)
      self.init(PlaneDrawing(points, classes, title, regions, format), "plane", id)
    case .cells(let values, let rows, let columns, let title):
      self.init(HeatDrawing(values, rows, columns, title, format), "heat", id)
    case .bins(let counts, let low, let high, let title):
      self.init(BinsDrawing(counts, low, high, title, format), "bins", id)
    case .network(let columns): self.init(NetworkDrawing(columns, format), "network", id)
    case .panels(let units, let columns, let title):
      self.init(PanelsDrawing(units, columns, title, format), "panels", id)
    case .graph(let graph?, _, _): self.init(graph, nil, format, id: id)
    case .graph, .table, .report: return nil
    }
  }

  private init(_ drawing: some Drawing, _ kind: String, _ id: String) {
    self.init(
      id: id, width: drawing.width, height: drawing.height, kind: kind, title: drawing.name,
      text: drawing.words, drawing.parts)
  }
}

/// Something drawn.
protocol Drawing {
  var width: Double { get }
  var height: Double { get }
  /// What it is called.
  var name: String { get }
  /// What it says.
  var words: String { get }
  var parts: [HTML] { get }
}

extension Picture {
  /// The title of a figure and what kind it is.
  static func name(_ kind: String, _ title: String) -> String {
    title.isEmpty ? kind : "\(kind): \(title)"
  }

  /// `1 point`, `2 points`
  static func count(_ n: Int, _ one: String) -> String { n == 1 ? "1 \(one)" : "\(n) \(one)s" }
}
