/// Whether a use is of one ministry or of several.
public enum AudienceScope: String, Codable, Sendable, CaseIterable {
  case ministerial
  case interministerial
}

/// Who may use a region or a chain. An empty list of organisations or of scopes admits nobody: unknown means refused.
public struct Audience: Codable, Sendable, Hashable {
  /// Short names of organisations (`mi`, `mj`, `dinum`), or `*` for all of them.
  public var organisations: [String]
  /// The scopes of use that are admitted.
  public var scopes: [AudienceScope]

  /// An audience.
  public init(organisations: [String], scopes: [AudienceScope]) {
    self.organisations = organisations
    self.scopes = scopes
  }
}
