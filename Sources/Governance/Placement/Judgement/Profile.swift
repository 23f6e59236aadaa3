import Model

/// What all environments of one stage with one quota have in common: where a new replica fits, and how good it is.
final class Profile: Sendable {
  /// The stage's number.
  let stage: Int
  let need: ResourceAmounts
  /// Where a new replica may be.
  let open: SiteSet
  /// By site, the score of a new replica; only what is open has one.
  let scores: [Int64]
  /// The highest score of a new replica; nil where none may be anywhere.
  let best: Int64?

  init(_ view: StageView, stage: Int, need: ResourceAmounts, of subject: Subject) {
    self.stage = stage
    self.need = need
    let balanceWeight = subject.compiled.weights.balance
    var open = subject.compiled.resolved
    open.subtract(view.closed)
    // What a site is worth by preference alone, until it is known to be open.
    var scores = view.preference
    var best: Int64?
    let all = open
    func judge(_ balance: (_ site: Int, _ room: Room) -> Int64?) {
      // The buffers spare the checks of bounds and uniqueness for every site: all of them are of the engine's size.
      scores.withUnsafeMutableBufferPointer { scores in
        view.limits.withUnsafeBufferPointer { limits in
          subject.state.committed.withUnsafeBufferPointer { committed in
            all.forEach { site in
              let room = Room(limit: limits[site], committed: committed[site])
              guard let balance = balance(site, room) else { return open.remove(site) }
              let score = balanceWeight * balance + scores[site]
              scores[site] = score
              if best.map({ score > $0 }) ?? true { best = score }
            }
          }
        }
      }
    }
    if let shares = view.shares, subject.state.isSmall, need.areSmall {
      shares.withUnsafeBufferPointer { shares in judge { $1.balance(after: need, by: shares[$0]) } }
    } else {
      judge { $1.holds(need) ? $1.balance(after: need) : nil }
    }
    self.open = open
    self.scores = scores
    self.best = best
  }

  /// The highest score of a new replica at places that are in both sets; nil where there is none.
  func best(among places: SiteSet, _ admitted: SiteSet?) -> Int64? {
    var best: Int64?
    open.forEachCommon(places) { site in
      guard admitted?.contains(site) ?? true else { return }
      if best.map({ scores[site] > $0 }) ?? true { best = scores[site] }
    }
    return best
  }
}
