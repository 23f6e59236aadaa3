public import Identity
import Model
import Postgres

extension GovernanceStore {
  /// Whose derogations may be known to whoever speaks for these operators, organisations and projects (protocol rule 6).
  ///
  /// An operator that keeps a DR zone reads what DR projects ask; any other one only what is asked for data that the policy in
  /// force says to be *usuel*: a class that it does not know is not.
  public func derogationScope(
    operators: Set<String>, organisations: Set<String>, projects: Set<String>
  ) async throws -> Scope {
    try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      let ground = try await adviceGround(in: connection)
      guard ground.keepers.isDisjoint(with: operators) else { return .everything }
      let usual = operators.isEmpty ? [] : ground.usual
      let found = try await connection.query(
        """
        SELECT name FROM resources WHERE kind = 'Project' AND deleted_at IS NULL
          AND (spec ->> 'organisation' = ANY(\(organisations.sorted()))
            OR \(!operators.isEmpty) AND spec -> 'dataClasses' <@ to_jsonb(\(usual)))
        """)
      return .own(operators: operators, projects: projects.union(try found.map { try $0.decode("name") }))
    }
  }

  /// The operators that may be asked what they think of what a project asks, in order.
  func advisers(
    on project: ProjectSpec, among operators: [String], in connection: PostgresConnection
  ) async throws -> [String] {
    let ground = try await adviceGround(in: connection)
    let isUsual = Set(project.dataClasses).isSubset(of: ground.usual)
    return operators.filter { isUsual || ground.keepers.contains($0) }.sorted()
  }

  /// Who keeps a DR zone, and which classes of data are *usuel*, with all that they derive from.
  private func adviceGround(
    in connection: PostgresConnection
  ) async throws -> (keepers: Set<String>, usual: [String]) {
    let rows = try await connection.pipeline([
      Self.selectPlaces, "SELECT document FROM policy_versions WHERE version = (\(Self.inForce))",
    ])
    let keepers = try rows[0].compactMap { row -> String? in
      let sensitivity = try row.decode(String.self, "sensitivity")
      return sensitivity == Sensitivity.usuel.rawValue ? nil : try row.decode("operator")
    }
    let policy = try rows[1].first?.decode(PostgresJSON.self, "document").model(PolicySpec.self)
    let usual = policy.map { policy in
      policy.dataClasses.map(\.name).filter { policy.sensitivity(of: $0) == .usuel }
    }
    return (Set(keepers), usual ?? [])
  }
}
