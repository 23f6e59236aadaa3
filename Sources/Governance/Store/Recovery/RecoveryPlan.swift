public import Events
public import Foundation
import Model

/// How a restored database is brought up to what was promised in its lost life (protocol rule 13): pure.
///
/// What governance has signed and agents hold is taken for what was decided. Nothing is removed and no promise forgotten;
/// what can not be reconciled is left for people, as a finding. Whatever comes of it, the database that results is no restored
/// one any more: ``RestoreSigns`` finds nothing in the same evidence.
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
    /// The row stands as it is, with more reserved for it until its agent has reported: the bus holds another decision.
    case held
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

  /// A state on the bus that no row can stand for at present.
  public struct Left: Sendable, Hashable {
    /// The placement.
    public var placement: UUID
    /// The zone's slug.
    public var zone: String
    /// What the bus holds of it.
    public var version: StateVersion
  }

  /// Something for people.
  public struct Finding: Sendable, Hashable, Codable {
    /// One CamelCase word.
    public var kind: String
    /// The zone's slug; empty where it is about none.
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
    /// What the bus has acknowledged of each placement.
    public var published: [UUID: PublishedState]
    /// What earlier recoveries have left to people.
    public var left: [UUID: StateVersion]
    /// Why nothing is decided at present; nil where that is not so.
    public var suspended: String?
    /// Since when; nil likewise.
    public var suspendedAt: Timestamp?
    /// What was told on `regie.events`; nil where that is not compared.
    public var told: ToldAccount?
    /// By the database's clock.
    public var now: Timestamp

    /// Books.
    public init(
      epoch: Int64, sequences: [String: Int64], placements: [PlacementRecord], identities: [String: UUID],
      projects: Set<String>, clusters: Set<String>, published: [UUID: PublishedState] = [:],
      left: [UUID: StateVersion] = [:], suspended: String? = nil, suspendedAt: Timestamp? = nil,
      told: ToldAccount? = nil, now: Timestamp
    ) {
      self.told = told
      self.published = published
      self.left = left
      self.suspended = suspended
      self.suspendedAt = suspendedAt
      self.epoch = epoch
      self.sequences = sequences
      self.placements = placements
      self.identities = identities
      self.projects = projects
      self.clusters = clusters
      self.now = now
    }
  }

  /// What shows that the database was restored, a line per topic; empty where nothing does.
  public internal(set) var signs: [String] = []
  /// The epoch before.
  public let epoch: Int64
  /// The epoch to mint: above all that was ever seen.
  public internal(set) var nextEpoch: Int64
  /// In the order of placements.
  public internal(set) var changes: [Change] = []
  /// Placements that stand as they are.
  public internal(set) var unchanged = 0
  /// In the order of zones and placements.
  public internal(set) var findings: [Finding] = []
  /// What no row can stand for: it is known from now on, and left to people.
  public internal(set) var left: [Left] = []
  /// Rows that have ended, and which the bus was noted to hold, and holds no more: the lost life has forgotten them.
  public internal(set) var forgotten: [UUID] = []
  /// Whether nothing is decided at present, which carrying this out ends.
  public let isSuspended: Bool
  /// Whether there are states on the bus that could not be read or believed, and were not counted.
  public internal(set) var isIncomplete = false
  /// By zone, the number that its record must be above.
  public internal(set) var sequences: [String: Int64] = [:]
  /// The highest version of the policy that was told of in any life: the next one is above it.
  public internal(set) var highestPolicy: Int64 = 0
  /// What the bus holds, where no later state follows at once.
  public internal(set) var published: [PublishedState] = []

  /// The sign that there is on `regie.events`, and what is agreed to in its place.
  struct ToldSign: Sendable {
    var sign: String
    var agreed: String
  }
  var toldSign: ToldSign?

  let known: [UUID: PlacementRecord]
  /// By zone.
  private let rows: [String: [PlacementRecord]]
  let books: Books
  /// Who has a namespace of a cluster afterwards.
  var takenNamespaces: [String: UUID] = [:]
  var takenReplicas: [String: Set<Int>] = [:]
  /// By row that has ended in the lost life, which placement of the bus has its namespace since.
  var successors: [UUID: UUID] = [:]
  /// What is to be reserved at the least for placements whose namespace another one has.
  var atLeast: [UUID: ResourceAmounts] = [:]

  /// Whether the database is older than the bus: not where only what an earlier recovery has left finds its place.
  public var isRestored: Bool { !signs.isEmpty }

  /// Whether carrying it out changes anything.
  public var isNeeded: Bool { !signs.isEmpty || !changes.isEmpty || isSuspended }

  /// Whether an epoch is minted: not where only a suspension ends.
  public var mints: Bool { !signs.isEmpty || !changes.isEmpty }

  /// The plan for `books`, given what was read of the topics of zones, and of `regie.events`.
  public init(_ books: Books, _ evidence: [BusEvidence], told: ToldEvidence = ToldEvidence()) {
    self.books = books
    let reports = PlausibleReports(books, evidence)
    let read = evidence.sorted { $0.zone < $1.zone }.map { reports.keeping($0) }
    epoch = books.epoch
    isSuspended = books.suspended != nil
    let seen = read.flatMap { $0.observed.values.map(\.observedEpoch) }
    nextEpoch = max(reports.signedEpoch, seen.max() ?? 0) + 1
    known = Dictionary(books.placements.map { ($0.spec.id, $0) }, uniquingKeysWith: { first, _ in first })
    rows = Dictionary(grouping: books.placements, by: \.spec.zone)
    let evidence = read.map { counted($0) }
    for zone in evidence {
      if let sign = RestoreSigns.first(in: zone, against: account(of: zone)) { signs.append(sign) }
      sequences[zone.zone] = max(books.sequences[zone.zone] ?? 0, zone.record?.sequence ?? 0)
      tellUnread(zone)
    }
    takeTold(told)
    for report in reports.refused {
      find(
        "ReportImplausible", report.zone, report.placement,
        "an agent reports \(report.version), far above all that was ever signed: the report was not counted; look at the "
          + "zone's agent",
        "un agent rapporte \(report.version), bien au-delà de tout ce qui a été signé : le rapport n’a pas été compté ; "
          + "examiner l’agent de la zone")
    }
    let zones = Dictionary(evidence.map { ($0.zone, $0) }, uniquingKeysWith: { first, _ in first })
    takeNamespaces(zones)
    takeRows(zones)
    // What is adopted must find the namespaces and replicas that stand afterwards.
    for zone in evidence { adopt(zone) }
    holdMore()
    changes.sort { $0.after.spec.id.uuidString < $1.after.spec.id.uuidString }
  }

  /// What counts of a zone. Where one that has left holds a decision that the database does not know, it was there
  /// again in the lost life: nothing can stand in it before it is applied again.
  private func counted(_ zone: BusEvidence) -> BusEvidence {
    guard zone.hasLeft else { return zone }
    var states = zone
    states.record = nil
    guard RestoreSigns.first(in: states, against: account(of: states)) != nil else { return zone }
    return BusEvidence(zone: zone.zone, isDeclared: false)
  }

  private func account(of zone: BusEvidence) -> RestoreSigns.Account {
    let present = Dictionary(
      (rows[zone.zone] ?? []).map { ($0.spec.id, $0) }, uniquingKeysWith: { first, _ in first })
    return RestoreSigns.Account(
      epoch: books.epoch, sequence: books.sequences[zone.zone] ?? 0,
      versions: present.mapValues(\.version).merging(books.left, uniquingKeysWith: max),
      others: Set(
        present.filter { id, row in
          zone.desired[id].map { $0.isAnother(than: row) && !$0.isLeft(books.left[id]) } ?? false
        }.keys))
  }

  /// Without signs only what an earlier recovery has left may find its place.
  func isLookedAt(_ placement: UUID) -> Bool { !signs.isEmpty || books.left[placement] != nil }

  /// What is said in `english` and `french`, for people.
  mutating func find(_ kind: String, _ zone: String, _ placement: UUID?, _ english: String, _ french: String) {
    findings.append(Finding(kind: kind, zone: zone, placement: placement, message: english, messageFR: french))
  }

  private mutating func tellUnread(_ zone: BusEvidence) {
    if !zone.isDeclared {
      isIncomplete = true
      find(
        "ZoneUnknown", zone.zone, nil,
        "the bus has a topic of this zone, which the database does not know: apply the zone again, or its states are not "
          + "counted",
        "le bus a un sujet de cette zone, que la base ne connaît pas : appliquer la zone de nouveau, sinon ses états ne "
          + "sont pas comptés")
    }
    tellRefused(zone.refused, of: "the topic", "du sujet", zone.zone)
  }

  /// Says that records of a topic, as it is called in English and French, could not be believed.
  mutating func tellRefused(_ count: Int, of topic: String, _ french: String, _ zone: String) {
    guard count > 0 else { return }
    isIncomplete = true
    find(
      "Unverified", zone, nil,
      Counted.en(
        count, "record of \(topic) could not be believed, and was not counted",
        "records of \(topic) could not be believed, and were not counted") + ": give the earlier public keys",
      Counted.fr(
        count, "enregistrement \(french) n’a pu être cru et n’a pas été compté",
        "enregistrements \(french) n’ont pu être crus et n’ont pas été comptés")
        + " : donner les clés publiques antérieures")
  }
}
