/// Who asks: one that was authenticated, and what it is to Régie.
public struct Caller: Sendable, Hashable {
  /// How somebody was authenticated.
  public enum Credential: Sendable, Hashable {
    /// By sitting at this machine: authentication is switched off.
    case local
    /// By a token of the issuer.
    case token
    /// By an API key, with its identifier.
    case key(String)
  }

  /// Who it is in the audit trail: `local`, `oidc:…` with the token's subject, `key:…` with the key's identifier.
  public let principal: String
  /// How that is known.
  public let credential: Credential
  /// What it is to Régie, in order and each once.
  public let roles: [Role]
  /// Who the bearer of a token is to its issuer; nil of whoever has none.
  public let subject: String?
  /// The groups that its token names, as full paths.
  public let groups: Set<String>
  /// Whether it may only read, whatever its roles would allow.
  public let isReadOnly: Bool

  /// A caller.
  public init(
    principal: String, credential: Credential, roles: some Sequence<Role>, subject: String? = nil,
    groups: Set<String> = [], isReadOnly: Bool = false
  ) {
    self.principal = principal
    self.credential = credential
    self.roles = Set(roles).sorted()
    self.subject = subject
    self.groups = groups
    self.isReadOnly = isReadOnly
  }

  /// Whoever sits at this machine while authentication is switched off: everybody, to all.
  public static let local = Caller(
    principal: "local", credential: .local,
    roles: [
      .boardMember(operator: Role.everyone), .governanceAdmin, .operator(Role.everyone), .console,
      .projectTeam(Role.everyone), .organisation(Role.everyone), .auditor, .homologationAuthority,
    ])

  /// Whether it is in a role, by name or because it is in it for everyone.
  public func has(_ role: Role) -> Bool { roles.contains { $0.includes(role) } }

  /// Whether it is in a role of a kind, whoever that is for.
  public func has(_ kind: RoleKind) -> Bool { roles.contains { $0.kind == kind } }

  /// Those that its roles of a kind are for; ``Role/everyone`` may be among them.
  public func subjects(_ kind: RoleKind) -> Set<String> {
    Set(roles.filter { $0.kind == kind }.compactMap(\.subject))
  }

  /// The operators that it is with in any way, by name; ``Role/everyone`` may be among them.
  public var affiliations: Set<String> { subjects(.boardMember).union(subjects(.operator)) }
}
