public import Foundation
public import Model

/// What a move is of, and on what terms; fixed when it is planned.
public struct MigrationTerms: Codable, Sendable, Hashable {
  /// The project.
  public var project: String
  /// The environment, as it is called where it is.
  public var environment: String
  /// What it is called where it goes: in the console a name never changes, and so the target is another environment.
  public var targetEnvironment: String
  /// The placement that moves.
  public var source: UUID
  /// What it was when the move was planned: what a rollback leads back to, unless it was another by the beginning.
  public var sourcePhase: PlacementPhase
  /// Whether the source is gone, so that nothing can be copied.
  public var isEmergency: Bool
  /// Who has to agree.
  @Sorted public var approvers: Set<MigrationParty>
  /// What people have to do.
  @Sorted public var tasks: Set<MigrationTask.Kind>
  /// Microseconds that a task may take.
  public var taskTime: Int64
  /// Microseconds that agents may take.
  public var patience: Int64
  /// Microseconds that the source is kept after the target was verified.
  public var retention: Int64

  /// Terms.
  ///
  /// - Parameter isInConsole: whether environments are made and taken out in the console.
  public init(
    project: String, environment: String, targetEnvironment: String, source: UUID,
    sourcePhase: PlacementPhase = .active, isEmergency: Bool = false,
    isInConsole: Bool = true, approvers: Set<MigrationParty> = [.projectTeam, .targetOperator, .serviceBody],
    taskTime: Int64 = 7 * 86_400_000_000, patience: Int64 = 3_600_000_000, retention: Int64 = 30 * 86_400_000_000
  ) {
    self.project = project
    self.environment = environment
    self.targetEnvironment = targetEnvironment
    self.source = source
    self.sourcePhase = sourcePhase
    self.isEmergency = isEmergency
    self.approvers = approvers
    self.taskTime = taskTime
    self.patience = patience
    self.retention = retention
    tasks = [.secrets, .values, .flows, .switchNames, .verify, .dashboards]
    tasks.formUnion(isEmergency ? [.restoreBackup, .salvage] : [.firstCopy, .stopWrites, .finalCopy, .emptySource])
    if isInConsole { tasks.formUnion([.createEnvironment, .removeEnvironment]) }
  }
}
