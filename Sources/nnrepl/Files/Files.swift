// Files that a run reads and writes: data and weights.
import CPlatform
import Export
@preconcurrency import Glibc
import Interpreter

extension FileAccess {
  /// The files of this machine, as far as the user may use them. Writing is all or nothing: a new file takes
  /// the place of the old one in one step.
  static let open = FileAccess(read: readFile, write: writeFile)

  private static let sizeLimit = 1 << 30

  private static func readFile(_ path: String) -> Result<[UInt8], FileFault> {
    // A pipe is opened at once, whoever writes into it may come later.
    let file = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return .failure(lastFault()) }
    defer { close(file) }
    var info = stat()
    guard fstat(file, &info) == 0, info.st_mode & S_IFMT != S_IFDIR else {
      return .failure(FileFault(reason: "it is a folder"))
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var waits = info.st_mode & S_IFMT == S_IFIFO
    while bytes.count <= sizeLimit {
      if nnrepl_must_stop() != 0 {
        return .failure(FileFault(reason: "it was not read to its end"))
      }
      if waits {
        var input = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        guard poll(&input, 1, 50) > 0 else { continue }
      }
      let count = Glibc.read(file, &chunk, chunk.count)
      if count == 0 { return .success(bytes) }
      if count < 0 {
        guard errno == EAGAIN || errno == EINTR else { return .failure(lastFault()) }
        waits = true
        continue
      }
      bytes += chunk[..<count]
    }
    return .failure(FileFault(reason: "it is larger than \(sizeLimit >> 30) GB"))
  }

  private static func writeFile(_ path: String, _ bytes: [UInt8]) -> Result<Void, FileFault> {
    var info = stat()
    let isThere = stat(path, &info) == 0
    if isThere, info.st_mode & S_IFMT != S_IFREG {
      return .failure(FileFault(reason: "it is not an ordinary file"))
    }
    // What a link leads to is replaced, not the link.
    let resolved = realpath(path, nil)
    defer { free(resolved) }
    let path = resolved.map { String(cString: $0) } ?? path
    clearLeftovers(of: path)
    let temporary = "\(path).\(getpid()).new"
    guard let file = fopen(temporary, "w") else { return .failure(lastFault()) }
    // What the old file allowed and forbade, the new one does.
    if isThere { fchmod(fileno(file), info.st_mode & 0o7777) }
    let isWritten =
      fwrite(bytes, 1, bytes.count, file) == bytes.count && fflush(file) == 0
      && fsync(fileno(file)) == 0
    let fault = lastFault()
    guard fclose(file) == 0, isWritten, rename(temporary, path) == 0 else {
      unlink(temporary)
      return .failure(isWritten ? lastFault() : fault)
    }
    return .success(())
  }

  /// Removes what a process that was killed while it wrote this file has left beside it.
  private static func clearLeftovers(of path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let folder = parts.count > 1 ? parts.dropLast().joined(separator: "/") + "/" : "./"
    let name = (parts.last ?? "") + "."
    guard let entries = opendir(folder) else { return }
    defer { closedir(entries) }
    while let entry = readdir(entries)?.pointee {
      let found = withUnsafeBytes(of: entry.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard found.hasPrefix(name), found.hasSuffix(".new"),
        let writer = pid_t(found.dropFirst(name.count).dropLast(4)), writer > 0,
        kill(writer, 0) != 0, errno == ESRCH
      else { continue }
      unlink(folder + found)
    }
  }

  private static func lastFault() -> FileFault {
    FileFault(reason: String(cString: strerror(errno)).lowercased())
  }
}

enum Files {
  /// The rest of a file; nil if there is more than `limit`.
  static func bytes(of file: UnsafeMutablePointer<FILE>?, atMost limit: Int) -> [UInt8]? {
    guard let file else { return [] }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
    return nil
  }

  /// A text file; nil if it cannot be read as one.
  static func text(_ path: String) -> String? {
    guard case .success(let bytes) = FileAccess.open.read(path) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// A script; a notebook of Jupyter is read as one. Nil if there is none.
  static func script(_ path: String) throws(UsageFault) -> String? {
    guard let text = text(path) else { return nil }
    guard ImportedNotebook.isNotebook(text) || path.lowercased().hasSuffix(".ipynb") else {
      return text
    }
    do throws(ImportFault) { return try ImportedNotebook(text).text } catch {
      throw UsageFault(text: "`\(path)` " + error.text)
    }
  }

  /// Where a path leads, links followed; nil if nowhere.
  static func place(_ path: String) -> String? {
    let found = realpath(path, nil)
    defer { free(found) }
    return found.map { String(cString: $0) }
  }

  /// What changes with each save; nil where there is no such file.
  static func stamp(_ path: String) -> [Int]? {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    return [
      Int(info.st_mtim.tv_sec), info.st_mtim.tv_nsec, Int(info.st_size), Int(info.st_ino),
    ]
  }

  /// The names in a folder, in order.
  static func names(in folder: String) -> [String] {
    guard let entries = opendir(folder) else { return [] }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries)?.pointee {
      names.append(
        withUnsafeBytes(of: entry.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  /// The last part of a path; of `.` and `..`, the name of the folder that they mean.
  static func name(_ path: String) -> String {
    var parts: [Substring] = []
    let here = path.hasPrefix("/") ? nil : place(".")
    for part in ((here.map { $0 + "/" } ?? "") + path).split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.last.map(String.init) ?? "/"
  }

  /// The folder that a path is in.
  static func folder(of path: String) -> String {
    guard let end = path.lastIndex(of: "/") else { return "." }
    return end == path.startIndex ? "/" : String(path[..<end])
  }

  /// Makes a folder, and those that it is in, where they are not there.
  static func makeFolder(_ path: String) {
    guard !isFolder(path), !path.isEmpty else { return }
    makeFolder(folder(of: path))
    mkdir(path, 0o777)
  }

  static func isFolder(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  }

  @discardableResult
  static func write(_ text: String, to path: String) -> Bool {
    if case .success = FileAccess.open.write(path, Array(text.utf8)) { true } else { false }
  }
}

/// What went wrong before anything could be judged; the text is for a reader.
struct UsageFault: Error { let text: String }
