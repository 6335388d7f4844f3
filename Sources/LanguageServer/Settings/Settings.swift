import JSON
import LanguageServerProtocol
import Lexing
import Prediction

/// What a user can set, in `initializationOptions`, `workspace/configuration`, `didChangeConfiguration` and
/// `.inkling/config.json` alike. docs/settings.schema.json describes it to editors.
package struct Settings: Hashable, Sendable {
  package struct Completion: Hashable, Sendable {
    package enum Order: String, CaseIterable, Sendable {
      /// Probable items before those of other servers, others behind them.
      case auto
      case first, last
    }

    package var isEnabled = true
    /// The most items in a list.
    package var limit = 20
    /// How probable the next word has to be to be offered before any of it is typed.
    package var nextWordMinimumProbability = 0.02
    /// How probable the first of them has to be for a list that nobody asked for.
    package var nextListMinimumProbability = 0.3
    /// Where items stand among those of other servers.
    package var order = Order.auto
    /// How probable an item has to be to stand before those of other servers.
    package var firstMinimumProbability = 0.5
    /// How long after the request the network may be waited for; the n-grams then answer alone.
    package var deadlineMilliseconds = 10
    /// Where nothing is offered, by language; `*` is every language.
    package var excludedContexts: [String: [TokenContext]] = [:]
    /// Whether characters that end a word accept the item, where there can be no doubt about it.
    package var usesCommitCharacters = true
    /// Whether files near open documents are read for their words.
    package var usesNearbyFiles = true
  }

  package struct InlineCompletion: Hashable, Sendable {
    package var isEnabled = true
    /// How probable a single word has to be to be shown without being asked for; of several together it may be less.
    package var minimumProbability = 0.24
  }

  package struct Diagnostics: Hashable, Sendable {
    package enum Severity: String, CaseIterable, Sendable {
      case error, warning, information, hint

      /// LSP 3.17, "DiagnosticSeverity".
      var number: Int { 1 + Self.allCases.firstIndex(of: self)! }
    }

    package var isEnabled = true
    /// How many false marks there may be in 1,000 tokens of text without slips.
    package var rate = DetectedSlip.standardRate
    /// How surprising a token has to be to be marked, in bits; nil marks slips.
    package var thresholdBits: Double?
    /// The most marks in a document: the likeliest slips.
    package var limit = 100
    package var severity = Severity.hint
    /// How long after an edit marks are pushed to clients that do not pull.
    package var delayMilliseconds = 400

    /// Words that are right whatever the models say: those of dictionaries, not set by settings.
    package var acceptedWords: Set<String> = []

    /// Whether a dictionary has a word, as it is or, with a capital, in lower case.
    func accepts(_ word: String) -> Bool {
      !acceptedWords.isEmpty && (acceptedWords.contains(word) || acceptedWords.contains(word.lowercased()))
    }

    func marks(_ surprisal: Surprisal) -> Bool { surprisal.bits >= thresholdBits ?? .infinity }

    func marks(_ slip: DetectedSlip) -> Bool { slip.isShown(atRate: rate) }
  }

  /// What of Inkling's stands beside another server's, where Inkling is in front of one.
  package struct Combination: Hashable, Sendable {
    package var diagnostics = false
    package var hover = false
    package var codeActions = false
    package var semanticTokens = false
  }

  package enum RecurrentTrainingTime: String, CaseIterable, Sendable {
    /// By the command `inkling.train` only.
    case manual
    /// Also when nothing was typed for a while.
    case idle
  }

  package var model: String?
  /// What the client's columns count, whatever it says that they do; nil to believe it. Of the command line or the
  /// initialization options: a session keeps what it began with.
  package var positionEncoding: PositionEncoding?
  package var completion = Completion()
  package var inlineCompletion = InlineCompletion()
  package var diagnostics = Diagnostics()
  /// Whether workspaces without a model get one, trained in the background.
  package var trainsWorkspaces = true
  /// When workspaces' networks are trained.
  package var recurrentTraining = RecurrentTrainingTime.manual
  /// How long a training of a network takes.
  package var recurrentMinutes = 10
  /// Where the log goes beside the client; nil for nowhere.
  package var logPath: String?
  /// Whether semantic tokens show how surprising every token is.
  package var isHeatMapEnabled = false
  /// Whether a commit message without a diff in it is completed by what is staged, which git is asked for.
  package var readsStagedDiffs = false
  /// Which projects' own files are used.
  package var trust = ProjectTrust()
  /// Which models below documents' own are asked.
  package var layers = LayerSettings()

  /// Of the command line or the initialization options: a session keeps what it began with.
  package var combination = Combination()

  package init() {}

  /// These settings changed by what `json` sets.
  ///
  /// - Parameter author: who says it: a project may set but what `SettingsAuthor` lists.
  /// - Returns: the settings, and for each value that is unknown or wrong, and therefore left as it was, a sentence
  ///   with its path.
  package func changed(
    by json: JSON, author: SettingsAuthor = .person
  ) -> (settings: Settings, problems: [String]) {
    var reader = SettingsReader(settings: self, author: author)
    reader.read(JSONDecoding(json))
    return (reader.settings, reader.problems)
  }
}

