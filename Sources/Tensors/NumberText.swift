// Numbers as text: no locale, no -0, significant digits as the session asks.
import Platform

/// How numbers and tensors are written.
package struct NumberFormat: Sendable {
  /// Significant digits.
  package var digits = 4

  package init(digits: Int = 4) { self.digits = digits }

  /// The number to `digits` significant digits, trailing zeros dropped: `0.1132`, `-1.74`, `2e-11`.
  package func callAsFunction(_ x: Double) -> String {
    if x.isNaN { return "nan" }
    if x.isInfinite { return x < 0 ? "-inf" : "inf" }
    if x == 0 { return "0" }
    if x == x.rounded(), Swift.abs(x) < 1e15 { return String(Int64(x)) }
    let size = Swift.abs(x)
    if size >= 1e15 || size < 1e-4 { return scientific(x) }
    let exponent = Int(Elementary.log10(size).rounded(.down))
    // Digits before the point are never cut: 138.8338 shows as 138.8, 24705.5 as 24705.5.
    let decimals = max(exponent >= digits - 1 ? 1 : 0, digits - 1 - exponent)
    let fixed = Printed.fixed(x, decimals)
    let short = trimmed(fixed)
    // 0.99998 is not 1: what only rounds to a whole number keeps its zeros, `1.000`.
    let isNearlyWhole = Swift.abs(x - x.rounded()) <= 1e-12 * size
    return short.contains(".") || isNearlyWhole ? short : fixed
  }

  private func scientific(_ x: Double) -> String {
    let text = Printed.scientific(x, max(0, digits - 1))
    guard let e = text.firstIndex(of: "e"), let power = Int(text[text.index(after: e)...]) else {
      return text
    }
    return trimmed(String(text[..<e])) + "e\(power)"
  }

  private func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text == "-0" ? "0" : text }
    var text = Substring(text)
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text == "-0" ? "0" : String(text)
  }
}

extension Tensor {
  /// Nested brackets with columns aligned, wide axes folded in the middle.
  package func text(
    _ format: NumberFormat = NumberFormat(), edge: Int = 3, limit: Int = 200
  ) -> String {
    text(number: { format($0) }, edge: edge, limit: limit)
  }

  /// The same with each number written by a function.
  package func text(
    number: (Double) -> String, edge: Int = 3, limit: Int = 200, width: Int = 76
  ) -> String {
    let rows = shape.dims.dropLast().reduce(1) { min($0, 1 << 20) * min($1, 1 << 20) }
    let folds = count > limit || shape.dims.contains { $0 > limit } || rows > Tensor.shownRows
    func cell(_ offset: Int) -> String {
      dtype == .bool ? (self[offset] != 0 ? "true" : "false") : number(self[offset])
    }
    if rank == 0 { return cell(0) }
    let shown = Shape(trusted: shape.dims.map { folds ? min($0, 2 * edge + 1) : $0 })
    var cells: [String] = []
    if count > 0 {
      let strides = shape.strides
      for position in 0..<shown.count {
        let places = Swift.zip(shown.indices(at: position), shape.dims).map { place, length in
          guard folds, length > 2 * edge + 1 else { return place }
          return place < edge ? place : place == edge ? -1 : length - 1 - (2 * edge - place)
        }
        cells.append(
          places.contains(-1)
            ? "…" : cell(Swift.zip(places, strides).reduce(0) { $0 + $1.0 * $1.1 }))
      }
    }
    let column = rank > 1 ? cells.map { $0.count }.max() ?? 0 : 0
    let padded = cells.map { String(repeating: " ", count: max(0, column - $0.count)) + $0 }
    return Tensor.brackets(padded[...], shown, axis: 0, width)
  }

  /// Rows past these are folded.
  private static let shownRows = 20

  private static func brackets(
    _ cells: ArraySlice<String>, _ shape: Shape, axis: Int, _ width: Int
  ) -> String {
    let length = shape[axis]
    if axis == shape.rank - 1 { return "[" + filled(cells, indent: axis + 1, width) + "]" }
    let each = length == 0 ? 0 : cells.count / length
    let parts = (0..<length).map { row in
      let start = cells.startIndex + row * each
      return brackets(cells[start..<start + each], shape, axis: axis + 1, width)
    }
    let indent = String(repeating: " ", count: axis + 1)
    return "[" + parts.joined(separator: ",\n" + indent) + "]"
  }
  /// Cells in lines of at most `width` columns, broken between numbers.
  private static func filled(_ cells: ArraySlice<String>, indent: Int, _ width: Int) -> String {
    let whole = cells.joined(separator: ", ")
    guard indent + whole.count > width else { return whole }
    var text = ""
    var column = indent
    for (i, cell) in cells.enumerated() {
      if i > 0, column + cell.count + 2 > width {
        text += ",\n" + String(repeating: " ", count: indent) + cell
        column = indent + cell.count
      } else {
        text += (i > 0 ? ", " : "") + cell
        column += cell.count + (i > 0 ? 2 : 0)
      }
    }
    return text
  }
}
