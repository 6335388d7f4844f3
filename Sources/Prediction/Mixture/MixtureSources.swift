/// What else is known at a position.
struct MixtureSources {
  /// Counts of the document itself.
  var document: DocumentCounts?
  /// Counts of other documents.
  var neighbours: DocumentCounts?
  /// Whether the document's own counts are part of the neighbours', to be taken off.
  var neighboursIncludeDocument = false
  /// Whether the token that stands at the position is part of the document's counts, to be taken off.
  var leavesOutToken = false
  /// What the text says of the layers below the model.
  var evidence = LayerEvidence()
  /// How much more or less than the gates the text trusts experts.
  var adaptation = WeightAdaptation()
  /// What the document is about, where it is a commit message and its diff is known.
  var diff: DiffDistribution?
  /// What the network expects at the position, where there is one and it is ready.
  var recurrent: RecurrentView?
}
