import Foundation
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

/// A random source whose seed a failing test shows; `REGIE_SYSTEM_SEED` gives it back.
struct Dice: RandomNumberGenerator {
  let seed: UInt64
  private var state: UInt64

  init(
    seed: UInt64 = ProcessInfo.processInfo.environment["REGIE_SYSTEM_SEED"].flatMap { UInt64($0) }
      ?? .random(in: .min ... .max)
  ) {
    self.seed = seed
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Lets a random while pass, so that a fault strikes at no particular moment.
  mutating func pause(_ range: ClosedRange<Int>) async throws {
    try await Task.sleep(for: .milliseconds(Int.random(in: range, using: &self)))
  }
}
