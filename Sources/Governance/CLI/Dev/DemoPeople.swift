import Contract
import Migration
import Model

/// The people of a demo, each with a token of his own: nobody does what is another's to do.
struct DemoPeople: Sendable {
  let running: RunningStack

  /// Whoever looks at the demo: sees everything.
  var everybody: APIClient { APIClient(server: running.server, language: .fr, credential: .token(running.token)) }

  /// - Throws: ``DevError`` where nobody is called so.
  func client(of name: String) throws -> APIClient {
    guard let token = running.people[name] else {
      throw DevError("personne ne s'appelle \(name) / nobody is called so")
    }
    return APIClient(server: running.server, language: .fr, credential: .token(token))
  }

  /// Who answers for a party to a move.
  static func name(of party: MigrationParty, in move: MoveView) -> String {
    switch party {
    case .serviceBody: DevIdentity.administrator
    case .projectTeam: DevIdentity.team
    case .sourceOperator: move.source.operator
    case .targetOperator: move.target.operator
    }
  }
}
