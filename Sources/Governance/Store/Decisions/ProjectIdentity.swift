import Foundation
import Model
import Postgres

/// The UUIDs that a project and its environments are known by: the console's, or minted once.
struct ProjectIdentity: Sendable {
  var projectID: UUID
  /// By environment name.
  var environmentIDs: [String: UUID]

  /// What is named after the identifiers: they change no more. What is only reserved is named when it is confirmed.
  struct Use: Sendable {
    /// The environments that have placements.
    var environments: Set<String>

    init(environments: Set<String>) { self.environments = environments }

    init(_ held: [PlacementRecord]) {
      environments = Set(held.filter { !$0.isUnconfirmed }.map(\.spec.environment))
    }
  }

  /// Takes the project's lock, and makes sure that all identities exist.
  ///
  /// - Throws: ``StoreError`` of kind `conflict` when the console's identifier is another project's, or another than the
  ///   one that namespaces are named after already.
  static func settle(
    _ project: Resource<ProjectSpec>, inUse: Use, mint: () -> UUID, in connection: PostgresConnection
  ) async throws -> ProjectIdentity {
    let environments = project.spec.environments
    let minted = project.spec.consoleID ?? mint()
    let ids = environments.map { $0.consoleID ?? mint() }
    do {
      let answers = try await connection.pipeline([
        """
        INSERT INTO project_identities (project, project_id, from_console)
        VALUES (\(project.name), \(minted), \(project.spec.consoleID != nil)) ON CONFLICT (project) DO NOTHING
        """,
        """
        INSERT INTO environment_identities (project, environment, environment_id, from_console)
        SELECT \(project.name), e.name, e.id, e.console
        FROM unnest(\(environments.map(\.name)), \(ids), \(environments.map { $0.consoleID != nil }))
          AS e (name, id, console)
        ON CONFLICT (project, environment) DO NOTHING
        """,
        "SELECT project_id FROM project_identities WHERE project = \(project.name)",
        "SELECT environment, environment_id FROM environment_identities WHERE project = \(project.name)",
      ])
      var identity = ProjectIdentity(
        projectID: try answers[2].only.decode("project_id"),
        environmentIDs: try Dictionary(
          answers[3].map { (try $0.decode(String.self, "environment"), try $0.decode(UUID.self, "environment_id")) },
          uniquingKeysWith: { first, _ in first }))
      try await identity.adopt(project, inUse: inUse, in: connection)
      return identity
    } catch let error as PostgresError where error.sqlState == .uniqueViolation {
      throw StoreError(
        .conflict, path: "spec.consoleID", "the console's identifier belongs to another project or environment",
        fr: "l’identifiant de la console appartient à un autre projet ou environnement",
        accepted: "the identifier of this one, or none")
    }
  }

  /// Takes over the console's identifiers where they came after ours were minted, as long as nothing is named after
  /// ours.
  private mutating func adopt(
    _ project: Resource<ProjectSpec>, inUse: Use, in connection: PostgresConnection
  ) async throws {
    if let wanted = project.spec.consoleID, wanted != projectID {
      guard inUse.environments.isEmpty else { throw Self.inUse(projectID, path: "spec.consoleID") }
      projectID = wanted
      try await connection.execute(
        """
        UPDATE project_identities SET project_id = \(wanted), from_console = true WHERE project = \(project.name)
        """)
    }
    for (index, environment) in project.spec.environments.enumerated() {
      guard let wanted = environment.consoleID, let present = environmentIDs[environment.name], wanted != present
      else { continue }
      guard !inUse.environments.contains(environment.name) else {
        throw Self.inUse(present, path: "spec.environments[\(index)].consoleID")
      }
      environmentIDs[environment.name] = wanted
      try await connection.execute(
        """
        UPDATE environment_identities SET environment_id = \(wanted), from_console = true
        WHERE project = \(project.name) AND environment = \(environment.name)
        """)
    }
  }

  static func inUse(_ present: UUID, path: String) -> StoreError {
    let id = present.uuidString.lowercased()
    return StoreError(
      .conflict, path: path, "namespaces are named after another identifier, \(id)",
      fr: "des espaces de noms portent déjà un autre identifiant, \(id)", accepted: id)
  }
}
