public import Events
public import Foundation
public import Model

/// What a campaign has to know of one of its moves.
public struct CampaignMove: Codable, Sendable, Hashable {
  /// One end of a move.
  public struct Place: Codable, Sendable, Hashable {
    /// The operator's name.
    public var `operator`: String
    /// The region's name.
    public var region: String
    /// The cluster's name.
    public var cluster: String

    /// A place.
    public init(operator: String, region: String, cluster: String) {
      self.operator = `operator`
      self.region = region
      self.cluster = cluster
    }
  }

  /// The move's identifier.
  public var id: UUID
  /// The project's name.
  public var project: String
  /// Whether it is production that moves.
  public var isProduction: Bool
  /// Where it goes away from.
  public var source: Place
  /// Where it goes to.
  public var target: Place
  /// The number of its wave, from 1.
  public var wave: Int
  /// The moves that have to be verified before this one begins.
  public var dependencies: [UUID]
  /// What it holds.
  public var quota: ResourceAmounts
  /// How far it has come.
  public var step: MigrationStep
  /// How it stands, beside its step.
  public var standing: EnvironmentMigration.Standing
  /// When it began, by the database's clock; nil before, and for good where it was withdrawn.
  public var startedAt: Timestamp?
  /// When its target was verified; nil before.
  public var verifiedAt: Timestamp?
  /// When it ended; nil before.
  public var endedAt: Timestamp?
  /// By party, how many things it waits for that are the party's to do.
  public var awaited: [MigrationParty: Int]
  /// Another migration's move, under way, that its placement has a part in; nil where there is none.
  public var elsewhere: UUID?
  /// Whether the cluster that it goes to has room for it now, beside what the plan has come there before it; true where nobody
  /// has looked.
  public var hasRoom: Bool

  /// A summary.
  public init(
    id: UUID, project: String, isProduction: Bool, source: Place, target: Place, wave: Int,
    dependencies: [UUID] = [], quota: ResourceAmounts = ResourceAmounts(), step: MigrationStep = .planned,
    standing: EnvironmentMigration.Standing = .running, startedAt: Timestamp? = nil, verifiedAt: Timestamp? = nil,
    endedAt: Timestamp? = nil, awaited: [MigrationParty: Int] = [:], elsewhere: UUID? = nil,
    hasRoom: Bool = true
  ) {
    self.id = id
    self.project = project
    self.isProduction = isProduction
    self.source = source
    self.target = target
    self.wave = wave
    self.dependencies = dependencies
    self.quota = quota
    self.step = step
    self.standing = standing
    self.startedAt = startedAt
    self.verifiedAt = verifiedAt
    self.endedAt = endedAt
    self.awaited = awaited
    self.elsewhere = elsewhere
    self.hasRoom = hasRoom
  }

  /// Takes over what the move has become. The moment at which it is first seen to have begun is taken for its beginning.
  public mutating func follow(_ move: EnvironmentMigration) {
    step = move.step
    standing = move.standing
    if startedAt == nil, isUnderWay || isMoved { startedAt = move.since }
    verifiedAt = move.verifiedAt
    endedAt = step.isEnd ? move.since : nil
    awaited = move.awaitedOfParties
  }

  /// Whether it may be told to begin, or be withdrawn as if it had never been.
  public var isToBegin: Bool { step == .planned || step == .approved }

  /// Whether it disturbs somebody: it has begun, and neither was its target verified nor has it ended.
  public var isUnderWay: Bool { !isToBegin && !step.isEnd && !isMoved }

  /// Whether its target was verified, and it was not led back since.
  public var isMoved: Bool {
    switch step {
    case .verified, .drainingSource, .removed, .done: true
    default: false
    }
  }

  /// Whether it did not go as it should: something stands in its way, or it has begun and is led back or given up.
  public var isTroubled: Bool {
    switch step {
    case .rollingBack: true
    case .rolledBack, .failed: startedAt != nil
    default: standing == .blocked
    }
  }

  /// Whether it is out of the way of what comes after its wave.
  var isSettled: Bool {
    isMoved || step.isEnd || standing == .blocked || standing == .paused || (isToBegin && elsewhere != nil)
  }

  /// The operator that it counts for beside the source's; nil where that is the same.
  var otherOperator: String? { source.operator == target.operator ? nil : target.operator }
}

extension EnvironmentMigration {
  /// By party, how many of the things it waits for are the party's to do. Agents and time are nobody's.
  public var awaitedOfParties: [MigrationParty: Int] {
    awaited.reduce(into: [:]) { counts, awaited in
      switch awaited {
      case .approval(let party): counts[party, default: 0] += 1
      case .task(let kind): counts[kind.owner, default: 0] += 1
      case .start, .lossAcceptance, .cutOver, .removalConfirmation, .goneDeclaration, .targetRemovalConfirmation:
        counts[.serviceBody, default: 0] += 1
      case .place, .agent, .retention: break
      }
    }
  }
}
