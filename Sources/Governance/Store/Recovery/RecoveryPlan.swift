public import Events
public import Foundation
import Model

/// How a restored database is brought up to what was promised in its lost life (protocol rule 13): pure.
///
/// What governance has signed and agents hold is taken for what was decided. Nothing is removed and no promise forgotten;
/// what can not be reconciled is left for people, as a finding.
public struct RecoveryPlan: Sendable {
  /// What becomes of a placement.
  public enum Action: String, Sendable, Codable, CaseIterable {
    /// The database does not know it: it becomes a row.
    case adopted
    /// The bus has a later decision: the row becomes that.
    case overwritten
    /// The row stands, above what an agent has seen of the lost life.
    case reissued
    /// Its removal was carried out in the lost life.
    case removed
  }

  /// A placement that changes.
  public struct Change: Sendable {
    /// What becomes of it.
    public var action: Action
    /// The row before; nil where there was none.
    public var before: PlacementRecord?
    /// The row afterwards.
    public var after: PlacementRecord
  }

  /// Something for people.
  public struct Finding: Sendable, Hashable, Codable {
    /// One CamelCase word.
    public var kind: String
    /// The zone's slug.
    public var zone: String
    /// The placement, where it is about one.
    public var placement: UUID?
    /// What was found, and what to do.
    public var message: String
    /// The same in French.
    public var messageFR: String
  }

  /// The database as it is.
  public struct Books: Sendable {
    /// The epoch.
    public var epoch: Int64
    /// By zone, the last number that the zone's record was given.
    public var sequences: [String: Int64]
    /// Every placement, reserved ones and removed ones too.
    public var placements: [PlacementRecord]
    /// By project, the UUID that its namespaces are named after.
    public var identities: [String: UUID]
    /// Projects that have a document.
    public var projects: Set<String>
    /// Clusters that are on offer.
    public var clusters: Set<String>
    /// By the database's clock.
    public var now: Timestamp

    /// Books.
    public init(
      epoch: Int64, sequences: [String: Int64], placements: [PlacementRecord], identities: [String: UUID],
      projects: Set<String>, clusters: Set<String>, now: Timestamp
    ) {
      self.epoch = epoch
      self.sequences = sequences
      self.placements = placements
      self.identities = identities
      self.projects = projects
      self.clusters = clusters
      self.now = now
    }
  }

  /// What shows that the database was restored, a line per zone; empty where nothing does, and then nothing changes.
  public private(set) var signs: [String] = []
  /// The epoch before.
  public let epoch: Int64
  /// The epoch to mint: above all that was ever seen.
  public private(set) var nextEpoch: Int64
  /// In the order of placements.
  public private(set) var changes: [Change] = []
  /// Placements that stand as they are.
  public private(set) var unchanged = 0
  /// In the order of zones and placements.
  public private(set) var findings: [Finding] = []
  /// By zone, the number that its record must be above.
  public private(set) var sequences: [String: Int64] = [:]
  /// What the bus holds of placements that stand as they are.
  public private(set) var published: [PublishedState] = []

  private var takenNamespaces: [String: UUID] = [:]
  private var takenReplicas: [String: Set<Int>] = [:]

  /// The plan for `books`, given what was read of the topics.
  public init(_ books: Books, _ evidence: [BusEvidence]) {
    epoch = books.epoch
    var seen: [Int64] = evidence.compactMap { $0.record?.epoch }
    for zone in evidence {
      seen += zone.desired.values.map(\.state.epoch)
      seen += zone.observed.values.map(\.observedEpoch)
    }
    nextEpoch = max(books.epoch, seen.max() ?? 0) + 1
    let known = Dictionary(books.placements.map { ($0.spec.id, $0) }, uniquingKeysWith: { first, _ in first })
    for zone in evidence.sorted(by: { $0.zone < $1.zone }) {
      let versions = known.filter { $0.value.spec.zone == zone.zone }.mapValues(\.version)
      let account = RestoreSigns.Account(
        epoch: books.epoch, sequence: books.sequences[zone.zone] ?? 0, versions: versions)
      if let sign = RestoreSigns.first(in: zone, against: account) { signs.append(sign) }
      sequences[zone.zone] = max(books.sequences[zone.zone] ?? 0, zone.record?.sequence ?? 0)
    }
    guard !signs.isEmpty else { return }
    // Rows first: what is adopted must find the namespaces and replicas that stand afterwards.
    for zone in evidence { for record in books.placements where record.spec.zone == zone.zone { take(record, zone) } }
    let slugs = Set(evidence.map(\.zone))
    for record in books.placements where !slugs.contains(record.spec.zone) { stand(record) }
    for zone in evidence.sorted(by: { $0.zone < $1.zone }) {
      for (id, seen) in zone.desired.sorted(by: { $0.key.uuidString < $1.key.uuidString }) where known[id] == nil {
        adopt(seen, zone, books)
      }
      if zone.refused > 0 {
        find(
          "Unverified", zone.zone, nil,
          "\(zone.refused) records of the topic could not be believed, and were not counted",
          "\(zone.refused) enregistrements du sujet n’ont pu être crus et n’ont pas été comptés")
      }
    }
    changes.sort { $0.after.spec.id.uuidString < $1.after.spec.id.uuidString }
  }

