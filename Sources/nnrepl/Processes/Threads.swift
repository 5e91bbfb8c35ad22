// Threads as the system has them.
@preconcurrency import Glibc

/// A thread beside the one that runs the session.
enum BackgroundThread {
  private final class Job: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Runs `body` there; nobody waits for its end.
  /// - Returns: false if there can be no thread.
  @discardableResult
  static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    let job = Unmanaged.passRetained(Job(body))
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { raw in
        guard let raw else { return nil }
        Unmanaged<Job>.fromOpaque(raw).takeRetainedValue().body()
        return nil
      }, job.toOpaque())
    guard failed == 0 else {
      job.release()
      return false
    }
    pthread_detach(thread)
    return true
  }
}

/// A number that one thread counts up and another one down; who finds 0 waits.
final class Semaphore: @unchecked Sendable {
  private let place = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(place, 0, 0) }

  deinit {
    sem_destroy(place)
    place.deallocate()
  }

  func signal() { sem_post(place) }

  func wait() { while sem_wait(place) != 0, errno == EINTR {} }
}
