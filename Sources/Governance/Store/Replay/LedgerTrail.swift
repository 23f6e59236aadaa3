import Placement

/// The ledgers that decisions were made on, one after the other: each as a checkpoint and what differs from it. Where too
/// much differs there is a new checkpoint, so that many decisions together take no more room for each than one.
struct LedgerTrail: Sendable {
  /// How one ledger is stored.
  struct Place: Sendable {
    /// The checkpoint's digest.
    var checkpoint: [UInt8]
    var delta: [UInt8]
  }

  /// Those that are named by the ledgers up to now.
  private(set) var checkpoints: [LedgerCheckpoint]
  private var ledger: [String: Ledger.Entry]
  private var changes: [String: Ledger.Entry]

  init(_ ledger: [String: Ledger.Entry], checkpoint: LedgerCheckpoint, changes: [String: Ledger.Entry]) {
    self.ledger = ledger
    self.changes = changes
    checkpoints = [checkpoint]
  }

  /// The ledger as it is by now.
  var place: Place {
    let checkpoint = checkpoints[checkpoints.count - 1]
    return Place(checkpoint: checkpoint.digest, delta: checkpoint.delta(changes))
  }

  /// A decision has taken these.
  mutating func take(_ entries: [String: Ledger.Entry]) {
    ledger.merge(entries) { $1 }
    changes.merge(entries) { $1 }
    guard changes.count > StoredContents.mostChanges else { return }
    checkpoints.append(LedgerCheckpoint(ledger))
    changes = [:]
  }
}
