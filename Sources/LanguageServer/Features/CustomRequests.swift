import JSON
import Platform

/// 2⁻ᵇ.
func exp2Negative(_ bits: Double) -> Double { exp2(-bits) }

extension Session {
  /// `inkling/complete`: what may come at a place, with probabilities, for people who write their own clients.
  func rawCompletion(
    _ content: inout DocumentContent, _ document: OpenDocument, _ params: JSONDecoding,
    _ context: RequestContext
  ) throws(ResponseError) -> JSON {
    do throws(JSONError) {
      let place = content.text.byteOffset(of: try params["position"].position(), context.encoding)
      let limit = try params["limit"].optional?.integer(in: 1...1000) ?? context.settings.completion.limit
      let list = content.engine.suggestions(at: place, limit: limit, deadline: context.deadline)
      networkUse.add(usesNetwork: list.usesNetwork)
      if list.usesNetwork == false { content.wantsPreparation = true }
      let items = list.items.filter { $0.replacedBytes.upperBound <= content.text.byteCount }.map {
        item -> JSON in
        [
          "text": .string(item.text), "newText": .string(item.insertedText),
          "range": content.text.range(item.replacedBytes, context.encoding),
          "probability": JSON(item.probability),
          "source": .string(item.source),
        ]
      }
      return [
        "items": .array(items), "isIncomplete": .bool(list.isIncomplete),
        "usesNetwork": list.usesNetwork.map(JSON.bool) ?? .null,
      ]
    } catch { throw .invalidParams(error) }
  }

  /// `inkling/score`: the surprisal of every token of a document or of some of its lines.
  func score(_ params: JSONDecoding, _ context: RequestContext, _ answer: @escaping Answer) {
    do throws(ResponseError) {
      let document = try document(of: params)
      let lines = try Self.lines(in: params)
      sweep(
        document, lines: lines, unless: { context.isCancelled.isRaised },
        abandoned: { answer(.failure(.cancelled)) },
        finished: { content, found in answer(.success(Self.scores(found, content, context.encoding))) })
    } catch { answer(.failure(error)) }
  }

  /// The lines of `params.range`; nil if there is no range.
  static func lines(in params: JSONDecoding) throws(ResponseError) -> Range<Int>? {
    guard let range = params["range"].optional else { return nil }
    do throws(JSONError) {
      let first = try range["start"].position().line
      let last = try range["end"].position().line
      return min(first, last)..<max(first, last) + 1
    } catch { throw .invalidParams(error) }
  }

  private static func scores(_ found: [Surprisal], _ content: DocumentContent, _ encoding: PositionEncoding)
    -> JSON
  {
    let total = found.reduce(0) { $0 + $1.bits }
    var positions = PositionReader(content.text, encoding)
    let tokens = found.map { surprisal -> JSON in
      [
        "range": positions.range(surprisal.byteRange), "surprisalBits": JSON(surprisal.bits),
        "isSlip": .bool(surprisal.isSlip),
        "expected": .array(
          surprisal.expected.map { ["text": .string($0.text), "probability": JSON($0.probability)] }),
      ]
    }
    return [
      "version": JSON(content.version), "tokenCount": JSON(found.count), "surprisalBits": JSON(total),
      "perplexity": found.isEmpty ? .null : JSON(exp2(total / Double(found.count))), "tokens": .array(tokens),
    ]
  }
}
