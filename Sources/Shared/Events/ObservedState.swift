public import Foundation
public import Model

/// A condition in the Kubernetes form.
public struct Condition: Codable, Sendable, Hashable {
  /// True, false, or not known.
  public enum Status: String, Codable, Sendable, CaseIterable {
    case yes = "True"
    case no = "False"
    case unknown = "Unknown"
  }

  /// What the condition is about; see ``ConditionType``.
  public var type: String
  /// Whether it holds.
  public var status: Status
  /// One CamelCase word for machines.
  public var reason: String
  /// A sentence for people; empty when there is nothing to add.
  public var message: String
  /// The revision it was observed for.
  public var observedRevision: Int64
  /// When `status` last changed.
  public var lastTransitionTime: Timestamp

  /// A condition.
  public init(
    type: String, status: Status, reason: String, message: String = "", observedRevision: Int64,
    lastTransitionTime: Timestamp
  ) {
    self.type = type
    self.status = status
    self.reason = reason
    self.message = message
    self.observedRevision = observedRevision
    self.lastTransitionTime = lastTransitionTime
  }
}

/// The conditions an agent reports for a placement.
public enum ConditionType {
  /// All objects of the revision are on the cluster.
  public static let applied = "Applied"
  /// Applied, and the quota is enforced (`status.hard` is filled): the summary.
  public static let ready = "Ready"
  /// The state was refused: bad signature, wrong zone, the operator's local guard, an unsupported mode.
  public static let refused = "Refused"
  /// The state is refused, and of the one before it, which was acted on, nothing is enforced either: it is not known any
  /// more, or may not be enforced. Changes by hand are neither seen nor put back.
  public static let unenforced = "Unenforced"
  /// The state is in the zone's Git repository, in mode `gitops`; the message names the commit.
  public static let committed = "Committed"
  /// Argo CD's word on whether the cluster is as Git says, in mode `gitops` where it is asked. The reason is its own word.
  public static let synced = "Synced"
  /// Argo CD's word on how the objects fare, in mode `gitops` where it is asked. The reason is its own word.
  public static let healthy = "Healthy"
  /// Something is left that only the namespace's owner can do, where the namespace is another's: to make it, to remove
  /// it, to set its quota.
  public static let awaitingOwner = "AwaitingOwner"
  /// Hand-made changes were seen; the message says which and what was done.
  public static let drifted = "Drifted"

  /// All of them, in the order in which they are told.
  public static let all = [applied, ready, refused, unenforced, committed, synced, healthy, awaitingOwner, drifted]
}

/// What an agent saw of one placement: the data of a record of `regie.<zone>.observed`, keyed by the placement.
public struct ObservedState: Codable, Sendable, Hashable {
  /// When each stage was reached, by the agent's clock.
  public struct Timeline: Codable, Sendable, Hashable {
    /// When the record was published, as the bus says.
    public var publishedAt: Timestamp?
    /// When the agent had it.
    public var receivedAt: Timestamp?
    /// When all objects were applied.
    public var appliedAt: Timestamp?
    /// When the quota was seen enforced.
    public var readyAt: Timestamp?
    /// When this report was handed to the bus.
    public var reportedAt: Timestamp?

    /// A timeline.
    public init(
      publishedAt: Timestamp? = nil, receivedAt: Timestamp? = nil, appliedAt: Timestamp? = nil,
      readyAt: Timestamp? = nil, reportedAt: Timestamp? = nil
    ) {
      self.publishedAt = publishedAt
      self.receivedAt = receivedAt
      self.appliedAt = appliedAt
      self.readyAt = readyAt
      self.reportedAt = reportedAt
    }
  }

  /// A hand-made change that was put back.
  public struct Drift: Codable, Sendable, Hashable {
    /// `ResourceQuota/regie-quota`, …
    public var object: String
    /// The field (`spec.hard.requests.cpu`), or empty for the whole object.
    public var path: String
    /// The value found; absent when the field or object was deleted, or the object is no longer marked.
    public var live: String?
    /// The value wanted; absent where nothing is to stand there, or the whole object is meant.
    public var wanted: String?
    /// The field manager that made the change, where known.
    public var manager: String?
    /// When it was first seen.
    public var firstSeen: Timestamp
    /// When it was put back.
    public var correctedAt: Timestamp?

    /// A drift.
    public init(
      object: String, path: String, live: String?, wanted: String?, manager: String?, firstSeen: Timestamp,
      correctedAt: Timestamp? = nil
    ) {
      self.object = object
      self.path = path
      self.live = live
      self.wanted = wanted
      self.manager = manager
      self.firstSeen = firstSeen
      self.correctedAt = correctedAt
    }
  }

  /// The placement; equals the record's key.
  public var placement: UUID
  /// The zone's slug; equals the topic's.
  public var zone: String
  /// The cluster's name.
  public var cluster: String
  /// Which life of the agent reports; grows with every start.
  public var incarnation: Int64
  /// Grows with every report of one incarnation.
  public var sequence: Int64
  /// The epoch of the state acted on.
  public var observedEpoch: Int64
  /// The revision acted on.
  public var observedRevision: Int64
  /// The phase acted on.
  public var phase: PlacementPhase
  /// Conditions; `Ready` is the summary.
  public var conditions: [Condition]
  /// Use as the cluster's quota counts it.
  public var used: ResourceList?
  /// What the cluster enforces of Régie's own quota (`status.hard`), whatever version is acted on; a resource that is absent
  /// in it is not limited. Absent where that is not known, and from agents that do not say.
  public var enforced: ResourceList?
  /// The latest drifts, at most 16, newest last.
  public var drifts: [Drift]
  /// Drifts that were left out of `drifts`, since the agent started.
  public var driftsOmitted: Int64
  /// When each stage was reached for `observedRevision`.
  public var timeline: Timeline

