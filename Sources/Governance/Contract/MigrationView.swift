public import Events
public import Foundation
public import Migration
public import Model

/// What is moved of the offer's placements, as requests and answers write it: exactly one of these.
public struct MoveScopeView: Codable, Sendable, Hashable {
  /// An environment, `project/environment`.
  public var environment: String?
  /// All environments of a project.
  public var project: String?
  /// Single placements.
  public var placements: [UUID]?
  /// Everything on some clusters.
  public var clusters: [String]?
  /// Everything in some regions.
  public var regions: [String]?

  /// A view of a scope.
  public init(_ scope: MoveScope) {
    switch scope {
    case .environment(let project, let environment): self.environment = "\(project)/\(environment)"
    case .project(let name): project = name
    case .selection(let ids): placements = ids
    case .clusters(let names): clusters = names
    case .regions(let names): regions = names
    }
  }
}

extension MigrationView {
  /// Leaves out what names others' clusters, placements and projects: that there is such a one may be a fact of a DR zone (protocol
  /// rule 6).
  ///
  /// - Parameters:
  ///   - operators: those that are the reader's own; nil where each is.
  ///   - projects: likewise.
  public mutating func keepOnly(clusters: Set<String>, operators: Set<String>?, projects: Set<String>?) {
    var count = 0
    if let names = scope?.clusters {
      let own = names.filter(clusters.contains)
      count += names.count - own.count
      scope = own.isEmpty ? nil : MoveScopeView(.clusters(own))
    }
    if let ids = scope?.placements { (count, scope) = (count + ids.count, nil) }
    let before = pace.blackouts.count
    pace.blackouts.removeAll { blackout in
      switch blackout.reach {
      case .everything, .region: false
      case .operator(let name): !(operators?.contains(name) ?? true)
      case .cluster(let name): !clusters.contains(name)
      case .project(let name): !(projects?.contains(name) ?? true)
      }
    }
    count += before - pace.blackouts.count
    if count > 0 { withheld = count }
  }
}

/// A migration, and how far it has come.
public struct MigrationView: Codable, Sendable, Hashable {
  /// What was done to it.
  public struct Act: Codable, Sendable, Hashable {
    /// What.
    public var act: MigrationCampaign.Act.Kind
    /// Who; absent where it followed by itself.
    public var by: String?
    /// When, by the database's clock.
    public var at: Timestamp
    /// Why.
    public var reason: String?
    /// How many moves were in trouble, where it has paused itself for them.
    public var troubled: Int?
  }

  /// How far it has come.
  public struct Progress: Codable, Sendable, Hashable {
    /// All moves.
    public var total: Int
    /// The moves whose target was verified.
    public var moved: Int
    /// The moves that have ended and were not moved.
    public var lost: Int
    /// The moves in trouble.
    public var troubled: Int
    /// By step, how many moves are there.
    public var steps: [String: Int]
    /// By standing, how many moves stand so.
    public var standings: [String: Int]
    /// All waves.
    public var waves: Int
    /// The waves that are done.
    public var wavesDone: Int
    /// The waves that are open.
    public var wavesOpen: Int
    /// The moves that were moved, in thousandths of all.
    public var share: Int64
    /// Seconds from the beginning of a move to its verification, in the middle; absent while none was verified.
    public var usualSeconds: Int64?
    /// When, as things go, all is verified that can be.
    public var expectedAt: Timestamp?
    /// Whether nothing goes on.
    public var stalled: Bool
    /// By party, how many things are waited for.
    public var waiting: [String: Int]

    /// A view of a progress.
    public init(_ progress: CampaignProgress) {
      (total, moved, lost, troubled) = (progress.total, progress.moved, progress.lost, progress.troubled)
      steps = Dictionary(progress.steps.map { ($0.key.rawValue, $0.value) }) { first, _ in first }
      standings = Dictionary(progress.standings.map { ($0.key.rawValue, $0.value) }) { first, _ in first }
      (waves, wavesDone, wavesOpen) = (progress.waves.total, progress.waves.done, progress.waves.open)
      share = progress.share
      usualSeconds = progress.usualTime.map { $0 / 1_000_000 }
      expectedAt = progress.expectedVerified
      stalled = progress.isStalled
      waiting = Dictionary(progress.waiting.map { ($0.party.rawValue, $0.count) }) { first, _ in first }
    }
  }

