// Reading what was handed in: nothing about it is trusted, its names and links included.
import Diagnostics
import Export
@preconcurrency import Glibc
import Grading
import Session

enum SubmissionFolder {
  /// The submissions in a folder, by name: a folder each, or with one exercise a file each.
  /// - Parameter note: told what was left out.
  /// - Throws: `UsageFault` if the folder cannot be read.
  static func all(in folder: String, _ grader: Grader, note: (String) -> Void) throws
    -> [Submission]
  {
    let exercise = grader.exercises.count == 1 ? grader.exercises[0].id : nil
    var found: [Submission] = []
    for bytes in try names(in: folder, note).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
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
    return warningOfLikeNames(rejectingTwins(found))
  }

  /// Names that a reader takes for one another are warned of.
  private static func warningOfLikeNames(_ submissions: [Submission]) -> [Submission] {
    func looks(_ name: String) -> String {
      var name = LookAlike.folded(name.lowercased())
      while let last = name.last, last == " " || last == "." { name.removeLast() }
      return name
    }
    let alike = Dictionary(grouping: submissions.filter { $0.rejection == nil }) {
      looks($0.learner)
    }
    return submissions.map { submission in
      guard
        let other = alike[looks(submission.learner)]?.first(where: {
          $0.learner != submission.learner
        }), submission.rejection == nil
      else { return submission }
      var warned = submission
      warned.warnings.append(
        "its name looks like that of another submission, `\(other.learner)`")
      return warned
    }
  }

  /// A folder that is one submission.
  static func one(_ folder: String, named name: String, _ grader: Grader) throws -> Submission {
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard directory >= 0 else { throw unreadable(folder) }
    defer { close(directory) }
    return submission(name, of: directory, grader)
  }

  private static func submission(_ name: String, of directory: Int32, _ grader: Grader)
    -> Submission
  {
    let (files, warnings) = files(in: directory, grader)
    var submission = Submission(name: name, learner: name, files: files)
    submission.warnings = warnings
    return submission
  }

  private static func unreadable(_ folder: String) -> UsageFault {
    UsageFault(text: "cannot read `\(folder)`: \(String(cString: strerror(errno)).lowercased())")
  }

  /// The names in a folder, as bytes; those that begin with a dot are nobody's submission, which is told.
  private static func names(in folder: String, _ note: (String) -> Void) throws -> [[UInt8]] {
    guard let handle = opendir(folder) else { throw unreadable(folder) }
    defer { closedir(handle) }
    var found: [[UInt8]] = []
    var hidden: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name.first != UInt8(ascii: ".") {
        found.append(name)
      } else if name != Array(".".utf8), name != Array("..".utf8) {
        hidden.append(Submission.harmless(name))
      }
    }
    if !hidden.isEmpty {
      let some = hidden.sorted().prefix(5).map { "`\($0)`" }.joined(separator: ", ")
      note(
        "left out \(hidden.count) names that begin with a dot: \(some)\(hidden.count > 5 ? " …" : "")"
      )
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
    case S_IFDIR: return submission(name, of: file, grader)
    case S_IFREG:
      guard HandedScript.isScript(name) else {
        return rejected("it is neither a folder nor an .nn file nor a notebook")
      }
      guard let exercise else { return rejected("it is a file; name its exercise with --exercise") }
      var script = contents(file, grader)
      if case .text(let text) = script {
        script =
          ScriptParts(text).text(of: exercise).map { .text($0) } ?? .missing(others: [name])
      }
      return Submission(
        name: name, learner: Record.learner(of: name), files: [exercise: script])
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

  /// What is there for each exercise, and what was odd about it.
  private static func files(in directory: Int32, _ grader: Grader)
    -> (files: [String: Submission.File], warnings: [String])
  {
    var files: [String: Submission.File] = [:]
    var warnings: [String] = []
    var scripts: [HandedScript]?
    for exercise in grader.exercises {
      if let exact = read(exercise.id + ".nn", in: directory, grader) {
        // A script that speaks of exercises is graded as what it says.
        guard case .text(let text) = exact else {
          files[exercise.id] = exact
          continue
        }
        if let own = ScriptParts(text).text(of: exercise.id) {
          files[exercise.id] = .text(own)
          continue
        }
      }
      let found = scripts ?? HandedScript.all(in: directory) { read($0, in: directory, grader) }
      scripts = found
      let (file, warning) = HandedScript.choose(exercise.id, among: found)
      files[exercise.id] = file
      if let warning { warnings.append(warning) }
    }
    return (files, warnings)
  }

  /// A file; nil if there is none.
  private static func read(_ path: String, in directory: Int32, _ grader: Grader)
    -> Submission.File?
  {
    let file = openat(directory, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else {
      switch errno {
      case ENOENT: return nil
      case ELOOP: return .refused(id: "symbolic-link", "\(path) is a symbolic link")
      default:
        let reason = String(cString: strerror(errno)).lowercased()
        return .refused(id: "unreadable", "\(path) cannot be read: \(reason)")
      }
    }
    defer { close(file) }
    return contents(file, grader)
  }

  /// Bytes of a notebook with its outputs.
  private static let notebookLimit = 32 << 20

  private static func contents(_ file: Int32, _ grader: Grader) -> Submission.File {
    var info = stat()
    guard fstat(file, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      return .refused(id: "not-a-file", "it is no ordinary file")
    }
    let limit = grader.course.list.budgets.sourceBytes
    func tooLarge(_ count: Int) -> Submission.File {
      .refused(
        id: Diagnostic.Identifier.sourceTooLarge.rawValue,
        "the script has \(count) bytes; at most \(limit) are read")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    // A notebook carries its outputs.
    while bytes.count <= (bytes.first == UInt8(ascii: "{") ? notebookLimit : limit) {
      let count = Glibc.read(file, &chunk, chunk.count)
      if count <= 0 { break }
      bytes += chunk[..<count]
    }
    if bytes.count > limit, bytes.first != UInt8(ascii: "{") || bytes.count > notebookLimit {
      return tooLarge(Int(info.st_size))
    }
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff])
      || bytes.count > 3 && bytes.count(where: { $0 == 0 }) * 3 > bytes.count
    {
      return .refused(
        id: Diagnostic.Identifier.notUTF8.rawValue,
        "the script is saved as UTF-16; it is to be saved as UTF-8")
    }
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      return .refused(id: Diagnostic.Identifier.notUTF8.rawValue, "the script is not UTF-8 text")
    }
    guard ImportedNotebook.isNotebook(text) else {
      return text.utf8.count > limit ? tooLarge(text.utf8.count) : .text(text)
    }
    do throws(ImportFault) {
      let script = try ImportedNotebook(text).text
      return script.utf8.count > limit ? tooLarge(script.utf8.count) : .text(script)
    } catch {
      return .refused(id: "not-a-notebook", "the file " + error.text)
    }
  }
}
