// Dots on a terminal.

/// A field of dots, two by four to a Braille character, or one to a plain one.
struct Canvas {
  let columns: Int
  let rows: Int
  private let isASCII: Bool
  private var dots: [UInt8]
  private var owner: [Int]
  /// Characters that stand over the dots.
  private var signs: [Int: String] = [:]

  init(columns: Int, rows: Int, isASCII: Bool) {
    (self.columns, self.rows, self.isASCII) = (columns, rows, isASCII)
    dots = [UInt8](repeating: 0, count: columns * rows)
    owner = [Int](repeating: 0, count: columns * rows)
  }

  var width: Int { isASCII ? columns : 2 * columns }
  var height: Int { isASCII ? rows : 4 * rows }

  /// Bits of a Braille cell, by row and column of the dot.
  private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

  private mutating func dot(_ x: Int, _ y: Int, _ series: Int) {
    guard x >= 0, x < width, y >= 0, y < height else { return }
    let cell = isASCII ? y * columns + x : y / 4 * columns + x / 2
    dots[cell] |= isASCII ? 1 : Canvas.bits[y % 4][x % 2]
    owner[cell] = series
  }

  /// A character in a cell of its own.
  mutating func put(_ sign: String, _ column: Int, _ row: Int, series: Int) {
    signs[row * columns + column] = sign
    owner[row * columns + column] = series
  }

  /// Bresenham's line.
  /// - Parameter isDotted: leaves out every other stretch.
  mutating func line(
    from a: (Int, Int), to b: (Int, Int), series: Int, isDotted: Bool = false
  ) {
    var count = 0
    var (x, y) = a
    let (dx, dy) = (abs(b.0 - x), -abs(b.1 - y))
    let (stepX, stepY) = (x < b.0 ? 1 : -1, y < b.1 ? 1 : -1)
    var error = dx + dy
    while true {
      if !isDotted || count % 4 < 2 { dot(x, y, series) }
      count += 1
      if (x, y) == b { return }
      let twice = 2 * error
      if twice >= dy {
        error += dy
        x += stepX
      }
      if twice <= dx {
        error += dx
        y += stepY
      }
    }
  }

  func text(_ row: Int, _ paint: (String, Int) -> String) -> String {
    (0..<columns).map { column in
      let cell = row * columns + column
      if let sign = signs[cell] { return paint(sign, owner[cell]) }
      guard dots[cell] != 0 else { return " " }
      if isASCII { return paint("*", owner[cell]) }
      let scalar = Unicode.Scalar(0x2800 + UInt32(dots[cell])) ?? " "
      return paint(String(Character(scalar)), owner[cell])
    }.joined()
  }
}
