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

  /// Tells the ledgers of decisions that are made one after the other, the first on this one.
  func trail(of ledger: [String: Ledger.Entry]) -> LedgerTrail {
    let present = state.withLockedValue { $0.checkpoint }
    if let present, let changes = present.changes(in: ledger), changes.count <= Self.mostChanges {
      return LedgerTrail(checkpoint: present, changes: changes)
    }
    let next = LedgerCheckpoint(ledger)
    state.withLockedValue { $0.checkpoint = next }
    return LedgerTrail(checkpoint: next, changes: [])
  }

  /// What of these is not known to be stored.
  func missing(_ prepared: PreparedOffer, _ checkpoints: [LedgerCheckpoint]) -> [StoredContent] {
    let contents =
      [StoredContent(table: .offers, digest: prepared.digest, bytes: prepared.bytes)]
      + checkpoints.map { StoredContent(table: .ledgers, digest: $0.digest, bytes: $0.bytes) }
    return state.withLockedValue { state in contents.filter { !state.stored.contains($0.digest) } }
  }

  /// A transaction that stored these has committed.
  func remember(_ digests: [[UInt8]]) {
    state.withLockedValue { state in
      if state.stored.count > Self.most { state.stored = [] }
      state.stored.formUnion(digests)
    }
  }

  /// Nothing is known to be stored: another database answers.
  func clear() {
    state.withLockedValue { $0 = State() }
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
