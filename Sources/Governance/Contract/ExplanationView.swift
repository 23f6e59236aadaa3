public import Events
public import Foundation
public import Placement

/// A decision explained in one language. Sentences are made from codes and parameters, never stored.
public struct ExplanationView: Codable, Sendable, Hashable {
  /// A reason with its sentence.
  public struct ReasonView: Codable, Sendable, Hashable {
    /// The stable code, also the metric label.
    public var code: ReasonCode
    /// `restriction`, `fit` or `preference`.
    public var category: String
    /// Whether it may pass by itself.
    public var temporary: Bool
    /// What the sentence is made from.
    public var parameters: [String: String]
    /// Of `CapacityShort`, to whom what is promised there is promised now; absent where that was not looked for.
    public var holders: HoldersView?
    /// The reason, for people.
    public var sentence: String
    /// What would have to change, for people.
    public var remedy: String
  }

  /// One cluster's verdict.
  public struct Candidate: Codable, Sendable, Hashable {
    /// The cluster.
    public var cluster: String
    /// The console's label of the cluster.
    public var clusterLabel: String?
    /// The console's identifier of the cluster.
    public var clusterID: UUID?
    /// The zone's slug.
    public var zone: String
    /// The region.
    public var region: String
    /// The operator.
    public var `operator`: String
    /// Whether it may host the environment.
    public var accepted: Bool
    /// The replicas that were placed there.
    public var chosen: [Int]
    /// The score, for accepted ones.
    public var score: Int64?
    /// The parts of the score.
    public var components: ScoreComponents?
    /// In the order of the list of codes.
    public var reasons: [ReasonView]
  }

  /// One environment's candidates.
  public struct Environment: Codable, Sendable, Hashable {
    /// The environment.
    public var environment: String
    /// The stage.
    public var stage: String
    /// How many replicas were asked for.
    public var replicas: Int
    /// How many clusters of the offer accept it.
    public var accepted: Int
    /// How many refuse it.
    public var refused: Int
    /// How many of both are not listed below.
    public var omitted: Int
    /// The chosen ones, the other accepted ones by rank, then those that refuse, by name.
    public var candidates: [Candidate]
    /// How many clusters each reason cost.
    public var lost: [EnvironmentExplanation.LostCount]
    /// How many clusters on offer are none of the reader's business: neither named nor counted above. Absent where there are
    /// none.
    public var withheld: Int?
  }

  /// What one chain says to the project as a whole.
  public struct Chain: Codable, Sendable, Hashable {
    /// The chain.
    public var chain: String
    /// Whether it may deliver to some accepted place of every environment.
    public var accepted: Bool
    /// Whether it is the one that delivers.
    public var chosen: Bool
    /// What the rules on chains add up to, for accepted ones.
    public var score: Int64?
    /// In the order of the list of codes.
    public var reasons: [ReasonView]
  }

  /// The chain of a placement, where another decision has chosen it than the one that is explained.
  public struct Rechained: Codable, Sendable, Hashable {
    /// The chain that delivers by now.
    public var chain: String
    /// The decision that chose it; absent where that was not recorded.
    public var decision: UUID?
    /// When that was made, by the database's clock.
    public var decidedAt: Timestamp?
    /// Every chain's verdict in that decision, by name; empty where it was not recorded, and where this program can not read it.
    public var chains: [Chain]

    /// A choice.
    public init(chain: String, decision: UUID? = nil, decidedAt: Timestamp? = nil, chains: [Chain] = []) {
      (self.chain, self.decision, self.decidedAt, self.chains) = (chain, decision, decidedAt, chains)
    }
  }

  /// The version of the engine that decided, where the service has another one by now: then this is what was stored of
  /// the decision: what keeps clusters away without the amounts that differ from one to another, and of those that accept
  /// the best. Absent where the verdicts are those of then.
  public var engineVersion: String?
  /// The project's name.
  public var project: String
  /// What came of it.
  public var outcome: Decision.Outcome
  /// The chain that was chosen.
  public var chain: String?
  /// Every chain's verdict, by name.
  public var chains: [Chain]
  /// Of a placement: that its chain was chosen anew since, and why that one.
  public var rechained: Rechained?
  /// Which of the project's preference terms held, from 0.
  public var preferenceTerm: Int?
  /// Where none held for all of it, which of them what does not stay where it is holds, from 0. Absent where none does, where
  /// all stays, and where the engine that decided noted none.
  public var preferenceTermOfNew: Int?
  /// Derogations that took effect.
  public var derogations: [String]
  /// Reasons that concern the project as a whole.
  public var reasons: [ReasonView]
  /// Whether each of those reasons, lifted alone, would make a place for all, or only all of them together.
  public var conflict: Plan.Conflict?
  /// By name.
  public var environments: [Environment]
}

/// Who reads an explanation.
public enum ExplanationReader: Sendable, Hashable {
  /// Somebody who may know of every cluster.
  case everything
  /// Somebody of the project: not told of the clusters of DR zones where its data is not, nor of those that are other projects'
  /// own (protocol rule 6).
  case project
}

/// How much of an explanation is shown.
public enum ExplanationExtent: Sendable, Hashable {
  /// Of each environment this many clusters, the best first; the others are counted.
  case page(Int)
  /// Every cluster, as far as one answer holds them.
  case full

  /// How many clusters of an environment are shown where nothing is said.
  public static let standardCount = 20

  /// How many verdicts one answer holds at most: twenty environments on a thousand clusters. What is left out is counted.
  public static let mostVerdicts = 20_000

  /// The most clusters that are shown of each of so many environments.
  public func limit(environments: Int) -> Int {
    let most = max(Self.standardCount, Self.mostVerdicts / max(1, environments))
    switch self {
    case .page(let count): return min(count, most)
    case .full: return most
    }
  }
}
