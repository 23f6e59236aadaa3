public import Foundation
public import Migration
public import Model
import Placement

/// A generated evacuation that is known to fit: everything that moves was given its target first, and every cluster then
/// made just large enough to be filled so far by what it has in the end.
public struct PlantedEvacuation: Sendable {
  /// How the moves lie.
  public enum Shape: String, Sendable, CaseIterable {
    /// A region is left; all targets are elsewhere.
    case region
    /// A selection, in which targets are sources of others: there is room only once these have gone.
    case relay
  }

  /// What has to be moved, and where it was planted.
  public struct Planted: Sendable {
    /// The placement.
    public var id: UUID
    /// Its operator.
    public var from: String
    /// What it holds.
    public var quota: ResourceAmounts
    /// The cluster that it was given.
    public var target: String
    /// The clusters that its data and its stage admit, by the generator's own reckoning.
    public var admitted: [String]
  }

  /// What the planner is given.
  public private(set) var inputs: PlanningInputs
  /// What was planted.
  public private(set) var planted: [Planted] = []

  private let shape: Shape
  private let regions: Int
  private var clusters: [Resource<ClusterSpec>]
  private var before: [ResourceAmounts]
  private var after: [ResourceAmounts]
  private var dice: PlantedDice

  /// - Parameters:
  ///   - environments: How many placements move.
  ///   - fill: How full the planted targets make every cluster in the end, in percent.
  public init(
    environments: Int, clusters count: Int, fill: Int64, shape: Shape = .region, seed: UInt64,
    limits: MoveLimits = MoveLimits()
  ) {
    self.shape = shape
    dice = PlantedDice(seed: seed)
    regions = max(3, count / 5)
    let regions = regions
    clusters = (0..<count).map { Self.cluster($0, regions: regions) }
    before = Array(repeating: ResourceAmounts(), count: count)
    after = before
    let day = CalendarDay(nearest: 20_600)
    inputs = PlanningInputs(
      offer: Offer(), policy: EffectivePolicy(version: 1, spec: Self.policy), day: day,
      now: Date(timeIntervalSince1970: 1_780_000_000), ledger: Ledger(), projects: [], scope: .regions(["region-0"]),
      motive: .departure, limits: limits)
    var number = 0
    while planted.count < environments {
      addProject(number, atMost: environments - planted.count)
      number += 1
    }
    finish(fill)
  }

  private func isSource(_ cluster: Int) -> Bool {
    // In a relay the last cluster has the room that everything begins with.
    shape == .region ? cluster % regions == 0 : cluster < clusters.count - 1
  }

  private mutating func addProject(_ number: Int, atMost most: Int) {
    let (name, isSensitive) = ("project-\(number)", Int.random(in: 0..<5, using: &dice) == 0)
    var environments: [ProjectSpec.Environment] = []
    var replicas: [PlacedProject.Replica] = []
    let stages = [["prod"], ["dev"], ["dev", "prod"], ["dev", "staging", "prod"]][Int.random(in: 0..<4, using: &dice)]
    for stage in stages.prefix(most) {
      let quota = quota()
      let amounts = ResourceAmounts(quota)
      guard let (source, target) = pick(stage, isSensitive) else { continue }
      before[source].add(amounts)
      after[target].add(amounts)
      var environment = ProjectSpec.Environment(name: stage, stage: stage, quota: quota)
      let id = id(number, replicas.count)
      replicas.append(replica(id, stage, 0, on: source, amounts))
      planted.append(
        Planted(
          id: id, from: "operator-\(source % regions)", quota: amounts, target: clusters[target].name,
          admitted: clusters.indices.filter { isFit($0, stage, isSensitive) && $0 != source }.map { clusters[$0].name })
      )
      if stage == "prod", Int.random(in: 0..<3, using: &dice) == 0,
        let other = twin(of: target, source, stage, isSensitive)
      {
        // A second replica stays where it is, apart from both.
        environment.replicas = 2
        before[other].add(amounts)
        after[other].add(amounts)
        replicas.append(replica(self.id(number, replicas.count), stage, 1, on: other, amounts))
      }
      environments.append(environment)
    }
    guard !environments.isEmpty else { return }
    let spec = ProjectSpec(
      organisation: "mi", audience: .ministerial, dataClasses: [isSensitive ? "sensitive" : "ordinary"],
      environments: environments)
    inputs.projects.append(PlacedProject(project: Resource(name, spec), replicas: replicas))
  }

  private func replica(
    _ id: UUID, _ environment: String, _ replica: Int, on cluster: Int, _ quota: ResourceAmounts
  ) -> PlacedProject.Replica {
    PlacedProject.Replica(
      id: id,
      existing: ExistingPlacement(
        environment: environment, replica: replica, cluster: clusters[cluster].name, stage: environment, quota: quota))
  }

  private mutating func pick(_ stage: String, _ isSensitive: Bool) -> (source: Int, target: Int)? {
    for _ in 0..<1000 {
      let source = Int.random(in: clusters.indices, using: &dice)
      guard isSource(source) else { continue }
      switch shape {
      case .region:
        let target = Int.random(in: clusters.indices, using: &dice)
        if isFit(target, stage, isSensitive) { return (source, target) }
      case .relay:
        // What the next one leaves is filled by the one before it.
        if isFit(source + 1, stage, isSensitive) { return (source, source + 1) }
      }
    }
    return nil
  }

