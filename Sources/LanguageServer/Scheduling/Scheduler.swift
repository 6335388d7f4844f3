/// How urgent a job is within its lane and among the lanes.
package enum Urgency: Int, Comparable, Sendable {
  /// Somebody waits for an answer: a completion. In order with the interactive jobs of its lane, which goes before others.
  case awaited
  /// Somebody will ask about it: an opened document, an edit. In order within its lane.
  case interactive
  /// Runs when its lane has nothing interactive to do, a slice at a time.
  case background

  package static func < (a: Urgency, b: Urgency) -> Bool { a.rawValue < b.rawValue }
}

/// Whether a job is done, or wants to go on after whatever is more urgent.
package enum JobOutcome: Sendable {
  case done
  case unfinished
}

/// Runs jobs in lanes: one job of a lane at a time, interactive ones in the order of their submission.
package protocol Scheduler: Sendable {
  /// Queues a job. It never runs before this returns on the scheduler of a server, and always does on that of a
  /// test.
  func submit(_ urgency: Urgency, in lane: Lane, _ job: @escaping @Sendable () -> JobOutcome)

  /// Runs a job before this returns, on this thread, where its lane has nothing to do; else queues it. For threads that are nobody's
  /// but the caller's: two wakings, of the one that would run it and of the one that waits for it, take longer than many a job.
  func run(_ urgency: Urgency, in lane: Lane, _ job: @escaping @Sendable () -> JobOutcome)

  /// Runs `body` in this many milliseconds, on a thread that must not be held up.
  func schedule(afterMilliseconds delay: Int, _ body: @escaping @Sendable () -> Void)

  /// The same in place of what the alarm was last set for, if that has not been done yet.
  func set(_ alarm: Alarm, afterMilliseconds delay: Int, _ body: @escaping @Sendable () -> Void)

  /// Puts new threads in the places of those that there are, as these come free.
  func renewThreads()
}

extension Scheduler {
  package func run(_ urgency: Urgency, in lane: Lane, _ job: @escaping @Sendable () -> JobOutcome) {
    submit(urgency, in: lane, job)
  }

  /// Queues a job that is done in one go.
  func submit(_ urgency: Urgency, in lane: Lane, once job: @escaping @Sendable () -> Void) {
    submit(urgency, in: lane) {
      job()
      return .done
    }
  }
}
