import Events
import NIOConcurrencyHelpers

/// The moment that the centre's clock has come to for certain: the latest that a verified record of the zone bears. It is not
/// counted on from there: an agent that hears nothing of the centre does not hear either that a removal was cancelled.
final class CentreTime: Sendable {
  private let latest = NIOLockedValueBox<Timestamp?>(nil)

  /// Notes the time of a verified record; an older one changes nothing.
  func note(_ time: Timestamp) {
    latest.withLockedValue { latest in latest = max(latest ?? time, time) }
  }

  /// Nil while no record was read.
  var earliest: Timestamp? { latest.withLockedValue { $0 } }
}
