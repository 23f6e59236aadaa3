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
  /// Whether the namespace may leave the repository: volumes were looked for after its moment.
  var mayFinish = false

  /// Another state is wanted; the repository's faults are not its own.
  mutating func begin() {
    handed = nil
    standing = .pending
    volumes = .unknown
    lookedAt = nil
    looking = nil
    mayFinish = false
  }

  /// The moment at which the namespace goes, where it is alone with its quota by now.
  var releaseMoment: Timestamp? { if case .emptied(let until) = standing { until } else { nil } }

  /// When the volumes are to be looked at again; nil for at once, also when the clock was put back. The last look is made when
  /// the namespace is about to go.
  func lookDue(at now: Timestamp) -> Timestamp? {
    if let lookedAt, let releaseMoment, lookedAt < releaseMoment, now >= releaseMoment { return nil }
    guard let lookedAt, (0..<Self.lookInterval).contains(now.microseconds(since: lookedAt)) else { return nil }
    let due = Timestamp(microseconds: lookedAt.microseconds + Self.lookInterval)
    return releaseMoment.map { $0 > now ? min($0, due) : due } ?? due
  }
}