  /// The identifier.
  public var id: UUID
  /// Grows with the order of planning.
  public var number: Int64
  /// How it stands.
  public var state: CampaignState
  /// Why.
  public var motive: MoveMotive
  /// Why, in words.
  public var reason: String
  /// What is moved; absent where nothing that it names is for who reads.
  public var scope: MoveScopeView?
  /// How many places and projects that scope and pace name are not told; absent where all are.
  public var withheld: Int?
  /// The digest of all that the plan was judged on.
  public var checkIndex: String
  /// How many placements can not be moved: the plan says why.
  public var blocked: Int
  /// How fast it goes.
  public var pace: CampaignPace
  /// Days that people may take for a task.
  public var taskDays: Int
  /// Minutes that agents may take.
  public var patienceMinutes: Int
  /// Days that sources are kept.
  public var retentionDays: Int
  /// How far it has come; absent in lists.
  public var progress: Progress?
  /// The last of each kind of act, by time.
  public var acts: [Act]
  /// Who has planned it.
  public var plannedBy: String
  /// When, by the database's clock.
  public var plannedAt: Timestamp
  /// Counts its changes, but for its moves; the value of the `ETag`.
  public var revision: Int64

  /// A view of a migration.
  public init(
    number: Int64, revision: Int64, campaign: MigrationCampaign, reason: String, scope: MoveScope, checkIndex: String,
    blocked: Int, taskDays: Int, patienceMinutes: Int, retentionDays: Int, plannedBy: String, plannedAt: Timestamp,
    progress: CampaignProgress?
  ) {
    id = campaign.id
    self.number = number
    state = campaign.state
    motive = campaign.motive
    self.reason = reason
    self.scope = MoveScopeView(scope)
    self.checkIndex = checkIndex
    self.blocked = blocked
    pace = campaign.pace
    self.taskDays = taskDays
    self.patienceMinutes = patienceMinutes
    self.retentionDays = retentionDays
    self.progress = progress.map { Progress($0) }
    acts = campaign.acts.sorted { ($0.value.at, $0.key.rawValue) < ($1.value.at, $1.key.rawValue) }.map { kind, act in
      Act(act: kind, by: act.principal, at: act.at, reason: act.reason, troubled: act.troubled)
    }
    self.plannedBy = plannedBy
    self.plannedAt = plannedAt
    self.revision = revision
  }
}

/// How many moves of a migration somebody has agreed to.
public struct ApprovalView: Codable, Sendable, Hashable {
  /// The moves that were agreed to now.
  public var approved: [UUID]
  /// How many moves of the caller's waited for no agreement of this party's.
  public var others: Int

  /// A view.
  public init(approved: [UUID], others: Int) {
    self.approved = approved
    self.others = others
  }
}

/// What has changed since a migration was planned.
public struct PlanChangesView: Codable, Sendable, Hashable {
  /// `cluster nord-2 changed`, one a part; empty while it may be started.
  public var changes: [String]

  /// A view.
  public init(changes: [String]) { self.changes = changes }
}

/// A move that does not begin, although its migration runs.
public struct HoldView: Codable, Sendable, Hashable {
  /// The move.
  public var move: UUID
  /// The project.
  public var project: String
  /// The environment, as it is called where it is.
  public var environment: String
  /// One word for why.
  public var hold: String
  /// Why, as a sentence.
  public var sentence: LocalizedText

  /// A view.
  public init(move: UUID, project: String, environment: String, hold: CampaignHold) {
    self.move = move
    self.project = project
    self.environment = environment
    self.hold = hold.name
    sentence = hold.sentence
  }
}

/// What an environment has become that was moved, or is about to be.
public struct MovedEnvironmentView: Codable, Sendable, Hashable {
  /// What it was called.
  public var environment: String
  /// Its UUID.
  public var environmentID: UUID
  /// What it is called at the target.
  public var movedTo: String
  /// The UUID of what it has become; absent while nothing is there, and the console may still give it another.
  public var movedToID: UUID?
  /// How far it is on the way: users are led to the new name at `cutOver`, and the old one is no more at `removed`.
  public var step: MigrationStep

  /// A view.
  public init(environment: String, environmentID: UUID, movedTo: String, movedToID: UUID?, step: MigrationStep) {
    self.environment = environment
    self.environmentID = environmentID
    self.movedTo = movedTo
    self.movedToID = movedToID
    self.step = step
  }
}
