// Playing a notebook: cell after cell, up to the first error that was not announced.
import Diagnostics
import Interpreter
import Session

/// What happens while a notebook plays.
package enum PlaybackStep {
  case prose(Notebook.Cell, String)
  /// Also where the cell asks not to be shown itself.
  case code(number: Int, Notebook.Cell, String)
  case event(Event)
  /// An error that the cell announced.
  case expectedError(Diagnostic)
  case cellEnd
}

/// A script cell by cell, as a reader sees it.
package enum Playback {
  /// Runs all code cells of a notebook in a session.
  /// - Returns: what stopped it; empty if all cells did what they should.
  package static func run(
    _ notebook: Notebook, in session: Session, _ show: (PlaybackStep) -> Void
  ) -> [Diagnostic] {
    if let problem = notebook.problem { return [problem] }
    var number = 0
    return withoutActuallyEscaping(show) { show in
      for cell in notebook.cells {
        if cell.isText {
          show(.prose(cell, notebook.prose(cell)))
          continue
        }
        // What a learner is to try has no answer of its own.
        if cell.tries != nil { continue }
        number += 1
        show(.code(number: number, cell, notebook.code(cell)))
        let errors = run(cell, of: notebook, number, in: session) { show($0) }
        if !errors.isEmpty { return errors }
        show(.cellEnd)
      }
      return []
    }
  }

  /// Runs one code cell.
  /// - Returns: what stopped it; empty if it did what it should.
  package static func run(
    _ cell: Notebook.Cell, of notebook: Notebook, _ number: Int, in session: Session,
    _ show: @escaping (PlaybackStep) -> Void
  ) -> [Diagnostic] {
    let outcome = session.drawing(from: cell.stream) {
      session.run(notebook.source, in: cell.range, number: number) { show(.event($0)) }
    }
    guard let expected = cell.expectedError else { return outcome.errors }
    guard let error = outcome.errors.first, error.id == expected else {
      return outcome.errors.isEmpty ? [missing(expected, cell, notebook)] : outcome.errors
    }
    show(.expectedError(error))
    return []
  }

  private static func missing(
    _ id: Diagnostic.Identifier, _ cell: Notebook.Cell, _ notebook: Notebook
  )
    -> Diagnostic
  {
    LessonFault.announced(id.rawValue).at(
      Span(source: notebook.source.id, start: cell.range.lowerBound, end: cell.range.lowerBound + 1)
    )
  }
}
