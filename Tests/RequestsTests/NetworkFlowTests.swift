import Events
import Foundation
import Model
import TestSupport
import Testing

@testable import Requests

/// A network flow from its motive to its end.
struct NetworkFlowTests {
  private static let monday = Flowing.noon("2026-11-23")

  private static func flow(in state: NetworkFlow.State) throws -> NetworkFlow {
    var flow = try Flowing.flow(Flowing.both)
    let tuesday = Flowing.noon("2026-11-24")
    switch state {
    case .pending: break
    case .opened:
      for name in ["anfsi", "dtnum"] {
        _ = try flow.handle(.opened(operator: name), by: Asked.speaker(name), at: tuesday)
      }
    case .suspended:
      _ = try flow.handle(
        .grounded(.noSystem(environment: [Flowing.both[0]]), policyDelay: nil), by: Asked.clock, at: tuesday)
    case .rejected:
      _ = try flow.handle(.rejected(operator: "anfsi", reason: "non"), by: Asked.speaker("anfsi"), at: tuesday)
    case .withdrawn: _ = try flow.handle(.withdrawn(reason: nil), by: Asked.team, at: tuesday)
    case .lapsed: _ = try flow.handle(.grounded(.unplaced, policyDelay: nil), by: Asked.clock, at: tuesday)
    }
    return flow
  }

  private static let events: [(name: String, event: FlowEvent, actor: RequestActor)] = [
    ("opened", .opened(operator: "dtnum"), Asked.speaker("dtnum")),
    ("rejected", .rejected(operator: "dtnum", reason: "non"), Asked.speaker("dtnum")),
    ("withdrawn", .withdrawn(reason: nil), Asked.team),
    ("moved", .grounded(.ends([Flowing.end("alize", "r3")]), policyDelay: nil), Asked.clock),
    ("no system", .grounded(.noSystem(environment: [Flowing.both[0]]), policyDelay: nil), Asked.clock),
    ("unplaced", .grounded(.unplaced, policyDelay: nil), Asked.clock),
    ("clock", .clock, Asked.clock),
    ("closed", .closed(operator: "alize"), Asked.speaker("alize")),
    ("handed over", .handedOver(Flowing.both), Asked.clock),
  ]

  /// The state after each event of ``events``; nil where it is refused as of the wrong state.
  private static let table: [NetworkFlow.State: [NetworkFlow.State?]] = [
    .pending: [.pending, .rejected, .withdrawn, .pending, .suspended, .lapsed, .pending, nil, .pending],
    .opened: [nil, nil, .withdrawn, .pending, .suspended, .lapsed, .opened, nil, .opened],
    .suspended: [nil, nil, .withdrawn, .pending, .suspended, .lapsed, .suspended, nil, .suspended],
    .rejected: [nil, nil, nil, .rejected, .rejected, .rejected, .rejected, nil, .rejected],
    .withdrawn: [nil, nil, nil, .withdrawn, .withdrawn, .withdrawn, .withdrawn, nil, .withdrawn],
    .lapsed: [nil, nil, nil, .lapsed, .lapsed, .lapsed, .lapsed, nil, .lapsed],
  ]

