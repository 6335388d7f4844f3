import JSON
import Prediction

/// The rules of SARIF: one for each kind of mark.
enum SarifRules {
  private struct Rule {
    /// As in `Mark.kindName`.
    var kind: String
    var id: String
    var name: String
    var description: String
    var level: String
  }

  static func id(of mark: Mark) -> String { rules[index(of: mark)].id }
  static func level(of mark: Mark) -> String { rules[index(of: mark)].level }
  static func index(of mark: Mark) -> Int {
    rules.firstIndex { $0.kind == mark.kindName } ?? rules.count - 1
  }

  static var json: JSON {
    .array(
      rules.map { rule in
        [
          "id": JSON(rule.id), "name": JSON(rule.name), "shortDescription": ["text": JSON(rule.description)],
          "defaultConfiguration": ["level": JSON(rule.level)],
        ]
      })
  }

  private static let rules: [Rule] =
    DetectedSlip.Kind.allCases.map { kind in
      Rule(
        kind: kind.rawValue, id: identifier(kind.rawValue),
        name: kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst(),
        description: description(kind),
        level: "warning")
    } + [
      Rule(
        kind: Mark.improbableKind, id: "improbable-token", name: "ImprobableToken",
        description: "A token that the language model did not expect", level: "note")
    ]

  /// `newWord` as `new-word`.
  private static func identifier(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
  }

  private static func description(_ kind: DetectedSlip.Kind) -> String {
    switch kind {
    case .newWord: "An unknown word that is nearly spelled like a known one"
    case .knownWord: "A word where one that is nearly spelled like it is more probable"
    case .inflection: "A word in another form than the probable one"
    case .doubledWord: "A word written twice in a row"
    case .swappedWords: "Two neighbours that are more probable in the other order"
    case .confusion: "A word that is often taken for another one, which is more probable"
    case .missingWord: "A place where a word was probably left out"
    case .swappedArguments: "Two arguments that are more probable in the other order"
    case .operatorCounterpart: "An operator whose counterpart is more probable"
    case .missingToken: "A place where a keyword or an operator was probably left out"
    case .otherName: "A name where another name of the file is more probable"
    }
  }
}
