internal import Foundation
internal import Metrics
internal import NIOConcurrencyHelpers

/// Counts what is changed by hand on a cluster, and knows how much of it stands; read by whoever asks for metrics, without
/// waiting for the worker.
final class DriftMeter: Sendable {
  private let cluster: String
  /// The placements that have drifted now: how many of their changes are not put back, and whether they are fought over.
  private let book = NIOLockedValueBox<[UUID: (open: Int, isContested: Bool)]>([:])

  init(cluster: String) { self.cluster = cluster }

  var standing: (open: Int, contested: Int) {
    book.withLockedValue { book in
      (book.values.reduce(0) { $0 + $1.open }, book.values.count { $0.isContested })
    }
  }

  /// Notes how it stands with a placement after an event.
  func note(_ placement: UUID, _ log: DriftLog) {
    for kind in log.found {
      Counter(label: "regie.agent.drifts", dimensions: [("cluster", cluster), ("kind", kind.rawValue)]).increment()
    }
    let open = log.open
    let standing = open > 0 || log.isContested ? (open: open, isContested: log.isContested) : nil
    book.withLockedValue { $0[placement] = standing }
  }

  func forget(_ placement: UUID) {
    book.withLockedValue { $0[placement] = nil }
  }
}
