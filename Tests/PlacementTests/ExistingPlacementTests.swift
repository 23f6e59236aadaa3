import Foundation
import Model
import Placement
import Testing

@Suite struct ExistingPlacementTests {
  @Test("no preference term makes a replica move that may stay")
  func termsMoveNothing() {
    var world = World()
    world.project.spec.environments = [World.environment("dev", "dev"), World.environment("prod1", "prod")]
    world.project.spec.spread = [.init(topology: .region)]
    world.place("dev", on: "idf-1")
    // Only with `dev` in ara could `prod1` be in the term's place.
    world.cluster("ara-1") { $0.stages = ["dev"] }
    world.regions.append(Resource("bre", World.region("dtnum", "FR-BRE", ["bre-a"])))
    world.zones.append(Resource("bre-usuel", ZoneSpec(region: "bre", sensitivity: .usuel, slug: "breu")))
    world.clusters.append(Resource("bre-1", World.cluster("bre-usuel", ["bre-a"])))
    for chain in world.chains { world.chain(chain.name) { $0.regions = ["ara", "bre", "idf"] } }
    world.project.spec.preferences.terms = [.in("cluster.name", "ara-1", "idf-2")]
    let decision = world.decide()
    #expect(decision.places == ["dev/0→idf-1", "prod1/0→bre-1"])
    #expect(decision.preferenceTerm == nil)
    world.place("prod1", on: "bre-1")
    #expect(world.decide().assignments.allSatisfy { $0.kept })
  }

  @Test("asking again changes nothing, however much better another place has become")
  func idempotent() {
    var world = World()
    world.place("prod1", on: "idf-2")
    world.ledger.clusters["idf-2"] = .init(committed: ResourceAmounts(cpu: 100_000, memory: 8 << 30), version: 9)
    let decision = world.decide()
    #expect(decision.places == ["prod1/0→idf-2"])
    #expect(decision.assignments[0].kept)
    #expect(decision.assignments[0].movedFrom == nil)
    #expect(decision.verdict("idf-2")?.accepted == true)
    #expect(decision.verdict("idf-2")?.refusals.map(\.code) == [.capacityShort])
  }

  @Test("without the wish to keep, staying is worth the policy's stickiness and no more")
  func stickiness() {
    var world = World()
    world.keepExisting = false
    world.place("prod1", on: "idf-2")
    #expect(world.decide().places == ["prod1/0→idf-2"])
    #expect(world.decide().assignments[0].components.stickiness == 1000)
    world.policy.scoring = .init(stickiness: 0)
    world.ledger.clusters["idf-2"]?.committed.cpu = 90_000
    let decision = world.decide()
    #expect(decision.places == ["prod1/0→ara-1"])
    #expect(decision.assignments[0].movedFrom == "idf-2")
  }

  @Test(
    "what takes nothing new keeps what it has",
    arguments: [RegionSpec.State.cordoned, .draining])
  func keptInPlace(_ state: RegionSpec.State) {
    var world = World()
    world.place("prod1", on: "idf-2")
    world.region("idf") { $0.state = state }
    world.cluster("idf-2") { $0.taints = [Taint(key: "full", effect: .noNewPlacement)] }
    world.staleZones = ["idf-usuel"]
    let decision = world.decide()
    #expect(decision.places == ["prod1/0→idf-2"])
    #expect(decision.verdict("idf-1")?.accepted == false)
  }

  /// Everything that takes nothing new, and the reason that it gives.
  static let barriers: [(ReasonCode, @Sendable (inout World) -> Void)] = [
    (.regionCordoned, { $0.region("idf") { $0.state = .cordoned } }),
    (.regionDraining, { $0.region("idf") { $0.state = .draining } }),
    (.clusterCordoned, { $0.cluster("idf-2") { $0.state = .cordoned } }),
    (.clusterDraining, { $0.cluster("idf-2") { $0.state = .draining } }),
    (.taintNotTolerated, { $0.cluster("idf-2") { $0.taints = [Taint(key: "full", effect: .noNewPlacement)] } }),
    (.staleHeartbeat, { $0.staleZones = ["idf-usuel"] }),
  ]

