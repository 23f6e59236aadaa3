internal import Events
internal import Foundation
internal import Kubernetes
internal import Metrics

/// Carries out orders on one cluster by server-side apply.
struct OrderExecutor: Sendable {
  let client: KubernetesClient

  /// Applies the objects: the Namespace first and alone, then what lies in it, together.
  func carryOut(_ order: ApplyOrder) async throws(CancellationError) -> ApplyOutcome {
    var applied: [LiveObject] = []
    do {
      let namespaces = order.objects.filter { $0.ref.kind == .namespace }
      for object in namespaces {
        let isOurs = try await isOurs(object, order)
        applied.append(try await apply(object, force: isOurs))
      }
      let rest = order.objects.filter { $0.ref.kind != .namespace }
      try await withThrowingTaskGroup(of: LiveObject.self) { group in
        for object in rest {
          group.addTask {
            if order.isGuest { try await expectOurs(object, order) }
            return try await apply(object, force: !order.isGuest, isGuest: order.isGuest)
          }
        }
        for try await live in group { applied.append(live) }
      }
      return ApplyOutcome(applied: applied)
    } catch let failure as ApplyFailure {
      return ApplyOutcome(applied: applied, failure: failure)
    } catch {
      throw CancellationError()
    }
  }

  /// Whether the namespace may be taken by force. One that someone else made is left alone; one that is not there is
  /// created without force.
  private func isOurs(_ object: ManagedObject, _ order: ApplyOrder) async throws -> Bool {
    if order.namespaceIsOurs, order.mayCreateNamespace { return true }
    do {
      let there: Observed<LiveProjection> = try await client.get(object.ref.path)
      guard isOurs(there, order) else {
        let owner = there.value.metadata.labels?[Labels.placement]
        let holder = owner.map { "the placement \($0)" } ?? "someone else"
        throw ApplyFailure(
          kind: .namespaceTaken,
          message: "the namespace \(object.ref.name) exists and belongs to \(holder); it must be removed or handed over"
        )
      }
      return true
    } catch let error as KubernetesError where error.kind == .notFound {
      guard order.mayCreateNamespace else {
        throw ApplyFailure(kind: .changed, message: "the namespace \(object.ref.name) is gone")
      }
      return false
    } catch let error as KubernetesError {
      throw ApplyFailure(error, object: object.ref)
    }
  }

  /// In another's namespace, what bears a name of Régie's and is not Régie's stays as it is: one whose values happen to be
  /// those wanted would become Régie's by an apply, and go with the placement.
  private func expectOurs(_ object: ManagedObject, _ order: ApplyOrder) async throws {
    do {
      let there: Observed<LiveProjection> = try await client.get(object.ref.path)
      if let owner = there.value.metadata.labels?[Labels.placement] {
        if owner == order.placement.uuidString.lowercased() { return }
      } else if there.value.isApplied {
        return
      }
      throw ApplyFailure(
        kind: .objectTaken,
        message: "\(object.ref) is there and is not this placement's; it must be removed, or given another name")
    } catch let error as KubernetesError where error.kind == .notFound {
      return
    } catch let error as KubernetesError {
      throw ApplyFailure(error, object: object.ref)
    }
  }

  /// It bears this placement's label; or the label was taken off: it is the one we saw as ours, or what is left of our
  /// apply says that an earlier life of the agent made it.
  private func isOurs(_ there: Observed<LiveProjection>, _ order: ApplyOrder) -> Bool {
    if let owner = there.value.metadata.labels?[Labels.placement] {
      return owner == order.placement.uuidString.lowercased()
    }
    return there.identity.uid == order.namespaceUID || there.value.isApplied
  }

  private func apply(_ object: ManagedObject, force: Bool, isGuest: Bool = false) async throws -> LiveObject {
    do {
      let answer: Observed<LiveProjection> = try await client.apply(
        object.body, to: object.ref.path, fieldManager: Labels.fieldManager, force: force)
      Counter(label: "regie.agent.applied_objects", dimensions: [("kind", object.ref.kind.rawValue)]).increment()
      return answer.value.live(object.ref.kind, answer.identity)
    } catch let error as KubernetesError {
      // In a namespace that is Régie's, this is one that is being deleted; in another's, it may never have been there.
      if isGuest, error.kind == .notFound {
        throw ApplyFailure(kind: .namespaceMissing, message: "the namespace \(object.ref.namespace) is not there")
      }
      throw ApplyFailure(error, object: object.ref)
    }
  }
}

extension ApplyFailure {
  init(_ error: KubernetesError, object: ObjectRef) {
    let kind: Kind =
      switch error.kind {
      case .conflict, .alreadyExists: .conflict
      case .unauthorized: .forbidden
      case .forbidden: error.message.contains("being terminated") ? .terminating : .forbidden
      case .notFound: .terminating
      case .unprocessable, .badRequest, .decoding: .invalid
      case .tooManyRequests: .throttled
      case .gone, .server, .connection, .tls, .timeout: .unavailable
      }
    let wait = error.retryAfter.map { Int64($0.components.seconds) * 1_000_000 }
    let owners = error.conflicts.map { "\($0.field) belongs to \($0.manager)" }.joined(separator: ", ")
    self.init(
      kind: kind, message: "\(object): \(owners.isEmpty ? error.message : owners)", retryAfterMicroseconds: wait)
  }
}
