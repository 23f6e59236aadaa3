import NIOConcurrencyHelpers
import Placement
import Postgres

/// What is known to be stored under its digest already, and so need not be sent with every decision; and the checkpoint
/// that ledgers are told apart from at present.
final class StoredContents: Sendable {
  private struct State {
    var checkpoint: LedgerCheckpoint?
    var stored: Set<[UInt8]> = []
  }

  private let state = NIOLockedValueBox(State())

  /// From so many differing clusters on, a new checkpoint pays: the square root of what one costs, over what a
  /// difference does, about.
  static let mostChanges = 64

  /// Every so often what is stored is looked at again, lest the set grow for ever.
  private static let most = 256

  /// The checkpoint to tell a ledger by, and where it differs.
  func base(of ledger: [String: Ledger.Entry]) -> (checkpoint: LedgerCheckpoint, changes: [String: Ledger.Entry]) {
    let present = state.withLockedValue { $0.checkpoint }
    if let present, let changes = present.changes(in: ledger), changes.count <= Self.mostChanges {
      return (present, changes)
    }
    let next = LedgerCheckpoint(ledger)
    state.withLockedValue { $0.checkpoint = next }
    return (next, [:])
  }

  func isStored(_ digest: [UInt8]) -> Bool { state.withLockedValue { $0.stored.contains(digest) } }

  /// A transaction that stored these has committed.
  func remember(_ digests: [[UInt8]]) {
    state.withLockedValue { state in
      if state.stored.count > Self.most { state.stored = [] }
      state.stored.formUnion(digests)
    }
  }

  /// Whether `error` says that the database does not have what it was known to have: it was restored. All is sent
  /// again then.
  func forgets(_ error: PostgresError) -> Bool {
    guard error.table == "decisions" else { return false }
    return state.withLockedValue { state in
      defer { state = State() }
      return !state.stored.isEmpty
    }
  }
}
