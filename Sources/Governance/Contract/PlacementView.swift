public import Events
public import Foundation
public import Model

/// A placement as the API shows it, Kubernetes-shaped: what was decided in `spec`, what became of it in `status`.
public struct PlacementView: Codable, Sendable, Hashable {
  /// The name is the placement's identifier.
  public struct Metadata: Codable, Sendable, Hashable {
    /// The placement's identifier.
    public var name: String
    /// When it was first decided.
    public var creationTimestamp: Timestamp

    /// Metadata.
    public init(name: String, creationTimestamp: Timestamp) {
      self.name = name
      self.creationTimestamp = creationTimestamp
    }
  }

  /// What became of the decision.
  public struct Status: Codable, Sendable, Hashable {
    /// Whether the agent saw exactly the current revision, applied and enforced.
    public var ready: Bool
    /// Whether the agent's last report is of the current revision.
    public var current: Bool
    /// When the current revision was decided, by the database's clock.
    public var decidedAt: Timestamp
    /// When the bus acknowledged it, by the database's clock.
    public var publishedAt: Timestamp?
    /// When the removal was observed, or the loss declared: the capacity is given back since.
    public var removedAt: Timestamp?
    /// The agent's last report.
    public var observed: ObservedState?
    /// When that report was stored, by the database's clock.
    public var observedAt: Timestamp?
    /// The decision that chose the chain, where that is a later one than the decision that made the revision.
    public var chainDecision: UUID?
    /// True where a person has declared its loss, and no agent has seen it gone since; absent otherwise.
    public var lossDeclared: Bool?

    /// A status.
    public init(
      ready: Bool, current: Bool, decidedAt: Timestamp, publishedAt: Timestamp?, removedAt: Timestamp?,
      observed: ObservedState?, observedAt: Timestamp?, chainDecision: UUID? = nil, lossDeclared: Bool? = nil
    ) {
      self.ready = ready
      self.current = current
      self.decidedAt = decidedAt
      self.publishedAt = publishedAt
      self.removedAt = removedAt
      self.observed = observed
      self.observedAt = observedAt
      self.chainDecision = chainDecision
      self.lossDeclared = lossDeclared
    }
  }

  /// Always `Model.apiVersion`.
  public var apiVersion: String
  /// Always `Placement`.
  public var kind: Kind
  /// Identity.
  public var metadata: Metadata
  /// What was decided.
  public var spec: PlacementSpec
  /// What became of it.
  public var status: Status

  /// A view.
  public init(spec: PlacementSpec, createdAt: Timestamp, status: Status) {
    self.apiVersion = Model.apiVersion
    self.kind = .placement
    self.metadata = Metadata(name: spec.id.uuidString.lowercased(), creationTimestamp: createdAt)
    self.spec = spec
    self.status = status
  }

  /// One word for a table: `Ready`, the reason why not, or `Pending` before any report; once removed, whether something is
  /// left to the namespace's owner, or only a person says that it is gone.
  public var summary: String {
    if status.removedAt != nil {
      if status.lossDeclared == true { return "LossDeclared" }
      let isLeft = status.observed?.conditions.contains { $0.type == ConditionType.awaitingOwner && $0.status == .yes }
      return isLeft == true ? ConditionType.awaitingOwner : "Removed"
    }
    if status.ready { return "Ready" }
    guard status.current, let observed = status.observed else {
      return status.publishedAt == nil ? "Decided" : "Published"
    }
    return observed.conditions.first { $0.type == ConditionType.ready }?.reason ?? "Pending"
  }
}
