import Events
import Foundation
import NIOConcurrencyHelpers
import Reconciler

/// Whether something may be deleted, as far as the bus is concerned: the reader says so, workers of clusters ask.
final class TrustBoard: Sendable {
  private let box = NIOLockedValueBox<Refusal?>(ZoneTrust().refusal)
  private let vouching = NIOLockedValueBox<(@Sendable (UUID) -> Bool)?>(nil)
  private let recognising = NIOLockedValueBox<(@Sendable (UUID, SignedState) -> KeptState)?>(nil)
  private let hearing = NIOLockedValueBox<(@Sendable (UUID, StateVersion) -> Void)?>(nil)

  /// Why nothing may be deleted now; nil while it may.
  var refusal: Refusal? { box.withLockedValue { $0 } }

  /// Whether the zone's record says that nothing newer of a placement was published than what was accepted.
  func vouches(for placement: UUID) -> Bool {
    vouching.withLockedValue { $0 }?(placement) ?? false
  }

  /// Tells the reader of a state that is refused because its placement was removed later.
  func obsolete(_ placement: UUID, _ version: StateVersion) {
    hearing.withLockedValue { $0 }?(placement, version)
  }

  /// What to make of a state that an earlier life has kept.
  func recognise(_ placement: UUID, _ signed: SignedState) -> KeptState {
    recognising.withLockedValue { $0 }?(placement, signed) ?? .nothing("the topic is not read yet")
  }

  /// Has `vouches` and `recognise` asked from now on: what is posted is the word of a moment, and a state may have come since.
  /// And has `obsolete` told.
  func follow(
    _ vouches: @escaping @Sendable (UUID) -> Bool, recognise: @escaping @Sendable (UUID, SignedState) -> KeptState,
    obsolete: @escaping @Sendable (UUID, StateVersion) -> Void
  ) {
    vouching.withLockedValue { $0 = vouches }
    recognising.withLockedValue { $0 = recognise }
    hearing.withLockedValue { $0 = obsolete }
  }

  func post(_ refusal: Refusal?) {
    box.withLockedValue { $0 = refusal }
  }
}
