// The lessons that travel inside the program.
import CSupport

/// A lesson carried by the program.
package struct Lesson: Sendable {
  /// `lesson03`
  package let name: String
  package let text: String

  /// All lessons, in order.
  package static let all: [Lesson] = files.filter { $0.name.hasSuffix(".nn") }
    .map { Lesson(name: String($0.name.dropLast(3)), text: $0.text) }

  /// The output recorded beside a lesson.
  package var recordedOutput: String? {
    Lesson.files.first { $0.name == name + ".nn.out" }?.text
  }

  /// `lesson03.nn`, `lesson03`, `03` and `3` all mean the same lesson.
  package static func named(_ word: String) -> Lesson? {
    let name = word.hasSuffix(".nn") ? String(word.dropLast(3)) : word
    if let match = all.first(where: { $0.name == name }) { return match }
    guard let number = Int(name), number >= 0, number < 100 else { return nil }
    return all.first { $0.name == "lesson" + (number < 10 ? "0" : "") + "\(number)" }
  }

  private static let files: [(name: String, text: String)] = (0..<nnrepl_file_count()).compactMap {
    guard let file = nnrepl_file_at($0)?.pointee else { return nil }
    let bytes = UnsafeBufferPointer(start: file.bytes, count: file.size)
    return (String(cString: file.name), String(decoding: bytes, as: UTF8.self))
  }
}
