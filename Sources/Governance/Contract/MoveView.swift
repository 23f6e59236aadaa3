public import Events
public import Foundation
public import Migration
public import Model
import Placement
public import Requests

/// The move of one environment.
public struct MoveView: Codable, Sendable, Hashable {
  /// One end of it.
  public struct End: Codable, Sendable, Hashable {
    /// The placement; absent while it has no place.
    public var placement: UUID?
    /// The environment's name there.
    public var environment: String
    /// The cluster.
    public var cluster: String
    /// The region.
    public var region: String
    /// The operator.
    public var `operator`: String
    /// What is wanted of it; absent where it stays as it is, or is not to be yet.
    public var wanted: PlacementPhase?

    /// An end.
    public init(
      placement: UUID?, environment: String, cluster: String, region: String, operator: String, wanted: PlacementPhase?
    ) {
      self.placement = placement
      self.environment = environment
      self.cluster = cluster
      self.region = region
      self.operator = `operator`
      self.wanted = wanted
    }
  }

  /// Something that people do.
  public struct Task: Codable, Sendable, Hashable {
    /// What.
    public var task: MigrationTask.Kind
    /// Whose it is.
    public var owner: MigrationParty
    /// What it is called.
    public var title: LocalizedText
    /// Whether it can be done now and was not.
    public var open: Bool
    /// By when it is to be done.
    public var dueAt: Timestamp?
    /// When it was done.
    public var doneAt: Timestamp?
    /// Who says so.
    public var doneBy: String?
    /// What shows it.
    public var evidence: String?
  }

  /// Something that stands in the way.
  public struct Obstacle: Codable, Sendable, Hashable {
    /// One word for it.
    public var code: String
    /// A sentence.
    public var sentence: LocalizedText
    /// What helps.
    public var remedy: LocalizedText
    /// Particulars, one a sentence.
    public var details: [LocalizedText]
  }

  /// A network flow that has to lead to the target, as one leads, or is to lead, to the source.
  public struct Flow: Codable, Sendable, Hashable {
    /// The request for it; absent while there is none.
    public var flow: UUID?
    /// The flow of the source in whose place it is.
    public var insteadOf: UUID
    /// The project that asks for it.
    public var project: String
    /// The system at the other end.
    public var system: String
    /// How far the request has come; absent while there is none.
    public var state: NetworkFlow.State?

    /// A flow.
    public init(flow: UUID?, insteadOf: UUID, project: String, system: String, state: NetworkFlow.State?) {
      self.flow = flow
      self.insteadOf = insteadOf
      self.project = project
      self.system = system
      self.state = state
    }
  }

  /// The identifier.
  public var id: UUID
  /// The migration that it belongs to.
  public var migration: UUID
  /// The number of its wave, from 1.
  public var wave: Int
  /// The project.
  public var project: String
  /// The stage.
  public var stage: String
  /// Which replica it was, from 0.
  public var replica: Int
  /// How far it has come.
  public var step: MigrationStep
  /// What the step means.
  public var title: LocalizedText
  /// How it stands, beside its step.
  public var standing: EnvironmentMigration.Standing
  /// Since when it is at the step.
  public var since: Timestamp
  /// Where it goes away from.
  public var source: End
  /// Where it goes to.
  public var target: End
  /// Who has yet to agree.
  public var approvals: [MigrationParty]
  /// What it waits for, one a sentence.
  public var awaited: [LocalizedText]
  /// What stands in the way.
  public var obstacles: [Obstacle]
  /// What people do.
  public var tasks: [Task]
  /// The network flows that have to lead to the target, of those that the reader may know of; nil from a program that tells none.
  public var flows: [Flow]?
  /// Who has paused it.
  public var pausedBy: String?
  /// What is lost, and who answers for it.
  public var acceptedLoss: String?
  /// Who answers for it.
  public var acceptedLossBy: String?
  /// Whether the source was given up for lost.
  public var sourceLost: Bool
  /// The step at which it was turned back.
  public var rolledBackFrom: MigrationStep?
  /// When it began.
  public var startedAt: Timestamp?
  /// When the target was verified.
  public var verifiedAt: Timestamp?
  /// When it has ended.
  public var endedAt: Timestamp?
  /// Counts its changes, from 1; the value of the `ETag`.
  public var revision: Int64

