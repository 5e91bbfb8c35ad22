// What crosses between the learner's process and ours: numbers, tensors, and lists of them.
import Autograd
import Diagnostics
import Interpreter
import Platform
import Session
import Tensors

/// A value without behaviour.
package enum PlainValue: Coded, Equatable, Sendable {
  case none
  case boolean(Bool)
  case number(Double)
  case text(String)
  /// Elements in row-major order.
  case tensor(shape: [Int], [Double])
  case list([PlainValue])
  /// Anything else, by its kind: "a function".
  case other(String)

  /// Larger answers do not cross, in elements.
  package static let sizeLimit = 1_000_000

  /// - Parameter limit: in elements; a larger answer is only named.
  package init(_ value: Value, atMost limit: Int = PlainValue.sizeLimit) {
    var room = min(limit, PlainValue.sizeLimit)
    self = PlainValue.plain(value, &room)
  }

  private static func plain(_ value: Value, _ room: inout Int) -> PlainValue {
    room -= 1
    switch value {
    case .none, .unset: return .none
    case .bool(let on): return .boolean(on)
    case .number(let number): return .number(number)
    case .string(let string):
      room -= string.text.utf8.count / 8
      return room > 0 ? .text(string.text) : .other("a very long string")
    case .tensor(let node):
      if node.shape.rank == 0 {
        return node.dtype == .bool ? .boolean(node.value[0] != 0) : .number(node.value[0])
      }
      room -= node.shape.count
      guard room > 0 else { return .other("a very large tensor \(node.shape)") }
      return .tensor(shape: node.shape.dims, node.value.values)
    case .list(let list):
      var parts: [PlainValue] = []
      for item in list.items {
        parts.append(plain(item, &room))
        if room <= 0 { return .other("a very long list") }
      }
      return .list(parts)
    default: return .other(value.kind)
    }
  }

  /// The value in a session.
  package func value(in session: Session) throws(TensorError) -> Value {
    switch self {
    case .none, .other: return .none
    case .boolean(let on): return .bool(on)
    case .number(let number): return .number(number)
    case .text(let text): return Value(text)
    case .tensor(let dims, let values):
      return session.constant(try Tensor(values, shape: Shape(dims)))
    case .list(let parts):
      return .list(
        ListObject(try parts.map { part throws(TensorError) in try part.value(in: session) }))
    }
  }

  /// As a learner reads it.
  package var text: String { text(digits: 4) }

  /// At most so many characters of an answer are shown.
  private static let textLimit = 2_000

  func text(digits: Int) -> String {
    let whole = whole(digits)
    return whole.count > PlainValue.textLimit ? whole.prefix(PlainValue.textLimit) + "…" : whole
  }

  private func whole(_ digits: Int) -> String {
    let format = NumberFormat(digits: digits)
    return switch self {
    case .none: "nothing"
    case .boolean(let on): on ? "true" : "false"
    case .number(let number): format(number)
    case .text(let text): "\"" + Escaped.line(String(text.prefix(200))) + "\""
    case .tensor(let dims, let values):
      (try? Tensor(values, shape: Shape(dims)).text(format, edge: 3, limit: 60)) ?? "a tensor"
    case .list(let parts):
      parts.count > 8
        ? "a list of \(parts.count)"
        : "list(" + parts.map { $0.text(digits: digits) }.joined(separator: ", ") + ")"
    case .other(let kind): Escaped.line(kind)
    }
  }

  /// The kind, as messages name it.
  var kind: String {
    switch self {
    case .none: "nothing"
    case .boolean: "a boolean"
    case .number: "a number"
    case .text: "a text"
    case .tensor(let dims, _): "a tensor \(PlainValue.shapeText(dims))"
    case .list(let parts): "a list of \(parts.count)"
    case .other(let kind): kind
    }
  }

  static func shapeText(_ dims: [Int]) -> String {
    "[" + dims.map(String.init).joined(separator: ", ") + "]"
  }

  /// Whether it can be expected of anybody: something, and no nan or inf in it.
  var isAnswer: Bool {
    switch self {
    case .none, .other: false
    case .list(let parts): parts.allSatisfy({ $0.isAnswer })
    default: numbers.allSatisfy { $0.isFinite }
    }
  }

  /// A list the other way round; nil if it is none.
  var reversed: PlainValue? {
    if case .list(let parts) = self { .list(parts.reversed()) } else { nil }
  }

  /// All its numbers, one after another.
  var numbers: [Double] {
    switch self {
    case .number(let number): [number]
    case .boolean(let on): [on ? 1 : 0]
    case .tensor(_, let values): values
    case .list(let parts): parts.flatMap({ $0.numbers })
    default: []
    }
  }

  /// How much there is to read in it: 0 for a zero, little for small whole numbers.
  var size: Double {
    switch self {
    case .number(let x): x == x.rounded() ? min(abs(x), 100) * (x < 0 ? 1.5 : 1) : 50 + abs(x)
    case .tensor(_, let values): values.reduce(1) { $0 + 1 + PlainValue.number($1).size }
    case .list(let parts): parts.reduce(1) { $0 + $1.size }
    default: 1
    }
  }
}
