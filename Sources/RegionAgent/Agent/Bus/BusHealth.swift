import NIOConcurrencyHelpers
import Telemetry

/// What the check `kafka` says. Decisions are read and reports are sent by clients of their own: that one of them works
/// must not hide that the other does not. Anybody may ask for health: causes are for the log.
final class BusHealth: Sendable {
  /// What may go wrong by itself.
  enum Way: Sendable, CaseIterable {
    /// Decisions are read.
    case decisions
    /// All that the topic holds comes through, of each of its partitions.
    case progress
    /// The bus takes reports.
    case reports
  }

  private let check: HealthCheck
  private let troubles = NIOLockedValueBox<[Way: String]>([
    .decisions: "la lecture des décisions n'a pas commencé",
    .reports: "le bus n'a encore pris aucun compte rendu",
  ])

  init(_ check: HealthCheck) {
    self.check = check
  }

  /// This way works.
  func pass(_ way: Way) {
    tell { $0[way] = nil }
  }

  /// This way does not work, or less well than it should.
  func degraded(_ way: Way, _ message: String) {
    tell { $0[way] = message }
  }

  /// Under the lock, or the older of two words might be told last.
  private func tell(_ change: (inout [Way: String]) -> Void) {
    troubles.withLockedValue { troubles in
      change(&troubles)
      let messages = Way.allCases.compactMap { troubles[$0] }
      if messages.isEmpty { check.pass() } else { check.degraded(messages.joined(separator: " ; ")) }
    }
  }
}
