import Reconciler
import Telemetry

/// Where Argo CD says what it has made of the commits, as the environment says it; for clusters in mode `gitops`.
struct ArgoCDSettings: Sendable, Hashable {
  /// The Applications of one cluster's placements.
  struct Applications: Sendable, Hashable {
    let namespace: String
    let pattern: ApplicationPattern
  }

  /// What a list of Applications looks like.
  static let accepted = "name=namespace/APPLICATION by commas; APPLICATION is \(ApplicationPattern.accepted)"

  /// By the clusters' names.
  let applications: [String: Applications]
  /// Nil where Argo CD runs on each cluster that it keeps.
  let cluster: ClusterSource.Access?

  init(_ environment: inout EnvironmentReader) {
    applications = environment.parsed(
      "REGIE_ARGOCD_APPLICATIONS", default: [:], defaultText: "Argo CD is not asked", accepts: Self.accepted,
      "For clusters in mode gitops: Argo CD's Applications of their placements, as argo-1=argocd/regie-{placement}."
    ) { Self.list($0) }
    cluster = environment.optionalParsed(
      "REGIE_ARGOCD_CLUSTER", accepts: ClusterSource.accessAccepted,
      "The cluster that holds these Applications; unless said, each cluster its own."
    ) { ClusterSource.access($0) }
  }

  /// Reads `name=namespace/application,…`; nil when a part is not of that form, or a name stands twice.
  static func list(_ text: String) -> [String: Applications]? {
    var found: [String: Applications] = [:]
    guard let parts = NamedList.parts(text) else { return nil }
    for (name, value) in parts {
      guard found[name] == nil, let applications = applications(value) else { return nil }
      found[name] = applications
    }
    return found
  }

  private static func applications(_ text: String) -> Applications? {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    // A namespace's name is one label of an object's.
    guard halves.count == 2, halves[0].utf8.count <= 63, !halves[0].contains("."), !halves[0].contains("{"),
      ApplicationPattern(halves[0]) != nil, let pattern = ApplicationPattern(halves[1])
    else { return nil }
    return Applications(namespace: halves[0], pattern: pattern)
  }
}
