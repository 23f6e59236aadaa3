import Logging
import Postgres

extension GovernanceStore {
  /// Where another database was found, ends the turns of all who lead something, on whatever instance: what they have
  /// compared with the bus at the beginning of their turn was not this database, and a backup that was made in the
  /// relay's present term would bring that term back. It is owed until it was done; that several instances do it harms
  /// nobody.
  func endOwedTurns() async {
    guard life.takeOwedTurns() else { return }
    do {
      let answers = try await pool.withConnection { try await $0.pipeline([Self.nextTerm, Self.endTurns]) }
      let ended = try answers.last?.only.decode(Int64.self, "ended") ?? 0
      if ended > 0 {
        logger.notice(
          "Whoever led something begins anew, on the database that answers now", metadata: ["ended": "\(ended)"])
      }
    } catch {
      life.oweTurns()
      guard !(error is CancellationError) else { return }
      logger.warning(
        "Who led something on another database goes on for now; it is tried again", metadata: ["error": "\(error)"])
    }
  }

  /// A turn ends with the connection that holds its lock.
  private static let endTurns: PostgresQuery = """
    SELECT count(pg_terminate_backend(k.pid)) AS ended FROM pg_locks k
    WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
      AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (k.classid::bigint << 32 | k.objid::bigint) = ANY(\(StoreLocks.turns))
    """
}
