import Events
import Model
import Testing

@testable import Requests

/// What becomes of a flow when its environment moves, or the system comes and goes.
struct FlowGroundTests {
  private static func ground(_ ends: [FlowEnd]) -> FlowEvent { .grounded(.ends(ends), policyDelay: nil) }

  private static func open(_ flow: inout NetworkFlow, _ name: String, _ day: String) throws {
    _ = try flow.handle(.opened(operator: name), by: Asked.speaker(name), at: Flowing.noon(day))
  }

  @Test func `looking again where nothing has changed changes nothing, whatever the operator opens like by now`() throws
  {
    var flow = try Flowing.flow(Flowing.both)
    let before = flow
    let other = Flowing.both.map { Flowing.end($0.operator, $0.region, $0.sensitivity, .automatic, side: $0.side) }
    #expect(try flow.handle(Self.ground(other.reversed()), by: Asked.clock, at: Flowing.noon("2026-11-24")) == [])
    #expect(flow == before)
  }

  @Test
  func `who is asked anew has the whole delay, and who was asked before keeps his, and what he has opened`() throws {
    var flow = try Flowing.flow(Flowing.both)
    try Self.open(&flow, "anfsi", "2026-11-24")
    let due = flow.tasks.map(\.dueAt)
    // The environment leaves r1 of dtnum for r3 of alize; anfsi's end stays where it is.
    let moved = [Flowing.end("alize", "r3"), Flowing.both[1]]
    let actions = try flow.handle(Self.ground(moved), by: Asked.clock, at: Flowing.noon("2026-11-26"))
    #expect(actions == [.ask(["alize"]), .tell(.moved)])
    #expect(flow.waiting == ["alize"] && flow.state == .pending && flow.leftOpen.isEmpty)
    #expect(flow.tasks.map(\.operator) == ["alize", "anfsi"] && flow.tasks[1].dueAt == due[0])
    #expect(flow.tasks[0].dueAt == ParisTime.moment(Asked.day("2026-12-03"), hour: 17))
    #expect(Asked.code { try Self.open(&flow, "dtnum", "2026-11-27") } == .notOperator)
    try Self.open(&flow, "alize", "2026-11-27")
    #expect(flow.state == .opened)
  }

  @Test func `nobody gets rid of a delay by the other end's moving`() throws {
    var flow = try Flowing.flow(Flowing.both)
    _ = try flow.handle(.clock, by: Asked.clock, at: Flowing.noon("2026-12-02"))
    let late = flow.tasks[0]
    #expect(late.operator == "anfsi" && late.escalatedAt != nil)
    _ = try flow.handle(
      Self.ground([Flowing.end("dtnum", "r4"), Flowing.both[1]]), by: Asked.clock, at: Flowing.noon("2026-12-03"))
    #expect(flow.tasks[0] == late && flow.tasks[1].escalatedAt == nil)
    #expect(flow.isOverdue(at: Flowing.noon("2026-12-03")))
  }

  @Test func `a flow that was open is to be opened where it has gone, and to be closed where it was`() throws {
    var flow = try Flowing.flow()
    try Self.open(&flow, "dtnum", "2026-11-24")
    let moved = try flow.handle(
      Self.ground([Flowing.end("dtnum", "r2")]), by: Asked.clock, at: Flowing.noon("2026-11-25"))
    #expect(moved == [.ask(["dtnum"]), .tell(.moved), .askToClose(["dtnum"])])
    #expect(flow.state == .pending && flow.openedAt == nil && flow.leftOpen.map(\.region) == ["r1"])
    // It comes back before anybody has opened anything: to be opened, and not to be closed.
    _ = try flow.handle(Self.ground([Flowing.end()]), by: Asked.clock, at: Flowing.noon("2026-11-26"))
    #expect(flow.waiting == ["dtnum"] && flow.leftOpen.isEmpty)
    // Where it goes to, flows are opened by themselves.
    _ = try flow.handle(
      Self.ground([Flowing.end("anfsi", "r2", .usuel, .automatic)]), by: Asked.clock, at: Flowing.noon("2026-11-27"))
    #expect(flow.state == .opened && flow.tasks.isEmpty && flow.openedAt != nil)
  }

