/// How good a batch is placed, or at best could be: the most projects, then the fewest other chains for what stands, the first
/// terms, for the whole and for what is new, and the highest preference, then the least full cluster.
public struct BatchObjective: Codable, Sendable, Hashable {
  /// Projects placed. Higher is better.
  public var placed: Int
  /// How much of what stands and stays another chain delivers to than before, of all projects placed. Lower is better, and comes
  /// before any term.
  public var rechained: Int
  /// The sum of the numbers of the preference terms that hold, from 0, of all projects placed; where none does, as many as
  /// the project has. Lower is better, and comes before any score.
  public var terms: Int
  /// The sum of the numbers of the terms that all replicas hold which do not stay where they are, of the projects of
  /// which none holds for the whole; where none does, as many as the project has. Lower is better, and comes before any
  /// score.
  public var newTerms: Int
  /// The sum of the scores of all replicas placed, each without what balance adds to it, and of what the rules on
  /// chains make of the chains that deliver to the projects, weighed like the scores. Higher is better.
  public var preference: Int64
  /// The largest share of any resource that is promised on any of the clusters that get something, in thousandths of
  /// the highest limit among the stages asked for, rounded up; 0 where none gets any. Lower is better.
  public var fullest: Int64

  /// An objective's value.
  public init(placed: Int, rechained: Int = 0, terms: Int = 0, newTerms: Int = 0, preference: Int64, fullest: Int64) {
    self.placed = placed
    self.rechained = rechained
    self.terms = terms
    self.newTerms = newTerms
    self.preference = preference
    self.fullest = fullest
  }

  /// Decodes an objective; one from before chains were held, or terms of what is new were told, counts none of them.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      placed: try container.decode(Int.self, forKey: .placed),
      rechained: try container.decodeIfPresent(Int.self, forKey: .rechained) ?? 0,
      terms: try container.decode(Int.self, forKey: .terms),
      newTerms: try container.decodeIfPresent(Int.self, forKey: .newTerms) ?? 0,
      preference: try container.decode(Int64.self, forKey: .preference),
      fullest: try container.decode(Int64.self, forKey: .fullest))
  }

  /// Whether this is better than another one.
  public func isBetter(than other: Self) -> Bool {
    if placed != other.placed { return placed > other.placed }
    if rechained != other.rechained { return rechained < other.rechained }
    if terms != other.terms { return terms < other.terms }
    if newTerms != other.newTerms { return newTerms < other.newTerms }
    if preference != other.preference { return preference > other.preference }
    return fullest < other.fullest
  }

  /// How many levels, from the first on, reach `bound`: 0 to 3. Chains, terms and scores are one, what is preferred.
  func levels(reaching bound: Self) -> Int {
    if placed < bound.placed { return 0 }
    if rechained > bound.rechained || terms > bound.terms || newTerms > bound.newTerms { return 1 }
    if preference < bound.preference { return 1 }
    return fullest > bound.fullest ? 2 : 3
  }
}
