/// Who asks, as the service sees it.
public struct CallerView: Codable, Sendable, Hashable {
  /// Who it is in the audit trail: `local`, `oidc:…`, `key:…`.
  public var principal: String
  /// What it is to Régie: `auditor`, `operator(dtnum)`; `*` stands for all operators or projects.
  public var roles: [String]
  /// Whether it may only read.
  public var readOnly: Bool

  /// A caller.
  public init(principal: String, roles: [String], readOnly: Bool) {
    self.principal = principal
    self.roles = roles
    self.readOnly = readOnly
  }
}
