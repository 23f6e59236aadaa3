import Events
import Foundation
import Kubernetes
import Model
import TestSupport
import Testing

@testable import Reconciler

/// What bears a name on a cluster may be another thing than a watch has last said.
@Suite(.timeLimit(.minutes(5)))
struct TakeoverTests {
  enum Place: CaseIterable {
    case simulated
    case real

    static let available = KubernetesServer.hasControllerManager ? allCases : [.simulated]
  }

  /// What an order is about.
  enum Part: UInt8, CaseIterable {
    case all
    /// A quota that was seen.
    case seen
    /// A quota that was not.
    case unseen
  }

  private func with(_ place: Place, _ body: @Sendable (KubernetesClient) async throws -> Void) async throws {
    switch place {
    case .simulated: try await AgentRig.with { rig in try await body(rig.clients[0].client) }
    case .real:
      let server = try await KubernetesServer.shared()
      try await KubernetesClient.withClient(.kubeconfig(paths: [server.adminKubeconfigPath])) { client in
        try await body(client)
      }
    }
  }

  private func order(_ placement: UUID, _ objects: [ManagedObject], seen: [LiveObject] = []) -> ApplyOrder {
    let namespace = seen.first { $0.ref.kind == .namespace }
    return ApplyOrder(
      placement: placement, attempt: 1, objects: objects, namespaceIsOurs: namespace != nil,
      namespaceUID: namespace?.uid, uids: Dictionary(seen.map { ($0.ref, $0.uid) }, uniquingKeysWith: { $1 }))
  }

  private func isThere(_ ref: ObjectRef, _ client: KubernetesClient) async throws -> Bool {
    do {
      _ = try await client.get(ref.path, as: LiveProjection.self)
      return true
    } catch let error as KubernetesError where error.kind == .notFound {
      return false
    }
  }

  private func delete(_ namespace: ObjectRef, _ client: KubernetesClient) async throws {
    try await client.delete(ObjectPath(.namespaces, namespace.name))
    try await eventually("the namespace is gone") { try await !isThere(namespace, client) }
  }

  @Test(arguments: Place.available, Part.allCases)
  func `a namespace that somebody made anew is left as it is, whatever a watch has last said`(place: Place, part: Part)
    async throws
  {
    try await with(place) { client in
      let state = AgentRig.state(220 + part.rawValue)
      let objects = DesiredObjects.render(state)
      let (namespace, quota) = (objects[0].ref, objects[1].ref)
      let executor = OrderExecutor(client: client)
      let seen = try await executor.carryOut(order(state.placement, objects)).applied
      #expect(seen.count == 5)
      let again = try await executor.carryOut(order(state.placement, objects, seen: seen))
      #expect(again.failure == nil && Set(again.applied.map(\.uid)) == Set(seen.map(\.uid)))

      try await delete(namespace, client)
      try await client.create(Namespace(metadata: ObjectMeta(name: namespace.name, labels: ["team": "theirs"])))
      let given =
        switch part {
        case .all: order(state.placement, objects, seen: seen)
        case .seen: order(state.placement, [objects[1]], seen: seen)
        case .unseen: order(state.placement, [objects[1]], seen: seen.filter { $0.ref != quota })
        }
      let outcome = try await executor.carryOut(given)
      #expect(outcome.failure?.kind == .namespaceTaken && outcome.applied.isEmpty)
      let theirs = try await client.get(Namespace.self, namespace.name).metadata.labels ?? [:]
      #expect(theirs["team"] == "theirs" && theirs[Labels.placement] == nil)
      #expect(theirs.keys.allSatisfy { !$0.hasPrefix("pod-security") })
      #expect(try await !isThere(quota, client))
      try await delete(namespace, client)
    }
  }

  @Test(arguments: Place.available)
  func
    `a mark that was changed by hand is put back where the namespace was seen as ours and nobody else is known to have it`(
      place: Place
    ) async throws
  {
    try await with(place) { client in
      let state = AgentRig.state(240)
      let objects = DesiredObjects.render(state)
      let executor = OrderExecutor(client: client)
      let seen = try await executor.carryOut(order(state.placement, objects)).applied
      let mark: (String) async throws -> Void = { name in
        _ = try await client.apply(
          Namespace(metadata: ObjectMeta(name: objects[0].ref.name, labels: [Labels.placement: name])),
          fieldManager: "somebody", force: true)
      }
      // As the machine orders it: what bears another's mark is not seen as ours, and its `uid` is known of before.
      var given = order(state.placement, objects, seen: seen)
      given.namespaceIsOurs = false
      let stray = UUID()
      for value in [stray.uuidString.lowercased(), "nobody"] {
        try await mark(value)
        let outcome = try await executor.carryOut(given)
        #expect(outcome.failure == nil && Set(outcome.applied.map(\.uid)) == Set(seen.map(\.uid)), "\(value)")
        let labels = try await client.get(Namespace.self, objects[0].ref.name).metadata.labels
        #expect(labels?[Labels.placement] == state.placement.uuidString.lowercased(), "\(value)")
      }
      try await mark(stray.uuidString.lowercased())
      let known = try await executor.carryOut(given, others: [stray])
      #expect(known.failure?.kind == .namespaceTaken && known.applied.isEmpty)
      var unseen = given
      unseen.namespaceUID = nil
      let late = try await executor.carryOut(unseen)
      #expect(late.failure?.kind == .namespaceTaken && late.applied.isEmpty)
      try await delete(objects[0].ref, client)
    }
  }

