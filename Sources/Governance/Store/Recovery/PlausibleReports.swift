import Events
import Foundation
import Model

/// Which reports are counted where it is asked what agents have seen: nobody signs them, and one that is made up must neither
/// hold a recovery up nor use the country's epochs up.
///
/// Agents may have seen what neither the database nor the bus holds any more, some recoveries and many revisions of it. More
/// than that was never decided.
struct PlausibleReports {
  /// How many recoveries may be lost, at the most.
  static let epochs: Int64 = 1000
  /// How many decisions on one placement may be lost, at the most.
  static let revisions: Int64 = 1_000_000

  /// The highest epoch that governance has signed or noted.
  let signedEpoch: Int64
  /// What is not counted, in the order of zones and placements.
  let refused: [(zone: String, placement: UUID, version: StateVersion)]
  private let isRefused: [String: Set<UUID>]
  /// Where placements are by the books, and by what was published: whoever else reports them is not believed.
  private let zones: [UUID: String]

  init(_ books: RecoveryPlan.Books, _ evidence: [BusEvidence]) {
    var epoch = books.epoch
    var revisions: [UUID: Int64] = [:]
    var zones: [UUID: String] = [:]
    func take(_ placement: UUID, _ version: StateVersion) {
      epoch = max(epoch, version.epoch)
      revisions[placement] = max(revisions[placement] ?? 0, version.revision)
    }
    for record in books.placements {
      take(record.spec.id, record.version)
      zones[record.spec.id] = record.spec.zone
    }
    for (placement, state) in books.published { take(placement, state.version) }
    for (placement, version) in books.left { take(placement, version) }
    for zone in evidence {
      if let record = zone.record { epoch = max(epoch, record.epoch) }
      for (placement, seen) in zone.desired {
        take(placement, seen.state.version)
        zones[placement] = zones[placement] ?? zone.zone
      }
    }
    signedEpoch = epoch
    let refused = evidence.flatMap { zone in
      zone.observed.values.filter {
        Self.isFar($0.observedEpoch, above: epoch, Self.epochs)
          || Self.isFar($0.observedRevision, above: revisions[$0.placement] ?? 0, Self.revisions)
      }.map { (zone: zone.zone, placement: $0.placement, version: $0.version) }
    }
    self.refused = refused.sorted {
      ($0.zone, $0.placement.uuidString) < ($1.zone, $1.placement.uuidString)
    }
    isRefused = Dictionary(grouping: refused, by: \.zone).mapValues { Set($0.map(\.placement)) }
    self.zones = zones
  }

  private static func isFar(_ number: Int64, above known: Int64, _ distance: Int64) -> Bool {
    number > known && number - known > distance
  }

  /// The zone's evidence without what is not counted.
  func keeping(_ zone: BusEvidence) -> BusEvidence {
    var zone = zone
    let refused = isRefused[zone.zone] ?? []
    zone.observed = zone.observed.filter { placement, _ in
      !refused.contains(placement) && zones[placement, default: zone.zone] == zone.zone
    }
    return zone
  }
}
