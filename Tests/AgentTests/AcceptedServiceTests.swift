import Events
import Foundation
import Kubernetes
import Model
import Reconciler
import SimulatedCluster
import Testing

@testable import Agent

/// What was accepted before a refusal stays in force, through a restart and on a bus that has forgotten it.
@Suite(.timeLimit(.minutes(5)))
struct AcceptedServiceTests {
  private static let policy = GuardPolicy(quota: ResourceList(cpu: Quantity(4)))
  private static let shard = "regie-accepted-z1-0"
  private static let tooMuch = AgentRig.state(1, revision: 2, cpu: 5)

  private func hard(_ rig: AgentRig) async throws -> String? {
    try await rig.clients[0].client.get(
      ResourceQuota.self, DesiredObjects.quotaName, in: AgentRig.state(1).namespace
    ).spec?.hard?["requests.cpu"]
  }

  /// Somebody raises the quota by hand.
  private func raise(_ rig: AgentRig) async throws {
    let client = rig.clients[0].client
    let path = ObjectPath(.resourceQuotas, DesiredObjects.quotaName, in: AgentRig.state(1).namespace)
    _ = try await client.patch(path, merge: ["spec": ["hard": ["requests.cpu": "100"]]], as: ResourceQuota.self)
    try await eventually("it is put back") { try await hard(rig) == "4" }
  }

  /// Version 1 is in place, and version 2 was refused in the same life.
  private func begin(_ rig: AgentRig) async throws {
    try await rig.publish(AgentRig.state(1))
    try await rig.withAgent(guardPolicy: Self.policy) { seen in
      try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
      try await rig.publish(Self.tooMuch)
      try await seen.placement("the bigger one is refused") { $0.says(ConditionType.refused) == "True GuardQuota" }
      try await eventually("the accepted one is kept") {
        // Until it is written there is none.
        let kept = try? await rig.clients[0].client.get(ConfigMap.self, Self.shard, in: "regie-system")
        return kept?.data?.count == 1
      }
    }
  }

  @Test func `a refused newer state and a restart leave the accepted one enforced, although the bus has lost it`()
    async throws
  {
    try await AgentRig.with { rig in
      try await begin(rig)
      try await rig.withAnotherBus { rig in
        try await rig.publish(Self.tooMuch)
        try await rig.withAgent(guardPolicy: Self.policy) { seen in
          try await seen.placement("it is refused") { $0.says(ConditionType.refused) == "True GuardQuota" }
          try await raise(rig)
          let told = try await seen.placement("what was done by hand is told") {
            $0.says(ConditionType.drifted) == "False Corrected"
          }
          #expect(told.drifts.first?.path == "spec.hard.requests.cpu" && told.observedRevision == 2)
          try await rig.publish(AgentRig.state(1, revision: 3, cpu: 3))
          try await seen.placement("a later one is in place") {
            $0.observedRevision == 3 && $0.says(ConditionType.ready).hasPrefix("True")
          }
        }
      }
    }
  }

