/// A random source whose seed a failing test shows: SplitMix64.
public struct Dice: RandomNumberGenerator, Sendable {
  /// What it began with.
  public let seed: UInt64
  private var state: UInt64

  /// The same seed gives the same numbers.
  public init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A new seed, printed so that a failure can be had again.
  public static func fresh(_ test: String) -> Dice {
    let dice = Dice(seed: .random(in: .min ... .max))
    print("\(test): seed \(dice.seed)")
    return dice
  }
}
