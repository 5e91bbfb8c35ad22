// What travels inside the program: lessons, exercises, data sets, the library in nn, help pages.

/// Files that travel inside the program; `Plugin` lists the folders they come from.
package enum EmbeddedFiles {
  /// The text of a file, by its name inside the program: `lessons/lesson01.nn`.
  package static func text(_ name: String) -> String? {
    carried.first { $0.name.isCalled(name) }.map { $0.text.string }
  }

  package static var names: [String] { carried.map { $0.name.string } }
}

extension StaticString {
  fileprivate func isCalled(_ name: String) -> Bool {
    withUTF8Buffer { $0.elementsEqual(name.utf8) }
  }

  fileprivate var string: String { withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }
}
