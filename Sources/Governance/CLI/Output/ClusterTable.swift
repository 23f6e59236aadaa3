import Contract
import Events
import Model

/// Clusters with what the agents of their zones say of them.
enum ClusterTable {
  /// - Parameter zones: by them an agent is known to speak for a cluster: what an agent of another zone says of one does
  ///   not count.
  static func render(
    _ clusters: [Resource<ClusterSpec>], zones: [Resource<ZoneSpec>], agents: [AgentView]
  ) -> String {
    let slugs = Dictionary(zones.map { ($0.name, $0.spec.slug) }, uniquingKeysWith: { first, _ in first })
    let known = Dictionary(agents.map { ($0.status.zone, $0) }, uniquingKeysWith: { first, _ in first })
    var table = Table(
      ResourceTable.clusterColumns + ["MEASURED", "AS OF", "AGENT", "KUBERNETES", "REACHABLE", "CONFORMITY", "GUARD"])
    for cluster in clusters {
      let agent = slugs[cluster.spec.zone].flatMap { known[$0] }
      let seen = agent?.status.clusters.first { $0.name == cluster.name }
      table.add(
        ResourceTable.cells(cluster) + [
          seen?.capacity.map { text($0.amounts) } ?? "-", seen?.capacity?.asOf.description ?? "-",
          seen == nil ? "-" : agent?.status.version ?? "-", seen?.version ?? "-",
          seen.map { $0.reachable ? "yes" : "no" } ?? "-", conformity(seen?.conformity),
          seen == nil ? "-" : agent?.status.guardPolicy.map(text) ?? "none",
        ])
    }
    return table.render()
  }

  /// Cores and memory that were measured, GPUs where there are any.
  private static func text(_ amounts: ResourceAmounts) -> String {
    let base = "\(Quantity(milli: amounts.cpu)) cpu, \(amounts.memory >> 30) Gi"
    return amounts.gpu > 0 ? base + ", \(amounts.gpu) gpu" : base
  }

  /// How many of the rules are enforced.
  private static func conformity(_ found: ClusterConformity?) -> String {
    guard let found else { return "-" }
    return "\(found.answers.count { $0.result == .enforced })/\(found.answers.count)"
  }

  /// What a guard restricts, in one word per field.
  private static func text(_ policy: GuardPolicy) -> String {
    let parts = [
      policy.sensitivities.map { "sensitivities=" + $0.map(\.rawValue).joined(separator: ",") },
      policy.organisations.map { "organisations=" + $0.joined(separator: ",") },
      policy.namespaces.map { "namespaces=" + $0.joined(separator: ",") },
      policy.quota.map { quota in
        let amounts = [
          ("cpu", quota.cpu), ("memory", quota.memory), ("gpu", quota.gpu), ("storage", quota.storage),
          ("pods", quota.pods),
        ].compactMap { name, amount in amount.map { "\(name):\($0)" } }
        return "quota=" + amounts.joined(separator: ",")
      },
      policy.removals == false ? "removals=no" : nil,
    ].compactMap(\.self)
    return parts.isEmpty ? "none" : parts.joined(separator: " ")
  }
}
