internal import Events
internal import Foundation
internal import Kubernetes
internal import Logging

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
      for try await event in informer { await take(event, of: kind) }
    } catch {
      logger.debug("A watch ended", metadata: ["cluster": "\(name)", "kind": "\(kind.rawValue)"])
    }
  }

  private func take(_ event: InformerEvent<LiveProjection>, of kind: ManagedKind) {
    let before = fault
    defer { if fault != before { healthChanged() } }
    switch event {
    case .synced(let items):
      interrupted[kind] = nil
      for item in items { route(item, kind, fromList: true) }
      guard listed.insert(kind).inserted, isListed else { return }
      logger.info("The cluster is listed", metadata: ["cluster": "\(name)", "placements": "\(machines.count)"])
      for placement in machines.keys { feed(placement, .clusterListed) }
    case .applied(let item):
      route(item, kind)
    case .deleted(let item):
      let identity = item.identity
      let ref = LiveProjection.ref(kind, namespace: identity.namespace, name: identity.name)
      leave(ref)
      for placement in tenants[ref.namespace] ?? [] {
        feed(placement, .gone(ref, uid: identity.uid, resourceVersion: identity.resourceVersion))
      }
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
    if rules.looksAtOthers { residents[live.ref.namespace, default: []].insert(live.ref) }
    for placement in tenants[live.ref.namespace] ?? [] { feed(placement, .live(live, fromList: fromList)) }
  }

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
