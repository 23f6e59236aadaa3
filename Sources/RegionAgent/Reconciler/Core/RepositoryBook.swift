internal import Events

/// What a machine in mode `gitops` knows of its placement's way through the repository.
struct RepositoryBook: Sendable {
  /// Between two looks at a namespace's volumes, in microseconds.
  static let lookInterval: Int64 = 60_000_000

  /// What was last handed over to be written.
  var handed: CommitOrder?
  var standing = CommitStanding.pending
  var fault: RepositoryFault?
  var volumes = VolumeSighting.unknown
  var lookedAt: Timestamp?
  /// The look that is under way.
  var looking: Int?

  /// Another state is wanted; the repository's faults are not its own.
  mutating func begin() {
    handed = nil
    standing = .pending
    volumes = .unknown
    lookedAt = nil
    looking = nil
  }

  /// When the volumes are to be looked at again; nil for at once, also when the clock was put back.
  func lookDue(at now: Timestamp) -> Timestamp? {
    guard let lookedAt, (0..<Self.lookInterval).contains(now.microseconds(since: lookedAt)) else { return nil }
    return Timestamp(microseconds: lookedAt.microseconds + Self.lookInterval)
  }
}
