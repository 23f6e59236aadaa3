import Events
import Foundation
import Identity
import Model
import Postgres
import Requests
import TestSupport
import Testing

@testable import Store

/// A network flow from its motive to its end, on a real database.
struct FlowLifeTests {
  @Test func `a flow onto what its own region is connected to is that operator's task`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let asked = try await fixture.flow()
      #expect(asked.revision == 1 && asked.flow.state == .pending && asked.flow.waiting == ["dtnum"])
      #expect(asked.flow.ends.map(\.region) == ["nord"] && !asked.flow.rule.crossesRegions)
      #expect(asked.flow.rule.delayDays == 5)
      let opened = try await fixture.open(asked.flow.id, by: "dtnum")
      #expect(opened.flow.state == .opened && opened.revision == 2)
      #expect(try await fixture.count("SELECT count(*) FROM flow_tasks") == 0)
      let late = try await refusal { try await fixture.open(asked.flow.id, by: "dtnum") }
      #expect(late?.kind == .requestState)
      #expect(try await fixture.flowDeeds(on: asked.flow.id) == ["requested", "opened"])
      #expect(try await fixture.flowFacts(of: asked.flow.id) == [], "what was never late is nobody's business")
    }
  }

  @Test func `it opens by itself where both operators do, and one that does not is enough for it not to`() async throws
  {
    let automatic = OperatorSpec.FlowOpening(mode: .automatic)
    try await StoreFixture.run { fixture in
      try await fixture.flowing(["dtnum": automatic])
      #expect(try await fixture.flow().flow.state == .opened)
      // The north is not connected to it: the flow leads through the south, whose operator opens by hand.
      let through = try await fixture.flow(to: "sirene").flow
      #expect(through.state == .pending && through.waiting == ["anfsi", "dtnum"] && through.rule.crossesRegions)
    }
    try await StoreFixture.run { fixture in
      try await fixture.flowing(["dtnum": automatic, "anfsi": automatic])
      let through = try await fixture.flow(to: "sirene").flow
      #expect(through.state == .opened && through.rule.crossesRegions && through.rule.isAutomatic)
      let restricted = ZoneSpec(region: "sud", sensitivity: .restricted, slug: "sud", chain: "forge")
      try await fixture.pool.withConnection {
        _ = try await $0.execute(
          "UPDATE resources SET spec = \(try PostgresJSON(model: restricted)) WHERE name = 'sud-usuel'")
      }
      _ = try await fixture.store.act(
        .withdrawn(reason: "x"), onFlow: through.id, by: StoreFixture.team, context: someone)
      let crossing = try await fixture.flow(to: "sirene").flow
      #expect(crossing.state == .pending && crossing.rule.crossesSensitivities && !crossing.rule.isAutomatic)
    }
  }

  @Test func `a flow between two environments is for the operators, and the teams, of both`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      _ = try await fixture.place("vigie")
      try await fixture.pool.withConnection {
        _ = try await $0.execute("UPDATE placements SET zone = 'sud' WHERE project = 'vigie'")
      }
      let flow = try await fixture.flow(to: "vigie/prod").flow
      #expect(flow.waiting == ["anfsi", "dtnum"] && flow.rule.crossesRegions)
      let team = { (name: String) in Scope.own(operators: [], projects: [name]) }
      let store = fixture.store
      for reach in [team("basegun"), team("vigie"), .own(operators: ["anfsi"], projects: [])] {
        #expect(try await store.networkFlow(flow.id, within: reach).flow == flow)
        #expect(try await store.networkFlows(within: reach).items.map(\.flow) == [flow])
      }
      for reach in [team("annuaire"), .own(operators: ["alize"], projects: [])] {
        #expect(try await refusal { _ = try await store.networkFlow(flow.id, within: reach) }?.kind == .notFound)
        #expect(try await store.networkFlows(within: reach).items.isEmpty)
        #expect(try await refusal { try await fixture.open(flow.id, by: "alize", within: reach) }?.kind == .notFound)
      }
    }
  }

  @Test func `to another project's environment it opens by hand, also where both operators open by themselves`()
    async throws
  {
    let automatic = OperatorSpec.FlowOpening(mode: .automatic)
    try await StoreFixture.run { fixture in
      try await fixture.flowing(["dtnum": automatic, "anfsi": automatic])
      _ = try await fixture.place("vigie")
      try await fixture.pool.withConnection {
        _ = try await $0.execute("UPDATE placements SET zone = 'sud' WHERE project = 'vigie'")
      }
      let flow = try await fixture.flow(to: "vigie/prod").flow
      #expect(flow.state == .pending && flow.waiting == ["anfsi", "dtnum"])
      for name in ["anfsi", "dtnum"] { try await fixture.open(flow.id, by: name) }
      #expect(try await fixture.store.networkFlow(flow.id).flow.state == .opened)
      // What stands named by the offer is nobody's secret.
      #expect(try await fixture.flow(to: "sirene").flow.state == .opened)
    }
  }

  @Test func `what is nowhere, or another's, is not asked for`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      _ = try await fixture.store.put(.project(Offered.project("vigie")), context: someone)
      for system in ["nulle-part", "vigie/prod", "fantome/prod"] {
        let refused = try await refusal { _ = try await fixture.flow(to: system) }
        #expect(refused?.kind == .conflict && refused?.path == "system", "\(system)")
      }
      #expect(try await refusal { _ = try await fixture.flow(of: "vigie") }?.path == "environment")
      let others = Scope.own(operators: [], projects: ["vigie"])
      #expect(try await refusal { _ = try await fixture.flow(within: others) }?.kind == .forbidden)
    }
  }

  @Test func `asked twice with one key it is asked once`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let first = try await fixture.flow(key: "k")
      let again = try await fixture.flow(key: "k")
      #expect(again.isReplay && again.flow == first.flow)
      let other = try await refusal { _ = try await fixture.flow(to: "sirene", key: "k") }
      #expect(other?.kind == .idempotencyMismatch)
      #expect(try await fixture.store.networkFlows().items.count == 1)
    }
  }

  @Test func `what somebody has opened where it was is not noted as opened where it is by now`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let id = try await fixture.flow().flow.id
      try await fixture.move("prod", to: "sud")
      let moved = try await refusal { try await fixture.open(id, by: "dtnum") }
      #expect(moved?.kind == .requestState && moved?.path == "ends")
      let unasked = try await refusal { try await fixture.open(id, by: "anfsi") }
      #expect(unasked?.kind == .requestState, "nobody has asked it yet")
      let same = try await fixture.store.networkFlow(id)
      #expect(same.revision == 1 && same.flow.openEnds.isEmpty)
      #expect(try await fixture.store.tendFlows().changed == [id])
      for name in ["dtnum", "anfsi"] { try await fixture.open(id, by: name) }
      #expect(try await fixture.store.networkFlow(id).flow.state == .opened)
    }
  }

  @Test func `where the environment at the far end is gone, what was opened towards it is closed`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      _ = try await fixture.place("annuaire")
      let id = try await fixture.flow(to: "annuaire/prod").flow.id
      try await fixture.open(id, by: "dtnum")
      try await fixture.pool.withConnection {
        _ = try await $0.execute("UPDATE placements SET phase = 'removed' WHERE project = 'annuaire'")
      }
      #expect(try await fixture.store.tendFlows().changed == [id])
      let flow = try await fixture.store.networkFlow(id).flow
      #expect(flow.state == .lapsed && flow.closings?.map(\.operator) == ["dtnum"])
    }
  }

  @Test func `an operator is reminded, then it comes before the board, once whoever looks, and the bus is told`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let store = fixture.store
      let id = try await fixture.flow().flow.id
      let first = try await store.tendFlows()
      #expect(first.changed.isEmpty && (first.next ?? .zero) > .seconds(86_400))
      #expect(try await store.overdueFlows().map(\.count) == [0, 0])
      try await fixture.age(id, days: 30)
      #expect(try await store.networkFlows(FlowFilter(isOverdue: true)).items.map(\.flow.id) == [id])
      let others = FlowFilter(operator: "anfsi", isOverdue: true)
      #expect(try await store.networkFlows(others).items.isEmpty)
      #expect(try await store.networkFlows(FlowFilter(isEscalated: true)).items.isEmpty, "late, and nobody was told")
      let changes = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 { group.addTask { try await store.tendFlows().changed.count } }
        return try await group.reduce(0, +)
      }
      #expect(changes == 1)
      let late = try await store.overdueFlows().filter { $0.count > 0 }
      #expect(late.map(\.operator) == ["dtnum"] && (late.first?.oldest ?? .zero) > .seconds(15 * 86_400))
      #expect(try await fixture.flowDeeds(on: id) == ["requested", "reminded", "escalated"])
      let told = try await fixture.flowFacts(of: id)
      #expect(told.map(\.state) == [.pending] && told.map(\.late) == [["dtnum"]])
      #expect(try await store.tendFlows() == RequestTending(changed: [], next: nil))
      #expect(try await store.networkFlows(FlowFilter(isEscalated: true)).items.map(\.flow.id) == [id])
      #expect(try await store.networkFlows(FlowFilter(operator: "anfsi", isEscalated: true)).items.isEmpty)
      try await fixture.open(id, by: "dtnum")
      #expect(try await store.networkFlows(FlowFilter(isEscalated: true)).items.isEmpty, "nothing is waited for")
      #expect(try await fixture.flowFacts(of: id).last?.state == .opened)
      #expect(try await fixture.flowFacts(of: id).last?.late == [])
    }
  }

  @Test func `where its environment moves it is to be opened anew, and lapses where that goes`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let store = fixture.store
      let id = try await fixture.flow().flow.id
      try await fixture.open(id, by: "dtnum")
      #expect(try await store.tendFlows().changed.isEmpty)
      try await fixture.move("dev", to: "sud")
      #expect(try await store.tendFlows().changed.isEmpty, "another environment is none of its business")
      try await fixture.move("prod", to: "sud")
      #expect(try await store.tendFlows().changed == [id])
      let moved = try await store.networkFlow(id).flow
      // The south is not connected: from there it leads through the north, which is another end than the one that was opened.
      #expect(moved.state == .pending && moved.waiting == ["anfsi", "dtnum"] && moved.rule.crossesRegions)
      #expect(moved.leftOpen.map(\.region) == ["nord"])
      #expect(try await store.tendFlows().changed.isEmpty)
      try await fixture.pool.withConnection {
        _ = try await $0.execute("UPDATE placements SET phase = 'removed' WHERE environment = 'prod'")
      }
      #expect(try await store.tendFlows().changed == [id])
      #expect(try await store.networkFlow(id).flow.state == .lapsed)
      #expect(try await fixture.flowDeeds(on: id) == ["requested", "opened", "moved", "lapsed"])
      let rest = try await store.tendFlows()
      #expect(rest.changed.isEmpty && rest.next != nil, "its end in the north is still to be closed")
    }
  }

  @Test func `the same is not asked for twice, and what an ended one has left open the next one takes over`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let (store, first) = (fixture.store, try await fixture.flow().flow.id)
      let twice = try await refusal { _ = try await fixture.flow() }
      #expect(twice?.kind == .conflict && twice?.message.contains(first.uuidString.lowercased()) == true)
      try await fixture.open(first, by: "dtnum")
      let ended = try await store.act(.withdrawn(reason: "x"), onFlow: first, by: StoreFixture.team, context: someone)
      #expect(ended.flow.closings?.map(\.operator) == ["dtnum"])
      let second = try await fixture.flow()
      #expect(second.flow.state == .pending && second.flow.openEnds.map(\.operator) == ["dtnum"])
      #expect(try await store.networkFlow(first).flow.closings == nil)
      #expect(try await fixture.flowDeeds(on: first) == ["requested", "opened", "withdrawn", "handedOver"])
      #expect(
        try await fixture.count("SELECT count(*) FROM flow_tasks WHERE flow = \(first)") == 0, "nobody closes it")
      let over = try await store.act(
        .withdrawn(reason: "x"), onFlow: second.flow.id, by: StoreFixture.team, context: someone)
      #expect(over.flow.closings?.map(\.operator) == ["dtnum"])
      // Two at once: one of them.
      let kinds = try await withThrowingTaskGroup(of: StoreError.Kind?.self) { group in
        for _ in 0..<4 { group.addTask { try await refusal { _ = try await fixture.flow(to: "sirene") }?.kind } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(kinds.filter { $0 == nil }.count == 1 && kinds.filter { $0 == .conflict }.count == 3)
    }
  }

  @Test func `the same ports in another order are the same`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let first = try await fixture.flow(ports: [443, 80]).flow
      #expect(first.wish.ports == [80, 443])
      #expect(try await refusal { _ = try await fixture.flow(ports: [80, 443]) }?.kind == .conflict)
      #expect(try await refusal { _ = try await fixture.flow(ports: [443, 80]) }?.kind == .conflict)
    }
  }

  @Test func `where a flow's environment comes back to what an ended one has left open, that is taken over as well`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let (store, first) = (fixture.store, try await fixture.flow().flow.id)
      try await fixture.open(first, by: "dtnum")
      _ = try await store.act(.withdrawn(reason: "x"), onFlow: first, by: StoreFixture.team, context: someone)
      // Connected to it as well: the flow leads from the south alone.
      try await fixture.region("sud", "anfsi", ["sirene", "chorus"])
      try await fixture.move("prod", to: "sud")
      let second = try await fixture.flow().flow
      #expect(second.waiting == ["anfsi"] && second.openEnds.isEmpty)
      #expect(try await store.networkFlow(first).flow.closings?.map(\.operator) == ["dtnum"], "nobody wants that one")
      try await fixture.move("prod", to: "nord")
      #expect(try await store.tendFlows().changed == [second.id])
      #expect(try await store.networkFlow(second.id).flow.openEnds.map(\.region) == ["nord"])
      #expect(try await store.networkFlow(first).flow.closings == nil)
      try await fixture.open(second.id, by: "dtnum")
      let closing = try await refusal {
        _ = try await store.act(
          .closed(operator: "dtnum"), onFlow: first, by: RequestActor(principal: "oidc:dtnum", operator: "dtnum"),
          context: someone)
      }
      #expect(closing != nil, "it would cut the one that is wanted")
      #expect(try await fixture.flowDeeds(on: first) == ["requested", "opened", "withdrawn", "handedOver"])
    }
  }

  @Test func `whose a far end is nobody finds out by asking for one operator after the other`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let id = try await fixture.flow(to: "sirene").flow.id
      func found(_ name: String, _ reach: Scope) async throws -> [UUID] {
        try await fixture.store.networkFlows(FlowFilter(operator: name), within: reach).items.map(\.flow.id)
      }
      let team = Scope.own(operators: [], projects: ["basegun"])
      for name in ["anfsi", "dtnum"] {
        #expect(try await found(name, team).isEmpty, "\(name)")
        #expect(try await found(name, .own(operators: [name], projects: [])) == [id], "\(name)")
        #expect(try await found(name, .everything) == [id], "\(name)")
      }
      for name in ["anfsi", "dtnum"] { try await fixture.open(id, by: name) }
      #expect(try await found("anfsi", team) == [id], "it is open, and says so")
    }
  }

  @Test func `where its system leaves the offer nobody has to act until it is back`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let store = fixture.store
      let id = try await fixture.flow().flow.id
      try await fixture.region("nord", "dtnum", [])
      // Whoever acts before anybody has come by is told what it has become.
      #expect(try await refusal { try await fixture.open(id, by: "dtnum") }?.kind == .requestState)
      #expect(try await store.tendFlows().changed == [id])
      #expect(try await store.networkFlow(id).flow.state == .suspended)
      try await fixture.age(id, days: 60)
      #expect(try await store.tendFlows().changed.isEmpty)
      #expect(try await store.overdueFlows().allSatisfy { $0.count == 0 })
      try await fixture.region("nord", "dtnum", ["chorus"])
      #expect(try await store.tendFlows().changed == [id])
      let back = try await store.networkFlow(id)
      #expect(back.flow.waiting == ["dtnum"] && !back.flow.isOverdue(at: back.asOf))
      #expect(try await fixture.flowDeeds(on: id) == ["requested", "suspended", "resumed"])
    }
  }

  @Test func `what an operator declares besides is seen once, and changes nothing`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let id = try await fixture.flow(to: "sirene").flow.id
      // Two sites of one operator and region become one: another ground, the same places.
      try await fixture.pool.withConnection {
        _ = try await $0.execute("UPDATE network_flows SET ground = '{}' WHERE id = \(id)")
      }
      #expect(try await fixture.store.tendFlows().changed.isEmpty)
      #expect(try await fixture.count("SELECT count(*) FROM network_flows WHERE ground = '{}'") == 0)
      #expect(try await fixture.store.networkFlow(id).revision == 1)
    }
  }

  @Test func `a flow that had ended before anybody was asked to close such is asked about, once`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.flowing()
      let id = try await fixture.flow().flow.id
      try await fixture.open(id, by: "dtnum")
      let ended = try await fixture.store.act(
        .withdrawn(reason: "Plus besoin"), onFlow: id, by: StoreFixture.team, context: someone)
      #expect(ended.flow.closings?.map(\.operator) == ["dtnum"])
      // A program from before closings would look at it for ever.
      #expect(
        try await fixture.count(
          "SELECT count(*) FROM network_flows WHERE closing_at IS NOT NULL AND next_at IS NULL") == 1)
      // As such a program left it.
      try await fixture.pool.withConnection {
        _ = try await $0.execute(
          "UPDATE network_flows SET body = body - 'closings', closing_at = NULL WHERE id = \(id)")
      }
      #expect(try await fixture.store.tendFlows().changed == [id])
      #expect(try await fixture.store.networkFlow(id).flow.closings?.map(\.operator) == ["dtnum"])
      let rest = try await fixture.store.tendFlows()
      #expect(rest.changed.isEmpty && rest.next != nil)
    }
  }
}
