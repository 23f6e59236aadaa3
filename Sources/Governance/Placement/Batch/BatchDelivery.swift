/// What a project of a batch could be worth by one chain. Every way of placing it has one, which delivers to all of it.
struct BatchDelivery {
  /// What the rules on chains add to the preference.
  let worth: Int64
  /// By environment, where the chain delivers: that does not depend on what else is placed.
  private let sites: [SiteSet]

  /// By chain, in the order of the offer.
  static func all(of judgement: Judgement) -> [BatchDelivery] {
    let scores = judgement.subject.chainScores(in: judgement.views)
    return scores.indices.map { chain in
      BatchDelivery(
        worth: judgement.subject.compiled.weights.affinity * scores[chain],
        sites: judgement.environments.map { judgement.views[$0.view].delivered[chain] })
    }
  }

  /// What no way of placing the project by this chain exceeds, locality apart; nil where an environment has no place
  /// that is meant and delivered to.
  ///
  /// All that such a way adds up is the chain's worth, what each replica is worth where it is, and what costs. Each
  /// replica is on a site that its environment may have by itself and the chain delivers to, no two of an environment
  /// on one, and by itself none is worth more there than the site's candidate says: so the best sites of each
  /// environment are worth no less. Others in the batch only take room, which takes sites away.
  ///
  /// - Parameter meant: The candidates of each environment that are meant.
  func most(of parts: [BatchProject.Part], on meant: [BatchCandidates]) -> Int64? {
    // Most chains deliver nowhere that some environment could be: that costs a look at a few words, and no candidate.
    for (meant, sites) in zip(meant, sites) where meant.sites.firstCommon(sites) == nil { return nil }
    var sum = worth
    for (number, sites) in sites.enumerated() {
      var best = BestPreferences(parts[number].replicas)
      meant[number].forEach(on: sites) { best.add(parts[number].candidates[$0].preference) }
      guard let most = best.sum else { return nil }
      sum += most
    }
    return sum
  }

  /// Marks the candidates among those meant that are worth most where the chain delivers.
  func mark(_ parts: inout [BatchProject.Part], on meant: [BatchCandidates]) {
    for (number, sites) in sites.enumerated() {
      var there: [Int] = []
      meant[number].forEach(on: sites) { there.append($0) }
      let most = there.map { parts[number].candidates[$0].preference }.max()
      for index in there where parts[number].candidates[index].preference == most {
        parts[number].candidates[index].isBest = true
      }
    }
  }
}

/// Some candidates of an environment, found by their sites.
struct BatchCandidates {
  let sites: SiteSet
  /// By site, which candidate it is.
  private let numbers: [Int: Int]

  /// - Parameter capacity: How many sites there are.
  init(of part: BatchProject.Part, among capacity: Int, where isMeant: (BatchProject.Part.Candidate) -> Bool) {
    let meant = part.candidates.indices.filter { isMeant(part.candidates[$0]) }
    sites = SiteSet(meant.map { part.candidates[$0].site }, of: capacity)
    numbers = Dictionary(meant.map { (part.candidates[$0].site, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Visits the candidates on some sites, in the order of the sites.
  func forEach(on others: SiteSet, _ body: (Int) -> Void) {
    sites.forEachCommon(others) { site in
      if let number = numbers[site] { body(number) }
    }
  }
}

/// The best of what replicas could be worth. Replicas are never on one cluster, so these add up at most.
struct BestPreferences {
  private let replicas: Int
  /// Best first.
  private var best: [Int64] = []

  init(_ replicas: Int) { self.replicas = replicas }

  mutating func add(_ preference: Int64) {
    let place = best.firstIndex { $0 < preference } ?? best.count
    if place < replicas { best.insert(preference, at: place) }
    if best.count > replicas { best.removeLast() }
  }

  /// Nil where there is none.
  var sum: Int64? { best.isEmpty ? nil : best.reduce(0, +) }
}
