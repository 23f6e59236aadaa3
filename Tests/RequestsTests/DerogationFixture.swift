import Events
import Foundation
import Model

@testable import Requests

/// A policy with rules of each sort, and moments on days of Paris.
enum Asked {
  static let team = RequestActor(principal: "oidc:team", isApplicant: true)
  static let admin = RequestActor(principal: "oidc:admin", isAdmin: true)
  static let nobody = RequestActor(principal: "oidc:nobody")
  static let clock = RequestActor(principal: "governance:clock")

  static func speaker(_ name: String) -> RequestActor { RequestActor(principal: "oidc:\(name)", operator: name) }

  static func rule(_ id: String, _ effect: PolicySpec.Effect = .forbid, firm: Bool = false) -> PolicySpec.Rule {
    PolicySpec.Rule(
      id: id, motive: LocalizedText(fr: id), effect: effect, places: LabelSelector(),
      weight: effect == .prefer ? 1 : nil, notWaivable: firm)
  }

  static func policy(notice: Int? = nil) -> PolicySpec {
    PolicySpec(
      title: LocalizedText(fr: "Politique"), dataClasses: [],
      rules: [rule("near"), rule("far", .require), rule("firm", firm: true), rule("liked", .prefer)],
      derogationNoticeDays: notice)
  }

  static func day(_ text: String) -> CalendarDay { CalendarDay(text) ?? CalendarDay(nearest: 0) }

  /// Noon of a day in Paris.
  static func moment(_ day: String, policy: PolicySpec? = policy()) -> DerogationMoment {
    DerogationMoment(
      at: ParisTime.moment(Self.day(day), hour: 12), policy: policy, operators: ["anfsi", "dtnum"])
  }

  static func request(
    rules: [String] = ["near"], stages: [String]? = nil, from: String? = nil, until: String? = nil,
    motive: String = "Le temps de migrer", cost: String? = "Mme Durand", by actor: RequestActor = team,
    at moment: DerogationMoment = moment("2026-11-02")
  ) throws -> DerogationRequest {
    try DerogationRequest(
      id: UUID(uuid: (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
      scope: DerogationRequest.Scope(
        project: "vigie", rules: rules, stages: stages, validFrom: from.map(day), validUntil: until.map(day)),
      motive: motive, costAcceptedBy: cost, by: actor, at: moment)
  }

  /// A request that has come so far.
  static func request(
    in state: DerogationRequest.State, from: String? = nil, until: String? = "2027-06-30"
  ) throws -> DerogationRequest {
    var request = try request(from: from, until: until)
    func act(_ event: DerogationEvent, _ actor: RequestActor, _ day: String = "2026-11-03") throws {
      _ = try request.handle(event, by: actor, at: moment(day))
    }
    if [.requested, .withdrawn].contains(state) {
      if state == .withdrawn { try act(.withdrawn(reason: nil), team) }
      return request
    }
    try act(.opined(.operator("dtnum"), .favourable, text: "d’accord", author: nil), speaker("dtnum"))
    try act(.opined(.homologation, .reserved, text: "sous réserve", author: "M. Petit"), admin)
    if state == .examined { return request }
    try act(.decided(state == .declined ? .refused : .granted, reason: "motivé"), admin)
    if state == .decided { return request }
    try act(.notified, admin)
    switch state {
    case .expired: try act(.clock, clock, "2027-07-01")
    case .revoked: try act(.revoked(reason: "plus besoin"), admin)
    default: break
    }
    return request
  }

  /// The code of the refusal that `body` throws.
  static func code(_ body: () throws -> Void) -> RequestRefusal.Code? {
    do {
      try body()
      return nil
    } catch let refusal as RequestRefusal {
      return refusal.code
    } catch {
      return nil
    }
  }
}
