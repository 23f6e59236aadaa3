import Foundation
import Postgres

extension GovernanceStore {
  /// For so long at least the same `Idempotency-Key` gets the same answer.
  public static let shortestKeyRetention: Duration = .seconds(7 * 86_400)

  /// Forgets the keys, with their answers, that are older than `age`, at most `limit` of them: whoever asks again with one
  /// of them asks anew. What somebody uses at the moment is passed by.
  ///
  /// - Parameter age: taken as ``shortestKeyRetention`` where it is less.
  /// - Returns: how many were forgotten; as many as `limit` where there may be more.
  public func forgetKeys(olderThan age: Duration, limit: Int = 1000) async throws -> Int {
    let seconds = max(age, Self.shortestKeyRetention).components.seconds
    return try await pool.withConnection { connection in
      try await connection.execute(
        """
        DELETE FROM idempotency_keys k USING (
          SELECT scope, key FROM idempotency_keys
          WHERE created_at < \(StoreClock.now) - \(Int64(seconds)) * interval '1 second'
          ORDER BY created_at LIMIT \(limit) FOR UPDATE SKIP LOCKED) AS old
        WHERE k.scope = old.scope AND k.key = old.key
        """)
    }
  }
}
