// Learners' names and texts as Python: nothing in them breaks out of its place.
import Tensors

/// Text in a Python source.
enum PythonText {
  /// A string literal.
  static func literal(_ text: String) -> String { "\"" + escaped(text) + "\"" }

  /// What stands between the quotes.
  static func escaped(_ text: String, inFormat: Bool = false) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "{": result += inFormat ? "{{" : "{"
      case "}": result += inFormat ? "}}" : "}"
      default: result += isPlain(scalar) ? String(scalar) : code(scalar)
      }
    }
  }

  private static func code(_ scalar: Unicode.Scalar) -> String {
    let hex = String(scalar.value, radix: 16)
    let width = scalar.value > 0xFFFF ? 8 : 4
    let zeros = String(repeating: "0", count: max(0, width - hex.count))
    return (width == 8 ? "\\U" : "\\u") + zeros + hex
  }

  /// Lines of a comment; what would steer a reader's screen is written out.
  static func comment(_ text: String) -> [String] {
    visible(text).split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return line.isEmpty ? "#" : "# " + line
    }
  }

  /// One line.
  static func line(_ text: String) -> String {
    visible(text).split(separator: "\n").joined(separator: " ")
  }

  /// Control characters, and those that turn the direction of reading, as `U+202E`.
  static func visible(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "\n": result += "\n"
      case "\r": result += text.contains("\r\n") ? "" : "\n"
      case "\t": result += "    "
      default: result += isPlain(scalar) ? String(scalar) : "U+" + hex(scalar)
      }
    }
  }

  private static func hex(_ scalar: Unicode.Scalar) -> String {
    String(scalar.value, radix: 16, uppercase: true)
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      false
    default: true
    }
  }

  /// A number as Python reads it back.
  static func number(_ n: Double, isFloat: Bool = false) -> String {
    if n.isNaN { return "math.nan" }
    if n.isInfinite { return n < 0 ? "-math.inf" : "math.inf" }
    if n == n.rounded(), abs(n) < 1e15 { return String(Int64(n)) + (isFloat ? ".0" : "") }
    return "\(n)"
  }

  /// A format behind a colon, as Python takes it.
  static func format(_ spec: String, of kind: ValueKind) -> String {
    var rest = Substring(spec)
    let sign = rest.first == "+" ? "+" : ""
    rest = rest.dropFirst(sign.count)
    let align = rest.first.map { "<>^".contains($0) } == true ? String(rest.removeFirst()) : ""
    let width = rest.prefix { $0.isNumber }
    rest = rest.dropFirst(width.count)
    var precision = ""
    if rest.first == "." {
      precision = "." + rest.dropFirst().prefix { $0.isNumber }
      rest = rest.dropFirst(precision.count)
    }
    var type = String(rest)
    // Python's `d` takes no floats.
    if type == "d" { (type, precision) = ("f", ".0") }
    if type.isEmpty, !precision.isEmpty {
      if kind == .string { precision = "" } else { type = "g" }
    }
    return align + sign + width + precision + type
  }
}

/// Names as Python takes them, each a different one.
final class PythonNames {
  private var given: [String: String] = [:]
  private var taken: Set<String>

  /// - Parameter reserved: what the script itself has a use for.
  init(reserved: Set<String>) {
    taken = reserved
  }

  /// Makes names for all that a program uses, plain ones first: they stay as they are.
  func prepare(_ names: Set<String>) {
    let isPlain = { (name: String) in PythonNames.spelled(name) == name }
    for name in names.filter(isPlain).sorted() + names.filter({ !isPlain($0) }).sorted() {
      _ = self[name]
    }
  }

  subscript(name: String) -> String {
    if let known = given[name] { return known }
    var candidate = PythonNames.spelled(name)
    while taken.contains(candidate) || PythonNames.keywords.contains(candidate) { candidate += "_" }
    taken.insert(candidate)
    given[name] = candidate
    return candidate
  }

  /// A name of the script's own, which no name of the program has.
  func own(_ name: String) -> String {
    let key = "own " + name
    if let known = given[key] { return known }
    var candidate = PythonNames.spelled(name)
    while taken.contains(candidate) { candidate += "_" }
    taken.insert(candidate)
    given[key] = candidate
    return candidate
  }

  private static let keywords: Set<String> = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
  ]

  private static let words: [Unicode.Scalar: String] = [
    "∂": "d", "′": "_prime", "″": "_prime2", "\u{302}": "_hat", "\u{303}": "_tilde",
    "\u{304}": "_bar", "\u{307}": "_dot", "₊": "_plus", "₋": "_minus",
  ]

  /// ASCII and plain letters stay; what Python does not take, or would take for another, is spelled
  /// out.
  static func spelled(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars {
      if scalar.isASCII, scalar.properties.isXIDContinue || isLetter(scalar) {
        text.unicodeScalars.append(scalar)
      } else if isLetter(scalar) {
        text.unicodeScalars.append(scalar)
      } else if let digit = scalar.properties.numericValue, (0..<10).contains(digit) {
        text += String(Int(digit))
      } else if let word = words[scalar] {
        text += word
      } else {
        text += "_u" + String(scalar.value, radix: 16)
      }
    }
    if text.first?.isNumber == true || text.isEmpty { text = "n" + text }
    // Python gives names that begin so a meaning of its own.
    return text.hasPrefix("__") ? "u" + text : text
  }

  /// Letters that Python reads as themselves.
  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.properties.isAlphabetic else { return false }
    switch scalar.value {
    case 0x41...0x7A, 0xC0...0xFF, 0x100...0x131, 0x134...0x13E, 0x141...0x148, 0x14A...0x17E,
      0x391...0x3A9, 0x3B1...0x3C9, 0x410...0x44F:
      return true
    default: return false
    }
  }
}
