import Events
import Foundation
import Logging
import Model
import Postgres
import Requests

extension GovernanceStore {
  /// Reminds operators of delays that are about to end, puts before the board what has passed, and takes note of ends that have
  /// moved, all by the database's clock. Any number of instances may do so at once; whoever comes first under the row's lock
  /// does it.
  public func tendFlows() async throws -> RequestTending {
    let due = try await pool.withConnection {
      try await $0.query(
        """
        SELECT id FROM network_flows WHERE next_at <= \(StoreClock.now)
        UNION SELECT id FROM network_flows WHERE closing_at <= \(StoreClock.now)
        UNION SELECT id FROM network_flows WHERE NOT \(Self.isLive)
          AND jsonb_array_length(body -> 'openEnds') > 0 AND NOT body ? 'closings'
        UNION SELECT id FROM network_flows WHERE \(Self.isLive)
          AND ground IS DISTINCT FROM flow_ground(project, environment, system, peer_project, peer_environment)
        ORDER BY id LIMIT 1000
        """)
    }
    var changed: [UUID] = []
    var failure: (any Error)?
    for row in due {
      let id = try row.decode(UUID.self, "id")
      do {
        if try await passTime(onFlow: id) { changed.append(id) }
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        // One that can not be looked after keeps no other from being looked after.
        failure = failure ?? error
        logger.warning(
          "A network flow could not be looked after",
          metadata: ["flow": "\(id.uuidString.lowercased())", "error": "\(error)"])
      }
    }
    if let failure { throw failure }
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT (extract(epoch FROM least(
          (SELECT min(next_at) FROM network_flows WHERE next_at IS NOT NULL),
          (SELECT min(closing_at) FROM network_flows WHERE closing_at IS NOT NULL)) - clock_timestamp()) * 1000000)::bigint
          AS next
        """)
    }
    return RequestTending(changed: changed, next: due.count == 1000 ? .zero : try rows.only.age("next"))
  }

  /// - Returns: Whether it was this call that did something.
  private func passTime(onFlow id: UUID) async throws -> Bool {
    try await pool.withTransaction { connection in
      let present = try await storedFlow(id, locked: true, in: connection)
      let moment = try await flowMoment(for: present.flow.wish, in: connection)
      let record = try await act(
        [.clock], on: present, by: Self.flowClock, at: moment, context: Self.requestClock, in: connection)
      if record.revision == present.revision {
        // Seen, and nothing of it matters: else it would be looked at for ever.
        try await connection.execute("UPDATE network_flows SET ground = \(moment.stored) WHERE id = \(id)")
      }
      return record.revision != present.revision
    }
  }
}