  /// An observation.
  public init(
    placement: UUID, zone: String, cluster: String, incarnation: Int64, sequence: Int64, observedEpoch: Int64,
    observedRevision: Int64, phase: PlacementPhase, conditions: [Condition], used: ResourceList? = nil,
    enforced: ResourceList? = nil, drifts: [Drift] = [], driftsOmitted: Int64 = 0, timeline: Timeline = Timeline()
  ) {
    self.placement = placement
    self.zone = zone
    self.cluster = cluster
    self.incarnation = incarnation
    self.sequence = sequence
    self.observedEpoch = observedEpoch
    self.observedRevision = observedRevision
    self.phase = phase
    self.conditions = conditions
    self.used = used
    self.enforced = enforced
    self.drifts = drifts
    self.driftsOmitted = driftsOmitted
    self.timeline = timeline
  }
}

/// An agent's heartbeat: the data of the record keyed `agent/<zone>` of `regie.<zone>.observed`.
public struct AgentStatus: Codable, Sendable, Hashable {
  /// One cluster as the agent sees it.
  public struct ClusterStatus: Codable, Sendable, Hashable {
    /// The cluster's name.
    public var name: String
    /// Whether its API answers.
    public var reachable: Bool
    /// The API server's version.
    public var version: String?
    /// Why it is not reachable.
    public var message: String?
    /// Placements that the agent keeps there.
    public var placements: Int
    /// What its admission was found to refuse; absent until it was probed.
    public var conformity: ClusterConformity?
    /// What was measured of its capacity; absent where that is not asked of the agent, or was not possible yet.
    public var capacity: MeasuredCapacity?

    /// A cluster's status.
    public init(
      name: String, reachable: Bool, version: String? = nil, message: String? = nil, placements: Int,
      conformity: ClusterConformity? = nil, capacity: MeasuredCapacity? = nil
    ) {
      self.name = name
      self.reachable = reachable
      self.version = version
      self.message = message
      self.placements = placements
      self.conformity = conformity
      self.capacity = capacity
    }
  }

  /// A plea to publish the zone's latest states again, because the topic's past can not be read, or is not what the zone's
  /// record says.
  public struct RepublicationRequest: Codable, Sendable, Hashable {
    /// Answered once per identifier.
    public var id: UUID
    /// What the agent saw (`low watermark 120 on partition 0`).
    public var reason: String
    /// The buckets that are asked for, of 256; absent for all.
    public var buckets: [Int]?

    /// A request.
    public init(id: UUID, reason: String, buckets: [Int]? = nil) {
      self.id = id
      self.reason = reason
      self.buckets = buckets
    }
  }

  /// The zone's slug.
  public var zone: String
  /// Which life of the agent reports.
  public var incarnation: Int64
  /// Grows with every report of one incarnation.
  public var sequence: Int64
  /// The agent's version.
  public var version: String
  /// When the heartbeat was made, by the agent's clock.
  public var at: Timestamp
  /// Whether the desired topic was read to its end since the start.
  public var snapshotComplete: Bool
  /// Records refused since the start (bad signature, wrong zone, older revision with other content).
  public var refusedRecords: Int64
  /// The latest refusal, for people.
  public var lastRefusal: String?
  /// The clusters.
  public var clusters: [ClusterStatus]
  /// Present while the agent waits for a republication.
  public var republication: RepublicationRequest?
  /// What the clusters' operator allows; absent where the operator has set no guard.
  public var guardPolicy: GuardPolicy?
  /// Whether the topic holds what the zone's record says; absent from agents that do not compare.
  public var zoneRecord: ZoneAgreement?
  /// What was reported in this life; absent from agents that do not say.
  public var reports: ReportDigests?
  /// What clusters hold and the topic does not; absent while the topic is not what the zone's record says.
  public var orphans: Orphans?

  /// A heartbeat.
  public init(
    zone: String, incarnation: Int64, sequence: Int64, version: String, at: Timestamp, snapshotComplete: Bool,
    refusedRecords: Int64 = 0, lastRefusal: String? = nil, clusters: [ClusterStatus],
    republication: RepublicationRequest? = nil, guardPolicy: GuardPolicy? = nil, zoneRecord: ZoneAgreement? = nil,
    reports: ReportDigests? = nil, orphans: Orphans? = nil
  ) {
    self.zone = zone
    self.incarnation = incarnation
    self.sequence = sequence
    self.version = version
    self.at = at
    self.snapshotComplete = snapshotComplete
    self.refusedRecords = refusedRecords
    self.lastRefusal = lastRefusal
    self.clusters = clusters
    self.republication = republication
    self.guardPolicy = guardPolicy
    self.zoneRecord = zoneRecord
    self.reports = reports
    self.orphans = orphans
  }
}
