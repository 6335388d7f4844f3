import Classification
import LanguageServerProtocol
import Platform

/// `inkling/classify`: which label a text or an open document has, by a classifier that the client names.
enum ClassifyRequest: AsideRequest {
  static let method = "inkling/classify"

  private static let evidenceLimit = 10

  static func begin(
    _ params: ClassifyParams, _ context: RequestContext, _ answer: @escaping Answer<ClassifyResult>
  ) {
    let services = context.services
    // In the document's lane, behind the edits that came before, or among what waits for no document.
    guard let identifier = params.document else {
      let text = Array((params.text ?? "").utf8)
      return services.aside { answer(result(text, params, context)) }
    }
    guard let document = try? services.documents.find(identifier) else {
      return answer(.failure(.invalidParams(identifier.notOpen)))
    }
    services.scheduler.submit(.background, in: document.lane) {
      guard let text = document.withContent({ Array($0.string(in: 0..<$0.text.byteCount).utf8) }) else {
        answer(.failure(.closed))
        return .done
      }
      services.aside { answer(result(text, params, context)) }
      return .done
    }
  }

  private static func result(
    _ text: [UInt8], _ params: ClassifyParams, _ context: RequestContext
  ) -> Result<ClassifyResult, ResponseError> {
    if context.isCancelled.isRaised { return .failure(.cancelled) }
    do throws(Failure) {
      let classifier = try context.services.classifiers.classifier(at: params.model)
      let found = try classifier.classify(text)
      var parts: [ClassifyResult.Part]?
      if params.explains {
        parts = try classifier.explain(text, label: found.bestIndex, limit: evidenceLimit).map {
          .init(text: String(decoding: text[$0.place], as: UTF8.self), weight: Double($0.weight))
        }
      }
      return .success(
        ClassifyResult(
          labels: found.ranked(params.top).map {
            .init(label: $0.label, probability: Double($0.probability))
          },
          because: parts))
    } catch { return .failure(ResponseError(.requestFailed, error.description)) }
  }
}
