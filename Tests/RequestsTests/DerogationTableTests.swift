import Events
import Foundation
import Model
import TestSupport
import Testing

@testable import Requests

/// Every state and every event: what it leads to, or that it is refused.
struct DerogationTableTests {
  private static let events: [(name: String, event: DerogationEvent, actor: RequestActor)] = [
    (
      "opined", .opined(.operator("anfsi"), .unfavourable, text: "non", author: nil), Asked.speaker("anfsi")
    ),
    ("granted", .decided(.granted, reason: "motivé"), Asked.admin),
    ("refused", .decided(.refused, reason: "motivé"), Asked.admin),
    ("notified", .notified, Asked.admin), ("revoked", .revoked(reason: "assez"), Asked.admin),
    ("withdrawn", .withdrawn(reason: nil), Asked.team), ("clock", .clock, Asked.clock),
  ]

  /// The state after each event of ``events``, before the end of the period; nil where it is refused as of the wrong state.
  private static let table: [DerogationRequest.State: [DerogationRequest.State?]] = [
    .requested: [.requested, nil, nil, nil, nil, .withdrawn, .requested],
    .examined: [.examined, .decided, .decided, nil, nil, .withdrawn, .examined],
    .decided: [nil, nil, nil, .notified, nil, .withdrawn, .decided],
    .notified: [nil, nil, nil, nil, .revoked, nil, .notified],
    .declined: [nil, nil, nil, nil, nil, nil, .declined],
    .expired: [nil, nil, nil, nil, nil, nil, .expired],
    .revoked: [nil, nil, nil, nil, nil, nil, .revoked],
    .withdrawn: [nil, nil, nil, nil, nil, nil, .withdrawn],
  ]

  @Test(arguments: DerogationRequest.State.allCases)
  func `each event leads where the table says, and what is refused changes nothing`(
    state: DerogationRequest.State
  ) throws {
    let row = try #require(Self.table[state])
    for ((name, event, actor), wanted) in zip(Self.events, row) {
      let before = try Asked.request(in: state)
      #expect(before.state == state)
      var request = before
      let refusal = Asked.code { _ = try request.handle(event, by: actor, at: Asked.moment("2026-11-05")) }
      let isEarly = state == .requested && ["granted", "refused"].contains(name)
      #expect(refusal == (wanted == nil ? (isEarly ? .notExamined : .wrongState) : nil), "\(state) × \(name)")
      #expect(request.state == wanted ?? state, "\(state) × \(name)")
      if wanted == nil { #expect(request == before, "\(state) × \(name)") }
    }
  }

  @Test func `what can not be done says in which states it can`() throws {
    let undecided = "requested, examined"
    let wanted = [undecided, undecided, undecided, "decided", "notified", "requested, examined, decided"]
    for ((name, event, actor), accepted) in zip(Self.events, wanted) {
      var request = try Asked.request(in: .revoked)
      let refusal = #expect(throws: RequestRefusal.self) {
        _ = try request.handle(event, by: actor, at: Asked.moment("2026-11-05"))
      }
      #expect(refusal?.code == .wrongState && refusal?.path == "state" && refusal?.accepted == accepted, "\(name)")
      #expect(refusal?.message == "this can not be done to a request that is revoked")
      #expect(refusal?.messageFR == "ceci ne se fait pas d’une demande révoquée")
    }
  }

  @Test(arguments: DerogationRequest.State.allCases)
  func `once its period is over by the clock, whatever is not at its end expires`(
    state: DerogationRequest.State
  ) throws {
    var request = try Asked.request(in: state)
    let isOpen = [.requested, .examined, .decided, .notified].contains(state)
    let actions = try request.handle(.clock, by: Asked.clock, at: Asked.moment("2027-07-01"))
    #expect(request.state == (isOpen ? .expired : state))
    #expect(actions == (isOpen ? (state == .notified ? [.end, .tell(.expired)] : [.tell(.expired)]) : []))
    #expect(request.next == nil)
  }

