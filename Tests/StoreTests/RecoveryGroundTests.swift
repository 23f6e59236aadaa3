import Events
import Foundation
import Model
import Testing
import Trail

@testable import Store

/// What a recovery makes of what the bus has not, and of zones that have left.
struct RecoveryGroundTests {
  private typealias Plans = RecoveryPlanTests

  /// A placement that the bus was noted to hold, and another one that was given its namespace since.
  private static let mine = Plans.state(1, 3)
  private static let later = Plans.state(2, 1, cpu: 8, namespace: 1)

  private static func seen(_ state: DesiredState) throws -> BusEvidence.Seen {
    BusEvidence.Seen(state: state, content: ContentDigest(of: try BusCodec.encode(state)), partition: 0, offset: 0)
  }

  private static func books(
    _ rows: [PlacementRecord], noted: [DesiredState] = [], left: [UUID: StateVersion] = [:]
  ) throws -> RecoveryPlan.Books {
    let published = try noted.map { PublishedState(try seen($0)) }
    return RecoveryPlan.Books(
      epoch: 1, sequences: ["z1": 3], placements: rows, identities: [:], projects: ["p1", "p2"], clusters: ["c1"],
      published: Dictionary(uniqueKeysWithValues: published.map { ($0.placement, $0) }), left: left, now: Plans.now)
  }

  /// A zone's topics, whose record alone shows a restore.
  private static func evidence(_ states: [DesiredState], observed: [ObservedState] = []) throws -> BusEvidence {
    BusEvidence(
      zone: "z1", desired: Dictionary(uniqueKeysWithValues: try states.map { ($0.placement, try seen($0)) }),
      record: ZoneRecord(zone: "z1", epoch: 1, sequence: 9, at: Plans.now, count: 0, offsets: [], buckets: []),
      observed: Dictionary(uniqueKeysWithValues: observed.map { ($0.placement, $0) }))
  }

  @Test func `whoever has the namespace of what the bus has forgotten keeps it, and the other ends unsaid`() throws {
    let row = Plans.record(Self.mine)
    let plan = RecoveryPlan(
      try Self.books([row], noted: [Self.mine]), [try Self.evidence([Self.later])])
    #expect(plan.findings.map(\.kind) == ["NamespaceTakenOver"] && plan.left.isEmpty)
    #expect(plan.forgotten == [Self.mine.placement])
    #expect(plan.changes.map(\.action) == [.removed, .adopted])
    let ended = try #require(plan.changes.first?.after)
    #expect(ended.spec.phase == .removed && ended.removedAt == Plans.now && ended.reserved == ResourceAmounts())
    #expect(ended.version == StateVersion(epoch: 2, revision: 4), "nothing of the lost life is later")
    #expect(plan.changes.last?.after.version == StateVersion(epoch: 2, revision: 2))
  }

  /// Whatever speaks for it, or against what was read, leaves the two to people.
  @Test(arguments: ["state", "report", "unnoted", "older note", "unread", "left"])
  func `what may stand still keeps its namespace`(reason: String) throws {
    var older = Self.mine
    older.revision -= 1
    let noted = reason == "unnoted" ? [] : [reason == "older note" ? older : Self.mine]
    let left = reason == "left" ? [Self.later.placement: Self.later.version] : [:]
    var evidence = try Self.evidence(
      reason == "state" ? [Self.mine, Self.later] : [Self.later],
      observed: reason == "report" ? [Plans.observed(Self.mine)] : [])
    if reason == "unread" { evidence.refused = 1 }
    let plan = RecoveryPlan(try Self.books([Plans.record(Self.mine)], noted: noted, left: left), [evidence])
    #expect(plan.isRestored && plan.forgotten.isEmpty)
    #expect(plan.left.map(\.placement) == [Self.later.placement])
    #expect(plan.changes.map(\.action) == [.held], "more is reserved for it")
    let told = plan.findings.map(\.kind)
    #expect(told.contains("NamespaceInUse") && !told.contains("NamespaceTakenOver"))
  }

  @Test func `what the bus has lost is told where the database was restored, and a removal is not`() throws {
    var removal = Self.mine
    (removal.phase, removal.notBefore) = (.removed, Plans.now)
    for (state, kinds) in [(Self.mine, ["StateMissing"]), (removal, [])] as [(DesiredState, [String])] {
      let books = try Self.books([Plans.record(state)], noted: [state])
      let plan = RecoveryPlan(books, [try Self.evidence([])])
      #expect(plan.findings.map(\.kind) == kinds && plan.changes.isEmpty && plan.unchanged == 1)
      #expect(RecoveryPlan(books, [BusEvidence(zone: "z1")]).findings.isEmpty, "there is no sign of a restore")
    }
  }

  @Test func `a zone that has left counts as long as it holds no decision that the database does not know`() throws {
    let gone = Plans.record(Plans.state(1, 4, phase: .removed), removed: true)
    var evidence = try Self.evidence([Plans.state(1, 4, phase: .removed)])
    evidence.hasLeft = true
    let known = RecoveryPlan(try Self.books([gone]), [evidence])
    #expect(known.isRestored && !known.isIncomplete && known.findings.isEmpty, "its record shows a restore")
    #expect(known.sequences == ["z1": 9])
    // It was there again in the lost life.
    evidence.desired[Self.later.placement] = try Self.seen(Self.later)
    let unknown = RecoveryPlan(try Self.books([gone]), [evidence])
    #expect(unknown.findings.map(\.kind) == ["ZoneUnknown"] && unknown.isIncomplete)
    #expect(unknown.changes.isEmpty && unknown.forgotten.isEmpty)
  }

  @Test func `the trail says how far it was known to be anchored in the life that is lost`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let anchored = try #require(try await fixture.store.sealAudit(limit: 3)).head.position
      let record = AuditAnchorRecord(key: "audit/2026-01-01", headers: [], payload: "{}")
      try await fixture.store.recordAuditAnchor(record, position: anchored)
      _ = try await fixture.store.sealAudit(limit: 1000)
      let ahead = ZoneRecord(zone: "nord", epoch: 4, sequence: 1, at: Plans.now, count: 0, offsets: [], buckets: [])
      let evidence = [BusEvidence(zone: "nord", record: ahead)]
      let plan = try await fixture.store.recoveryPlan(evidence)
      _ = try await fixture.store.recover(evidence, agreedTo: plan.digest, context: someone)
      _ = try await fixture.store.sealAudit(limit: 1000)
      let told = try await fixture.store.auditChain(after: 0).entries.compactMap { AuditRecovery($0) }
      #expect(told.map(\.kept) == [anchored] && told.map(\.nextEpoch) == [5])
    }
  }
}