  private mutating func take(_ record: PlacementRecord, _ zone: BusEvidence) {
    let id = record.spec.id
    guard let seen = zone.desired[id] else { return standOrReissue(record, zone) }
    if seen.state.version < record.version { return standOrReissue(record, zone) }
    if seen.state.version == record.version, seen.content == record.content {
      published.append(PublishedState(seen))
      return standOrReissue(record, zone)
    }
    if record.removedAt != nil {
      find(
        "RemovedHere", zone.zone, id,
        "the database saw its removal done, the bus holds \(seen.state.version) as \(seen.state.phase.rawValue): decide by "
          + "hand what is right",
        "la base a vu son retrait accompli, le bus contient \(seen.state.version) (\(seen.state.phase.rawValue)) : décider "
          + "à la main")
      return stand(record)
    }
    if record.publishedAt == nil, !record.isUnconfirmed {
      find(
        "DecisionReplaced", zone.zone, id,
        "revision \(record.spec.revision), decided after the restore, gives way to what agents hold: decide again where it "
          + "is still wanted",
        "la révision \(record.spec.revision), décidée après la restauration, cède à ce que les agents tiennent : redécider "
          + "si elle reste voulue")
    }
    overwrite(record, seen, zone)
  }

  private mutating func overwrite(_ record: PlacementRecord, _ seen: BusEvidence.Seen, _ zone: BusEvidence) {
    var after = record
    after.take(seen.state)
    if seen.isDone(zone) {
      after.removedAt = seen.state.notBefore ?? seen.state.decidedAt
      after.reserved = ResourceAmounts()
      published.append(PublishedState(seen))
      changes.append(Change(action: .removed, before: record, after: after))
      return
    }
    after.reserved = record.reserved.maximum(ResourceAmounts(seen.state.quota))
    raise(&after, above: [record.version, seen.state.version], zone)
    changes.append(Change(action: .overwritten, before: record, after: after))
    stand(after, isUnchanged: false)
  }

  /// An agent may have seen a later one than either the database or the bus holds now.
  private mutating func standOrReissue(_ record: PlacementRecord, _ zone: BusEvidence) {
    guard let observed = zone.observed[record.spec.id], observed.version > record.version, record.removedAt == nil,
      !record.isUnconfirmed
    else { return stand(record) }
    var after = record
    raise(&after, above: [record.version], zone)
    find(
      "ContentLost", zone.zone, record.spec.id,
      "an agent has seen \(observed.version), which neither the bus nor the database holds: revision \(record.spec.revision) "
        + "is decided anew",
      "un agent a vu \(observed.version), que ni le bus ni la base ne contient : la révision \(record.spec.revision) est "
        + "redonnée")
    published.removeAll { $0.placement == record.spec.id }
    changes.append(Change(action: .reissued, before: record, after: after))
    stand(after, isUnchanged: false)
  }

  private mutating func stand(_ record: PlacementRecord, isUnchanged: Bool = true) {
    if isUnchanged { unchanged += 1 }
    guard record.removedAt == nil else { return }
    takenNamespaces["\(record.spec.cluster)/\(record.spec.namespace)"] = record.spec.id
    guard record.spec.phase != .removed else { return }
    takenReplicas["\(record.spec.project)/\(record.spec.environment)", default: []].insert(record.spec.replica)
  }

  private mutating func adopt(_ seen: BusEvidence.Seen, _ zone: BusEvidence, _ books: Books) {
    let state = seen.state
    let isDone = seen.isDone(zone)
    if !isDone, let holder = takenNamespaces["\(state.cluster)/\(state.namespace)"] {
      find(
        "NamespaceInUse", zone.zone, state.placement,
        "its namespace \(state.namespace) on \(state.cluster) is promised to \(holder.uuidString.lowercased()): remove that "
          + "one, then recover again",
        "son namespace \(state.namespace) sur \(state.cluster) est promis à \(holder.uuidString.lowercased()) : retirer "
          + "celui-ci, puis relancer")
      return
    }
    let key = "\(state.project.name)/\(state.environment.name)"
    let replica = (0...).first { !(takenReplicas[key]?.contains($0) ?? false) } ?? 0
    var after = PlacementRecord(adopting: state, replica: replica)
    if isDone {
      after.removedAt = state.notBefore ?? state.decidedAt
      after.reserved = ResourceAmounts()
      published.append(PublishedState(seen))
    } else {
      raise(&after, above: [state.version], zone)
      stand(after, isUnchanged: false)
    }
    changes.append(Change(action: isDone ? .removed : .adopted, before: nil, after: after))
    tell(of: state, zone, books)
  }

