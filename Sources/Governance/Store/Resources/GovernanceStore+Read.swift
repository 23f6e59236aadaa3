public import Events
import Foundation
public import Model
import Postgres

extension GovernanceStore {
  /// One resource.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func get(_ kind: Kind, _ name: String) async throws -> AnyResource {
    let rows = try await pool.withConnection { try await $0.query(Self.selectResource(kind, name)) }
    guard let row = rows.first else { throw StoreError.notFound(kind, name) }
    return try AnyResource(declared: row)
  }

  /// The resources of a kind by name, `limit` (1 to 1000) at a time; with `projects` only these, or what speaks of them.
  public func list(
    _ kind: Kind, of projects: [String]? = nil, limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<AnyResource> {
    try Cursor.check(limit: limit)
    let after = try Cursor.decode(cursor, as: String.self) ?? ""
    let rows = try await pool.withConnection {
      try await $0.query(Self.listResources(kind, of: projects, after: after, limit: limit + 1))
    }
    return try Page(rows.map { try AnyResource(declared: $0) }, limit: limit, key: \.metadata.name)
  }

  /// All zones by name; their slugs name the topics.
  public func zones() async throws -> [Resource<ZoneSpec>] {
    let rows = try await pool.withConnection {
      try await $0.query(Self.listResources(.zone, after: "", limit: .max))
    }
    return try rows.compactMap { row in
      guard case .zone(let zone) = try AnyResource(declared: row) else { return nil }
      return zone
    }
  }

  /// The policy that decisions are made under now, by the database's clock; nil before the first.
  public func policyInForce() async throws -> PolicyVersion? {
    let rows = try await pool.withConnection {
      try await $0.query(
        "SELECT version, effective_at, document FROM policy_versions WHERE version = (\(Self.inForce))")
    }
    guard let row = rows.first else { return nil }
    return PolicyVersion(
      version: try row.decode("version"), effectiveAt: Timestamp(try row.decode(Date.self, "effective_at")),
      spec: try row.decode(PostgresJSON.self, "document").model(PolicySpec.self))
  }

  /// The number of the policy in force by the database's clock.
  static let inForce: PostgresQuery =
    "SELECT max(version) FROM policy_versions WHERE effective_at <= clock_timestamp()"

  static func selectResource(_ kind: Kind, _ name: String) -> PostgresQuery {
    """
    SELECT \(AnyResource.columns) FROM resources
    WHERE kind = \(kind.rawValue) AND name = \(name) AND deleted_at IS NULL
    """
  }

  static func listResources(
    _ kind: Kind, of projects: [String]? = nil, after name: String, limit: Int
  ) -> PostgresQuery {
    let restriction: PostgresQuery =
      projects.map { projects in
        kind == .project ? "AND name = ANY(\(projects))" : "AND spec ->> 'project' = ANY(\(projects))"
      } ?? ""
    return """
      SELECT \(AnyResource.columns) FROM resources
      WHERE kind = \(kind.rawValue) AND name > \(name) AND deleted_at IS NULL \(restriction)
      ORDER BY name LIMIT \(limit)
      """
  }
}

/// A ratified policy.
public struct PolicyVersion: Sendable, Hashable {
  /// From 1.
  public let version: Int64
  /// Since when it is in force.
  public let effectiveAt: Timestamp
  /// The document.
  public let spec: PolicySpec
}
