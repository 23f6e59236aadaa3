import Model

/// Judges one environment against one site after the other.
struct EnvironmentJudge {
  let subject: Subject
  let environment: ProjectSpec.Environment
  let policy: PolicySpec
  let weights: Weights
  let need: ResourceAmounts
  private let rules: [PolicySpec.Rule]

  init(_ environment: ProjectSpec.Environment, of subject: Subject, under policy: PolicySpec) {
    self.subject = subject
    self.environment = environment
    self.policy = policy
    weights = Weights(policy.scoring)
    need = ResourceAmounts(environment.quota)
    rules = subject.rules(in: environment.stage)
  }

  /// The verdict of a site whose references are resolved.
  func verdict(
    of judged: SiteJudge, number: Int, chains: (chains: [Int], refusal: Reason?)
  ) -> Verdict {
    var refusals = judged.refusals
    judgeRules(judged, &refusals)
    if let refusal = chains.refusal { refusals.always.append(refusal) }
    let cluster = judged.site.cluster
    if !cluster.spec.stages.contains(environment.stage) {
      let allowed = cluster.spec.stages.sorted().joined(separator: ", ")
      refusals.always.append(Reason(.stageNotAdmitted, ["stage": environment.stage, "allowed": allowed]))
    }
    let limit = PromiseLimits.of(
      declared: cluster.spec.capacity, attributes: judged.attributes, stage: environment.stage, rules: policy.capacity)
    let room = Room(limit: limit, committed: subject.state.committed[number])
    refusals.newOnly += room.shortfalls(of: need)
    var verdict = Verdict(
      site: number, refusals: refusals.sorted, chains: chains.chains, limit: limit, free: room.free)
    guard refusals.always.isEmpty else { return verdict }
    verdict.preferences = (preferences(judged.attributes) + judged.softTaints).sorted()
    if refusals.newOnly.isEmpty { verdict.new = option(need, room, judged, stays: false) }
    for replica in 0..<environment.replicaCount {
      guard let held = subject.existing(environment.name, replica: replica)[cluster.name] else { continue }
      let growth = need.beyond(held)
      if room.shortfalls(of: growth).isEmpty { verdict.kept[replica] = option(growth, room, judged, stays: true) }
    }
    return verdict
  }

  private func judgeRules(_ judged: SiteJudge, _ refusals: inout Refusals) {
    for rule in rules {
      guard let selector = rule.places else { continue }
      let isRefused: Bool
      switch rule.effect {
      case .require: isRefused = !selector.matches(judged.attributes)
      case .forbid: isRefused = selector.mayMatch(judged.attributes) { !AttributeCatalogue.isLabel($0) }
      case .prefer, .avoid: isRefused = false
      }
      guard isRefused else { continue }
      let isClear = rule.effect == .forbid && selector.matches(judged.attributes)
      if !isClear, let attribute = selector.undeclared(in: judged.attributes) {
        refusals.always.append(Reason(.attributeUndeclared, ["attribute": attribute, "source": rule.id]))
      } else {
        let parameters = rule.parameters.merging(["demand": selector.text]) { $1 }
        refusals.always.append(Reason(rule.effect == .require ? .ruleRequires : .ruleForbids, parameters))
      }
    }
  }

  private func preferences(_ attributes: Attributes) -> [Reason] {
    let fromRules = rules.compactMap { rule -> Reason? in
      guard rule.signedWeight != 0, rule.places?.matches(attributes) == true else { return nil }
      let parameters = rule.parameters.merging(["weight": String(rule.signedWeight)]) { $1 }
      return Reason(rule.effect == .prefer ? .rulePrefers : .ruleAvoids, parameters)
    }
    let wishes = subject.project.preferences.weighted.filter { $0.target.matches(attributes) }
    return fromRules + wishes.map { Reason(.wishMet, ["target": $0.target.text, "weight": String($0.weight)]) }
  }

  private func option(_ growth: ResourceAmounts, _ room: Room, _ judged: SiteJudge, stays: Bool) -> Verdict.Option {
    let preferred = preferences(judged.attributes).reduce(Int64(0)) { $0 + (Int64($1["weight"]) ?? 0) }
    let components = ScoreComponents(
      balance: room.balance(after: growth), affinity: 100 * preferred, stickiness: stays ? 1000 : 0,
      taints: -1000 * Int64(judged.softTaints.count))
    return Verdict.Option(growth: growth, components: components, score: weights.score(components))
  }
}

extension ProjectSpec.Environment {
  /// At least 1.
  var replicaCount: Int { max(1, replicas ?? 1) }
}

extension PolicySpec.Rule {
  /// What the sentences about a rule need.
  fileprivate var parameters: [String: String] {
    ["rule": id, "motive": motive.fr, "motiveEN": motive.en ?? motive.fr]
  }
}
