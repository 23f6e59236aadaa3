internal import Events
internal import Foundation
internal import Kubernetes
public import Model

/// What of a cluster is Régie's, so that what is measured there is not promised twice.
extension ClusterWorker {
  /// The namespaces there that are placements': those that bear the label, as last seen; where others have the
  /// namespaces, and none bears it, those of accepted states that are not removals. Nil before the cluster's memory was
  /// read and its namespaces were listed: until then nobody knows whose pods are whose.
  ///
  /// With each goes what is promised in it, and so held by the centre's ledger: the quota of its accepted state. What that
  /// does not limit counts as nothing, and so does all in a namespace of no accepted state, or of one that is a removal.
  public var keptNamespaces: [String: ResourceAmounts]? {
    guard listed.contains(.namespace) else { return nil }
    let kept: Set<String> =
      rules.looksAtOthers
      ? Set(tenants.keys.filter { holder(of: $0) != nil })
      : Set(informers[.namespace]?.snapshot().map(\.identity.name) ?? []).union(unmarked.keys.filter(hasTenant))
    return Dictionary(uniqueKeysWithValues: kept.map { ($0, promised(in: $0)) })
  }

  private func promised(in namespace: String) -> ResourceAmounts {
    let state = holder(of: namespace).flatMap { machines[$0]?.machine.desired }
    return state.map { ResourceAmounts($0.quota) } ?? ResourceAmounts()
  }
}
