import Foundation
import Model
import Placement
import Testing

/// Replicas whose cluster is chosen already.
@Suite struct PinTests {
  private static func pin(_ cluster: String, _ environment: String = "prod1", replica: Int = 0) -> Pin {
    Pin(environment: environment, replica: replica, cluster: cluster)
  }

  private static let twice: World = {
    var world = World()
    world.project.spec.environments = [World.environment("prod1", "prod", replicas: 2)]
    return world
  }()

  @Test("a pin binds the choice and leaves every verdict as it is", arguments: ["ara-1", "idf-1", "idf-2"])
  func bindsTheChoice(cluster: String) throws {
    var world = World()
    let free = world.decide()
    world.pins = [Self.pin(cluster)]
    let pinned = world.decide()
    #expect(pinned.places == ["prod1/0→\(cluster)"])
    for (before, after) in zip(free.environments[0].candidates, pinned.environments[0].candidates) {
      #expect(before.accepted == after.accepted && before.score == after.score)
      #expect(before.refusals == after.refusals && before.components == after.components)
      let isLeft = after.accepted && after.cluster != cluster
      #expect(after.reasons.contains { $0.code == .pinnedElsewhere } == isLeft)
    }
    #expect(pinned.environments[0].lost == free.environments[0].lost)
  }

  @Test("where some replicas are pinned, the others go where they are best beside them")
  func othersAreFree() {
    var world = Self.twice
    world.pins = [Self.pin("idf-2", replica: 1)]
    let decision = world.decide()
    #expect(decision.places == ["prod1/0→ara-1", "prod1/1→idf-2"])
    #expect(decision.codes("idf-1") == [.outranked])
    world.pins = [Self.pin("idf-2", replica: 0)]
    #expect(world.decide().places == ["prod1/0→idf-2", "prod1/1→ara-1"])
  }

