internal import Events
internal import Foundation
internal import Kubernetes
internal import Metrics
internal import Model

extension OrderExecutor {
  /// Names of volumes that a message lists; more are counted.
  private static let namedVolumes = 3

  /// Carries a removal out, as far as what is there allows.
  ///
  /// - Parameters:
  ///   - others: placements that had or have the same namespace: that one of them has it now means that it is not this
  ///     placement's any more.
  ///   - isStillWanted: asked before something is deleted.
  ///   - mayDelete: asked last of all: why nothing may be deleted now, whatever is wanted.
  func remove(
    _ order: RemovalOrder, others: Set<UUID>, isStillWanted: () async -> Bool, mayDelete: () -> Refusal?
  ) async throws(CancellationError) -> RemovalOutcome {
    do {
      return try await removing(order, others, isStillWanted, mayDelete)
    } catch let failure as ApplyFailure {
      return .failed(failure)
    } catch let error as KubernetesError {
      return .failed(ApplyFailure(error, object: order.namespace))
    } catch {
      throw CancellationError()
    }
  }

  private func removing(
    _ order: RemovalOrder, _ others: Set<UUID>, _ isStillWanted: () async -> Bool,
    _ mayDelete: () -> Refusal?
  ) async throws -> RemovalOutcome {
    let path = order.namespace.path
    guard let there = try await namespace(at: path) else { return .gone }
    let labels = there.value.metadata.labels ?? [:]
    guard labels[Labels.placement] == order.placement.uuidString.lowercased() else {
      if let holder = labels[Labels.placement].flatMap({ UUID(uuidString: $0) }), others.contains(holder) {
        return .gone
      }
      throw ApplyFailure(
        kind: .namespaceTaken,
        message:
          "the namespace \(path.name) is there without this placement's label; it is not deleted, and its removal "
          + "can not be confirmed")
    }
    if there.value.metadata.deletionTimestamp != nil { return .going }
    guard let uid = order.uid else { throw changed(path, "has come back") }
    guard uid == there.identity.uid else { throw changed(path, "is another one than was marked") }
    guard labels[Labels.phase] == PlacementPhase.removed.rawValue, labels[Labels.epoch] == String(order.version.epoch),
      labels[Labels.revision] == String(order.version.revision)
    else { throw changed(path, "lost the mark of its removal") }
    if !order.mayTakeVolumes { try await expectNoVolumes(in: path.name) }
    guard await isStillWanted() else { throw changed(path, "is not to be removed any more") }
    if let refusal = mayDelete() { throw ApplyFailure(kind: .busSuspect, message: refusal.message) }
    do {
      // Now or not at all: a recall that came while it waits for another try would change nothing that it is
      // conditional on.
      try await client.delete(
        path, preconditions: Preconditions(uid: uid, resourceVersion: there.identity.resourceVersion), waits: false)
    } catch let error as KubernetesError where error.kind == .conflict {
      throw changed(path, "was written to meanwhile")
    } catch let error as KubernetesError where error.kind == .notFound {
      return try await outcome(of: order.namespace, uid: uid, after: error)
    }
    Counter(label: "regie.agent.removed_namespaces").increment()
    return .going
  }

  /// What became of an object whose deletion was answered with 404: what looks into it on the server's side may itself have
  /// found something missing, and its code is passed on. Only a look tells.
  func outcome(
    of ref: ObjectRef, uid: String, after refusal: KubernetesError
  ) async throws -> RemovalOutcome {
    let left: Observed<LiveProjection>
    do {
      left = try await client.get(ref.path)
    } catch let error as KubernetesError where error.kind == .notFound {
      return .gone
    } catch let error as KubernetesError {
      throw ApplyFailure(error, object: ref)
    }
    guard left.identity.uid == uid else {
      throw ApplyFailure(kind: .changed, message: "\(ref) is another one than was marked")
    }
    if left.value.metadata.deletionTimestamp != nil { return .going }
    throw ApplyFailure(kind: .forbidden, message: "\(ref): \(refusal.message)")
  }

  /// The namespace; nil where the API server itself says that there is none.
  private func namespace(at path: ObjectPath) async throws -> Observed<LiveProjection>? {
    do {
      return try await client.get(path)
    } catch let error as KubernetesError where error.kind == .notFound {
      return nil
    }
  }

  private func changed(_ path: ObjectPath, _ what: String) -> ApplyFailure {
    ApplyFailure(kind: .changed, message: "the namespace \(path.name) \(what)")
  }

  /// Looks whether a namespace holds volumes.
  func look(for order: VolumeLook) async throws(CancellationError) -> VolumeSighting {
    do {
      try await expectNoVolumes(in: order.namespace)
      return .none
    } catch let failure as ApplyFailure {
      return .held(failure)
    } catch let error as KubernetesError {
      let namespace = ObjectRef(kind: .namespace, namespace: order.namespace, name: order.namespace)
      return .held(ApplyFailure(error, object: namespace))
    } catch {
      throw CancellationError()
    }
  }

  private func expectNoVolumes(in namespace: String) async throws {
    let claims = try await client.list(
      .persistentVolumeClaims, ListQuery(namespace: namespace), as: NameOnly.self
    ).items.map(\.identity.name).sorted()
    guard !claims.isEmpty else { return }
    let more = claims.count > Self.namedVolumes ? ", … (\(claims.count))" : ""
    throw ApplyFailure(
      kind: .volumesHeld,
      message: "the namespace \(namespace) holds persistent volumes: "
        + claims.prefix(Self.namedVolumes).joined(separator: ", ") + more
        + "; a removal that says removePersistentVolumes is accepted")
  }
}

/// Of an object that only counts, its identity.
private struct NameOnly: Decodable, Sendable {
  init(from decoder: any Decoder) throws {}
}
