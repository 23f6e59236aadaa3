import Model

/// What the components of a score weigh.
struct Weights: Sendable {
  var balance: Int64
  var affinity: Int64
  var stickiness: Int64
  var locality: Int64
  /// A soft taint or a broken soft spread outweighs the whole of balance and locality at their defaults.
  let costs: Int64 = 4

  /// The weights of a policy: balance 1, affinity 2, stickiness 3 and locality 0 where it does not say.
  init(_ scoring: PolicySpec.Scoring?) {
    balance = Self.clamped(scoring?.balance ?? 1)
    affinity = Self.clamped(scoring?.affinity ?? 2)
    stickiness = Self.clamped(scoring?.stickiness ?? 3)
    locality = Self.clamped(scoring?.locality ?? 0)
  }

  /// A weight, held within what may be said: what was never validated must not overflow a score.
  static func clamped(_ weight: Int) -> Int64 { Int64(max(-10, min(10, weight))) }

  /// Adds what barriers speak for and against sites, as far as these are `open`.
  func add(_ preferences: [Barrier], where open: SiteSet, to added: inout [Int64]) {
    // The buffer spares the checks of bounds and uniqueness for every site.
    added.withUnsafeMutableBufferPointer { added in
      for preference in preferences {
        let worth = preference.code == .softTaint ? costs * -1000 : affinity * 100 * preference.weight
        open.forEachCommon(preference.sites) { added[$0] += worth }
      }
    }
  }

  /// The weighted sum.
  func score(_ components: ScoreComponents) -> Int64 {
    balance * components.balance + affinity * components.affinity + stickiness * components.stickiness
      + locality * components.locality + costs * (components.taints + components.spread)
  }
}
