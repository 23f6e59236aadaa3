public import Logging
public import Postgres

/// The database's schema, as ordered immutable files inside the program.
public enum StoreMigrations {
  /// How long one migration may take unless somebody says otherwise.
  public static let timeout: Duration = .seconds(600)

  /// Brings a database to this program's schema; several instances may do so at once.
  ///
  /// - Parameter timeout: how long one migration may take, and how long others are waited for.
  /// - Returns: The versions applied now.
  /// - Throws: ``PostgresError``: the database is away, holds a migration that this program does not know or that was
  ///   changed, or lacks what its schema has.
  public static func migrate(
    _ configuration: PostgresConfiguration, within timeout: Duration = StoreMigrations.timeout, logger: Logger
  ) async throws -> [Int] {
    var patient = try migrator()
    patient.patience = timeout
    return try await patient.migrate(configuration, logger: logger)
  }

  /// The migrations, for tools that look at them first.
  public static func migrator() throws(PostgresError) -> PostgresMigrator {
    var migrator = try PostgresMigrator(all)
    migrator.inventory = inventory
    return migrator
  }

  static var all: [PostgresMigration] {
    [
      PostgresMigration(version: 1, name: "foundation", sql: text(PackageResources._001_foundation_sql)),
      PostgresMigration(version: 2, name: "reservations", sql: text(PackageResources._002_reservations_sql)),
      PostgresMigration(version: 3, name: "audit_chain", sql: text(PackageResources._003_audit_chain_sql)),
      PostgresMigration(version: 4, name: "world", sql: text(PackageResources._004_world_sql)),
      PostgresMigration(version: 5, name: "checks", sql: text(PackageResources._005_checks_sql)),
      PostgresMigration(version: 6, name: "cluster_facts", sql: text(PackageResources._006_cluster_facts_sql)),
      PostgresMigration(version: 7, name: "commits", sql: text(PackageResources._007_commits_sql)),
      PostgresMigration(version: 8, name: "bus", sql: text(PackageResources._008_bus_sql)),
      PostgresMigration(version: 9, name: "recovery", sql: text(PackageResources._009_recovery_sql)),
      PostgresMigration(version: 10, name: "indexes", sql: text(PackageResources._010_indexes_sql)),
      PostgresMigration(version: 11, name: "limits", sql: text(PackageResources._011_limits_sql)),
      PostgresMigration(version: 12, name: "unmatched", sql: text(PackageResources._012_unmatched_sql)),
      PostgresMigration(version: 13, name: "api_keys", sql: text(PackageResources._013_api_keys_sql)),
      PostgresMigration(version: 14, name: "board", sql: text(PackageResources._014_board_sql)),
      PostgresMigration(version: 15, name: "impact", sql: text(PackageResources._015_impact_sql)),
      PostgresMigration(version: 16, name: "impact_dates", sql: text(PackageResources._016_impact_dates_sql)),
      PostgresMigration(version: 17, name: "board_facts", sql: text(PackageResources._017_board_facts_sql)),
      PostgresMigration(version: 18, name: "audit_trail", sql: text(PackageResources._018_audit_trail_sql)),
      PostgresMigration(version: 19, name: "capacity", sql: text(PackageResources._019_capacity_sql)),
      PostgresMigration(version: 20, name: "requests", sql: text(PackageResources._020_requests_sql)),
      PostgresMigration(version: 21, name: "flows", sql: text(PackageResources._021_flows_sql)),
      PostgresMigration(version: 22, name: "webhooks", sql: text(PackageResources._022_webhooks_sql)),
      PostgresMigration(version: 23, name: "history", sql: text(PackageResources._023_history_sql)),
      PostgresMigration(version: 24, name: "qualifications", sql: text(PackageResources._024_qualifications_sql)),
      PostgresMigration(version: 25, name: "moves", sql: text(PackageResources._025_moves_sql)),
      PostgresMigration(version: 26, name: "forgotten", sql: text(PackageResources._026_forgotten_sql)),
      PostgresMigration(version: 27, name: "webhook_secrets", sql: text(PackageResources._027_webhook_secrets_sql)),
      PostgresMigration(version: 28, name: "flow_closings", sql: text(PackageResources._028_flow_closings_sql)),
      PostgresMigration(version: 29, name: "forgetting", sql: text(PackageResources._029_forgetting_sql)),
      PostgresMigration(version: 30, name: "move_flows", sql: text(PackageResources._030_move_flows_sql)),
      PostgresMigration(version: 31, name: "flow_closing_at", sql: text(PackageResources._031_flow_closing_at_sql)),
      PostgresMigration(version: 32, name: "names_of_requests", sql: text(PackageResources._032_names_of_requests_sql)),
      PostgresMigration(version: 33, name: "kept", sql: text(PackageResources._033_kept_sql)),
      PostgresMigration(version: 34, name: "shared_budgets", sql: text(PackageResources._034_shared_budgets_sql)),
      PostgresMigration(version: 35, name: "chain_history", sql: text(PackageResources._035_chain_history_sql)),
      PostgresMigration(version: 36, name: "terms", sql: text(PackageResources._036_terms_sql)),
      PostgresMigration(version: 37, name: "seen", sql: text(PackageResources._037_seen_sql)),
      PostgresMigration(version: 38, name: "quotas", sql: text(PackageResources._038_quotas_sql)),
      PostgresMigration(version: 39, name: "settled", sql: text(PackageResources._039_settled_sql)),
      PostgresMigration(version: 40, name: "asked", sql: text(PackageResources._040_asked_sql)),
      PostgresMigration(version: 41, name: "one_state", sql: text(PackageResources._041_one_state_sql)),
      PostgresMigration(version: 42, name: "awaited", sql: text(PackageResources._042_awaited_sql)),
      PostgresMigration(version: 43, name: "impact_truth", sql: text(PackageResources._043_impact_truth_sql)),
      PostgresMigration(
        version: 44, name: "suspended_board", sql: text(PackageResources._044_suspended_board_sql)),
      PostgresMigration(version: 45, name: "unheard", sql: text(PackageResources._045_unheard_sql)),
      PostgresMigration(version: 46, name: "told_versions", sql: text(PackageResources._046_told_versions_sql)),
      PostgresMigration(
        version: 47, name: "pseudonyms_from", sql: text(PackageResources._047_pseudonyms_from_sql)),
      PostgresMigration(
        version: 48, name: "pseudonyms_known", sql: text(PackageResources._048_pseudonyms_known_sql)),
      PostgresMigration(version: 49, name: "departures", sql: text(PackageResources._049_departures_sql)),
      PostgresMigration(version: 50, name: "chains", sql: text(PackageResources._050_chains_sql)),
      PostgresMigration(version: 51, name: "shorter commits", sql: text(PackageResources._051_shorter_commits_sql)),
      PostgresMigration(version: 52, name: "gone_by_name", sql: text(PackageResources._052_gone_by_name_sql)),
      PostgresMigration(version: 53, name: "impact_engine", sql: text(PackageResources._053_impact_engine_sql)),
      PostgresMigration(
        version: 54, name: "one_check_of_placements", sql: text(PackageResources._054_one_check_of_placements_sql)),
      PostgresMigration(
        version: 55, name: "one_check_of_reservations", sql: text(PackageResources._055_one_check_of_reservations_sql)),
      PostgresMigration(version: 56, name: "chain_decision", sql: text(PackageResources._056_chain_decision_sql)),
      PostgresMigration(version: 57, name: "impact_questions", sql: text(PackageResources._057_impact_questions_sql)),
      PostgresMigration(version: 58, name: "message_timeouts", sql: text(PackageResources._058_message_timeouts_sql)),
      PostgresMigration(version: 59, name: "fact_attempts", sql: text(PackageResources._059_fact_attempts_sql)),
    ]
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
