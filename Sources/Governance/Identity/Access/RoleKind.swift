/// What somebody may be to Régie, whoever and wherever it is for.
public enum RoleKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// Drafts policies and votes on them, for an operator.
  case boardMember = "board-member"
  /// Keeps the common part of the offer, derogations, keys and recoveries.
  case governanceAdmin = "governance-admin"
  /// Keeps an operator's part of the offer.
  case `operator`
  /// The console, which asks, places and reserves for all projects.
  case console
  /// A team, which asks and places for its own project.
  case projectTeam = "project-team"
  /// Asks for derogations in the name of an organisation, for its projects.
  case organisation
  /// Reads everything that was decided, and changes nothing.
  case auditor
  /// The homologation authority, which answers for the security of the whole: says what it thinks of derogations.
  case homologationAuthority = "homologation-authority"

  /// What a role of this kind is for: nil where it is for all.
  public var subject: Subject? {
    switch self {
    case .boardMember, .operator: .operator
    case .projectTeam: .project
    case .organisation: .organisation
    case .governanceAdmin, .console, .auditor, .homologationAuthority: nil
    }
  }

  /// What roles can be tied to.
  public enum Subject: String, Sendable, Hashable {
    /// An operator of the offer, by name.
    case `operator`
    /// A project, by name.
    case project
    /// An organisation, by the short name that projects have it by.
    case organisation
  }
}
