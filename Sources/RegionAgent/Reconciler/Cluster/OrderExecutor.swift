internal import Events
internal import Foundation
internal import Kubernetes
internal import Metrics

/// Carries out orders on one cluster by server-side apply.
struct OrderExecutor: Sendable {
  let client: KubernetesClient

  /// Applies the objects: the Namespace first and alone, then what lies in it, together.
  ///
  /// - Parameter others: placements that have, had or want the same namespace: where it bears the mark of one of them, it is left.
  func carryOut(_ order: ApplyOrder, others: Set<UUID> = []) async throws(CancellationError) -> ApplyOutcome {
    var applied: [LiveObject] = []
    do {
      let namespaces = order.objects.filter { $0.ref.kind == .namespace }
      for object in namespaces {
        do {
          applied.append(try await applyNamespace(object, order, others))
        } catch let failure as ApplyFailure where failure.kind.isOfObject {
          return ApplyOutcome(applied: applied, refused: [object.ref: failure])
        }
      }
      let rest = order.objects.filter { $0.ref.kind != .namespace }
      if namespaces.isEmpty, !order.isGuest, let unseen = rest.first(where: { order.uids[$0.ref] == nil }) {
        try await expectNamespace(of: unseen, order, others)
      }
      var outcome = ApplyOutcome(applied: applied)
      for (ref, result) in try await applyEach(of: rest, order, others) {
        switch result {
        case .success(let object): outcome.applied.append(object)
        case .failure(let failure) where failure.kind.isOfObject: outcome.refused[ref] = failure
        // What may pass soon is tried again soon.
        case .failure(let failure) where outcome.failure?.kind.isPermanent ?? true: outcome.failure = failure
        case .failure: continue
        }
      }
      return outcome
    } catch let failure as ApplyFailure {
      return ApplyOutcome(applied: applied, failure: failure)
    } catch {
      throw CancellationError()
    }
  }

  /// What a watch last said may be over: by force only the very namespace that was seen as ours is written to, without a
  /// look. Where none was seen it is made, which touches none that is there. Whatever else bears its name is looked at.
  private func applyNamespace(_ object: ManagedObject, _ order: ApplyOrder, _ others: Set<UUID>) async throws
    -> LiveObject
  {
    var refused: String?
    if order.namespaceIsOurs, order.mayCreateNamespace, let uid = order.namespaceUID {
      do {
        return try await apply(object, force: true, uid: uid, clearing: order.clearances[object.ref])
      } catch let failure as ApplyFailure where failure.kind == .changed { refused = uid }
    }
    if order.namespaceUID == nil, order.mayCreateNamespace {
      do {
        return try await apply(object, force: false, isNew: true)
      } catch let failure as ApplyFailure where failure.kind == .changed {}
    }
    let uid = try await ourNamespace(object.ref, order, others)
    let clearing = uid == order.uids[object.ref] ? order.clearances[object.ref] : nil
    return try await apply(
      object, force: uid != nil, uid: uid, clearing: clearing, isThere: uid != nil && uid == refused)
  }

