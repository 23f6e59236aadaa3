public import Events
public import Foundation

/// How a restored database is, or was, brought up to what it has said on the bus.
public struct RecoveryView: Codable, Sendable, Hashable {
  /// What becomes of a placement.
  public enum Action: String, Codable, Sendable, CaseIterable {
    /// The database did not know it.
    case adopted
    /// The bus has a later decision.
    case overwritten
    /// The row stands, above what an agent has seen.
    case reissued
    /// Its removal was carried out in what was lost.
    case removed
    /// The row stands, with more reserved for it until its agent has reported.
    case held
  }

  /// A placement that changes.
  public struct Change: Codable, Sendable, Hashable {
    /// The placement.
    public var placement: UUID
    /// What becomes of it.
    public var action: Action
    /// The project's name.
    public var project: String
    /// The environment's name.
    public var environment: String
    /// The zone's slug.
    public var zone: String
    /// The cluster's name.
    public var cluster: String
    /// The namespace's name.
    public var namespace: String
    /// Epoch and revision before; absent where there was no row.
    public var from: String?
    /// Epoch and revision afterwards.
    public var to: String

    /// A change.
    public init(
      placement: UUID, action: Action, project: String, environment: String, zone: String, cluster: String,
      namespace: String, from: String?, to: String
    ) {
      self.placement = placement
      self.action = action
      self.project = project
      self.environment = environment
      self.zone = zone
      self.cluster = cluster
      self.namespace = namespace
      self.from = from
      self.to = to
    }
  }

  /// Something that people have to look at.
  public struct Finding: Codable, Sendable, Hashable {
    /// One CamelCase word.
    public var kind: String
    /// The zone's slug; empty where it is about none.
    public var zone: String
    /// The placement, where it is about one.
    public var placement: UUID?
    /// What was found, and what to do.
    public var message: String

    /// A finding.
    public init(kind: String, zone: String, placement: UUID?, message: String) {
      self.kind = kind
      self.zone = zone
      self.placement = placement
      self.message = message
    }
  }

  /// What has to be sent back to have it done: it stands for every change and finding.
  public var plan: String
  /// Whether the database was found to be older than the bus.
  public var restored: Bool
  /// Whether carrying it out changes anything: also what an earlier recovery has left, or a suspension without a reason.
  public var needed: Bool
  /// Whether it was carried out now.
  public var recovered: Bool
  /// Since when nothing is decided or published; absent while all is well.
  public var suspendedAt: Timestamp?
  /// What shows it.
  public var signs: [String]
  /// The epoch before.
  public var epoch: Int64
  /// The epoch afterwards.
  public var nextEpoch: Int64
  /// Placements that stand as they are.
  public var unchanged: Int
  /// Placements that change.
  public var changes: [Change]
  /// What people have to look at.
  public var findings: [Finding]

  /// A view.
  public init(
    plan: String, restored: Bool, needed: Bool, recovered: Bool, suspendedAt: Timestamp?, signs: [String], epoch: Int64,
    nextEpoch: Int64, unchanged: Int, changes: [Change], findings: [Finding]
  ) {
    self.plan = plan
    self.restored = restored
    self.needed = needed
    self.recovered = recovered
    self.suspendedAt = suspendedAt
    self.signs = signs
    self.epoch = epoch
    self.nextEpoch = nextEpoch
    self.unchanged = unchanged
    self.changes = changes
    self.findings = findings
  }
}
