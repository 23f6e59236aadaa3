import Model
import Placement

/// Checks an assignment against the specification: written from the text of the design, sharing nothing with the
/// engine but the model, and as simple as can be.
struct NaiveChecker {
  struct Choice: Hashable {
    var environment: String
    var replica: Int
    var cluster: String
  }

  let world: World
  /// The clusters that accept some replica by itself, room and heartbeats apart.
  private var accepting: [String] = []

  init(world: World) {
    self.world = world
    let choices = world.project.spec.environments.flatMap { environment in
      (0..<(environment.replicas ?? 1)).map { (environment.name, $0) }
    }
    accepting = world.clusters.map(\.name).filter { cluster in
      choices.contains { environment, replica in
        let choice = Choice(environment: environment, replica: replica, cluster: cluster)
        return world.chains.contains { violations(choice, $0, isLasting: true).isEmpty }
      }
    }
  }

  /// What is wrong with the choices and the chain, in words; empty if nothing is.
  func violations(_ choices: [Choice], chain chainName: String) -> [String] {
    guard let chain = world.chains.first(where: { $0.name == chainName }) else { return ["no chain \(chainName)"] }
    return choices.flatMap { violations($0, chain) } + capacity(choices) + spread(choices)
      + beside(choices, chain)
  }

  /// A decision moves nothing: what is new has to be apart from what stands where it is, and by the same chain.
  private func beside(_ choices: [Choice], _ chain: Resource<ChainSpec>) -> [String] {
    let standing = choices.map { choice in
      let present = world.existing.filter { $0.environment == choice.environment && $0.replica == choice.replica }
      var standing = choice
      if !isThere(choice), let first = present.map(\.cluster).min() { standing.cluster = first }
      return (choice: standing, isNew: present.isEmpty)
    }
    guard world.keepExisting, !world.mayMove, standing.contains(where: \.isNew) else { return [] }
    let delivered = standing.map { one in
      Set(world.chains.filter { delivers($0, to: one.choice) }.map(\.name))
    }.filter { !$0.isEmpty }
    return spread(standing.map(\.choice)).map { $0 + " beside what stands" }
      + (delivered.allSatisfy { $0.contains(chain.name) } ? [] : ["not by its chain beside what stands"])
  }

  private func delivers(_ chain: Resource<ChainSpec>, to choice: Choice) -> Bool {
    let zone = zone(choice.cluster)
    let environment = world.project.spec.environments.first { $0.name == choice.environment }!
    let rules = world.policy.rules.filter { $0.stages.isEmpty || $0.stages.contains(environment.stage) }
    return (zone.spec.chain ?? chain.name) == chain.name && chain.spec.sensitivities.contains(zone.spec.sensitivity)
      && chain.spec.regions.contains(zone.spec.region)
      && rules.allSatisfy { rule in
        guard let selector = rule.chains else { return true }
        let isMeant = selector.matches(AttributeCatalogue.chain(chain))
        return rule.effect == .require ? isMeant : rule.effect != .forbid || !isMeant
      }
  }

  func zone(_ cluster: String) -> Resource<ZoneSpec> {
    let spec = world.clusters.first { $0.name == cluster }!.spec
    return world.zones.first { $0.name == spec.zone }!
  }

  private func isThere(_ choice: Choice) -> Bool {
    world.existing.contains {
      $0.environment == choice.environment && $0.replica == choice.replica && $0.cluster == choice.cluster
    }
  }

