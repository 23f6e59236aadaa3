import Events
import Foundation
import Model
import TestSupport
import Testing

@testable import Requests

/// A network flow from its motive to its opening.
struct NetworkFlowTests {
  private static func days(_ text: String) -> Timestamp { ParisTime.moment(Asked.day(text), hour: 12) }
  private static let monday = days("2026-11-23")

  private static func end(
    _ name: String = "dtnum", _ region: String = "r1", _ sensitivity: Sensitivity = .usuel,
    _ mode: OperatorSpec.FlowOpening.Mode? = .manual, delay: Int? = nil
  ) -> FlowEnd {
    FlowEnd(
      operator: name, region: region, sensitivity: sensitivity,
      opening: mode.map { OperatorSpec.FlowOpening(mode: $0, maximumDelayDays: delay) })
  }

  private static func flow(
    _ ends: [FlowEnd] = [end()], ports: [Int] = [443], motive: String = "Échanges", policyDelay: Int? = nil,
    by actor: RequestActor = Asked.team
  ) throws -> NetworkFlow {
    try NetworkFlow(
      id: UUID(uuid: (2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
      wish: NetworkFlow.Wish(
        project: "vigie", environment: "prod", system: "chorus", direction: .outbound, protocol: .tcp, ports: ports,
        motive: motive),
      ends: ends, policyDelay: policyDelay, by: actor, at: monday)
  }

  private static let both = [end("dtnum", "r1"), end("anfsi", "r2")]

  private static func flow(in state: NetworkFlow.State) throws -> NetworkFlow {
    var flow = try flow(both)
    switch state {
    case .pending: break
    case .opened:
      for name in ["anfsi", "dtnum"] {
        _ = try flow.handle(.opened(operator: name), by: Asked.speaker(name), at: days("2026-11-24"))
      }
    case .rejected:
      _ = try flow.handle(
        .rejected(operator: "anfsi", reason: "non"), by: Asked.speaker("anfsi"), at: days("2026-11-24"))
    case .withdrawn: _ = try flow.handle(.withdrawn(reason: nil), by: Asked.team, at: days("2026-11-24"))
    }
    return flow
  }

  private static let events: [(name: String, event: FlowEvent, actor: RequestActor)] = [
    ("opened", .opened(operator: "dtnum"), Asked.speaker("dtnum")),
    ("rejected", .rejected(operator: "dtnum", reason: "non"), Asked.speaker("dtnum")),
    ("withdrawn", .withdrawn(reason: nil), Asked.team), ("clock", .clock, Asked.clock),
  ]

  /// The state after each event of ``events``; nil where it is refused as of the wrong state.
  private static let table: [NetworkFlow.State: [NetworkFlow.State?]] = [
    .pending: [.pending, .rejected, .withdrawn, .pending], .opened: [nil, nil, nil, .opened],
    .rejected: [nil, nil, nil, .rejected], .withdrawn: [nil, nil, nil, .withdrawn],
  ]

  @Test(arguments: NetworkFlow.State.allCases)
  func `each event leads where the table says, and what is refused changes nothing`(state: NetworkFlow.State) throws {
    let row = try #require(Self.table[state])
    for ((name, event, actor), wanted) in zip(Self.events, row) {
      let before = try Self.flow(in: state)
      #expect(before.state == state)
      var flow = before
      let refusal = Asked.code { _ = try flow.handle(event, by: actor, at: Self.days("2027-01-04")) }
      #expect(refusal == (wanted == nil ? .wrongState : nil), "\(state) × \(name)")
      #expect(flow.state == wanted ?? state, "\(state) × \(name)")
      if wanted == nil { #expect(flow == before, "\(state) × \(name)") }
    }
  }

  @Test func `it is open at once where every operator opens by itself and it stays in one sensitivity`() throws {
    let dtnum = Self.end("dtnum", "r1", .usuel, .automatic)
    let anfsi = Self.end("anfsi", "r2", .usuel, .automatic)
    for (ends, isAutomatic, crossesRegions, crossesSensitivities) in [
      ([dtnum], true, false, false), ([dtnum, anfsi], true, true, false),
      ([dtnum, Self.end("anfsi", "r2", .usuel, .manual)], false, true, false),
      ([dtnum, Self.end("anfsi", "r2", .usuel, nil)], false, true, false),
      ([dtnum, Self.end("dtnum", "r1", .restricted, .automatic)], false, false, true),
    ] {
      let flow = try Self.flow(ends)
      #expect(flow.state == (isAutomatic ? .opened : .pending) && flow.rule.isAutomatic == isAutomatic)
      #expect(flow.rule.crossesRegions == crossesRegions && flow.rule.crossesSensitivities == crossesSensitivities)
      #expect((flow.dueAt == nil) == isAutomatic && (flow.next == nil) == isAutomatic)
    }
  }

  @Test func `the shortest delay holds, in working days: the operator's, else the policy's, else five`() throws {
    for (ends, policy, wanted) in [
      ([Self.end()], nil, "2026-11-30"), ([Self.end()], 2, "2026-11-25"), ([Self.end(delay: 10)], 2, "2026-12-07"),
      ([Self.end(delay: 10), Self.end("anfsi", "r2", delay: 3)], nil, "2026-11-26"),
      ([Self.end(delay: 10), Self.end("anfsi", "r2")], 4, "2026-11-27"),
    ] {
      #expect(try Self.flow(ends, policyDelay: policy).dueAt == ParisTime.moment(Asked.day(wanted), hour: 17))
    }
  }

  @Test func `it is open when all its operators have opened their end, and each of them says so for itself`() throws {
    var flow = try Self.flow(Self.both)
    #expect(flow.waiting == ["anfsi", "dtnum"])
    func act(_ event: FlowEvent, _ actor: RequestActor) throws -> [FlowAction] {
      try flow.handle(event, by: actor, at: Self.days("2026-11-24"))
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
    #expect(flow.state == .opened && flow.waiting == [] && flow.next == nil)
  }

  @Test func `its operators are reminded a working day ahead, and it comes before the board a working day after, once`()
    throws
  {
    var flow = try Self.flow(Self.both)
    _ = try flow.handle(.opened(operator: "anfsi"), by: Asked.speaker("anfsi"), at: Self.days("2026-11-24"))
    func tick(_ day: String, _ hour: Int) throws -> [FlowAction] {
      try flow.handle(.clock, by: Asked.clock, at: ParisTime.moment(Asked.day(day), hour: hour))
    }
    // Due on Monday 30th: reminded on the Friday before, before the board on the Tuesday after.
    #expect(flow.reminderAt == ParisTime.moment(Asked.day("2026-11-27"), hour: 17))
    #expect(flow.escalationAt == ParisTime.moment(Asked.day("2026-12-01"), hour: 17))
    #expect(try tick("2026-11-27", 16) == [])
    #expect(try tick("2026-11-27", 17) == [.remind(["dtnum"]), .tell(.reminded)])
    #expect(
      try tick("2026-11-30", 16) == [] && !flow.isOverdue(at: ParisTime.moment(Asked.day("2026-11-30"), hour: 16)))
    #expect(flow.isOverdue(at: ParisTime.moment(Asked.day("2026-11-30"), hour: 17)))
    #expect(try tick("2026-12-01", 16) == [])
    #expect(try tick("2026-12-01", 17) == [.escalate(["dtnum"]), .tell(.escalated)])
    #expect(try tick("2026-12-09", 17) == [] && flow.next == nil && flow.state == .pending)
    var late = try Self.flow()
    let all: [FlowAction] = [.remind(["dtnum"]), .tell(.reminded), .escalate(["dtnum"]), .tell(.escalated)]
    #expect(try late.handle(.clock, by: Asked.clock, at: Self.days("2027-01-04")) == all)
  }

  @Test func `what can not be opened is not asked for`() {
    #expect(Asked.code { _ = try Self.flow([]) } == .notPlaced)
    #expect(Asked.code { _ = try Self.flow(by: Asked.nobody) } == .notApplicant)
    #expect(Asked.code { _ = try Self.flow(motive: "") } == .badText)
    for ports in [[], [0], [65_536], [443, 443]] { #expect(Asked.code { _ = try Self.flow(ports: ports) } == .badText) }
    #expect(Asked.code { _ = try Self.flow(ports: [1, 65_535]) } == nil)
  }

  @Test func `whatever happens in whatever order, nobody waits unseen`() throws {
    var dice = Dice.fresh("flows")
    for round in 0..<300 {
      let note = Comment(rawValue: "seed \(dice.seed), round \(round)")
      var flow = try Self.flow(Self.both, policyDelay: .random(in: 1...6, using: &dice))
      let due = try #require(flow.dueAt)
      var (at, reminders, escalations) = (Self.monday, 0, 0)
      for _ in 0..<10 {
        at = Timestamp(microseconds: at.microseconds + .random(in: 0...200_000_000_000, using: &dice))
        let name = ["dtnum", "anfsi", "alize"].randomElement(using: &dice) ?? "dtnum"
        let event: FlowEvent =
          switch Int.random(in: 0..<8, using: &dice) {
          case 0: .opened(operator: name)
          case 1: Bool.random(using: &dice) ? .rejected(operator: name, reason: "non") : .withdrawn(reason: nil)
          default: .clock
          }
        let actor = RequestActor(principal: "p", isApplicant: Bool.random(using: &dice), operator: name)
        let before = flow
        guard let actions = try? flow.handle(event, by: actor, at: at) else {
          #expect(flow == before, note)
          continue
        }
        reminders += actions.count { if case .remind = $0 { true } else { false } }
        escalations += actions.count { if case .escalate = $0 { true } else { false } }
        if case .clock = event, let next = flow.next { #expect(next > at, note) }
        #expect(flow.isOverdue(at: at) == (flow.state == .pending && due <= at), note)
        #expect((flow.state == .pending) == !flow.waiting.isEmpty, note)
      }
      #expect(reminders <= 1 && escalations <= reminders, note)
    }
  }
}
