import Foundation
import TestSupport
import Testing

/// Every test of the whole system, one after the other: each one starts programs that want the machine for themselves.
@Suite(.serialized) enum SystemSuite {
  /// How often tests that strike at random moments do so: `REGIE_SYSTEM_ROUNDS`, else few enough for every day.
  static func rounds(_ usual: Int) -> Int {
    ProcessInfo.processInfo.environment["REGIE_SYSTEM_ROUNDS"].flatMap { Int($0) } ?? usual
  }

  /// What a test says that has to take the bus away or wrap it round, which is possible with the mock only.
  static let needsMock = "not run: needs the mock broker, so KAFKA_BOOTSTRAP_SERVERS must not be set"
}

extension Dice {
  /// Of a seed of chance, or of the one that `REGIE_SYSTEM_SEED` gives back.
  init() {
    self.init(
      seed: ProcessInfo.processInfo.environment["REGIE_SYSTEM_SEED"].flatMap { UInt64($0) }
        ?? .random(in: .min ... .max))
  }

  /// Lets a random while pass, so that a fault strikes at no particular moment.
  mutating func pause(_ range: ClosedRange<Int>) async throws {
    try await Task.sleep(for: .milliseconds(Int.random(in: range, using: &self)))
  }
}
