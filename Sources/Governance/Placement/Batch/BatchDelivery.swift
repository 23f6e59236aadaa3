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
  func most(
    of parts: [BatchProject.Part], where isMeant: (BatchProject.Part.Candidate) -> Bool
  ) -> Int64? {
    var sum = worth
    for (part, sites) in zip(parts, sites) {
      guard let most = part.most(where: { isMeant($0) && sites.contains($0.site) }) else { return nil }
      sum += most
    }
    return sum
  }

  /// Marks the candidates of the term that are worth most where the chain delivers.
  func mark(_ parts: inout [BatchProject.Part]) {
    for (number, sites) in sites.enumerated() {
      let candidates = parts[number].candidates
      let there = candidates.indices.filter { candidates[$0].isInTerm && sites.contains(candidates[$0].site) }
      let most = there.map { candidates[$0].preference }.max()
      for index in there where candidates[index].preference == most { parts[number].candidates[index].isBest = true }
    }
  }
}
