import Events
import Foundation
import NIOConcurrencyHelpers
import Postgres

/// Learns from the database, at the moment of the commit, that a report was stored.
///
/// A later report replaces an earlier one, so the first that says *Applied* can not be looked up afterwards. A trigger
/// that only this database has announces each; announcements are delivered after the commit.
final class ReportWatch: Sendable {
  /// When a placement's reports were first heard of.
  struct Heard: Sendable {
    var applied: Timestamp?
    var ready: Timestamp?
  }

  private static let channel = "bench_reports"
  private let configuration: PostgresConfiguration
  private let heard = NIOLockedValueBox<[UUID: Heard]>([:])

  private init(configuration: PostgresConfiguration) {
    self.configuration = configuration
  }

  /// Adds the trigger to a database that has Régie's schema.
  static func install(in configuration: PostgresConfiguration) async throws -> ReportWatch {
    let holds = { (condition: String) in
      "NEW.observed @? '$.conditions[*] ? (@.type == \"\(condition)\" && @.status == \"True\")'"
    }
    try await PostgresConnection.withConnection(configuration) { connection in
      try await connection.script(
        """
        CREATE FUNCTION bench_report() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_notify('\(channel)', format('%s %s %s', NEW.id, \(holds(ConditionType.applied)),
            \(holds(ConditionType.ready))));
          RETURN NULL;
        END $$;
        CREATE TRIGGER bench_report AFTER UPDATE OF observed ON placements
          FOR EACH ROW WHEN (NEW.observed IS NOT NULL) EXECUTE FUNCTION bench_report();
        """)
    }
    return ReportWatch(configuration: configuration)
  }

  /// Listens until the task is cancelled.
  func follow() async {
    let listener = PostgresListener(configuration: configuration, channels: [Self.channel], logger: Surroundings.quiet)
    for await event in listener {
      let now = Timestamp(Date())
      guard case .notification(_, let payload) = event else { continue }
      let words = payload.split(separator: " ").map(String.init)
      guard words.count == 3, let placement = UUID(uuidString: words[0]) else { continue }
      heard.withLockedValue { heard in
        var entry = heard[placement] ?? Heard()
        if words[1] == "t", entry.applied == nil { entry.applied = now }
        if words[2] == "t", entry.ready == nil { entry.ready = now }
        heard[placement] = entry
      }
    }
  }

  var readyCount: Int { heard.withLockedValue { $0.values.count { $0.ready != nil } } }

  subscript(placement: UUID) -> Heard? { heard.withLockedValue { $0[placement] } }
}