  @Test(arguments: NetworkFlow.State.allCases)
  func `each event leads where the table says, and what is refused changes nothing`(state: NetworkFlow.State) throws {
    let row = try #require(Self.table[state])
    #expect(row.count == Self.events.count)
    for ((name, event, actor), wanted) in zip(Self.events, row) {
      let before = try Self.flow(in: state)
      #expect(before.state == state)
      var flow = before
      let refusal = Asked.code { _ = try flow.handle(event, by: actor, at: Flowing.noon("2027-01-04")) }
      // Closing goes by what was left open, whatever the state.
      let refused: RequestRefusal.Code = name == "closed" ? .notOperator : .wrongState
      #expect(refusal == (wanted == nil ? refused : nil), "\(state) × \(name)")
      #expect(flow.state == wanted ?? state, "\(state) × \(name)")
      if wanted == nil || !state.isLive { #expect(flow == before, "\(state) × \(name)") }
    }
  }

  @Test func `what can not be done says in which states it can`() throws {
    for ((name, event, actor), accepted) in zip(Self.events, ["pending", "pending", "pending, opened, suspended"]) {
      var flow = try Self.flow(in: .withdrawn)
      let refusal = #expect(throws: RequestRefusal.self) {
        _ = try flow.handle(event, by: actor, at: Flowing.noon("2026-11-25"))
      }
      #expect(refusal?.code == .wrongState && refusal?.path == "state" && refusal?.accepted == accepted, "\(name)")
      #expect(refusal?.message == "this can not be done to a flow that is withdrawn")
      #expect(refusal?.messageFR == "ceci ne se fait pas d’un flux retiré")
    }
  }

  @Test func `it is open at once where every operator opens by itself and it stays in one sensitivity`() throws {
    let dtnum = Flowing.end("dtnum", "r1", .usuel, .automatic)
    func far(_ name: String, _ region: String, _ sensitivity: Sensitivity, _ mode: OperatorSpec.FlowOpening.Mode?)
      -> FlowEnd
    { Flowing.end(name, region, sensitivity, mode, side: .system) }
    for (ends, isAutomatic, crossesRegions, crossesSensitivities) in [
      ([dtnum], true, false, false), ([dtnum, far("anfsi", "r2", .usuel, .automatic)], true, true, false),
      ([dtnum, far("anfsi", "r2", .usuel, .manual)], false, true, false),
      ([dtnum, far("anfsi", "r2", .usuel, nil)], false, true, false),
      ([dtnum, far("dtnum", "r1", .restricted, .automatic)], false, false, true),
      // An environment that is in two places crosses nothing by that.
      ([dtnum, Flowing.end("dtnum", "r2", .usuel, .automatic)], true, false, false),
    ] {
      let flow = try Flowing.flow(ends)
      #expect(flow.state == (isAutomatic ? .opened : .pending) && flow.rule.isAutomatic == isAutomatic)
      #expect(flow.rule.crossesRegions == crossesRegions && flow.rule.crossesSensitivities == crossesSensitivities)
      #expect((flow.dueAt == nil) == isAutomatic && (flow.next == nil) == isAutomatic)
      #expect((flow.openedAt == nil) != isAutomatic && flow.tasks.isEmpty == isAutomatic)
    }
  }

  @Test func `towards another project nothing opens by itself, so that the answer tells nothing of it`() throws {
    let dtnum = Flowing.end("dtnum", "r1", .usuel, .automatic)
    for (sensitivity, region) in [(Sensitivity.usuel, "r1"), (.usuel, "r2"), (.restricted, "r2")] {
      let far = Flowing.end("dtnum", region, sensitivity, .automatic, side: .system)
      let foreign = try Flowing.flow([dtnum, far], system: "annuaire/prod")
      #expect(foreign.state == .pending && !foreign.rule.isAutomatic && foreign.waiting == ["dtnum"])
      // Its own places a team knows.
      let own = try Flowing.flow([dtnum, far], system: "vigie/dev")
      #expect((own.state == .opened) == (sensitivity == .usuel), "\(sensitivity)")
    }
    // Nor where an end moves to where all open by themselves.
    var flow = try Flowing.flow(Flowing.both, system: "annuaire/prod")
    let all = [dtnum, Flowing.end("alize", "r3", .usuel, .automatic, side: .system)]
    _ = try flow.handle(.grounded(.ends(all), policyDelay: nil), by: Asked.clock, at: Flowing.noon("2026-11-24"))
    #expect(flow.state == .pending && flow.waiting == ["alize", "dtnum"])
  }

