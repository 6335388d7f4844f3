import Lexing
import Platform
import Prediction
import Privacy

/// The layers below documents' models. See `LayerLocator`.
extension ModelEngines {
  /// A layer's model as it is on disk, and what was forgotten in it.
  struct LayerStamp: Hashable, Sendable {
    var place: LayerLocator.Place
    var stamp: ModelStamp
    var forgotten: FileVersion?
  }

  package func setLayers(_ settings: LayerSettings) { state.withLock { $0.layerSettings = settings } }

  package func takeAdvice() -> [String] {
    state.withLock { state in
      defer { state.advice = [] }
      return state.advice
    }
  }

  /// The layers of a document; one that is damaged, or is not there, is none.
  ///
  /// - Parameter modelPath: the document's own model; nil where there is none.
  func layers(of document: DocumentIdentity, below modelPath: String?) -> [LayerStamp] {
    let settings = state.withLock { $0.layerSettings }
    guard settings.isEnabled else { return [] }
    let grammar = grammar(of: document)
    let request = LayerLocator.Request(
      languageID: grammar?.languageID ?? document.languageID, isProse: grammar?.isProse ?? true,
      organisationPath: settings.organisationPath)
    let found = LayerLocator.locate(request, modelPath: modelPath)
    advise(request, found)
    return state.withLock { state in
      found.all(modelPath: modelPath).compactMap { place in
        guard let stamp = ModelStamp(path: place.path), state.damaged[stamp] == nil else { return nil }
        return LayerStamp(
          place: place, stamp: stamp,
          forgotten: FileVersion(ForgottenList.path(besideModel: place.path)))
      }
    }
  }

  /// Says once, for a language that there could be a base model of, how to get one.
  private func advise(_ request: LayerLocator.Request, _ found: LayerLocator.Found) {
    let name = BaseLanguage.name(forLanguageID: request.languageID)
    guard BaseLanguage.all.contains(name) else { return }
    state.withLock { state in
      guard state.advised.insert(name).inserted,
        let path = BaseLanguage.path(of: name), !fileExists(path + "/model.json")
      else { return }
      state.advice.append(
        "there is no base model of \(name): `inkling-train base \(name)` makes one of the system's packages")
    }
  }

  /// The models of layers. One that cannot be opened is said to be so, and left out.
  func open(_ layers: [LayerStamp]) -> [ModelLayer] {
    var opened: [ModelLayer] = []
    for layer in layers {
      guard let model = state.withLock({ $0.layerModels[layer] }) ?? open(layer) else { continue }
      state.withLock { $0.layerModels[layer] = model }
      opened.append(ModelLayer(kind: layer.place.kind, name: layer.place.name, model: model))
    }
    return opened
  }

  private func open(_ layer: LayerStamp) -> Model? {
    do throws(Failure) {
      // Its files are compared with their hashes by `verifyModels`.
      return try Model(path: layer.place.path, verification: .sizes)
    } catch {
      noteDamage(of: layer.stamp, error)
      return nil
    }
  }

  /// A layer is not used from now on, until its files are others.
  private func noteDamage(of stamp: ModelStamp, _ problem: Failure) {
    state.withLock { state in
      state.damaged[stamp] = problem
      Self.announce(problem, ofModelAt: stamp.path, &state)
    }
  }

  /// Compares the files of layers with their hashes.
  ///
  /// - Returns: whether any is damaged, which is not used from then on.
  func verifyLayers(of key: Key, while isWanted: () -> Bool) -> Bool {
    var isDamaged = false
    for layer in key.layers {
      guard let model = state.withLock({ $0.layerModels[layer] }),
        !state.withLock({ $0.verifiedLayers.contains(layer) })
      else { continue }
      do throws(Failure) {
        try model.verify(while: isWanted)
        if model.isDamaged { throw Self.changed(layer.place.path) }
        if isWanted() { state.withLock { _ = $0.verifiedLayers.insert(layer) } }
      } catch {
        noteDamage(of: layer.stamp, error)
        isDamaged = true
      }
    }
    return isDamaged
  }

  /// Notes the layers of a key that were cut short while they were in use.
  ///
  /// - Returns: whether there are any.
  func noteDamagedLayers(of key: Key) -> Bool {
    let damaged = state.withLock { state in
      key.layers.filter { state.layerModels[$0]?.isDamaged == true }
    }
    for layer in damaged { noteDamage(of: layer.stamp, Self.changed(layer.place.path)) }
    return !damaged.isEmpty
  }

  /// The model of documents in other languages, which have other layers below it: its network is in memory once.
  func shared(_ key: Key) -> Model? {
    guard let stamp = key.stamp else { return nil }
    return state.withLock { state in
      guard state.damaged[stamp] == nil, state.suspects[stamp.path] == nil else { return nil }
      return state.loaded.first {
        $0.key.stamp == key.stamp && $0.key.forgotten == key.forgotten && $0.value.model != nil
      }?
      .value.model
    }
  }

  /// Lets go of layers that no open document has.
  static func dropUnusedLayers(_ state: inout State) {
    guard !state.layerModels.isEmpty else { return }
    let used = Set(state.loaded.keys.flatMap(\.layers))
    state.layerModels = state.layerModels.filter { used.contains($0.key) }
    state.verifiedLayers.formIntersection(used)
  }
}

extension LayerLocator.Found {
  /// The layers, and before them the one that is the model where there is no other.
  ///
  /// - Parameter modelPath: that of the document's own model.
  fileprivate func all(modelPath: String?) -> [LayerLocator.Place] {
    guard modelPath == nil, let first else { return layers }
    return [first] + layers
  }
}
