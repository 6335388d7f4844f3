import Testing

@testable import ModelBuilding

@Suite struct SpellingNeighboursTests {
  private let words = [
    "makeHTTPServer", "HTTPClient", "makeIterator", "", "straße", "walking", "walked", "talking", "(", "x",
  ]
  private var neighbours: SpellingNeighbours { SpellingNeighbours(words.map { Array($0.utf8) }) }

  private func nearest(_ word: String, limit: Int = 3) -> [String] {
    neighbours.nearest(to: Array(word.utf8), limit: limit).map { words[Int($0)] }
  }

  @Test func findsWordsThatShareTheirParts() {
    #expect(Set(nearest("makeHTTPClient", limit: 2)) == ["makeHTTPServer", "HTTPClient"])
    #expect(nearest("walkings").first == "walking" && nearest("walkings").contains("talking"))
    #expect(nearest("Hauptstraße").first == "straße")
    #expect(nearest("walking", limit: 1) == ["walking"])
  }

  @Test func findsNoneWhereNothingIsShared() {
    for word in ["", "qqq", ")", "y", "\u{1F600}"] { #expect(nearest(word).isEmpty, "\(word)") }
    #expect(SpellingNeighbours([]).nearest(to: Array("word".utf8), limit: 3).isEmpty)
    #expect(neighbours.nearest(to: [0xFF, 0xC3, 0x28, 0x80], limit: 3).isEmpty)
  }
}
