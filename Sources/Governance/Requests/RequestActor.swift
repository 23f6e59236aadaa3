/// Who acts on a request, and as what.
public struct RequestActor: Sendable, Hashable {
  /// The subject as authenticated.
  public var principal: String
  /// Whether it may ask in the project's name.
  public var isApplicant: Bool
  /// The operator acted for.
  public var `operator`: String?
  /// Whether it is a `governance-admin`.
  public var isAdmin: Bool
  /// Whether it speaks for the homologation authority.
  public var isAuthority: Bool
  /// Other principals that are nobody else: the API keys that it has made, and of a key who has made it.
  public var aliases: Set<String>

  /// Who everybody is where nobody is authenticated: who somebody is says nothing there.
  static let anyone = "local"

  /// An actor.
  public init(
    principal: String, isApplicant: Bool = false, operator: String? = nil, isAdmin: Bool = false,
    isAuthority: Bool = false, aliases: Set<String> = []
  ) {
    self.principal = principal
    self.isApplicant = isApplicant
    self.operator = `operator`
    self.isAdmin = isAdmin
    self.isAuthority = isAuthority
    self.aliases = aliases
  }

  /// Whoever has asked for something neither advises nor decides on it, by whichever of its credentials.
  func mustBeAnother(than principal: String) throws(RequestRefusal) {
    guard self.principal != Self.anyone else { return }
    guard self.principal != principal, !aliases.contains(principal) else { throw .ownRequest }
  }

  func mustBeAdmin() throws(RequestRefusal) {
    guard isAdmin else { throw .notAdmin }
  }

  func mustBeApplicant() throws(RequestRefusal) {
    guard isApplicant || isAdmin else { throw .notApplicant }
  }
}