  @Test func `the shortest delay holds, in working days: the operator's, else the policy's, else five`() throws {
    for (ends, policy, wanted) in [
      ([Flowing.end()], nil, "2026-11-30"), ([Flowing.end()], 2, "2026-11-25"),
      ([Flowing.end(delay: 10)], 2, "2026-12-07"),
      ([Flowing.end(delay: 10), Flowing.end("anfsi", "r2", delay: 3)], nil, "2026-11-26"),
      ([Flowing.end(delay: 10), Flowing.end("anfsi", "r2")], 4, "2026-11-27"),
    ] {
      let flow = try Flowing.flow(ends, policyDelay: policy)
      #expect(Set(flow.tasks.map(\.dueAt)) == [ParisTime.moment(Asked.day(wanted), hour: 17)])
    }
  }

  @Test func `it is open when all its operators have opened their ends, and each of them says so for itself`() throws {
    var flow = try Flowing.flow(Flowing.both)
    #expect(flow.waiting == ["anfsi", "dtnum"])
    func act(_ event: FlowEvent, _ actor: RequestActor) throws -> [FlowAction] {
      try flow.handle(event, by: actor, at: Flowing.noon("2026-11-24"))
    }
    #expect(Asked.code { _ = try act(.opened(operator: "anfsi"), Asked.speaker("dtnum")) } == .notOperator)
    #expect(Asked.code { _ = try act(.opened(operator: "alize"), Asked.speaker("alize")) } == .notOperator)
    #expect(Asked.code { _ = try act(.opened(operator: "anfsi"), Asked.admin) } == .notOperator)
    #expect(Asked.code { _ = try act(.rejected(operator: "anfsi", reason: " "), Asked.speaker("anfsi")) } == .badText)
    #expect(Asked.code { _ = try act(.withdrawn(reason: nil), Asked.speaker("anfsi")) } == .notApplicant)
    #expect(try act(.opened(operator: "anfsi"), Asked.speaker("anfsi")) == [.tell(.endOpened)])
    #expect(try act(.opened(operator: "anfsi"), Asked.speaker("anfsi")) == [])
    #expect(flow.waiting == ["dtnum"] && flow.state == .pending)
    #expect(try act(.opened(operator: "dtnum"), Asked.speaker("dtnum")) == [.tell(.opened)])
    #expect(flow.state == .opened && flow.waiting == [] && flow.next == nil && flow.openedAt != nil)
  }

  @Test func `what was opened for a flow that is wanted no more is left to be closed`() throws {
    for (event, actor) in [
      (FlowEvent.rejected(operator: "dtnum", reason: "non"), Asked.speaker("dtnum")),
      (.withdrawn(reason: nil), Asked.team), (.grounded(.unplaced, policyDelay: nil), Asked.clock),
    ] {
      var flow = try Flowing.flow(Flowing.both)
      _ = try flow.handle(.opened(operator: "anfsi"), by: Asked.speaker("anfsi"), at: Flowing.noon("2026-11-24"))
      _ = try flow.handle(event, by: actor, at: Flowing.noon("2026-11-25"))
      #expect(flow.leftOpen.map(\.operator) == ["anfsi"])
      #expect(flow.operators == ["anfsi", "dtnum"] && flow.endedAt != nil)
    }
  }

