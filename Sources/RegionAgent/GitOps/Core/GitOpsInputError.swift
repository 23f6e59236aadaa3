/// What was given can not be written to a repository, or not configured so.
public struct GitOpsInputError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is at fault.
  public var field: String
  /// What was given.
  public var found: String
  /// What would be accepted.
  public var accepted: String

  /// “cluster “../x” is not accepted; accepted: …”.
  public var description: String { "\(field) “\(found)” is not accepted; accepted: \(accepted)" }
}
