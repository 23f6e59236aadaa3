import Events

/// What clusters were found to refuse, a line per cluster and rule.
enum ConformityTable {
  static func render(_ clusters: [AgentStatus.ClusterStatus]) -> String {
    var table = Table("CLUSTER", "RULE", "RESULT", "FOUND", "MESSAGE")
    for cluster in clusters {
      guard let conformity = cluster.conformity else {
        table.add(cluster.name, "–", "not probed yet", "–", cluster.message ?? "")
        continue
      }
      for answer in conformity.answers {
        table.add(cluster.name, answer.rule, answer.result.rawValue, answer.at.description, answer.message)
      }
    }
    return table.render()
  }
}
