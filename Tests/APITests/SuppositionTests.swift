import Contract
import Foundation
import HTTPTypes
import Model
import Placement
import Postgres
import Testing

@testable import API

/// The same question of a world that is otherwise.
struct SuppositionTests {
  private func ask(_ api: APIFixture, _ more: String, project: String = Offered.project("vigie")) async throws
    -> QueryView
  {
    let json = try ProjectText.json(project)
    let answer = try await api.send(
      .post, Asked.query, #"{"project": \#(json)\#(more)}"#, type: "application/json")
    try #require(answer.status == 200, "\(answer.text)")
    return try answer.decode()
  }

  private func codes(_ view: QueryView) -> Set<ReasonCode> {
    Set(view.explanation.environments.flatMap(\.candidates).flatMap(\.reasons).map(\.code))
  }

  @Test func `on another day, qualifications have expired`() async throws {
    try await APIFixture.run { api in
      let region = Offered.region.replacing("2099-12-31", with: "2098-06-30")
      try await api.offer()
      #expect(try await api.send(.put, "/api/v1/regions/nord", region).status == 200)
      let zone = Offered.zone.replacing("nord-usuel", with: "nord-dr").replacing(
        "sensitivity: usuel", with: "sensitivity: DR"
      )
      .replacing("slug: nord", with: "slug: nord-dr")
      #expect(try await api.send(.put, "/api/v1/zones/nord-dr", zone).status == 201)
      let cluster = Offered.cluster("nord-dr").replacing("zone: nord-usuel", with: "zone: nord-dr")
      #expect(try await api.send(.put, "/api/v1/clusters/nord-dr", cluster).status == 201)
      let project = Offered.project("vigie", dataClass: "dr")
      let today = try await ask(api, "", project: project)
      #expect(today.explanation.outcome == .placed)
      let last = try await ask(api, #", "at": "2098-06-30""#, project: project)
      #expect(last.explanation.outcome == .placed && last.basis.day == CalendarDay("2098-06-30"))
      let later = try await ask(api, #", "at": "2098-07-01""#, project: project)
      #expect(later.explanation.outcome == .unplaceable && codes(later).contains(.qualificationExpired))
      #expect(later.basis.supposed == [.at])
    }
  }

  @Test func `in a region that is supposed otherwise, what waits to be acknowledged waits still`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let policy = Offered.policy.replacing(
        "  rules:\n", with: "    - {name: sante, sensitivity: usuel, qualifications: [HDS]}\n  rules:\n")
      #expect(try await api.send(.put, "/api/v1/policies/regie", policy).status == 200)
      let project = Offered.project("vigie", dataClass: "sante")
      let other = Offered.region.replacing("city: Lille", with: "city: Lens")
      let hds = other.replacing("qualifications: [", with: "qualifications: [{name: HDS}, ")
      func outcome(_ region: String) async throws -> QueryView {
        try await ask(api, #", "offer": {"apply": [\#(try ProjectText.json(region))]}"#, project: project)
      }
      #expect(try await outcome(other).explanation.outcome == .unplaceable)
      #expect(try await outcome(hds).explanation.outcome == .placed, "supposed to count")
      // Declared, and acknowledged by nobody.
      try await api.pool.withConnection {
        _ = try await $0.execute(
          """
          UPDATE resources SET spec = jsonb_set(spec, '{qualifications}', '[{"name": "HDS"}]' || (spec -> 'qualifications')),
            resource_version = nextval('resource_versions') WHERE kind = 'Region'
          """)
        _ = try await $0.execute("UPDATE offer_state SET version = version + 1")
      }
      let waiting = try await outcome(hds)
      #expect(waiting.explanation.outcome == .unplaceable)
      #expect(waiting.explanation.environments[0].candidates[0].reasons.contains { $0.parameters["declared"] != nil })
      #expect(try await outcome(other).explanation.outcome == .unplaceable)
    }
  }

  @Test func `under another policy, a rule forbids what is allowed today`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let policy = try ProjectText.json(
        Offered.policy.replacing("effect: prefer\n      weight: 2", with: "effect: forbid"))
      let view = try await ask(api, #", "policy": \#(policy)"#)
      #expect(view.explanation.outcome == .unplaceable && codes(view).contains(.ruleForbids))
      #expect(view.basis.supposed == [.policy] && view.basis.policyVersion == 1)
      #expect(try await ask(api, "").explanation.outcome == .placed)
    }
  }

  @Test func `in another offer, regions are cordoned, clusters added, resized or gone`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let cordoned = try await ask(
        api, #", "offer": {"states": [{"kind": "Region", "name": "nord", "state": "cordoned"}]}"#)
      #expect(cordoned.explanation.outcome == .unplaceable && codes(cordoned).contains(.regionCordoned))
      let small = try await ask(
        api, #", "offer": {"capacities": [{"cluster": "nord-1", "capacity": {"cpu": "1"}}]}"#)
      #expect(small.explanation.outcome == .unplaceable && codes(small).contains(.capacityNeverFits))
      let gone = try await ask(api, #", "offer": {"remove": [{"kind": "Cluster", "name": "nord-1"}]}"#)
      #expect(gone.explanation.outcome == .unplaceable && gone.explanation.environments[0].refused == 0)
      let large = try ProjectText.json(Offered.cluster("nord-2", cpu: "1000"))
      let added = try await ask(
        api, #", "offer": {"apply": [\#(large)]}"#, project: Offered.project("vigie", cpu: "400"))
      #expect(added.proposal.map(\.cluster) == ["nord-2", "nord-2"] || added.proposal.last?.cluster == "nord-2")
      #expect(added.basis.supposed == [.offer])
      // Nothing of it was remembered.
      #expect(try await ask(api, "").explanation.environments[0].accepted == 1)
    }
  }

  /// One cluster whose capacity is measured, and what its agent has found.
  private static func measured(_ facts: [ClusterFacts]) throws -> Offer {
    let cluster = Offered.cluster("nord-1").replacing(
      "zone: nord-usuel", with: "zone: nord-usuel\n  capacitySource: measured")
    return Offer(
      try [zone("nord-usuel", slug: "nord"), zone("nord-dr", slug: "norddr"), cluster].map(resource), facts: facts)
  }

  private static func zone(_ name: String, slug: String) -> String {
    """
    apiVersion: regie.cloud-pi-native.fr/v1
    kind: Zone
    metadata: {name: \(name)}
    spec: {region: nord, sensitivity: usuel, slug: \(slug)}
    """
  }

  private static func resource(_ text: String) throws -> AnyResource {
    try #require(try ResourceDocument.decode(yaml: text).first)
  }

  @Test func `what was found on a cluster is not known of it in another zone, where another agent would speak of it`()
    throws
  {
    let found = ClusterFacts(
      cluster: "nord-1", conformity: ["root": .enforced], capacity: ResourceAmounts(cpu: 8_000))
    let offer = try Self.measured([found])
    func facts(_ changes: OfferChanges) throws -> [ClusterFacts] { try changes.applied(to: offer, language: .fr).facts }
    let cluster = Offered.cluster("nord-1")
    let moved = cluster.replacing("zone: nord-usuel", with: "zone: nord-dr")
    #expect(try facts(OfferChanges(apply: [try Self.resource(cluster)])) == [found])
    #expect(try facts(OfferChanges(apply: [try Self.resource(moved)])) == [])
    #expect(try facts(OfferChanges(apply: [try Self.resource(Self.zone("nord-usuel", slug: "autre"))])) == [])
    #expect(try facts(OfferChanges(remove: [.init(kind: .zone, name: "nord-usuel")])) == [])
    #expect(try facts(OfferChanges(remove: [.init(kind: .zone, name: "nord-dr")])) == [found])
  }

  @Test func `a capacity supposed beyond what was measured changes nothing, and that is said`() throws {
    let found = ClusterFacts(cluster: "nord-1", capacity: ResourceAmounts(cpu: 8_000, memory: 64 << 30, pods: 100))
    func warnings(_ capacity: ResourceList, _ facts: [ClusterFacts]) throws -> [PolicyFinding] {
      let changes = OfferChanges(capacities: [.init(cluster: "nord-1", capacity: capacity)])
      let offer = try changes.applied(to: try Self.measured(facts), language: .en)
      return changes.warnings(on: offer, language: .en)
    }
    #expect(try warnings(ResourceList(cpu: Quantity(8)), [found]) == [])
    #expect(try warnings(ResourceList(storage: Quantity("9Ti")), [found]) == [])
    let beyond = try warnings(ResourceList(cpu: Quantity(9), memory: Quantity("1Gi")), [found])
    #expect(beyond.map(\.path) == ["offer.capacities[0].capacity"] && beyond[0].message.hasSuffix("(cpu)."))
    #expect(beyond[0].code == "MeasuredCapacity" && beyond[0].severity == .warning && beyond[0].basis == .presentOffer)
    // Where nothing was measured that counts, nothing at all does.
    #expect(try warnings(ResourceList(cpu: Quantity(1)), []).count == 1)
    let declared = OfferChanges(
      apply: [try Self.resource(Offered.cluster("nord-1"))],
      capacities: [.init(cluster: "nord-1", capacity: ResourceList(cpu: Quantity(900)))])
    let offer = try declared.applied(to: try Self.measured([found]), language: .en)
    #expect(declared.warnings(on: offer, language: .en) == [])
  }
}
