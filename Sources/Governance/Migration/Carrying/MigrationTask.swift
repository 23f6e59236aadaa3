public import Events

/// Something that people do for a move, with evidence that it was done.
public struct MigrationTask: Codable, Sendable, Hashable {
  /// What there is to do. Texts and commands are in the runbook, under this name.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// The target is made in the console, under its new name.
    case createEnvironment
    /// The data is copied while the source goes on writing.
    case firstCopy
    /// Secrets are encrypted with the target's key.
    case secrets
    /// What was templated with the environment's name or address bears the new ones.
    case values
    /// The network flows that the application needs are open from the target.
    case flows
    /// The data is restored from a backup, as the source is gone.
    case restoreBackup
    /// The application is read-only, or scaled to zero by its owner. A frozen namespace alone stops no writes.
    case stopWrites
    /// What was written since the first copy is copied, and both sides are compared.
    case finalCopy
    /// Names, addresses and certificates lead to the target.
    case switchNames
    /// The team has seen the application work on the target.
    case verify
    /// Dashboards, alerts and backups look at the target.
    case dashboards
    /// Workloads on the source are scaled to zero by their owner.
    case emptySource
    /// What a source that was given up for lost, and has come back, has and the target has not is fetched, or given up.
    case salvage
    /// The source is taken out of the console, which has its namespace: of several replicas the last one alone.
    case removeEnvironment
    /// What was written on the target is copied back.
    case reverseCopy

    /// What has to be done before users are led to the target.
    static let beforeCutOver: [Self] = [.secrets, .values, .flows, .restoreBackup]

    /// Whose it is. The service body may say in anybody's place that it was done.
    public var owner: MigrationParty {
      switch self {
      case .createEnvironment, .firstCopy, .secrets, .values, .restoreBackup, .stopWrites, .finalCopy, .verify,
        .dashboards, .emptySource, .salvage, .removeEnvironment, .reverseCopy:
        .projectTeam
      case .flows, .switchNames: .targetOperator
      }
    }
  }

  /// That it was done.
  public struct Evidence: Codable, Sendable, Hashable {
    /// What shows it: a link, a check sum, a sentence.
    public var text: String
    /// Who says so.
    public var principal: String
    /// When it was said, by the database's clock.
    public var at: Timestamp
  }

  /// What there is to do.
  public var kind: Kind
  /// Since when it can be done; nil before.
  public internal(set) var openedAt: Timestamp?
  /// By when it is to be done; nil before it can be.
  public internal(set) var dueAt: Timestamp?
  /// That it was done; nil before.
  public internal(set) var evidence: Evidence?

  /// Whether it can be done now and was not.
  public var isOpen: Bool { openedAt != nil && evidence == nil }

  init(_ kind: Kind) { self.kind = kind }
}
