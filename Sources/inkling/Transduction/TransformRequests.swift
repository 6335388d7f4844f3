import JSON
import Platform
import Transduction

/// `inkling transform --jsonl`: what a text becomes, or how probable it is to become some texts. See `RequestLines`.
struct TransformRequests {
  let model: TransducerModel
  let beamWidth: Int
  let top: Int
  private static let candidateLimit = 2000

  /// Reads standard input to its end.
  func answerAll() throws(Failure) {
    try RequestLines.answerAll { request throws(Failure) in try members(for: request) }
  }

  private func members(for request: JSON) throws(Failure) -> JSONObject {
    let given = try RequestMembers(request, known: ["id", "text", "path", "beam", "top", "candidates"])
    let (text, _) = try given.text(for: "transform")
    let width = try given.integer("beam", 1...64)
    let limit = try given.integer("top", 1...64)
    if let candidates = try given.strings("candidates", limit: Self.candidateLimit) {
      if limit != nil || width != nil {
        throw Failure(
          limit != nil ? "top" : "beam", why: "given together with candidates",
          remedy: "all candidates are scored")
      }
      var scores: [JSON] = []
      for candidate in candidates {
        let logProbability = try model.logProbability(of: Array(candidate.utf8), from: text)
        scores.append(logProbability.isFinite ? JSON(logProbability) : .null)
      }
      return ["logProbabilities": .array(scores)]
    }
    let answer = try model.transform(text, beamWidth: width ?? beamWidth, limit: limit ?? top)
    return [
      "outputs": .array(
        answer.outputs.map {
          [
            "text": .string(String(decoding: $0.text, as: UTF8.self)), "score": JSON($0.score),
            "logProbability": JSON($0.logProbability),
          ]
        }), "isCut": .bool(answer.isCut),
    ]
  }
}
