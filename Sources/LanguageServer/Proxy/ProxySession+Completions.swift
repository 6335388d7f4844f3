import Dispatch
import JSON
import LanguageServerProtocol
import Prediction
import Synchronization

extension ProxySession {
  /// The server's list in the order of what is probable; nil for as it is.
  func ranked(_ answer: ProxiedMessage, _ request: PendingRequest) -> [UInt8]? {
    let deadline = ContinuousClock.now + .milliseconds(options.deadlineMilliseconds)
    guard companion.isReady, let result = answer.result, let asked = ProxiedMessage(request.content) else {
      return nil
    }
    guard let list = ProxiedCompletions(answer.spans, result: result), !list.items.isEmpty else {
      let isEmpty =
        answer.spans.isLiteral(result, "null") || ProxiedCompletions(answer.spans, result: result) != nil
      guard isEmpty, options.ownItems != .never, let own = companion.wait(for: asked, until: deadline),
        own["items"]?.arrayValue?.isEmpty == false
      else { return nil }
      return answer.bytes(withResult: own.serialized())
    }
    let serverOrder = list.serverOrder
    let others = options.ownItems == .always ? ownItems(asked, beside: list, until: deadline) : []
    guard let place = asked.place,
      let order = companion.rank(serverOrder.map { list.items[$0].text }, at: place, until: deadline)
    else { return others.isEmpty ? nil : list.reordered(serverOrder, adding: others) }
    return list.reordered(order.map { serverOrder[$0] }, adding: others)
  }

  /// Inkling's items that the server has not, to stand behind its.
  private func ownItems(
    _ request: ProxiedMessage, beside list: ProxiedCompletions, until deadline: ContinuousClock.Instant
  ) -> [[UInt8]] {
    let known = Set(list.items.flatMap { [$0.label, $0.text] })
    let items = companion.wait(for: request, until: deadline)?["items"]?.arrayValue ?? []
    return items.compactMap { item -> [UInt8]? in
      guard var object = item.objectValue, let label = object["label"]?.stringValue, !known.contains(label)
      else { return nil }
      object["sortText"] = .string("z" + (object["sortText"]?.stringValue ?? ""))
      object["preselect"] = nil
      return JSON.object(object).serialized()
    }
  }
}
