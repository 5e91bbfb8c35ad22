// Deep recursion in a learner's program needs a deep stack.
#if !arch(wasm32)
  import CPlatform
  import Glibc
#endif

/// A stack for a learner's program.
package enum BigStack {
  /// What is left for the program's own functions when the learner's may go no deeper.
  private static let reserve: UInt = 4 << 20

  #if arch(wasm32)
    /// Runs `body`: a page has one stack, which is large and begins at address 0.
    /// - Parameter body: is told the lowest address its frames may reach.
    package static func run(_ body: @escaping (UInt) -> Void) {
      body(reserve)
    }
  #else
    private static let bytes: UInt = 512 << 20

    private final class Job: @unchecked Sendable {
      let body: (UInt) -> Void
      init(_ body: @escaping (UInt) -> Void) { self.body = body }
    }

    /// Runs `body` on a thread with a large stack and waits for it; on such a thread already, at once.
    /// - Parameter body: is told the lowest address its frames may reach.
    package static func run(_ body: @escaping (UInt) -> Void) {
      let limit = nnrepl_stack_limit().pointee
      if limit != 0 { return body(UInt(limit)) }
      var attributes = pthread_attr_t()
      pthread_attr_init(&attributes)
      pthread_attr_setstacksize(&attributes, Int(bytes))
      defer { pthread_attr_destroy(&attributes) }
      var thread = pthread_t()
      let job = Unmanaged.passRetained(Job(body))
      let failed = pthread_create(
        &thread, &attributes,
        { raw in
          guard let raw else { return nil }
          let job = Unmanaged<Job>.fromOpaque(raw).takeRetainedValue()
          let limit = nnrepl_stack() - BigStack.bytes + BigStack.reserve
          nnrepl_stack_limit().pointee = Int(limit)
          let hasSlabs = nnrepl_slabs_take() != 0
          job.body(limit)
          if hasSlabs { nnrepl_slabs_leave() }
          return nil
        }, job.toOpaque())
      if failed == 0 {
        pthread_join(thread, nil)
      } else {
        // Without the memory for a large stack, run here with what there is.
        job.takeRetainedValue().body(nnrepl_stack() - reserve)
      }
    }
  #endif
}
