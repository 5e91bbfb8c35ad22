// Scripts under other names than they should have: `ex03 (1).nn`, `EX03.nn`, `hw/ex03.nn`.
@preconcurrency import Glibc
import Grading

/// A script in a submission's folder, or one folder deeper.
struct HandedScript {
  /// From the submission's folder on.
  let path: String
  let file: Submission.File
  private let parts: ScriptParts

  private init(_ path: String, _ file: Submission.File) {
    (self.path, self.file) = (path, file)
    parts = if case .text(let text) = file { ScriptParts(text) } else { ScriptParts("") }
  }

  /// A folder with more is nobody's hand-in.
  private static let limit = 50

  static func all(in directory: Int32, read: (String) -> Submission.File?) -> [HandedScript] {
    let top = names(in: directory, ".")
    var paths = top.filter(isScript)
    for folder in top where !isScript(folder) && paths.count < limit {
      paths += names(in: directory, folder).filter(isScript).map { folder + "/" + $0 }
    }
    return paths.sorted().prefix(limit).compactMap { path in
      read(path).map { HandedScript(path, $0) }
    }
  }

  /// Scripts, and notebooks of Jupyter.
  static func isScript(_ name: String) -> Bool {
    ScriptParts.endings.contains { name.lowercased().hasSuffix($0) }
  }

  private static func names(in directory: Int32, _ folder: String) -> [String] {
    let file = openat(directory, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0, let handle = fdopendir(file) else { return [] }
    defer { closedir(handle) }
    var found: [String] = []
    while let entry = readdir(handle), found.count < 2_000 {
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard let name = String(validating: bytes, as: UTF8.self), !name.hasPrefix("."),
        name != "__MACOSX"
      else { continue }
      found.append(name)
    }
    return found
  }

  /// The script of an exercise: the one that says so, else the one whose name does.
  /// - Returns: with a word on what was taken for it.
  static func choose(_ exercise: String, among scripts: [HandedScript]) -> (
    Submission.File, warning: String?
  ) {
    let saying = scripts.filter { $0.parts.exercises.contains(exercise) }
    let silent = scripts.filter { $0.parts.exercises.isEmpty && $0.isNamed(exercise) }
    let found = saying.isEmpty ? silent : saying
    let others = scripts.prefix(5).map(\.path)
    guard let first = found.first, found.allSatisfy({ $0.isSame(as: first) }) else {
      return (.missing(others: found.isEmpty ? Array(others) : found.map(\.path)), nil)
    }
    guard case .text = first.file, let text = first.parts.text(of: exercise) else {
      return (first.file, nil)
    }
    return (.text(text), "\(exercise) was read from `\(first.path)`")
  }

  private func isSame(as other: HandedScript) -> Bool {
    if case .text(let a) = file, case .text(let b) = other.file {
      a == b
    } else {
      path == other.path
    }
  }

  /// Whether its name holds the exercise's as a word: `ex03 (1).nn`, `Copy of EX03.nn`.
  private func isNamed(_ exercise: String) -> Bool {
    let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    return name.split { !($0.isLetter || $0.isNumber) }.contains { $0 == exercise.lowercased() }
  }
}
