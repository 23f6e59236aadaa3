import Foundation
import Model
import Requests

extension StoreError {
  /// The refusal of the rules of requests as the store tells it.
  init(_ refusal: RequestRefusal) {
    let kind: Kind =
      switch refusal.code {
      case .notApplicant, .notOperator, .notAdmin, .ownRequest: .forbidden
      case .wrongState, .notExamined: .requestState
      case .noPolicy: .noPolicy
      case .notPlaced: .conflict
      case .unknownRule, .notWaivable, .nothingToWaive, .costNotAccepted, .badPeriod, .badText: .invalid
      }
    self.init(kind, path: refusal.path, refusal.message, fr: refusal.messageFR, accepted: refusal.accepted)
  }

  /// The same, and which of its ends an operator would speak of by now: what it has seen to elsewhere it undoes itself, since
  /// nobody else knows of it.
  func showing(_ event: FlowEvent, on flow: NetworkFlow) -> StoreError {
    let word: (en: String, fr: String)
    switch event {
    case .opened, .rejected: word = ("to be opened", "à ouvrir")
    case .closed: word = ("to be closed", "à fermer")
    case .withdrawn, .handedOver, .grounded, .clock: return self
    }
    let names = (flow.ends(meantBy: event) ?? []).map { "\($0.region)/\($0.sensitivity.rawValue)" }
    let ends = Set(names).sorted().joined(separator: ", ")
    return StoreError(
      kind, path: path, "\(message); its ends \(word.en) are now: \(ends.isEmpty ? "none" : ends)",
      fr: "\(messageFR) ; ses bouts \(word.fr) sont maintenant : \(ends.isEmpty ? "aucun" : ends)", accepted: accepted,
      problems: problems)
  }

  /// Of another's request it is not even told whether it is there.
  static func noDerogationRequest(_ id: UUID) -> StoreError {
    let id = id.uuidString.lowercased()
    return StoreError(
      .notFound, path: "id", "there is no request for a derogation \(id)",
      fr: "il n’existe pas de demande de dérogation \(id)")
  }

  /// What a request has brought about is changed by that request.
  static func requestDecides(_ id: UUID) -> StoreError {
    let id = id.uuidString.lowercased()
    return StoreError(
      .requestDecides, path: "metadata.name", "it was notified by request \(id), which alone ends it",
      fr: "elle a été notifiée par la demande \(id), qui seule y met fin",
      accepted: "POST /api/v1/derogation-requests/\(id)/revoke")
  }

  /// Where a board decides on the policy, nobody waives it by hand.
  static let askForDerogation = StoreError(
    .requestDecides, path: "spec.notifiedAt",
    "the policy in force has a board: a derogation is asked for, examined, decided and notified",
    fr: "la politique en vigueur a une instance : une dérogation est demandée, instruite, décidée et notifiée",
    accepted: "POST /api/v1/derogation-requests; regie derogation request")

  /// Runs `body`, whose refusals are those of requests.
  static func asking<Value>(_ body: () throws(RequestRefusal) -> Value) throws(StoreError) -> Value {
    do {
      return try body()
    } catch {
      throw StoreError(error)
    }
  }
}
