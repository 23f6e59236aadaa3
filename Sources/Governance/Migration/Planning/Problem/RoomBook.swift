import Model
import Placement

/// What clusters have promised, what moves add to them and take from them, and what they may promise.
///
/// Each stage has its own limit on the sum, and it is looked at when something of the stage is added: so what may have more
/// can come after what may have less, in one cluster.
struct RoomBook {
  /// By stage and site.
  private let limits: [[Load]]
  /// By site, whether all stages have one limit.
  let isAlike: [Bool]
  /// By site, the highest limit, and one divided by it: 0 for what is not offered.
  let highest: [Load]
  private let inverse: [SIMD8<Double>]
  private let stageCount: Int
  private(set) var committed: [Load]
  private var freed: [Load]
  private var added: [Load]
  private var sum: [Load]
  /// Whether what moves away from a site makes room there.
  var usesFreed = false

  init(_ engine: Engine, stages: [String], ledger: Ledger) {
    limits = stages.map { engine.limits(in: $0).map { Load($0) } }
    let (limits, sites) = (limits, engine.clusters.indices)
    isAlike = sites.map { site in limits.allSatisfy { $0[site] == limits[0][site] } }
    highest = sites.map { site in limits.reduce(Load()) { $0.maximum($1[site]) } }
    inverse = highest.map { limit in
      var inverse = SIMD8<Double>()
      for index in 0..<8 where limit[index] > 0 { inverse[index] = 1 / Double(limit[index]) }
      return inverse
    }
    stageCount = max(1, stages.count)
    committed = engine.clusters.map { Load(ledger[$0].committed) }
    freed = Array(repeating: Load(), count: sites.count)
    sum = freed
    added = Array(repeating: Load(), count: sites.count * stageCount)
  }

  /// Whether something fits on a site that is empty.
  func couldEverHold(_ load: Load, stage: Int, at site: Int) -> Bool {
    Load.isWithin(limits[stage][site], load, grownBy: load)
  }

  /// Whether a site has room for something more, without some of what was added to it.
  func admits(_ load: Load, stage: Int, at site: Int, without gone: [(load: Load, stage: Int)] = []) -> Bool {
    if isAlike[site] {
      let growth = gone.reduce(sum[site] &+ load) { $0 &- $1.load }
      return Load.isWithin(limits[stage][site], base(site) &+ growth, grownBy: growth)
    }
    var growths = (0..<stageCount).map { added[site * stageCount + $0] }
    growths[stage] &+= load
    for one in gone { growths[one.stage] &-= one.load }
    return isWithin(growths, at: site)
  }

  /// Whether a site holds what was added to it.
  func holds(at site: Int) -> Bool { admits(Load(), stage: 0, at: site) }

  /// Whether what has been added to a site so far is within the limits of all the stages that something was added of, in
  /// whatever order it was.
  func holdsInAnyOrder(_ load: Load, stage: Int, at site: Int) -> Bool {
    let growth = sum[site] &+ load
    guard !isAlike[site] else { return Load.isWithin(limits[stage][site], base(site) &+ growth, grownBy: growth) }
    return (0..<stageCount).allSatisfy { other in
      let own = added[site * stageCount + other] &+ (other == stage ? load : Load())
      return Load.isWithin(limits[other][site], base(site) &+ growth, grownBy: own)
    }
  }

  /// Whether adding something to a site leaves what is still to come there, and may have less, its room.
  func leavesRoom(_ load: Load, stage: Int, at site: Int, for coming: [Load]) -> Bool {
    guard !isAlike[site] else { return true }
    let growth = sum[site] &+ load
    return (0..<stageCount).allSatisfy { other in
      guard other != stage, isAfter(stage, other, at: site) else { return true }
      let before = (0..<stageCount).filter { !isAfter($0, other, at: site) }
      let total = before.reduce(base(site) &+ growth) { $0 &+ coming[$1] }
      return Load.isWithin(limits[other][site], total, grownBy: coming[other])
    }
  }

  private func base(_ site: Int) -> Load {
    guard usesFreed else { return committed[site] }
    return Load().maximum(committed[site] &- freed[site])
  }

  private func isWithin(_ growths: [Load], at site: Int) -> Bool {
    let base = base(site)
    return (0..<stageCount).allSatisfy { stage in
      let total = (0..<stageCount).reduce(base) { isAfter($1, stage, at: site) ? $0 : $0 &+ growths[$1] }
      return Load.isWithin(limits[stage][site], total, grownBy: growths[stage])
    }
  }

  /// Whether what one stage adds may always come after what another one does.
  private func isAfter(_ one: Int, _ other: Int, at site: Int) -> Bool {
    let (limit, lower) = (limits[one][site], limits[other][site])
    return limit != lower && !any(limit .< lower)
  }

  mutating func add(_ load: Load, stage: Int, to site: Int) {
    added[site * stageCount + stage] &+= load
    sum[site] &+= load
  }

  mutating func remove(_ load: Load, stage: Int, from site: Int) {
    added[site * stageCount + stage] &-= load
    sum[site] &-= load
  }

  /// Something leaves a site.
  mutating func free(_ load: Load, at site: Int) { freed[site] &+= load }

  /// It does not.
  mutating func unfree(_ load: Load, at site: Int) { freed[site] &-= load }

  /// What was added becomes promised.
  mutating func commit() {
    for site in sum.indices {
      committed[site] &+= sum[site]
      sum[site] = Load()
    }
    added = Array(repeating: Load(), count: added.count)
  }

  /// A source is removed.
  mutating func release(_ load: Load, at site: Int) { committed[site] = Load().maximum(committed[site] &- load) }

  /// What is promised with what was added, whether its source is gone or not.
  func total(at site: Int) -> Load { committed[site] &+ sum[site] }

  /// Whether anything was added to a site.
  func isTouched(_ site: Int) -> Bool { sum[site] != Load() }

  /// The largest share of a resource that would be promised of a site with something more, in millionths.
  func share(at site: Int, with load: Load = Load()) -> Int64 {
    let total = base(site) &+ sum[site] &+ load
    // Sums stay below 2^62, which a Double holds well enough to rank by; the shares of what is offered are small.
    return Int64(min((SIMD8<Double>(total) * inverse[site]).max() * 1_000_000, 1e15))
  }

  /// The largest share of something by itself, in millionths.
  func size(_ load: Load, at site: Int) -> Int64 {
    Int64(min((SIMD8<Double>(load) * inverse[site]).max() * 1_000_000, 1e15))
  }
}
