import Events
import Foundation
import Model
import TestSupport
import Testing

@testable import Store

/// How a restored database is brought up to what the bus holds.
struct RecoveryPlanTests {
  static let now = Timestamp(microseconds: 1_795_000_000_000_000)

  static func id(_ number: UInt8) -> UUID {
    UUID(uuid: (number, 0, 0, 0, 0, 0, 64, 0, 128, 0, 0, 0, 0, 0, 0, 1))
  }

  static func state(
    _ number: UInt8, _ revision: Int64 = 1, epoch: Int64 = 1, cpu: Int64 = 1, phase: PlacementPhase = .active,
    namespace: UInt8? = nil
  ) -> DesiredState {
    DesiredState(
      placement: id(number), zone: "z1", cluster: "c1", phase: phase, revision: revision, epoch: epoch,
      decision: id(200), decidedAt: now, sensitivity: .usuel, mode: .own, namespace: "ns\(namespace ?? number)",
      project: DesiredState.Project(id: id(100), name: "p\(number)", organisation: "mi"),
      environment: DesiredState.Environment(id: id(101), name: "prod", stage: "prod"),
      quota: ResourceList(cpu: Quantity(cpu), memory: Quantity("1Gi")), notBefore: phase == .removed ? now : nil)
  }

  static func record(_ state: DesiredState, isPublished: Bool = true, removed: Bool = false) -> PlacementRecord {
    PlacementRecord(
      spec: PlacementSpec(
        id: state.placement, project: state.project.name, projectID: state.project.id,
        organisation: state.project.organisation, environment: state.environment.name,
        environmentID: state.environment.id, stage: state.environment.stage, replica: 0, zone: state.zone,
        cluster: state.cluster, namespace: state.namespace, phase: state.phase, quota: state.quota,
        revision: state.revision, epoch: state.epoch, decision: state.decision),
      sensitivity: state.sensitivity, mode: state.mode, notBefore: state.notBefore, removePersistentVolumes: false,
      createdAt: now, decidedAt: state.decidedAt, publishedAt: isPublished ? now : nil,
      removedAt: removed ? now : nil, reserved: removed ? ResourceAmounts() : ResourceAmounts(state.quota),
      reservation: nil, observed: nil, traceparent: nil)
  }

  private static func books(_ placements: [PlacementRecord], epoch: Int64 = 1, sequence: Int64 = 3)
    -> RecoveryPlan.Books
  {
    RecoveryPlan.Books(
      epoch: epoch, sequences: ["z1": sequence], placements: placements, identities: [:],
      projects: Set((0...255).map { "p\($0)" }), clusters: ["c1"], now: now)
  }

  private static func evidence(
    _ states: [DesiredState], sequence: Int64 = 3, epoch: Int64 = 1, observed: [ObservedState] = []
  ) throws -> BusEvidence {
    let seen = try states.map {
      BusEvidence.Seen(
        state: $0, content: ContentDigest(of: try BusCodec.encode($0)), partition: 0, offset: 0)
    }
    return BusEvidence(
      zone: "z1", desired: Dictionary(uniqueKeysWithValues: seen.map { ($0.state.placement, $0) }),
      record: ZoneRecord(
        zone: "z1", epoch: epoch, sequence: sequence, at: now, count: 0, offsets: [], buckets: []),
      observed: Dictionary(uniqueKeysWithValues: observed.map { ($0.placement, $0) }))
  }

  static func observed(_ state: DesiredState, holds: Bool = true) -> ObservedState {
    ObservedState(
      placement: state.placement, zone: "z1", cluster: "c1", incarnation: 1, sequence: 1, observedEpoch: state.epoch,
      observedRevision: state.revision, phase: state.phase,
      conditions: [
        Condition(
          type: ConditionType.applied, status: holds ? .yes : .no, reason: "Removed",
          observedRevision: state.revision, lastTransitionTime: now)
      ])
  }

  @Test func `a database that is as the bus has no plan`() throws {
    let states = (1...4).map { Self.state(UInt8($0)) }
    let plan = RecoveryPlan(Self.books(states.map { Self.record($0) }), [try Self.evidence(states)])
    #expect(plan.signs.isEmpty && plan.changes.isEmpty && plan.findings.isEmpty)
    // One that has decided more than it has published is no restored one.
    let ahead = states.map { state in
      var next = state
      next.revision += 1
      return Self.record(next, isPublished: false)
    }
    #expect(RecoveryPlan(Self.books(ahead, sequence: 9), [try Self.evidence(states)]).signs.isEmpty)
  }

  @Test func `the zone's record alone shows it, by its epoch or its number`() throws {
    let states = [Self.state(1)]
    let rows = states.map { Self.record($0) }
    for evidence in [try Self.evidence(states, sequence: 4), try Self.evidence(states, sequence: 1, epoch: 2)] {
      let plan = RecoveryPlan(Self.books(rows), [evidence])
      #expect(plan.signs.count == 1 && plan.changes.isEmpty && plan.unchanged == 1)
      #expect(plan.nextEpoch == (evidence.record?.epoch ?? 0) + 1)
    }
  }

