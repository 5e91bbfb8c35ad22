// The lessons that travel inside the program.
import Platform
import EmbeddedFiles

/// A lesson carried by the program.
package struct Lesson: Sendable {
  /// `lesson03`
  package let name: String
  package let text: String

  /// All lessons, in order.
  package static let all: [Lesson] = EmbeddedFiles.names
    .filter { $0.hasPrefix(folder + "lesson") && $0.hasSuffix(".nn") }
    .map {
      Lesson(
        name: String($0.dropFirst(folder.count).dropLast(3)), text: EmbeddedFiles.text($0) ?? "")
    }

  private static let folder = "lessons/"

  /// 3 for `lesson03`.
  package var number: Int { Int(name.drop { !$0.isNumber }) ?? 0 }

  /// About how long it takes, in minutes: reading its text at 150 words a minute, and half a minute for each cell of code.
  ///
  /// What a learner may try is not counted: how long that takes is theirs.
  package var minutes: Int { Lesson.minutes(of: text) }

  /// How long a lesson of this text takes.
  package static func minutes(of text: String) -> Int {
    var words = 0
    var cells = 0
    var isText = false
    for line in text.split(separator: "\n") {
      if line.hasPrefix("# %%") {
        isText = line.hasPrefix("# %% [m")
        if !isText { cells += 1 }
      } else if line.hasPrefix("#| try") {
        cells -= 1
      } else if isText {
        words += line.split(separator: " ").count { $0 != "#" }
      }
    }
    return max(5, (words / 150 + cells / 2 + 2) / 5 * 5)
  }

  /// The output recorded beside a lesson.
  package var recordedOutput: String? {
    EmbeddedFiles.text(Lesson.folder + name + ".nn.out")
  }

  /// `lesson03.nn`, `lesson03`, `03` and `3` all mean the same lesson.
  package static func named(_ word: String) -> Lesson? {
    let name = word.hasSuffix(".nn") ? String(word.dropLast(3)) : word
    if let match = all.first(where: { $0.name == name }) { return match }
    guard let number = Int(name), number >= 0, number < 100 else { return nil }
    return all.first { $0.name == "lesson" + (number < 10 ? "0" : "") + "\(number)" }
  }
}
