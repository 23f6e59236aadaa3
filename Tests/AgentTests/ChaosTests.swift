import Events
import Foundation
import KafkaMock
import Kubernetes
import Model
import NIOConcurrencyHelpers
import Reconciler
import SimulatedCluster
import TestSupport
import Testing

@testable import Agent

/// The whole agent, killed again and again, on a cluster that fails and is meddled with; the cluster's own history judges.
@Suite(.timeLimit(.minutes(5)))
struct ChaosTests {
  private static let lives = 4
  private static let steps = 14
  /// How many removals were called back, and how many of them had come as far as the mark, which depends on what else the agent
  /// had to do.
  private struct CallBacks {
    var begun = 0
    var marked = 0
  }

  private let callBacks = NIOLockedValueBox(CallBacks())

  @Test(arguments: [1, 2, UInt64.random(in: .min ... .max)])
  func `whatever happens, only what was removed goes, and what was decided last comes about`(seed: UInt64) async throws
  {
    print("chaos: seed \(seed)")
    try await AgentRig.with(callTimeout: ChaosPlan.callTimeout) { rig in
      let plan = NIOLockedValueBox(ChaosPlan(seed: seed))
      let history = ChaosHistory()
      let latest = NIOLockedValueBox<Int64>(0)
      try await Self.patiently(butNot: .alreadyExists) {
        try await rig.clients[0].client.ensureNamespace("regie-system")
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await history.follow(rig.clients[0].client) }
        defer { group.cancelAll() }
        try await history.begin()
        for life in 0..<Self.lives {
          let isCut = life % 2 == 1
          try await rig.withAgent(messageTimeout: ChaosPlan.messageTimeout, endsAbruptly: isCut) { seen in
            // What is reported is read from its start, with all that the lives before have said.
            let before = latest.withLockedValue { $0 }
            let beat = try await seen.agent("seed \(seed): life \(life) has begun") {
              $0.snapshotComplete && $0.incarnation > before
            }
            latest.withLockedValue { $0 = beat.incarnation }
            for _ in 0..<Self.steps { try await carryOut(plan.withLockedValue { $0.next() }, rig) }
            if isCut { try await beginDying(plan.withLockedValue { $0.death() }, rig) }
          }
        }
        try await rig.withAgent(messageTimeout: ChaosPlan.messageTimeout) { seen in
          try await calmDown(plan, rig, seen, seed)
        }
        let published = plan.withLockedValue { $0.published.values.flatMap { $0 } }
        try await history.catchUp(rig.clients[0].client)
        #expect(history.deletions > 0, "seed \(seed)")
        #expect(history.complaints(published) == [], "seed \(seed)")
        let reached = callBacks.withLockedValue { $0 }
        print("chaos: seed \(seed): \(reached.marked) of \(reached.begun) call-backs found the mark")
      }
    }
  }

  private func carryOut(_ step: ChaosPlan.Step, _ rig: AgentRig) async throws {
    let (client, cluster) = (rig.clients[0].client, rig.clusters[0])
    switch step {
    case .decide(let state): try await rig.publish(state)
    case .repeated(let state): try await rig.publish(state, isRecorded: false)
    case .edit(let number):
      let path = ObjectPath(.resourceQuotas, DesiredObjects.quotaName, in: AgentRig.state(number).namespace)
      // It may not be there, and what is injected hits the test, too.
      _ = try? await client.patch(path, merge: ["spec": ["hard": ["requests.cpu": "99"]]], as: ResourceQuota.self)
    case .delete(let number):
      _ = try? await client.delete(ObjectPath(.limitRanges, "regie-limits", in: AgentRig.state(number).namespace))
    case .fault(let fault, let method, let requests):
      cluster.inject(fault, requests: requests, method: method, pathPrefix: "/api")
    case .dropWatches: cluster.dropWatches()
    case .busOutage(let meddling, let duration):
      try await rig.mock.setDown()
      for step in meddling { try await carryOut(step, rig) }
      try await Task.sleep(for: duration)
      try await rig.mock.setUp()
    case .unwritten(let fault, let requests, let removal):
      let memory = "/api/v1/namespaces/regie-system/configmaps/regie-memory-"
      cluster.inject(fault, requests: requests, method: "PUT", pathPrefix: memory)
      try await rig.publish(removal)
      try await expectMark(of: removal, rig, within: ChaosPlan.tooLong * 2)
    case .callBack(let removal, let next):
      let isMarked = try await beginRemoval(removal, rig)
      callBacks.withLockedValue { callBacks in
        callBacks.begun += 1
        if isMarked { callBacks.marked += 1 }
      }
      try await rig.publish(next)
    case .unmark(let removal):
      try await beginRemoval(removal, rig)
      let labels: [String: String?] = [Labels.phase: nil]
      _ = try? await client.patch(
        ObjectPath(.namespaces, removal.namespace), merge: ["metadata": ["labels": labels]], as: Namespace.self)
    }
  }

  /// Has a removal come as far as the look for volumes, which takes its time.
  ///
  /// - Returns: Whether it was seen to come so far.
  @discardableResult
  private func beginRemoval(_ removal: DesiredState, _ rig: AgentRig) async throws -> Bool {
    let claims = "/api/v1/namespaces/\(removal.namespace)/persistentvolumeclaims"
    rig.clusters[0].inject(.delay(.milliseconds(300)), method: "GET", pathPrefix: claims)
    try await rig.publish(removal)
    let isMarked = try await expectMark(of: removal, rig, within: .milliseconds(600))
    try await Task.sleep(for: .milliseconds(50))
    return isMarked
  }

  /// Waits for the mark of a removal. The agent may have other things to do; then there is nothing to disturb.
  @discardableResult
  private func expectMark(
    of removal: DesiredState, _ rig: AgentRig, within time: Duration
  ) async throws -> Bool {
    let end = ContinuousClock.now + time
    while ContinuousClock.now < end {
      let there = try? await rig.clients[0].client.get(Namespace.self, removal.namespace)
      if there?.metadata.labels?[Labels.revision] == String(removal.revision) { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  /// Has the agent in the midst of writes to be cut there.
  private func beginDying(
    _ death: (fault: Fault, method: String, state: DesiredState, after: Duration), _ rig: AgentRig
  ) async throws {
    rig.clusters[0].inject(death.fault, requests: 4, method: death.method, pathPrefix: "/api")
    try await rig.publish(death.state)
    try await Task.sleep(for: death.after)
  }

  /// Nothing fails any more: what is decided last must come about.
  private func calmDown(
    _ plan: NIOLockedValueBox<ChaosPlan>, _ rig: AgentRig, _ seen: Observations, _ seed: UInt64
  ) async throws {
    rig.clusters[0].clearFaults()
    // What is on its way at the cluster comes through before.
    try await Task.sleep(for: ChaosPlan.tooLong)
    try await lookBeforeDeciding(plan, rig, seed)
    for number in ChaosPlan.numbers {
      let phases: [PlacementPhase] = number == 1 ? [.active, .removed] : [.active]
      for phase in phases {
        let state = plan.withLockedValue { $0.decide(number, phase) }
        try await rig.publish(state)
        try await seen.placement("seed \(seed): \(state.placement) is as decided last, \(phase)") {
          $0.placement == state.placement && $0.observedRevision == state.revision
            && ($0.says(ConditionType.ready).hasPrefix("True") || $0.says(ConditionType.applied) == "True Removed")
        }
        try await expect(state, rig, seed)
      }
    }
    try await enforceWithoutBus(rig, seen, seed)
  }

  /// What was decided last in the midst of it comes about by itself: a new decision would mend what was forgotten of it.
  private func lookBeforeDeciding(
    _ plan: NIOLockedValueBox<ChaosPlan>, _ rig: AgentRig, _ seed: UInt64
  ) async throws {
    for (number, states) in plan.withLockedValue({ $0.published }).sorted(by: { $0.key < $1.key }) {
      guard let last = states.last else { continue }
      try await eventually("seed \(seed): placement \(number) is as decided last: \(last.phase) \(last.revision)") {
        try await stands(last, rig)
      }
    }
  }

  /// Whether the cluster shows what a state asks for.
  private func stands(_ state: DesiredState, _ rig: AgentRig) async throws -> Bool {
    let client = rig.clients[0].client
    do {
      let namespace = try await Self.patiently { try await client.get(Namespace.self, state.namespace) }
      if state.phase == .removed || namespace.metadata.deletionTimestamp != nil { return false }
      let quota = try await Self.patiently {
        try await client.get(ResourceQuota.self, DesiredObjects.quotaName, in: state.namespace)
      }
      let isFreezing = state.phase == .frozen || state.phase == .draining
      let pods = isFreezing ? quota.spec?.hard?["pods"].flatMap { Int64($0) } : nil
      for wanted in DesiredObjects.render(state, podsInUse: pods) {
        guard wanted.differences(from: try await live(wanted, in: state, client)).isEmpty else { return false }
      }
      return true
    } catch let error as KubernetesError where error.kind == .notFound {
      return state.phase == .removed && error.call.hasSuffix("/namespaces/\(state.namespace)")
    }
  }

  private func live(
    _ wanted: ManagedObject, in state: DesiredState, _ client: KubernetesClient
  ) async throws -> LiveObject {
    let path = ObjectPath(
      Self.resource(wanted.ref.kind), wanted.ref.name, in: wanted.ref.kind == .namespace ? nil : state.namespace)
    let there: ObjectTree = try await Self.patiently { try await client.get(path) }
    return LiveObject(
      ref: wanted.ref, uid: "", resourceVersion: "", labels: there["metadata"]?["labels"]?.texts ?? [:],
      annotations: there["metadata"]?["annotations"]?.texts ?? [:], spec: there["spec"])
  }

  /// What stands is kept while the bus is away, and told once it is back.
  private func enforceWithoutBus(_ rig: AgentRig, _ seen: Observations, _ seed: UInt64) async throws {
    let state = AgentRig.state(2)
    let path = ObjectPath(.limitRanges, "regie-limits", in: state.namespace)
    let client = rig.clients[0].client
    let told = seen.placements.count
    try await rig.mock.setDown()
    let before = try await Self.patiently { try await client.get(path, as: LimitRange.self).metadata.uid }
    try await Self.patiently(butNot: .notFound) { try await client.delete(path) }
    try await eventually("seed \(seed): what was deleted while the bus is away is put back") {
      let there = try? await client.get(path, as: LimitRange.self).metadata.uid
      return there != nil && there != before
    }
    // What was to be told of it is taken back meanwhile, and must be told all the same.
    try await Task.sleep(for: ChaosPlan.messageTimeout * 2)
    try await rig.mock.setUp()
    try await seen.placement("seed \(seed): that it was put back is told", after: told) {
      $0.placement == state.placement && $0.drifts.contains { $0.correctedAt != nil }
    }
  }

  private func expect(_ state: DesiredState, _ rig: AgentRig, _ seed: UInt64) async throws {
    let client = rig.clients[0].client
    let name = Comment(rawValue: "seed \(seed): \(state.namespace)")
    if state.phase == .removed {
      let error = await #expect(throws: KubernetesError.self, name) {
        try await Self.patiently { try await client.get(Namespace.self, state.namespace) }
      }
      #expect(error?.kind == .notFound, name)
      return
    }
    for wanted in DesiredObjects.render(state) {
      #expect(wanted.differences(from: try await live(wanted, in: state, client)) == [], name)
    }
  }

  private static func resource(_ kind: ManagedKind) -> APIResource {
    switch kind {
    case .namespace: .namespaces
    case .resourceQuota: .resourceQuotas
    case .limitRange: .limitRanges
    case .networkPolicy: .networkPolicies
    }
  }

  /// What the test asks itself has as little time as what the agent asks, and on a busy machine may need more; and it goes by
  /// the agent's client, which leaves a server alone that asks for it.
  static func patiently<Answer: Sendable>(_ ask: () async throws -> Answer) async throws -> Answer {
    for _ in 1..<40 {
      do {
        return try await ask()
      } catch let error as KubernetesError where error.kind == .timeout || error.kind == .tooManyRequests {
        try await Task.sleep(for: .milliseconds(100))
      }
    }
    return try await ask()
  }

  /// The same, where an attempt whose answer was too late may have done it.
  static func patiently(butNot done: KubernetesError.Kind, _ act: () async throws -> Void) async throws {
    try await patiently {
      do {
        try await act()
      } catch let error as KubernetesError where error.kind == done {}
    }
  }
}
