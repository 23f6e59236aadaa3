import Events
import Foundation
import Kubernetes
import Model
import SimulatedCluster
import Testing

@testable import Reconciler

/// What an apply leaves of another phase, as somebody else has it, too, is taken away before it.
@Suite(.timeLimit(.minutes(5)))
struct ClearanceTests {
  private static let phases: [Int64: PlacementPhase] = [1: .frozen, 2: .active, 3: .frozen]

  private static func quota(revision: Int64) throws -> ManagedObject {
    var state = AgentRig.state(1, revision: revision)
    state.phase = try #require(phases[revision])
    return try #require(DesiredObjects.render(state).first { $0.ref.kind == .resourceQuota })
  }

  private static func there(_ ref: ObjectRef, _ client: KubernetesClient) async throws -> LiveObject {
    let there: Observed<LiveProjection> = try await client.get(ref.path)
    return there.value.live(ref.kind, there.identity)
  }

  private static func order(_ quota: ManagedObject, seen: LiveObject) -> ApplyOrder {
    var order = ApplyOrder(
      placement: AgentRig.state(1).placement, attempt: 1, objects: [quota], namespaceIsOurs: true,
      uids: [quota.ref: seen.uid])
    order.clearances[quota.ref] = quota.clearance(of: seen)
    return order
  }

  /// A quota that was frozen in revision 1, and whose pods somebody else has, too.
  private static func frozen(_ client: KubernetesClient) async throws -> LiveObject {
    let state = AgentRig.state(1)
    let labels = [Labels.placement: state.placement.uuidString.lowercased()]
    try await client.create(Namespace(metadata: ObjectMeta(name: state.namespace, labels: labels)))
    let quota = try quota(revision: 1)
    try await client.create(
      ResourceQuota(
        metadata: ObjectMeta(name: quota.ref.name, namespace: state.namespace), spec: .init(hard: ["pods": "0"])))
    let made = try await there(quota.ref, client)
    let outcome = try await OrderExecutor(client: client).carryOut(order(quota, seen: made))
    #expect(outcome.failure == nil && outcome.refused.isEmpty)
    // Whoever counts writes to it, too, and would take one of the few tries that a clearing has.
    try await eventually("what is in it is counted") {
      let counted = try await there(quota.ref, client)
      return counted.statusHard == counted.spec?["hard"]?.texts
    }
    return try await there(quota.ref, client)
  }

  @Test func `what bears the mark of a thaw has never what the freeze has left`() async throws {
    try await AgentRig.with { rig in
      let client = rig.clients[0].client
      let seen = try await Self.frozen(client)
      let active = try Self.quota(revision: 2)
      var events = client.watch(.resourceQuotas, from: seen.resourceVersion, as: LiveProjection.self)
        .makeAsyncIterator()
      let outcome = try await OrderExecutor(client: client).carryOut(Self.order(active, seen: seen))
      #expect(outcome.failure == nil && outcome.refused.isEmpty)
      while let event = try await events.next() {
        guard case .modified(let object) = event, object.value.metadata.labels?[Labels.revision] == "2" else {
          continue
        }
        #expect(object.value.spec?["hard"]?["pods"] == nil)
        break
      }
    }
  }

  @Test func `what was frozen anew since it was seen is not thawed`() async throws {
    try await AgentRig.with { rig in
      let client = rig.clients[0].client
      let executor = OrderExecutor(client: client)
      let seen = try await Self.frozen(client)
      let newer = try await executor.carryOut(Self.order(Self.quota(revision: 3), seen: seen))
      #expect(newer.failure == nil && newer.refused.isEmpty)
      let active = try Self.quota(revision: 2)
      let outcome = try await executor.carryOut(Self.order(active, seen: seen))
      #expect(outcome.refused[active.ref]?.kind == .conflict)
      let left = try await Self.there(active.ref, client)
      #expect(left.labels[Labels.revision] == "3" && left.spec?["hard"]?["pods"] == "0")
    }
  }

  @Test func `it is looked into by the role of mode own, by which no quota may be asked for by its name`() async throws
  {
    try await AgentRig.with { rig in
      let client = rig.clients[0].client
      let seen = try await Self.frozen(client)
      let active = try Self.quota(revision: 2)
      let path = "/api/v1/namespaces/\(active.ref.namespace)/resourcequotas/\(active.ref.name)"
      rig.clusters[0].inject(.status(409), method: "PATCH", path: path)
      rig.clusters[0].inject(.status(403), requests: .max, method: "GET", path: path)
      let outcome = try await OrderExecutor(client: client).carryOut(Self.order(active, seen: seen))
      #expect(outcome.failure == nil && outcome.refused.isEmpty)
      let hard = outcome.applied.first?.spec?["hard"]
      #expect(hard != nil && hard?["pods"] == nil)
    }
  }

  @Test func `a 409 of what is to be taken away is looked into, and is the object's own where it lasts`() async throws {
    try await AgentRig.with { rig in
      let client = rig.clients[0].client
      let executor = OrderExecutor(client: client)
      let seen = try await Self.frozen(client)
      let active = try Self.quota(revision: 2)
      let path = "/api/v1/namespaces/\(active.ref.namespace)/resourcequotas/\(active.ref.name)"
      rig.clusters[0].inject(.status(409), requests: 5, method: "PATCH", path: path)
      let refused = try await executor.carryOut(Self.order(active, seen: seen))
      #expect(refused.failure == nil && refused.refused[active.ref]?.kind == .conflict)
      #expect(try await Self.there(active.ref, client).labels[Labels.revision] == "1")
      rig.clusters[0].inject(.status(409), requests: 4, method: "PATCH", path: path)
      let outcome = try await executor.carryOut(Self.order(active, seen: seen))
      #expect(outcome.refused.isEmpty && outcome.applied.first?.spec?["hard"]?["pods"] == nil)
    }
  }
}
