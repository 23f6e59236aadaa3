/// How a campaign stands.
public enum CampaignState: String, Codable, Sendable, CaseIterable {
  /// Its moves are to be approved, and somebody has to start it.
  case planned
  /// Moves begin as its pace allows.
  case running
  /// No move begins; those under way go on.
  case paused
  /// No move begins any more; those not begun are withdrawn, those under way go on or are led back one by one.
  case cancelling
  /// It was cancelled, and all moves have ended.
  case cancelled
  /// All moves have ended.
  case done

  /// Whether nothing follows any more.
  public var isEnd: Bool { self == .cancelled || self == .done }
}
