import Foundation
import Model
import Placement

/// A small offer and many projects.
struct BatchWorld {
  var world = World()
  var projects: [DecisionRequest] = []
  var allOrNothing = false
  var mayMove = false
  var nodeBudget = 100_000

  var engine: Engine {
    Engine(offer: world.offer, policy: EffectivePolicy(version: 7, spec: world.policy), day: world.day)
  }
  var batch: BatchRequest {
    BatchRequest(projects: projects, allOrNothing: allOrNothing, mayMove: mayMove, nodeBudget: nodeBudget)
  }

  func state(_ engine: Engine) -> PlacementState {
    PlacementState(ledger: world.ledger, staleZones: world.staleZones, for: engine)
  }

  func place() -> BatchAnswer {
    let engine = engine
    return engine.place(batch, on: state(engine))
  }

  mutating func add(_ project: Resource<ProjectSpec>, nodeBudget: Int = 200_000, _ existing: ExistingPlacement...) {
    projects.append(DecisionRequest(project: project, existing: existing, now: World.now, nodeBudget: nodeBudget))
  }

  /// Adds a project of one environment.
  mutating func add(
    _ name: String, cpu: Int64, stage: String = "prod", replicas: Int? = nil, likes: String..., weight: Int = 5,
    only clusters: [String] = []
  ) {
    var spec = world.project.spec
    spec.environments = [World.environment("main", stage, cpu: cpu, replicas: replicas)]
    spec.preferences.weighted = likes.map { .init(weight: weight, target: .in("cluster.name", $0)) }
    if !clusters.isEmpty {
      // A rule of the policy about this project alone.
      world.policy.rules.append(
        World.rule(
          "only-\(name)", .require,
          places: LabelSelector(matchExpressions: [.init(key: "cluster.name", operator: .in, values: clusters)]),
          subject: .in("project.name", name)))
    }
    add(Resource(name, spec))
  }

  /// A world of clusters in one zone, each in a data centre of its own; so many cores each.
  static func clusters(_ cores: Int64...) -> BatchWorld { clusters(cores) }
  static func clusters(_ cores: [Int64]) -> BatchWorld {
    var batch = BatchWorld()
    batch.world.region("ara") { region in region.dataCenters = cores.indices.map { .init(name: "dc\($0)") } }
    batch.world.clusters = cores.enumerated().map { index, cores in
      Resource("c\(index)", World.cluster("ara-usuel", ["dc\(index)"], cpu: cores))
    }
    return batch
  }

  /// A crowded world of many kinds of projects.
  static func random(_ seed: UInt64) -> BatchWorld {
    var numbers = SeededGenerator(seed &* 7919)
    var batch = BatchWorld()
    batch.world = World.random(seed)
    batch.mayMove = numbers.chance(40)
    batch.allOrNothing = numbers.chance(15)
    batch.nodeBudget = numbers.pick([1, 200, 2000, 20_000])
    for index in 0..<numbers.pick([1, 3, 6, 10]) {
      var project = Resource("p\(index)", World.random(numbers.next() % 10_000).project.spec)
      for environment in project.spec.environments.indices where numbers.chance(50) {
        project.spec.environments[environment].quota.cpu = Quantity(numbers.pick([4, 10, 20]))
      }
      if numbers.chance(40) {
        let cluster = numbers.pick(batch.world.clusters).name
        project.spec.preferences.weighted = [
          .init(weight: numbers.pick([-5, 3, 10]), target: .in("cluster.name", cluster))
        ]
      }
      var request = DecisionRequest(project: project, now: World.now, keepExisting: numbers.chance(70))
      if numbers.chance(25) {
        let environment = project.spec.environments[0]
        let cluster = numbers.pick(batch.world.clusters).name
        let quota = ResourceAmounts(cpu: numbers.pick([4000, 10_000]), memory: 8 << 30)
        request.existing = [
          ExistingPlacement(
            environment: environment.name, replica: 0, cluster: cluster, stage: environment.stage, quota: quota)
        ]
        batch.world.ledger.clusters[cluster, default: .init()].committed.cpu += quota.cpu
        batch.world.ledger.clusters[cluster, default: .init()].committed.memory += quota.memory
      }
      batch.projects.append(request)
    }
    // Drawn apart, so that all else of a seed stays as it is.
    var chains = SeededGenerator(seed &+ 6_151)
    for index in batch.projects.indices {
      for held in batch.projects[index].existing.indices where chains.chance(60) {
        batch.projects[index].existing[held].chain = chains.pick(batch.world.chains).name
      }
    }
    return batch
  }
}

extension BatchAnswer {
  subscript(project: String) -> BatchEntry? { entries.first { $0.project == project } }

  /// `project→cluster` for every replica placed, in the order of the commits.
  var places: [String] {
    placed.flatMap { entry in (entry.plan?.assignments ?? []).map { "\(entry.project)→\($0.cluster)" } }
  }
}

/// Commits a batch to a ledger as the store would: one project after the other, each replica against its limit.
struct BatchLedger {
  private(set) var state: PlacementState
  /// What is preferred of all that was committed: scores without balance, and chains.
  private(set) var preference: Int64 = 0
  private(set) var touched: Set<Int> = []
  let engine: Engine

  init(_ state: PlacementState, _ engine: Engine) {
    self.state = state
    self.engine = engine
  }

  /// What rules make of the chain that delivers, where they are about all projects, in all stages: 100 for each point,
  /// weighed like all affinities.
  private func worth(_ chain: String?) -> Int64 {
    guard let chain = engine.offer.chains.first(where: { $0.name == chain }) else { return 0 }
    let facts = NaiveFacts.of(chain)
    return engine.policy.spec.rules.reduce(0) { sum, rule in
      guard let selector = rule.chains.map(NaiveSelector.init), selector.holds(facts) else { return sum }
      return sum + 2 * 100 * NaiveScore.points(rule)
    }
  }

  /// Adds a plan; false if some replica exceeds its limit.
  mutating func commit(_ plan: Plan, of request: DecisionRequest) -> Bool {
    var fits = true
    preference += worth(plan.chain)
    var grown: [(site: Int, growth: ResourceAmounts, limit: ResourceAmounts)] = []
    for assignment in plan.assignments {
      let site = engine.site(named: assignment.cluster)!
      var growth = assignment.quota
      if assignment.kept {
        let held = request.existing.first {
          $0.environment == assignment.environment && $0.replica == assignment.replica
            && $0.cluster == assignment.cluster
        }!
        for resource in CountedResource.allCases { growth[resource] = max(0, growth[resource] - held.quota[resource]) }
      }
      state.add(growth, to: site)
      grown.append((site, growth, assignment.limit))
      if growth != ResourceAmounts() { touched.insert(site) }
      preference += assignment.score - assignment.components.balance
    }
    for (site, growth, limit) in grown {
      let committed = state.entry(site).committed
      for resource in CountedResource.allCases where growth[resource] > 0 && committed[resource] > limit[resource] {
        fits = false
      }
    }
    return fits
  }
}
