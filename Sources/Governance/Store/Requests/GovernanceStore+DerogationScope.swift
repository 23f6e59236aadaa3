public import Identity
import Model
import Postgres

extension GovernanceStore {
  /// Whose derogations may be known to whoever speaks for these operators, organisations and projects (protocol rule 6).
  ///
  /// An operator that keeps a DR zone reads what DR projects ask; any other one only what is asked for data that the policy in
  /// force says to be *usuel*: a class that it does not know is not.
  public func derogationScope(
    operators: Owners, organisations: Set<String>, projects: Owners
  ) async throws -> Scope {
    guard let teams = projects.names else { return .own(operators: operators, projects: .all) }
    return try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      let ground = try await adviceGround(in: connection)
      guard !ground.keepers.contains(where: { operators.contains($0) }) else { return .everything }
      let isOperator = operators != []
      let usual = isOperator ? ground.usual : []
      let found = try await connection.query(
        """
        SELECT name FROM resources WHERE kind = 'Project' AND deleted_at IS NULL
          AND (spec ->> 'organisation' = ANY(\(organisations.sorted()))
            OR \(isOperator) AND spec -> 'dataClasses' <@ to_jsonb(\(usual)))
        """)
      let names = try found.map { try $0.decode(String.self, "name") }
      return .own(operators: operators, projects: .only(teams.union(names)))
    }
  }

  /// Which requests for derogations may be known to whoever speaks for these operators, organisations and projects: by what
  /// their projects were when they were asked, as ``DerogationReach`` says. Each is some project's.
  public func derogationReach(
    operators: Owners, organisations: Set<String>, projects: Owners
  ) async throws -> DerogationReach {
    guard let teams = projects.names else { return .everything }
    let ground = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) {
      try await adviceGround(in: $0)
    }
    guard !ground.keepers.contains(where: { operators.contains($0) }) else { return .everything }
    return .own(projects: teams, organisations: organisations, usual: operators == [] ? nil : ground.usual)
  }

  /// How sensitive a project's data is, where a class that the policy in force does not know is not *usuel*; and the operators
  /// that may be asked what they think of what it asks, in order.
  func advice(
    on project: ProjectSpec, among operators: [String], in connection: PostgresConnection
  ) async throws -> (sensitivity: Sensitivity, advisers: [String]) {
    let ground = try await adviceGround(in: connection)
    let isUsual = Set(project.dataClasses).isSubset(of: ground.usual)
    let advisers = operators.filter { isUsual || ground.keepers.contains($0) }.sorted()
    return (isUsual ? .usuel : .restricted, advisers)
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
