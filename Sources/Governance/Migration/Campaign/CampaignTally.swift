/// What the moves of a campaign amount to.
public struct CampaignTally: Codable, Sendable, Hashable {
  /// All moves.
  public var total: Int
  /// Those that have ended, in whatever way.
  public var ended: Int
  /// Those in trouble: see ``CampaignMove/isTroubled``.
  public var troubled: Int
  /// The wave that is open: the first one that something is left to do of. Nil where nothing is, or what is left is set
  /// aside.
  public var openWave: Int?

  /// A tally.
  public init(total: Int = 0, ended: Int = 0, troubled: Int = 0, openWave: Int? = nil) {
    self.total = total
    self.ended = ended
    self.troubled = troubled
    self.openWave = openWave
  }

  /// The tally of all moves of a campaign.
  public init(of moves: [CampaignMove]) {
    self.init(
      total: moves.count, ended: moves.count { $0.step.isEnd }, troubled: moves.count { $0.isTroubled },
      openWave: CampaignOrder(moves).openWave)
  }
}
