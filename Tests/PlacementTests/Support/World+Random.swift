import Foundation
import Model
import Placement

extension World {
  /// A world that is small, crowded and often contradictory.
  static func random(_ seed: UInt64) -> World {
    var numbers = SeededGenerator(seed)
    var world = World()
    world.regions = (0..<3).map { Resource("region-\($0)", randomRegion($0, &numbers)) }
    world.zones = (0..<5).map { index in
      Resource(
        "zone-\(index)",
        ZoneSpec(
          region: "region-\(index % 3)", sensitivity: numbers.chance(70) ? .usuel : .restricted, slug: "z\(index)",
          chain: numbers.pick([nil, "common", "sealed"])))
    }
    world.clusters = (0..<7).map { Resource("cluster-\($0)", randomCluster($0, &numbers)) }
    world.chains = [("common", [Sensitivity.usuel]), ("sealed", Sensitivity.allCases)].map { name, sensitivities in
      var chain = chain(sensitivities)
      chain.regions = ["region-0", "region-1", "region-2"].filter { _ in numbers.chance(85) }
      return Resource(name, chain)
    }
    world.policy.rules = (0..<numbers.pick([0, 1, 3])).map { randomRule($0, &numbers) }
    if numbers.chance(30) { world.policy.capacity = [.init(id: "half", stages: ["dev"], overcommit: Quantity(2))] }
    world.project.spec = randomProject(&numbers)
    for cluster in world.clusters where numbers.chance(50) {
      let committed = ResourceAmounts(cpu: Int64.random(in: 0...60, using: &numbers) * 1000, memory: 8 << 30)
      world.ledger.clusters[cluster.name] = .init(committed: committed, version: 1)
    }
    if numbers.chance(30) {
      world.place(world.project.spec.environments[0].name, on: numbers.pick(world.clusters).name)
    }
    if numbers.chance(15) { world.staleZones = [numbers.pick(world.zones).name] }
    return world
  }

  private static func randomRegion(_ index: Int, _ numbers: inout SeededGenerator) -> RegionSpec {
    var region = region(numbers.pick(["dtnum", "cisirh"]), numbers.pick(["FR-IDF", "FR-ARA", nil]), ["a", "b", "c"])
    if numbers.chance(30) { region.qualifications = [] }
    if numbers.chance(20) { region.state = numbers.pick([.cordoned, .draining, .closed]) }
    if numbers.chance(20) { region.audience.organisations = ["mj"] }
    if numbers.chance(20) { region.services = [] }
    if numbers.chance(20) { region.taints = [Taint(key: "t", effect: numbers.pick(Taint.Effect.allCases))] }
    return region
  }

  private static func randomCluster(_ index: Int, _ numbers: inout SeededGenerator) -> ClusterSpec {
    let centres = ["a", "b", "c"].filter { _ in numbers.chance(50) }
    var cluster = cluster("zone-\(numbers.pick([0, 1, 2, 3, 4]))", centres.isEmpty ? ["a"] : centres, cpu: 70)
    if numbers.chance(15) { cluster.privacy = .dedicated }
    if numbers.chance(20) { cluster.stages = ["prod"] }
    if numbers.chance(15) { cluster.state = .cordoned }
    return cluster
  }

  private static func randomRule(_ index: Int, _ numbers: inout SeededGenerator) -> PolicySpec.Rule {
    let places: [LabelSelector] = [
      .in("region.name", "region-0", "region-1"), .in("region.subdivision", "FR-IDF"), .in("cluster.name", "cluster-3"),
      .notIn("region.qualification", "SecNumCloud"), .in("zone.slug", "z1", "z2", "z3"),
    ]
    let effect = numbers.pick(PolicySpec.Effect.allCases)
    let weight = effect == .prefer || effect == .avoid ? numbers.pick([1, 5, 10]) : nil
    if numbers.chance(20) { return rule("rule-\(index)", effect, chains: .in("chain.name", "common"), weight: weight) }
    return rule(
      "rule-\(index)", effect, places: numbers.pick(places), weight: weight, stages: numbers.pick([[], ["prod"]]))
  }

  private static func randomProject(_ numbers: inout SeededGenerator) -> ProjectSpec {
    let environments = (0..<numbers.pick([1, 2, 3])).map { index in
      environment(
        "env\(index)", numbers.pick(["dev", "prod"]), cpu: numbers.pick([4, 30, 60]),
        replicas: numbers.pick([nil, 1, 2]), distinct: numbers.pick([nil, .zone, .region, .cluster]))
    }
    return ProjectSpec(
      organisation: "mi", audience: .ministerial, dataClasses: [numbers.pick(["ordinary", "ordinary", "restricted"])],
      services: numbers.chance(20) ? [.init(name: "s3")] : [],
      residency: numbers.chance(15) ? .init(subdivisions: ["FR-IDF"]) : nil,
      tolerations: numbers.chance(30) ? [Toleration(operator: .exists)] : [],
      spread: numbers.chance(25) ? [.init(topology: .dataCenter, maxSkew: numbers.pick([1, 2]))] : [],
      environments: environments)
  }
}
