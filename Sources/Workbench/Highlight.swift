// Code in colour.
import Builtins
import Diagnostics
import Interpreter
import Rendering
import Syntax

/// Source in colour.
package enum Highlight {
  /// The text with keywords, numbers, strings, names of the language and comments in colours of their own.
  package static func text(_ code: String, _ style: Style) -> String {
    guard style.hasColor else { return code }
    let source = SourceText(id: 0, name: "entry", code)
    guard let tokens = try? Lexer.tokens(of: source, in: 0..<source.bytes.count) else {
      return code
    }
    var result = ""
    var at = 0
    func take(to end: Int, _ ink: Style.Ink?) {
      guard end > at else { return }
      let part = String(decoding: source.bytes[at..<end], as: UTF8.self)
      result += ink.map { style.paint(part, $0) } ?? part
      at = end
    }
    for token in tokens {
      gap(to: Int(token.span.start))
      take(to: Int(token.span.end), ink(token.token))
    }
    gap(to: source.bytes.count)
    /// What lies between tokens: space, and comments.
    func gap(to end: Int) {
      if let hash = source.bytes[at..<max(at, end)].firstIndex(of: UInt8(ascii: "#")) {
        take(to: hash, nil)
        take(to: end, .faint)
      } else {
        take(to: end, nil)
      }
    }
    return result
  }

  private static func ink(_ token: Token) -> Style.Ink? {
    switch token {
    case .number: .cyan
    case .string: .green
    case .keyword: .blue
    case .name(let name):
      Statement.words.contains(name) ? .blue : Builtin.named(name) != nil ? .yellow : nil
    default: nil
    }
  }
}
