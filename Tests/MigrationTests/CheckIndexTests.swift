import Foundation
import Migration
import Model
import Placement
import Testing

@Suite("The check-index of a plan")
struct CheckIndexTests {
  private func world() -> MoveWorld {
    var world = MoveWorld(["a": 100, "b": 100, "c": 1])
    world.project("shop", ["dev": "dev 4 a"])
    world.project("other", ["dev": "dev 1 c"])
    return world
  }

  @Test("does not change while nothing does")
  func same() throws {
    let plan = try world().plan()
    #expect(plan.differences(from: world().inputs) == [])
    #expect(try world().plan().checkIndex.digest == plan.checkIndex.digest)
    #expect(plan.checkIndex.digest.wholeMatch(of: /[0-9a-f]{64}/) != nil)
  }

  @Test("says what has changed, and does not mind what the plan does not touch")
  func changes() throws {
    let plan = try world().plan()
    func differences(_ change: (inout MoveWorld) -> Void) -> [String] {
      var world = world()
      change(&world)
      return plan.differences(from: world.inputs).map { "\($0.subject.rawValue) \($0.name) \($0.change.rawValue)" }
    }
    #expect(differences { $0.policyVersion = 8 } == ["policy policy changed"])
    #expect(differences { $0.residents["b"] = 3 } == ["ledger b changed"])
    #expect(differences { $0.residents["c"] = 1 } == [])
    #expect(differences { $0.cluster("c") { $0.external = true } } == ["cluster c changed"])
    #expect(differences { $0.region("r-b") { $0.state = .cordoned } } == ["region r-b changed"])
    #expect(differences { $0.clusters.removeLast() } == ["cluster c removed"])
    #expect(
      differences { $0.add("d", cores: 1) } == [
        "chain common changed", "cluster d added", "operator o-d added", "region r-d added", "zone r-d added",
      ])
    #expect(differences { $0.staleZones = ["r-b"] } == ["silence r-b added"])
    #expect(
      differences { $0.projects[0].project.spec.environments[0].stage = "staging" } == ["project shop changed"])
    #expect(differences { $0.projects[1].formerNames = ["x"] } == [])
    var inputs = world().inputs
    inputs.offer = Offer(
      operators: inputs.offer.operators, regions: inputs.offer.regions, zones: inputs.offer.zones,
      clusters: inputs.offer.clusters, chains: inputs.offer.chains,
      facts: [ClusterFacts(cluster: "b", capacity: ResourceAmounts(cpu: 1))])
    #expect(plan.differences(from: inputs).map(\.subject) == [.facts])
  }

  @Test("has another digest for each change")
  func digests() throws {
    var other = world()
    other.residents["b"] = 3
    #expect(try other.plan().checkIndex.digest != world().plan().checkIndex.digest)
  }
}
