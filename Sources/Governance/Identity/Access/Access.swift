/// What a route demands of whoever asks. Each route has one; what it does not grant is refused.
public struct Access: Sendable, Hashable {
  /// How far a role reaches on a route.
  public enum Reach: String, Sendable, Hashable, CaseIterable {
    /// Whatever is asked for.
    case all
    /// Only what is the role's own operator's or project's.
    case own
  }

  /// Whether whoever asks has to be known.
  public let needsCaller: Bool
  /// What is granted, by kind of role; nil where no role is needed.
  public let grants: [RoleKind: Reach]?
  /// Whether the route changes something: then it is not for those who may only read.
  public let changes: Bool
  /// Whether it is answered from memory while the database is away: then it is also for whoever the database let in a
  /// moment ago.
  public let isAnsweredFromMemory: Bool

  private init(
    needsCaller: Bool = true, grants: [RoleKind: Reach]?, changes: Bool, isAnsweredFromMemory: Bool = false
  ) {
    self.needsCaller = needsCaller
    self.grants = grants
    self.changes = changes
    self.isAnsweredFromMemory = isAnsweredFromMemory
  }

  /// A route for everybody, known or not.
  public static let anyone = Access(needsCaller: false, grants: nil, changes: false)

  /// A route that reads, for everybody who is known, even in no role.
  public static let known = Access(grants: nil, changes: false)

  /// A route that reads, for everybody who is in some role.
  public static let anyRole = Access.read(RoleKind.allCases)

  /// A route that reads. A role that is for nobody in particular can own nothing, and is granted all or nothing.
  public static func read(_ all: [RoleKind], own: [RoleKind] = []) -> Access { grant(all, own, changes: false) }

  /// A route that changes something.
  public static func change(_ all: [RoleKind], own: [RoleKind] = []) -> Access { grant(all, own, changes: true) }

  /// The same for a route that is answered from memory while the database is away. What changes something never is.
  public var answeredFromMemory: Access {
    Access(needsCaller: needsCaller, grants: grants, changes: changes, isAnsweredFromMemory: !changes)
  }

  private static func grant(_ all: [RoleKind], _ own: [RoleKind], changes: Bool) -> Access {
    var grants: [RoleKind: Reach] = [:]
    for kind in own where kind.subject != nil { grants[kind] = .own }
    for kind in all { grants[kind] = .all }
    return Access(grants: grants, changes: changes)
  }

  /// How far a role of a kind reaches; nil where not at all.
  public func reach(of kind: RoleKind) -> Reach? {
    guard let grants else { return .all }
    return grants[kind]
  }

  /// How far `caller` reaches; nil where it is refused. A role for everyone of a kind is each of that kind, one by one: by it
  /// nobody reaches what is of another kind, or nobody's.
  public func scope(for caller: Caller) -> Scope? {
    guard let grants else { return .everything }
    guard !(changes && caller.isReadOnly) else { return nil }
    let granted = caller.roles.filter { grants[$0.kind] != nil }
    guard !granted.isEmpty else { return nil }
    if granted.contains(where: { grants[$0.kind] == .all }) { return .everything }
    func owners(_ subject: RoleKind.Subject) -> Owners {
      Owners(Set(granted.filter { $0.kind.subject == subject }.compactMap(\.subject)))
    }
    return .own(operators: owners(.operator), projects: owners(.project))
  }
}