  @Test("a pinned cluster that refuses the replica is told with its reason, in both languages")
  func refused() throws {
    var world = World()
    world.project.spec.environments[0].quota.cpu = Quantity(60)
    world.ledger.clusters["ara-1"] = .init(committed: ResourceAmounts(cpu: 50_000), version: 1)
    world.pins = [Self.pin("ara-1")]
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable && decision.assignments.isEmpty)
    let reason = try #require(decision.reasons.first { $0.code == .pinRefused })
    #expect(
      reason.sentence.fr
        == "La réplique 0 de « prod1 » est fixée sur « ara-1 », qui la refuse. "
        + "Il manque 10 de CPU : 60 demandés, 50 libres, 50 déjà promis sur 100.")
    let remedy = "Free 10 of cpu, raise what the cluster may promise by as much, or ask for less."
    #expect(reason.remedy.en?.hasSuffix(remedy) == true)
    #expect(!decision.reasons.contains { $0.code == .noCandidate }, "other clusters accept the environment")
    // Lifting what keeps the replica off the pinned cluster is what would help; elsewhere does not count.
    #expect(decision.conflict == .alone)
    #expect(decision.reasons.contains { $0.code == .capacityShort && $0.parameters["cluster"] == "ara-1" })
    let plan = world.engine.plan(world.request, on: world.state(for: world.engine))
    #expect(plan.reasons == [reason], "a plan without explanation names it as well")
  }

  @Test("what has to be together with another one goes to its pin and nowhere else", arguments: ["idf-1", "idf-2"])
  func tied(cluster: String) {
    var world = World()
    world.project.spec.environments = [World.environment("one", "prod", cpu: 8), World.environment("two", "prod")]
    world.project.spec.colocation = [.init(topology: .region)]
    world.pins = [Self.pin(cluster, "two")]
    let decision = world.decide()
    #expect(decision.assignments.last?.cluster == cluster && Set(decision.assignments.map(\.region)) == ["idf"])
  }

  @Test("pins that are accepted one by one and not together are refused for what keeps them apart")
  func together() {
    var world = Self.twice
    world.cluster("idf-2") { $0.dataCenters = ["idf-a"] }
    world.pins = [Self.pin("idf-1", replica: 0), Self.pin("idf-2", replica: 1)]
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable && decision.conflict == .alone)
    #expect(decision.reasons.map(\.code) == [.spreadUnsatisfiable])
  }

  @Test(
    "a pin on what there is not, or in two places, is refused and says which",
    arguments: [
      (pin("idf-1", "other"), "environment"), (pin("idf-1", replica: 1), "replica"),
      (pin("idf-1", replica: -1), "replica"), (pin("nowhere"), "cluster"),
    ])
  func unsound(_ pin: Pin, cause: String) {
    var world = World()
    world.pins = [pin]
    let decision = world.decide()
    #expect(decision.outcome == .unplaceable && decision.conflict == nil)
    #expect(decision.reasons.map(\.code) == [.pinInvalid])
    #expect(decision.reasons.map { $0.parameters["cause"] } == [cause])
    #expect(
      decision.reasons.allSatisfy { $0.sentence.fr.contains(pin.cluster) && $0.sentence.fr.contains(pin.environment) })
  }

  @Test("one replica in two places is refused for both; the same pin twice is one")
  func contradictory() {
    var world = World()
    world.pins = [Self.pin("idf-1"), Self.pin("idf-2")]
    #expect(world.decide().reasons.map { $0.parameters["cause"] } == ["twice", "twice"])
    world.pins = [Self.pin("idf-1"), Self.pin("idf-1")]
    #expect(world.decide().places == ["prod1/0→idf-1"])
  }

  @Test("a replica that is there stays on its own cluster, and moves to another one, where it is pinned")
  func existing() {
    var world = World()
    world.place("prod1", on: "idf-1")
    world.pins = [Self.pin("idf-1")]
    #expect(world.decide().assignments.map(\.kept) == [true])
    world.pins = [Self.pin("idf-2")]
    let moved = world.decide()
    #expect(moved.places == ["prod1/0→idf-2"] && moved.assignments.map(\.movedFrom) == ["idf-1"])
    // What is there may stay where nothing new may come.
    world.region("idf") { $0.state = .cordoned }
    #expect(world.decide().reasons.map(\.code).contains(.pinRefused))
    world.pins = [Self.pin("idf-1")]
    #expect(world.decide().outcome == .placed)
  }

  @Test("a term that the pins are outside of does not hold, and is passed over")
  func terms() {
    var world = World()
    world.project.spec.preferences.terms = [.in("region.name", "ara"), .in("region.name", "idf")]
    world.pins = [Self.pin("idf-2")]
    let decision = world.decide()
    #expect(decision.places == ["prod1/0→idf-2"] && decision.preferenceTerm == 1)
  }

  @Test("what was decided, pinned, is decided the same again")
  func pinnedToItself() {
    for seed in Scenario.seeds(300) {
      var scenario = Scenario.random(seed)
      let free = scenario.plan()
      guard free.outcome == .placed else { continue }
      scenario.pins = free.assignments.map { Pin($0) }
      let pinned = scenario.plan()
      #expect(pinned.outcome == .placed && pinned.assignments == free.assignments, "seed \(seed)")
      #expect(pinned.chain == free.chain && pinned.preferenceTerm == free.preferenceTerm, "seed \(seed)")
    }
  }

  @Test("no pin makes anything possible that is not possible without it")
  func opensNothing() {
    for seed in Scenario.seeds(200) {
      var scenario = Scenario.random(seed)
      guard scenario.pins?.isEmpty == false, scenario.plan().outcome == .placed else { continue }
      scenario.pins = nil
      scenario.nodeBudget = 1_000_000
      #expect(scenario.plan().outcome == .placed, "seed \(seed)")
    }
  }

  @Test("a request without pins has the bytes of before there were any; with pins it is read again as written")
  func coding() throws {
    var request = World().request
    let bare = try ModelJSON.encoder.encode(request)
    #expect(!String(decoding: bare, as: UTF8.self).contains("pins"))
    #expect(try ModelJSON.decoder.decode(DecisionRequest.self, from: bare) == request)
    request.pins = [Self.pin("idf-1")]
    let pinned = try ModelJSON.encoder.encode(request)
    #expect(try ModelJSON.decoder.decode(DecisionRequest.self, from: pinned) == request)
  }
}
