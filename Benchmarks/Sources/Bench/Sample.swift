import Events
import Foundation
import Postgres

/// The moments of one placement.
struct Sample: Sendable {
  /// The decision, inside its transaction; by the database's clock.
  let decided: Timestamp
  /// The state is signed and handed to the producer; by governance's clock.
  let published: Timestamp
  /// The agent has it, verified; by the agent's clock.
  let received: Timestamp
  /// All objects are on the cluster.
  let applied: Timestamp
  /// The report that says so is committed, and this process knows.
  let stored: Timestamp
  /// The same of the report that says that the quota's `status.hard` is filled.
  let ready: Timestamp
}

/// Reads what the run left in the database.
enum Samples {
  /// - Parameter pattern: Which projects, as SQL's `LIKE` has it.
  static func read(
    _ watch: ReportWatch, from configuration: PostgresConfiguration, namedLike pattern: String
  ) async throws -> [Sample] {
    let rows = try await PostgresConnection.withConnection(configuration) { connection in
      try await connection.query(
        "SELECT id, decided_at, observed FROM placements WHERE project LIKE \(pattern) AND observed_ready")
    }
    return try rows.compactMap { row in
      let heard = watch[try row.decode(UUID.self, "id")]
      let timeline = try row.decode(PostgresJSON.self, "observed").decode(ObservedState.self).timeline
      guard let published = timeline.publishedAt, let received = timeline.receivedAt, let applied = timeline.appliedAt,
        let stored = heard?.applied, let ready = heard?.ready
      else { return nil }
      return Sample(
        decided: Timestamp(try row.decode(Date.self, "decided_at")), published: published, received: received,
        applied: applied, stored: stored, ready: ready)
    }
  }

  /// One line per placement, in the order of the decisions: when it was decided, and how long each stage took.
  static func csv(_ samples: [Sample]) -> String {
    let header = "decided_us,relay_us,bus_us,apply_us,status_us,ready_us"
    let lines = samples.sorted { $0.decided < $1.decided }.map { sample in
      let moments = [sample.decided, sample.published, sample.received, sample.applied, sample.stored]
      let stages = zip(moments, moments.dropFirst()).map { $1.microseconds(since: $0) }
      let numbers = [sample.decided.microseconds] + stages + [sample.ready.microseconds(since: sample.decided)]
      return numbers.map { String($0) }.joined(separator: ",")
    }
    return ([header] + lines).joined(separator: "\n") + "\n"
  }
}
