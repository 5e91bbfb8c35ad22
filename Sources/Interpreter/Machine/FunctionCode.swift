// What the compiler makes for the machine.
import Diagnostics
import Syntax

/// What a closure uses, behind one pointer, and loaded where it is used. Captured one by one, all of it
/// would be loaded at every call, though most is for what rarely happens.
final class Captures<Parts> {
  let parts: Parts
  init(_ parts: Parts) { self.parts = parts }
}

/// What every call of a function reads.
final class FunctionBody {
  let run: Code
  let parameterCount: Int
  let localCount: Int
  let frameSize: Int
  /// Whether it has locals besides its parameters, or shares some with what is in it.
  let hasMore: Bool

  init(
    _ run: Code, parameterCount: Int = 0, localCount: Int = 0, frameSize: Int = 0,
    hasMore: Bool = false
  ) {
    self.run = run
    self.parameterCount = parameterCount
    self.localCount = localCount
    self.frameSize = frameSize
    self.hasMore = hasMore
  }
}

/// A function, compiled.
package final class FunctionCode: Disposable {
  package let name: String
  package let parameters: [Function.Parameter]
  package let source: String
  let span: Span
  var fallbacks: [Code?] = []
  var boxedLocals: [Int] = []
  var capturedSlots: [Int] = []
  var body: FunctionBody { didSet { entry = .passUnretained(body) } }
  /// The body for calls, which do not count references.
  private(set) var entry: Unmanaged<FunctionBody>

  init(_ function: Function, span: Span) {
    name = function.name ?? "fn"
    parameters = function.parameters
    source = function.text
    self.span = span
    body = FunctionBody(Code { _ in .none })
    entry = .passUnretained(body)
  }

  override func dispose() {
    body = FunctionBody(Code { _ in .none })
    fallbacks = []
  }
}

/// One evaluated entry between the brackets of an index.
package enum IndexPart {
  case value(Value)
  case slice(Value, Value, Value)
  case ellipsis
}
