import Events
import Foundation
import Kubernetes
import Model
import NIOConcurrencyHelpers
import Reconciler
import SimulatedCluster
import Testing

@testable import Agent

/// Mode `adopt` by the whole agent: the namespace and `dso-quota` are the console's, and stay as they are.
@Suite(.timeLimit(.minutes(5)))
struct AdoptServiceTests {
  private static func state(
    _ revision: Int64 = 1, _ phase: PlacementPhase = .active, cluster: String = "c1"
  ) -> DesiredState {
    var state = AgentRig.state(1, revision: revision, cluster: cluster)
    state.mode = .adopt
    state.phase = phase
    if phase == .removed { state.notBefore = Timestamp(Date()) }
    return state
  }

  /// The namespace as the console makes it, with its quota.
  private func makeNamespace(_ client: KubernetesClient) async throws -> Namespace {
    let name = Self.state().namespace
    let made = try await client.create(
      Namespace(metadata: ObjectMeta(name: name, labels: ["app.kubernetes.io/managed-by": "dso-console"])))
    try await client.create(
      ResourceQuota(
        metadata: ObjectMeta(name: "dso-quota", namespace: name), spec: .init(hard: ["requests.cpu": "4"])))
    return made
  }

  private func exists(_ resource: APIResource, _ name: String, _ client: KubernetesClient) async throws -> Bool {
    do {
      let namespace = resource.isNamespaced ? Self.state().namespace : nil
      _ = try await client.get(ObjectPath(resource, name, in: namespace), as: JSONValue.self)
      return true
    } catch let error as KubernetesError where error.kind == .notFound {
      return false
    }
  }

  private func with(
    _ rules: ClusterRules = ClusterRules(.adopt), _ body: @Sendable (AgentRig, KubernetesClient) async throws -> Void
  ) async throws {
    // What is held up is waited for as long as that takes: a look that was given up would be made again, too early.
    try await AgentRig.with(rules: ["c1": rules], callTimeout: .seconds(120)) { rig in
      try await body(rig, rig.clients[0].client)
    }
  }

  /// The namespace is there, and the placement published.
  private func withPlacement(_ body: @Sendable (AgentRig, KubernetesClient) async throws -> Void) async throws {
    try await with { rig, client in
      _ = try await makeNamespace(client)
      try await rig.publish(Self.state())
      try await body(rig, client)
    }
  }

  @Test func `a life in another's namespace: waited for, added to, withdrawn from, and the rest told as a task`()
    async throws
  {
    try await with { rig, client in
      try await rig.publish(Self.state())
      try await rig.withAgent { seen in
        try await seen.placement("it waits for the namespace") {
          $0.says(ConditionType.applied) == "False NamespaceMissing"
            && $0.says(ConditionType.awaitingOwner) == "True NamespaceMissing"
        }
        #expect(try await !exists(.namespaces, Self.state().namespace, client))
        let made = try await makeNamespace(client)
        try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        #expect(try await !exists(.limitRanges, "regie-limits", client))
        #expect(try await !exists(.networkPolicies, "regie-default-deny", client))
        try await rig.publish(Self.state(2, .removed))
        try await seen.placement("what is ours is gone, the rest is a task") {
          $0.says(ConditionType.applied) == "True Removed"
            && $0.says(ConditionType.awaitingOwner) == "True NamespaceStands"
        }
        #expect(try await !exists(.resourceQuotas, "regie-quota", client))
        #expect(try await exists(.resourceQuotas, "dso-quota", client))
        let there = try await client.get(Namespace.self, Self.state().namespace)
        #expect(there.metadata == made.metadata, "nothing at all was written to it")
        let events = try await client.list(Kubernetes.Event.self, ListQuery(namespace: Self.state().namespace))
        #expect(events.items.isEmpty)
      }
      try await rig.withAgent { seen in
        try await seen.placement("a next life tells the same") {
          $0.incarnation > 1_000 && $0.says(ConditionType.awaitingOwner) == "True NamespaceStands"
        }
        try await client.delete(ObjectPath(.namespaces, Self.state().namespace))
        // The life before has told the same of the namespace that was to be made.
        try await seen.placement("its owner has done it") {
          $0.incarnation > 1_000 && $0.says(ConditionType.awaitingOwner) == "False Done"
        }
      }
    }
  }