  /// - Parameter isLasting: Whether to leave out what changes from hour to hour: who is heard, and what has to grow.
  private func violations(_ choice: Choice, _ chain: Resource<ChainSpec>, isLasting: Bool = false) -> [String] {
    let cluster = world.clusters.first { $0.name == choice.cluster }!
    let zone = zone(choice.cluster)
    let region = world.regions.first { $0.name == zone.spec.region }!
    let environment = world.project.spec.environments.first { $0.name == choice.environment }!
    let project = world.project.spec
    // What grows brings something new.
    let isThere = world.existing.contains {
      $0.environment == choice.environment && $0.replica == choice.replica && $0.cluster == choice.cluster
        && (isLasting || $0.quota.cpu >= environment.quota.cpu!.milliValue)
    }
    var wrong: [String] = []
    func no(_ condition: Bool, _ text: String) { if condition { wrong.append("\(choice): \(text)") } }

    let isRestricted = project.dataClasses == ["restricted"]
    no((zone.spec.sensitivity == .restricted) != isRestricted, "sensitivity")
    let qualified = region.spec.qualifications.contains { $0.name == "SecNumCloud" && $0.isValid(on: world.day) }
    no(isRestricted && !qualified, "qualification")
    if let subdivisions = project.residency?.subdivisions {
      no(!subdivisions.contains(region.spec.location.subdivision ?? "unknown"), "residency")
    }
    no(!["mi", "*"].contains { region.spec.audience.organisations.contains($0) }, "audience")
    for state in [region.spec.state, cluster.spec.state] {
      no(state == .closed || (state != .open && !isThere), "state")
    }
    for taint in region.spec.taints + cluster.spec.taints
    where !project.tolerations.contains(where: { $0.tolerates(taint) }) {
      no(taint.effect == .noPlacement || (taint.effect == .noNewPlacement && !isThere), "taint")
    }
    no(cluster.spec.privacy == .dedicated, "dedicated")
    no(!cluster.spec.stages.contains(environment.stage), "stage")
    no(project.services.contains { need in !region.spec.services.contains { $0.name == need.name } }, "service")
    no(world.staleZones.contains(zone.name) && !isThere && !isLasting, "stale")
    no(zone.spec.chain != nil && zone.spec.chain != chain.name, "chain of the zone")
    no(!chain.spec.sensitivities.contains(zone.spec.sensitivity), "chain sensitivity")
    no(!chain.spec.regions.contains(region.name), "chain region")
    let place = AttributeCatalogue.place(region: region, zone: zone, cluster: cluster, on: world.day)
    for rule in world.policy.rules where rule.stages.isEmpty || rule.stages.contains(environment.stage) {
      let target = rule.places == nil ? AttributeCatalogue.chain(chain) : place
      let selector = rule.places ?? rule.chains!
      if rule.effect == .require { no(!selector.matches(target), rule.id) }
      if rule.effect == .forbid {
        let unknown = selector.matchExpressions.contains { target[$0.key] == nil }
        no(selector.matches(target) || unknown, rule.id)
      }
    }
    return wrong
  }

  private func capacity(_ choices: [Choice]) -> [String] {
    Set(choices.map(\.cluster)).flatMap { name -> [String] in
      let cluster = world.clusters.first { $0.name == name }!
      let here = choices.filter { $0.cluster == name }
      let growth = here.map { choice -> (cpu: Int64, stage: String) in
        let environment = world.project.spec.environments.first { $0.name == choice.environment }!
        let held = world.existing.first {
          $0.environment == choice.environment && $0.replica == choice.replica && $0.cluster == name
        }
        let wanted = environment.quota.cpu!.milliValue
        return (max(0, wanted - (held?.quota.cpu ?? 0)), environment.stage)
      }
      let total = growth.reduce(world.ledger[name].committed.cpu) { $0 + $1.cpu }
      return growth.filter { $0.cpu > 0 }.compactMap { part in
        let factor: Int64 = part.stage == "dev" && !world.policy.capacity.isEmpty ? 2 : 1
        return total > factor * cluster.spec.capacity.cpu!.milliValue ? "\(name) is over-promised" : nil
      }
    }
  }

  private func spread(_ choices: [Choice]) -> [String] {
    var wrong: [String] = []
    for environment in world.project.spec.environments {
      let own = choices.filter { $0.environment == environment.name }.map(\.cluster)
      if !canKeepApart(own, environment.distinct ?? .dataCenter, 1) { wrong.append("\(environment.name) not apart") }
    }
    // Those that all stay do not break a spread.
    let allStay = world.keepExisting && choices.allSatisfy(isThere)
    for spread in world.project.spec.spread where choices.count > 1 && !allStay {
      let eligible = Set(accepting.flatMap { places($0, spread.topology) })
      if !canKeepApart(choices.map(\.cluster), spread.topology, spread.maxSkew ?? 1, eligible) {
        wrong.append("spread")
      }
    }
    return wrong
  }

  private func places(_ cluster: String, _ topology: ProjectSpec.Topology) -> [String] {
    let zone = zone(cluster)
    return switch topology {
    case .cluster: [cluster]
    case .zone: [zone.name]
    case .region: [zone.spec.region]
    case .dataCenter:
      world.clusters.first { $0.name == cluster }!.spec.dataCenters.map { zone.spec.region + "/" + $0 }
    }
  }

  /// Tries every way of giving each cluster one of its places. No place and no cluster may have `skew` more than the
  /// emptiest place that is eligible; where none is asked about, the emptiest has nothing.
  private func canKeepApart(
    _ clusters: [String], _ topology: ProjectSpec.Topology, _ skew: Int, _ eligible: Set<String> = []
  ) -> Bool {
    guard clusters.count > 1 else { return true }
    var ways: [[String]] = [[]]
    for cluster in clusters { ways = ways.flatMap { way in places(cluster, topology).map { way + [$0] } } }
    return ways.contains { way in
      let emptiest = eligible.map { place in way.count { $0 == place } }.min() ?? 0
      return (way.map { one in way.count { $0 == one } } + clusters.map { one in clusters.count { $0 == one } })
        .allSatisfy { $0 <= emptiest + skew }
    }
  }
}
