// A notebook at work in a page: what a reader runs, and what came of it, as data for the page's script.
import Diagnostics
import Documents
import Grading
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
  /// Is told, as HTML, of a figure that moves while a cell is running.
  private let show: (String) -> Void
  /// When it was told last, in seconds, and how often since the cell began.
  private var (shown, frames) = (0.0, 0)
  /// So many frames are told however fast they come; after them as many as a screen shows, in seconds.
  private static let (mostFrames, interval) = (200, 1.0 / 60)

  package init(show: @escaping (String) -> Void = { _ in }) { self.show = show }

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
    session.machine.audience.showsProgress = true
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
      frames = 0
      var expected: Diagnostic?
      let errors = Playback.run(cell, of: notebook, number ?? cells, in: session) { step in
        switch step {
        case .event(let event): self.hear(event, &told, notebook)
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

  /// A figure that moves takes the place of the one before.
  private func hear(_ event: Event, _ told: inout OutputList, _ notebook: Notebook) {
    if case .frame = event { told.dropLast() }
    told.add(event, in: session)
    guard case .frame = event, let output = told.last,
      frames < Engine.mostFrames || Clock.now - shown > Engine.interval
    else { return }
    frames += 1
    let pages = ToldHTML(sources: session.sources, prefix: "m", lit: notebook.source)
    show(Engine.text(pages.render(output, outputs)))
    shown = Clock.now
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
      ("html", .string(Engine.text(html))),
      ("text", .string(text)),
      ("failed", .bool(error != nil && !isExpected)),
    ])
  }

  private static func text(_ html: [HTML]) -> String {
    html.map { $0.text }.joined(separator: "\n")
  }

  /// The number that an expression has; null if it has none.
  package func number(_ text: String) -> JSON {
    session.number(text).map { $0.isFinite ? .number($0) : .string("\($0)") } ?? .null
  }

  /// Judges a script by an exercise's public checks, as `nnrepl check` does.
  /// - Parameters:
  ///   - checks: the file that declares them.
  ///   - starter: what the learner began with.
  ///   - conditions: of the course, in a line.
  package func check(
    _ id: String, checks: String, starter: String, conditions: String, script: String
  ) -> JSON {
    do throws(CourseProblem) {
      let exercise = try Exercise(id, lesson: nil, starter: starter, checks: checks)
      var conditions = Conditions(line: conditions)
      conditions.budgets.depth = min(conditions.budgets.depth, Engine.limits.depth)
      conditions.budgets.megabytes = min(conditions.budgets.megabytes, Memory.limit >> 20)
      conditions.budgets.steps = min(conditions.budgets.steps, Engine.mostSteps)
      let outcomes = try Judge(conditions) { _ in Worker() }.judge(exercise, script: script)
      let page = CheckPage(exercise, outcomes, script: script)
      return .object([
        ("html", .string(Engine.text(page.results))),
        (
          "text",
          .string(
            CheckText(Style()).report(
              exercise, outcomes, script: script, isStarter: script == starter))
        ),
        ("passed", .bool(outcomes.allPass)), ("points", .int(outcomes.points)),
      ])
    } catch {
      return .object([
        ("html", .string("")), ("text", .string(error.diagnostic.headline)),
        ("failed", .bool(true)),
      ])
    }
  }

  /// The numbers of an expression, with its shape; null if it has none, or more than a page shows one by one.
  package func numbers(_ text: String) -> JSON {
    guard let tensor = session.tensor(text), tensor.count <= Engine.mostNumbers else {
      return .null
    }
    return .object([
      ("shape", .array(tensor.shape.dims.map { .int($0) })),
      ("texts", .array(tensor.values.map { .string(session.machine.format($0)) })),
    ])
  }

  private static let mostNumbers = 400

  /// More would take minutes.
  private static let mostSteps = 100_000_000

  /// A script played as `nnrepl run --quiet` plays it: what that prints, and what it tells beside.
  package func play(_ script: String, name: String) -> JSON {
    reset(header: script)
    session.machine.audience.keepsGraphs = false
    session.machine.audience.showsProgress = false
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
