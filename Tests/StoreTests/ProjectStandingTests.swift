import Identity
import Model
import Placement
import Postgres
import Testing

@testable import Store

/// What restrictions go by is not a team's own word, however it comes to be written.
struct ProjectStandingTests {
  private static let team = Scope.own(operators: [], projects: ["alpha"])

  private static var known: Resource<ProjectSpec> {
    var project = Offered.project("alpha")
    project.spec.typology = "teleprocedure"
    project.metadata.labels = ["reseau": "ferme"]
    return project
  }

  /// What would let a team into what is others', or out of a rule.
  private static let lies: [(path: String, change: @Sendable (inout Resource<ProjectSpec>) -> Void)] = [
    ("spec.organisation", { $0.spec.organisation = "mj" }),
    ("spec.audience", { $0.spec.audience = .interministerial }),
    ("spec.typology", { $0.spec.typology = nil }),
    ("spec.typology", { $0.spec.typology = "vitrine" }),
    ("metadata.labels", { $0.metadata.labels = [:] }),
    ("metadata.labels", { $0.metadata.labels["de-plus"] = "oui" }),
    ("spec.dataClasses", { $0.spec.dataClasses = ["dr"] }),
  ]

  private static func asTeam(
    _ project: Resource<ProjectSpec>, unsaid: Set<ProjectSpec.Part> = []
  ) -> PlacementRequest {
    var wish = PlacementRequest(project: project, unsaid: unsaid)
    wish.keepsStanding = true
    return wish
  }

  @Test func `a team says neither whose its project is nor what rules look at, before it is deleted and after`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let store = fixture.store
      func expectRefusals() async throws {
        for (path, change) in Self.lies {
          var lie = Self.known
          change(&lie)
          let (written, wish) = (AnyResource.project(lie), Self.asTeam(lie))
          let put = try await refusal { _ = try await store.put(written, context: someone, within: Self.team) }
          let decided = try await refusal { _ = try await store.decide(wish, context: someone) }
          for refused in [put, decided] { #expect(refused?.kind == .forbidden && refused?.path == path, "\(path)") }
        }
      }
      _ = try await store.put(.project(Self.known), context: someone)
      try await expectRefusals()
      try await store.delete(.project, "alpha", context: someone, within: Self.team)
      try await expectRefusals()
      #expect(try await fixture.count("SELECT count(*) FROM decisions") == 0)
      // What it was known to be it may be made again as.
      _ = try await store.put(.project(Self.known), context: someone, within: Self.team)
    }
  }

  @Test func `what it needs and wishes a team says itself`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.put(.project(Self.known), context: someone)
      var own = Self.known
      own.spec.displayName = "Alpha"
      own.spec.environments[0].quota.cpu = Quantity("3")
      own.metadata.annotations["note"] = "de l’équipe"
      let written = AnyResource.project(own)
      #expect(try await fixture.store.put(written, context: someone, within: Self.team).change == .changed)
      own.spec.environments[0].quota.cpu = Quantity("2")
      #expect(try await fixture.store.decide(Self.asTeam(own), context: someone).answer.plan.outcome == .placed)
    }
  }

  @Test func `a form that has no words for labels and typology says nothing of them`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      _ = try await fixture.store.put(.project(Self.known), context: someone)
      let form = Self.asTeam(Offered.project("alpha"), unsaid: [.labels, .typology])
      #expect(try await fixture.store.decide(form, context: someone).answer.plan.outcome == .placed)
      guard case .project(let stored) = try await fixture.store.get(.project, "alpha") else {
        Issue.record("it is no project")
        return
      }
      #expect(ProjectStanding(of: stored) == ProjectStanding(of: Self.known))
    }
  }

  @Test func `whose a project is somebody else says first`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let written = AnyResource.project(Self.known)
      let put = try await refusal { _ = try await fixture.store.put(written, context: someone, within: Self.team) }
      let decided = try await refusal {
        _ = try await fixture.store.decide(Self.asTeam(Self.known), context: someone)
      }
      for refused in [put, decided] {
        #expect(refused?.kind == .forbidden && refused?.path == "metadata.name")
      }
      #expect(try await fixture.count("SELECT count(*) FROM resources WHERE kind = 'Project'") == 0)
    }
  }
}
