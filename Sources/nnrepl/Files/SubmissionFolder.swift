// Reading what was handed in: nothing about it is trusted, its names and links included.
import Diagnostics
@preconcurrency import Glibc
import Grading

enum SubmissionFolder {
  /// The submissions in a folder, by name: a folder each, or with one exercise a file each.
  /// - Throws: `UsageFault` if the folder cannot be read.
  static func all(in folder: String, _ grader: Grader) throws -> [Submission] {
    let exercise = grader.exercises.count == 1 ? grader.exercises[0].id : nil
    var found: [Submission] = []
    for bytes in try names(in: folder).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      found.append(submission(bytes, in: folder, exercise, grader))
    }
    // Names that were made harmless may have become the same.
    var seen: [String: Int] = [:]
    found = found.map { submission in
      let count = seen[submission.name, default: 0] + 1
      seen[submission.name] = count
      guard count > 1 else { return submission }
      return Submission(
        name: "\(submission.name) (\(count))", learner: submission.learner, files: submission.files,
        rejection: submission.rejection)
    }
    return rejectingTwins(found)
  }

  /// A folder that is one submission.
  static func one(_ folder: String, named name: String, _ grader: Grader) throws -> Submission {
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard directory >= 0 else { throw unreadable(folder) }
    defer { close(directory) }
    return Submission(name: name, learner: name, files: files(in: directory, grader))
  }

  private static func unreadable(_ folder: String) -> UsageFault {
    UsageFault(text: "cannot read `\(folder)`: \(String(cString: strerror(errno)).lowercased())")
  }

  /// The names in a folder, as bytes; those that begin with a dot are nobody's submission.
  private static func names(in folder: String) throws -> [[UInt8]] {
    guard let handle = opendir(folder) else { throw unreadable(folder) }
    defer { closedir(handle) }
    var found: [[UInt8]] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name.first != UInt8(ascii: ".") { found.append(name) }
    }
    return found
  }

  private static func submission(
    _ bytes: [UInt8], in folder: String, _ exercise: String?, _ grader: Grader
  ) -> Submission {
    let name = Submission.harmless(bytes)
    func rejected(_ reason: String) -> Submission {
      Submission(name: name, learner: name, files: [:], rejection: reason)
    }
    if let fault = Submission.fault(inName: bytes) { return rejected(fault) }
    let path = (Array(folder.utf8) + [UInt8(ascii: "/")] + bytes + [0]).map {
      CChar(bitPattern: $0)
    }
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else {
      return rejected(
        errno == ELOOP ? "it is a symbolic link" : String(cString: strerror(errno)).lowercased())
    }
    defer { close(file) }
    var info = stat()
    guard fstat(file, &info) == 0 else { return rejected("it cannot be read") }
    switch info.st_mode & S_IFMT {
    case S_IFDIR: return Submission(name: name, learner: name, files: files(in: file, grader))
    case S_IFREG:
      guard name.hasSuffix(".nn") else { return rejected("it is neither a folder nor an .nn file") }
      guard let exercise else { return rejected("it is a file; name its exercise with --exercise") }
      return Submission(
        name: name, learner: String(name.dropLast(3)), files: [exercise: contents(file, grader)])
    default: return rejected("it is neither a folder nor a file")
    }
  }

  /// Two submissions under one name: nobody can tell which counts.
  private static func rejectingTwins(_ submissions: [Submission]) -> [Submission] {
    let counts = Dictionary(submissions.map { ($0.learner.lowercased(), 1) }, uniquingKeysWith: +)
    return submissions.map { submission in
      guard submission.rejection == nil, counts[submission.learner.lowercased(), default: 0] > 1
      else {
        return submission
      }
      var twin = submission
      twin.rejection = "there are two submissions of `\(submission.learner)`"
      return twin
    }
  }

  private static func files(in directory: Int32, _ grader: Grader) -> [String: Submission.File] {
    var files: [String: Submission.File] = [:]
    for exercise in grader.exercises {
      let file = openat(
        directory, exercise.id + ".nn", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      if file >= 0 {
        files[exercise.id] = contents(file, grader)
        close(file)
      } else if errno == ELOOP {
        files[exercise.id] = .refused(id: "symbolic-link", "\(exercise.id).nn is a symbolic link")
      } else if errno == ENOENT {
        files[exercise.id] = .missing
      } else {
        let reason = String(cString: strerror(errno)).lowercased()
        files[exercise.id] = .refused(
          id: "unreadable", "\(exercise.id).nn cannot be read: \(reason)")
      }
    }
    return files
  }

  private static func contents(_ file: Int32, _ grader: Grader) -> Submission.File {
    var info = stat()
    guard fstat(file, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      return .refused(id: "not-a-file", "it is no ordinary file")
    }
    let limit = grader.course.list.budgets.sourceBytes
    guard info.st_size <= limit else {
      return .refused(
        id: Diagnostic.Identifier.sourceTooLarge.rawValue,
        "the script has \(info.st_size) bytes; at most \(limit) are read")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
      let count = read(file, &chunk, chunk.count)
      if count <= 0 { break }
      bytes += chunk[..<count]
    }
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      return .refused(id: Diagnostic.Identifier.notUTF8.rawValue, "the script is not UTF-8 text")
    }
    return .text(text)
  }
}