  @Test func `what agents say is no sign by itself, but no version is given that they have seen`() throws {
    let state = Self.state(1, 2)
    let seen = Self.observed(Self.state(1, 9, epoch: 4))
    let calm = RecoveryPlan(Self.books([Self.record(state)]), [try Self.evidence([state], observed: [seen])])
    #expect(calm.signs.isEmpty)
    let plan = RecoveryPlan(
      Self.books([Self.record(state)]), [try Self.evidence([state], sequence: 4, observed: [seen])])
    let change = try #require(plan.changes.first)
    #expect(change.action == .reissued && change.after.version == StateVersion(epoch: 5, revision: 10))
    #expect(plan.findings.map(\.kind) == ["ContentLost"])
  }

  @Test func `a later decision of the bus becomes the row's, above all that was seen, and holds the larger of both`()
    throws
  {
    for (mine, theirs) in [(8, 2), (2, 8)] as [(Int64, Int64)] {
      let row = Self.record(Self.state(1, 3, cpu: mine))
      let plan = RecoveryPlan(Self.books([row]), [try Self.evidence([Self.state(1, 5, cpu: theirs)])])
      let change = try #require(plan.changes.first)
      #expect(change.action == .overwritten && change.after.version == StateVersion(epoch: 2, revision: 6))
      #expect(change.after.spec.quota.cpu == Quantity(theirs) && change.after.reserved.cpu == 8000)
      #expect(change.after.publishedAt == nil)
    }
  }

  @Test func `two decisions under one version: what agents hold stays, and people are told`() throws {
    let row = Self.record(Self.state(1, 3, cpu: 1), isPublished: false)
    let plan = RecoveryPlan(Self.books([row]), [try Self.evidence([Self.state(1, 3, cpu: 2)], sequence: 4)])
    #expect(plan.changes.map(\.action) == [.overwritten] && plan.changes.first?.after.spec.quota.cpu == Quantity(2))
    #expect(plan.findings.map(\.kind) == ["DecisionReplaced"])
  }

  @Test func `a removal that was carried out stays carried out, and one that was not is still asked for`() throws {
    let removal = Self.state(1, 4, phase: .removed)
    for isDone in [true, false] {
      for row in [[Self.record(Self.state(1, 3))], []] {
        let plan = RecoveryPlan(
          Self.books(row), [try Self.evidence([removal], observed: [Self.observed(removal, holds: isDone)])])
        let change = try #require(plan.changes.first)
        #expect((change.action == .removed) == isDone && change.after.spec.phase == .removed)
        #expect((change.after.removedAt != nil) == isDone)
        #expect((change.after.reserved == ResourceAmounts()) == isDone)
        #expect(change.after.version == (isDone ? removal.version : StateVersion(epoch: 2, revision: 5)))
      }
    }
  }

  @Test func `what only the bus knows becomes a row, unless its namespace is promised to another`() throws {
    let plan = RecoveryPlan(
      Self.books([Self.record(Self.state(1))]),
      [try Self.evidence([Self.state(1), Self.state(2, 7), Self.state(3, 1, namespace: 1)])])
    let change = try #require(plan.changes.first)
    #expect(plan.changes.count == 1 && change.action == .adopted && change.before == nil)
    #expect(change.after.spec.id == Self.id(2) && change.after.version == StateVersion(epoch: 2, revision: 8))
    #expect(change.after.spec.project == "p2" && change.after.reserved.cpu == 1000)
    #expect(plan.findings.map(\.kind) == ["NamespaceInUse"] && plan.findings.first?.placement == Self.id(3))
  }

  @Test func `a report that nobody can believe neither holds a recovery up nor uses up the epochs`() throws {
    let reports: [(UInt8, Int64, Int64)] = [(9, .max, 1), (1, 1, .max), (1, 1 << 53, 1), (9, 1, 1 << 53)]
    for (number, epoch, revision) in reports {
      let report = Self.observed(Self.state(number, revision, epoch: epoch))
      let plan = RecoveryPlan(
        Self.books([Self.record(Self.state(1, 2))]), [try Self.evidence([Self.state(1, 3)], observed: [report])])
      #expect(plan.nextEpoch == 2)
      #expect(plan.changes.map(\.after.version) == [StateVersion(epoch: 2, revision: 4)])
      #expect(plan.findings.map(\.kind) == ["ReportImplausible"] && plan.findings.first?.placement == report.placement)
    }
  }

