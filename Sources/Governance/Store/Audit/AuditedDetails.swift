import Board
import Events
import Foundation
import Model

/// What the trail keeps of a vote: who has cast it is said by the entry, once, where it may be erased.
struct AuditedVote: Encodable {
  var `operator`: String
  var choice: Vote.Choice
  var reason: String?
  var at: Timestamp

  init(_ vote: Vote) {
    self.operator = vote.operator
    choice = vote.choice
    reason = vote.reason
    at = vote.at
  }
}

/// What the trail keeps of a declared loss, without who has declared it, for the same reason.
struct AuditedLoss: Encodable {
  var placement: UUID
  var cluster: String
  var released: ResourceAmounts
  var reason: String
  var declaredAt: Timestamp

  init(_ loss: LossRecord) {
    placement = loss.placement
    cluster = loss.cluster
    released = loss.released
    reason = loss.reason
    declaredAt = loss.declaredAt
  }
}
