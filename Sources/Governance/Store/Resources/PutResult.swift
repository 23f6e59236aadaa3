public import Model

/// What a `PUT` did.
public struct PutResult: Sendable, Hashable {
  /// The resource as it stands now, with what the server adds.
  public let resource: AnyResource
  /// What was done.
  public let change: Change
  /// The version that a changed policy has become; nil for other kinds.
  public let policyVersion: Int64?
  /// What whoever wrote it should know.
  public let warnings: [FieldProblem]

  init(resource: AnyResource, change: Change, policyVersion: Int64?, warnings: [FieldProblem] = []) {
    self.resource = resource
    self.change = change
    self.policyVersion = policyVersion
    self.warnings = warnings
  }
}

/// What a write did.
public enum Change: String, Codable, Sendable, CaseIterable {
  case created
  case changed
  case unchanged
}
