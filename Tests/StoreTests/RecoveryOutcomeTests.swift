import Events
import Foundation
import Model
import TestSupport
import Testing

@testable import Store

/// What a recovery comes to, whatever the database and the bus hold.
struct RecoveryOutcomeTests {
  /// A database and a bus that need have nothing to do with each other.
  private struct Case {
    var books: RecoveryPlan.Books
    var evidence: BusEvidence

    /// - Parameter keepsNames: whether a placement has one namespace, whoever speaks of it. So it is in truth: it is
    ///   made with it.
    init(seed: UInt64, keepsNames: Bool) throws {
      var dice = Dice(seed: seed)
      var rows: [PlacementRecord] = []
      var published: [UUID: PublishedState] = [:]
      var left: [UUID: StateVersion] = [:]
      var states: [DesiredState] = []
      var reports: [ObservedState] = []
      var taken: Set<String> = []
      for number: UInt8 in 1...12 {
        let name: UInt8? = keepsNames ? UInt8.random(in: 1...6, using: &dice) : nil
        let row = Bool.random(using: &dice) ? Self.state(number, name, &dice) : nil
        let isGone = row?.phase == .removed && Bool.random(using: &dice)
        if let row, isGone || taken.insert(row.namespace).inserted {
          rows.append(RecoveryPlanTests.record(row, isPublished: Bool.random(using: &dice), removed: isGone))
        }
        guard Int.random(in: 0..<4, using: &dice) > 0 else { continue }
        let state = row.flatMap { Bool.random(using: &dice) ? $0 : nil } ?? Self.state(number, name, &dice)
        states.append(state)
        let seen = try Self.seen(state)
        if Bool.random(using: &dice) { published[state.placement] = PublishedState(seen) }
        // An earlier recovery has left what no row could stand for.
        let isUnknown = rows.filter { $0.spec.id == state.placement }.allSatisfy { seen.isAhead(of: $0) }
        if isUnknown, Int.random(in: 0..<4, using: &dice) == 0 { left[state.placement] = state.version }
        if Bool.random(using: &dice) {
          let report = Int.random(in: 0..<3, using: &dice) > 0 ? state : Self.state(number, name, &dice)
          reports.append(RecoveryPlanTests.observed(report, holds: Bool.random(using: &dice)))
        }
      }
      books = RecoveryPlan.Books(
        epoch: 2, sequences: ["z1": 3], placements: rows, identities: [:], projects: [], clusters: [],
        published: published, left: left, suspended: Bool.random(using: &dice) ? "the bus is ahead" : nil,
        now: RecoveryPlanTests.now)
      evidence = BusEvidence(
        zone: "z1", desired: Dictionary(uniqueKeysWithValues: try states.map { ($0.placement, try Self.seen($0)) }),
        record: ZoneRecord(
          zone: "z1", epoch: 2, sequence: .random(in: 1...4, using: &dice), at: RecoveryPlanTests.now, count: 0,
          offsets: [], buckets: []),
        observed: Dictionary(uniqueKeysWithValues: reports.map { ($0.placement, $0) }))
    }

    static func state(_ number: UInt8, _ name: UInt8?, _ dice: inout Dice) -> DesiredState {
      let namespace: UInt8 = if let name { name } else { .random(in: 1...6, using: &dice) }
      return RecoveryPlanTests.state(
        number, .random(in: 1...4, using: &dice), epoch: .random(in: 1...2, using: &dice),
        cpu: .random(in: 1...3, using: &dice), phase: Int.random(in: 0..<3, using: &dice) == 0 ? .removed : .active,
        namespace: namespace)
    }

    static func seen(_ state: DesiredState) throws -> BusEvidence.Seen {
      BusEvidence.Seen(
        state: state, content: ContentDigest(of: try BusCodec.encode(state)), partition: 0, offset: 0)
    }

    /// The database afterwards.
    mutating func apply(_ plan: RecoveryPlan) {
      var rows = Dictionary(uniqueKeysWithValues: books.placements.map { ($0.spec.id, $0) })
      for change in plan.changes {
        rows[change.after.spec.id] = change.after
        guard change.action != .held else { continue }
        books.left[change.after.spec.id] = nil
        books.published[change.after.spec.id] = nil
      }
      for left in plan.left { books.left[left.placement] = left.version }
      for state in plan.published where books.published[state.placement].map({ $0.version <= state.version }) ?? true {
        books.published[state.placement] = state
      }
      books.placements = rows.values.sorted { $0.spec.id.uuidString < $1.spec.id.uuidString }
      if plan.mints { books.epoch = plan.nextEpoch }
      books.sequences.merge(plan.sequences, uniquingKeysWith: max)
      books.suspended = nil
    }

