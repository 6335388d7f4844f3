import LanguageModeling
import Platform
import Prediction

/// A model directory as it is on disk now: another one after retraining, or when somebody has written into it.
struct ModelStamp: Hashable, Sendable {
  var path: String
  /// Of the files by their names, those that are there.
  private var versions: [FileVersion?]

  private static let names = [
    ModelDirectory.descriptionName, ModelDirectory.vocabularyName, ModelDirectory.placesName,
    NameIndexFile.name, ModelDirectory.ngramsName,
    TrainedContexts.fileName, MixtureWeights.fileName, ModelDirectory.recurrentName,
    ModelDirectory.backwardName, ModelDirectory.trainingLogName,
  ]

  /// Nil where there is no description of a model.
  init?(path: String) {
    guard let description = FileVersion(path + "/" + Self.names[0]) else { return nil }
    self.path = path
    versions = [description] + Self.names.dropFirst().map { FileVersion(path + "/" + $0) }
  }

  /// Whether files of `other` were written into to make this one: a model that is replaced has files of its own.
  func isWrittenInto(_ other: ModelStamp) -> Bool {
    path == other.path
      && zip(versions, other.versions).contains { new, old in
        guard let new, let old else { return false }
        return new != old && new.inode == old.inode
      }
  }
}

/// Models that somebody writes into while they are in use: copies other files over them, or cuts them short. They are out of
/// use until every byte is what their description says.
extension ModelEngines {
  struct Suspect: Hashable, Sendable {
    /// As it was when it was looked at last.
    var seen: ModelStamp?
    /// As it was when its content was found wrong.
    var refused: ModelStamp?
  }

  static func changed(_ path: String) -> Failure {
    Failure(
      path, why: "was written into while it was in use, and is not used until it is whole",
      remedy: "train it again, or put a whole model there by renaming its folder")
  }

  func noteWriting(from old: ModelStamp?, to new: ModelStamp?) {
    guard let old, let new, new.isWrittenInto(old) else { return }
    state.withLock { state in
      guard state.suspects[new.path] == nil else { return }
      state.suspects[new.path] = Suspect(seen: new)
      Self.announce(Self.changed(new.path), ofModelAt: new.path, &state)
    }
  }

  /// Whether a model in use was cut short since it was looked at last, though its files seem to be the same.
  func isDamaged(_ key: Key) -> Bool {
    let model = state.withLock { $0.loaded[key]?.model }
    guard let model, model.isDamaged else { return false }
    if noteDamagedLayers(of: key) { return true }
    guard let path = key.stamp?.path else { return false }
    return !drop(key, Self.changed(path)).isEmpty
  }

  /// Looks at models that were written into. Those that nobody writes into any more and that are whole are opened.
  ///
  /// - Returns: the documents that would have them now, and whether it is worth looking again soon.
  package func takeUpWholeModels() -> (documents: [String], isUnfinished: Bool) {
    var documents: [String] = []
    var isUnfinished = false
    for (path, suspect) in state.withLock({ $0.suspects }) {
      guard state.withLock({ $0.keys.values.contains { $0.home == path } }) else {
        // Whoever opens it next looks at it anew.
        state.withLock { $0.suspects[path] = nil }
        continue
      }
      let now = ModelStamp(path: path)
      state.withLock { $0.suspects[path]?.seen = now }
      guard let now, now != suspect.refused else { continue }
      guard now == suspect.seen, isWhole(path), ModelStamp(path: path) == now else {
        let isStill = now == suspect.seen && ModelStamp(path: path) == now
        if isStill { state.withLock { $0.suspects[path]?.refused = now } }
        isUnfinished = isUnfinished || !isStill
        continue
      }
      state.withLock { state in
        state.suspects[path] = nil
        state.damaged = state.damaged.filter { $0.key.path != path }
        state.loaded = state.loaded.filter {
          $0.key.home != path || $0.value.model != nil || $0.key.stamp != now
        }
        state.announced.remove(path)
        documents += state.keys.filter { $0.value.home == path }.map(\.key)
      }
    }
    return (documents, isUnfinished)
  }

  private func isWhole(_ path: String) -> Bool {
    let root = confinement(ofModel: path)
    guard let model = try? Model(path: path, verification: .complete, within: root) else { return false }
    return !model.isDamaged
  }
}
