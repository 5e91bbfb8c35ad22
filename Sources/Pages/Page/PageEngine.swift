// What runs a page's cells: the engine, packed into the page or into a file beside it.
import EmbeddedFiles
import Rendering

/// What runs a page's cells.
package struct PageEngine {
  /// The engine: LZMA, as text.
  private let packed: String
  /// What unpacks it, in base 64.
  private let unpacker: String
  /// Where pages of one folder find it together; nil where each holds it.
  private let path: String?

  /// The one that this program was built with; nil if it was built without.
  package static let own: PageEngine? = EmbeddedFiles.text("engine/engine.b64").map {
    PageEngine(packed: $0, unpacker: EmbeddedFiles.text("engine/unpack.b64") ?? "")
  }

  /// - Parameters:
  ///   - packed: how many bytes of WebAssembly there are, a colon, and these by LZMA in base 64.
  ///   - unpacker: WebAssembly that unpacks them, in base 64.
  package init(packed: String, unpacker: String) {
    self.init(text: PageEngine.dense(packed), unpacker, path: nil)
  }

  private init(text: String, _ unpacker: String, path: String?) {
    (packed, self.unpacker, self.path) = (text, unpacker, path)
  }

  /// What a program without one says.
  package static let howToAdd =
    "cells are to be read only: `Sources/Engine/build && swift build -c release` gives the program the engine that runs them"

  /// The same, in a file for all pages of a folder.
  /// - Returns: what the pages are given, and the file's text.
  package func shared(at path: String) -> (engine: PageEngine, text: String) {
    (
      PageEngine(text: packed, unpacker, path: path), "globalThis.nnreplEngine = \"\(packed)\";\n"
    )
  }

  /// Whether a page must be allowed to read the file.
  var isShared: Bool { path != nil }

  var parts: [HTML] {
    [
      .carried("worker", EmbeddedFiles.text("page/worker.js") ?? ""),
      .carried("unpack", unpacker),
      path.map { HTML("script", [("id", "engine"), ("src", $0)]) } ?? .carried("engine", packed),
    ]
  }

  /// Base64 as base 91: 13 bits in two characters instead of 12, which saves a page 8 %. The characters are those that
  /// are seen, but for `"`, `<` and `\`; what stands before the colon stays.
  private static func dense(_ packed: String) -> String {
    let parts = packed.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return "" }
    let base64 = parts[1]
    let letters = (33...126).filter { ![34, 60, 92].contains($0) }.map { UInt8($0) }
    var values = [UInt8](repeating: 255, count: 256)
    for (i, letter) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
      .enumerated()
    {
      values[Int(letter)] = UInt8(i)
    }
    var text: [UInt8] = []
    text.reserveCapacity(base64.utf8.count)
    var (bits, count) = (0, 0)
    func append() {
      text.append(letters[bits % 8192 % 91])
      text.append(letters[bits % 8192 / 91])
    }
    // Base 64 has the first bits of a byte first, base 91 the last: bytes go between.
    var (word, digits) = (0, 0)
    func take(_ byte: Int) {
      bits |= byte << count
      count += 8
      guard count >= 13 else { return }
      append()
      bits >>= 13
      count -= 13
    }
    for letter in base64.utf8 where values[Int(letter)] != 255 {
      word = word << 6 | Int(values[Int(letter)])
      digits += 6
      guard digits >= 8 else { continue }
      digits -= 8
      take(word >> digits & 255)
      word &= 1 << digits - 1
    }
    if count > 0 { append() }
    return "\(parts[0]):" + String(decoding: text, as: UTF8.self)
  }
}