  @Test func `nothing but the notification of what was granted writes a derogation, and it says what was asked`() throws
  {
    for state in DerogationRequest.State.allCases {
      for (name, event, actor) in Self.events {
        var request = try Asked.request(in: state)
        let actions = (try? request.handle(event, by: actor, at: Asked.moment("2026-11-05"))) ?? []
        let specs = actions.compactMap { if case .apply(let spec) = $0 { spec } else { nil } }
        #expect(specs.isEmpty == !(state == .decided && name == "notified"), "\(state) × \(name)")
        for spec in specs {
          #expect(spec.project == "vigie" && spec.rules == ["near"] && spec.decision == .granted)
          #expect(spec.notifiedAt == Asked.moment("2026-11-05").at.date)
          #expect(spec.validUntil == Asked.day("2027-06-30") && spec.motive == request.motive)
        }
      }
    }
    var refused = try Asked.request(in: .examined)
    _ = try refused.handle(.decided(.refused, reason: "non"), by: Asked.admin, at: Asked.moment("2026-11-05"))
    #expect(try refused.handle(.notified, by: Asked.admin, at: Asked.moment("2026-11-05")) == [.tell(.notified)])
    #expect(refused.state == .declined && !refused.isInEffect(at: Asked.moment("2026-11-06").at))
  }

  @Test(arguments: DerogationRequest.State.allCases)
  func `who has ended it before its time is kept, and why, and of nothing else`(state: DerogationRequest.State) throws {
    let wanted: DerogationRequest.Ending? =
      switch state {
      case .revoked: DerogationRequest.Ending(reason: "plus besoin", principal: Asked.admin.principal)
      case .withdrawn: DerogationRequest.Ending(reason: nil, principal: Asked.team.principal)
      default: nil
      }
    let endedAt: Timestamp? =
      switch state {
      case .revoked, .withdrawn, .declined: Asked.moment("2026-11-03").at
      case .expired: Asked.moment("2027-07-01").at
      default: nil
      }
    let request = try Asked.request(in: state)
    #expect(request.ending == wanted && request.endedAt == endedAt)
  }

