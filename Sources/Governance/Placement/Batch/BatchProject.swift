import Model

/// A project of a batch, with what is known of it before the others are looked at.
struct BatchProject: Sendable {
  /// One environment.
  struct Part: Sendable {
    /// A place that some replica may have, by itself.
    struct Candidate: Sendable {
      var site: Int
      /// What a replica there is worth, without balance: it does not depend on what else is placed.
      var preference: Int64
      /// Whether it is in the first term that the project can hold, or that is none. Where only what is new can hold
      /// one, so is what is there already.
      var isInTerm: Bool
      /// Whether none in the term is worth more to the environment, by a chain by which the project is worth most.
      var isBest = false
    }

    var stage: String
    var replicas: Int
    /// What each new replica takes.
    var need: ResourceAmounts
    /// What all replicas together take at least: those that may stay where they are take what they lack.
    var least: ResourceAmounts
    /// Whether no replica may stay where it is, or none is placed.
    var isNew: Bool
    /// In the order of the sites.
    var candidates: [Candidate]
  }

  /// Where the term matches that a project holds by itself.
  private struct Held {
    var sites: SiteSet
    /// Whether only what does not stay where it is holds it.
    var isOfNew: Bool
  }

  /// Its place in the request.
  let position: Int
  /// As the engine is asked.
  let request: DecisionRequest
  let parts: [Part]
  /// What the engine says to it by itself.
  let alone: Plan
  /// The nodes that this has cost, and those that finding out what stands in its way has cost beside.
  let spent: (planning: Int, explaining: Int)
  let status: BatchEntry.Status
  /// The sites that some part may be on, in order.
  let sites: [Int]
  /// How much of what stands and stays gets another chain at the least.
  let leastRechained: Int
  /// The number of the first preference term that it can hold without any more of that; that of its terms where it can hold none.
  let bestTerm: Int
  /// Where it can hold none, the number of the first that what is new can hold beside what stays; see
  /// ``Plan/held(among:)``.
  let bestNewTerm: Int
  /// No way of placing it in these terms is worth more.
  let bestPreference: Int64
  /// No way of placing it at all is worth more.
  let bestOutside: Int64
  /// What the rules on chains add to its preference, by the chain that delivers.
  let chainWorths: [String: Int64]

  /// Judges a project on the state that the whole batch starts from.
  /// - Parameter left: The nodes that planning may cost, and explaining beside.
  init(
    _ request: DecisionRequest, at position: Int, mayMove: Bool, within left: (planning: Int, explaining: Int),
    _ engine: Engine,
    on state: PlacementState
  ) {
    self.position = position
    var request = request
    if mayMove { request.mayMove = true } else { request.keepExisting = true }
    self.request = request
    var bounded = request
    bounded.nodeBudget = min(request.nodeBudget, left.planning)
    let planner = engine.planner(bounded, state)
    let explanation = Explanation(
      planner, planner.plan(explains: true, conflictBudget: min(left.explaining, ConflictFinder.budget)))
    alone = explanation.plan
    spent = (max(1, alone.nodes), explanation.conflictNodes)
    let weights = Weights(engine.policy.spec.scoring)
    let terms = request.project.spec.preferences.terms
    // Beside others more may have to move, and what moves anyway, or is called back only while there is room, may keep
    // to an earlier term.
    let isCertain =
      alone.outcome == .placed && !(mayMove && !request.existing.isEmpty) && !request.hasReplicasInSeveralPlaces
      && !request.existing.contains(where: \.isGoing)
    // Else what stands stays beside others as by itself, or the project is not placed. The others only take room: each
    // way of placing it beside them is one by itself, too. So no earlier term is held beside them, for the whole or for
    // what is new, unless more of what stands gets another chain.
    let best = isCertain ? alone.held(among: terms.count) : (whole: 0, new: 0)
    (bestTerm, bestNewTerm) = (best.whole, best.new)
    leastRechained = isCertain ? request.rechained(by: alone) : 0
    let ofNew = isCertain ? alone.preferenceTermOfNew : nil
    let held = (best.whole < terms.count ? best.whole : ofNew).map { number in
      Held(sites: engine.compiled.attributes.places(terms[number]), isOfNew: number != best.whole)
    }
    var parts = request.project.spec.environments.sorted { $0.name < $1.name }.enumerated().map { number, environment in
      Self.part(number, environment, of: request, explanation, weights, held, engine)
    }
    let deliveries = BatchDelivery.all(of: explanation.judgement)
    let names = engine.compiled.chains.chains.map(\.name)
    chainWorths = Dictionary(zip(names, deliveries.map(\.worth)), uniquingKeysWith: { first, _ in first })
    let siteCount = engine.compiled.sites.count
    let termed = parts.map { BatchCandidates(of: $0, among: siteCount, where: \.isInTerm) }
    let inTerm = deliveries.map { $0.most(of: parts, on: termed) }
    let most = inTerm.compactMap(\.self).max()
    for (delivery, worth) in zip(deliveries, inTerm) where worth != nil && worth == most {
      delivery.mark(&parts, on: termed)
    }
    let everywhere = parts.map { BatchCandidates(of: $0, among: siteCount, where: { _ in true }) }
    let outside = deliveries.compactMap { $0.most(of: parts, on: everywhere) }.max()
    sites = Set(parts.flatMap { $0.candidates.map(\.site) }).sorted()
    let slots = Int64(parts.reduce(0) { $0 + $1.replicas })
    // Every pair in one region would add a step to locality.
    let pairs = slots < 2 ? 0 : slots * (slots - 1) / 2 * (1000 / (slots - 1))
    bestPreference = weights.locality * pairs + (most ?? 0)
    bestOutside = weights.locality * pairs + (outside ?? 0)
    self.parts = parts
    status =
      switch alone.outcome {
      case .placed: !mayMove && alone.moves ? .wouldMove : .placed
      case .unplaceable: alone.needsMoves ? .wouldMove : .unplaceable
      case .undecided: .undecided
      }
  }