/// Goes through an object of settings member by member.
private struct SettingsReader {
  var settings: Settings
  let author: SettingsAuthor
  var problems: [String] = []

  mutating func read(_ root: JSONDecoding) {
    members(root) { (reader, key, value) throws(JSONError) in
      switch key {
      case "model": reader.settings.model = try value.optional?.string()
      case "positionEncoding":
        reader.settings.positionEncoding = try value.optional?.oneOf(PositionEncoding.self)
      case "completion": reader.readCompletion(value)
      case "inlineCompletion": reader.readInlineCompletion(value)
      case "diagnostics": reader.readDiagnostics(value)
      case "commitMessages":
        reader.members(value) { (reader, key, value) throws(JSONError) in
          switch key {
          case "staged": reader.settings.readsStagedDiffs = try value.bool()
          default: return false
          }
          return true
        }
      case "train":
        reader.members(value) { (reader, key, value) throws(JSONError) in
          switch key {
          case "workspace": reader.settings.trainsWorkspaces = try value.bool()
          case "recurrent":
            reader.settings.recurrentTraining = try value.oneOf(Settings.RecurrentTrainingTime.self)
          case "recurrentMinutes": reader.settings.recurrentMinutes = try value.integer(in: 1...1440)
          default: return false
          }
          return true
        }
      case "log":
        reader.members(value) { (reader, key, value) throws(JSONError) in
          guard key == "file" else { return false }
          let path = try value.optional?.string()
          if let path, !path.hasPrefix("/") {
            throw value.mismatch(expected: "an absolute path")
          }
          reader.settings.logPath = path
          return true
        }
      case "heatMap":
        reader.members(value) { (reader, key, value) throws(JSONError) in
          guard key == "enabled" else { return false }
          reader.settings.isHeatMapEnabled = try value.bool()
          return true
        }
      case "layers": reader.readLayers(value)
      case "proxy": reader.readCombination(value)
      case "trust":
        reader.members(value) { (reader, key, value) throws(JSONError) in
          guard key == "folders" else { return false }
          reader.settings.trust = ProjectTrust(folders: try value.optional?.strings() ?? [])
          return true
        }
      default: return false
      }
      return true
    }
  }

  private mutating func readLayers(_ section: JSONDecoding) {
    members(section) { (reader, key, value) throws(JSONError) in
      switch key {
      case "enabled": reader.settings.layers.isEnabled = try value.bool()
      case "organisation":
        let path = try value.optional?.string()
        if let path, !path.hasPrefix("/") { throw value.mismatch(expected: "an absolute path") }
        reader.settings.layers.organisationPath = path
      default: return false
      }
      return true
    }
  }

  private mutating func readCombination(_ section: JSONDecoding) {
    members(section) { (reader, key, value) throws(JSONError) in
      switch key {
      case "diagnostics": reader.settings.combination.diagnostics = try value.bool()
      case "hover": reader.settings.combination.hover = try value.bool()
      case "codeActions": reader.settings.combination.codeActions = try value.bool()
      case "semanticTokens": reader.settings.combination.semanticTokens = try value.bool()
      default: return false
      }
      return true
    }
  }

