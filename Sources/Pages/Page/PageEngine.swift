// What runs a page's cells: the engine, packed into the page or into a file beside it.
import EmbeddedFiles
import Rendering

/// What runs a page's cells.
package struct PageEngine {
  /// The engine: gzip, as text.
  private let packed: String
  /// Where pages of one folder find it together; nil where each holds it.
  private let path: String?

  /// The one that this program was built with; nil if it was built without.
  package static let own: PageEngine? = EmbeddedFiles.text("engine/engine.b64").map {
    PageEngine(base64: $0)
  }

  /// - Parameter base64: WebAssembly, packed by gzip.
  package init(base64: String) { self.init(packed: PageEngine.packed(base64), path: nil) }

  private init(packed: String, path: String?) { (self.packed, self.path) = (packed, path) }

  /// What a program without one says.
  package static let howToAdd =
    "cells are to be read only: `Sources/Engine/build && swift build -c release` gives the program the engine that runs them"

  /// The same, in a file for all pages of a folder.
  /// - Returns: what the pages are given, and the file's text.
  package func shared(at path: String) -> (engine: PageEngine, text: String) {
    (PageEngine(packed: packed, path: path), "globalThis.nnreplEngine = \"\(packed)\";\n")
  }

  /// Whether a page must be allowed to read the file.
  var isShared: Bool { path != nil }

  var parts: [HTML] {
    [
      .carried("worker", EmbeddedFiles.text("page/worker.js") ?? ""),
      path.map { HTML("script", [("id", "engine"), ("src", $0)]) } ?? .carried("engine", packed),
    ]
  }

  /// Base64 as base 91: 13 bits in two characters instead of 12, which saves a page 8 %. The characters are those that
  /// are seen, but for `"`, `<` and `\`; before them stands how many bytes there are.
  private static func packed(_ base64: String) -> String {
    let letters = (33...126).filter { ![34, 60, 92].contains($0) }.map { UInt8($0) }
    var values = [UInt8](repeating: 255, count: 256)
    for (i, letter) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
      .enumerated()
    {
      values[Int(letter)] = UInt8(i)
    }
    var text: [UInt8] = []
    text.reserveCapacity(base64.utf8.count)
    var (bits, count, digits) = (0, 0, 0)
    func append() {
      text.append(letters[bits % 8192 % 91])
      text.append(letters[bits % 8192 / 91])
    }
    for letter in base64.utf8 where values[Int(letter)] != 255 {
      bits |= Int(values[Int(letter)]) << count
      count += 6
      digits += 1
      guard count >= 13 else { continue }
      append()
      bits >>= 13
      count -= 13
    }
    if count > 0 { append() }
    return "\(digits * 6 / 8):" + String(decoding: text, as: UTF8.self)
  }
}
