// Clock, memory, numbers as text: what every platform has.
import CPlatform

/// A clock that only goes forward.
package enum Clock {
  /// Seconds since some fixed moment.
  package static var now: Double { nnrepl_seconds() }
}

/// Memory of the process.
package enum Memory {
  /// Bytes that the process occupies; 0 where the system does not tell.
  package static var resident: Int {
    var (mapped, resident) = (0, 0)
    nnrepl_memory(&mapped, &resident)
    return resident
  }

  /// What tensors may take, and what a run may: 4 GiB, or what a page can have.
  package static var limit: Int {
    #if arch(wasm32)
      1 << 30
    #else
      4 << 30
    #endif
  }
}

/// Numbers as C's `printf` writes them, whose locale here is always "C".
package enum Printed {
  /// Exactly `decimals` digits after the point.
  package static func fixed(_ x: Double, _ decimals: Int) -> String {
    text { nnrepl_print_fixed($0, $1, Int32(clamping: decimals), x) }
  }

  /// One digit before the point, `decimals` after it, and an exponent of at least two.
  package static func scientific(_ x: Double, _ decimals: Int) -> String {
    text { nnrepl_print_scientific($0, $1, Int32(clamping: decimals), x) }
  }

  /// `digits` significant digits, with an exponent where that is shorter.
  package static func general(_ x: Double, _ digits: Int) -> String {
    text { nnrepl_print_general($0, $1, Int32(clamping: digits), x) }
  }

  private static func text(
    _ write: (UnsafeMutablePointer<CChar>, Int) -> Int32
  ) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
      guard let start = buffer.baseAddress else { return "" }
      let length = min(max(0, Int(write(start, buffer.count))), buffer.count - 1)
      return String(
        decoding: buffer[..<length].lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
