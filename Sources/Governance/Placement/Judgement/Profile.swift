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
    var scores = [Int64](repeating: 0, count: view.limits.count)
    var best: Int64?
    let all = open
    // The buffers spare the checks of bounds and uniqueness for every site: all of them are of the engine's size.
    scores.withUnsafeMutableBufferPointer { scores in
      view.limits.withUnsafeBufferPointer { limits in
        subject.state.committed.withUnsafeBufferPointer { committed in
          view.preference.withUnsafeBufferPointer { preference in
            all.forEach { site in
              let room = Room(limit: limits[site], committed: committed[site])
              guard room.holds(need) else { return open.remove(site) }
              let score = balanceWeight * room.balance(after: need) + preference[site]
              scores[site] = score
              if best.map({ score > $0 }) ?? true { best = score }
            }
          }
        }
      }
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
