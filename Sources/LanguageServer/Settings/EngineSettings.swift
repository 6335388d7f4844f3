extension EngineProvider {
  /// Takes what settings of the session say of engines.
  func take(_ settings: Settings) {
    setTrust(settings.trust)
    setLayers(settings.layers)
    setReadsStagedDiffs(settings.readsStagedDiffs)
  }
}
