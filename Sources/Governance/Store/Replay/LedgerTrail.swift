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
  /// Where it differs from the last of them, in the order of its clusters: each decision writes them all.
  private var changes: [LedgerCheckpoint.Change]

  init(checkpoint: LedgerCheckpoint, changes: [LedgerCheckpoint.Change]) {
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
    let checkpoint = checkpoints[checkpoints.count - 1]
    for (cluster, entry) in entries { checkpoint.note(entry, of: cluster, in: &changes) }
    guard changes.count > StoredContents.mostChanges else { return }
    checkpoints.append(checkpoint.with(changes))
    changes = []
  }
}
