import Events
import Foundation
import Migration
import Model
import Postgres

extension GovernanceStore {
  /// Refuses what would take an application from its users while its migration leaves it alone. After a disaster nothing is left
  /// alone: nobody uses it.
  ///
  /// - Throws: ``StoreError`` of kind `migrationState`.
  func refuseInBlackout(
    _ event: MigrationEvent, _ record: MoveRecord, in connection: PostgresConnection
  ) async throws {
    guard record.move.disturbsUsers(event) else { return }
    let rows = try await connection.query(
      "SELECT \(MigrationRecord.columns), clock_timestamp() AS now FROM migrations g WHERE g.id = \(record.migration)")
    let migration = try MigrationRecord(row: try rows.only, asOf: Timestamp(try rows.only.decode(Date.self, "now")))
    let (route, campaign) = (record.route, migration.campaign)
    guard campaign.motive != .disaster else { return }
    let day = campaign.pace.quiet(
      record.move.terms.project,
      from: CampaignMove.Place(
        operator: route.sourceOperator, region: route.fromRegion, cluster: route.fromCluster),
      to: CampaignMove.Place(operator: route.targetOperator, region: route.toRegion, cluster: route.toCluster),
      at: migration.asOf)
    if let day { throw StoreError(MigrationRefusal.blackout(until: day)) }
  }
}
