// How pictures look: colours that are apart for colour-blind eyes and legible on white, on dark and on paper.

extension Picture {
  /// A colour on white and on dark paper. Text colours have a contrast of 4.5 at least, lines that mean something of 3.
  private static let colors: [(name: String, light: String, dark: String)] = [
    ("ink", "#1a1a1a", "#e8e8e8"), ("paper", "#ffffff", "#16181c"),
    ("faint", "#5c5c5c", "#a8a8a8"), ("line", "#d8d8d8", "#3a3d44"),
    ("soft", "#f3f5f8", "#20242b"), ("wire", "#858b94", "#737a86"),
    ("grad", "#0a63c2", "#62b0ff"), ("f0", "#0a63c2", "#62b0ff"),
    // Blue, vermilion, bluish green, purple, amber, as on the terminal.
    ("f1", "#b84300", "#ff9a62"), ("f2", "#00714f", "#46cc9e"), ("f3", "#9232ba", "#d79cf2"),
    ("f4", "#7d5f00", "#dcb13c"),
  ]

  /// Selectors with their declarations, in which `$name` is a colour.
  private static let rules: [(String, String)] =
    [
      (
        ".picture",
        "display: block; max-width: 100%; height: auto; margin: 0 auto; font: 13px system-ui, Segoe UI, Helvetica Neue, Arial, sans-serif; color: $ink"
      ),
      // Graphs and networks keep their size: what is around them scrolls.
      (".picture.graph, .picture.network", "max-width: none"),
      (".picture text", "fill: $ink; stroke: none"),
      (
        ".picture .code",
        "font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, Liberation Mono, monospace; white-space: pre"
      ),
      (".picture .paper", "fill: $paper"),
      (".picture .heading", "font-weight: 600"),
      (".picture .note, .picture .tick", "font-size: 12px; fill: $faint"),
      (".picture .faint, .picture .tag", "fill: $faint"),
      (".picture .axis", "stroke: $wire; fill: none"),
      (".picture .grid", "stroke: $line; fill: none"),
      (".picture .leader", "stroke: $wire; fill: none; stroke-width: .75"),
      // Curves and points: a hue each, and dashes and shapes beside it.
      (
        ".picture .curve",
        "fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round"
      ),
      (".picture .d1", "stroke-dasharray: 7 4"), (".picture .d2", "stroke-dasharray: 2 4"),
      (".picture .d3", "stroke-dasharray: 9 3 2 3"), (".picture .d4", "stroke-dasharray: 12 4"),
      (".picture .dot", "stroke: $paper; stroke-width: 1"),
      (".picture .area", "stroke: none; opacity: .2"),
      (".picture .border", "fill: none; stroke: $faint; stroke-width: 1.25"),
      (".picture .bar", "fill: $f0; opacity: .85"),
      // Heat maps: their colours are data and the same everywhere.
      (".picture .cells", "stroke: none; shape-rendering: crispEdges"),
      (".picture .frame", "fill: none; stroke: $wire; stroke-width: .75"),
      (".picture .missing", "fill: none; stroke: $f1; stroke-width: 1.25"),
      (".picture .dark", "fill: #000000"), (".picture .bright", "fill: #ffffff"),
      (".picture .small", "font-size: 11px"),
      // Graphs.
      (".picture .name", "font-weight: 700"),
      (".picture .grad, .picture .gradtag, .picture .flow", "fill: $grad"),
      (".picture .box", "fill: $paper; stroke: $wire; stroke-width: 1.25"),
      (".picture .rim", "fill: none; stroke: $wire; stroke-width: 1"),
      (".picture .data .box, .picture .folded .box", "fill: $soft"),
      (".picture .data .box", "stroke-width: 1"),
      (".picture .parameter .box, .picture .parameter .rim", "stroke: $f2"),
      (".picture .root .box, .picture .root .rim", "stroke: $ink"),
      (".picture .wire .line", "fill: none; stroke: $wire; stroke-width: 1.25"),
      (".picture .wire .tip", "fill: $wire; stroke: none"),
      // A path, each factor in its colour: its wire, and the value that it is taken by.
    ]
    + (0..<5).map {
      (
        ".picture .wire.f\($0) .line, .picture .node.f\($0) .box",
        "stroke: $f\($0); stroke-width: 2"
      )
    } + [
      // What a script lights up.
      (".picture .on .box, .picture .wire.on .line", "stroke: $grad; stroke-width: 2.25"),
      (".picture .wire.on .tip", "fill: $grad"),
      (".picture .on .grad, .picture .on .flow", "font-weight: 700"),
      // Networks: sign by hue and dash, size by width.
      (".picture .plus", "stroke: $f0; fill: none"),
      (".picture .minus", "stroke: $f1; fill: none; stroke-dasharray: 5 3"),
      (".picture .unit", "fill: $paper; stroke: $ink; stroke-width: 1.25"),
    ]

  /// The style of all pictures of a page. It gives the page its colours too, `--ink` and the like, and the classes
  /// `f0` to `f4` of factors.
  package static let style = written(
    for: ":root", and: (0..<5).map { ".f\($0) { \(declarations("color: $f\($0)")) }" })

  /// The style of a picture that is a file of its own, and leaves a page in which it is put as it is.
  static let ownStyle = written(for: ".picture", and: [])

  /// - Parameter root: whose the colours are.
  private static func written(for root: String, and more: [String]) -> String {
    func variables(_ color: ((name: String, light: String, dark: String)) -> String) -> String {
      "\(root) { " + colors.map { "--\($0.name): \(color($0));" }.joined(separator: " ") + " }"
    }
    let light = variables { $0.light }
    let hues = (0..<5).map { i in
      """
      .picture .f\(i) { \(declarations("fill: $f\(i)")) }
      .picture .curve.f\(i) { fill: none; \(declarations("stroke: $f\(i)")) }
      """
    }
    return """
      \(light)
      @media (prefers-color-scheme: dark) { \(variables { $0.dark }) }
      @media print { \(light) }
      \(rules.map { "\($0.0) { \(declarations($0.1)) }" }.joined(separator: "\n"))
      \((hues + more).joined(separator: "\n"))
      """
  }

  /// Each colour twice: as it is on white, for programs that know no variables, and by its name.
  private static func declarations(_ text: String) -> String {
    text.split(separator: ";").map { part -> String in
      guard let dollar = part.firstIndex(of: "$") else { return String(part) }
      let name = part[part.index(after: dollar)...]
      let light = colors.first { $0.name == name }?.light ?? "#1a1a1a"
      return "\(part[..<dollar])\(light);\(part[..<dollar])var(--\(name))"
    }.joined(separator: ";")
  }
}
