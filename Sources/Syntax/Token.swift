// The words of the language.
import Diagnostics

/// One token. Strings keep their parts; the parser reads the expressions in them.
package enum Token: Equatable {
  case number(Double)
  case string([StringSegment])
  case name(String)
  case keyword(Keyword)
  case symbol(Symbol)
  case newline
  case end

  /// A string is text and expressions in turn.
  package enum StringSegment: Equatable {
    case text(String)
    /// Where an expression stands between braces, and its format.
    case expression(start: Int, end: Int, format: String)
  }

  /// Words that cannot be names.
  package enum Keyword: String, CaseIterable {
    case fn, `if`, `else`, `while`, `for`, `in`, `break`, `continue`, `return`
    case and, or, not, `true`, `false`, none
  }

  /// Longest first where one begins another.
  package enum Symbol: String, CaseIterable {
    case ellipsis = "..."
    case powerAssign = "**=", floorAssign = "//="
    case assignInPlace = ":=", addAssign = "+=", subtractAssign = "-=", multiplyAssign = "*="
    case divideAssign = "/="
    case equal = "==", notEqual = "!=", lessOrEqual = "<=", greaterOrEqual = ">=", close = "~="
    case power = "**", floorDivide = "//"
    case plus = "+", minus = "-", times = "*", divide = "/", modulo = "%", matmul = "@", caret = "^"
    case less = "<", greater = ">", assign = "=", comma = ",", colon = ":", semicolon = ";"
    case dot = ".", openParen = "(", closeParen = ")", openBracket = "[", closeBracket = "]"
    case openBrace = "{", closeBrace = "}", partial = "∂"
  }

  /// How an error message names it.
  package var said: String {
    switch self {
    case .number: "a number"
    case .string: "a string"
    case .name(let name): "`\(name)`"
    case .keyword(let word): "`\(word.rawValue)`"
    case .symbol(let symbol): "`\(symbol.rawValue)`"
    case .newline: "the end of the line"
    case .end: "the end of the text"
    }
  }
}

/// A token and where it stands.
package struct PlacedToken {
  package let token: Token
  package let span: Span
}
