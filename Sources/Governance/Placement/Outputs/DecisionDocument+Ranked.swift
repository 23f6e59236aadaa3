public import Foundation
import Model

extension DecisionDocument {
  /// A cluster that accepts an environment, and what it scores. Where it is, the offer says; which replicas it has, the plan.
  public struct Ranked: Codable, Sendable, Hashable {
    /// The number of the cluster.
    public var site: Int
    /// The score of a new replica, or of one that is there, by itself.
    public var score: Int64
    /// What the score is made of; `locality` and `spread` belong to whole assignments and are 0 here.
    public var components: ScoreComponents

    /// A cluster and its score.
    public init(site: Int, score: Int64, components: ScoreComponents) {
      self.site = site
      self.score = score
      self.components = components
    }

    /// The cluster, the score, and its parts in the order of ``ScoreComponents``, without those at the end that are 0.
    var numbers: [Int64] {
      var numbers = [
        Int64(site), score, components.balance, components.affinity, components.stickiness, components.locality,
        components.taints, components.spread,
      ]
      while numbers.count > 2, numbers.last == 0 { numbers.removeLast() }
      return numbers
    }

    /// Reads the numbers of one.
    ///
    /// - Throws: `DecodingError` where they are no cluster, a score and at most six parts of it.
    public init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      site = try container.decode(Int.self)
      score = try container.decode(Int64.self)
      func next() throws -> Int64 { container.isAtEnd ? 0 : try container.decode(Int64.self) }
      components = ScoreComponents()
      components.balance = try next()
      components.affinity = try next()
      components.stickiness = try next()
      components.locality = try next()
      components.taints = try next()
      components.spread = try next()
      guard container.isAtEnd, site >= 0 else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "not the number of a cluster, a score and at most six parts of it")
      }
    }

    /// Writes the numbers.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.unkeyedContainer()
      for number in numbers { try container.encode(number) }
    }
  }
}

extension DecisionDocument.Form {
  /// The form of what is stored, by its shape alone; what has no such shape is of today's.
  public init(of bytes: Data) {
    let shape = try? ModelJSON.decoder.decode(Shape.self, from: bytes)
    self = shape?.environments.contains { !$0.isRanked } == true ? .verdicts : .ranked
  }

  private struct Shape: Decodable {
    struct Environment: Decodable {
      enum Key: String, CodingKey {
        case remarks
      }

      let isRanked: Bool

      init(from decoder: any Decoder) throws {
        isRanked = try decoder.container(keyedBy: Key.self).contains(.remarks)
      }
    }

    let environments: [Environment]
  }
}

extension DecisionDocument.Environment {
  /// What one of the ``best`` clusters says, in the order of the codes.
  ///
  /// - Parameter chosen: the numbers of the clusters that have replicas of the environment. What has none, and is not kept
  ///   from it by what is said of it, was outranked by them.
  public func reasons(of ranked: DecisionDocument.Ranked, chosen: Set<Int>) -> [Reason] {
    var reasons = remarks.filter { $0.sites.contains(ranked.site) }.map(\.reason)
    let isExplained = reasons.contains { $0.code == .pinnedElsewhere || $0.code == .outsideHeldTerm }
    if !isExplained, !chosen.contains(ranked.site),
      let least = best.filter({ chosen.contains($0.site) }).map(\.score).min()
    {
      reasons.append(Reason(.outranked, ["score": String(ranked.score), "chosen": String(least)]))
    }
    return reasons.sorted()
  }

  private enum Key: String, CodingKey {
    case environment, stage, replicas, candidates, accepted, refusals, lost, best, remarks
  }

  /// Reads what is stored, in either form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let isRanked = container.contains(.remarks)
    self.init(
      environment: try container.decode(String.self, forKey: .environment),
      stage: try container.decode(String.self, forKey: .stage),
      replicas: try container.decode(Int.self, forKey: .replicas),
      candidates: try container.decode(Int.self, forKey: .candidates),
      accepted: try container.decode(Int.self, forKey: .accepted),
      refusals: try container.decode([DecisionDocument.Finding].self, forKey: .refusals),
      lost: try container.decode([EnvironmentExplanation.LostCount].self, forKey: .lost),
      best: isRanked ? try container.decode([DecisionDocument.Ranked].self, forKey: .best) : [],
      remarks: isRanked ? try container.decode([DecisionDocument.Finding].self, forKey: .remarks) : [],
      verdicts: isRanked ? nil : try container.decode([CandidateVerdict].self, forKey: .best))
  }

  /// Writes it as it is stored.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(environment, forKey: .environment)
    try container.encode(stage, forKey: .stage)
    try container.encode(replicas, forKey: .replicas)
    try container.encode(candidates, forKey: .candidates)
    try container.encode(accepted, forKey: .accepted)
    try container.encode(refusals, forKey: .refusals)
    try container.encode(lost, forKey: .lost)
    if let verdicts {
      try container.encode(verdicts, forKey: .best)
    } else {
      try container.encode(best, forKey: .best)
      try container.encode(remarks, forKey: .remarks)
    }
  }
}
