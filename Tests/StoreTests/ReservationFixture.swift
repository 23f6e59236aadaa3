import Events
import Foundation
import Model
import Postgres
import Store
import Testing

extension StoreFixture {
  /// Puts a project and reserves room for it.
  @discardableResult
  func reserve(
    _ name: String, quota: ResourceList = Offered.small, environments: [String] = ["prod"],
    ttl: Duration = .seconds(600), key: String? = nil
  ) async throws -> ReservationRecord {
    let project = Offered.project(name, quota: quota, environments: environments)
    let outcome = try await store.reserve(
      PlacementRequest(project: project), ttl: ttl, idempotencyKey: key, context: someone)
    return try #require(outcome.reservation)
  }

  /// Confirms a reservation with the console's identifiers.
  @discardableResult
  func confirm(
    _ reservation: ReservationRecord, _ console: ConfirmationRequest, key: String? = nil
  ) async throws -> ReservationRecord {
    try await store.confirm(reservation: reservation.id, console, idempotencyKey: key, context: someone)
  }

  /// Has the end of a reservation come, `sooner` or a moment ago, by the database's clock.
  func elapse(_ reservation: ReservationRecord, in milliseconds: Int64 = 0) async throws {
    try await pool.withConnection { connection in
      try await connection.pipeline([
        """
        UPDATE holds SET created_at = created_at - interval '1 day',
          expires_at = clock_timestamp() + \(milliseconds) * interval '1 millisecond' WHERE id = \(reservation.id)
        """,
        """
        UPDATE reservations r SET expires_at = h.expires_at FROM holds h
        WHERE h.id = r.hold AND h.id = \(reservation.id) AND r.state = 'pending'
        """,
      ])
    }
  }

  /// What is promised of processors, on all clusters.
  func committedCPU() async throws -> Int64 {
    try await store.capacity().map(\.committed.cpu).reduce(0, +)
  }
}

extension ConfirmationRequest {
  /// Identifiers as a console would make them, for the environments named.
  static func fresh(_ environments: [String] = ["prod"]) -> ConfirmationRequest {
    ConfirmationRequest(
      projectID: UUID(),
      environmentIDs: Dictionary(environments.map { ($0, UUID()) }, uniquingKeysWith: { first, _ in first }))
  }
}
