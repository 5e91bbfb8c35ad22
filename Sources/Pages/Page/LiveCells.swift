// Cells that a page's script runs, as the page carries them.
import Diagnostics
import JSONText
import Platform
import Rendering

/// A script as the page's own script reads it: a header and cells, which together are the file.
package struct LiveCells {
  /// What the file is called, without its ending.
  private let name: String
  private let header: String
  private let cells: [JSON]
  private let purpose: Purpose

  /// What its reader is to do with a page's cells.
  package enum Purpose {
    /// To walk through them.
    case lesson
    /// To write a program of one's own, beginning with one of these.
    case playground([Start])
    /// To fill in an exercise, which is then checked.
    case exercise(JSON)
    /// To try the one cell that stands in somebody else's page.
    case frame
  }

  /// The page's scripts, in their order.
  static func scripts(for purpose: Purpose) -> [String] {
    let own: [String] =
      switch purpose {
      case .lesson: []
      case .playground, .frame: ["playground.js"]
      case .exercise: ["exercise.js"]
      }
    return ["stored.js", "engine.js", "doors.js", "asked.js"] + own + ["live.js"]
  }

  /// A program to begin with.
  package struct Start {
    package let title: String
    package let code: String
    /// Faults that can be planted in it: what takes the place of what.
    package let faults: [(title: String, from: String, to: String)]

    /// - Parameter text: a first line of comment is the title, lines `# break: TITLE | FROM | TO` are the faults.
    package init(_ text: String) {
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
      title = String(lines.removeFirst().drop { $0 == "#" || $0 == " " })
      let mark = "# break: "
      faults = lines.filter { $0.hasPrefix(mark) }.compactMap { line in
        let parts = line.dropFirst(mark.count)
          .split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmingSpace }
        return parts.count == 3 ? (parts[0], parts[1], parts[2]) : nil
      }
      code = lines.filter { !$0.hasPrefix(mark) }.joined(separator: "\n")
    }
  }

  init(name: String, header: String, cells: [JSON], for purpose: Purpose = .lesson) {
    (self.name, self.header, self.cells, self.purpose) = (name, header, cells, purpose)
  }

  /// A script of one cell, with lines before it that are not shown.
  /// - Parameter id: of the element that shows the cell's code.
  package init(
    name: String, before: String, code: String, id: String, for purpose: Purpose = .lesson
  ) {
    let first = before.count { $0 == "\n" } + 1
    self.init(
      name: name, header: before,
      cells: [
        .object([
          ("id", .string(id)), ("head", .string("")), ("settings", .string("")),
          ("code", .string(code)), ("number", .int(1)), ("first", .int(first)),
          ("body", .string(code)),
        ])
      ], for: purpose)
  }

  /// What a page needs to run them: a prompt, the cells, the engine.
  package func parts(engine: PageEngine) -> [HTML] {
    var data: [(String, JSON)] = [
      ("name", .string(name)), ("header", .string(header)), ("cells", .array(cells)),
    ]
    switch purpose {
    case .lesson: break
    case .playground(let starts):
      data += [("follows", .bool(true)), ("starts", .array(starts.map { $0.json }))]
    case .exercise(let exercise): data.append(("exercise", exercise))
    case .frame: data += [("follows", .bool(true)), ("frame", .bool(true))]
    }
    return [
      prompt, .carried("cells", JSON.object(data).line.spelledOut, type: "application/json"),
    ] + engine.parts
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
                ("spellcheck", "false"), ("placeholder", "a name or a formula"),
              ]),
          ]),
      ])
  }
}

extension LiveCells.Start {
  fileprivate var json: JSON {
    .object([
      ("title", .string(title)), ("code", .string(code)),
      (
        "faults",
        .array(
          faults.map {
            .object([
              ("title", .string($0.title)), ("from", .string($0.from)), ("to", .string($0.to)),
            ])
          })
      ),
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
