import NIOConcurrencyHelpers

/// Counts how often something was looked at.
final class Looks: Sendable {
  private let count = NIOLockedValueBox(0)

  /// How often before.
  func next() -> Int {
    count.withLockedValue { count in
      defer { count += 1 }
      return count
    }
  }
}
