import Model

/// Why the rules of requests refuse an act.
public struct RequestRefusal: Error, Sendable, Hashable {
  /// The kind of refusal.
  public enum Code: String, Sendable, CaseIterable {
    /// Who acts may not ask in the project's name.
    case notApplicant
    /// Who acts does not speak for the operator, or it is none.
    case notOperator
    /// Who acts is no `governance-admin`.
    case notAdmin
    /// Nobody decides on what he asked for himself.
    case ownRequest
    /// The request's state does not allow the act.
    case wrongState
    /// An opinion that is wanted is missing.
    case notExamined
    /// No policy is in force.
    case noPolicy
    /// The policy in force has no such rule.
    case unknownRule
    /// The policy marks the rule as one that nothing waives.
    case notWaivable
    /// The rule only prefers or avoids: there is nothing to waive.
    case nothingToWaive
    /// The cost of the exception was not accepted.
    case costNotAccepted
    /// The period ends before it begins, or is over.
    case badPeriod
    /// The environment, or the system at the other end, is nowhere.
    case notPlaced
    /// A text is empty, too long or has control characters, or a list has nothing in it.
    case badText
  }

  /// The kind of refusal.
  public let code: Code
  /// The field at fault.
  public let path: String
  /// What is wrong, in English.
  public let message: String
  /// What is wrong, in French.
  public let messageFR: String
  /// What would be accepted.
  public let accepted: String?

  init(_ code: Code, path: String, _ message: String, fr messageFR: String, accepted: String? = nil) {
    self.code = code
    self.path = path
    self.message = message
    self.messageFR = messageFR
    self.accepted = accepted
  }
}

extension RequestRefusal {
  static let notAdmin = RequestRefusal(
    .notAdmin, path: "principal", "only who administers the governance may do this",
    fr: "seul qui administre la gouvernance peut le faire", accepted: "governance-admin")

  static let notAuthority = RequestRefusal(
    .notAdmin, path: "party", "only the homologation authority, or who writes its opinion down, may do this",
    fr: "seule l’autorité d’homologation, ou qui consigne son avis, peut le faire",
    accepted: "homologation-authority, governance-admin")

  static let notApplicant = RequestRefusal(
    .notApplicant, path: "project", "only the project’s team, or who administers the governance, may do this",
    fr: "seule l’équipe du projet, ou qui administre la gouvernance, peut le faire",
    accepted: "project-team(project), governance-admin")

  static func notOperator(_ name: String) -> RequestRefusal {
    RequestRefusal(
      .notOperator, path: "operator", "“\(name)” is no operator that you speak for",
      fr: "« \(name) » n’est pas un opérateur pour lequel vous parlez",
      accepted: "operator(\(name)), board-member(\(name))")
  }

  static let ownRequest = RequestRefusal(
    .ownRequest, path: "principal",
    "nobody advises or decides on what he, or an API key that he has made, has asked for",
    fr: "nul ne donne d’avis ni ne décide sur ce qu’il a demandé lui-même, ou une clé d’API qu’il a faite",
    accepted: "another person / une autre personne"
  )

  static func badText(_ path: String) -> RequestRefusal {
    RequestRefusal(
      .badText, path: path, "is empty or too long", fr: "est vide ou trop long",
      accepted: "1 … \(RequestText.most) bytes")
  }

  static func unrulyText(_ path: String) -> RequestRefusal {
    RequestRefusal(
      .badText, path: path, PlainText.refusal.en, fr: PlainText.refusal.fr, accepted: PlainText.accepted)
  }
}

/// What people write in requests.
enum RequestText {
  /// Bytes that a text may have: what a derogation's motive may.
  static let most = 4096

  static func check(_ text: String, at path: String) throws(RequestRefusal) {
    try check(text, at: path, isStored: false)
  }

  /// - Parameter isStored: whether it was taken already, by the form of its day.
  static func check(_ text: String, at path: String, isStored: Bool) throws(RequestRefusal) {
    guard text.utf8.count <= most, text.contains(where: { !$0.isWhitespace }) else { throw .badText(path) }
    guard isStored || PlainText.isPlain(text) else { throw .unrulyText(path) }
  }

  static func check(_ text: String?, at path: String) throws(RequestRefusal) {
    if let text { try check(text, at: path) }
  }
}
