// Elements of SVG. Looks come from classes; numbers are rounded, so that a picture is the same everywhere.
import Rendering
import Tensors

/// What pictures are made of.
enum SVG {
  /// A coordinate, to a tenth.
  static func number(_ x: Double) -> String {
    guard x.isFinite, x.magnitude < 1e7 else { return "0" }
    let tenths = Int((x * 10).rounded())
    let (whole, rest) = (abs(tenths) / 10, abs(tenths) % 10)
    return (tenths < 0 ? "-" : "") + "\(whole)" + (rest == 0 ? "" : ".\(rest)")
  }

  static func group(_ name: String, _ inner: [HTML], _ more: [(String, String)] = []) -> HTML {
    HTML("g", [("class", name)] + more, inner)
  }

  static func rect(
    _ r: Picture.Rect, _ name: String, radius: Double = 0, _ more: [(String, String)] = []
  ) -> HTML {
    let corner = radius > 0 ? [("rx", number(radius))] : []
    return HTML(
      "rect",
      [
        ("class", name), ("x", number(r.x)), ("y", number(r.y)), ("width", number(r.width)),
        ("height", number(r.height)),
      ] + corner + more)
  }

  static func line(_ a: Picture.Point, _ b: Picture.Point, _ name: String) -> HTML {
    HTML(
      "line",
      [
        ("class", name), ("x1", number(a.x)), ("y1", number(a.y)), ("x2", number(b.x)),
        ("y2", number(b.y)),
      ])
  }

  static func path(_ d: String, _ name: String, _ more: [(String, String)] = []) -> HTML {
    HTML("path", [("class", name), ("d", d)] + more)
  }

  /// Where a text begins, lies or ends.
  enum Anchor: String { case start, middle, end }

  static func text(
    _ text: String, _ at: Picture.Point, _ name: String, _ anchor: Anchor = .start,
    _ more: [(String, String)] = []
  ) -> HTML {
    HTML("text", attributes(at, name, anchor) + more, text)
  }

  /// Several lines as one text.
  static func text(
    lines: [String], _ at: Picture.Point, _ name: String, height: Double, _ anchor: Anchor = .start
  ) -> HTML {
    guard lines.count > 1 else { return text(lines.first ?? "", at, name, anchor) }
    return HTML(
      "text", attributes(at, name, anchor),
      lines.enumerated().map { i, line in
        HTML("tspan", [("x", number(at.x)), ("dy", number(i == 0 ? 0 : height))], line)
      })
  }

  private static func attributes(_ at: Picture.Point, _ name: String, _ anchor: Anchor)
    -> [(String, String)]
  {
    [("class", name), ("x", number(at.x)), ("y", number(at.y))]
      + (anchor == .start ? [] : [("text-anchor", anchor.rawValue)])
  }

  /// The place of a path's next point.
  static func point(_ command: String, _ at: Picture.Point) -> String {
    "\(command)\(number(at.x)) \(number(at.y))"
  }
}
