/// Numbers that only look like chance: always the same ones, so that a search that shakes things up stays repeatable.
struct PseudoNumbers {
  private var state: UInt64 = 20_261_126

  /// A number below a bound, which is at least 1.
  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }
}