  @Test("what takes nothing new keeps what stays as it is or shrinks, and not what grows", arguments: barriers.indices)
  func nothingGrows(_ number: Int) {
    let (code, close) = Self.barriers[number]
    var world = World()
    world.place("prod1", on: "idf-2", cpu: 4)
    close(&world)
    for cpu in [1, 4] as [Int64] {
      world.project.spec.environments = [World.environment("prod1", "prod", cpu: cpu)]
      #expect(world.decide().places == ["prod1/0→idf-2"], "\(cpu) of 4")
      #expect(world.engine.rejudge(world.request, on: world.state(for: world.engine)).map(\.mayStay) == [true])
    }
    world.project.spec.environments = [World.environment("prod1", "prod", cpu: 5)]
    let decision = world.decide()
    #expect(decision.assignments.map(\.movedFrom) == ["idf-2"], "it goes where it may grow")
    #expect(decision.verdict("idf-2")?.accepted == false)
    let standing = world.engine.rejudge(world.request, on: world.state(for: world.engine))[0]
    #expect(!standing.mayStay && standing.reasons.map(\.code) == [code])
    // Where it can go nowhere else, it is refused for what keeps it from growing.
    world.clusters.removeAll { $0.name != "idf-2" }
    let alone = world.decide()
    #expect(alone.outcome == .unplaceable && alone.conflict == .alone)
    #expect(alone.reasons.map(\.code).contains(code))
  }

  @Test("what drains is left when places are reconsidered, and what is closed in any case")
  func leaving() {
    var world = World()
    world.place("prod1", on: "idf-2")
    world.region("idf") { $0.state = .draining }
    world.keepExisting = false
    #expect(world.decide().places == ["prod1/0→ara-1"])
    world.keepExisting = true
    world.region("idf") { $0.state = .closed }
    let decision = world.decide()
    #expect(decision.places == ["prod1/0→ara-1"])
    #expect(decision.assignments[0].movedFrom == "idf-2")
    #expect(!decision.assignments[0].kept)
  }

  @Test("only what grows needs room")
  func growth() {
    var world = World()
    world.clusters.removeAll { $0.name != "ara-1" }
    world.place("prod1", on: "ara-1", cpu: 50)
    world.ledger.clusters["ara-1"]?.committed.cpu = 90_000
    world.project.spec.environments = [World.environment("prod1", "prod", cpu: 60)]
    #expect(world.decide().outcome == .placed)
    world.project.spec.environments = [World.environment("prod1", "prod", cpu: 61)]
    #expect(world.decide().outcome == .unplaceable)
  }

  @Test("a new environment and a new replica join those that stay, whatever term the project prefers by now")
  func joining() {
    var world = World()
    world.project.spec.environments = [
      World.environment("dev1", "dev"), World.environment("prod1", "prod", replicas: 2),
    ]
    world.project.spec.preferences.terms = [.in("region.name", "idf")]
    world.place("prod1", replica: 1, on: "ara-1")
    let decision = world.decide()
    #expect(decision.places == ["dev1/0→idf-1", "prod1/0→idf-1", "prod1/1→ara-1"])
    #expect(decision.assignments.map(\.kept) == [false, false, true])
    #expect(decision.preferenceTerm == nil)
  }

  @Test("a replica that is in two places at once, while it migrates, may stay in either")
  func migrating() {
    var world = World()
    world.place("prod1", on: "idf-2")
    world.place("prod1", on: "idf-1")
    world.existing.append(world.existing[0])
    #expect(world.decide().assignments[0].kept)
    world.region("idf") { $0.state = .closed }
    #expect(world.decide().assignments[0].movedFrom == "idf-1")
  }

