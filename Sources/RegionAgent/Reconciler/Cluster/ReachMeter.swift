internal import NIOConcurrencyHelpers

/// Whether the cluster can be kept now; read by whoever asks for metrics, without waiting for the worker.
final class ReachMeter: Sendable {
  private let box = NIOLockedValueBox(false)

  /// Whether it can, as was noted last.
  var isReached: Bool { box.withLockedValue { $0 } }

  func note(_ isReached: Bool) { box.withLockedValue { $0 = isReached } }
}
