// Text to tokens.
import Diagnostics

/// Reads a part of a source as tokens. Inside ( and [ line breaks are dropped.
package struct Lexer {
  private let source: SourceText
  private let bytes: [UInt8]
  private var at: Int
  private let end: Int
  private var brackets: [Token.Symbol] = []
  private var tokens: [PlacedToken] = []

  /// The tokens of `range` in a source, ended by `.end`.
  package static func tokens(of source: SourceText, in range: Range<Int>)
    throws(Diagnostic) -> [PlacedToken]
  {
    var lexer = Lexer(source: source, range: range)
    try lexer.run()
    return lexer.tokens
  }

  private init(source: SourceText, range: Range<Int>) {
    self.source = source
    bytes = source.bytes
    at = range.lowerBound
    end = min(range.upperBound, bytes.count)
  }

  private mutating func run() throws(Diagnostic) {
    while at < end {
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): at += 1
      case UInt8(ascii: "#"): while at < end, bytes[at] != UInt8(ascii: "\n") { at += 1 }
      case UInt8(ascii: "\n"):
        if brackets.last == nil || brackets.last == .openBrace {
          emit(.newline, 1)
        } else {
          at += 1
        }
      case UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
      case UInt8(ascii: "."):
        if at + 1 < end, Lexer.isDigit(bytes[at + 1]) { try number() } else { try symbol() }
      case UInt8(ascii: "\""), UInt8(ascii: "'"): try string(quote: byte)
      default: try wordOrSymbol()
      }
    }
    tokens.append(PlacedToken(token: .end, span: span(end, end)))
  }

  private func span(_ start: Int, _ stop: Int) -> Span {
    Span(source: source.id, start: start, end: stop)
  }

  private mutating func emit(_ token: Token, _ length: Int) {
    tokens.append(PlacedToken(token: token, span: span(at, at + length)))
    at += length
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  // MARK: Numbers

  private mutating func number() throws(Diagnostic) {
    var stop = at
    func digits(_ from: Int) -> Int {
      var i = from
      while i < end, Lexer.isDigit(bytes[i]) || bytes[i] == UInt8(ascii: "_") { i += 1 }
      return i
    }
    stop = digits(stop)
    if stop < end, bytes[stop] == UInt8(ascii: "."),
      stop + 1 >= end
        || !(bytes[stop + 1] | 0x20 >= UInt8(ascii: "a")
          && bytes[stop + 1] | 0x20 <= UInt8(ascii: "z"))
        || bytes[stop + 1] | 0x20 == UInt8(ascii: "e"),
      !(stop + 1 < end && bytes[stop + 1] == UInt8(ascii: "."))
    {
      stop = digits(stop + 1)
    }
    if stop < end, bytes[stop] | 0x20 == UInt8(ascii: "e") {
      var i = stop + 1
      if i < end, bytes[i] == UInt8(ascii: "+") || bytes[i] == UInt8(ascii: "-") { i += 1 }
      if i < end, Lexer.isDigit(bytes[i]) { stop = digits(i) }
    }
    let text = String(decoding: bytes[at..<stop].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    if let scalar = scalar(at: stop)?.0, Lexer.continuesName(scalar) {
      throw SyntaxFault.numberIntoName.at(span(at, stop + 1))
    }
    guard let value = Double(text) else {
      throw SyntaxFault.notNumber(text).at(span(at, stop))
    }
    emit(.number(value), stop - at)
  }

  // MARK: Strings

  private mutating func string(quote: UInt8) throws(Diagnostic) {
    let start = at
    var i = at + 1
    var segments: [Token.StringSegment] = []
    var text: [UInt8] = []
    func unclosed() -> Diagnostic {
      SyntaxFault.stringNotClosed.at(span(start, min(start + 1, end)))
    }
    while true {
      guard i < end, bytes[i] != UInt8(ascii: "\n") else { throw unclosed() }
      switch bytes[i] {
      case quote:
        if !text.isEmpty || segments.isEmpty {
          segments.append(.text(String(decoding: text, as: UTF8.self)))
        }
        emit(.string(segments), i + 1 - start)
        return
      case UInt8(ascii: "\\"):
        guard i + 1 < end else { throw unclosed() }
        switch bytes[i + 1] {
        case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "t"): text.append(UInt8(ascii: "\t"))
        case let other: text.append(other)
        }
        i += 2
      case UInt8(ascii: "{"):
        if !text.isEmpty { segments.append(.text(String(decoding: text, as: UTF8.self))) }
        text = []
        let (segment, next) = try interpolation(from: i, quote: quote)
        segments.append(segment)
        i = next
      default:
        text.append(bytes[i])
        i += 1
      }
    }
  }

  /// `{expression:format}`; a colon inside brackets belongs to the expression.
  private func interpolation(from open: Int, quote: UInt8) throws(Diagnostic)
    -> (Token.StringSegment, next: Int)
  {
    var depth = 0
    var colon: Int?
    var i = open + 1
    while i < end, bytes[i] != UInt8(ascii: "\n"), bytes[i] != quote {
      switch bytes[i] {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}") where depth == 0:
        let format = colon.map { String(decoding: bytes[($0 + 1)..<i], as: UTF8.self) } ?? ""
        return (.expression(start: open + 1, end: colon ?? i, format: format), i + 1)
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: ":") where depth == 0 && colon == nil: colon = i
      default: break
      }
      i += 1
    }
    throw SyntaxFault.braceNotClosed.at(span(open, open + 1))
  }

  // MARK: Words and symbols

  /// The scalar that starts at a byte, with its length.
  private func scalar(at offset: Int) -> (Unicode.Scalar, Int)? {
    guard offset < end else { return nil }
    let first = bytes[offset]
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    guard offset + length <= end else { return nil }
    return String(decoding: bytes[offset..<offset + length], as: UTF8.self).unicodeScalars.first
      .map { ($0, length) }
  }

  private static func startsName(_ s: Unicode.Scalar) -> Bool {
    s == "_" || s != transposed && s.properties.isXIDStart
  }

  /// Letters, digits and marks, and the subscripts and primes that formulas use.
  private static func continuesName(_ s: Unicode.Scalar) -> Bool {
    if s.isASCII { return s == "_" || s.properties.isAlphabetic || isDigit(UInt8(s.value)) }
    // A raised dot is a sign between factors.
    return s != transposed && s != "·" && s.properties.isXIDContinue
      || (0x2080...0x209c).contains(s.value)
      || (0x2032...0x2034).contains(s.value)
  }

  private static let spellings: [Unicode.Scalar: Token.Symbol] = [
    "−": .minus, "×": .times, "·": .times, "⋅": .times, "≤": .lessOrEqual, "≥": .greaterOrEqual,
    "≠": .notEqual, "≈": .close, "∂": .partial, "÷": .divide,
  ]

  private static let transposed: Unicode.Scalar = "ᵀ"
  private static let exponents: [Unicode.Scalar: Double] = ["²": 2, "³": 3]
  private static let fractions: [Unicode.Scalar: Double] = ["½": 0.5, "¼": 0.25, "¾": 0.75]

  private mutating func wordOrSymbol() throws(Diagnostic) {
    guard let (first, length) = scalar(at: at) else {
      throw SyntaxFault.cutCharacter.at(span(at, end))
    }
    if let symbol = Lexer.spellings[first] { return emit(.symbol(symbol), length) }
    if first == Lexer.transposed {
      // `xᵀ` is read as `x.T`.
      emit(.symbol(.dot), 0)
      return emit(.name("T"), length)
    }
    if let exponent = Lexer.exponents[first] {
      // `x²` is read as `x^2`.
      emit(.symbol(.caret), 0)
      return emit(.number(exponent), length)
    }
    if let fraction = Lexer.fractions[first] { return emit(.number(fraction), length) }
    if first == "\u{a0}" || first == "\u{feff}" || first.properties.isWhitespace {
      at += length
      return
    }
    guard Lexer.startsName(first) else { return try symbol() }
    var stop = at + length
    while let (next, size) = scalar(at: stop), Lexer.continuesName(next) { stop += size }
    let word = String(decoding: bytes[at..<stop], as: UTF8.self)
    if let keyword = Token.Keyword(rawValue: word) {
      emit(.keyword(keyword), stop - at)
    } else {
      emit(.name(word), stop - at)
    }
  }

  private mutating func symbol() throws(Diagnostic) {
    for symbol in Token.Symbol.allCases where matches(symbol.rawValue) {
      switch symbol {
      case .openParen, .openBracket, .openBrace: brackets.append(symbol)
      case .closeParen, .closeBracket, .closeBrace: _ = brackets.popLast()
      default: break
      }
      return emit(.symbol(symbol), symbol.rawValue.utf8.count)
    }
    let (character, length) = scalar(at: at) ?? (" ", 1)
    let isQuote = "“”‘’".unicodeScalars.contains(character)
    throw SyntaxFault.unreadable(character, isQuote: isQuote).at(span(at, at + length))
  }

  private func matches(_ text: String) -> Bool {
    let wanted = text.utf8
    guard at + wanted.count <= end else { return false }
    return bytes[at..<at + wanted.count].elementsEqual(wanted)
  }
}
