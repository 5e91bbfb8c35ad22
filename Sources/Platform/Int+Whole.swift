// Whole numbers of a language whose numbers are doubles.

extension Int {
  /// The whole number that a double is; nil if it is none. Where it is past what an `Int` holds, which in a page has 32
  /// bits, the nearest that it holds: too large all the same.
  @inlinable
  @inline(__always)
  package init?(whole number: Double) {
    // Within these bounds a conversion to and fro is an instruction each; nan is not.
    let bound = Double(1 << (Int.bitWidth - 2))
    if number > -bound, number < bound {
      let near = Int(number)
      guard Double(near) == number else { return nil }
      self = near
      return
    }
    if let exact = Int(exactly: number) {
      self = exact
      return
    }
    #if arch(wasm32)
      guard let wide = Int64(exactly: number) else { return nil }
      self = Int(clamping: wide)
    #else
      return nil
    #endif
  }
}
