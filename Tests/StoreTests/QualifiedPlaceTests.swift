import Foundation
import Identity
import Model
import Requests
import Testing

@testable import Store

/// What was acknowledged of a region was acknowledged of what is there: its operator alone brings nothing else there.
struct QualifiedPlaceTests {
  private static let own = Scope.own(operators: ["dtnum"], projects: [])
  private static let hds = RegionSpec.Qualification(
    name: "HDS", validFrom: CalendarDay("2026-01-01"), validUntil: CalendarDay("2099-12-31"))
  private static let past = RegionSpec.Qualification(
    name: "SecNumCloud", validFrom: CalendarDay("2020-01-01"), validUntil: CalendarDay("2021-12-31"))

  private static func region(_ name: String, _ qualifications: RegionSpec.Qualification...) -> AnyResource {
    .region(
      Resource(
        name,
        RegionSpec(
          operator: "dtnum", location: .init(country: "FR"), dataCenters: [.init(name: "dc1")],
          qualifications: qualifications, audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases))))
  }

  private static func zone(_ name: String, _ region: String, labels: [String: String] = [:]) -> AnyResource {
    .zone(
      Resource(
        metadata: Metadata(name: name, labels: labels),
        spec: ZoneSpec(region: region, sensitivity: .usuel, slug: name)))
  }

  /// Region `sure` has a qualification that counts, `nue` none, `vieille` one that is over.
  private func run(_ body: (StoreFixture) async throws -> Void) async throws {
    try await StoreFixture.run { fixture in
      for resource in [
        Offered.base[0], Self.region("sure", Self.hds), Self.region("nue"), Self.region("vieille", Self.past),
        Self.zone("la", "nue"), Self.zone("ici", "sure"),
        Offered.cluster("un", Offered.large, zone: "la"), Offered.cluster("deux", Offered.large, zone: "ici"),
      ] {
        _ = try await fixture.store.put(resource, context: someone, acknowledging: true)
      }
      try await body(fixture)
    }
  }

  private func problem(_ resource: AnyResource, _ fixture: StoreFixture) async throws -> String? {
    let error = try await refusal {
      _ = try await fixture.store.put(resource, context: someone, within: Self.own)
    }
    if let error { #expect(error.kind == .conflict && error.message.contains("HDS"), "\(error)") }
    return error?.path
  }

  @Test func `an empty zone does not move where more counts, unless who administers moves it`() async throws {
    try await run { fixture in
      #expect(try await problem(Self.zone("la", "sure"), fixture) == "spec.region")
      #expect(try await problem(Self.zone("la", "vieille"), fixture) == nil, "what is over counts for nothing")
      #expect(try await problem(Self.zone("ici", "sure", labels: ["a": "b"]), fixture) == nil, "it stays")
      let moved = try await fixture.store.put(
        Self.zone("la", "sure"), context: someone, within: Self.own, acknowledging: true)
      #expect(moved.change == .changed)
      #expect(try await problem(Self.zone("la", "nue"), fixture) == nil, "where less counts, all may go")
    }
  }

  @Test func `nor does an empty cluster, by its zone`() async throws {
    try await run { fixture in
      let moved = try await problem(Offered.cluster("un", Offered.large, zone: "ici"), fixture)
      #expect(moved == "spec.zone")
      #expect(try await problem(Offered.cluster("deux", Offered.large, zone: "la"), fixture) == nil)
      // It has been elsewhere since.
      #expect(try await problem(Offered.cluster("deux", Offered.large, zone: "ici"), fixture) == "spec.zone")
    }
  }

  @Test func `deleting it first changes nothing; what is new in the region is of the region`() async throws {
    try await run { fixture in
      try await fixture.store.delete(.cluster, "un", context: someone)
      #expect(try await problem(Offered.cluster("un", Offered.large, zone: "ici"), fixture) == "spec.zone")
      try await fixture.store.delete(.zone, "la", context: someone)
      #expect(try await problem(Self.zone("la", "sure"), fixture) == "spec.region")
      #expect(try await problem(Offered.cluster("un", Offered.large, zone: "ici"), fixture) == "spec.zone")
      #expect(try await problem(Self.zone("neuve", "sure"), fixture) == nil)
      #expect(try await problem(Offered.cluster("neuf", Offered.large, zone: "ici"), fixture) == nil)
    }
  }

  @Test func `a qualification with later days is more than the same with earlier ones`() async throws {
    try await run { fixture in
      var shorter = Self.hds
      shorter.validUntil = CalendarDay("2030-12-31")
      _ = try await fixture.store.put(Self.region("nue", shorter), context: someone, acknowledging: true)
      #expect(try await problem(Self.zone("la", "sure"), fixture) == "spec.region")
      _ = try await fixture.store.put(Self.region("nue", Self.hds), context: someone, acknowledging: true)
      #expect(try await problem(Self.zone("la", "sure"), fixture) == nil)
    }
  }

  private static func cluster(_ name: String, zone: String, _ centers: [String], state: RegionSpec.State = .open)
    -> AnyResource
  {
    .cluster(
      Resource(
        name,
        ClusterSpec(
          zone: zone, dataCenters: centers, stages: ["dev", "prod"], capacity: Offered.large, state: state)))
  }

  private static func region(_ name: String, centers: [String], _ qualifications: RegionSpec.Qualification...)
    -> AnyResource
  {
    guard case .region(var region) = Self.region(name) else { return Self.region(name) }
    region.spec.dataCenters = centers.map { .init(name: $0) }
    region.spec.qualifications = qualifications
    return .region(region)
  }

  private func conflict(_ resource: AnyResource, _ fixture: StoreFixture) async throws -> StoreError? {
    let error = try await refusal { _ = try await fixture.store.put(resource, context: someone, acknowledging: true) }
    if let error { #expect(error.kind == .conflict, "\(error)") }
    return error
  }

  @Test func `a cluster is in data centres that its region has, whoever writes it`() async throws {
    try await run { fixture in
      let error = try await refusal {
        _ = try await fixture.store.put(
          Self.cluster("deux", zone: "ici", ["dc9"]), context: someone, within: Self.own)
      }
      #expect(error?.kind == .conflict && error?.path == "spec.dataCenters[0]" && error?.accepted == "dc1")
      let second = try await conflict(Self.cluster("neuf", zone: "ici", ["dc1", "dc9"]), fixture)
      #expect(second?.path == "spec.dataCenters[1]" && second?.messageFR.contains("« dc9 »") == true)
      #expect(try await conflict(Self.cluster("neuf", zone: "ici", ["dc1"]), fixture) == nil)
    }
  }

  @Test func `a region keeps the data centres that its clusters name`() async throws {
    try await run { fixture in
      #expect(try await conflict(Self.region("nue", centers: ["dc1", "dc2"]), fixture) == nil)
      #expect(try await conflict(Self.cluster("un", zone: "la", ["dc1", "dc2"]), fixture) == nil)
      let renamed = try await conflict(Self.region("nue", centers: ["dc1", "dc3"]), fixture)
      #expect(renamed?.path == "spec.dataCenters" && renamed?.message.contains("“un”") == true, "\(renamed as Any)")
      #expect(try await conflict(Self.cluster("un", zone: "la", ["dc1"]), fixture) == nil)
      #expect(try await conflict(Self.region("nue", centers: ["dc1", "dc3"]), fixture) == nil)
      try await fixture.store.delete(.cluster, "un", context: someone)
      #expect(try await conflict(Self.region("nue", centers: ["dc3"]), fixture) == nil, "what is gone names nothing")
    }
  }

  @Test func `a zone goes to no region that has not what its clusters name`() async throws {
    try await run { fixture in
      #expect(try await conflict(Self.region("vieille", centers: ["dc2"]), fixture) == nil)
      let moved = try await conflict(Self.zone("la", "vieille"), fixture)
      #expect(moved?.path == "spec.region" && moved?.accepted == "dc2", "\(moved as Any)")
      #expect(moved?.message.contains("“un”") == true)
      try await fixture.store.delete(.cluster, "un", context: someone)
      #expect(try await conflict(Self.zone("la", "vieille"), fixture) == nil)
      let back = try await conflict(Self.cluster("deux", zone: "la", ["dc1"]), fixture)
      #expect(back?.path == "spec.dataCenters[0]", "elsewhere it is another data centre: \(back as Any)")
    }
  }

  @Test func `what a cluster named before it was looked at it may go on naming where it is`() async throws {
    try await run { fixture in
      try await fixture.script(
        """
        UPDATE resources SET spec = jsonb_set(spec, '{dataCenters}', '["dc9"]')
        WHERE kind = 'Cluster' AND name = 'deux';
        """)
      #expect(try await conflict(Self.cluster("deux", zone: "ici", ["dc9"], state: .cordoned), fixture) == nil)
      #expect(try await conflict(Self.cluster("deux", zone: "ici", ["dc1", "dc8"]), fixture) != nil)
      #expect(try await conflict(Self.region("sure", centers: ["dc1", "dc2"], Self.hds), fixture) == nil)
    }
  }
}
