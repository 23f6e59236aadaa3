import Model

/// The parts of a policy that may differ, in the order in which differences are told.
public enum PolicyPart: String, Codable, Sendable, CaseIterable {
  /// What stands once in the document: its title and its delays.
  case document
  /// A data class, by its name.
  case dataClass
  /// A rule, by its id.
  case rule
  /// A capacity rule, by its id.
  case capacityRule
  /// A contractual limit, by the projects that it is about.
  case limit
  /// The weights of the score.
  case scoring
  /// How the board decides.
  case governance

  /// The beginning of a sentence about one of them.
  func subject(_ name: LocalizedText?) -> LocalizedText {
    let (french, english) = (name?.fr ?? "", name?.en ?? name?.fr ?? "")
    return switch self {
    case .document: LocalizedText(fr: "La politique", en: "The policy")
    case .dataClass: LocalizedText(fr: "La classe « \(french) »", en: "The class “\(english)”")
    case .rule: LocalizedText(fr: "La règle « \(french) »", en: "The rule “\(english)”")
    case .capacityRule: LocalizedText(fr: "La règle de capacité « \(french) »", en: "The capacity rule “\(english)”")
    case .limit: LocalizedText(fr: "La limite de : \(french)", en: "The limit of: \(english)")
    case .scoring: LocalizedText(fr: "La notation", en: "The scoring")
    case .governance: LocalizedText(fr: "La gouvernance", en: "The governance")
    }
  }
}
