public import Events
public import Foundation
public import Model
public import Placement

/// What an answer was computed from: the state of the world that it holds for, and what was supposed instead.
public struct QueryBasis: Codable, Sendable, Hashable {
  /// What a question may suppose to be otherwise.
  public enum Supposition: String, Codable, Sendable, CaseIterable {
    /// Another day.
    case at
    /// Another policy.
    case policy
    /// Another offer.
    case offer
  }

  /// The moment up to which the state of the world is known.
  public var asOf: Timestamp
  /// The day it was computed for, in Paris.
  public var day: CalendarDay
  /// The engine's version.
  public var engineVersion: String
  /// The version of the policy in force, or of the one that takes its place.
  public var policyVersion: Int64
  /// The version of the offer, before what is supposed.
  public var offerVersion: Int64
  /// What was supposed; empty where the world was taken as it is.
  public var supposed: [Supposition]
  /// True where the database could not be asked: this was so at ``asOf``, and something else may be by now. Absent otherwise.
  public var stale: Bool?

  /// A basis.
  public init(
    asOf: Timestamp, day: CalendarDay, engineVersion: String, policyVersion: Int64, offerVersion: Int64,
    supposed: [Supposition], stale: Bool? = nil
  ) {
    self.asOf = asOf
    self.day = day
    self.engineVersion = engineVersion
    self.policyVersion = policyVersion
    self.offerVersion = offerVersion
    self.supposed = supposed
    self.stale = stale
  }
}

/// The place that a replica has or would have.
public struct PlaceView: Codable, Sendable, Hashable {
  /// The environment's name.
  public var environment: String
  /// The environment's identifier in the console, where the project names it.
  public var environmentID: UUID?
  /// Which replica, from 0.
  public var replica: Int
  /// The zone's slug.
  public var zone: String
  /// The cluster's name.
  public var cluster: String
  /// The console's label of the cluster.
  public var clusterLabel: String?
  /// The console's identifier of the cluster.
  public var clusterID: UUID?
  /// The region's name.
  public var region: String
  /// The operator's name.
  public var `operator`: String
  /// The score.
  public var score: Int64
  /// What the score is made of.
  public var components: ScoreComponents
  /// Whether the replica is there already.
  public var kept: Bool
  /// Where the replica is now, if that is elsewhere: to follow would be a migration.
  public var movedFrom: String?

  /// A place.
  public init(_ assignment: Assignment, environmentID: UUID?, console: ClusterSpec.Console?) {
    environment = assignment.environment
    self.environmentID = environmentID
    replica = assignment.replica
    zone = assignment.zone
    cluster = assignment.cluster
    clusterLabel = console?.label
    clusterID = console?.id
    region = assignment.region
    self.operator = assignment.operator
    score = assignment.score
    components = assignment.components
    kept = assignment.kept
    movedFrom = assignment.movedFrom
  }
}

/// Something that a person should know of a policy that a question supposes.
public struct PolicyFinding: Codable, Sendable, Hashable {
  /// How bad it is.
  public enum Severity: String, Codable, Sendable, CaseIterable {
    /// The policy can not be meant like this.
    case error
    /// The policy works, perhaps not as meant.
    case warning
  }

  /// What it was decided from.
  public enum Basis: String, Codable, Sendable, CaseIterable {
    /// The policy's text: true whatever the offer is.
    case text
    /// The offer: another one may do.
    case presentOffer
  }

  /// The stable code.
  public var code: String
  /// How bad it is.
  public var severity: Severity
  /// What it was decided from.
  public var basis: Basis
  /// Where in the policy, or in the body where it is about the offer that is supposed.
  public var path: String
  /// What is wrong, for people.
  public var message: String

  /// A finding.
  public init(code: String, severity: Severity, basis: Basis, path: String, message: String) {
    self.code = code
    self.severity = severity
    self.basis = basis
    self.path = path
    self.message = message
  }
}

/// The answer to `POST /api/v1/placements:query`: where a project would go. Nothing is stored, nothing is held.
public struct QueryView: Codable, Sendable, Hashable {
  /// What it was computed from.
  public var basis: QueryBasis
  /// The place that each replica would have, all of them together; empty where there is none for all.
  public var proposal: [PlaceView]
  /// Why, and how each cluster ranks.
  public var explanation: ExplanationView
  /// What is to be said of the policy supposed; absent where none is.
  public var warnings: [PolicyFinding]?

  /// An answer.
  public init(
    basis: QueryBasis, proposal: [PlaceView], explanation: ExplanationView, warnings: [PolicyFinding]? = nil
  ) {
    self.basis = basis
    self.proposal = proposal
    self.explanation = explanation
    self.warnings = warnings
  }
}

/// The answer to `POST /api/v1/placements:validate`: whether a project may go where somebody would have it.
public struct ValidationView: Codable, Sendable, Hashable {
  /// The verdict on one replica's cluster.
  public struct Choice: Codable, Sendable, Hashable {
    /// The environment's name.
    public var environment: String
    /// Which replica, from 0.
    public var replica: Int
    /// The zone's slug.
    public var zone: String
    /// The cluster's name.
    public var cluster: String
    /// The console's label of the cluster.
    public var clusterLabel: String?
    /// The console's identifier of the cluster.
    public var clusterID: UUID?
    /// Where the replica is now, if that is elsewhere: no placement takes it from there, a migration does.
    public var movedFrom: String?
    /// Whether the cluster accepts the replica, looked at by itself.
    public var accepted: Bool
    /// The score, where it does.
    public var score: Int64?
    /// In the order of the list of codes.
    public var reasons: [ExplanationView.ReasonView]

    /// A verdict.
    public init(
      environment: String, replica: Int, zone: String, cluster: String, clusterLabel: String?, clusterID: UUID?,
      movedFrom: String? = nil, accepted: Bool, score: Int64?, reasons: [ExplanationView.ReasonView]
    ) {
      self.environment = environment
      self.replica = replica
      self.zone = zone
      self.cluster = cluster
      self.clusterLabel = clusterLabel
      self.clusterID = clusterID
      self.movedFrom = movedFrom
      self.accepted = accepted
      self.score = score
      self.reasons = reasons
    }
  }

  /// What it was computed from.
  public var basis: QueryBasis
  /// The project's name.
  public var project: String
  /// Whether all of it may go there, together.
  public var valid: Bool
  /// The chain that would deliver to all of it.
  public var chain: String?
  /// What stands in the way of the whole, though each choice by itself may stand.
  public var reasons: [ExplanationView.ReasonView]
  /// How they go together; absent where that was not looked for.
  public var conflict: Plan.Conflict?
  /// By environment and replica.
  public var choices: [Choice]
  /// The places that come nearest to what was chosen: the fewest other ones. Empty where there are none for all.
  public var nearest: [PlaceView]
  /// What is to be said of the policy supposed; absent where none is.
  public var warnings: [PolicyFinding]?

  /// An answer.
  public init(
    basis: QueryBasis, project: String, valid: Bool, chain: String?, reasons: [ExplanationView.ReasonView],
    conflict: Plan.Conflict? = nil, choices: [Choice], nearest: [PlaceView], warnings: [PolicyFinding]? = nil
  ) {
    self.warnings = warnings
    self.basis = basis
    self.project = project
    self.valid = valid
    self.chain = chain
    self.reasons = reasons
    self.conflict = conflict
    self.choices = choices
    self.nearest = nearest
  }
}
