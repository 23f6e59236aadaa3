public import Model

/// A part of the policy that two texts have changed, and not alike.
public struct MergeConflict: Codable, Sendable, Hashable {
  /// What the two have done.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case bothChanged
    case bothAdded
    case bothMoved
    case removedByOurs
    case removedByTheirs
  }

  /// The part: `spec.rules[the-rule]`.
  public var path: String
  /// What the two have done.
  public var kind: Kind

  /// A conflict.
  public init(path: String, kind: Kind) {
    self.path = path
    self.kind = kind
  }

  /// As something wrong with the draft.
  public var problem: FieldProblem {
    let (fr, en) =
      switch kind {
      case .bothChanged: ("changé ici, et autrement par la version en place", "changed here, and otherwise there")
      case .bothAdded: ("ajouté ici, et autrement par la version en place", "added here, and otherwise there")
      case .bothMoved: ("l’ordre a changé ici, et autrement là", "put in another order here, and otherwise there")
      case .removedByOurs: ("retiré ici, changé par la version en place", "removed here, changed there")
      case .removedByTheirs: ("changé ici, retiré par la version en place", "changed here, removed there")
      }
    return FieldProblem(
      path: path, message: en, messageFR: fr, accepted: "a PUT with the new base / un PUT avec la nouvelle base")
  }
}
