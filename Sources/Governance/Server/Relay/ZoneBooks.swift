import Events
import Foundation
import Store

/// What the relay knows the bus to hold, zone by zone, and when each zone's record is due (protocol rule 10).
///
/// A record is due when something has changed, at most once in an interval: at once after a quiet time, and again when
/// the interval is over, for as long as something changes. Where nothing changes it is due again after some minutes: a
/// topic that has lost its end has lost its last record with it, and the one before agrees with what is left.
struct ZoneBooks: Sendable {
  private struct Zone: Sendable {
    var book = DigestBook()
    /// By partition, the offset after the last state that the bus has acknowledged.
    var offsets = [Int64](repeating: 0, count: Int(Topics.partitions))
    var isChanged = true
    /// Tombstones lie on the bus that no record covers yet.
    var hasUncovered = false
    /// The bus has taken a record in this term.
    var isRecorded = false
    /// What the next record asks the agent for.
    var request: ReportRequest?
    var lastTried: ContinuousClock.Instant?

    /// The last one counts, not the highest: a topic that was made anew begins at nought.
    mutating func reach(_ offset: Int64, of partition: Int32) {
      while offsets.count <= Int(partition) { offsets.append(0) }
      offsets[Int(partition)] = offset + 1
    }
  }

  /// Between two records of a zone.
  static let interval: Duration = .seconds(2)
  /// Between two records of a zone of which nothing changes.
  static let repetition: Duration = .seconds(300)

  private var zones: [String: Zone] = [:]
  /// The zones that something may still have to be said to, whatever is in their books; nil while that was not read yet.
  private var addressed: Set<String>?
  /// The zones whose topics were there when that was read; nil while it was not yet.
  private var onBus: Set<String>?

  /// Books of what is known at the beginning of a term; the record of each zone is due.
  ///
  /// - Parameter recorded: the zones that have a record: one of which nothing is left on the bus still has to say so.
  init(_ states: [PublishedState] = [], recorded: [String] = []) {
    for zone in recorded { zones[zone] = Zone() }
    note(states)
  }

  /// The zones there are, in no order.
  var names: Set<String> { Set(zones.keys) }

  /// Takes note of what the bus has acknowledged, in the order of offsets within each partition.
  mutating func note(_ states: [PublishedState]) {
    for state in states {
      var zone = zones[state.zone] ?? Zone()
      zone.reach(state.offset, of: state.partition)
      if (zone.book[state.placement]?.version).map({ $0 <= state.version }) ?? true {
        zone.book.set(state.placement, version: state.version, content: state.content)
      }
      zone.isChanged = true
      zones[state.zone] = zone
    }
  }

  /// Takes note of tombstones that the bus has acknowledged, in the order of offsets within each partition: the next record
  /// does not count these placements, and covers their tombstones.
  mutating func bury(_ tombstones: [PublishedTombstone]) {
    for tombstone in tombstones {
      guard var zone = zones[tombstone.zone] else { continue }
      zone.reach(tombstone.offset, of: tombstone.partition)
      zone.book.remove(tombstone.placement)
      zone.isChanged = true
      zone.hasUncovered = true
      zones[tombstone.zone] = zone
    }
  }

  /// Has the records of zones due in which nothing has changed: their topics may have been made anew, and hold none then.
  mutating func renew(_ names: Set<String>) {
    for name in names where zones[name] != nil { zones[name]?.isChanged = true }
  }

  /// Takes note of the zones that something may still have to be said to, whatever is in their books: the others were deleted.
  mutating func address(_ names: Set<String>) { addressed = names }

  /// Whether it is to be read which zones' topics are there, once in a term: it matters where zones were deleted.
  var wantsZonesOnBus: Bool { onBus == nil && zones.contains { !$0.value.isRecorded && isOver($0.key, $0.value) } }

  /// Takes note of the zones whose topics are there.
  mutating func find(onBus names: Set<String>) { onBus = names }

  /// Whether nothing is to be said of a zone any more: it was deleted, and nothing is left of it on the bus. Somebody may have
  /// deleted its topics, and a record would make them again. Where they are there one is sent in each term: an earlier leader
  /// may have ended between the last tombstones and the record that covers them.
  private func isOver(_ name: String, _ zone: Zone) -> Bool {
    guard let addressed, !zone.hasUncovered else { return false }
    guard zone.book.count == 0, !addressed.contains(name) else { return false }
    return zone.isRecorded || !(onBus ?? []).contains(name)
  }

  /// Takes note of what agents are to be asked for: the next record of a zone carries it, and is due where that is new.
  mutating func ask(_ requests: [String: ReportRequest]) {
    for name in zones.keys where zones[name]?.request != requests[name] {
      if requests[name] != nil { zones[name]?.isChanged = true }
      zones[name]?.request = requests[name]
    }
  }

  /// The zones whose records are to be sent now, in order, without those of which the bus may hold what is not known.
  func due(at now: ContinuousClock.Instant, without troubled: Set<String>) -> [String] {
    zones.filter { name, zone in
      let pause = zone.isChanged ? Self.interval : Self.repetition
      return !troubled.contains(name) && !isOver(name, zone) && (zone.lastTried.map { now - $0 >= pause } ?? true)
    }.keys.sorted()
  }

  /// When the next one that has changed is due; nil while nothing has.
  func nextDue(without troubled: Set<String>) -> ContinuousClock.Instant? {
    zones.filter { $0.value.isChanged && !troubled.contains($0.key) && !isOver($0.key, $0.value) }
      .compactMap(\.value.lastTried).min().map { $0 + Self.interval }
  }

  /// The record of a zone under the number it was given; nil for a zone that is not known.
  func record(_ number: ZoneRecordNumber) -> ZoneRecord? {
    zones[number.zone].map { zone in
      ZoneRecord(
        zone: number.zone, epoch: number.epoch, sequence: number.sequence, at: number.at, count: zone.book.count,
        offsets: zone.offsets, buckets: zone.book.buckets, reportAgain: zone.request)
    }
  }

  /// Takes note of what became of a record that was sent at `now`: one that was not taken is due as soon as any other.
  mutating func tried(_ zone: String, at now: ContinuousClock.Instant, isPublished: Bool) {
    zones[zone]?.lastTried = now
    zones[zone]?.isChanged = !isPublished
    guard isPublished else { return }
    zones[zone]?.hasUncovered = false
    zones[zone]?.isRecorded = true
  }
}

/// A tombstone that the bus has acknowledged.
struct PublishedTombstone: Sendable, Hashable {
  var placement: UUID
  var zone: String
  var partition: Int32
  var offset: Int64
}
