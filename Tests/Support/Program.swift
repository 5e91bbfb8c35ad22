import Diagnostics
import Interpreter
import Session
import Testing

/// A program and what it prints.
package struct Program: Sendable, CustomTestStringConvertible {
  package let code: String
  package let output: String
  package var testDescription: String { code }

  package init(code: String, output: String) { (self.code, self.output) = (code, output) }

  /// Runs a text in a session of its own: what it prints, its last value, its warnings, and its errors.
  package static func run(_ code: String, limits: Limits = Limits()) -> (
    output: String, errors: [Diagnostic]
  ) {
    let session = Session(limits: limits)
    var output = ""
    let outcome = session.run(code) { event in
      if case .text(let text) = event { output += text }
      if case .value(_, let value) = event { output += session.machine.text(of: value) + "\n" }
      if case .warning(let warning) = event { output += "warning \(warning.id.rawValue)\n" }
    }
    return (output, outcome.errors)
  }
}