  @Test func `a namespace whose mark was changed by hand is enforced all the same`() async throws {
    try await AgentRig.with { rig in
      let (client, state) = (rig.clients[0].client, AgentRig.state(1))
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        try await client.apply(
          Namespace(
            metadata: ObjectMeta(name: state.namespace, labels: [Labels.placement: UUID().uuidString.lowercased()])),
          fieldManager: "somebody", force: true)
        try await client.apply(
          ResourceQuota(
            metadata: ObjectMeta(name: DesiredObjects.quotaName, namespace: state.namespace),
            spec: .init(hard: ["requests.cpu": "400"])), fieldManager: "somebody", force: true)
        try await eventually("both are put back") {
          let space = try await client.get(Namespace.self, state.namespace)
          let quota = try await client.get(ResourceQuota.self, DesiredObjects.quotaName, in: state.namespace)
          return space.metadata.labels?[Labels.placement] == state.placement.uuidString.lowercased()
            && quota.spec?.hard?["requests.cpu"] == "4"
        }
        try await seen.placement("and that is told") {
          $0.drifts.contains { $0.path.contains(Labels.placement) && $0.manager == "somebody" }
        }
      }
    }
  }

  @Test func `a namespace whose mark was taken off is told by path and manager, not as deleted, and gets it back`()
    async throws
  {
    try await AgentRig.with { rig in
      let (client, state) = (rig.clients[0].client, AgentRig.state(1))
      try await rig.publish(state)
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        let made = try await client.get(Namespace.self, state.namespace).metadata.uid
        try await client.apply(
          Namespace(metadata: ObjectMeta(name: state.namespace, labels: ["team": "theirs"])), fieldManager: "somebody")
        let labels: [String: String?] = [Labels.placement: nil]
        _ = try await client.patch(
          ObjectPath(.namespaces, state.namespace), merge: ["metadata": ["labels": labels]], as: Namespace.self)
        let told = try await seen.placement("that is told") { $0.drifts.contains { $0.correctedAt != nil } }
        #expect(told.drifts.map(\.path) == ["metadata.labels.\(Labels.placement)"])
        #expect(told.drifts.first?.manager == "somebody")
        let there = try await client.get(Namespace.self, state.namespace).metadata
        #expect(there.uid == made && there.labels?[Labels.placement] == state.placement.uuidString.lowercased())
      }
    }
  }

  @Test func `where changes are left alone, the end of a namespace without its mark is told as well`() async throws {
    try await AgentRig.with { rig in
      let (client, state) = (rig.clients[0].client, AgentRig.state(1))
      try await rig.publish(state)
      try await rig.withAgent(driftMode: .report) { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready).hasPrefix("True") }
        let labels: [String: String?] = [Labels.placement: nil]
        _ = try await client.patch(
          ObjectPath(.namespaces, state.namespace), merge: ["metadata": ["labels": labels]], as: Namespace.self)
        let told = try await seen.placement("the missing mark is told") {
          $0.says(ConditionType.drifted) == "True Reported"
        }
        #expect(told.drifts.map(\.path) == ["metadata.labels.\(Labels.placement)"])
        #expect(told.enforced?.cpu == Quantity(4), "what is in it is known all the same")
        try await client.delete(ObjectPath(.namespaces, state.namespace))
        try await seen.placement("its end is told") {
          $0.drifts.contains { $0.object == "Namespace/\(state.namespace)" && $0.path.isEmpty }
        }
      }
    }
  }

  @Test(arguments: Place.available)
  func `a namespace that is gone is made again, and so is what was made anew in one that is ours`(place: Place)
    async throws
  {
    try await with(place) { client in
      let state = AgentRig.state(230)
      let objects = DesiredObjects.render(state)
      let executor = OrderExecutor(client: client)
      let seen = try await executor.carryOut(order(state.placement, objects)).applied
      try await delete(objects[0].ref, client)
      let quota = try await executor.carryOut(order(state.placement, [objects[1]], seen: seen))
      #expect(quota.failure?.kind == .terminating && quota.applied.isEmpty)
      let anew = try await executor.carryOut(order(state.placement, objects, seen: seen))
      #expect(anew.failure == nil && anew.applied.count == 5)
      #expect(Set(anew.applied.map(\.uid)).isDisjoint(with: seen.map(\.uid)))
      for stale in [seen, []] {
        let late = try await executor.carryOut(order(state.placement, [objects[1]], seen: stale))
        #expect(late.failure == nil && late.applied.count == 1)
      }
      try await delete(objects[0].ref, client)
    }
  }
}
