/// What owners of destinations may be told of.
public enum WebhookEvent: String, Codable, Sendable, CaseIterable {
  /// A placement does not comply with the policy any more.
  case findingOpened = "finding.opened"
  /// A version of the policy has its date, and from then on placements will not comply.
  case findingForeseen = "finding.foreseen"
  /// The deadline of a finding is near.
  case findingDue = "finding.due"
  /// A finding has ended.
  case findingResolved = "finding.resolved"
  /// A derogation is asked for, and an operator may say what it thinks of it.
  case derogationAsked = "derogation.asked"
  /// A derogation was granted or refused; it counts from its notification on only.
  case derogationDecided = "derogation.decided"
  /// The decision on a derogation was notified.
  case derogationNotified = "derogation.notified"
  /// A derogation is about to end.
  case derogationExpiring = "derogation.expiring"
  /// A derogation has ended, or its request: it was revoked or withdrawn, or its period is over.
  case derogationEnded = "derogation.ended"
  /// An operator has a flow to open.
  case flowAsked = "flow.asked"
  /// The delay to open a flow is about to end.
  case flowReminder = "flow.reminder"
  /// The delay to open a flow has passed, and it is before the board.
  case flowOverdue = "flow.overdue"
  /// A flow was opened or rejected, was withdrawn, has lapsed or is suspended.
  case flowDecided = "flow.decided"
  /// Somebody has something to do for a move.
  case moveTask = "move.task"
  /// Half of the time for something to be done for a move has passed.
  case moveReminder = "move.reminder"
  /// Something stands in the way of a move.
  case moveBlocked = "move.blocked"
  /// A move has begun, leads users to the target, turns back or has ended.
  case moveStep = "move.step"
  /// A migration has paused itself: too many of its moves are in trouble.
  case migrationPaused = "migration.paused"
  /// Somebody tries whether the destination listens. It is always told.
  case test = "webhook.test"

  /// What a destination may choose among.
  public static let choices = allCases.filter { $0 != .test }
}
