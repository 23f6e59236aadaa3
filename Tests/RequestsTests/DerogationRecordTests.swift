import Events
import Foundation
import Model
import Testing

@testable import Requests

/// What is kept of a request, and what the engine reads of it: all that was asked for, and nothing more.
struct DerogationRecordTests {
  /// A request with everything in it, that was examined.
  private static func examined() throws -> DerogationRequest {
    var request = try Asked.request(
      rules: ["far", "near"], stages: ["prod"], from: "2026-12-01", until: "2026-12-31")
    _ = try request.handle(
      .opined(.operator("dtnum"), .unfavourable, text: "non", author: "Mme Roux"), by: Asked.speaker("dtnum"),
      at: Asked.moment("2026-11-03"))
    _ = try request.handle(
      .opined(.homologation, .reserved, text: "sous réserve", author: "M. Petit"), by: Asked.admin,
      at: Asked.moment("2026-11-04"))
    return request
  }

  @Test func `what counts is what was asked for: its rules, its stages and its days, and no others`() throws {
    var request = try Self.examined()
    let granted = try request.handle(
      .decided(.granted, reason: "motivé"), by: Asked.admin, at: Asked.moment("2026-11-05"))
    #expect(granted == [.tell(.decided)] && request.state == .decided)
    let notified = try request.handle(
      .notified, by: Asked.admin, at: Asked.moment("2026-11-06", policy: Asked.policy(notice: 7)))
    let spec = DerogationSpec(
      project: "vigie", rules: ["far", "near"], stages: ["prod"], motive: "Le temps de migrer",
      validFrom: Asked.day("2026-12-01"), validUntil: Asked.day("2026-12-31"), decision: .granted,
      notifiedAt: Asked.moment("2026-11-06").at.date)
    #expect(notified == [.apply(spec), .tell(.notified)] && request.state == .notified)
    #expect(request.resourceName == "derogation-01000000-0000-0000-0000-000000000000")
  }

  @Test func `who has said what, and when, is kept as it was said`() throws {
    var request = try Self.examined()
    let asked = Asked.moment("2026-11-02").at
    #expect(request.principal == "oidc:team" && request.requestedAt == asked && request.motive == "Le temps de migrer")
    #expect(
      request.cost
        == DerogationRequest.CostAcceptance(author: "Mme Durand", principal: "oidc:team", at: asked))
    #expect(
      request.opinions == [
        Opinion(
          party: .operator("dtnum"), position: .unfavourable, text: "non", author: "Mme Roux",
          principal: "oidc:dtnum", at: Asked.moment("2026-11-03").at),
        Opinion(
          party: .homologation, position: .reserved, text: "sous réserve", author: "M. Petit",
          principal: "oidc:admin", at: Asked.moment("2026-11-04").at),
      ])
    let other = RequestActor(principal: "oidc:other", isAdmin: true)
    _ = try request.handle(.decided(.granted, reason: "motivé"), by: other, at: Asked.moment("2026-11-05"))
    #expect(
      request.verdict
        == Verdict(.granted, reason: "motivé", principal: "oidc:other", at: Asked.moment("2026-11-05").at))
    #expect(request.notifiedAt == nil && request.notifiedBy == nil && request.noticeDays == nil)
    _ = try request.handle(.notified, by: Asked.admin, at: Asked.moment("2026-11-06"))
    #expect(request.notifiedAt == Asked.moment("2026-11-06").at && request.notifiedBy == "oidc:admin")
    #expect(request.noticeDays == 30 && request.endedAt == nil && request.ending == nil)
  }

  @Test func `what no policy allows by now, or is over, is neither granted nor notified; its refusal is`() throws {
    let moments: [(DerogationMoment, RequestRefusal.Code)] = [
      (Asked.moment("2027-01-01"), .badPeriod), (Asked.moment("2026-11-20", policy: nil), .noPolicy),
    ]
    for (moment, wanted) in moments {
      var request = try Self.examined()
      let examined = request
      let granting = Asked.code {
        _ = try request.handle(.decided(.granted, reason: "oui"), by: Asked.admin, at: moment)
      }
      #expect(granting == wanted && request == examined)
      _ = try request.handle(.decided(.granted, reason: "oui"), by: Asked.admin, at: Asked.moment("2026-11-05"))
      let decided = request
      let notifying = Asked.code { _ = try request.handle(.notified, by: Asked.admin, at: moment) }
      #expect(notifying == wanted && request == decided)
      var refused = examined
      _ = try refused.handle(.decided(.refused, reason: "non"), by: Asked.admin, at: moment)
      let told = try refused.handle(.notified, by: Asked.admin, at: moment)
      #expect(told == [.tell(.notified)] && refused.state == .declined)
    }
  }

  @Test func `its last day is asked for on that day still, in Paris`() throws {
    let day = Asked.day("2026-11-02")
    func code(at now: Timestamp) -> RequestRefusal.Code? {
      let moment = DerogationMoment(at: now, policy: Asked.policy(), operators: [])
      return Asked.code { _ = try Asked.request(until: "2026-11-02", at: moment) }
    }
    let end = ParisTime.start(of: day.adding(days: 1))
    #expect(code(at: Timestamp(microseconds: end.microseconds - 1)) == nil && code(at: end) == .badPeriod)
  }

  @Test func `a text has 4096 bytes at most`() {
    let texts: [(Int, RequestRefusal.Code?)] = [(1, nil), (4096, nil), (4097, .badText)]
    for (bytes, wanted) in texts {
      #expect(Asked.code { _ = try Asked.request(motive: String(repeating: "x", count: bytes)) } == wanted)
    }
  }
}
