import Events
import Foundation
import Model
import Testing

@testable import Requests

/// What is to be opened, and in which order its ends are kept.
struct FlowWishTests {
  private static func wish(_ system: String = "chorus") -> FlowWish {
    FlowWish(
      project: "vigie", environment: "prod", system: system, direction: .outbound, protocol: .tcp, ports: [443, 80],
      motive: "Échanges")
  }

  @Test(arguments: [
    ("annuaire/prod", "annuaire", "prod", true), ("vigie/dev", "vigie", "dev", false), ("chorus", nil, nil, false),
    ("annuaire/", nil, nil, false), ("/prod", nil, nil, false), ("/", nil, nil, false), ("a/b/c", nil, nil, false),
  ])
  func `an environment is at the other end only where its project and its name are there`(
    system: String, project: String?, environment: String?, isForeign: Bool
  ) {
    let wish = Self.wish(system)
    #expect(wish.peer?.project == project && wish.peer?.environment == environment && wish.isForeign == isForeign)
  }

  @Test func `the same is asked for whatever the motive and the order of the ports, and else it is another`() {
    let wish = Self.wish()
    var same = FlowWish(
      project: "vigie", environment: "prod", system: "chorus", direction: .outbound, protocol: .tcp, ports: [80, 443],
      motive: "Autre chose")
    #expect(wish.ports == [80, 443] && wish.asks(forTheSameAs: same) && same.asks(forTheSameAs: wish))
    same.direction = .inbound
    #expect(!wish.asks(forTheSameAs: same))
    let others = [
      FlowWish(
        project: "basegun", environment: "prod", system: "chorus", direction: .outbound, protocol: .tcp,
        ports: [80, 443], motive: "Échanges"),
      FlowWish(
        project: "vigie", environment: "dev", system: "chorus", direction: .outbound, protocol: .tcp,
        ports: [80, 443], motive: "Échanges"),
      FlowWish(
        project: "vigie", environment: "prod", system: "chorus", direction: .outbound, protocol: .udp,
        ports: [80, 443], motive: "Échanges"),
      FlowWish(
        project: "vigie", environment: "prod", system: "chorus", direction: .outbound, protocol: .tcp, ports: [80],
        motive: "Échanges"),
      Self.wish("sirene"),
    ]
    for other in others { #expect(!wish.asks(forTheSameAs: other)) }
  }

  @Test func `what an earlier program stored with its ports in another order is the same wish`() throws {
    let stored = #"{"project":"vigie","environment":"prod","system":"chorus","direction":"outbound","protocol":"tcp","#
    let text = stored + #""ports":[443,80],"motive":"Échanges"}"#
    let wish = try JSONDecoder().decode(FlowWish.self, from: Data(text.utf8))
    #expect(wish == Self.wish() && wish.ports == [80, 443])
  }

  @Test func `ends are kept in one order, by side, operator, region and sensitivity`() {
    let ends = [
      Flowing.end("alize", "r2"), Flowing.end("dtnum", "r1", .restricted), Flowing.end("dtnum", "r1"),
      Flowing.end("dtnum", "r3"), Flowing.end("alize", "r1", side: .system),
    ]
    for shift in ends.indices {
      let shifted = Array(ends[shift...] + ends[..<shift])
      #expect(FlowGround.ends(shifted).ends == ends && FlowGround.ends(shifted.reversed()).ends == ends)
    }
    #expect(FlowGround.unplaced.ends.isEmpty && FlowGround.noSystem(environment: ends).ends.isEmpty)
  }

  @Test func `of a flow that lives nothing is handed over, and of one that has ended only what is named`() throws {
    var flow = try Flowing.flow(Flowing.both)
    for name in ["anfsi", "dtnum"] {
      _ = try flow.handle(.opened(operator: name), by: Asked.speaker(name), at: Flowing.noon("2026-11-24"))
    }
    let places = Flowing.both.map(\.place)
    let opened = flow
    let early = try flow.handle(.handedOver(places), by: Asked.clock, at: Flowing.noon("2026-11-25"))
    #expect(early == [] && flow == opened)
    _ = try flow.handle(.withdrawn(reason: nil), by: Asked.team, at: Flowing.noon("2026-11-26"))
    let ended = flow
    let elsewhere = [Flowing.end("alize", "r3").place]
    let none = try flow.handle(.handedOver(elsewhere), by: Asked.clock, at: Flowing.noon("2026-11-27"))
    #expect(none == [] && flow == ended)
    let one = try flow.handle(.handedOver([places[0]]), by: Asked.clock, at: Flowing.noon("2026-11-27"))
    #expect(one == [.tell(.handedOver)] && flow.openEnds == [places[1]] && flow.leftOpen == [places[1]])
    #expect(flow.closings?.map(\.operator) == ["anfsi"] && flow.closings?.first == ended.closings?.first)
  }

  @Test func `an end that is opened again is noted once, by who has opened it last`() throws {
    var flow = try Flowing.flow()
    func opened(_ day: String, by principal: String) throws -> [FlowAction] {
      try flow.handle(
        .opened(operator: "dtnum"), by: RequestActor(principal: principal, operator: "dtnum"), at: Flowing.noon(day))
    }
    #expect(try opened("2026-11-24", by: "oidc:one") == [.tell(.opened)])
    for region in ["r2", "r1"] {
      _ = try flow.handle(
        .grounded(.ends([Flowing.end("dtnum", region)]), policyDelay: nil), by: Asked.clock,
        at: Flowing.noon("2026-11-25"))
    }
    #expect(try opened("2026-11-26", by: "oidc:two") == [.tell(.opened)])
    let act = NetworkFlow.Act(operator: "dtnum", principal: "oidc:two", at: Flowing.noon("2026-11-26"))
    let place = Flowing.end().place
    #expect(flow.openEnds == [place] && flow.openings == [NetworkFlow.Opening(end: place, act: act)])
    #expect(flow.tasks.count == 1 && flow.tasks.first?.opened == act && flow.openedAt == act.at)
    // What was taken over before is noted once too.
    flow.takeOver([place])
    #expect(flow.openEnds == [place])
  }
}
