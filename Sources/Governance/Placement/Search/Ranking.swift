import Model

/// Sites by rank: highest score, most free capacity, name. Only as many are put in order as are asked for.
struct Ranking {
  /// So many are put in order at first where nothing else is said.
  static let firstRanked = 16

  let scores: [Int64]
  private let limits: [ResourceAmounts]
  private let committed: [ResourceAmounts]
  /// The sites, as a set.
  let offered: SiteSet
  private(set) var sites: [Int]
  private var ranked = 0
  /// How many are put in order at first.
  private let few: Int

  /// The ranking of `sites` by their `scores`, of which a `few` are mostly all that is looked at.
  init(
    _ sites: SiteSet, scores: [Int64], limits: [ResourceAmounts], committed: [ResourceAmounts], few: Int = firstRanked
  ) {
    self.few = few
    self.scores = scores
    self.limits = limits
    self.committed = committed
    offered = sites
    self.sites = sites.sites
  }

  var count: Int { sites.count }

  /// The highest score.
  var best: Int64? {
    mutating get { self[0].map { scores[$0] } }
  }

  /// The site at a rank; nil after the last one.
  subscript(rank: Int) -> Int? {
    mutating get {
      guard rank < sites.count else { return nil }
      if rank >= ranked { rankMore(rank) }
      return sites[rank]
    }
  }

  /// The site at a rank, with its score; nil after the last one.
  mutating func place(_ rank: Int) -> (site: Int, score: Int64)? { self[rank].map { ($0, scores[$0]) } }

  /// Whether `left` comes before `right` where moves do not tell them apart.
  func prefers(_ left: Candidate, to right: Candidate) -> Bool {
    left.score == right.score ? isFreer(left.site, right.site) : left.score > right.score
  }

  private func isBetter(_ left: Int, _ right: Int) -> Bool {
    scores[left] == scores[right] ? isFreer(left, right) : scores[left] > scores[right]
  }

  /// Whether a site has more left than another, or comes first by name. Sites are numbered in the order of names. Where
  /// nothing tells clusters apart all of them are compared like this, so resources are looked at one by one.
  func isFreer(_ left: Int, _ right: Int) -> Bool {
    let (limit, other) = (limits[left], limits[right])
    let (taken, otherTaken) = (committed[left], committed[right])
    return Self.isFreer(limit.cpu, taken.cpu, other.cpu, otherTaken.cpu)
      ?? Self.isFreer(limit.memory, taken.memory, other.memory, otherTaken.memory)
      ?? Self.isFreer(limit.gpu, taken.gpu, other.gpu, otherTaken.gpu)
      ?? Self.isFreer(limit.storage, taken.storage, other.storage, otherTaken.storage)
      ?? Self.isFreer(limit.pods, taken.pods, other.pods, otherTaken.pods) ?? (left < right)
  }

  /// Whether more is left of one resource; nil where as much is.
  private static func isFreer(_ limit: Int64, _ taken: Int64, _ other: Int64, _ otherTaken: Int64) -> Bool? {
    let left = max(0, max(0, limit) - max(0, taken))
    let right = max(0, max(0, other) - max(0, otherTaken))
    return left == right ? nil : left > right
  }

  /// Brings the first few to the front, and everything in order once that is not enough.
  private mutating func rankMore(_ rank: Int) {
    guard ranked == 0, rank < few, few <= 64, sites.count > few else {
      sites = sites.sorted { isBetter($0, $1) }
      ranked = sites.count
      return
    }
    // Scores are compared first, and by themselves: only among those that may be meant is it looked at who is freer.
    let least = leastScore(of: few)
    var end = 0
    for index in sites.indices where scores[sites[index]] >= least {
      let site = sites[index]
      sites.swapAt(index, end)
      var place = end
      end += 1
      if place >= few {
        guard isBetter(site, sites[few - 1]) else { continue }
        // The site takes its place among the first few; the one that falls out takes the site's own.
        sites[place] = sites[few - 1]
        place = few - 1
      }
      while place > 0, isBetter(site, sites[place - 1]) {
        sites[place] = sites[place - 1]
        place -= 1
      }
      sites[place] = site
    }
    ranked = few
  }

  /// The score of the site at a rank, counted from 1, where all that count are scores. There are more sites than that.
  private func leastScore(of few: Int) -> Int64 {
    var tops: [Int64] = []
    tops.reserveCapacity(few)
    for site in sites {
      let score = scores[site]
      if tops.count == few {
        guard score > tops[few - 1] else { continue }
        tops.removeLast()
      }
      var place = tops.count
      tops.append(score)
      while place > 0, score > tops[place - 1] {
        tops[place] = tops[place - 1]
        place -= 1
      }
      tops[place] = score
    }
    return tops[few - 1]
  }
}
