import Events
import Foundation
import Model
import Postgres

extension GovernanceStore {
  /// Stores what a zone's agent reports, and where the consumer stands, in one transaction. Reports are believed only
  /// for placements of the topic's zone and only when newer than what is stored, so a batch may be applied twice.
  ///
  /// Pleas in heartbeats are answered first, and what they say of clusters is taken in, each in a transaction of its own. A republication waits for decisions under
  /// way, which may wait for the ledger that the batch holds: in one transaction they would wait for each other. What
  /// fails in between leaves the offset where it was, so the batch comes again, and an answer is given once per plea.
  ///
  /// - Parameters:
  ///   - batch: records in the order read.
  ///   - topic: the topic they were read from.
  ///   - zone: the zone (its slug) that the topic belongs to.
  public func apply(_ batch: [ObservationRecord], topic: String, zone: String) async throws -> ObservationResult {
    guard !batch.isEmpty else { return ObservationResult() }
    let reports = batch.compactMap { if case .placement(let state)? = $0.observation { state } else { nil } }
    let spoken = batch.compactMap { if case .agent(let status)? = $0.observation { status } else { nil } }
    let heartbeats = spoken.filter { $0.zone == zone }
    let pleas = heartbeats.compactMap(\.republication)
    var republished = 0
    for plea in Set(pleas) {
      republished += try await requestRepublication(
        zone: zone, request: plea.id, reason: plea.reason, buckets: plea.buckets)
    }
    try await takeFacts(of: heartbeats, zone: zone)
    var result = try await pool.withTransaction { connection in
      let rows = try await connection.query(
        """
        SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables)
        WHERE p.id = ANY(\(Array(Set(reports.map(\.placement))))) AND p.zone = \(zone) AND p.revision >= 1
        ORDER BY p.project, p.environment, p.replica, p.id FOR UPDATE OF p, r
        """)
      let effects = ObservationEffects(reports, on: try rows.map { try PlacementRecord(row: $0) }, zone: zone)
      var statements: [PostgresQuery] =
        try effects.updates.flatMap { try Self.store($0) }
        + QuotaDoubt.note(effects.holdings)
        + effects.released.sorted { $0.key < $1.key }.map { LedgerStatements.release($0.value, of: $0.key) }
      let others = statements.count
      for heartbeat in heartbeats { statements.append(try Self.store(heartbeat)) }
      statements.append(Self.storeOffsets(of: batch, topic: topic))
      if !heartbeats.isEmpty { statements.append(Self.life(of: zone)) }
      let answers = try await connection.pipeline(statements)
      let isNewer = answers[others..<others + heartbeats.count].map { $0.affected > 0 }
      let late = zip(heartbeats, isNewer).filter { !$0.1 }.map { $0.0.incarnation }
      let life = try heartbeats.isEmpty ? nil : answers.last?.first?.decode(Int64.self, "incarnation")
      return ObservationResult(
        applied: effects.updates.map(\.placement), stale: effects.stale, foreign: effects.foreign,
        removed: effects.updates.filter(\.removed).map(\.placement), heard: heartbeats.count - late.count, life: life,
        earlierLife: late.filter { $0 < life ?? 0 }.max())
    }
    result.republished = republished
    return result
  }

  /// The next offset to read, by partition; partitions never read are absent.
  public func offsets(topic: String) async throws -> [Int32: Int64] {
    let rows = try await pool.withConnection {
      try await $0.query("SELECT partition, next_offset FROM consumer_offsets WHERE topic = \(topic)")
    }
    return try Dictionary(
      rows.map { (try $0.decode(Int32.self, "partition"), try $0.decode(Int64.self, "next_offset")) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The latest heartbeats of the agents of declared zones, by zone.
  public func agents() async throws -> [AgentRecord] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT a.status, a.stored_at, a.silent_milliseconds FROM agents a WHERE \(Self.isOfDeclaredZone) ORDER BY a.zone
        """)
    }
    return try rows.map { row in
      AgentRecord(
        status: try row.decode(PostgresJSON.self, "status").decode(AgentStatus.self),
        storedAt: Timestamp(try row.decode(Date.self, "stored_at")),
        silence: .milliseconds(try row.decode(Int64.self, "silent_milliseconds")))
    }
  }

  /// Says that the consumer was connected to a zone's topic and caught up for `time`, and heard no heartbeat. Only this
  /// makes an agent's heartbeat old (protocol rule 16): an outage of the bus or of the centre does not. An agent that was
  /// never heard is silent from the moment on from which it could have been.
  public func recordSilence(zone: String, for time: Duration) async throws {
    let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
    _ = try await pool.withConnection {
      try await $0.execute(
        """
        WITH heard AS (
          UPDATE agents SET silent_milliseconds = silent_milliseconds + \(milliseconds) WHERE zone = \(zone) RETURNING zone)
        INSERT INTO unheard_zones AS u (zone, silent_milliseconds)
        SELECT \(zone), \(milliseconds) WHERE NOT EXISTS (SELECT FROM heard)
        ON CONFLICT (zone) DO UPDATE SET silent_milliseconds = u.silent_milliseconds + excluded.silent_milliseconds
        """)
    }
  }

  private static func store(_ update: ObservationEffects.Update) throws -> [PostgresQuery] {
    let state = update.state
    var statements: [PostgresQuery] = [
      """
      UPDATE placements SET observed = \(PostgresJSON(bytes: try BusCodec.encode(state))),
        observed_epoch = \(state.observedEpoch), observed_revision = \(state.observedRevision),
        observed_incarnation = \(state.incarnation), observed_sequence = \(state.sequence),
        observed_ready = \(update.ready), observed_stored_at = clock_timestamp(),
        removed_at = CASE WHEN \(update.removed) THEN clock_timestamp() ELSE removed_at END
      WHERE id = \(update.placement)
      """
    ]
    if let reserved = update.reserved {
      statements.append(PlacementStatements.reserved(reserved, by: update.placement))
    }
    if update.removed {
      statements.append(
        """
        UPDATE reservations SET state = 'released', released_at = clock_timestamp(), released_because = 'observed'
        WHERE placement = \(update.placement)
        """)
    }
    return statements
  }

  private static func life(of zone: String) -> PostgresQuery { "SELECT incarnation FROM agents WHERE zone = \(zone)" }

  private static func storeOffsets(of batch: [ObservationRecord], topic: String) -> PostgresQuery {
    let next = Dictionary(batch.map { ($0.partition, $0.offset + 1) }, uniquingKeysWith: max)
    let partitions = next.keys.sorted()
    return """
      INSERT INTO consumer_offsets (topic, partition, next_offset)
      SELECT \(topic)::text, o.partition, o.next
      FROM unnest(\(partitions), \(partitions.compactMap { next[$0] })) AS o (partition, next)
      ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset
      """
  }

  /// Stores a heartbeat that is newer than the one known, without its digests: they are compared and done with.
  private static func store(_ status: AgentStatus) throws -> PostgresQuery {
    var status = status
    status.reports = nil
    return """
      INSERT INTO agents AS a (zone, incarnation, sequence, status, stored_at, silent_milliseconds)
      VALUES (\(status.zone), \(status.incarnation), \(status.sequence),
        \(PostgresJSON(bytes: try BusCodec.encode(status))), clock_timestamp(), 0)
      ON CONFLICT (zone) DO UPDATE SET incarnation = excluded.incarnation, sequence = excluded.sequence,
        status = excluded.status, stored_at = excluded.stored_at, silent_milliseconds = 0
      WHERE (a.incarnation, a.sequence) < (excluded.incarnation, excluded.sequence)
      """
  }
}
