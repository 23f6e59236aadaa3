import NIOConcurrencyHelpers
import Telemetry

/// What the check of whoever reads observations says. Each zone is read by itself: that one of them can be must not hide that
/// another can not.
final class ZonesHealth: Sendable {
  private let check: HealthCheck
  /// By zone.
  private let troubles = NIOLockedValueBox<[String: String]>([:])

  init(_ check: HealthCheck) {
    self.check = check
  }

  /// This zone can be read.
  func pass(_ zone: String) {
    troubles.withLockedValue { troubles in
      troubles[zone] = nil
      tell(troubles)
    }
  }

  /// This zone can not be read.
  func degraded(_ zone: String, _ message: String) {
    troubles.withLockedValue { troubles in
      troubles[zone] = message
      tell(troubles)
    }
  }

  /// This zone is not read any more: what was in its way is nobody's trouble.
  func drop(_ zone: String) {
    troubles.withLockedValue { troubles in
      if troubles.removeValue(forKey: zone) != nil { tell(troubles) }
    }
  }

  /// Under the lock, or the older of two words might be told last.
  private func tell(_ troubles: [String: String]) {
    let messages = troubles.sorted { $0.key < $1.key }.map(\.value)
    if messages.isEmpty { check.pass() } else { check.degraded(messages.joined(separator: " ; ")) }
  }
}
