import Events
import Foundation
import NIOConcurrencyHelpers
import Reconciler

/// Whether something may be deleted, as far as the bus is concerned: the reader says so, workers of clusters ask.
final class TrustBoard: Sendable {
  private let refusing = NIOLockedValueBox<(@Sendable (UUID) -> Refusal?)?>(nil)
  private let vouching = NIOLockedValueBox<(@Sendable (UUID) -> Bool)?>(nil)
  private let recognising = NIOLockedValueBox<(@Sendable (UUID, SignedState) -> KeptState)?>(nil)
  private let hearing = NIOLockedValueBox<(@Sendable (UUID, StateVersion) -> Void)?>(nil)

  /// Why nothing of a placement may be deleted now; nil while it may.
  func refusal(of placement: UUID) -> Refusal? {
    guard let asked = refusing.withLockedValue({ $0 }) else { return ZoneTrust().refusal }
    return asked(placement)
  }

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

  /// Has `refusal`, `vouches` and `recognise` asked from now on, each time anew: a state that calls a removal back may have
  /// come since. And has `obsolete` told.
  func follow(
    refusal: @escaping @Sendable (UUID) -> Refusal?, vouches: @escaping @Sendable (UUID) -> Bool,
    recognise: @escaping @Sendable (UUID, SignedState) -> KeptState,
    obsolete: @escaping @Sendable (UUID, StateVersion) -> Void
  ) {
    refusing.withLockedValue { $0 = refusal }
    vouching.withLockedValue { $0 = vouches }
    recognising.withLockedValue { $0 = recognise }
    hearing.withLockedValue { $0 = obsolete }
  }
}