  @Test("a contractual limit counts what is asked for and what is still held, prod and the rest apart")
  func contract() {
    var world = World()
    world.project.spec.environments = [
      World.environment("dev1", "dev", cpu: 5), World.environment("prod1", "prod", cpu: 5, replicas: 2),
    ]
    world.policy.limits = [
      .init(
        subject: .in("project.organisation", "mi"), production: ResourceList(cpu: Quantity(10)),
        nonProduction: ResourceList(cpu: Quantity(5))),
      .init(subject: .in("project.organisation", "mj"), production: ResourceList(cpu: Quantity(1))),
    ]
    #expect(world.decide().outcome == .placed)
    world.place("gone", on: "idf-1", cpu: 1)
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable)
    #expect(decision.reasons.map { $0.parameters["short"] } == ["1"])
    // All clusters accept: it is the project that holds too much.
    #expect(decision.verdict("ara-1")?.accepted == true)
    #expect(decision.codes("ara-1").isEmpty)
  }

  /// What is held already, of 10 processors in production and 5 elsewhere.
  static let overs: [(held: Int64, asked: Int64, dev: Int64, scope: String?)] = [
    // What does not grow is never too much: it stays, shrinks, and leaves the rest alone.
    (16, 16, 4, nil), (16, 12, 4, nil), (16, 10, 5, nil), (10, 10, 5, nil),
    // What grows is, and so is what is beyond elsewhere.
    (16, 17, 4, "prod"), (9, 11, 4, "prod"), (16, 16, 6, "non-prod"), (16, 12, 6, "non-prod"),
  ]

  @Test("a limit that was lowered refuses what grows, and nothing else", arguments: overs.indices)
  func loweredLimit(_ number: Int) {
    let (held, asked, dev, scope) = Self.overs[number]
    var world = World()
    world.project.spec.environments = [
      World.environment("dev1", "dev", cpu: dev), World.environment("prod1", "prod", cpu: asked),
    ]
    world.policy.limits = [
      .init(
        subject: LabelSelector(), production: ResourceList(cpu: Quantity(10)),
        nonProduction: ResourceList(cpu: Quantity(5)))
    ]
    world.place("prod1", on: "idf-1", cpu: held)
    let decision = world.decide()
    #expect(decision.outcome == (scope == nil ? .placed : .unplaceable))
    #expect(decision.reasons.map { $0.parameters["scope"] } == (scope.map { [$0] } ?? []))
    // What is in two places while it moves holds no more for that.
    world.place("prod1", on: "idf-2", cpu: held)
    #expect(world.decide().reasons == decision.reasons)
    // What is asked about as the target of a move is no more than what it leaves.
    var moving = world
    (moving.leaves, moving.existing) = ([world.existing[0]], [])
    #expect(moving.decide().reasons == decision.reasons)
    moving.leaves[0].stage = "dev"
    #expect(moving.decide().reasons.contains { $0.parameters["scope"] == "prod" } == (asked > 10))
    // What is not asked for any more, and is there, does not grow either.
    world.project.spec.environments.removeLast()
    #expect(world.decide().reasons.allSatisfy { $0.parameters["scope"] == "non-prod" })
  }

  @Test("several limits that are exceeded all have to be lifted; one does alone; none where there is no place besides")
  func contractConflict() {
    var world = World()
    world.project.spec.environments = [
      World.environment("dev1", "dev", cpu: 5), World.environment("prod1", "prod", cpu: 5),
    ]
    world.policy.limits = [
      .init(
        subject: LabelSelector(), production: ResourceList(cpu: Quantity(4)),
        nonProduction: ResourceList(cpu: Quantity(4)))
    ]
    let both = world.decide()
    #expect(both.reasons.map { $0.parameters["scope"] } == ["non-prod", "prod"] && both.conflict == .all)
    world.policy.limits[0].nonProduction = nil
    let one = world.decide()
    #expect(one.reasons.map { $0.parameters["scope"] } == ["prod"] && one.conflict == .alone)
    world.project.spec.environments[1].quota.cpu = Quantity(500)
    #expect(world.decide().conflict == nil)
  }

  @Test("a placement is read as what a decision needs of it")
  func fromPlacement() {
    let id = UUID()
    let placement = PlacementSpec(
      id: id, project: "shop", projectID: id, organisation: "mi", environment: "prod1", environmentID: id,
      stage: "prod", replica: 1, zone: "idfu", cluster: "idf-1", namespace: "ns", phase: .active,
      quota: ResourceList(cpu: Quantity(2)), revision: 1, epoch: 1, decision: id, chain: "sealed")
    #expect(
      ExistingPlacement(placement)
        == ExistingPlacement(
          environment: "prod1", replica: 1, cluster: "idf-1", stage: "prod", quota: ResourceAmounts(cpu: 2000),
          chain: "sealed"))
  }

  @Test("a replica whose chain is not known is stored as before there were chains; one whose chain is known keeps it")
  func stored() throws {
    var existing = ExistingPlacement(
      environment: "prod1", replica: 0, cluster: "idf-1", stage: "prod", quota: ResourceAmounts(cpu: 2000))
    let bytes = try ModelJSON.encoder.encode(existing)
    #expect(!String(decoding: bytes, as: UTF8.self).contains("chain"))
    #expect(try ModelJSON.decoder.decode(ExistingPlacement.self, from: bytes) == existing)
    existing.chain = "sealed"
    let told = try ModelJSON.encoder.encode(existing)
    #expect(try ModelJSON.decoder.decode(ExistingPlacement.self, from: told) == existing)
  }
}
