import Postgres

/// Something that decisions name by its digest, so that it is stored once.
struct StoredContent: Sendable {
  /// Where it is stored.
  enum Table: Sendable {
    case offers
    case ledgers
  }

  var table: Table
  var digest: [UInt8]
  var bytes: [UInt8]

  /// Stores it, unless it is.
  var statement: PostgresQuery {
    switch table {
    case .offers:
      "INSERT INTO offer_snapshots (digest, bytes) VALUES (\(digest), \(bytes)) ON CONFLICT DO NOTHING"
    case .ledgers:
      "INSERT INTO ledger_checkpoints (digest, bytes) VALUES (\(digest), \(bytes)) ON CONFLICT DO NOTHING"
    }
  }
}

extension GovernanceStore {
  /// Stores what the decisions of a batch will name, before its transaction: whoever has the ledger locked and wants to
  /// store the same must not wait for one that waits for the ledger.
  ///
  /// The disk is not waited for. A decision that names this commits later, and its commit takes all before it along.
  ///
  /// - Returns: the ledger that the first of them was made on.
  func keepContents(of ground: BatchGround, _ trials: [Trial]) async throws -> LedgerTrail {
    let first = contents.trail(of: ground.ledger)
    var trail = first
    for trial in trials { trail.take(trial.taken) }
    let missing = contents.missing(ground.prepared, trail.checkpoints)
    guard !missing.isEmpty else { return first }
    try await pool.withTransaction { connection in
      try await connection.pipeline(["SET LOCAL synchronous_commit = off"] + missing.map(\.statement))
    }
    contents.remember(missing.map(\.digest))
    return first
  }
}