    var sign: String? {
      let rows = Dictionary(uniqueKeysWithValues: books.placements.map { ($0.spec.id, $0) })
      let others = evidence.desired.filter { id, seen in
        rows[id].map { seen.isAnother(than: $0) && !seen.isLeft(books.left[id]) } ?? false
      }
      return RestoreSigns.first(
        in: evidence,
        against: RestoreSigns.Account(
          epoch: books.epoch, sequence: books.sequences["z1"] ?? 0,
          versions: rows.mapValues(\.version).merging(books.left, uniquingKeysWith: max), others: Set(others.keys)))
    }
  }

  @Test(arguments: 0..<2000 as Range<UInt64>)
  func
    `whatever there was, nothing shows a restore afterwards, and every state of the bus has a row or is left to people`(
      seed: UInt64
    ) throws
  {
    var example = try Case(seed: seed, keepsNames: false)
    let before = example.books
    let plan = RecoveryPlan(before, [example.evidence])
    #expect(plan.signs.isEmpty == (example.sign == nil), "seed \(seed)")
    example.apply(plan)
    #expect(example.sign == nil, "seed \(seed): it would be suspended again at once")

    let rows = Dictionary(uniqueKeysWithValues: example.books.placements.map { ($0.spec.id, $0) })
    let standing = example.books.placements.filter { $0.removedAt == nil }
    #expect(Set(standing.map(\.place)).count == standing.count, "seed \(seed): the database would refuse it")
    for row in standing where row.spec.phase != .removed { #expect(row.notBefore == nil, "seed \(seed)") }
    for row in before.placements where row.removedAt == nil && rows[row.spec.id]?.removedAt != nil {
      let seen = try #require(example.evidence.desired[row.spec.id])
      #expect(seen.isDone(example.evidence), "seed \(seed): nothing goes that was not seen to be gone")
    }
    for (id, seen) in example.evidence.desired where !plan.signs.isEmpty {
      guard let row = rows[id], example.books.left[id] == nil else {
        #expect(example.books.left[id] == seen.state.version, "seed \(seed)")
        #expect(plan.findings.contains { $0.kind == "NamespaceInUse" && $0.placement == id }, "seed \(seed)")
        // Both may stand on the cluster: what is promised is enough for either.
        let holder = standing.first { $0.place == "c1/\(seen.state.namespace)" }
        if let holder { #expect(holder.reserved.cpu >= ResourceAmounts(seen.state.quota).cpu, "seed \(seed)") }
        continue
      }
      if row.removedAt == nil {
        #expect(
          row.reserved.cpu >= ResourceAmounts(seen.state.quota).cpu || row.version == seen.state.version
            || before.published[id]?.content == seen.content, "seed \(seed): promised twice")
      }
    }
    // What was left for a placement that has another namespace by now finds its place the next time; nothing else does.
    let again = RecoveryPlan(example.books, [example.evidence])
    let found = Set(again.changes.map(\.after.spec.id))
    #expect(again.signs.isEmpty && found.isSubset(of: example.books.left.keys), "seed \(seed)")
  }

  @Test(arguments: 0..<2000 as Range<UInt64>)
  func `a second recovery has nothing to do, whatever this one, or one before it, has left to people`(
    seed: UInt64
  ) throws {
    var example = try Case(seed: seed, keepsNames: true)
    let plan = RecoveryPlan(example.books, [example.evidence])
    example.apply(plan)
    let again = RecoveryPlan(example.books, [example.evidence])
    #expect(!again.isNeeded, "seed \(seed)")
  }

  @Test func `of two that claim a namespace the one that was left takes it over once the other has gone`() throws {
    let mine = RecoveryPlanTests.state(1, namespace: 9)
    let theirs = RecoveryPlanTests.state(2, 7, cpu: 8, namespace: 9)
    var books = RecoveryPlan.Books(
      epoch: 1, sequences: [:], placements: [RecoveryPlanTests.record(mine)], identities: [:], projects: ["p2"],
      clusters: ["c1"], now: RecoveryPlanTests.now)
    let evidence = BusEvidence(zone: "z1", desired: [theirs.placement: try Case.seen(theirs)])
    let plan = RecoveryPlan(books, [evidence])
    #expect(plan.left.map(\.placement) == [theirs.placement] && plan.left.map(\.version) == [theirs.version])
    #expect(plan.changes.map(\.action) == [.held] && plan.changes.first?.after.reserved.cpu == 8000)
    #expect(plan.published.map(\.placement) == [theirs.placement], "the zone's record must say what the bus holds")

    books.left = [theirs.placement: theirs.version]
    books.placements = plan.changes.map(\.after)
    #expect(!RecoveryPlan(books, [evidence]).isNeeded, "as long as both stand there is nothing to do")
    var gone = mine
    gone.phase = .removed
    books.placements = [RecoveryPlanTests.record(gone, removed: true)]
    let next = RecoveryPlan(books, [evidence])
    #expect(next.signs.isEmpty && next.isNeeded && next.mints && next.left.isEmpty)
    #expect(next.changes.map(\.action) == [.adopted] && next.changes.first?.after.version.epoch == 2)
  }

  @Test func `what was seen removed here and stands on the bus stands again, and people are told`() throws {
    var gone = RecoveryPlanTests.state(1, 5)
    gone.phase = .removed
    let theirs = RecoveryPlanTests.state(1, 6, cpu: 4)
    let books = RecoveryPlan.Books(
      epoch: 1, sequences: [:], placements: [RecoveryPlanTests.record(gone, removed: true)], identities: [:],
      projects: ["p1"], clusters: ["c1"], now: RecoveryPlanTests.now)
    let plan = RecoveryPlan(books, [BusEvidence(zone: "z1", desired: [theirs.placement: try Case.seen(theirs)])])
    let after = try #require(plan.changes.first?.after)
    #expect(after.removedAt == nil && after.spec.phase == .active && after.reserved.cpu == 4000)
    #expect(after.version == StateVersion(epoch: 2, revision: 7) && plan.findings.map(\.kind) == ["RemovedHere"])
  }

  @Test func `a decision of the lost life below the row's is told, and enough is reserved for both`() throws {
    let lost = RecoveryPlanTests.state(1, 4, cpu: 8)
    let row = RecoveryPlanTests.record(RecoveryPlanTests.state(1, 5, cpu: 2), isPublished: false)
    let seen = try Case.seen(lost)
    for isOurs in [false, true] {
      let books = RecoveryPlan.Books(
        epoch: 1, sequences: [:], placements: [row], identities: [:], projects: ["p1"], clusters: ["c1"],
        published: isOurs ? [lost.placement: PublishedState(seen)] : [:], now: RecoveryPlanTests.now)
      // Another placement shows the restore.
      let other = try Case.seen(RecoveryPlanTests.state(2))
      let plan = RecoveryPlan(
        books, [BusEvidence(zone: "z1", desired: [lost.placement: seen, other.state.placement: other])])
      #expect(plan.findings.contains { $0.kind == "DecisionLost" } == !isOurs)
      let held = plan.changes.first { $0.action == .held }
      #expect((held == nil) == isOurs && held?.after.reserved.cpu == (isOurs ? nil : 8000))
      if let held { #expect(held.after.version == row.version && held.after.spec.quota == row.spec.quota) }
    }
  }

  @Test func `another content under the row's own version is a sign, however the same content is written`() throws {
    let row = RecoveryPlanTests.record(RecoveryPlanTests.state(1, 3, cpu: 1))
    func signs(_ seen: BusEvidence.Seen) -> [String] {
      let books = RecoveryPlan.Books(
        epoch: 1, sequences: [:], placements: [row], identities: [:], projects: ["p1"], clusters: ["c1"],
        now: RecoveryPlanTests.now)
      return RecoveryPlan(books, [BusEvidence(zone: "z1", desired: [seen.state.placement: seen])]).signs
    }
    #expect(signs(try Case.seen(RecoveryPlanTests.state(1, 3, cpu: 2))).count == 1)
    var same = try Case.seen(RecoveryPlanTests.state(1, 3, cpu: 1))
    same.content = ContentDigest(of: [1])
    #expect(signs(same).isEmpty)
  }

  @Test func `what was not read or believed is told, and makes the plan an incomplete one`() throws {
    let books = RecoveryPlan.Books(
      epoch: 1, sequences: [:], placements: [], identities: [:], projects: [], clusters: [],
      now: RecoveryPlanTests.now)
    #expect(!RecoveryPlan(books, [BusEvidence(zone: "z1")]).isIncomplete)
    let unread = [BusEvidence(zone: "z1", refused: 2), BusEvidence(zone: "z0", isDeclared: false)]
    let plan = RecoveryPlan(books, unread)
    #expect(plan.isIncomplete && plan.findings.map(\.kind) == ["ZoneUnknown", "Unverified"] && !plan.isNeeded)
    #expect(plan.findings.last?.message.hasPrefix("2 records of the topic could not be believed, and were not") == true)
    let one = RecoveryPlan(books, [BusEvidence(zone: "z1", refused: 1)]).findings.last
    #expect(one?.message.hasPrefix("1 record of the topic could not be believed, and was not counted: ") == true)
    #expect(one?.messageFR.hasPrefix("1 enregistrement du sujet n’a pu être cru et n’a pas été compté : ") == true)
  }
}
