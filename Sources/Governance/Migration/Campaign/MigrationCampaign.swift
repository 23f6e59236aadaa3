public import Events
public import Foundation
import Model

/// A migration that is carried out: which of its moves may begin, and how fast.
///
/// It begins nothing itself: what is to begin follows from its state and from what its moves have become
/// (``released(_:at:)``). Whoever keeps it locks it, asks, and has the moves begin in the same transaction; so budgets hold
/// whoever else asks, and nothing begins twice, wherever a program ends.
public struct MigrationCampaign: Codable, Sendable, Hashable {
  /// What was done to it, by whom and when.
  public struct Act: Codable, Sendable, Hashable {
    /// What is done.
    public enum Kind: String, Codable, Sendable, CaseIterable, CodingKeyRepresentable {
      /// It was made.
      case planned
      /// Moves may begin since.
      case started
      /// No move begins since.
      case paused
      /// Moves may begin again since.
      case resumed
      /// No move begins any more since.
      case cancelled
      /// It goes faster or slower since.
      case paceChanged
      /// All moves had ended.
      case ended
    }

    /// Who did it; nil where it followed by itself.
    public var principal: String?
    /// When, by the database's clock.
    public var at: Timestamp
    /// Why, in somebody's words.
    public var reason: String?
    /// How many moves were in trouble, where it has paused itself for them.
    public var troubled: Int?
  }

  /// Its identifier.
  public let id: UUID
  /// Why it was planned. After a disaster production is not spared.
  public let motive: MoveMotive
  /// How it stands.
  public internal(set) var state = CampaignState.planned
  /// How fast it goes.
  public internal(set) var pace: CampaignPace
  /// What its moves amounted to when it last heard of them.
  public internal(set) var tally = CampaignTally()
  /// The last of each kind.
  public internal(set) var acts: [Act.Kind: Act]
  /// The moves in trouble when somebody had it go on, as far as they still are.
  var acceptedTroubles = 0
  /// The last wave of which it was told that it is open.
  var toldWave = 0

  /// A campaign that is to be started.
  ///
  /// - Throws: ``MigrationRefusal`` where the pace is none.
  public init(
    _ id: UUID, motive: MoveMotive, pace: CampaignPace, by actor: MigrationActor, at now: Timestamp
  ) throws(MigrationRefusal) {
    try pace.check()
    self.id = id
    self.motive = motive
    self.pace = pace
    acts = [.planned: Act(principal: actor.principal, at: now)]
  }
}
