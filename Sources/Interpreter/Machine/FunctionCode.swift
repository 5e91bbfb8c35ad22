// What the compiler makes for the machine.
import Diagnostics
import Syntax

/// A function, compiled.
package final class FunctionCode: Disposable {
  package let name: String
  package let parameters: [Function.Parameter]
  package let source: String
  let span: Span
  var body = Action { _ in .normal }
  var fallbacks: [Code?] = []
  var localCount = 0
  var frameSize = 0
  var boxedLocals: [Int] = []
  var capturedSlots: [Int] = []

  init(_ function: Function, span: Span) {
    name = function.name ?? "fn"
    parameters = function.parameters
    source = function.text
    self.span = span
  }

  override func dispose() {
    body = Action { _ in .normal }
    fallbacks = []
  }
}

/// One evaluated entry between the brackets of an index.
package enum IndexPart {
  case value(Value)
  case slice(Value, Value, Value)
  case ellipsis
}
