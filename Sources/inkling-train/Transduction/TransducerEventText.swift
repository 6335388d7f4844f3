import Console
import ModelBuilding

extension TransducerBuildingEvent {
  /// Lines for a person, the last without its line feed.
  var text: String {
    switch self {
    case .pairs(let training, let heldOut, let tooLong, let withheld, let types):
      "\(NumberText.grouped(training)) pairs, \(NumberText.grouped(heldOut)) held out, "
        + "\(NumberText.grouped(types)) types"
        + (tooLong > 0 ? "; left out: \(NumberText.grouped(tooLong)) longer than --length" : "")
        + (withheld > 0
          ? "; left out: \(NumberText.grouped(withheld)) with what looks like a secret or was forgotten" : "")
    case .accuracy(let accuracy, let name):
      "\(name == "heldOut" ? "held out" : name): \(NumberText.percent(accuracy.exactness, digits: 2)) of "
        + "\(NumberText.grouped(accuracy.pairCount)) pairs right, "
        + NumberText.percent(
          Double(accuracy.amongCount) / Double(max(1, accuracy.pairCount)), digits: 2)
        + " among \(accuracy.width), "
        + "\(NumberText.percent(accuracy.unitErrorRate, digits: 2)) of units wrong; "
        + NumberText.fixed(1e3 * accuracy.seconds / Double(max(1, accuracy.pairCount)), digits: 1)
        + " ms each"
    case .finished(let model):
      "Model in \(model.path): \(NumberText.grouped(model.pairCount)) pairs, in "
        + "\(NumberText.fixed(model.seconds, digits: 1)) s"
    }
  }
}
