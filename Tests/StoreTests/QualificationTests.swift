import Events
import Foundation
import Identity
import Model
import Placement
import Policy
import Postgres
import Requests
import TestSupport
import Testing

@testable import Store

/// What an operator declares of its regions counts for nothing before somebody else has acknowledged it.
struct QualificationTests {
  private static let own = Scope.own(operators: ["dtnum"], projects: [])
  private static let anfsi = QualificationActor(operator: "anfsi", affiliations: ["anfsi"], isAdmin: false)
  private static let hds = RegionSpec.Qualification(
    name: "HDS", validFrom: CalendarDay("2026-01-01"), validUntil: CalendarDay("2099-12-31"),
    evidence: .init(reference: "certificat 12"))

  /// A class that demands the qualification, and a region that lacks it.
  private func run(_ body: (StoreFixture) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      guard case .policy(var policy) = Offered.policy() else { return }
      policy.spec.dataClasses.append(.init(name: "sante", sensitivity: .usuel, qualifications: ["HDS"]))
      _ = try await fixture.store.put(.policy(policy), context: someone)
      try await body(fixture)
    }
  }

  private func region(_ qualifications: RegionSpec.Qualification...) -> AnyResource {
    guard case .region(var region)? = Offered.base.first(where: { $0.kind == .region }) else { return Offered.base[0] }
    region.spec.qualifications = qualifications
    return .region(region)
  }

  private func declare(
    _ qualifications: RegionSpec.Qualification..., in fixture: StoreFixture
  ) async throws -> PutResult {
    guard case .region(var region)? = Offered.base.first(where: { $0.kind == .region }) else { throw Failure() }
    region.spec.qualifications = qualifications
    return try await fixture.store.put(.region(region), context: someone, within: Self.own)
  }

  private struct Failure: Error {}

  private func place(_ name: String, in fixture: StoreFixture) async throws -> DecisionOutcome {
    _ = try await fixture.store.put(
      .project(Offered.project(name, dataClasses: ["sante"])), context: someone)
    return try await fixture.store.decide(PlacementRequest(project: name), context: someone)
  }

  @Test func `declared it is refused, and says so; acknowledged it counts; refused it counts no more`() async throws {
    try await run { fixture in
      #expect(try await place("avant", in: fixture).placements.isEmpty)
      let written = try await declare(Self.hds, in: fixture)
      #expect(written.warnings.map(\.path) == ["spec.qualifications[0]"])
      let waiting = try await place("alpha", in: fixture)
      #expect(waiting.placements.isEmpty)
      let explanation = try #require(try await fixture.store.explanation(of: waiting.decision.id).explanation)
      let reasons = explanation.decision.environments.flatMap(\.candidates).flatMap(\.reasons)
      #expect(reasons.map(\.code) == [.qualificationMissing])
      #expect(reasons[0].sentence.fr.hasSuffix("est déclarée, non reconnue."))

      let declared = try await fixture.store.qualifications()
      #expect(declared.map(\.standing) == [.pending] && declared[0].operator == "dtnum")
      let id = declared[0].id
      let said = try await fixture.store.judge(qualification: id, .acknowledged, by: Self.anfsi, context: someone)
      #expect(said.standing == .acknowledged && said.verdict?.operator == "anfsi")
      #expect(try await place("beta", in: fixture).placements.count == 1)

      _ = try await fixture.store.judge(
        qualification: id, .refused, reason: "suspendu", by: Self.anfsi, context: someone)
      #expect(try await place("gamma", in: fixture).placements.isEmpty)
      #expect(try await fixture.store.qualifications()[0].verdict?.reason == "suspendu")
      let trail = try await fixture.count("SELECT count(*) FROM audit_entries WHERE kind = 'Qualification'")
      #expect(trail == 2)
      let history = try await fixture.store.history(of: .region, "nord").items
      #expect(history.map(\.change) == [.judged, .judged, .changed, .created])
    }
  }

  @Test func `applying the same region again changes neither what it declares nor what was said`() async throws {
    try await run { fixture in
      _ = try await declare(Self.hds, in: fixture)
      let id = try await fixture.store.qualifications()[0].id
      _ = try await fixture.store.judge(qualification: id, .acknowledged, by: Self.anfsi, context: someone)
      let version = try await fixture.count("SELECT version FROM offer_state")
      let again = try await declare(Self.hds, in: fixture)
      #expect(again.change == .unchanged && again.warnings.isEmpty)
      #expect(try await fixture.count("SELECT version FROM offer_state") == version)
      // What is read is what was written, evidence and all.
      guard case .region(let region) = try await fixture.store.get(.region, "nord") else { throw Failure() }
      #expect(region.spec.qualifications == [Self.hds])
      // Who administers does not acknowledge by applying what waits already.
      var other = Self.hds
      other.evidence = .init(reference: "certificat 13")
      _ = try await declare(other, in: fixture)
      let same = try await fixture.store.put(.region(region.declaring(other)), context: someone, acknowledging: true)
      #expect(same.change == .unchanged)
      #expect(try await fixture.store.qualifications().map(\.standing) == [.pending])
    }
  }

  @Test func `other days or evidence wait anew, and what was read before is another`() async throws {
    try await run { fixture in
      _ = try await declare(Self.hds, in: fixture)
      let id = try await fixture.store.qualifications()[0].id
      var longer = Self.hds
      longer.validUntil = CalendarDay("2100-12-31")
      _ = try await declare(longer, in: fixture)
      let error = try await refusal {
        _ = try await fixture.store.judge(qualification: id, .acknowledged, by: Self.anfsi, context: someone)
      }
      #expect(error?.kind == .notFound, "nobody acknowledges what has become something else meanwhile")
      let now = try await fixture.store.qualifications()[0].id
      _ = try await fixture.store.judge(qualification: now, .acknowledged, by: Self.anfsi, context: someone)
      _ = try await declare(Self.hds, in: fixture)
      #expect(
        try await fixture.store.qualifications().map(\.standing) == [.acknowledged], "shorter, with the same evidence")
      #expect(try await place("alpha", in: fixture).placements.count == 1)
      _ = try await declare(longer, in: fixture)
      #expect(try await place("beta", in: fixture).placements.isEmpty)
    }
  }

  @Test func `what was acknowledged was a place: another one, or more of it, waits anew`() async throws {
    try await run { fixture in
      _ = try await declare(Self.hds, in: fixture)
      let id = try await fixture.store.qualifications()[0].id
      _ = try await fixture.store.judge(qualification: id, .acknowledged, by: Self.anfsi, context: someone)
      for change in [
        { (spec: inout RegionSpec) in spec.location.city = "Ailleurs" },
        { (spec: inout RegionSpec) in spec.dataCenters.append(.init(name: "dc-de-plus")) },
        { (spec: inout RegionSpec) in spec.dataCenters[0].city = "Ailleurs encore" },
      ] {
        guard case .region(var region) = try await fixture.store.get(.region, "nord") else { throw Failure() }
        change(&region.spec)
        _ = try await fixture.store.put(.region(region), context: someone, within: Self.own)
        #expect(try await fixture.store.qualifications().map(\.standing) == [.pending])
        let present = try await fixture.store.qualifications()[0].id
        _ = try await fixture.store.judge(qualification: present, .acknowledged, by: Self.anfsi, context: someone)
      }
      guard case .region(var region) = try await fixture.store.get(.region, "nord") else { throw Failure() }
      region.spec.dataCenters.removeLast()
      _ = try await fixture.store.put(.region(region), context: someone, within: Self.own)
      #expect(try await fixture.store.qualifications().map(\.standing) == [.acknowledged], "less is no more")
    }
  }

  @Test func `what can not be judged is not declared, and nobody judges his own`() async throws {
    try await run { fixture in
      let error = try await refusal { _ = try await declare(.init(name: "HDS"), in: fixture) }
      #expect(error?.kind == .invalid && error?.problems.count == 3)
      _ = try await declare(Self.hds, in: fixture)
      let id = try await fixture.store.qualifications()[0].id
      let dtnum = QualificationActor(operator: "dtnum", affiliations: ["dtnum"], isAdmin: false)
      let refused = try await refusal {
        _ = try await fixture.store.judge(qualification: id, .acknowledged, by: dtnum, context: someone)
      }
      #expect(refused?.kind == .forbidden)
      #expect(try await fixture.store.qualifications().map(\.standing) == [.pending])
    }
  }

  @Test func `who administers answers for what it declares with evidence, and for nothing else`() async throws {
    try await run { fixture in
      let bare = try await fixture.store.put(region(.init(name: "HDS")), context: someone, acknowledging: true)
      #expect(bare.warnings.map(\.path) == ["spec.qualifications[0]"])
      let pending = try await fixture.store.qualifications()
      #expect(pending.map(\.standing) == [.pending])
      #expect(try await place("alpha", in: fixture).placements.isEmpty)
      let admin = QualificationActor(operator: nil, affiliations: [], isAdmin: true)
      let refused = try await refusal {
        _ = try await fixture.store.judge(qualification: pending[0].id, .acknowledged, by: admin, context: someone)
      }
      #expect(refused?.path == "id", "nor does he by a second step")
      _ = try await fixture.store.put(region(Self.hds), context: someone, acknowledging: true)
      #expect(try await fixture.store.qualifications().map(\.standing) == [.acknowledged])
      #expect(try await place("beta", in: fixture).placements.count == 1)
    }
  }

  @Test func `before any policy who administers brings what nothing proves, and the trail names it`() async throws {
    try await StoreFixture.run { fixture in
      func named() async throws -> Int64 {
        try await fixture.count(
          """
          SELECT count(*) FROM audit_entries WHERE kind = 'Region'
            AND convert_from(body, 'UTF8')::jsonb #> '{detail,acknowledgedWithoutEvidence}' = '["HDS"]'
          """)
      }
      for resource in Offered.base where resource.kind != .policy && resource.kind != .region {
        _ = try? await fixture.store.put(resource, context: someone)
      }
      _ = try await fixture.store.put(region(.init(name: "HDS")), context: someone, acknowledging: true)
      #expect(try await fixture.store.qualifications().map(\.standing) == [.acknowledged])
      #expect(try await named() == 1)
      _ = try await fixture.store.put(Offered.policy(), context: someone)
      // What counts goes on, and is not named again; what comes now is like everybody's.
      var proven = Self.hds
      proven.name = "SecNumCloud"
      _ = try await fixture.store.put(
        region(.init(name: "HDS"), .init(name: "ISO27001"), proven), context: someone, acknowledging: true)
      let standing = try await fixture.store.qualifications().map { ($0.qualification.name, $0.standing) }
      #expect(
        Dictionary(uniqueKeysWithValues: standing)
          == ["HDS": .acknowledged, "ISO27001": .pending, "SecNumCloud": .acknowledged])
      #expect(try await named() == 1)
    }
  }

  @Test func `a decision made before is made again as it was, whatever was said since`() async throws {
    try await run { fixture in
      _ = try await declare(Self.hds, in: fixture)
      let waiting = try await place("alpha", in: fixture)
      let id = try await fixture.store.qualifications()[0].id
      _ = try await fixture.store.judge(qualification: id, .acknowledged, by: Self.anfsi, context: someone)
      let counted = try await place("beta", in: fixture)
      _ = try await fixture.store.judge(
        qualification: id, .refused, reason: "suspendu", by: Self.anfsi, context: someone)
      for decision in [waiting, counted] {
        #expect(try await fixture.store.replay(decision.decision.id).verdict == .equal)
      }
    }
  }

  @Test func `what another version of the program writes beside this one does not count`() async throws {
    try await run { fixture in
      try await fixture.script(
        """
        UPDATE resources SET spec = jsonb_set(spec, '{qualifications}', '[{"name": "HDS"}]'),
          resource_version = nextval('resource_versions') WHERE kind = 'Region';
        UPDATE offer_state SET version = version + 1;
        """)
      #expect(try await fixture.store.qualifications().map(\.standing) == [.pending])
      #expect(try await place("alpha", in: fixture).placements.isEmpty)
    }
  }

  @Test func `what stood before the rule goes on`() async throws {
    let configuration = try StoreFixture.patient(try await PostgresServer.shared().freshDatabase().url)
    _ = try await PostgresMigrator(StoreMigrations.all.filter { $0.version < 24 }).migrate(
      configuration, logger: quiet)
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      let fixture = StoreFixture(
        store: GovernanceStore(pool: pool, logger: quiet), pool: pool, configuration: configuration)
      try await fixture.script(
        """
        INSERT INTO resources (uid, kind, name, generation, labels, annotations, spec)
        SELECT gen_random_uuid(), 'Region', 'r' || n, 1, '{}', '{}', jsonb_build_object('operator', 'o', 'location',
            '{"country": "FR"}'::jsonb, 'dataCenters', '[{"name": "a"}]'::jsonb, 'audience',
            '{"organisations": ["*"], "scopes": []}'::jsonb, 'services', '[]'::jsonb, 'interconnections', '[]'::jsonb,
            'state', 'open', 'taints', '[]'::jsonb, 'qualifications', CASE n WHEN 1
              THEN '[{"name": "HDS", "validUntil": "2030-01-01"}, {"name": "SecNumCloud"}]'::jsonb ELSE '[]' END)
        FROM generate_series(1, 2) n;
        """)
      _ = try await StoreMigrations.migrate(configuration, logger: quiet)
      let known = try await fixture.store.qualifications()
      #expect(known.map(\.qualification.name) == ["HDS", "SecNumCloud"])
      #expect(known.allSatisfy { $0.standing == .acknowledged && $0.verdict?.operator == nil })
      #expect(try await fixture.store.history(of: .region, "r1").items.map(\.change) == [.created])
      let moments = try await fixture.store.offerMoments(from: try #require(known[0].verdict?.at), to: nil)
      #expect(moments.after.state.offer.regions.first?.spec.qualifications.count == 2)
    }
  }

  @Test func `the difference between two moments says what counted, and to its operator what did not`() async throws {
    try await run { fixture in
      _ = try await declare(Self.hds, in: fixture)
      let before = try await fixture.store.offerMoments(from: Timestamp(microseconds: 0), to: nil).after.at
      let id = try await fixture.store.qualifications()[0].id
      _ = try await fixture.store.judge(qualification: id, .acknowledged, by: Self.anfsi, context: someone)
      let moments = try await fixture.store.offerMoments(from: before, to: nil)
      func fields(_ reach: CapacityReach) -> [[String]] {
        OfferDifference(from: moments.before.state, to: moments.after.state, reach: reach).entries
          .map { $0.fields.map(\.field) }
      }
      #expect(fields(.own(operators: [])) == [["qualifications"]])
      #expect(fields(.own(operators: ["dtnum"])) == [["qualifications", "unacknowledged"]])
    }
  }
}

extension Resource<RegionSpec> {
  fileprivate func declaring(_ qualifications: RegionSpec.Qualification...) -> Self {
    var region = self
    region.metadata = Metadata(name: name, labels: metadata.labels, annotations: metadata.annotations)
    region.spec.qualifications = qualifications
    return region
  }
}