  @Test func `closing what was left open is a task with the guaranteed delay, until its operator has done it`() throws {
    var flow = try Flowing.flow(Flowing.both)
    func act(_ event: FlowEvent, _ actor: RequestActor, _ day: String) throws -> [FlowAction] {
      try flow.handle(event, by: actor, at: Flowing.noon(day))
    }
    let early = Asked.code { _ = try act(.closed(operator: "anfsi"), Asked.speaker("anfsi"), "2026-11-24") }
    #expect(early == .notOperator)
    _ = try act(.opened(operator: "anfsi"), Asked.speaker("anfsi"), "2026-11-24")
    #expect(flow.closings == nil)
    #expect(try act(.withdrawn(reason: nil), Asked.team, "2026-11-25") == [.tell(.withdrawn), .askToClose(["anfsi"])])
    let task = try #require(flow.closings?.first)
    #expect(flow.closings?.count == 1 && task.dueAt == ParisTime.moment(Asked.day("2026-12-02"), hour: 17))
    #expect(flow.next == task.reminderAt && flow.dueAt == nil)
    #expect(try act(.clock, Asked.clock, "2026-11-26") == [])
    #expect(try act(.clock, Asked.clock, "2026-12-02") == [.remindToClose(["anfsi"]), .tell(.reminded)])
    #expect(try act(.clock, Asked.clock, "2026-12-09") == [], "it comes before no board, and is late")
    #expect(flow.isOverdue(at: Flowing.noon("2026-12-09")) && flow.next == nil)
    for (actor, name) in [(Asked.speaker("dtnum"), "anfsi"), (Asked.speaker("dtnum"), "dtnum"), (Asked.admin, "anfsi")]
    {
      #expect(Asked.code { _ = try act(.closed(operator: name), actor, "2026-12-10") } == .notOperator)
    }
    #expect(try act(.closed(operator: "anfsi"), Asked.speaker("anfsi"), "2026-12-10") == [.tell(.closed)])
    #expect(flow.leftOpen == [] && flow.closings == nil && !flow.isOverdue(at: Flowing.noon("2026-12-10")))
  }

  @Test func `what is wanted again is not to be closed any more, and the others keep their delay`() throws {
    var flow = try Flowing.flow(Flowing.both)
    for name in ["anfsi", "dtnum"] {
      _ = try flow.handle(.opened(operator: name), by: Asked.speaker(name), at: Flowing.noon("2026-11-24"))
    }
    func move(_ ends: [FlowEnd], _ day: String) throws -> [FlowAction] {
      try flow.handle(.grounded(.ends(ends), policyDelay: nil), by: Asked.clock, at: Flowing.noon(day))
    }
    let asked = try move([Flowing.end("alize", "r3")], "2026-11-25")
    #expect(asked == [.ask(["alize"]), .tell(.moved), .askToClose(["anfsi", "dtnum"])])
    let delays = try #require(flow.closings).map(\.dueAt)
    let back = Flowing.both.filter { $0.operator == "anfsi" }
    #expect(try move(back + [Flowing.end("alize", "r3")], "2026-11-27").contains(.askToClose(["dtnum"])) == false)
    #expect(flow.closings?.map(\.operator) == ["dtnum"] && flow.closings?.first?.dueAt == delays.last)
  }

  @Test
  func `an operator is reminded a working day ahead, and it comes before the board a working day after, once`() throws {
    var flow = try Flowing.flow(Flowing.both)
    _ = try flow.handle(.opened(operator: "anfsi"), by: Asked.speaker("anfsi"), at: Flowing.noon("2026-11-24"))
    func moment(_ day: String, _ hour: Int) -> Timestamp { ParisTime.moment(Asked.day(day), hour: hour) }
    func tick(_ day: String, _ hour: Int) throws -> [FlowAction] {
      try flow.handle(.clock, by: Asked.clock, at: moment(day, hour))
    }
    // Due on Monday 30th: reminded on the Friday before, before the board on the Tuesday after.
    #expect(try tick("2026-11-27", 16) == [])
    #expect(try tick("2026-11-27", 17) == [.remind(["dtnum"]), .tell(.reminded)])
    #expect(try tick("2026-11-30", 16) == [] && !flow.isOverdue(at: moment("2026-11-30", 16)))
    #expect(flow.isOverdue(at: moment("2026-11-30", 17)))
    #expect(try tick("2026-12-01", 16) == [])
    #expect(try tick("2026-12-01", 17) == [.escalate(["dtnum"]), .tell(.escalated)])
    #expect(try tick("2026-12-09", 17) == [] && flow.next == nil && flow.state == .pending)
    var late = try Flowing.flow()
    let all: [FlowAction] = [.remind(["dtnum"]), .tell(.reminded), .escalate(["dtnum"]), .tell(.escalated)]
    #expect(try late.handle(.clock, by: Asked.clock, at: Flowing.noon("2027-01-04")) == all)
  }

