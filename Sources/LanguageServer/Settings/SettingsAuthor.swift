import JSON

/// Who says what a setting is to be. A person may set everything. A project is a folder that somebody else may have made:
/// it may set what is on the list here, most of it in one direction only, and never what its person has set.
package enum SettingsAuthor: Sendable {
  case person
  /// - Parameter said: the settings that the person has set, by their paths.
  case project(said: Set<String>)

  /// What a project may say of a setting.
  private enum Permission {
    /// Anything.
    case any
    /// That it be off.
    case off
    /// A number that is not above the one there is.
    case notMore(KeyPath<Settings, Int>)
    /// A place in the project; see `ProjectFiles`.
    case place
  }

  private nonisolated(unsafe) static let permissions: [String: Permission] = [
    "model": .place,
    "completion.enabled": .off,
    "completion.limit": .any,
    "completion.nextWordMinimumProbability": .any,
    "completion.nextListMinimumProbability": .any,
    "completion.order": .any,
    "completion.firstMinimumProbability": .any,
    "completion.deadlineMilliseconds": .notMore(\.completion.deadlineMilliseconds),
    "completion.excludedContexts": .any,
    "completion.commitCharacters": .off,
    "completion.nearbyFiles": .off,
    "inlineCompletion.enabled": .off,
    "inlineCompletion.minimumProbability": .any,
    "diagnostics.enabled": .off,
    "diagnostics.rate": .any,
    "diagnostics.thresholdBits": .any,
    "diagnostics.limit": .notMore(\.diagnostics.limit),
    "diagnostics.severity": .any,
    "diagnostics.delayMilliseconds": .any,
    "train.workspace": .off,
    "train.recurrentMinutes": .notMore(\.recurrentMinutes),
    "heatMap.enabled": .off,
  ]
  /// What holds settings.
  private static let sections: Set = ["completion", "inlineCompletion", "diagnostics", "train", "heatMap"]
  /// What a project may never set; other names are no settings at all.
  private static let reserved: [String: String] = [
    "positionEncoding": "a project may not say how an editor counts",
    "log.file": "a project may not say where the server writes",
    "layers.enabled": "a project may not say which of its person's models are asked",
    "layers.organisation": "a project may not say which of its person's models are asked",
    "commitMessages.staged": "a project may not have git started",
    "trust.folders": "a project may not say whom to trust",
    "train.recurrent": "a project may not have networks trained",
    "proxy.diagnostics": Self.combination, "proxy.hover": Self.combination,
    "proxy.codeActions": Self.combination, "proxy.semanticTokens": Self.combination,
  ]

  private static let combination = "a project may not say what stands beside another server's answers"

  /// Whether a value does not count, because the person has said another.
  func ignores(_ path: String) -> Bool {
    guard case .project(let said) = self else { return false }
    return said.contains(path)
  }

  /// Why the author may not say this; nil if there is nothing against it.
  func objection(to value: JSONDecoding, over settings: Settings) -> String? {
    guard case .project = self else { return nil }
    let path = value.path
    if let why = Self.reserved[path] { return why }
    switch Self.permissions[path] {
    case .off where value.value == true && !Self.isOn(path, settings):
      return "a project may only switch this off"
    case .notMore(let current):
      guard let number = value.value?.integerValue, number > settings[keyPath: current] else { return nil }
      return "a project may not set more than \(settings[keyPath: current])"
    case .any, .off, .place, nil: return nil
    }
  }

  /// Whether what a project may switch off is on: then it may say so.
  private static func isOn(_ path: String, _ settings: Settings) -> Bool {
    switch path {
    case "completion.enabled": settings.completion.isEnabled
    case "completion.commitCharacters": settings.completion.usesCommitCharacters
    case "completion.nearbyFiles": settings.completion.usesNearbyFiles
    case "inlineCompletion.enabled": settings.inlineCompletion.isEnabled
    case "diagnostics.enabled": settings.diagnostics.isEnabled
    case "train.workspace": settings.trainsWorkspaces
    case "heatMap.enabled": settings.isHeatMapEnabled
    default: false
    }
  }
}

/// Settings as the person has made them, and which of them the person has named.
struct SettingsLayer: Sendable {
  var settings = Settings()
  /// By their paths, as `completion.limit`.
  var said: Set<String> = []

  /// Lays what the person says over this; what is wrong is named.
  mutating func lay(_ json: JSON) -> [String] {
    let (changed, problems) = settings.changed(by: json)
    settings = changed
    for (key, value) in json.objectValue ?? JSONObject() where value != .null {
      if key == "model" { said.insert(key) }
      // Null says nothing.
      for (name, value) in value.objectValue ?? JSONObject() where value != .null {
        said.insert("\(key).\(name)")
      }
    }
    return problems
  }
}
