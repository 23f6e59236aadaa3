public import Events
public import Model

/// How far a campaign has come.
public struct CampaignProgress: Codable, Sendable, Hashable {
  /// Waves by how far they have come.
  public struct Waves: Codable, Sendable, Hashable {
    /// All waves.
    public var total: Int
    /// Those whose moves all are verified or have ended.
    public var done: Int
    /// The others that may begin.
    public var open: Int
  }

  /// What somebody has to do.
  public struct Waiting: Codable, Sendable, Hashable {
    /// Who.
    public var party: MigrationParty
    /// How many approvals, tasks and acts of the party's are waited for.
    public var count: Int
  }

  /// All moves.
  public var total: Int
  /// By step, how many moves are there; absent where none are.
  public var steps: [MigrationStep: Int]
  /// By standing, how many moves stand so; absent where none do.
  public var standings: [EnvironmentMigration.Standing: Int]
  /// The moves whose target was verified and that were not led back.
  public var moved: Int
  /// The moves that have ended and were not moved.
  public var lost: Int
  /// The moves in trouble: see ``CampaignMove/isTroubled``.
  public var troubled: Int
  /// What all moves hold.
  public var quota: ResourceAmounts
  /// What those hold whose target was verified.
  public var movedQuota: ResourceAmounts
  /// Its waves.
  public var waves: Waves
  /// Microseconds from the beginning of a move to its verification, in the middle; nil while none was verified.
  public var usualTime: Int64?
  /// When, as things go, all is verified that can be; nil while no move was verified, or nothing is left. What is in trouble
  /// is left out.
  public var expectedVerified: Timestamp?
  /// Whether nothing goes on: nothing begins now or by the time alone, and all that is under way is blocked or paused.
  public var isStalled: Bool
  /// What it waits for of whom, the most first.
  public var waiting: [Waiting]

  /// The moves that were moved, in thousandths of all.
  public var share: Int64 { Self.share(Int64(moved), of: Int64(total)) }

  /// What was moved of a resource, in thousandths of what all moves hold; all of it where they hold none.
  public func share(of resource: CountedResource) -> Int64 { Self.share(movedQuota[resource], of: quota[resource]) }

  private static func share(_ part: Int64, of whole: Int64) -> Int64 {
    whole > 0 ? Int64(Double(part) / Double(whole) * 1000) : 1000
  }
}

extension MigrationStep: CodingKeyRepresentable {}
extension EnvironmentMigration.Standing: CodingKeyRepresentable {}
