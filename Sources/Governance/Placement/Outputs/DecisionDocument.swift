public import Foundation
import Model

/// What is kept of a decision, and compared byte for byte when it is made again: the plan, and what all the verdicts
/// come to. Clusters go by the numbers of their names in the offer's order. Amounts that differ from cluster to cluster
/// are left out of what refuses; making the decision again gives them.
public struct DecisionDocument: Codable, Sendable, Hashable {
  /// A reason, and the clusters that give it.
  public struct Finding: Codable, Sendable, Hashable {
    /// The reason. One about capacity has `resource` and `needed` only.
    public var reason: Reason
    /// The numbers of the clusters.
    public var sites: SiteRanges
  }

  /// What all clusters together say to an environment.
  public struct Environment: Codable, Sendable, Hashable {
    /// The environment's name.
    public var environment: String
    /// Its stage.
    public var stage: String
    /// How many replicas were asked for.
    public var replicas: Int
    /// How many clusters were judged.
    public var candidates: Int
    /// How many of them may have some replica.
    public var accepted: Int
    /// What keeps clusters from taking anything new, in the order of the codes.
    public var refusals: [Finding]
    /// The clusters that take nothing new, counted by their first reason, in the order of the codes.
    public var lost: [EnvironmentExplanation.LostCount]
    /// The best accepted clusters, at most ``DecisionDocument/bestKept``: chosen ones first, then by rank.
    public var best: [Ranked]
    /// What they say all the same, each reason once, in the order of the codes; that they were outranked goes without saying.
    public var remarks: [Finding]
    /// What the best clusters said, in the form ``Form/verdicts``; ``best`` and ``remarks`` are empty then.
    public var verdicts: [CandidateVerdict]?
  }

  /// How the best clusters are written down. It says nothing of the engine: what one has answered is kept in either form.
  public enum Form: Sendable, Hashable {
    /// Whole, as every decision up to the schema's version 50 is kept.
    case verdicts
    /// By numbers: a third of what there is to write and to digest. Compressed, as the database has it, it is little less.
    case ranked
  }

  /// How many accepted clusters are kept with what they score and say.
  public static let bestKept = 20

  /// Where the project goes, or what stands in its way.
  public var plan: Plan
  /// Sorted by name.
  public var environments: [Environment]
  /// What every chain said, sorted by name.
  public var chains: [ChainVerdict]

  /// The bytes that are stored and compared: JSON with sorted keys, as `ModelJSON.encoder` writes it. Every decision that
  /// is committed waits for them, so they are written directly.
  public func canonicalBytes() throws -> Data {
    var json = JSONBytes(capacity: 4096)
    json.write(self)
    return Data(json.bytes)
  }
}
