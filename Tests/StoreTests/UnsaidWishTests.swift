import Foundation
import Model
import Placement
import Postgres
import TestSupport
import Testing

@testable import Store

/// A project that comes along in a form that can not say all of it: what is left unsaid stays as it is stored, and is decided on.
struct UnsaidWishTests {
  private static let everything = Set(ProjectSpec.Part.allCases)

  private static func labelled(_ name: String, _ value: String = "oui") -> Resource<ProjectSpec> {
    var project = Offered.project(name)
    project.metadata.labels["critique"] = value
    return project
  }

  /// Two clusters; nobody critical may be on the first, which comes first where all else is equal.
  private static func withFixture(_ body: (StoreFixture) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large])
      var policy = try #require(try await fixture.store.policyInForce()).spec
      policy.rules = [
        PolicySpec.Rule(
          id: "critiques-ailleurs", motive: LocalizedText(fr: "motif"),
          subject: LabelSelector(matchLabels: ["project.label/critique": "oui"]), effect: .forbid,
          places: LabelSelector(matchLabels: ["cluster.name": "nord-1"]))
      ]
      _ = try await fixture.store.put(.policy(Resource("regie", policy)), context: someone)
      try await body(fixture)
    }
  }

  private static func stored(_ name: String, _ store: GovernanceStore) async throws -> Resource<ProjectSpec>? {
    if case .project(let project) = try await store.get(.project, name) { project } else { nil }
  }

  private static func cluster(of outcome: DecisionOutcome) -> String? {
    outcome.placements.first?.spec.cluster
  }

  @Test func `what was taken by the forms of its day is no fault of a wish that leaves it unsaid`() throws {
    var stored = Offered.project("vigie")
    stored.spec.displayName = "Vi\u{9B}2Kgie"
    var wish = Offered.project("vigie")
    wish.spec.typology = "portail"
    let request = PlacementRequest(project: wish, unsaid: Self.everything.subtracting([.typology]))
    let whole = try request.project(over: stored)
    #expect(whole.spec.displayName == stored.spec.displayName && whole.spec.typology == "portail")
  }

  @Test func `a rule that goes by a label holds, and the label stays`() async throws {
    try await Self.withFixture { fixture in
      let store = fixture.store
      _ = try await store.put(.project(Self.labelled("vigie")), context: someone)
      var wish = Offered.project("vigie", environments: ["prod", "dev"])
      wish.spec.typology = "portail"
      let request = PlacementRequest(project: wish, unsaid: Self.everything.subtracting([.typology]))
      let preview = try await store.basis(request)
      #expect(preview.request.project.metadata.labels == ["critique": "oui"])
      let outcome = try await store.decide(request, context: someone)
      #expect(Self.cluster(of: outcome) == "nord-2")
      let stored = try #require(try await Self.stored("vigie", store))
      #expect(stored.metadata.labels == ["critique": "oui"] && stored.spec.typology == "portail")
      #expect(stored.spec.environments.map(\.name) == ["prod", "dev"])
      // Said whole, it is what is said.
      _ = try await store.put(.project(Self.labelled("phare")), context: someone)
      let whole = PlacementRequest(project: Offered.project("phare"))
      #expect(Self.cluster(of: try await store.decide(whole, context: someone)) == "nord-1")
      #expect(try await Self.stored("phare", store)?.metadata.labels == [:])
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `what was labelled a moment ago is decided on, whoever heard of it when`() async throws {
    try await Self.withFixture { fixture in
      try await fixture.withWorld {
        let other = GovernanceStore(pool: fixture.pool, logger: quiet)
        for number in 1...20 {
          let name = "projet\(number)"
          _ = try await other.put(.project(Offered.project(name)), context: someone)
          _ = try await fixture.store.basis(PlacementRequest(project: name))
          _ = try await other.put(.project(Self.labelled(name)), context: someone)
          let request = PlacementRequest(project: Offered.project(name), unsaid: Self.everything)
          #expect(Self.cluster(of: try await fixture.store.decide(request, context: someone)) == "nord-2", "\(number)")
        }
      }
    }
  }

  @Test(arguments: [false, true])
  func `under its key a wish has its answer, whatever the project has come to say since`(inMemory: Bool) async throws {
    try await Self.withFixture { fixture in
      let store = fixture.store
      let request = PlacementRequest(project: Offered.project("vigie"), unsaid: Self.everything)
      let first = try await store.decide(request, idempotencyKey: "k", context: someone)
      var wider = Offered.project("vigie", environments: ["prod", "dev"])
      let spread = [ProjectSpec.Spread(topology: .cluster, environments: ["prod", "dev"])]
      wider.spec.spread = spread
      _ = try await store.put(.project(wider), context: someone)
      func ask() async throws {
        let again = try await store.decide(request, idempotencyKey: "k", context: someone)
        #expect(again.isReplay && again.decision.id == first.decision.id)
      }
      guard inMemory else { return try await ask() }
      try await fixture.withWorld {
        let isKnown = try await eventually {
          try store.world.view(of: "vigie")?.project?.document?.spec.spread == spread
        }
        #expect(isKnown)
        try await ask()
      }
    }
  }

  @Test func `an environment that is added leaves the copies, storage and pods of the others as they are`() async throws
  {
    try await Self.withFixture { fixture in
      let store = fixture.store
      var project = Offered.project("vigie")
      project.spec.environments[0].replicas = 2
      project.spec.environments[0].distinct = .cluster
      project.spec.environments[0].quota.storage = Quantity("50Gi")
      _ = try await store.put(.project(project), context: someone)
      let before = try await store.decide(PlacementRequest(project: "vigie"), context: someone).placements
      #expect(before.map(\.spec.cluster).sorted() == ["nord-1", "nord-2"])
      let said = ResourceList(cpu: Quantity("2"), memory: Quantity("4Gi"))
      let form = Offered.project("vigie", quota: said, environments: ["prod", "dev"])
      let request = PlacementRequest(project: form, unsaid: Self.everything)
      let reserved = try await store.reserve(request, ttl: .seconds(600), context: someone)
      let places = try #require(reserved.reservation).placements
      #expect(places.map(\.spec.environment) == ["dev"])
      #expect(Set(reserved.placements.map(\.spec)) == Set(before.map(\.spec)))
      let stored = try #require(try await Self.stored("vigie", store))
      #expect(stored.spec.environments == [project.spec.environments[0], form.spec.environments[1]])
    }
  }

  @Test func `what does not go together with what is stored is refused, and loses nothing`() async throws {
    try await Self.withFixture { fixture in
      let store = fixture.store
      var project = Offered.project("vigie", environments: ["prod", "dev"])
      project.spec.spread = [ProjectSpec.Spread(topology: .cluster, environments: ["prod", "dev"])]
      _ = try await store.put(.project(project), context: someone)
      let request = PlacementRequest(project: Offered.project("vigie"), unsaid: Self.everything)
      let refused = try await refusal { _ = try await store.decide(request, context: someone) }
      #expect(refused?.kind == .invalid)
      #expect(try await Self.stored("vigie", store)?.spec.spread == project.spec.spread)
    }
  }
}
