/// Has a thread that reads mapped files at random places look at what is in memory (`MemoryBound.look()`) as often as there is
/// little room for more: rarely far from the bound, before each read near it, and never without one.
///
///     var pace = MemoryPace()
///     for record in records {
///       pace.willRead(atPlaces: 5)
///       …
package struct MemoryPace {
  /// What a fault brings in of a file that is in the system's cache (Linux's `fault_around_bytes`).
  private static let byteCountPerPlace = 1 << 16
  private var byteCountLeft = 0

  package init() {}

  /// - Parameter count: of places, far from each other, that may be read before the next call.
  @inline(__always)
  package mutating func willRead(atPlaces count: Int) {
    byteCountLeft -= count &* Self.byteCountPerPlace
    if byteCountLeft < 0 { byteCountLeft = MemoryBound.look() }
  }
}
