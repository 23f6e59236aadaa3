import Events
import Foundation
import Kubernetes
import Model
import SimulatedCluster
import Testing

@testable import Reconciler

/// The last look before something is deleted: an order rests on what a watch has last said, and that may be over.
@Suite(.timeLimit(.minutes(5)))
struct LastLookTests {
  /// What is deleted.
  enum Subject: CaseIterable {
    /// A namespace that is Régie's.
    case namespace
    /// Régie's quota in a namespace that is another's.
    case quota
  }

  /// What has come about since the order was given.
  enum Change: CaseIterable {
    case madeAnew, unmarked, marksAnother, calledBack, suspected, written

    /// What keeps the object then.
    var failure: (kind: ApplyFailure.Kind, words: String) {
      switch self {
      case .madeAnew: (.changed, "is another one than was marked")
      case .unmarked, .marksAnother: (.changed, "lost the mark of its removal")
      case .calledBack: (.changed, "is not to be removed any more")
      case .suspected: (.busSuspect, "the topic differs")
      case .written: (.changed, "was written to meanwhile")
      }
    }
  }

  /// What keeps a deletion from being made at once, once it was asked whether it is still wanted.
  enum Obstacle: CaseIterable {
    case busy, away, cut
    /// Another call was asked to leave the API server alone for a while.
    case asked
    /// The token is refused: it is read again from its file.
    case unknown

    func arise(on cluster: SimulatedCluster, for client: KubernetesClient) async {
      switch self {
      case .busy: cluster.inject(.status(429), method: "DELETE")
      case .away: cluster.inject(.status(503), method: "DELETE")
      case .cut: cluster.inject(.dropConnection, method: "DELETE")
      case .unknown: cluster.inject(.status(401), method: "DELETE")
      case .asked:
        // Longer than this call may take, so that it does not wait, and less than the deletion might. No machine stands
        // still for so long that the call is not answered in time, or that nothing is left of the wait.
        cluster.inject(.status(429, retryAfter: 150), method: "GET", path: "/api/v1/namespaces/busy")
        _ = try? await client.get(Namespace.self, "busy", timeout: .seconds(120))
      }
    }

    var failure: ApplyFailure.Kind {
      switch self {
      case .busy, .asked: .throttled
      case .away, .cut: .unavailable
      case .unknown: .forbidden
      }
    }
  }

  private static let state = AgentRig.state(1)

  private func ref(_ subject: Subject) -> ObjectRef {
    let name = Self.state.namespace
    return switch subject {
    case .namespace: ObjectRef(kind: .namespace, namespace: name, name: name)
    case .quota: ObjectRef(kind: .resourceQuota, namespace: name, name: DesiredObjects.quotaName)
    }
  }

  /// Makes it, with the mark of its removal.
  ///
  /// - Returns: Its `uid`.
  private func make(_ subject: Subject, _ client: KubernetesClient) async throws -> String {
    let mark = [
      Labels.placement: Self.state.placement.uuidString.lowercased(), Labels.phase: PlacementPhase.removed.rawValue,
      Labels.epoch: String(Self.state.epoch), Labels.revision: String(Self.state.revision),
    ]
    let name = Self.state.namespace
    let labels = subject == .namespace ? mark : ["team": "theirs"]
    try await client.create(Namespace(metadata: ObjectMeta(name: name, labels: labels)))
    if subject == .quota {
      let metadata = ObjectMeta(name: DesiredObjects.quotaName, namespace: name, labels: mark)
      try await client.create(ResourceQuota(metadata: metadata, spec: .init(hard: ["pods": "1"])))
      // Whoever counts writes to it, too.
      try await eventually("what is in it is counted") {
        try await client.get(ResourceQuota.self, DesiredObjects.quotaName, in: name).status?.hard != nil
      }
    }
    return try await look(subject, client).identity.uid
  }

  private func look(_ subject: Subject, _ client: KubernetesClient) async throws -> Observed<LiveProjection> {
    try await client.get(ref(subject).path)
  }

  private func label(_ subject: Subject, _ labels: [String: String?], _ client: KubernetesClient) async throws {
    _ = try await client.patch(ref(subject).path, merge: ["metadata": ["labels": labels]], as: JSONValue.self)
  }

