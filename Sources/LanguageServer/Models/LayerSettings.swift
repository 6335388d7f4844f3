/// Which models below documents' own are asked.
package struct LayerSettings: Hashable, Sendable {
  package var isEnabled = true
  /// A model directory that an organisation keeps for its people.
  package var organisationPath: String?
}