  /// All of them, in no order: one that is refused keeps none of the others from being applied.
  private func applyEach(
    of objects: [ManagedObject], _ order: ApplyOrder, _ others: Set<UUID>
  ) async throws -> [(ObjectRef, Result<LiveObject, ApplyFailure>)] {
    try await withThrowingTaskGroup(of: (ObjectRef, Result<LiveObject, ApplyFailure>).self) { group in
      for object in objects {
        group.addTask {
          do {
            return (object.ref, .success(try await applyInside(object, order, others)))
          } catch let failure as ApplyFailure {
            return (object.ref, .failure(failure))
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  private func applyInside(
    _ object: ManagedObject, _ order: ApplyOrder, _ others: Set<UUID>
  ) async throws -> LiveObject {
    if order.isGuest { return try await applyAsGuest(object, order) }
    guard let uid = order.uids[object.ref] else { return try await apply(object, force: true) }
    do {
      return try await apply(object, force: true, uid: uid, clearing: order.clearances[object.ref])
    } catch let failure as ApplyFailure where failure.kind == .changed {
      // Made again, perhaps along with its namespace, and perhaps by somebody else.
      try await expectNamespace(of: object, order, others)
      return try await apply(object, force: true)
    }
  }

  /// In another's namespace nothing is forced at first. What others have taken by the way of an object that the agent made and
  /// that bears this placement's mark is taken back: on condition that nobody has written to it since it was looked at.
  private func applyAsGuest(_ object: ManagedObject, _ order: ApplyOrder) async throws -> LiveObject {
    let there = try await expectOurs(object, order)
    do {
      return try await apply(object, force: false, isGuest: true)
    } catch let conflict as FieldConflict {
      guard let there, there.value.metadata.labels?[Labels.placement] == order.placement.uuidString.lowercased() else {
        throw conflict.failure
      }
      guard there.value.mayBeTakenBack(from: conflict.managers) else {
        // The fields are another's; the rest of the object is as it was decided all the same.
        do {
          _ = try await apply(object.leaving(conflict.fields), force: false, isGuest: true)
        } catch is FieldConflict {}
        throw conflict.failure
      }
      return try await apply(
        object, force: true, uid: there.identity.uid, resourceVersion: there.identity.resourceVersion)
    }
  }

  private func expectNamespace(of object: ManagedObject, _ order: ApplyOrder, _ others: Set<UUID>) async throws {
    let name = object.ref.namespace
    let uid = try await ourNamespace(ObjectRef(kind: .namespace, namespace: name, name: name), order, others)
    if uid == nil { throw ApplyFailure(kind: .terminating, message: "the namespace \(name) is gone") }
  }

  /// The `uid` of the namespace that may be taken by force. One that someone else made is left alone; nil stands for one that
  /// is not there, and is created without force.
  private func ourNamespace(_ ref: ObjectRef, _ order: ApplyOrder, _ others: Set<UUID>) async throws -> String? {
    do {
      let there: Observed<LiveProjection> = try await client.get(ref.path)
      guard isOurs(there, order, others) else {
        let owner = there.value.metadata.labels?[Labels.placement]
        let holder = owner.map { "the placement \($0)" } ?? "someone else"
        throw ApplyFailure(
          kind: .namespaceTaken,
          message: "the namespace \(ref.name) exists and belongs to \(holder); it must be removed or handed over")
      }
      return there.identity.uid
    } catch let error as KubernetesError where error.kind == .notFound {
      guard order.mayCreateNamespace else {
        throw ApplyFailure(kind: .changed, message: "the namespace \(ref.name) is gone")
      }
      return nil
    } catch let error as KubernetesError {
      throw ApplyFailure(error, object: ref)
    }
  }

  /// In another's namespace, what bears a name of Régie's and is not Régie's stays as it is: one whose values happen to be
  /// those wanted would become Régie's by an apply, and go with the placement.
  ///
  /// - Returns: What is there and is Régie's; nil where nothing is.
  private func expectOurs(_ object: ManagedObject, _ order: ApplyOrder) async throws -> Observed<LiveProjection>? {
    do {
      let there: Observed<LiveProjection> = try await client.get(object.ref.path)
      if let owner = there.value.metadata.labels?[Labels.placement] {
        if owner == order.placement.uuidString.lowercased() { return there }
      } else if there.value.isApplied {
        return there
      }
      throw ApplyFailure(
        kind: .objectTaken,
        message: "\(object.ref) is there and is not this placement's; it must be removed, or given another name")
    } catch let error as KubernetesError where error.kind == .notFound {
      return nil
    } catch let error as KubernetesError {
      throw ApplyFailure(error, object: object.ref)
    }
  }

  /// It bears this placement's label; or the label was taken off: it is the one we saw as ours, or what is left of our
  /// apply says that an earlier life of the agent made it; or the label was changed: it is the one we saw as ours, and nobody who
  /// might have it now is known.
  private func isOurs(_ there: Observed<LiveProjection>, _ order: ApplyOrder, _ others: Set<UUID>) -> Bool {
    let isSeen = there.identity.uid == order.namespaceUID
    guard let owner = there.value.metadata.labels?[Labels.placement] else { return isSeen || there.value.isApplied }
    if owner == order.placement.uuidString.lowercased() { return true }
    return isSeen && !(UUID(uuidString: owner).map(others.contains) ?? false)
  }

  /// - Parameters:
  ///   - uid: of the object that is meant; ``ApplyFailure/Kind/changed`` where it is another one, or none.
  ///   - resourceVersion: the version of it that is meant; ``ApplyFailure/Kind/changed`` where it was written to since.
  ///   - clearing: what takes away before what the apply would leave, of the object with that `uid`.
  ///   - isThere: whether that object was found there after a try to write to it was refused: that it is not there is not why.
  ///   - isNew: whether none is meant that is there; ``ApplyFailure/Kind/changed`` where there is one.
  ///   - isGuest: whether it is in another's namespace; ``FieldConflict`` where others have fields of it.
  private func apply(
    _ object: ManagedObject, force: Bool, uid: String? = nil, resourceVersion: String? = nil,
    clearing: ObjectTree? = nil, isThere: Bool = false, isNew: Bool = false, isGuest: Bool = false
  ) async throws -> LiveObject {
    if let clearing, let uid { _ = try await clear(object, uid: uid, with: clearing) }
    do {
      let answer: Observed<LiveProjection> = try await client.apply(
        object.body(of: uid, resourceVersion: resourceVersion, isNew: isNew), to: object.ref.path,
        fieldManager: Labels.fieldManager, force: force)
      Counter(label: "regie.agent.applied_objects", dimensions: [("kind", object.ref.kind.rawValue)]).increment()
      let live = answer.value.live(object.ref.kind, answer.identity)
      // What nobody had seen before, as it was written meanwhile.
      guard let left = object.clearance(of: live) else { return live }
      return try await clear(object, uid: live.uid, with: left)
    } catch let error as KubernetesError {
      // Who has which field of what is there, too, may be said before the version is looked at.
      let isOfAnother = uid != nil && error.isOfAnotherObject && !(isThere && error.kind == .conflict)
      if isNew ? error.kind == .conflict : isOfAnother {
        throw ApplyFailure(kind: .changed, message: "\(object.ref) is not the one that was seen: \(error.message)")
      }
      // In a namespace that is Régie's, this is one that is being deleted; in another's, it may never have been there.
      if isGuest, error.kind == .notFound {
        throw ApplyFailure(kind: .namespaceMissing, message: "the namespace \(object.ref.namespace) is not there")
      }
      if isGuest, !error.conflicts.isEmpty {
        throw FieldConflict(
          managers: Set(error.conflicts.map(\.manager)), fields: Set(error.conflicts.map(\.field)),
          failure: ApplyFailure(error, object: object.ref))
      }
      throw ApplyFailure(error, object: object.ref)
    }
  }

  /// Takes away what an apply leaves of another phase, since somebody else has it, too: of the very object that was seen, and as it
  /// was seen. Where it was written to since it is looked at again, as by who counts what is used, as often as the API server tries
  /// a patch that names no version: what bears a later revision is left. Whoever writes it again is answered at the pace of any
  /// drift.
  private func clear(_ object: ManagedObject, uid: String, with body: ObjectTree) async throws -> LiveObject {
    do {
      var body = body
      for _ in 1..<Self.clearingAttempts {
        do {
          return try await patch(object, with: body)
        } catch let error as KubernetesError where error.kind == .conflict {
          let live = try await look(again: object, uid: uid, after: error)
          guard let left = object.clearance(of: live) else { return live }
          body = left
        }
      }
      return try await patch(object, with: body)
    } catch let error as KubernetesError {
      // A 409 is the object's own, which was found there.
      if error.kind == .notFound || error.isOfAnotherUID {
        throw ApplyFailure(kind: .changed, message: "\(object.ref) is not the one that was seen: \(error.message)")
      }
      throw ApplyFailure(error, object: object.ref)
    }
  }

  /// What the object is by now that was written to since it was seen. The role of mode `own` lets quotas be listed, and
  /// none be asked for by its name.
  private func look(
    again object: ManagedObject, uid: String, after error: KubernetesError
  ) async throws -> LiveObject {
    let (ref, name) = (object.ref, "metadata.name=\(object.ref.name)")
    let query = ListQuery(namespace: ref.kind == .namespace ? nil : ref.namespace, fieldSelector: name)
    let there = try await client.list(ref.kind.resource, query, as: LiveProjection.self).items.first
    guard let live = there.map({ $0.value.live(ref.kind, $0.identity) }), live.uid == uid else {
      throw ApplyFailure(kind: .changed, message: "\(ref) is not the one that was seen: \(error.message)")
    }
    if object.isOlder(than: live) {
      throw ApplyFailure(kind: .conflict, message: "\(ref) bears a later revision than the one to be applied")
    }
    return live
  }

  private static let clearingAttempts = 5

  private func patch(_ object: ManagedObject, with body: ObjectTree) async throws -> LiveObject {
    let answer: Observed<LiveProjection> = try await client.patch(
      object.ref.path, merge: body, fieldManager: Labels.fieldManager)
    return answer.value.live(object.ref.kind, answer.identity)
  }
}

/// Others have fields of an object in another's namespace.
private struct FieldConflict: Error {
  var managers: Set<String>
  var fields: Set<String>
  var failure: ApplyFailure
}

extension LiveProjection {
  /// Whether these managers have come to fields of it by no right: the agent has made it, and they have written to it by the
  /// way. Whoever applies it, as an owner's tool does, says that the fields are its own; who is not known may be such a one.
  fileprivate func mayBeTakenBack(from managers: Set<String>) -> Bool {
    guard isApplied else { return false }
    let others = (metadata.managedFields ?? []).filter { !$0.isOurApply }
    return managers.allSatisfy { manager in
      let entries = others.filter { $0.manager == manager }
      return !entries.isEmpty && entries.allSatisfy { $0.operation == "Update" }
    }
  }
}

extension ManagedObject {
  /// Whether what is there bears a later version.
  fileprivate func isOlder(than live: LiveObject) -> Bool {
    func version(_ labels: [String: String]) -> StateVersion? {
      guard let epoch = labels[Labels.epoch].flatMap({ Int64($0) }),
        let revision = labels[Labels.revision].flatMap({ Int64($0) })
      else { return nil }
      return StateVersion(epoch: epoch, revision: revision)
    }
    guard let mine = version(labels), let its = version(live.labels) else { return false }
    return mine < its
  }
}

extension KubernetesError {
  /// After an apply that names a `uid`: whether another object bears the name (422), or none (409).
  fileprivate var isOfAnotherObject: Bool {
    kind == .conflict ? conflicts.isEmpty : isOfAnotherUID
  }

  /// Whether another object than the one with the `uid` that was named bears the name.
  fileprivate var isOfAnotherUID: Bool {
    kind == .unprocessable && causes.contains { $0.field == "metadata.uid" }
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
    let wait = error.retryAfter.map { ($0.components.seconds + ($0.components.attoseconds > 0 ? 1 : 0)) * 1_000_000 }
    let owners = error.conflicts.map { "\($0.field) belongs to \($0.manager)" }.joined(separator: ", ")
    self.init(
      kind: kind, message: "\(object): \(owners.isEmpty ? error.message : owners)", retryAfterMicroseconds: wait)
  }
}
