import Platform

/// What a word or an operator does in expressions and statements.
struct SyntaxRole {
  /// The level of a binary operator, the loosest 0; −1 for none.
  var binary: Int8 = -1
  /// The level of a prefix operator; −1 for none.
  var prefix: Int8 = -1
  /// The level of a condition's first or second word; −1 for none.
  var condition: Int8 = -1
  var alternative: Int8 = -1
  var isPostfix = false
  var isMember = false
  var isModifier = false
  var isBlock = false
  var isFunction = false
  var isContinuation = false
  var isCase = false
  var isSeparator = false
  var isLambda = false
  var isUnfinished = false
  /// Whether an operator of two words begins so.
  var beginsPair = false

  static let none = SyntaxRole()
}

/// A `SyntaxDefinition`, compiled: what a word means is one look-up.
struct SyntaxTable: Sendable {
  let definition: SyntaxDefinition
  private let roles: [UInt64: SyntaxRole]
  /// The levels of operators of two words.
  private let pairs: [UInt64: Int8]
  let directive: [UInt8]
  let directiveWords: Set<UInt64>
  /// Whether blocks are made by indentation.
  let indents: Bool
  private let ignoresCase: Bool

  init(_ definition: SyntaxDefinition, indents: Bool, ignoresCase: Bool) {
    self.definition = definition
    self.indents = indents
    self.ignoresCase = ignoresCase
    directive = Array(definition.directive.utf8)
    directiveWords = Set(definition.directiveWords.map { Self.hash(Array($0.utf8), ignoringCase: false) })
    var roles: [UInt64: SyntaxRole] = [:]
    var pairs: [UInt64: Int8] = [:]
    func change(_ words: [String], _ body: (inout SyntaxRole) -> Void) {
      for word in words {
        body(&roles[Self.hash(Array(word.utf8), ignoringCase: ignoresCase), default: .none])
      }
    }
    for (number, level) in definition.precedence.enumerated() {
      let number = Int8(number)
      for pair in level.operators where pair.contains(" ") {
        pairs[Self.hash(Array(pair.utf8), ignoringCase: ignoresCase)] = number
        change([String(pair.prefix { $0 != " " })]) { $0.beginsPair = true }
      }
      change(level.operators.filter { !$0.contains(" ") }) { $0.binary = number }
      change(level.prefixes) { $0.prefix = number }
      if level.conditional.count == 2 {
        change([level.conditional[0]]) { $0.condition = number }
        change([level.conditional[1]]) { $0.alternative = number }
      }
    }
    change(definition.postfixes) { $0.isPostfix = true }
    change(definition.members) { $0.isMember = true }
    change(definition.modifiers) { $0.isModifier = true }
    change(definition.blocks) { $0.isBlock = true }
    change(definition.functions) { $0.isFunction = true }
    change(definition.continuations) { $0.isContinuation = true }
    change(definition.cases) { $0.isCase = true }
    change(definition.separators) { $0.isSeparator = true }
    change(definition.lambdas) { $0.isLambda = true }
    change(definition.unfinishedBodies) { $0.isUnfinished = true }
    self.roles = roles
    self.pairs = pairs
  }

  func level(_ number: Int8) -> SyntaxDefinition.Level { definition.precedence[Int(number)] }

  func role(of word: some Sequence<UInt8>) -> SyntaxRole {
    roles[Self.hash(word, ignoringCase: ignoresCase)] ?? .none
  }

  /// The level of an operator of two words; nil where they are none.
  func level(ofPair first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> Int8? {
    pairs[Self.hash(first + [UInt8(ascii: " ")] + second, ignoringCase: ignoresCase)]
  }

  func isDirective(_ word: ArraySlice<UInt8>) -> Bool {
    directiveWords.isEmpty || directiveWords.contains(Self.hash(word, ignoringCase: false))
  }

  /// FNV-1a: of the few words of a grammar no two are the same.
  private static func hash(_ word: some Sequence<UInt8>, ignoringCase: Bool) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in word {
      let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
      hash = (hash ^ UInt64(ignoringCase && isUpper ? byte | 0x20 : byte)) &* 0x100_0000_01B3
    }
    return hash
  }
}
