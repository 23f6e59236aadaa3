import Model

/// The parts of an offer that may differ, in the order in which differences are told.
public enum OfferPart: String, Codable, Sendable, CaseIterable {
  /// Who runs regions.
  case `operator`
  /// A secondary chain.
  case chain
  /// A region, with its qualifications, services and interconnections.
  case region
  /// A zone.
  case zone
  /// A cluster, with its capacity.
  case cluster

  /// The sentence about one of them.
  func sentence(_ name: String, _ change: PolicyDifference.Change) -> LocalizedText {
    let (french, english, isFeminine): (String, String, Bool) =
      switch self {
      case .operator: ("L’opérateur", "The operator", false)
      case .chain: ("La chaîne", "The chain", true)
      case .region: ("La région", "The region", true)
      case .zone: ("La zone", "The zone", true)
      case .cluster: ("Le cluster", "The cluster", false)
      }
    let ending = isFeminine ? "e" : ""
    let (verbe, verb) =
      switch change {
      case .added: ("est ajouté\(ending)", "is added")
      case .removed: ("est retiré\(ending)", "is removed")
      case .changed: ("change", "changes")
      }
    return LocalizedText(fr: "\(french) « \(name) » \(verbe)", en: "\(english) “\(name)” \(verb)")
  }
}
