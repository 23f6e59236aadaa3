import Events
import Foundation
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// A judge that was away, and goes on after its successor has judged: of what is another by then it writes nothing.
@Suite struct StaleJudgementTests {
  /// What a judge may have looked at.
  enum Extent: CaseIterable, Sendable {
    case everything, projects

    func of(_ names: [String]) -> FindingWriter.Extent {
      switch self {
      case .everything: .names(after: "", upTo: nil)
      case .projects: .projects(names)
      }
    }
  }

  /// One project, and a policy that wants those that are watched nowhere.
  private static func withFixture(_ body: (StoreFixture) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      guard case .policy(var policy) = Offered.policy() else { return }
      policy.spec.rules = [
        PolicySpec.Rule(
          id: "not-here", motive: LocalizedText(fr: "motif"),
          subject: LabelSelector(matchLabels: ["project.label/suivi": "oui"]), effect: .forbid,
          places: LabelSelector(matchLabels: ["cluster.name": "nord-1"]))
      ]
      _ = try await fixture.store.put(.policy(policy), context: someone)
      try await body(fixture)
    }
  }

  private static func put(_ name: String, isWatched: Bool, _ fixture: StoreFixture) async throws {
    var project = Offered.project(name)
    project.metadata.labels = ["suivi": isWatched ? "oui" : "non"]
    _ = try await fixture.store.put(.project(project), context: someone)
  }

  /// A project that stands, and is watched from then on or is not.
  private static func place(_ name: String, isWatched: Bool, _ fixture: StoreFixture) async throws {
    try await put(name, isWatched: false, fixture)
    let placed = try await fixture.store.decide(PlacementRequest(project: name), context: someone)
    #expect(placed.answer.plan.outcome == .placed)
    if isWatched { try await put(name, isWatched: true, fixture) }
  }

  /// What a judge has made of some projects and not written yet.
  private static func judgement(
    of names: [String], _ extent: Extent, _ fixture: StoreFixture
  ) async throws -> GovernanceStore.Judgement {
    try #require(try await fixture.store.look(at: names, covering: extent.of(names)).judgement)
  }

  private static func write(
    _ judgement: GovernanceStore.Judgement, _ fixture: StoreFixture
  ) async throws -> JudgingResult {
    var result = JudgingResult()
    try await fixture.store.write(judgement, to: &result)
    return result
  }

  @Test(arguments: Extent.allCases, [false, true])
  func `it neither ends what was found since nor opens what is not so any more`(
    extent: Extent, isWatchedLater: Bool
  ) async throws {
    try await Self.withFixture { fixture in
      try await Self.place("alpha", isWatched: !isWatchedLater, fixture)
      let old = try await Self.judgement(of: ["alpha"], extent, fixture)
      try await Self.put("alpha", isWatched: isWatchedLater, fixture)
      let next = GovernanceStore(pool: fixture.pool, logger: quiet)
      let open = isWatchedLater ? ["alpha"] : []
      #expect(try await next.judgeEverything(always: true).opened == open.count)
      let late = try await Self.write(old, fixture)
      #expect(late == JudgingResult(moved: ["alpha"]))
      #expect(try await next.findings().items.map(\.project) == open)
      #expect(try await next.findings(FindingFilter(state: .resolved)).items.isEmpty)
      let again = try await fixture.store.judge(projects: late.moved)
      #expect(again.opened == 0 && again.resolved == 0 && again.moved.isEmpty)
    }
  }

  @Test(arguments: [
    "UPDATE resources SET resource_version = nextval('resource_versions') WHERE kind = 'Project'",
    "UPDATE placements SET revision = revision + 1", "UPDATE placements SET phase = 'removed'",
    "UPDATE placements SET leaving = true", "UPDATE placements SET chain = 'atelier'",
    "UPDATE placements SET phase = 'removed', removed_at = clock_timestamp()",
  ])
  func `whatever it has looked at may be another one by then`(change: String) async throws {
    try await Self.withFixture { fixture in
      try await Self.place("alpha", isWatched: true, fixture)
      let old = try await Self.judgement(of: ["alpha"], .projects, fixture)
      #expect(old.judged.map(\.faults.count) == [1])
      try await fixture.tamper(change)
      #expect(try await Self.write(old, fixture) == JudgingResult(moved: ["alpha"]))
      #expect(try await fixture.store.findings().items.isEmpty)
    }
  }

  @Test func `what is as it was is written, beside what has moved`() async throws {
    try await Self.withFixture { fixture in
      for name in ["alpha", "bravo", "charlie"] { try await Self.place(name, isWatched: true, fixture) }
      let old = try await Self.judgement(of: ["alpha", "bravo", "charlie"], .everything, fixture)
      try await Self.put("bravo", isWatched: false, fixture)
      #expect(try await Self.write(old, fixture) == JudgingResult(opened: 2, moved: ["bravo"]))
      #expect(try await fixture.store.findings().items.map(\.project) == ["alpha", "charlie"])
    }
  }

  @Test func `it knows nothing of a project that is there since`() async throws {
    try await Self.withFixture { fixture in
      try await Self.place("alpha", isWatched: false, fixture)
      let old = try await Self.judgement(of: ["alpha"], .everything, fixture)
      try await Self.place("bravo", isWatched: true, fixture)
      #expect(try await fixture.store.judge(projects: ["bravo"]).opened == 1)
      #expect(try await Self.write(old, fixture) == JudgingResult(moved: ["bravo"]))
      #expect(try await fixture.store.findings().items.map(\.project) == ["bravo"])
    }
  }

  @Test func `a project that somebody is changing is not waited for`() async throws {
    try await Self.withFixture { fixture in
      try await Self.place("alpha", isWatched: true, fixture)
      try await fixture.pool.withTransaction { other in
        _ = try await other.query("SELECT pg_advisory_xact_lock(hashtextextended('alpha', 0))")
        let judged = try await fixture.store.judge(projects: ["alpha"])
        #expect(judged.moved == ["alpha"] && judged.opened == 0 && !judged.hasMoved)
      }
      let judged = try await fixture.store.judge(projects: ["alpha"])
      #expect(judged.moved.isEmpty && judged.opened == 1)
    }
  }

  @Test func `of many projects that have changed at most 500 are written together`() async throws {
    try await Self.withFixture { fixture in
      for name in ["alpha", "zulu"] { try await Self.place(name, isWatched: true, fixture) }
      // Those between them by their names are gone again.
      let names = ["alpha", "zulu"] + (0..<499).map { "m-\($0)" }
      let judged = try await fixture.store.judge(projects: names)
      #expect(judged.opened == 2 && judged.moved.isEmpty && !judged.hasMoved)
      #expect(try await fixture.count("SELECT count(DISTINCT xmin::text) FROM findings") == 2)
    }
  }

  @Test func `a derogation that takes effect meanwhile, by its date alone, is counted in`() async throws {
    try await Self.withFixture { fixture in
      try await Self.place("alpha", isWatched: true, fixture)
      let derogation = DerogationSpec(
        project: "alpha", rules: ["not-here"], motive: "m", decision: .granted,
        notifiedAt: Date(timeIntervalSinceNow: -3600))
      _ = try await fixture.store.put(.derogation(Resource("d", derogation)), context: someone)
      let present = try await Self.judgement(of: ["alpha"], .projects, fixture)
      #expect(present.judged.map(\.faults.count) == [0])
      // As it was judged two hours ago.
      var old = present
      var head = present.ground.head
      head.now = Timestamp(microseconds: head.now.microseconds - 7200 * 1_000_000)
      old.ground = JudgementGround(head: head, prepared: present.ground.prepared, ledger: [:], next: nil)
      let read = try await fixture.pool.withConnection { connection in
        try await WorldReader.projects(named: ["alpha"], in: connection).projects
      }
      var table = ProjectTable()
      for (name, project) in read { table.set(name, document: project.document, held: project.held) }
      let known = table.find("alpha")
      let project = try #require(known).project()
      old.judged = [JudgedProject("alpha", project, on: old.ground, old.ground.state)]
      #expect(old.judged.map(\.faults.count) == [1])
      #expect(try await Self.write(old, fixture) == JudgingResult(hasMoved: true))
      #expect(try await fixture.store.findings().items.isEmpty)
    }
  }
}
