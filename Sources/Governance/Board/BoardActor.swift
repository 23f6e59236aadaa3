/// Who acts on the board's proposals, and in whose name.
public struct BoardActor: Sendable, Hashable {
  /// The subject as authenticated.
  public var principal: String
  /// The operator acted for; nil for a `governance-admin` who represents none.
  public var `operator`: String?
  /// Whether he is a `governance-admin`.
  public var isAdmin: Bool

  /// Who everybody is where nobody is authenticated: who somebody is says nothing there.
  static let anyone = "local"

  /// An actor.
  public init(principal: String, operator: String?, isAdmin: Bool = false) {
    self.principal = principal
    self.operator = `operator`
    self.isAdmin = isAdmin
  }

  /// The operator acted for.
  ///
  /// - Throws: ``BoardRefusal/Code/notBoardMember``.
  func member() throws(BoardRefusal) -> String {
    guard let `operator` else { throw .notBoardMember }
    return `operator`
  }
}
