import Model
import Placement
import Testing

/// What stands has a chain that delivers to it: it keeps it as long as that may, and says why where it may not.
@Suite struct HeldChainTests {
  private static func standings(_ world: World) -> [Standing] {
    let engine = world.engine
    return engine.rejudge(world.request, on: world.state(for: engine))
  }

  /// One environment, placed by the chain that nobody prefers.
  private static var placed: World {
    var world = World()
    world.zone("idf-usuel") { $0.chain = nil }
    world.place("prod1", on: "idf-1", by: "sealed")
    return world
  }

  private static let likesCommon = World.rule("liked", .prefer, chains: .in("chain.name", "common"), weight: 10)
  private static let forbidsSealed = World.rule("unsealed", .forbid, chains: .in("chain.name", "sealed"))

  @Test("what stands keeps its chain before any preference; where nothing is known, or nothing has to stay, it is free")
  func sticking() {
    var world = Self.placed
    world.policy.rules = [Self.likesCommon]
    let decision = world.decide()
    #expect(decision.chain == "sealed" && decision.assignments.map(\.kept) == [true])
    let common = decision.chains.first { $0.chain == "common" }
    #expect(common?.reasons.map(\.code) == [.rulePrefers, .outranked])
    #expect(common?.reasons.last?.sentence.en?.contains("delivers to what is there already") == true)
    world.keepExisting = false
    #expect(world.decide().chain == "common")
    world.keepExisting = true
    world.existing[0].chain = nil
    #expect(world.decide().chain == "common")
    #expect(world.decide().chains.first { $0.chain == "sealed" }?.reasons.last?.parameters["held"] == nil)
  }

  @Test("a chain that may deliver no more is given up, and so is one that would make something move")
  func givingUp() {
    var world = Self.placed
    world.policy.rules = [Self.forbidsSealed]
    #expect(world.decide().chain == "common")
    world.policy.rules = []
    world.zone("idf-usuel") { $0.chain = "common" }
    #expect(world.decide().chain == "common" && world.decide().assignments.map(\.kept) == [true])
  }

  @Test("most of what stands keeps its chain; what is to go, is asked for no more or may not stay has no say")
  func most() {
    var world = World()
    world.zone("idf-usuel") { $0.chain = nil }
    world.project.spec.environments = [World.environment("prod1", "prod", replicas: 3)]
    world.project.spec.environments[0].distinct = .cluster
    world.place("prod1", replica: 0, on: "idf-1", by: "common")
    world.place("prod1", replica: 1, on: "idf-2", by: "sealed")
    #expect(world.decide().chain == "common")
    world.place("prod1", replica: 2, on: "ara-1", by: "sealed")
    #expect(world.decide().chain == "sealed")
    world.existing[2].isGoing = true
    #expect(world.decide().chain == "common")
    world.existing[2].isGoing = false
    world.project.spec.environments[0].replicas = 2
    #expect(world.decide().chain == "common")
    world.project.spec.environments[0].replicas = 3
    world.cluster("ara-1") { $0.state = .closed }
    world.clusters.append(Resource("ara-9", world.clusters.first { $0.name == "ara-1" }!.spec))
    world.cluster("ara-9") { $0.state = .open }
    #expect(world.decide().chain == "common")
  }

  @Test("no term gives what stands another chain")
  func terms() {
    var world = Self.placed
    world.project.spec.environments.append(World.environment("prod2", "prod"))
    world.zone("ara-usuel") { $0.chain = "common" }
    world.project.spec.preferences.terms = [.in("region.name", "ara")]
    let decision = world.decide()
    #expect(decision.chain == "sealed" && decision.preferenceTerm == nil)
    #expect(decision.assignments.map(\.region) == ["idf", "idf"])
    world.existing[0].chain = "common"
    #expect(world.decide().assignments.map(\.region) == ["idf", "ara"])
  }

