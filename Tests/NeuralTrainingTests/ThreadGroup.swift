import Platform
import Synchronization

@testable import NeuralTraining

/// Threads in the place of processes.
final class ThreadGroup: ProcessGroup {
  /// Where they wait for each other.
  private final class Meeting: @unchecked Sendable {
    private let count: Int
    private var mutex = pthread_mutex_t()
    private var condition = pthread_cond_t()
    private var arrived = 0
    private var round = 0
    private var sums: [Double] = []
    private var result: [Double] = []

    init(_ count: Int) {
      self.count = count
      pthread_mutex_init(&mutex, nil)
      pthread_cond_init(&condition, nil)
    }

    func sum(_ values: [Double]) -> [Double] {
      pthread_mutex_lock(&mutex)
      defer { pthread_mutex_unlock(&mutex) }
      sums = arrived == 0 ? values : zip(sums, values).map { $0 + $1 }
      arrived += 1
      let own = round
      if arrived == count {
        (result, arrived) = (sums, 0)
        round += 1
        pthread_cond_broadcast(&condition)
      }
      while round == own { pthread_cond_wait(&condition, &mutex) }
      return result
    }
  }

  let index: Int
  let count: Int
  private let meeting: Meeting

  private init(_ index: Int, _ count: Int, _ meeting: Meeting) {
    self.index = index
    self.count = count
    self.meeting = meeting
  }

  func sum(_ values: UnsafeMutableBufferPointer<Float>) {
    for (index, sum) in meeting.sum(values.map { Double($0) }).enumerated() { values[index] = Float(sum) }
  }

  func sum(_ values: UnsafeMutableBufferPointer<Double>) {
    for (index, sum) in meeting.sum(Array(values)).enumerated() { values[index] = sum }
  }

  func end() {}

  /// What `body` gives in each of `count` threads.
  static func run<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (ThreadGroup) throws -> Value
  ) throws -> [Result<Value, any Error>] {
    let meeting = Meeting(count)
    let results = Results<Value>()
    for index in 0..<count {
      try startThread {
        let result = Result { try body(ThreadGroup(index, count, meeting)) }
        results.values.withLock { $0[index] = result }
      }
    }
    while results.values.withLock({ $0.count < count }) { usleep(1000) }
    return results.values.withLock { values in (0..<count).map { values[$0]! } }
  }

  private final class Results<Value: Sendable>: Sendable {
    let values = Mutex<[Int: Result<Value, any Error>]>([:])
  }
}

extension TrainerTests {
  /// The networks that `count` processes, here threads, learn together of the text of these tests.
  ///
  /// - Parameters:
  ///   - stopsAfter: the first process asks for an end when it is asked so often.
  ///   - sharing: how they learn together.
  static func train(
    _ count: Int, _ options: RecurrentTrainingOptions, checkpoint: String? = nil, resumes: Bool = false,
    stopsAfter: Int = .max, sharing: @escaping @Sendable (any ProcessGroup) -> SharedTraining
  ) throws -> [TrainedNetwork] {
    try ThreadGroup.run(count) { group in
      let trainer = try NeuralTrainer(
        TrainerTests.text(), options: options, checkpointPath: checkpoint, resumes: resumes,
        sharing: sharing(group))
      var asked = 0
      return try trainer.run(
        report: { _ in },
        shouldStop: {
          asked += 1
          return asked >= stopsAfter && group.index == 0
        })
    }.map { try $0.get() }
  }
}
