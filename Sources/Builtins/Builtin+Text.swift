// Built-ins for strings, and for files of text.
import Diagnostics
import EmbeddedFiles
import Interpreter
import Platform
import Tensors

extension Builtin {
  static let strings: [Builtin] = [
    Builtin(
      "join(separator, parts)", .text, "Strings one after the other, the separator between them.",
      example: "\", \".join(list(\"a\", \"b\", \"c\"))"
    ) { call throws(Diagnostic) in
      let separator = try call.text("separator")
      var parts: [String] = []
      while let part = try call.machine.next(of: call.value("parts"), parts.count, call.span) {
        guard case .string(let text) = part else {
          throw BuiltinFault.notJoinable(function: "join", kind: part.kind).at(call.span)
        }
        parts.append(text.text)
      }
      let size = parts.reduce(0) { $0 + $1.utf8.count + separator.utf8.count }
      try call.machine.checkSize(size, "string", call.span)
      return Value(parts.joined(separator: separator))
    },
    Builtin(
      "strip(text, characters=none)", .text,
      "The text without the blanks, or the characters named, at both ends.",
      example: "strip(\"  a b  \")"
    ) { call throws(Diagnostic) in
      let text = try call.text("text")
      let own = call.has("characters") ? try call.text("characters") : nil
      func goes(_ c: Character) -> Bool { own.map { $0.contains(c) } ?? c.isWhitespace }
      return Value(String(text.drop(while: goes).reversed().drop(while: goes).reversed()))
    },
    Builtin(
      "lower(text)", .text, "The text in small letters.", example: "\"Ada\".lower()"
    ) { call throws(Diagnostic) in Value(try call.text("text").lowercased()) },
    Builtin(
      "upper(text)", .text, "The text in capital letters.", example: "\"Ada\".upper()"
    ) { call throws(Diagnostic) in Value(try call.text("text").uppercased()) },
    Builtin(
      "replace(text, old, new)", .text, "The text with one part replaced wherever it stands.",
      example: "\"banana\".replace(\"an\", \"-\")"
    ) { call throws(Diagnostic) in
      let (text, old) = (try call.text("text"), try call.text("old"))
      guard !old.isEmpty else { throw BuiltinFault.emptyText(name: "old").at(call.span) }
      let new = try call.text("new")
      let replaced = text.with(old, replacedBy: new)
      try call.machine.checkSize(replaced.utf8.count, "string", call.span)
      return Value(replaced)
    },
    Builtin(
      "startswith(text, part)", .text, "Whether the text begins with a part.",
      example: "\"lesson\".startswith(\"less\")"
    ) { call throws(Diagnostic) in
      .bool(try call.text("text").hasPrefix(call.text("part")))
    },
    Builtin(
      "endswith(text, part)", .text, "Whether the text ends with a part.",
      example: "\"lesson\".endswith(\"on\")"
    ) { call throws(Diagnostic) in
      .bool(try call.text("text").hasSuffix(call.text("part")))
    },
    Builtin(
      "ord(character)", .text, "The number of a character in Unicode.", example: "ord(\"a\")"
    ) { call throws(Diagnostic) in
      let text = try call.text("character")
      guard text.unicodeScalars.count == 1, let scalar = text.unicodeScalars.first else {
        throw BuiltinFault.notOneCharacter(text.unicodeScalars.count).at(call.span)
      }
      return .number(Double(scalar.value))
    },
    Builtin(
      "chr(n)", .text, "The character of a number in Unicode.", example: "chr(97)"
    ) { call throws(Diagnostic) in
      let n = try call.int("n")
      guard let code = UInt32(exactly: n), let scalar = Unicode.Scalar(code) else {
        throw BuiltinFault.noCharacter(n).at(call.span)
      }
      return Value(String(Character(scalar)))
    },
    Builtin(
      "str(x)", .text, "A value as text, as `print` shows it.", example: "str(3) + \" apples\""
    ) { call throws(Diagnostic) in Value(call.machine.text(of: call.value("x"))) },
    Builtin(
      "float(x)", .text, "A number from its text, or from another value of one number.",
      example: "float(\"1.5\") + 1"
    ) { call throws(Diagnostic) in .number(try call.parsed("x")) },
    Builtin(
      "int(x)", .text,
      "The whole number in a text or a number; what is behind the point is cut off.",
      example: "int(\"12\") + int(2.7)"
    ) { call throws(Diagnostic) in
      let n = try call.parsed("x")
      guard n.isFinite else {
        throw RunFault.notWhole(call.machine.format(n)).at(call.span)
      }
      return .number(n.rounded(.towardZero))
    },
    Builtin(
      "corpus(name)", .text,
      "A text that travels with the program: \"names\" (one first name per line) or \"alice\" (the beginning of Alice's Adventures in Wonderland, 1865).",
      example: "corpus(\"names\").split()[:3]"
    ) { call throws(Diagnostic) in
      let name = try call.choice("name", ["names", "alice"])
      return Value(String((EmbeddedFiles.text("data/\(name).txt") ?? "").dropLast()))
    },
    Builtin(
      "read_text(file)", .text, "All text of a file."
    ) { call throws(Diagnostic) in
      let path = try call.text("file")
      let bytes = try call.contents(of: path)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw BuiltinFault.notText(path).at(call.span)
      }
      try call.machine.checkSize(bytes.count, "string", call.span)
      return Value(text.with("\r\n", replacedBy: "\n"))
    },
    Builtin(
      "write_text(file, text)", .text, "Writes text to a file; what was there is replaced."
    ) { call throws(Diagnostic) in
      let (path, text) = (try call.text("file"), try call.text("text"))
      if case .failure(let fault) = call.machine.files.write(path, Array(text.utf8)) {
        throw BuiltinFault.cannotWrite(path: path, why: fault.reason).at(call.span)
      }
      return .none
    },
  ]
}

extension BuiltinCall {
  /// The parts of a text between separators; between blanks where none is named.
  func splitText(_ text: String) throws(Diagnostic) -> Value {
    var parts: [String] = []
    if has("size") {
      let separator = try self.text("size")
      guard !separator.isEmpty else { throw BuiltinFault.emptyText(name: "size").at(span) }
      var rest = Substring(text)
      while let place = rest.firstPlace(of: separator) {
        parts.append(String(rest[..<place.lowerBound]))
        rest = rest[place.upperBound...]
      }
      parts.append(String(rest))
    } else {
      parts = text.split(whereSeparator: { $0.isWhitespace }).map(String.init)
    }
    return .list(ListObject(parts.map { Value($0) }))
  }

  fileprivate func parsed(_ name: String) throws(Diagnostic) -> Double {
    guard case .string(let string) = value(name) else { return try double(name) }
    guard let n = Double(string.text.trimmingSpace) else {
      throw BuiltinFault.notNumeral(string.text).at(span)
    }
    return n
  }
}
