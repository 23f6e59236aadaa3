import Identity
public import Migration

/// Who acts on moves, and for whom it may speak.
public struct MoveCaller: Sendable, Hashable {
  /// The subject as authenticated.
  public var principal: String
  /// The operators it acts for; `Role.everyone` stands for all.
  public var operators: Set<String>
  /// The projects whose teams it is of; `Role.everyone` stands for all.
  public var projects: Set<String>
  /// Whether it is of the body that runs the service.
  public var isServiceBody: Bool

  /// A caller.
  public init(
    principal: String, operators: Set<String> = [], projects: Set<String> = [], isServiceBody: Bool = false
  ) {
    self.principal = principal
    self.operators = operators
    self.projects = projects
    self.isServiceBody = isServiceBody
  }

  /// What it is to a move.
  public func actor(in record: MoveRecord) -> MigrationActor {
    var parties: Set<MigrationParty> = []
    if isServiceBody { parties.insert(.serviceBody) }
    if Self.covers(projects, record.move.terms.project) { parties.insert(.projectTeam) }
    if Self.covers(operators, record.route.sourceOperator) { parties.insert(.sourceOperator) }
    if Self.covers(operators, record.route.targetOperator) { parties.insert(.targetOperator) }
    return MigrationActor(principal, as: parties)
  }

  private static func covers(_ names: Set<String>, _ name: String) -> Bool {
    names.contains(name) || names.contains(Role.everyone)
  }

  /// What it is to a migration as a whole.
  public var actor: MigrationActor { MigrationActor(principal, as: isServiceBody ? [.serviceBody] : []) }
}

extension MigrationActor {
  /// What happens by itself: nobody asks for it.
  static let mover = MigrationActor(RequestContext.mover.principal, as: [.serviceBody, .projectTeam])
}

extension RequestContext {
  /// What happens by itself: nobody asks for it.
  static let mover = RequestContext(principal: "governance:mover")
}