  @Test func `that it was before the board is kept, whatever becomes of it, and who has rejected it`() throws {
    var flow = try Flowing.flow(Flowing.both)
    let reminded = try flow.handle(.clock, by: Asked.clock, at: Flowing.noon("2026-11-30"))
    #expect(reminded == [.remind(["anfsi", "dtnum"]), .tell(.reminded)] && flow.wasBeforeBoard == nil)
    let late = try flow.handle(.clock, by: Asked.clock, at: Flowing.noon("2026-12-02"))
    #expect(late == [.escalate(["anfsi", "dtnum"]), .tell(.escalated)] && flow.wasBeforeBoard == true)
    #expect(flow.rejection == nil)
    let at = Flowing.noon("2026-12-03")
    _ = try flow.handle(.rejected(operator: "anfsi", reason: "non"), by: Asked.speaker("anfsi"), at: at)
    #expect(flow.rejection == NetworkFlow.Act(operator: "anfsi", principal: "oidc:anfsi", at: at))
    #expect(flow.reason == "non" && flow.endedAt == at && flow.wasBeforeBoard == true)
  }

  @Test func `who has opened is late with nothing, however much time has passed`() throws {
    var flow = try Flowing.flow(Flowing.both)
    _ = try flow.handle(.opened(operator: "anfsi"), by: Asked.speaker("anfsi"), at: Flowing.noon("2026-11-24"))
    let late = Flowing.noon("2027-01-04")
    #expect(flow.tasks.map(\.operator) == ["anfsi", "dtnum"])
    let isOverdue = flow.tasks.map { $0.isOverdue(at: late) }
    #expect(isOverdue == [false, true])
    let due = flow.tasks[1].dueAt
    #expect(flow.tasks[1].isOverdue(at: due))
    #expect(!flow.tasks[1].isOverdue(at: Timestamp(microseconds: due.microseconds - 1)))
  }

  @Test func `where there are no ends nothing opens by itself, and the delay is the policy's`() {
    let rule = FlowRule(ends: [], policyDelay: 3)
    #expect(!rule.isAutomatic && !rule.crossesRegions && !rule.crossesSensitivities && rule.delayDays == 3)
    #expect(FlowRule(ends: [], policyDelay: nil).delayDays == 5)
  }

