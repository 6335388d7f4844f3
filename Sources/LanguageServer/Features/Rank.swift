import LanguageServerProtocol
import Prediction

/// `inkling/rank`: how probable each of somebody else's candidates is at a place.
enum RankRequest: DocumentRequest {
  static let method = RankParams.method

  static func document(of params: RankParams) -> TextDocumentIdentifier { params.place.document }

  static func answer(
    _ params: RankParams, _ content: inout DocumentContent, _ document: OpenDocument,
    _ context: RequestContext
  ) -> RankResult {
    let place = content.text.byteOffset(of: params.place.position, context.encoding)
    let ranking = content.rank(params.texts, at: place, deadline: context.deadline)
    let hasNetwork = content.engine.hasNetwork
    return RankResult(
      probabilities: ranking.probabilities, order: ranking.order, remainder: ranking.remainder,
      isIncomplete: ranking.isIncomplete, usesNetwork: hasNetwork ? ranking.usesNetwork : nil)
  }
}

extension DocumentContent {
  /// Whatever was not ready for the answer is made so.
  mutating func rank(
    _ candidates: [String], at place: Int, deadline: ContinuousClock.Instant
  ) -> CandidateRanking {
    let ranking = engine.rank(candidates, at: place, deadline: deadline)
    if ranking.isIncomplete { wantsPreparation = true }
    return ranking
  }
}
