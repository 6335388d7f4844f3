/// A model below the one that answers: what it knows counts where the other knows less.
public struct ModelLayer: Sendable {
  /// Whose it is.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// Another one of the person's own.
    case person
    /// The organisation's, which the person reads only.
    case organisation
    /// One of a language, programming or natural.
    case base

    /// What answers call what it says.
    var component: Component {
      switch self {
      case .person: .person
      case .organisation: .organisation
      case .base: .base
      }
    }

    init?(_ component: Component) {
      guard let kind = Self.allCases.first(where: { $0.component == component }) else { return nil }
      self = kind
    }
  }

  public var kind: Kind
  /// What people call it: the name of its folder.
  public var name: String
  public var model: Model

  public init(kind: Kind, name: String, model: Model) {
    self.kind = kind
    self.name = name
    self.model = model
  }
}
