// What travels inside the program: lessons, exercises, data sets, the library in nn.
import CSupport

/// Files that travel inside the program.
package enum EmbeddedFiles {
  package static let files: [(name: String, text: String)] = (0..<nnrepl_file_count()).compactMap {
    guard let file = nnrepl_file_at($0)?.pointee else { return nil }
    let bytes = UnsafeBufferPointer(start: file.bytes, count: file.size)
    return (String(cString: file.name), String(decoding: bytes, as: UTF8.self))
  }

  package static func text(_ name: String) -> String? {
    for i in 0..<nnrepl_file_count() {
      guard let file = nnrepl_file_at(i)?.pointee, String(cString: file.name) == name else {
        continue
      }
      return String(
        decoding: UnsafeBufferPointer(start: file.bytes, count: file.size), as: UTF8.self)
    }
    return nil
  }

  package static var names: [String] {
    (0..<nnrepl_file_count()).compactMap {
      nnrepl_file_at($0).map { String(cString: $0.pointee.name) }
    }
  }
}
