// One run at a time writes a file of records.
@preconcurrency import Glibc

/// A lock that goes with the process that holds it, however it ends: a file beside the one it is about.
final class FileLock {
  private let path: String
  private let file: Int32

  /// - Parameter waits: waits for whoever holds it.
  /// - Throws: `UsageFault` if another process holds it, or if there can be no lock.
  init(of path: String, waits: Bool) throws {
    let lock = path + ".lock"
    while true {
      let file = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
      guard file >= 0 else {
        let reason = String(cString: strerror(errno)).lowercased()
        throw UsageFault(text: "cannot write `\(path)`: no lock beside it: \(reason)")
      }
      if flock(file, LOCK_EX | LOCK_NB) != 0 {
        guard errno == EWOULDBLOCK || errno == EINTR, waits else {
          close(file)
          throw UsageFault(
            text:
              "another run is writing `\(path)`; with --resume this one waits for it, or give another --out"
          )
        }
        Console.tell("waiting for the run that is writing `\(path)`")
        while flock(file, LOCK_EX) != 0 && errno == EINTR {}
      }
      // Whoever held it before may have taken the file away with them.
      var (held, there) = (stat(), stat())
      if fstat(file, &held) == 0, stat(lock, &there) == 0, held.st_ino == there.st_ino {
        (self.path, self.file) = (lock, file)
        return
      }
      close(file)
    }
  }

  deinit {
    unlink(path)
    close(file)
  }
}
