import Foundation
import Model
import Requests
import TestSupport
import Testing

@testable import Store

/// Which ends an operator speaks of when it says that it has opened or closed them.
struct FlowEndsTests {
  @discardableResult
  private static func act(
    _ event: FlowEvent, _ id: UUID, at revision: Int64, _ fixture: StoreFixture
  ) async throws -> FlowRecord {
    try await fixture.store.act(
      event, onFlow: id, if: .version([String(revision)]),
      by: RequestActor(principal: "oidc:dtnum", operator: "dtnum"), context: someone)
  }

  /// A second region of dtnum, connected as the north is.
  private static func east(_ fixture: StoreFixture) async throws {
    try await fixture.flowing()
    try await fixture.region("est", "dtnum", ["chorus"])
    let zone = ZoneSpec(region: "est", sensitivity: .usuel, slug: "est", chain: "forge")
    _ = try await fixture.store.put(.zone(Resource("est-usuel", zone)), context: someone)
  }

  @Test func `what was opened where the environment was is not taken for open where it is by now`() async throws {
    try await StoreFixture.run { fixture in
      try await Self.east(fixture)
      let id = try await fixture.flow().flow.id
      try await fixture.move("prod", to: "est")
      // Before anybody has noticed, and after: the present end is told, so that the other one is closed again.
      let early = try await refusal { try await Self.act(.opened(operator: "dtnum"), id, at: 1, fixture) }
      #expect(early?.kind == .requestState && early?.message.contains("est/usuel") == true)
      #expect(try await fixture.store.tendFlows().changed == [id])
      for event in [FlowEvent.opened(operator: "dtnum"), .rejected(operator: "dtnum", reason: "non")] {
        let late = try await refusal { try await Self.act(event, id, at: 1, fixture) }
        #expect(late?.kind == .versionMismatch && late?.message.contains("opened are now: est/usuel") == true)
        #expect(late?.messageFR.contains("ouvrir sont maintenant : est/usuel") == true)
      }
      let same = try await fixture.store.networkFlow(id)
      #expect(same.revision == 2 && same.flow.openEnds.isEmpty && same.flow.state == .pending)
      let opened = try await Self.act(.opened(operator: "dtnum"), id, at: 2, fixture).flow
      #expect(opened.state == .opened && opened.openEnds.map(\.region) == ["est"])
    }
  }

  @Test func `what is to be closed besides since it was read is not taken for closed`() async throws {
    try await StoreFixture.run { fixture in
      try await Self.east(fixture)
      let id = try await fixture.flow().flow.id
      try await Self.act(.opened(operator: "dtnum"), id, at: 1, fixture)
      try await fixture.move("prod", to: "est")
      _ = try await fixture.store.tendFlows()
      let read = try await fixture.store.networkFlow(id)
      #expect(read.flow.leftOpen.map(\.region) == ["nord"])
      let open = try await Self.act(.opened(operator: "dtnum"), id, at: read.revision, fixture)
      let over = try await fixture.store.act(
        .withdrawn(reason: nil), onFlow: id, if: .version([String(open.revision)]), by: StoreFixture.team,
        context: someone)
      let stale = try await refusal { try await Self.act(.closed(operator: "dtnum"), id, at: read.revision, fixture) }
      #expect(stale?.kind == .versionMismatch && stale?.message.contains("est/usuel, nord/usuel") == true)
      #expect(try await fixture.store.networkFlow(id).flow.leftOpen.count == 2)
      #expect(try await Self.act(.closed(operator: "dtnum"), id, at: over.revision, fixture).flow.leftOpen.isEmpty)
    }
  }
}