  @Test("each thing that keeps a chain from delivering is told, whatever another one could")
  func objections() throws {
    func reasons(_ change: (inout World) -> Void) -> [Reason] {
      var world = Self.placed
      change(&world)
      let standing = Self.standings(world)[0]
      #expect(standing.mayStay && standing.reasons.isEmpty)
      return standing.chainReasons
    }
    #expect(reasons { _ in }.isEmpty)
    #expect(reasons { $0.existing[0].isGoing = true }.isEmpty)
    let forbidden = reasons { $0.policy.rules = [Self.forbidsSealed] }
    #expect(forbidden.map(\.code) == [.ruleForbids])
    #expect(forbidden[0].sentence.fr == "La règle unsealed interdit la chaîne « sealed » : motif de unsealed")
    let required = reasons { $0.policy.rules = [World.rule("r", .require, chains: .in("chain.name", "common"))] }
    #expect(required.map(\.code) == [.ruleRequires])
    #expect(required[0].sentence.en?.contains("which the chain “sealed” is not") == true)
    let undeclared = reasons {
      $0.policy.rules = [World.rule("u", .forbid, chains: .notIn("chain.label/old", "no"))]
      $0.chains = $0.chains.map { chain in
        var chain = chain
        if chain.name == "common" { chain.metadata.labels["old"] = "no" }
        return chain
      }
    }
    #expect(undeclared.map(\.code) == [.attributeUndeclared])
    let closed = reasons { $0.chain("sealed") { $0.audience.organisations = ["other"] } }
    #expect(closed.map(\.code) == [.audienceRefused])
    for (cause, change) in [
      ("sensitivity", { (world: inout World) in world.chain("sealed") { $0.sensitivities = [.restricted] } }),
      ("region", { (world: inout World) in world.chain("sealed") { $0.regions = ["ara"] } }),
      ("zone", { (world: inout World) in world.zone("idf-usuel") { $0.chain = "common" } }),
    ] {
      let found = reasons(change)
      #expect(found.map(\.code) == [.chainCannotDeliver] && found[0].parameters["cause"] == cause, "\(cause)")
      #expect(found[0].sentence.fr.contains("qui livre ici, ne le peut plus"), "\(cause)")
      #expect(found[0].sentence.en?.contains("which delivers here, can no longer") == true, "\(cause)")
    }
    let gone = reasons { $0.chains.removeAll { $0.name == "sealed" } }
    #expect(gone == [Reason(.unresolvedReference, ["kind": "Chain", "name": "sealed"])])
    #expect(gone[0].sentence.fr == "L’offre ne connaît plus la chaîne « sealed », qui livrait ici.")
  }

  @Test("a rule for one stage speaks of what is in that stage; a derogation waives it for the chain that stands, too")
  func stages() {
    var world = Self.placed
    world.project.spec.environments.append(World.environment("dev1", "dev"))
    world.place("dev1", on: "idf-1", by: "sealed")
    world.existing[1].stage = "dev"
    world.policy.rules = [World.rule("no-dev", .forbid, chains: .in("chain.name", "sealed"), stages: ["dev"])]
    #expect(Self.standings(world).map(\.chainReasons.isEmpty) == [true, false])
    // One chain delivers to all of it, so that both get another one.
    #expect(world.decide().chain == "common")
    world.derogations = [
      Resource(
        "d", DerogationSpec(project: "shop", rules: ["no-dev"], motive: "m", decision: .granted, notifiedAt: World.now))
    ]
    #expect(Self.standings(world).map(\.chainReasons.isEmpty) == [true, true])
    #expect(world.decide().chain == "sealed")
  }

  @Test(
    "what has to go is told why, and of its chain as well; a chain speaks of a cluster that is gone by what it is itself"
  )
  func driven() {
    var world = Self.placed
    world.policy.rules = [Self.forbidsSealed, World.rule("no-idf", .forbid, places: .in("region.name", "idf"))]
    let standing = Self.standings(world)[0]
    #expect(!standing.mayStay && standing.reasons.map(\.code) == [.ruleForbids])
    #expect(standing.chainReasons.map(\.code) == [.ruleForbids])
    world.policy.rules = []
    world.existing[0].cluster = "nowhere"
    #expect(Self.standings(world)[0].chainReasons.isEmpty)
    world.policy.rules = [Self.forbidsSealed]
    #expect(Self.standings(world)[0].chainReasons.map(\.code) == [.ruleForbids])
  }

  @Test func `what is only wished to stand has no chain to keep`() {
    var world = Self.placed
    world.policy.rules = [Self.likesCommon]
    #expect(world.decide().chain == "sealed")
    world.existing[0].isWish = true
    #expect(world.decide().chain == "common")
  }
}
