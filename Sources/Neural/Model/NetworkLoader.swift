import LanguageModeling
import Platform

/// Reads a network's parameters into the forms that the kernels take, in the order of `rows`.
struct NetworkLoader {
  let architecture: RecurrentArchitecture
  let source: any WeightSource
  let rows: TokenRows
  let precision: WeightPrecision
  let kernels: KernelSet

  private var parameters: [String: RecurrentArchitecture.Parameter] {
    Dictionary(uniqueKeysWithValues: architecture.parameters.map { ($0.name, $0) })
  }

  /// The row of `<s>`, which is never predicted.
  private var impossibleRow: Int? { rows.knownRow(of: .sentenceStart) }

  func embedding() throws(Failure) -> EmbeddingTable {
    let parameter = parameters["embedding.weight"]!
    let table = try EmbeddingTable(
      count: architecture.vocabularyCount, size: architecture.embeddingSize, precision: precision
    ) { row, buffer throws(Failure) in
      try source.read(parameter, row: Int(rows.fileRows[row]), into: buffer)
    }
    if !architecture.isTied { source.finish(parameter) }
    return table
  }

  func layers() throws(Failure) -> [HiddenLayer] {
    var layers: [HiddenLayer] = []
    for layer in 0..<architecture.layerCount {
      layers.append(try HiddenLayer(architecture, layer: layer, source: source, precision: precision))
    }
    return layers
  }

  func output() throws(Failure) -> OutputLayer {
    let head: SoftmaxGroup
    var clusters: [OutputLayer.Cluster] = []
    switch architecture.output {
    case .full:
      let weight = parameters[architecture.isTied ? "embedding.weight" : "output.weight"]!
      let bias = try source.vector(parameters["output.bias"]!)
      head = try group(
        weight, fileRows: rows.fileRows.map { Int($0) }, bias: rows.fileRows.map { bias[Int($0)] },
        typeRows: Array(0..<Int32(rows.count)))
    case .adaptive(let cutoffs, _, let hasHeadBias):
      let shortlist = typeRows(of: 0..<cutoffs[0])
      let fileRows = shortlist.map { Int(rows.fileRows[Int($0)]) } + cutoffs.indices.map { cutoffs[0] + $0 }
      let weight = parameters["output.head.weight"]!
      let bias =
        hasHeadBias
        ? try source.vector(parameters["output.head.bias"]!) : [Float](repeating: 0, count: weight.shape[0])
      let ranges = architecture.clusters
      head = try group(
        weight, fileRows: fileRows, bias: fileRows.map { bias[$0] }, typeRows: shortlist,
        emptyClusters: ranges.indices.filter {
          typeRows(of: ranges[$0]).allSatisfy { Int($0) == impossibleRow }
        })
      for (index, range) in ranges.enumerated() {
        clusters.append(try cluster(index, range, headOutcome: shortlist.count + index))
      }
    }
    return OutputLayer(
      head: head, clusters: clusters, hiddenSize: architecture.hiddenSize, precision: precision,
      typeCount: rows.count)
  }

  private func cluster(_ index: Int, _ range: Range<Int>, headOutcome: Int) throws(Failure)
    -> OutputLayer.Cluster
  {
    let projection = parameters["output.tail.\(index).0.weight"]!
    let matrix = try WeightMatrix(
      rows: projection.shape[0], columns: projection.shape[1], precision: precision, named: projection.name
    ) { row, buffer throws(Failure) in try source.read(projection, row: row, into: buffer) }
    source.finish(projection)
    let types = typeRows(of: range)
    let group = try group(
      parameters["output.tail.\(index).1.weight"]!,
      fileRows: types.map { Int(rows.fileRows[Int($0)]) - range.lowerBound },
      bias: [Float](repeating: 0, count: range.count), typeRows: types)
    return OutputLayer.Cluster(projection: matrix, group: group, headOutcome: headOutcome)
  }

  /// The types, ascending, whose rows in the file are in a range.
  private func typeRows(of fileRange: Range<Int>) -> [Int32] {
    rows.fileRows.indices.filter { fileRange.contains(Int(rows.fileRows[$0])) }.map { Int32($0) }
  }

  /// - Parameters:
  ///   - fileRows: the row of the parameter for each outcome.
  ///   - bias: one an outcome.
  ///   - typeRows: the type of each outcome but the clusters' at the end.
  ///   - emptyClusters: clusters of the head that hold nothing which can come.
  private func group(
    _ weight: RecurrentArchitecture.Parameter, fileRows: [Int], bias: [Float], typeRows: [Int32],
    emptyClusters: [Int] = []
  ) throws(Failure) -> SoftmaxGroup {
    var bias = bias
    var impossible = Set(emptyClusters.map { typeRows.count + $0 })
    if let row = impossibleRow, let outcome = typeRows.firstIndex(of: Int32(row)),
      typeRows.count > 1 || fileRows.count > 1
    {
      impossible.insert(outcome)
    }
    for outcome in impossible { bias[outcome] = SoftmaxGroup.impossible }
    let matrix = try WeightMatrix(
      rows: fileRows.count, columns: weight.shape[1], precision: precision, bias: bias, named: weight.name,
      outputKernels: kernels
    ) { outcome, buffer throws(Failure) in
      if impossible.contains(outcome) {
        buffer.update(repeating: 0)
      } else {
        try source.read(weight, row: fileRows[outcome], into: buffer)
      }
    }
    source.finish(weight)
    return SoftmaxGroup(matrix: matrix, rows: typeRows)
  }
}