  @Test func `what can not be opened is not asked for`() {
    #expect(Asked.code { _ = try Flowing.flow(on: .unplaced) } == .notPlaced)
    #expect(Asked.code { _ = try Flowing.flow(on: .noSystem(environment: [Flowing.end()])) } == .notPlaced)
    #expect(Asked.code { _ = try Flowing.flow(by: Asked.nobody) } == .notApplicant)
    #expect(Asked.code { _ = try Flowing.flow(motive: "") } == .badText)
    #expect(Asked.code { _ = try Flowing.flow(system: "vigie/prod") } == .badText)
    for ports in [[], [0], [65_536], [443, 443], Array(1...101)] {
      #expect(Asked.code { _ = try Flowing.flow(ports: ports) } == .badText)
    }
    for ports in [[1, 65_535], Array(1...100)] { #expect(Asked.code { _ = try Flowing.flow(ports: ports) } == nil) }
  }

  @Test func `whatever happens in whatever order, nobody waits unseen and nothing stays open unsaid`() throws {
    var dice = Dice.fresh("flows")
    let places = ["r1", "r2", "r3"].flatMap { region in
      ["dtnum", "anfsi"].map { Flowing.end($0, region, side: region == "r3" ? .system : .environment) }
    }
    for round in 0..<400 {
      let note = Comment(rawValue: "seed \(dice.seed), round \(round)")
      var flow = try Flowing.flow(Flowing.both, policyDelay: .random(in: 1...6, using: &dice))
      // What was opened at all; and what of it has been an end ever since.
      var (at, opened, standing) = (Self.monday, Set<FlowEnd>(), Set<FlowEnd>())
      for _ in 0..<12 {
        at = Timestamp(microseconds: at.microseconds + .random(in: 0...200_000_000_000, using: &dice))
        let name = ["dtnum", "anfsi", "alize"].randomElement(using: &dice) ?? "dtnum"
        let event: FlowEvent =
          switch Int.random(in: 0..<12, using: &dice) {
          case 0...2: .opened(operator: name)
          case 3: Bool.random(using: &dice) ? .rejected(operator: name, reason: "non") : .withdrawn(reason: nil)
          case 4:
            .grounded(
              .noSystem(
                environment: places.filter { $0.side == .environment }.shuffled(using: &dice)
                  .prefix(.random(in: 1...2, using: &dice)).map(\.self)), policyDelay: nil)
          case 5: Bool.random(using: &dice) ? .clock : .grounded(.unplaced, policyDelay: nil)
          case 6, 7:
            .grounded(
              .ends(places.shuffled(using: &dice).prefix(.random(in: 1...3, using: &dice)).map(\.self)),
              policyDelay: nil)
          default: .clock
          }
        let actor = RequestActor(principal: "p", isApplicant: Bool.random(using: &dice), operator: name)
        let before = flow
        guard let actions = try? flow.handle(event, by: actor, at: at) else {
          #expect(flow == before, note)
          continue
        }
        if case .opened = event, !actions.isEmpty {
          let places = flow.tasks.filter { $0.operator == name }.flatMap(\.ends).map(\.place)
          opened.formUnion(places)
          standing.formUnion(places)
        }
        if actions.isEmpty { #expect(flow == before, note) }
        if case .clock = event, let next = flow.next { #expect(next > at, note) }
        #expect((flow.state == .pending) == !flow.waiting.isEmpty, note)
        #expect(!flow.isOverdue(at: at) || flow.state == .pending || flow.closings != nil, note)
        #expect(Set((flow.closings ?? []).flatMap(\.ends)) == Set(flow.leftOpen), note)
        for task in flow.closings ?? [] {
          guard let asked = before.closings?.first(where: { $0.covers(task.ends) }) else { continue }
          #expect(task.askedAt == asked.askedAt && task.remindedAt ?? at == asked.remindedAt ?? at, note)
        }
        #expect(flow.tasks.allSatisfy { $0.escalatedAt == nil || $0.remindedAt != nil }, note)
        if case .grounded(.noSystem(let near), _) = event, flow.state == .suspended {
          let there = Set(near.map(\.place))
          #expect(flow.ends.allSatisfy { $0.side == .system || there.contains($0.place) }, note)
        }
        // What was ever opened by hand is wanted still, or is left to be closed.
        let wanted = flow.state.isLive ? Set(flow.ends.map(\.place)) : []
        #expect(opened.isSubset(of: wanted.union(flow.leftOpen)), note)
        #expect(wanted.isDisjoint(with: flow.leftOpen), note)
        // Nobody waits for what is open and never ceased to be an end, and nobody's delay begins anew by an end's going.
        standing.formIntersection(wanted)
        for task in flow.tasks where flow.state == .pending && task.isWaiting {
          #expect(!standing.isSuperset(of: task.ends.map(\.place)), note)
          let asked = before.state == .pending ? before.tasks.first { $0.operator == task.operator } : nil
          guard let asked, asked.isWaiting, asked.covers(task.ends) else { continue }
          #expect(task.askedAt == asked.askedAt && task.dueAt == asked.dueAt, note)
        }
      }
    }
  }
}