  /// The quota's values as `edit` leaves them, written by a client of another name.
  private static func edit(
    _ client: KubernetesClient, as manager: String = "kubectl-edit", _ edit: (inout ResourceQuota) -> Void
  ) async throws {
    var configuration = client.configuration
    configuration.userAgent = manager
    try await KubernetesClient.withClient(configuration, logger: AgentRig.quiet) { person in
      while true {
        var quota = try await person.get(ResourceQuota.self, "regie-quota", in: state().namespace)
        edit(&quota)
        quota.metadata.managedFields = nil
        do {
          _ = try await person.update(quota)
          return
        } catch let error as KubernetesError where error.kind == .conflict {
          // The agent, or the controller that counts what is used, has written in between.
        }
      }
    }
  }

  private static func live(_ client: KubernetesClient) async throws -> ResourceQuota {
    try await client.get(ResourceQuota.self, "regie-quota", in: state().namespace)
  }

  @Test func `what a hand changes in Régie's own quota is put back, and holds up no later amount`() async throws {
    try await withPlacement { rig, client in
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        try await Self.edit(client) { $0.spec?.hard?["requests.cpu"] = "40" }
        let told = try await seen.placement("it is put back") {
          $0.says(ConditionType.applied) == "True Applied" && $0.drifts.contains { $0.correctedAt != nil }
        }
        #expect(told.drifts.first?.manager == "kubectl-edit")
        #expect(try await Self.live(client).spec?.hard?["requests.cpu"] == "4")
        rig.clusters[0].inject(.status(500), requests: 2, method: "PATCH")
        try await Self.edit(client) { $0.spec?.hard?["requests.cpu"] = "50" }
        try await rig.publish(Self.state(2, .frozen))
        try await seen.placement("it is frozen") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "True Applied"
        }
        let quota = try await Self.live(client)
        #expect(quota.spec?.hard?["requests.cpu"] == "4" && quota.spec?.hard?["pods"] == "0")
      }
    }
  }

  @Test func `a quota without Régie's mark is not taken back from who has changed it`() async throws {
    try await withPlacement { rig, client in
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
      }
      try await Self.edit(client) {
        $0.metadata.labels?[Labels.placement] = nil
        $0.spec?.hard?["requests.cpu"] = "40"
      }
      try await rig.withAgent { seen in
        let told = try await seen.placement("the conflict is told") {
          $0.says(ConditionType.applied) == "False Conflict"
        }
        #expect(told.conditions.first { $0.type == ConditionType.applied }?.message.contains("kubectl-edit") == true)
      }
      #expect(try await Self.live(client).spec?.hard?["requests.cpu"] == "40")
    }
  }

  @Test func `a field that somebody else applies is left to them, and told with manager and path`() async throws {
    try await withPlacement { rig, client in
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        let body: JSONValue = .object([
          "metadata": .object(["name": .string("regie-quota")]),
          "spec": .object(["hard": .object(["requests.cpu": .string("40")])]),
        ])
        let path = ObjectPath(.resourceQuotas, "regie-quota", in: Self.state().namespace)
        _ = try await client.apply(body, to: path, fieldManager: "somebody", force: true, as: JSONValue.self)
        let told = try await seen.placement("the conflict is told") {
          $0.says(ConditionType.applied) == "False Conflict"
        }
        let message = try #require(told.conditions.first { $0.type == ConditionType.applied }?.message)
        #expect(message.contains("spec.hard") && message.contains("requests.cpu") && message.contains("somebody"))
        let quota = try await client.get(ResourceQuota.self, "regie-quota", in: Self.state().namespace)
        #expect(quota.spec?.hard?["requests.cpu"] == "40", "nothing was forced")
        // The rest of it is as it is decided: what is frozen grows no more, and what is removed goes.
        try await rig.publish(Self.state(2, .frozen))
        try await eventually("no pod comes in") { try await Self.live(client).spec?.hard?["pods"] == "0" }
        #expect(try await Self.live(client).spec?.hard?["requests.cpu"] == "40")
        try await rig.publish(Self.state(3, .removed))
        try await seen.placement("it is removed") { $0.says(ConditionType.applied) == "True Removed" }
        #expect(try await !exists(.resourceQuotas, "regie-quota", client))
      }
    }
  }

  @Test func `a quota of Régie's name that another made, with the values wanted, stays another's`() async throws {
    try await with { rig, client in
      _ = try await makeNamespace(client)
      let made = try await client.create(
        ResourceQuota(
          metadata: ObjectMeta(name: "regie-quota", namespace: Self.state().namespace),
          spec: .init(hard: DesiredObjects.render(Self.state())[0].spec?["hard"]?.texts ?? [:])))
      try await rig.publish(Self.state())
      try await rig.withAgent { seen in
        try await seen.placement("it is told") { $0.says(ConditionType.applied) == "False ObjectTaken" }
        try await rig.publish(Self.state(2, .removed))
        try await seen.placement("nothing is Régie's there") { $0.says(ConditionType.applied) == "True Removed" }
      }
      let there = try await client.get(ResourceQuota.self, "regie-quota", in: Self.state().namespace)
      #expect(there.metadata.uid == made.metadata.uid && there.metadata.labels == made.metadata.labels)
    }
  }

  @Test func `what may be added is, but for what others have already`() async throws {
    try await with(ClusterRules(.adopt, addsLimitRange: true, addsNetworkPolicies: true)) { rig, client in
      _ = try await makeNamespace(client)
      let theirs: JSONValue = .object([
        "metadata": .object(["name": .string("theirs")]), "spec": .object(["podSelector": .object([:])]),
      ])
      let path = ObjectPath(.networkPolicies, "theirs", in: Self.state().namespace)
      _ = try await client.apply(theirs, to: path, fieldManager: "team", as: JSONValue.self)
      try await rig.publish(Self.state())
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        #expect(try await exists(.limitRanges, "regie-limits", client))
        #expect(try await !exists(.networkPolicies, "regie-default-deny", client))
        try await rig.publish(Self.state(2, .removed))
        try await seen.placement("it is removed") { $0.says(ConditionType.applied) == "True Removed" }
        #expect(try await !exists(.limitRanges, "regie-limits", client))
        #expect(try await exists(.networkPolicies, "theirs", client))
      }
    }
  }

  @Test(arguments: ["PATCH", "DELETE"])
  func `an agent that ends in the middle of a removal is followed by one that completes it`(method: String)
    async throws
  {
    try await withPlacement { rig, client in
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        let path = "/api/v1/namespaces/\(Self.state().namespace)/resourcequotas"
        rig.clusters[0].inject(.status(503), requests: .max, method: method, pathPrefix: path)
        try await rig.publish(Self.state(2, .removed))
        try await seen.placement("it stands still") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "False ClusterUnavailable"
        }
      }
      rig.clusters[0].clearFaults()
      try await rig.withAgent { seen in
        try await seen.placement("it is removed") { $0.says(ConditionType.applied) == "True Removed" }
      }
      #expect(try await !exists(.resourceQuotas, "regie-quota", client))
    }
  }

  @Test func `a deletion that is refused with 404 ends no withdrawal`() async throws {
    try await withPlacement { rig, client in
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        let path = "/api/v1/namespaces/\(Self.state().namespace)/resourcequotas"
        rig.clusters[0].inject(.status(404), requests: .max, method: "DELETE", pathPrefix: path)
        try await rig.publish(Self.state(2, .removed))
        try await seen.placement("the refusal is told") { $0.says(ConditionType.applied) == "False Forbidden" }
        #expect(try await exists(.resourceQuotas, "regie-quota", client))
        rig.clusters[0].clearFaults()
        try await seen.placement("it is removed") { $0.says(ConditionType.applied) == "True Removed" }
        #expect(try await !exists(.resourceQuotas, "regie-quota", client))
      }
    }
  }

  @Test func `while the bus is suspect nothing is withdrawn, and it goes on afterwards`() async throws {
    try await withPlacement { rig, client in
      try await rig.recordMissing(AgentRig.state(3))
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        try await seen.agent("the bus is suspect") { $0.zoneRecord?.verdict == .suspect }
        let made = try await Self.live(client).metadata.uid
        try await rig.publish(Self.state(2, .removed))
        try await seen.placement("the removal is held up") {
          $0.observedRevision == 2 && $0.says(ConditionType.applied) == "False BusSuspect"
        }
        #expect(try await Self.live(client).metadata.uid == made)
        try await rig.recordWithout(AgentRig.state(3).placement)
        try await seen.placement("it goes on by itself") { $0.says(ConditionType.applied) == "True Removed" }
        #expect(try await !exists(.resourceQuotas, "regie-quota", client))
      }
    }
  }

  /// What was seen of the namespace's quotas: all that are or were there, and what each that went was marked with.
  private struct Quotas {
    var names: Set<String> = []
    var gone: [[String: String]] = []
  }

  /// Has a removal come as far as the last look at Régie's quota, which takes its time, and runs `body` meanwhile.
  ///
  /// - Parameter holds: What is reported in the end.
  /// - Returns: The labels of each quota that went, as they were then.
  private func inLastLook(
    _ rig: AgentRig, _ client: KubernetesClient, _ body: @escaping @Sendable () async throws -> Void,
    until holds: @escaping @Sendable (ObservedState) -> Bool
  ) async throws -> [[String: String]] {
    let quotas = NIOLockedValueBox(Quotas())
    let namespace = Self.state().namespace
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        let informer = client.informer(.resourceQuotas, ListQuery(namespace: namespace), as: ResourceQuota.self)
        for try await event in informer {
          switch event {
          case .applied(let item): quotas.withLockedValue { _ = $0.names.insert(item.identity.name) }
          case .deleted(let item): quotas.withLockedValue { $0.gone.append(item.value.metadata.labels ?? [:]) }
          case .synced(let items, _): quotas.withLockedValue { $0.names.formUnion(items.map(\.identity.name)) }
          case .interrupted, .resumed: continue
          }
        }
      }
      defer { group.cancelAll() }
      // Of what went before the first list nothing would be seen.
      try await eventually("the quotas are followed") { quotas.withLockedValue { $0.names.contains("dso-quota") } }
      try await rig.withAgent { seen in
        try await seen.placement("it is ready") { $0.says(ConditionType.ready) == "True QuotaEnforced" }
        let look = try await beginLastLook(rig)
        try await body()
        look.release()
        try await seen.placement("it ends as it should", where: holds)
      }
      let end = ObjectMeta(name: "the-end", namespace: namespace)
      try await client.create(ResourceQuota(metadata: end, spec: .init(hard: ["pods": "1"])))
      try await eventually("all that came before was seen") { quotas.withLockedValue { $0.names.contains("the-end") } }
    }
    return quotas.withLockedValue { $0.gone }
  }

  /// The quota is looked at before it is marked, too: the last look is the one that comes after the mark.
  private func beginLastLook(_ rig: AgentRig) async throws -> HeldRequest {
    let mark = HeldRequest()
    let look = HeldRequest()
    let path = "/api/v1/namespaces/\(Self.state().namespace)/resourcequotas/regie-quota"
    rig.clusters[0].inject(.hold(mark), method: "PATCH", path: path)
    try await rig.publish(Self.state(2, .removed))
    await mark.arrived()
    rig.clusters[0].inject(.hold(look), method: "GET", path: path)
    mark.release()
    await look.arrived()
    return look
  }

  @Test func `a removal that is called back during the last look takes nothing away`() async throws {
    try await withPlacement { rig, client in
      let gone = try await inLastLook(rig, client) {
        try await rig.publish(Self.state(3))
        let placement = Self.state().placement.uuidString.lowercased()
        try await eventually("the agent has it: it writes that down first of all") {
          let memory = try await client.get(ConfigMap.self, "regie-memory-z1-0", in: "regie-system")
          return memory.data?[placement] == "1.3 active"
        }
      } until: {
        $0.observedRevision == 3 && $0.says(ConditionType.ready) == "True QuotaEnforced"
      }
      #expect(gone == [])
      #expect(try await Self.live(client).metadata.labels?[Labels.phase] == nil)
    }
  }

  @Test func `a quota that lost its mark during the last look is marked again before it goes`() async throws {
    try await withPlacement { rig, client in
      let gone = try await inLastLook(rig, client) {
        let labels: [String: String?] = [Labels.phase: nil]
        let path = ObjectPath(.resourceQuotas, "regie-quota", in: Self.state().namespace)
        _ = try await client.patch(path, merge: ["metadata": ["labels": labels]], as: ResourceQuota.self)
      } until: {
        $0.says(ConditionType.applied) == "True Removed"
      }
      let phases = gone.map { $0[Labels.phase] }
      #expect(phases == [PlacementPhase.removed.rawValue])
    }
  }

  @Test func `a state in another mode than the agent was told is refused`() async throws {
    try await with { rig, client in
      let made = try await makeNamespace(client)
      try await rig.publish(AgentRig.state(1))
      try await rig.withAgent { seen in
        let told = try await seen.placement("it is refused") { $0.says(ConditionType.refused) == "True ModeMismatch" }
        #expect(told.conditions.last?.message.contains("adopt") == true)
      }
      #expect(try await client.get(Namespace.self, Self.state().namespace).metadata == made.metadata)
    }
  }
}
