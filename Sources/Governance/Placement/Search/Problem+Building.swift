import Model

extension Search.Problem {
  /// The slots and groups of a project whose environments have these verdicts, by environment and site.
  init(_ judgement: Judgement, topologies: Topologies) {
    var slots: [SearchSlot] = []
    for (number, environment) in judgement.environments.enumerated() {
      for replica in 0..<environment.replicaCount {
        slots.append(Self.slot(number, replica, judgement, topologies))
      }
    }
    // The slots with the fewest places come first: what fails, fails early.
    slots.sort {
      ($0.candidates.count, $0.environment, $0.replica) < ($1.candidates.count, $1.environment, $1.replica)
    }
    for index in slots.indices.dropFirst() where Self.areTwins(slots[index - 1], slots[index]) {
      slots[index].isTwinOfPrevious = true
    }
    let stages = Set(judgement.environments.map(\.stage))
    self.init(
      slots: slots, groups: Self.groups(of: slots, judgement), topologies: topologies,
      committed: judgement.subject.state.committed,
      weights: judgement.weights,
      chainScores: judgement.chains.chains.indices.map { judgement.chains.affinity(of: $0, stages: stages) })
  }

  private static func slot(
    _ environment: Int, _ replica: Int, _ judgement: Judgement, _ topologies: Topologies
  ) -> SearchSlot {
    let verdicts = judgement.verdicts[environment]
    let isAnchored = judgement.subject.request.keepExisting && verdicts.contains { $0.kept[replica] != nil }
    let candidates = verdicts.compactMap { verdict -> SearchSlot.Candidate? in
      guard let option = verdict.kept[replica] ?? verdict.new else { return nil }
      let isKept = verdict.kept[replica] != nil
      return SearchSlot.Candidate(
        site: verdict.site, option: option, limit: verdict.limit, free: verdict.free, chains: verdict.chains,
        region: topologies.places(of: verdict.site, by: .region).first ?? -1,
        moves: isAnchored && !isKept ? 1 : 0, isKept: isKept)
    }
    return SearchSlot(environment: environment, replica: replica, candidates: candidates.sorted(by: isBetter))
  }

  /// Sites are numbered in the order of their names.
  private static func isBetter(_ left: SearchSlot.Candidate, _ right: SearchSlot.Candidate) -> Bool {
    if left.moves != right.moves { return left.moves < right.moves }
    if left.option.score != right.option.score { return left.option.score > right.option.score }
    for resource in CountedResource.allCases where left.free[resource] != right.free[resource] {
      return left.free[resource] > right.free[resource]
    }
    return left.site < right.site
  }

  private static func areTwins(_ left: SearchSlot, _ right: SearchSlot) -> Bool {
    left.environment == right.environment && !(left.candidates + right.candidates).contains(where: \.isKept)
  }

  private static func groups(of slots: [SearchSlot], _ judgement: Judgement) -> [SearchGroup] {
    let environments = judgement.environments
    func members(_ isMeant: (ProjectSpec.Environment) -> Bool) -> ([String], [Int]) {
      let meant = environments.indices.filter { isMeant(environments[$0]) }
      return (meant.map { environments[$0].name }, slots.indices.filter { meant.contains(slots[$0].environment) })
    }
    let replicas = environments.map { environment in
      let (names, slots) = members { $0.name == environment.name }
      return SearchGroup(
        environments: names, slots: slots, topology: environment.distinct ?? .dataCenter, atMost: 1, isHard: true)
    }
    let spreads = judgement.subject.project.spread.map { spread in
      let (names, slots) = members { environment in
        (spread.environments.isEmpty || spread.environments.contains(environment.name))
          && (spread.stage ?? environment.stage) == environment.stage
      }
      return SearchGroup(
        environments: names, slots: slots, topology: spread.topology, atMost: max(1, spread.maxSkew ?? 1),
        isHard: (spread.whenUnsatisfiable ?? .doNotPlace) == .doNotPlace)
    }
    return (replicas + spreads).filter { $0.slots.count > 1 }
  }
}
