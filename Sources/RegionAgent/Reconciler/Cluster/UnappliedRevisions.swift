internal import Events
internal import Foundation
internal import NIOConcurrencyHelpers

/// Since when revisions wait to be in place, by placement; read by whoever asks for metrics, without waiting for the worker.
final class UnappliedRevisions: Sendable {
  private let since = NIOLockedValueBox<[UUID: Timestamp]>([:])

  /// Notes how it stands with a placement: nil where nothing waits.
  func note(_ placement: UUID, _ moment: Timestamp?) {
    since.withLockedValue { $0[placement] = moment }
  }

  /// The age of the oldest, in microseconds; 0 where nothing waits, or not yet.
  func oldest(at now: Timestamp) -> Int64 {
    since.withLockedValue { $0.values.min() }.map { max(0, now.microseconds(since: $0)) } ?? 0
  }
}
