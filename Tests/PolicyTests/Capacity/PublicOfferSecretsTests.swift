import Model
import Placement
import Testing

@testable import Policy

/// What the public document does not say, wherever it might be said.
struct PublicOfferSecretsTests {
  private typealias Sample = PublicOfferTests.Sample

  @Test func `nothing that a DR or dedicated cluster says of itself makes a difference, nor does one of no zone`() {
    let before = Sample().document
    #expect(before.zones.map(\.stages) == [[], ["dev", "prod"]])
    let changes: [(String, (inout ClusterSpec) -> Void)] = [
      ("stages", { $0.stages = ["integration"] }), ("state", { $0.state = .draining }),
      ("label", { $0.console?.label = "Caché" }), ("management", { $0.management = .application }),
      ("place", { $0.external = true }), ("capacity", { $0.capacity.pods = Quantity(7) }),
    ]
    for (name, change) in changes {
      var sample = Sample()
      for index in sample.clusters.indices where ["est-dr-1", "est-own"].contains(sample.clusters[index].name) {
        change(&sample.clusters[index].spec)
      }
      #expect(sample.document == before, "\(name)")
    }
    var lost = Sample()
    lost.clusters.append(Resource("lost-1", Sample.cluster("nowhere")))
    #expect(lost.document == before)
  }

  @Test func `a shared cluster is told with all that it says of itself`() {
    let changes: [(String, (inout ClusterSpec) -> Void, (PublicOffer.Cluster) -> Bool)] = [
      ("stages", { $0.stages = ["integration"] }, { $0.stages == ["integration"] }),
      ("state", { $0.state = .draining }, { $0.state == .draining }),
      ("label", { $0.console?.label = "Autre" }, { $0.label == "Autre" }),
      ("management", { $0.management = .application }, { $0.management == .application }),
      ("place", { $0.external = true }, { $0.external }),
      ("capacity", { $0.capacity.pods = Quantity(7) }, { $0.capacity.pods == Quantity(7) }),
    ]
    for (name, change, isTold) in changes {
      var sample = Sample()
      change(&sample.clusters[0].spec)
      let clusters = sample.document.clusters
      #expect(clusters.map(\.name) == ["est-1", "est-2"] && clusters.map(isTold) == [true, false], "\(name)")
    }
  }

  @Test func `names are withheld wherever a policy has a selector`() throws {
    var sample = Sample()
    let secret = all(.among("cluster.name", "est-dr-1", "est-own", "est-1"), .not("region.dataCenter", "e1"))
    let told = all(.among("cluster.name", "est-1", "…"), .not("region.dataCenter", "…"))
    let (who, nobody) = (all(.among("project.name", "vigie", "candilib")), all(.among("project.name", "…")))
    sample.policy.dataClasses = [.init(name: "one", sensitivity: .usuel, requires: secret)]
    sample.policy.rules = [rule("r", .prefer, secret, subject: who)]
    sample.policy.capacity = [.init(id: "c", places: secret, reserve: Quantity(milli: 100))]
    sample.policy.limits = [.init(subject: who, production: ResourceList(cpu: Quantity(8)))]
    let policy = try #require(sample.document.policy)
    #expect(policy.dataClasses.map(\.requires) == [told])
    #expect(policy.rules.map(\.places) == [told] && policy.rules.map(\.subject) == [nobody])
    #expect(policy.capacity.map(\.places) == [told] && policy.limits.map(\.subject) == [nobody])
  }

  @Test func `a rule on chains names no more than one on places`() throws {
    var sample = Sample()
    let secret = all(.among("cluster.name", "est-dr-1", "est-1"), .among("project.name", "vigie"))
    sample.policy.rules = [rule("r", .forbid, chains: secret)]
    let policy = try #require(sample.document.policy)
    let told = all(.among("cluster.name", "est-1", "…"), .among("project.name", "…"))
    #expect(policy.rules.map(\.chains) == [told] && policy.rules.map(\.places) == [nil])
  }

  @Test func `what asks whether there is a name names none, and is told as it is`() throws {
    var sample = Sample()
    let terms = all(.has("cluster.name"), .has("cluster.project"), .hasNot("cluster.dataCenter"))
    sample.policy.rules = [rule("r", .prefer, terms, subject: all(.has("project.name")))]
    let policy = try #require(sample.document.policy)
    #expect(policy.rules.map(\.places) == [terms.arranged])
    #expect(policy.rules.map(\.subject) == [all(.has("project.name"))])
  }

  @Test func `names are withheld in what is said of chains, too, and a bound is no name`() throws {
    var sample = Sample()
    sample.policy.rules = [
      rule("r", .forbid, chains: all(.among("cluster.name", "est-own", "est-1"), .among("project.name", "candilib"))),
      rule("s", .prefer, all(.above("cluster.name", 3), .below("cluster.project", 9))),
    ]
    let policy = try #require(sample.document.policy)
    #expect(
      policy.rules.map(\.chains) == [all(.among("cluster.name", "est-1", "…"), .among("project.name", "…")), nil])
    #expect(policy.rules.map(\.places) == [nil, all(.above("cluster.name", 3), .below("cluster.project", 9))])
  }

  @Test func `neither the order nor the number of limits tells whose they are`() throws {
    func document(_ limits: [(name: String, cpu: Int64)]) -> PublicOffer {
      var sample = Sample()
      sample.policy.limits = limits.map { limit in
        PolicySpec.ContractualLimit(
          subject: all(.among("project.name", limit.name)), production: ResourceList(cpu: Quantity(limit.cpu)))
      }
      return sample.document
    }
    let told = document([("candilib", 8), ("vigie", 4)])
    let policy = try #require(told.policy)
    #expect(policy.limits.map { $0.production?.cpu } == [Quantity(4), Quantity(8)])
    #expect(document([("candilib", 4), ("vigie", 8)]) == told)
    #expect(document([("candilib", 4), ("vigie", 8), ("basegun", 8)]) == told)
  }
}