  private mutating func readCompletion(_ section: JSONDecoding) {
    members(section) { (reader, key, value) throws(JSONError) in
      switch key {
      case "enabled": reader.settings.completion.isEnabled = try value.bool()
      case "limit": reader.settings.completion.limit = try value.integer(in: 1...200)
      case "nextWordMinimumProbability":
        reader.settings.completion.nextWordMinimumProbability = try value.double(in: 0...1)
      case "nextListMinimumProbability":
        reader.settings.completion.nextListMinimumProbability = try value.double(in: 0...1)
      case "order": reader.settings.completion.order = try value.oneOf(Settings.Completion.Order.self)
      case "firstMinimumProbability":
        reader.settings.completion.firstMinimumProbability = try value.double(in: 0...1)
      case "deadlineMilliseconds":
        reader.settings.completion.deadlineMilliseconds = try value.integer(in: 0...10_000)
      case "excludedContexts": reader.readExcludedContexts(value)
      case "commitCharacters": reader.settings.completion.usesCommitCharacters = try value.bool()
      case "nearbyFiles": reader.settings.completion.usesNearbyFiles = try value.bool()
      default: return false
      }
      return true
    }
  }

  private mutating func readExcludedContexts(_ section: JSONDecoding) {
    var excluded: [String: [TokenContext]] = [:]
    members(section) { (_, language, contexts) throws(JSONError) in
      var kinds: [TokenContext] = []
      for element in try contexts.elements() { kinds.append(try element.oneOf(ContextName.self).context) }
      excluded[language] = kinds
      return true
    }
    settings.completion.excludedContexts = excluded
  }

  private mutating func readInlineCompletion(_ section: JSONDecoding) {
    members(section) { (reader, key, value) throws(JSONError) in
      switch key {
      case "enabled": reader.settings.inlineCompletion.isEnabled = try value.bool()
      case "minimumProbability":
        reader.settings.inlineCompletion.minimumProbability = try value.double(in: 0...1)
      default: return false
      }
      return true
    }
  }

  private mutating func readDiagnostics(_ section: JSONDecoding) {
    members(section) { (reader, key, value) throws(JSONError) in
      switch key {
      case "enabled": reader.settings.diagnostics.isEnabled = try value.bool()
      case "rate": reader.settings.diagnostics.rate = try value.double(in: 0.01...100)
      case "thresholdBits": reader.settings.diagnostics.thresholdBits = try value.optional?.double(in: 1...64)
      case "limit": reader.settings.diagnostics.limit = try value.integer(in: 0...10_000)
      case "severity":
        reader.settings.diagnostics.severity = try value.oneOf(Settings.Diagnostics.Severity.self)
      case "delayMilliseconds":
        reader.settings.diagnostics.delayMilliseconds = try value.integer(in: 0...60_000)
      default: return false
      }
      return true
    }
  }

  /// Calls `read` for each member of an object; false says that there is no such setting.
  private mutating func members(
    _ section: JSONDecoding,
    _ read: (inout SettingsReader, String, JSONDecoding) throws(JSONError) -> Bool
  ) {
    // Null says nothing.
    if section.value == .null { return }
    do throws(JSONError) {
      let object = try section.object()
      for key in object.keys {
        do throws(JSONError) {
          let member = section[key]
          if author.ignores(member.path) { continue }
          if let objection = author.objection(to: member, over: settings) {
            problems.append("\(member.path): \(objection)")
            continue
          }
          if !(try read(&self, key, member)) { problems.append("\(member.path): there is no such setting") }
        } catch {
          // Null says nothing.
          if section[key].value != .null { problems.append(error.description) }
        }
      }
    } catch { problems.append(error.description) }
  }
}

/// A context as settings name it.
private enum ContextName: String, CaseIterable {
  case code, string, comment, prose

  var context: TokenContext {
    switch self {
    case .code: .code
    case .string: .string
    case .comment: .comment
    case .prose: .prose
    }
  }
}
