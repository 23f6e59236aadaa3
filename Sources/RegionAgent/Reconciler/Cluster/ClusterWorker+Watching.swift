internal import Events
internal import Foundation
internal import Kubernetes
internal import Logging

/// What was found of a namespace that a watch by label tells no more of.
private enum Sighting: Sendable {
  /// It stands, and its mark was taken off.
  case unmarked(Observed<LiveProjection>)
  /// It stood without its mark, and does not any more.
  case gone(uid: String)
}

extension ClusterWorker {
  /// Shows a machine that came late what the cluster already holds.
  func introduce(_ state: DesiredState) {
    // Where kinds are still being listed: what was listed before the state came is shown now, and all else when it comes.
    let refs =
      rules.looksAtOthers
      ? (residents[state.namespace] ?? []).sorted { ($0.kind, $0.name) < ($1.kind, $1.name) }
      : DesiredObjects.render(state).map(\.ref)
    for ref in refs {
      if let there = informers[ref.kind]?[ref.key] {
        feed(state.placement, .live(there.value.live(ref.kind, there.identity)))
      }
    }
    if isListed { feed(state.placement, .clusterListed) }
  }

  /// Whether all kinds were listed.
  var isListed: Bool { listed.count == rules.kinds.count }

  nonisolated func watch(_ kind: ManagedKind, _ informer: Informer<LiveProjection>) async {
    do {
      for try await event in informer { await take(event, of: kind, look(after: event, of: kind)) }
    } catch {
      logger.debug("A watch ended", metadata: ["cluster": "\(name)", "kind": "\(kind.rawValue)"])
    }
  }

  /// A watch by label says of what was unmarked that it is gone. A namespace that stands all the same is known from a look only, and
  /// so is its end: it is looked at again when something in it goes.
  private nonisolated func look(after event: InformerEvent<LiveProjection>, of kind: ManagedKind) async -> Sighting? {
    guard !rules.looksAtOthers, case .deleted(let item) = event else { return nil }
    let isNamespace = kind == .namespace
    // What was on its way out is gone indeed.
    if isNamespace, item.value.metadata.deletionTimestamp != nil { return nil }
    let name = item.identity.namespace ?? item.identity.name
    guard let uid = await isNamespace ? item.identity.uid : unmarked[name] else { return nil }
    do {
      let path = ObjectPath(ManagedKind.namespace.resource, name)
      let there: Observed<LiveProjection> = try await client.get(path, timeout: .seconds(5))
      let stands = there.identity.uid == uid && there.value.metadata.deletionTimestamp == nil
      if isNamespace { return stands ? .unmarked(there) : nil }
      return stands ? nil : .gone(uid: uid)
    } catch let error as KubernetesError where error.kind == .notFound {
      return isNamespace ? nil : .gone(uid: uid)
    } catch {
      return nil
    }
  }

  /// Says that the cluster can be kept, or no longer, or that something else of how it fares is otherwise.
  func tellHealth() {
    reach.note(fault == nil)
    healthChanged()
  }

  private func take(_ event: InformerEvent<LiveProjection>, of kind: ManagedKind, _ sighting: Sighting?) {
    let before = fault
    defer { if fault != before { tellHealth() } }
    switch event {
    case .synced(let items, let resourceVersion):
      interrupted[kind] = nil
      for item in items { route(item, kind, fromList: true) }
      // Before the first list nothing was ordered, and nothing is believed.
      if listed.contains(kind) { tell(items, of: kind, at: resourceVersion) }
      guard listed.insert(kind).inserted, isListed else { return }
      logger.info("The cluster is listed", metadata: ["cluster": "\(name)", "placements": "\(machines.count)"])
      for placement in machines.keys { feed(placement, .clusterListed) }
    case .applied(let item):
      route(item, kind)
    case .deleted(let item):
      let identity = item.identity
      let ref = LiveProjection.ref(kind, namespace: identity.namespace, name: identity.name)
      leave(ref)
      // One that no placement wants is the operator's own by now.
      if case .unmarked(let there) = sighting, hasTenant(ref.name) {
        route(there, .namespace)
        unmarked[ref.name] = there.identity.uid
        return
      }
      for placement in tenants[ref.namespace] ?? [] {
        feed(placement, .gone(ref, uid: identity.uid, resourceVersion: identity.resourceVersion))
      }
      if kind == .namespace { unmarked[ref.name] = nil }
      guard case .gone(let uid) = sighting else { return }
      unmarked[ref.namespace] = nil
      let namespace = LiveProjection.ref(.namespace, namespace: nil, name: ref.namespace)
      for placement in tenants[ref.namespace] ?? [] { feed(placement, .gone(namespace, uid: uid)) }
    case .interrupted(let error):
      interrupted[kind] = error.description
      logger.warning("A watch was interrupted", metadata: ["cluster": "\(name)", "error": "\(error)"])
    case .resumed:
      interrupted[kind] = nil
    }
  }

  /// By namespace, not by label: a label changed by hand must not lead an object to another placement.
  private func route(_ item: Observed<LiveProjection>, _ kind: ManagedKind, fromList: Bool = false) {
    let live = item.value.live(kind, item.identity)
    if kind == .namespace { unmarked[live.ref.name] = nil }
    if rules.looksAtOthers { residents[live.ref.namespace, default: []].insert(live.ref) }
    for placement in tenants[live.ref.namespace] ?? [] { feed(placement, .live(live, fromList: fromList)) }
  }

  /// Tells each machine what a new list holds of its namespace, and so what it lacks.
  private func tell(_ items: [Observed<LiveProjection>], of kind: ManagedKind, at resourceVersion: String) {
    var present: [String: Set<ObjectRef>] = [:]
    for item in items {
      let ref = LiveProjection.ref(kind, namespace: item.identity.namespace, name: item.identity.name)
      present[ref.namespace, default: []].insert(ref)
    }
    // What stands without its mark is in no list by label.
    if kind == .namespace {
      for name in unmarked.keys {
        present[name, default: []].insert(LiveProjection.ref(.namespace, namespace: nil, name: name))
      }
    }
    for (placement, namespace) in machines.compactMapValues(\.machine.namespace) {
      feed(placement, .listed(kind, present: present[namespace] ?? [], resourceVersion: resourceVersion))
    }
  }

  /// Whether a placement has, had or wants a namespace.
  func hasTenant(_ namespace: String) -> Bool { tenants[namespace]?.isEmpty == false }

  private func leave(_ ref: ObjectRef) {
    residents[ref.namespace]?.remove(ref)
    if residents[ref.namespace]?.isEmpty == true { residents[ref.namespace] = nil }
  }

  func schedule(_ placement: UUID, at moment: Timestamp) {
    let alarm = alarmBook.ask(placement, at: moment, now: now()) { Int64.random(in: $0) }
    if let alarm { alarms.continuation.yield(alarm) }
  }

  nonisolated func ringAlarms() async {
    await withDiscardingTaskGroup { group in
      for await alarm in alarms.stream {
        group.addTask {
          let left = max(0, alarm.at.microseconds(since: self.now()))
          try? await Task.sleep(for: .microseconds(left))
          if !Task.isCancelled { await self.ring(alarm) }
        }
      }
    }
  }

  private func ring(_ alarm: AlarmBook.Alarm) {
    alarmBook.ring(alarm)
    feed(alarm.placement, .alarm)
  }
}
