import JSON
import Platform

/// What a dropout decides at once.
public enum DropoutExtent: String, Hashable, Sendable, CaseIterable {
  /// Every element for itself (Srivastava et al. 2014).
  case element
  /// One choice a column for all steps of a sequence (Gal and Ghahramani 2016; "spatial" dropout of feature maps).
  case sequence
}

/// Elements left out at random while training; nothing where nothing is learned.
///
/// Options: `rate`, the share left out; `extent`, `element` or `sequence`.
package struct DropoutKind: LayerKind {
  package static let name = "dropout"
  package let rate: Double
  package let extent: DropoutExtent
  private let shape: LayerShape

  package init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError) {
    try inputs.count(1...1)
    shape = try inputs.rows(0)
    rate = try options["rate"].double(in: LayerLimit.rate)
    extent = try options["extent"].optional?.oneOf(DropoutExtent.self) ?? .element
  }

  package var options: JSONObject { ["rate": JSON(rate), "extent": .string(extent.rawValue)] }
  package var outputs: [LayerOutput] { [LayerOutput(shape)] }
  package func layer(_ weights: LayerWeights) -> any InferenceLayer { Identity() }

  private struct Identity: InferenceLayer {
    let readsTypes = true
    func forward(_ inputs: [LayerValues]) -> [LayerValues] { inputs }
  }
}