  /// A view of a move.
  public init(
    _ move: EnvironmentMigration, migration: UUID, wave: Int, stage: String, replica: Int, source: End, target: End,
    flows: [Flow] = [], startedAt: Timestamp?, endedAt: Timestamp?, revision: Int64
  ) {
    id = move.id
    self.migration = migration
    self.wave = wave
    project = move.terms.project
    self.stage = stage
    self.replica = replica
    (step, title, standing, since) = (move.step, move.step.title, move.standing, move.since)
    (self.source, self.target) = (source, target)
    self.source.wanted = move.wanted.source
    self.target.wanted = move.wanted.target
    approvals =
      move.step == .planned
      ? MigrationParty.allCases.filter { move.terms.approvers.contains($0) && move.approvals[$0] == nil } : []
    awaited = move.awaited.map(\.sentence)
    obstacles = move.obstacles.map(Obstacle.init)
    tasks = move.tasks.map { task in
      Task(
        task: task.kind, owner: task.kind.owner, title: task.kind.title, open: task.isOpen && !move.step.isEnd,
        dueAt: task.dueAt, doneAt: task.evidence?.at, doneBy: task.evidence?.principal, evidence: task.evidence?.text)
    }
    self.flows = flows
    pausedBy = move.pausedBy
    acceptedLoss = move.acceptedLoss?.text
    acceptedLossBy = move.acceptedLoss?.principal
    sourceLost = move.isSourceLost
    rolledBackFrom = move.rolledBackFrom
    self.startedAt = startedAt
    verifiedAt = move.verifiedAt
    self.endedAt = endedAt
    self.revision = revision
  }
}

extension MoveView.Obstacle {
  /// A view of an obstacle. Reasons of the engine are said in its own words.
  init(_ obstacle: MigrationObstacle) {
    let texts: [String]
    switch obstacle {
    case .noTarget(let reasons): (code, texts) = ("noTarget", reasons)
    case .targetIllegal(let reasons): (code, texts) = ("targetIllegal", reasons)
    case .targetNotReady(let faults): (code, texts) = ("targetNotReady", faults)
    case .targetGone: (code, texts) = ("targetGone", [])
    case .sourceGone: (code, texts) = ("sourceGone", [])
    case .sourceLate: (code, texts) = ("sourceLate", [])
    case .targetLate: (code, texts) = ("targetLate", [])
    case .overdue(let kind): (code, texts) = ("overdue/\(kind.rawValue)", [])
    case .waiting(let act): (code, texts) = ("waiting/\(act.rawValue)", [])
    case .wayBackLosesWrites: (code, texts) = ("wayBackLosesWrites", [])
    }
    sentence = obstacle.sentence
    remedy = obstacle.remedy
    details = texts.map(Self.detail)
  }

  /// What is neither the engine's word nor a fault of the target.
  private static let others: [String: LocalizedText] = [
    "notAsked": LocalizedText(
      fr: "le projet ne demande plus cet environnement", en: "the project does not ask for the environment any more"),
    "sourceGone": LocalizedText(
      fr: "le départ n’est plus là, ou doit disparaître", en: "the source is gone, or is to go"),
    "nameTaken": LocalizedText(
      fr: "le projet a déjà un environnement de ce nom", en: "the project has an environment of this name already"),
    "givesWay": LocalizedText(
      fr: "la place qui reste est à un déplacement qui le précède dans le plan",
      en: "the room that is left is for a move that comes before it in the plan"),
  ]

  private static func detail(_ text: String) -> LocalizedText {
    if let fault = TargetFault(code: text) { return fault.sentence }
    if let reason = try? ModelJSON.decoder.decode(Reason.self, from: Data(text.utf8)) {
      return reason.sentence
    }
    if let known = others[text] { return known }
    return LocalizedText(fr: text, en: text)
  }
}
