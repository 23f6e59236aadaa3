import Foundation
import Model
import Placement

/// What of reservations that have expired may be released: pure.
struct DueReservations: Sendable {
  /// What the ledger can give back.
  private(set) var released: [PlacementRecord] = []
  /// What it can not: of a reservation of which it lacks something all stays.
  private(set) var kept: [PlacementRecord] = []
  /// The reservations that stay, by the clusters that lack something.
  private(set) var lacking: [String: Set<UUID>] = [:]

  /// Nothing is due.
  init() {}

  /// - Parameter ledger: what is promised on their clusters, with what they hold.
  init(_ due: [PlacementRecord], on ledger: Ledger) {
    var left = ledger.clusters.mapValues(\.committed)
    let holds = Dictionary(grouping: due) { $0.reservation ?? $0.spec.id }
    for (hold, records) in holds.sorted(by: { $0.key.uuidString < $1.key.uuidString }) {
      let amounts = Dictionary(
        records.map { ($0.spec.cluster, $0.reserved) }, uniquingKeysWith: { $0.combined(with: $1, +) })
      var after: [String: ResourceAmounts] = [:]
      for (cluster, amount) in amounts { after[cluster] = left[cluster]?.difference(from: amount) }
      let short = after.filter { entry in CountedResource.allCases.contains { entry.value[$0] < 0 } }
      guard !short.isEmpty else {
        left.merge(after) { $1 }
        released += records
        continue
      }
      kept += records
      for cluster in short.keys { lacking[cluster, default: []].insert(hold) }
    }
  }
}
