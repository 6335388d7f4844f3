// The nodes of Swift's own parser, the one inside sourcekit-lsp: for each path on standard input a line of JSON with
// the byte ranges and kinds of all nodes, operators folded by the standard precedences. `selection_ranges.py` builds it
// with the toolchain's copy of swift-syntax.
import Glibc
import SwiftOperators
import SwiftParser
import SwiftSyntax

/// A node's bytes without the trivia around it, without the comma that lists keep in their elements.
func range(of node: Syntax) -> Range<Int> {
  var end = node.endPositionBeforeTrailingTrivia.utf8Offset
  if let comma = node.lastToken(viewMode: .sourceAccurate), comma.tokenKind == .comma,
    let before = comma.previousToken(viewMode: .sourceAccurate)
  {
    end = before.endPositionBeforeTrailingTrivia.utf8Offset
  }
  let start = node.positionAfterSkippingLeadingTrivia.utf8Offset
  return start..<max(start, end)
}

func append(_ node: Syntax, to lines: inout [String]) {
  guard !node.is(TokenSyntax.self) else { return }
  let range = range(of: node)
  if !range.isEmpty { lines.append("[\(range.lowerBound), \(range.upperBound), \"\(node.kind)\"]") }
  for child in node.children(viewMode: .sourceAccurate) { append(child, to: &lines) }
}

@main
enum SyntaxRanges {
  static func main() {
    while let path = readLine() {
      guard let text = contents(ofFile: path) else {
        print("[]")
        continue
      }
      let tree = Parser.parse(source: text)
      let folded = OperatorTable.standardOperators.foldAll(tree, errorHandler: { _ in })
      var lines: [String] = []
      append(folded, to: &lines)
      print("[" + lines.joined(separator: ", ") + "]")
    }
  }

  static func contents(ofFile path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&block, 1, block.count, file)
      if count == 0 { return String(validating: bytes, as: UTF8.self) }
      bytes += block[..<count]
    }
  }
}