  @Test(arguments: [false, true])
  func `nothing is decided before an operator and the authority have both said what they think`(
    isOperatorFirst: Bool
  ) throws {
    let opinions: [(event: DerogationEvent, actor: RequestActor, fr: String, en: String)] = [
      (
        .opined(.homologation, .favourable, text: "oui", author: "M. Petit"), Asked.admin, "l’autorité d’homologation",
        "the homologation authority"
      ),
      (
        .opined(.operator("dtnum"), .favourable, text: "oui", author: nil), Asked.speaker("dtnum"), "un opérateur",
        "an operator"
      ),
    ]
    let moment = Asked.moment("2026-11-03")
    var request = try Asked.request()
    #expect(request.missing.map(\.fr) == ["un opérateur", "l’autorité d’homologation"])
    let (first, second) = isOperatorFirst ? (opinions[1], opinions[0]) : (opinions[0], opinions[1])
    // Twice the same is not both.
    for _ in 0..<2 {
      let told = try request.handle(first.event, by: first.actor, at: moment)
      #expect(told == [.tell(.opined)] && request.state == .requested && request.missing.map(\.fr) == [second.fr])
    }
    let refusal = #expect(throws: RequestRefusal.self) {
      _ = try request.handle(.decided(.granted, reason: "oui"), by: Asked.admin, at: moment)
    }
    #expect(refusal?.code == .notExamined && refusal?.path == "opinions")
    #expect(refusal?.message == "there is no opinion of \(second.en)")
    #expect(refusal?.messageFR == "il manque l’avis de : \(second.fr)")
    _ = try request.handle(second.event, by: second.actor, at: moment)
    #expect(request.state == .examined && request.missing.isEmpty)
  }

  @Test func `each refusal that rests on who acts is named`() throws {
    func refused(_ state: DerogationRequest.State, _ event: DerogationEvent, _ actor: RequestActor) throws
      -> RequestRefusal.Code?
    {
      var request = try Asked.request(in: state)
      return Asked.code { _ = try request.handle(event, by: actor, at: Asked.moment("2026-11-05")) }
    }
    #expect(Asked.code { _ = try Asked.request(by: Asked.nobody) } == .notApplicant)
    #expect(Asked.code { _ = try Asked.request(by: Asked.admin) } == nil)
    let opinion = DerogationEvent.opined(.operator("dtnum"), .favourable, text: "oui", author: nil)
    let stranger = DerogationEvent.opined(.operator("alize"), .favourable, text: "oui", author: nil)
    #expect(try refused(.requested, opinion, Asked.speaker("anfsi")) == .notOperator)
    #expect(try refused(.requested, opinion, Asked.admin) == .notOperator)
    #expect(try refused(.requested, stranger, Asked.speaker("alize")) == .notOperator)
    let authority = DerogationEvent.opined(.homologation, .favourable, text: "oui", author: "M. Petit")
    #expect(try refused(.requested, authority, Asked.speaker("dtnum")) == .notAdmin)
    let unsigned = DerogationEvent.opined(.homologation, .favourable, text: "oui", author: nil)
    #expect(try refused(.requested, unsigned, Asked.admin) == .badText)
    let itself = RequestActor(principal: "oidc:authority", isAuthority: true)
    #expect(try refused(.requested, unsigned, itself) == nil, "its own account says whose word it is")
    #expect(try refused(.requested, authority, itself) == nil)
    #expect(try refused(.requested, opinion, itself) == .notOperator)
    #expect(try refused(.examined, .decided(.granted, reason: "oui"), itself) == .notAdmin)
    let asking = RequestActor(principal: Asked.team.principal, isAuthority: true)
    #expect(try refused(.requested, unsigned, asking) == .ownRequest)
    #expect(try refused(.examined, .decided(.granted, reason: "oui"), Asked.speaker("dtnum")) == .notAdmin)
    #expect(try refused(.decided, .notified, Asked.team) == .notAdmin)
    #expect(try refused(.notified, .revoked(reason: "non"), Asked.team) == .notAdmin)
    #expect(try refused(.requested, .withdrawn(reason: nil), Asked.speaker("dtnum")) == .notApplicant)
    #expect(try refused(.requested, .withdrawn(reason: nil), Asked.admin) == nil)
  }

  @Test func `nobody decides on what he asked for himself, nor says what others think of it, where anybody is known`()
    throws
  {
    for (principal, wanted) in [("oidc:admin", RequestRefusal.Code.ownRequest), ("local", nil)] {
      let actor = RequestActor(principal: principal, operator: "dtnum", isAdmin: true)
      var request = try Asked.request(by: actor)
      let ofOperator = DerogationEvent.opined(.operator("dtnum"), .favourable, text: "oui", author: nil)
      let spoken = Asked.code { _ = try request.handle(ofOperator, by: actor, at: Asked.moment("2026-11-03")) }
      #expect(spoken == wanted)
      if spoken != nil {
        _ = try request.handle(ofOperator, by: Asked.speaker("dtnum"), at: Asked.moment("2026-11-03"))
      }
      let opinion = DerogationEvent.opined(.homologation, .favourable, text: "oui", author: "M. Petit")
      let own = Asked.code { _ = try request.handle(opinion, by: actor, at: Asked.moment("2026-11-03")) }
      #expect(own == wanted)
      if own != nil {
        let other = RequestActor(principal: "oidc:other", isAdmin: true)
        _ = try request.handle(opinion, by: other, at: Asked.moment("2026-11-03"))
      }
      let refusal = Asked.code {
        _ = try request.handle(.decided(.granted, reason: "oui"), by: actor, at: Asked.moment("2026-11-04"))
      }
      #expect(refusal == wanted)
    }
  }

  @Test func `whoever has made the key that asked, or whose key it is that says something, has asked himself`() throws {
    func refused(
      _ event: DerogationEvent, asked principal: String, _ actor: RequestActor
    ) throws -> RequestRefusal.Code? {
      var request = try Asked.request(by: RequestActor(principal: principal, isApplicant: true))
      if case .decided = event {
        let opinion = DerogationEvent.opined(.homologation, .reserved, text: "oui", author: "M. Petit")
        _ = try request.handle(opinion, by: Asked.admin, at: Asked.moment("2026-11-03"))
        let other = DerogationEvent.opined(.operator("anfsi"), .favourable, text: "oui", author: nil)
        _ = try request.handle(other, by: Asked.speaker("anfsi"), at: Asked.moment("2026-11-03"))
      }
      return Asked.code { _ = try request.handle(event, by: actor, at: Asked.moment("2026-11-04")) }
    }
    let maker = RequestActor(principal: "oidc:maker", operator: "dtnum", isAdmin: true, aliases: ["key:1", "key:2"])
    let judging: [DerogationEvent] = [
      .opined(.operator("dtnum"), .favourable, text: "oui", author: nil),
      .opined(.homologation, .favourable, text: "oui", author: "M. Petit"), .decided(.granted, reason: "oui"),
    ]
    for event in judging {
      #expect(try refused(event, asked: "key:2", maker) == .ownRequest)
      #expect(try refused(event, asked: "key:3", maker) == nil)
    }
    let key = RequestActor(principal: "key:1", operator: "dtnum", aliases: ["oidc:maker"])
    #expect(try refused(judging[0], asked: "oidc:maker", key) == .ownRequest)
    #expect(try refused(judging[0], asked: "oidc:team", key) == nil)
  }

  @Test func `every state has a name in both languages`() {
    #expect(Set(DerogationRequest.State.allCases.map(\.name.fr)).count == 8)
    #expect(Set(DerogationRequest.State.allCases.compactMap(\.name.en)).count == 8)
  }
}
