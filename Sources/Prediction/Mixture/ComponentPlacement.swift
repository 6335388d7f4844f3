/// The numbers of a component's experts and features.
struct ComponentPlacement: Sendable {
  let experts: Range<Int>
  let features: Range<Int>
  /// The feature that says whether the component's source is there, for those that have one.
  let flag: Int?
  /// Its experts, a bit each.
  let mask: UInt64

  init(experts: Range<Int>, features: Range<Int>, flag: Int?) {
    self.experts = experts
    self.features = features
    self.flag = flag
    mask = experts.reduce(0) { $0 | 1 << UInt64($1) }
  }
}
