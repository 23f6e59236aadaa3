/// How good a batch is placed, or at best could be: the most projects, then the first terms and the highest preference, then
/// the least full cluster.
public struct BatchObjective: Codable, Sendable, Hashable {
  /// Projects placed. Higher is better.
  public var placed: Int
  /// The sum of the numbers of the preference terms that hold, from 0, of all projects placed; where none does, as many as
  /// the project has. Lower is better, and comes before any score.
  public var terms: Int
  /// The sum of the scores of all replicas placed, each without what balance adds to it. Higher is better.
  public var preference: Int64
  /// The largest share of any resource that is promised on any of the clusters that get something, in thousandths of
  /// the highest limit among the stages asked for, rounded up; 0 where none gets any. Lower is better.
  public var fullest: Int64

  /// An objective's value.
  public init(placed: Int, terms: Int = 0, preference: Int64, fullest: Int64) {
    self.placed = placed
    self.terms = terms
    self.preference = preference
    self.fullest = fullest
  }

  /// Whether this is better than another one.
  public func isBetter(than other: Self) -> Bool {
    if placed != other.placed { return placed > other.placed }
    if terms != other.terms { return terms < other.terms }
    if preference != other.preference { return preference > other.preference }
    return fullest < other.fullest
  }

  /// How many levels, from the first on, reach `bound`: 0 to 3. Terms and scores are one, what is preferred.
  func levels(reaching bound: Self) -> Int {
    if placed < bound.placed { return 0 }
    if terms > bound.terms || preference < bound.preference { return 1 }
    return fullest > bound.fullest ? 2 : 3
  }
}
