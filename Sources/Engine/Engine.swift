// A notebook at work in a page: what a reader runs, and what came of it, as data for the page's script.
import Diagnostics
import Documents
import Interpreter
import JSONText
import Lessons
import Pages
import Platform
import Rendering
import Session
import Tensors

/// A notebook whose cells are run one by one. It performs no input or output.
package final class Engine {
  private var session = Session(limits: Engine.limits)
  /// Numbers of cells and of outputs that have been given out.
  private var (cells, outputs) = (0, 0)

  package init() {}

  /// A browser's stack holds fewer calls than ours.
  private static var limits: Limits {
    var limits = Limits()
    limits.depth = 500
    return limits
  }

  /// Begins anew, with what a script's header says.
  package func reset(header: String) {
    let notebook = Notebook(SourceText(id: 0, name: "page", header))
    session = Session(
      limits: Engine.limits,
      dtype: notebook.dtype.flatMap(DType.init(name:)) ?? .float64, seed: notebook.seed ?? 0)
    session.machine.audience.keepsGraphs = true
    (cells, outputs) = (0, 0)
  }

  /// Runs a script's cells, one after another, up to the first that fails.
  /// - Parameters:
  ///   - script: cells as in a file, with their options.
  ///   - number: of the cell, under which `Out` keeps its value; the next one if nil.
  package func run(_ script: String, number: Int?, name: String) -> JSON {
    let source = session.add(source: script, name: name)
    let notebook = Notebook(source)
    if let problem = notebook.problem { return answer([], problem, notebook) }
    var told = OutputList()
    for cell in notebook.cells where !cell.isText && cell.tries == nil {
      cells += 1
      var expected: Diagnostic?
      let errors = Playback.run(cell, of: notebook, number ?? cells, in: session) { step in
        switch step {
        case .event(let event): told.add(event, in: self.session)
        case .expectedError(let error): expected = error
        case .prose, .code, .cellEnd: break
        }
      }
      if let error = errors.first ?? expected {
        return answer(told.take(), error, notebook, isExpected: errors.isEmpty)
      }
    }
    return answer(told.take(), nil, notebook)
  }

  private func answer(
    _ told: [Document.Output], _ error: Diagnostic?, _ notebook: Notebook, isExpected: Bool = false
  ) -> JSON {
    let pages = ToldHTML(sources: session.sources, prefix: "r", lit: notebook.source)
    var html: [HTML] = []
    var text = ""
    for output in told {
      html += pages.render(output, outputs)
      outputs += 1
      text += pages.terminal(output)
    }
    if let error {
      html.append(pages.diagnostic(error))
      text += DiagnosticText(Style(), sources: session.sources).render(error)
    }
    return .object([
      ("html", .string(html.map { $0.text }.joined(separator: "\n"))),
      ("text", .string(text)),
      ("failed", .bool(error != nil && !isExpected)),
    ])
  }

  /// The number that an expression has; null if it has none.
  package func number(_ text: String) -> JSON {
    session.number(text).map { $0.isFinite ? .number($0) : .string("\($0)") } ?? .null
  }

  /// A script played as `nnrepl run --quiet` plays it: what that prints, and what it tells beside.
  package func play(_ script: String, name: String) -> JSON {
    reset(header: script)
    session.machine.audience.keepsGraphs = false
    let notebook = Notebook(session.add(source: script, name: name))
    let pages = PlaybackText(Style(), isQuiet: true)
    var (printed, told) = ("", "")
    let errors = Playback.run(notebook, in: session) { step in
      let text = pages.render(step, in: self.session)
      if case .event(.warning) = step { told += text } else { printed += text }
    }
    for error in errors {
      told += DiagnosticText(Style(), sources: session.sources).render(error) + "\n"
    }
    return .array([.string(printed), .string(told)])
  }
}
