import Foundation
import Model
import Postgres

extension ProjectIdentity {
  /// Makes the console's identifiers those of the project and the environments reserved. The caller holds the project's
  /// lock.
  ///
  /// - Throws: ``StoreError`` of kind `conflict` when one of them is another's, another than the project declares, or
  ///   another than the one that namespaces are named after already.
  static func take(
    _ request: ConfirmationRequest, for reservation: ReservationRecord, in connection: PostgresConnection
  ) async throws {
    let project = reservation.project
    let answers = try await connection.pipeline([
      "SELECT project_id FROM project_identities WHERE project = \(project)",
      "SELECT environment, environment_id FROM environment_identities WHERE project = \(project)",
      """
      SELECT DISTINCT environment FROM placements
      WHERE project = \(project) AND removed_at IS NULL AND revision >= 1
      """,
      GovernanceStore.selectResource(.project, project),
    ])
    let present = ProjectIdentity(
      projectID: try answers[0].only.decode("project_id"),
      environmentIDs: try Dictionary(
        answers[1].map { (try $0.decode(String.self, "environment"), try $0.decode(UUID.self, "environment_id")) },
        uniquingKeysWith: { first, _ in first }))
    try request.check(declared: try answers[3].first.map { try AnyResource(row: $0) })
    try present.check(request, inUse: Use(environments: try Set(answers[2].map { try $0.decode("environment") })))
    do {
      try await connection.pipeline(statements(request, project: project))
    } catch let error as PostgresError where error.sqlState == .uniqueViolation {
      let path = error.table == "project_identities" ? "projectID" : "environmentIDs"
      throw StoreError(
        .conflict, path: path, "the identifier belongs to another project or environment",
        fr: "l’identifiant appartient à un autre projet ou environnement", accepted: "UUID of this one / de celui-ci")
    }
  }

  /// What is named after an identifier keeps it.
  private func check(_ request: ConfirmationRequest, inUse: Use) throws {
    if !inUse.environments.isEmpty, request.projectID != projectID {
      throw Self.inUse(projectID, path: "projectID")
    }
    for (name, id) in request.environmentIDs.sorted(by: { $0.key < $1.key }) {
      guard let present = environmentIDs[name], present != id, inUse.environments.contains(name) else { continue }
      throw Self.inUse(present, path: "environmentIDs.\(name)")
    }
  }

  private static func statements(_ request: ConfirmationRequest, project: String) -> [PostgresQuery] {
    let names = request.environmentIDs.keys.sorted()
    return [
      """
      UPDATE project_identities SET project_id = \(request.projectID), from_console = true
      WHERE project = \(project) AND (project_id <> \(request.projectID) OR NOT from_console)
      """,
      """
      UPDATE environment_identities e SET environment_id = w.id, from_console = true
      FROM unnest(\(names), \(names.compactMap { request.environmentIDs[$0] })) AS w (name, id)
      WHERE e.project = \(project) AND e.environment = w.name AND (e.environment_id <> w.id OR NOT e.from_console)
      """,
    ]
  }
}

extension ConfirmationRequest {
  /// A project that declares the console's identifiers is confirmed with these.
  fileprivate func check(declared resource: AnyResource?) throws {
    guard case .project(let project)? = resource else { return }
    var pairs: [(path: String, declared: UUID?, given: UUID?)] = [("projectID", project.spec.consoleID, projectID)]
    for environment in project.spec.environments {
      pairs.append(("environmentIDs.\(environment.name)", environment.consoleID, environmentIDs[environment.name]))
    }
    for (path, declared, given) in pairs {
      guard let declared, let given, declared != given else { continue }
      let id = declared.uuidString.lowercased()
      throw StoreError(
        .conflict, path: path, "the project declares another identifier, \(id)",
        fr: "le projet déclare un autre identifiant, \(id)", accepted: id)
    }
  }
}
