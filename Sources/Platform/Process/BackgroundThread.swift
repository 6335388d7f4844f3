import CSystem

/// Starts a detached thread with a stack of its own size, which the system's default (512 KB on macOS) may lack.
///
/// - Throws: `Failure` when the system has no more threads to give.
package func startThread(
  stackByteCount: Int = 4 << 20, _ body: @escaping @Sendable () -> Void
) throws(Failure) {
  let box = Unmanaged.passRetained(ThreadBody(run: body))
  guard inkling_start_thread(stackByteCount, runThread, box.toOpaque()) == 0 else {
    box.release()
    throw Failure("a thread", why: "the system has no more to give", remedy: "raise the limit with ulimit -u")
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runThread(_ context: UnsafeMutableRawPointer?) {
  guard let context else { return }
  Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
}
