import Model
import Reconciler

/// How clusters are kept, as the environment says it.
enum ClusterModes {
  /// What a list of modes looks like.
  static let accepted =
    "name=own, name=adopt, name=adopt+limitranges+networkpolicies (either or both), name=gitops, "
    + "name=gitops+probes or name=observe, by commas"

  /// Reads `name=mode,name=mode`; nil when a part is not of that form, or a name stands twice.
  static func list(_ text: String) -> [String: ClusterRules]? {
    var modes: [String: ClusterRules] = [:]
    guard let parts = NamedList.parts(text) else { return nil }
    for (name, value) in parts {
      guard modes[name] == nil, let rules = rules(value) else { return nil }
      modes[name] = rules
    }
    return modes
  }

  private static func rules(_ text: String) -> ClusterRules? {
    let words = text.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    guard let mode = ClusterSpec.Mode(rawValue: words[0]) else { return nil }
    let additions = words.dropFirst()
    let known: Set<String> =
      switch mode {
      case .adopt: ["limitranges", "networkpolicies"]
      case .gitops: ["probes"]
      case .own, .observe: []
      }
    guard Set(additions).isSubset(of: known), Set(additions).count == additions.count else { return nil }
    return ClusterRules(
      mode, addsLimitRange: additions.contains("limitranges"),
      addsNetworkPolicies: additions.contains("networkpolicies"), addsProbes: additions.contains("probes"))
  }
}
