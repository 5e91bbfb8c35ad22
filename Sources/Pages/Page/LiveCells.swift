// Cells that a page's script runs, as the page carries them.
import Diagnostics
import JSONText
import Rendering

/// A script as the page's own script reads it: a header and cells, which together are the file.
package struct LiveCells {
  /// What the file is called, without its ending.
  private let name: String
  private let header: String
  private let cells: [JSON]
  /// Programs that may take the place of the first cell.
  private let starts: [(title: String, code: String)]

  init(
    name: String, header: String, cells: [JSON], starts: [(title: String, code: String)] = []
  ) {
    (self.name, self.header, self.cells, self.starts) = (name, header, cells, starts)
  }

  /// A script of one cell, with lines before it that are not shown.
  /// - Parameter id: of the element that shows the cell's code.
  package init(name: String, before: String, code: String, id: String) {
    let first = before.count { $0 == "\n" } + 1
    self.init(
      name: name, header: before,
      cells: [
        .object([
          ("id", .string(id)), ("head", .string("")), ("settings", .string("")),
          ("code", .string(code)), ("number", .int(1)), ("first", .int(first)),
          ("body", .string(code)),
        ])
      ])
  }

  /// What a page needs to run them: a prompt, the cells, the engine.
  package func parts(engine: PageEngine) -> [HTML] {
    let data = JSON.object([
      ("name", .string(name)), ("header", .string(header)), ("cells", .array(cells)),
      (
        "starts",
        .array(
          starts.map { .object([("title", .string($0.title)), ("code", .string($0.code))]) })
      ),
    ])
    return [prompt, .carried("cells", data.line.spelledOut, type: "application/json")]
      + engine.parts
  }

  /// Where a reader asks for more.
  private var prompt: HTML {
    HTML(
      "form", [("id", "prompt"), ("hidden", "hidden")],
      [
        HTML("h2", [], "Ask for more"),
        HTML("div", [("class", "told-list")]),
        HTML(
          "label", [],
          [
            HTML("span", [("class", "hidden")], "Code to run after the cells above"),
            HTML(
              void: "input",
              [
                ("type", "text"), ("autocomplete", "off"), ("autocapitalize", "off"),
                ("spellcheck", "false"), ("placeholder", "explain ∂loss/∂w"),
              ]),
          ]),
      ])
  }
}

extension String {
  /// JSON in which nothing looks like markup or turns the direction of text.
  fileprivate var spelledOut: String {
    var text = ""
    for scalar in unicodeScalars {
      guard scalar == "<" || Escaped.isUnsafe(scalar) else {
        text.unicodeScalars.append(scalar)
        continue
      }
      for unit in UTF16.encode(scalar) ?? .init() {
        let digits = String(unit, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return text
  }
}