  /// A client as an agent has it: it tries again, and reads its token anew where that is refused. The rig's own do neither.
  private func withAgentsClient(
    of cluster: SimulatedCluster, _ body: (KubernetesClient) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("look-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("config")
    let port = try await cluster.port
    let text = """
      current-context: a
      clusters: [{name: a, cluster: {server: 'http://127.0.0.1:\(port)'}}]
      users: [{name: a, user: {tokenFile: token}}]
      contexts: [{name: a, context: {cluster: a, user: a}}]
      """
    try text.write(to: file, atomically: true, encoding: .utf8)
    try "token\n".write(to: folder.appendingPathComponent("token"), atomically: true, encoding: .utf8)
    var configuration = try KubernetesConfiguration.kubeconfig(paths: [file.path])
    configuration.callTimeout = .seconds(240)
    try await KubernetesClient.withClient(configuration, body)
  }

  /// Carries the order to delete the one with this `uid` out.
  private func delete(
    _ subject: Subject, _ uid: String, _ client: KubernetesClient, isStillWanted: () async -> Bool = { true },
    mayDelete: () -> Refusal? = { nil }
  ) async throws -> RemovalOutcome {
    let state = Self.state
    let target = ref(subject)
    let executor = OrderExecutor(client: client)
    switch subject {
    case .namespace:
      let order = RemovalOrder(
        placement: state.placement, attempt: 1, version: state.version, namespace: target, uid: uid,
        mayTakeVolumes: false)
      return try await executor.remove(order, others: [], isStillWanted: isStillWanted, mayDelete: mayDelete)
    case .quota:
      let order = WithdrawalOrder(
        placement: state.placement, attempt: 1, version: state.version, namespace: state.namespace,
        targets: [WithdrawalOrder.Target(ref: target, uid: uid)])
      return try await executor.withdraw(order, others: [], isStillWanted: isStillWanted, mayDelete: mayDelete)
    }
  }

  @Test(arguments: Subject.allCases)
  func `what is as it was when its removal was ordered goes`(subject: Subject) async throws {
    try await AgentRig.with { rig in
      let client = rig.clients[0].client
      let made = try await make(subject, client)
      let outcome = try await delete(subject, made, client)
      #expect(outcome == .going)
      try await eventually("it is gone") {
        do {
          _ = try await look(subject, client)
          return false
        } catch let error as KubernetesError where error.kind == .notFound {
          return true
        }
      }
    }
  }

  @Test(arguments: Subject.allCases, Change.allCases)
  func `what is not any more as it was when its removal was ordered stays`(subject: Subject, change: Change)
    async throws
  {
    try await AgentRig.with { rig in
      let client = rig.clients[0].client
      let made = try await make(subject, client)
      if change == .unmarked { try await label(subject, [Labels.phase: nil], client) }
      if change == .marksAnother { try await label(subject, [Labels.revision: "7"], client) }
      let uid = change == .madeAnew ? UUID().uuidString.lowercased() : made
      let refusal = Refusal(reason: "BusSuspect", message: "the topic differs from the zone's record")
      let outcome = try await delete(
        subject, uid, client,
        isStillWanted: {
          if change == .written { try? await label(subject, ["team": "theirs"], client) }
          return change != .calledBack
        },
        mayDelete: { change == .suspected ? refusal : nil })
      if case .failed(let failure) = outcome {
        let told = change.failure
        #expect(failure.kind == told.kind && failure.message.contains(told.words), "\(failure)")
      } else {
        Issue.record("it is deleted: \(outcome)")
      }
      let there = try await look(subject, client)
      #expect(there.identity.uid == made && there.value.metadata.deletionTimestamp == nil)
    }
  }

  /// A removal may be called back while a deletion waits for its next try: nothing that it is conditional on changes by
  /// that.
  @Test(arguments: Subject.allCases, Obstacle.allCases)
  func `a deletion that can not be made at once is not made later, before all is looked at anew`(
    subject: Subject, obstacle: Obstacle
  ) async throws {
    try await AgentRig.with { rig in
      let cluster = rig.clusters[0]
      let observer = rig.clients[0].client
      let made = try await make(subject, observer)
      try await withAgentsClient(of: cluster) { client in
        let outcome = try await delete(
          subject, made, client,
          isStillWanted: {
            await obstacle.arise(on: cluster, for: client)
            return true
          })
        if case .failed(let failure) = outcome {
          #expect(failure.kind == obstacle.failure, "\(failure)")
        } else {
          Issue.record("it is deleted: \(outcome)")
        }
      }
      let there = try await look(subject, observer)
      #expect(there.identity.uid == made && there.value.metadata.deletionTimestamp == nil)
    }
  }
}
