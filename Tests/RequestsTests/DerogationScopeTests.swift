import Events
import Foundation
import Model
import TestSupport
import Testing

@testable import Requests

/// What may be asked for, and from when to when it counts.
struct DerogationScopeTests {
  @Test(arguments: [
    (["firm"], RequestRefusal.Code.notWaivable), (["near", "firm"], .notWaivable), (["liked"], .nothingToWaive),
    (["unknown"], .unknownRule), ([], .badText), (["near", "near"], .badText), (["near", "far"], nil),
  ])
  func `only rules of the policy in force that may be waived can be asked for`(
    rules: [String], wanted: RequestRefusal.Code?
  ) {
    #expect(Asked.code { _ = try Asked.request(rules: rules) } == wanted)
  }

  @Test(arguments: ["firm", "liked", "unknown"])
  func `whoever names a rule that can not be waived is told those that can`(rule: String) {
    let refusal = #expect(throws: RequestRefusal.self) { _ = try Asked.request(rules: [rule]) }
    #expect(refusal?.path == "rules" && refusal?.accepted == "near, far")
  }

  @Test func `the cost is accepted, the motive is given, and the period is not over`() {
    #expect(Asked.code { _ = try Asked.request(cost: nil) } == .costNotAccepted)
    #expect(Asked.code { _ = try Asked.request(cost: "  ") } == .badText)
    #expect(Asked.code { _ = try Asked.request(motive: "") } == .badText)
    #expect(Asked.code { _ = try Asked.request(motive: String(repeating: "é", count: 2049)) } == .badText)
    #expect(Asked.code { _ = try Asked.request(until: "2026-11-01") } == .badPeriod)
    #expect(Asked.code { _ = try Asked.request(until: "2026-11-02") } == nil)
    #expect(Asked.code { _ = try Asked.request(from: "2026-12-02", until: "2026-12-01") } == .badPeriod)
    #expect(Asked.code { _ = try Asked.request(stages: ["live"]) } == .badText)
    #expect(Asked.code { _ = try Asked.request(stages: []) } == .badText)
    #expect(Asked.code { _ = try Asked.request(stages: ["dev", "prod"]) } == nil)
    #expect(Asked.code { _ = try Asked.request(at: Asked.moment("2026-11-02", policy: nil)) } == .noPolicy)
  }

