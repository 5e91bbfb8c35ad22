// The regions of a plane as shapes: what is known at places of a grid, drawn between them.
import Rendering

/// Fills and borders of regions, from the class at the middle of each cell of a grid.
struct RegionShapes {
  /// A path for each class.
  private(set) var fills: [Int: String] = [:]
  /// Where classes meet.
  private(set) var border = ""

  private let labels: [Int]
  private let columns: Int
  private let rows: Int
  private let rect: Picture.Rect

  /// - Parameter labels: row by row from the top.
  init(_ labels: [Int], columns: Int, in rect: Picture.Rect) {
    (self.labels, self.columns, self.rect) = (labels, columns, rect)
    rows = columns > 0 ? labels.count / columns : 0
    guard rows > 0 else { return }
    for row in 0...rows { addRow(row) }
  }

  /// The class at a place, and beyond the outermost places the same.
  private func label(_ row: Int, _ column: Int) -> Int {
    labels[min(max(row - 1, 0), rows - 1) * columns + min(max(column - 1, 0), columns - 1)]
  }

  /// The place itself: in the middle of its cell, or on the edge.
  private func place(_ row: Int, _ column: Int) -> Picture.Point {
    func along(_ k: Int, _ count: Int, _ length: Double) -> Double {
      min(max((Double(k) - 0.5) / Double(count), 0), 1) * length
    }
    return Picture.Point(
      rect.x + along(column, columns, rect.width), rect.y + along(row, rows, rect.height))
  }

  /// The fields between one row of places and the next; neighbours of one class are one piece.
  private mutating func addRow(_ row: Int) {
    var start: Int?
    for column in 0...(columns + 1) {
      let corners =
        column > columns
        ? []
        : [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
      let classes = corners.map { label($0.0, $0.1) }
      let isUniform = !classes.isEmpty && Set(classes).count == 1
      if let first = start, !isUniform || classes[0] != label(row, first) {
        let (a, b) = (place(row, first), place(row + 1, column))
        add([a, Picture.Point(b.x, a.y), b, Picture.Point(a.x, b.y)], label(row, first))
        start = nil
      }
      if isUniform {
        start = start ?? column
      } else if !classes.isEmpty {
        divide(corners.map { place($0.0, $0.1) }, classes)
      }
    }
  }

  private mutating func add(_ corners: [Picture.Point], _ label: Int) {
    fills[label, default: ""] +=
      corners.enumerated().map { SVG.point($0 == 0 ? "M" : "L", $1) }.joined() + "z"
  }

  /// A field whose corners are of several classes: it is cut from the middles of its sides, straight across between
  /// two parts, else by way of its centre.
  private mutating func divide(_ corners: [Picture.Point], _ classes: [Int]) {
    let middles = (0..<4).map { k -> Picture.Point in
      let (a, b) = (corners[k], corners[(k + 1) % 4])
      return Picture.Point((a.x + b.x) / 2, (a.y + b.y) / 2)
    }
    let center = Picture.Point((middles[1].x + middles[3].x) / 2, (middles[0].y + middles[2].y) / 2)
    let changes = (0..<4).filter { classes[$0] != classes[($0 + 1) % 4] }
    for (n, change) in changes.enumerated() {
      let next = changes[(n + 1) % changes.count]
      var piece = [middles[change]]
      var k = change
      repeat {
        k = (k + 1) % 4
        piece.append(corners[k])
      } while k != next
      piece.append(middles[next])
      if changes.count > 2 { piece.append(center) }
      add(piece, classes[next])
    }
    let ends = changes.map { middles[$0] }
    if ends.count == 2 {
      border += SVG.point("M", ends[0]) + SVG.point("L", ends[1])
    } else {
      for end in ends { border += SVG.point("M", end) + SVG.point("L", center) }
    }
  }
}
