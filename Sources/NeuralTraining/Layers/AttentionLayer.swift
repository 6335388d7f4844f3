import CTrainingKernels
import Neural

/// For every query the values of its sequence's memory, weighted by how well their keys fit it (Luong et al. 2015):
/// context = Σⱼ softmaxⱼ(query · keyⱼ · scale) valueⱼ.
final class AttentionLayer<Scalar: TrainingScalar>: Layer {
  /// (rows of the queries) × (size of the values).
  let output: Activation<Scalar>
  private let queries: Activation<Scalar>
  private let keys: Activation<Scalar>
  private let values: Activation<Scalar>
  private let scale: Double
  private let products: MatrixProducts<Scalar>
  private let operations = Scalar.operations
  /// The weights of every sequence, queries × memory, one behind the other; and the gradients by the scores.
  private var weights = Buffer<Scalar>(0)
  private var scoreGradients = Buffer<Scalar>(0)
  private var weightOffsets: [Int] = [0]

  /// - Parameters:
  ///   - queries: by sequence; the same number of sequences as the memory, of lengths of their own.
  ///   - keys: by sequence, of the queries' size.
  ///   - values: of the keys' shape, of any size.
  ///   - scale: 1 / √size as in Vaswani et al. 2017; 1 as in Luong et al.
  init(
    queries: Activation<Scalar>, keys: Activation<Scalar>, values: Activation<Scalar>, scale: Double = 1,
    context: LayerContext<Scalar>
  ) {
    precondition(queries.size == keys.size)
    self.queries = queries
    self.keys = keys
    self.values = values
    self.scale = scale
    products = context.products
    output = Activation(size: values.size)
  }

  func begin(_ pass: TrainingPass) {
    precondition(queries.shape.order == .bySequence && keys.shape.order == .bySequence)
    precondition(queries.shape.shards == keys.shape.shards && keys.rowCount == values.rowCount)
    weightOffsets = [0]
    for (queries, memory) in zip(queries.shape.lengths, keys.shape.lengths) {
      weightOffsets.append(weightOffsets.last! + queries * memory)
    }
    if weights.count < weightOffsets.last! { weights = Buffer(weightOffsets.last!) }
    if pass.needsGradients && scoreGradients.count < weightOffsets.last! {
      scoreGradients = Buffer(weightOffsets.last!)
    }
    output.begin(queries.shape, needsGradient: pass.needsGradients)
  }

  /// Where a sequence's parts are, from the shard's first rows.
  private struct Part {
    var queryRow: Int
    var queryCount: Int
    var memoryRow: Int
    var memoryCount: Int
    var weightOffset: Int
  }

  private func parts(_ shard: Int) -> [Part] {
    let firstQuery = queries.shape.rows(ofShard: shard).lowerBound
    let firstMemory = keys.shape.rows(ofShard: shard).lowerBound
    return queries.shape.shards[shard].map {
      Part(
        queryRow: queries.shape.offsets[$0] - firstQuery, queryCount: queries.shape.lengths[$0],
        memoryRow: keys.shape.offsets[$0] - firstMemory, memoryCount: keys.shape.lengths[$0],
        weightOffset: weightOffsets[$0])
    }
  }

  func forward(shard: Int, thread: Int) {
    let (size, width) = (queries.size, values.size)
    for part in parts(shard) {
      let target = output.values(shard) + part.queryRow * width
      guard part.memoryCount > 0 else {
        target.clear(count: part.queryCount * width)
        continue
      }
      let scores = weights.pointer + part.weightOffset
      products.multiply(
        thread: thread, transposesB: true, part.queryCount, part.memoryCount, size,
        queries.values(shard) + part.queryRow * size, size, keys.values(shard) + part.memoryRow * size, size,
        accumulates: false, scores, part.memoryCount)
      for row in 0..<part.queryCount { softmax(scores + row * part.memoryCount, part.memoryCount) }
      products.multiply(
        thread: thread, part.queryCount, width, part.memoryCount, scores, part.memoryCount,
        values.values(shard) + part.memoryRow * width, width, accumulates: false, target, width)
    }
  }

  private func softmax(_ row: UnsafeMutablePointer<Scalar>, _ count: Int) {
    var largest = -Double.infinity
    for index in 0..<count { largest = max(largest, Double(row[index]) * scale) }
    var sum = 0.0
    for index in 0..<count {
      let value = exponential(Double(row[index]) * scale - largest)
      row[index] = Scalar(value)
      sum += value
    }
    for index in 0..<count { row[index] = Scalar(Double(row[index]) / sum) }
  }

  func backward(shard: Int, thread: Int) {
    let (size, width) = (queries.size, values.size)
    let given = output.readGradient(shard)
    let queryGradient = queries.addedGradient(shard)
    let keyGradient = keys.addedGradient(shard)
    let valueGradient = values.addedGradient(shard)
    for part in parts(shard) where part.memoryCount > 0 && part.queryCount > 0 {
      let weight = weights.pointer + part.weightOffset
      let gradient = scoreGradients.pointer + part.weightOffset
      let out = given + part.queryRow * width
      products.multiply(
        thread: thread, transposesA: true, part.memoryCount, width, part.queryCount, weight, part.memoryCount,
        out,
        width, accumulates: true, valueGradient + part.memoryRow * width, width)
      products.multiply(
        thread: thread, transposesB: true, part.queryCount, part.memoryCount, width, out, width,
        values.values(shard) + part.memoryRow * width, width, accumulates: false, gradient, part.memoryCount)
      for row in 0..<part.queryCount {
        differentiate(weight + row * part.memoryCount, gradient + row * part.memoryCount, part.memoryCount)
      }
      products.multiply(
        thread: thread, part.queryCount, size, part.memoryCount, gradient, part.memoryCount,
        keys.values(shard) + part.memoryRow * size, size, accumulates: true,
        queryGradient + part.queryRow * size, size)
      products.multiply(
        thread: thread, transposesA: true, part.memoryCount, size, part.queryCount, gradient,
        part.memoryCount,
        queries.values(shard) + part.queryRow * size, size, accumulates: true,
        keyGradient + part.memoryRow * size,
        size)
    }
  }

  /// From the gradient by a row of weights to that by its scores, in place.
  private func differentiate(
    _ weights: UnsafePointer<Scalar>, _ gradient: UnsafeMutablePointer<Scalar>, _ count: Int
  ) {
    let mean = operations.dot(Int64(count), weights, gradient)
    for index in 0..<count {
      gradient[index] = Scalar(Double(weights[index]) * (Double(gradient[index]) - mean) * scale)
    }
  }
}

extension AttentionKind: TrainableLayerKind {
  func build<Scalar: TrainingScalar>(_ builder: LayerBuilder<Scalar>) -> [Activation<Scalar>] {
    let layer = AttentionLayer(
      queries: builder.inputs[0], keys: builder.inputs[1], values: builder.inputs[2], scale: scale,
      context: builder.stack.context)
    return [builder.stack.add(layer).output]
  }
}
