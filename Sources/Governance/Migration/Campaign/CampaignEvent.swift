import Model

/// What a campaign learns.
public enum CampaignEvent: Sendable, Hashable {
  /// It is to begin; `changes` is what of the plan's ground is otherwise by now.
  case started(changes: [String])
  /// No move is to begin for now.
  case paused(reason: String)
  /// Moves may begin again. What is in trouble by now pauses it no more.
  case resumed
  /// No move is to begin any more.
  case cancelled(reason: String)
  /// It is to go faster or slower.
  case paceChanged(CampaignPaceChange)
  /// Some of its moves are otherwise: what all of them amount to now.
  case movesChanged(CampaignTally)
}

/// What is worth telling of what followed from an event.
public enum CampaignNotice: Sendable, Hashable {
  /// Moves may begin.
  case started
  /// A wave, and all before it, may begin.
  case waveOpened(Int)
  /// Somebody has paused it.
  case paused
  /// It has paused itself: so many moves are in trouble.
  case pausedItself(troubled: Int)
  /// Moves may begin again.
  case resumed
  /// It goes faster or slower.
  case paceChanged
  /// No move begins any more.
  case cancelling
  /// It was cancelled, and all moves have ended.
  case cancelled
  /// All moves have ended.
  case done
}
