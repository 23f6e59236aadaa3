import NIOConcurrencyHelpers
import Reconciler

/// Whether something may be deleted, as far as the bus is concerned: the reader says so, workers of clusters ask.
final class TrustBoard: Sendable {
  private let box = NIOLockedValueBox<Refusal?>(ZoneTrust().refusal)

  /// Why nothing may be deleted now; nil while it may.
  var refusal: Refusal? { box.withLockedValue { $0 } }

  func post(_ refusal: Refusal?) {
    box.withLockedValue { $0 = refusal }
  }
}
