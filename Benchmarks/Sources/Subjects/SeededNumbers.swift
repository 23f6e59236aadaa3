/// Numbers that are the same for the same seed, on every machine.
package struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// One of the values.
  mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: values.indices, using: &self)] }

  /// Some of the values, in their order; at least one.
  mutating func some<Value>(of values: [Value], percent: Int) -> [Value] {
    let chosen = values.filter { _ in chance(percent) }
    return chosen.isEmpty ? [pick(values)] : chosen
  }

  /// Whether something happens that does so in `percent` of all cases.
  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}
