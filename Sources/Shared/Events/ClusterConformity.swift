/// What a cluster's admission does with pods that the rules of the offer forbid, as probes found it (protocol rule 21).
///
/// “Toute implémentation Kubernetes proposée par un opérateur doit interdire le lancement de pod utilisant le compte root.
/// Ce point n’est pas modifiable.” (cadre Cloud Native, Kubernetes)
public struct ClusterConformity: Codable, Sendable, Hashable {
  /// What the probes of one rule found.
  public enum Result: String, Codable, Sendable, CaseIterable {
    /// The forbidden pod was refused, or made harmless before it was let in.
    case enforced = "Enforced"
    /// The forbidden pod would have run as it was asked for.
    case notEnforced = "NotEnforced"
    /// The probe says nothing: the control pod was not accepted, or the server did not answer.
    case inconclusive = "ProbeInconclusive"

    /// Reads a result; one that a later version may know is inconclusive here.
    public init(from decoder: any Decoder) throws {
      self = Self(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .inconclusive
    }
  }

  /// The answer to one rule.
  public struct Answer: Codable, Sendable, Hashable {
    /// The rule, as `root`; see ``ConformityRule``.
    public var rule: String
    /// What was found.
    public var result: Result
    /// The server's words, or why there is no answer; empty when there is nothing to add. At most 512 bytes.
    public var message: String
    /// When `result` was found; an older answer stands for a while when a later probe says nothing.
    public var at: Timestamp

    /// An answer.
    public init(rule: String, result: Result, message: String = "", at: Timestamp) {
      self.rule = rule
      self.result = result
      self.message = message
      self.at = at
    }
  }

  /// When the latest round of probes ended.
  public var at: Timestamp
  /// Why that round said nothing; absent when it did.
  public var problem: String?
  /// One answer per rule, in the order of ``ConformityRule``.
  public var answers: [Answer]

  /// A report.
  public init(at: Timestamp, problem: String? = nil, answers: [Answer]) {
    self.at = at
    self.problem = problem
    self.answers = answers
  }
}

/// The rules that are probed.
public enum ConformityRule: String, Codable, Sendable, CaseIterable {
  /// Pods that run as user 0.
  case root
  /// Pods that do not say which user they run as: the image may be root.
  case unspecifiedUser = "unspecified-user"
  /// Pods that add Linux capabilities.
  case capabilities
  /// Pods that mount a folder of the node.
  case hostPath = "host-path"
  /// Pods that listen on a port below 1024.
  case lowPort = "low-port"
}