  private static func part(
    _ number: Int, _ environment: ProjectSpec.Environment, of request: DecisionRequest, _ explanation: Explanation,
    _ weights: Weights, _ term: Held?, _ engine: Engine
  ) -> Part {
    let accepted = explanation.best(explanation.acceptedCount(number), of: number)
    let clusters = Set(accepted.map(\.cluster))
    let held = request.existing.filter { $0.environment == environment.name && clusters.contains($0.cluster) }
    let staying = term?.isOfNew == true ? Set(held.map(\.cluster)) : []
    let candidates = accepted.compactMap { verdict -> Part.Candidate? in
      guard let site = engine.site(named: verdict.cluster), let score = verdict.score,
        let balance = verdict.components?.balance
      else { return nil }
      return Part.Candidate(
        site: site, preference: score - weights.balance * balance,
        isInTerm: staying.contains(verdict.cluster) || term?.sites.contains(site) ?? true)
    }
    let need = ResourceAmounts(environment.quota).fromZero
    let least = (0..<environment.replicaCount).reduce(ResourceAmounts()) { sum, replica in
      let own = held.filter { $0.replica == replica }.reduce(ResourceAmounts()) { $0.elementwiseMaximum($1.quota) }
      return sum.adding(need.beyond(own))
    }
    return Part(
      stage: environment.stage, replicas: environment.replicaCount, need: need, least: least, isNew: held.isEmpty,
      candidates: candidates.sorted { $0.site < $1.site })
  }

  var name: String { request.project.name }

  /// Whether it could have a place at all, as far as is known.
  var mayBePlaced: Bool { status == .placed || status == .undecided }

  /// What it takes in all, at least.
  var least: ResourceAmounts { parts.reduce(ResourceAmounts()) { $0.adding($1.least) } }

  /// Whether choosing its clusters chooses everything that matters: one environment, of which no replica may stay.
  var isChosenBySites: Bool {
    parts.count == 1 && parts.allSatisfy { $0.isNew && $0.need != ResourceAmounts() }
  }

  /// Whether every environment has enough sites with room; cheap, and spares the engine hopeless questions.
  func mayFit(on state: PlacementState, _ limits: BatchSites) -> Bool {
    parts.allSatisfy { part in
      guard part.isNew else { return true }
      var missing = part.replicas
      for candidate in part.candidates where part.hasRoom(candidate.site, state, limits) {
        missing -= 1
        if missing == 0 { return true }
      }
      return false
    }
  }

  /// What a replica adds to the ledger where a plan puts it.
  func growth(of assignment: Assignment) -> ResourceAmounts {
    guard assignment.kept else { return assignment.quota }
    let held = request.existing.filter {
      $0.environment == assignment.environment && $0.replica == assignment.replica && $0.cluster == assignment.cluster
    }
    return assignment.quota.beyond(held.reduce(ResourceAmounts()) { $0.elementwiseMaximum($1.quota) })
  }
}

extension BatchProject.Part {
  /// Whether a new replica has room on a site.
  func hasRoom(_ site: Int, _ state: PlacementState, _ limits: BatchSites) -> Bool {
    need.fits(beside: state.entry(site).committed, within: limits.limit(site, stage: stage))
  }
}

extension DecisionRequest {
  /// How much of what a plan lets stay where it is gets another chain.
  func rechained(by plan: Plan) -> Int {
    guard keepExisting else { return 0 }
    return existing.count { held in
      guard let chain = held.chain, chain != plan.chain, !held.isGoing, !held.isWish else { return false }
      return plan.assignments.contains {
        $0.kept && $0.environment == held.environment && $0.replica == held.replica && $0.cluster == held.cluster
      }
    }
  }

  /// Which of its places such a replica keeps is not said by what the engine counts of its chains.
  fileprivate var hasReplicasInSeveralPlaces: Bool {
    existing.contains { $0.chain != nil }
      && Set(existing.map { "\($0.environment)/\($0.replica)" }).count < existing.count
  }
}

extension Plan {
  /// Whether a replica leaves the place that it has.
  var moves: Bool { assignments.contains { $0.movedFrom != nil } }

  /// The number of the term that holds for the whole, or that of the terms; and beside it that of the term that what
  /// does not stay where it is holds: that of the terms where it holds none, and 0 where one holds for the whole or all
  /// stays.
  func held(among terms: Int) -> (whole: Int, new: Int) {
    if let preferenceTerm { return (preferenceTerm, 0) }
    return (terms, assignments.contains { !$0.kept } ? preferenceTermOfNew ?? terms : 0)
  }
}
