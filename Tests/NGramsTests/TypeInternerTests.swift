import NGrams
import Testing

@Suite struct TypeInternerTests {
  @Test func typesKeepTheirIDsAndBytes() {
    var interner = TypeInterner()
    let types = (0..<3000).map { Array("type \($0 % 1500)".utf8) } + [[], [0], [0, 0], [255]]
    let ids = types.map { interner.intern($0) }
    #expect(interner.count == 1504)
    #expect(ids[1500] == ids[0])
    for (type, id) in zip(types, ids) {
      #expect(Array(interner.bytes(of: id)) == type)
      #expect(interner.id(of: type) == id)
    }
    #expect(interner.id(of: [1]) == nil)
    #expect(interner.bytes(of: 99999).isEmpty)
  }

  /// Types that were appended unhashed are found by the first lookup, and those behind them keep their numbers.
  @Test func appendedTypesAreFound() {
    var interner = TypeInterner()
    let types = (0..<40_000).map { Array("t\($0 * 7919)".utf8) }
    for type in types[..<30_000] { interner.append(new: type) }
    let copy = interner
    #expect(interner.intern(types[29_999]) == 29_999)
    for type in types[30_000...] { interner.append(new: type) }
    for (id, type) in types.enumerated() { #expect(interner.intern(type) == id) }
    #expect(interner.count == types.count && copy.count == 30_000)
    #expect(Array(interner.bytes(of: 16)) == types[16])
    #expect(interner.byteCount == types.reduce(0) { $0 + $1.count })
  }
}