  private mutating func twin(of target: Int, _ source: Int, _ stage: String, _ isSensitive: Bool) -> Int? {
    let others = clusters.indices.filter { other in
      (shape == .relay || !isSource(other)) && isFit(other, stage, isSensitive)
        && [target, source].allSatisfy { other % regions != $0 % regions || centre(other) != centre($0) }
    }
    return others.isEmpty ? nil : others[Int.random(in: others.indices, using: &dice)]
  }

  private func centre(_ cluster: Int) -> [String] { clusters[cluster].spec.dataCenters }

  private func isFit(_ cluster: Int, _ stage: String, _ isSensitive: Bool) -> Bool {
    let region = cluster % regions
    return (shape == .relay || region != 0) && clusters[cluster].spec.stages.contains(stage)
      && (!isSensitive || Self.isQualified(region))
  }

  private mutating func finish(_ fill: Int64) {
    for site in clusters.indices {
      // What stays anyway: some clusters are nearly new, others have much already.
      let share = Int64.random(in: 0..<60, using: &dice)
      let resident = ResourceAmounts(
        cpu: after[site].cpu * share / 100, memory: after[site].memory * share / 100,
        pods: after[site].pods * share / 100)
      before[site].add(resident)
      after[site].add(resident)
      func capacity(_ resource: CountedResource, _ least: Int64) -> Int64 {
        (max(before[site][resource], after[site][resource], least) * 100 + fill - 1) / fill
      }
      clusters[site].spec.capacity = ResourceList(
        cpu: Quantity(milli: capacity(.cpu, 4000)), memory: Quantity(capacity(.memory, 16 << 30), format: .binarySI),
        pods: Quantity(capacity(.pods, 20)))
    }
    inputs.offer = offer
    inputs.ledger = Ledger(
      Dictionary(
        uniqueKeysWithValues: zip(clusters, before).map { ($0.name, Ledger.Entry(committed: $1, version: 1)) }))
    if shape == .relay { inputs.scope = .selection(planted.map(\.id)) }
  }

  private mutating func quota() -> ResourceList {
    let cores = [1, 2, 4, 8, 16][Int.random(in: 0..<5, using: &dice)]
    let memory = cores * [2, 4, 8][Int.random(in: 0..<3, using: &dice)]
    return ResourceList(
      cpu: Quantity(Int64(cores)), memory: Quantity(Int64(memory) << 30, format: .binarySI),
      pods: Quantity(Int64(10 * cores)))
  }

  /// Identifiers that are the same for the same project and replica.
  private func id(_ project: Int, _ replica: Int) -> UUID {
    func bytes(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    let (one, other) = (bytes(project), bytes(replica))
    return UUID(
      uuid: (
        one[3], one[2], one[1], one[0], 0, 0, 0x40, 0, 0x80, 0, 0, 0, other[3], other[2], other[1], other[0]
      ))
  }
}

extension PlantedEvacuation {
  private static func isQualified(_ region: Int) -> Bool { region % 2 == 1 }

  private static var policy: PolicySpec {
    PolicySpec(
      title: LocalizedText(fr: "Évacuation"),
      dataClasses: [
        .init(name: "ordinary", sensitivity: .usuel),
        .init(name: "sensitive", parent: "ordinary", sensitivity: .usuel, qualifications: ["SecNumCloud"]),
      ])
  }

  private var offer: Offer {
    let open = Audience(organisations: ["*"], scopes: AudienceScope.allCases)
    let names = (0..<regions).map { "region-\($0)" }
    return Offer(
      operators: (0..<regions).map { Resource("operator-\($0)", OperatorSpec(displayName: "Operator \($0)")) },
      regions: (0..<regions).map { number in
        Resource(
          "region-\(number)",
          RegionSpec(
            operator: "operator-\(number)", location: .init(country: "FR"),
            dataCenters: ["a", "b", "c"].map { .init(name: $0) },
            qualifications: Self.isQualified(number) ? [.init(name: "SecNumCloud")] : [], audience: open))
      },
      zones: names.map { Resource($0, ZoneSpec(region: $0, sensitivity: .usuel, slug: "z\($0.dropFirst(7))")) },
      clusters: clusters,
      chains: [
        Resource("chain", ChainSpec(displayName: "Chain", sensitivities: [.usuel], regions: names, audience: open))
      ])
  }

  private static func cluster(_ number: Int, regions: Int) -> Resource<ClusterSpec> {
    let stages = number / regions % 2 == 0 ? ["dev", "prod", "staging"] : ["prod", "staging"]
    return Resource(
      "cluster-\(number)",
      ClusterSpec(
        zone: "region-\(number % regions)", dataCenters: [["a", "b", "c"][number / regions % 3]], stages: stages,
        capacity: ResourceList()))
  }
}

extension ResourceAmounts {
  fileprivate mutating func add(_ other: Self) {
    for resource in CountedResource.allCases { self[resource] += other[resource] }
  }
}