  @Test
  func `what a stricter guard leaves as it stands is kept, and stays so when the bus holds a newer refused one only`()
    async throws
  {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
      }
      let strict = GuardPolicy(quota: ResourceList(cpu: Quantity(2)))
      try await rig.withAgent(guardPolicy: strict) { seen in
        try await seen.placement("it is refused") { $0.says(ConditionType.refused) == "True GuardQuota" }
        try await eventually("what was accepted is kept") { try await keptWords(rig).count == 1 }
        try await rig.publish(Self.tooMuch)
        try await seen.placement("so is the next one") {
          $0.observedRevision == 2 && $0.says(ConditionType.refused) == "True GuardQuota"
        }
      }
      try await rig.withAnotherBus { rig in
        try await rig.publish(Self.tooMuch)
        try await rig.withAgent(guardPolicy: strict) { seen in
          try await seen.placement("it is refused") { $0.says(ConditionType.refused) == "True GuardQuota" }
          try await raise(rig)
        }
      }
    }
  }

  @Test(arguments: [false, true])
  func `what a stricter guard refuses stands and is kept although a newer refused state came before it was looked for`(
    wasAway: Bool
  ) async throws {
    try await AgentRig.with { rig in
      try await rig.publish(AgentRig.state(1))
      try await rig.publish(AgentRig.state(2, cpu: 2))
      try await rig.withAgent { seen in
        for number in 1...2 as ClosedRange<UInt8> {
          try await seen.placement("\(number) is ready") {
            $0.placement == AgentRig.state(number).placement && $0.says(ConditionType.ready).hasPrefix("True")
          }
        }
      }
      // What is to be kept of the second takes its time, and nothing is looked for meanwhile.
      try await rig.publish(AgentRig.state(2, revision: 2, cpu: 5))
      rig.clusters[0].inject(.delay(.seconds(1)), method: "GET", pathPrefix: Self.words)
      if wasAway { try await rig.publish(Self.tooMuch) }
      let strict = GuardPolicy(quota: ResourceList(cpu: Quantity(2)))
      try await rig.withAgent(guardPolicy: strict) { seen in
        if !wasAway {
          try await seen.placement("what was accepted is refused") {
            $0.placement == Self.tooMuch.placement && $0.says(ConditionType.refused) == "True GuardQuota"
          }
          try await rig.publish(Self.tooMuch)
        }
        try await seen.placement("the newer one is refused") {
          $0.placement == Self.tooMuch.placement && $0.observedRevision == 2
            && $0.says(ConditionType.refused) == "True GuardQuota"
        }
        try await eventually("what was accepted is kept, of both") { try await keptWords(rig).count == 2 }
        try await raise(rig)
      }
      try await rig.withAnotherBus { rig in
        try await rig.publish(Self.tooMuch)
        try await rig.withAgent(guardPolicy: strict) { seen in
          try await seen.placement("it is refused") { $0.says(ConditionType.refused) == "True GuardQuota" }
          try await raise(rig)
        }
      }
    }
  }

  private func keptWords(_ rig: AgentRig) async throws -> Set<String> {
    let kept = try? await rig.clients[0].client.get(ConfigMap.self, Self.shard, in: "regie-system")
    return Set((kept?.data ?? [:]).keys)
  }

  @Test
  func
    `words that somebody deletes are whole again with the next ones, those of an earlier life too, and go when they are of no use`()
    async throws
  {
    try await AgentRig.with { rig in
      try await begin(rig)
      let first = try await keptWords(rig)
      try await rig.withAnotherBus { rig in
        try await rig.publish(Self.tooMuch)
        try await rig.publish(AgentRig.state(2))
        try await rig.withAgent(guardPolicy: Self.policy) { seen in
          try await seen.placement("it is refused") { $0.says(ConditionType.refused) == "True GuardQuota" }
          // Until it is enforced the words were not read.
          try await raise(rig)
          try await eventually("the second is in place") {
            (try? await rig.clients[0].client.get(
              ResourceQuota.self, DesiredObjects.quotaName, in: AgentRig.state(2).namespace)) != nil
          }
          try await rig.clients[0].client.delete(ObjectPath(.configMaps, Self.shard, in: "regie-system"))
          try await rig.publish(AgentRig.state(2, revision: 2, cpu: 5))
          try await eventually("both are kept") { try await keptWords(rig).count == 2 }
          #expect(try await keptWords(rig).isSuperset(of: first))
          try await rig.publish(AgentRig.state(1, revision: 3, cpu: 3))
          try await eventually("what is of no use is let go of") {
            let words = try await keptWords(rig)
            return words.count == 1 && words.isDisjoint(with: first)
          }
        }
      }
    }
  }

  @Test func `that there is no room for words is told to the centre, until there is`() async throws {
    try await AgentRig.with { rig in
      try await rig.clients[0].client.ensureNamespace("regie-system")
      try await rig.clients[0].client.create(
        ConfigMap(
          metadata: ObjectMeta(name: Self.shard, namespace: "regie-system"),
          data: ["notes": String(repeating: "x", count: 900_000)]))
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent(guardPolicy: Self.policy) { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        try await rig.publish(Self.tooMuch)
        try await seen.agent("it is told") {
          $0.clusters.first?.reachable == true
            && $0.clusters.first?.message?.contains("no room in regie-system/\(Self.shard)") == true
        }
        let told = seen.agents.count
        try await rig.clients[0].client.delete(ObjectPath(.configMaps, Self.shard, in: "regie-system"))
        try await rig.publish(AgentRig.state(2))
        try await rig.publish(AgentRig.state(2, revision: 2, cpu: 5))
        try await eventually("both are kept") { try await keptWords(rig).count == 2 }
        try await eventually("it is told no more") {
          seen.agents.count > told && seen.agents.last.map { $0.clusters.first?.message == nil } ?? false
        }
      }
    }
  }

  @Test func `thirty-two refused placements of one digit are few readings of their ConfigMap`() async throws {
    let numbers = 1...32 as ClosedRange<UInt8>
    // What is held up is waited for as long as that takes.
    try await AgentRig.with(callTimeout: .seconds(120)) { rig in
      let cluster = rig.clusters[0]
      try await rig.withAgent(guardPolicy: Self.policy) { seen in
        try await publish(numbers.map { AgentRig.state($0) }, on: rig)
        try await eventually("all are ready") {
          Set(seen.placements.filter { $0.says(ConditionType.ready).hasPrefix("True") }.map(\.placement)).count == 32
        }
        // The first is being kept while the others come.
        let (_, asked) = try await cluster.requests {
          let first = HeldRequest()
          cluster.inject(.hold(first), method: "POST", path: "/api/v1/namespaces/regie-system/configmaps")
          try await publish(numbers.map { AgentRig.state($0, revision: 2, cpu: 5) }, on: rig)
          await first.arrived()
          try await refusals(seen, of: 32)
          first.release()
          try await eventually("all are kept") { try await listedWords(rig) == 32 }
        }
        #expect(Self.readings(asked) <= 8, "\(Self.readings(asked)) while they are kept")
      }
      try await rig.withAnotherBus { rig in
        try await publish(numbers.map { AgentRig.state($0, revision: 2, cpu: 5) }, on: rig)
        let (_, asked) = try await cluster.requests {
          try await rig.withAgent(guardPolicy: Self.policy) { seen in
            try await refusals(seen, of: 32)
            try await raise(rig)
          }
        }
        #expect(Self.readings(asked) == 1, "\(Self.readings(asked)) when they are looked for")
      }
    }
  }

  /// Publishes states at once; the latest of the zone's records that come between them covers all.
  private func publish(_ states: [DesiredState], on rig: AgentRig) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for state in states { group.addTask { try await rig.publish(state) } }
      try await group.waitForAll()
    }
  }

  /// How many words there are, without a reading of their ConfigMap alone.
  private func listedWords(_ rig: AgentRig) async throws -> Int? {
    let maps = try await rig.clients[0].client.list(
      .configMaps, ListQuery(namespace: "regie-system"), as: ConfigMap.self)
    return maps.items.first { $0.identity.name == Self.shard }?.value.data?.count
  }

  private static let words = "/api/v1/namespaces/regie-system/configmaps/\(shard)"

  private static func readings(_ requests: [RecordedRequest]) -> Int {
    requests.count { $0.method == "GET" && $0.path == words }
  }

  private func refusals(_ seen: Observations, of count: Int) async throws {
    try await eventually("all are refused") {
      Set(seen.placements.filter { $0.says(ConditionType.refused) == "True GuardQuota" }.map(\.placement)).count
        == count
    }
  }

  @Test func `words that were changed, or are gone, enforce nothing, and that is told`() async throws {
    try await AgentRig.with { rig in
      try await begin(rig)
      let client = rig.clients[0].client
      var kept = try await client.get(ConfigMap.self, Self.shard, in: "regie-system")
      kept.data = kept.data?.mapValues { $0.replacing(#""cpu":"4""#, with: #""cpu":"100""#) }
      kept.metadata.managedFields = nil
      try await client.update(kept)
      for isGone in [false, true] {
        if isGone { try await client.delete(ObjectPath(.configMaps, Self.shard, in: "regie-system")) }
        try await rig.withAnotherBus { rig in
          try await rig.publish(Self.tooMuch)
          try await rig.withAgent(guardPolicy: Self.policy) { seen in
            // That they could not be read in time is told in the same word, and passes.
            try await seen.placement("it is told") { report in
              let message = report.conditions.first { $0.type == ConditionType.unenforced }?.message ?? ""
              return report.says(ConditionType.unenforced) == "True StateLost"
                && message.contains(isGone ? "was not kept" : "can not be believed")
            }
          }
        }
        #expect(try await hard(rig) == "4")
      }
    }
  }

  @Test func `what a stricter guard refuses after a restart is kept as it stands`() async throws {
    try await AgentRig.with { rig in
      // The topic holds both: one that the guard allows, and what it allows no more.
      try await rig.publish(AgentRig.state(1, cpu: 2))
      try await rig.publish(AgentRig.state(1, revision: 2))
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") {
          $0.observedRevision == 2 && $0.says(ConditionType.ready).hasPrefix("True")
        }
      }
      let strict = GuardPolicy(quota: ResourceList(cpu: Quantity(3)))
      try await rig.withAgent(guardPolicy: strict) { seen in
        try await seen.placement("it is refused") { $0.says(ConditionType.refused) == "True GuardQuota" }
        try await raise(rig)
      }
    }
  }
}
