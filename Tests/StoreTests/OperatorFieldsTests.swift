import Foundation
import Identity
import Model
import Testing

@testable import Store

/// What an operator may change of its own part of the offer, field by field: the table of docs/concepts/offer.md.
struct OperatorFieldsTests {
  /// What comes of it where its operator changes the field.
  enum Answer: String, Sendable {
    /// It counts at once.
    case counts
    /// It is declared, and counts once somebody else has acknowledged it.
    case waits
    /// It is refused: it would be another's.
    case forbidden
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var kind: Kind
    var field: String
    var answer: Answer
    var change: @Sendable (inout AnyResource) -> Void
    var testDescription: String { "\(kind.rawValue) \(field): \(answer.rawValue)" }
  }

  private static func region(
    _ field: String, _ answer: Answer, _ change: @escaping @Sendable (inout RegionSpec) -> Void
  ) -> Case {
    Case(kind: .region, field: field, answer: answer) { resource in
      guard case .region(var region) = resource else { return }
      change(&region.spec)
      resource = .region(region)
    }
  }

  private static func zone(
    _ field: String, _ answer: Answer, _ change: @escaping @Sendable (inout ZoneSpec) -> Void
  ) -> Case {
    Case(kind: .zone, field: field, answer: answer) { resource in
      guard case .zone(var zone) = resource else { return }
      change(&zone.spec)
      resource = .zone(zone)
    }
  }

  private static func cluster(
    _ field: String, _ answer: Answer, _ change: @escaping @Sendable (inout ClusterSpec) -> Void
  ) -> Case {
    Case(kind: .cluster, field: field, answer: answer) { resource in
      guard case .cluster(var cluster) = resource else { return }
      change(&cluster.spec)
      resource = .cluster(cluster)
    }
  }

  private static func itself(
    _ field: String, _ answer: Answer, _ change: @escaping @Sendable (inout OperatorSpec) -> Void
  ) -> Case {
    Case(kind: .operator, field: field, answer: answer) { resource in
      guard case .operator(var found) = resource else { return }
      change(&found.spec)
      resource = .operator(found)
    }
  }

  private static func chain(
    _ field: String, _ answer: Answer, _ change: @escaping @Sendable (inout ChainSpec) -> Void
  ) -> Case {
    Case(kind: .chain, field: field, answer: answer) { resource in
      guard case .chain(var chain) = resource else { return }
      change(&chain.spec)
      resource = .chain(chain)
    }
  }

  static let cases: [Case] = [
    region("operator", .forbidden) { $0.operator = "autre" },
    region("displayName", .counts) { $0.displayName = "Nord" },
    region("location", .counts) { $0.location.city = "Lille" },
    region("dataCenters", .counts) { $0.dataCenters.append(.init(name: "dc3")) },
    region("qualifications", .waits) {
      $0.qualifications = [
        .init(
          name: "HDS", validFrom: CalendarDay("2026-01-01"), validUntil: CalendarDay("2099-01-01"),
          evidence: .init(reference: "certificat"))
      ]
    },
    region("services", .counts) { $0.services = [.init(name: "s3")] },
    region("interconnections", .counts) { $0.interconnections = ["RIE"] },
    region("audience", .counts) { $0.audience.organisations = ["mi"] },
    region("state", .counts) { $0.state = .cordoned },
    region("taints", .counts) { $0.taints = [Taint(key: "gpu", effect: .noPlacement)] },
    zone("region", .forbidden) { $0.region = "sud" },
    zone("sensitivity", .forbidden) { $0.sensitivity = .restricted },
    zone("slug", .counts) { $0.slug = "nord2" },
    zone("chain", .counts) { $0.chain = nil },
    zone("git", .counts) { $0.git = .init(url: "https://git.example/z") },
    cluster("zone", .forbidden) { $0.zone = "sud-usuel" },
    cluster("dataCenters", .counts) { $0.dataCenters = ["dc2"] },
    cluster("privacy", .counts) {
      $0.privacy = .dedicated
      $0.projects = ["vigie"]
    },
    cluster("projects", .counts) {
      $0.privacy = .dedicated
      $0.projects = ["basegun"]
    },
    cluster("management", .counts) {
      $0.management = .application
      $0.mode = .observe
    },
    cluster("external", .counts) { $0.external = true },
    cluster("mode", .counts) { $0.mode = .gitops },
    cluster("stages", .counts) { $0.stages = ["dev"] },
    cluster("capacity", .counts) { $0.capacity.cpu = Quantity(1) },
    cluster("capacitySource", .counts) { $0.capacitySource = .measured },
    cluster("console", .counts) { $0.console = .init(label: "Nord") },
    cluster("state", .counts) { $0.state = .closed },
    cluster("taints", .counts) { $0.taints = [Taint(key: "gpu", effect: .noPlacement)] },
    itself("displayName", .forbidden) { $0.displayName = "Autre" },
    itself("representatives", .counts) { $0.representatives = [.init(subject: "marie")] },
    itself("flowOpening", .forbidden) { $0.flowOpening = .init(mode: .automatic) },
    itself("contact", .counts) { $0.contact = "Astreinte, poste 1" },
    chain("operator", .forbidden) { $0.operator = nil },
    chain("displayName", .counts) { $0.displayName = "Autre" },
    chain("sensitivities", .counts) { $0.sensitivities = [.usuel] },
    chain("regions", .forbidden) { $0.regions = ["nord", "sud"] },
    chain("audience", .counts) { $0.audience.organisations = ["mi"] },
  ]

