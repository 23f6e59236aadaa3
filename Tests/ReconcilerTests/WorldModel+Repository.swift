import Events
import Model
import Reconciler

/// The zone's repository as its writer keeps it, and Argo CD.
extension WorldModel {
  /// Seconds between a removal's two commits.
  static let delay = 10.0

  /// One look of the writer at what it was handed.
  mutating func write() {
    guard mode == .gitops, let order = commit else { return }
    let standing = standing(of: order)
    feed(.committed(attempt: order.attempt, standing))
  }

  private mutating func standing(of order: CommitOrder) -> CommitStanding {
    if let folder, folder.version > order.state.version { return .failed(reason: "Superseded", message: "") }
    guard order.state.phase == .removed else {
      folder = Folder(objects: order.objects, isProtected: true, version: order.state.version)
      return .written(commit: "c0ffee")
    }
    guard folder != nil else { return .removed }
    guard let notBefore = order.state.notBefore else { return .failed(reason: "RemovalUndated", message: "") }
    // As the bridge asks: not while the bus is suspect, and not before either clock has come to it.
    guard now >= notBefore, centre >= notBefore, !isSuspect else { return .waiting }
    guard order.mayRemoveNamespace else {
      folder = Folder(objects: order.objects, isProtected: true, version: order.state.version)
      return .held
    }
    let left = order.objects.filter { $0.ref.kind == .namespace || $0.ref.kind == .resourceQuota }
    guard let folder, folder.version == order.state.version, let since = folder.releasedAt else {
      folder = Folder(objects: left, isProtected: false, releasedAt: now, version: order.state.version)
      return .emptied(until: now.after(Self.delay))
    }
    let until = since.after(Self.delay)
    guard now >= until, order.mayFinish else { return .emptied(until: until) }
    judge(order.state.version)
    self.folder = nil
    return .removed
  }

  /// Argo CD applies what the branch shows, and prunes what it applied once and does not find there any more.
  mutating func synchronise() {
    guard mode == .gitops else { return }
    if let folder {
      guard namespace?.isTerminating != true else { return }
      for object in folder.objects where objects[object.ref].map({ !object.differences(from: $0).isEmpty }) ?? true {
        put(object, by: Self.argo)
      }
    }
    let kept = Set(folder?.objects.map(\.ref) ?? [])
    for object in present.reversed()
    where object.writers.contains(Self.argo) && !kept.contains(object.ref) {
      terminate(object.ref)
    }
  }

  mutating func answerLook() {
    guard let look else { return }
    self.look = nil
    let sighting = holdsVolume ? VolumeSighting.held(ApplyFailure(kind: .volumesHeld, message: "data-0")) : .none
    feed(.volumes(attempt: look.order.attempt, sighting))
  }
}
