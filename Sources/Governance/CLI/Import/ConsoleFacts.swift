import Model

/// What the console does not know, and no decision can do without: kept in a file beside its export.
struct ConsoleFacts: Codable, Sendable, Hashable {
  /// Of a zone, by its slug.
  struct Zone: Codable, Sendable, Hashable {
    var region: String?
    var sensitivity: Sensitivity?
    var chain: String?
  }

  /// Of a cluster, by its label.
  struct Cluster: Codable, Sendable, Hashable {
    var dataCenters: [String]?
    var storage: Quantity?
    var pods: Quantity?
    /// `adopt` where it is not said: the console's Argo CD owns what is there.
    var mode: ClusterSpec.Mode?
  }

  /// Of a project, by its identifier in small letters, its slug or its name.
  struct Project: Codable, Sendable, Hashable {
    var organisation: String?
    var audience: AudienceScope?
    var dataClasses: [String]?
    var spread: [ProjectSpec.Spread]?
  }

  var zones: [String: Zone]?
  var clusters: [String: Cluster]?
  var projects: [String: Project]?
}
