// What may be wider than the page.
import Rendering

extension HTML {
  /// Something that is scrolled by key too.
  package static func scrolled(
    _ inner: HTML, _ label: String, kind: String = "wide", tag: String = "div"
  )
    -> HTML
  {
    HTML(
      tag, [("class", kind), ("tabindex", "0"), ("role", "group"), ("aria-label", label)], [inner])
  }

  /// Rows under heads; a head without words names nothing.
  package static func table(_ label: String, _ head: [[HTML]], _ rows: [[[HTML]]]) -> HTML {
    let heads = head.map { cell in
      cell.allSatisfy { $0.text.isEmpty }
        ? HTML("td", [], cell) : HTML("th", [("scope", "col")], cell)
    }
    return scrolled(
      HTML(
        "table", [],
        [
          HTML("thead", [], [HTML("tr", [], heads)]),
          HTML("tbody", [], rows.map { HTML("tr", [], $0.map { HTML("td", [], $0) }) }),
        ]), label)
  }
}
