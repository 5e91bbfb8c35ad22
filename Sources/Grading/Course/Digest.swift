// Fingerprints of files, and seeds that nobody can guess without the course's key.

/// Fingerprints of texts.
package enum Digest {
  /// SHA-256 in hexadecimal.
  package static func sha256(_ text: String) -> String { hex(sha256(Array(text.utf8))) }

  /// SHA-256 as bytes.
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] { SHA256(bytes).digest }

  /// HMAC-SHA-256 (RFC 2104) in hexadecimal.
  package static func hmac(key: String, _ message: String) -> String {
    var block = Array(key.utf8)
    if block.count > 64 { block = sha256(block) }
    block += [UInt8](repeating: 0, count: 64 - block.count)
    let inner = sha256(block.map { $0 ^ 0x36 } + Array(message.utf8))
    return hex(sha256(block.map { $0 ^ 0x5c } + inner))
  }

  /// The seed of a learner's inputs for one check.
  static func seed(key: String, learner: String, check: String) -> UInt64 {
    UInt64(hmac(key: key, learner + "\u{0}" + check).prefix(16), radix: 16) ?? 0
  }

  /// RFC 4648.
  package static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = (0..<3).reduce(0) { bits, i in
        bits << 8 | (i < group.count ? Int(group[start + i]) : 0)
      }
      for i in 0..<4 {
        text.append(i <= group.count ? letters[bits >> (18 - 6 * i) & 63] : "=")
      }
    }
    return text
  }

  /// Bytes in hexadecimal, two digits each.
  package static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
