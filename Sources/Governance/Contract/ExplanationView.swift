internal import Model
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
    /// The reason, for people.
    public var sentence: String
    /// What would have to change, for people.
    public var remedy: String
  }

  /// One cluster's verdict.
  public struct Candidate: Codable, Sendable, Hashable {
    /// The cluster.
    public var cluster: String
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
    /// Every cluster of the offer, by name.
    public var candidates: [Candidate]
    /// How many clusters each reason cost.
    public var lost: [EnvironmentExplanation.LostCount]
  }

  /// The project's name.
  public var project: String
  /// What came of it.
  public var outcome: Decision.Outcome
  /// The chain that delivers.
  public var chain: String?
  /// Which of the project's preference terms held, from 0.
  public var preferenceTerm: Int?
  /// Derogations that took effect.
  public var derogations: [String]
  /// Reasons that concern the project as a whole.
  public var reasons: [ReasonView]
  /// By name.
  public var environments: [Environment]

  /// Explains `decision` in `language`.
  public init(_ decision: Decision, language: Language) {
    project = decision.project
    outcome = decision.outcome
    chain = decision.chain
    preferenceTerm = decision.preferenceTerm
    derogations = decision.derogations
    reasons = decision.reasons.map { ReasonView($0, language) }
    environments = decision.environments.map { environment in
      Environment(
        environment: environment.environment, stage: environment.stage, replicas: environment.replicas,
        candidates: environment.candidates.map { Candidate($0, language) }, lost: environment.lost)
    }
  }
}

extension ExplanationView.Candidate {
  init(_ verdict: CandidateVerdict, _ language: Language) {
    self.init(
      cluster: verdict.cluster, zone: verdict.zone, region: verdict.region, operator: verdict.operator,
      accepted: verdict.accepted, chosen: verdict.chosen, score: verdict.score, components: verdict.components,
      reasons: verdict.reasons.map { ExplanationView.ReasonView($0, language) })
  }
}

extension ExplanationView.ReasonView {
  init(_ reason: Reason, _ language: Language) {
    let sentence = reason.sentence
    let remedy = reason.remedy
    self.init(
      code: reason.code, category: reason.code.category.rawValue, temporary: reason.code.isTemporary,
      parameters: reason.parameters, sentence: language == .fr ? sentence.fr : sentence.en ?? sentence.fr,
      remedy: language == .fr ? remedy.fr : remedy.en ?? remedy.fr)
  }
}
