// Strings and brackets in Python.
import Syntax

extension Translator {
  // MARK: Strings

  func string(_ parts: [Expression.StringPart]) throws(Uncarried) -> Piece {
    var segments: [(text: String, isFormat: Bool)] = []
    var isJoined = false
    var hasValues = false
    for part in parts {
      switch part {
      case .text(let text): segments.append((text, false))
      case .expression(let value, let format):
        hasValues = true
        let inner = try piece(value)
        var spec = PythonText.format(format, of: inner.kind)
        var text = inner.text
        let isOne = inner.kind.isNumber || inner.kind.isTensor || inner.kind == .string
        if !spec.isEmpty, !isOne, inner.kind != .any {
          text = "str(\(text))"
          spec = String(spec.prefix { "<>^0123456789".contains($0) })
        }
        // Python 3.11 takes no quotes and no braces inside the braces of an f-string.
        if text.contains(where: { "\"'\\{}#:!\n".contains($0) }) || inner.strength == 0 {
          isJoined = isJoined || text.contains(where: { "\"'\\{}#\n".contains($0) })
          text = "(\(text))"
        }
        guard spec.allSatisfy({ "<>^+0123456789.feg%".contains($0) }) else {
          throw Uncarried("the format `\(format)` has no counterpart")
        }
        segments.append(
          (isJoined ? text + "\u{0}" + spec : "{\(text)\(spec.isEmpty ? "" : ":" + spec)}", true))
      }
    }
    guard hasValues else {
      return Piece(PythonText.literal(segments.map { $0.text }.joined()), .string)
    }
    if !isJoined {
      let body = segments.map {
        $0.isFormat ? $0.text : PythonText.escaped($0.text, inFormat: true)
      }
      return Piece("f\"" + body.joined() + "\"", .string)
    }
    // With a quote inside, the pieces are put together one by one.
    let pieces = segments.map { segment -> String in
      guard segment.isFormat else { return PythonText.literal(segment.text) }
      let sides = segment.text.split(separator: "\u{0}", omittingEmptySubsequences: false)
      if sides.count == 2 { return "format(\(sides[0]), \"\(sides[1])\")" }
      return "f\"\(segment.text)\""
    }
    return Piece(pieces.joined(separator: " + "), .string, strength: 5)
  }

  // MARK: Brackets

  func bracket(_ elements: [Expression]) throws(Uncarried) -> Piece {
    if elements.isEmpty { return Piece("[]", .list(.unset)) }
    if let text = try numbers(elements) { return text }
    var pieces: [Piece] = []
    for element in elements { pieces.append(try piece(element)) }
    let isTensor = pieces.allSatisfy { $0.kind.isTensor || $0.kind.isNumber || $0.kind == .any }
    guard isTensor else {
      let kind = pieces.reduce(ValueKind.unset) { $0.joined($1.kind) }
      return Piece("[" + pieces.map { $0.text }.joined(separator: ", ") + "]", .list(kind))
    }
    let rows = pieces.map { floats($0) }
    return Piece("torch.stack([" + rows.joined(separator: ", ") + "])", .tensor)
  }

  /// A bracket of plain numbers, with rows of such.
  func numbers(_ elements: [Expression]) throws(Uncarried) -> Piece? {
    var hasFloat = false
    var allTruths = true
    var allWhole = true
    func written(_ elements: [Expression]) throws(Uncarried) -> String? {
      var texts: [String] = []
      for element in elements {
        if case .bracket(let inner) = element.kind {
          guard let text = try written(inner) else { return nil }
          texts.append(text)
        } else if let n = element.constant {
          texts.append(PythonText.number(n, isFloat: true))
          (hasFloat, allTruths) = (true, false)
          if n.isInfinite || n.isNaN { imports.insert("import math") }
          allWhole = allWhole && n == n.rounded()
        } else {
          let inner = try piece(element)
          guard inner.kind.isNumber else { return nil }
          allTruths = allTruths && inner.kind == .truth
          allWhole = false
          texts.append(inner.text)
        }
      }
      return "[" + texts.joined(separator: ", ") + "]"
    }
    guard let text = try written(elements) else { return nil }
    if allTruths { return Piece("torch.tensor(\(text))", .wholes) }
    let dtype = hasFloat ? "" : ", dtype=torch.get_default_dtype()"
    let isRow = elements.allSatisfy { if case .bracket = $0.kind { false } else { true } }
    return Piece("torch.tensor(\(text)\(dtype))", allWhole && isRow ? .vector : .tensor)
  }
}
