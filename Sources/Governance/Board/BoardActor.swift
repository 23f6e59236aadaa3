/// Who acts on the board's proposals, and in whose name.
public struct BoardActor: Sendable, Hashable {
  /// The subject as authenticated.
  public var principal: String
  /// The operator acted for; nil for a `governance-admin` who represents none.
  public var `operator`: String?
  /// Whether he is a `governance-admin`.
  public var isAdmin: Bool
  /// What his token says of him, which operators name their representatives by; nil where he has none.
  public var subject: String?
  /// The groups that his token names, as full paths.
  public var groups: Set<String>

  /// Who everybody is where nobody is authenticated: who somebody is says nothing there.
  static let anyone = "local"

  /// An actor. One with neither subject nor groups represents nobody, whatever operator he acts for.
  public init(
    principal: String, operator: String?, isAdmin: Bool = false, subject: String? = nil, groups: Set<String> = []
  ) {
    self.principal = principal
    self.operator = `operator`
    self.isAdmin = isAdmin
    self.subject = subject
    self.groups = groups
  }
}