  private static let other: [AnyResource] = [
    .operator(Resource("autre", OperatorSpec(displayName: "Autre"))),
    .region(
      Resource(
        "sud",
        RegionSpec(
          operator: "autre", location: .init(country: "FR"), dataCenters: [.init(name: "dc1")],
          audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases)))),
    .zone(Resource("sud-usuel", ZoneSpec(region: "sud", sensitivity: .usuel, slug: "sud", chain: "forge"))),
  ]

  /// The chain of the small offer, kept by the operator of its region.
  private static let forge = keptForge { _ in }

  private static func keptForge(_ change: (inout ChainSpec) -> Void) -> AnyResource {
    guard case .chain(var chain)? = Offered.base.first(where: { $0.kind == .chain }) else { return Offered.base[0] }
    chain.spec.operator = "dtnum"
    change(&chain.spec)
    return .chain(chain)
  }

  @Test func `a chain is widened to its operator's own regions only, and to no further sensitivity`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for resource in Self.other { _ = try await fixture.store.put(resource, context: someone) }
      guard case .region(var est)? = Self.other.first(where: { $0.kind == .region }) else { return }
      (est.metadata.name, est.spec.operator) = ("est", "dtnum")
      _ = try await fixture.store.put(.region(est), context: someone)
      let own = Scope.own(operators: ["dtnum"], projects: [])
      // As long as it is nobody's, it is governance's.
      #expect(
        try await refusal { _ = try await fixture.store.put(Self.forge, context: someone, within: own) }?.kind
          == .forbidden)
      _ = try await fixture.store.put(Self.keptForge { $0.sensitivities = [.usuel] }, context: someone)
      let foreign = Scope.own(operators: ["autre"], projects: [])
      let named = Self.keptForge { ($0.sensitivities, $0.displayName) = ([.usuel], "Autre nom") }
      #expect(
        try await refusal { _ = try await fixture.store.put(named, context: someone, within: foreign) }?.kind
          == .forbidden)
      let wider = Self.keptForge { ($0.sensitivities, $0.regions) = ([.usuel], ["nord", "est"]) }
      _ = try await fixture.store.put(wider, context: someone, within: own)
      let restricted = Self.keptForge { $0.regions = ["nord", "est"] }
      #expect(
        try await refusal { _ = try await fixture.store.put(restricted, context: someone, within: own) }?.kind
          == .forbidden)
      let strange = Self.keptForge { ($0.sensitivities, $0.regions) = ([.usuel], ["nord", "est", "sud"]) }
      #expect(
        try await refusal { _ = try await fixture.store.put(strange, context: someone, within: own) }?.path
          == "spec.regions")
    }
  }

  @Test func `the table has every field there is`() throws {
    let samples = Offered.base + [Offered.cluster("nord-1", Offered.large)]
    for kind in [Kind.operator, .region, .zone, .cluster, .chain] {
      let sample = try #require(samples.first { $0.kind == kind })
      let fields = Mirror(reflecting: sample.spec).children.compactMap(\.label)
      #expect(Self.cases.filter { $0.kind == kind }.map(\.field) == fields, "\(kind)")
    }
  }

  @Test func `each field is the operator's own, waits for others, or is not its own`() async throws {
    for one in Self.cases {
      try await StoreFixture.run { fixture in
        try await fixture.offer()
        for resource in Self.other { _ = try await fixture.store.put(resource, context: someone) }
        let samples = [Self.forge] + Offered.base + [Offered.cluster("nord-1", Offered.large)]
        var resource = try #require(samples.first { $0.kind == one.kind })
        let before = resource
        if one.kind == .chain { _ = try await fixture.store.put(before, context: someone) }
        one.change(&resource)
        try #require(!resource.hasSameSpec(as: before), "\(one)")
        let own = Scope.own(operators: ["dtnum"], projects: [])
        var warnings: Int?
        let error = try await refusal {
          warnings = try await fixture.store.put(resource, context: someone, within: own).warnings.count
        }
        switch one.answer {
        case .forbidden: #expect(error?.kind == .forbidden, "\(one)")
        case .counts: #expect(error == nil && warnings == 0, "\(one)")
        case .waits: #expect(error == nil && warnings == 1, "\(one)")
        }
      }
    }
  }
}
