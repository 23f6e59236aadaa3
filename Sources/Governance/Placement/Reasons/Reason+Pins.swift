import Model

extension Reason {
  /// What the names of the parameters of a reason begin with that another one carries.
  static let nested = "because."

  /// The texts of what is said of pins.
  var pinPhrases: Phrases {
    let (environment, replica, cluster) = (self["environment"], self["replica"], self["pinned"])
    guard code == .pinRefused else {
      let cause = pinFault
      return Phrases(
        "La réplique \(replica) de « \(environment) » ne peut être fixée sur « \(cluster) » : \(cause.fr).",
        "Replica \(replica) of “\(environment)” can not be pinned to “\(cluster)”: \(cause.en).",
        remedy: "Fixer une réplique du projet sur un seul cluster de l’offre, ou la laisser libre.",
        "Pin a replica of the project to one cluster of the offer, or leave it free.")
    }
    guard let because = pinRefusal else {
      return Phrases(
        "La réplique \(replica) de « \(environment) » est fixée sur « \(cluster) », qui la refuse : \(self["because"]).",
        "Replica \(replica) of “\(environment)” is pinned to “\(cluster)”, which refuses it: \(self["because"]).",
        remedy: "Fixer la réplique ailleurs, ou la laisser libre.", "Pin the replica elsewhere, or leave it free.")
    }
    let (sentence, remedy) = (because.sentence, because.remedy)
    return Phrases(
      "La réplique \(replica) de « \(environment) » est fixée sur « \(cluster) », qui la refuse. \(sentence.fr)",
      "Replica \(replica) of “\(environment)” is pinned to “\(cluster)”, which refuses it. "
        + (sentence.en ?? sentence.fr),
      remedy: "Fixer la réplique ailleurs, ou la laisser libre. \(remedy.fr)",
      "Pin the replica elsewhere, or leave it free. " + (remedy.en ?? remedy.fr))
  }

  /// What the pinned cluster says; nil where a stored decision does not have it.
  private var pinRefusal: Reason? {
    guard let code = ReasonCode(rawValue: self["because"]), code != .pinRefused else { return nil }
    let own = parameters.filter { $0.key.hasPrefix(Self.nested) }
      .map { (String($0.key.dropFirst(Self.nested.count)), $0.value) }
    return Reason(code, Dictionary(own, uniquingKeysWith: { first, _ in first }))
  }

  private var pinFault: (fr: String, en: String) {
    switch self["cause"] {
    case "environment": ("le projet n’a pas cet environnement", "the project has no such environment")
    case "replica": ("l’environnement n’a pas cette réplique", "the environment has no such replica")
    case "twice": ("elle est fixée ailleurs aussi", "it is pinned elsewhere, too")
    default: ("l’offre n’a pas ce cluster", "the offer has no such cluster")
    }
  }
}
