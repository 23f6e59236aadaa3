/// Who has a part in a move.
public enum MigrationParty: String, Codable, Sendable, CaseIterable, CodingKeyRepresentable {
  /// The team whose environment it is.
  case projectTeam
  /// Who runs the cluster that it leaves.
  case sourceOperator
  /// Who runs the cluster that it goes to.
  case targetOperator
  /// The body that runs the service and directs projects to operators.
  case serviceBody
}

/// Who acts, and what it speaks for.
public struct MigrationActor: Codable, Sendable, Hashable {
  /// The subject as authenticated.
  public var principal: String
  /// What it speaks for.
  public var parties: Set<MigrationParty>

  /// An actor.
  public init(_ principal: String, as parties: Set<MigrationParty>) {
    self.principal = principal
    self.parties = parties
  }
}
