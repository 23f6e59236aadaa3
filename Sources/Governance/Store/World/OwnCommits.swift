/// What commits of this instance leave of projects, by transaction: their notification then says nothing new, and nothing is
/// read. Pure, and bounded: what is not known here is read.
struct OwnCommits: Sendable {
  /// What a project holds once it is committed.
  struct Change: Sendable {
    var held: [HeldReplica]
    /// Before the commit.
    var at: ContinuousClock.Instant
  }

  /// More than there are under way at a time.
  private static let most = 32

  private var changes: [(transaction: String, projects: [String: Change])] = []

  /// A transaction is about to be committed.
  mutating func expect(_ projects: [String: Change], of transaction: String) {
    changes.append((transaction, projects))
    if changes.count > Self.most { changes.removeFirst() }
  }

  /// It was not committed, or nobody knows.
  mutating func forget(_ transaction: String) {
    changes.removeAll { $0.transaction == transaction }
  }

  /// What a transaction has left of its projects; empty where it is not one of ours.
  func projects(of transaction: String) -> [String: Change] {
    changes.last { $0.transaction == transaction }?.projects ?? [:]
  }
}