  @Test func `a made-up report of another zone's placement silences the true one of its own zone nowhere`() throws {
    let (row, removal) = (Self.record(Self.state(1, 3)), Self.state(1, 4, phase: .removed))
    let own = try Self.evidence([removal], observed: [Self.observed(removal)])
    let alone = RecoveryPlan(Self.books([row]), [own])
    for (epoch, revision) in [(Int64.max, Int64(1)), (1, Int64.max), (1, 9), (9, 1)] {
      var stranger = try Self.evidence([], observed: [Self.observed(Self.state(1, revision, epoch: epoch))])
      (stranger.zone, stranger.record) = ("z2", nil)
      let plan = RecoveryPlan(Self.books([row]), [own, stranger])
      let words = { (plan: RecoveryPlan) in plan.changes.map { "\($0.action) \($0.after.version)" } }
      #expect(words(plan) == words(alone) && !alone.changes.isEmpty)
      #expect(plan.nextEpoch == alone.nextEpoch, "nor does it use epochs up")
    }
  }

  @Test func `what is agreed to is what changes and of what, not what stands as it is`() throws {
    func digest(_ rows: [DesiredState], _ bus: [DesiredState]) throws -> String {
      RecoveryPlan(Self.books(rows.map { Self.record($0) }), [try Self.evidence(bus)]).digest
    }
    let bus = [Self.state(1, 5)]
    let shown = try digest([Self.state(1, 2)], bus)
    #expect(try digest([Self.state(1, 2), Self.state(7)], bus) == shown)
    #expect(try digest([Self.state(1, 3)], bus) != shown, "another decision is given up")
    let taken = Self.state(1, 2)
    let left = try [3, 4].map { try digest([taken], [taken, Self.state(2, $0, namespace: 1)]) }
    #expect(left[0] != left[1], "another state is left to people")
  }

  @Test func `what people have to apply again is told`() throws {
    var books = Self.books([])
    (books.projects, books.clusters, books.identities) = ([], [], ["p2": Self.id(9)])
    var evidence = try Self.evidence([Self.state(2)])
    evidence.refused = 3
    let plan = RecoveryPlan(books, [evidence])
    #expect(Set(plan.findings.map(\.kind)) == ["IdentityDiffers", "ProjectUnknown", "ClusterUnknown", "Unverified"])
  }

  /// A database, some more decisions, and the database of before: the bus holds all, or most, of what was decided.
  @Test(arguments: 0..<300 as Range<UInt64>)
  func `whatever was lost, nothing goes, nothing is promised less, and every version is above all that was seen`(
    seed: UInt64
  ) throws {
    var dice = Dice(seed: seed)
    var truth: [UUID: DesiredState] = [:]
    var bus: [UUID: DesiredState] = [:]
    var restored: [UUID: DesiredState] = [:]
    for step in 0..<60 {
      if step == 20 { restored = truth }
      let number = UInt8.random(in: 1...12, using: &dice)
      let before = truth[Self.id(number)]
      if before?.phase == .removed { continue }
      let isRemoved = before != nil && Int.random(in: 0..<8, using: &dice) == 0
      let next = Self.state(
        number, (before?.revision ?? 0) + 1, cpu: .random(in: 1...9, using: &dice),
        phase: isRemoved ? .removed : .active)
      truth[next.placement] = next
      // The last word may not have reached the bus.
      if Int.random(in: 0..<5, using: &dice) > 0 || step < 20 { bus[next.placement] = next }
    }
    let reports = bus.values.filter { _ in Bool.random(using: &dice) }.map { Self.observed($0) }
    let rows = restored.values.sorted { $0.placement.uuidString < $1.placement.uuidString }.map { Self.record($0) }
    let plan = RecoveryPlan(Self.books(rows), [try Self.evidence(Array(bus.values), sequence: 9, observed: reports)])
    #expect(!plan.signs.isEmpty && plan.nextEpoch == 2)
    let changed = Dictionary(uniqueKeysWithValues: plan.changes.map { ($0.after.spec.id, $0) })
    var after = Dictionary(uniqueKeysWithValues: rows.map { ($0.spec.id, $0) })
    for (id, change) in changed { after[id] = change.after }
    for (id, state) in bus {
      let row = try #require(after[id], "seed \(seed): nothing known is forgotten")
      #expect(row.version >= state.version, "seed \(seed)")
      #expect(row.spec.phase == state.phase && row.spec.quota == state.quota, "seed \(seed): as agents hold it")
      if row.removedAt == nil {
        #expect(row.reserved.cpu >= ResourceAmounts(state.quota).cpu, "seed \(seed): nothing is promised twice")
      } else {
        #expect(state.phase == .removed && reports.contains { $0.placement == id }, "seed \(seed)")
      }
      if changed[id] != nil, row.removedAt == nil { #expect(row.spec.epoch == 2, "seed \(seed)") }
    }
    #expect(Set(after.keys) == Set(bus.keys).union(restored.keys), "seed \(seed)")
    // The database that comes of it is no restored one any more, once it is published.
    let account = RestoreSigns.Account(epoch: plan.nextEpoch, sequence: 9, versions: after.mapValues(\.version))
    #expect(RestoreSigns.first(in: try Self.evidence(Array(bus.values), sequence: 9), against: account) == nil)
    let again = RecoveryPlan(Self.books(rows), [try Self.evidence(Array(bus.values), sequence: 9, observed: reports)])
    #expect(again.digest == plan.digest, "seed \(seed): the same plan each time")
  }
}
