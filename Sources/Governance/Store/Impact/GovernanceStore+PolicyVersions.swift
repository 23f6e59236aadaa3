public import Model
import Postgres

extension GovernanceStore {
  /// The document of a version of the policy, in force or not.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func policyDocument(version: Int64) async throws -> PolicySpec {
    let rows = try await pool.withConnection {
      try await $0.query("SELECT document FROM policy_versions WHERE version = \(version)")
    }
    guard let row = rows.first else {
      throw StoreError(
        .notFound, "there is no version \(version) of the policy",
        fr: "il n’existe pas de version \(version) de la politique"
      )
    }
    return try row.decode(PostgresJSON.self, "document").model(PolicySpec.self)
  }
}
