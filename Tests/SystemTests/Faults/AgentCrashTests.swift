import Contract
import Events
import Foundation
import KafkaMock
import Kubernetes
import Model
import Postgres
import SimulatedCluster
import TestSupport
import Testing

extension SystemSuite {
  /// The agent dies by `kill -9`, is stopped, or is there twice.
  @Suite(.timeLimit(.minutes(6))) struct AgentCrashTests {}
}

extension SystemSuite.AgentCrashTests {
  @Test(.enabled(if: !KafkaBroker.hasReal, Comment(rawValue: SystemSuite.needsMock)))
  func `what was applied but not reported when the agent died is reported by its next life and not applied again`()
    async throws
  {
    try await SystemUnderTest.run { system in
      let (broker, cluster) = (try #require(system.broker), system.clusters[0])
      let governance = try await system.startGovernance()
      let first = try await system.startAgent(as: "agent-1")
      try await system.declareOffer(to: governance.api)
      _ = try await governance.api.place(Offered.project("ancien"))
      try await system.settle(governance.api, 1)

      // The policies of the next placement are held until the bus is away: no report can come before that. Where the
      // agent loses patience and applies them again, they are held again.
      let held = (0..<4).map { _ in HeldRequest() }
      for request in held {
        cluster.simulated?.inject(.hold(request), method: "PATCH", pathPrefix: "/apis/networking.k8s.io")
      }
      let placement = try #require(try await governance.api.place(Offered.project("nouveau")).placements.first)
      let namespace = placement.spec.namespace
      // What is applied beside them has no order, and the agent dies as soon as they are there.
      try await eventually("all but the policies is applied, and the quota in force") {
        let quota = try await cluster.client.get(ResourceQuota.self, "regie-quota", in: namespace)
        let limits = try await cluster.client.get(LimitRange.self, "regie-limits", in: namespace)
        return quota.status?.hard != nil && limits.metadata.uid != nil
      }
      try await broker.setDown()
      for request in held { request.release() }
      for policy in ["regie-default-deny", "regie-allow-dns"] {
        try await eventually("everything is applied") {
          try await cluster.client.get(NetworkPolicy.self, policy, in: namespace).metadata.uid != nil
        }
      }
      try await first.program.killNow()
      try await broker.setUp()
      try #require(try await governance.api.placements().filter(\.status.ready).count == 1)
      let versions = try await system.versions(on: cluster)

      _ = try await system.startAgent(as: "agent-2")
      try await system.settle(governance.api, 2)
      try #require(try await system.versions(on: cluster) == versions)
      let history = try #require(system.histories["c1"])
      try history.expectWrittenOnce()
      try history.expectNothingLost()
    }
  }

  @Test func `what was changed by hand while there was no agent is put back by the next`() async throws {
    try await SystemUnderTest.run { system in
      let cluster = system.clusters[0]
      let governance = try await system.startGovernance()
      let first = try await system.startAgent(as: "agent-1")
      try await system.declareOffer(to: governance.api)
      var placements: [PlacementView] = []
      for number in 1...4 {
        placements += try await governance.api.place(Offered.project("projet\(number)")).placements
      }
      try await system.settle(governance.api, 4)

      try await first.program.killNow()
      try await system.editQuota(of: placements[0], on: cluster)
      try await system.deletePolicies(of: placements[1], on: cluster)
      try await system.replaceLimits(of: placements[1], on: cluster)
      try await system.deleteNamespace(of: placements[2], on: cluster)
      try await system.addQuota(to: placements[3], on: cluster)
      try await system.editQuota(of: placements[3], on: cluster)
      // Decided meanwhile: more of what was edited, and something new.
      _ = try await governance.api.place(Offered.project("projet1", cpu: 3))
      _ = try await governance.api.place(Offered.project("projet5"))

      _ = try await system.startAgent(as: "agent-2")
      try await eventually("the namespace is there again") {
        try await cluster.client.get(Namespace.self, placements[2].spec.namespace).metadata.deletionTimestamp == nil
      }
      try await system.eventuallyEndState(governance.api, 5)
      // What somebody else put there is none of ours.
      let others = try await cluster.client.get(ResourceQuota.self, "equipe-quota", in: placements[3].spec.namespace)
      try #require(others.spec?.hard?["pods"] == "3")
      try await eventually("what was edited by hand is told") {
        let views = try await governance.api.placements()
        let told = views.first { $0.spec.namespace == placements[3].spec.namespace }?.status.observed?.drifts ?? []
        return told.contains { $0.path == "spec.hard.requests.cpu" && $0.live == "63" && $0.correctedAt != nil }
      }
      try #require(system.histories["c1"]).expectForwardOnly()
    }
  }

  @Test func `agents that die at random while decisions come and people edit leave everything as decided`() async throws
  {
    var dice = Dice()
    print("seed \(dice.seed)")
    try await SystemUnderTest.run(.init(clusters: ["c1": Offered.large, "c2": Offered.large])) { system in
      let governance = try await system.startGovernance()
      var agent = try await system.startAgent(as: "agent-0")
      try await system.declareOffer(to: governance.api)
      let deaths = SystemSuite.rounds(5)
      let load = Load(instances: Instances([governance]), clients: 4)
      async let asking: Void = load.run()
      for death in 1...deaths {
        try await dice.pause(0...700)
        try await agent.program.killNow()
        for placement in try await governance.api.placements() where Bool.random(using: &dice) {
          guard let cluster = system.clusters.first(where: { $0.name == placement.spec.cluster }) else { continue }
          // Not everything is there yet: what can not be edited is not.
          try? await system.editQuota(of: placement, on: cluster)
          if Bool.random(using: &dice) { try? await system.deletePolicies(of: placement, on: cluster) }
        }
        agent = try await system.startAgent(as: "agent-\(death)", waits: Bool.random(using: &dice))
      }
      load.finish()
      try await asking
      try await system.eventuallyEndState(governance.api, load.placements)
      for history in system.histories.values {
        try history.expectForwardOnly()
        try history.expectNothingLost(of: "namespaces/")
      }
    }
  }

  @Test func `an agent that was stopped goes on where it was, with what was decided and edited meanwhile`() async throws
  {
    try await SystemUnderTest.run { system in
      let cluster = system.clusters[0]
      let governance = try await system.startGovernance()
      let agent = try await system.startAgent()
      try await system.declareOffer(to: governance.api)
      let placement = try #require(try await governance.api.place(Offered.project("projet1")).placements.first)
      try await system.settle(governance.api, 1)

      agent.program.signal(SIGSTOP)
      try await system.editQuota(of: placement, on: cluster)
      for cpu in 2...4 { _ = try await governance.api.place(Offered.project("projet1", cpu: Int64(cpu))) }
      _ = try await governance.api.place(Offered.project("projet2"))
      try await eventually("the bus has it") {
        try await system.count("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0
      }
      try #require(try await governance.api.placements().filter(\.status.ready).isEmpty)
      agent.program.signal(SIGCONT)
      try await system.eventuallyEndState(governance.api, 2)
      try #require(system.histories["c1"]).expectForwardOnly()
      try #require(system.histories["c1"]).expectNothingLost()
      try #require(try await agent.program.stop() == 0)
    }
  }

  @Test func `two agents of one zone by mistake leave everything as decided`() async throws {
    try await SystemUnderTest.run { system in
      let cluster = system.clusters[0]
      let governance = try await system.startGovernance()
      // Whose number is the higher one is believed, and who is ready first need not have counted first.
      var agents: [Agent] = []
      for name in ["agent-1", "agent-2"] {
        let agent = try await system.startAgent(as: name)
        try await agent.program.waitForOutput("A new life of the agent begins")
        agents.append(agent)
      }
      try await system.declareOffer(to: governance.api)
      let load = Load(instances: Instances([governance]), clients: 4)
      try await load.run(wishes: 8)
      try await eventuallyLasting(system, governance.api, load.placements)
      let placement = try #require(try await governance.api.placements().first)
      try await system.editQuota(of: placement, on: cluster)
      try await system.deletePolicies(of: placement, on: cluster)
      try await eventuallyLasting(system, governance.api, load.placements)

      // The later one is believed, and goes on alone.
      try await agents[0].program.killNow()
      _ = try await governance.api.place(Offered.project("charge0", cpu: 9))
      try await system.editQuota(of: placement, on: cluster)
      try await system.eventuallyEndState(governance.api, load.placements)
      // One may for a moment put back what the other was quicker to bring forward; never for good.
      try #require(system.histories["c1"]).expectNothingLost(of: "namespaces/")
    }
  }

  /// Waits until all is as decided twice in a row. Of two agents the one that lags behind may put back for a moment
  /// what the other, which is believed, has brought forward and reported.
  private func eventuallyLasting(_ system: SystemUnderTest, _ api: TestAPI, _ placements: Int) async throws {
    try await api.waitUntilReady(placements)
    try await eventually("the end state is right, and still is") {
      for _ in 1...2 { try await system.expectEndState(api) }
      return true
    }
  }
}
