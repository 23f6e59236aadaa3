import Events
public import Foundation
import Logging
import Model
import Postgres
import Requests

extension GovernanceStore {
  /// Tells of ends that are near, and ends what is over, by the database's clock. Any number of instances may do so at once;
  /// whoever comes first under the row's lock does it.
  ///
  /// Decisions do not wait for it: they go by the period. What it ends is what everybody reads.
  public func tendDerogations() async throws -> RequestTending {
    let due = try await pool.withConnection {
      try await $0.query(
        """
        SELECT id FROM derogation_requests WHERE next_at <= \(StoreClock.now)
        ORDER BY next_at, number LIMIT 1000
        """)
    }
    var changed: [UUID] = []
    var failure: (any Error)?
    for row in due {
      let id = try row.decode(UUID.self, "id")
      do {
        if try await passTime(on: id) { changed.append(id) }
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        // One that can not be looked after keeps no other from being looked after.
        failure = failure ?? error
        logger.warning(
          "A derogation could not be looked after",
          metadata: ["request": "\(id.uuidString.lowercased())", "error": "\(error)"])
      }
    }
    if let failure { throw failure }
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT (extract(epoch FROM min(next_at) - clock_timestamp()) * 1000000)::bigint AS next
        FROM derogation_requests WHERE next_at IS NOT NULL
        """)
    }
    return RequestTending(changed: changed, next: try rows.only.age("next"))
  }

  /// - Returns: Whether it was this call that did something.
  private func passTime(on id: UUID) async throws -> Bool {
    // Another instance may have come first: then nobody's decisions are held up for it.
    let rows = try await pool.withConnection {
      try await $0.query("SELECT 1 FROM derogation_requests WHERE id = \(id) AND next_at <= clock_timestamp()")
    }
    guard !rows.isEmpty else { return false }
    let hasChanged = try await pool.withTransaction { connection in
      try await connection.execute(StoreLocks.takeOffer())
      let present = try await storedDerogation(id, locked: true, in: connection)
      let clock = RequestActor(principal: Self.requestClock.principal)
      let record = try await act(.clock, on: present, by: clock, context: Self.requestClock, in: connection)
      return record.revision != present.revision
    }
    if hasChanged { world.forgetHead() }
    return hasChanged
  }

  /// Who ends what is over: nobody asks for it.
  static let requestClock = RequestContext(principal: "governance:clock")
}

/// What looking after requests did.
public struct RequestTending: Sendable, Hashable {
  /// The requests that time has changed.
  public let changed: [UUID]
  /// How long until time changes another one, by the database's clock; nil while it never does.
  public let next: Duration?
}