  private mutating func tell(of state: DesiredState, _ zone: BusEvidence, _ books: Books) {
    if let identity = books.identities[state.project.name], identity != state.project.id {
      find(
        "IdentityDiffers", zone.zone, state.placement,
        "project “\(state.project.name)” has another UUID in the database than on the cluster",
        "le projet « \(state.project.name) » a dans la base un autre UUID que sur le cluster")
    }
    if !books.projects.contains(state.project.name) {
      find(
        "ProjectUnknown", zone.zone, state.placement,
        "project “\(state.project.name)” has no document any more: apply it again",
        "le projet « \(state.project.name) » n’a plus de document : l’appliquer de nouveau")
    }
    if !books.clusters.contains(state.cluster) {
      find(
        "ClusterUnknown", zone.zone, state.placement,
        "cluster “\(state.cluster)” is not on offer any more: apply it again",
        "le cluster « \(state.cluster) » n’est plus dans l’offre : l’appliquer de nouveau")
    }
  }

  /// The next revision, in the new epoch, above whatever was seen of the placement.
  private func raise(_ record: inout PlacementRecord, above versions: [StateVersion], _ zone: BusEvidence) {
    let observed = zone.observed[record.spec.id].map { [$0.observedRevision] } ?? []
    record.spec.revision = ((versions.map(\.revision) + observed).max() ?? 0) + 1
    record.spec.epoch = nextEpoch
    record.publishedAt = nil
  }

  private mutating func find(_ kind: String, _ zone: String, _ placement: UUID?, _ message: String, _ messageFR: String)
  {
    findings.append(
      Finding(kind: kind, zone: zone, placement: placement, message: message, messageFR: messageFR))
  }
}

extension BusEvidence.Seen {
  /// Whether it is a removal that an agent has seen carried out.
  fileprivate func isDone(_ zone: BusEvidence) -> Bool {
    guard state.phase == .removed, let observed = zone.observed[state.placement] else { return false }
    return observed.version == state.version && observed.phase == .removed && observed.holds(ConditionType.applied)
  }
}

extension PublishedState {
  init(_ seen: BusEvidence.Seen) {
    self.init(
      placement: seen.state.placement, zone: seen.state.zone, version: seen.state.version, content: seen.content,
      partition: seen.partition, offset: seen.offset)
  }
}

extension PlacementRecord {
  /// Epoch and revision of what is decided.
  var version: StateVersion { StateVersion(epoch: spec.epoch, revision: spec.revision) }

  /// The digest of the bytes that are said on the bus; nil where they can not be written.
  var content: ContentDigest? { (try? BusCodec.encode(desiredState())).map { ContentDigest(of: $0) } }

  /// Becomes what a state says; zone and cluster never change.
  fileprivate mutating func take(_ state: DesiredState) {
    spec.organisation = state.project.organisation
    spec.projectID = state.project.id
    spec.environmentID = state.environment.id
    spec.stage = state.environment.stage
    spec.namespace = state.namespace
    spec.phase = state.phase
    spec.quota = state.quota
    spec.revision = state.revision
    spec.epoch = state.epoch
    spec.decision = state.decision
    decidedAt = state.decidedAt
    notBefore = state.notBefore
    removePersistentVolumes = state.removePersistentVolumes ?? false
    traceparent = nil
  }

  /// What only the bus knows.
  fileprivate init(adopting state: DesiredState, replica: Int) {
    self.init(
      spec: PlacementSpec(
        id: state.placement, project: state.project.name, projectID: state.project.id,
        organisation: state.project.organisation, environment: state.environment.name,
        environmentID: state.environment.id, stage: state.environment.stage, replica: replica, zone: state.zone,
        cluster: state.cluster, namespace: state.namespace, phase: state.phase, quota: state.quota,
        revision: state.revision, epoch: state.epoch, decision: state.decision),
      sensitivity: state.sensitivity, mode: state.mode, notBefore: state.notBefore,
      removePersistentVolumes: state.removePersistentVolumes ?? false, createdAt: state.decidedAt,
      decidedAt: state.decidedAt, publishedAt: nil, removedAt: nil, reserved: ResourceAmounts(state.quota),
      reservation: nil, observed: nil, traceparent: nil)
  }
}