  @Test func `where the environment at the far end is gone nothing stays open towards it`() throws {
    var flow = try Flowing.flow(system: "annuaire/prod")
    try Self.open(&flow, "dtnum", "2026-11-24")
    let gone = FlowEvent.grounded(.noSystem(environment: [Flowing.end()]), policyDelay: nil)
    #expect(
      try flow.handle(gone, by: Asked.clock, at: Flowing.noon("2026-11-25")) == [
        .tell(.lapsed), .askToClose(["dtnum"]),
      ])
    #expect(flow.state == .lapsed && flow.leftOpen.map(\.operator) == ["dtnum"])
    #expect(flow.ends(meantBy: .closed(operator: "dtnum")) == Set(flow.leftOpen))
    #expect(flow.ends(meantBy: .clock) == nil)
  }

  @Test func `an environment that leaves while the system is away leaves nothing open where it was`() throws {
    var flow = try Flowing.flow(Flowing.both)
    for name in ["anfsi", "dtnum"] { try Self.open(&flow, name, "2026-11-24") }
    func gone(_ near: [FlowEnd], _ day: String) throws -> [FlowAction] {
      try flow.handle(
        .grounded(.noSystem(environment: near), policyDelay: nil), by: Asked.clock, at: Flowing.noon(day))
    }
    #expect(try gone([Flowing.both[0]], "2026-11-25") == [.tell(.suspended)] && flow.leftOpen.isEmpty)
    let moved = [Flowing.end("alize", "r3")]
    #expect(try gone(moved, "2026-11-26") == [.tell(.moved), .askToClose(["dtnum"])])
    #expect(flow.state == .suspended && flow.leftOpen.map(\.region) == ["r1"])
    #expect(try gone(moved, "2026-11-27") == [])
    // The system is back, and so is the far end; the near one is elsewhere.
    let back = try flow.handle(
      Self.ground(moved + [Flowing.both[1]]), by: Asked.clock, at: Flowing.noon("2026-11-28"))
    #expect(back == [.ask(["alize"]), .tell(.resumed)] && flow.leftOpen.map(\.region) == ["r1"])
  }

  @Test func `what a flow has left open another one that asks for the same takes over, and closes with it`() throws {
    var first = try Flowing.flow(Flowing.both)
    for name in ["anfsi", "dtnum"] { try Self.open(&first, name, "2026-11-24") }
    var second = try Flowing.flow([Flowing.both[0]], motive: "Encore")
    #expect(first.leftOpen(for: second).isEmpty, "it is alive")
    _ = try first.handle(.withdrawn(reason: nil), by: Asked.team, at: Flowing.noon("2026-11-25"))
    #expect(first.leftOpen(for: try Flowing.flow(ports: [80])).isEmpty)
    let places = first.leftOpen(for: second)
    #expect(places.map(\.operator) == ["dtnum"])
    second.takeOver(places)
    let handed = try first.handle(.handedOver(places), by: Asked.clock, at: Flowing.noon("2026-11-26"))
    #expect(handed == [.tell(.handedOver)] && first.closings?.map(\.operator) == ["anfsi"])
    #expect(try first.handle(.handedOver(places), by: Asked.clock, at: Flowing.noon("2026-11-26")) == [])
    #expect(second.state == .pending && second.leftOpen.isEmpty)
    _ = try second.handle(.withdrawn(reason: nil), by: Asked.team, at: Flowing.noon("2026-11-27"))
    #expect(second.closings?.map(\.operator) == ["dtnum"])
  }

  @Test func `while the system is reached from nowhere no delay runs, and it runs anew from its return`() throws {
    var flow = try Flowing.flow(Flowing.both)
    try Self.open(&flow, "anfsi", "2026-11-24")
    let gone = FlowEvent.grounded(.noSystem(environment: [Flowing.both[0]]), policyDelay: nil)
    #expect(try flow.handle(gone, by: Asked.clock, at: Flowing.noon("2026-11-25")) == [.tell(.suspended)])
    #expect(try flow.handle(gone, by: Asked.clock, at: Flowing.noon("2026-11-26")) == [])
    #expect(flow.next == nil && flow.waiting == [] && !flow.isOverdue(at: Flowing.noon("2027-01-04")))
    #expect(try flow.handle(.clock, by: Asked.clock, at: Flowing.noon("2027-01-04")) == [])
    let back = try flow.handle(Self.ground(Flowing.both), by: Asked.clock, at: Flowing.noon("2027-01-04"))
    #expect(back == [.ask(["dtnum"]), .tell(.resumed)])
    #expect(flow.waiting == ["dtnum"], "what was open is so still")
    #expect(flow.dueAt == ParisTime.moment(Asked.day("2027-01-11"), hour: 17))
    try Self.open(&flow, "dtnum", "2027-01-05")
    _ = try flow.handle(gone, by: Asked.clock, at: Flowing.noon("2027-01-06"))
    #expect(flow.state == .suspended && flow.openedAt == nil)
    let again = try flow.handle(Self.ground(Flowing.both), by: Asked.clock, at: Flowing.noon("2027-01-07"))
    #expect(again == [.tell(.resumed), .tell(.opened)] && flow.state == .opened)
  }

  /// Two ends of dtnum, and one of anfsi.
  private static let three = [Flowing.end("dtnum", "r1"), Flowing.end("dtnum", "r2"), Flowing.both[1]]
  private static let (first, second) = ([three[0], three[2]], [three[1], three[2]])

  /// One of two goes; a third one comes and goes; all opens by itself for a while; another one takes its place and goes.
  private static let without: [[[FlowEnd]]] = [
    [first], [three + [Flowing.end("dtnum", "r4")], first],
    [[Flowing.end("dtnum", "r1", .usuel, .automatic), Flowing.end("alize", "r3", .usuel, .automatic)], first],
    [[Flowing.end("dtnum", "r1"), Flowing.end("dtnum", "r4"), Flowing.both[1]], first],
  ]

  @Test(arguments: without)
  func `an end that is open and never ceased to be one is open whatever else goes`(grounds: [[FlowEnd]]) throws {
    var flow = try Flowing.flow(Self.three)
    for name in ["anfsi", "dtnum"] { try Self.open(&flow, name, "2026-11-24") }
    for (day, ground) in grounds.enumerated() {
      _ = try flow.handle(Self.ground(ground), by: Asked.clock, at: Flowing.noon("2026-11-2\(5 + day)"))
    }
    #expect(!flow.waiting.contains("dtnum") && flow.tasks.contains { $0.operator == "dtnum" })
    #expect(flow.tasks.first { $0.operator == "dtnum" }?.ends.map(\.region) == ["r1"])
    #expect(flow.tasks.first { $0.operator == "dtnum" }?.opened?.at == Flowing.noon("2026-11-24"))
    #expect(flow.leftOpen.contains(Self.three[1].place))
  }

  @Test func `a flow stays open where one of several ends goes, and nobody is asked for anything but to close`() throws
  {
    var flow = try Flowing.flow(Self.three)
    for name in ["anfsi", "dtnum"] { try Self.open(&flow, name, "2026-11-24") }
    let openedAt = flow.openedAt
    let actions = try flow.handle(Self.ground(Self.first), by: Asked.clock, at: Flowing.noon("2026-11-25"))
    #expect(actions == [.tell(.moved), .askToClose(["dtnum"])])
    #expect(flow.state == .opened && flow.openedAt == openedAt && flow.leftOpen.map(\.region) == ["r2"])
    // It comes back: it had ceased to be one.
    let back = try flow.handle(Self.ground(Self.three), by: Asked.clock, at: Flowing.noon("2026-11-26"))
    #expect(back == [.ask(["dtnum"]), .tell(.moved)] && flow.waiting == ["dtnum"] && flow.leftOpen.isEmpty)
  }

  @Test func `who waits keeps his delay, and is before the board, where one of his ends goes`() throws {
    var flow = try Flowing.flow(Self.three)
    _ = try flow.handle(.clock, by: Asked.clock, at: Flowing.noon("2026-12-02"))
    let late = try #require(flow.tasks.last)
    #expect(late.operator == "dtnum" && late.escalatedAt != nil)
    let moved = try flow.handle(Self.ground(Self.second), by: Asked.clock, at: Flowing.noon("2026-12-03"))
    let left = try #require(flow.tasks.last)
    #expect(moved == [.tell(.moved)] && left.dueAt == late.dueAt && left.escalatedAt == late.escalatedAt)
    #expect(left.ends == [Self.three[1]] && flow.waiting == ["anfsi", "dtnum"])
    // Another place is something else to do.
    let other = [Flowing.end("dtnum", "r4"), Flowing.both[1]]
    #expect(
      try flow.handle(Self.ground(other), by: Asked.clock, at: Flowing.noon("2026-12-04")) == [
        .ask(["dtnum"]), .tell(.moved),
      ])
    #expect(flow.tasks.last?.escalatedAt == nil)
  }

  @Test func `an end that was closed while the system was away is not open when both are back`() throws {
    var flow = try Flowing.flow(Flowing.both)
    for name in ["anfsi", "dtnum"] { try Self.open(&flow, name, "2026-11-24") }
    for near in [Flowing.both[0], Flowing.end("alize", "r3")] {
      _ = try flow.handle(
        .grounded(.noSystem(environment: [near]), policyDelay: nil), by: Asked.clock, at: Flowing.noon("2026-11-25"))
    }
    _ = try flow.handle(.closed(operator: "dtnum"), by: Asked.speaker("dtnum"), at: Flowing.noon("2026-11-26"))
    _ = try flow.handle(Self.ground(Flowing.both), by: Asked.clock, at: Flowing.noon("2026-11-27"))
    #expect(flow.state == .pending && flow.waiting == ["dtnum"])
  }

  @Test func `an end that ceased to be one, and came back, is not open because another end comes`() throws {
    var flow = try Flowing.flow()
    try Self.open(&flow, "dtnum", "2026-11-24")
    for (region, day) in [("r2", "2026-11-25"), ("r1", "2026-11-26")] {
      let asked = try flow.handle(
        Self.ground([Flowing.end("dtnum", region)]), by: Asked.clock, at: Flowing.noon(day))
      #expect(asked.first == FlowAction.ask(["dtnum"]) && flow.waiting == ["dtnum"] && flow.openings == nil)
    }
    // It may have been closed meanwhile: only its operator says that it is open again.
    let both = try flow.handle(Self.ground(Flowing.both), by: Asked.clock, at: Flowing.noon("2026-11-27"))
    #expect(both == [.ask(["anfsi"]), .tell(.moved)] && flow.waiting == ["anfsi", "dtnum"])
    try Self.open(&flow, "anfsi", "2026-11-28")
    #expect(flow.state == .pending && flow.waiting == ["dtnum"])
  }

  @Test func `who has to close keeps his delay, and is late still, where some of it is wanted again`() throws {
    var flow = try Flowing.flow(Self.three)
    for name in ["anfsi", "dtnum"] { try Self.open(&flow, name, "2026-11-24") }
    let elsewhere = Flowing.end("alize", "r3")
    let moved = try flow.handle(Self.ground([elsewhere]), by: Asked.clock, at: Flowing.noon("2026-11-25"))
    #expect(moved == [.ask(["alize"]), .tell(.moved), .askToClose(["anfsi", "dtnum"])])
    _ = try flow.handle(.clock, by: Asked.clock, at: Flowing.noon("2026-12-02"))
    let asked = try #require(flow.closings)
    #expect(asked.map(\.operator) == ["anfsi", "dtnum"] && asked.allSatisfy { $0.remindedAt != nil })
    let back = try flow.handle(
      Self.ground([elsewhere, Self.three[0]]), by: Asked.clock, at: Flowing.noon("2026-12-03"))
    #expect(back == [.ask(["dtnum"]), .tell(.moved)], "of what is to be closed nobody is asked again")
    var left = asked
    left[1].ends = [Self.three[1].place]
    #expect(flow.closings == left && flow.isOverdue(at: Flowing.noon("2026-12-03")))
    _ = try flow.handle(.closed(operator: "dtnum"), by: Asked.speaker("dtnum"), at: Flowing.noon("2026-12-03"))
    #expect(flow.closings == [asked[0]] && flow.waiting == ["alize", "dtnum"])
  }

  @Test func `an operator means the ends that it was asked about, and no other's`() throws {
    var flow = try Flowing.flow(Flowing.both)
    for end in Flowing.both {
      #expect(flow.ends(meantBy: .opened(operator: end.operator)) == Set([end.place]))
      #expect(flow.ends(meantBy: .rejected(operator: end.operator, reason: "non")) == Set([end.place]))
      #expect(flow.ends(meantBy: .closed(operator: end.operator)) == Set<FlowEnd>())
    }
    #expect(flow.ends(meantBy: .opened(operator: "alize")) == nil)
    let others: [FlowEvent] = [.withdrawn(reason: nil), .handedOver(Flowing.both), Self.ground(Flowing.both), .clock]
    for event in others { #expect(flow.ends(meantBy: event) == nil, "\(event)") }
    for name in ["anfsi", "dtnum"] { try Self.open(&flow, name, "2026-11-24") }
    _ = try flow.handle(.withdrawn(reason: nil), by: Asked.team, at: Flowing.noon("2026-11-25"))
    for end in Flowing.both { #expect(flow.ends(meantBy: .closed(operator: end.operator)) == Set([end.place])) }
  }

  @Test func `what an earlier program has stored as opened stays so where another end goes`() throws {
    var flow = try Flowing.flow(Self.three)
    for name in ["anfsi", "dtnum"] { try Self.open(&flow, name, "2026-11-24") }
    flow.openings = nil
    _ = try flow.handle(Self.ground(Self.first), by: Asked.clock, at: Flowing.noon("2026-11-25"))
    #expect(flow.state == .opened && flow.waiting.isEmpty)
  }
}
