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
}
