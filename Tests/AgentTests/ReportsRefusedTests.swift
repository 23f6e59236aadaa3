import Events
import Foundation
import KafkaMock
import Kubernetes
import Model
import Reconciler
import Telemetry
import Testing

@testable import Agent

/// An agent that may read what is decided and may not report: somebody forgot to grant it.
@Suite(.timeLimit(.minutes(5)))
struct ReportsRefusedTests {
  /// CLUSTER_AUTHORIZATION_FAILED: fatal to each producer that hears it.
  private static let refusal: Int32 = 31

  @Test func `it keeps its clusters, says that it may not report, and reports once it may`() async throws {
    try await AgentRig.with { rig in
      let state = AgentRig.state(1)
      try await rig.publish(state)
      // More producers than there are, one after the other with pauses between them, before the test takes it back.
      try await rig.mock.pushErrors(.initProducerID, Array(repeating: Self.refusal, count: 200))
      try await rig.withAgent { seen in
        let client = rig.clients[0].client
        func quotaStands() async throws -> Bool {
          let quota = try? await client.get(ResourceQuota.self, DesiredObjects.quotaName, in: state.namespace)
          return quota?.spec?.hard?["requests.cpu"] == "4"
        }
        // What the broker said is for the log: anybody may ask for health.
        try await eventually("health says that reports are refused, and no more") {
          rig.busCheck?.status == .degraded
            && rig.busCheck?.message == "le bus refuse les comptes rendus : ils attendent"
        }
        try await eventually("what is decided is enforced") { try await quotaStands() }
        #expect(rig.telemetry.health.report().readiness == .pass)
        try await client.delete(ObjectPath(.resourceQuotas, DesiredObjects.quotaName, in: state.namespace))
        try await eventually("a quota that was deleted is put back") { try await quotaStands() }
        try await rig.mock.clearErrors(.initProducerID)
        try await seen.placement("what waited is reported, once a producer works") {
          $0.says(ConditionType.ready).hasPrefix("True")
        }
        try await eventually("health says that all is well") { rig.busCheck?.status == .pass }
      }
    }
  }
}
