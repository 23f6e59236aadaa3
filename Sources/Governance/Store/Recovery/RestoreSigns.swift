public import Events
public import Foundation

/// What shows that the database is older than what it has said on the bus (protocol rule 13): pure.
public enum RestoreSigns {
  /// The database's own account of a zone, read after the topic.
  public struct Account: Sendable {
    /// The epoch.
    public var epoch: Int64
    /// The last number that the zone's record was given; 0 before the first.
    public var sequence: Int64
    /// By placement that the topic holds: the row's, or that of a state that a recovery has left to people.
    public var versions: [UUID: StateVersion]
    /// The placements of which the bus holds something else under the version that the row has.
    public var others: Set<UUID>

    /// An account.
    public init(epoch: Int64, sequence: Int64, versions: [UUID: StateVersion], others: Set<UUID> = []) {
      self.epoch = epoch
      self.sequence = sequence
      self.versions = versions
      self.others = others
    }
  }

  /// The first sign there is; nil where there is none. Only what governance has signed counts.
  public static func first(in evidence: BusEvidence, against account: Account) -> String? {
    if let record = evidence.record {
      if record.epoch > account.epoch {
        return "zone \(evidence.zone): the bus knows the epoch \(record.epoch), the database \(account.epoch)"
      }
      if record.epoch == account.epoch, record.sequence > account.sequence {
        return "zone \(evidence.zone): the bus holds the zone's record \(record.sequence), the database gave "
          + "\(account.sequence)"
      }
    }
    let ahead = evidence.desired.filter { id, seen in account.versions[id].map { $0 < seen.state.version } ?? true }
    guard let (id, seen) = ahead.min(by: { $0.key.uuidString < $1.key.uuidString }) else {
      return other(in: evidence, account)
    }
    let known = account.versions[id].map(\.description) ?? "nothing"
    return "zone \(evidence.zone): of placement \(id.uuidString.lowercased()) the bus holds \(seen.state.version), the "
      + "database \(known); so it is for \(ahead.count)"
  }

  private static func other(in evidence: BusEvidence, _ account: Account) -> String? {
    let others = evidence.desired.filter { account.others.contains($0.key) }
    guard let (id, seen) = others.min(by: { $0.key.uuidString < $1.key.uuidString }) else { return nil }
    return
      "zone \(evidence.zone): of placement \(id.uuidString.lowercased()) the bus holds another \(seen.state.version) "
      + "than the database; so it is for \(others.count)"
  }
}
