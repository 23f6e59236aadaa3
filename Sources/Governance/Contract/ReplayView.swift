/// The answer to `POST /api/v1/decisions/{id}:replay`: whether a stored decision comes out the same when it is made
/// again, from what is stored alone.
public struct ReplayView: Codable, Sendable, Hashable {
  /// What came of it.
  public enum Outcome: String, Codable, Sendable, CaseIterable {
    /// The same, byte for byte.
    case equal
    /// Something else; `differsAt` says where.
    case different
    /// It was taken by an engine that this service does not have.
    case otherEngine
  }

  /// The decision.
  public var decision: DecisionIdentity
  /// The version of the engine that made it again.
  public var engineVersion: String
  /// What came of it.
  public var outcome: Outcome
  /// The path of the first difference, as `environments[0].accepted`.
  public var differsAt: String?
  /// The same, for people.
  public var sentence: String

  /// A view.
  public init(
    decision: DecisionIdentity, engineVersion: String, outcome: Outcome, differsAt: String?, language: Language
  ) {
    self.decision = decision
    self.engineVersion = engineVersion
    self.outcome = outcome
    self.differsAt = differsAt
    let french = language == .fr
    sentence =
      switch outcome {
      case .equal:
        french
          ? "La décision, reprise avec ce qui en est gardé, est la même, octet pour octet."
          : "The decision, made again from what is kept of it, is the same, byte for byte."
      case .different:
        french
          ? "La décision, reprise avec ce qui en est gardé, est autre : \(differsAt ?? "?")."
          : "The decision, made again from what is kept of it, is another: \(differsAt ?? "?")."
      case .otherEngine:
        french
          ? "La décision a été prise par \(decision.engineVersion), que ce service n’a pas (il a \(engineVersion))."
          : "The decision was taken by \(decision.engineVersion), which this service lacks (it has \(engineVersion))."
      }
  }
}