  @Test func `a rule that nothing waives any more is neither granted nor notified, and still refused`() throws {
    var policy = Asked.policy()
    policy.rules[0].notWaivable = true
    let later = Asked.moment("2026-11-05", policy: policy)
    var examined = try Asked.request(in: .examined)
    #expect(
      Asked.code { _ = try examined.handle(.decided(.granted, reason: "oui"), by: Asked.admin, at: later) }
        == .notWaivable)
    #expect(
      Asked.code { _ = try examined.handle(.decided(.refused, reason: "non"), by: Asked.admin, at: later) } == nil)
    var decided = try Asked.request(in: .decided)
    #expect(Asked.code { _ = try decided.handle(.notified, by: Asked.admin, at: later) } == .notWaivable)
    #expect(decided.state == .decided && decided.notifiedAt == nil)
  }

  @Test(arguments: [(nil, "2027-06-01"), (60, "2027-05-02"), (1, "2027-06-30")])
  func `its end is told so many days ahead as the policy said, once`(days: Int?, wanted: String) throws {
    var request = try Asked.request(in: .decided)
    let moment = Asked.moment("2026-11-05", policy: Asked.policy(notice: days))
    _ = try request.handle(.notified, by: Asked.admin, at: moment)
    #expect(request.noticeAt == ParisTime.start(of: Asked.day(wanted)))
    #expect(request.next == request.noticeAt)
    let before = Asked.moment(Asked.day(wanted).adding(days: -1).description)
    #expect(try request.handle(.clock, by: Asked.clock, at: before) == [])
    #expect(try request.handle(.clock, by: Asked.clock, at: Asked.moment(wanted)) == [.tell(.expiring)])
    #expect(try request.handle(.clock, by: Asked.clock, at: Asked.moment(wanted)) == [])
    #expect(request.next == ParisTime.start(of: Asked.day("2027-07-01")))
  }

  @Test func `one that is for good has no end, and is never told to be ending`() throws {
    var request = try Asked.request(in: .notified, until: nil)
    #expect(request.next == nil)
    #expect(try request.handle(.clock, by: Asked.clock, at: Asked.moment("2999-01-01")) == [])
    #expect(request.isInEffect(at: Asked.moment("2999-01-01").at))
    _ = try request.handle(.revoked(reason: "fini"), by: Asked.admin, at: Asked.moment("2027-01-01"))
    #expect(!request.isInEffect(at: Asked.moment("2027-01-01").at))
  }

  @Test func `its end is told, and comes, at the very moment and not before`() throws {
    var request = try Asked.request(in: .notified)
    let notice = ParisTime.start(of: Asked.day("2027-06-01"))
    let end = ParisTime.start(of: Asked.day("2027-07-01"))
    func tick(_ moment: Timestamp, early: Int64 = 0) throws -> [DerogationAction] {
      let at = Timestamp(microseconds: moment.microseconds - early)
      return try request.handle(
        .clock, by: Asked.clock, at: DerogationMoment(at: at, policy: nil, operators: []))
    }
    #expect(try tick(notice, early: 1) == [] && request.warnedAt == nil)
    #expect(try tick(notice) == [.tell(.expiring)] && request.warnedAt == notice)
    #expect(try tick(end, early: 1) == [] && request.state == .notified)
    #expect(try tick(end) == [.end, .tell(.expired)] && request.state == .expired && request.endedAt == end)
    #expect(try tick(end) == [])
  }

  @Test func `notified ahead of its period it counts from the first day of that on, to the last`() throws {
    let request = try Asked.request(in: .notified, from: "2026-12-01", until: "2026-12-31")
    let first = ParisTime.start(of: Asked.day("2026-12-01"))
    #expect(!request.isInEffect(at: Asked.moment("2026-11-03").at), "notified, and not begun")
    #expect(!request.isInEffect(at: Timestamp(microseconds: first.microseconds - 1)))
    #expect(request.isInEffect(at: first) && request.isInEffect(at: Asked.moment("2026-12-01").at))
    #expect(request.isInEffect(at: Asked.moment("2026-12-31").at))
    #expect(!request.isInEffect(at: Asked.moment("2027-01-01").at))
  }

  @Test func `it counts from its notification on, on the days of its period, and never else`() throws {
    var request = try Asked.request(from: "2026-12-01", until: "2026-12-31")
    func act(_ event: DerogationEvent, _ actor: RequestActor) throws {
      _ = try request.handle(event, by: actor, at: Asked.moment("2026-12-03"))
    }
    try act(.opined(.operator("dtnum"), .favourable, text: "oui", author: nil), Asked.speaker("dtnum"))
    try act(.opined(.homologation, .favourable, text: "oui", author: "M. Petit"), Asked.admin)
    try act(.decided(.granted, reason: "oui"), Asked.admin)
    #expect(!request.isInEffect(at: Asked.moment("2026-12-03").at), "granted, and not notified")
    try act(.notified, Asked.admin)
    let notified = Asked.moment("2026-12-03").at
    #expect(!request.isInEffect(at: Timestamp(microseconds: notified.microseconds - 1)))
    #expect(request.isInEffect(at: notified))
    let end = ParisTime.start(of: Asked.day("2027-01-01"))
    #expect(request.isInEffect(at: Timestamp(microseconds: end.microseconds - 1)) && !request.isInEffect(at: end))
  }

  @Test func `whatever happens in whatever order, what counts was granted, notified and is in its period`() throws {
    var dice = Dice.fresh("derogations")
    let actors = [Asked.team, Asked.admin, Asked.speaker("dtnum"), Asked.speaker("anfsi"), Asked.nobody]
    let parties: [Opinion.Party] = [.operator("dtnum"), .operator("anfsi"), .homologation]
    for round in 0..<400 {
      let note = Comment(rawValue: "seed \(dice.seed), round \(round)")
      var day = Asked.day("2026-11-02")
      let until = Bool.random(using: &dice) ? day.adding(days: .random(in: 0...60, using: &dice)).description : nil
      var request = try Asked.request(until: until)
      var (isGranted, isNotified, isRevoked, isApplied) = (false, false, false, false)
      for _ in 0..<12 {
        day = day.adding(days: .random(in: 0...9, using: &dice))
        let moment = Asked.moment(day.description)
        let event: DerogationEvent =
          switch Int.random(in: 0..<9, using: &dice) {
          case 0...3:
            .opined(parties.randomElement(using: &dice) ?? .homologation, .favourable, text: "avis", author: "M. Petit")
          case 4: .decided(.granted, reason: "oui")
          case 5: .decided(.refused, reason: "non")
          case 6: .notified
          case 7: Int.random(in: 0..<3, using: &dice) > 0 ? .clock : .revoked(reason: "assez")
          default: Int.random(in: 0..<4, using: &dice) > 0 ? .clock : .withdrawn(reason: nil)
          }
        let before = request
        guard
          let actions = try? request.handle(event, by: actors.randomElement(using: &dice) ?? Asked.admin, at: moment)
        else {
          #expect(request == before, note)
          continue
        }
        if case .decided(let outcome, _) = event { isGranted = outcome == .granted }
        if case .notified = event { isNotified = true }
        if case .revoked = event { isRevoked = true }
        for action in actions {
          if case .apply = action { isApplied = true }
          if case .end = action { isApplied = false }
        }
        let isInPeriod = until.map { day <= Asked.day($0) } ?? true
        #expect(request.isInEffect(at: moment.at) == (isGranted && isNotified && !isRevoked && isInPeriod), note)
        // What the engine reads is there exactly from the notification to the end that the clock, or somebody, has told.
        #expect(isApplied == (request.state == .notified), note)
        if request.isInEffect(at: moment.at) { #expect(isApplied, note) }
      }
    }
  }
}
