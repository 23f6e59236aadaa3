internal import Events
internal import Foundation
internal import Kubernetes
internal import Metrics
internal import Model

extension OrderExecutor {
  /// Takes away what is Régie's in another's namespace, as far as what is there allows.
  ///
  /// - Parameters:
  ///   - others: placements that had or have the same namespace: that one of them has an object now means that it is not
  ///     this placement's any more.
  ///   - isStillWanted: asked before something is deleted.
  ///   - mayDelete: asked last of all: why nothing may be deleted now, whatever is wanted.
  func withdraw(
    _ order: WithdrawalOrder, others: Set<UUID>, isStillWanted: () async -> Bool, mayDelete: () -> Refusal?
  ) async throws(CancellationError) -> RemovalOutcome {
    do {
      var outcome = RemovalOutcome.gone
      // One after the other: what fails leaves the quota, which goes last.
      for target in order.targets
      where try await !isGone(target, order, others, isStillWanted, mayDelete) { outcome = .going }
      return outcome
    } catch let failure as ApplyFailure {
      return .failed(failure)
    } catch let error as KubernetesError {
      return .failed(ApplyFailure(error, object: order.targets[0].ref))
    } catch {
      throw CancellationError()
    }
  }

  /// Whether the object is gone already; it is deleted where it may be.
  private func isGone(
    _ target: WithdrawalOrder.Target, _ order: WithdrawalOrder, _ others: Set<UUID>,
    _ isStillWanted: () async -> Bool, _ mayDelete: () -> Refusal?
  ) async throws -> Bool {
    let there: Observed<LiveProjection>
    do {
      there = try await client.get(target.ref.path)
    } catch let error as KubernetesError where error.kind == .notFound {
      return true
    } catch let error as KubernetesError {
      throw ApplyFailure(error, object: target.ref)
    }
    let labels = there.value.metadata.labels ?? [:]
    guard labels[Labels.placement] == order.placement.uuidString.lowercased() else {
      if let holder = labels[Labels.placement].flatMap({ UUID(uuidString: $0) }), others.contains(holder) {
        return true
      }
      // One that never was Régie's says nothing of ours.
      if labels[Labels.placement] == nil, !there.value.isApplied { return true }
      throw ApplyFailure(
        kind: .objectTaken,
        message: "\(target.ref) is there without this placement's label; it is not deleted, and its removal can not be "
          + "confirmed")
    }
    if there.value.metadata.deletionTimestamp != nil { return false }
    guard let uid = target.uid else { throw changed(target.ref, "has come back") }
    guard uid == there.identity.uid else { throw changed(target.ref, "is another one than was marked") }
    guard labels[Labels.phase] == PlacementPhase.removed.rawValue, labels[Labels.epoch] == String(order.version.epoch),
      labels[Labels.revision] == String(order.version.revision)
    else { throw changed(target.ref, "lost the mark of its removal") }
    guard await isStillWanted() else { throw changed(target.ref, "is not to be removed any more") }
    if let refusal = mayDelete() { throw ApplyFailure(kind: .busSuspect, message: refusal.message) }
    do {
      // As a namespace: now or not at all.
      try await client.delete(
        target.ref.path, preconditions: Preconditions(uid: uid, resourceVersion: there.identity.resourceVersion),
        waits: false)
    } catch let error as KubernetesError where error.kind == .conflict {
      throw changed(target.ref, "was written to meanwhile")
    } catch let error as KubernetesError where error.kind == .notFound {
      return try await outcome(of: target.ref, uid: uid, after: error) == .gone
    } catch let error as KubernetesError {
      throw ApplyFailure(error, object: target.ref)
    }
    Counter(label: "regie.agent.withdrawn_objects", dimensions: [("kind", target.ref.kind.rawValue)]).increment()
    return false
  }

  private func changed(_ ref: ObjectRef, _ what: String) -> ApplyFailure {
    ApplyFailure(kind: .changed, message: "\(ref) \(what)")
  }
}
