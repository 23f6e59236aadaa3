/// Whom a runbook is written for: each reads of what is theirs.
public enum RunbookReader: Sendable, Hashable {
  /// The team of a project, by the project's name.
  case projectTeam(String)
  /// Who runs clusters that are left, by the operator's name.
  case sourceOperator(String)
  /// Who runs clusters that something goes to, by the operator's name.
  case targetOperator(String)
  /// The body that runs the service, which reads of everything.
  case serviceBody

  /// What the reader speaks for.
  public var party: MigrationParty {
    switch self {
    case .projectTeam: .projectTeam
    case .sourceOperator: .sourceOperator
    case .targetOperator: .targetOperator
    case .serviceBody: .serviceBody
    }
  }

  /// The project's or the operator's name.
  public var name: String? {
    switch self {
    case .projectTeam(let name), .sourceOperator(let name), .targetOperator(let name): name
    case .serviceBody: nil
    }
  }

  /// Everybody who has a part in these moves: teams, then operators by name, then the service body.
  public static func all(of facts: RunbookFacts) -> [RunbookReader] {
    func sorted(_ name: (RunbookFacts.Move) -> String) -> [String] { Set(facts.moves.map(name)).sorted() }
    return sorted(\.terms.project).map { .projectTeam($0) } + sorted(\.source.operator).map { .sourceOperator($0) }
      + sorted(\.target.operator).map { .targetOperator($0) } + [.serviceBody]
  }

  func reads(_ move: RunbookFacts.Move) -> Bool {
    switch self {
    case .projectTeam(let name): move.terms.project == name
    case .sourceOperator(let name): move.source.operator == name
    case .targetOperator(let name): move.target.operator == name
    case .serviceBody: true
    }
  }

  func reads(_ blocked: BlockedMove) -> Bool {
    switch self {
    case .projectTeam(let name): blocked.project == name
    case .sourceOperator, .targetOperator: false
    case .serviceBody: true
    }
  }
}

extension RunbookFacts {
  /// What a reader may read, and nothing else.
  func asRead(by reader: RunbookReader) -> RunbookFacts {
    var facts = self
    for index in facts.waves.indices { facts.waves[index].moves.removeAll { !reader.reads($0) } }
    facts.waves.removeAll(where: \.moves.isEmpty)
    facts.blocked.removeAll { !reader.reads($0) }
    // How a team is reached is for those who move something of its project.
    let projects = Set(facts.moves.map(\.terms.project))
    facts.contacts.removeAll { contact in contact.project.map { !projects.contains($0) } ?? false }
    return facts
  }
}
