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
}
