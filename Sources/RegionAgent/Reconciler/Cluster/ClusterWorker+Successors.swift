internal import Foundation
internal import Model

/// Where others have the namespaces, a placement may come to one that an earlier one had: its name is made of the environment and
/// the project. No mark on it tells whose it is.
extension ClusterWorker {
  /// Whether another placement has the namespace that this one has or had.
  func isNamespaceHeld(otherThan placement: UUID) -> Bool {
    guard rules.looksAtOthers, let namespace = machines[placement]?.machine.namespace else { return false }
    return holder(of: namespace, otherThan: placement) != nil
  }

  /// Has those that are removed look again: what they ask the namespace's owner for may be wrong by now.
  func tellPredecessors(in namespace: String) {
    guard rules.looksAtOthers, holder(of: namespace) != nil else { return }
    for placement in tenants[namespace] ?? [] where machines[placement]?.machine.phase == .removed {
      feed(placement, .alarm)
    }
  }
}
