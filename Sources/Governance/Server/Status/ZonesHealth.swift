import NIOConcurrencyHelpers
import Telemetry

/// What the check of whoever reads observations says. Each zone is read by itself: that one of them can be must not hide that
/// another can not.
final class ZonesHealth: Sendable {
  /// What may go wrong with a zone by itself: that some of it is read must not hide that not all of it is.
  enum Way: Sendable, CaseIterable {
    /// Something is read.
    case reading
    /// All that the topic holds comes through, of each of its partitions.
    case progress
  }

  private let check: HealthCheck
  /// By zone.
  private let troubles = NIOLockedValueBox<[String: [Way: String]]>([:])

  init(_ check: HealthCheck) {
    self.check = check
  }

  /// This way works for the zone. That something is read says so for the first time; that nothing stands still says it only
  /// where something did.
  func pass(_ zone: String, _ way: Way) {
    troubles.withLockedValue { troubles in
      let before = troubles[zone]?.removeValue(forKey: way)
      if way == .reading || before != nil { tell(troubles) }
    }
  }

  /// This way does not work for the zone.
  func degraded(_ zone: String, _ way: Way, _ message: String) {
    troubles.withLockedValue { troubles in
      troubles[zone, default: [:]][way] = message
      tell(troubles)
    }
  }

  /// This zone is not read any more: what was in its way is nobody's trouble.
  func drop(_ zone: String) {
    troubles.withLockedValue { troubles in
      guard let ways = troubles.removeValue(forKey: zone), !ways.isEmpty else { return }
      tell(troubles)
    }
  }

  /// Under the lock, or the older of two words might be told last.
  private func tell(_ troubles: [String: [Way: String]]) {
    let messages = troubles.sorted { $0.key < $1.key }.flatMap { zone in
      Way.allCases.compactMap { zone.value[$0] }
    }
    if messages.isEmpty { check.pass() } else { check.degraded(messages.joined(separator: " ; ")) }
  }
}
